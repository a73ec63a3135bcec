"""How much may be drawn before a demand charge rises (contract 2b, Demand charges)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.http.test_demand_charges import FREE, at_power, home_in
from tests.support.costing import interval, put, total_of
from tests.support.real_demand import BELGIUM, NORWAY, SWEDEN, during
from tests.support.world import Tenant, World, error

NOW = datetime(2026, 3, 10, 12, 20, tzinfo=UTC)
"""A Tuesday; 13:20 in Berlin."""


@pytest.fixture
async def tenant(world: World) -> Tenant:
    made = await world.tenant()
    world.clock.now = NOW
    return await world.log_in(made.account_id, made.secret)


async def headroom(tenant: Tenant, home: str, **query: Any) -> Any:
    answer = await tenant.get(f"/locations/{home}/headroom", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def only(tenant: Tenant, home: str, **query: Any) -> Any:
    (charge,) = (await headroom(tenant, home, **query))["data"]
    return charge


async def test_what_is_below_the_peak_so_far_is_free(tenant: Tenant) -> None:
    home = await home_in(tenant, "Europe/Berlin", "EUR", "DE")
    charge = {"kind": "DEMAND", "amount_per_kw": 5, "window_minutes": 60, "name": "peak"}
    made = await tenant.tariff(home, schedule=FREE, charges=[charge], vat=0.2, vat_included=False)
    await at_power(tenant, home, 60, ("2026-03-02T08:00:00+01:00", 3))
    await at_power(tenant, home, 60, ("2026-02-02T08:00:00+01:00", 9))

    answer = await headroom(tenant, home)

    assert {name: answer[name] for name in ("object", "location_id", "currency_code")} == {
        "object": "headroom",
        "location_id": home,
        "currency_code": "EUR",
    }
    (found,) = answer["data"]
    assert (found["tariff_id"], found["name"], found["peak_kw"]) == (made["id"], "peak", 3.0)
    assert found["period"] == {
        "start_time": "2026-02-28T23:00:00Z",
        "end_time": "2026-03-31T22:00:00Z",
    }
    assert len(found["windows"]) == 24
    assert found["windows"][0] == {
        "start_time": "2026-03-10T13:00:00Z",
        "end_time": "2026-03-10T14:00:00Z",
        "counts": True,
        "free_kw": 3.0,
        "amount_per_further_kw": 6.0,
    }
    assert {(one["free_kw"], one["amount_per_further_kw"]) for one in found["windows"]} == {
        (3.0, 6.0)
    }


async def test_what_headroom_says_is_what_the_bill_becomes(tenant: Tenant, world: World) -> None:
    """Draw what is free in the next window, then 1 kW more, and look at the month's costs."""
    for charge in (BELGIUM, NORWAY, SWEDEN, {**NORWAY, "per": "DAY", "days": 1},
                   {**BELGIUM, "ratchet_percent": 80, "ratchet_periods": 3}):  # fmt: skip
        minutes = charge["window_minutes"]
        home = await home_in(tenant, "Europe/Stockholm", "SEK", "SE")
        await tenant.tariff(home, schedule=FREE, charges=[charge])
        days = (
            ("02-03T18", 6.5),
            ("03-03T18", 4),
            ("03-04T23", 5),
            ("03-07T11", 3.5),
            ("03-08T09", 3),
        )
        powers = [(f"2026-{day}:00:00+01:00", kw) for day, kw in days]
        await at_power(tenant, home, minutes, *powers)
        before = await month(tenant, home)
        window = (await only(tenant, home))["windows"][0]
        for further, rise in ((-0.001, 0.0), (1.0, window["amount_per_further_kw"])):
            hours = minutes / 60
            reading = {"location_id": home, "confidence": 0.9,
                       "start_time": window["start_time"], "end_time": window["end_time"],
                       "energy_kwh": (window["free_kw"] + further) * hours}  # fmt: skip
            await put(tenant, [reading])
            assert await month(tenant, home) - before == pytest.approx(rise, abs=1e-5), charge


async def month(tenant: Tenant, home: str) -> float:
    span = ("2026-03-01T00:00:00+01:00", "2026-04-01T00:00:00+02:00")
    return total_of(await interval(tenant, home, *span, "MONTH"))


async def test_windows_that_do_not_count_are_free_and_those_at_half_are_free_twice(
    tenant: Tenant,
) -> None:
    home = await home_in(tenant, "Europe/Berlin", "EUR", "DE")
    charge = {"kind": "DEMAND", "amount_per_kw": 5, "window_minutes": 30,
              "schedule": during("06:00", "00:00", "Weekdays"),
              "weights": [{"schedule": during("22:00", "06:00"), "factor": 0.5}]}  # fmt: skip
    await tenant.tariff(home, schedule=FREE, charges=[charge])
    await at_power(tenant, home, 30, ("2026-03-02T08:00:00+01:00", 3))

    windows = (await only(tenant, home))["windows"]

    by_start = {one["start_time"]: one for one in windows}
    assert len(windows) == 48
    assert by_start["2026-03-10T20:30:00Z"]["free_kw"] == 3.0
    late = by_start["2026-03-10T21:00:00Z"]
    assert (late["counts"], late["free_kw"], late["amount_per_further_kw"]) == (True, 6.0, 2.5)
    night = by_start["2026-03-10T23:00:00Z"]
    assert (night["counts"], night["free_kw"], night["amount_per_further_kw"]) == (False, None, 0.0)


async def test_steps_leave_free_what_is_below_the_next_one(tenant: Tenant) -> None:
    home = await home_in(tenant, "Europe/Oslo", "NOK", "NO")
    charge = {**NORWAY, "peak": "HIGHEST"}
    del charge["days"]
    await tenant.tariff(home, schedule=FREE, charges=[charge])
    await at_power(tenant, home, 60, ("2026-03-02T08:00:00+01:00", 3))

    first = (await only(tenant, home))["windows"][0]
    assert (first["free_kw"], first["amount_per_further_kw"]) == (5.0, 439 - 260)
    await at_power(tenant, home, 60, ("2026-03-02T09:00:00+01:00", 12))
    first = (await only(tenant, home))["windows"][0]
    assert (first["free_kw"], first["amount_per_further_kw"]) == (None, 0.0)


async def test_the_least_peak_is_free_and_nothing_is_metered_after_now(tenant: Tenant) -> None:
    home = await home_in(tenant, "Europe/Brussels", "EUR", "BE")
    await tenant.tariff(home, schedule=FREE, charges=[BELGIUM])
    await at_power(tenant, home, 15, ("2026-03-02T08:00:00+01:00", 1))
    forecast = {
        "location_id": home,
        "confidence": 0.5,
        "energy_kwh": 9.0,
        "start_time": "2026-03-10T18:00:00Z",
        "end_time": "2026-03-10T18:15:00Z",
    }
    await put(tenant, [forecast])

    found = await only(tenant, home, hours=2)

    assert found["peak_kw"] == 2.5
    assert [(one["free_kw"], one["amount_per_further_kw"]) for one in found["windows"]] == [
        (2.5, 4.0)
    ] * 8


async def test_a_cap_that_holds_leaves_nothing_free(tenant: Tenant) -> None:
    home = await home_in(tenant, "Europe/Berlin", "EUR", "DE")
    charge = {"kind": "DEMAND", "amount_per_kw": 5, "window_minutes": 60, "cap_per_kwh": 0.5}
    await tenant.tariff(home, schedule=FREE, charges=[charge])
    await at_power(tenant, home, 60, ("2026-03-02T08:00:00+01:00", 3))

    first = (await only(tenant, home))["windows"][0]

    assert (first["free_kw"], first["amount_per_further_kw"]) == (0.0, 0.5)


async def test_another_billing_period_has_an_entry_of_its_own(tenant: Tenant, world: World) -> None:
    home = await home_in(tenant, "Europe/Berlin", "EUR", "DE")
    charge = {"kind": "DEMAND", "amount_per_kw": 5, "window_minutes": 60}
    await tenant.tariff(home, schedule=FREE, charges=[charge])
    await at_power(tenant, home, 60, ("2026-03-02T08:00:00+01:00", 3))
    world.clock.now = datetime(2026, 3, 31, 20, 0, tzinfo=UTC)
    fresh = await world.log_in(tenant.account_id, tenant.secret)

    march, april = (await headroom(fresh, home, hours=4))["data"]

    assert [one["start_time"] for one in march["windows"]] == [
        "2026-03-31T20:00:00Z", "2026-03-31T21:00:00Z",
    ]  # fmt: skip
    assert (march["peak_kw"], april["peak_kw"]) == (3.0, 0.0)
    assert april["period"]["start_time"] == march["period"]["end_time"]
    assert [one["free_kw"] for one in april["windows"]] == [0.0, 0.0]


async def test_tariffs_without_demand_charges_have_no_entry_and_none_at_all_is_refused(
    tenant: Tenant,
) -> None:
    home = await home_in(tenant, "Europe/Berlin", "EUR", "DE")
    answer = await tenant.get(f"/locations/{home}/headroom")
    error(answer, 422, "no_tariff_connected")
    await tenant.tariff(home)

    assert (await headroom(tenant, home))["data"] == []
    exported = await tenant.get(
        f"/locations/{home}/headroom", params={"tariff_direction": "EXPORT"}
    )
    error(exported, 422, "no_tariff_connected")


@pytest.mark.parametrize("hours", ["0", "-1", "169", "1.5", "many"])
async def test_hours_are_one_to_a_week(tenant: Tenant, hours: str) -> None:
    home = await home_in(tenant, "Europe/Berlin", "EUR", "DE")

    answer = await tenant.get(f"/locations/{home}/headroom", params={"hours": hours})

    error(answer, 400, "hours_invalid", "hours")


async def test_a_week_ahead_is_answered(tenant: Tenant) -> None:
    home = await home_in(tenant, "Europe/Berlin", "EUR", "DE")
    charge = {"kind": "DEMAND", "amount_per_kw": 5, "window_minutes": 15}
    await tenant.tariff(home, schedule=FREE, charges=[charge])

    windows = (await only(tenant, home, hours=168))["windows"]

    assert len(windows) == 168 * 4
    ends = [datetime.fromisoformat(one["end_time"]) for one in windows]
    starts = [datetime.fromisoformat(one["start_time"]) for one in windows]
    assert starts[1:] == ends[:-1]
    assert NOW <= starts[0] < NOW + timedelta(minutes=15)


async def test_the_site_of_a_stranger_has_no_headroom(tenant: Tenant, world: World) -> None:
    home = await home_in(tenant, "Europe/Berlin", "EUR", "DE")
    await tenant.tariff(home)
    stranger = await world.tenant("another")

    error(await stranger.get(f"/locations/{home}/headroom"), 404, "location_not_found")
