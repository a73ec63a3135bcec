"""What a plan costs, and what it saves against starting at once (contract 4, By amount)."""

from typing import Final

import numpy as np

from wattyard.schedules.domain.amount import PlanValue
from wattyard.schedules.domain.outcome import StepPlan
from wattyard.schedules.domain.power import WH_PER_KWH
from wattyard.schedules.domain.prices import Numbers
from wattyard.schedules.domain.shared_steps import SharedSteps, in_turn
from wattyard.schedules.domain.sharing import shared

_ROUNDING_WH: Final = 1e-2
_ROUNDING_MONEY: Final = 1e-12


def values(outcome: StepPlan) -> tuple[list[PlanValue], PlanValue]:
    """Value each device's plan, and all together.

    Starting at once moves the same energies at full power from the start of each window, under
    the same power limits, the devices named first going first; prices are not looked at.
    Where least powers keep that from moving the same energies, savings are 0.
    """
    steps, energy_wh = outcome.steps, outcome.energy_wh
    at_once_wh = _at_once(steps, energy_wh)
    per_wh = steps.per_kwh / WH_PER_KWH
    costs, before = energy_wh @ per_wh, at_once_wh @ per_wh
    weights = energy_wh @ steps.confidence
    moved = energy_wh.sum(axis=1)
    own = [_value(*row) for row in zip(costs, before, weights, moved, strict=True)]
    return own, _value(costs.sum(), before.sum(), weights.sum(), moved.sum())


def _at_once(steps: SharedSteps, planned_wh: Numbers) -> Numbers:
    """Move the planned energies (d, s) at once; as planned where least powers forbid it."""
    wanted_wh = planned_wh.sum(axis=1)
    energy_wh = in_turn(steps, steps.earliest_first, steps.inside, wanted_wh)
    if (energy_wh.sum(axis=1) >= wanted_wh - _ROUNDING_WH).all():
        return energy_wh
    if steps.least_w.any():
        return planned_wh
    return shared(steps, steps.earliest_first, steps.inside, wanted_wh)


def _value(cost: float, before: float, weight: float, moved_wh: float) -> PlanValue:
    savings = float(before - cost)
    if abs(savings) <= _ROUNDING_MONEY * max(1.0, abs(before)):
        savings = 0.0
    base = abs(float(before))
    return PlanValue(
        cost=float(cost) + 0.0,
        confidence=float(np.clip(weight / moved_wh, 0.0, 1.0)) if moved_wh > 0.0 else 1.0,
        savings=savings,
        savings_percent=100.0 * savings / base if base > 0.0 else 0.0,
    )
