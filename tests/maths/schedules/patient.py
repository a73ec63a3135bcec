"""Plans that are given so much time that what is found does not depend on the machine.

The solver's limit is one of the wall clock: within its usual two seconds, a machine that is busy
with other things finds less. Tests of the limit itself ask the planners directly.
"""

from dataclasses import replace

from tests.support.clock import PATIENT_SECONDS
from wattyard.schedules.domain.by_amount import plan as amounts
from wattyard.schedules.domain.by_amount.question import AmountPlan, AmountQuestion
from wattyard.schedules.domain.by_state_of_charge import plan as charges
from wattyard.schedules.domain.by_state_of_charge.question import ChargePlan, ChargeQuestion
from wattyard.schedules.domain.site import planning
from wattyard.schedules.domain.site.plan import SitePlan
from wattyard.schedules.domain.site.question import SiteQuestion


def by_amount(question: AmountQuestion) -> AmountPlan:
    return amounts.by_amount(replace(question, seconds=PATIENT_SECONDS))


def by_charge(question: ChargeQuestion) -> ChargePlan:
    return charges.by_charge(replace(question, seconds=PATIENT_SECONDS))


def plan_site(question: SiteQuestion) -> SitePlan:
    return planning.plan_site(replace(question, seconds=PATIENT_SECONDS))
