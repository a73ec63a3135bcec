"""Import and export that cancel out at a site (contract 2b, Netting)."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.costing import (
    costs_of,
    energies_of,
    interval,
    lines_of,
    periods,
    put,
    refused,
    spans_of,
    total_of,
)
from tests.support.pricing import DAY_AND_NIGHT
from tests.support.tariff_bodies import flat
from tests.support.world import Tenant, error

Json = dict[str, Any]
OUT = {"energy_flow_direction": "OUTBOUND"}
MONTH = {"period": "MONTH"}
CARRY = {"period": "MONTH", "surplus": "CARRY", "carry_ends": 3}
SPRING = ("2025-02-01T00:00:00+01:00", "2025-05-01T00:00:00+02:00")
FEBRUARY = ("2025-02-01T00:00:00+01:00", "2025-03-01T00:00:00+01:00")
MARCH = ("2025-03-01T00:00:00+01:00", "2025-04-01T00:00:00+02:00")


async def home(tenant: Tenant, netting: Json | None) -> str:
    """A site in Amsterdam that pays 0.25 and is paid 0.10 a kWh."""
    place = str((await tenant.site(netting=netting))["location_id"])
    await tenant.tariff(place)
    return place


async def sells(tenant: Tenant, place: str) -> None:
    await tenant.tariff(place, direction="EXPORT", schedule=flat(0.10))


async def flowed(tenant: Tenant, place: str, *when: tuple[str, float, float]) -> None:
    """Put an hour of (start, import, export)."""
    hour = timedelta(hours=1)
    for start, bought, sold in when:
        await put(
            tenant,
            [
                *periods(place, start, hour, [bought]),
                *periods(place, start, hour, [sold], **OUT),
            ],
        )


# What a site says.


async def test_a_site_answers_how_it_nets_and_so_does_its_location(tenant: Tenant) -> None:
    made = await tenant.site(netting=CARRY)

    assert made["netting"] == CARRY
    at = (await tenant.get(f"/locations/{made['location_id']}")).json()
    assert at["netting"] == CARRY
    listed = (await tenant.get("/sites")).json()["data"][0]
    assert listed["netting"] == CARRY


async def test_a_site_without_netting_says_nothing_of_it_and_its_location_null(
    tenant: Tenant,
) -> None:
    made = await tenant.site()

    assert "netting" not in made
    assert (await tenant.get(f"/locations/{made['location_id']}")).json()["netting"] is None


async def test_surplus_is_paid_unless_it_is_said_otherwise(tenant: Tenant) -> None:
    made = await tenant.site(netting={"period": "QUARTER_HOUR"})

    assert made["netting"] == {"period": "QUARTER_HOUR", "surplus": "PAY", "carry_ends": None}


async def test_netting_is_changed_in_part_and_taken_back(tenant: Tenant) -> None:
    made = await tenant.site(netting=CARRY)
    path = f"/sites/{made['id']}"

    changed = await tenant.call("PATCH", path, json={"netting": {"carry_ends": 12}})
    assert changed.json()["netting"] == {**CARRY, "carry_ends": 12}
    taken = await tenant.call("PATCH", path, json={"netting": None})
    assert "netting" not in taken.json()


@pytest.mark.parametrize(
    ("netting", "param", "code"),
    [
        ({}, "netting.period", "period_missing"),
        ({"period": "WEEK"}, "netting.period", "period_invalid"),
        ({"period": None}, "netting.period", "period_invalid"),
        ({"period": "MONTH", "surplus": "KEEP"}, "netting.surplus", "surplus_invalid"),
        (
            {"period": "MONTH", "surplus": "CARRY", "carry_ends": 0},
            "netting.carry_ends",
            "carry_ends_invalid",
        ),
        (
            {"period": "MONTH", "surplus": "CARRY", "carry_ends": 13},
            "netting.carry_ends",
            "carry_ends_invalid",
        ),
        (
            {"period": "MONTH", "surplus": "CARRY", "carry_ends": 3.5},
            "netting.carry_ends",
            "carry_ends_invalid",
        ),
        ({"period": "MONTH", "carry_ends": 3}, "netting.carry_ends", "netting_invalid"),
        ({"period": "MONTH", "price": 1}, "netting.price", "parameter_unknown"),
        ("MONTH", "netting", "netting_invalid"),
    ],
)
async def test_netting_that_is_none_is_refused_where_it_is_wrong(
    tenant: Tenant, netting: Any, param: str, code: str
) -> None:
    body = {"timezone": "Europe/Paris", "currency_code": "EUR", "netting": netting}

    for path in ("/sites", "/locations"):
        assert error(await tenant.post(path, body), 400, code)["param"] == param


async def test_a_site_whose_connection_lets_nothing_out_has_nothing_to_net(tenant: Tenant) -> None:
    body = {"timezone": "Europe/Paris", "currency_code": "EUR", "netting": MONTH}
    refusal = await tenant.post("/sites", {**body, "max_power_export_kw": 0})
    assert error(refusal, 400, "netting_invalid")["param"] == "netting"

    made = await tenant.make("/sites", body)
    path = f"/sites/{made['id']}"
    refusal = await tenant.call("PATCH", path, json={"max_power_export_kw": 0})
    assert error(refusal, 400, "netting_invalid")["param"] == "netting"


# What remains is priced.


async def test_only_what_remains_of_a_month_is_paid_for(tenant: Tenant) -> None:
    place = await home(tenant, MONTH)
    await sells(tenant, place)
    await flowed(tenant, place, ("2025-02-10T10:00:00+01:00", 300, 120))
    await flowed(tenant, place, ("2025-02-11T10:00:00+01:00", 0, 80))

    bought = await interval(tenant, place, *FEBRUARY, "MONTH")
    sold = await interval(tenant, place, *FEBRUARY, "MONTH", tariff_direction="EXPORT")

    assert (total_of(bought), energies_of(bought)) == (25, [100])
    assert (total_of(sold), energies_of(sold)) == (0, [0])


async def test_lines_name_both_gross_amounts(tenant: Tenant) -> None:
    place = await home(tenant, MONTH)
    await sells(tenant, place)
    await flowed(tenant, place, ("2025-02-10T10:00:00+01:00", 50, 200))

    sold = await interval(tenant, place, *FEBRUARY, "MONTH", tariff_direction="EXPORT")
    bought = await interval(tenant, place, *FEBRUARY, "MONTH")

    (line,) = lines_of(sold["data"][0], "ENERGY")
    assert (line["quantity"], line["amount"]) == (150, 15)
    assert (line["gross_import_kwh"], line["gross_export_kwh"]) == (50, 200)
    (line,) = lines_of(bought["total"], "ENERGY")
    assert (line["quantity"], line["amount"]) == (0, 0)
    assert (line["gross_import_kwh"], line["gross_export_kwh"]) == (50, 200)


async def test_a_place_that_does_not_net_names_no_gross_amounts(tenant: Tenant) -> None:
    place = await home(tenant, None)
    await flowed(tenant, place, ("2025-02-10T10:00:00+01:00", 50, 200))

    bought = await interval(tenant, place, *FEBRUARY, "MONTH")

    (line,) = lines_of(bought["total"], "ENERGY")
    assert (line["quantity"], "gross_import_kwh" in line) == (50, False)


async def test_hours_of_the_import_tariff_net_among_themselves(tenant: Tenant) -> None:
    place = str((await tenant.site(netting=MONTH))["location_id"])
    await tenant.tariff(place, schedule=DAY_AND_NIGHT)
    await sells(tenant, place)
    night, day = "2025-02-10T02:00:00+01:00", "2025-02-10T12:00:00+01:00"
    await flowed(tenant, place, (night, 10, 0), (day, 0, 30))

    bought = await interval(tenant, place, *FEBRUARY, "MONTH")
    sold = await interval(tenant, place, *FEBRUARY, "MONTH", tariff_direction="EXPORT")

    assert energies_of(bought) == [10]
    assert energies_of(sold) == [30]


async def test_a_day_is_netted_with_the_whole_month_it_lies_in(tenant: Tenant) -> None:
    place = await home(tenant, MONTH)
    await flowed(
        tenant,
        place,
        ("2025-02-01T00:00:00+01:00", 10, 0),
        ("2025-02-28T22:00:00+01:00", 10, 5),
        ("2025-03-01T00:00:00+01:00", 1, 1),
    )

    day = await interval(
        tenant, place, "2025-02-01T00:00:00+01:00", "2025-02-02T00:00:00+01:00", "NONE"
    )

    assert energies_of(day) == [7.5]


@pytest.mark.parametrize(
    ("period", "bought", "sold"),
    [("QUARTER_HOUR", 5, 5), ("HALF_HOUR", 4, 4), ("HOUR", 1, 1), ("DAY", 0, 0)],
)
async def test_what_cancels_out_is_what_flowed_in_the_same_period(
    tenant: Tenant, period: str, bought: float, sold: float
) -> None:
    place = await home(tenant, {"period": period})
    await sells(tenant, place)
    quarter, start = timedelta(minutes=15), "2025-03-30T01:00:00+01:00"
    await put(tenant, periods(place, start, quarter, [2, 0, 0, 0, 0, 0, 3, 0]))
    await put(tenant, periods(place, start, quarter, [0, 1, 0, 0, 4, 0, 0, 0], **OUT))

    one = await interval(tenant, place, *MARCH, "DAY")
    other = await interval(tenant, place, *MARCH, "DAY", tariff_direction="EXPORT")

    assert energies_of(one) == [bought]
    assert energies_of(other) == [sold]


async def test_tiers_count_what_remains(tenant: Tenant) -> None:
    place = str((await tenant.site(netting={"period": "DAY"}))["location_id"])
    await tenant.tariff(place, schedule=flat([{"value": 0.2, "to_kwh": 10}, {"value": 1.0}]))
    await flowed(
        tenant,
        place,
        ("2025-02-01T10:00:00+01:00", 20, 12),
        ("2025-02-02T10:00:00+01:00", 4, 0),
    )

    answer = await interval(tenant, place, *FEBRUARY, "DAY")

    assert costs_of(answer) == [1.6, 2.4]


async def test_demand_is_of_net_energy_only_where_its_window_holds_the_period(
    tenant: Tenant,
) -> None:
    demand = {"kind": "DEMAND", "amount_per_kw": 1, "window_minutes": 60}
    for period, peak_kw in (("HOUR", 4), ("DAY", 10)):
        place = str((await tenant.site(netting={"period": period}))["location_id"])
        await tenant.tariff(place, schedule=flat(0.0), charges=[demand])
        await flowed(tenant, place, ("2025-02-10T10:00:00+01:00", 10, 6))

        assert total_of(await interval(tenant, place, *FEBRUARY, "MONTH")) == peak_kw


@pytest.mark.parametrize("period", ["QUARTER_HOUR", "DAY", "MONTH"])
@pytest.mark.parametrize("scope", ["TARIFF", "PERIOD"])
async def test_prices_are_in_the_tier_that_net_energy_has_reached(
    tenant: Tenant, period: str, scope: str
) -> None:
    tiers = flat([{"value": 0.2, "to_kwh": 100}, {"value": 1.0}])
    prices = []
    for netting in (None, {"period": period}):
        place = str((await tenant.site(netting=netting))["location_id"])
        await tenant.tariff(place, schedule=tiers, tier_reset="YEAR", tier_scope=scope)
        await put(tenant, periods(place, "2026-01-31T22:00:00+01:00", timedelta(hours=4), [150]))
        await put(
            tenant,
            periods(place, "2026-01-31T22:00:00+01:00", timedelta(hours=4), [60], **OUT),
        )
        body = {
            "location_id": place,
            "start_time": "2026-03-02T12:00:00+01:00",
            "end_time": "2026-03-02T13:00:00+01:00",
        }
        answer = await tenant.post("/prices", body)
        prices.append(answer.json()["data"][0]["price"]["value"])

    assert prices == [1.0, 0.2]


async def test_prices_go_by_gross_power_where_the_netting_period_is_longer_than_its_window(
    tenant: Tenant,
) -> None:
    tiers = flat([{"value": 0.2, "to_kwh_per_kw": 0.6}, {"value": 1.0}])
    prices = []
    for period in ("HOUR", "MONTH"):
        place = str((await tenant.site(netting={"period": period}))["location_id"])
        await tenant.tariff(place, schedule=tiers)
        await flowed(tenant, place, ("2026-03-01T10:00:00+01:00", 10, 6))
        body = {
            "location_id": place,
            "start_time": "2026-03-02T12:00:00+01:00",
            "end_time": "2026-03-02T13:00:00+01:00",
        }
        answer = await tenant.post("/prices", body)
        prices.append(answer.json()["data"][0]["price"]["value"])

    assert prices == [1.0, 0.2]


# The sum.


async def test_what_is_carried_offsets_later_months_and_nothing_of_it_is_paid(
    tenant: Tenant,
) -> None:
    place = await home(tenant, {"period": "MONTH", "surplus": "CARRY"})
    await sells(tenant, place)
    await flowed(
        tenant,
        place,
        ("2025-02-10T10:00:00+01:00", 100, 160),
        ("2025-03-10T10:00:00+01:00", 50, 10),
        ("2025-04-10T10:00:00+02:00", 50, 0),
    )

    bought = await interval(tenant, place, *SPRING, "MONTH")
    sold = await interval(tenant, place, *SPRING, "MONTH", tariff_direction="EXPORT")

    assert energies_of(bought) == [0, 0, 30]
    assert total_of(bought) == 7.5
    assert total_of(sold) == 0


async def test_the_sum_offsets_the_hours_of_a_month_by_the_same_share(tenant: Tenant) -> None:
    place = str((await tenant.site(netting={**CARRY, "carry_ends": None}))["location_id"])
    await tenant.tariff(place, schedule=DAY_AND_NIGHT)
    await flowed(
        tenant,
        place,
        ("2025-02-10T12:00:00+01:00", 0, 12),
        ("2025-03-10T12:00:00+01:00", 18, 0),
        ("2025-03-11T02:00:00+01:00", 6, 0),
    )

    answer = await interval(tenant, place, *MARCH, "DAY")

    assert energies_of(answer) == [9, 3]


async def test_what_is_left_at_the_end_is_paid_at_the_last_price_of_the_month(
    tenant: Tenant,
) -> None:
    place = await home(tenant, CARRY)
    await tenant.tariff(
        place, direction="EXPORT", schedule=flat(0.10), contract_end_date="2025-03-31"
    )
    await tenant.tariff(
        place, direction="EXPORT", schedule=flat(0.07), contract_start_date="2025-03-31"
    )
    await flowed(
        tenant,
        place,
        ("2025-02-10T10:00:00+01:00", 0, 100),
        ("2025-03-10T10:00:00+01:00", 30, 0),
        ("2025-04-10T10:00:00+02:00", 30, 0),
    )

    bought = await interval(tenant, place, *SPRING, "MONTH")
    sold = await interval(tenant, place, *SPRING, "MONTH", tariff_direction="EXPORT")
    last_day = await interval(
        tenant,
        place,
        "2025-03-31T00:00:00+02:00",
        "2025-04-01T00:00:00+02:00",
        "NONE",
        tariff_direction="EXPORT",
    )

    assert energies_of(bought) == [0, 0, 30]
    assert energies_of(sold) == [0, 70, 0]
    assert costs_of(sold) == [0, 4.9, 0]
    assert costs_of(last_day) == [4.9]
    assert spans_of(last_day) == [("2025-03-31T23:59:59+02:00", "2025-04-01T00:00:00+02:00")]


async def test_what_is_left_is_forfeited_without_an_export_tariff(tenant: Tenant) -> None:
    place = await home(tenant, CARRY)
    await flowed(
        tenant,
        place,
        ("2025-02-10T10:00:00+01:00", 0, 100),
        ("2025-04-10T10:00:00+02:00", 30, 0),
    )

    assert energies_of(await interval(tenant, place, *SPRING, "MONTH")) == [0, 30]
    await refused(tenant, place, *SPRING, 422, "no_tariff_connected", tariff_direction="EXPORT")


async def test_the_sum_outlives_a_change_of_tariff(tenant: Tenant) -> None:
    place = str((await tenant.site(netting={**CARRY, "carry_ends": 12}))["location_id"])
    await tenant.tariff(place, contract_end_date="2025-03-15")
    await tenant.tariff(place, contract_start_date="2025-03-15", schedule=flat(0.5))
    await flowed(
        tenant,
        place,
        ("2025-02-10T10:00:00+01:00", 0, 100),
        ("2025-04-10T10:00:00+02:00", 130, 0),
    )

    assert total_of(await interval(tenant, place, *SPRING, "MONTH")) == 15


# Other questions.


async def test_a_session_and_a_single_reading_are_netted_as_their_month_is(
    tenant: Tenant,
) -> None:
    place = await home(tenant, MONTH)
    reading = {"start_time": "2025-02-10T10:00:00+01:00", "end_time": "2025-02-10T11:00:00+01:00"}
    session = {"session_reference_id": "a session"}
    await put(tenant, [{"location_id": place, **reading, "energy_kwh": 40, **session}])
    await flowed(tenant, place, ("2025-02-12T10:00:00+01:00", 0, 10))

    found = (await tenant.post("/costs/session/a session", None)).json()
    assert found["total"]["cost"]["value"] == 7.5

    body = {
        "location_id": place,
        "energy_flow_direction": "INBOUND",
        "energy_kwh": 10,
        "start_time": "2025-02-13T10:00:00+01:00",
        "end_time": "2025-02-13T11:00:00+01:00",
    }
    answer = await tenant.post("/costs/instant", body, params={"non_persistent": "true"})
    assert answer.json()["total"]["cost"]["value"] == 2.0


async def test_what_a_device_used_is_not_netted(tenant: Tenant) -> None:
    place = await home(tenant, MONTH)
    device = str((await tenant.device(place))["id"])
    await flowed(tenant, place, ("2025-02-10T10:00:00+01:00", 40, 40))
    reading = {"start_time": "2025-02-10T10:00:00+01:00", "end_time": "2025-02-10T11:00:00+01:00"}
    await put(tenant, [{"location_id": place, "device_id": device, **reading, "energy_kwh": 20}])

    assert total_of(await interval(tenant, device, *FEBRUARY, "MONTH")) == 5
    assert total_of(await interval(tenant, place, *FEBRUARY, "MONTH")) == 0


async def test_a_place_that_exports_nothing_pays_for_all_it_imports(tenant: Tenant) -> None:
    place = await home(tenant, {"period": "MONTH", "surplus": "CARRY"})
    await put(
        tenant,
        [
            {
                "location_id": place,
                "start_time": "2025-02-10T10:00:00+01:00",
                "end_time": "2025-02-10T11:00:00+01:00",
                "energy_kwh": 8,
            }
        ],
    )

    assert total_of(await interval(tenant, place, *FEBRUARY, "MONTH")) == 2
