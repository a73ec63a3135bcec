"""Types of devices as people say them."""

from collections.abc import Mapping
from typing import Final

DEVICE_TYPES: Final[Mapping[str, str]] = {
    "BATTERY_SYSTEM": "Battery",
    "EV_CHARGER": "EV charger",
    "ELECTRIC_VEHICLE": "Electric vehicle",
    "PV_SYSTEM": "Solar panels",
    "HEAT_PUMP": "Heat pump",
    "OTHER": "Other device",
}


def inside(words: str) -> str:
    """Words as they stand inside a sentence: `EV charger`, `solar panels`."""
    return words if words[1:2].isupper() else f"{words[:1].lower()}{words[1:]}"
