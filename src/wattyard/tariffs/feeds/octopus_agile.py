"""Octopus Energy: half-hourly unit rates of a product (Agile, or any other with unit rates).

Source of the rules: developer.octopus.energy/rest: rates in pence per kWh, newest first, pages
linked by `next`; an end without a time is open; several ways to pay have a rate each.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, ClassVar, Final, Self
from urllib.parse import urlsplit

import msgspec

from wattyard.kernel import instants
from wattyard.kernel.instants import Span
from wattyard.kernel.values import dataclass
from wattyard.tariffs.feeds.failures import FeedUnreadable
from wattyard.tariffs.feeds.json_documents import AtMost, Text, read_json
from wattyard.tariffs.feeds.money import Money
from wattyard.tariffs.feeds.options import Option, base_url, currency, read_options
from wattyard.tariffs.feeds.published import Interval, PublishedPrices, in_order, joined, priced
from wattyard.tariffs.feeds.session import Session

_MONEY: Final = Money("GBP", "KWH")
_PAGE_SIZE: Final = 1500
_MOST_PAGES: Final = 100
_PENCE: Final = 100

Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class AgileUnitRate(msgspec.Struct, kw_only=True):
    """One price (pence per kWh) and its time."""

    value_exc_vat: Decimal
    value_inc_vat: Decimal
    valid_from: Instant | None
    valid_to: Instant | None
    payment_method: Text | None = None


class AgileUnitRatesPage(msgspec.Struct, kw_only=True):
    """A page of unit rates."""

    results: Annotated[list[AgileUnitRate], AtMost]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class RateChoice:
    """Which of several rates of the same time is the price."""

    vat_included: bool
    payment_method: str


@dataclass(frozen=True, slots=True)
class OctopusAgile:
    """The unit rates of one product in one region of Great Britain, in GBP per kWh."""

    name: ClassVar[str] = "octopus_agile"
    options: ClassVar[tuple[Option, ...]] = (
        base_url("https://api.octopus.energy"),
        Option("product", "code of the product, such as AGILE-24-10-01", pattern=r"[A-Z0-9-]+"),
        Option(
            "region",
            "letter of the grid supply point group: A to P without I and O",
            pattern=r"_?[A-HJ-NP]",
        ),
        Option(
            "vat", "whether VAT is in the price", default="included", pattern="included|excluded"
        ),
        Option(
            "payment_method",
            "whose rates are taken where they differ by the way to pay",
            default="DIRECT_DEBIT",
            pattern="DIRECT_DEBIT|NON_DIRECT_DEBIT",
        ),
        currency("GBP", "GBP"),
    )

    base_url: str
    product: str
    region: str
    choice: RateChoice

    @classmethod
    def from_options(cls, given: Mapping[str, str]) -> Self:
        """Build the feed; see `options`."""
        own = read_options(cls.name, cls.options, given)
        return cls(
            base_url=own["base_url"].rstrip("/"),
            product=own["product"],
            region=own["region"].removeprefix("_"),
            choice=RateChoice(own["vat"] == "included", own["payment_method"]),
        )

    async def fetch(self, http: Session, span: Span) -> PublishedPrices:
        """Fetch all pages of the rates that are valid within `span`."""
        url: str | None = (
            f"{self.base_url}/v1/products/{self.product}/electricity-tariffs/"
            f"E-1R-{self.product}-{self.region}/standard-unit-rates/"
        )
        query: Mapping[str, str] | None = {
            "period_from": instants.text(span.start),
            "period_to": instants.text(span.end),
            "page_size": str(_PAGE_SIZE),
        }
        parts: list[PublishedPrices] = []
        while url is not None:
            if len(parts) == _MOST_PAGES:
                raise FeedUnreadable(f"the unit rates have more than {_MOST_PAGES} pages")
            answer = await http.get(url, query)
            part, following = parse(answer.body, span, self.choice)
            parts.append(part)
            url, query = self._same_origin(following), None
        return joined(parts, span)

    def _same_origin(self, following: str | None) -> str | None:
        if following is None:
            return None
        own = urlsplit(self.base_url)
        try:
            told = urlsplit(following)
        except ValueError as wrong:
            raise FeedUnreadable("the address of the next page is malformed") from wrong
        if (told.scheme, told.netloc) != (own.scheme, own.netloc):
            raise FeedUnreadable(f"the next page is on another host, {told.netloc[:80]!r}")
        return following


def parse(body: bytes, span: Span, choice: RateChoice) -> tuple[PublishedPrices, str | None]:
    """Read one page of unit rates: its prices in pounds, and the address of the next page.

    An open end of a rate is taken as the end of `span`.

    Raises:
        FeedUnreadable: when it is no such page, or has two prices for one time.
    """
    page = read_json(body, AgileUnitRatesPage)
    intervals = (
        _interval(rate, span, choice)
        for rate in page.results
        if rate.payment_method in (None, choice.payment_method) and _touches(rate, span)
    )
    return in_order(intervals, span, _MONEY), page.next


def _touches(rate: AgileUnitRate, span: Span) -> bool:
    return (rate.valid_from is None or rate.valid_from < span.end) and (
        rate.valid_to is None or rate.valid_to > span.start
    )


def _interval(rate: AgileUnitRate, span: Span, choice: RateChoice) -> Interval:
    pence = rate.value_inc_vat if choice.vat_included else rate.value_exc_vat
    return priced(rate.valid_from or span.start, rate.valid_to or span.end, pence, parts=_PENCE)
