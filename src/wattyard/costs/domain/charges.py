"""Lines beside energy: standing and demand charges, and VAT (contract 3, Costs).

Charges run inside the term of their contract only, not in the time it goes on after its end.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import numpy as np

from wattyard.costs.domain.answer import CostRow, Frame, LineRule, LineUnit
from wattyard.costs.domain.netting import Netted
from wattyard.costs.domain.question import Aggregation
from wattyard.costs.domain.readings import Numbers, ReadingPieces
from wattyard.kernel.clock_changes import HOUR_US, Microseconds, microseconds, step_of
from wattyard.kernel.instants import Span
from wattyard.kernel.local_periods import Unit, clock_grid, unit_edges
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.charges import DemandCharge, StandingCharge, counted
from wattyard.tariffs.domain.tariff import Element, Tariff

_UNITS: Final[dict[str, tuple[Unit, LineUnit]]] = {
    "DAILY": ("DAY", "DAY"),
    "MONTHLY": ("MONTH", "MONTH"),
    "YEARLY": ("YEAR", "YEAR"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """The answered energy as it was metered, and what counts of it where it is `netted`."""

    metered: ReadingPieces
    net: ReadingPieces
    netted: Netted | None = None

    def over(self, window_minutes: int) -> ReadingPieces:
        """Choose what demand over a window is measured of."""
        net = self.netted is not None and self.netted.enters_demand(window_minutes)
        return self.net if net else self.metered


def charge_rows(
    element: Element,
    region: CalendarRegion,
    aggregation: Aggregation,
    frame: Frame,
    drawn: Drawn,
) -> Iterator[CostRow]:
    """Write the lines of a contract's charges, before VAT where its prices are."""
    term = element.tariff.term
    for charge in element.tariff.charges:
        if isinstance(charge, StandingCharge):
            units = standing_units(charge, term, region, frame.starts_us, frame.ends_us)
            unit, price = _UNITS[charge.kind][1], charge.amount
            rule = LineRule("STANDING", element.id, unit, charge.name, unit_price=price)
        else:
            answered = drawn.over(charge.window_minutes)
            units = _peaks(charge, term, region, (aggregation, frame, answered))
            price = charge.amount_per_kw
            rule = LineRule("DEMAND", element.id, "KW", charge.name, unit_price=price)
        yield CostRow(rule, units, units * price)


def vat_on_top(tariff: Tariff) -> float:
    """Find the fraction to be added to a tariff's prices; 0 where they contain it."""
    return 0.0 if tariff.tax.included else tariff.tax.vat


def vat_rows(elements: Sequence[Element], rows: Sequence[CostRow]) -> Iterator[CostRow]:
    """Write the VAT of every contract whose prices do not contain it, on all of its lines."""
    net: defaultdict[UUID, Numbers | float] = defaultdict(float)
    for row in rows:
        net[row.rule.tariff_id] = net[row.rule.tariff_id] + row.amount
    for element in elements:
        vat = vat_on_top(element.tariff)
        if vat and element.id in net:
            rule = LineRule("VAT", element.id, "NET", unit_price=vat)
            amount = np.asarray(net[element.id])
            yield CostRow(rule, amount, amount * vat)


def standing_units(
    charge: StandingCharge,
    term: Span,
    region: CalendarRegion,
    starts_us: Microseconds,
    ends_us: Microseconds,
) -> Numbers:
    """Count how many local days, months or years of the term each span (n) covers.

    A charge accrues evenly: a day of 25 hours has the charge of one of 24, and each of its hours
    less. A unit keeps its whole length although the term starts or ends in its middle.
    """
    low = max(int(starts_us.min()), microseconds(term.start))
    high = min(int(ends_us.max()), microseconds(term.end))
    if low >= high:
        return np.zeros(starts_us.size)
    edges = unit_edges(_UNITS[charge.kind][0], region.zone, (low, high))
    passed = np.arange(edges.size, dtype=np.float64)
    since = np.interp(np.clip(starts_us, low, high), edges, passed)
    until = np.interp(np.clip(ends_us, low, high), edges, passed)
    return until - since


def monthly_peaks_kw(
    charge: DemandCharge, region: CalendarRegion, months_us: Microseconds, pieces: ReadingPieces
) -> Numbers:
    """Find the highest mean power over a charge's window in each month; 0 without energy.

    `months_us` (m + 1) are local months, the first and the last perhaps in part; the pieces lie in
    them. Windows lie on the local clock (`clock_grid`). A window's power is its energy over its
    whole length, so that time without readings counts as nothing.

    Returns (m) kW.
    """
    highest = np.zeros(months_us.size - 1)
    if not pieces.size:
        return highest
    span_us = int(pieces.starts_us[0]), int(pieces.ends_us[-1])
    edges = clock_grid(charge.window_minutes, region.zone, span_us)
    own = pieces.cut(edges)
    window = step_of(edges[:-1], own.starts_us)
    energy = np.bincount(window, weights=own.energy_kwh, minlength=edges.size - 1)
    mean_kw = energy * (HOUR_US / np.diff(edges))
    used = np.unique(window)
    used = used[counted(charge.filter, region, edges[used])]
    month = step_of(months_us[:-1], np.maximum(edges[used], months_us[0]))
    np.maximum.at(highest, month, mean_kw[used])
    return highest


def _peaks(
    charge: DemandCharge,
    term: Span,
    region: CalendarRegion,
    what: tuple[Aggregation, Frame, ReadingPieces],
) -> Numbers:
    """Add up a charge's peaks for items of a month or longer, and for the whole."""
    aggregation, frame, answered = what
    span_us = int(frame.starts_us[-1]), int(frame.ends_us[-1])
    edges = unit_edges("MONTH", region.zone, span_us)
    months = np.concatenate([span_us[:1], edges[(edges > span_us[0]) & (edges < span_us[1])]])
    inside = answered.within(microseconds(term.start), microseconds(term.end))
    highest = monthly_peaks_kw(charge, region, np.append(months, span_us[1]), inside)
    by_item = np.zeros(frame.groups)
    if aggregation in ("MONTH", "YEAR"):
        np.add.at(by_item, step_of(frame.starts_us[:-1], months), highest)
    return np.append(by_item, highest.sum())
