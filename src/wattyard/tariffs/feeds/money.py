"""What the prices of a source are in: a currency per unit of energy."""

import re
from typing import Final, Literal

from wattyard.kernel.values import dataclass
from wattyard.tariffs.feeds.failures import FeedUnreadable

Unit = Literal["KWH", "MWH", "RATE"]

UNITS: Final[dict[str, Unit]] = {"KWH": "KWH", "MWH": "MWH", "RATE": "RATE"}

_PER_ENERGY: Final = re.compile(r"\s*([A-Za-z]{3})\s*/\s*([MmKk][Ww][Hh])\s*")


@dataclass(frozen=True, slots=True)
class Money:
    """A currency (ISO 4217) per kWh or MWh, or (RATE) per unit of another currency."""

    currency_code: str
    unit: Unit


def money_of(text: str) -> Money:
    """Read a unit such as `EUR / MWh` or `Eur/MWh`.

    Raises:
        FeedUnreadable: when it is no currency per kWh or MWh.
    """
    found = _PER_ENERGY.fullmatch(text)
    if found is None:
        raise FeedUnreadable(f"{text[:40]!r} is not a currency per kWh or MWh")
    return Money(found[1].upper(), UNITS[found[2].upper()])


def check_currency(told: str, expected: str) -> None:
    """Refuse prices in another currency than the one expected.

    Raises:
        FeedUnreadable: naming both.
    """
    if told != expected:
        raise FeedUnreadable(f"the source publishes {told[:40]}, not {expected} as expected")
