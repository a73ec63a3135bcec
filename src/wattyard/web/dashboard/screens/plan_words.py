"""What plans say in words: why a device runs when it does, what is missed, what is assumed."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from wattyard.web.dashboard.formats import Formats

_WHY: Final = {
    "cheapest": "the plan costs least this way",
    "deadline": "it has to be ready in time",
    "site_limit": "the site's limit leaves no more room at better times",
    "reserve": "the reserve is to be kept",
    "price_limit": "the price is on the right side of the limit that was asked for",
    "export": "energy is sold then",
    "solar": "the sun gives more than the house uses",
}
_GIVES: Final = {
    "cheapest": "what is used here then need not come from the grid",
    "solar": "the sun shines then",
}
"""Why a store gives what the house uses, and why panels give."""
_REASONS: Final = {
    "window_too_short": "the time is too short",
    "device_power": "the device has too little power",
    "site_power": "the site's limit leaves too little power",
    "price_limit": "too little time is on the right side of the price limit",
    "reserve": "the reserve comes first",
}
_SOURCES: Final = {
    "READINGS": "from readings of this site",
    "WEATHER": "from a weather forecast",
    "CLEAR_SKY": "as under a clear sky, because no weather forecast is configured",
    "CLIENT": "as the request says",
    "ASSUMED": "assumed to take whatever the battery gives",
    "NONE": "none",
    "UNKNOWN": "not known, and left out",
}
_UNITS: Final = {"WH": "Wh", "C": "°C", "W": "W"}
COST_PARTS: Final = {
    "energy": "energy from the grid",
    "export": "energy sold",
    "demand": "demand charges",
    "wear": "wear",
    "preferences": "preferences",
    "stored": "energy stored at the end",
}


def why(slot: Mapping[str, Any]) -> str:
    """Say why a slot is where it is; nothing where the plan does not."""
    reason = slot.get("why") or ""
    gives = _GIVES.get(reason) if slot.get("direction") == "EXPORT" else None
    return gives or _WHY.get(reason, "")


def missing(fault: Mapping[str, Any], form: Formats) -> str:
    """Say what a goal misses, and what keeps it from being reached."""
    amount = form.number(fault["value"], _UNITS.get(fault["units"], fault["units"]), digits=1)
    reason = _REASONS.get(fault["reason"] or "")
    return f"{amount} are missing" + (f": {reason}" if reason else "")


def assumptions(document: Mapping[str, Any], form: Formats) -> Iterator[tuple[str, str]]:
    """List what a plan rests on besides prices, and how far each is trusted."""
    found = document.get("assumptions") or {}
    for name, label in (("pv", "Sun"), ("base_load", "Usual load of the house")):
        expected = found.get(name)
        if expected:
            text = _SOURCES.get(expected["source"], expected["source"])
            if expected["source"] not in ("NONE", "UNKNOWN"):
                text += f" (confidence {form.number(expected['confidence'])})"
            yield label, text
    if found.get("efficiency"):
        yield "Efficiency of a round trip", form.percent(100 * found["efficiency"])
    carbon = found.get("carbon_g_per_kwh")
    if carbon:
        yield "Carbon of energy from the grid", form.number(carbon, "g CO₂ per kWh")
