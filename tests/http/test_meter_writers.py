"""Readings that many send at once: nothing waits for ever, nothing is doubled or left behind."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.world import Tenant, World, error

HOUR = timedelta(hours=1)


def reading(location_id: str, at: datetime, kwh: float = 1.0, **more: Any) -> dict[str, Any]:
    """An hour's energy."""
    return {
        "location_id": location_id,
        "start_time": at.isoformat(),
        "end_time": (at + HOUR).isoformat(),
        "energy_kwh": kwh,
        **more,
    }


async def put(tenant: Tenant, records: Any) -> Any:
    answer = await tenant.call("PUT", "/meters/interval", json=records)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def stored(world: World, tenant: Tenant) -> list[Any]:
    """Tell the series, period and place of everything that is stored for an account."""
    async with world.db.reading() as db:
        return list(
            await db.fetch(
                """
                SELECT r.series, r.start_time, r.end_time, s.site_id, s.device_id
                FROM meter_readings r LEFT JOIN meter_series s
                  ON s.account = r.account AND s.live_mode = r.live_mode AND s.series = r.series
                WHERE r.account = $1 ORDER BY r.start_time
                """,
                tenant.caller.account,
            )
        )


async def test_writers_of_months_that_nobody_had_before_do_not_meet(
    tenant: Tenant, world: World
) -> None:
    homes = [(await tenant.site())["location_id"] for _ in range(4)]
    months = [datetime(2003, month, 7, tzinfo=UTC) for month in range(1, 13)]

    async def write(seed: int) -> Any:
        own = list(months)
        random.Random(seed).shuffle(own)
        return await put(tenant, [reading(homes[seed % 4], at + seed * HOUR) for at in own])

    batches = await asyncio.gather(*(write(seed) for seed in range(8)))
    assert [one["records_accepted"] for one in batches] == [12] * 8
    assert len(await stored(world, tenant)) == 96


async def test_a_month_whose_first_writer_gave_up_is_made_by_the_next(
    tenant: Tenant, world: World
) -> None:
    home = (await tenant.site())["location_id"]
    at = datetime(2004, 5, 1, tzinfo=UTC)

    async def give_up() -> None:
        async with world.db.transaction():
            await put(tenant, [reading(home, at)])
            raise LookupError

    with pytest.raises(LookupError):
        await give_up()
    assert (await put(tenant, [reading(home, at)]))["records_accepted"] == 1


async def test_one_device_read_at_two_places_by_many_at_once_is_one_thing(
    tenant: Tenant, world: World
) -> None:
    homes = [(await tenant.site())["location_id"] for _ in range(2)]
    devices = [(await tenant.device(*homes))["id"] for _ in range(5)]
    start = datetime(2026, 1, 5, tzinfo=UTC)

    async def write(seed: int) -> None:
        choose = random.Random(seed)
        records = [
            reading(homes[seed % 2], start + n * HOUR / 2, device_id=device)
            for device in devices
            for n in range(seed % 3, 40, 2)
        ]
        choose.shuffle(records)
        await put(tenant, records)

    await asyncio.gather(*(write(seed) for seed in range(6)))
    by_device: dict[Any, list[Any]] = {}
    for row in await stored(world, tenant):
        by_device.setdefault(row["device_id"], []).append(row)
    assert len(by_device) == 5
    for rows in by_device.values():
        ends = [row["end_time"] for row in rows]
        starts = [row["start_time"] for row in rows]
        assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))


async def test_a_site_deleted_while_its_readings_arrive_takes_them_all_with_it(
    tenant: Tenant, world: World
) -> None:
    sites = [await tenant.site() for _ in range(12)]
    homes = [site["location_id"] for site in sites]
    start = datetime(2026, 1, 5, tzinfo=UTC)

    async def write(seed: int) -> Any:
        choose = random.Random(seed)
        batches = []
        for day in range(4):
            at = start + timedelta(days=seed * 4 + day)
            records = [reading(home, at + n * HOUR) for home in homes for n in range(6)]
            choose.shuffle(records)
            batches.append(await put(tenant, records))
        return batches

    async def close() -> None:
        for home in homes[::2]:
            answer = await tenant.delete(f"/locations/{home}")
            assert answer.status_code == 200, answer.text

    *written, _ = await asyncio.gather(*(write(seed) for seed in range(4)), close())
    for batch in (one for batches in written for one in batches):
        assert batch["records_accepted"] + batch["records_failed"] == 72
        assert batch["records_accepted"] >= 36
        assert {one["code"] for one in batch["failed_records"]} <= {"location_not_found"}
    rows = await stored(world, tenant)
    assert len(rows) == 6 * 6 * 16
    assert all(row["site_id"] is not None for row in rows)


async def test_a_register_of_a_site_that_goes_is_not_found(tenant: Tenant, world: World) -> None:
    homes = [(await tenant.site())["location_id"] for _ in range(10)]

    async def write(home: str) -> Any:
        data = [{"time": f"2026-01-0{n + 1}T00:00:00Z", "value": n} for n in range(4)]
        body = {"location_id": home, "units": "KWH", "data": data}
        return await tenant.call("PUT", "/meters/cumulative/epoch", json=body)

    async def close(home: str) -> None:
        await tenant.delete(f"/locations/{home}")

    answers = await asyncio.gather(*(use(home) for home in homes for use in (write, close)))
    for answer in answers[::2]:
        if answer.status_code != 200:
            error(answer, 404, "location_not_found")
    assert await stored(world, tenant) == []


async def test_two_streams_of_one_meter_end_alike_whoever_comes_last(
    tenant: Tenant, world: World
) -> None:
    home = (await tenant.site())["location_id"]
    start = datetime(2026, 1, 5, tzinfo=UTC)
    values = [1.0, 2.0, 3.0, 4.0]
    await asyncio.gather(
        *(put(tenant, [reading(home, start + n * HOUR, v) for n in range(50)]) for v in values)
    )
    async with world.db.reading() as db:
        found = await db.fetch(
            "SELECT DISTINCT energy_kwh FROM meter_readings WHERE account = $1",
            tenant.caller.account,
        )
    assert len(found) == 1
    assert found[0]["energy_kwh"] in values
    assert len(await stored(world, tenant)) == 50
