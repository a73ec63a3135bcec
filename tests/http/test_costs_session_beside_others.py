"""A session among other energy: what needs a price, what moves tiers, how much is asked."""

from typing import Any

import pytest

from tests.support.costing import costs_of, energies_of, half_hours, interval, put, total_of
from tests.support.tariff_bodies import flat
from tests.support.world import Tenant, World, error

AT = "2026-02-12T06:00:00+01:00"
MINE = {"session_reference_id": "mine"}


@pytest.fixture
async def home(tenant: Tenant) -> str:
    return str((await tenant.site())["location_id"])


async def cost(tenant: Tenant, session: str = "mine") -> Any:
    answer = await tenant.post(f"/costs/session/{session}", params={"include_lines": "true"})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def half_priced(tenant: Tenant, home: str, tiers: Any = None) -> None:
    """Connect a tariff that divides by nothing, and so has no price, from 07:00 to 08:00."""
    source = await tenant.market_source(code="HOURLY", unit="KWH")
    hours = [
        {"valid_from": f"2026-02-12T{hour:02}:00:00+01:00",
         "valid_to": f"2026-02-12T{hour + 1:02}:00:00+01:00", "value": price}
        for hour, price in ((6, 0.5), (7, 0.0), (8, 0.25))
    ]  # fmt: skip
    await tenant.publish(source["id"], hours)
    formula = {"value": "0.1 / $index", "variables": {"index": "HOURLY"}}
    rates = [formula] if tiers is None else [{**formula, "to_kwh": tiers}, {"value": 1.0}]
    await tenant.tariff(home, schedule=flat(rates))


async def test_other_energy_without_a_price_does_not_stop_a_session(
    tenant: Tenant, home: str
) -> None:
    await half_priced(tenant, home)
    readings = half_hours(home, AT, [1.0, 2.0, 3.0, 4.0, 5.0])
    readings[0] |= MINE
    readings[4] |= MINE
    await put(tenant, readings)
    answer = await cost(tenant)
    assert energies_of(answer) == [1.0, 5.0]
    assert costs_of(answer) == [0.2, 2.0]
    assert (total_of(answer), answer["total"]["energy"]["value"]) == (2.2, 6.0)
    assert sum(line["quantity"] for line in answer["total"]["lines"]) == 6.0


async def test_other_energy_without_a_price_still_moves_the_tiers(
    tenant: Tenant, home: str
) -> None:
    await half_priced(tenant, home, tiers=5)
    readings = half_hours(home, AT, [1.0, 2.0, 3.0, 1.0, 2.0])
    readings[0] |= MINE
    readings[4] |= MINE
    await put(tenant, readings)
    assert costs_of(await cost(tenant)) == [0.2, 2.0]


async def test_energy_of_the_session_itself_needs_a_price(tenant: Tenant, home: str) -> None:
    await half_priced(tenant, home)
    readings = half_hours(home, AT, [1.0, 2.0, 3.0, 4.0, 5.0])
    readings[2] |= MINE
    readings[4] |= MINE
    await put(tenant, readings)
    refused = error(await tenant.post("/costs/session/mine"), 422, "no_price_data")
    assert "2026-02-12T06:00:00Z" in refused["message"]


async def test_other_energy_of_the_place_and_of_its_devices_is_not_asked_about(
    tenant: Tenant, home: str
) -> None:
    await half_priced(tenant, home)
    mine, other = [(await tenant.device(home))["id"] for _ in range(2)]
    readings = half_hours(home, AT, [1.0, 1.0, 1.0], device_id=mine)
    readings[0] |= MINE
    await put(tenant, readings)
    await put(tenant, half_hours(home, AT, [9.0] * 4, device_id=other))
    await put(tenant, half_hours(home, AT, [9.0] * 4))
    assert costs_of(await cost(tenant)) == [0.2]


async def statements(world: World, tenant: Tenant, path: str, body: Any = None) -> list[str]:
    """List what the database was asked for a later answer; now and then it is asked for keys too,
    so the least of three counts."""
    await tenant.post(path, body)
    found: list[list[str]] = []
    for _ in range(3):
        asked: list[str] = []

        def note(record: Any, asked: list[str] = asked) -> None:
            asked.append(record.query)

        async with world.db.reading() as connection:
            connection.add_query_logger(note)
            answer = await tenant.post(path, body)
            connection.remove_query_logger(note)
        assert answer.status_code == 200, answer.text
        found.append(asked)
    return min(found, key=len)


@pytest.mark.parametrize("rate", [0.2, [{"value": 0.2, "to_kwh": 10}, {"value": 0.4}]])
async def test_a_session_of_many_devices_takes_no_more_statements_than_one_of_one(
    world: World, tenant: Tenant, home: str, rate: Any
) -> None:
    second = (await tenant.site())["location_id"]
    for place in (home, second):
        await tenant.tariff(place, schedule=flat(rate))
    for number in range(12):
        place = (home, second)[number % 2]
        device = (await tenant.device(place))["id"]
        own = half_hours(place, AT, [1.0], device_id=device)
        await put(tenant, [own[0] | {"session_reference_id": "few" if number == 0 else "many"}])
    few = await statements(world, tenant, "/costs/session/few")
    many = await statements(world, tenant, "/costs/session/many")
    assert len(many) == len(few) <= 14, few
    assert len(energies_of(await cost(tenant, "many"))) == 11


async def test_a_device_seen_at_many_places_takes_no_more_statements_than_at_one(
    world: World, tenant: Tenant, home: str
) -> None:
    places = [home, *[(await tenant.site())["location_id"] for _ in range(4)]]
    still, moved = (await tenant.device(home))["id"], (await tenant.device(*places))["id"]
    await put(tenant, half_hours(home, AT, [1.0], device_id=still))
    for number, place in enumerate(places):
        await tenant.tariff(place, schedule=flat(0.2))
        at = f"2026-02-{number + 10}T06:00:00+01:00"
        await put(tenant, half_hours(place, at, [1.0], device_id=moved))
    body = {"start_time": "2026-02-01T00:00:00+01:00", "end_time": "2026-03-01T00:00:00+01:00"}
    one = await statements(world, tenant, f"/costs/interval/{still}", body)
    five = await statements(world, tenant, f"/costs/interval/{moved}", body)
    assert len(five) == len(one) <= 14, one
    assert total_of(await interval(tenant, moved, *body.values())) == 1.0


async def test_places_where_a_device_was_not_read_in_the_span_need_no_tariff(
    tenant: Tenant, home: str
) -> None:
    elsewhere = (await tenant.site())["location_id"]
    car = (await tenant.device(home, elsewhere))["id"]
    await tenant.tariff(home, schedule=flat(0.2))
    await put(tenant, half_hours(home, AT, [1.0], device_id=car))
    await put(tenant, half_hours(elsewhere, "2026-01-12T06:00:00+01:00", [1.0], device_id=car))
    february = "2026-02-01T00:00:00+01:00", "2026-03-01T00:00:00+01:00"
    assert total_of(await interval(tenant, car, *february)) == 0.2
    body = {"start_time": "2026-01-01T00:00:00+01:00", "end_time": february[1]}
    error(await tenant.post(f"/costs/interval/{car}", body), 422, "no_tariff_connected")
