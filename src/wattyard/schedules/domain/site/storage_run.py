"""What a unit that charges and discharges so holds, what it misses, and why it had to run."""

from math import inf
from typing import Final

from wattyard.kernel.arrays import Numbers, np
from wattyard.schedules.domain.crowding import Leeway
from wattyard.schedules.domain.power import Reason, Why
from wattyard.schedules.domain.site.part import Run
from wattyard.schedules.domain.site.plan import Shortfall
from wattyard.schedules.domain.site.storage_times import StorageGoal, StorageTimes

_ROUNDING_WH: Final = 0.1
"""Less is not a shortfall."""
_NOISE_W: Final = 1e-3


def run_of_storage(times: StorageTimes, charge_w: Numbers, discharge_w: Numbers) -> Run:
    """Judge goals by what a storage unit really holds at given powers (n, W, never both ways)."""
    charge_w = np.where(charge_w < _NOISE_W, 0.0, charge_w)
    discharge_w = np.where(discharge_w < _NOISE_W, 0.0, discharge_w)
    held_wh = times.held_after(charge_w, discharge_w)
    shortfalls = [_missed(times, goal, held_wh) for goal in times.goals]
    trips = [
        Shortfall(f"absence:{position}", missing_wh, "WH", "window_too_short")
        for position, missing_wh in times.missed_trips(charge_w, discharge_w)
        if missing_wh > _ROUNDING_WH
    ]
    return Run(
        times.storage.device,
        charge_w - discharge_w,
        held_wh=held_wh,
        shortfalls=(*(one for one in shortfalls if one is not None), *trips),
        forced=_forced(times, held_wh),
        leeway=_leeway(times, held_wh),
    )


def _leeway(times: StorageTimes, held_wh: Numbers) -> Leeway:
    least_wh = times.floor_wh.copy()
    for goal in times.goals:
        if goal.step >= 0:
            least_wh[goal.step] = max(float(least_wh[goal.step]), goal.low_wh)
    return Leeway(times.open * times.storage.charge_w, held_wh, times.most_wh, least_wh)


def _missed(times: StorageTimes, goal: StorageGoal, held_wh: Numbers) -> Shortfall | None:
    at_wh = float(held_wh[goal.step]) if goal.step >= 0 else times.storage.energy_wh
    missing_wh = max(goal.low_wh - at_wh, at_wh - goal.high_wh)
    if missing_wh <= _ROUNDING_WH:
        return None
    return Shortfall(
        goal.name, missing_wh, "WH", _reason(times, goal, too_much=at_wh > goal.high_wh)
    )


def _reason(times: StorageTimes, goal: StorageGoal, *, too_much: bool) -> Reason:
    """Find what binds where a goal is missed.

    `device_power` when the storage unit cannot run that way at all, or may not hold as much;
    `window_too_short` when full power on a free connection would not be enough; else `site_power`.
    """
    storage = times.storage
    power_w = storage.discharge_w if too_much else storage.charge_w
    if power_w < max(storage.least_w, _NOISE_W) or goal.step < 0:
        return "device_power" if goal.step >= 0 else "window_too_short"
    if too_much:
        return "window_too_short"
    if goal.low_wh > times.most_wh[goal.step] + _ROUNDING_WH:
        return "device_power"
    enough = times.reachable_wh[goal.step] >= goal.low_wh - _ROUNDING_WH
    return "site_power" if enough else "window_too_short"


def _forced(times: StorageTimes, held_wh: Numbers) -> tuple[Why | None, ...]:
    """Find where (n) a storage unit charges below its reserve, or as fast as it can for a goal."""
    before_wh = np.append(times.storage.energy_wh, held_wh[:-1])
    found: list[Why | None] = [
        "reserve" if below else None
        for below in before_wh < times.storage.reserve_wh - _ROUNDING_WH
    ]
    for goal in times.goals:
        if goal.step < 0 or goal.low_wh in (0.0, inf):
            continue
        reached_wh = times.reachable_wh[goal.step]
        full = reached_wh >= times.most_wh[goal.step] - _ROUNDING_WH
        if held_wh[goal.step] >= reached_wh - _ROUNDING_WH and not full:
            found[: goal.step + 1] = [why or "deadline" for why in found[: goal.step + 1]]
    return tuple(found)
