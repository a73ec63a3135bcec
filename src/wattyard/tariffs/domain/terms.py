"""The time a contract is valid, and what is known of it after its end (contract 2)."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wattyard.kernel import civil
from wattyard.kernel.clock_changes import Microseconds, microseconds
from wattyard.kernel.instants import Span
from wattyard.tariffs.domain.calendar import Place

STEP_DAYS: Final = 90
CONFIDENCES: Final = (1.0, 0.8, 0.6, 0.4, 0.2)
"""Inside the term, then in each step of 90 local days after its end, the last for ever."""


@lru_cache(maxsize=4096)
def confidence_edges(term: Span, place: Place) -> Microseconds:
    """List the instants (up to 4) at which the confidence of a contract's rules falls.

    The first is the end of the term; the others show the same wall clock 90, 180 and 270 local
    days later. An end at the start of a day is followed by starts of days, also where that day
    started later than at midnight (America/Santiago). A bounded cache keeps those asked last.
    """
    end = term.end.astimezone(place.zone).replace(tzinfo=None)
    if term.end == civil.start_of_day(end.date(), place.zone):
        end = datetime.combine(end.date(), time())
    steps = range(1, len(CONFIDENCES) - 1)
    room = date.max.toordinal() - end.toordinal()
    later = [
        civil.first_at(end + timedelta(days=STEP_DAYS * n), place.zone)
        for n in steps
        if STEP_DAYS * n < room
    ]
    edges = np.array([microseconds(at) for at in (term.end, *later)], dtype=np.int64)
    edges.setflags(write=False)
    return edges


def confidence(edges_us: Microseconds, instants_us: Microseconds) -> NDArray[np.float64]:
    """Tell how certain a contract's rules are at each instant (n, ascending): 1, 0.8 … 0.2."""
    first = np.searchsorted(instants_us, edges_us)
    sizes = np.diff(first, prepend=0, append=instants_us.size)
    return np.repeat(np.array(CONFIDENCES[: sizes.size]), sizes)


def local_dates(term: Span, place: Place) -> tuple[date, date]:
    """Tell the first and the last local date that a term touches."""
    last = term.end - timedelta(microseconds=1)
    return civil.date_at(term.start, place.zone), civil.date_at(last, place.zone)
