"""Examples of schedules, for the documents."""

from typing import Any

_ACCOUNT = "acc_01939f2f00007abc8def0123456789ab"
_LOCATION = "loc_01939f3a6b7c7d40a1b2c3d4e5f60718"
_DEVICE = "dev_01939f3a6b7c7d41a1b2c3d4e5f60718"

_HEAD: dict[str, Any] = {
    "live_mode": True,
    "account_id": _ACCOUNT,
    "time_created": "2026-02-12T10:00:00Z",
    "location_id": _LOCATION,
    "device_id": None,
    "location_timezone": "Europe/Amsterdam",
    "currency_code": "EUR",
    "tariff_direction": "IMPORT",
    "next_update": "2027-01-01T23:00:00Z",
}
_WINDOW: dict[str, Any] = {
    "location_id": _LOCATION,
    "start_time": "2026-03-01T00:00:00+01:00",
    "end_time": "2026-03-02T00:00:00+01:00",
    "segment": "LOW",
}
_CHEAP: dict[str, Any] = {
    "start_time": "2026-03-01T00:00:00+01:00",
    "end_time": "2026-03-01T02:30:00+01:00",
    "price": {"value": 0.1956, "confidence": 1.0},
    "vpp_event": False,
}
DURATION_BODY = {**_WINDOW, "duration": 150}
DURATION = {
    "id": "std_01939f3a6b7c7d50a1b2c3d4e5f60718",
    "object": "schedule_duration",
    **_HEAD,
    "duration": 150,
    "data": [_CHEAP],
}
LIMIT_BODY = {**_WINDOW, "relative": 0.25}
LIMIT = {
    "id": "spl_01939f3a6b7c7d51a1b2c3d4e5f60718",
    "object": "schedule_limit",
    **_HEAD,
    "duration": 420,
    "data": [{**_CHEAP, "end_time": "2026-03-01T07:00:00+01:00"}],
}
