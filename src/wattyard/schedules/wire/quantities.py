"""Energies, powers and money of plans as JSON, with the units of older bodies (contract 4)."""

from typing import Annotated, Literal

import msgspec

from wattyard.kernel.quantities import COST_DECIMALS, rounded
from wattyard.platform.decoding import Shape
from wattyard.platform.decoding.texts import Time

_POWER_DECIMALS = 3
_LARGEST = 1e9

Amount = Annotated[float, msgspec.Meta(ge=0, le=_LARGEST)]


class PowerBody(Shape):
    """A power, from 0.

    Attributes:
        units: unit of `value`
        value: power, in `units`, on the meter side
    """

    units: Literal["W", "KW"]
    value: Amount

    @property
    def watts(self) -> float:
        return self.value * (1000.0 if self.units == "KW" else 1.0)


class EnergyBody(Shape):
    """An energy, from 0.

    Attributes:
        units: unit of `value`
        value: energy, in `units`, on the meter side
    """

    units: Literal["WH", "KWH"]
    value: Amount

    @property
    def watt_hours(self) -> float:
        return self.value * (1000.0 if self.units == "KWH" else 1.0)


class WattsShape(msgspec.Struct):
    """A power in W.

    Attributes:
        units: unit of `value`
        value: W, on the meter side; 0 or more
    """

    units: Literal["W"]
    value: float


class WattHoursShape(msgspec.Struct):
    """An energy in Wh.

    Attributes:
        units: unit of `value`
        value: Wh, on the meter side
    """

    units: Literal["WH"]
    value: float


class PlanCostShape(msgspec.Struct):
    """Money, and how certain the prices in it are; what is earned is negative.

    Attributes:
        value: money, taxes included; negative where it is earned
    """

    value: float
    confidence: float


class PlanSavingsShape(msgspec.Struct):
    """Money that is saved against nobody planning, and its share of that cost in per cent.

    Attributes:
        value: money
        percentage: per cent of the cost of starting at once, or of the `baseline`
    """

    value: float
    percentage: float


class PowerSlotShape(msgspec.Struct, omit_defaults=True):
    """A stretch of time, half-open, at one power; `why` where an explanation was asked for.

    Attributes:
        why: what decided the slot; with `explain=true`
    """

    start_time: Time
    end_time: Time
    power: WattsShape
    why: str | None = None


def power(watts: float) -> WattsShape:
    """Shape a power."""
    return WattsShape("W", rounded(watts, _POWER_DECIMALS))


def energy(watt_hours: float) -> WattHoursShape:
    """Shape an energy."""
    return WattHoursShape("WH", rounded(watt_hours, _POWER_DECIMALS))


def cost(money: float, confidence: float) -> PlanCostShape:
    """Shape a cost."""
    return PlanCostShape(rounded(money, COST_DECIMALS), rounded(confidence, COST_DECIMALS))
