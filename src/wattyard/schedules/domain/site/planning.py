"""Plan a site: the one way in (contract 4b)."""

from dataclasses import replace
from typing import Final

from wattyard.schedules.domain.site.answer import plan_of
from wattyard.schedules.domain.site.plan import SitePlan
from wattyard.schedules.domain.site.program import SiteProgram, has_whole_runs, site_program
from wattyard.schedules.domain.site.question import SiteQuestion
from wattyard.schedules.domain.site.rounding import missed_by, objective_of
from wattyard.schedules.domain.site.solution import Found, best_found, found_if_any
from wattyard.schedules.domain.site.stability import held_found

_LEAST_SECONDS: Final = 0.25
_DECIMALS: Final = 6


def plan_site(question: SiteQuestion) -> SitePlan:
    """Plan all that stands behind one meter: least unmet energy first, then the objective.

    Goals that cannot be met make the plan PARTIAL, never empty. The same question has the same
    answer, unless the solver's time runs out: then the plan is the best found, and says its gap.
    """
    site = site_program(question)
    found = best_found(site)
    plan = plan_of(site, found)
    if plan.status == "PARTIAL" and has_whole_runs(question):
        left = max(question.seconds - found.solver.seconds, _LEAST_SECONDS)
        parted = site_program(replace(question, seconds=left), whole_runs=False)
        other = found_if_any(parted)
        if other is not None and _rank(parted, other) <= _rank(site, found):
            site, found, plan = parted, other, plan_of(parted, other)
    if question.previous is not None:
        held = held_found(site, question.previous, found)
        plan = plan if held is None else plan_of(site, held, kept=True)
    return plan


def _rank(site: SiteProgram, found: Found) -> list[float]:
    """Find what a plan misses, by priority, and then its objective: less is better."""
    values = [*missed_by(site, found.values), objective_of(site, found.values)]
    return [round(value, _DECIMALS) for value in values]
