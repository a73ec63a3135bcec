"""Plans by state of charge, put together from the powers that were found."""

import numpy as np

from wattyard.schedules.domain.charge import (
    ChargePlan,
    ChargeQuestion,
    Storage,
    StoragePlan,
)
from wattyard.schedules.domain.charge_only import charge_only
from wattyard.schedules.domain.charge_slots import StorageRun, slots_of
from wattyard.schedules.domain.charge_solution import Powers, best_powers
from wattyard.schedules.domain.charge_stability import held_powers, stays
from wattyard.schedules.domain.meter import Flows, GridMeter
from wattyard.schedules.domain.reach import (
    ROUNDING_WH,
    Reach,
    held_after,
    reach_of,
    reason_of,
    shortfall_of,
)


def by_charge(question: ChargeQuestion) -> ChargePlan:
    """Plan the storage units at least cost, or for another objective, under every limit.

    A storage unit first reaches its goals, or comes as near as it can; then the objective is least.
    Storage units never charge and discharge at once. The solver stops after 2 seconds (`gap`).
    """
    meter = GridMeter(question)
    reaches = [reach_of(question, storage) for storage in question.storages]
    alone_w = charge_only(question, meter, reaches[0])
    if alone_w is None:
        powers = best_powers(question, meter, reaches)
    else:
        powers = Powers(alone_w[None, :], np.zeros((1, alone_w.size)))
    kept = False
    if question.held is not None:
        old = held_powers(question, meter, reaches, powers)
        if old is not None and stays(question.held, meter, old, powers):
            powers, kept = old, True
    return _plan(question, meter, reaches, powers, kept=kept)


def _plan(
    question: ChargeQuestion, meter: GridMeter, reaches: list[Reach], powers: Powers, *, kept: bool
) -> ChargePlan:
    net_w = meter.steps.net_w
    flows = meter.settled(net_w)
    plans = []
    for row, storage in enumerate(question.storages):
        before = flows
        net_w = net_w + powers.charge_w[row] - powers.discharge_w[row]
        flows = meter.settled(net_w)
        run = _run(storage, meter, powers, row, (before, flows))
        plans.append(_storage(question, storage, reaches[row], run))
    return ChargePlan(
        storages=tuple(plans),
        import_w=flows.import_w + flows.excess_w,
        export_w=flows.export_w,
        bill=float(meter.bill(flows).sum()),
        objective=meter.objective(flows),
        gap=powers.gap,
        kept=kept,
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
    question: ChargeQuestion, storage: Storage, reach: Reach, run: StorageRun
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
