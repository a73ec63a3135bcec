"""The devices of one direction on common steps of time, and what each could do alone."""

from collections.abc import Sequence
from functools import cached_property
from math import isfinite

from wattyard.kernel.arrays import Integers, Marks, Numbers, np
from wattyard.kernel.clock_changes import HOUR_US
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.by_amount.question import AmountQuestion, Need, Shaving
from wattyard.schedules.domain.power import Direction
from wattyard.schedules.domain.prices import Instants, PriceSeries


@dataclass(frozen=True, eq=False)
class SharedSteps:
    """d devices on s steps, within which no price, window or threshold changes.

    `edges_us` (s + 1); `per_kwh` (s) what a kWh costs: the price, negated for EXPORT;
    `confidence` (s); `room_w` (s) for all devices together; `power_w` (d) the most a device can
    run at; `least_w` (d); `needed_wh` (d); `inside` (d, s) the device's window; `allowed` (d, s)
    the same at allowed prices. The solver has `seconds`.
    """

    edges_us: Instants
    per_kwh: Numbers
    confidence: Numbers
    room_w: Numbers
    power_w: Numbers
    least_w: Numbers
    needed_wh: Numbers
    inside: Marks
    allowed: Marks
    seconds: float

    @cached_property
    def hours(self) -> Numbers:
        """The length (s) of each step."""
        return np.diff(self.edges_us) / HOUR_US

    @cached_property
    def full_w(self) -> Numbers:
        """Find the most (d, s) each device can run at alone, 0 where its least does not fit."""
        most_w = np.minimum(self.power_w[:, None], self.room_w)
        return np.where(most_w < self.least_w[:, None], 0.0, most_w)

    @cached_property
    def cheapest_first(self) -> Integers:
        """Order the steps (s) by cost, then by time."""
        return np.lexsort((np.arange(self.hours.size), self.per_kwh)).astype(np.int64)

    @cached_property
    def earliest_first(self) -> Integers:
        """Order the steps (s) by time."""
        return np.arange(self.hours.size)

    def most_wh(self, where: Marks) -> Numbers:
        """Find the energy (d, s) that each device moves at full power where it may run."""
        return where * (self.full_w * self.hours)

    def crowded(self, energy_wh: Numbers) -> bool:
        """Check whether devices together (d, s) use more than the room in some step."""
        most_wh = self.room_w * self.hours
        return bool((energy_wh.sum(axis=0) > most_wh * (1 + 1e-9)).any())


def shared_steps(
    question: AmountQuestion, direction: Direction, *, finest_us: int | None = None
) -> SharedSteps:
    """Lay the devices of a direction on steps, cut to at most `finest_us` if given."""
    needs = [need for need in question.needs if need.direction == direction]
    prices = question.prices[direction]
    starts = np.array([need.start_us for need in needs])
    ends = np.array([need.end_us for need in needs])
    limit_w = question.limits.of(direction)
    buys = direction == "IMPORT"
    load = question.load if buys and (isfinite(limit_w) or question.demand) else None
    cuts = [prices.edges_us, starts, ends, *([] if load is None else [load.changes_us])]
    edges_us = _edges(cuts, int(starts.min()), int(ends.max()), finest_us)
    position = prices.at(edges_us[:-1])
    per_kwh = prices.per_kwh[position]
    inside = (edges_us[:-1] >= starts[:, None]) & (edges_us[1:] <= ends[:, None])
    sign = 1.0 if direction == "IMPORT" else -1.0
    room_w = np.full(position.size, limit_w)
    if load is not None:
        room_w = np.maximum(room_w - load.at(edges_us[:-1]), 0.0)
    return SharedSteps(
        edges_us=edges_us,
        per_kwh=sign * per_kwh,
        confidence=prices.confidence[position],
        room_w=room_w,
        power_w=np.array([need.max_power_w for need in needs]),
        least_w=np.array([need.min_power_w for need in needs]),
        needed_wh=np.array([need.energy_wh for need in needs]),
        inside=inside,
        allowed=inside & _at_allowed_prices(needs, prices, question.shaving, per_kwh),
        seconds=question.seconds,
    )


def alone(steps: SharedSteps, order: Integers, where: Marks, wanted_wh: Numbers) -> Numbers:
    """Fill each device's steps in `order` (s) at full power, as if it were alone: Wh (d, s).

    Cheapest first, this is the least cost of one device; it is exact, since steps are
    independent and only the last one is used in part.
    """
    most_wh = steps.most_wh(where)[:, order]
    before = np.cumsum(most_wh, axis=1) - most_wh
    energy_wh = np.empty_like(most_wh)
    energy_wh[:, order] = np.clip(wanted_wh[:, None] - before, 0.0, most_wh)
    return energy_wh


def in_turn(steps: SharedSteps, order: Integers, where: Marks, wanted_wh: Numbers) -> Numbers:
    """Fill steps in `order` (s), one device after the other in what room is left: Wh (d, s).

    This is not always the best, but always possible, least powers included.
    """
    room_wh = (steps.room_w * steps.hours)[order]
    energy_wh = np.zeros(where.shape)
    for device, wanted in enumerate(wanted_wh):
        most_wh = np.minimum(steps.power_w[device] * steps.hours[order], room_wh)
        fits = most_wh >= steps.least_w[device] * steps.hours[order] * (1 - 1e-12)
        most_wh = np.where(where[device, order] & fits, most_wh, 0.0)
        before = np.cumsum(most_wh) - most_wh
        taken = np.clip(wanted - before, 0.0, most_wh)
        energy_wh[device, order] = taken
        room_wh = room_wh - np.where(taken > 0.0, np.maximum(taken, _held(steps, device, order)), 0)
    return energy_wh


def _held(steps: SharedSteps, device: int, order: Integers) -> Numbers:
    """Find what room (s, in Wh) a running device takes at its least power for a whole step."""
    return np.asarray(steps.least_w[device] * steps.hours[order], dtype=np.float64)


def _edges(cuts: list[Instants], first: int, last: int, finest_us: int | None) -> Instants:
    if finest_us is not None:
        cuts = [*cuts, np.arange(first // finest_us, last // finest_us + 1) * finest_us]
    edges_us = np.unique(np.concatenate(cuts))
    return edges_us[(edges_us >= first) & (edges_us <= last)]


def _at_allowed_prices(
    needs: Sequence[Need], prices: PriceSeries, shaving: Shaving, per_kwh: Numbers
) -> Marks:
    """Mark (d, s) where the price is on the allowed side of each device's threshold."""
    allowed = np.ones((len(needs), per_kwh.size), dtype=np.bool_)
    if shaving.relative is None and shaving.absolute is None:
        return allowed
    for row, need in enumerate(needs):
        own = prices.within(need.start_us, need.end_us)
        threshold = own.threshold(relative=shaving.relative, absolute=shaving.absolute)
        if threshold is not None:
            buys = need.direction == "IMPORT"
            allowed[row] = per_kwh <= threshold if buys else per_kwh >= threshold
    return allowed
