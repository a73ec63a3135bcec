"""Netting: what counts of import and export that cancel out (contract 2b, Netting).

Import and export of a *cell* cancel out: one netting period, and in it the times of one
combination of the IMPORT tariffs' `hours` entries. Of the gross energy of a cell, import counts
by the share net ÷ gross, export by the share that remains; so what counts is a share of the
energy of every instant, which changes at the edges of cells alone.

With surplus CARRY no export counts as such. What remains of it goes into one sum of the site,
which offsets the remaining import of later periods, all cells of a period alike. Time before the
site's first IMPORT contract is not netted: nobody credits it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from wattyard.kernel.arrays import Integers, Numbers, np
from wattyard.kernel.clock_changes import (
    DAY_US,
    Microseconds,
    instant,
    joined_edges,
    microseconds,
    step_of,
)
from wattyard.kernel.instants import LAST_YEAR, Span
from wattyard.kernel.local_periods import clock_grid, unit_edges
from wattyard.kernel.values import dataclass
from wattyard.meters.domain.grouping import sums
from wattyard.sites.domain.netting import PERIOD_MINUTES, Netting
from wattyard.tariffs.domain.billing import billing_periods
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.expand import windows
from wattyard.tariffs.domain.prices import ABSENT, Question, tariffs_in_force, types_of
from wattyard.tariffs.domain.tariff import Element

_AHEAD: Final = timedelta(days=400)
"""A period that goes on at the end of a span ends within this time."""
_LAST: Final = datetime(LAST_YEAR, 1, 1, tzinfo=UTC)
"""Readings that a counter may ever see can have no end; none is of this year or later."""
_MICROSECOND: Final = timedelta(microseconds=1)
_MONTHS: Final = 12
_NOTHING: Final = 1e-12
"""A net this small beside its gross is what adding up binary fractions leaves over, not energy."""
_NOTHING_LEFT: Final = 1e-9
"""The same of the sum, of which a year of additions and subtractions has been made."""


@dataclass(frozen=True, slots=True, eq=False)
class GrossEnergy:
    """n readings of one series: `starts_us`, `ends_us`, `energy_kwh`, `confidence`, each (n)."""

    starts_us: Microseconds
    ends_us: Microseconds
    energy_kwh: Numbers
    confidence: Numbers


@dataclass(frozen=True, slots=True)
class GrossFlows:
    """What the site's own meter read in either direction, one series or more of each."""

    imported: tuple[GrossEnergy, ...]
    exported: tuple[GrossEnergy, ...]


class Settlement(NamedTuple):
    """What the sum holds at the end of its year, to be paid or forfeited.

    `confidence` is the mean one of the exports that went into it, by energy.
    """

    at_us: int
    energy_kwh: float
    confidence: float


@dataclass(frozen=True, slots=True, eq=False)
class NetShares:
    """The share of gross energy that counts, in n steps of a time.

    `edges_us` (n + 1); `imported` and `exported` (n) 0..1. All energy outside them counts.
    """

    edges_us: Microseconds
    imported: Numbers
    exported: Numbers
    settlements: tuple[Settlement, ...] = ()


def netted_time(
    netting: Netting, elements: Sequence[Element], region: CalendarRegion, span: Span
) -> Span | None:
    """Find the time whose readings decide what counts of the energy of a span.

    Whole netting periods, and with CARRY all those since the sum was last settled. None where no
    IMPORT contract has started before the span's end.
    """
    first = _first_contract(elements)
    if first is None or first >= span.end:
        return None
    last = min(span.end, _LAST)
    start = int(_period_edges(netting, elements, region, _instant_of(max(span.start, first)))[0])
    end = int(_period_edges(netting, elements, region, _instant_of(last - _MICROSECOND))[-1])
    if netting.surplus == "CARRY":
        ends = _settled_at(netting, elements, region, span.start)
        start = max([microseconds(first), *ends[ends <= start].tolist()])
    return Span(max(first, instant(start)), instant(end))


def net_shares(
    netting: Netting,
    elements: Sequence[Element],
    region: CalendarRegion,
    span: Span,
    flows: GrossFlows,
) -> NetShares:
    """Find what counts of import and export in a time, one that `netted_time` found.

    The steps go from the period of the first reading on. `elements` are the connected tariffs of
    the site; those for IMPORT divide the time.
    """
    ends = _settled_at(netting, elements, region, span.end)
    last = _last_needed(flows, span, ends)
    if last is None:
        edges = np.array([microseconds(span.start), microseconds(span.end)])
        return NetShares(edges, np.ones(1), np.ones(1))
    since = max(span.start, _first_read(flows))  # before it there is nothing to net, or to carry
    from_us = int(_period_edges(netting, elements, region, _instant_of(since))[0])
    to_us = int(_period_edges(netting, elements, region, _instant_of(last - _MICROSECOND))[-1])
    netted = Span(max(span.start, instant(from_us)), instant(to_us))
    cells = _cells(netting, elements, region, netted)
    imported, _ = _by_cell(flows.imported, cells)
    exported, sure = _by_cell(flows.exported, cells)
    net = imported - exported
    net[np.abs(net) <= _NOTHING * (imported + exported)] = 0.0
    bought, sold = np.maximum(net, 0.0), np.maximum(-net, 0.0)
    settlements: list[Settlement] = []
    if netting.surplus == "CARRY":
        confidence = sure / np.where(exported > 0, exported, 1.0)
        bought, settlements = _carried(cells, bought, sold, confidence, ends)
        sold = np.zeros(sold.size)
    return NetShares(
        cells.edges_us,
        _share(bought, imported)[cells.cell],
        _share(sold, exported)[cells.cell],
        tuple(settlements),
    )


def net_readings(gross: GrossEnergy, edges_us: Microseconds, shares: Numbers) -> GrossEnergy:
    """Divide readings at the edges (n + 1) of shares (n), and let each part have its share."""
    first = np.searchsorted(edges_us, gross.starts_us, side="right")
    last = np.searchsorted(edges_us, gross.ends_us, side="left")
    counts = last - first + 1
    reading = np.repeat(np.arange(gross.starts_us.size), counts)
    step = first[reading] + np.arange(reading.size) - np.repeat(np.cumsum(counts) - counts, counts)
    never = np.iinfo(np.int64).min, np.iinfo(np.int64).max
    bounds = np.concatenate([[never[0]], edges_us, [never[1]]])
    whole_starts, whole_ends = gross.starts_us[reading], gross.ends_us[reading]
    starts = np.maximum(bounds[step], whole_starts)
    ends = np.minimum(bounds[step + 1], whole_ends)
    part = (ends - starts) / (whole_ends - whole_starts)
    counted = np.concatenate([[1.0], shares, [1.0]])[step]
    return GrossEnergy(
        starts, ends, gross.energy_kwh[reading] * part * counted, gross.confidence[reading]
    )


def _last_needed(flows: GrossFlows, span: Span, ends_us: Microseconds) -> datetime | None:
    """Find until when a time is to be netted: the sum's end after the last reading, if it has one.

    None without readings in the time.
    """
    read = [int(one.ends_us[-1]) for one in (*flows.imported, *flows.exported) if one.ends_us.size]
    last = min(max(read, default=0), microseconds(span.end))
    if last <= microseconds(span.start):
        return None
    return instant(next(iter(ends_us[ends_us >= last].tolist()), last))


def _first_read(flows: GrossFlows) -> datetime:
    """Find when the first of some readings starts."""
    both = (*flows.imported, *flows.exported)
    return instant(min(int(one.starts_us[0]) for one in both if one.starts_us.size))


def _instant_of(at: datetime) -> Span:
    return Span(at, at + _MICROSECOND)


def _share(counted: Numbers, gross: Numbers) -> Numbers:
    """Divide; all counts where there is nothing, or less."""
    shares = np.ones(gross.size)
    np.divide(counted, gross, out=shares, where=gross > 0)
    return shares


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """The n steps of a time, and the m cells that they belong to.

    `edges_us` (n + 1); `cell` (n) the cell of each step; `period` (m) the netting period of each
    cell, ascending; `period_edges_us` the edges of the periods.
    """

    edges_us: Microseconds
    cell: Integers
    period: Integers
    period_edges_us: Microseconds


def _cells(
    netting: Netting, elements: Sequence[Element], region: CalendarRegion, span: Span
) -> _Cells:
    span_us = microseconds(span.start), microseconds(span.end)
    periods = np.clip(_period_edges(netting, elements, region, span), *span_us)
    starts, combination = _combinations(elements, region, span)
    edges = joined_edges([periods, starts])
    period = step_of(periods[:-1], edges[:-1])
    if edges.size == periods.size:
        return _Cells(edges, period, period, periods)
    apart = int(combination.max()) + 1
    key = period * apart + combination[step_of(starts, edges[:-1])]
    distinct, cell = np.unique(key, return_inverse=True)
    return _Cells(edges, cell, distinct // apart, periods)


def _combinations(
    elements: Sequence[Element], region: CalendarRegion, span: Span
) -> tuple[Microseconds, Integers]:
    """Divide a time by the `hours` entries that hold: starts (k), and a number of each (k).

    An entry of another contract is another entry, also where it reads the same.
    """
    starts = np.array([microseconds(span.start)])
    number = np.zeros(1, np.int64)
    for type_ in types_of("IMPORT"):
        laid_starts, laid = [starts[:1]], [np.zeros(1, np.int64)]
        for own, owner in tariffs_in_force(elements, type_, Question("IMPORT", span)):
            if owner == ABSENT:
                continue
            own_us = microseconds(own.start), microseconds(own.end)
            tariff = elements[owner].tariff
            found = windows(tariff.schedule, tariff.calendar(region), own_us)
            laid_starts.append(found.starts_us)
            laid.append(found.window + (2 + _first_number(elements, owner)))
        own_starts, entry = np.concatenate(laid_starts), np.concatenate(laid)
        both = joined_edges([starts, np.sort(own_starts, kind="stable")])
        last = np.searchsorted(own_starts, both, side="right") - 1
        number = number[step_of(starts, both)] * (_first_number(elements, len(elements)) + 2)
        number, starts = number + entry[last], both
    changed = np.diff(number, prepend=-1) != 0
    return starts[changed], np.unique(number[changed], return_inverse=True)[1]


def _first_number(elements: Sequence[Element], position: int) -> int:
    """Number the entries of all tariffs on: those of the one at `position` start there."""
    return sum(1 + len(element.tariff.schedule.windows) for element in elements[:position])


def _by_cell(readings: Sequence[GrossEnergy], cells: _Cells) -> tuple[Numbers, Numbers]:
    """Add up the energy of cells (m), and that energy times its confidence (m)."""
    count = cells.period.size
    energy, sure = np.zeros(count), np.zeros(count)
    for one in readings:
        step, kwh, confidence = _by_step(one, cells.edges_us)
        energy += np.bincount(cells.cell[step], kwh, count)
        sure += np.bincount(cells.cell[step], kwh * confidence, count)
    return energy, sure


def _by_step(readings: GrossEnergy, edges_us: Microseconds) -> tuple[Integers, Numbers, Numbers]:
    """Divide readings over steps: the step, the energy and the confidence of each part."""
    first = int(np.searchsorted(readings.ends_us, edges_us[0], side="right"))
    last = int(np.searchsorted(readings.starts_us, edges_us[-1], side="left"))
    where = slice(first, max(first, last))
    starts, ends = readings.starts_us[where], readings.ends_us[where]
    energy_kwh, confidence = readings.energy_kwh[where], readings.confidence[where]
    if starts.size and starts[0] >= edges_us[0]:
        step = step_of(edges_us[:-1], starts)
        if (ends <= edges_us[step + 1]).all():
            return step, energy_kwh, confidence
    found = sums(edges_us, starts, ends, energy_kwh, confidence)
    return found.position, found.energy_kwh, found.confidence


def _carried(
    cells: _Cells, bought: Numbers, sold: Numbers, confidence: Numbers, ends_us: Microseconds
) -> tuple[Numbers, list[Settlement]]:
    """Offset what each cell bought (m) by what was sold (m) in earlier periods.

    Returns what is still bought (m), and what is left at `ends_us`.
    """
    count = cells.period_edges_us.size - 1
    bought_then = np.bincount(cells.period, bought, count).astype(np.float64)
    sold_then = np.bincount(cells.period, sold, count).astype(np.float64)
    counts = np.ones(count)
    settlements = []
    last = np.searchsorted(cells.period_edges_us, ends_us[ends_us <= cells.period_edges_us[-1]])
    years = sorted({0, *last.tolist(), count})
    for since, until in pairwise(years):
        offset, rest = _offset(bought_then[since:until], sold_then[since:until])
        counts[since:until] -= offset
        own = slice(*np.searchsorted(cells.period, [since, until]).tolist())
        if until in last and rest > _NOTHING_LEFT:
            sure = float((sold[own] * confidence[own]).sum() / sold[own].sum())
            at_us = int(cells.period_edges_us[until])
            settlements.append(Settlement(at_us, rest, min(sure, 1.0)))
    return bought * counts[cells.period], settlements


def _offset(bought: Numbers, sold: Numbers) -> tuple[Numbers, float]:
    """Let a sum that starts at 0 offset what periods (k) buy; then it takes what they sell.

    Returns the share (k) of each period's purchases that is offset, and the sum at the end. What
    the sum holds is, before each period, the largest of all that it could have held had it been
    empty once before (the Lindley recursion in closed form).
    """
    change = np.append(0.0, sold[:-1]) - bought
    total = np.cumsum(change)
    after = total - np.minimum.accumulate(np.minimum(total, 0.0))
    before = np.append(0.0, after[:-1] + sold[:-1])
    share = np.zeros(bought.size)
    np.divide(np.minimum(before, bought), bought, out=share, where=bought > 0)
    share[share > 1 - _NOTHING_LEFT] = 1.0
    return share, float(after[-1] + sold[-1])


def _first_contract(elements: Sequence[Element]) -> datetime | None:
    """Find when the first contract for the site's IMPORT started."""
    return min(
        (
            element.tariff.term.start
            for element in elements
            if (element.tariff.type, element.tariff.direction) == ("COMMODITY", "IMPORT")
            and not element.tariff.devices
        ),
        default=None,
    )


def _period_edges(
    netting: Netting, elements: Sequence[Element], region: CalendarRegion, span: Span
) -> Microseconds:
    """List the edges of the whole netting periods that a time touches."""
    span_us = microseconds(span.start), microseconds(span.end)
    minutes = PERIOD_MINUTES.get(netting.period)
    if minutes is not None:
        edges = clock_grid(minutes, region.zone, span_us)
    elif netting.period == "DAY":
        edges = unit_edges("DAY", region.zone, span_us)
    else:
        edges = _months(elements, region, span.end)
    first = int(np.searchsorted(edges, span_us[0], side="right")) - 1
    last = int(np.searchsorted(edges, span_us[1], side="left"))
    touched: Microseconds = edges[first : last + 1]
    return touched


def _settled_at(
    netting: Netting, elements: Sequence[Element], region: CalendarRegion, until: datetime
) -> Microseconds:
    """List when the sum is settled, up to an instant: after the last day of a month."""
    until = min(until, _LAST)
    edges = _months(elements, region, until)
    clock = region.clock(int(edges[0]), int(edges[-1]))
    days = (clock.wall_us(edges - 1) // DAY_US).astype("datetime64[D]")
    month = days.astype("datetime64[M]").astype(np.int64) % _MONTHS + 1
    settled: Microseconds = edges[month == (netting.carry_ends or 0)]
    return settled[settled <= microseconds(until)]


def _months(elements: Sequence[Element], region: CalendarRegion, until: datetime) -> Microseconds:
    """List the edges of the site's billing months, from its first contract to beyond `until`.

    Each contract's own rule holds while it does; a month that a new contract starts in ends as
    the new one says. There is a contract.
    """
    first = _first_contract(elements) or until
    question = Question("IMPORT", Span(first, max(first, until) + _AHEAD))
    runs: list[Microseconds] = []
    for own, owner in tariffs_in_force(elements, "COMMODITY", question):
        own_us = microseconds(own.start), microseconds(own.end)
        edges = billing_periods(elements[owner].tariff.billing, region.zone, own_us).edges_us
        runs = [run[run < own_us[0]] for run in runs]
        runs.append(edges[edges >= own_us[0]] if runs else edges)
    return joined_edges(runs)
