"""What a tariff charges besides the price per kWh, in words for a person (contract 2b)."""

import math
from typing import Final, Literal

import msgspec

from wattyard.kernel.arrays import np
from wattyard.kernel.quantities import COST_DECIMALS, rounded
from wattyard.tariffs.domain.charges import Charge, StandingCharge
from wattyard.tariffs.domain.demand import DemandCharge, DemandPrice, PricePerKw, PriceSteps
from wattyard.tariffs.domain.tariff import Tariff

_EXAMPLES_KW: Final = (1.0, 3.0, 5.0, 10.0)
_EXAMPLE_DAYS: Final = 30
_UNITS: Final = {"DAILY": "day", "MONTHLY": "billing month", "YEARLY": "year"}


class PeakExample(msgspec.Struct):
    """What a demand charge costs for 30 days, all months with this peak, a cap per kWh apart.

    Attributes:
        peak_kw: a peak power, kW
        amount: what it costs, money for 30 days
    """

    peak_kw: float
    amount: float


class ChargeText(msgspec.Struct, omit_defaults=True):
    """A charge in words; amounts are before VAT where that comes on top.

    Attributes:
        kind: DAILY, MONTHLY, YEARLY: a standing charge; DEMAND: for the peak power; MINIMUM: the
            least of a bill
        name: as the bill calls it
        text: the charge in a sentence
        examples: DEMAND: by the peak of every month
    """

    kind: Literal["DAILY", "MONTHLY", "YEARLY", "DEMAND", "MINIMUM"]
    name: str | None
    text: str
    examples: list[PeakExample] | None = None


def charge_texts(tariff: Tariff) -> list[ChargeText]:
    """Describe the charges of a tariff, and the least that it asks for."""
    found = [_charge_text(charge) for charge in tariff.charges]
    if tariff.minimum is not None:
        unit = "day" if tariff.minimum.per == "DAY" else "billing month"
        text = f"energy and charges of a {unit} cost at least {tariff.minimum.amount:g}"
        found.append(ChargeText("MINIMUM", None, text))
    return found


def _charge_text(charge: Charge) -> ChargeText:
    if isinstance(charge, StandingCharge):
        text = f"{charge.amount:g} for each {_UNITS[charge.kind]}"
        return ChargeText(charge.kind, charge.name, text)
    parts = [f"{_price_text(charge.price, charge.per)} {_peak_text(charge)}", *_rules(charge)]
    return ChargeText("DEMAND", charge.name, "; ".join(parts), _examples(charge))


def _price_text(price: DemandPrice, per: str) -> str:
    day = " and day" if per == "DAY" else ""
    if isinstance(price, PricePerKw):
        return f"{price.amount_per_kw:g} per kW{day} of"
    if isinstance(price, PriceSteps):
        steps = zip(price.to_kw, price.amount, strict=True)
        each = ", ".join(f"{amount:g} {_below(to_kw)}" for to_kw, amount in steps)
        return f"{each}{' (each day)' if day else ''}, by"
    tiers = zip(price.to_kw, price.amount_per_kw, strict=True)
    each = ", ".join(f"{amount:g} per kW{day} {_below(to_kw)}" for to_kw, amount in tiers)
    return f"{each}, of"


def _below(to_kw: float) -> str:
    return "above" if math.isinf(to_kw) else f"below {to_kw:g} kW"


def _peak_text(charge: DemandCharge) -> str:
    window = f"{charge.window_minutes} minutes"
    if charge.days is None:
        return f"the highest {window} of the billing month"
    return f"the mean of the highest {window} of {charge.days} different days of the billing month"


def _rules(charge: DemandCharge) -> list[str]:
    """Describe what narrows, weighs and limits a peak, in the order in which it applies."""
    rules = []
    if charge.filter is not None:
        rules.append("only windows in the hours of its schedule count")
    factors = sorted({weight.factor for weight in charge.weights})
    if factors:
        rules.append(f"weighted by {', '.join(f'{factor:g}' for factor in factors)} in some hours")
    if charge.minimum_kw:
        rules.append(f"at least {charge.minimum_kw:g} kW")
    if charge.ratchet is not None:
        rules.append(
            f"at least {charge.ratchet.percent:g} % of the highest peak of the "
            f"{charge.ratchet.periods} billing months before"
        )
    if charge.periods > 1:
        rules.append(f"the mean of {charge.periods} billing months, this one included")
    if charge.cap_per_kwh is not None:
        rules.append(f"at most {charge.cap_per_kwh:g} for each kWh drawn")
    return rules


def _examples(charge: DemandCharge) -> list[PeakExample]:
    kw = np.maximum(np.array(_EXAMPLES_KW), charge.minimum_kw)
    amounts = charge.price.amounts(kw) * (_EXAMPLE_DAYS if charge.per == "DAY" else 1)
    return [
        PeakExample(peak_kw, rounded(amount, COST_DECIMALS))
        for peak_kw, amount in zip(_EXAMPLES_KW, amounts.tolist(), strict=True)
    ]
