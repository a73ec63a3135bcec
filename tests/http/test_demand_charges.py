"""Demand and minimum charges in the forms of real networks (contract 2b, Demand charges)."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.costing import (
    Json,
    amount_of,
    costs_of,
    half_hours,
    interval,
    lines_of,
    periods,
    put,
    total_of,
)
from tests.support.real_demand import AUSTRALIA, BELGIUM, NORWAY, SPAIN, SWEDEN, during
from tests.support.tariff_bodies import flat
from tests.support.world import Tenant

FREE = flat(0.0)


async def home_in(tenant: Tenant, zone: str, currency: str, country: str) -> str:
    address = {"country_code": country}
    site = await tenant.site(timezone=zone, currency_code=currency, postal_address=address)
    return str(site["location_id"])


async def at_power(tenant: Tenant, home: str, minutes: int, *powers: tuple[str, float]) -> None:
    """Send readings of so many minutes with these mean powers; some are ahead of the clock."""
    length = timedelta(minutes=minutes)
    readings = [
        reading
        for start, kw in powers
        for reading in periods(home, start, length, [kw * minutes / 60], confidence=0.9)
    ]
    await put(tenant, readings)


async def months(tenant: Tenant, home: str, start: str, end: str, **query: Any) -> Any:
    return await interval(tenant, home, start, end, "MONTH", **query)


def explained(item: Json) -> Json:
    ((period,),) = (line["periods"] for line in lines_of(item, "DEMAND"))
    return dict(period)


async def test_belgium_pays_the_mean_of_the_months_so_far_each_of_at_least_two_and_a_half_kw(
    tenant: Tenant,
) -> None:
    home = await home_in(tenant, "Europe/Brussels", "EUR", "BE")
    await tenant.tariff(home, schedule=FREE, charges=[BELGIUM])
    await at_power(
        tenant,
        home,
        15,
        ("2026-01-14T17:00:00+01:00", 2),
        ("2026-02-14T17:15:00+01:00", 6),
        ("2026-03-14T17:30:00+01:00", 4),
    )

    answer = await months(tenant, home, "2026-01-01T00:00:00+01:00", "2026-04-01T00:00:00+02:00")

    assert costs_of(answer) == [10.0, 17.0, 16.666667]
    assert total_of(answer) == 43.666667
    assert explained(answer["data"][2]) == {
        "start_time": "2026-03-01T01:00:00+02:00",
        "end_time": "2026-04-01T00:00:00+02:00",
        "peak_kw": 4.0,
        "billed_kw": 4.166667,
        "highest": [{"start_time": "2026-03-14T18:30:00+02:00", "kw": 4.0}],
        "days": 31.0,
        "days_of_period": 31.0,
        "amount": 16.666667,
    }
    # March alone, and half of it: the months before are looked up, the days are shared.
    march = await months(tenant, home, "2026-03-01T00:00:00+01:00", "2026-04-01T00:00:00+02:00")
    assert costs_of(march) == [16.666667]
    half = await months(tenant, home, "2026-03-01T00:00:00+01:00", "2026-03-16T12:00:00+01:00")
    assert total_of(half) == pytest.approx(16.666667 * 15.5 / 31, abs=2e-6)
    assert explained(half["total"])["days"] == 15.5


async def test_norway_pays_by_the_step_of_the_three_highest_days(tenant: Tenant) -> None:
    home = await home_in(tenant, "Europe/Oslo", "NOK", "NO")
    await tenant.tariff(home, schedule=FREE, charges=[NORWAY])
    august = ("2026-08-01T00:00:00+02:00", "2026-09-01T00:00:00+02:00")
    at = "2026-08-{:02}T{}:00:00+02:00"
    await at_power(tenant, home, 60, (at.format(5, 17), 8), (at.format(5, 18), 7.9))

    first = await months(tenant, home, *august)
    assert costs_of(first) == [439.0]
    await at_power(tenant, home, 60, (at.format(11, 17), 7), (at.format(20, 17), 6))
    (line,) = lines_of((await months(tenant, home, *august))["data"][0], "DEMAND")

    assert (line["unit"], line["quantity"], line["amount"]) == ("MONTH", 1.0, 439.0)
    (period,) = line["periods"]
    assert (period["peak_kw"], period["step"]) == (7.0, 3)
    assert [one["kw"] for one in period["highest"]] == [8.0, 7.0, 6.0]
    # 5 kW exactly is in the step from 5 kW on, also as the mean of thirds.
    await at_power(tenant, home, 60, (at.format(5, 17), 5.3), (at.format(5, 18), 0),
                   (at.format(11, 17), 5), (at.format(20, 17), 4.7))  # fmt: skip
    assert costs_of(await months(tenant, home, *august)) == [439.0]
    await at_power(tenant, home, 60, (at.format(20, 17), 4.69))
    assert costs_of(await months(tenant, home, *august)) == [260.0]


async def test_sweden_counts_the_night_half(tenant: Tenant) -> None:
    home = await home_in(tenant, "Europe/Stockholm", "SEK", "SE")
    await tenant.tariff(home, schedule=FREE, charges=[SWEDEN], vat=0.25, vat_included=False)
    at = "2026-01-{:02}T{}:00:00+01:00"
    await at_power(tenant, home, 60, (at.format(8, 23), 11), (at.format(8, 18), 5),
                   (at.format(9, "04"), 6), (at.format(10, 12), 4))  # fmt: skip

    answer = await months(tenant, home, "2026-01-01T00:00:00+01:00", "2026-02-01T00:00:00+01:00")

    # 8 January: 5.5 (of 11 at night), 10 January: 4, 9 January: 3 (of 6).
    (month,) = answer["data"]
    assert [one["kw"] for one in explained(month)["highest"]] == [5.5, 4.0, 3.0]
    assert amount_of(month, "DEMAND") == pytest.approx(12.5 / 3 * 81.25, abs=1e-6)
    assert month["cost"]["value"] == pytest.approx(12.5 / 3 * 81.25 * 1.25, abs=1e-6)


async def test_spain_pays_by_the_day_for_power_above_what_is_contracted(tenant: Tenant) -> None:
    home = await home_in(tenant, "Europe/Madrid", "EUR", "ES")
    await tenant.tariff(home, schedule=FREE, charges=[SPAIN])
    await at_power(
        tenant,
        home,
        15,
        ("2026-05-01T12:00:00+02:00", 9),  # a holiday
        ("2026-05-02T12:00:00+02:00", 9),  # a Saturday
        ("2026-05-04T07:45:00+02:00", 9),  # too early
        ("2026-05-04T08:00:00+02:00", 5.6),
    )

    answer = await months(tenant, home, "2026-05-01T00:00:00+02:00", "2026-06-01T00:00:00+02:00")

    assert total_of(answer) == pytest.approx(1.0 * 0.168 * 31, abs=1e-6)


async def test_australia_pays_summer_afternoons_by_the_day_and_their_ratchet_in_winter(
    tenant: Tenant,
) -> None:
    home = await home_in(tenant, "Australia/Brisbane", "AUD", "AU")
    await tenant.tariff(home, schedule=FREE, charges=[AUSTRALIA])
    at = "2026-{}T{}:00+10:00"
    at_noon, on_saturday = (at.format("01-15", "12:00"), 50), (at.format("01-17", "17:00"), 50)
    await at_power(tenant, home, 30, (at.format("01-14", "17:00"), 38.58), at_noon, on_saturday)

    year = ("2026-01-01T00:00:00+10:00", "2027-01-01T00:00:00+10:00")
    answer = await months(tenant, home, *year)

    january = round(0.1797 * 38.58 * 31, 6)
    assert costs_of(answer)[0] == pytest.approx(january, abs=1e-6)
    ratchet = 0.6 * 38.58
    days = [28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    expected = [0.1797 * ratchet * n for n in days]
    assert costs_of(answer)[1:] == pytest.approx(expected, abs=1e-6)
    (line,) = lines_of(answer["data"][1], "DEMAND")
    assert (line["unit"], line["unit_price"]) == ("KW_DAY", 0.1797)
    assert line["quantity"] == pytest.approx(ratchet * 28)


async def test_a_cap_per_kwh_limits_the_charge_of_a_period(tenant: Tenant) -> None:
    home = await home_in(tenant, "Europe/Berlin", "EUR", "DE")
    capped = {"kind": "DEMAND", "amount_per_kw": 10, "window_minutes": 15, "cap_per_kwh": 0.5}
    await tenant.tariff(home, schedule=FREE, charges=[capped])
    await at_power(tenant, home, 15, ("2026-01-14T17:00:00+01:00", 4))  # 1 kWh: 0.5, not 40

    answer = await months(tenant, home, "2026-01-01T00:00:00+01:00", "2026-03-01T00:00:00+01:00")

    assert costs_of(answer) == [0.5]  # February has neither readings nor a charge


async def test_a_billing_cycle_has_one_peak_and_is_shared_by_days_over_months(
    tenant: Tenant,
) -> None:
    home = await home_in(tenant, "Australia/Sydney", "AUD", "AU")
    charge = {"kind": "DEMAND", "amount_per_kw": 10, "window_minutes": 30}
    monthly = {"kind": "MONTHLY", "amount": 31}
    await tenant.tariff(home, schedule=FREE, charges=[charge, monthly], billing_day=14)
    await at_power(
        tenant, home, 30, ("2026-01-20T17:00:00+11:00", 5), ("2026-02-05T17:00:00+11:00", 4)
    )

    answer = await months(tenant, home, "2026-01-14T00:00:00+11:00", "2026-02-14T00:00:00+11:00")

    assert amount_of(answer["total"], "DEMAND") == 50.0
    shares = [amount_of(item, "DEMAND") for item in answer["data"]]
    assert shares == pytest.approx([50 * 18 / 31, 50 * 13 / 31], abs=1e-6)
    assert [amount_of(item, "STANDING") for item in answer["data"]] == [18.0, 13.0]


async def test_peaks_of_earlier_tariffs_and_before_the_contract_count(tenant: Tenant) -> None:
    home = await home_in(tenant, "Europe/Brussels", "EUR", "BE")
    await tenant.tariff(home, schedule=FREE, contract_end_date="2026-02-10")
    await tenant.tariff(home, schedule=FREE, charges=[BELGIUM], contract_start_date="2026-02-10")
    await at_power(
        tenant, home, 15, ("2026-01-14T17:00:00+01:00", 8), ("2026-02-01T17:00:00+01:00", 4)
    )

    answer = await months(tenant, home, "2026-02-01T00:00:00+01:00", "2026-03-01T00:00:00+01:00")

    # Both are before the contract; 19 of February's 28 days are in it: 4 x 6 kW x 19 / 28.
    assert total_of(answer) == pytest.approx(24 * 19 / 28, abs=1e-6)


async def test_the_hours_of_a_charge_are_read_on_the_clock_of_the_tariff(tenant: Tenant) -> None:
    home = await home_in(tenant, "Australia/Sydney", "AUD", "AU")
    charge = {"kind": "DEMAND", "amount_per_kw": 10, "window_minutes": 30,
              "schedule": during("15:00", "21:00")}  # fmt: skip
    await tenant.tariff(home, schedule=FREE, charges=[charge], clock="+10:00")
    # In January the kitchen clock is an hour ahead of standard time.
    powers = ("2026-01-14T15:30:00+11:00", 9), ("2026-01-14T21:30:00+11:00", 4)
    await at_power(tenant, home, 30, *powers)

    answer = await months(tenant, home, "2026-01-01T00:00:00+11:00", "2026-02-01T00:00:00+11:00")

    assert total_of(answer) == 40.0


async def test_what_flowed_out_is_net_of_demand_within_a_window(tenant: Tenant) -> None:
    home = await home_in(tenant, "Europe/Berlin", "EUR", "DE")
    netting = {"period": "QUARTER_HOUR", "surplus": "PAY"}
    changed = await tenant.patch(f"/locations/{home}", {"netting": netting})
    assert changed.status_code == 200, changed.text
    charge = {"kind": "DEMAND", "amount_per_kw": 10, "window_minutes": 15}
    await tenant.tariff(home, schedule=FREE, charges=[charge])
    await tenant.tariff(home, direction="EXPORT")
    noon, evening = "2026-02-14T12:00:00+01:00", "2026-02-14T18:00:00+01:00"
    await at_power(tenant, home, 15, (noon, 8), (evening, 5))
    out = periods(home, noon, timedelta(minutes=15), [1.25], energy_flow_direction="OUTBOUND")
    await put(tenant, out)

    answer = await months(tenant, home, "2026-02-01T00:00:00+01:00", "2026-03-01T00:00:00+01:00")
    found = (await tenant.get(f"/locations/{home}/headroom")).json()

    assert total_of(answer) == 50.0  # 8 kW in and 5 kW out at noon are 3 kW
    assert [one["peak_kw"] for one in found["data"]] == [0.0]  # of March


# Minimum charges.


async def test_the_bill_of_a_month_is_raised_to_its_minimum_and_shared_by_days(
    tenant: Tenant,
) -> None:
    home = await home_in(tenant, "Europe/Berlin", "EUR", "DE")
    daily = {"kind": "DAILY", "amount": 0.1}
    await tenant.tariff(
        home, schedule=flat(0.5), charges=[daily], vat=0.2, vat_included=False,
        minimum_charge={"amount": 14.9, "per": "MONTH"},
    )  # fmt: skip
    await put(tenant, half_hours(home, "2026-02-20T12:00:00+01:00", [1.0, 1.0]))
    february = ("2026-02-01T00:00:00+01:00", "2026-03-01T00:00:00+01:00")

    (month,) = (await months(tenant, home, *february))["data"]
    assert [(line["kind"], line["amount"]) for line in month["lines"]] == [
        ("ENERGY", 1.0), ("STANDING", 2.8), ("MINIMUM", 11.1), ("VAT", 2.98),
    ]  # fmt: skip
    # Of a few days before the energy: the bill is still that of the whole month.
    days = await interval(tenant, home, "2026-02-01T00:00:00+01:00", "2026-02-03T00:00:00+01:00")
    expected = pytest.approx((0.1 + 11.1 / 28) * 1.2, abs=1e-6)
    assert costs_of(days) == [expected, expected]


async def test_the_bill_of_a_day_is_raised_and_one_above_is_not(tenant: Tenant) -> None:
    home = await home_in(tenant, "Europe/Berlin", "EUR", "DE")
    await tenant.tariff(home, schedule=flat(0.5), minimum_charge={"amount": 0.75, "per": "DAY"})
    await put(tenant, half_hours(home, "2026-02-12T12:00:00+01:00", [1.0, 1.0]))
    await put(tenant, half_hours(home, "2026-02-13T12:00:00+01:00", [1.0]))
    span = ("2026-02-11T00:00:00+01:00", "2026-02-14T12:00:00+01:00")

    answer = await interval(tenant, home, *span)

    assert [amount_of(item, "MINIMUM") for item in answer["data"]] == [0.75, 0.0, 0.25, 0.375]
    assert total_of(answer) == 0.75 + 1.0 + 0.75 + 0.375


async def test_a_minimum_is_no_part_of_the_price(tenant: Tenant) -> None:
    home = await home_in(tenant, "Europe/Berlin", "EUR", "DE")
    await tenant.tariff(home, schedule=flat(0.5), minimum_charge={"amount": 9, "per": "MONTH"})

    body = {"location_id": home, "end_time": "2026-03-02T00:00:00Z"}
    prices = (await tenant.post("/prices", body)).json()
    audit = (await tenant.post("/prices/audit", body)).json()

    assert {one["price"]["value"] for one in prices["data"]} == {0.5}
    assert [(one["kind"], one["text"]) for one in audit["charges"]] == [
        ("MINIMUM", "energy and charges of a billing month cost at least 9")
    ]


# What is said of them.


async def test_a_check_says_in_words_what_was_understood(tenant: Tenant) -> None:
    home = await home_in(tenant, "Europe/Brussels", "EUR", "BE")
    given = {"location_id": home, "direction": "IMPORT", "type": "COMMODITY",
             "contract_start_date": "2026-01-01", "contract_end_date": "2027-01-01",
             "schedule": FREE, "charges": [BELGIUM]}  # fmt: skip

    answer = await tenant.post("/tariffs/check", given)

    (said,) = answer.json()["charges"]
    assert said == {
        "kind": "DEMAND",
        "name": "capacity tariff",
        "text": "4 per kW of the highest 15 minutes of the billing month; at least 2.5 kW; the "
        "mean of 12 billing months, this one included",
        "examples": [
            {"peak_kw": 1.0, "amount": 10.0},
            {"peak_kw": 3.0, "amount": 12.0},
            {"peak_kw": 5.0, "amount": 20.0},
            {"peak_kw": 10.0, "amount": 40.0},
        ],
    }


# What is refused.

BASE: Json = {"kind": "DEMAND", "window_minutes": 15, "amount_per_kw": 1}
BARE: Json = {"kind": "DEMAND", "window_minutes": 15}
HALF = {"schedule": during("22:00", "06:00"), "factor": 0.5}
BAD: list[tuple[Json, str, str]] = [
    ({**BARE, "steps": [{"to_kw": 5, "amount": 1}, {"to_kw": 2, "amount": 2}, {"amount": 3}]},
     "to_kw_invalid", "steps[1].to_kw"),
    ({**BARE, "steps": [{"to_kw": 5, "amount": 1}]}, "to_kw_invalid", "steps[0].to_kw"),
    ({**BARE, "steps": [{"amount": 1}, {"amount": 2}]}, "to_kw_invalid", "steps[0].to_kw"),
    ({**BARE, "steps": []}, "steps_invalid", "steps"),
    ({**BARE, "tiers": [{"to_kw": 5, "amount_per_kw": 1}, {"to_kw": 5, "amount_per_kw": 2},
                        {"amount_per_kw": 3}]}, "to_kw_invalid", "tiers[1].to_kw"),
    ({**BARE, "tiers": [{"amount": 1}]}, "parameter_unknown", "tiers[0].amount"),
    ({**BASE, "steps": [{"amount": 1}]}, "parameters_exclusive", "steps"),
    ({**BASE, "tiers": [{"amount_per_kw": 1}]}, "parameters_exclusive", "tiers"),
    ({**BARE, "steps": [{"amount": 1}], "tiers": [{"amount_per_kw": 1}]},
     "parameters_exclusive", "tiers"),
    (BARE, "amount_per_kw_missing", "amount_per_kw"),
    ({"kind": "DEMAND", "amount_per_kw": 1}, "window_minutes_missing", "window_minutes"),
    ({**BASE, "peak": "MEAN_OF_DAYS", "days": 0}, "days_invalid", "days"),
    ({**BASE, "peak": "MEAN_OF_DAYS"}, "days_missing", "days"),
    ({**BASE, "days": 3}, "days_invalid", "days"),
    ({**BASE, "peak": "HIGHEST", "days": 3}, "days_invalid", "days"),
    ({**BASE, "peak": "MEAN"}, "peak_invalid", "peak"),
    ({**BASE, "per": "YEAR"}, "per_invalid", "per"),
    ({**BASE, "ratchet_percent": 80}, "ratchet_periods_missing", "ratchet_periods"),
    ({**BASE, "ratchet_periods": 11}, "ratchet_percent_missing", "ratchet_percent"),
    ({**BASE, "ratchet_percent": 180, "ratchet_periods": 11}, "ratchet_percent_invalid",
     "ratchet_percent"),
    ({**BASE, "periods": 0}, "periods_invalid", "periods"),
    ({**BASE, "periods": 25}, "periods_invalid", "periods"),
    ({**BASE, "minimum_kw": -1}, "minimum_kw_invalid", "minimum_kw"),
    ({**BASE, "cap_per_kwh": -1}, "cap_per_kwh_invalid", "cap_per_kwh"),
    ({**BASE, "weights": [{"factor": 0.5}]}, "schedule_missing", "weights[0].schedule"),
    ({**BASE, "weights": [{**HALF, "factor": -1}]}, "factor_invalid", "weights[0].factor"),
    ({**BASE, "amount": 2}, "amount_invalid", "amount"),
    ({"kind": "DAILY", "amount": 1, "periods": 2}, "periods_invalid", "periods"),
    ({"kind": "MONTHLY", "amount": 1, "steps": [{"amount": 1}]}, "steps_invalid", "steps"),
]  # fmt: skip


async def refusal(tenant: Tenant, home: str, status: int, **more: Any) -> Any:
    given = {"location_id": home, "direction": "IMPORT", "type": "COMMODITY",
             "contract_start_date": "2026-01-01", "contract_end_date": "2027-01-01",
             "schedule": FREE, **more}  # fmt: skip
    for path in ("/tariffs", "/tariffs/check"):
        answer = await tenant.post(path, given)
        assert answer.status_code == status, (more, answer.text)
    return answer.json()


async def test_what_makes_no_demand_charge_is_refused_by_name(tenant: Tenant) -> None:
    home = await home_in(tenant, "Europe/Berlin", "EUR", "DE")
    for charge, code, param in BAD:
        fault = await refusal(tenant, home, 400, charges=[charge])

        assert (fault["code"], fault["param"]) == (code, f"charges[0].{param}"), (charge, fault)


@pytest.mark.parametrize(
    ("minimum", "code", "param"),
    [
        ({"amount": 1}, "per_missing", "minimum_charge.per"),
        ({"per": "DAY"}, "amount_missing", "minimum_charge.amount"),
        ({"amount": -1, "per": "DAY"}, "amount_invalid", "minimum_charge.amount"),
        ({"amount": 1, "per": "YEAR"}, "per_invalid", "minimum_charge.per"),
    ],
)
async def test_what_makes_no_minimum_charge_is_refused_by_name(
    tenant: Tenant, minimum: Json, code: str, param: str
) -> None:
    home = await home_in(tenant, "Europe/Berlin", "EUR", "DE")

    fault = await refusal(tenant, home, 400, minimum_charge=minimum)

    assert (fault["code"], fault["param"]) == (code, param)


async def test_two_weights_of_one_instant_are_refused_with_the_first_such_day(
    tenant: Tenant,
) -> None:
    home = await home_in(tenant, "Europe/Berlin", "EUR", "DE")
    sunday = {"schedule": during("05:00", "09:00", "Sun"), "factor": 0.2}

    fault = await refusal(tenant, home, 422, charges=[{**BASE, "weights": [HALF, sunday]}])

    assert fault["code"] == "time_period_overlap"
    assert fault["param"] == "charges[0].weights[1].schedule"
    assert "2026-01-04 (Sunday)" in fault["message"]
    assert "05:00 to 06:00" in fault["message"]
    saturday = {"schedule": during("06:00", "09:00", "Sat", "Sun"), "factor": 0.2}
    await tenant.tariff(home, charges=[{**BASE, "weights": [HALF, saturday]}])
