"""What a feed hands over: prices in order, and what is missing between them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from math import isfinite

from wattyard.kernel import instants
from wattyard.kernel.instants import Span
from wattyard.kernel.values import dataclass, set_once
from wattyard.tariffs.feeds.failures import FeedUnreadable
from wattyard.tariffs.feeds.money import Money, Unit

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Interval:
    """The price from `valid_from` up to but without `valid_to` (UTC): money per published unit.

    Raises:
        ValueError: when an end is naive, the interval is empty, or the price is not finite.
    """

    valid_from: datetime
    valid_to: datetime
    value: float

    def __post_init__(self) -> None:
        span = Span(self.valid_from, self.valid_to)
        if not isfinite(self.value):
            raise ValueError("a price is a finite number")
        set_once(self, "valid_from", span.start)
        set_once(self, "valid_to", span.end)


@dataclass(frozen=True, slots=True)
class PublishedPrices:
    """Everything a source publishes for a span.

    `intervals`: in order, never overlapping, whole even where they reach over the span's ends.
    `unit`: what a price is for. `resolution_minutes`: the shortest interval, 0 without any.
    `gaps`: time between the first and the last interval that has no price. `repeated`: how many
    intervals that the source gave more than once, in the same words. `not_final`: time whose prices
    the source itself calls preliminary; they are left out.

    Raises:
        ValueError: when intervals overlap or are out of order.
    """

    currency_code: str
    unit: Unit
    resolution_minutes: int
    intervals: tuple[Interval, ...]
    gaps: tuple[Span, ...]
    repeated: int
    not_final: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        if any(one.valid_to > other.valid_from for one, other in pairwise(self.intervals)):
            raise ValueError("published intervals are in order and do not overlap")


def number_of(text: str) -> Decimal:
    """Read a finite number.

    Raises:
        FeedUnreadable: when it is none.
    """
    try:
        number = Decimal(text)
    except InvalidOperation as wrong:
        raise FeedUnreadable(f"{text[:40]!r} is not a number") from wrong
    if not number.is_finite():
        raise FeedUnreadable(f"{text[:40]!r} is not a finite number")
    return number


def priced(start: datetime, end: datetime, price: Decimal, *, parts: int = 1) -> Interval:
    """Take one price from a document; it may be given in `parts` of the currency, such as pence.

    Raises:
        FeedUnreadable: when the time is empty or the price is not a finite number.
    """
    try:
        return Interval(start, end, float(price / parts) + 0.0)
    except (ValueError, ArithmeticError) as wrong:
        raise FeedUnreadable(f"the price of {start.isoformat()} is unusable: {wrong}") from wrong


def instant_at(seconds: float) -> datetime:
    """Find the instant that is so many seconds after 1970-01-01T00:00Z.

    Raises:
        FeedUnreadable: when it is outside the years that a date can have.
    """
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as wrong:
        raise FeedUnreadable(f"{seconds} is not a time in seconds since 1970") from wrong


def instant_of(text: str) -> datetime:
    """Read an ISO 8601 instant, which must have an offset.

    Raises:
        FeedUnreadable: when it is no such instant.
    """
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            raise ValueError("it has no offset")
        return instant.astimezone(UTC)
    except (ValueError, OverflowError) as wrong:
        raise FeedUnreadable(f"{text[:40]!r} is not an instant with an offset") from wrong


def in_order(
    intervals: Iterable[Interval],
    span: Span,
    money: Money,
    *,
    repeated: int = 0,
    not_final: Sequence[Span] = (),
) -> PublishedPrices:
    """Put the intervals of a document that touch `span` in order, each once, and find the gaps.

    Raises:
        FeedUnreadable: when two intervals overlap without being the same.
    """
    wanted = [own for own in intervals if own.valid_from < span.end and own.valid_to > span.start]
    kept: list[Interval] = []
    for interval in sorted(wanted, key=lambda own: (own.valid_from, own.valid_to)):
        if not kept or kept[-1].valid_to <= interval.valid_from:
            kept.append(interval)
        elif interval == kept[-1]:
            repeated += 1
        else:
            raise FeedUnreadable(f"there are two prices for {instants.text(interval.valid_from)}")
    return PublishedPrices(
        currency_code=money.currency_code,
        unit=money.unit,
        resolution_minutes=min((own.valid_to - own.valid_from for own in kept), default=_MINUTE * 0)
        // _MINUTE,
        intervals=tuple(kept),
        gaps=tuple(
            Span(one.valid_to, other.valid_from)
            for one, other in pairwise(kept)
            if one.valid_to < other.valid_from
        ),
        repeated=repeated,
        not_final=tuple(not_final),
    )


def joined(parts: Sequence[PublishedPrices], span: Span) -> PublishedPrices:
    """Join what a source published in several documents of the same money; at least one.

    Raises:
        FeedUnreadable: when they contradict each other.
    """
    filled = [part for part in parts if part.intervals] or parts
    moneys = {Money(part.currency_code, part.unit) for part in filled}
    if len(moneys) != 1:
        raise FeedUnreadable("the documents of this source have prices per MWh and per kWh")
    return in_order(
        (interval for part in parts for interval in part.intervals),
        span,
        moneys.pop(),
        repeated=sum(part.repeated for part in parts),
        not_final=[own for part in parts for own in part.not_final],
    )


def pieces(span: Span, longest: timedelta) -> Iterator[Span]:
    """Cut a span at midnights UTC into pieces of at most `longest` (whole days), for one question.

    No market interval reaches over such a cut, so none comes twice.
    """
    start = span.start
    while start < span.end:
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
        end = min(midnight + longest, span.end)
        yield Span(start, end)
        start = end
