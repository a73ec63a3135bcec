"""Standing and demand charges on the items of an answer (contract 2, charges; contract 3, Costs).

Both run inside the term of their contract only, not in the time it goes on after its end.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from wattyard.costs.domain.answer import LineRule, LineUnit
from wattyard.costs.domain.frame import Frame, Row
from wattyard.costs.domain.question import Aggregation
from wattyard.costs.domain.readings import Numbers, Pieces, interval_of
from wattyard.kernel.clock_changes import HOUR_US, Microseconds, microseconds
from wattyard.kernel.instants import Span
from wattyard.kernel.local_periods import Unit, clock_grid, unit_edges
from wattyard.tariffs.domain.calendar import Place
from wattyard.tariffs.domain.charges import DemandCharge, StandingCharge, counted
from wattyard.tariffs.domain.tariff import Element

_UNITS: Final[dict[str, Unit]] = {"DAILY": "DAY", "MONTHLY": "MONTH", "YEARLY": "YEAR"}
_LINE_UNITS: Final[dict[str, LineUnit]] = {"DAILY": "DAY", "MONTHLY": "MONTH", "YEARLY": "YEAR"}


def charge_rows(
    element: Element, place: Place, aggregation: Aggregation, frame: Frame, answered: Pieces
) -> Iterator[Row]:
    """Write the lines of a contract's charges, before VAT where its prices are."""
    term = element.tariff.term
    charges = element.tariff.charges
    for charge in charges:
        if isinstance(charge, StandingCharge):
            units = standing_units(charge, term, place, frame.starts_us, frame.ends_us)
            unit, price = _LINE_UNITS[charge.kind], charge.amount
            rule = LineRule("STANDING", element.id, unit, charge.name, unit_price=price)
            yield Row(rule, units, units * price)
    for charge in charges:
        if isinstance(charge, DemandCharge):
            peaks = _peaks(charge, term, place, (aggregation, frame, answered))
            price = charge.amount_per_kw
            rule = LineRule("DEMAND", element.id, "KW", charge.name, unit_price=price)
            yield Row(rule, peaks, peaks * price)


def standing_units(
    charge: StandingCharge,
    term: Span,
    place: Place,
    starts_us: Microseconds,
    ends_us: Microseconds,
) -> Numbers:
    """Tell how many local days, months or years of the term each span (n) covers.

    A charge accrues evenly: a day of 25 hours has the charge of one of 24, and each of its hours
    less. A unit keeps its whole length although the term starts or ends in its middle.
    """
    low = max(int(starts_us.min()), microseconds(term.start))
    high = min(int(ends_us.max()), microseconds(term.end))
    if low >= high:
        return np.zeros(starts_us.size)
    edges = unit_edges(_UNITS[charge.kind], place.zone, (low, high))
    passed = np.arange(edges.size, dtype=np.float64)
    since = np.interp(np.clip(starts_us, low, high), edges, passed)
    until = np.interp(np.clip(ends_us, low, high), edges, passed)
    return until - since


def monthly_peaks_kw(
    charge: DemandCharge, place: Place, months_us: Microseconds, pieces: Pieces
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
    edges = clock_grid(charge.window_minutes, place.zone, span_us)
    own = pieces.cut(edges)
    window = interval_of(edges[:-1], own.starts_us)
    energy = np.bincount(window, weights=own.energy_kwh, minlength=edges.size - 1)
    mean_kw = energy * (HOUR_US / np.diff(edges))
    used = np.unique(window)
    used = used[counted(charge.filter, place, edges[used])]
    month = interval_of(months_us[:-1], np.maximum(edges[used], months_us[0]))
    np.maximum.at(highest, month, mean_kw[used])
    return highest


def _peaks(
    charge: DemandCharge, term: Span, place: Place, what: tuple[Aggregation, Frame, Pieces]
) -> Numbers:
    """Add up a charge's peaks for items of a month or longer, and for the whole."""
    aggregation, frame, answered = what
    span_us = int(frame.starts_us[-1]), int(frame.ends_us[-1])
    edges = unit_edges("MONTH", place.zone, span_us)
    months = np.concatenate([span_us[:1], edges[(edges > span_us[0]) & (edges < span_us[1])]])
    inside = answered.within(microseconds(term.start), microseconds(term.end))
    highest = monthly_peaks_kw(charge, place, np.append(months, span_us[1]), inside)
    by_item = np.zeros(frame.groups)
    if aggregation in ("MONTH", "YEAR"):
        np.add.at(by_item, interval_of(frame.starts_us[:-1], months), highest)
    return np.append(by_item, highest.sum())
