"""European Central Bank: the daily reference rates of the euro (contract 2b, Currencies).

Source of the rules: the ECB Data Portal, dataflow EXR, series `D.<currency>.EUR.SP00.A`: what one
euro is in a currency, fixed at 14:15 and published about 16:00 in Frankfurt on each working day of
TARGET; a day without a rate has no row, or one without a value. Each rate is that of its
whole day in Frankfurt. Rates between two other currencies go by the euro.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import ClassVar, Final, Self

from wattyard.kernel import civil
from wattyard.kernel.instants import Span
from wattyard.kernel.values import dataclass
from wattyard.tariffs.feeds.delivery_days import delivery_days
from wattyard.tariffs.feeds.failures import FeedUnreadable
from wattyard.tariffs.feeds.money import Money
from wattyard.tariffs.feeds.options import FeedOptionInvalid, Option, base_url, read_options
from wattyard.tariffs.feeds.published import (
    Interval,
    PublishedPrices,
    in_order,
    joined,
    number_of,
    pieces,
    priced,
)
from wattyard.tariffs.feeds.session import Session

_EURO: Final = "EUR"
_ZONE: Final = civil.zone("Europe/Berlin")
_LONGEST_QUESTION: Final = timedelta(days=366)
_PUBLISHED_OR_NOT: Final = frozenset({int(HTTPStatus.OK), int(HTTPStatus.NOT_FOUND)})
_COLUMNS: Final = ("CURRENCY", "CURRENCY_DENOM", "TIME_PERIOD", "OBS_VALUE")
_LONGEST_CLOSED: Final = timedelta(days=7)
"""The bank is closed on weekends and some holidays; a longer time without rates is a gap."""

Rates = Mapping[date, Mapping[str, Decimal]]


@dataclass(frozen=True, slots=True)
class Ecb:
    """How much of one currency is a unit of another, on each day."""

    name: ClassVar[str] = "ecb"
    options: ClassVar[tuple[Option, ...]] = (
        base_url("https://data-api.ecb.europa.eu"),
        Option("currency", "currency (ISO 4217) of the rates, such as SEK", pattern="[A-Z]{3}"),
        Option(
            "from",
            "currency (ISO 4217) of which a unit is converted",
            default=_EURO,
            pattern="[A-Z]{3}",
        ),
    )

    base_url: str
    currency_code: str
    from_code: str

    @classmethod
    def from_options(cls, given: Mapping[str, str]) -> Self:
        """Build the feed; see `options`."""
        own = read_options(cls.name, cls.options, given)
        if own["currency"] == own["from"]:
            raise FeedOptionInvalid(
                f"{cls.name} converts one currency into another; both are {own['from']}",
                param="options.currency",
            )
        return cls(own["base_url"].rstrip("/"), own["currency"], own["from"])

    async def fetch(self, http: Session, span: Span) -> PublishedPrices:
        """Fetch the rates of the days that `span` touches."""
        asked = sorted({self.currency_code, self.from_code} - {_EURO})
        url = f"{self.base_url}/service/data/EXR/D.{'+'.join(asked)}.EUR.SP00.A"
        parts = [in_order((), span, Money(self.currency_code, "RATE"))]
        for piece in pieces(span, _LONGEST_QUESTION):
            days = delivery_days(piece)
            query = {
                "startPeriod": days[0].isoformat(),
                "endPeriod": days[-1].isoformat(),
                "format": "csvdata",
                "detail": "dataonly",
            }
            answer = await http.get(url, query, takes=_PUBLISHED_OR_NOT)
            if answer.status != HTTPStatus.NOT_FOUND:
                parts.append(self.parse(answer.body, piece))
        found = joined(parts, span)
        gaps = tuple(gap for gap in found.gaps if gap.end - gap.start > _LONGEST_CLOSED)
        return replace(found, gaps=gaps)

    def parse(self, body: bytes, span: Span) -> PublishedPrices:
        """Read rates of the euro as CSV.

        Raises:
            FeedUnreadable: when it is none, has rates of another currency than the euro, two
                rates for one day, or a rate that is not above 0.
        """
        rates = read_rates(body)
        return in_order(self._intervals(rates), span, Money(self.currency_code, "RATE"))

    def _intervals(self, rates: Rates) -> Iterator[Interval]:
        for day, own in rates.items():
            euro = {_EURO: Decimal(1), **own}
            if self.currency_code in euro and self.from_code in euro:
                span = civil.day(day, _ZONE)
                yield priced(span.start, span.end, euro[self.currency_code] / euro[self.from_code])


def read_rates(body: bytes) -> Rates:
    """Read how much of each currency a euro is, by day.

    Raises:
        FeedUnreadable: as `Ecb.parse`.
    """
    try:
        rows = csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""))
        missing = [own for own in _COLUMNS if own not in (rows.fieldnames or ())]
        if missing:
            raise FeedUnreadable(f"the first line names no column {', '.join(missing)}")
        rates: defaultdict[date, dict[str, Decimal]] = defaultdict(dict)
        for row in rows:
            if None in row:
                raise FeedUnreadable(f"line {rows.line_num} has more columns than the first one")
            _keep(row, rates)
    except UnicodeDecodeError as wrong:
        raise FeedUnreadable("the document is not a text in UTF-8") from wrong
    except csv.Error as wrong:
        raise FeedUnreadable(f"the document is not CSV: {wrong}") from wrong
    return rates


def _keep(row: Mapping[str, str | None], rates: dict[date, dict[str, Decimal]]) -> None:
    currency, base, day_text, value = (row.get(own) or "" for own in _COLUMNS)
    if base != _EURO:
        raise FeedUnreadable(f"the rates are of {base[:10]!r}, not of the euro")
    if not value:
        return
    try:
        day = date.fromisoformat(day_text)
    except ValueError as wrong:
        raise FeedUnreadable(f"{day_text[:40]!r} is not a day") from wrong
    rate = number_of(value)
    if rate <= 0:
        raise FeedUnreadable(f"the rate of {day_text} is {value[:40]}, not above 0")
    if rates[day].setdefault(currency, rate) != rate:
        raise FeedUnreadable(f"there are two rates of {currency[:10]} for {day_text}")
