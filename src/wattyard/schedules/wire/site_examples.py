"""Examples of plans for whole sites, for the documents."""

from typing import Any

from wattyard.schedules.domain.site.baseline import DESCRIPTION
from wattyard.schedules.wire.examples import DEVICE, HEAD, LOCATION

_EVENING = [f"2026-03-01T{hour}:00:00+01:00" for hour in (21, 22, 23)]
_NIGHT = [f"2026-03-02T{hour:02}:00:00+01:00" for hour in (0, 1)]
_EDGES = [*_EVENING, *_NIGHT]


def _watts(value: float) -> dict[str, Any]:
    return {"units": "W", "value": value}


_SLOT: dict[str, Any] = {
    "start_time": _EDGES[2],
    "end_time": _EDGES[3],
    "direction": "IMPORT",
    "power": _watts(10540.926),
    "state_of_charge_percent": 60.0,
    "why": "cheapest",
}
SITE_BODY: dict[str, Any] = {
    "location_id": LOCATION,
    "start_time": _EDGES[0],
    "schedule_horizon": 4,
    "step_minutes": 60,
    "devices": [
        {
            "device_id": DEVICE,
            "state_of_charge_percent": 40,
            "targets": [{"time": _EDGES[-1], "min_percent": 60}],
        }
    ],
    "limits": [{"start_time": _EDGES[3], "end_time": _EDGES[4], "import_kw": 6}],
    "forecasts": {"load": [{"start_time": _EDGES[0], "end_time": _EDGES[-1], "kw": 0.4}]},
    "previous": [{"device_id": DEVICE, "slots": [_SLOT]}],
    "explain": True,
}

SITE: dict[str, Any] = {
    "id": "spn_01939f3a6b7c7d54a1b2c3d4e5f60718",
    "object": "schedule_site",
    **HEAD,
    "tariff_direction": None,
    "request": {"schedule_horizon": 4.0, "step_minutes": 60},
    "status": "COMPLETE",
    "shortfalls": [],
    "gap": 0.0,
    "kept": False,
    "solver": {"seconds": 0.003, "rows": 6, "columns": 17, "binaries": 0},
    "devices": [
        {
            "device_id": DEVICE,
            "status": "COMPLETE",
            "shortfalls": [],
            "slots": [_SLOT],
        }
    ],
    "site": [
        {
            "start_time": _EDGES[n],
            "end_time": _EDGES[n + 1],
            "import": _watts(10940.926 if n == 2 else 400.0),
            "export": _watts(0.0),
            "load": _watts(400.0),
            "solar": _watts(0.0),
            "curtailed": _watts(0.0),
            "price_import": 0.3124 if n < 2 else 0.1956,
            "price_export": None,
        }
        for n in range(4)
    ],
    "cost": {
        "energy": 2.468205,
        "export": 0.0,
        "demand": 0.0,
        "wear": 0.0,
        "preferences": 0.0,
        "stored": 0.0,
        "total": 2.468205,
        "confidence": 0.9,
    },
    "baseline": {
        "total": 3.699385,
        "description": DESCRIPTION,
        "unmet": [],
        "stored_more_kwh": 0.0,
    },
    "savings": {"value": 1.23118, "percentage": 33.28},
    "assumptions": {
        "pv": {"source": "NONE", "confidence": 1.0},
        "base_load": {"source": "CLIENT", "confidence": 0.9},
        "carbon_g_per_kwh": 400.0,
    },
    "warnings": [],
}
