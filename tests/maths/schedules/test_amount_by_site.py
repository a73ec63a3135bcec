"""Plans by amount are site programs with few components: both ways cost the same.

`WATTYARD_TEST_EXAMPLES` sets how many random cases are tried (6 by default).
"""

import os
from dataclasses import replace

import numpy as np
import pytest

from tests.maths.schedules.amount_rules import check as check_amounts
from tests.maths.schedules.charge_cases import BATTERY, ask
from tests.maths.schedules.charge_rules import check
from tests.maths.schedules.patient import by_amount, by_charge
from tests.maths.schedules.test_amount import random_question
from wattyard.schedules.domain.by_amount.by_site import by_site
from wattyard.schedules.domain.by_amount.shared_steps import shared_steps

EXAMPLES = int(os.environ.get("WATTYARD_TEST_EXAMPLES", "6"))


@pytest.mark.parametrize("seed", range(EXAMPLES))
def test_devices_by_amount_are_planned_as_a_site_with_loads(seed: int) -> None:
    question = random_question(600 + seed, devices=1 + seed % 4)
    buying = tuple(need for need in question.needs if need.direction == "IMPORT")
    if not buying:
        return
    question = replace(question, needs=buying)
    closed = by_amount(question)

    found = by_site(question, shared_steps(question, "IMPORT"))

    assert float(found.energy_wh.sum()) == pytest.approx(closed.energy_wh, abs=1)
    cost = float(found.energy_wh.sum(axis=0) @ found.steps.per_kwh) / 1000
    assert cost == pytest.approx(closed.value.cost, abs=1e-4)
    check_amounts(question, closed)


def test_a_battery_that_sells_above_what_it_buys_for_is_planned_exactly() -> None:
    hour = np.arange(96) // 4
    buy = 0.25 + 0.1 * np.sin(hour / 24 * 4 * np.pi)
    storage = replace(BATTERY, efficiency=0.9, end_wh=4_000.0)
    question = ask(storage, buy.tolist(), export=(buy + 0.15).tolist(), export_allowed=True)

    plan = by_charge(question)

    check(question, plan)
    assert plan.gap <= 1e-4
    turned = 4.0 * 0.25 * 47
    assert plan.bill <= -0.05 * turned
