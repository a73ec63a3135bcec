"""What storage would cost with nobody planning, under the same limits (contract 4, Rules)."""

from dataclasses import replace
from math import sqrt
from typing import Final

from wattyard.kernel.arrays import Numbers, np
from wattyard.schedules.domain.by_state_of_charge.meter import Flows, GridMeter
from wattyard.schedules.domain.by_state_of_charge.question import (
    ChargeBaseline,
    ChargeQuestion,
    Storage,
)
from wattyard.schedules.domain.by_state_of_charge.reachable import (
    ROUNDING_WH,
    Goal,
    fullest_w,
    goals_of,
    held_after,
    reason_of,
    shortfall_of,
)
from wattyard.schedules.domain.by_state_of_charge.runs import at_powers

AT_ONCE: Final = "The car is charged at once at full power until its target."
SERVES: Final = (
    "The battery takes surplus sun and serves the house; what is missing for a target is charged "
    "in the latest steps before it."
)
_NOTHING_W: Final = 1e-6


def nobody_planning(question: ChargeQuestion) -> ChargeBaseline:
    """Work out what the first storage unit of a question costs with nobody planning.

    A car is charged at once at full power, up to its highest goal. Other storage takes the sun's
    surplus and serves the load, never the grid; where a goal would be missed it charges from the
    latest step on that still reaches it.
    """
    storage, steps = question.storages[0], question.steps
    full_w = fullest_w(question, storage)
    goals = goals_of(storage, steps)
    if storage.car:
        mean_w = _at_once(storage, full_w, steps.hours, goals)
        steps, charge_w = at_powers(steps, mean_w, full_w)
        discharge_w = np.zeros_like(charge_w)
    else:
        charge_w, discharge_w = _serving(storage, question, full_w, goals)
    alone = replace(question, storages=(storage,), steps=steps, held=None)
    meter = GridMeter(alone)
    before, after = (
        meter.settled(net_w) for net_w in (steps.net_w, steps.net_w + charge_w - discharge_w)
    )
    held_wh = held_after(storage, steps.hours, charge_w, discharge_w)
    unmet_wh = shortfall_of(storage, goals_of(storage, steps), held_wh)
    missed = unmet_wh > ROUNDING_WH
    return ChargeBaseline(
        cost=_money(meter, after) - _money(meter, before),
        description=AT_ONCE if storage.car else SERVES,
        held_wh=float(held_wh[-1]),
        unmet_wh=unmet_wh if missed else 0.0,
        reason=reason_of(alone, storage, held_wh) if missed else None,
    )


def _money(meter: GridMeter, flows: Flows) -> float:
    return float(meter.bill(flows).sum()) + meter.demand(flows)


def _at_once(storage: Storage, full_w: Numbers, hours: Numbers, goals: tuple[Goal, ...]) -> Numbers:
    """Find the mean power (n) of charging at full power from the first step on."""
    highest_wh = max((goal.held_wh for goal in goals), default=storage.energy_wh)
    highest_wh = max(highest_wh, storage.reserve_wh)
    wanted_wh = (highest_wh - storage.energy_wh) / sqrt(storage.efficiency)
    most_wh = full_w * hours
    before_wh = np.cumsum(most_wh) - most_wh
    return np.asarray(np.clip(wanted_wh - before_wh, 0.0, most_wh) / hours, dtype=np.float64)


def _serving(
    storage: Storage, question: ChargeQuestion, full_w: Numbers, goals: tuple[Goal, ...]
) -> tuple[Numbers, Numbers]:
    """Find charging and discharging (n) of a battery that follows the sun and the load."""
    loss, hours, net_w = sqrt(storage.efficiency), question.steps.hours, question.steps.net_w
    floor_wh = _latest(full_w * hours * loss, goals)
    power_w = np.zeros(hours.size)
    held_wh = storage.energy_wh
    for step, length in enumerate(hours):
        room_w = max(0.0, storage.capacity_wh - held_wh) / loss / length
        spare_wh = max(0.0, held_wh - max(storage.reserve_wh, float(floor_wh[step])))
        own_w = min(-net_w[step], storage.charge_w, room_w)
        if own_w < 0.0:
            own_w = -min(-own_w, storage.discharge_w, spare_wh * loss / length)
        missing_w = (floor_wh[step] - held_wh) / loss / length
        if missing_w > own_w:
            own_w = max(own_w, min(missing_w, float(full_w[step])))
        power_w[step] = own_w if abs(own_w) > _NOTHING_W else 0.0
        moved_w = power_w[step] * (loss if own_w > 0.0 else 1.0 / loss)
        held_wh += moved_w * length
    return np.maximum(power_w, 0.0), np.maximum(-power_w, 0.0)


def _latest(most_wh: Numbers, goals: tuple[Goal, ...]) -> Numbers:
    """Find what is to be held (n) after each step if all goals are still to be reached."""
    floor_wh = np.zeros(most_wh.size)
    for goal in goals:
        if goal.step >= 0:
            floor_wh[goal.step] = max(float(floor_wh[goal.step]), goal.held_wh)
    for step in range(most_wh.size - 1, 0, -1):
        before_wh = float(floor_wh[step] - most_wh[step])
        floor_wh[step - 1] = max(float(floor_wh[step - 1]), before_wh)
    return floor_wh
