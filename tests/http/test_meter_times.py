"""Times far off: no table for a month that cannot have readings, no register that is stuck."""

from typing import Any

import pytest

from tests.support.world import Tenant, World

TABLES = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'meter_readings'::regclass"


@pytest.fixture
async def home(tenant: Tenant) -> str:
    return str((await tenant.site())["location_id"])


async def tables(world: World) -> int:
    async with world.db.reading() as db:
        return int(await db.fetchval(TABLES))


async def registers(tenant: Tenant, home: str, *data: tuple[str | int, float]) -> Any:
    body = {
        "location_id": home,
        "units": "KWH",
        "data": [{"time": time, "value": value} for time, value in data],
    }
    answer = await tenant.call("PUT", "/meters/cumulative/epoch", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def codes(batch: Any) -> list[tuple[int, str]]:
    return [(one["record_num"], one["code"]) for one in batch["failed_records"]]


async def test_a_forecast_ends_at_most_three_years_ahead(
    world: World, tenant: Tenant, home: str
) -> None:
    before = await tables(world)
    forecast = {"location_id": home, "energy_kwh": 1.0, "confidence": 0.5}
    readings = [
        {
            **forecast,
            "start_time": f"{year}-01-01T00:00:00Z",
            "end_time": f"{year}-01-01T01:00:00Z",
        }
        for year in (2028, 2030, 5000, 9999)
    ]
    answer = await tenant.call("PUT", "/meters/interval", json=readings)
    assert answer.status_code == 200, answer.text
    assert codes(answer.json()) == [(n, "time_in_future") for n in (2, 3, 4)]
    assert await tables(world) <= before + 1


async def test_register_reads_of_far_off_times_make_no_tables(
    world: World, tenant: Tenant, home: str
) -> None:
    before = await tables(world)
    batch = await registers(
        tenant, home, (0, 1.0), (86400 * 3000, 2.0), ("2199-12-31T00:00:00Z", 3.0), (2.5e11, 4.0)
    )
    assert codes(batch) == [
        (1, "time_invalid"),
        (2, "time_invalid"),
        (3, "time_in_future"),
        (4, "time_in_future"),
    ]
    assert await tables(world) == before


async def test_a_far_off_time_beside_another_fault_fails_its_record_alone(
    tenant: Tenant, home: str
) -> None:
    times = [(f"{year}-01-01T00:00:00Z", f"{year}-01-01T01:00:00Z") for year in ("0546", "2300")]
    readings = [
        {"location_id": "loc_x", "start_time": start, "end_time": end, "energy_kwh": 1.0}
        for start, end in times
    ]
    sound = {"start_time": "2026-01-01T00:00:00Z", "end_time": "2026-01-01T01:00:00Z"}
    readings.append({**sound, "location_id": home, "energy_kwh": 1.0})
    answer = await tenant.call("PUT", "/meters/interval", json=readings)
    assert answer.status_code == 200, answer.text
    assert [number for number, _ in codes(answer.json())] == [1, 2]
    assert answer.json()["records_accepted"] == 1


async def test_a_clock_that_runs_ahead_does_not_stop_a_register(tenant: Tenant, home: str) -> None:
    await registers(tenant, home, ("2026-02-01T00:00:00Z", 100.0))
    batch = await registers(tenant, home, ("2030-01-01T00:00:00Z", 101.0))
    assert codes(batch) == [(1, "time_in_future")]
    batch = await registers(tenant, home, ("2026-02-01T01:00:00Z", 102.0))
    assert codes(batch) == []
    answer = await tenant.post(
        "/meters/records", {"location_id": home, "start_time": "2026-02-01T00:00:00Z"}
    )
    assert [one["energy"]["value"] for one in answer.json()["data"]] == [2.0]


@pytest.mark.parametrize(
    ("start", "end", "taken"),
    [
        ("2025-10-01T00:00:00+02:00", "2025-11-01T00:00:00+01:00", True),
        ("2025-10-01T00:00:00+02:00", "2025-11-01T00:00:01+01:00", False),
        ("2025-12-01T00:00:00+01:00", "2026-01-01T00:00:00+01:00", True),
        ("2025-12-01T00:00:00+01:00", "2026-01-01T01:00:00+01:00", False),
        ("2025-03-01T00:00:00+01:00", "2025-04-01T00:00:00+02:00", True),
        ("2025-03-01T00:00:00+01:00", "2025-04-01T01:00:01+02:00", False),
    ],
)
async def test_a_month_is_one_reading_by_the_clock_of_its_place(
    tenant: Tenant, home: str, start: str, end: str, taken: bool
) -> None:
    """Amsterdam's October has an hour more than 31 days, its March one less."""
    reading = {"location_id": home, "start_time": start, "end_time": end, "energy_kwh": 300.0}
    batch = (await tenant.call("PUT", "/meters/interval", json=[reading])).json()
    assert codes(batch) == ([] if taken else [(1, "period_too_long")])


async def test_the_last_second_of_a_month_with_an_hour_more_is_found(
    tenant: Tenant, home: str
) -> None:
    start, end = "2025-10-01T00:00:00+02:00", "2025-11-01T00:00:00+01:00"
    october = {"location_id": home, "start_time": start, "end_time": end, "energy_kwh": 745.0}
    await tenant.call("PUT", "/meters/interval", json=[october])
    last = {"start_time": "2025-10-31T23:00:00+01:00", "end_time": end}
    asked = {"location_id": home, "group_by": "HOUR", **last}
    (hour,) = (await tenant.post("/meters/records", asked)).json()["data"]
    assert hour["energy"]["value"] == pytest.approx(1.0)
    again = {**october, **last, "energy_kwh": 1.0}
    batch = (await tenant.call("PUT", "/meters/interval", json=[again])).json()
    assert codes(batch) == [(1, "record_overlap")]
