"""What a plan costs, and what it saves against starting at once (contract 4, By amount)."""

from typing import Final

from wattyard.kernel.arrays import Numbers, np
from wattyard.schedules.domain.by_amount.outcome import StepPlan
from wattyard.schedules.domain.by_amount.question import AmountQuestion, PlanValue
from wattyard.schedules.domain.by_amount.shared_steps import SharedSteps, alone
from wattyard.schedules.domain.by_amount.sharing import shared
from wattyard.schedules.domain.power import WH_PER_KWH

_ROUNDING_WH: Final = 1e-2
_NOTHING_WH: Final = 1e-6
_NO_TIME: Final = 1e-9
_ROUNDING_MONEY: Final = 1e-12


def values(question: AmountQuestion, outcome: StepPlan) -> tuple[list[PlanValue], PlanValue]:
    """Value each device's plan, and all together; demand charges are shared out by energy.

    Starting at once moves the same energies at full power from the start of each window, under
    the same power limits, the devices named first going first; prices are not looked at. A device
    whose least power does not fit waits. Where that keeps the same energies from being moved,
    savings are 0.
    """
    steps, energy_wh = outcome.steps, outcome.energy_wh
    at_once_wh = _at_once(steps, energy_wh)
    per_wh = steps.per_kwh / WH_PER_KWH
    costs, before = energy_wh @ per_wh, at_once_wh @ per_wh
    weights = energy_wh @ steps.confidence
    moved = energy_wh.sum(axis=1)
    if question.demand and outcome.buys and moved.any():
        share = moved / moved.sum()
        costs = costs + share * question.demand_of(steps.edges_us, energy_wh.sum(axis=0))
        before = before + share * question.demand_of(steps.edges_us, at_once_wh.sum(axis=0))
    own = [_value(*row) for row in zip(costs, before, weights, moved, strict=True)]
    return own, _value(costs.sum(), before.sum(), weights.sum(), moved.sum())


def _at_once(steps: SharedSteps, planned_wh: Numbers) -> Numbers:
    """Move the planned energies (d, s) at once; as planned where least powers forbid it."""
    wanted_wh = planned_wh.sum(axis=1)
    energy_wh = alone(steps, steps.earliest_first, steps.inside, wanted_wh)
    at_most_w = np.where(energy_wh > 0.0, steps.full_w, 0.0).sum(axis=0)
    if (at_most_w > steps.room_w).any():
        energy_wh = _first_come(steps, wanted_wh)
    if (energy_wh.sum(axis=1) >= wanted_wh - _ROUNDING_WH).all():
        return energy_wh
    if steps.least_w.any():
        return planned_wh
    return shared(steps, steps.earliest_first, steps.inside, wanted_wh)


def _first_come(steps: SharedSteps, wanted_wh: Numbers) -> Numbers:
    """Run devices at full power in what room those named before them leave: Wh (d, s).

    Followed from one instant to the next at which a device is done, so that its room is free for
    others within the same step.
    """
    left_wh: list[float] = wanted_wh.tolist()
    energy_wh = np.zeros(steps.inside.shape)
    inside: list[list[bool]] = steps.inside.T.tolist()
    for step, length in enumerate(steps.hours.tolist()):
        hours: float = length
        waiting = [device for device, here in enumerate(inside[step]) if here and left_wh[device]]
        while waiting and hours > _NO_TIME:
            running = _running(steps, step, waiting)
            if not running:
                break
            lasts = min(hours, *(left_wh[device] / power_w for device, power_w in running))
            for device, power_w in running:
                energy_wh[device, step] += power_w * lasts
                left_wh[device] -= power_w * lasts
                if left_wh[device] < _NOTHING_WH:
                    left_wh[device] = 0.0
            waiting = [device for device in waiting if left_wh[device]]
            hours -= lasts
    return energy_wh


def _running(steps: SharedSteps, step: int, waiting: list[int]) -> list[tuple[int, float]]:
    """Find which devices run and at which power, each in what room those before it leave."""
    running = []
    room_w = steps.room_w.item(step)
    for device in waiting:
        most_w = min(steps.power_w.item(device), room_w)
        if most_w > 0.0 and most_w >= steps.least_w.item(device):
            running.append((device, most_w))
            room_w -= most_w
    return running


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
