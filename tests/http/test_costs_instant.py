"""What energy cost as it was metered: told, and kept as a reading (contract 3, Costs)."""

from typing import Any

import httpx
import pytest

from tests.support.costing import assert_sound, half_hours, interval, put, total_of
from tests.support.pricing import DAY_AND_NIGHT
from tests.support.tariff_bodies import flat
from tests.support.world import Tenant, World, error

START, END = "2026-02-12T06:30:00+01:00", "2026-02-12T07:30:00+01:00"


@pytest.fixture
async def home(tenant: Tenant) -> str:
    return str((await tenant.site())["location_id"])


def reading(at: str, **more: Any) -> dict[str, Any]:
    body = {
        "location_id": at,
        "energy_flow_direction": "INBOUND",
        "energy_kwh": 2.0,
        "start_time": START,
        "end_time": END,
        **more,
    }
    return {name: value for name, value in body.items() if value is not None}


async def send(tenant: Tenant, body: dict[str, Any], **query: str) -> httpx.Response:
    return await tenant.post("/costs/instant", body, params=query)


async def told(tenant: Tenant, body: dict[str, Any], **query: str) -> Any:
    answer = await send(tenant, body, include_lines="true", **query)
    assert answer.status_code == 200, answer.text
    assert_sound(answer.json())
    return answer.json()


async def kept(tenant: Tenant, location_id: str, **more: Any) -> list[Any]:
    body = {
        "location_id": location_id,
        "start_time": "2026-01-01T00:00:00Z",
        "end_time": "2026-04-01T00:00:00Z",
        **more,
    }
    answer = await tenant.post("/meters/records", body)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


async def test_a_reading_is_priced_in_proportion_to_time_and_kept(
    tenant: Tenant, home: str
) -> None:
    await tenant.tariff(home, schedule=DAY_AND_NIGHT)
    answer = await told(
        tenant, reading(home, session_reference_id="s-1", record_reference_id="r-1")
    )

    assert answer["object_id"] == home
    assert answer["account_id"] == tenant.account_id
    assert answer["live_mode"] is False
    assert answer["tariff_direction"] == "IMPORT"
    assert answer["location_timezone"] == "Europe/Amsterdam"
    assert answer["currency_code"] == "EUR"
    (item,) = answer["data"]
    assert (item["start_time"], item["end_time"]) == (START, END)
    assert item["energy"] == {"value": 2.0}
    assert item["cost"] == {"value": 0.4, "confidence": 1.0}
    assert (item["session_reference_id"], item["record_reference_id"]) == ("s-1", "r-1")
    assert answer["total"]["cost"] == {"value": 0.4, "confidence": 1.0}
    (stored,) = await kept(tenant, home)
    assert stored["energy"]["value"] == 2.0


async def test_non_persistent_tells_the_same_and_keeps_nothing(tenant: Tenant, home: str) -> None:
    await tenant.tariff(home, schedule=DAY_AND_NIGHT)
    first = await told(tenant, reading(home), non_persistent="true")
    assert await kept(tenant, home) == []
    second = await told(tenant, reading(home), non_persistent="false")
    assert first["data"] == second["data"]
    assert first["total"] == second["total"]
    assert len(await kept(tenant, home)) == 1


@pytest.mark.parametrize(
    ("amount", "energy_kwh"),
    [
        ({"units": "KWH", "value": 3}, 3),
        ({"units": "WH", "value": 1500}, 1.5),
        ({"units": "KW", "value": 4}, 4),
        ({"units": "W", "value": 500}, 0.5),
    ],
)
async def test_a_power_is_constant_over_the_period(
    tenant: Tenant, home: str, amount: dict[str, Any], energy_kwh: float
) -> None:
    await tenant.tariff(home)
    answer = await told(tenant, reading(home, energy_kwh=None, **amount))
    assert answer["data"][0]["energy"]["value"] == energy_kwh
    assert total_of(answer) == energy_kwh * 0.25


async def test_negative_energy_needs_non_persistent(tenant: Tenant, home: str) -> None:
    await tenant.tariff(home)
    negative = reading(home, energy_kwh=-2)
    error(await send(tenant, negative), 400, "energy_kwh_invalid", "energy_kwh")
    error(await send(tenant, negative, non_persistent="false"), 400, "energy_kwh_invalid")
    answer = await told(tenant, negative, non_persistent="true")
    assert (total_of(answer), answer["total"]["energy"]["value"]) == (-0.5, -2.0)
    assert await kept(tenant, home) == []


@pytest.mark.parametrize("non_persistent", ["true", "false"])
@pytest.mark.parametrize(
    ("amount", "param"),
    [
        ({"energy_kwh": None, "units": "KWH", "value": -1}, "value"),
        ({"energy_kwh": None}, "value"),
        ({"energy_kwh": 1, "units": "KWH", "value": 1}, "energy_kwh"),
        ({"energy_kwh": None, "units": "KWH", "value": 1_000_001}, "value"),
        ({"energy_kwh": None, "value": 1}, "units"),
        ({"energy_kwh": None, "units": "KWH"}, "value"),
        ({"energy_kwh": 1_000_001}, "energy_kwh"),
        ({"energy_kwh": "much"}, "energy_kwh"),
        ({"end_time": START}, "end_time"),
        ({"start_time": "2026-02-12T06:30:00"}, "start_time"),
        ({"end_time": "2026-03-16T06:30:00+01:00"}, "end_time"),
        ({"energy_flow_direction": None}, "energy_flow_direction"),
        ({"tariff_direction": "SIDEWAYS"}, "tariff_direction"),
        ({"location_id": "dev_" + "0" * 32}, "location_id"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_what_cannot_be_a_reading_is_refused_in_either_form(
    tenant: Tenant, home: str, amount: dict[str, Any], param: str, non_persistent: str
) -> None:
    await tenant.tariff(home)
    answer = await send(tenant, reading(home, **amount), non_persistent=non_persistent)
    body = answer.json()
    assert answer.status_code == 400, body
    assert body["param"] == param
    assert await kept(tenant, home) == []


async def test_a_reading_far_ahead_is_kept_only_as_a_forecast(tenant: Tenant, home: str) -> None:
    await tenant.tariff(home)
    ahead = {"start_time": "2026-03-10T00:00:00Z", "end_time": "2026-03-10T01:00:00Z"}
    error(await send(tenant, reading(home, **ahead)), 400, "time_in_future", "end_time")
    answer = await told(tenant, reading(home, **ahead, confidence=0.9))
    assert answer["total"]["cost"] == {"value": 0.5, "confidence": 0.9}


async def test_a_query_that_is_no_boolean_is_refused(tenant: Tenant, home: str) -> None:
    error(await send(tenant, reading(home), non_persistent="perhaps"), 400,
          "non_persistent_invalid", "non_persistent")  # fmt: skip


async def test_without_a_price_nothing_is_kept(tenant: Tenant, home: str) -> None:
    error(await send(tenant, reading(home)), 422, "no_tariff_connected")
    await tenant.tariff(home, contract_start_date="2026-02-13")
    error(await send(tenant, reading(home)), 422, "no_price_data")
    assert await kept(tenant, home) == []


async def test_a_month_that_was_first_seen_in_a_refusal_takes_readings_later(
    tenant: Tenant, home: str
) -> None:
    """Nothing of the refused call lives on, not even in the memory of the server."""
    at = {"start_time": "2011-07-01T00:00:00Z", "end_time": "2011-07-01T01:00:00Z"}
    error(await send(tenant, reading(home, **at)), 422, "no_tariff_connected")
    await put(tenant, [{"location_id": home, "energy_kwh": 1, **at}])
    (one,) = await kept(
        tenant, home, start_time="2011-06-01T00:00:00Z", end_time="2011-08-01T00:00:00Z"
    )
    assert one["energy"]["value"] == 1


async def test_sent_again_it_replaces_and_an_overlap_is_refused(tenant: Tenant, home: str) -> None:
    await tenant.tariff(home)
    await told(tenant, reading(home, energy_kwh=2))
    again = await told(tenant, reading(home, energy_kwh=3))
    assert total_of(again) == 0.75
    longer = reading(home, end_time="2026-02-12T08:00:00+01:00")
    assert (await send(tenant, longer)).json()["code"] == "record_overlap"
    (stored,) = await kept(tenant, home)
    assert stored["energy"]["value"] == 3
    supposed = await told(tenant, {**longer, "energy_kwh": 9}, non_persistent="true")
    assert total_of(supposed) == 2.25
    assert (await kept(tenant, home))[0]["energy"]["value"] == 3


async def test_what_flows_out_is_sold(tenant: Tenant, home: str) -> None:
    outbound = reading(home, energy_flow_direction="OUTBOUND")
    await tenant.tariff(home)
    error(await send(tenant, outbound), 422, "no_tariff_connected")
    await tenant.tariff(home, direction="EXPORT", schedule=flat(0.07))
    answer = await told(tenant, outbound)
    assert (answer["tariff_direction"], total_of(answer)) == ("EXPORT", 0.14)


async def test_the_tariff_direction_may_differ_from_the_flow(tenant: Tenant, home: str) -> None:
    free = await told(tenant, reading(home, tariff_direction="LOCAL"))
    assert (free["tariff_direction"], total_of(free)) == ("LOCAL", 0)
    await tenant.tariff(home, direction="LOCAL", schedule=flat(0.04))
    again = await told(tenant, reading(home, tariff_direction="LOCAL"))
    assert total_of(again) == 0.08


async def test_only_the_sent_reading_is_told(tenant: Tenant, home: str) -> None:
    """Not what flowed the other way at the time, nor what a device used."""
    device = (await tenant.device(home))["id"]
    await tenant.tariff(home)
    more = [{"energy_flow_direction": "OUTBOUND", "tariff_direction": "IMPORT"},
            {"device_id": device}]  # fmt: skip
    for one in more:
        await put(tenant, half_hours(home, START, [7, 7], **one))
    for non_persistent in ("true", "false"):
        answer = await told(tenant, reading(home), non_persistent=non_persistent)
        assert (len(answer["data"]), total_of(answer)) == (1, 0.5)


async def test_a_tier_that_earlier_readings_reached_is_the_price(tenant: Tenant, home: str) -> None:
    tiers = [{"value": 0.2, "to_kwh": 10}, {"value": 0.4}]
    await tenant.tariff(home, schedule=flat(tiers))
    await put(tenant, half_hours(home, "2026-02-03T00:00:00+01:00", [9]))
    answer = await told(tenant, reading(home), non_persistent="true")
    assert total_of(answer) == 0.6
    lines = answer["data"][0]["lines"]
    assert [(one["tier"], one["amount"]) for one in lines] == [(1, 0.2), (2, 0.4)]


async def test_charges_are_not_in_it_and_vat_is(tenant: Tenant, home: str) -> None:
    daily = {"kind": "DAILY", "amount": 0.5, "name": "standing charge"}
    await tenant.tariff(home, charges=[daily], vat=0.2, vat_included=False)
    answer = await told(tenant, reading(home))
    assert [(one["kind"], one["amount"]) for one in answer["data"][0]["lines"]] == [
        ("ENERGY", 0.5),
        ("VAT", 0.1),
    ]
    assert total_of(answer) == 0.6


async def test_the_confidence_of_the_reading_counts(tenant: Tenant, home: str) -> None:
    await tenant.tariff(home, contract_end_date="2026-02-12")
    answer = await told(tenant, reading(home, confidence=0.5), non_persistent="true")
    assert answer["data"][0]["cost"]["confidence"] == 0.4


async def test_a_device_pays_its_own_tariff(tenant: Tenant, home: str) -> None:
    device = (await tenant.device(home))["id"]
    await tenant.tariff(home)
    await tenant.tariff(home, devices=[device], schedule=flat(0.1))
    answer = await told(tenant, reading(home, device_id=device))
    assert (answer["object_id"], total_of(answer)) == (device, 0.2)
    assert total_of(await told(tenant, reading(home))) == 0.5


async def test_lines_are_left_out_unless_asked_for(tenant: Tenant, home: str) -> None:
    await tenant.tariff(home)
    answer = (await send(tenant, reading(home))).json()
    assert "lines" not in answer["data"][0]
    assert "lines" not in answer["total"]


async def test_what_is_kept_enters_later_answers(tenant: Tenant, home: str) -> None:
    await tenant.tariff(home)
    await told(tenant, reading(home))
    day = await interval(tenant, home, "2026-02-12T00:00:00+01:00", "2026-02-13T00:00:00+01:00")
    assert total_of(day) == 0.5


async def test_a_stranger_sees_no_place_and_no_device(
    world: World, tenant: Tenant, home: str
) -> None:
    device = (await tenant.device(home))["id"]
    await tenant.tariff(home)
    stranger = await world.tenant("a stranger")
    assert tenant.twin
    for other in (stranger, tenant.twin):
        for non_persistent in ("true", "false"):
            answer = await send(other, reading(home), non_persistent=non_persistent)
            error(answer, 404, "location_not_found", "location_id")
    own = str((await stranger.site())["location_id"])
    await stranger.tariff(own)
    error(await send(stranger, reading(own, device_id=device)), 404, "device_not_found")
    assert await kept(tenant, home) == []


async def test_the_same_key_twice_is_one_reading(tenant: Tenant, home: str) -> None:
    await tenant.tariff(home)
    key = {"Idempotency-Key": "once"}
    first = await tenant.post("/costs/instant", reading(home), headers=key)
    second = await tenant.post("/costs/instant", reading(home), headers=key)
    assert second.headers["idempotent-replayed"] == "true"
    assert second.json() == first.json()
    assert len(await kept(tenant, home)) == 1


async def test_a_refused_call_with_a_key_keeps_nothing_either(tenant: Tenant, home: str) -> None:
    key = {"Idempotency-Key": "twice"}
    await tenant.tariff(home, contract_start_date="2026-02-13")
    answer = await tenant.post("/costs/instant", reading(home), headers=key)
    error(answer, 422, "no_price_data")
    assert await kept(tenant, home) == []
