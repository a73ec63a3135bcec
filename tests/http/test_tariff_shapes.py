"""Tariffs of the shapes that real ones have: periods, counters, clocks (contract 2b)."""

from typing import Any

import pytest

from tests.support.refused_tariffs import HOURS, place, refused
from tests.support.tariff_bodies import body, entry, flat, hours
from tests.support.world import Tenant, error

STEPS = [{"value": 0.10, "to_kwh": 100}, {"value": 0.20}]
DEARER = [{"value": 0.11, "to_kwh": 100}, {"value": 0.22}]


async def read(tenant: Tenant, at: str, start: str, end: str, kwh: float, **more: Any) -> None:
    record = {"location_id": at, "start_time": start, "end_time": end, "energy_kwh": kwh, **more}
    answer = await tenant.call("PUT", "/meters/interval", json=[record])
    assert answer.json()["records_accepted"] == 1, answer.text


async def cost(tenant: Tenant, at: str, start: str, end: str, direction: str = "IMPORT") -> Any:
    answer = await tenant.post(
        f"/costs/interval/{at}?aggregation=MONTH&tariff_direction={direction}",
        {"start_time": start, "end_time": end},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["total"]["cost"]


async def prices(tenant: Tenant, at: str, *times: str, direction: str = "IMPORT") -> list[float]:
    found = []
    for time in times:
        asked = {
            "location_id": at,
            "start_time": time,
            "end_time": time.replace(":00:00", ":01:00"),
        }
        answer = await tenant.post("/prices", {**asked, "tariff_direction": direction})
        assert answer.status_code == 200, answer.text
        found.append(answer.json()["data"][0]["price"]["value"])
    return found


async def test_steps_belong_to_the_place_and_run_on_when_prices_are_revised(tenant: Tenant) -> None:
    """80 kWh at 0.10, then at the new prices 20 at 0.11 and 100 at 0.22."""
    at = await place(tenant)
    june, july = "2025-06-01T00:00:00+02:00", "2025-07-01T00:00:00+02:00"
    first, second = ("2025-06-10T00:00:00+02:00", 80), ("2025-06-20T00:00:00+02:00", 120)
    await tenant.tariff(at, schedule=flat(STEPS), contract_end_date="2025-06-16")
    await tenant.tariff(at, schedule=flat(DEARER), contract_start_date="2025-06-16")
    for start, kwh in (first, second):
        await read(tenant, at, start, start.replace("T00", "T12"), kwh)

    found = await cost(tenant, at, june, july)

    assert found == {"value": 80 * 0.10 + 20 * 0.11 + 100 * 0.22, "confidence": 1.0}


async def test_a_tariff_to_come_is_priced_in_the_tier_that_the_place_has_reached(
    tenant: Tenant,
) -> None:
    """The clock stands at 1 March 2026, 11:00 in Amsterdam."""
    at = await place(tenant)
    await tenant.tariff(at, schedule=flat(STEPS), contract_end_date="2026-03-16")
    await tenant.tariff(
        at, schedule=flat(DEARER), contract_start_date="2026-03-16", contract_end_date=None
    )
    await read(tenant, at, "2026-03-01T00:00:00+01:00", "2026-03-01T10:00:00+01:00", 100)

    found = await prices(tenant, at, "2026-03-10T12:00:00+01:00", "2026-03-20T12:00:00+01:00")

    assert found == [0.20, 0.22]


async def test_export_steps_count_exports(tenant: Tenant) -> None:
    at = await place(tenant)
    await tenant.tariff(at)
    await tenant.tariff(at, direction="EXPORT", schedule=flat(STEPS))
    morning = ("2026-03-01T00:00:00+01:00", "2026-03-01T10:00:00+01:00")
    await read(tenant, at, *morning, 400)
    now = "2026-03-02T12:00:00+01:00"
    assert await prices(tenant, at, now, direction="EXPORT") == [0.10]

    await read(tenant, at, *morning, 150, energy_flow_direction="OUTBOUND")

    assert await prices(tenant, at, now, direction="EXPORT") == [0.20]
    april = "2026-04-01T00:00:00+02:00"
    found = await cost(tenant, at, morning[0], april, direction="EXPORT")
    assert found["value"] == pytest.approx(100 * 0.10 + 50 * 0.20)


async def test_hours_with_the_same_word_count_together(tenant: Tenant) -> None:
    """8 kWh in each of two peaks: ten at 0.2, six at 0.3; the night counts for itself."""
    peak = [{"value": 0.2, "to_kwh": 10}, {"value": 0.3}]
    windows = hours(("07:00", "09:00", peak), ("09:00", "17:00", 0.0), ("17:00", "20:00", peak))
    night = hours(("20:00", "07:00", [{"value": 0.1, "to_kwh": 1}, {"value": 0.5}]))
    for n in (0, 2):
        windows[n]["counter"] = "peak"
    at = await place(tenant)
    await tenant.tariff(
        at,
        schedule=[entry(("All", [*windows, *night]))],
        tier_scope="PERIOD",
        tier_reset="DAY",
    )
    await read(tenant, at, "2026-03-01T07:00:00+01:00", "2026-03-01T09:00:00+01:00", 8)
    assert await prices(tenant, at, "2026-03-01T18:00:00+01:00") == [0.2]

    await read(tenant, at, "2026-03-01T10:00:00+01:00", "2026-03-01T11:00:00+01:00", 5)
    await read(tenant, at, "2026-03-01T17:00:00+01:00", "2026-03-01T20:00:00+01:00", 8)

    found = await cost(tenant, at, "2026-03-01T00:00:00+01:00", "2026-03-02T00:00:00+01:00")
    assert found["value"] == pytest.approx(10 * 0.2 + 6 * 0.3)
    await read(tenant, at, "2026-03-01T06:00:00+01:00", "2026-03-01T07:00:00+01:00", 0.5)
    assert await prices(tenant, at, "2026-03-01T21:00:00+01:00") == [0.1]


async def test_a_counter_of_one_entry_is_taken_with_a_warning(tenant: Tenant) -> None:
    windows = hours(("00:00", "00:00", STEPS))
    windows[0]["counter"] = "peak"
    given = {"schedule": [entry(("All", windows))], "tier_scope": "PERIOD"}

    made = await tenant.tariff(await place(tenant), **given)

    (warning,) = made.pop("warnings")
    assert warning["code"] == "counter_alone"
    assert warning["param"] == f"{HOURS}[0].counter"
    assert (await tenant.get(f"/tariffs/{made['id']}")).json() == made


async def test_a_baseline_a_day_is_an_allowance_for_the_whole_period(tenant: Tenant) -> None:
    """10 kWh a day are 310 in a billing month of 31 days, whatever the days are like."""
    at = await place(tenant)
    rate = [{"value": 0.3, "to_kwh_per_day": 10}, {"value": 0.4}]
    await tenant.tariff(at, schedule=flat(rate), billing_day=15)
    await read(tenant, at, "2025-03-20T00:00:00+01:00", "2025-03-21T00:00:00+01:00", 320)

    found = await cost(tenant, at, "2025-03-01T00:00:00+01:00", "2025-04-01T00:00:00+02:00")

    assert found["value"] == pytest.approx(310 * 0.3 + 10 * 0.4)


async def test_hours_of_use_tiers_go_by_the_highest_window_of_the_whole_month(
    tenant: Tenant,
) -> None:
    """The peak of 4 kW comes after the request: 40 kWh for each kW are 160 of the 200."""
    at = await place(tenant)
    rate = [{"value": 0.3, "to_kwh_per_kw": 40}, {"value": 0.1}]
    await tenant.tariff(at, schedule=flat(rate), demand_window_minutes=30)
    await read(tenant, at, "2025-03-01T00:00:00+01:00", "2025-03-05T04:00:00+01:00", 200)
    await read(tenant, at, "2025-03-20T12:00:00+01:00", "2025-03-20T12:30:00+01:00", 2)

    found = await cost(tenant, at, "2025-03-01T00:00:00+01:00", "2025-03-10T00:00:00+01:00")

    assert found == {"value": pytest.approx(160 * 0.3 + 40 * 0.1), "confidence": 1.0}


async def test_tiers_by_the_peak_are_an_estimate_while_the_month_runs(tenant: Tenant) -> None:
    at = await place(tenant)
    rate = [{"value": 0.3, "to_kwh_per_kw": 5}, {"value": 0.1}]
    await tenant.tariff(at, schedule=flat(rate))
    asked = {
        "location_id": at,
        "start_time": "2026-02-28T12:00:00+01:00",
        "end_time": "2026-03-02T12:00:00+01:00",
    }
    assert [one["price"] for one in (await tenant.post("/prices", asked)).json()["data"]] == [
        {"value": 0.3, "confidence": 1.0},
        {"value": 0.3, "confidence": 0.8},
    ]

    await read(tenant, at, "2026-03-01T00:00:00+01:00", "2026-03-01T10:00:00+01:00", 20)

    found = await cost(tenant, at, "2026-03-01T00:00:00+01:00", "2026-03-02T00:00:00+01:00")
    assert found == {"value": pytest.approx(10 * 0.3 + 10 * 0.1), "confidence": 0.8}
    assert await prices(tenant, at, "2026-03-02T12:00:00+01:00") == [0.1]


async def test_a_clock_that_never_changes_moves_the_windows_in_summer(tenant: Tenant) -> None:
    """Economy 7: a night of 00:30 to 07:30 UTC all the year, and resets on the local day."""
    at = await place(tenant)
    night = hours(("00:30", "07:30", 0.1), ("07:30", "00:30", 0.3))
    await tenant.tariff(at, schedule=[entry(("All", night))], clock="UTC")

    found = await prices(
        tenant,
        at,
        "2026-08-10T02:00:00+02:00",
        "2026-08-10T03:00:00+02:00",
        "2026-08-10T09:00:00+02:00",
        "2026-01-10T02:00:00+01:00",
        "2026-01-10T09:00:00+01:00",
    )

    assert found == [0.3, 0.1, 0.1, 0.1, 0.3]


async def test_a_contract_without_an_end_goes_on_at_full_confidence(tenant: Tenant) -> None:
    at = await place(tenant)
    made = await tenant.tariff(at, contract_end_date=None)
    assert made["contract_end_date"] is None
    asked = {
        "location_id": at,
        "start_time": "2034-01-01T00:00:00Z",
        "end_time": "2034-03-01T00:00:00Z",
    }

    answer = (await tenant.post("/prices", asked)).json()

    assert answer["next_update"] is None
    assert [one["price"] for one in answer["data"]] == [{"value": 0.25, "confidence": 1.0}]
    other = {"location_id": at, **body(flat(0.1), contract_start_date="2040-01-01")}
    clash = await tenant.post("/tariffs", {**other, "contract_end_date": "2041-01-01"})
    assert "without an end" in error(clash, 422, "tariff_term_overlap")["message"]


async def test_an_end_is_set_and_taken_back(tenant: Tenant) -> None:
    made = await tenant.tariff(await place(tenant))
    path = f"/tariffs/{made['id']}"

    assert (await tenant.patch(path, {"contract_end_date": None})).json() == {
        **made,
        "contract_end_date": None,
    }
    ended = await tenant.patch(path, {"contract_end_date": "2026-12-01"})
    assert ended.json()["contract_end_date"] == "2026-12-01"
    missing = body(flat(0.1))
    del missing["contract_end_date"]
    await place(tenant)
    error(
        await tenant.post("/tariffs", {"location_id": made["location_id"], **missing}),
        400,
        "contract_end_date_missing",
        "contract_end_date",
    )


def steps(*limits: dict[str, float]) -> list[dict[str, Any]]:
    return flat([*({"value": 0.1, **limit} for limit in limits), {"value": 0.2}])


RATE = f"{HOURS}[0].rate"
COUNTED = [entry(("All", [{**hours(("00:00", "00:00", 0.1))[0], "counter": "peak"}]))]
FAULTY: list[Any] = [
    ({"billing_day": 31}, "billing_day_invalid", "billing_day"),
    ({"billing_day": 0}, "billing_day_invalid", "billing_day"),
    (
        {"billing_periods": ["2026-02-03", "2026-01-03"]},
        "billing_periods_invalid",
        "billing_periods[1]",
    ),
    ({"billing_periods": ["2026-02-30"]}, "billing_periods_invalid", "billing_periods[0]"),
    ({"billing_periods": ["3 March"]}, "billing_periods_invalid", "billing_periods[0]"),
    ({"clock": "+14:30"}, "clock_invalid", "clock"),
    ({"clock": "Europe/London"}, "clock_invalid", "clock"),
    ({"demand_window_minutes": 45}, "demand_window_minutes_invalid", "demand_window_minutes"),
    ({"schedule": COUNTED}, "counter_invalid", f"{HOURS}[0].counter"),
    ({"schedule": COUNTED, "tier_scope": "SHARED"}, "counter_invalid", f"{HOURS}[0].counter"),
    (
        {"schedule": steps({"to_kwh": 5, "to_kwh_per_day": 5})},
        "parameters_exclusive",
        f"{RATE}[0].to_kwh_per_day",
    ),
    (
        {"schedule": steps({"to_kwh_per_day": 5}, {"to_kwh_per_day": 5})},
        "to_kwh_per_day_invalid",
        f"{RATE}[1].to_kwh_per_day",
    ),
    (
        {"schedule": steps({"to_kwh_per_kw": 200}, {"to_kwh_per_kw": 100})},
        "to_kwh_per_kw_invalid",
        f"{RATE}[1].to_kwh_per_kw",
    ),
    ({"schedule": steps({"to_kwh_per_day": 0})}, "to_kwh_per_day_invalid", None),
    (
        {
            "schedule": steps({"to_kwh_per_day": 5}),
            "tier_reset": "CONTRACT",
            "contract_end_date": None,
        },
        "to_kwh_per_day_invalid",
        f"{RATE}[0].to_kwh_per_day",
    ),
    (
        {"schedule": steps({"to_kwh_per_kw": 5}), "tier_reset": "YEAR"},
        "to_kwh_per_kw_invalid",
        f"{RATE}[0].to_kwh_per_kw",
    ),
]


@pytest.mark.parametrize(("given", "code", "param"), FAULTY)
async def test_what_makes_no_sense_is_refused_by_name(
    tenant: Tenant, given: dict[str, Any], code: str, param: str | None
) -> None:
    fault = await refused(tenant, {**body(flat(0.1)), **given})

    assert (fault["status"], fault["code"]) == (400, code)
    assert param in (None, fault["param"])
