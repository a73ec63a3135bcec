"""Energies moved inside windows at least cost (contract 4, By amount)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.pricing import hourly, market
from tests.support.tariff_bodies import flat
from tests.support.world import Tenant, World, error

START = "2026-03-02T00:00:00Z"
END = "2026-03-03T00:00:00Z"
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
DEAR_DAY = [0.3] * 4 + [0.1, 0.2] + [0.4] * 18
"""The cheapest hour is 04:00 to 05:00, the next one follows."""
CHARGER = {"type": "EV_CHARGER", "properties": {"ev_charger": {"max_power_kw": 11}}}


async def charging(tenant: Tenant, prices: list[float] = DEAR_DAY, **site: Any) -> tuple[str, str]:
    """Make a place with a market of a Monday, and a charger of 11 kW at it."""
    made = await tenant.site(**site)
    at = made["location_id"]
    await market(tenant, at, hourly(MONDAY, prices))
    return at, (await tenant.device(at, **CHARGER))["id"]


def item(device: str, watt_hours: float, watts: float | None = None, **more: Any) -> Any:
    power = {} if watts is None else {"max_power": {"units": "W", "value": watts}}
    energy = {"units": "WH", "value": watt_hours}
    window = {"start_time": START, "end_time": END}
    return {"device_id": device, "energy": energy, **window, **power, **more}


async def plan(tenant: Tenant, at: str, *items: Any, **more: Any) -> Any:
    answer = await tenant.post("/schedules/amount", {"location_id": at, "data": items, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refused(tenant: Tenant, at: str, *items: Any, **more: Any) -> Any:
    return await tenant.post("/schedules/amount", {"location_id": at, "data": items, **more})


def slots(planned: Any) -> list[tuple[str, str, float]]:
    return [
        (one["start_time"][11:16], one["end_time"][11:16], one["power"]["value"])
        for one in planned["schedule"]
    ]


def moved_wh(planned: Any) -> float:
    total = 0.0
    for one in planned["schedule"]:
        start, end = (datetime.fromisoformat(one[name]) for name in ("start_time", "end_time"))
        total += one["power"]["value"] * ((end - start) / timedelta(hours=1))
    return total


async def test_a_schedule_by_amount_has_its_fields(tenant: Tenant) -> None:
    at, device = await charging(tenant)

    answer = await plan(tenant, at, item(device, 6000, 4000))

    assert answer["id"].startswith("sae_")
    moved = {
        "energy": {"units": "WH", "value": 6000},
        "cost": {"value": 0.8, "confidence": 1},
        "savings": {"value": 1.0, "percentage": 55.56},
        "schedule": [
            {
                "start_time": "2026-03-02T04:00:00Z",
                "end_time": "2026-03-02T05:30:00Z",
                "power": {"units": "W", "value": 4000},
            }
        ],
        "status": "COMPLETE",
    }
    assert answer == {
        "id": answer["id"],
        "object": "schedule_amount",
        "live_mode": False,
        "account_id": tenant.account_id,
        "time_created": "2026-03-01T10:00:00.123Z",
        "location_id": at,
        "device_id": None,
        "location_timezone": "Europe/Amsterdam",
        "currency_code": "EUR",
        "tariff_direction": "IMPORT",
        "next_update": answer["next_update"],
        "prices_until": None,
        **moved,
        "gap": 0,
        "kept": False,
        "data": [
            {
                "device_id": device,
                "tariff_direction": "IMPORT",
                "start_time": START,
                "end_time": END,
                **moved,
                "shortfall": {"units": "WH", "value": 0},
                "reason": None,
            }
        ],
    }


async def test_the_older_path_answers_the_same(tenant: Tenant) -> None:
    at, device = await charging(tenant)
    first = await plan(tenant, at, item(device, 6000, 4000))

    answer = await tenant.post(f"/schedules/amount/{at}", {"data": [item(device, 6000, 4000)]})

    assert {**answer.json(), "id": first["id"]} == first


async def test_devices_share_the_connection_of_the_place(tenant: Tenant) -> None:
    at, one = await charging(tenant, max_power_import_kw=5)
    two = (await tenant.device(at, **CHARGER))["id"]

    grid = await plan(tenant, at, item(one, 4000, 4000), item(two, 4000, 4000))
    said = await plan(
        tenant,
        at,
        item(one, 4000, 4000),
        item(two, 4000, 4000),
        max_power={"units": "KW", "value": 8},
    )

    assert max(power for *_, power in slots(grid)) <= 5001
    assert moved_wh(grid) == pytest.approx(8000, abs=1)
    assert slots(said) == [("04:00", "05:00", 8000.0)]


async def test_what_cannot_be_moved_is_told_with_its_reason(tenant: Tenant) -> None:
    at, device = await charging(tenant, max_power_import_kw=2)
    short = {"end_time": "2026-03-02T01:00:00Z"}

    window = await plan(tenant, at, item(device, 9000, 4000, **short))
    place = await plan(tenant, at, item(device, 3000, 4000, **short))
    price = await plan(tenant, at, item(device, 9000), shaving_threshold={"absolute": 0.1})
    none = await plan(tenant, at, item(device, 9000, 0))

    for answer, missing_wh, reason in (
        (window, 7000, "window_too_short"),
        (place, 1000, "site_power"),
        (price, 7000, "site_power"),
        (none, 9000, "device_power"),
    ):
        (own,) = answer["data"]
        assert (own["status"], answer["status"]) == ("PARTIAL", "PARTIAL")
        assert own["shortfall"]["value"] == missing_wh
        assert own["reason"] == reason


async def test_shaving_keeps_to_good_prices(tenant: Tenant) -> None:
    at, device = await charging(tenant)

    below = await plan(tenant, at, item(device, 20_000), shaving_threshold={"relative": 0})

    assert slots(below) == [("04:00", "05:00", 11_000.0)]
    assert below["data"][0]["reason"] == "price_limit"


async def test_export_is_sold_dear_and_its_cost_is_negative(tenant: Tenant) -> None:
    at, _ = await charging(tenant)
    battery = await tenant.device(at, properties={"power_rating_export_kwh": 5})
    await tenant.tariff(at, direction="EXPORT", schedule=flat(0.15))

    answer = await plan(tenant, at, item(battery["id"], 5000, tariff_direction="EXPORT"))
    both = await plan(
        tenant,
        at,
        item(battery["id"], 5000, direction="EXPORT", end_time="2026-03-02T12:00:00Z"),
        item(battery["id"], 0, 0, start_time="2026-03-02T12:00:00Z"),
    )

    assert answer["tariff_direction"] == "EXPORT"
    assert answer["cost"]["value"] == -0.75
    assert slots(answer) == [("00:00", "01:00", 5000.0)]
    assert both["tariff_direction"] is None
    assert slots(both) == [("00:00", "01:00", -5000.0)]


async def test_no_energy_is_an_empty_plan(tenant: Tenant) -> None:
    at, device = await charging(tenant)

    answer = await plan(tenant, at, item(device, 0))

    assert (answer["status"], answer["schedule"], answer["cost"]["value"]) == ("COMPLETE", [], 0)


async def test_a_plan_over_past_times_can_be_made(tenant: Tenant) -> None:
    at, device = await charging(tenant)
    past = {"start_time": "2026-02-02T00:00:00Z", "end_time": "2026-02-03T00:00:00Z"}
    await tenant.publish(
        (await tenant.get("/market-sources")).json()["data"][0]["id"],
        hourly(MONDAY - timedelta(days=28), DEAR_DAY),
    )

    answer = await plan(tenant, at, item(device, 4000, 4000, **past))

    assert slots(answer) == [("04:00", "05:00", 4000.0)]


async def test_the_hour_that_a_clock_change_repeats_is_used_twice(tenant: Tenant) -> None:
    at = (await tenant.site())["location_id"]
    await tenant.tariff(at)
    device = (await tenant.device(at, **CHARGER))["id"]
    window = {"start_time": "2026-10-25T02:00:00+02:00", "end_time": "2026-10-25T03:00:00+01:00"}

    answer = await plan(tenant, at, item(device, 8000, 4000, **window))

    (slot,) = answer["schedule"]
    assert answer["status"] == "COMPLETE"
    assert (slot["start_time"], slot["end_time"]) == (
        "2026-10-25T01:00:00+01:00",
        "2026-10-25T03:00:00+01:00",
    )


async def test_a_device_with_a_tariff_of_its_own_is_planned_on_it(tenant: Tenant) -> None:
    at, one = await charging(tenant)
    own = (await tenant.device(at, **CHARGER))["id"]
    cheap_at_night = hourly(MONDAY, [0.01] + [0.9] * 23)
    source = await tenant.market_source(unit="KWH", code="NIGHT")
    await tenant.publish(source["id"], cheap_at_night)
    await tenant.tariff(
        at,
        devices=[own],
        market_rates=True,
        market_source_id=source["id"],
        schedule=flat([{"surcharge_fixed": 0.0}]),
    )

    answer = await plan(tenant, at, item(one, 4000, 4000), item(own, 4000, 4000))

    assert [slots(device) for device in answer["data"]] == [
        [("04:00", "05:00", 4000.0)],
        [("00:00", "01:00", 4000.0)],
    ]
    assert answer["cost"]["value"] == 0.44


async def test_devices_with_tariffs_of_their_own_keep_the_limit_of_the_place(
    tenant: Tenant,
) -> None:
    at, one = await charging(tenant, max_power_import_kw=4)
    own = (await tenant.device(at, **CHARGER))["id"]
    await tenant.tariff(at, devices=[own], schedule=flat(0.2))
    hour = {"start_time": "2026-03-02T04:00:00Z", "end_time": "2026-03-02T06:00:00Z"}

    answer = await plan(tenant, at, item(one, 4000, **hour), item(own, 4000, **hour))

    assert answer["status"] == "COMPLETE"
    assert max(power for *_, power in slots(answer)) <= 4001


async def test_the_same_key_answers_the_same_plan(tenant: Tenant) -> None:
    at, device = await charging(tenant)
    key = {"Idempotency-Key": "once"}
    body = {"location_id": at, "data": [item(device, 4000, 4000)]}

    first = await tenant.post("/schedules/amount", body, headers=key)
    second = await tenant.post("/schedules/amount", body, headers=key)

    assert second.json() == first.json()
    assert second.headers["idempotent-replayed"] == "true"


async def test_a_plan_that_is_held_stays_unless_enough_is_saved(tenant: Tenant) -> None:
    at, device = await charging(tenant)
    held = [
        {
            "start_time": "2026-03-02T05:00:00Z",
            "end_time": "2026-03-02T06:00:00Z",
            "power": {"units": "W", "value": 4000},
        }
    ]
    wanted = item(device, 4000, 4000, previous=held)

    stays = await plan(tenant, at, wanted, keep_unless_saves=0.4)
    goes = await plan(tenant, at, wanted, keep_unless_saves=0.39)

    assert (stays["kept"], slots(stays)) == (True, [("05:00", "06:00", 4000.0)])
    assert (goes["kept"], slots(goes)) == (False, [("04:00", "05:00", 4000.0)])


async def test_slots_are_explained_where_that_is_asked_for(tenant: Tenant) -> None:
    at, device = await charging(tenant)

    answer = await plan(tenant, at, item(device, 4000, 4000), explain=True)

    assert [one["why"] for one in answer["data"][0]["schedule"]] == ["cheapest"]


# What is refused.


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"end_time": START}, "end_time_invalid", "data[0].end_time"),
        ({"end_time": "2026-03-10T00:00:00Z"}, "end_time_invalid", "data[0].end_time"),
        ({"energy": {"units": "WH", "value": -1}}, "value_invalid", "data[0].energy.value"),
        ({"energy": {"units": "J", "value": 1}}, "units_invalid", "data[0].energy.units"),
        ({"max_power": {"units": "W", "value": -1}}, "value_invalid", "data[0].max_power.value"),
        ({"max_power": {"units": "KW", "value": 11.1}}, "max_power_invalid", "data[0].max_power"),
        ({"min_power": {"units": "KW", "value": 12}}, "min_power_invalid", "data[0].min_power"),
        (
            {"direction": "IMPORT", "tariff_direction": "EXPORT"},
            "parameters_exclusive",
            "data[0].direction",
        ),
        ({"direction": "LOCAL"}, "direction_invalid", "data[0].direction"),
        ({"device_id": "dev_1"}, "device_id_invalid", "data[0].device_id"),
        ({"start_time": "2026-03-02T00:00:00"}, "start_time_invalid", "data[0].start_time"),
    ],
)
async def test_a_malformed_wish_is_refused(
    tenant: Tenant, fields: Any, code: str, param: str
) -> None:
    at, device = await charging(tenant)

    error(await refused(tenant, at, item(device, 1000, **fields)), 400, code, param)


async def test_the_rating_is_named_where_it_is_exceeded(tenant: Tenant) -> None:
    at, device = await charging(tenant)

    answer = await refused(tenant, at, item(device, 1000, 11_001))

    assert "11000 W" in error(answer, 400, "max_power_invalid")["message"]


async def test_the_rating_of_the_subsystem_wins_over_the_flat_one(tenant: Tenant) -> None:
    at, _ = await charging(tenant)
    device = await tenant.device(
        at, properties={"power_rating_import_kwh": 22, "ev_charger": {"max_power_kw": 7.4}}
    )

    answer = await refused(tenant, at, item(device["id"], 1000, 11_000))

    assert "7400 W" in error(answer, 400, "max_power_invalid", "data[0].max_power")["message"]


async def test_what_the_inverter_lets_through_bounds_export_as_it_does_by_state_of_charge(
    tenant: Tenant,
) -> None:
    at, _ = await charging(tenant)
    await tenant.tariff(at, direction="EXPORT")
    behind = {
        "battery": {"capacity_kwh": 10, "charge_power_kw": 5, "discharge_power_kw": 5},
        "inverter": {"ac_export_limit_kw": 3},
    }
    device = await tenant.device(at, type="BATTERY_SYSTEM", properties=behind)
    window = {"direction": "EXPORT"}

    answer = await refused(tenant, at, item(device["id"], 1000, 4000, **window))
    planned = await plan(tenant, at, item(device["id"], 6000, **window))
    site = await tenant.get(f"/sites/{at}")

    assert "3000 W EXPORT" in error(answer, 400, "max_power_invalid")["message"]
    assert {power for _, _, power in slots(planned)} == {3000.0}
    assert site.json()["devices"][-1]["properties"]["power_rating_export_kwh"] == 3


async def test_a_device_without_a_rating_needs_a_power(tenant: Tenant) -> None:
    at, _ = await charging(tenant)
    device = (await tenant.device(at))["id"]

    error(await refused(tenant, at, item(device, 1)), 400, "max_power_missing", "data[0].max_power")
    assert (await refused(tenant, at, item(device, 1, 100))).status_code == 200


async def test_a_device_is_not_planned_twice_at_a_time(tenant: Tenant) -> None:
    at, device = await charging(tenant)
    morning = {"end_time": "2026-03-02T12:00:00Z"}
    evening = {"start_time": "2026-03-02T12:00:00Z"}

    twice = await refused(tenant, at, item(device, 1000, **morning), item(device, 1000))
    apart = await plan(tenant, at, item(device, 1000, **morning), item(device, 1000, **evening))

    error(twice, 400, "device_id_invalid", "data[1].device_id")
    assert [slots(own)[0][0] for own in apart["data"]] == ["04:00", "12:00"]


async def test_windows_lie_within_seven_days_together(tenant: Tenant) -> None:
    at, device = await charging(tenant)
    late = {"start_time": "2026-03-08T12:00:00Z", "end_time": "2026-03-10T00:00:00Z"}

    answer = await refused(tenant, at, item(device, 1000), item(device, 1000, **late))

    error(answer, 400, "end_time_invalid", "data[1].end_time")


@pytest.mark.parametrize("count", [0, 51])
async def test_there_is_a_device_and_at_most_fifty(tenant: Tenant, count: int) -> None:
    device = "dev_" + "0" * 32
    answer = await refused(tenant, "loc_" + "0" * 32, *[item(device, 1)] * count)

    error(answer, 400, "data_invalid", "data")


async def test_devices_that_are_not_there_are_not_planned(world: World, tenant: Tenant) -> None:
    at, device = await charging(tenant)
    other = await tenant.site()
    elsewhere = (await tenant.device(other["location_id"], **CHARGER))["id"]
    stranger = await world.tenant("a stranger")

    unknown = await refused(tenant, at, item(device, 1), item("dev_" + "1" * 32, 1))
    error(unknown, 404, "device_not_found", "data[1].device_id")
    away = await refused(tenant, at, item(elsewhere, 1))
    error(away, 422, "device_not_at_location", "data[0].device_id")
    error(await refused(stranger, at, item(device, 1)), 404, "location_not_found", "location_id")
    home = (await stranger.site())["location_id"]
    error(await refused(stranger, home, item(device, 1)), 404, "device_not_found")


async def test_a_place_out_of_service_or_without_prices_has_no_plan(tenant: Tenant) -> None:
    site = await tenant.site(status="INACTIVE")
    device = (await tenant.device(site["id"], **CHARGER))["id"]
    at, charger = await charging(tenant)

    error(await refused(tenant, site["location_id"], item(device, 1)), 422, "site_inactive")
    sold = item(charger, 1, 1, direction="EXPORT")
    error(await refused(tenant, at, sold), 422, "no_tariff_connected")


async def test_a_number_that_is_none_is_not_json(tenant: Tenant) -> None:
    answer = await tenant.call(
        "POST",
        "/schedules/amount",
        content=b'{"data": [{"energy": {"units": "WH", "value": NaN}}]}',
        headers={"Content-Type": "application/json"},
    )

    error(answer, 400, "json_invalid")
