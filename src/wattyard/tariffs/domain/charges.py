"""Charges beside the price per kWh: standing charges and demand charges (contract 2, charges).

They enter costs as their own lines and never the price of a kWh.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from wattyard.kernel.clock_changes import Microseconds, local_days
from wattyard.kernel.refusals import Malformed
from wattyard.tariffs.domain.calendar import CalendarRegion, Marks, facts, lay, templates
from wattyard.tariffs.domain.schedule import DAY_SECONDS, Schedule, patterns, stretches


class ChargeInvalid(Malformed):
    """The amount of a charge is no finite number."""

    code = "amount_invalid"


@dataclass(frozen=True, slots=True)
class StandingCharge:
    """So much money for each local day, month or year, whether energy flows or not.

    Raises:
        ChargeInvalid: when the amount is not finite.
    """

    kind: Literal["DAILY", "MONTHLY", "YEARLY"]
    amount: float
    name: str | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.amount):
            raise ChargeInvalid("amount must be a finite number", param="amount")


@dataclass(frozen=True, slots=True)
class DemandCharge:
    """So much money for each kW of the highest mean power over a window in each local month.

    `filter` says which windows count, by the wall clock at their start; None counts all.

    Raises:
        ChargeInvalid: when the amount is not finite.
    """

    amount_per_kw: float
    window_minutes: Literal[15, 30, 60]
    filter: Schedule | None = None
    reset: Literal["MONTH"] = "MONTH"
    name: str | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.amount_per_kw):
            raise ChargeInvalid(
                "amount_per_kw must be a finite number",
                param="amount_per_kw",
                code="amount_per_kw_invalid",
            )


Charge = StandingCharge | DemandCharge


def counted(filter_: Schedule | None, region: CalendarRegion, starts_us: Microseconds) -> Marks:
    """Mark which windows (n, by their starts in order of time) a demand charge counts.

    A window counts when its start's wall-clock reading falls in any hours of the filter that
    match its local day; entries with `dates` come before those without, as in a price schedule,
    so that a dated entry without hours takes a holiday out.
    """
    if filter_ is None or not starts_us.size:
        return np.ones(starts_us.size, np.bool_)
    span = int(starts_us[0]), int(starts_us[-1]) + 1
    clock = region.clock(*span)
    low, high = local_days(clock, *span)
    days = patterns(filter_, facts(region, low, high))
    ways = templates([_marked(filter_, lines) for lines in days.lines])
    laid = lay(ways, days.of_day, low, clock, span)
    marks: Marks = laid.item[np.searchsorted(laid.starts_us, starts_us, side="right") - 1] == 1
    return marks


def _marked(filter_: Schedule, lines: tuple[int, ...]) -> list[tuple[int, int]]:
    """List the (start, 1 inside any hours or 0) of a day."""
    pieces = [(0, 0)]
    until = 0
    for stretch in stretches(filter_, lines):
        if stretch.from_second > until:
            pieces.append((until, 0))
        if stretch.to_second > until:
            pieces.append((max(stretch.from_second, until), 1))
            until = stretch.to_second
    if until < DAY_SECONDS:
        pieces.append((until, 0))
    return list(dict(pieces).items())
