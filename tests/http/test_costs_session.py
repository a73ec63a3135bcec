"""What a session cost: the readings with its reference (contract 3, Costs)."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.costing import (
    assert_sound,
    costs_of,
    energies_of,
    half_hours,
    interval,
    periods,
    put,
    spans_of,
    total_of,
)
from tests.support.pricing import DAY_AND_NIGHT
from tests.support.tariff_bodies import flat
from tests.support.world import Tenant, World, error

AT = "2026-02-12T06:00:00+01:00"


@pytest.fixture
async def home(tenant: Tenant) -> str:
    return str((await tenant.site())["location_id"])


async def session(tenant: Tenant, reference: str, **query: str) -> Any:
    answer = await tenant.post(
        f"/costs/session/{reference}", params={"include_lines": "true", **query}
    )
    assert answer.status_code == 200, answer.text
    assert_sound(answer.json())
    return answer.json()


async def test_an_item_for_each_reading_of_the_session_and_nothing_else(
    tenant: Tenant, home: str
) -> None:
    daily = {"kind": "DAILY", "amount": 0.5, "name": "standing charge"}
    await tenant.tariff(home, schedule=DAY_AND_NIGHT, charges=[daily])
    readings = half_hours(home, AT, [1.0, 2.0, 3.0, 4.0])
    mine = {"session_reference_id": "s-1"}
    readings[1] |= mine
    readings[3] |= {**mine, "record_reference_id": "r"}
    readings[2] |= {"session_reference_id": "s-2"}
    await put(tenant, readings)
    answer = await session(tenant, "s-1")

    assert (answer["object_id"], answer["tariff_direction"]) == (home, "IMPORT")
    assert (energies_of(answer), costs_of(answer)) == ([2.0, 4.0], [0.2, 1.2])
    assert answer["total"]["cost"] == {"value": 1.4, "confidence": 1.0}
    assert answer["total"]["energy"] == {"value": 6.0}
    assert [line["kind"] for line in answer["total"]["lines"]] == ["ENERGY"]
    references = [one.get("record_reference_id") for one in answer["data"]]
    assert references == [None, "r"]
    assert {one["session_reference_id"] for one in answer["data"]} == {"s-1"}
    assert spans_of(answer)[0] == ("2026-02-12T05:30:00Z", "2026-02-12T06:00:00Z")


async def test_a_session_of_several_devices(tenant: Tenant, home: str) -> None:
    devices = [(await tenant.device(home))["id"] for _ in range(2)]
    await tenant.tariff(home, schedule=flat(0.2))
    await tenant.tariff(home, schedule=flat(0.1), devices=[devices[1]])
    for n, device in enumerate(devices):
        own = half_hours(home, AT, [1.0 + n], device_id=device, session_reference_id="shared")
        await put(tenant, own)
    answer = await session(tenant, "shared")
    assert answer["total"]["energy"]["value"] == 3.0
    assert total_of(answer) == 0.4
    assert sorted(energies_of(answer)) == [1.0, 2.0]


async def test_a_session_that_went_on_elsewhere(tenant: Tenant, home: str) -> None:
    second = (await tenant.site())["location_id"]
    device = (await tenant.device(home, second))["id"]
    await tenant.tariff(home, schedule=flat(0.2))
    await tenant.tariff(second, schedule=flat(0.4))
    mine = {"device_id": device, "session_reference_id": "trip"}
    await put(tenant, half_hours(home, AT, [1.0], **mine))
    await put(tenant, half_hours(second, "2026-02-13T06:00:00+01:00", [1.0], **mine))
    answer = await session(tenant, "trip")
    assert answer["object_id"] == device
    assert (costs_of(answer), total_of(answer)) == ([0.2, 0.4], 0.6)


async def test_directions_are_answers_of_their_own(tenant: Tenant, home: str) -> None:
    mine = {"session_reference_id": "both"}
    await tenant.tariff(home)
    await put(tenant, half_hours(home, AT, [1.0], **mine))
    missing = await tenant.post("/costs/session/both", params={"tariff_direction": "EXPORT"})
    error(missing, 404, "session_not_found")
    await put(tenant, half_hours(home, AT, [2.0], energy_flow_direction="OUTBOUND", **mine))
    await put(tenant, half_hours(home, AT, [4.0], tariff_direction="LOCAL", **mine))
    await tenant.tariff(home, direction="EXPORT", schedule=flat(0.1))
    assert total_of(await session(tenant, "both")) == 0.25
    assert total_of(await session(tenant, "both", tariff_direction="EXPORT")) == 0.2
    local = await session(tenant, "both", tariff_direction="LOCAL")
    assert (energies_of(local), total_of(local)) == ([4.0], 0)


async def test_a_tier_that_others_reached_is_the_price(tenant: Tenant, home: str) -> None:
    await tenant.tariff(home, schedule=flat([{"value": 0.2, "to_kwh": 10}, {"value": 0.4}]))
    await put(tenant, half_hours(home, "2026-02-03T06:00:00+01:00", [9.0]))
    await put(tenant, half_hours(home, AT, [2.0], session_reference_id="late"))
    assert total_of(await session(tenant, "late")) == 0.6


async def test_energy_of_the_session_without_a_price_is_refused(tenant: Tenant, home: str) -> None:
    await put(tenant, half_hours(home, AT, [2.0], session_reference_id="s"))
    error(await tenant.post("/costs/session/s"), 422, "no_tariff_connected")
    await tenant.tariff(home, contract_start_date="2026-02-13")
    error(await tenant.post("/costs/session/s"), 422, "no_price_data")


async def test_the_total_of_a_long_session_is_exact(tenant: Tenant, home: str) -> None:
    """1,000 readings that cost 0.0000005 too little each, were they added up after rounding."""
    await tenant.tariff(home, schedule=flat(0.1111))
    minutes = periods(home, AT, timedelta(minutes=1), [0.004] * 1000, session_reference_id="long")
    await put(tenant, minutes)
    answer = await session(tenant, "long")
    exact = Decimal("0.1111") * Decimal("0.004") * 1000
    assert abs(Decimal(str(total_of(answer))) - exact) < Decimal("0.000001")
    assert len(answer["total"]["lines"]) == 1


async def test_confidence_is_that_of_prices_and_readings(tenant: Tenant, home: str) -> None:
    await tenant.tariff(home)
    first, second = half_hours(home, AT, [3.0, 1.0], session_reference_id="s")
    await put(tenant, [first, second | {"confidence": 0.5}])
    answer = await session(tenant, "s")
    assert [one["cost"]["confidence"] for one in answer["data"]] == [1.0, 0.5]
    assert answer["total"]["cost"]["confidence"] == 0.88


async def test_a_reference_of_the_clients_own_making(tenant: Tenant, home: str) -> None:
    await tenant.tariff(home)
    await put(tenant, half_hours(home, AT, [2.0], session_reference_id="a b/ü"))
    answer = await session(tenant, "a%20b%2F%C3%BC")
    assert answer["data"][0]["session_reference_id"] == "a b/ü"


async def test_a_corrected_reference_leaves_the_session(tenant: Tenant, home: str) -> None:
    await tenant.tariff(home)
    await put(tenant, half_hours(home, AT, [2.0], session_reference_id="old"))
    await put(tenant, half_hours(home, AT, [3.0], session_reference_id="new"))
    error(await tenant.post("/costs/session/old"), 404, "session_not_found")
    assert energies_of(await session(tenant, "new")) == [3.0]
    day = await interval(tenant, home, "2026-02-12T00:00:00+01:00", "2026-02-13T00:00:00+01:00")
    assert energies_of(day) == [3.0]


async def test_what_cannot_be_asked(tenant: Tenant) -> None:
    error(await tenant.post("/costs/session/s", params={"tariff_direction": "UP"}), 400,
          "tariff_direction_invalid")  # fmt: skip
    error(await tenant.post("/costs/session/s", params={"aggregation": "DAY"}), 400,
          "parameter_unknown")  # fmt: skip


async def test_unknown_sessions_and_those_of_others_are_not_found(
    world: World, tenant: Tenant, home: str
) -> None:
    error(await tenant.post("/costs/session/nobody"), 404, "session_not_found")
    await tenant.tariff(home)
    await put(tenant, half_hours(home, AT, [2.0], session_reference_id="s"))
    stranger = await world.tenant("a stranger")
    assert tenant.twin
    for other in (stranger, tenant.twin):
        error(await other.post("/costs/session/s"), 404, "session_not_found")
