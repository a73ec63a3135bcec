"""Plans by state of charge, put together from the powers that were found."""

from dataclasses import replace

from wattyard.kernel.arrays import Numbers, np
from wattyard.schedules.domain.by_state_of_charge.baseline import nobody_planning
from wattyard.schedules.domain.by_state_of_charge.charge_only import charge_only
from wattyard.schedules.domain.by_state_of_charge.meter import Flows, GridMeter
from wattyard.schedules.domain.by_state_of_charge.question import (
    ChargeBaseline,
    ChargePlan,
    ChargeQuestion,
    Storage,
    StoragePlan,
)
from wattyard.schedules.domain.by_state_of_charge.reachable import (
    ROUNDING_WH,
    StorageReach,
    fullest_w,
    held_after,
    reach_of,
    reason_of,
    shortfall_of,
)
from wattyard.schedules.domain.by_state_of_charge.runs import at_powers, with_runs
from wattyard.schedules.domain.by_state_of_charge.slots import StorageRun, slots_of
from wattyard.schedules.domain.by_state_of_charge.solution import Powers, at_full_power, best_powers
from wattyard.schedules.domain.by_state_of_charge.stability import held_powers, stays


def by_charge(question: ChargeQuestion) -> ChargePlan:
    """Plan the storage units at least cost, or for another objective, under every limit.

    A storage unit first reaches its goals, or comes as near as it can; then the objective is least.
    Storage units never charge and discharge at once; one with a least power stops within a step
    where it would have to run slower. The solver stops when its seconds are over
    (`gap`).
    """
    baseline = nobody_planning(question)
    question, powers = _found(_cut_at_held(question))
    meter = GridMeter(question)
    reaches = [reach_of(question, storage) for storage in question.storages]
    if powers is None:
        powers = best_powers(question, meter, reaches)
    kept = False
    if question.held is not None:
        old = held_powers(question, meter, reaches, powers)
        if old is not None and stays(question.held, meter, old, powers):
            powers, kept = old, True
    return replace(_plan(question, meter, reaches, powers, baseline), kept=kept)


def _cut_at_held(question: ChargeQuestion) -> ChargeQuestion:
    """Cut steps where a held plan starts or stops, so that a least power can be held there."""
    if question.held is None or not question.storages[0].least_w:
        return question
    slots = [slot for own in question.held.slots for slot in own]
    cuts_us = np.array([at for slot in slots for at in (slot.start_us, slot.end_us)], np.int64)
    return replace(question, steps=question.steps.cut(cuts_us))


def _found(question: ChargeQuestion) -> tuple[ChargeQuestion, Powers | None]:
    """Cut the steps where a storage unit with a least power stops; the plan, if it is exact."""
    storage, meter = question.storages[0], GridMeter(question)
    reaches = [reach_of(question, storage) for storage in question.storages]
    mean_w = charge_only(question, meter, reaches[0])
    if mean_w is not None:
        return _running(question, mean_w, np.maximum(mean_w, storage.least_w))
    if not storage.least_w or question.demand:
        return question, None
    cut = with_runs(question, meter, reaches[0])
    if cut is not None:
        return cut, None
    at_once = at_full_power(question, meter, reaches)
    found, powers = _running(question, at_once.charge_w[0], fullest_w(question, storage))
    return found, replace(powers, gap=at_once.gap)


def _running(
    question: ChargeQuestion, mean_w: Numbers, run_w: Numbers
) -> tuple[ChargeQuestion, Powers]:
    steps, charge_w = at_powers(question.steps, mean_w, run_w)
    powers = Powers(charge_w[None, :], np.zeros((1, charge_w.size)))
    return replace(question, steps=steps), powers


def _plan(
    question: ChargeQuestion,
    meter: GridMeter,
    reaches: list[StorageReach],
    powers: Powers,
    baseline: ChargeBaseline,
) -> ChargePlan:
    net_w = meter.steps.net_w
    flows = meter.settled(net_w)
    plans = []
    for row, storage in enumerate(question.storages):
        before = flows
        net_w = net_w + powers.charge_w[row] - powers.discharge_w[row]
        flows = meter.settled(net_w)
        run = _run(storage, meter, powers, row, (before, flows))
        plan = _storage(question, storage, reaches[row], run)
        raised = meter.demand(run.flows) - meter.demand(before)
        plans.append(replace(plan, cost=plan.cost + raised))
    return ChargePlan(
        steps=question.steps,
        storages=tuple(plans),
        import_w=flows.import_w + flows.excess_w,
        export_w=flows.export_w,
        bill=float(meter.bill(flows).sum()) + meter.demand(flows),
        objective=meter.objective(flows),
        baseline=baseline,
        gap=powers.gap,
    )


def _run(
    storage: Storage, meter: GridMeter, powers: Powers, row: int, flows: tuple[Flows, Flows]
) -> StorageRun:
    before, after = flows
    return StorageRun(
        charge_w=powers.charge_w[row],
        discharge_w=powers.discharge_w[row],
        held_wh=held_after(
            storage, meter.steps.hours, powers.charge_w[row], powers.discharge_w[row]
        ),
        cost=meter.bill(after) - meter.bill(before),
        flows=after,
    )


def _storage(
    question: ChargeQuestion, storage: Storage, reach: StorageReach, run: StorageRun
) -> StoragePlan:
    steps = question.steps
    shortfall_wh = shortfall_of(storage, reach.goals, run.held_wh)
    partial = shortfall_wh > ROUNDING_WH
    moved_wh = (run.charge_w + run.discharge_w) * steps.hours
    moving = moved_wh.sum() > 0.0
    return StoragePlan(
        charge_w=run.charge_w,
        discharge_w=run.discharge_w,
        held_wh=run.held_wh,
        slots=slots_of(question, storage, reach, run),
        cost=float(run.cost.sum()) + 0.0,
        confidence=float(moved_wh @ steps.confidence / moved_wh.sum()) if moving else 1.0,
        status="PARTIAL" if partial else "COMPLETE",
        shortfall_wh=shortfall_wh if partial else 0.0,
        reason=reason_of(question, storage, run.held_wh) if partial else None,
    )
