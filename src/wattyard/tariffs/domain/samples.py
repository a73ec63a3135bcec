"""What a tariff's prices look like, for a person to check (contract 2, Check)."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from wattyard.kernel import civil
from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.clock_changes import Microseconds, instant, microseconds
from wattyard.kernel.instants import Span
from wattyard.kernel.values import dataclass
from wattyard.tariffs.domain.calendar import CalendarRegion, date_of, day_number, facts
from wattyard.tariffs.domain.expand import ElementSeries, expand
from wattyard.tariffs.domain.holidays import holidays_of
from wattyard.tariffs.domain.refusals import TooManyPrices
from wattyard.tariffs.domain.seasons import NO_SEASONS, Season, seasons_of
from wattyard.tariffs.domain.sources import Markets
from wattyard.tariffs.domain.tariff import Tariff, local_dates
from wattyard.tariffs.domain.tiers import Consumed

WEEK_DAYS: Final = 7
YEAR_DAYS: Final = 365
_LOOKS_AHEAD_DAYS: Final = 400
_HOLIDAY_DAYS: Final = 731
_LAST_DAY: Final = day_number(date.max) - 1
"""The calendar ends there, and every zone's clock can show it."""
_SHOWN_OF_A_DAY: Final = 10_000
"""A day of ten-second prices has fewer; a day with more is shown as one without prices."""


@dataclass(frozen=True, slots=True, eq=False)
class SampleDay:
    """One local day: `edges_us` (n + 1); `per_kwh` (n), NaN where nothing is known.

    Prices are those of the lowest tier. `non_working` tells a weekend day or a holiday.
    """

    day: date
    non_working: bool
    holiday: bool
    edges_us: Microseconds
    per_kwh: Numbers


@dataclass(frozen=True, slots=True)
class Sample:
    """Days of a tariff, and the lowest, highest and mean price of a year (None where unknown).

    `week` starts today, or where the contract does; `clock_changes` are the next days with one
    (up to two), `holiday` the next holiday, if there is any within 400 days; `holidays` those that
    the tariff counts in two years, each with its name where it has one. `seasons` are the ordinary
    weeks of a year, and `special_days` those of its days that are unlike them; none where prices
    follow a market.
    """

    week: tuple[SampleDay, ...]
    clock_changes: tuple[SampleDay, ...]
    holiday: SampleDay | None
    holidays: tuple[tuple[date, str], ...]
    seasons: tuple[Season, ...]
    special_days: tuple[SampleDay, ...]
    lowest: float | None
    highest: float | None
    mean: float | None


def sample(tariff: Tariff, region: CalendarRegion, *, markets: Markets) -> Sample:
    """Sample a tariff at a site, from now or from where its contract starts."""
    first = _first_day(tariff, region, markets.now)
    days = facts(tariff.calendar(region), first, _ahead(first, _LOOKS_AHEAD_DAYS))
    holidays = np.flatnonzero(days.holiday)

    def shown(day: int) -> SampleDay:
        span = civil.day(date_of(day), region.zone)
        series = _series(
            tariff, region, Span(max(span.start, tariff.term.start), span.end), markets
        )
        if series.window.size > _SHOWN_OF_A_DAY:
            series = _unknown(series)
        return sampled(day, series.edges_us, series.per_kwh[0])

    def sampled(day: int, edges_us: Microseconds, per_kwh: Numbers) -> SampleDay:
        n = day - first
        return SampleDay(
            date_of(day), bool(days.non_working[n]), bool(days.holiday[n]), edges_us, per_kwh
        )

    year = _year(tariff, region, first, markets)
    found = NO_SEASONS if tariff.market_keys else seasons_of(year, region)
    return Sample(
        week=tuple(shown(day) for day in range(first, _ahead(first, WEEK_DAYS))),
        clock_changes=tuple(shown(day) for day in _clock_changes(region, first)),
        holiday=shown(first + int(holidays[0])) if holidays.size else None,
        holidays=_holidays(tariff, region, date_of(first)),
        seasons=found.seasons,
        special_days=tuple(
            sampled(day, *_cut(year, civil.day(date_of(day), region.zone)))
            for day in found.special_days
        ),
        **_extent(year),
    )


def _holidays(tariff: Tariff, region: CalendarRegion, first: date) -> tuple[tuple[date, str], ...]:
    last = date_of(_ahead(day_number(first), _HOLIDAY_DAYS))
    place = region.country_code, region.state
    return tuple(
        (day, name)
        for year in range(first.year, last.year + 1)
        for day, name in holidays_of(*place, tariff.holidays, year).items()
        if first <= day < last
    )


def _first_day(tariff: Tariff, region: CalendarRegion, now: datetime) -> int:
    start, end = local_dates(tariff.term, region)
    today = civil.date_at(now, region.zone)
    first = max(start, min(today, end - timedelta(days=min(6, (end - start).days))))
    return min(day_number(first), _LAST_DAY - 1)


def _ahead(day: int, days: int) -> int:
    """Find the day that is so many days later, at most the last one of the calendar."""
    return min(day + days, _LAST_DAY)


def _clock_changes(region: CalendarRegion, first: int) -> list[int]:
    """List the next two local days on which the clock changes."""
    start = microseconds(civil.start_of_day(date_of(first), region.zone))
    end = microseconds(civil.start_of_day(date_of(_ahead(first, _LOOKS_AHEAD_DAYS)), region.zone))
    changes = region.clock(start, end).instants_us
    inside = changes[(changes > start) & (changes < end)][:2]
    return [day_number(civil.date_at(instant(int(at)), region.zone)) for at in inside]


def _year(tariff: Tariff, region: CalendarRegion, first: int, markets: Markets) -> ElementSeries:
    start = max(civil.start_of_day(date_of(first), region.zone), tariff.term.start)
    end = civil.start_of_day(date_of(_ahead(first, YEAR_DAYS)), region.zone)
    span = Span(start, min(end, tariff.term.end))
    try:
        return _series(tariff, region, span, markets)
    except TooManyPrices:
        return _series(tariff, region, span, Markets({}, markets.now))


def _series(tariff: Tariff, region: CalendarRegion, span: Span, markets: Markets) -> ElementSeries:
    tiers = tariff.rates.present_tiers(tariff.tiering.scope, Consumed())
    return expand(tariff, region, span, markets=markets, tiers=tiers)


def _cut(series: ElementSeries, span: Span) -> tuple[Microseconds, Numbers]:
    """Cut a span out of a series that covers it: its edges, and its prices."""
    start, end = microseconds(span.start), microseconds(span.end)
    first = int(np.searchsorted(series.edges_us, start, side="right")) - 1
    last = int(np.searchsorted(series.edges_us, end, side="left"))
    edges = series.edges_us[first : last + 1].clip(start, end)
    return edges, series.per_kwh[0][first:last]


def _unknown(series: ElementSeries) -> ElementSeries:
    """Show a day that has too many prices as one without any."""
    return replace(
        series,
        edges_us=series.edges_us[[0, -1]],
        per_kwh=np.full_like(series.per_kwh[:, :1], np.nan),
    )


def _extent(series: ElementSeries) -> dict[str, float | None]:
    prices, hours = series.per_kwh[0], np.diff(series.edges_us).astype(float)
    known = ~np.isnan(prices)
    if not known.any():
        return {"lowest": None, "highest": None, "mean": None}
    return {
        "lowest": float(prices[known].min()),
        "highest": float(prices[known].max()),
        "mean": float(np.average(prices[known], weights=hours[known])),
    }
