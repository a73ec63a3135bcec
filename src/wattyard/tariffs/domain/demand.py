"""Demand charges: what the highest power of a billing period costs (contract 2b, Demand charges).

The rules alone; `costs.domain.peaks` measures powers, and `costs.domain.demand` bills them.
"""

import math
from collections.abc import Sequence
from typing import Final, Literal

from wattyard.kernel.arrays import Integers, Marks, Numbers, np
from wattyard.kernel.clock_changes import Microseconds, local_days, step_of
from wattyard.kernel.refusals import Malformed
from wattyard.kernel.values import dataclass
from wattyard.tariffs.domain.calendar import CalendarRegion, facts, lay, templates
from wattyard.tariffs.domain.schedule import DAY_SECONDS, Schedule, patterns, stretches

WindowMinutes = Literal[15, 30, 60]

MOST_PERIODS: Final = 24
"""The most earlier periods that a charge looks back to, for a mean and for a ratchet each."""
_KW_DECIMALS: Final = 9
"""Removes binary rounding errors, so that a peak of just 5 kW is in the step from 5 kW on."""


class ChargeInvalid(Malformed):
    """A field of a charge is out of range, or does not go with another."""

    code = "amount_invalid"


def check_finite(amount: float, param: str) -> None:
    """Refuse what is no number.

    Raises:
        ChargeInvalid: when the amount is not finite.
    """
    if not math.isfinite(amount):
        field = param.rpartition(".")[2]
        raise ChargeInvalid(
            f"{field} must be a finite number", param=param, code=f"{field}_invalid"
        )


@dataclass(frozen=True, slots=True)
class PricePerKw:
    """So much money for each kW.

    Raises:
        ChargeInvalid: when the amount is not finite.
    """

    amount_per_kw: float

    def __post_init__(self) -> None:
        check_finite(self.amount_per_kw, "amount_per_kw")

    def amounts(self, kw: Numbers) -> Numbers:
        """Price peaks (n) in kW, each of at least 0."""
        return kw * self.amount_per_kw

    def most_kw(self, kw: float) -> float:
        """Find how high a peak of `kW` may rise without costing more; infinite without a limit."""
        return kw if self.amount_per_kw > 0 else math.inf


@dataclass(frozen=True, slots=True)
class PriceSteps:
    """A fixed amount by the step in which the peak lies.

    `to_kw` (n) ascends, exclusive, the last infinite; `amount` (n).

    Raises:
        ChargeInvalid: when steps are out of order, or an amount is not finite.
    """

    to_kw: tuple[float, ...]
    amount: tuple[float, ...]

    def __post_init__(self) -> None:
        _check_ladder(self.to_kw, "steps")
        for number, amount in enumerate(self.amount):
            check_finite(amount, f"steps[{number}].amount")

    def steps(self, kw: Numbers) -> Integers:
        """Find the step (n, from 0) of each peak in kW."""
        found = np.searchsorted(self.to_kw, np.round(kw, _KW_DECIMALS), side="right")
        return found.astype(np.int64)

    def amounts(self, kw: Numbers) -> Numbers:
        """Price peaks (n) in kW, each of at least 0."""
        return np.array(self.amount)[self.steps(kw)]

    def most_kw(self, kw: float) -> float:
        """Find where the next dearer step begins; infinite without one."""
        own = int(self.steps(np.array([kw]))[0])
        for step in range(own + 1, len(self.to_kw)):
            if self.amount[step] > self.amount[own]:
                return self.to_kw[step - 1]
        return math.inf


@dataclass(frozen=True, slots=True)
class PriceTiers:
    """Each part of the peak at the price of its own tier.

    `to_kw` (n) ascends, the last infinite; `amount_per_kw` (n).

    Raises:
        ChargeInvalid: when tiers are out of order, or an amount is not finite.
    """

    to_kw: tuple[float, ...]
    amount_per_kw: tuple[float, ...]

    def __post_init__(self) -> None:
        _check_ladder(self.to_kw, "tiers")
        for number, amount in enumerate(self.amount_per_kw):
            check_finite(amount, f"tiers[{number}].amount_per_kw")

    def amounts(self, kw: Numbers) -> Numbers:
        """Price peaks (n) in kW, each of at least 0."""
        low = np.array((0.0, *self.to_kw[:-1]))
        parts = np.clip(kw[:, None] - low, 0.0, np.array(self.to_kw) - low)
        priced: Numbers = parts @ np.array(self.amount_per_kw)
        return priced

    def most_kw(self, kw: float) -> float:
        """Find how high a peak of `kW` may rise without costing more; infinite without a limit."""
        saved = 0.0
        for high, price in zip(self.to_kw, self.amount_per_kw, strict=True):
            if high <= kw:
                continue
            if price > 0 and kw + saved / price < high:
                return kw + saved / price
            saved -= price * (high - kw) if price else 0.0
            kw = high
        return math.inf


DemandPrice = PricePerKw | PriceSteps | PriceTiers


def _check_ladder(to_kw: Sequence[float], what: str) -> None:
    below = 0.0
    for number, edge in enumerate(to_kw):
        param = f"{what}[{number}].to_kw"
        if (number == len(to_kw) - 1) is math.isfinite(edge):
            raise ChargeInvalid(
                f"only the last of {what} has no to_kw: it prices all that is above the others",
                param=param,
                code="to_kw_invalid",
            )
        if not edge > below:
            raise ChargeInvalid(
                f"to_kw must ascend from above 0; got {edge:g} after {below:g}",
                param=param,
                code="to_kw_invalid",
            )
        below = edge


@dataclass(frozen=True, slots=True)
class DemandWeight:
    """Windows that match `schedule` count with `factor` (0.5: at night half)."""

    schedule: Schedule
    factor: float


@dataclass(frozen=True, slots=True)
class Ratchet:
    """A period pays for at least `percent` of the highest peak of the `periods` before it."""

    percent: float
    periods: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandCharge:
    """Money for the highest power of each billing period.

    `price` of the period's peak, for the whole period, or by `per` DAY times its local days.
    `window_minutes`: over which power is averaged, on the local clock. `filter`: which windows
    count, judged by their start; None counts all. `weights`: with which factor, 1 where none
    matches. `days`: the peak is the mean of the highest windows of so many different local days;
    None takes the highest window alone. `minimum_kw`, `ratchet`: the least that a period's peak
    counts as. `periods`: the mean over so many periods, this one included. `cap_per_kwh`: the
    most that a period pays for each kWh drawn in it; None is no limit.
    """

    price: DemandPrice
    window_minutes: WindowMinutes
    per: Literal["MONTH", "DAY"] = "MONTH"
    filter: Schedule | None = None
    weights: tuple[DemandWeight, ...] = ()
    days: int | None = None
    minimum_kw: float = 0.0
    periods: int = 1
    ratchet: Ratchet | None = None
    cap_per_kwh: float | None = None
    name: str | None = None

    @property
    def earlier_periods(self) -> int:
        """How many periods before a period decide what it pays."""
        return self.periods - 1 + (self.ratchet.periods if self.ratchet else 0)

    def factors(self, region: CalendarRegion, starts_us: Microseconds) -> Numbers:
        """Find the factor of each window (n, by their starts in order of time)."""
        found = np.ones(starts_us.size)
        for weight in reversed(self.weights):
            found[counted(weight.schedule, region, starts_us)] = weight.factor
        return found


def counted(filter_: Schedule | None, region: CalendarRegion, starts_us: Microseconds) -> Marks:
    """Mark which windows (n, by their starts in order of time) a filter matches.

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
    marks: Marks = laid.item[step_of(laid.starts_us, starts_us)] == 1
    return marks


def matched_stretches(filter_: Schedule, lines: tuple[int, ...]) -> list[tuple[int, int]]:
    """List the stretches of a day (from, to; seconds after midnight) that any hours match."""
    found: list[tuple[int, int]] = []
    for stretch in stretches(filter_, lines):
        if found and stretch.from_second <= found[-1][1]:
            start, end = found.pop()
            found.append((start, max(end, stretch.to_second)))
        else:
            found.append((stretch.from_second, stretch.to_second))
    return found


def _marked(filter_: Schedule, lines: tuple[int, ...]) -> list[tuple[int, int]]:
    """List the (start, 1 inside any hours or 0) of a day."""
    pieces = {0: 0}
    for start, end in matched_stretches(filter_, lines):
        pieces[start] = 1
        if end < DAY_SECONDS:
            pieces[end] = 0
    return list(pieces.items())
