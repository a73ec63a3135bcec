"""When the operator's market sources are fetched, and for which time (contract 2, Market sources).

A day-ahead market publishes the whole next day at `publishes_at`. A source is fetched then, and
again at growing intervals until the day is there.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from wattyard.kernel import civil
from wattyard.kernel.instants import Span
from wattyard.kernel.values import dataclass
from wattyard.tariffs.domain.sources import MarketSource, Upload

HISTORY: Final = timedelta(days=28)
"""How much of the past a new source starts with: twice what a forecast looks back to."""
CORRECTED: Final = timedelta(days=1)
"""How much of what is known is fetched again, since sources correct themselves."""
AHEAD: Final = timedelta(days=3)
HOURLY: Final = timedelta(hours=1)
FIRST_RETRY: Final = timedelta(minutes=2)
LONGEST_RETRY: Final = timedelta(minutes=30)
_FRIDAY: Final = 4


@dataclass(frozen=True, slots=True)
class Subscription:
    """A source of the operator's and how its prices are fetched.

    `feed` names an adapter, `options` are its own. `failures` counts fetches without the whole day
    since the last complete one; `last_failure` says why in a sentence.
    """

    source: MarketSource
    feed: str
    options: Mapping[str, str]
    next_fetch: datetime | None = None
    time_fetched: datetime | None = None
    failures: int = 0
    last_failure: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """How a fetch ended: what was kept, what the source left out, or why there is nothing.

    `repeated` counts intervals that the source gave more than once.
    """

    subscription: Subscription
    upload: Upload | None = None
    gaps: tuple[Span, ...] = ()
    repeated: int = 0
    failure: str | None = None


def span_to_fetch(source: MarketSource, now: datetime) -> Span:
    """Choose the time to ask a source for: from what is known, up to all it can have by now."""
    since = now - HISTORY
    if source.published_until is not None:
        since = max(since, min(source.published_until, now) - CORRECTED)
    zone = civil.zone(source.timezone)
    return Span(civil.start_of_day(civil.date_at(since, zone), zone), now + AHEAD)


def expected_until(source: MarketSource, now: datetime) -> datetime:
    """Find until when a source must have published: today, or tomorrow after `publishes_at`.

    Rates of exchange are those of the day itself, and there are none on Saturdays and Sundays.
    """
    zone = civil.zone(source.timezone)
    today = civil.date_at(now, zone)
    publishes = source.publishes_at
    days = 1
    if publishes is not None and now >= civil.first_at(datetime.combine(today, publishes), zone):
        days = 2
    if source.unit == "RATE":
        days -= 1
        while (today + timedelta(days=days - 1)).weekday() > _FRIDAY:
            days -= 1
    return civil.start_of_day(today + timedelta(days=days), zone)


def complete(source: MarketSource, now: datetime) -> bool:
    """Check whether a source has published all that it must have by now."""
    until = source.published_until
    return until is not None and until >= expected_until(source, now)


def next_fetch(source: MarketSource, failures: int, now: datetime, chance: float) -> datetime:
    """Find when a source is fetched next, after so many fetches without the whole day.

    `chance` (0..1) spreads installations over a minute after the publication, and over half of
    a retry's pause.
    """
    if failures == 0:
        published = source.published_after(now)
        return published + timedelta(seconds=5 + 55 * chance) if published else now + HOURLY
    pause = min(FIRST_RETRY * (1 << min(failures - 1, 10)), LONGEST_RETRY)
    return now + pause * (0.5 + chance / 2)


def staleness(source: MarketSource, now: datetime) -> timedelta:
    """Find for how long a source has been behind: zero while it has all that it must have."""
    if complete(source, now):
        return timedelta(0)
    until = source.published_until
    if until is None:
        return now - source.time_created
    return max(timedelta(0), expected_until(source, now) - until)
