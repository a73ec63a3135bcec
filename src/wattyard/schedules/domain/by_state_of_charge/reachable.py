"""What storage can reach at most, which goals that leaves, and what binds where one is missed.

A storage unit that charges at all times with all the power there is holds more at every instant
than under any other plan, so what it then holds is exactly what can be reached.
"""

from math import sqrt
from typing import Final, NamedTuple

from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.by_state_of_charge.question import (
    ChargeQuestion,
    ChargeSteps,
    Storage,
)
from wattyard.schedules.domain.power import Reason

ROUNDING_WH: Final = 0.1
"""Less is not a shortfall."""


class Goal(NamedTuple):
    """A storage unit is to hold `held_wh` after step number `step`."""

    step: int
    held_wh: float


@dataclass(frozen=True, slots=True, eq=False)
class StorageReach:
    """`most_wh` (n) storage can hold after each step; `floor_wh` (n) what it is not to go below.

    `goals` as wanted; `floor_wh` already holds them, as far as they can be reached.
    """

    most_wh: Numbers
    floor_wh: Numbers
    goals: tuple[Goal, ...]


def goals_of(storage: Storage, steps: ChargeSteps) -> tuple[Goal, ...]:
    """List the storage unit's goals; a `ready_us` within a step asks for the step before."""
    last = steps.import_per_kwh.size - 1
    goals = []
    if storage.target_wh is not None:
        ready_us = steps.edges_us[-1] if storage.ready_us is None else storage.ready_us
        step = int(np.searchsorted(steps.edges_us, ready_us, side="right")) - 2
        goals.append(Goal(min(step, last), storage.target_wh))
    if storage.end_wh is not None:
        goals.append(Goal(last, storage.end_wh))
    return tuple(goals)


def reach_of(question: ChargeQuestion, storage: Storage) -> StorageReach:
    """Find what a storage unit can reach: exactly where it is alone, else on a free connection.

    Others may make room by discharging, so that what they leave is for the programme to find.
    """
    steps = question.steps
    most_wh = _filled(storage, fullest_w(question, storage), steps.hours)
    floor_wh = np.minimum(storage.reserve_wh, most_wh)
    goals = goals_of(storage, steps)
    for goal in goals:
        if goal.step >= 0:
            reachable_wh = min(goal.held_wh, float(most_wh[goal.step]))
            floor_wh[goal.step] = max(float(floor_wh[goal.step]), reachable_wh)
    if question.runs is not None:
        floor_wh = question.runs.floor_wh
    return StorageReach(most_wh, floor_wh, goals)


def fullest_w(question: ChargeQuestion, storage: Storage) -> Numbers:
    """Find the most (n, W) a storage unit can charge at; 0 where its least power does not fit."""
    limit_w = question.limits.import_w if len(question.storages) == 1 else np.inf
    free_w = np.maximum(limit_w - question.steps.net_w, 0.0)
    most_w = np.minimum(storage.charge_w, free_w)
    return np.where(most_w < storage.least_w, 0.0, most_w)


def shortfall_of(storage: Storage, goals: tuple[Goal, ...], held_wh: Numbers) -> float:
    """Find the most that is missing in Wh at any goal, or of the reserve at the end."""
    reserve_wh = storage.reserve_wh - float(held_wh[-1])
    return max(0.0, reserve_wh, _missing(storage, goals, held_wh))


def reason_of(question: ChargeQuestion, storage: Storage, held_wh: Numbers) -> Reason:
    """Find what binds where a plan that holds `held_wh` (n) misses a goal or the reserve.

    `reserve` when only the reserve is missed; `device_power` when the storage unit cannot charge at
    all; `window_too_short` when full power on a free connection would not be enough; else
    `site_power`.
    """
    steps = question.steps
    goals = goals_of(storage, steps)
    if _missing(storage, goals, held_wh) <= ROUNDING_WH:
        return "reserve"
    if storage.charge_w == 0.0:
        return "device_power"
    free_wh = _filled(storage, np.full(steps.hours.size, storage.charge_w), steps.hours)
    too_short = _missing(storage, goals, free_wh) > ROUNDING_WH
    return "window_too_short" if too_short else "site_power"


def _missing(storage: Storage, goals: tuple[Goal, ...], held_wh: Numbers) -> float:
    return max(
        (
            goal.held_wh - (float(held_wh[goal.step]) if goal.step >= 0 else storage.energy_wh)
            for goal in goals
        ),
        default=0.0,
    )


def _filled(storage: Storage, power_w: Numbers, hours: Numbers) -> Numbers:
    charged_wh = storage.energy_wh + sqrt(storage.efficiency) * np.cumsum(power_w * hours)
    return np.minimum(charged_wh, storage.capacity_wh)


def held_after(
    storage: Storage, hours: Numbers, charge_w: Numbers, discharge_w: Numbers
) -> Numbers:
    """Find what a storage unit holds (n, Wh) after each step at given powers (n, W, meter side)."""
    loss = sqrt(storage.efficiency)
    change_wh = (charge_w * loss - discharge_w / loss) * hours
    return np.asarray(storage.energy_wh + np.cumsum(change_wh), dtype=np.float64)
