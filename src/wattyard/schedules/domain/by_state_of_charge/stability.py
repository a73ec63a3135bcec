"""A charging plan that the client holds stays unless a new one saves enough."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from wattyard.kernel.arrays import Numbers, np
from wattyard.schedules.domain.by_state_of_charge.meter import GridMeter
from wattyard.schedules.domain.by_state_of_charge.question import (
    ChargeQuestion,
    ChargeSlot,
    Flow,
    HeldCharge,
    Storage,
)
from wattyard.schedules.domain.by_state_of_charge.reachable import (
    StorageReach,
    held_after,
    shortfall_of,
)
from wattyard.schedules.domain.by_state_of_charge.solution import Powers
from wattyard.schedules.domain.power import (
    TOLERANCE_W,
    TOLERANCE_WH,
    PowerSlot,
    energy_within,
)
from wattyard.schedules.domain.prices import Instants

_ROUNDING: Final = 1e-9


def stays(held: HeldCharge, meter: GridMeter, old: Powers, new: Powers) -> bool:
    """Check whether the new plan saves no more than what a change has to save."""
    saving = _objective(meter, old) - _objective(meter, new)
    return saving <= held.keep_unless_saves + _ROUNDING


def held_powers(
    question: ChargeQuestion, meter: GridMeter, reaches: list[StorageReach], new: Powers
) -> Powers | None:
    """Read the held plan as an answer to the question, or None where it is none any more.

    What lies outside the horizon is left out. The plan has to keep every limit to 1 W, and what
    storage units hold, goals and floors included, to 1 Wh of the new plan.
    """
    if question.held is None:
        return None
    edges_us, hours = question.steps.edges_us, question.steps.hours
    charge_w, discharge_w = (
        np.array([_mean_w(slots, flow, edges_us, hours) for slots in question.held.slots])
        for flow in ("CHARGE", "DISCHARGE")
    )
    for row, storage in enumerate(question.storages):
        slots = question.held.slots[row]
        old_wh = held_after(storage, hours, charge_w[row], discharge_w[row])
        new_wh = held_after(storage, hours, new.charge_w[row], new.discharge_w[row])
        if not (_one_at_a_time(storage, slots) and _holds(storage, reaches[row], old_wh, new_wh)):
            return None
    if bool(((charge_w > 0.0) & (discharge_w > 0.0)).any()):
        return None
    flows = meter.settled(question.steps.net_w + (charge_w - discharge_w).sum(axis=0))
    return Powers(charge_w, discharge_w) if meter.admits(flows, TOLERANCE_W) else None


def _mean_w(slots: Sequence[ChargeSlot], flow: Flow, edges_us: Instants, hours: Numbers) -> Numbers:
    own = [PowerSlot(s.start_us, s.end_us, s.power_w) for s in slots if s.flow == flow]
    return energy_within(own, edges_us) / hours


def _one_at_a_time(storage: Storage, slots: Sequence[ChargeSlot]) -> bool:
    most_w = {"CHARGE": storage.charge_w, "DISCHARGE": storage.discharge_w}
    least_w = storage.least_w - TOLERANCE_W
    within = all(least_w <= slot.power_w <= most_w[slot.flow] + TOLERANCE_W for slot in slots)
    return within and all(one.end_us <= two.start_us for one, two in pairwise(slots))


def _holds(storage: Storage, reach: StorageReach, old_wh: Numbers, new_wh: Numbers) -> bool:
    least_wh = np.minimum(reach.floor_wh, new_wh) - TOLERANCE_WH
    within = (old_wh >= least_wh) & (old_wh <= storage.capacity_wh + TOLERANCE_WH)
    missing = shortfall_of(storage, reach.goals, old_wh) - shortfall_of(
        storage, reach.goals, new_wh
    )
    return bool(within.all()) and missing <= TOLERANCE_WH


def _objective(meter: GridMeter, powers: Powers) -> float:
    net_w = meter.steps.net_w + (powers.charge_w - powers.discharge_w).sum(axis=0)
    return meter.objective(meter.settled(net_w))
