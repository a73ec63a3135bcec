"""Why energy stays unmet, and why a slot is where it is (contract 4, Rules for every plan)."""

from dataclasses import replace
from typing import Final

from wattyard.kernel.arrays import np
from wattyard.kernel.clock_changes import HOUR_US
from wattyard.schedules.domain.by_amount.outcome import StepPlan
from wattyard.schedules.domain.by_amount.question import Need
from wattyard.schedules.domain.by_amount.shared_steps import SharedSteps
from wattyard.schedules.domain.power import PowerSlot, Reason, Why

_FULL: Final = 1.0 - 1e-7


def shortfall_reason(need: Need, steps: SharedSteps, row: int) -> Reason:
    """Find what binds the device in `row` of the steps.

    `device_power` when it has no power at all; `window_too_short` when full power through the
    whole window is not enough, were it alone and prices free; `price_limit` when the time at
    allowed prices is not enough, were it alone; else `site_power`.
    """
    if need.max_power_w == 0.0:
        return "device_power"
    if need.max_power_w * (need.end_us - need.start_us) / HOUR_US < need.energy_wh:
        return "window_too_short"
    if need.max_power_w * float(steps.hours @ steps.allowed[row]) < need.energy_wh:
        return "price_limit"
    return "site_power"


def reasons_of_slots(need: Need, outcome: StepPlan, row: int) -> list[PowerSlot]:
    """Give each slot of the device in `row` its reason.

    `export` for giving; `deadline` when the device runs flat out through its whole window, and
    `price_limit` when it does through all time at allowed prices; `site_limit` when the room in
    a cheaper step was used up; else `cheapest`.
    """
    slots = outcome.slots[row]
    if need.direction == "EXPORT":
        return [replace(slot, why="export") for slot in slots]
    steps = outcome.steps
    allowed = steps.allowed[row]
    full_wh = need.max_power_w * steps.hours
    idle = allowed & (outcome.energy_wh[row] < full_wh * _FULL)
    if not idle.any():
        always: Why = "deadline" if (allowed == steps.inside[row]).all() else "price_limit"
        return [replace(slot, why=always) for slot in slots]
    taken_wh = outcome.energy_wh.sum(axis=0)
    shut = idle & (taken_wh >= steps.room_w * steps.hours * _FULL)
    least_shut = steps.per_kwh[shut].min(initial=np.inf)
    first = np.searchsorted(steps.edges_us, [slot.start_us for slot in slots], side="right") - 1
    return [
        replace(slot, why="site_limit" if steps.per_kwh[step] > least_shut else "cheapest")
        for slot, step in zip(slots, first, strict=True)
    ]
