"""When the counters of a tariff start again (contract 2, Tier counter; contract 2b, Periods)."""

from datetime import datetime
from typing import NamedTuple

from wattyard.kernel import civil, clock_changes
from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.clock_changes import DAY_US, Microseconds, instant, microseconds
from wattyard.kernel.instants import Span
from wattyard.kernel.local_periods import unit_edges
from wattyard.tariffs.domain.billing import billing_periods
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.tariff import Tariff


class ResetPeriods(NamedTuple):
    """n reset periods that touch, uncut: period i is [`edges_us[i]`, `edges_us[i + 1]`).

    `days` (n): how many local days each has; of a contract, part days by elapsed time.
    """

    edges_us: Microseconds
    days: Numbers


def reset_periods(tariff: Tariff, region: CalendarRegion, span_us: tuple[int, int]) -> ResetPeriods:
    """List the whole reset periods that a span touches, in order of time.

    A period is a local day, a billing month or a calendar year, whichever contract was valid in
    it. With CONTRACT it is the contract, which goes on after its end until the span's; the span
    must then start no earlier than the contract.
    """
    reset, zone = tariff.tiering.reset, region.zone
    if reset == "MONTH":
        months = billing_periods(tariff.billing, zone, span_us)
        return ResetPeriods(months.edges_us, months.days.astype(np.float64))
    if reset == "CONTRACT":
        term = tariff.term
        end = max(microseconds(term.end), span_us[1])
        edges = np.array([microseconds(term.start), end], dtype=np.int64)
        return ResetPeriods(edges, np.array([_days_of(term, region)]))
    edges = unit_edges(reset, zone, span_us)
    clock = clock_changes.between(zone, int(edges[0]), int(edges[-1]))
    return ResetPeriods(edges, np.diff(clock.wall_us(edges) // DAY_US).astype(np.float64))


def _days_of(term: Span, region: CalendarRegion) -> float:
    """Count the local days of a term, part days by elapsed time."""
    days = civil.date_at(term.end, region.zone) - civil.date_at(term.start, region.zone)
    return days.days + _passed(term.end, region) - _passed(term.start, region)


def _passed(at: datetime, region: CalendarRegion) -> float:
    """Find how much of its local day has passed at an instant, 0..1."""
    today = civil.day(civil.date_at(at, region.zone), region.zone)
    return (at - today.start) / (today.end - today.start)


def counted_since(tariff: Tariff, region: CalendarRegion, at: datetime) -> datetime:
    """Find since when the counter of a tariff runs at an instant (UTC).

    Counters belong to the place: all but CONTRACT may have started before the contract.
    """
    if tariff.tiering.reset == "CONTRACT":
        return tariff.term.start
    at_us = microseconds(at)
    return instant(int(reset_periods(tariff, region, (at_us, at_us + 1)).edges_us[0]))
