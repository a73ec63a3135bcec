"""What a tariff is refused for: code, place, day, time and column (contract 2)."""

from typing import Any

from tests.support.refused_tariffs import HOURS, only_place, place, refused
from tests.support.tariff_bodies import body, entry, flat, hours
from tests.support.world import Tenant, World, error

ALL_DAY = hours(("00:00", "00:00", 0.1))
NOBODY = "0" * 32


UNCOVERED: list[Any] = [
    (
        [entry(("All", hours(("06:00:00", "23:30", 0.1))))],
        "gap_in_time_period",
        HOURS,
        ["2024-01-01", "Monday", "00:00", "06:00"],
    ),
    (
        [entry(("All", hours(("22:00", "06:00", 0.1), ("06:00", "21:59:59", 0.2))))],
        "gap_in_time_period",
        HOURS,
        ["2024-01-01", "21:59:59", "22:00"],
    ),
    (
        [entry(("All", hours(("00:00", "12:00", 0.1), ("11:00", "00:00", 0.2))))],
        "time_period_overlap",
        f"{HOURS}[1]",
        ["2024-01-01", "11:00", "12:00"],
    ),
    (
        [entry(("All", ALL_DAY)), entry(("Sun", ALL_DAY))],
        "time_period_overlap",
        "schedule[1].days_and_hours[0].hours[0]",
        ["2024-01-07", "Sunday", "00:00", "24:00"],
    ),
    ([entry(("Weekdays", ALL_DAY))], "incomplete_time_period", "schedule", ["2024-01-06"]),
    (
        [entry(("All", ALL_DAY), months=["Jan", "Mar"])],
        "incomplete_time_period",
        "schedule",
        ["2024-02-01"],
    ),
    (
        [
            entry(
                ("All", ALL_DAY),
                months=[
                    *("Jan", "Mar", "Apr", "May", "Jun", "Jul"),
                    *("Aug", "Sep", "Oct", "Nov", "Dec"),
                ],
            ),
            entry(("All", ALL_DAY), dates=[f"02-{day:02}" for day in range(1, 29)]),
        ],
        "incomplete_time_period",
        "schedule",
        ["2024-02-29"],
    ),
    (
        [*flat(0.1), entry(("All", hours(("08:00", "20:00", 0.2))), dates=["12-25"])],
        "gap_in_time_period",
        "schedule[1].days_and_hours[0].hours",
        ["2024-12-25", "00:00", "08:00"],
    ),
    (
        [*flat(0.1), entry(("All", hours(("08:00", "20:00", 0.2))), dates=["Holidays"])],
        "gap_in_time_period",
        "schedule[1].days_and_hours[0].hours",
        ["2024-01-01", "00:00", "08:00"],
    ),
    (
        [
            *flat(0.1),
            entry(("All", ALL_DAY), dates=[24, "2025-12-25"]),
            entry(("All", ALL_DAY), dates=["12-25", "2025-12-25"]),
        ],
        "time_period_overlap",
        None,
        ["2025-12-25"],
    ),
]


async def test_time_without_one_price_is_named(tenant: Tenant) -> None:
    for schedule, code, param, said in UNCOVERED:
        fault = await refused(tenant, body(schedule))

        assert fault["code"] == code
        assert param in (None, fault["param"])
        for text in said:
            assert text in fault["message"]


async def test_only_days_of_the_contract_are_judged(tenant: Tenant) -> None:
    winter = [entry(("All", ALL_DAY), months=["Jan", "Feb"])]
    term = {"contract_start_date": "2026-01-01", "contract_end_date": "2026-03-01"}

    await tenant.tariff(await place(tenant), schedule=winter, **term)
    fault = await refused_beside(tenant, winter, {**term, "contract_end_date": "2026-03-02"})

    assert (fault["code"], "2026-03-01" in fault["message"]) == ("incomplete_time_period", True)


async def refused_beside(tenant: Tenant, schedule: Any, more: Any) -> dict[str, Any]:
    given = {"location_id": await place(tenant), **body(schedule), **more}
    answer = await tenant.post("/tariffs", given)
    return error(answer, 422, answer.json()["code"])


async def test_the_weekend_is_that_of_the_country(tenant: Tenant) -> None:
    fault = await refused_at(
        tenant, "Cairo", "EG", [entry(("Weekdays", ALL_DAY)), entry(("Sat", ALL_DAY))]
    )

    assert (fault["code"], "2024-01-05" in fault["message"]) == ("incomplete_time_period", True)


async def refused_at(tenant: Tenant, city: str, country: str, schedule: Any) -> dict[str, Any]:
    at = await place(tenant, city=city, country_code=country)
    answer = await tenant.post("/tariffs", {"location_id": at, **body(schedule)})
    return error(answer, 422, answer.json()["code"])


async def test_every_fault_is_in_errors_and_the_first_leads(tenant: Tenant) -> None:
    broken = [
        entry(("All", hours(("02:00", "12:00", "1 +"), ("11:00", "22:00", "$x"))), months=["Jan"]),
        entry(("All", ALL_DAY), months=["Mar"]),
    ]

    fault = await refused(tenant, body(broken))

    found = [(one["code"], one["param"]) for one in fault["errors"]]
    assert (fault["code"], fault["param"]) == found[0]
    assert fault["message"] == fault["errors"][0]["message"]
    assert ("formula_invalid", f"{HOURS}[0].rate[0].value") in found
    assert ("formula_invalid", f"{HOURS}[1].rate[0].value") in found
    assert [code for code, _ in found].count("gap_in_time_period") == 2
    assert ("time_period_overlap", f"{HOURS}[1]") in found
    assert ("incomplete_time_period", "schedule") in found


# Shape.


BAD_SHAPES: list[Any] = [
    ({"direction": "BOTH"}, "direction"),
    ({"type": "commodity"}, "type"),
    ({"contract_start_date": "01/01/2024"}, "contract_start_date"),
    ({"contract_start_date": "2024-02-30"}, "contract_start_date"),
    ({"contract_start_date": "2024-01-01T00:00:00"}, "contract_start_date"),
    ({"contract_end_date": "2024-01-01"}, "contract_end_date"),
    ({"contract_end_date": "2023-01-01"}, "contract_end_date"),
    ({"schedule": []}, "schedule"),
    ({"schedule": {}}, "schedule"),
    ({"schedule": [entry(("Mo", ALL_DAY))]}, "schedule[0].days_and_hours[0].days[0]"),
    ({"schedule": [entry(("All", ALL_DAY), months=["January"])]}, "schedule[0].months[0]"),
    ({"schedule": [entry(("All", ALL_DAY), months=[])]}, "schedule[0].months"),
    ({"schedule": [entry(("All", ALL_DAY), dates=[32])]}, "schedule[0].dates[0]"),
    ({"schedule": [entry(("All", ALL_DAY), dates=[0])]}, "schedule[0].dates[0]"),
    ({"schedule": [entry(("All", ALL_DAY), dates=["02-30"])]}, "schedule[0].dates[0]"),
    ({"schedule": [entry(("All", ALL_DAY), dates=["2025-02-29"])]}, "schedule[0].dates[0]"),
    ({"schedule": [entry(("All", ALL_DAY), dates=["holidays"])]}, "schedule[0].dates[0]"),
    ({"schedule": [entry(("All", hours(("24:30", "00:00", 1))))]}, f"{HOURS}[0].valid_from"),
    ({"schedule": [entry(("All", hours(("5:00", "00:00", 1))))]}, f"{HOURS}[0].valid_from"),
    ({"schedule": [entry(("All", hours(("00:00", "12:60", 1))))]}, f"{HOURS}[0].valid_to"),
    ({"schedule": flat([])}, f"{HOURS}[0].rate"),
    ({"schedule": flat([{}])}, f"{HOURS}[0].rate[0].value"),
    ({"schedule": flat([{"value": True}])}, f"{HOURS}[0].rate[0].value"),
    ({"schedule": flat([{"value": 1e7}])}, f"{HOURS}[0].rate[0].value"),
    ({"schedule": flat([{"value": 1, "to_kwh": 5}])}, f"{HOURS}[0].rate[0].to_kwh"),
    ({"schedule": flat([{"value": 1}, {"value": 2}])}, f"{HOURS}[0].rate[0].to_kwh"),
    (
        {"schedule": flat([{"value": 1, "to_kwh": 0}, {"value": 2}])},
        f"{HOURS}[0].rate[0].to_kwh",
    ),
    (
        {"schedule": flat([{"value": 1, "to_kwh": 9}, {"value": 2, "to_kwh": 9}, {"value": 3}])},
        f"{HOURS}[0].rate[1].to_kwh",
    ),
    ({"schedule": flat([{"value": 1, "price": 2}])}, f"{HOURS}[0].rate[0].price"),
    ({"vat": -0.1}, "vat"),
    ({"vat_included": "yes"}, "vat_included"),
    ({"tier_reset": "WEEK"}, "tier_reset"),
    ({"tier_scope": "HOUR"}, "tier_scope"),
    ({"cap_per_kwh": 0.1, "floor_per_kwh": 0.2}, None),
    ({"provider_id": "prv_1"}, "provider_id"),
    ({"devices": ["car"]}, "devices[0]"),
    ({"market_source_id": "BELPEX"}, "market_source_id"),
    ({"metadata": {"a": 1}}, None),
    ({"metadata": {"k" * 41: "v"}}, None),
    ({"charges": [{"kind": "WEEKLY", "amount": 1}]}, "charges[0].kind"),
    ({"charges": [{"kind": "DAILY"}]}, "charges[0].amount"),
    ({"charges": [{"kind": "DAILY", "amount_per_kw": 1}]}, None),
    ({"charges": [{"kind": "DEMAND", "amount_per_kw": 1, "window_minutes": 20}]}, None),
    ({"charges": [{"kind": "DEMAND", "window_minutes": 15}]}, "charges[0].amount_per_kw"),
    ({"display_name": "a\nb"}, "display_name"),
    ({"currency_code": "EUR"}, "currency_code"),
]


async def test_bad_shapes_are_refused(tenant: Tenant) -> None:
    for more, param in BAD_SHAPES:
        fault = await refused(tenant, {**body(flat(0.1)), **more})

        assert (fault["type"], fault["status"]) == ("invalid_request", 400), fault
        assert fault["code"].endswith(("_invalid", "_missing", "_unknown", "_exclusive")), fault
        assert param in (None, fault["param"]), fault


REQUIRED: list[Any] = [
    "location_id",
    "direction",
    "type",
    "contract_start_date",
    "contract_end_date",
    "schedule",
]


async def test_what_is_required_is_missed_by_name(tenant: Tenant) -> None:
    for name in REQUIRED:
        given = {"location_id": await only_place(tenant), **body(flat(0.1))}
        del given[name]

        error(await tenant.post("/tariffs", given), 400, f"{name}_missing", name)


async def test_several_faults_of_shape_are_told_at_once(tenant: Tenant) -> None:
    fault = await refused(tenant, {**body(flat(0.1)), "vat": 2, "direction": "UP", "colour": "red"})

    assert {one["param"] for one in fault["errors"]} == {"vat", "direction", "colour"}


async def test_numbers_that_json_does_not_have_are_refused(tenant: Tenant) -> None:
    head = {"content-type": "application/json"}
    for number in ("NaN", "Infinity", "-Infinity"):
        raw = f'{{"vat": {number}}}'
        answer = await tenant.call("POST", "/tariffs", content=raw, headers=head)
        error(answer, 400, "json_invalid")
    raw = '{"vat": 1e999}'
    answer = await tenant.call("POST", "/tariffs", content=raw, headers=head)
    assert answer.status_code == 400


# Order of judgement.


async def test_shape_is_judged_before_existence_and_that_before_state(tenant: Tenant) -> None:
    at = await place(tenant)
    gap = [entry(("All", hours(("00:00", "12:00", 0.1))))]
    nowhere = {"location_id": f"loc_{NOBODY}", **body(gap)}

    error(await tenant.post("/tariffs", {**nowhere, "vat": 2}), 400, "vat_invalid")
    backwards = {**nowhere, "contract_end_date": "2020-01-01"}
    error(await tenant.post("/tariffs", backwards), 400, "contract_end_date_invalid")
    error(await tenant.post("/tariffs", nowhere), 404, "location_not_found", "location_id")
    market = {"market_rates": True, "market_source_id": f"mrs_{NOBODY}"}
    lost = {"location_id": at, **body(gap), **market}
    error(await tenant.post("/tariffs", lost), 404, "market_source_not_found", "market_source_id")
    lost = {"location_id": at, **body(gap), "devices": [f"dev_{NOBODY}"]}
    error(await tenant.post("/tariffs", lost), 404, "device_not_found")
    known = {"location_id": at, **body(gap)}
    error(await tenant.post("/tariffs", known), 422, "gap_in_time_period")


# Market.


async def test_a_market_source_must_publish_in_the_places_currency(tenant: Tenant) -> None:
    source = await tenant.market_source(code="GB", currency_code="GBP")
    named = {"value": "$m / 1000", "variables": {"m": "GB"}}

    for more in (
        {
            "market_rates": True,
            "market_source_id": source["id"],
            "schedule": flat([{"surcharge_fixed": 0.01}]),
        },
        {"schedule": flat([named])},
    ):
        fault = await refused(tenant, {**body(flat(0.1)), **more})
        assert fault["code"] == "market_currency_mismatch"
        assert "GBP" in fault["message"]
        assert "EUR" in fault["message"]


async def test_a_market_source_of_somebody_else_is_not_there(world: World, tenant: Tenant) -> None:
    stranger = await world.tenant("a stranger")
    assert tenant.twin
    for other in (stranger, tenant.twin):
        theirs = await other.market_source(code="THEIRS")
        fault = await refused(
            tenant,
            body(
                flat([{"surcharge_fixed": 0.01}]),
                market_rates=True,
                market_source_id=theirs["id"],
            ),
        )
        assert fault["code"] == "market_source_not_found"
        named = [{"value": "$m / 1000", "variables": {"m": "THEIRS"}}]
        fault = await refused(tenant, body(flat(named)))
        assert (fault["code"], "THEIRS" in fault["message"]) == ("formula_invalid", True)


async def test_a_rate_without_a_price_needs_a_market(tenant: Tenant) -> None:
    fault = await refused(tenant, body(flat([{"surcharge_fixed": 0.01}])))

    assert fault["code"].endswith(("_invalid", "_missing"))
