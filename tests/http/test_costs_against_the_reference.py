"""Costs through HTTP held against the slow, exact reference: random readings, tariffs, places.

`WATTYARD_TEST_EXAMPLES` sets how many random cases are tried (5 by default).
"""

import asyncio
import os
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.support.clock import FakeClock
from tests.support.cost_engine import for_the_engine
from tests.support.cost_reference import CostAnswer, reference_costs
from tests.support.cost_strategies import CostCase, cost_cases
from tests.support.costing import assert_sound, put
from tests.support.tariff_reference import NoPriceData, NoTariffConnected
from tests.support.world import Tenant, World
from wattyard.platform.db import Database

TOLERANCE = Fraction(2, 10**6)
"""Each side of the decimal point is exact to 1e-6: the engine's promise and the rounding."""
TRIED = settings(
    max_examples=int(os.environ.get("WATTYARD_TEST_EXAMPLES", "5")),
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking these takes minutes
)


@pytest.mark.filterwarnings("default::hypothesis.errors.HypothesisWarning")  # of long examples
@TRIED
@given(case=cost_cases())
def test_answers_are_those_of_the_reference(database_url: str, case: CostCase) -> None:
    asyncio.run(assert_alike(database_url, case))


async def assert_alike(url: str, case: CostCase) -> None:
    db = Database(url, connections=2)
    await db.open()
    try:
        clock = FakeClock(case.span.end + timedelta(days=30))  # all readings have been metered
        async with World(db, clock) as world:
            tenant = await world.tenant()
            home = await furnished(tenant, case)
            clock.now = case.now
            tenant = await world.log_in(tenant.account_id, tenant.secret)
            expected = expectation(case)
            asked = await ask(tenant, home, case, case.aggregation)
            if isinstance(expected, str):
                assert asked["code"] == expected
                return
            assert_same(asked, expected, case)
            days = await ask(tenant, home, case, "DAY")
            months = await ask(tenant, home, case, "MONTH")
            for other in (days, months):
                assert_same_total(other["total"], asked["total"])
            assert_adds_up(months)
            if not any(line["kind"] == "DEMAND" for line in days["total"]["lines"]):
                assert_adds_up(days)
    finally:
        await db.close()


async def furnished(tenant: Tenant, case: CostCase) -> str:
    """Have the place with its market, tariffs and readings."""
    address = {"city": "Somewhere", "country_code": case.region.country, "state": case.region.state}
    site = await tenant.site(
        timezone=case.region.zone,
        currency_code="EUR",
        postal_address={name: text for name, text in address.items() if text},
    )
    home = str(site["location_id"])
    source = await tenant.market_source(code="TEST", unit=case.market_unit)
    prices = [
        {"valid_from": start.isoformat(), "valid_to": end.isoformat(), "value": float(value)}
        for start, end, value in case.market
    ]
    if prices:
        await tenant.publish(source["id"], prices)
    for body in case.tariff_bodies:
        own = for_the_engine(body)
        if "market_source_id" in own:
            own["market_source_id"] = source["id"]
        await tenant.make("/tariffs", {**own, "location_id": home})
    await put(tenant, [{**one, "location_id": home} for one in case.readings])
    return home


def expectation(case: CostCase) -> CostAnswer | str:
    try:
        return reference_costs(**case.arguments())
    except NoTariffConnected:
        return "no_tariff_connected"
    except NoPriceData:
        return "no_price_data"


async def ask(tenant: Tenant, home: str, case: CostCase, aggregation: str) -> Any:
    body = {"start_time": case.span.start.isoformat(), "end_time": case.span.end.isoformat()}
    query = {
        "aggregation": aggregation,
        "tariff_direction": case.direction,
        "include_lines": "true",
    }
    answer = (await tenant.post(f"/costs/interval/{home}", body, params=query)).json()
    if answer["object"] != "error":
        assert_sound(answer)
    return answer


def assert_same(asked: Any, expected: CostAnswer, case: CostCase) -> None:
    assert len(asked["data"]) == len(expected.data)
    for ours, theirs in zip(
        [*asked["data"], asked["total"]], [*expected.data, expected.total], strict=True
    ):
        shown = (case.region.zone, case.aggregation, theirs.start)
        assert abs(exact(ours["cost"]["value"]) - theirs.cost) < TOLERANCE, shown
        assert abs(exact(ours["energy"]["value"]) - theirs.energy_kwh) < TOLERANCE, shown
        assert exact(ours["cost"]["confidence"]) == Fraction(theirs.confidence), shown


def assert_same_total(ours: Any, theirs: Any) -> None:
    """Check that groups do not change the total but by the rounding of a tie."""
    for part in ("cost", "energy"):
        assert abs(exact(ours[part]["value"]) - exact(theirs[part]["value"])) < TOLERANCE
    assert ours["cost"]["confidence"] == theirs["cost"]["confidence"]


def exact(number: float) -> Fraction:
    return Fraction(str(number))


def assert_adds_up(answer: Any) -> None:
    """Check that items, each rounded by half a millionth at most, are the total."""
    added = sum((exact(one["cost"]["value"]) for one in answer["data"]), Fraction(0))
    off = abs(added - exact(answer["total"]["cost"]["value"]))
    assert off <= Fraction(len(answer["data"]) + 1, 2_000_000)
