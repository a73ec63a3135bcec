"""Whether the weights of a demand charge give each instant one factor (contract 2b, Demand)."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import Final

from wattyard.kernel.arrays import np
from wattyard.kernel.refusals import Fault
from wattyard.tariffs.domain.calendar import CalendarRegion, date_of, day_number, facts
from wattyard.tariffs.domain.charges import Charge
from wattyard.tariffs.domain.coverage import clock_text
from wattyard.tariffs.domain.demand import DemandCharge, DemandWeight, matched_stretches
from wattyard.tariffs.domain.refusals import TimePeriodOverlap
from wattyard.tariffs.domain.schedule import patterns

_DAYS_JUDGED: Final = 41 * 366
"""In 41 years every date falls on every day of the week, 29 February and 2100 included."""


def weight_faults(
    charges: Sequence[Charge], region: CalendarRegion, first: date, last: date
) -> list[Fault]:
    """Find weights of a demand charge that match the same instant of any local day.

    Days are those from `first` to `last`, inclusive; of a longer time the first 41 years.

    Returns a `time_period_overlap` for each two such weights, with the first day and its time.
    """
    return [
        fault
        for number, charge in enumerate(charges)
        if isinstance(charge, DemandCharge) and len(charge.weights) > 1
        for fault in _faults(charge.weights, f"charges[{number}].weights", region, first, last)
    ]


def _faults(
    weights: Sequence[DemandWeight], path: str, region: CalendarRegion, first: date, last: date
) -> Iterator[Fault]:
    start = day_number(first)
    days = facts(region, start, min(day_number(last), start + _DAYS_JUDGED - 1))
    found = [patterns(weight.schedule, days) for weight in weights]
    of_day = np.stack([one.of_day for one in found])
    _, first_days = np.unique(of_day, axis=1, return_index=True)
    told: set[tuple[int, int]] = set()
    for day in np.sort(first_days).tolist():
        stretches = sorted(
            (*stretch, number)
            for number, (weight, one) in enumerate(zip(weights, found, strict=True))
            for stretch in matched_stretches(weight.schedule, one.lines[of_day[number, day]])
        )
        for (_, until, before), (since, end, number) in pairwise(stretches):
            two = min(before, number), max(before, number)
            if since < until and two not in told:
                told.add(two)
                yield Fault(
                    TimePeriodOverlap.code,
                    f"{date_of(start + day):%Y-%m-%d (%A)} has two weights from "
                    f"{clock_text(since)} to {clock_text(min(until, end))}: {path}[{two[0]}] and "
                    f"{path}[{two[1]}]; a window counts with one factor",
                    f"{path}[{two[1]}].schedule",
                )
