"""aWATTar: spot prices of Austria or Germany.

Source of the rules: awattar.de/services/api: `/v1/marketdata` with times in milliseconds since
1970, each price with its own start, end and unit.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, ClassVar, Final, Self

import msgspec

from wattyard.kernel.instants import Span
from wattyard.kernel.values import dataclass
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
_MILLISECONDS: Final = 1000


class AwattarPrice(msgspec.Struct, kw_only=True):
    """One price and its time (milliseconds since 1970)."""

    start_timestamp: int
    end_timestamp: int
    marketprice: Decimal | None
    unit: Text


class AwattarPrices(msgspec.Struct, kw_only=True):
    """A list of prices."""

    data: Annotated[list[AwattarPrice], AtMost]


@dataclass(frozen=True, slots=True)
class Awattar:
    """The spot prices of one country, in EUR per MWh."""

    name: ClassVar[str] = "awattar"
    options: ClassVar[tuple[Option, ...]] = (
        Option("area", "country, AT or DE; stands for {area} in base_url", pattern="AT|DE"),
        base_url("https://api.awattar.{area}"),
        currency("EUR"),
    )

    base_url: str
    currency_code: str

    @classmethod
    def from_options(cls, given: Mapping[str, str]) -> Self:
        """Build the feed; see `options`."""
        own = read_options(cls.name, cls.options, given)
        address = own["base_url"].rstrip("/").replace("{area}", own["area"].lower())
        return cls(address, own["currency"])

    async def fetch(self, http: Session, span: Span) -> PublishedPrices:
        """Fetch what is published within `span`, a month a question."""
        parts = []
        for piece in pieces(span, _LONGEST_QUESTION):
            query = {"start": _milliseconds(piece.start), "end": _milliseconds(piece.end)}
            answer = await http.get(f"{self.base_url}/v1/marketdata", query)
            parts.append(parse(answer.body, piece, self.currency_code))
        return joined(parts, span)


def _milliseconds(instant: datetime) -> str:
    return str(round(instant.timestamp() * _MILLISECONDS))


def parse(body: bytes, span: Span, currency_code: str) -> PublishedPrices:
    """Read a list of market prices.

    Raises:
        FeedUnreadable: when it is no such list, is in another currency, or has two prices for
            one time.
    """
    document = read_json(body, AwattarPrices)
    moneys = {money_of(own.unit) for own in document.data} or {Money(currency_code, "MWH")}
    if len(moneys) > 1:
        raise FeedUnreadable("the prices of one document are in different units")
    money = moneys.pop()
    check_currency(money.currency_code, currency_code)
    return in_order(
        (
            _interval(own.start_timestamp, own.end_timestamp, own.marketprice)
            for own in document.data
            if own.marketprice is not None
        ),
        span,
        money,
    )


def _interval(start_ms: int, end_ms: int, price: Decimal) -> Interval:
    return priced(instant_at(start_ms / _MILLISECONDS), instant_at(end_ms / _MILLISECONDS), price)
