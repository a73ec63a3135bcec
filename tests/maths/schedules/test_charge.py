"""Charging plans keep every rule and are as good as a second solver's."""

import numpy as np
import pytest

from tests.maths.schedules.charge_rules import check, optimum, random_house, worth
from wattyard.schedules.domain.charge_plan import by_charge


@pytest.mark.parametrize("negative", [False, True])
@pytest.mark.parametrize("stores", [1, 2])
@pytest.mark.parametrize("seed", range(60))
def test_random_houses(seed: int, stores: int, negative: bool) -> None:
    question = random_house(seed, stores=stores, negative=negative)

    plan = by_charge(question)

    check(question, plan)
    missing_kwh, objective = optimum(question)
    if stores == 1 and question.stores[0].energy_wh >= question.stores[0].reserve_wh:
        assert plan.stores[0].shortfall_wh / 1000 == pytest.approx(missing_kwh, abs=2e-4)
    base = question.steps.base_load_w - question.steps.pv_w
    if (base <= question.limits.import_w).all():
        scale = max(1.0, abs(objective))
        assert worth(question, plan) == pytest.approx(objective, abs=1e-6 * scale)
        assert plan.gap == 0.0
    assert np.isfinite(plan.bill)
