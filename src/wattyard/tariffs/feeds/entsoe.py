"""ENTSO-E transparency platform: day-ahead prices (A44) of one bidding zone.

Source of the rules: the platform's RESTful API guide, 12.1.D, and IEC 62325-351 (curve types).
A01 gives every position; A03 leaves out positions that repeat the one before. One document may
hold the same day in 60 and in 15 minutes; the finer series wins where both have a price. It may
also hold prices of other auctions: intraday ones (contract A07) are never taken, and of the
day-ahead ones those of the sequence wanted; a series without a sequence counts as the first.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import repeat
from typing import ClassVar, Final, Self
from xml.etree.ElementTree import Element

from wattyard.kernel.instants import Span
from wattyard.platform.outbound.fetcher import FetchedAnswer
from wattyard.tariffs.feeds.failures import FeedRefused, FeedUnreadable
from wattyard.tariffs.feeds.money import UNITS, Money, check_currency
from wattyard.tariffs.feeds.options import (
    FeedOptionInvalid,
    Option,
    base_url,
    currency,
    read_options,
)
from wattyard.tariffs.feeds.published import (
    Interval,
    PublishedPrices,
    in_order,
    instant_of,
    joined,
    number_of,
    pieces,
    priced,
)
from wattyard.tariffs.feeds.session import Session
from wattyard.tariffs.feeds.xml_documents import read_xml

_DAY_AHEAD_PRICES: Final = "A44"
_DAY_AHEAD_CONTRACT: Final = "A01"
_FIXED, _REPEATING = "A01", "A03"
_STEPS: Final = {
    "PT60M": timedelta(minutes=60),
    "PT1H": timedelta(minutes=60),
    "PT30M": timedelta(minutes=30),
    "PT15M": timedelta(minutes=15),
}
_LONGEST_QUESTION: Final = timedelta(days=14)
"""The platform answers at most 100 series at once: a day may take four of them."""
_EXPLAINED: Final = frozenset({200, 400, 401, 403})
"""Statuses whose body, or number, says why there are no prices."""
_SEQUENCE: Final = "classificationSequence_AttributeInstanceComponent.position"


@dataclass(frozen=True, slots=True)
class SeriesChoice:
    """Which series of a document are the prices: their currency, and their auction's sequence."""

    currency_code: str
    sequence: str = "1"


@dataclass(frozen=True, slots=True)
class Entsoe:
    """The day-ahead prices of one bidding zone, in the unit of the document (EUR per MWh)."""

    name: ClassVar[str] = "entsoe"
    options: ClassVar[tuple[Option, ...]] = (
        base_url("https://web-api.tp.entsoe.eu"),
        Option(
            "area",
            "EIC code of the bidding zone, 16 characters such as 10YBE----------2",
            pattern=r"[0-9]{2}[A-Z][0-9A-Z-]{13}",
        ),
        Option("security_token", "personal token of the platform's user", secret=True),
        Option(
            "sequence",
            "which auction's prices where a zone has several: 1 the coupled one (SDAC), 2 EXAA's",
            default="1",
            pattern="[1-9]",
        ),
        currency("EUR"),
    )

    base_url: str
    area: str
    security_token: str = field(repr=False)
    choice: SeriesChoice

    @classmethod
    def from_options(cls, given: Mapping[str, str]) -> Self:
        """Build the feed; see `options`. The check character of the EIC code must be right."""
        own = read_options(cls.name, cls.options, given)
        if own["area"][-1] != check_character(own["area"][:-1]):
            raise FeedOptionInvalid(
                f"option 'area' of entsoe: {own['area']} is mistyped, its last character is wrong",
                param="options.area",
            )
        return cls(
            base_url=own["base_url"].rstrip("/"),
            area=own["area"],
            security_token=own["security_token"],
            choice=SeriesChoice(own["currency"], own["sequence"]),
        )

    async def fetch(self, http: Session, span: Span) -> PublishedPrices:
        """Fetch what is published within `span`, some days a question."""
        parts = []
        for piece in pieces(span, _LONGEST_QUESTION):
            answer = await http.get(f"{self.base_url}/api", self._query(piece), takes=_EXPLAINED)
            parts.append(self._read(answer, piece))
        return joined(parts, span)

    def _query(self, span: Span) -> dict[str, str]:
        return {
            "securityToken": self.security_token,
            "documentType": _DAY_AHEAD_PRICES,
            "contract_MarketAgreement.type": _DAY_AHEAD_CONTRACT,
            "in_Domain": self.area,
            "out_Domain": self.area,
            "periodStart": _minute(span.start, up=False),
            "periodEnd": _minute(span.end, up=True),
        }

    def _read(self, answer: FetchedAnswer, span: Span) -> PublishedPrices:
        if answer.status in (401, 403):
            raise FeedRefused("ENTSO-E does not accept the security token")
        try:
            return parse(answer.body, span, self.choice)
        except FeedUnreadable:
            if answer.status == 400:
                raise FeedRefused("ENTSO-E answers 400 without a reason") from None
            raise
        except FeedRefused as refused:
            reason = refused.reason.replace(self.security_token, "(security token)")
            raise FeedRefused(reason) from None


def check_character(first: str) -> str:
    """Calculate the last character of an EIC code from the 15 before it (EIC reference manual)."""
    characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"
    weights = range(len(first) + 1, 1, -1)
    total = sum(characters.index(own) * weight for own, weight in zip(first, weights, strict=True))
    return characters[36 - (total - 1) % 37]


def _minute(instant: datetime, *, up: bool) -> str:
    whole = instant.astimezone(UTC).replace(second=0, microsecond=0)
    if up and whole < instant:
        whole += timedelta(minutes=1)
    return f"{whole:%Y%m%d%H%M}"


def parse(body: bytes, span: Span, choice: SeriesChoice) -> PublishedPrices:
    """Read a publication document, or the acknowledgement that nothing is published.

    Raises:
        FeedRefused: when it acknowledges anything else.
        FeedUnreadable: when it is neither, is in another currency, or contradicts itself.
    """
    document = read_xml(body)
    if document.tag == "Acknowledgement_MarketDocument":
        _check_nothing_published(document)
        return in_order((), span, Money(choice.currency_code, "MWH"))
    if document.tag != "Publication_MarketDocument" or _text(document, "type") != _DAY_AHEAD_PRICES:
        raise FeedUnreadable("the document does not publish day-ahead prices (A44)")
    series = [own for own in document.findall("TimeSeries") if _is_chosen(own, choice)]
    moneys = {_money(own, choice) for own in series} or {Money(choice.currency_code, "MWH")}
    if len(moneys) > 1:
        raise FeedUnreadable("the document has prices per MWh and per kWh")
    money = moneys.pop()
    by_step: dict[timedelta, list[Interval]] = {}
    for own in series:
        for period in own.findall("Period"):
            step = _step(period)
            by_step.setdefault(step, []).extend(_intervals(period, step, _curve(own), span))
    levels = [in_order(by_step[step], span, money) for step in sorted(by_step)]
    repeated = sum(level.repeated for level in levels)
    return in_order(_finest([level.intervals for level in levels]), span, money, repeated=repeated)


def _check_nothing_published(document: Element) -> None:
    reasons = document.findall("Reason")
    told = " ".join(own.findtext("text") or "" for own in reasons).strip()
    if any(own.findtext("code") != "999" for own in reasons) or (
        told and not told.lower().startswith("no matching data")
    ):
        raise FeedRefused(f"ENTSO-E answers: {told[:300] or 'no reason'}")


def _is_chosen(series: Element, choice: SeriesChoice) -> bool:
    contract = series.findtext("contract_MarketAgreement.type", _DAY_AHEAD_CONTRACT).strip()
    sequence = series.findtext(_SEQUENCE, "1").strip()
    return contract == _DAY_AHEAD_CONTRACT and sequence == choice.sequence


def _money(series: Element, choice: SeriesChoice) -> Money:
    told = _text(series, "currency_Unit.name")
    check_currency(told, choice.currency_code)
    unit = UNITS.get(_text(series, "price_Measure_Unit.name").upper())
    if unit is None:
        raise FeedUnreadable("the prices are neither per MWH nor per KWH")
    return Money(told, unit)


def _curve(series: Element) -> str:
    curve = series.findtext("curveType", _FIXED).strip()
    if curve not in (_FIXED, _REPEATING):
        raise FeedUnreadable(f"curves of type {curve[:10]!r} are not known, only A01 and A03")
    return curve


def _step(period: Element) -> timedelta:
    resolution = _text(period, "resolution")
    if resolution not in _STEPS:
        raise FeedUnreadable(f"the resolution {resolution[:20]!r} is none of {', '.join(_STEPS)}")
    return _STEPS[resolution]


def _intervals(period: Element, step: timedelta, curve: str, span: Span) -> Iterator[Interval]:
    """Lay out the prices of a period, as far as it touches `span`."""
    start = instant_of(_text(period, "timeInterval/start"))
    end = instant_of(_text(period, "timeInterval/end"))
    count, rest = divmod(end - start, step)
    if count < 1 or rest:
        raise FeedUnreadable("a period is not a whole number of its steps")
    prices, told = _points(period, count)
    positions = sorted(prices)
    first = max(1, (span.start - start) // step + 1)
    last = min(count, -((start - span.end) // step))
    for position in range(first, last + 1):
        known = bisect_right(positions, position)
        if position in prices or (curve == _REPEATING and known):
            at = start + (position - 1) * step
            price = priced(at, at + step, prices[positions[known - 1]])
            yield from repeat(price, told[position] or 1)


def _points(period: Element, count: int) -> tuple[dict[int, Decimal], Counter[int]]:
    """Read the price of each position given, and how often it is given."""
    prices: dict[int, Decimal] = {}
    told: Counter[int] = Counter()
    for point in period.findall("Point"):
        try:
            position = int(_text(point, "position"))
        except ValueError as wrong:
            raise FeedUnreadable("a position is not a number") from wrong
        price = number_of(_text(point, "price.amount"))
        if not 1 <= position <= count:
            raise FeedUnreadable(f"a point is outside its period of {count} positions")
        if prices.setdefault(position, price) != price:
            raise FeedUnreadable(f"there are two prices for position {position} of a period")
        told[position] += 1
    return prices, told


def _finest(levels: Sequence[Sequence[Interval]]) -> list[Interval]:
    """Take every finer price; a coarser one remains for the time that no finer one has."""
    kept: list[Interval] = []
    for level in levels:
        kept += [part for own in level for part in _uncovered(own, kept)]
        kept.sort(key=lambda own: own.valid_from)
    return kept


def _uncovered(coarse: Interval, finer: Sequence[Interval]) -> list[Interval]:
    parts = []
    at = coarse.valid_from
    first = bisect_right(finer, at, key=lambda own: own.valid_to)
    for own in finer[first:]:
        if own.valid_from >= coarse.valid_to:
            break
        if at < own.valid_from:
            parts.append(Interval(at, own.valid_from, coarse.value))
        at = own.valid_to
    if at < coarse.valid_to:
        parts.append(Interval(at, coarse.valid_to, coarse.value))
    return parts


def _text(element: Element, path: str) -> str:
    text = (element.findtext(path) or "").strip()
    if not text:
        raise FeedUnreadable(f"{element.tag} has no {path}")
    return text
