"""Market series in memory: by quarter, by day where there are very many prices, within a bound."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.pricing import hourly
from tests.support.world import Tenant, World
from wattyard.kernel import ids
from wattyard.kernel.instants import Span
from wattyard.tariffs.domain.refusals import TooManyPrices
from wattyard.tariffs.service.series import SeriesCache
from wattyard.tariffs.store import sources as source_store

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
FIRST = MARCH - timedelta(days=55)
DAY = timedelta(days=1)


class Market:
    """A source with a price an hour for 60 days from `FIRST` on: their numbers."""

    def __init__(self, world: World, tenant: Tenant, source_id: str) -> None:
        self.world, self.tenant = world, tenant
        self.id = ids.read(source_id, "mrs", param="id")

    async def prices(self, cache: SeriesCache, span: Span) -> list[float]:
        caller = self.tenant.caller
        async with self.world.db.reading() as db:
            source = await source_store.by_id(db, caller.account, caller.live_mode, self.id)
            assert source
            series = await cache.series(db, self.tenant.context, source, span)
        return [float(price) for price in series.prices]

    async def forget(self) -> None:
        async with self.world.db.transaction() as db:
            await db.execute("DELETE FROM market_prices WHERE source_id = $1", self.id)


@pytest.fixture
async def market(world: World, tenant: Tenant) -> Market:
    source = await tenant.market_source()
    await tenant.publish(source["id"], hourly(FIRST, [float(n) for n in range(1440)]))
    return Market(world, tenant, source["id"])


def hours(first: datetime, last: datetime) -> list[float]:
    """The prices that meet [first, last)."""
    at, end = ((one - FIRST) // timedelta(hours=1) for one in (first, last))
    return [float(n) for n in range(at, end)]


async def test_of_a_quarter_with_too_many_prices_only_the_days_needed_are_read(
    market: Market,
) -> None:
    """With room for 500 prices, of 1,440: those of 17 days are read, those of 46 are too many."""
    cache = SeriesCache(most=500)
    day = Span(MARCH, MARCH + DAY - timedelta(hours=1))
    assert await market.prices(cache, day) == hours(MARCH - 15 * DAY, MARCH + DAY)
    with pytest.raises(TooManyPrices):
        await market.prices(cache, Span(MARCH - 30 * DAY, MARCH))


@pytest.mark.parametrize("block_prices", [100, 10_000])
async def test_what_was_read_once_is_not_read_again(market: Market, block_prices: int) -> None:
    """A quarter of 1,440 prices is kept whole, or, with room for 100, day by day."""
    cache = SeriesCache(block_prices=block_prices)
    span = Span(MARCH, MARCH + DAY)
    found = await market.prices(cache, span)
    assert set(hours(MARCH - 15 * DAY, MARCH + DAY)) <= set(found)

    await market.forget()

    assert await market.prices(cache, span) == found
    assert await market.prices(SeriesCache(), span) == []


async def test_a_span_of_a_thousand_years_is_read_at_once_and_takes_no_memory(
    market: Market,
) -> None:
    """Each now would otherwise leave a series of its own in memory, in the place of others."""
    cache = SeriesCache()
    far = Span(MARCH, datetime(3000, 1, 1, tzinfo=UTC))
    assert await market.prices(cache, far) == hours(MARCH - 15 * DAY, FIRST + 60 * DAY)

    with pytest.raises(TooManyPrices):
        await market.prices(SeriesCache(most=400), far)

    await market.forget()

    assert await market.prices(cache, far) == []
