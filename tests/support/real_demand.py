"""Demand charges as real networks have them, with prices of their kind."""

from typing import Any

Json = dict[str, Any]


def during(since: str, until: str, *days: str, **entry: Any) -> list[Json]:
    """A schedule of hours on some days, all by default."""
    hours = [{"valid_from": since, "valid_to": until}]
    return [{"days_and_hours": [{"days": list(days or ("All",)), "hours": hours}], **entry}]


BELGIUM: Json = {
    "kind": "DEMAND",
    "name": "capacity tariff",
    "window_minutes": 15,
    "amount_per_kw": 4,
    "minimum_kw": 2.5,
    "periods": 12,
}
NORWAY: Json = {
    "kind": "DEMAND",
    "name": "kapasitetsledd",
    "window_minutes": 60,
    "peak": "MEAN_OF_DAYS",
    "days": 3,
    "steps": [
        {"to_kw": 2, "amount": 175},
        {"to_kw": 5, "amount": 260},
        {"to_kw": 10, "amount": 439},
        {"amount": 700},
    ],
}
SWEDEN: Json = {
    "kind": "DEMAND",
    "name": "effektavgift",
    "window_minutes": 60,
    "amount_per_kw": 81.25,
    "peak": "MEAN_OF_DAYS",
    "days": 3,
    "weights": [{"schedule": during("22:00", "06:00"), "factor": 0.5}],
}
SPAIN: Json = {
    "kind": "DEMAND",
    "name": "exceso P1",
    "window_minutes": 15,
    "per": "DAY",
    "tiers": [{"to_kw": 4.6, "amount_per_kw": 0}, {"amount_per_kw": 0.168}],
    "schedule": [
        *during("08:00", "00:00", "Weekdays"),
        {"dates": ["Holidays"], "days_and_hours": [{"days": ["All"], "hours": []}]},
    ],
}
AUSTRALIA: Json = {
    "kind": "DEMAND",
    "name": "summer demand",
    "window_minutes": 30,
    "per": "DAY",
    "amount_per_kw": 0.1797,
    "schedule": during("15:00", "21:00", "Weekdays", months=["Nov", "Dec", "Jan", "Feb", "Mar"]),
    "ratchet_percent": 60,
    "ratchet_periods": 11,
}
