"""The operator's market sources: fetched when they publish, retried until the day is whole."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.support.clock import FakeClock
from tests.support.market_documents import energy_charts, laid_out
from tests.support.market_server import MarketServer, says
from tests.support.world import World, error
from wattyard.kernel import civil
from wattyard.kernel.context import Contexts
from wattyard.platform.outbound.fetcher import Patience
from wattyard.tariffs.domain import fetching
from wattyard.tariffs.domain.fetching import Fetched, Subscription
from wattyard.tariffs.domain.sources import MarketSource, MarketSourceCodeTaken, MarketSourceDraft
from wattyard.tariffs.jobs.fetching import fetch
from wattyard.tariffs.service.markets import OperatorMarkets

BERLIN = civil.zone("Europe/Berlin")
ASKED_ONCE = Patience(attempts=1)
DRAFT = MarketSourceDraft(
    code="EPEX_DE",
    currency_code="EUR",
    unit="MWH",
    timezone="Europe/Berlin",
    publishes_at=time(12, 57),
    resolution_minutes=60,
)

pytestmark = pytest.mark.usefixtures("operators_sources_put_away")


@pytest.fixture
async def server() -> AsyncIterator[MarketServer]:
    async with MarketServer() as server:
        yield server


@pytest.fixture
async def subscription(world: World, server: MarketServer) -> Subscription:
    draft = MarketSourceDraft(**{**_fields(DRAFT), "code": f"EPEX_{uuid4().hex[:8]}"})
    options = {"base_url": server.url, "area": "DE-LU"}
    return await world.services.get(OperatorMarkets).add(
        world.context, draft, feed="energy_charts", options=options
    )


def _fields(draft: MarketSourceDraft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in MarketSourceDraft.__slots__}


def hourly(first: date, days: int, price: float = 50.0) -> str:
    """Prices of whole local days, an hour each."""
    start = civil.start_of_day(first, BERLIN)
    end = civil.start_of_day(first + timedelta(days=days), BERLIN)
    hour = timedelta(hours=1)
    return energy_charts(laid_out(start, hour, [price] * ((end - start) // hour)))


async def fetched(world: World, subscription: Subscription) -> Fetched:
    return await fetch(
        world.services.get(OperatorMarkets),
        world.services.get(Contexts),
        subscription,
        patience=ASKED_ONCE,
    )


async def test_a_whole_day_is_fetched_once_and_then_not_before_the_next_publication(
    world: World, clock: FakeClock, server: MarketServer, subscription: Subscription
) -> None:
    clock.now = datetime(2026, 3, 10, 13, 30, tzinfo=UTC)
    server.plays(says(hourly(date(2026, 3, 10), 2)))

    done = await fetched(world, subscription)

    assert done.failure is None
    assert done.upload is not None
    assert (done.upload.accepted, done.subscription.failures) == (48, 0)
    published_next = datetime(2026, 3, 11, 11, 57, tzinfo=UTC)
    assert done.subscription.next_fetch is not None
    assert timedelta(0) < done.subscription.next_fetch - published_next <= timedelta(minutes=1)


async def test_a_day_that_is_not_there_yet_is_asked_for_again_and_again(
    world: World, clock: FakeClock, server: MarketServer, subscription: Subscription
) -> None:
    clock.now = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
    server.plays(says(hourly(date(2026, 3, 10), 1)))
    pauses = []
    for failures in range(1, 7):
        done = await fetched(world, subscription)
        subscription = done.subscription
        assert subscription.failures == failures
        assert "2026-03-11T23:00:00+00:00 is expected" in (subscription.last_failure or "")
        assert subscription.next_fetch is not None
        pauses.append(subscription.next_fetch - clock.now)
        clock.now = subscription.next_fetch
    assert all(timedelta(minutes=1) <= pause <= timedelta(minutes=30) for pause in pauses)
    assert pauses[-1] > timedelta(minutes=14)

    server.plays(says(hourly(date(2026, 3, 10), 2)))
    done = await fetched(world, subscription)
    assert (done.subscription.failures, done.subscription.last_failure) == (0, None)


@pytest.mark.parametrize(
    ("play", "reason"),
    [
        (says("busy", status=503), "503"),
        (says("not json"), "JSON"),
        (says(hourly(date(2026, 3, 10), 2).replace("EUR", "PLN")), "PLN"),
    ],
)
async def test_what_goes_wrong_is_noted_and_tried_again_later(
    world: World, clock: FakeClock, server: MarketServer, subscription: Subscription,
    play: Any, reason: str,
) -> None:  # fmt: skip
    server.plays(play)

    done = await fetched(world, subscription)

    assert done.upload is None
    assert reason in (done.failure or "")
    kept = await world.services.get(OperatorMarkets).subscription(subscription.source.code)
    assert (kept.failures, kept.last_failure) == (1, done.failure)
    assert kept.next_fetch is not None
    assert kept.next_fetch > clock.now
    assert kept.source.published_until is None


async def test_a_due_source_is_claimed_by_one_worker_only(
    world: World, subscription: Subscription
) -> None:
    markets = world.services.get(OperatorMarkets)
    code = subscription.source.code

    first, second = await markets.due(world.context), await markets.due(world.context)

    assert code in [one.source.code for one in first]
    assert code not in [one.source.code for one in second]


async def test_a_source_of_the_operator_is_there_for_everyone_to_read_and_price(
    world: World, clock: FakeClock, server: MarketServer, subscription: Subscription
) -> None:
    clock.now = datetime(2026, 3, 10, 13, 30, tzinfo=UTC)
    tenant = await world.tenant()
    server.plays(says(hourly(date(2026, 3, 10), 2, price=100.0)))
    await fetched(world, subscription)
    source_id = f"mrs_{subscription.source.id.hex}"
    site = await tenant.site()
    await tenant.tariff(
        site["location_id"],
        market_rates=True,
        market_source_id=source_id,
        schedule=[
            {
                "days_and_hours": [
                    {
                        "days": ["All"],
                        "hours": [
                            {
                                "valid_from": "00:00",
                                "valid_to": "00:00",
                                "rate": [{"surcharge_fixed": 0.01}],
                            }
                        ],
                    }
                ]
            }
        ],
    )

    seen = (await tenant.get(f"/market-sources/{source_id}")).json()
    refused = await tenant.patch(f"/market-sources/{source_id}", {"display_name": "mine"})
    put = await tenant.call("PUT", f"/market-sources/{source_id}/prices", json=[])
    prices = await tenant.post(
        "/prices",
        {
            "location_id": site["location_id"],
            "start_time": "2026-03-11T00:00:00+01:00",
            "end_time": "2026-03-11T01:00:00+01:00",
        },
    )

    assert seen["account_id"] is None
    error(refused, 422, "market_source_read_only")
    error(put, 422, "market_source_read_only")
    assert prices.json()["data"][0]["price"] == {"value": 0.11, "confidence": 1.0}


async def test_a_code_is_the_operators_only_once(world: World, subscription: Subscription) -> None:
    draft = MarketSourceDraft(**{**_fields(DRAFT), "code": subscription.source.code})
    with pytest.raises(MarketSourceCodeTaken):
        await world.services.get(OperatorMarkets).add(world.context, draft, feed="csv", options={})


async def complaints(world: World, subscription: Subscription) -> int:
    """Count what the doctor says of a source."""
    said = await world.services.get(OperatorMarkets).complaints(world.context)
    return sum(f" {subscription.source.code} " in one for one in said)


async def test_the_metrics_and_the_doctor_tell_how_stale_a_source_is(
    world: World, clock: FakeClock, server: MarketServer, subscription: Subscription
) -> None:
    clock.now = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
    server.plays(says(hourly(date(2026, 3, 9), 1)))
    await fetched(world, subscription)

    text = (await world.http.get("/metrics")).text

    line = f'wattyard_market_staleness_seconds{{code="{subscription.source.code}"}} 86400.0'
    assert line in text
    assert await complaints(world, subscription) == 0
    clock.now = datetime(2026, 3, 11, 12, 0, tzinfo=UTC)
    assert await complaints(world, subscription) == 1


def test_a_new_source_starts_with_four_weeks_and_an_old_one_with_its_last_day() -> None:
    now = datetime(2026, 3, 30, 12, tzinfo=UTC)
    source = MarketSource(**_fields(DRAFT), id=uuid4(), shared=True, time_created=now)
    known = replace(source, published_until=datetime(2026, 3, 30, 22, tzinfo=UTC))

    assert fetching.span_to_fetch(source, now).start == datetime(2026, 3, 1, 23, tzinfo=UTC)
    assert fetching.span_to_fetch(known, now).start == datetime(2026, 3, 28, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (datetime(2026, 3, 28, 11, 0, tzinfo=UTC), datetime(2026, 3, 28, 23, tzinfo=UTC)),
        (datetime(2026, 3, 28, 12, 0, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)),
    ],
)
def test_tomorrow_is_expected_from_the_publication_on_with_23_hours_where_it_has_them(
    now: datetime, until: datetime
) -> None:
    source = MarketSource(**_fields(DRAFT), id=uuid4(), shared=True, time_created=now)
    assert fetching.expected_until(source, now) == until


@pytest.mark.parametrize(
    ("now", "last"),
    [
        (datetime(2026, 3, 26, 10, 0, tzinfo=UTC), datetime(2026, 3, 25, 23, tzinfo=UTC)),
        (datetime(2026, 3, 26, 12, 0, tzinfo=UTC), datetime(2026, 3, 26, 23, tzinfo=UTC)),
        (datetime(2026, 3, 28, 12, 0, tzinfo=UTC), datetime(2026, 3, 27, 23, tzinfo=UTC)),
        (datetime(2026, 3, 30, 9, 0, tzinfo=UTC), datetime(2026, 3, 27, 23, tzinfo=UTC)),
        (datetime(2026, 3, 30, 12, 0, tzinfo=UTC), datetime(2026, 3, 30, 22, tzinfo=UTC)),
    ],
)
def test_rates_of_exchange_are_expected_for_the_day_itself_and_not_on_weekends(
    now: datetime, last: datetime
) -> None:
    """Thursday before and after publication, Saturday, Monday before and after."""
    draft = replace(DRAFT, unit="RATE")
    source = MarketSource(**_fields(draft), id=uuid4(), shared=True, time_created=now)
    assert fetching.expected_until(source, now) == last
