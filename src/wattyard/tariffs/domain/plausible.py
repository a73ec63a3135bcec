"""Prices beyond what a kWh or a standing charge costs anywhere (contract 2b, Plausible prices).

A limit is ten times what a household usually pays. What is judged is the part of a price that does
not depend on a market, taxes included, whatever its sign; the limit itself is plausible.
"""

import math
from collections.abc import Iterator, Mapping
from itertools import chain
from types import MappingProxyType
from typing import Final

from wattyard.kernel.arrays import np
from wattyard.kernel.refusals import Fault
from wattyard.tariffs.domain.charges import StandingCharge
from wattyard.tariffs.domain.formula import Formula, values
from wattyard.tariffs.domain.refusals import PriceImplausible
from wattyard.tariffs.domain.schedule import FixedPrice, FormulaPrice, MarketLinkedPrice, Pricing
from wattyard.tariffs.domain.tariff import Tariff

USUAL_PER_KWH: Final[Mapping[str, float]] = MappingProxyType(
    {
        "AED": 0.3,
        "ALL": 11,
        "AMD": 48,
        "ARS": 130,
        "AUD": 0.35,
        "AZN": 0.1,
        "BAM": 0.18,
        "BDT": 9,
        "BGN": 0.3,
        "BHD": 0.03,
        "BRL": 0.9,
        "BYN": 0.25,
        "CAD": 0.2,
        "CHF": 0.3,
        "CLP": 200,
        "CNY": 0.6,
        "COP": 900,
        "CRC": 90,
        "CZK": 7,
        "DKK": 2.5,
        "DOP": 8,
        "EGP": 2,
        "EUR": 0.3,
        "GBP": 0.3,
        "GEL": 0.3,
        "GHS": 2,
        "GTQ": 1.8,
        "HKD": 1.5,
        "HUF": 60,
        "IDR": 1500,
        "ILS": 0.65,
        "INR": 8,
        "ISK": 25,
        "JMD": 50,
        "JOD": 0.1,
        "JPY": 35,
        "KES": 30,
        "KRW": 180,
        "KWD": 0.03,
        "KZT": 30,
        "LKR": 50,
        "MAD": 1.5,
        "MDL": 4,
        "MKD": 8,
        "MUR": 7,
        "MXN": 3,
        "MYR": 0.5,
        "NGN": 200,
        "NOK": 1.8,
        "NPR": 12,
        "NZD": 0.35,
        "OMR": 0.03,
        "PEN": 0.8,
        "PHP": 12,
        "PKR": 50,
        "PLN": 1.2,
        "QAR": 0.2,
        "RON": 1.3,
        "RSD": 13,
        "RUB": 7,
        "SAR": 0.3,
        "SEK": 2.5,
        "SGD": 0.33,
        "THB": 4.5,
        "TND": 0.35,
        "TRY": 4,
        "TWD": 3.5,
        "UAH": 5,
        "USD": 0.2,
        "UYU": 10,
        "VND": 2500,
        "ZAR": 4,
    }
)
"""What a kWh usually costs a household, taxes and network included, rounded up to the order.

In Europe after Eurostat's prices for household consumers (nrg_pc_204, second half of 2024: 0.287
EUR in the mean, 2.81 DKK, 8.3 CZK); elsewhere of the order of what GlobalPetrolPrices lists for
households (2024). A currency that is not listed is not judged.
"""
_TIMES: Final = 10
_ROUNDING: Final = 1 + 1e-9
"""Binary rounding errors, so that a price of just the limit is plausible."""
_DAY_KWH: Final = 50
"""A day's standing charge may be that of so many kWh: large customers' rates have their own."""
_DAYS: Final = {"DAILY": 1.0, "MONTHLY": 365 / 12, "YEARLY": 365.0}
_SLIPS: Final = ((100, "in hundredths (cents, pence, öre)"), (1000, "per MWh"))


def limit_per_kwh(currency_code: str) -> float:
    """Find the highest plausible price of a kWh; infinite where none is known."""
    return USUAL_PER_KWH.get(currency_code, math.inf) * _TIMES


def implausible(tariff: Tariff, currency_code: str) -> Iterator[Fault]:
    """List the prices and standing charges of a tariff that are beyond the plausible."""
    highest = limit_per_kwh(currency_code)
    if math.isfinite(highest):
        on_top = 1.0 if tariff.tax.included else 1.0 + tariff.tax.vat
        for path, net in chain(_prices(tariff), _charges(tariff)):
            of_a_day = path.startswith("charges")
            most = highest * _DAY_KWH if of_a_day else highest
            if abs(net * on_top) > most * _ROUNDING:
                yield _fault(path, net * on_top, most, currency_code, of_a_day=of_a_day)


def _prices(tariff: Tariff) -> Iterator[tuple[str, float]]:
    """List the constant part of each price per kWh, before VAT is added, with its path."""
    for line in tariff.schedule.lines:
        for w, window in enumerate(line.block.windows):
            for t, tier in enumerate(window.rate.tiers):
                field, net = _constant(tier.pricing)
                yield f"schedule{line.path}.hours[{w}].rate[{t}].{field}", net


def _charges(tariff: Tariff) -> Iterator[tuple[str, float]]:
    """List what each standing charge is a day, before VAT is added, with its path."""
    for number, charge in enumerate(tariff.charges):
        if isinstance(charge, StandingCharge):
            yield f"charges[{number}].amount", charge.amount / _DAYS[charge.kind]


def _constant(pricing: Pricing) -> tuple[str, float]:
    """Find the field of a price and what it is with all markets at 0; 0 where that is nothing."""
    match pricing:
        case FixedPrice(per_kwh):
            return "value", per_kwh
        case MarketLinkedPrice(fixed, percentage):
            return "surcharge_fixed", fixed * (1.0 + percentage)
        case FormulaPrice(formula):
            return "value", _without_markets(formula)
    raise AssertionError(pricing)


def _without_markets(formula: Formula) -> float:
    if formula.constant is not None:
        return formula.constant
    zero = dict.fromkeys(formula.market_codes, np.zeros(1))
    found = float(values(formula, zero, 1)[0])
    return found if math.isfinite(found) else 0.0


def _fault(path: str, gross: float, highest: float, currency_code: str, *, of_a_day: bool) -> Fault:
    slips = [
        f"{words}, it would be {gross / factor:.6g}"
        for factor, words in _SLIPS[: 1 if of_a_day else None]
        if abs(gross) / factor <= highest
    ]
    advice = f"; if it was meant {', or '.join(slips)}" if slips else ""
    unit = f"{currency_code} per {'day' if of_a_day else 'kWh'}"
    return Fault(
        PriceImplausible.code,
        f"{path}: {gross:.6g} {unit}, taxes included, is beyond {highest:.6g}, more than it costs "
        f"anywhere{advice}; allow_implausible=true takes it as it is",
        path,
    )
