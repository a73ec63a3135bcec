"""Billing periods: from which local day a tariff's months run (contract 2b, Periods).

They run from the `billing_day` of each month, or between the days on which a meter was read by
hand. Resets by MONTH, and MONTHLY and DEMAND charges, follow them; groups of costs do not.
"""

from datetime import date, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from wattyard.kernel import clock_changes
from wattyard.kernel.arrays import Integers, np
from wattyard.kernel.clock_changes import DAY_US, Microseconds, local_days
from wattyard.kernel.refusals import Malformed
from wattyard.kernel.values import dataclass
from wattyard.tariffs.domain.calendar import Days, day_number

_FIRST_DATE: Final = date(1900, 1, 1)
_LAST_DATE: Final = date(9998, 12, 31)
_LONGEST: Final = timedelta(days=2 * 366)
"""A meter is read once a year at least; a bill looks at whole periods, so they must have an end."""


class BillingInvalid(Malformed):
    """`billing_day` is not in every month, or `billing_periods` do not ascend in due time."""

    code = "billing_periods_invalid"


@dataclass(frozen=True, slots=True)
class Billing:
    """When the months of a tariff start.

    `day` (1..28) is the local day of each month on which a period starts. `first_days`
    (ascending) are the periods as they were read by hand: between the first and the last of them
    no other period starts; before and after them the rule of `day` holds.

    Raises:
        BillingInvalid: when the day is not 1..28, the first days do not ascend, or one is more
            than two years after the one before it.
    """

    day: int = 1
    first_days: tuple[date, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.day <= 28:
            raise BillingInvalid(
                f"billing_day must be between 1 and 28, a day that every month has; got {self.day}",
                param="billing_day",
                code="billing_day_invalid",
            )
        for number, first in enumerate(self.first_days):
            if not _FIRST_DATE <= first <= _LAST_DATE:
                raise BillingInvalid(
                    f"billing_periods must be from {_FIRST_DATE} to {_LAST_DATE}; got {first}",
                    param=f"billing_periods[{number}]",
                )
        for number, (before, after) in enumerate(pairwise(self.first_days), start=1):
            if after <= before:
                raise BillingInvalid(
                    f"billing_periods must ascend; got {after} after {before}",
                    param=f"billing_periods[{number}]",
                )
            if after - before > _LONGEST:
                raise BillingInvalid(
                    f"a billing period has at most {_LONGEST.days} days; got one from {before} "
                    f"to {after}",
                    param=f"billing_periods[{number}]",
                )


CALENDAR_MONTHS: Final = Billing()


@dataclass(frozen=True, slots=True, eq=False)
class BillingPeriods:
    """n periods that touch: period i is [`edges_us[i]`, `edges_us[i + 1]`).

    `edges_us` (n + 1) instants, the starts of local days; `first_days` (n + 1) those days, since
    1970-01-01; `days` (n) how many local days each period has.
    """

    edges_us: Microseconds
    first_days: Days

    @property
    def days(self) -> Integers:
        return np.diff(self.first_days)

    def __len__(self) -> int:
        return self.edges_us.size - 1


def billing_periods(billing: Billing, zone: ZoneInfo, span_us: tuple[int, int]) -> BillingPeriods:
    """List the whole billing periods that a span touches, in order of time.

    The first starts no later than the span, the last ends no earlier. The span is not empty.
    """
    low, high = local_days(clock_changes.between(zone, *span_us), *span_us)
    firsts = _first_days(billing, low, high)
    clock = clock_changes.between(zone, int(firsts[0]) * DAY_US, int(firsts[-1]) * DAY_US)
    edges = clock.first_shown(firsts * DAY_US).instants_us
    kept = np.append(np.diff(edges) > 0, True)  # a day that the zone skipped starts with the next
    return BillingPeriods(edges[kept], firsts[kept])


def _first_days(billing: Billing, low: int, high: int) -> Days:
    """List the first days from the last one not after `low` to the first one after `high`."""
    first, last = np.array([low, high], "datetime64[D]").astype("datetime64[M]").astype(np.int64)
    months = np.arange(first - 1, last + 2).astype("datetime64[M]").astype("datetime64[D]")
    days = months.astype(np.int64) + (billing.day - 1)
    if billing.first_days:
        read = np.array([day_number(day) for day in billing.first_days], dtype=np.int64)
        days = np.concatenate([days[days < read[0]], read, days[days > read[-1]]])
    since = int(np.searchsorted(days, low, side="right")) - 1
    until = int(np.searchsorted(days, high, side="right"))
    return days[since : until + 1]
