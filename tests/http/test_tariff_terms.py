"""Contract terms of one kind do not overlap, also when two come at once (contract 2)."""

import asyncio
from typing import Any

import pytest

from tests.support.tariff_bodies import body, flat
from tests.support.world import AMSTERDAM, Tenant, World, error


async def place(tenant: Tenant, **fields: Any) -> str:
    return (await tenant.make("/locations", {"postal_address": AMSTERDAM, **fields}))["id"]


async def events(tenant: Tenant, limit: int = 10) -> list[dict[str, Any]]:
    """The newest events, newest first."""
    return (await tenant.get(f"/events?limit={limit}")).json()["data"]


TERM = {"contract_start_date": "2026-01-01", "contract_end_date": "2027-01-01"}


@pytest.mark.parametrize(
    ("start", "end", "meets"),
    [
        ("2027-01-01", "2028-01-01", False),
        ("2025-01-01", "2026-01-01", False),
        ("2026-12-31T23:00:00Z", "2028-01-01", False),
        ("2026-12-31T22:59:59Z", "2028-01-01", True),
        ("2025-01-01", "2026-01-01T00:00:01+01:00", True),
        ("2025-01-01", "2030-01-01", True),
        ("2026-05-01", "2026-05-02", True),
        ("2026-01-01", "2027-01-01", True),
    ],
)
async def test_terms_of_one_kind_do_not_overlap(
    tenant: Tenant, start: str, end: str, meets: bool
) -> None:
    at = await place(tenant)
    first = await tenant.tariff(at, **TERM)
    given = {"location_id": at, **body(flat(0.3))}
    given |= {"contract_start_date": start, "contract_end_date": end}

    for path in ("/tariffs/check", "/tariffs"):
        answer = await tenant.post(path, given)
        if meets:
            assert first["id"] in error(answer, 422, "tariff_term_overlap")["message"]
        else:
            assert answer.status_code in (200, 201), answer.text


async def test_another_place_type_or_direction_does_not_overlap(tenant: Tenant) -> None:
    at = await place(tenant)
    await tenant.tariff(at)

    await tenant.tariff(at, direction="EXPORT")
    await tenant.tariff(at, type="NON_COMMODITY")
    await tenant.tariff(await place(tenant))

    again = {"location_id": at, **body(flat(0.1)), "type": "NON_COMMODITY"}
    error(await tenant.post("/tariffs", again), 422, "tariff_term_overlap")


async def test_a_tariff_does_not_move_onto_another(tenant: Tenant) -> None:
    at = await place(tenant)
    first = await tenant.tariff(at, **TERM)
    second = await tenant.tariff(
        at, contract_start_date="2027-01-01", contract_end_date="2028-01-01"
    )
    export = await tenant.tariff(at, direction="EXPORT", **TERM)

    early = {"contract_start_date": "2026-12-31"}
    refused = error(
        await tenant.patch(f"/tariffs/{second['id']}", early), 422, "tariff_term_overlap"
    )
    assert first["id"] in refused["message"]
    turned = await tenant.patch(f"/tariffs/{export['id']}", {"direction": "IMPORT"})
    assert first["id"] in error(turned, 422, "tariff_term_overlap")["message"]
    longer = await tenant.patch(f"/tariffs/{second['id']}", {"contract_end_date": "2029-01-01"})
    assert longer.status_code == 200, "a tariff does not overlap itself"


async def test_devices_have_terms_of_their_own(tenant: Tenant) -> None:
    at = await place(tenant)
    car, pump = [(await tenant.device(at))["id"] for _ in range(2)]
    await tenant.tariff(at)

    for_car = await tenant.tariff(at, devices=[car])
    assert for_car["devices"] == [car]
    both = {"location_id": at, **body(flat(0.3)), "devices": [pump, car]}
    refused = error(await tenant.post("/tariffs", both), 422, "tariff_term_overlap")
    assert for_car["id"] in refused["message"]
    for_pump = await tenant.tariff(at, devices=[pump])
    turned = await tenant.patch(f"/tariffs/{for_pump['id']}", {"devices": []})
    error(turned, 422, "tariff_term_overlap")


async def test_a_device_must_be_the_accounts_and_at_the_place(world: World, tenant: Tenant) -> None:
    at, elsewhere = await place(tenant), await place(tenant)
    stranger = await world.tenant("a stranger")
    theirs = (await stranger.device(await place(stranger)))["id"]
    far = (await tenant.device(elsewhere))["id"]
    given = {"location_id": at, **body(flat(0.3))}

    refused = await tenant.post("/tariffs", {**given, "devices": [theirs]})
    error(refused, 404, "device_not_found", "devices")
    answer = await tenant.post("/tariffs", {**given, "devices": [far]})
    error(answer, 422, "device_not_at_location")


async def test_a_tariff_of_a_device_that_is_gone_can_still_be_changed(tenant: Tenant) -> None:
    at = await place(tenant)
    car = (await tenant.device(at))["id"]
    made = await tenant.tariff(at, devices=[car])
    await tenant.delete(f"/devices/{car}")

    changed = await tenant.patch(f"/tariffs/{made['id']}", {"display_name": "the car's"})

    assert changed.status_code == 200, changed.text
    moved = await tenant.patch(f"/tariffs/{made['id']}", {"location_id": await place(tenant)})
    error(moved, 404, "device_not_found", "devices")


async def test_of_two_at_once_exactly_one_is_connected(tenant: Tenant) -> None:
    at = await place(tenant)
    given = {"location_id": at, **body(flat(0.3))}

    answers = await asyncio.gather(*(tenant.post("/tariffs", given) for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [201, *[422] * 5]
    for answer in answers:
        if answer.status_code == 422:
            error(answer, 422, "tariff_term_overlap")
    assert len((await tenant.get("/tariffs")).json()["data"]) == 1


async def test_two_moved_onto_one_term_at_once_do_not_both_get_it(tenant: Tenant) -> None:
    at = await place(tenant)
    years = [("2026-01-01", "2027-01-01"), ("2028-01-01", "2029-01-01")]
    made = [
        await tenant.tariff(at, contract_start_date=start, contract_end_date=end)
        for start, end in years
    ]
    middle = [{"contract_end_date": "2028-01-01"}, {"contract_start_date": "2027-01-01"}]

    answers = await asyncio.gather(
        *(
            tenant.patch(f"/tariffs/{one['id']}", change)
            for one, change in zip(made, middle, strict=True)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, 422]
