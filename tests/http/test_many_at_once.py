"""More calls at once than the database has connections: they wait in turn, never for each other."""

import asyncio

from tests.support.costing import half_hours, put
from tests.support.world import Tenant, World

MANY = 40
AT = "2026-02-12T06:00:00+01:00"
SPAN = {"start_time": "2026-02-12T00:00:00Z", "end_time": "2026-02-13T00:00:00Z"}


async def test_prices_costs_and_readings_of_many_callers_are_all_answered(
    world: World, tenant: Tenant
) -> None:
    home = str((await tenant.site())["location_id"])
    await tenant.tariff(home)
    readings = [
        one | {"session_reference_id": "s"} for one in half_hours(home, AT, [1.0, 2.0, 3.0])
    ]
    await put(tenant, readings)
    device = (await tenant.device(home))["id"]
    assert world.db._loans is not None
    world.db._loans.pool.waits.seconds = 600.0  # who waited for each other would do it for so long

    async with asyncio.timeout(60):
        answers = await asyncio.gather(
            *(
                call
                for _ in range(MANY // 5)
                for call in (
                    tenant.post("/prices", {"location_id": home, **SPAN, "device_id": device}),
                    tenant.post(f"/costs/interval/{home}", SPAN),
                    tenant.post("/costs/session/s"),
                    tenant.get("/tariffs", params={"location_id": home}),
                    tenant.post("/meters/records", {"location_id": home, **SPAN}),
                )
            )
        )

    assert {answer.status_code for answer in answers} == {200}


async def test_tariffs_that_change_places_with_each_other_do_not_wait_for_each_other(
    tenant: Tenant,
) -> None:
    homes = [str((await tenant.site())["location_id"]) for _ in range(2)]
    kinds: tuple[dict[str, str], ...] = ({"direction": "IMPORT"}, {"direction": "EXPORT"})
    tariffs = [
        (await tenant.tariff(home, **kind))["id"] for home, kind in zip(homes, kinds, strict=True)
    ]

    for turn in range(20):
        to = homes[::-1] if turn % 2 == 0 else homes
        answers = await asyncio.gather(
            *(
                tenant.patch(f"/tariffs/{tariff}", {"location_id": home})
                for tariff, home in zip(tariffs, to, strict=True)
            )
        )
        assert [answer.status_code for answer in answers] == [200, 200]
        assert [answer.json()["location_id"] for answer in answers] == to


async def test_a_tariff_that_many_move_at_once_is_moved_by_each_of_them(tenant: Tenant) -> None:
    homes = [str((await tenant.site())["location_id"]) for _ in range(6)]
    tariff = (await tenant.tariff(homes[0]))["id"]

    answers = await asyncio.gather(
        *(tenant.patch(f"/tariffs/{tariff}", {"location_id": home}) for home in homes[1:])
    )

    assert [answer.status_code for answer in answers] == [200] * 5
    listed = [(await tenant.get(f"/locations/{home}")).json()["tariffs"] for home in homes]
    assert sum(map(len, listed)) == 1
