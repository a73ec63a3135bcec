"""What a kWh costs in one window: tiers of consumption, each with a way to a price (contract 2)."""

import math
from dataclasses import dataclass

from wattyard.kernel.refusals import Malformed
from wattyard.tariffs.domain.arithmetic import PRICE_LIMIT
from wattyard.tariffs.domain.formula import Formula
from wattyard.tariffs.domain.refusals import FormulaInvalid


@dataclass(frozen=True, slots=True)
class FixedPrice:
    """So much money per kWh, whatever the market."""

    per_kwh: float


@dataclass(frozen=True, slots=True)
class MarketPrice:
    """The price of the tariff's market source: (market + fixed) × (1 + percentage).

    `surcharge_percentage` is a fraction, as FlatPeak's field of that name: 0.05 is five percent.
    """

    surcharge_per_kwh: float = 0.0
    surcharge_percentage: float = 0.0


@dataclass(frozen=True, slots=True)
class FormulaPrice:
    """A formula of one or more market sources, or of none.

    Raises:
        FormulaInvalid: when the price is above 1e9, of either sign, whatever the market.
    """

    formula: Formula

    def __post_init__(self) -> None:
        constant = self.formula.constant
        if constant is not None and abs(constant) > PRICE_LIMIT:
            raise FormulaInvalid(
                f"formula, column 1: the price is {constant:g} per kWh, whatever the market; "
                f"it may be {PRICE_LIMIT:,.0f} at most"
            )


Pricing = FixedPrice | MarketPrice | FormulaPrice


@dataclass(frozen=True, slots=True)
class Tier:
    """The price of the consumption below `to_kwh`, counted since the tariff's last reset.

    `to_kwh` is infinite for the last tier.
    """

    pricing: Pricing
    to_kwh: float = math.inf


class TiersInvalid(Malformed):
    """Tiers need ascending `to_kwh`, and only the last has none."""

    code = "to_kwh_invalid"


@dataclass(frozen=True, slots=True)
class Rate:
    """The tiers of a window, lowest first; none in the filter of a demand charge.

    Raises:
        TiersInvalid: when `to_kwh` does not ascend from above 0, or another than the last
            tier has none, or the last has one.
    """

    tiers: tuple[Tier, ...] = ()

    def __post_init__(self) -> None:
        below = 0.0
        for number, tier in enumerate(self.tiers):
            last = number == len(self.tiers) - 1
            if last is math.isfinite(tier.to_kwh):
                raise TiersInvalid(
                    "only the last tier has no to_kwh: it prices all that is above the others",
                    param=f"[{number}].to_kwh",
                )
            if not tier.to_kwh > below:
                raise TiersInvalid(
                    f"to_kwh must ascend from above 0; got {tier.to_kwh:g} after {below:g}",
                    param=f"[{number}].to_kwh",
                )
            below = tier.to_kwh
