"""Instants and spans: always UTC inside, RFC 3339 on the wire (contract 0, Money, energy, time)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import time_ns
from typing import Final

from wattyard.kernel.refusals import Malformed
from wattyard.kernel.values import dataclass, set_once

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2199
"""Times are taken in these years, as written: whatever is added to them exists, in any zone."""

Clock = Callable[[], datetime]
"""Returns the present instant in UTC, truncated to the millisecond."""


def system_clock() -> datetime:
    """Return the present instant in UTC, truncated to the millisecond."""
    return datetime.fromtimestamp(time_ns() // 1_000_000 / 1000, UTC)


def text(instant: datetime) -> str:
    """Write an instant as RFC 3339 in UTC with `Z`, with 0, 3 or 6 decimals as needed."""
    precision = "seconds" if instant.microsecond == 0 else "milliseconds"
    if instant.microsecond % 1000:
        precision = "microseconds"
    return instant.astimezone(UTC).isoformat(timespec=precision)[:-6] + "Z"


def is_taken(instant: datetime) -> bool:
    """Whether a caller's time is of a year that is taken."""
    return FIRST_YEAR <= instant.year <= LAST_YEAR


@dataclass(frozen=True, slots=True)
class Span:
    """The time from `start` up to but excluding `end`, both in UTC.

    Raises:
        ValueError: when either is naive, or `end` is not after `start`.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a span needs instants with an offset")
        if self.end <= self.start:
            raise ValueError("a span ends after it starts")
        set_once(self, "start", self.start.astimezone(UTC))
        set_once(self, "end", self.end.astimezone(UTC))

    @property
    def duration(self) -> timedelta:
        return self.end - self.start

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end


def requested_span(start: datetime, end: datetime, longest: timedelta | None = None) -> Span:
    """Check the span that a client asks for; without `longest` it may be of any length.

    Raises:
        Malformed: `end_time_invalid`, unless `end` is after `start` and not too far.
    """
    if end <= start:
        raise Malformed(
            f"end_time must be after start_time; got {end.isoformat()} for a start at "
            f"{start.isoformat()}",
            param="end_time",
            code="end_time_invalid",
        )
    if longest is not None and end - start > longest:
        raise Malformed(
            f"end_time must be at most {longest.days} days after start_time; got "
            f"{end.isoformat()} for a start at {start.isoformat()}",
            param="end_time",
            code="end_time_invalid",
        )
    return Span(start, end)
