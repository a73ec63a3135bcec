"""A storage unit that only charges from the grid for one goal: the exact plan without a solver."""

from math import sqrt

import numpy as np

from wattyard.schedules.domain.charge import ChargeQuestion
from wattyard.schedules.domain.meter import GridMeter
from wattyard.schedules.domain.prices import Numbers
from wattyard.schedules.domain.reach import Reach


def charge_only(question: ChargeQuestion, meter: GridMeter, reach: Reach) -> Numbers | None:
    """Find the power (n, W) of the cheapest plan; None where this form is not exact.

    It is exact for one storage unit that cannot discharge and holds its reserve, where the site
    has no sun and no load, no price is negative and all goals ask for one instant or less than the
    first: then every step costs by itself, and the cheapest before the goal are filled, the
    earliest first among equals.
    """
    (storage, *others), steps = question.storages, meter.steps
    goals = [goal for goal in reach.goals if goal.held_wh > storage.energy_wh]
    wanted_wh = max((goal.held_wh for goal in goals), default=storage.energy_wh)
    first = min((goal.step for goal in goals), default=-1)
    deadline = min((goal.step for goal in goals if goal.held_wh == wanted_wh), default=-1)
    exact = (
        not others
        and question.objective == "COST"
        and storage.discharge_w == 0.0
        and storage.energy_wh >= storage.reserve_wh
        and not (steps.pv_w.any() or steps.base_load_w.any())
        and bool((steps.import_per_kwh >= 0.0).all())
        and first == deadline
    )
    if not exact:
        return None
    most_wh = (
        np.full(steps.hours.size, min(storage.charge_w, question.limits.import_w)) * steps.hours
    )
    most_wh[deadline + 1 :] = 0.0
    order = np.lexsort((np.arange(most_wh.size), steps.import_per_kwh))
    filled_wh = most_wh[order]
    needed_wh = (wanted_wh - storage.energy_wh) / sqrt(storage.efficiency)
    energy_wh = np.empty_like(most_wh)
    energy_wh[order] = np.clip(needed_wh - (np.cumsum(filled_wh) - filled_wh), 0.0, filled_wh)
    return np.asarray(energy_wh / steps.hours, dtype=np.float64)
