"""Plans by amount, put together: each device alone, then jointly, then with least powers."""

from dataclasses import replace
from typing import Final

from wattyard.kernel.arrays import np
from wattyard.schedules.domain.by_amount.by_site import by_site
from wattyard.schedules.domain.by_amount.layout import slots_of
from wattyard.schedules.domain.by_amount.outcome import StepPlan
from wattyard.schedules.domain.by_amount.question import (
    AmountPlan,
    AmountQuestion,
    DevicePlan,
    Need,
    PlanValue,
)
from wattyard.schedules.domain.by_amount.reasons import reasons_of_slots, shortfall_reason
from wattyard.schedules.domain.by_amount.savings import values
from wattyard.schedules.domain.by_amount.shared_steps import alone, shared_steps
from wattyard.schedules.domain.by_amount.sharing import shared, shared_with_least_power
from wattyard.schedules.domain.by_amount.stability import held_outcomes, stays
from wattyard.schedules.domain.power import Direction, PowerSlot, joined
from wattyard.schedules.domain.prices import MINUTE_US

_FINEST_US: Final = 15 * MINUTE_US
_SHORTFALL_WH: Final = 0.01
_DIRECTIONS: Final[tuple[Direction, ...]] = ("IMPORT", "EXPORT")


def by_amount(question: AmountQuestion) -> AmountPlan:
    """Move each device's energy inside its window at least cost, or as much as can be moved.

    The least unmet energy in total comes first, then the least cost, then the earliest time;
    among devices the one named first gets the earlier steps. Without least powers, or where
    they do not bind, the plan is exact. Otherwise devices change who runs at steps of at most
    15 minutes, and the solver stops when its seconds are over (`gap`).
    """
    outcomes = {
        direction: _outcome(question, direction)
        for direction in _DIRECTIONS
        if any(need.direction == direction for need in question.needs)
    }
    gap = max((outcome.gap for outcome in outcomes.values()), default=0.0)
    kept = False
    if question.held is not None:
        held = held_outcomes(question, question.held, outcomes)
        if held is not None and stays(question, question.held, held, outcomes):
            outcomes, kept = held, True
    return replace(_plan(question, outcomes), gap=gap, kept=kept)


def _outcome(question: AmountQuestion, direction: Direction) -> StepPlan:
    if direction == "IMPORT" and question.demand:
        return by_site(question, shared_steps(question, direction, finest_us=_FINEST_US))
    steps = shared_steps(question, direction)
    energy_wh = alone(steps, steps.cheapest_first, steps.allowed, steps.needed_wh)
    if steps.crowded(energy_wh):
        energy_wh = shared(steps, steps.cheapest_first, steps.allowed, steps.needed_wh)
    slots = slots_of(steps, energy_wh)
    if slots is not None:
        return StepPlan(steps, energy_wh, slots)
    steps = shared_steps(question, direction, finest_us=_FINEST_US)
    energy_wh, gap = shared_with_least_power(steps)
    return StepPlan(steps, energy_wh, slots_of(steps, energy_wh) or [], gap)


def _plan(question: AmountQuestion, outcomes: dict[Direction, StepPlan]) -> AmountPlan:
    plans: dict[int, DevicePlan] = {}
    totals: list[tuple[float, PlanValue]] = []
    for direction, outcome in outcomes.items():
        numbered = [
            (number, need)
            for number, need in enumerate(question.needs)
            if need.direction == direction
        ]
        own, total = values(question, outcome)
        totals.append((float(outcome.energy_wh.sum()), total))
        for row, (number, need) in enumerate(numbered):
            plans[number] = _device(question, need, outcome, row, own[row])
    energy_wh = sum(moved for moved, _ in totals)
    return AmountPlan(tuple(plans[number] for number in sorted(plans)), energy_wh, _sum(totals))


def _device(
    question: AmountQuestion, need: Need, outcome: StepPlan, row: int, value: PlanValue
) -> DevicePlan:
    energy_wh = float(outcome.energy_wh[row].sum())
    shortfall_wh = need.energy_wh - energy_wh
    partial = shortfall_wh > _SHORTFALL_WH
    slots: list[PowerSlot] = [replace(slot, why=None) for slot in outcome.slots[row]]
    if question.explain:
        slots = reasons_of_slots(need, outcome, row)
    return DevicePlan(
        energy_wh=energy_wh,
        value=value,
        slots=joined(slots),
        status="PARTIAL" if partial else "COMPLETE",
        shortfall_wh=shortfall_wh if partial else 0.0,
        reason=shortfall_reason(need, outcome.steps, row) if partial else None,
    )


def _sum(totals: list[tuple[float, PlanValue]]) -> PlanValue:
    """Add up the values of both directions, each given with its energy in Wh."""
    cost = sum(value.cost for _, value in totals)
    savings = sum(value.savings for _, value in totals)
    energy = np.array([moved for moved, _ in totals])
    confidence = np.array([value.confidence for _, value in totals])
    weighted = float(energy @ confidence / energy.sum()) if energy.sum() > 0.0 else 1.0
    base = abs(cost + savings)
    return PlanValue(cost, weighted, savings, 100.0 * savings / base if base > 0.0 else 0.0)
