"""Energy-Charts (Fraunhofer ISE): day-ahead prices of one bidding zone.

Source of the rules: api.energy-charts.info, `/price`: the start of each interval in seconds since
1970, its price or null, and one unit. Ends are not given: an interval is as long as the shortest
step between neighbours of its delivery day, for a market changes its resolution at midnight.
A question for days without any price is answered 404, and so are days not published yet. Prices
are in EUR per MWh in every zone; the unit of some answers is "No Unit".
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from http import HTTPStatus
from itertools import pairwise
from typing import Annotated, ClassVar, Final, Self

import msgspec

from wattyard.kernel import instants
from wattyard.kernel.instants import Span
from wattyard.kernel.values import dataclass
from wattyard.tariffs.feeds.delivery_days import delivery_day, whole_days
from wattyard.tariffs.feeds.failures import FeedUnreadable
from wattyard.tariffs.feeds.json_documents import AtMost, Text, read_json
from wattyard.tariffs.feeds.money import Money, check_currency, money_of
from wattyard.tariffs.feeds.options import Option, base_url, currency, read_options
from wattyard.tariffs.feeds.published import (
    Interval,
    PublishedPrices,
    in_order,
    instant_at,
    joined,
    pieces,
    priced,
)
from wattyard.tariffs.feeds.session import Session

_LONGEST_QUESTION: Final = timedelta(days=31)
_STEPS: Final = tuple(timedelta(minutes=minutes) for minutes in (15, 30, 60))
_PUBLISHED_OR_NOT: Final = frozenset({int(HTTPStatus.OK), int(HTTPStatus.NOT_FOUND)})
_NO_UNIT: Final = "no unit"
_MONEY: Final = Money("EUR", "MWH")


class PriceList(msgspec.Struct, kw_only=True):
    """Starts and prices, in two lists of the same length."""

    unix_seconds: Annotated[list[int], AtMost]
    price: Annotated[list[Decimal | None], AtMost]
    unit: Text


@dataclass(frozen=True, slots=True)
class EnergyCharts:
    """The day-ahead prices of one bidding zone, in EUR per MWh."""

    name: ClassVar[str] = "energy_charts"
    options: ClassVar[tuple[Option, ...]] = (
        base_url("https://api.energy-charts.info"),
        Option("area", "bidding zone, such as DE-LU", pattern=r"[A-Za-z0-9-]{1,20}"),
        currency("EUR"),
    )

    base_url: str
    area: str
    currency_code: str

    @classmethod
    def from_options(cls, given: Mapping[str, str]) -> Self:
        """Build the feed; see `options`."""
        own = read_options(cls.name, cls.options, given)
        return cls(own["base_url"].rstrip("/"), own["area"], own["currency"])

    async def fetch(self, http: Session, span: Span) -> PublishedPrices:
        """Fetch the delivery days that `span` touches, some at a question."""
        parts = [in_order((), span, Money(self.currency_code, "MWH"))]
        for piece in pieces(span, _LONGEST_QUESTION):
            days = whole_days(piece)
            query = {
                "bzn": self.area,
                "start": instants.text(days.start),
                "end": instants.text(days.end),
            }
            answer = await http.get(f"{self.base_url}/price", query, takes=_PUBLISHED_OR_NOT)
            if answer.status != HTTPStatus.NOT_FOUND:
                parts.append(parse(answer.body, piece, self.currency_code))
        return joined(parts, span)


def parse(body: bytes, span: Span, currency_code: str) -> PublishedPrices:
    """Read a price list of whole delivery days; null prices are left out, and become gaps.

    Raises:
        FeedUnreadable: when it is no such list, is in another currency, has two prices for one
            time, or steps that are not 15, 30 or 60 minutes.
    """
    document = read_json(body, PriceList)
    if len(document.unix_seconds) != len(document.price):
        raise FeedUnreadable("the lists of starts and of prices are not of the same length")
    money = _MONEY if document.unit.strip().lower() == _NO_UNIT else money_of(document.unit)
    check_currency(money.currency_code, currency_code)
    days = whole_days(span)
    told = [
        (start, price)
        for start, price in zip(map(instant_at, document.unix_seconds), document.price, strict=True)
        if start in days
    ]
    return in_order(_intervals(told), span, money)


def _intervals(told: Sequence[tuple[datetime, Decimal | None]]) -> Iterator[Interval]:
    steps = _steps(sorted({start for start, _ in told}))
    for start, price in told:
        if price is not None:
            yield priced(start, start + steps[delivery_day(start)], price)


def _steps(starts: Sequence[datetime]) -> dict[date, timedelta]:
    """Find the step of each delivery day; one with a single start has that of the day before."""
    steps: dict[date, timedelta] = {}
    for one, other in pairwise(starts):
        day = delivery_day(one)
        steps[day] = min(steps.get(day, other - one), other - one)
    if starts and delivery_day(starts[-1]) not in steps:
        if not steps:
            raise FeedUnreadable("there is only one start, so nothing says how long it lasts")
        steps[delivery_day(starts[-1])] = list(steps.values())[-1]
    if not set(steps.values()) <= set(_STEPS):
        raise FeedUnreadable("the steps between starts are not 15, 30 or 60 minutes")
    return steps
