"""The ordinary weeks of a tariff by season, and the days that are unlike them (contract 2)."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.clock_changes import DAY_US, Microseconds
from wattyard.kernel.values import dataclass
from wattyard.tariffs.domain.calendar import CalendarRegion, date_of
from wattyard.tariffs.domain.expand import ElementSeries

_WEEK_DAYS: Final = 7
_MOST_PRICES: Final = 400_000
_MOST_OF_A_DAY: Final = 1_500
MOST_SPECIAL_DAYS: Final = 60

DayPattern = tuple[tuple[int, float], ...]
"""When a price takes over on the wall clock, microseconds from midnight, and the price."""


@dataclass(frozen=True, slots=True)
class Season:
    """Months, 1 to 12, whose ordinary weeks are alike: a day for each weekday, Monday first.

    None stands for a weekday that these months of the term do not have.
    """

    months: tuple[int, ...]
    week: tuple[DayPattern | None, ...]


@dataclass(frozen=True, slots=True)
class SeasonsOfYear:
    """Seasons in the order of the calendar, and days (since 1970-01-01) that are unlike them."""

    seasons: tuple[Season, ...]
    special_days: tuple[int, ...]


NO_SEASONS: Final = SeasonsOfYear((), ())


def seasons_of(series: ElementSeries, region: CalendarRegion) -> SeasonsOfYear:
    """Find the ordinary weeks of a year of prices; none where a price is not known.

    A weekday's ordinary day in a month is the most frequent one. Days on which the clock changes
    are left out. Days unlike the ordinary one are special, the first `MOST_SPECIAL_DAYS` of them.
    """
    prices = series.per_kwh[0]
    if prices.size > _MOST_PRICES or np.isnan(prices).any():
        return NO_SEASONS
    days = dict(_days(series.edges_us, prices, region))
    if any(len(pattern) > _MOST_OF_A_DAY for pattern in days.values()):
        return NO_SEASONS
    ordinary = _ordinary(days)
    months = sorted({month for month, _ in ordinary})
    weeks = {
        month: tuple(ordinary.get((month, weekday)) for weekday in range(_WEEK_DAYS))
        for month in months
    }
    special = [day for day, pattern in days.items() if ordinary[_kind(day)] != pattern]
    return SeasonsOfYear(tuple(_seasons(weeks)), tuple(special[:MOST_SPECIAL_DAYS]))


def _kind(day: int) -> tuple[int, int]:
    date_ = date_of(day)
    return date_.month, date_.weekday()


def _days(
    edges_us: Microseconds, prices: Numbers, region: CalendarRegion
) -> Iterator[tuple[int, DayPattern]]:
    """Give the pattern of each whole local day of 24 hours."""
    clock = region.clock(int(edges_us[0]), int(edges_us[-1]))
    walls = clock.wall_us(edges_us)
    changed = {int(clock.wall_at(int(at))) // DAY_US for at in clock.instants_us.tolist()}
    first, last = -(-int(walls[0]) // DAY_US), int(walls[-1]) // DAY_US
    for day in range(first, last):
        if day in changed:
            continue
        start = day * DAY_US
        begin = int(np.searchsorted(walls, start, side="right")) - 1
        end = int(np.searchsorted(walls, start + DAY_US, side="left"))
        yield day, tuple(_merged(walls[begin:end].tolist(), prices[begin:end].tolist(), start))


def _merged(
    walls: Sequence[int], prices: Sequence[float], start: int
) -> Iterator[tuple[int, float]]:
    before = None
    for wall, price in zip(walls, prices, strict=True):
        if price != before:
            yield max(wall - start, 0), price
        before = price


def _ordinary(days: Mapping[int, DayPattern]) -> dict[tuple[int, int], DayPattern]:
    """Find the most frequent day of each month and weekday; of several the earliest."""
    found: defaultdict[tuple[int, int], Counter[DayPattern]] = defaultdict(Counter)
    for day, pattern in days.items():
        found[_kind(day)][pattern] += 1
    return {kind: counts.most_common(1)[0][0] for kind, counts in found.items()}


def _seasons(weeks: Mapping[int, tuple[DayPattern | None, ...]]) -> Iterator[Season]:
    """Put months with the same week together, in the order in which they begin."""
    months: dict[tuple[DayPattern | None, ...], list[int]] = {}
    for month, week in weeks.items():
        months.setdefault(week, []).append(month)
    for week, own in months.items():
        yield Season(tuple(own), week)
