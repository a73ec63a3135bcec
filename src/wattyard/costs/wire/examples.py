"""Examples of costs, for the documents."""

from typing import Any

_LOCATION = "loc_01939f3a6b7c7d40a1b2c3d4e5f60718"
_TARIFF = "trf_01939f3a6b7c7d33a1b2c3d4e5f60718"

INTERVAL_BODY = {
    "start_time": "2026-02-01T00:00:00+01:00",
    "end_time": "2026-03-01T00:00:00+01:00",
}
INTERVAL_QUERY = {"start_time": "2026-02-01", "end_time": "2026-03-01"}
INSTANT_BODY = {
    "location_id": _LOCATION,
    "energy_flow_direction": "INBOUND",
    "energy_kwh": 1.657,
    "start_time": "2026-02-12T10:00:00+01:00",
    "end_time": "2026-02-12T10:30:00+01:00",
    "session_reference_id": "session-17",
}
COST: dict[str, Any] = {
    "id": "ecs_01939f3a6b7c7d77a1b2c3d4e5f60718",
    "object": "energy_cost",
    "live_mode": True,
    "account_id": "acc_01939f2f00007abc8def0123456789ab",
    "time_created": "2026-02-12T10:00:00Z",
    "object_id": _LOCATION,
    "tariff_direction": "IMPORT",
    "location_timezone": "Europe/Amsterdam",
    "currency_code": "EUR",
    "energy_units": "KWH",
    "data": [
        {
            "start_time": "2026-02-12T10:00:00+01:00",
            "end_time": "2026-02-12T10:30:00+01:00",
            "energy": {"value": 1.657},
            "cost": {"value": 0.41425, "confidence": 1.0},
            "session_reference_id": "session-17",
            "lines": [
                {
                    "kind": "ENERGY",
                    "name": None,
                    "tariff_id": _TARIFF,
                    "quantity": 1.657,
                    "unit": "KWH",
                    "unit_price": 0.25,
                    "amount": 0.41425,
                }
            ],
        }
    ],
    "total": {"energy": {"value": 1.657}, "cost": {"value": 0.41425, "confidence": 1.0}},
}
INTERVAL: dict[str, Any] = {
    **COST,
    "data": [
        {
            "start_time": "2026-03-01T00:00:00+01:00",
            "end_time": "2026-04-01T00:00:00+02:00",
            "energy": {"value": 214.5},
            "cost": {"value": 70.291667, "confidence": 1.0},
            "lines": [
                {
                    "kind": "ENERGY",
                    "name": None,
                    "tariff_id": _TARIFF,
                    "quantity": 214.5,
                    "unit": "KWH",
                    "unit_price": 0.25,
                    "amount": 53.625,
                },
                {
                    "kind": "DEMAND",
                    "name": "capacity tariff",
                    "tariff_id": _TARIFF,
                    "quantity": 4.166667,
                    "unit": "KW",
                    "unit_price": 4.0,
                    "amount": 16.666667,
                    "periods": [
                        {
                            "start_time": "2026-03-01T00:00:00+01:00",
                            "end_time": "2026-04-01T00:00:00+02:00",
                            "peak_kw": 4.0,
                            "billed_kw": 4.166667,
                            "highest": [{"start_time": "2026-03-14T17:00:00+01:00", "kw": 4.0}],
                            "days": 31.0,
                            "days_of_period": 31.0,
                            "amount": 16.666667,
                        }
                    ],
                },
            ],
        }
    ],
    "total": {"energy": {"value": 214.5}, "cost": {"value": 70.291667, "confidence": 1.0}},
}
HEADROOM: dict[str, Any] = {
    "object": "headroom",
    "location_id": _LOCATION,
    "currency_code": "EUR",
    "data": [
        {
            "tariff_id": _TARIFF,
            "name": "capacity tariff",
            "period": {"start_time": "2026-01-31T23:00:00Z", "end_time": "2026-02-28T23:00:00Z"},
            "peak_kw": 4.2,
            "windows": [
                {
                    "start_time": "2026-02-12T10:00:00Z",
                    "end_time": "2026-02-12T10:15:00Z",
                    "counts": True,
                    "free_kw": 4.2,
                    "amount_per_further_kw": 0.333333,
                }
            ],
        }
    ],
}
