"""Of many tariffs of a location, only those are read that a question depends on."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from tests.support.tariff_bodies import flat
from tests.support.world import Tenant, World
from wattyard.costs.domain.contracts import supplies as contracts_of_costs
from wattyard.costs.domain.question import CostQuestion
from wattyard.kernel import ids
from wattyard.kernel.instants import Span
from wattyard.kernel.refusals import Refusal
from wattyard.sites.service import Sites
from wattyard.tariffs.domain.prices import Question, Supply, site_prices
from wattyard.tariffs.domain.sources import Markets
from wattyard.tariffs.domain.tariff import Direction
from wattyard.tariffs.service import Prices

EVER: Final = Span(datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
DIRECTIONS: Final[tuple[Direction, ...]] = ("IMPORT", "EXPORT", "LOCAL")


def months(first: int, last: int) -> dict[str, str]:
    """The term of a contract from a month of the years since 2020 to another."""
    start, end = (f"{2020 + n // 12}-{n % 12 + 1:02}-01" for n in (first, last))
    return {"contract_start_date": start, "contract_end_date": end}


async def read(
    world: World, tenant: Tenant, site: Any, direction: Direction, *spans: Span
) -> Supply:
    """What the prices of some spans at a site depend on, as it is read for them."""
    site_id = ids.read(site["location_id"], "loc", param="id")
    async with world.db.reading() as db:
        found = await world.services.get(Sites).supply(tenant.context, site_id, param="id")
        prices = world.services.get(Prices)
        return await prices.supply(db, tenant.context, found, direction, spans)


async def test_of_six_years_of_contracts_a_day_reads_its_own_and_the_next(
    world: World, tenant: Tenant
) -> None:
    site = await tenant.site()
    for month in range(0, 72, 2):
        await tenant.tariff(site["location_id"], **months(month, month + 2))
    day = Span(datetime(2023, 5, 10, tzinfo=UTC), datetime(2023, 5, 11, tzinfo=UTC))

    supply = await read(world, tenant, site, "IMPORT", day)

    assert [one.tariff.term.start.month for one in supply.elements] == [4, 6]
    assert len((await read(world, tenant, site, "IMPORT", EVER)).elements) == 36


async def random_tariffs(tenant: Tenant, drawn: random.Random) -> tuple[Any, list[str]]:
    """A site whose kinds of tariffs, some of devices, follow each other with and without gaps."""
    site = await tenant.site()
    where = site["location_id"]
    devices = [(await tenant.device(where, reference_id=f"d{n}"))["id"] for n in range(2)]
    kinds = [("COMMODITY", direction, None) for direction in DIRECTIONS]
    kinds += [("NON_COMMODITY", "IMPORT", None)]
    kinds += [("COMMODITY", "IMPORT", [device]) for device in devices]
    for type_, direction, named in kinds:
        month = drawn.randrange(24)
        while month < 80 and drawn.random() < 0.9:
            end = month + drawn.randint(1, 8)
            fields = {} if named is None else {"devices": named}
            price = round(drawn.uniform(0.01, 0.5), 3)
            await tenant.tariff(
                where, type=type_, direction=direction, schedule=flat(price),
                **months(month, end), **fields,
            )  # fmt: skip
            month = end + drawn.choice([0, 0, 1, 5])
    return site, devices


def answered(supply: Supply, question: Question, now: datetime) -> Any:
    """The prices of a question and what is told beside them, or how it is refused."""
    supply = supply.answering(question)
    try:
        priced = site_prices(
            supply.elements, supply.region, question, markets=Markets({}, now), consumed={}
        )
    except Refusal as refusal:
        return refusal.first
    names = [str(one.id) for one in priced.elements]
    parts = {
        name: [names[n] if n >= 0 else "" for n in part.element.tolist()]
        for name, part in priced.parts.items()
    }
    return (
        priced.edges_us.tolist(),
        priced.per_kwh.tolist(),
        priced.confidence.tolist(),
        parts,
        supply.last_updated,
        supply.next_update(now),
    )


def costing(supply: Supply, question: CostQuestion) -> Any:
    """The contracts that price a span's energy, each for how long, or how they are refused."""
    try:
        found = contracts_of_costs(supply.elements, question)
    except Refusal as refusal:
        return refusal.first
    return [(one.element.id, one.span, one.until) for one in found]


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_what_is_left_unread_changes_no_answer(
    world: World, tenant: Tenant, seed: int
) -> None:
    drawn = random.Random(seed)
    site, devices = await random_tariffs(tenant, drawn)
    whole = {way: await read(world, tenant, site, way, EVER) for way in DIRECTIONS}
    left_out = 0
    for _ in range(60):
        start = datetime(2019, 6, 1, tzinfo=UTC) + timedelta(hours=drawn.randrange(24 * 365 * 9))
        span = Span(start, start + timedelta(hours=drawn.choice([1, 30, 24 * 70])))
        now = datetime(2019, 6, 1, tzinfo=UTC) + timedelta(hours=drawn.randrange(24 * 365 * 9))
        direction = drawn.choice(DIRECTIONS)
        named = drawn.choice([None, *devices])
        device = None if named is None else ids.read(named, "dev", param="id")
        at_present = Span(now, now + timedelta(microseconds=1))
        few = await read(world, tenant, site, direction, span, at_present)
        left_out += len(whole[direction].elements) - len(few.elements)

        question = Question(direction, span, device)
        assert answered(few, question, now) == answered(whole[direction], question, now), seed
        own = await read(world, tenant, site, direction, span)
        about_costs = CostQuestion(direction, span, device=device)
        assert costing(own, about_costs) == costing(whole[direction], about_costs), seed
    assert left_out > 60
