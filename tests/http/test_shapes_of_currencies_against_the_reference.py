"""Markets in other money (contract 2b) through HTTP, held against the slow, exact reference.

`WATTYARD_TEST_EXAMPLES` sets how many random places are tried (5 by default).
"""

import asyncio
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given

from tests.support.clock import FakeClock
from tests.support.currency_strategies import RATES, CurrencyQuestion, currency_questions
from tests.support.market_reference import Market, Row
from tests.support.shape_sites import exact, site
from tests.support.shape_strategies import TRIED
from tests.support.tariff_reference import Interval, NoPriceData, reference_site_prices
from tests.support.world import Tenant, World
from wattyard.platform.db import Database


@pytest.mark.filterwarnings("ignore:Requested Holidays")  # of India past 2035
@TRIED
@given(asked=currency_questions())
def test_converted_prices_are_those_of_the_reference(
    database_url: str, asked: CurrencyQuestion
) -> None:
    answer, expected = asyncio.run(prices(database_url, asked)), expectation(asked)
    if isinstance(expected, str):
        assert answer.get("code") == expected
        return
    assert answer["object"] == "price", answer
    starts = [datetime.fromisoformat(one["valid_from"]) for one in answer["data"]]
    assert starts == [one.start for one in expected]
    for ours, theirs in zip(answer["data"], expected, strict=True):
        apart = abs(exact(ours["price"]["value"]) - Fraction(theirs.value))
        assert apart <= Fraction(1, 10**6), (theirs, asked)
        assert exact(ours["price"]["confidence"]) == Fraction(theirs.confidence)


async def prices(url: str, asked: CurrencyQuestion) -> Any:
    db = Database(url, connections=2)
    await db.open()
    try:
        async with World(db, FakeClock(asked.now)) as world:
            tenant = await world.tenant()
            home = await site(tenant, asked.region)
            source = await published(tenant, asked.market, code="TEST", currency_code="USD")
            await published(tenant, asked.rates, code=RATES, currency_code="EUR", unit="RATE")
            body = {**asked.body, "location_id": home, "market_source_id": source}
            await tenant.make("/tariffs", body)
            start, end = asked.span.start.isoformat(), asked.span.end.isoformat()
            span = {"location_id": home, "start_time": start, "end_time": end}
            return (await tenant.post("/prices", span)).json()
    finally:
        await db.close()


async def published(tenant: Tenant, rows: list[Row], **source: Any) -> str:
    """Publish prices of a source; its id."""
    made = await tenant.market_source(**source)
    await tenant.publish(
        made["id"],
        [
            {"valid_from": start.isoformat(), "valid_to": end.isoformat(), "value": float(value)}
            for start, end, value in rows
        ],
    )
    return str(made["id"])


def expectation(asked: CurrencyQuestion) -> list[Interval] | str:
    """What the reference answers, or the code of its refusal."""
    try:
        return reference_site_prices(
            [asked.body],
            direction="IMPORT",
            region=asked.region,
            start=asked.span.start,
            end=asked.span.end,
            market=Market(asked.market, "MWH", asked.region, asked.now, {RATES: asked.rates}),
            counter_kwh=Decimal(0),
            step_minutes=15,
        )
    except NoPriceData:
        return "no_price_data"
