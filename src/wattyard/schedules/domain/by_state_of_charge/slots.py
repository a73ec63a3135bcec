"""From powers in each step to slots of storage, each with what it holds, costs and why it is."""

from dataclasses import replace
from typing import Final

from wattyard.kernel.arrays import Marks, Numbers, np
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.by_state_of_charge.meter import Flows
from wattyard.schedules.domain.by_state_of_charge.question import (
    ChargeQuestion,
    ChargeSlot,
    Storage,
)
from wattyard.schedules.domain.by_state_of_charge.reachable import StorageReach
from wattyard.schedules.domain.crowding import Leeway, kept_from_cheaper
from wattyard.schedules.domain.power import Why

_SAME_POWER_W: Final = 1e-2
_NOISE_W: Final = 0.1
_NOISE_WH: Final = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class StorageRun:
    """A unit's powers (n, W), holdings (n) after each step, money (n) and the meter's flows."""

    charge_w: Numbers
    discharge_w: Numbers
    held_wh: Numbers
    cost: Numbers
    flows: Flows


def slots_of(
    question: ChargeQuestion, storage: Storage, reach: StorageReach, run: StorageRun
) -> tuple[ChargeSlot, ...]:
    """List the slots in order of time; steps that touch with equal power and reason are one."""
    edges_us = question.steps.edges_us
    slots: list[ChargeSlot] = []
    crowded = _crowded_out(question, storage, reach, run) if question.explain else None
    for step in np.flatnonzero(run.charge_w + run.discharge_w > 0.0):
        charging = bool(run.charge_w[step] > 0.0)
        slot = ChargeSlot(
            start_us=int(edges_us[step]),
            end_us=int(edges_us[step + 1]),
            flow="CHARGE" if charging else "DISCHARGE",
            power_w=float(run.charge_w[step] if charging else run.discharge_w[step]),
            held_wh=float(run.held_wh[step]),
            cost=float(run.cost[step]),
            why=None
            if crowded is None
            else _why(question, storage, reach, run, int(step), crowded),
        )
        if slots and _goes_on(slots[-1], slot):
            slots[-1] = replace(
                slot,
                start_us=slots[-1].start_us,
                power_w=slots[-1].power_w,
                cost=slots[-1].cost + slot.cost,
            )
        else:
            slots.append(slot)
    return tuple(slots)


def _goes_on(one: ChargeSlot, two: ChargeSlot) -> bool:
    return (
        one.end_us == two.start_us
        and one.flow == two.flow
        and one.why == two.why
        and abs(one.power_w - two.power_w) < _SAME_POWER_W
    )


def _why(
    question: ChargeQuestion,
    storage: Storage,
    reach: StorageReach,
    run: StorageRun,
    step: int,
    crowded: Marks,
) -> Why:
    """Find why a storage unit runs in a step.

    Discharging: `export` where it feeds the grid, else `cheapest`. Charging: `reserve` while
    the storage unit holds less than that, `solar` where the sun gives more than the site uses and
    nothing is imported, `deadline` where every step up to a goal runs as full as it can,
    `site_limit` where the connection is full at a better time, else `cheapest`.
    """
    if run.discharge_w[step] > 0.0:
        return "export" if run.flows.export_w[step] > _NOISE_W else "cheapest"
    held_before_wh = run.held_wh[step - 1] if step else storage.energy_wh
    if held_before_wh < storage.reserve_wh - _NOISE_WH:
        return "reserve"
    if run.flows.import_w[step] <= _NOISE_W and question.steps.net_w[step] < -_NOISE_W:
        return "solar"
    flat_out = any(
        goal.step >= step and run.held_wh[goal.step] >= reach.most_wh[goal.step] - _NOISE_WH
        for goal in reach.goals
        if reach.most_wh[goal.step] < storage.capacity_wh - _NOISE_WH
    )
    if flat_out:
        return "deadline"
    return "site_limit" if crowded[step] else "cheapest"


def _crowded_out(
    question: ChargeQuestion, storage: Storage, reach: StorageReach, run: StorageRun
) -> Marks:
    """Mark the steps (n) in which the connection, full at a better time, makes it charge."""
    steps, imports = question.steps, run.flows.import_w > _NOISE_W
    if question.objective == "SELF_CONSUMPTION":
        return np.zeros_like(imports)
    leeway = Leeway(
        np.full(run.charge_w.size, storage.charge_w),
        run.held_wh,
        np.full(run.charge_w.size, storage.capacity_wh),
        reach.floor_wh,
    )
    per_kwh = steps.carbon_per_kwh if question.objective == "CARBON" else steps.import_per_kwh
    full = run.flows.import_w >= question.limits.import_w - _NOISE_W
    return imports & kept_from_cheaper(leeway, run.charge_w, per_kwh, full)
