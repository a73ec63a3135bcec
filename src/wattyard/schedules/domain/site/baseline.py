"""What a plan saves against nobody planning (contract 4b, `baseline` and `savings`)."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from wattyard.schedules.domain.site.answer import flows_of
from wattyard.schedules.domain.site.at_once import at_once
from wattyard.schedules.domain.site.costs import cost_of
from wattyard.schedules.domain.site.part import Run
from wattyard.schedules.domain.site.plan import Baseline, Savings, SiteDevicePlan, SitePlan
from wattyard.schedules.domain.site.question import SiteQuestion

DESCRIPTION: Final = (
    "The same targets and limits with nobody planning: cars and loads start at once at full power, "
    "heat pumps hold the lower edge of their comfort band, batteries take surplus sun and serve "
    "the house and never feed the grid; energy still missing for a target is charged in the "
    "latest steps before it."
)
_SLACK: Final = {"WH": 1.0, "C": 0.01, "W": 1.0}
"""Less than a watt hour, a hundredth of a degree or a watt is no difference."""
_ROUNDING_MONEY: Final = 1e-9


def compared(question: SiteQuestion, plan: SitePlan) -> SitePlan:
    """Give a plan its baseline, and what it saves."""
    runs = at_once(question)
    cost = cost_of(question, runs, flows_of(question, runs))
    unmet = tuple((run.device, one) for run in runs for one in run.shortfalls)
    baseline = Baseline(
        total=cost.total,
        description=DESCRIPTION,
        stored_more_wh=_held(runs) - _held(plan.devices),
        unmet=unmet,
    )
    return replace(plan, baseline=baseline, savings=_savings(plan, runs, cost.total))


def _held(stores: Iterable[Run | SiteDevicePlan]) -> float:
    """Add up what stores hold at the end (Wh)."""
    return sum(float(one.held_wh[-1]) for one in stores if one.held_wh is not None)


def _savings(plan: SitePlan, runs: Sequence[Run], total: float) -> Savings | None:
    """Find what a plan saves; None where nobody planning serves less."""
    missed = {(one.device, own.goal): own.missing for one in plan.devices for own in one.shortfalls}
    for run in runs:
        for own in run.shortfalls:
            if own.missing > missed.get((run.device, own.goal), 0.0) + _SLACK[own.unit]:
                return None
    value = total - plan.cost.total
    if abs(value) <= _ROUNDING_MONEY * max(1.0, abs(total)):
        value = 0.0
    return Savings(value, round(100.0 * value / abs(total), 2) + 0.0 if total else 0.0)
