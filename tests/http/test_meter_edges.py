"""Readings at the edges of what can be said: numbers, times, texts, months, ends."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.support.world import Tenant, World
from wattyard.meters.service import Meters

HOME = "2026-02-01T00:00:00Z"


def raw(home: str, start: str, end: str, energy: str = "0.5", more: str = "") -> str:
    """A record as text, so that it can say what Python's JSON cannot."""
    return (
        f'{{"location_id":"{home}","start_time":"{start}","end_time":"{end}",'
        f'"energy_kwh":{energy}{more}}}'
    )


async def put(tenant: Tenant, *records: str) -> Any:
    answer = await tenant.call(
        "PUT",
        "/meters/interval",
        content=f"[{','.join(records)}]".encode(),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def stream(tenant: Tenant, lines: bytes) -> Any:
    return await tenant.call(
        "PUT", "/meters/interval", content=lines, headers={"Content-Type": "application/x-ndjson"}
    )


async def kept(tenant: Tenant, home: str, **more: Any) -> list[Any]:
    body = {
        "location_id": home,
        "start_time": "1999-01-01T00:00:00Z",
        "end_time": "2100-01-01T00:00:00Z",
        "order_by": "OLDEST",
        "limit": 25_000,
        **more,
    }
    answer = await tenant.post("/meters/records", body)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


def codes(batch: Any) -> list[str]:
    return [one["code"] for one in batch["failed_records"]]


@pytest.fixture
async def home(tenant: Tenant) -> str:
    return str((await tenant.site())["location_id"])


HALF = ("2026-02-01T00:00:00Z", "2026-02-01T00:30:00Z")


@pytest.mark.parametrize(
    ("energy", "code"),
    [
        ("1e400", "energy_kwh_invalid"),
        ("-1e400", "energy_kwh_invalid"),
        ("1e308", "value_too_large"),
        ("1000000.0001", "value_too_large"),
        ("1" + "0" * 400, "energy_kwh_invalid"),
        ("-0.0000001", "value_negative"),
        ('"1"', "energy_kwh_invalid"),
        ("true", "energy_kwh_invalid"),
        ("null", "value_missing"),
        ('1,"units":"KWH","value":1', "parameters_exclusive"),
        ('1,"units":"KWH"', "parameters_exclusive"),
        ('1,"value":0', "parameters_exclusive"),
        ('null,"value":1', "units_missing"),
        ('null,"units":"W","value":1e308', "value_too_large"),
        ('1,"confidence":0.05', "confidence_invalid"),
        ('1,"confidence":1.01', "confidence_invalid"),
        ('1,"record_reference_id":"\\u0000"', "record_reference_id_invalid"),
        ('1,"record_reference_id":"a\\ud800"', "record_reference_id_invalid"),
        ('1,"session_reference_id":""', "session_reference_id_invalid"),
        ('1,"session_reference_id":"a\\n"', "session_reference_id_invalid"),
        ('1,"device_id":"dev_1"', "device_id_invalid"),
        ('1,"device_id":"dev_' + "0" * 32 + '\\n"', "device_id_invalid"),
        ('1,"energy_flow_direction":"inbound"', "energy_flow_direction_invalid"),
        ('1,"a\\u0000":1', "parameter_unknown"),
        ('1,"a\\ud800":1', "parameter_unknown"),
        ('1,"units":"\\u0000"', "units_invalid"),
    ],
)
async def test_a_number_or_text_out_of_range_fails_its_record_only(
    tenant: Tenant, home: str, energy: str, code: str
) -> None:
    batch = await put(tenant, raw(home, *HALF, energy), raw(home, HALF[1], "2026-02-01T01:00:00Z"))
    assert (codes(batch), batch["records_accepted"]) == ([code], 1)
    assert batch["failed_records"][0]["record_num"] == 1
    lines = (raw(home, *HALF, energy) + "\n").encode()
    assert codes((await stream(tenant, lines)).json()) == [code]


async def test_zero_and_the_largest_energy_are_kept_and_zero_has_no_sign(
    tenant: Tenant, home: str
) -> None:
    batch = await put(
        tenant,
        raw(home, *HALF, "-0.0"),
        raw(home, HALF[1], "2026-02-01T01:00:00Z", "1000000"),
        raw(home, "2026-02-01T01:00:00Z", "2026-02-01T02:00:00Z", "1e-300"),
    )
    assert batch["records_accepted"] == 3
    values = [str(one["energy"]["value"]) for one in await kept(tenant, home)]
    assert values == ["0.0", "1000000.0", "0.0"]
    assert str((await kept(
        tenant, home, group_by="HALF_HOUR", start_time=HALF[0], end_time=HALF[1]
    ))[0]["energy"]["value"]) == "0.0"  # fmt: skip


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        ("2026-02-01T00:00:00", "2026-02-01T00:30:00Z", "start_time_invalid"),
        ("2026-02-01", "2026-02-01T00:30:00Z", "start_time_invalid"),
        ("2026-02-30T00:00:00Z", "2026-03-01T00:30:00Z", "start_time_invalid"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:30:00Z", "start_time_invalid"),
        ("2026-02-01T00:00:00+24:00", "2026-02-01T00:30:00Z", "start_time_invalid"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:30:00+14:00", "start_time_invalid"),
        ("1999-12-31T23:59:59.999999Z", "2000-01-01T00:30:00Z", "start_time_invalid"),
        ("2000-01-01T00:00:00+00:01", "2000-01-01T00:30:00Z", "start_time_invalid"),
        ("2026-02-01T00:00:00Z", "2026-02-01T00:00:00Z", "end_time_invalid"),
        ("2026-02-01T00:00:00Z", "2026-02-01T01:00:00+01:00", "end_time_invalid"),
        ("2026-02-01T00:00:00Z", "2026-02-01T00:00:00.0000001Z", "end_time_invalid"),
        ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00.000001Z", "period_too_long"),
        ("2026-03-01T10:00:00Z", "2026-03-02T10:00:01Z", "time_in_future"),
        ("9999-12-31T23:00:00Z", "9999-12-31T23:59:59-14:00", "time_in_future"),
        ("9999-12-31T23:00:00Z", "9999-12-31T23:59:59.999999Z", "time_in_future"),
    ],
)
async def test_a_time_that_cannot_be_fails_its_record_only(
    tenant: Tenant, home: str, start: str, end: str, code: str
) -> None:
    batch = await put(tenant, raw(home, start, end), raw(home, *HALF))
    assert (codes(batch), batch["records_accepted"]) == ([code], 1)


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        ("9999-12-31T23:00:00Z", "9999-12-31T23:59:59-14:00", "time_in_future"),
        ("9999-12-31T23:00:00-05:00", "9999-12-31T23:59:59.999999-05:00", "time_in_future"),
        ("2030-01-01T00:00:00Z", "2030-01-01T00:30:00Z", "time_in_future"),
        ("2028-01-01T00:00:00Z", "2028-01-01T00:30:00Z", None),
    ],
)
async def test_a_forecast_ends_within_three_years(
    tenant: Tenant, home: str, start: str, end: str, code: str | None
) -> None:
    batch = await put(tenant, raw(home, start, end, '1,"confidence":0.5'))
    assert codes(batch) == ([code] if code else [])
    assert codes(await put(tenant, raw(home, start, end))) == ["time_in_future"]


async def test_a_register_read_ahead_of_time_does_not_spoil_the_register(
    tenant: Tenant, home: str
) -> None:
    async def read(time: str, value: float) -> Any:
        data = [{"time": time, "value": value}]
        body = {"location_id": home, "units": "KWH", "data": data}
        return (await tenant.call("PUT", "/meters/cumulative/epoch", json=body)).json()

    assert codes(await read("2026-02-01T00:00:00Z", 1)) == []
    assert codes(await read("2027-02-01T00:00:00Z", 2)) == ["time_in_future"]
    assert codes(await read("2026-02-02T00:00:00Z", 3)) == []
    assert [one["energy"]["value"] for one in await kept(tenant, home)] == [2]


async def test_what_cannot_be_kept_in_a_register_read_is_named(tenant: Tenant, home: str) -> None:
    for item in ('{"time":1e400,"value":1}', '{"time":"\\u0000","value":1}'):
        body = f'{{"location_id":"{home}","units":"KWH","data":[{item}]}}'
        answer = await tenant.call(
            "PUT",
            "/meters/cumulative/epoch",
            content=body.encode(),
            headers={"Content-Type": "application/json"},
        )
        refused = answer.json()
        assert (answer.status_code, refused["param"]) == (400, "data[0]")


async def test_periods_of_a_microsecond_touch_and_do_not_overlap(tenant: Tenant, home: str) -> None:
    times = [f"2026-01-31T23:59:59.{n:06}Z" for n in range(999_990, 1_000_000)]
    times.append("2026-02-01T00:00:00.000000Z")
    batch = await put(tenant, *(raw(home, a, b) for a, b in pairwise(times)))
    assert batch["records_accepted"] == 10
    over = raw(home, times[3], "2026-01-31T23:59:59.999995Z")
    assert codes(await put(tenant, over)) == ["record_overlap"]
    found = await kept(tenant, home)
    assert [one["start_time"] for one in found][:2] == times[:2]
    days = await kept(
        tenant, home, group_by="MONTH", start_time="2026-01-01T00:00:00Z",
        end_time="2026-03-01T00:00:00Z",
    )  # fmt: skip
    assert sum(one["energy"]["value"] for one in days) == 5


async def test_readings_across_month_edges_and_from_the_first_second_on_are_found(
    tenant: Tenant, home: str
) -> None:
    periods = [
        ("2000-01-01T00:00:00Z", "2000-02-01T00:00:00Z"),
        ("2000-02-01T00:00:00Z", "2000-02-15T12:00:00Z"),
        ("2000-02-15T12:00:00Z", "2000-03-15T12:00:00Z"),
        ("2000-03-31T23:59:59.999999Z", "2000-04-01T00:00:00.000001Z"),
    ]
    assert (await put(tenant, *(raw(home, *one, "31") for one in periods)))["records_accepted"] == 4
    for start, end in [
        ("2000-01-31T23:00:00Z", "2000-01-31T23:30:00Z"),
        ("2000-03-01T00:00:00Z", "2000-03-01T00:30:00Z"),
        ("2000-04-01T00:00:00Z", "2000-04-01T01:00:00Z"),
    ]:
        assert codes(await put(tenant, raw(home, start, end))) == ["record_overlap"]
    clear = raw(home, "2000-04-01T00:00:00.000001Z", "2000-04-01T01:00:00Z")
    assert (await put(tenant, clear))["records_accepted"] == 1
    january = await kept(
        tenant, home, group_by="MONTH", start_time="2000-01-01T00:00:00+01:00",
        end_time="2000-04-01T00:00:00+02:00",
    )  # fmt: skip
    assert round(sum(one["energy"]["value"] for one in january), 3) == 93


async def test_of_records_out_of_order_the_first_of_a_period_counts_and_others_are_told(
    tenant: Tenant, home: str
) -> None:
    def at(n: int, kwh: float) -> str:
        start = datetime(2026, 2, 1, tzinfo=UTC) + n * timedelta(minutes=30)
        end = start + timedelta(minutes=30)
        offset = "+05:30" if n % 2 else "Z"
        shift = timedelta(hours=5, minutes=30) if n % 2 else timedelta()
        form = "%Y-%m-%dT%H:%M:%S"
        return raw(
            home,
            f"{start + shift:{form}}{offset}",
            f"{end + shift:{form}}{offset}",
            str(kwh),
        )

    order = [(7 * n) % 48 for n in range(96)]
    batch = await put(tenant, *(at(n, number) for number, n in enumerate(order)))
    assert batch["records_accepted"] == 48
    assert codes(batch) == ["record_duplicate"] * 48
    assert [one["record_num"] for one in batch["failed_records"]] == list(range(49, 97))
    found = await kept(tenant, home)
    first = {n: number for number, n in enumerate(order[:48])}
    assert [one["energy"]["value"] for one in found] == [first[n] for n in range(48)]


async def test_one_period_for_two_places_in_one_batch_is_kept_at_the_last(
    tenant: Tenant,
) -> None:
    first, second = [(await tenant.site())["location_id"] for _ in range(2)]
    device = (await tenant.device(first, second))["id"]
    of_device = f',"device_id":"{device}"'
    await put(tenant, raw(first, *HALF, "1", of_device))
    places = [raw(place, *HALF, "2", of_device) for place in (first, second)]
    batch = await put(tenant, *places, raw(first, *HALF, "3", of_device))

    assert codes(batch) == ["record_duplicate"]
    assert await kept(tenant, first, device_id=device) == []
    (one,) = await kept(tenant, second, device_id=device)
    assert one["energy"]["value"] == 2


async def test_last_seen_is_never_ahead_of_now(tenant: Tenant, home: str) -> None:
    device = (await tenant.device(home))["id"]
    more = f',"device_id":"{device}","confidence":0.5'
    end = "2026-06-01T00:30:00Z"
    batch = await put(tenant, raw(home, "2026-06-01T00:00:00Z", end, "1", more))
    assert batch["records_accepted"] == 1
    seen = (await tenant.get(f"/devices/{device}")).json()["last_seen"]
    assert seen is None or seen <= "2026-03-01T10:00:00.123Z"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{}", "body_invalid"),
        (b"null", "body_invalid"),
        (b"[", "json_invalid"),
        (b"[NaN]", "json_invalid"),
        (b"\xff\xfe", "json_invalid"),
        (b"", "json_invalid"),
        (b"[" * 100_000, "json_invalid"),
        (b"[" + b",".join([b"1"] * 10_001) + b"]", "body_invalid"),
    ],
)
async def test_a_body_that_is_no_array_is_refused_whole(
    tenant: Tenant, body: bytes, code: str
) -> None:
    answer = await tenant.call(
        "PUT", "/meters/interval", content=body, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_lines_that_are_no_records_fail_alone(tenant: Tenant, home: str) -> None:
    lines = [
        raw(home, *HALF).encode(),
        b"[]",
        b"NaN",
        b'{"location_id":NaN}',
        b"\xff",
        b"[" * 30_000,
        b"\x00",
        b"1",
        b"\xef\xbb\xbf{}",
        raw(home, HALF[1], "2026-02-01T01:00:00Z").encode() + b"\r",
    ]
    batch = (await stream(tenant, b"\n".join(lines))).json()
    assert (batch["records_accepted"], batch["records_failed"]) == (2, 8)
    assert batch["complete"] is True
    assert [one["record_num"] for one in batch["failed_records"]] == list(range(2, 10))


async def test_a_stream_has_an_end(world: World, tenant: Tenant) -> None:
    meters = replace(world.services.get(Meters), stream_records=10_000)
    async with World(world.db, world.clock, {Meters: meters}) as other:
        answer = await stream(replace(tenant, http=other.http), b"1\n" * 10_001)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    batch = (await tenant.get("/meters/batches")).json()["data"][0]
    assert (batch["records_failed"], batch["complete"]) == (10_000, False)
    assert [one["record_num"] for one in batch["failed_records"]] == list(range(1, 1_001))
    assert batch["failed_records_truncated"] is True


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ('{"time":-1,"value":1}', "time_invalid"),
        ('{"time":253402300800,"value":1}', "time_invalid"),
        ('{"time":253402300799,"value":9}', "time_in_future"),
        ('{"time":"2026-02-01T00:00:00","value":1}', "time_invalid"),
        ('{"time":"2016-12-31T23:59:60Z","value":1}', "time_invalid"),
        ('{"time":"1999-12-31T23:59:59Z","value":1}', "time_invalid"),
        ('{"time":"2026-02-03T00:00:00Z","value":-1}', "value_invalid"),
        ('{"time":1e20,"value":9}', "time_invalid"),
        ('{"time":"2026-02-03T00:00:00Z","value":1e15}', "value_too_large"),
        ('{"time":"2026-02-03T00:00:00Z"}', "value_missing"),
        ('{"time":true,"value":1}', "time_invalid"),
        ("7", "body_invalid"),
    ],
)
async def test_a_register_read_out_of_range_fails_alone(
    tenant: Tenant, home: str, item: str, code: str
) -> None:
    good = '{"time":"2026-02-01T00:00:00Z","value":5},{"time":1770000000.5,"value":7}'
    body = f'{{"location_id":"{home}","units":"KWH","data":[{good},{item}]}}'
    answer = await tenant.call(
        "PUT",
        "/meters/cumulative/epoch",
        content=body.encode(),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 200, answer.text
    batch = answer.json()
    assert [(one["record_num"], one["code"]) for one in batch["failed_records"]] == [(3, code)]
    assert (batch["records_submitted"], batch["records_accepted"]) == (3, 2)
    found = [one for one in await kept(tenant, home) if one["energy"]["value"]]
    assert [one["energy"]["value"] for one in found] == [2]


async def test_a_stranger_and_the_other_mode_find_neither_batches_nor_records(
    tenant: Tenant, home: str
) -> None:
    batch = await put(tenant, raw(home, *HALF))
    assert tenant.twin is not None
    for path in (f"/meters/batches/{batch['id']}",):
        assert (await tenant.twin.get(path)).status_code == 404
    search = {"location_id": home}
    assert (await tenant.twin.post("/meters/records", search)).status_code == 404
    refused = await put(tenant.twin, raw(home, *HALF))
    assert codes(refused) == ["location_not_found"]
    body = {"location_id": home, "units": "KWH", "data": [{"time": 1770000000, "value": 1}]}
    answer = await tenant.twin.call("PUT", "/meters/cumulative/epoch", json=body)
    assert answer.status_code == 404


async def test_one_field_said_twice_counts_as_said_last(tenant: Tenant, home: str) -> None:
    body = raw(home, *HALF, '1,"energy_kwh":2')
    assert (await put(tenant, body))["records_accepted"] == 1
    assert [one["energy"]["value"] for one in await kept(tenant, home)] == [2]
    assert json.loads(body)["energy_kwh"] == 2
