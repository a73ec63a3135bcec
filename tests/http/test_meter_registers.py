"""Registers of a meter are part of the key, and add up wherever readings are read (contract 2b)."""

import asyncio
import json
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.tariff_bodies import entry, hours
from tests.support.waiting import until_waited_for
from tests.support.world import Tenant, World

TWO_TIERS = [
    entry(("All", hours(("00:00", "24:00", [{"value": 0.1, "to_kwh": 10}, {"value": 0.5}]))))
]
FEBRUARY = {"start_time": "2026-02-01T00:00:00+01:00", "end_time": "2026-03-01T00:00:00+01:00"}


def reading(location_id: str, half_hour: int, kwh: float, **more: Any) -> dict[str, Any]:
    start = datetime(2026, 2, 10, tzinfo=UTC) + half_hour * timedelta(minutes=30)
    return {
        "location_id": location_id,
        "start_time": start.isoformat(),
        "end_time": (start + timedelta(minutes=30)).isoformat(),
        "energy_kwh": kwh,
        **more,
    }


async def put(tenant: Tenant, records: list[Any]) -> list[tuple[int, str]]:
    """Send readings: the numbers and codes of those that failed."""
    answer = await tenant.call("PUT", "/meters/interval", json=records)
    assert answer.status_code == 200, answer.text
    return _failed(answer.json())


def _failed(batch: Any) -> list[tuple[int, str]]:
    return [(one["record_num"], one["code"]) for one in batch["failed_records"]]


async def put_register(
    tenant: Tenant, location_id: str, *data: tuple[str, float], **more: Any
) -> list[tuple[int, str]]:
    reads = [{"time": time, "value": value} for time, value in data]
    body = {"location_id": location_id, "units": "KWH", "data": reads, **more}
    answer = await tenant.call("PUT", "/meters/cumulative/epoch", json=body)
    assert answer.status_code == 200, answer.text
    return _failed(answer.json())


async def kept(tenant: Tenant, location_id: str, **more: Any) -> list[Any]:
    body = {"location_id": location_id, **FEBRUARY, "order_by": "OLDEST", **more}
    answer = await tenant.post("/meters/records", body)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


async def total(tenant: Tenant, id_: str, **query: Any) -> Any:
    answer = await tenant.post(f"/costs/interval/{id_}", FEBRUARY, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
async def home(tenant: Tenant) -> str:
    return str((await tenant.site())["location_id"])


async def test_registers_are_kept_apart_and_summed_in_groups(tenant: Tenant, home: str) -> None:
    sent = [
        reading(home, 0, 1, register="T1"),
        reading(home, 0, 2, register="T2"),
        reading(home, 1, 4, register="T2", confidence=0.5),
        reading(home, 0, 8, register="T1", energy_flow_direction="OUTBOUND"),
    ]
    assert await put(tenant, sent) == []

    found = [(one["register"], one["energy"]["value"]) for one in await kept(tenant, home)]
    assert found == [("T1", 1), ("T2", 2), ("T1", 8), ("T2", 4)]
    (day,) = await kept(tenant, home, group_by="DAY", energy_flow_direction="INBOUND")
    assert (day["register"], day["energy"]["value"], day["confidence"]) == (None, 7, 0.71)
    assert await put(tenant, [reading(home, 0, 3, register="T1")]) == []
    assert [one["energy"]["value"] for one in (await kept(tenant, home))[:2]] == [3, 2]


async def test_costs_and_tier_counters_count_all_registers_together(
    tenant: Tenant, home: str
) -> None:
    await tenant.tariff(home, schedule=TWO_TIERS, tier_reset="YEAR")
    night = [reading(home, n, 1, register="night") for n in range(4)]
    # The day register is read by the hour: its periods are others than those of the night.
    day = [
        {**reading(home, n, 4, register="day"), "end_time": reading(home, n + 1, 0)["end_time"]}
        for n in (0, 2)
    ]
    assert await put(tenant, [*night, *day]) == []

    answer = await total(tenant, home, aggregation="MONTH")
    assert answer["total"]["energy"]["value"] == 12
    assert answer["total"]["cost"]["value"] == pytest.approx(10 * 0.1 + 2 * 0.5, abs=1e-6)
    assert len(answer["data"]) == 1
    later = {"location_id": home, "tariff_direction": "IMPORT"}
    span = {"start_time": "2026-02-27T10:00:00Z", "end_time": "2026-02-27T11:00:00Z"}
    (price,) = (await tenant.post("/prices", {**later, **span})).json()["data"]
    assert price["price"]["value"] == 0.5


async def test_the_cost_of_a_devices_session_counts_its_registers_together(tenant: Tenant) -> None:
    site = await tenant.site()
    home = site["location_id"]
    await tenant.tariff(home, schedule=TWO_TIERS, tier_reset="MONTH")
    car = (await tenant.device(home))["id"]
    mine = {"device_id": car, "session_reference_id": "s-1"}
    sent = [reading(home, n, 3, register=name, **mine) for n in range(2) for name in ("L1", "L2")]
    assert await put(tenant, [reading(home, -2, 4, device_id=car, register="L3"), *sent]) == []

    session = (await tenant.post("/costs/session/s-1", {})).json()
    whole = await total(tenant, car)

    assert session["total"]["energy"]["value"] == 12
    assert session["total"]["cost"]["value"] == pytest.approx(6 * 0.1 + 6 * 0.5, abs=1e-6)
    assert [one["session_reference_id"] for one in session["data"]] == ["s-1", "s-1"]
    assert whole["total"]["energy"]["value"] == 16
    assert whole["total"]["cost"]["value"] == pytest.approx(10 * 0.1 + 6 * 0.5, abs=1e-6)


async def test_named_and_unnamed_readings_of_a_meter_do_not_overlap(
    tenant: Tenant, home: str
) -> None:
    device = (await tenant.device(home))["id"]
    assert await put(tenant, [reading(home, 0, 1), reading(home, 4, 1, register="T1")]) == []
    failed = await put(
        tenant,
        [
            reading(home, 0, 1, register="T1"),
            reading(home, 4, 1),
            reading(home, 4, 1, register="T2"),
            reading(home, 0, 2),
            reading(home, 0, 1, register="T1", energy_flow_direction="OUTBOUND"),
            reading(home, 0, 1, register="T1", device_id=device),
            reading(home, 9, 1, register="T1"),
            reading(home, 9, 1),
            reading(home, 10, 1),
            reading(home, 10, 1, register="T2"),
        ],
    )

    assert failed == [(n, "record_overlap") for n in (1, 2, 8, 10)]


async def test_writers_with_and_without_a_register_at_once_never_count_twice(
    tenant: Tenant,
) -> None:
    """Both make the first series of their location, each sees the other's or waits for it."""
    for n in range(6):
        home = (await tenant.site())["location_id"]
        if n % 2:
            await put(tenant, [reading(home, -1, 1)])
        sent = [[reading(home, 0, 1)], [reading(home, 0, 1, register="T1")]]
        failed = await asyncio.gather(*(put(tenant, records) for records in sent))

        assert sorted(failed) == [[], [(1, "record_overlap")]]
        found = [one for one in await kept(tenant, home) if one["start_time"][11:16] == "00:00"]
        assert len(found) == 1


async def test_a_register_waits_for_the_first_reading_without_one_and_then_sees_it(
    tenant: Tenant, world: World
) -> None:
    home = (await tenant.site())["location_id"]
    await put(tenant, [reading(home, -1, 1, register="T1")])
    outside = copy_context()

    async with world.db.transaction() as db:
        assert await put(tenant, [reading(home, 0, 1)]) == []
        named = asyncio.create_task(
            put(tenant, [reading(home, 0, 1, register="T1")]), context=outside
        )
        await until_waited_for(db)

    assert await named == [(1, "record_overlap")]


async def test_a_second_value_for_a_period_in_one_batch_is_refused_and_an_equal_one_counts_once(
    tenant: Tenant, home: str
) -> None:
    sent = [
        reading(home, 0, 0.5),
        reading(home, 1, 1),
        {**reading(home, 0, 0), "energy_kwh": None, "units": "WH", "value": 500},
        reading(home, 0, 0.7, record_reference_id="late"),
        reading(home, 1, 2, register=None),
        reading(home, 0, 0.5),
    ]
    assert await put(tenant, sent) == [(4, "record_duplicate"), (5, "record_duplicate")]
    assert [one["energy"]["value"] for one in await kept(tenant, home)] == [0.5, 1]
    assert await put(tenant, [reading(home, 0, 0.7)]) == []
    assert [one["energy"]["value"] for one in await kept(tenant, home)] == [0.7, 1]


async def test_a_second_value_far_behind_in_a_stream_is_refused_too(
    tenant: Tenant, home: str
) -> None:
    assert await put(tenant, [reading(home, 0, 9)]) == []
    start = datetime(2026, 1, 1, tzinfo=UTC)
    first = reading(home, 0, 1)
    filling = [
        {
            **first,
            "start_time": (start + n * timedelta(minutes=1)).isoformat(),
            "end_time": (start + (n + 1) * timedelta(minutes=1)).isoformat(),
        }
        for n in range(10_000)
    ]
    lines = [first, *filling, reading(home, 0, 2), reading(home, 0, 1), reading(home, 1, 3)]
    answer = await tenant.call(
        "PUT",
        "/meters/interval",
        content="\n".join(map(json.dumps, lines)).encode(),
        headers={"Content-Type": "application/x-ndjson"},
    )

    assert _failed(answer.json()) == [(10_002, "record_duplicate")]
    assert [one["energy"]["value"] for one in await kept(tenant, home)] == [1, 3]


@pytest.mark.parametrize("name", ["", "x" * 33, "a\nb", 7])
async def test_a_registers_name_has_1_to_32_characters(
    tenant: Tenant, home: str, name: Any
) -> None:
    assert await put(tenant, [reading(home, 0, 1, register=name)]) == [(1, "register_invalid")]
    assert await put(tenant, [reading(home, 0, 1, register="é" * 32)]) == []


async def test_registers_of_a_meter_count_each_from_its_own_last_read(
    tenant: Tenant, home: str
) -> None:
    times = [f"2026-02-10T{hour:02}:00:00Z" for hour in range(3)]
    for name, first in (("T1", 8350.25), ("T2", 4650.5)):
        reads = [(times[0], first), (times[1], first + 1)]
        assert await put_register(tenant, home, *reads, register=name) == []
    assert await put_register(tenant, home, (times[2], 4655.5), register="T2") == []
    assert await put_register(tenant, home, (times[0], 1), (times[2], 5)) == [(2, "record_overlap")]

    (day,) = await kept(tenant, home, group_by="DAY")
    assert day["energy"]["value"] == 6


async def test_a_register_that_shows_less_for_a_moment_was_not_reset(
    tenant: Tenant, home: str
) -> None:
    failed = await put_register(
        tenant,
        home,
        ("2026-02-10T18:00:00Z", 998),
        ("2026-02-10T20:00:00Z", 1000),
        ("2026-02-11T02:00:00Z", 0),
        ("2026-02-11T03:00:00Z", 0),
        ("2026-02-11T07:00:00Z", 1000),
        ("2026-02-11T08:00:00Z", 1000.5),
    )

    assert failed == [(3, "register_glitch"), (4, "register_glitch")]
    found = [(one["start_time"][8:13], one["energy"]["value"]) for one in await kept(tenant, home)]
    assert found == [("10T18", 2), ("10T20", 0), ("11T07", 0.5)]


async def test_a_good_read_in_a_later_batch_withdraws_what_the_low_ones_booked(
    tenant: Tenant, home: str
) -> None:
    first = [("2026-02-10T20:00:00Z", 1000.0), ("2026-02-11T02:00:00Z", 0.0)]
    assert await put_register(tenant, home, *first) == [(2, "register_reset")]
    assert await put_register(tenant, home, ("2026-02-11T03:00:00Z", 0)) == []
    assert len(await kept(tenant, home)) == 1
    last = [("2026-02-11T04:00:00Z", 0.0), ("2026-02-11T07:00:00Z", 1002.0)]
    assert await put_register(tenant, home, *last) == [(1, "register_glitch")]

    (one,) = await kept(tenant, home)
    assert (one["start_time"], one["end_time"], one["energy"]["value"]) == (
        "2026-02-10T20:00:00Z",
        "2026-02-11T07:00:00Z",
        2,
    )
    assert await put_register(tenant, home, ("2026-02-11T08:00:00Z", 1003)) == []


async def test_a_register_that_counts_on_from_its_fall_was_reset(tenant: Tenant, home: str) -> None:
    assert await put_register(
        tenant,
        home,
        ("2026-02-10T20:00:00Z", 5),
        ("2026-02-11T02:00:00Z", 0),
        ("2026-02-11T07:00:00Z", 1),
        ("2026-02-11T12:00:00Z", 6),
    ) == [(2, "register_reset")]
    (day,) = await kept(tenant, home, group_by="DAY")
    assert day["energy"]["value"] == 6


@pytest.mark.parametrize(("hours", "kwh"), [(48, 1), (49, 1001)])
async def test_a_register_that_comes_back_after_two_days_was_reset(
    tenant: Tenant, home: str, hours: int, kwh: float
) -> None:
    back = datetime(2026, 2, 11, 2, tzinfo=UTC) + timedelta(hours=hours)
    first = [("2026-02-10T20:00:00Z", 1000.0), ("2026-02-11T02:00:00Z", 0.0)]
    await put_register(tenant, home, *first)
    await put_register(tenant, home, (back.isoformat(), 1001))

    (month,) = await kept(tenant, home, group_by="MONTH")
    assert month["energy"]["value"] == kwh


async def test_a_meter_has_at_most_a_hundred_registers_in_each_direction(tenant: Tenant) -> None:
    home = (await tenant.site())["location_id"]
    many = [reading(home, n, 1.0, register=f"r{n}") for n in range(60)]
    assert await put(tenant, many) == []
    many = [reading(home, n, 1.0, register=f"r{n}") for n in range(40, 103)]
    assert await put(tenant, many) == [(n, "registers_too_many") for n in (61, 62, 63)]
    out = [reading(home, 0, 1.0, register="out", energy_flow_direction="OUTBOUND")]
    assert await put(tenant, out) == []
    body = {
        "location_id": home,
        "units": "KWH",
        "data": [{"time": "2026-02-10T00:00:00Z", "value": 1}],
    }
    answer = await tenant.call("PUT", "/meters/cumulative/epoch", json={**body, "register": "r0"})
    assert answer.status_code == 200, answer.text
    answer = await tenant.call("PUT", "/meters/cumulative/epoch", json={**body, "register": "new"})
    assert (answer.status_code, answer.json()["code"]) == (422, "limit_reached")
