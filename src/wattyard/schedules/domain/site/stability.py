"""A plan that the client holds stays unless a new one saves enough (contract 4, Stability)."""

from dataclasses import replace
from typing import Final

from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.clock_changes import HOUR_US
from wattyard.schedules.domain.power import TOLERANCE_W, TOLERANCE_WH, WATTS_PER_KW, WH_PER_KWH
from wattyard.schedules.domain.site.program import SiteProgram
from wattyard.schedules.domain.site.question import HeldPlan, HeldSlot, SiteQuestion
from wattyard.schedules.domain.site.solution import Found, found_if_any

_ROUNDING: Final = 1e-6
_EXACT_W: Final = 1e-3


def held_found(site: SiteProgram, held: HeldPlan, new: Found) -> Found | None:
    """Find the held plan's numbers, where it still is a plan and the new one saves too little.

    What lies outside the horizon is left out; devices that it does not name run as is best
    with it. It has to keep every limit and goal as the new plan does, to 1 W and 1 Wh.
    """
    for tolerance_w in (_EXACT_W, TOLERANCE_W):
        bound_to_it = _bound_to(site, held, tolerance_w)
        old = None if bound_to_it is None else found_if_any(bound_to_it, new.solver.seconds)
        if old is not None and _misses_no_more(site, old, new):
            saved = float(site.goals[site.objective] @ (old.values - new.values))
            stays = saved <= held.keep_unless_saves + _ROUNDING
            return replace(old, bound=new.bound, solver=new.solver) if stays else None
    return None


def _bound_to(site: SiteProgram, held: HeldPlan, tolerance_w: float) -> SiteProgram | None:
    """Hold the devices that a plan names to its powers; None where one is out of range."""
    lower, upper = site.program.lower.copy(), site.program.upper.copy()
    for draw in site.drawn:
        if draw.device not in held.slots:
            continue
        power_w = draw.sign * _mean_w(site.question, held.slots[draw.device])
        wanted_kw = np.maximum(power_w, 0.0) / WATTS_PER_KW
        if (wanted_kw > upper[draw.columns] + TOLERANCE_W / WATTS_PER_KW).any():
            return None
        most_kw = np.minimum(wanted_kw + tolerance_w / WATTS_PER_KW, upper[draw.columns])
        least_kw = np.minimum(np.maximum(wanted_kw - tolerance_w / WATTS_PER_KW, 0.0), most_kw)
        upper[draw.columns] = np.where(wanted_kw > 0.0, most_kw, 0.0)
        lower[draw.columns] = np.where(wanted_kw > 0.0, least_kw, 0.0)
    return site.bound_to(lower, upper)


def _mean_w(question: SiteQuestion, slots: tuple[HeldSlot, ...]) -> Numbers:
    """Find the mean power (n, W, signed) of slots in each step."""
    edges_us, energy_wh = question.edges_us, np.zeros(question.steps)
    for slot in slots:
        shared_us = np.minimum(slot.end_us, edges_us[1:]) - np.maximum(slot.start_us, edges_us[:-1])
        energy_wh += np.maximum(shared_us, 0) / HOUR_US * slot.power_w
    return np.asarray(energy_wh / question.hours, dtype=np.float64)


def _misses_no_more(site: SiteProgram, old: Found, new: Found) -> bool:
    return all(
        float(goal @ old.values) <= float(goal @ new.values) + TOLERANCE_WH / WH_PER_KWH
        for goal in site.goals[: site.objective]
    )
