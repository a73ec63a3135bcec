"""Plans that the clock cuts short: never empty-handed, and honest about what is open."""

from dataclasses import replace

import numpy as np
import pytest

from tests.support.site_plans.demanded import random_demanded_site
from tests.support.site_plans.random_sites import KINDS, random_site
from wattyard.schedules.domain.site.planning import plan_site
from wattyard.schedules.domain.site.question import SiteQuestion


@pytest.mark.parametrize(
    "question",
    [random_site(seed, KINDS) for seed in (12, 85, 92, 101)] + [random_demanded_site(30017).asked],
)
def test_a_plan_without_time_is_a_plan_and_tells_a_finite_gap(question: SiteQuestion) -> None:
    hasty = plan_site(replace(question, seconds=0.001))
    patient = plan_site(replace(question, seconds=0.5))

    assert np.isfinite(hasty.gap)
    assert all(np.isfinite(device.power_w).all() for device in hasty.devices)
    if hasty.status == patient.status == "COMPLETE":
        assert hasty.bound <= patient.objective + 1e-6
