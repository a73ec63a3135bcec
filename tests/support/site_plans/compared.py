"""The program's plan beside the second hand's best."""

from __future__ import annotations

from collections.abc import Mapping

from wattyard.schedules.domain.site.plan import SitePlan
from wattyard.schedules.domain.site.question import SiteQuestion

from .auditor import audited
from .question import DemandPeriod
from .reading import read
from .reference import best_plan

UNMET_KWH = 1e-3
"""1 Wh, of each priority."""
MONEY = 1e-4
DEAREST = 1.0
"""Money per kWh: above every price of the examples, for what 1 Wh of unmet energy is worth."""


def differences(
    asked: SiteQuestion, plan: SitePlan, demand: tuple[DemandPeriod, ...] = ()
) -> list[str]:
    """What is wrong with a plan: rules that it breaks, or a worth that is not the best.

    The second hand's best is held against the plan's unmet energy, priority by priority, its
    objective within the gap that it tells, and its bound.
    """
    audit = audited(asked, plan, demand)
    if audit.faults:
        return audit.faults
    best = best_plan(read(asked, demand))
    worse = _compared_unmet(audit.unmet_kwh, best.unmet_kwh)
    if worse is not None:
        return [worse]
    within = MONEY * max(1.0, abs(best.objective))
    if any(kwh > 1e-6 for kwh in best.unmet_kwh.values()):
        within += UNMET_KWH * DEAREST
    gap = plan.gap * max(1.0, abs(plan.objective))
    found = []
    if audit.objective > best.objective + gap + within:
        found.append(f"worth {audit.objective}, the best {best.objective}, gap told {plan.gap}")
    if audit.objective < best.objective - within:
        found.append(f"worth {audit.objective}, better than the second hand's {best.objective}")
    if plan.bound > best.objective + within:
        found.append(f"the bound {plan.bound} is above the best {best.objective}")
    return found


def _compared_unmet(plan: Mapping[int, float], best: Mapping[int, float]) -> str | None:
    """The first priority at which more, or less, is unmet."""
    for priority in sorted({*plan, *best}):
        own, other = plan.get(priority, 0.0), best.get(priority, 0.0)
        if own > other + UNMET_KWH:
            return f"unmet of priority {priority}: {own} kWh, at best {other}"
        if own < other - UNMET_KWH:
            return f"unmet of priority {priority}: {own} kWh, the second hand's is {other}"
    return None
