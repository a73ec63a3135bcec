"""An auditor of site plans that knows only physics and prices.

It answers what it found wrong, each in a sentence, and what the plan is worth. Tolerances: 1 W,
1 Wh, 0.01 kelvin, 1e-5 of money.
"""

from __future__ import annotations

from wattyard.schedules.domain.site.plan import SitePlan
from wattyard.schedules.domain.site.question import SiteQuestion

from . import device_rules, load_rules, money_rules, site_rules
from .case import Audit, Case
from .question import DemandPeriod
from .reading import read

RULES = (*site_rules.RULES, *device_rules.RULES, *load_rules.RULES, *money_rules.RULES)


def audited(asked: SiteQuestion, plan: SitePlan, demand: tuple[DemandPeriod, ...] = ()) -> Audit:
    """Audit a plan; `demand` is the second hand's own of `asked.demand`."""
    case = Case(asked, read(asked, demand), plan, Audit())
    for check in RULES:
        check(case)
    return case.audit
