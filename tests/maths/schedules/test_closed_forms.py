"""Plans with a form of their own cost what a site program finds for the same question.

`WATTYARD_TEST_EXAMPLES` sets how many random cases are tried (10 by default).
"""

import os

import numpy as np
import pytest

from tests.maths.schedules.patient import by_amount, plan_site
from wattyard.schedules.domain.by_amount.question import AmountQuestion, Need, PowerLimits
from wattyard.schedules.domain.prices import MINUTE_US, PriceSeries
from wattyard.schedules.domain.site.devices import SiteStorage, StorageTarget, Stretch
from wattyard.schedules.domain.site.question import SiteQuestion

EXAMPLES = int(os.environ.get("WATTYARD_TEST_EXAMPLES", "10"))
QUARTER_US = 15 * MINUTE_US
START_US = 1_772_323_200_000_000


def some_needs(rng: np.random.Generator, steps: int) -> tuple[Need, ...]:
    needs = []
    for _ in range(int(rng.integers(1, 4))):
        first, last = sorted(rng.choice(steps + 1, 2, replace=False))
        power_w = float(rng.choice([3_000, 7_000]))
        most_wh = power_w * (last - first) / 4
        needs.append(
            Need(
                "IMPORT",
                START_US + int(first) * QUARTER_US,
                START_US + int(last) * QUARTER_US,
                power_w,
                round(float(rng.uniform(0.1, 1.2)) * most_wh),
            )
        )
    return tuple(needs)


def as_storage(name: str, need: Need, edges_us: np.ndarray) -> SiteStorage:
    """A store without losses that is away outside its window."""
    outside = [
        Stretch(start, end)
        for start, end in ((int(edges_us[0]), need.start_us), (need.end_us, int(edges_us[-1])))
        if start < end
    ]
    return SiteStorage(
        name,
        max(need.energy_wh, 1.0),
        0.0,
        need.max_power_w,
        targets=(StorageTarget(need.end_us, need.energy_wh),) if need.energy_wh else (),
        blocked=tuple(outside),
    )


@pytest.mark.parametrize("limit_w", [np.inf, 8_000.0])
@pytest.mark.parametrize("seed", range(EXAMPLES))
def test_plans_by_amount_cost_what_a_site_program_finds(seed: int, limit_w: float) -> None:
    rng = np.random.default_rng(seed)
    edges_us = START_US + np.arange(17) * QUARTER_US
    prices = PriceSeries(edges_us, rng.uniform(0.05, 0.4, 16).round(3), np.ones(16))
    needs = some_needs(rng, 16)

    plan = by_amount(AmountQuestion(needs, {"IMPORT": prices}, PowerLimits(import_w=limit_w)))
    site = plan_site(
        SiteQuestion(
            edges_us,
            prices.per_kwh,
            storages=tuple(as_storage(str(n), need, edges_us) for n, need in enumerate(needs)),
            import_limit_w=np.full(16, limit_w),
        )
    )

    missing_wh = sum(one.missing for own in site.devices for one in own.shortfalls)
    assert sum(one.shortfall_wh for one in plan.devices) == pytest.approx(missing_wh, abs=0.5)
    assert plan.value.cost == pytest.approx(site.cost.total, abs=1e-4)
