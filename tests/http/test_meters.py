"""Readings arrive, in good and in bad form (contract 3, Readings)."""

import asyncio
import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.support.world import Tenant, World, error

START = "2026-02-01T{:02}:{:02}:00Z"


def reading(location_id: str, half_hour: int, kwh: float = 0.5, **more: Any) -> dict[str, Any]:
    """A half hour of 1 February."""
    end = half_hour + 1
    return {
        "location_id": location_id,
        "start_time": START.format(half_hour // 2, half_hour % 2 * 30),
        "end_time": START.format(end // 2, end % 2 * 30),
        "units": "KWH",
        "value": kwh,
        **more,
    }


async def put(tenant: Tenant, records: Any, **more: Any) -> Any:
    answer = await tenant.call("PUT", "/meters/interval", json=records, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def kept(tenant: Tenant, location_id: str, **more: Any) -> list[Any]:
    body = {
        "location_id": location_id,
        "start_time": "2026-01-01T00:00:00Z",
        "end_time": "2026-03-02T00:00:00Z",
        "order_by": "OLDEST",
        **more,
    }
    answer = await tenant.post("/meters/records", body)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


@pytest.fixture
async def home(tenant: Tenant) -> str:
    return str((await tenant.site())["location_id"])


async def test_good_records_are_kept_although_others_fail(tenant: Tenant, home: str) -> None:
    bad = [
        reading(home, 2, units="KWS"),
        {**reading(home, 3), "end_time": "2026-02-01T01:00:00Z"},
        {key: value for key, value in reading(home, 4).items() if key != "value"},
        reading("loc_" + "0" * 32, 5),
        reading(home, 6, device_id="dev_" + "0" * 32),
        reading(home, 7, kwh=-1),
        reading(home, 8, kwh=2e6),
        reading(home, 9, colour="red", record_reference_id="mine"),
        {**reading(home, 10), "end_time": "2026-03-10T00:00:00Z"},
        {**reading(home, 10), "start_time": "2026-03-10T00:00:00Z",
         "end_time": "2026-03-10T01:00:00Z"},
        "text",
        {**reading(home, 11), "start_time": "2026-02-01T05:30:00"},
    ]  # fmt: skip
    batch = await put(tenant, [reading(home, 0), *bad, reading(home, 1)])

    assert (batch["records_submitted"], batch["records_accepted"]) == (14, 2)
    assert batch["records_processed"] == 2
    codes = [(one["record_num"], one["code"]) for one in batch["failed_records"]]
    assert codes == [
        (2, "units_invalid"),
        (3, "end_time_invalid"),
        (4, "value_missing"),
        (5, "location_not_found"),
        (6, "device_not_found"),
        (7, "value_negative"),
        (8, "value_too_large"),
        (9, "parameter_unknown"),
        (10, "period_too_long"),
        (11, "time_in_future"),
        (12, "body_invalid"),
        (13, "start_time_invalid"),
    ]
    assert batch["failed_records"][7]["record_reference_id"] == "mine"
    assert [one["energy"]["value"] for one in await kept(tenant, home)] == [0.5, 0.5]
    assert (await tenant.get(f"/meters/batches/{batch['id']}")).json() == batch


async def test_a_power_is_constant_over_its_period(tenant: Tenant, home: str) -> None:
    await put(
        tenant,
        [
            reading(home, 0, 20_567, units="W"),
            reading(home, 1, 3, units="KW"),
            reading(home, 2, 1500, units="WH"),
            {**reading(home, 3), "units": None, "value": None, "energy_kwh": 0.25},
        ],
    )
    values = [one["energy"]["value"] for one in await kept(tenant, home)]
    assert values == [10.2835, 1.5, 1.5, 0.25]


async def test_a_sent_again_period_is_replaced_and_an_overlapping_one_refused(
    tenant: Tenant, home: str
) -> None:
    records = [reading(home, n) for n in range(4)]
    await put(tenant, records)
    again = await put(tenant, records)
    assert again["failed_records"] == []

    corrected = await put(tenant, [reading(home, 1, 0.75, confidence=0.5)])
    hour = {**reading(home, 2), "end_time": START.format(2, 0)}
    overlapping = await put(tenant, [hour, reading(home, 4)])

    assert corrected["records_accepted"] == 1
    assert [one["code"] for one in overlapping["failed_records"]] == ["record_overlap"]
    values = [(one["energy"]["value"], one["confidence"]) for one in await kept(tenant, home)]
    assert values == [(0.5, 1.0), (0.75, 0.5), (0.5, 1.0), (0.5, 1.0), (0.5, 1.0)]


async def test_within_a_batch_the_first_of_a_period_counts_and_the_first_of_overlapping_ones(
    tenant: Tenant, home: str
) -> None:
    hour = {**reading(home, 0), "end_time": START.format(1, 0)}
    batch = await put(
        tenant,
        [reading(home, 1), hour, reading(home, 1, 0.9), reading(home, 3), reading(home, 2)],
    )

    assert [(one["record_num"], one["code"]) for one in batch["failed_records"]] == [
        (2, "record_overlap"),
        (3, "record_duplicate"),
    ]
    assert batch["records_accepted"] == 3
    assert [one["energy"]["value"] for one in await kept(tenant, home)] == [0.5, 0.5, 0.5]


async def test_directions_and_devices_are_streams_of_their_own(tenant: Tenant) -> None:
    site = await tenant.site()
    home = site["location_id"]
    device = await tenant.device(home)
    batch = await put(
        tenant,
        [
            reading(home, 0, 1),
            reading(home, 0, 2, energy_flow_direction="OUTBOUND"),
            reading(home, 0, 3, tariff_direction="LOCAL"),
            reading(home, 0, 4, device_id=device["id"]),
        ],
    )

    assert batch["records_accepted"] == 4
    own = await kept(tenant, home)
    assert [
        (one["tariff_direction"], one["energy"]["value"])
        for one in sorted(own, key=lambda one: one["tariff_direction"])
    ] == [
        ("EXPORT", 2),
        ("IMPORT", 1),
        ("LOCAL", 3),
    ]
    (of_device,) = await kept(tenant, home, device_id=device["id"])
    assert (of_device["device_id"], of_device["energy"]["value"]) == (device["id"], 4)
    seen = (await tenant.get(f"/devices/{device['id']}")).json()["last_seen"]
    assert seen == "2026-02-01T00:30:00Z"
    summary = (await tenant.get(f"/sites/{site['id']}")).json()["devices"][0]
    assert summary["last_seen"] == seen


async def test_a_device_read_again_at_another_place_moves_there(tenant: Tenant) -> None:
    first, second = [(await tenant.site())["location_id"] for _ in range(2)]
    device = (await tenant.device(first, second))["id"]
    await put(tenant, [reading(first, 0, 1, device_id=device)])
    await put(tenant, [reading(second, 0, 2, device_id=device)])
    clash = await put(
        tenant,
        [{**reading(first, 0, 1, device_id=device), "end_time": START.format(0, 15)}],
    )

    assert await kept(tenant, first, device_id=device) == []
    (moved,) = await kept(tenant, second, device_id=device)
    assert moved["energy"]["value"] == 2
    assert [one["code"] for one in clash["failed_records"]] == ["record_overlap"]


async def test_two_writers_of_overlapping_batches_end_as_if_one_came_first(
    tenant: Tenant, home: str
) -> None:
    halves = [reading(home, n, 1) for n in range(40)]
    hours = [
        {**reading(home, n, 5), "end_time": START.format(n // 2 + 1, 0)} for n in range(0, 40, 2)
    ]
    first, second = await asyncio.gather(put(tenant, halves), put(tenant, hours))

    assert (first["records_accepted"], second["records_accepted"]) in [(40, 0), (0, 20)]
    energy = sum(one["energy"]["value"] for one in await kept(tenant, home))
    assert energy in (40, 100)


@pytest.mark.parametrize("length", [10_000, 10_001])
async def test_at_most_10_000_records_come_at_once(tenant: Tenant, home: str, length: int) -> None:
    answer = await tenant.call("PUT", "/meters/interval", json=[{}] * length)
    if length > 10_000:
        assert "x-ndjson" in error(answer, 400, "body_invalid")["message"]
    else:
        batch = answer.json()
        assert (batch["records_failed"], len(batch["failed_records"])) == (length, 1_000)
        assert batch["failed_records_truncated"]


async def test_gzip_and_lines_are_taken(tenant: Tenant, home: str) -> None:
    packed = gzip.compress(json.dumps([reading(home, 0)]).encode())
    one = await tenant.call(
        "PUT",
        "/meters/interval",
        content=packed,
        headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
    )
    lines = "\n".join([json.dumps(reading(home, n)) for n in range(1, 40)] + ["", "{oops"])
    many = await tenant.call(
        "PUT",
        "/meters/interval",
        content=gzip.compress(lines.encode()),
        headers={"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"},
    )

    assert one.json()["records_accepted"] == 1
    batch = many.json()
    assert (batch["records_submitted"], batch["records_accepted"]) == (40, 39)
    assert (batch["failed_records"][0]["record_num"], batch["complete"]) == (40, True)
    assert len(await kept(tenant, home)) == 40


async def test_gzip_of_several_members_is_read_to_its_end(tenant: Tenant, home: str) -> None:
    lines = [(json.dumps(reading(home, n)) + "\n").encode() for n in range(3)]
    headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}

    async def sent(content: bytes) -> httpx.Response:
        return await tenant.call("PUT", "/meters/interval", content=content, headers=headers)

    whole = await sent(b"".join(map(gzip.compress, lines)))
    assert whole.json()["records_accepted"] == 3
    error(await sent(gzip.compress(lines[0]) + b"more"), 400, "body_invalid")
    error(await sent(gzip.compress(lines[0]) + gzip.compress(lines[1])[:9]), 400, "body_incomplete")


async def test_a_bomb_and_broken_bodies_are_refused(tenant: Tenant, home: str) -> None:
    bomb = gzip.compress(b"[" + b" " * (64 * 1024 * 1024))
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}

    async def sent(content: bytes, **more: str) -> httpx.Response:
        return await tenant.call(
            "PUT", "/meters/interval", content=content, headers={**headers, **more}
        )

    error(await sent(bomb), 413, "body_too_large")
    error(await sent(b"no gzip"), 400, "body_invalid")
    error(await sent(gzip.compress(b"[]")[:-4]), 400, "body_incomplete")
    error(await sent(b"[]", **{"Content-Encoding": "br"}), 415, "media_type_unsupported")
    error(await sent(b"[]", **{"Content-Type": "text/csv"}), 415, "media_type_unsupported")
    long_line = b'{"a":"' + b"x" * 70_000 + b'"}'
    answer = await sent(gzip.compress(long_line), **{"Content-Type": "application/x-ndjson"})
    error(answer, 413, "body_too_large")


async def test_a_stream_that_breaks_off_leaves_an_honest_batch(
    tenant: Tenant, world: World, home: str
) -> None:
    def line(n: int) -> bytes:
        at = datetime(2026, 2, 1, tzinfo=UTC) + n * timedelta(minutes=3)
        record = {
            "location_id": home,
            "start_time": at.isoformat(),
            "end_time": (at + timedelta(minutes=2)).isoformat(),
            "energy_kwh": 0.1,
        }
        return json.dumps(record).encode() + b"\n"

    body = b"".join(line(n) for n in range(10_000)) + b'{"location_id": '
    messages = iter(
        [
            {"type": "http.request", "body": body, "more_body": True},
            {"type": "http.disconnect"},
        ]
    )

    async def receive() -> Any:
        return next(messages)

    async def send(_: Any) -> None:
        return None

    headers = {**tenant.headers, "Host": "test", "Content-Type": "application/x-ndjson"}
    scope = {
        "type": "http",
        "method": "PUT",
        "path": "/meters/interval",
        "query_string": b"",
        "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
    }
    await world.app(scope, receive, send)
    batch = (await tenant.get("/meters/batches")).json()["data"][0]
    assert (batch["records_accepted"], batch["complete"]) == (10_000, False)
    days = await kept(tenant, home, group_by="MONTH")
    assert days[0]["energy"]["value"] == 1000


async def test_a_register_counts_on_from_its_last_read_and_reports_a_fall(
    tenant: Tenant, home: str
) -> None:
    async def put_register(*data: Any) -> Any:
        body = {"location_id": home, "units": "KWH", "data": list(data)}
        answer = await tenant.call("PUT", "/meters/cumulative/epoch", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    first = await put_register(
        {"time": "2026-02-01T02:00:00Z", "value": 103},
        {"time": 1769904000, "value": 100},
        {"time": "2026-02-01T02:00:00Z", "value": 104},
    )
    second = await put_register(
        {"time": "2026-02-01T01:00:00Z", "value": 1},
        {"time": "2026-02-01T04:00:00Z", "value": 107.5},
        {"time": "2026-02-01T05:00:00Z", "value": 2},
        {"time": "2026-02-01T06:00:00Z", "value": 3.25},
        {"time": "yesterday", "value": 3},
    )

    assert [one["code"] for one in first["failed_records"]] == ["time_duplicate"]
    assert (first["records_submitted"], first["records_accepted"]) == (3, 2)
    assert [(one["record_num"], one["code"]) for one in second["failed_records"]] == [
        (1, "time_invalid"),
        (3, "register_reset"),
        (5, "time_invalid"),
    ]
    found = [(one["start_time"][11:16], one["energy"]["value"]) for one in await kept(tenant, home)]
    assert found == [("00:00", 3), ("02:00", 4.5), ("05:00", 1.25)]


async def test_records_are_paged_both_ways_and_grouped_by_local_periods(tenant: Tenant) -> None:
    home = (await tenant.site())["location_id"]
    await put(tenant, [reading(home, n, n) for n in range(47)])
    oldest = await kept(tenant, home)
    span = {"start_time": "2026-02-01T00:00:00Z", "end_time": "2026-02-02T00:00:00Z"}

    async def page(**more: Any) -> Any:
        return (await tenant.post("/meters/records", {"location_id": home, **span, **more})).json()

    first = await page(limit=20)
    second = await page(limit=20, starting_after=first["data"][-1]["id"])
    back = await page(limit=20, ending_before=second["data"][0]["id"])
    hours = await page(group_by="HOUR", order_by="OLDEST")
    days = await page(group_by="DAY", order_by="OLDEST")

    assert first["has_more"] is True
    newest = list(reversed(oldest))
    assert first["data"] + second["data"] == newest[:40]
    assert back["data"] == first["data"]
    assert [one["energy"]["value"] for one in hours["data"][:3]] == [1, 5, 9]
    assert [(one["start_time"], one["energy"]["value"]) for one in days["data"]] == [
        ("2026-02-01T00:00:00Z", sum(range(46))),
        ("2026-02-01T23:00:00Z", 46),
    ]


async def test_readings_go_with_their_site_and_stay_when_their_device_goes(
    tenant: Tenant, world: World
) -> None:
    site = await tenant.site()
    home = site["location_id"]
    device = (await tenant.device(home))["id"]
    await put(tenant, [reading(home, 0), reading(home, 0, device_id=device)])

    async def count() -> int:
        async with world.db.reading() as db:
            return int(
                await db.fetchval(
                    "SELECT count(*) FROM meter_readings WHERE account = $1",
                    tenant.caller.account,
                )
            )

    await tenant.delete(f"/devices/{device}")
    assert await count() == 2
    await tenant.delete(f"/locations/{home}")
    assert await count() == 0


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "location_id_missing", "location_id"),
        ({"location_id": "HOME", "limit": 25_001}, "limit_invalid", "limit"),
        (
            {"location_id": "HOME", "starting_after": "mre_1"},
            "starting_after_invalid",
            "starting_after",
        ),
        (
            {
                "location_id": "HOME",
                "start_time": "2026-02-02T00:00:00Z",
                "end_time": "2026-02-01T00:00:00Z",
            },
            "end_time_invalid",
            "end_time",
        ),
        ({"location_id": "HOME", "group_by": "YEAR"}, "group_by_invalid", "group_by"),
    ],
)
async def test_a_malformed_search_is_refused(
    tenant: Tenant, home: str, body: dict[str, Any], code: str, param: str
) -> None:
    body = {key: home if value == "HOME" else value for key, value in body.items()}
    error(await tenant.post("/meters/records", body), 400, code, param)
