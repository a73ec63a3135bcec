"""What the metered energy of a place or a device cost (contract 3, Costs)."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.costing import (
    DAILY,
    DAY,
    FEBRUARY,
    amount_of,
    costs_of,
    energies_of,
    half_hours,
    interval,
    periods,
    put,
    refused,
    spans_of,
    total_of,
)
from tests.support.pricing import DAY_AND_NIGHT
from tests.support.tariff_bodies import flat
from tests.support.world import Tenant, World, error


@pytest.fixture
async def site(tenant: Tenant) -> Any:
    return await tenant.site()


@pytest.fixture
async def home(site: Any) -> str:
    return str(site["location_id"])


# Groups.


async def test_a_day_by_day_answer(tenant: Tenant, home: str) -> None:
    await tenant.tariff(home, schedule=DAY_AND_NIGHT)
    await put(tenant, half_hours(home, "2026-02-10T00:00:00+01:00", [0.5] * 48))
    await put(tenant, half_hours(home, "2026-02-12T12:00:00+01:00", [1.0, 3.0]))
    answer = await interval(tenant, home, *FEBRUARY)

    assert answer["object_id"] == home
    assert answer["account_id"] == tenant.account_id
    assert (answer["live_mode"], answer["tariff_direction"]) == (False, "IMPORT")
    assert (answer["location_timezone"], answer["currency_code"]) == ("Europe/Amsterdam", "EUR")
    assert spans_of(answer) == [
        ("2026-02-10T00:00:00+01:00", "2026-02-11T00:00:00+01:00"),
        ("2026-02-12T00:00:00+01:00", "2026-02-13T00:00:00+01:00"),
    ]
    assert energies_of(answer) == [24, 4]
    assert costs_of(answer) == [5.6, 1.2]
    assert answer["total"]["cost"] == {"value": 6.8, "confidence": 1.0}
    assert answer["total"]["energy"] == {"value": 28}


@pytest.mark.parametrize(
    ("aggregation", "count"),
    [("NONE", 96), ("HOUR", 48), ("DAY", 2), ("WEEK", 2), ("MONTH", 2), ("YEAR", 1)],
)
async def test_all_aggregations_add_up_to_the_same_total(
    tenant: Tenant, home: str, aggregation: str, count: int
) -> None:
    """From Saturday 31 January: two days, weeks (a Monday begins one) and months."""
    await tenant.tariff(home, schedule=DAY_AND_NIGHT)
    await put(tenant, half_hours(home, "2026-01-31T00:00:00+01:00", [0.25] * 48))
    await put(tenant, half_hours(home, "2026-02-02T00:00:00+01:00", [0.75] * 48))
    answer = await interval(
        tenant, home, "2026-01-31T00:00:00+01:00", "2026-02-03T00:00:00+01:00", aggregation
    )
    assert len(answer["data"]) == count
    assert sum(costs_of(answer)) == pytest.approx(total_of(answer), abs=1e-9)
    assert total_of(answer) == 2.8 + 8.4


async def test_groups_are_cut_at_local_edges_and_clipped_to_the_request(
    tenant: Tenant, home: str
) -> None:
    """A reading across midnight, of a month and of the request, is split in proportion."""
    await tenant.tariff(home)
    hour = timedelta(hours=4)
    await put(tenant, periods(home, "2026-01-31T22:00:00+01:00", hour, [8.0, 8.0]))
    start, end = "2026-01-31T23:00:00+01:00", "2026-02-01T05:00:00+01:00"
    for aggregation in ("DAY", "WEEK", "MONTH"):
        answer = await interval(tenant, home, start, end, aggregation)
        edges = {
            "DAY": [(start, "2026-02-01T00:00:00+01:00"), ("2026-02-01T00:00:00+01:00", end)],
            "WEEK": [(start, end)],
            "MONTH": [(start, "2026-02-01T00:00:00+01:00"), ("2026-02-01T00:00:00+01:00", end)],
        }[aggregation]
        assert spans_of(answer) == edges
        assert energies_of(answer) == ([12.0] if aggregation == "WEEK" else [2.0, 10.0])
        assert total_of(answer) == 3.0


async def test_none_is_an_item_for_each_reading_with_its_references(
    tenant: Tenant, home: str
) -> None:
    await tenant.tariff(home, schedule=DAY_AND_NIGHT)
    first, second = half_hours(home, "2026-02-12T06:45:00+01:00", [1.0, 2.0])
    await put(tenant, [first | {"record_reference_id": "r", "session_reference_id": "s"}, second])
    answer = await interval(tenant, home, DAY[0], "2026-02-12T07:30:00+01:00", "NONE")
    assert spans_of(answer) == [
        ("2026-02-12T06:45:00+01:00", "2026-02-12T07:15:00+01:00"),
        ("2026-02-12T07:15:00+01:00", "2026-02-12T07:30:00+01:00"),
    ]
    assert (energies_of(answer), costs_of(answer)) == ([1.0, 1.0], [0.2, 0.3])
    references = [
        (one.get("record_reference_id"), one.get("session_reference_id")) for one in answer["data"]
    ]
    assert references == [("r", "s"), (None, None)]


async def test_times_are_answered_in_the_offset_of_the_request(tenant: Tenant, home: str) -> None:
    await tenant.tariff(home)
    await put(tenant, half_hours(home, DAY[0], [1.0]))
    in_utc = await interval(tenant, home, "2026-02-11T23:00:00Z", "2026-02-12T23:00:00Z")
    assert spans_of(in_utc) == [("2026-02-11T23:00:00Z", "2026-02-12T23:00:00Z")]
    mixed = await interval(tenant, home, "2026-02-11T23:00:00Z", "2026-02-13T04:30:00+05:30")
    assert spans_of(mixed) == [("2026-02-12T04:30:00+05:30", "2026-02-13T04:30:00+05:30")]


async def test_days_are_the_default_and_lines_come_when_asked_for(
    tenant: Tenant, home: str
) -> None:
    await tenant.tariff(home)
    await put(tenant, half_hours(home, "2026-02-12T22:00:00+01:00", [1.0] * 8))
    body = {"start_time": FEBRUARY[0], "end_time": FEBRUARY[1]}
    answer = (await tenant.post(f"/costs/interval/{home}", body)).json()
    assert energies_of(answer) == [4.0, 4.0]
    assert "lines" not in answer["data"][0]
    assert "lines" not in answer["total"]


async def test_without_readings_and_charges_there_is_nothing(tenant: Tenant, home: str) -> None:
    await tenant.tariff(home)
    answer = await interval(tenant, home, *FEBRUARY)
    assert answer["data"] == []
    assert answer["total"]["cost"] == {"value": 0, "confidence": 1}
    assert answer["total"]["energy"] == {"value": 0}


@pytest.mark.parametrize(
    ("city", "country", "day", "following", "slots"),
    [
        ("Amsterdam", "NL", "2025-03-30T00:00:00+01:00", "2025-03-31T00:00:00+02:00", 46),
        ("Amsterdam", "NL", "2025-10-26T00:00:00+02:00", "2025-10-27T00:00:00+01:00", 50),
        ("Santiago", "CL", "2025-09-07T01:00:00-03:00", "2025-09-08T00:00:00-03:00", 46),
        ("Cairo", "EG", "2025-04-25T01:00:00+03:00", "2025-04-26T00:00:00+03:00", 46),
    ],
)
async def test_days_of_clock_changes_have_their_own_length(
    tenant: Tenant, city: str, country: str, day: str, following: str, slots: int
) -> None:
    place = await tenant.site(postal_address={"city": city, "country_code": country})
    home = place["location_id"]
    await tenant.tariff(home, schedule=DAY_AND_NIGHT, charges=[DAILY])
    await put(tenant, half_hours(home, day, [1.0] * (slots + 2)))
    answer = await interval(tenant, home, day, following)
    (item,) = answer["data"]
    assert item["energy"]["value"] == slots
    assert amount_of(item, "ENERGY") == pytest.approx(32 * 0.3 + (slots - 32) * 0.1)
    assert amount_of(item, "STANDING") == 0.5
    by_hour = await interval(tenant, home, day, following, "HOUR")
    assert energies_of(by_hour) == [2.0] * (slots // 2)


# Objects.


async def test_a_site_is_its_location(tenant: Tenant, site: Any) -> None:
    home = site["location_id"]
    await tenant.tariff(home)
    await put(tenant, half_hours(home, DAY[0], [1.0]))
    of_site = await interval(tenant, site["id"], *DAY)
    assert of_site["data"] == (await interval(tenant, home, *DAY))["data"]
    assert of_site["object_id"] in (site["id"], home)


async def test_a_device_has_its_own_readings_and_no_charges(tenant: Tenant, home: str) -> None:
    device = (await tenant.device(home))["id"]
    demand = {"kind": "DEMAND", "amount_per_kw": 2, "window_minutes": 30, "reset": "MONTH"}
    await tenant.tariff(home, charges=[DAILY, demand])
    await put(tenant, half_hours(home, DAY[0], [4.0]))
    await put(tenant, half_hours(home, DAY[0], [1.0, 2.0], device_id=device))
    own = await interval(tenant, device, *FEBRUARY, "MONTH")
    assert (own["object_id"], energies_of(own), costs_of(own)) == (device, [3.0], [0.75])
    assert [line["kind"] for line in own["data"][0]["lines"]] == ["ENERGY"]
    place = await interval(tenant, home, *FEBRUARY, "MONTH")
    assert energies_of(place) == [4.0]
    assert costs_of(place) == [1.0 + 28 * 0.5 + 8 * 2]


async def test_a_device_specific_tariff_is_for_its_device_alone(tenant: Tenant, home: str) -> None:
    device, other = [(await tenant.device(home))["id"] for _ in range(2)]
    await tenant.tariff(home)
    await tenant.tariff(home, devices=[device], schedule=flat(0.05))
    for one in ({}, {"device_id": device}, {"device_id": other}):
        await put(tenant, half_hours(home, DAY[0], [2.0], **one))
    for object_id, cost in ((home, 0.5), (device, 0.1), (other, 0.5)):
        assert total_of(await interval(tenant, object_id, *DAY)) == cost


async def test_a_device_that_moved_pays_where_it_was(tenant: Tenant, home: str) -> None:
    second = (await tenant.site())["location_id"]
    device = (await tenant.device(home, second))["id"]
    await tenant.tariff(home, schedule=flat(0.2))
    await tenant.tariff(second, schedule=flat(0.4))
    await put(tenant, half_hours(home, DAY[0], [1.0], device_id=device))
    later = half_hours(second, "2026-02-12T12:00:00+01:00", [1.0], device_id=device)
    await put(tenant, later)
    answer = await interval(tenant, device, *DAY)
    assert (energies_of(answer), costs_of(answer), total_of(answer)) == ([2.0], [0.6], 0.6)
    assert len(answer["data"]) == 1


async def test_strangers_and_the_other_mode_find_nothing(
    world: World, tenant: Tenant, site: Any
) -> None:
    device = (await tenant.device(site["location_id"]))["id"]
    await tenant.tariff(site["location_id"])
    stranger = await world.tenant("a stranger")
    assert tenant.twin
    for other in (stranger, tenant.twin):
        for object_id in (site["id"], site["location_id"]):
            await refused(other, object_id, *DAY, 404, "location_not_found")
        await refused(other, device, *DAY, 404, "device_not_found")
    await refused(tenant, "cus_" + "0" * 32, *DAY, 404, "location_not_found")
    await refused(tenant, "dev_nothing", *DAY, 404, "device_not_found")


# Directions.


async def test_what_is_sold_is_another_answer(tenant: Tenant, home: str) -> None:
    await tenant.tariff(home, charges=[DAILY])
    await tenant.tariff(home, direction="EXPORT", schedule=flat(0.08))
    await put(tenant, half_hours(home, DAY[0], [1.0]))
    await put(tenant, half_hours(home, DAY[0], [5.0], energy_flow_direction="OUTBOUND"))
    bought = await interval(tenant, home, *DAY)
    sold = await interval(tenant, home, *DAY, tariff_direction="EXPORT")
    assert (bought["tariff_direction"], costs_of(bought)) == ("IMPORT", [0.75])
    assert (sold["tariff_direction"], costs_of(sold)) == ("EXPORT", [0.4])


async def test_own_generation_is_free_without_a_tariff(tenant: Tenant, home: str) -> None:
    await put(tenant, half_hours(home, DAY[0], [5.0], tariff_direction="LOCAL"))
    free = await interval(tenant, home, *DAY, tariff_direction="LOCAL")
    assert (energies_of(free), costs_of(free)) == ([5.0], [0])
    await tenant.tariff(home, direction="LOCAL", schedule=flat(0.1))
    priced = await interval(tenant, home, *DAY, tariff_direction="LOCAL")
    assert costs_of(priced) == [0.5]


async def test_what_flowed_out_at_the_import_price_is_a_series_of_its_own(
    tenant: Tenant, home: str
) -> None:
    await tenant.tariff(home, charges=[DAILY], vat=0.2, vat_included=False)
    await put(tenant, half_hours(home, DAY[0], [1.0, 1.0]))
    outbound = {"energy_flow_direction": "OUTBOUND", "tariff_direction": "IMPORT"}
    await put(tenant, half_hours(home, DAY[0], [3.0], **outbound))
    day = await interval(tenant, home, *DAY)
    assert energies_of(day) == [5.0]
    assert [(one["kind"], one["amount"]) for one in day["data"][0]["lines"]] == [
        ("ENERGY", 1.25),
        ("STANDING", 0.5),
        ("VAT", 0.35),
    ]
    assert day["data"][0]["lines"] == day["total"]["lines"]
    each = await interval(tenant, home, *DAY, "NONE")
    assert sorted(energies_of(each)) == [1.0, 1.0, 3.0]
    assert total_of(each) == total_of(day) == 2.1


async def test_negative_prices_are_negative_costs(tenant: Tenant, home: str) -> None:
    await tenant.tariff(home, schedule=flat(-0.02))
    await put(tenant, half_hours(home, DAY[0], [5.0]))
    answer = await interval(tenant, home, *DAY)
    assert (costs_of(answer), total_of(answer)) == ([-0.1], -0.1)


# What is asked.


async def test_13_months_are_answered_and_more_are_not(tenant: Tenant, home: str) -> None:
    await tenant.tariff(home, charges=[DAILY])
    start = "2024-02-01T00:00:00+01:00"
    answer = await interval(tenant, home, start, "2025-03-01T00:00:00+01:00", "MONTH")
    assert len(answer["data"]) == 13
    await refused(tenant, home, start, "2025-03-06T00:00:00+01:00", 400, "end_time_invalid")


async def test_13_months_that_a_clock_change_makes_an_hour_longer_are_answered(
    tenant: Tenant, home: str
) -> None:
    await tenant.tariff(home, charges=[DAILY])
    autumn = "2023-10-01T00:00:00+02:00", "2024-11-01T00:00:00+01:00"
    answer = await interval(tenant, home, *autumn, "MONTH")
    assert len(answer["data"]) == 13
    grouped = {"location_id": home, "group_by": "MONTH"}
    search = {**grouped, "start_time": autumn[0], "end_time": autumn[1]}
    assert (await tenant.post("/meters/records", search)).status_code == 200


async def test_a_lines_unit_price_is_that_of_the_tariff_however_little_was_used(
    tenant: Tenant, home: str
) -> None:
    await tenant.tariff(home, schedule=flat(0.1111))
    await put(tenant, half_hours(home, DAY[0], [0.004]))
    answer = await interval(tenant, home, *DAY)
    (line,) = answer["total"]["lines"]
    assert (line["quantity"], line["amount"], line["unit_price"]) == (0.004, 0.000444, 0.1111)


@pytest.mark.parametrize(
    ("body", "query", "code"),
    [
        ({"end_time": DAY[0]}, {}, "end_time_invalid"),
        ({"end_time": FEBRUARY[0]}, {}, "end_time_invalid"),
        ({"end_time": "2026-02-13T00:00:00"}, {}, "end_time_invalid"),
        ({"start_time": "yesterday"}, {}, "start_time_invalid"),
        ({"start_time": None}, {}, "start_time_invalid"),
        ({"colour": "red"}, {}, "parameter_unknown"),
        ({}, {"aggregation": "FORTNIGHT"}, "aggregation_invalid"),
        ({}, {"tariff_direction": "UP"}, "tariff_direction_invalid"),
        ({}, {"include_lines": "perhaps"}, "include_lines_invalid"),
        ({}, {"colour": "red"}, "parameter_unknown"),
    ],
)
async def test_what_cannot_be_asked(
    tenant: Tenant, home: str, body: dict[str, Any], query: dict[str, str], code: str
) -> None:
    await tenant.tariff(home)
    asked = {"start_time": DAY[0], "end_time": DAY[1], **body}
    answer = await tenant.post(f"/costs/interval/{home}", asked, params=query)
    error(answer, 400, code)


async def test_shape_is_judged_before_existence(tenant: Tenant) -> None:
    nowhere = "loc_" + "0" * 32
    await refused(tenant, nowhere, DAY[1], DAY[0], 400, "end_time_invalid")
    await refused(tenant, nowhere, *DAY, 404, "location_not_found")
