"""Published prices of market sources, and their versions (contract 2, Market sources)."""

import asyncio
import gzip
import json
from datetime import timedelta
from itertools import pairwise

from tests.support.market_sources import (
    BODY,
    HOUR,
    NEW_YEAR,
    QUARTER,
    price,
    published,
    put,
    text,
    versions,
)
from tests.support.tariff_bodies import flat
from tests.support.world import AMSTERDAM, Tenant, World, error


async def test_prices_are_published_and_read_back(tenant: Tenant) -> None:
    source = await tenant.make("/market-sources", BODY)
    batch = [price(NEW_YEAR + n * HOUR, 80.5 - n) for n in range(24)]

    answer = await put(tenant, source, list(reversed(batch)))

    assert (answer.status_code, answer.json()) == (
        200,
        {
            "object": "market_price_batch",
            "market_source_id": source["id"],
            "records_submitted": 24,
            "records_accepted": 24,
            "records_changed": 0,
        },
    )
    assert await published(tenant, source, NEW_YEAR, NEW_YEAR + 24 * HOUR) == batch
    part = await published(tenant, source, NEW_YEAR + 2 * HOUR, NEW_YEAR + 4 * HOUR)
    assert [one["value"] for one in part] == [78.5, 77.5]
    (told,) = (await tenant.get("/events?event_type=market_source.update")).json()["data"]
    assert told["data"] == (await tenant.get(f"/market-sources/{source['id']}")).json()
    assert told["data"]["published_until"] == "2026-01-02T00:00:00Z"
    assert told["data"]["last_updated"] == "2026-03-01T10:00:00.123Z"


async def test_a_batch_tells_one_event_and_none_where_nothing_changed(tenant: Tenant) -> None:
    source = await tenant.make("/market-sources", BODY)
    rate = flat([{"surcharge_fixed": 0.0}])
    for _ in range(2):
        at = (await tenant.make("/locations", {"postal_address": AMSTERDAM}))["id"]
        await tenant.tariff(at, market_rates=True, market_source_id=source["id"], schedule=rate)
    before = (await tenant.get("/events?limit=1")).json()["data"][0]["id"]
    for _ in range(2):
        await tenant.publish(source["id"], [price(NEW_YEAR, 1), price(NEW_YEAR + HOUR, 2)])

    told = (await tenant.get(f"/events?ending_before={before}")).json()["data"]

    assert [one["type"] for one in told] == ["market_source.update"]


async def test_a_changed_value_keeps_its_earlier_versions(world: World, tenant: Tenant) -> None:
    source = await tenant.make("/market-sources", BODY)
    await tenant.publish(source["id"], [price(NEW_YEAR, 10), price(NEW_YEAR + HOUR, 20)])
    same = await tenant.publish(source["id"], [price(NEW_YEAR, 10), price(NEW_YEAR + HOUR, 20)])
    assert (same["records_accepted"], same["records_changed"]) == (2, 0)
    assert await versions(world, source) == []

    second = await tenant.publish(source["id"], [price(NEW_YEAR, 11), price(NEW_YEAR + HOUR, 20)])
    third = await tenant.publish(source["id"], [price(NEW_YEAR, 12)])

    assert (second["records_submitted"], second["records_changed"]) == (2, 1)
    assert third["records_changed"] == 1
    kept = [(NEW_YEAR, NEW_YEAR + HOUR, 10.0), (NEW_YEAR, NEW_YEAR + HOUR, 11.0)]
    assert await versions(world, source) == kept
    now = await published(tenant, source, NEW_YEAR, NEW_YEAR + 2 * HOUR)
    assert [one["value"] for one in now] == [12, 20]


async def test_intervals_that_overlap_are_refused_whole(world: World, tenant: Tenant) -> None:
    source = await tenant.make("/market-sources", BODY)
    before = [price(NEW_YEAR, 10), price(NEW_YEAR + HOUR, 20)]
    await tenant.publish(source["id"], before)
    far = price(NEW_YEAR + 9 * HOUR, 1)

    for batch in (
        [far, price(NEW_YEAR + 5 * HOUR, 1), price(NEW_YEAR + 5 * HOUR + QUARTER, 2)],
        [far, price(NEW_YEAR + 5 * HOUR, 1), price(NEW_YEAR + 5 * HOUR, 2)],
        [far, price(NEW_YEAR - QUARTER, 1, HOUR)],
        [far, price(NEW_YEAR + 90 * timedelta(minutes=1), 1)],
    ):
        answer = await put(tenant, source, batch)
        assert answer.status_code in (400, 422), answer.text
        assert answer.json()["code"].startswith("market_price"), answer.text
        assert await published(tenant, source, NEW_YEAR - HOUR, NEW_YEAR + 24 * HOUR) == before
    assert await versions(world, source) == []


async def test_the_price_that_overlaps_a_published_one_is_named(tenant: Tenant) -> None:
    source = await tenant.make("/market-sources", BODY)
    await tenant.publish(source["id"], [price(NEW_YEAR, 10), price(NEW_YEAR + HOUR, 20)])
    far = price(NEW_YEAR + 9 * HOUR, 1)
    for start, kept in (
        (NEW_YEAR + QUARTER, "2026-01-01T00:00:00Z to 2026-01-01T01:00:00Z, which is published"),
        (NEW_YEAR - QUARTER, "2026-01-01T00:00:00Z to 2026-01-01T01:00:00Z, which is published"),
        (NEW_YEAR + HOUR + QUARTER, "2026-01-01T01:00:00Z to 2026-01-01T02:00:00Z, which is"),
    ):
        answer = await put(tenant, source, [far, price(start, 1)])

        error(answer, 422, "market_price_overlap", "[1].valid_from")
        assert kept in answer.json()["message"]


async def test_an_hour_is_replaced_by_its_quarters(world: World, tenant: Tenant) -> None:
    source = await tenant.make("/market-sources", BODY)
    await tenant.publish(source["id"], [price(NEW_YEAR, 10), price(NEW_YEAR + HOUR, 20)])
    quarters = [price(NEW_YEAR + n * QUARTER, float(n), QUARTER) for n in range(4)]

    answer = await put(tenant, source, quarters)

    assert answer.status_code == 200, answer.text
    now = await published(tenant, source, NEW_YEAR, NEW_YEAR + 2 * HOUR)
    assert now == [*quarters, price(NEW_YEAR + HOUR, 20)]
    assert (NEW_YEAR, NEW_YEAR + HOUR, 10.0) in await versions(world, source)


async def test_intervals_of_any_length_are_taken(tenant: Tenant) -> None:
    source = await tenant.make("/market-sources", BODY)
    batch = [
        price(NEW_YEAR, 1, timedelta(days=31)),
        price(NEW_YEAR + timedelta(days=31), 2, timedelta(seconds=1)),
        price(NEW_YEAR + timedelta(days=31, seconds=1), -3, timedelta(minutes=7)),
    ]

    await tenant.publish(source["id"], batch)

    end = NEW_YEAR + timedelta(days=40)
    assert await published(tenant, source, NEW_YEAR, end) == batch


async def test_bad_prices_are_refused_where_they_stand(tenant: Tenant) -> None:
    source = await tenant.make("/market-sources", BODY)
    good = price(NEW_YEAR, 1)
    for change, param in (
        ({"valid_to": text(NEW_YEAR)}, "[1].valid_to"),
        ({"valid_to": text(NEW_YEAR - HOUR)}, "[1].valid_to"),
        ({"valid_from": "2026-01-01T00:00:00"}, "[1].valid_from"),
        ({"valid_from": "yesterday"}, "[1].valid_from"),
        ({"value": "80"}, "[1].value"),
        ({"value": None}, "[1].value"),
        ({"value": True}, "[1].value"),
        ({"value": 1e300}, "[1].value"),
        ({"confidence": 1}, "[1].confidence"),
    ):
        answer = await put(tenant, source, [good, {**price(NEW_YEAR + HOUR, 1), **change}])
        assert answer.status_code == 400, (change, answer.text)
        assert answer.json()["param"] == param, answer.text
    for wrong in ({}, "x", 1, [1], [[]]):
        assert (await put(tenant, source, wrong)).status_code == 400, wrong
    head = {"content-type": "application/json"}
    for number in ("NaN", "Infinity", "-Infinity", "1e999"):
        raw = f'[{{"valid_from":"{text(NEW_YEAR)}","valid_to":"{text(NEW_YEAR + HOUR)}",'
        raw += f'"value":{number}}}]'
        answer = await tenant.call(
            "PUT", f"/market-sources/{source['id']}/prices", content=raw, headers=head
        )
        assert answer.status_code == 400, (number, answer.text)
    assert await published(tenant, source, NEW_YEAR, NEW_YEAR + 24 * HOUR) == []
    assert (await tenant.get("/events?event_type=market_source.update")).json()["data"] == []


async def test_a_hundred_thousand_prices_are_taken_and_not_one_more(tenant: Tenant) -> None:
    source = await tenant.make("/market-sources", BODY)
    start = NEW_YEAR - 100_001 * QUARTER
    rows = [
        f'{{"valid_from":"{text(start + n * QUARTER)}",'
        f'"valid_to":"{text(start + (n + 1) * QUARTER)}","value":{n % 300}.5}}'
        for n in range(100_001)
    ]
    path = f"/market-sources/{source['id']}/prices"
    head = {"content-type": "application/json"}

    over = await tenant.call("PUT", path, content=f"[{','.join(rows)}]", headers=head)
    assert over.status_code in (400, 413), over.text
    assert "100" in over.json()["message"]
    assert await published(tenant, source, start, start + HOUR) == []
    answer = await tenant.call("PUT", path, content=f"[{','.join(rows[1:])}]", headers=head)

    assert answer.status_code == 200, answer.text
    assert answer.json()["records_accepted"] == 100_000
    last = await published(tenant, source, NEW_YEAR - HOUR, NEW_YEAR)
    assert len(last) == 4


async def test_more_prices_than_an_answer_holds_are_read_in_parts(tenant: Tenant) -> None:
    source = await tenant.make("/market-sources", BODY)
    second = timedelta(seconds=1)
    for first in range(0, 200_001, 100_000):
        ends = min(first + 100_000, 200_001)
        batch = [price(NEW_YEAR + n * second, 1, second) for n in range(first, ends)]
        await tenant.publish(source["id"], batch)
    end = NEW_YEAR + 200_001 * second
    span = {"start_time": text(NEW_YEAR), "end_time": text(end)}

    answer = await tenant.get(f"/market-sources/{source['id']}/prices", params=span)

    error(answer, 400, "end_time_invalid", "end_time")
    assert len(await published(tenant, source, NEW_YEAR, end - second)) == 200_000


async def test_of_a_batch_with_very_many_faults_the_first_thousand_are_told(
    tenant: Tenant,
) -> None:
    source = await tenant.make("/market-sources", BODY)

    answer = await put(tenant, source, [{"value": "dear"}] * 10_000)

    faults = error(answer, 400, "valid_from_missing", "[0].valid_from")["errors"]
    assert len(faults) == 1000
    assert faults[-1]["param"] == "[333].valid_from"
    assert await published(tenant, source, NEW_YEAR, NEW_YEAR + HOUR) == []


async def test_prices_are_taken_as_gzip_up_to_what_is_in_it(tenant: Tenant) -> None:
    source = await tenant.make("/market-sources", BODY)
    path = f"/market-sources/{source['id']}/prices"
    head = {"content-type": "application/json", "content-encoding": "gzip"}
    batch = [price(NEW_YEAR, 10), price(NEW_YEAR + HOUR, 20)]
    packed = gzip.compress(json.dumps(batch).encode())
    bomb = gzip.compress(b"[" + b" " * (17 * 1024 * 1024) + b"]")

    taken = await tenant.call("PUT", path, content=packed, headers=head)

    assert taken.status_code == 200, taken.text
    assert await published(tenant, source, NEW_YEAR, NEW_YEAR + 2 * HOUR) == batch
    error(await tenant.call("PUT", path, content=bomb, headers=head), 413, "body_too_large")
    half = await tenant.call("PUT", path, content=packed[:-9], headers=head)
    error(half, 400, "body_incomplete")
    brotli = {**head, "content-encoding": "br"}
    other = await tenant.call("PUT", path, content=packed, headers=brotli)
    error(other, 415, "media_type_unsupported")


async def test_batches_at_once_that_overlap_leave_one_price_for_each_instant(
    tenant: Tenant,
) -> None:
    source = await tenant.make("/market-sources", BODY)
    hours = [price(NEW_YEAR + n * HOUR, 1) for n in range(24)]
    shifted = [price(NEW_YEAR + n * HOUR + 2 * QUARTER, 2) for n in range(24)]
    same = [price(NEW_YEAR + n * HOUR, 3) for n in reversed(range(24))]

    answers = await asyncio.gather(*(put(tenant, source, one) for one in (hours, shifted, same)))

    assert {answer.status_code for answer in answers} <= {200, 422, 503}
    assert 200 in {answer.status_code for answer in answers}
    kept = await published(tenant, source, NEW_YEAR - HOUR, NEW_YEAR + 26 * HOUR)
    assert len(kept) == 24
    assert len({one["value"] for one in kept}) == 1, "one batch won whole"
    for one, following in pairwise(kept):
        assert one["valid_to"] <= following["valid_from"]


async def test_reading_prices_needs_a_forward_span_with_offsets(tenant: Tenant) -> None:
    source = await tenant.make("/market-sources", BODY)
    path = f"/market-sources/{source['id']}/prices"
    good = {"start_time": text(NEW_YEAR), "end_time": text(NEW_YEAR + HOUR)}

    for change, code in (
        ({"end_time": good["start_time"]}, "end_time_invalid"),
        ({"end_time": text(NEW_YEAR - HOUR)}, "end_time_invalid"),
        ({"start_time": "2026-01-01T00:00:00"}, "start_time_invalid"),
        ({"start_time": "2026"}, "start_time_invalid"),
    ):
        error(await tenant.get(path, params={**good, **change}), 400, code)
    error(await tenant.get(path, params={"end_time": good["end_time"]}), 400, "start_time_missing")
    assert (await tenant.get(path, params=good)).json()["data"] == []


async def test_published_prices_are_answered_in_the_offset_of_the_question(tenant: Tenant) -> None:
    source = await tenant.make("/market-sources", BODY)
    await tenant.publish(source["id"], [price(NEW_YEAR, 10), price(NEW_YEAR + HOUR, 20)])

    answer = await tenant.get(
        f"/market-sources/{source['id']}/prices",
        params={"start_time": "2026-01-01T01:30:00+01:00", "end_time": "2026-01-01T04:00:00+02:00"},
    )

    assert answer.json()["data"] == [
        {
            "valid_from": f"2026-01-01T0{n}:00:00+02:00",
            "valid_to": f"2026-01-01T0{n + 1}:00:00+02:00",
        }
        | {"value": value}
        for n, value in ((2, 10), (3, 20))
    ]
