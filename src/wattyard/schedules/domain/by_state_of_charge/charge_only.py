"""A storage unit that only charges from the grid: the exact plan without a solver."""

from math import sqrt

from wattyard.kernel.arrays import Numbers, np
from wattyard.schedules.domain.by_state_of_charge.meter import GridMeter
from wattyard.schedules.domain.by_state_of_charge.question import ChargeQuestion
from wattyard.schedules.domain.by_state_of_charge.reachable import StorageReach, fullest_w


def charge_only(question: ChargeQuestion, meter: GridMeter, reach: StorageReach) -> Numbers | None:
    """Find the mean power (n, W) of the cheapest plan; None where this form is not exact.

    It is exact for one storage unit that cannot discharge and holds its reserve, where the site
    has no sun and no load, no price is negative and demand is not charged: then every step costs
    by itself. Goal by goal in order of time the cheapest steps before each are filled, the earliest
    first among equals; a plan for a later goal has those of an earlier one in it. A goal that is
    out of reach leaves the later ones as they are.
    """
    (storage, *others), steps = question.storages, meter.steps
    exact = (
        not others
        and question.objective == "COST"
        and not question.demand
        and storage.discharge_w == 0.0
        and storage.energy_wh >= storage.reserve_wh
        and not (steps.pv_w.any() or steps.base_load_w.any())
        and bool((steps.import_per_kwh >= 0.0).all())
    )
    if not exact:
        return None
    most_w = fullest_w(question, storage)
    order = np.lexsort((np.arange(most_w.size), steps.import_per_kwh))
    energy_wh = np.zeros(most_w.size)
    for goal in sorted(reach.goals):
        wanted_wh = (goal.held_wh - storage.energy_wh) / sqrt(storage.efficiency)
        room_wh = np.where(np.arange(most_w.size) <= goal.step, most_w * steps.hours - energy_wh, 0)
        filled_wh = room_wh[order]
        missing_wh = wanted_wh - float(energy_wh[: goal.step + 1].sum())
        energy_wh[order] += np.clip(missing_wh - (np.cumsum(filled_wh) - filled_wh), 0.0, filled_wh)
    return np.asarray(energy_wh / steps.hours, dtype=np.float64)
