"""What the metered energy of a place or a device cost (contract 3, Costs)."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.costing import (
    amount_of,
    confidences_of,
    costs_of,
    energies_of,
    half_hours,
    interval,
    lines_of,
    periods,
    put,
    spans_of,
    total_of,
)
from tests.support.pricing import DAY_AND_NIGHT
from tests.support.tariff_bodies import entry, flat, hours
from tests.support.world import Tenant, World, error

DAILY = {"kind": "DAILY", "amount": 0.5, "name": "standing charge"}
FEBRUARY = ("2026-02-01T00:00:00+01:00", "2026-03-01T00:00:00+01:00")
DAY = ("2026-02-12T00:00:00+01:00", "2026-02-13T00:00:00+01:00")
FOLLOWS = flat([{"surcharge_fixed": 0.0}])


@pytest.fixture
async def site(tenant: Tenant) -> Any:
    return await tenant.site()


@pytest.fixture
async def home(site: Any) -> str:
    return str(site["location_id"])


async def refused(
    tenant: Tenant, object_id: str, start: str, end: str, status: int, code: str, **query: str
) -> Any:
    body = {"start_time": start, "end_time": end}
    answer = await tenant.post(f"/costs/interval/{object_id}", body, params=query)
    return error(answer, status, code)


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


# Charges.


async def test_standing_charges_are_there_without_readings_and_days_add_up_to_months(
    tenant: Tenant, home: str
) -> None:
    monthly = {"kind": "MONTHLY", "amount": 14, "name": "meter"}
    yearly = {"kind": "YEARLY", "amount": 73, "name": "grid"}
    await tenant.tariff(home, charges=[DAILY, monthly, yearly])
    months = await interval(tenant, home, *FEBRUARY, "MONTH")
    (month,) = months["data"]
    assert [(line["name"], line["amount"], line["unit"]) for line in month["lines"]] == [
        ("standing charge", 14.0, "DAY"),
        ("meter", 14.0, "MONTH"),
        ("grid", 5.6, "YEAR"),
    ]
    days = await interval(tenant, home, *FEBRUARY, "DAY")
    assert len(days["data"]) == 28
    assert set(costs_of(days)) == {1.2}
    half = await interval(tenant, home, DAY[0], "2026-02-12T12:00:00+01:00", "DAY")
    assert costs_of(half) == [0.6]
    year = await interval(
        tenant, home, "2025-01-01T00:00:00+01:00", "2026-01-01T00:00:00+01:00", "YEAR"
    )
    assert total_of(year) == 365 * 0.5 + 12 * 14 + 73


async def test_standing_charges_accrue_inside_the_contract_only(tenant: Tenant, home: str) -> None:
    await tenant.tariff(
        home,
        charges=[DAILY],
        contract_start_date="2026-02-10",
        contract_end_date="2026-02-15T12:00:00+01:00",
    )
    answer = await interval(tenant, home, *FEBRUARY)
    assert costs_of(answer) == [0.5] * 5 + [0.25]
    assert spans_of(answer)[0][0] == "2026-02-10T00:00:00+01:00"
    assert total_of(answer) == 2.75


async def test_a_demand_charge_is_the_highest_power_of_each_month(
    tenant: Tenant, home: str
) -> None:
    weekdays = [{"days_and_hours": [{"days": ["Weekdays"],
                 "hours": [{"valid_from": "08:00", "valid_to": "20:00"}]}]}]  # fmt: skip
    all_day = {"kind": "DEMAND", "amount_per_kw": 2, "window_minutes": 60, "reset": "MONTH",
               "name": "peak"}  # fmt: skip
    by_day = {**all_day, "amount_per_kw": 3, "name": "day peak", "schedule": weekdays}
    await tenant.tariff(home, charges=[all_day, by_day])
    await put(tenant, half_hours(home, "2026-01-20T22:00:00+01:00", [3.0, 1.0]))  # at night
    await put(tenant, half_hours(home, "2026-01-20T12:30:00+01:00", [2.0, 0.5]))  # two windows
    await put(tenant, half_hours(home, "2026-02-14T12:00:00+01:00", [5.0, 5.0]))  # Saturday
    span = ("2026-01-01T00:00:00+01:00", FEBRUARY[1])
    months = await interval(tenant, home, *span, "MONTH")
    found = [[(one["name"], one["quantity"], one["amount"]) for one in lines_of(item, "DEMAND")]
             for item in months["data"]]  # fmt: skip
    assert found == [[("peak", 4.0, 8.0), ("day peak", 2.0, 6.0)], [("peak", 10.0, 20.0)]]
    assert amount_of(months["total"], "DEMAND") == 34
    assert total_of(months) == sum(costs_of(months)) == 34 + 16.5 * 0.25
    year = await interval(tenant, home, *span, "YEAR")
    assert costs_of(year) == [total_of(months)]
    for aggregation in ("NONE", "HOUR", "DAY", "WEEK"):
        shorter = await interval(tenant, home, *span, aggregation)
        assert all(amount_of(item, "DEMAND") == 0 for item in shorter["data"])
        assert total_of(shorter) == total_of(months)


async def test_vat_is_the_last_line_and_on_charges_too(tenant: Tenant, home: str) -> None:
    demand = {"kind": "DEMAND", "amount_per_kw": 2, "window_minutes": 30, "reset": "MONTH"}
    await tenant.tariff(home, charges=[DAILY, demand], vat=0.21, vat_included=False)
    await put(tenant, half_hours(home, DAY[0], [2.0]))
    (month,) = (await interval(tenant, home, *FEBRUARY, "MONTH"))["data"]
    assert [(line["kind"], line["amount"]) for line in month["lines"]] == [
        ("ENERGY", 0.5),
        ("STANDING", 14.0),
        ("DEMAND", 8.0),
        ("VAT", 4.725),
    ]
    assert month["cost"]["value"] == 27.225


async def test_vat_that_prices_include_has_no_line(tenant: Tenant, home: str) -> None:
    await tenant.tariff(home, charges=[DAILY], vat=0.21)
    await put(tenant, half_hours(home, DAY[0], [2.0]))
    (day,) = (await interval(tenant, home, *DAY))["data"]
    assert [line["kind"] for line in day["lines"]] == ["ENERGY", "STANDING"]
    assert day["cost"]["value"] == 1.0


async def test_levies_are_lines_of_their_own_tariff(tenant: Tenant, home: str) -> None:
    energy = await tenant.tariff(home, schedule=flat(0.2))
    levy = await tenant.tariff(
        home, type="NON_COMMODITY", schedule=flat(0.05), vat=0.2, vat_included=False
    )
    await put(tenant, half_hours(home, DAY[0], [2.0]))
    (day,) = (await interval(tenant, home, *DAY))["data"]
    assert [(one["kind"], one["tariff_id"], one["amount"]) for one in day["lines"]] == [
        ("ENERGY", energy["id"], 0.4),
        ("ENERGY", levy["id"], 0.1),
        ("VAT", levy["id"], 0.02),
    ]
    assert day["cost"]["value"] == 0.52


@pytest.mark.parametrize(("limit", "cost"), [({"cap_per_kwh": 0.2}, 0.2 + 0.1),
                                             ({"floor_per_kwh": 0.15}, 0.3 + 0.15)])  # fmt: skip
async def test_caps_and_floors_limit_the_price_before_vat(
    tenant: Tenant, home: str, limit: dict[str, float], cost: float
) -> None:
    await tenant.tariff(home, schedule=DAY_AND_NIGHT, vat=0.5, vat_included=False, **limit)
    await put(tenant, half_hours(home, "2026-02-12T06:30:00+01:00", [1.0, 1.0]))
    assert total_of(await interval(tenant, home, *DAY)) == pytest.approx(cost * 1.5, abs=1e-9)


# Tiers.

TIERS = [{"value": 0.2, "to_kwh": 10}, {"value": 0.4}]
NIGHT_TIERS = [{"value": 0.1, "to_kwh": 10}, {"value": 0.3}]
TIERED = [entry(("All", hours(("12:00", "00:00", TIERS), ("00:00", "12:00", NIGHT_TIERS))))]


@pytest.mark.parametrize(
    ("scope", "cost"),
    [
        # Mornings 8 and 8, afternoons 4 and 4, in turn, in one month of 24 kWh.
        ("TARIFF", 8 * 0.1 + 2 * 0.2 + 2 * 0.4 + 8 * 0.3 + 4 * 0.4),
        ("PERIOD", 10 * 0.1 + 6 * 0.3 + 8 * 0.2),
        ("SHARED", 16 * (0.1 * 10 + 0.3 * 14) / 24 + 8 * (0.2 * 10 + 0.4 * 14) / 24),
    ],
)
async def test_tiers_in_their_three_scopes(
    tenant: Tenant, home: str, scope: str, cost: float
) -> None:
    await tenant.tariff(home, schedule=TIERED, tier_scope=scope)
    half_days = periods(home, "2026-02-12T00:00:00+01:00", timedelta(hours=12), [8, 4, 8, 4])
    await put(tenant, half_days)
    months = await interval(tenant, home, *FEBRUARY, "MONTH")
    assert total_of(months) == pytest.approx(cost, abs=1e-6)
    days = await interval(tenant, home, *FEBRUARY, "DAY")
    assert sum(costs_of(days)) == pytest.approx(cost, abs=2e-6)
    assert {line["tier"] for line in months["data"][0]["lines"]} == {1, 2}
    # A question about the second day alone knows of the first, and of the month.
    second = await interval(tenant, home, "2026-02-13T00:00:00+01:00", "2026-02-14T00:00:00+01:00")
    assert costs_of(second) == [days["data"][1]["cost"]["value"]]


@pytest.mark.parametrize(
    ("reset", "whole", "last"),
    [("DAY", 3.2, 0.8), ("MONTH", 3.2, 0.8), ("YEAR", 4.4, 1.6), ("CONTRACT", 4.4, 1.6)],
)
async def test_counters_start_again_with_their_local_period(
    tenant: Tenant, home: str, reset: str, whole: float, last: float
) -> None:
    """4 kWh on each of the last two days of January and the first two of February."""
    await tenant.tariff(home, schedule=flat(TIERS), tier_reset=reset)
    day = timedelta(days=1)
    await put(tenant, periods(home, "2026-01-30T00:00:00+01:00", day, [4, 4, 4, 4]))
    span = ("2026-01-30T00:00:00+01:00", "2026-02-03T00:00:00+01:00")
    assert total_of(await interval(tenant, home, *span)) == pytest.approx(whole)
    last_day = await interval(tenant, home, "2026-02-02T00:00:00+01:00", span[1])
    assert costs_of(last_day) == [pytest.approx(last)]


async def test_what_a_device_uses_or_what_is_sold_moves_no_counter_of_the_place(
    tenant: Tenant, home: str
) -> None:
    device = (await tenant.device(home))["id"]
    await tenant.tariff(home, schedule=flat(TIERS))
    await put(tenant, half_hours(home, DAY[0], [50.0], device_id=device))
    await put(tenant, half_hours(home, DAY[0], [50.0], energy_flow_direction="OUTBOUND"))
    await put(tenant, half_hours(home, DAY[0], [50.0], tariff_direction="LOCAL"))
    await put(tenant, half_hours(home, "2026-02-12T12:00:00+01:00", [8.0]))
    assert costs_of(await interval(tenant, home, *DAY)) == [1.6]
    assert costs_of(await interval(tenant, device, *DAY)) == [pytest.approx(10 * 0.2 + 40 * 0.4)]


# Markets and what is not certain.


async def market(tenant: Tenant, home: str, prices: list[Any]) -> Any:
    source = await tenant.market_source(unit="KWH")
    await tenant.publish(source["id"], prices)
    await tenant.tariff(home, market_rates=True, market_source_id=source["id"], schedule=FOLLOWS)
    return source


def published(start: str, values: list[float]) -> list[dict[str, Any]]:
    hourly = periods("", start, timedelta(hours=1), values)
    return [
        {"valid_from": one["start_time"], "valid_to": one["end_time"], "value": one["energy_kwh"]}
        for one in hourly
    ]


async def test_a_reading_over_several_market_prices_is_split_by_time(
    tenant: Tenant, home: str
) -> None:
    source = await market(tenant, home, published(DAY[0], [0.1, -0.2, 0.4, 0.3] * 6))
    await put(tenant, periods(home, "2026-02-12T00:30:00+01:00", timedelta(hours=2), [4.0]))
    assert costs_of(await interval(tenant, home, *DAY)) == [0.1]  # 0.1 - 0.4 + 0.4
    # A price that the market corrects changes its own share, and nothing else.
    await tenant.publish(source["id"], published("2026-02-12T01:00:00+01:00", [0.2]))
    assert costs_of(await interval(tenant, home, *DAY)) == [0.9]


async def test_a_forecast_price_is_half_certain_weighed_by_energy(
    tenant: Tenant, home: str
) -> None:
    days = published("2026-02-09T00:00:00+01:00", [0.1] * 24 * 3)  # Monday to Wednesday
    await market(tenant, home, days)
    await put(tenant, half_hours(home, "2026-02-11T23:30:00+01:00", [3.0, 1.0]))
    answer = await interval(tenant, home, "2026-02-11T00:00:00+01:00", DAY[1])
    assert costs_of(answer) == [pytest.approx(0.3), pytest.approx(0.1)]
    assert confidences_of(answer) == [1.0, 0.5]
    assert answer["total"]["cost"]["confidence"] == 0.88


async def test_energy_without_a_price_is_refused_and_without_readings_it_is_not(
    tenant: Tenant, home: str
) -> None:
    await market(tenant, home, published(DAY[0], [0.1] * 24))
    old = ("2026-01-10T00:00:00+01:00", "2026-01-11T00:00:00+01:00")
    assert (await interval(tenant, home, *old))["data"] == []
    await put(tenant, half_hours(home, "2026-01-10T12:00:00+01:00", [1.0]))
    body = await refused(tenant, home, *old, 422, "no_price_data")
    assert "2026-01-10T11:00:00Z" in body["message"]


async def test_energy_before_the_contract_has_no_price(tenant: Tenant, home: str) -> None:
    await tenant.tariff(home, contract_start_date="2026-02-12", charges=[DAILY])
    await put(tenant, half_hours(home, "2026-02-11T23:00:00+01:00", [1.0] * 4))
    body = await refused(tenant, home, *FEBRUARY, 422, "no_price_data")
    assert "2026-02-11T22:00:00Z" in body["message"]
    after = await interval(tenant, home, DAY[0], FEBRUARY[1])
    assert amount_of(after["total"], "ENERGY") == 0.5


async def test_a_reading_across_the_start_of_a_contract_is_asked_for_from_there(
    tenant: Tenant, home: str
) -> None:
    await tenant.tariff(home, contract_start_date="2026-02-12")
    await put(tenant, periods(home, "2026-02-11T22:00:00+01:00", timedelta(hours=4), [4.0]))
    await refused(tenant, home, *FEBRUARY, 422, "no_price_data")
    assert energies_of(await interval(tenant, home, *DAY)) == [2.0]


async def test_a_contract_that_follows_another_takes_over(tenant: Tenant, home: str) -> None:
    first = await tenant.tariff(home, contract_end_date="2026-02-12", charges=[DAILY])
    second = await tenant.tariff(
        home, contract_start_date="2026-02-12", schedule=flat(0.5),
        charges=[{**DAILY, "amount": 0.1}],
    )  # fmt: skip
    await put(tenant, half_hours(home, "2026-02-11T23:00:00+01:00", [1.0] * 4))
    answer = await interval(tenant, home, *FEBRUARY)
    assert amount_of(answer["total"], "ENERGY") == 2 * 0.25 + 2 * 0.5
    assert amount_of(answer["total"], "STANDING") == pytest.approx(11 * 0.5 + 17 * 0.1)
    owners = {line["tariff_id"] for line in answer["total"]["lines"]}
    assert owners == {first["id"], second["id"]}


async def test_no_tariff_is_said(tenant: Tenant, home: str) -> None:
    await put(tenant, half_hours(home, DAY[0], [1.0]))
    await refused(tenant, home, *DAY, 422, "no_tariff_connected")
    await tenant.tariff(home)
    await refused(tenant, home, *DAY, 422, "no_tariff_connected", tariff_direction="EXPORT")


@pytest.mark.parametrize(
    ("readings", "confidence"),
    [
        ([(1.0, 1.0), (1.0, 0.5)], 0.75),
        ([(3.0, 1.0), (1.0, 0.5)], 0.88),
        ([(999.0, 1.0), (1.0, 0.9)], 0.99),
        ([(0.0, 0.5), (1.0, 1.0)], 0.99),
        ([(0.0, 0.5), (0.0, 1.0)], 0.75),
        ([(1.0, 1.0), (2.0, 1.0)], 1.0),
    ],
)
async def test_confidence_is_weighed_by_energy_and_1_only_if_all_is_certain(
    tenant: Tenant, home: str, readings: list[tuple[float, float]], confidence: float
) -> None:
    await tenant.tariff(home)
    made = half_hours(home, DAY[0], [energy for energy, _ in readings])
    await put(
        tenant,
        [one | {"confidence": sure} for one, (_, sure) in zip(made, readings, strict=True)],
    )
    answer = await interval(tenant, home, *DAY)
    assert confidences_of(answer) == [confidence]
    assert answer["total"]["cost"]["confidence"] == confidence


async def test_after_the_contract_prices_are_less_certain(tenant: Tenant, home: str) -> None:
    await tenant.tariff(home, contract_end_date="2026-02-12")
    await put(tenant, half_hours(home, DAY[0], [1.0], confidence=0.5))
    answer = await interval(tenant, home, *DAY)
    assert (costs_of(answer), confidences_of(answer)) == ([0.25], [0.4])


# Corrections.


async def test_a_corrected_reading_changes_its_own_share_and_a_sent_again_one_nothing(
    tenant: Tenant, home: str
) -> None:
    await tenant.tariff(home, schedule=DAY_AND_NIGHT)
    readings = half_hours(home, DAY[0], [1.0] * 96)
    await put(tenant, readings)
    span = (DAY[0], "2026-02-14T00:00:00+01:00")
    before = await interval(tenant, home, *span)
    await put(tenant, readings)
    again = await interval(tenant, home, *span)
    assert (again["data"], again["total"]) == (before["data"], before["total"])
    await put(tenant, [readings[20] | {"energy_kwh": 2.0}])
    corrected = await interval(tenant, home, *span)
    first, second = costs_of(before)
    assert costs_of(corrected) == [pytest.approx(first + 0.3, abs=1e-9), second]


async def test_a_changed_tariff_changes_later_answers(tenant: Tenant, home: str) -> None:
    made = await tenant.tariff(home)
    await put(tenant, half_hours(home, DAY[0], [1.0]))
    assert costs_of(await interval(tenant, home, *DAY)) == [0.25]
    changed = await tenant.patch(f"/tariffs/{made['id']}", {"schedule": flat(0.5)})
    assert changed.status_code == 200, changed.text
    assert costs_of(await interval(tenant, home, *DAY)) == [0.5]


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
