"""The cheapest and the dearest time (contract 4, By duration and By limit)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.pricing import DAY_AND_NIGHT, hourly, market, place
from tests.support.world import Tenant, World, error

DAY = {"start_time": "2026-03-02T00:00:00Z", "end_time": "2026-03-03T00:00:00Z"}
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
PATHS = ("/schedules/duration", "/schedules/limit")


async def ask(tenant: Tenant, path: str, at: str, **more: Any) -> Any:
    body = {"location_id": at, "segment": "LOW", **DAY, **more}
    answer = await tenant.post(path, body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refused(tenant: Tenant, path: str, at: str, **more: Any) -> Any:
    goal = {"duration": 60} if path.endswith("duration") else {"relative": 0.5}
    body = {"location_id": at, "segment": "LOW", **DAY, **goal, **more}
    return await tenant.post(path, {k: v for k, v in body.items() if v is not ...})


def slots(answer: Any) -> list[tuple[str, str, float]]:
    return [(s["start_time"], s["end_time"], s["price"]["value"]) for s in answer["data"]]


def minutes(answer: Any) -> float:
    total = timedelta()
    for one in answer["data"]:
        start, end = (datetime.fromisoformat(one[name]) for name in ("start_time", "end_time"))
        total += end - start
    return total / timedelta(minutes=1)


# By duration.


async def test_a_schedule_by_duration_has_its_fields(tenant: Tenant) -> None:
    at = await place(tenant)
    await tenant.tariff(at, schedule=DAY_AND_NIGHT)

    answer = await ask(tenant, "/schedules/duration", at, duration=90)

    assert answer["id"].startswith("std_")
    assert answer == {
        "id": answer["id"],
        "object": "schedule_duration",
        "live_mode": False,
        "account_id": tenant.account_id,
        "time_created": "2026-03-01T10:00:00.123Z",
        "location_id": at,
        "device_id": None,
        "location_timezone": "Europe/Amsterdam",
        "currency_code": "EUR",
        "tariff_direction": "IMPORT",
        "next_update": "2026-12-31T23:00:00Z",
        "prices_until": None,
        "duration": 90,
        "data": [
            {
                "start_time": "2026-03-02T00:00:00Z",
                "end_time": "2026-03-02T01:30:00Z",
                "price": {"value": 0.1, "confidence": 1},
                "vpp_event": False,
            }
        ],
    }


async def test_the_cheapest_and_the_dearest_hours_are_found(tenant: Tenant) -> None:
    at = await place(tenant)
    await market(tenant, at, hourly(MONDAY, [(n * 7 % 24) / 100 for n in range(24)]))

    low = await ask(tenant, "/schedules/duration", at, duration=150)
    high = await ask(tenant, "/schedules/duration", at, duration=60, segment="HIGH")

    assert slots(low) == [
        ("2026-03-02T00:00:00Z", "2026-03-02T01:00:00Z", 0.0),
        ("2026-03-02T07:00:00Z", "2026-03-02T08:00:00Z", 0.01),
        ("2026-03-02T14:00:00Z", "2026-03-02T14:30:00Z", 0.02),
    ]
    assert slots(high) == [("2026-03-02T17:00:00Z", "2026-03-02T18:00:00Z", 0.23)]


async def test_one_block_is_the_best_block(tenant: Tenant) -> None:
    at = await place(tenant)
    await market(tenant, at, hourly(MONDAY, [3, 1, 2, 1, 3, *[5] * 19]))

    answer = await ask(tenant, "/schedules/duration", at, duration=180, contiguous=True)

    assert slots(answer) == [
        ("2026-03-02T01:00:00Z", "2026-03-02T02:00:00Z", 1),
        ("2026-03-02T02:00:00Z", "2026-03-02T03:00:00Z", 2),
        ("2026-03-02T03:00:00Z", "2026-03-02T04:00:00Z", 1),
    ]


async def test_slots_can_be_kept_from_being_short(tenant: Tenant) -> None:
    at = await place(tenant)
    await market(tenant, at, hourly(MONDAY, [3, 1, 3, 3, 2, 2, *[5] * 18]))

    answer = await ask(tenant, "/schedules/duration", at, duration=120, min_slot_minutes=120)

    assert slots(answer) == [
        ("2026-03-02T00:00:00Z", "2026-03-02T01:00:00Z", 3),
        ("2026-03-02T01:00:00Z", "2026-03-02T02:00:00Z", 1),
    ]


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", 23),
        ("2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00", 25),
    ],
)
async def test_a_day_of_a_clock_change_has_its_own_length(
    tenant: Tenant, start: str, end: str, hours: int
) -> None:
    at = await place(tenant)
    await tenant.tariff(at, schedule=DAY_AND_NIGHT)
    day = {"start_time": start, "end_time": end}

    whole = await ask(tenant, "/schedules/duration", at, duration=hours * 60, **day)
    more = await refused(tenant, "/schedules/duration", at, duration=hours * 60 + 1, **day)
    cheap = await ask(tenant, "/schedules/limit", at, relative=0, **day)

    assert minutes(whole) == hours * 60
    assert all(one["start_time"].endswith(end[-6:]) for one in whole["data"])
    error(more, 400, "duration_invalid", "duration")
    assert cheap["duration"] == (hours - 16) * 60


# By limit.


async def test_a_limit_is_a_price_or_a_share_of_the_range(tenant: Tenant) -> None:
    at = await place(tenant)
    await market(tenant, at, hourly(MONDAY, [0.1, 0.2, 0.3, 0.5, *[0.9] * 20]))

    relative = await ask(tenant, "/schedules/limit", at, relative=0.25)
    absolute = await ask(tenant, "/schedules/limit", at, relative=0.25, absolute=0.1)
    upper = await ask(tenant, "/schedules/limit", at, relative=0.5, segment="HIGH")

    assert relative["id"].startswith("spl_")
    assert relative["object"] == "schedule_limit"
    assert relative["duration"] == 180
    assert [value for *_, value in slots(relative)] == [0.1, 0.2, 0.3]
    assert absolute["duration"] == 60
    assert slots(upper) == [
        ("2026-03-02T03:00:00Z", "2026-03-02T04:00:00Z", 0.5),
        ("2026-03-02T04:00:00Z", "2026-03-03T00:00:00Z", 0.9),
    ]


async def test_of_equal_prices_all_match(tenant: Tenant) -> None:
    at = await place(tenant)
    await tenant.tariff(at)

    for segment in ("LOW", "HIGH"):
        answer = await ask(tenant, "/schedules/limit", at, relative=0, segment=segment)
        assert answer["duration"] == 1440


async def test_nothing_matches_an_impossible_limit(tenant: Tenant) -> None:
    at = await place(tenant)
    await tenant.tariff(at)

    answer = await ask(tenant, "/schedules/limit", at, absolute=0.2)

    assert (answer["duration"], answer["data"]) == (0, [])


async def test_a_forecast_tells_its_confidence(tenant: Tenant) -> None:
    at = await place(tenant)
    days = hourly(MONDAY - timedelta(days=14), [0.1, 0.2] * (12 * 14))
    await market(tenant, at, days)

    answer = await ask(tenant, "/schedules/duration", at, duration=60)

    assert 0 < answer["data"][0]["price"]["confidence"] < 1


# What is refused.


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"start_time": ...}, "start_time_missing"),
        ({"end_time": ...}, "end_time_missing"),
        ({"segment": ...}, "segment_missing"),
        ({"segment": "MIDDLE"}, "segment_invalid"),
        ({"location_id": "dev_1"}, "location_id_invalid"),
        ({"start_time": "2026-03-02T00:00:00"}, "start_time_invalid"),
        ({"end_time": "2026-03-02T00:00:00Z"}, "end_time_invalid"),
        ({"end_time": "2026-03-05T00:00:01Z"}, "end_time_invalid"),
        ({"tariff_direction": "SIDEWAYS"}, "tariff_direction_invalid"),
        ({"colour": "red"}, "parameter_unknown"),
    ],
)
async def test_a_malformed_question_is_refused(
    tenant: Tenant, path: str, fields: Any, code: str
) -> None:
    error(await refused(tenant, path, await place(tenant), **fields), 400, code)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"duration": 0}, "duration_invalid"),
        ({"duration": -5}, "duration_invalid"),
        ({"duration": 1441}, "duration_invalid"),
        ({"duration": 1.5}, "duration_invalid"),
        ({"duration": "60"}, "duration_invalid"),
        ({"duration": ...}, "duration_missing"),
        ({"min_slot_minutes": 61}, "min_slot_minutes_invalid"),
        ({"min_slot_minutes": 0}, "min_slot_minutes_invalid"),
    ],
)
async def test_a_malformed_duration_is_refused_before_anything_is_looked_up(
    tenant: Tenant, fields: Any, code: str
) -> None:
    nowhere = "loc_" + "0" * 32
    error(await refused(tenant, "/schedules/duration", nowhere, **fields), 400, code)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"relative": ...}, "relative_missing"),
        ({"relative": -0.1}, "relative_invalid"),
        ({"relative": 1.1}, "relative_invalid"),
        ({"absolute": "dear"}, "absolute_invalid"),
    ],
)
async def test_a_malformed_limit_is_refused_before_anything_is_looked_up(
    tenant: Tenant, fields: Any, code: str
) -> None:
    nowhere = "loc_" + "0" * 32
    error(await refused(tenant, "/schedules/limit", nowhere, **fields), 400, code)


@pytest.mark.parametrize("path", PATHS)
async def test_not_a_number_is_not_json(tenant: Tenant, path: str) -> None:
    answer = await tenant.call(
        "POST",
        path,
        content=b'{"relative": NaN, "duration": NaN}',
        headers={"Content-Type": "application/json"},
    )

    error(answer, 400, "json_invalid")


@pytest.mark.parametrize("path", PATHS)
async def test_a_place_out_of_service_or_without_a_tariff_has_no_plan(
    world: World, tenant: Tenant, path: str
) -> None:
    site = await tenant.site(status="INACTIVE")
    bare = await place(tenant)

    error(await refused(tenant, path, site["location_id"]), 422, "site_inactive")
    error(await refused(tenant, path, bare), 422, "no_tariff_connected")
    stranger = await world.tenant("a stranger")
    error(await refused(stranger, path, bare), 404, "location_not_found", "location_id")
    device = await tenant.device(site["location_id"])
    elsewhere = await refused(tenant, path, bare, device_id=device["id"])
    error(elsewhere, 422, "device_not_at_location", "device_id")
