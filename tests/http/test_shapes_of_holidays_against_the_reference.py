"""Clocks, holidays and dates (contract 2b) through HTTP, held against the slow, exact reference.

`WATTYARD_TEST_EXAMPLES` sets how many random sites are tried (5 by default).
"""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from itertools import zip_longest
from typing import Any

import pytest
from hypothesis import given

from tests.support.clock import FakeClock
from tests.support.holiday_strategies import PriceQuestion, price_questions
from tests.support.market_reference import Market
from tests.support.shape_sites import site
from tests.support.shape_strategies import TRIED
from tests.support.tariff_reference import Interval, reference_site_prices
from tests.support.world import World
from wattyard.platform.db import Database

Shown = tuple[str, str, float, float]


@pytest.mark.filterwarnings("ignore:Requested Holidays")  # of India past 2035
@TRIED
@given(asked=price_questions())
def test_prices_are_those_of_the_reference(database_url: str, asked: PriceQuestion) -> None:
    answer = asyncio.run(prices(database_url, asked))
    assert answer["object"] == "price", answer
    apart = first_difference(ours(answer), theirs(asked))
    assert not apart, "\n".join([*apart, str(asked.region), *map(str, asked.tariff_bodies)])


def first_difference(mine: list[Shown], other: list[Shown]) -> list[str]:
    """The first interval at which two series are apart, as each has it."""
    for one, two in zip_longest(mine, other):
        if one != two:
            return [f"{one}", f"where the reference has {two}"]
    return []


async def prices(url: str, asked: PriceQuestion) -> Any:
    db = Database(url, connections=2)
    await db.open()
    try:
        async with World(db, FakeClock(asked.now)) as world:
            tenant = await world.tenant()
            home = await site(tenant, asked.region)
            for body in asked.tariff_bodies:
                await tenant.make("/tariffs", {**body, "location_id": home})
            start, end = asked.span.start.isoformat(), asked.span.end.isoformat()
            body = {"location_id": home, "start_time": start, "end_time": end}
            return (await tenant.post("/prices", body)).json()
    finally:
        await db.close()


def ours(answer: Any) -> list[Shown]:
    return [
        (
            datetime.fromisoformat(one["valid_from"]).astimezone(UTC).isoformat(),
            datetime.fromisoformat(one["valid_to"]).astimezone(UTC).isoformat(),
            one["price"]["value"],
            one["price"]["confidence"],
        )
        for one in answer["data"]
    ]


def theirs(asked: PriceQuestion) -> list[Shown]:
    found: list[Interval] = reference_site_prices(
        asked.tariff_bodies,
        direction="IMPORT",
        region=asked.region,
        start=asked.span.start,
        end=asked.span.end,
        market=Market([], "KWH", asked.region, asked.now),
        counter_kwh=Decimal(0),
        step_minutes=15,
    )
    return [
        (one.start.isoformat(), one.end.isoformat(), float(one.value), float(one.confidence))
        for one in found
    ]
