"""Nord Pool's data portal: day-ahead prices of one delivery area.

Source of the rules: what data.nordpoolgroup.com asks of its own server: `/api/DayAheadPrices`,
one delivery day (Central Europe) a question, 204 for a day that is not published yet, 401 for
one that is more than two or three months ago, and the state of each area's prices, of which only
`Final` ones are taken.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, ClassVar, Final, Self

import msgspec

from wattyard.kernel.instants import Span
from wattyard.kernel.values import dataclass
from wattyard.tariffs.feeds.delivery_days import delivery_days
from wattyard.tariffs.feeds.failures import FeedRefused, FeedUnreadable
from wattyard.tariffs.feeds.json_documents import AtMost, Text, read_json
from wattyard.tariffs.feeds.money import Money, check_currency
from wattyard.tariffs.feeds.options import Option, base_url, currency, read_options
from wattyard.tariffs.feeds.published import Interval, PublishedPrices, in_order, joined, priced
from wattyard.tariffs.feeds.session import Session

_EXPLAINED: Final = frozenset(
    {int(HTTPStatus.OK), int(HTTPStatus.NO_CONTENT), int(HTTPStatus.UNAUTHORIZED)}
)
"""Statuses that mean prices, none yet, or that older days are for subscribers."""
_FINAL: Final = "Final"

Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class PeriodPrices(msgspec.Struct, kw_only=True, rename="camel"):
    """The prices of one time, by area."""

    delivery_start: Instant
    delivery_end: Instant
    entry_per_area: dict[str, Decimal | None]


class AreaState(msgspec.Struct, kw_only=True):
    """The areas whose prices are in one state: Preliminary or Final."""

    state: Text
    areas: list[Text]


class DayAheadPrices(msgspec.Struct, kw_only=True, rename="camel"):
    """The prices of one delivery day, per MWh."""

    currency: Text
    multi_area_entries: Annotated[list[PeriodPrices], AtMost]
    area_states: list[AreaState]


@dataclass(frozen=True, slots=True)
class NordPool:
    """The day-ahead prices of one delivery area, per MWh in the currency asked for."""

    name: ClassVar[str] = "nord_pool"
    options: ClassVar[tuple[Option, ...]] = (
        base_url("https://dataportal-api.nordpoolgroup.com"),
        Option("area", "delivery area, such as NO2; Germany is GER", pattern=r"[A-Z0-9-]{1,20}"),
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
        """Fetch each delivery day that `span` touches, one after the other."""
        parts = [in_order((), span, Money(self.currency_code, "MWH"))]
        for day in delivery_days(span):
            answer = await http.get(
                f"{self.base_url}/api/DayAheadPrices", self._query(day), takes=_EXPLAINED
            )
            if answer.status == HTTPStatus.UNAUTHORIZED:
                raise FeedRefused(
                    f"Nord Pool answers 401 for {day}: without a subscription it answers about the "
                    "last two months only"
                )
            if answer.status != HTTPStatus.NO_CONTENT:
                parts.append(parse(answer.body, span, self.area, self.currency_code))
        return joined(parts, span)

    def _query(self, day: date) -> dict[str, str]:
        return {
            "date": day.isoformat(),
            "market": "DayAhead",
            "deliveryArea": self.area,
            "currency": self.currency_code,
        }


def parse(body: bytes, span: Span, area: str, currency_code: str) -> PublishedPrices:
    """Read one delivery day; prices that are not final are left out and reported as `not_final`.

    Raises:
        FeedUnreadable: when it is no such document, is in another currency, does not say the
            state of the area's prices, or has two prices for one time.
    """
    document = read_json(body, DayAheadPrices)
    check_currency(document.currency, currency_code)
    money = Money(currency_code, "MWH")
    intervals = [
        _interval(own, price)
        for own in document.multi_area_entries
        if (price := own.entry_per_area.get(area)) is not None
    ]
    prices = in_order(intervals, span, money)
    if not prices.intervals or _is_final(document, area):
        return prices
    not_final = Span(prices.intervals[0].valid_from, prices.intervals[-1].valid_to)
    return in_order((), span, money, not_final=[not_final])


def _interval(entry: PeriodPrices, price: Decimal) -> Interval:
    return priced(entry.delivery_start, entry.delivery_end, price)


def _is_final(document: DayAheadPrices, area: str) -> bool:
    states = {own.state for own in document.area_states if area in own.areas}
    if not states:
        raise FeedUnreadable(f"the document does not say whether the prices of {area} are final")
    return states == {_FINAL}
