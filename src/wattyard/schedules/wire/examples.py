"""Examples of schedules, for the documents."""

from typing import Any

_ACCOUNT = "acc_01939f2f00007abc8def0123456789ab"
LOCATION = "loc_01939f3a6b7c7d40a1b2c3d4e5f60718"
DEVICE = "dev_01939f3a6b7c7d41a1b2c3d4e5f60718"

HEAD: dict[str, Any] = {
    "live_mode": True,
    "account_id": _ACCOUNT,
    "time_created": "2026-02-12T10:00:00Z",
    "location_id": LOCATION,
    "device_id": None,
    "location_timezone": "Europe/Amsterdam",
    "currency_code": "EUR",
    "tariff_direction": "IMPORT",
    "next_update": "2027-01-01T23:00:00Z",
    "prices_until": None,
}
_WINDOW: dict[str, Any] = {
    "location_id": LOCATION,
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
    **HEAD,
    "duration": 150,
    "data": [_CHEAP],
}
LIMIT_BODY = {**_WINDOW, "relative": 0.25}
LIMIT = {
    "id": "spl_01939f3a6b7c7d51a1b2c3d4e5f60718",
    "object": "schedule_limit",
    **HEAD,
    "duration": 420,
    "data": [{**_CHEAP, "end_time": "2026-03-01T07:00:00+01:00"}],
}

_AMOUNT_TIMES: dict[str, Any] = {
    "start_time": "2026-03-01T18:00:00+01:00",
    "end_time": "2026-03-02T07:00:00+01:00",
}
SITE_AMOUNT_BODY: dict[str, Any] = {
    "max_power": {"units": "KW", "value": 11},
    "data": [
        {
            "device_id": DEVICE,
            "direction": "IMPORT",
            **_AMOUNT_TIMES,
            "max_power": {"units": "W", "value": 3000},
            "energy": {"units": "KWH", "value": 6},
        }
    ],
}
AMOUNT_BODY: dict[str, Any] = {"location_id": LOCATION, **SITE_AMOUNT_BODY}
_MOVED: dict[str, Any] = {
    "energy": {"units": "WH", "value": 6000.0},
    "cost": {"value": 1.1736, "confidence": 1.0},
    "savings": {"value": 0.7008, "percentage": 37.39},
    "schedule": [
        {
            "start_time": "2026-03-01T23:00:00+01:00",
            "end_time": "2026-03-02T01:00:00+01:00",
            "power": {"units": "W", "value": 3000.0},
        }
    ],
    "status": "COMPLETE",
}
AMOUNT: dict[str, Any] = {
    "id": "sae_01939f3a6b7c7d52a1b2c3d4e5f60718",
    "object": "schedule_amount",
    **HEAD,
    **_MOVED,
    "gap": 0.0,
    "kept": False,
    "data": [
        {
            "device_id": DEVICE,
            "tariff_direction": "IMPORT",
            **_AMOUNT_TIMES,
            **_MOVED,
            "shortfall": {"units": "WH", "value": 0.0},
            "reason": None,
        }
    ],
}

DEVICE_CHARGE_BODY: dict[str, Any] = {
    "location_id": LOCATION,
    "schedule_horizon": 12,
    "start_time": "2026-03-01T18:00:00+01:00",
    "state_of_charge_percent": 40,
    "target_state_of_charge_percent": 60,
    "ready_by": "2026-03-02T06:00:00+01:00",
}
CHARGE_BODY: dict[str, Any] = {"device_id": DEVICE, **DEVICE_CHARGE_BODY}
CHARGE: dict[str, Any] = {
    "id": "ssc_01939f3a6b7c7d53a1b2c3d4e5f60718",
    "object": "schedule_soc",
    **HEAD,
    "device_id": DEVICE,
    "data": [
        {
            "start_time": "2026-03-01T18:00:00+01:00",
            "end_time": "2026-03-02T06:00:00+01:00",
            "energy": {"units": "WH", "value": 10540.926},
            "cost": {"value": 2.061805, "confidence": 1.0},
            "schedule": [
                {
                    "start_time": "2026-03-01T23:00:00+01:00",
                    "end_time": "2026-03-01T23:45:00+01:00",
                    "direction": "IMPORT",
                    "power": {"units": "W", "value": 11000.0},
                    "state_of_charge_percent": 55.6533,
                    "vpp_event": False,
                },
                {
                    "start_time": "2026-03-01T23:45:00+01:00",
                    "end_time": "2026-03-02T00:00:00+01:00",
                    "direction": "IMPORT",
                    "power": {"units": "W", "value": 9163.705},
                    "state_of_charge_percent": 60.0,
                    "vpp_event": False,
                },
            ],
        }
    ],
    "request": {"schedule_horizon": 12.0},
    "status": "COMPLETE",
    "shortfall": {"units": "WH", "value": 0.0},
    "reason": None,
    "gap": 0.0,
    "kept": False,
    "baseline": {
        "total": 3.292985,
        "description": "The car is charged at once at full power until its target.",
        "unmet": [],
        "stored_more_kwh": 0.0,
    },
    "savings": {"value": 1.23118, "percentage": 37.39},
    "assumptions": {
        "efficiency": 0.9,
        "pv": {"source": "NONE", "confidence": 1.0},
        "base_load": {"source": "UNKNOWN", "confidence": 0.0},
        "carbon": None,
    },
}
