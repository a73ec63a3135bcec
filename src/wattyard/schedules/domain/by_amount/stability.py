"""A plan that the client holds stays unless a new one saves enough (contract 4, Stability)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from wattyard.kernel.arrays import Numbers, np
from wattyard.schedules.domain.by_amount.outcome import StepPlan
from wattyard.schedules.domain.by_amount.question import AmountPlan, AmountQuestion, Held, Need
from wattyard.schedules.domain.by_amount.shared_steps import SharedSteps, shared_steps
from wattyard.schedules.domain.power import (
    TOLERANCE_W,
    TOLERANCE_WH,
    WH_PER_KWH,
    Direction,
    PowerSlot,
    energy_within,
)

_ROUNDING_MONEY: Final = 5e-7
"""Half of the last decimal of money: slots end on whole milliseconds."""


def stays(
    question: AmountQuestion,
    held: Held,
    old: Mapping[Direction, StepPlan],
    new: Mapping[Direction, StepPlan],
) -> bool:
    """Check whether the new plan saves no more than what a change has to save."""
    return _cost(question, old) - _cost(question, new) <= held.keep_unless_saves + _ROUNDING_MONEY


def held_outcomes(
    question: AmountQuestion, held: Held, new: Mapping[Direction, StepPlan]
) -> dict[Direction, StepPlan] | None:
    """Read the held plan as an answer to the question, or None where it is none any more.

    What lies before a window is past and left out. The plan has to keep every limit to 1 W and
    to move what the new one moves to 1 Wh.
    """
    result: dict[Direction, StepPlan] = {}
    for direction, outcome in new.items():
        pairs = [
            (need, clipped(slots, need.start_us, need.end_us))
            for need, slots in zip(question.needs, held.slots, strict=True)
            if need.direction == direction
        ]
        slots = [own for _, own in pairs]
        steps = outcome.steps
        energy_wh = np.array([energy_within(own, steps.edges_us) for own in slots])
        holds = (
            all(_in_order(own) and _within_power(need, own) for need, own in pairs)
            and fits(slots, steps)
            and bool((energy_wh[~steps.allowed] <= TOLERANCE_WH).all())
            and _moves_as_much(energy_wh.sum(axis=1), outcome)
        )
        if not holds:
            return None
        result[direction] = StepPlan(steps, energy_wh, slots, buys=outcome.buys)
    return result


def within_limits(question: AmountQuestion, plan: AmountPlan) -> bool:
    """Check whether the devices of a plan together keep within the question's power limits."""
    pairs = list(zip(question.needs, plan.devices, strict=True))
    return all(
        fits(
            [device.slots for need, device in pairs if need.direction == direction],
            shared_steps(question, direction),
        )
        for direction in question.prices
    )


def clipped(slots: Sequence[PowerSlot], start_us: int, end_us: int) -> list[PowerSlot]:
    """Keep what lies between two instants."""
    return [
        replace(slot, start_us=max(slot.start_us, start_us), end_us=min(slot.end_us, end_us))
        for slot in slots
        if slot.start_us < end_us and slot.end_us > start_us and slot.power_w > 0.0
    ]


def fits(plans: Sequence[Sequence[PowerSlot]], steps: SharedSteps) -> bool:
    """Check whether plans together keep within the room of every step, to 1 W."""
    slots = [slot for plan in plans for slot in plan]
    starts = np.array([slot.start_us for slot in slots], dtype=np.int64)
    ends = np.array([slot.end_us for slot in slots], dtype=np.int64)
    cuts_us = np.unique(np.concatenate([starts, ends, steps.edges_us]))
    changes_w = np.zeros(cuts_us.size)
    power_w = np.array([slot.power_w for slot in slots])
    np.add.at(changes_w, np.searchsorted(cuts_us, starts), power_w)
    np.subtract.at(changes_w, np.searchsorted(cuts_us, ends), power_w)
    step = np.searchsorted(steps.edges_us, cuts_us[:-1], side="right") - 1
    room_w = steps.room_w[step.clip(0, steps.room_w.size - 1)]
    return bool((np.cumsum(changes_w)[:-1] <= room_w + TOLERANCE_W).all())


def _cost(question: AmountQuestion, outcomes: Mapping[Direction, StepPlan]) -> float:
    money = 0.0
    for outcome in outcomes.values():
        energy_wh = outcome.energy_wh.sum(axis=0)
        money += float(energy_wh @ outcome.steps.per_kwh) / WH_PER_KWH
        if outcome.buys:
            money += question.demand_of(outcome.steps.edges_us, energy_wh)
    return money


def _in_order(slots: Sequence[PowerSlot]) -> bool:
    return all(one.end_us <= two.start_us for one, two in pairwise(slots))


def _within_power(need: Need, slots: Sequence[PowerSlot]) -> bool:
    least, most = need.min_power_w - TOLERANCE_W, need.max_power_w + TOLERANCE_W
    return all(least <= slot.power_w <= most for slot in slots)


def _moves_as_much(moved_wh: Numbers, new: StepPlan) -> bool:
    enough = moved_wh >= new.energy_wh.sum(axis=1) - TOLERANCE_WH
    return bool((enough & (moved_wh <= new.steps.needed_wh + TOLERANCE_WH)).all())
