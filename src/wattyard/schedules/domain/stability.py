"""A plan that the client holds stays unless a new one saves enough (contract 4, Stability)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from wattyard.schedules.domain.amount import AmountQuestion, Held, Need
from wattyard.schedules.domain.outcome import StepPlan
from wattyard.schedules.domain.power import (
    TOLERANCE_W,
    TOLERANCE_WH,
    WH_PER_KWH,
    Direction,
    PowerSlot,
    energy_within,
)
from wattyard.schedules.domain.prices import Numbers

_ROUNDING_MONEY: Final = 1e-9


def stays(held: Held, old: Mapping[Direction, StepPlan], new: Mapping[Direction, StepPlan]) -> bool:
    """Check whether the new plan saves no more than what a change has to save."""
    return _cost(old) - _cost(new) <= held.keep_unless_saves + _ROUNDING_MONEY


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
        fits = (
            all(_in_order(own) and _within_power(need, own) for need, own in pairs)
            and peak_w(slots) <= steps.room_w + TOLERANCE_W
            and bool((energy_wh[~steps.allowed] <= TOLERANCE_WH).all())
            and _moves_as_much(energy_wh.sum(axis=1), outcome)
        )
        if not fits:
            return None
        result[direction] = StepPlan(steps, energy_wh, slots)
    return result


def clipped(slots: Sequence[PowerSlot], start_us: int, end_us: int) -> list[PowerSlot]:
    """Keep what lies between two instants."""
    return [
        replace(slot, start_us=max(slot.start_us, start_us), end_us=min(slot.end_us, end_us))
        for slot in slots
        if slot.start_us < end_us and slot.end_us > start_us and slot.power_w > 0.0
    ]


def peak_w(plans: Sequence[Sequence[PowerSlot]]) -> float:
    """Find the largest power that plans reach together."""
    slots = [slot for plan in plans for slot in plan]
    if not slots:
        return 0.0
    instants = np.array([slot.start_us for slot in slots] + [slot.end_us for slot in slots])
    changes_w = np.array([slot.power_w for slot in slots] + [-slot.power_w for slot in slots])
    order = np.lexsort((changes_w, instants))
    return float(np.cumsum(changes_w[order]).max())


def _cost(outcomes: Mapping[Direction, StepPlan]) -> float:
    return sum(
        float(outcome.energy_wh.sum(axis=0) @ outcome.steps.per_kwh) / WH_PER_KWH
        for outcome in outcomes.values()
    )


def _in_order(slots: Sequence[PowerSlot]) -> bool:
    return all(one.end_us <= two.start_us for one, two in pairwise(slots))


def _within_power(need: Need, slots: Sequence[PowerSlot]) -> bool:
    least, most = need.min_power_w - TOLERANCE_W, need.max_power_w + TOLERANCE_W
    return all(least <= slot.power_w <= most for slot in slots)


def _moves_as_much(moved_wh: Numbers, new: StepPlan) -> bool:
    enough = moved_wh >= new.energy_wh.sum(axis=1) - TOLERANCE_WH
    return bool((enough & (moved_wh <= new.steps.needed_wh + TOLERANCE_WH)).all())
