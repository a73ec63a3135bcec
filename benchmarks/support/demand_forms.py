"""A demand charge of each form, as real networks have them."""

from typing import Any

_NIGHT = [
    {"days_and_hours": [{"days": ["All"], "hours": [{"valid_from": "22:00", "valid_to": "06:00"}]}]}
]
_AFTERNOON = [
    {
        "months": ["Nov", "Dec", "Jan", "Feb", "Mar"],
        "days_and_hours": [
            {"days": ["Weekdays"], "hours": [{"valid_from": "15:00", "valid_to": "21:00"}]}
        ],
    }
]
_QUARTERS: dict[str, Any] = {"kind": "DEMAND", "window_minutes": 15}
_HALVES: dict[str, Any] = {"kind": "DEMAND", "window_minutes": 30}
_HOURS: dict[str, Any] = {"kind": "DEMAND", "window_minutes": 60}
_THREE_DAYS = {"peak": "MEAN_OF_DAYS", "days": 3}

FORMS: dict[str, dict[str, Any]] = {
    "mean of twelve months": {
        **_QUARTERS, "amount_per_kw": 4, "minimum_kw": 2.5, "periods": 12,
    },
    "steps by three days": {
        **_HOURS, **_THREE_DAYS,
        "steps": [{"to_kw": 2, "amount": 175}, {"to_kw": 5, "amount": 260}, {"amount": 439}],
    },
    "nights at half": {
        **_HOURS, **_THREE_DAYS, "amount_per_kw": 81.25,
        "weights": [{"schedule": _NIGHT, "factor": 0.5}],
    },
    "tiers by the day": {
        **_QUARTERS, "per": "DAY",
        "tiers": [{"to_kw": 0.5, "amount_per_kw": 0}, {"amount_per_kw": 0.168}],
    },
    "summer and a ratchet": {
        **_HALVES, "per": "DAY", "amount_per_kw": 0.1797, "schedule": _AFTERNOON,
        "ratchet_percent": 60, "ratchet_periods": 11,
    },
    "capped per kWh": {**_HALVES, "amount_per_kw": 9, "cap_per_kwh": 0.05},
}  # fmt: skip
