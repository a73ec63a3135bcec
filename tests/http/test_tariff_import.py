"""Foreign documents become tariffs, whole or not at all (contract 2, Import and export)."""

import json
from pathlib import Path
from typing import Any

from tests.support.world import AMSTERDAM, Tenant, World, error

YEAR = "&contract_start_date=2026-01-01&contract_end_date=2027-01-01"
WORKING = ["MON", "TUE", "WED", "THU", "FRI"]
REST = ["SAT", "SUN"]


async def place(tenant: Tenant, country: str, city: str = "", state: str | None = None) -> str:
    address = {**AMSTERDAM, "city": city or country, "country_code": country}
    if state:
        address["state"] = state
    return (await tenant.make("/locations", {"postal_address": address}))["id"]


async def imported(tenant: Tenant, kind: str, at: str, document: Any, more: str = "") -> Any:
    path = f"/tariffs/import?format={kind}&location_id={at}{more}"
    return await tenant.post(path, document)


async def price(tenant: Tenant, at: str, when: str, **more: Any) -> float:
    """Ask for the price of the minute from a whole hour on."""
    end = when.replace(":00:00", ":01:00")
    span = {"start_time": when, "end_time": end}
    answer = await tenant.post("/prices", {"location_id": at, **span, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()["data"][0]["price"]["value"]


async def nothing_stored(tenant: Tenant, at: str) -> bool:
    kept = (await tenant.get("/tariffs")).json()["data"]
    shown = (await tenant.get(f"/locations/{at}")).json()["tariffs"]
    told = (await tenant.get("/events?event_type=tariff.create")).json()["data"]
    return not (kept or shown or told)


# URDB.


def urdb(**more: Any) -> dict[str, Any]:
    """A time-of-use rate as the public API answers one: dearer from 16 to 21 on weekdays."""
    day = [0] * 16 + [1] * 5 + [0] * 3
    return {
        "label": "made-up",
        "name": "Time of day",
        "utility": "Made-up Power",
        "sector": "Residential",
        "energyratestructure": [[{"rate": 0.1, "adj": 0.01, "unit": "kWh"}], [{"rate": 0.3}]],
        "energyweekdayschedule": [day] * 12,
        "energyweekendschedule": [[0] * 24] * 12,
        "fixedchargefirstmeter": 12.5,
        "fixedchargeunits": "$/month",
        **more,
    }


async def test_a_urdb_rate_becomes_a_tariff_that_is_priced(tenant: Tenant) -> None:
    at = await place(tenant, "US", "Albany", "NY")

    answer = await imported(tenant, "urdb", at, urdb(), YEAR)

    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["object"], body["warnings"]) == ("tariff_import", [])
    (made,) = body["data"]
    assert made == (await tenant.get(f"/tariffs/{made['id']}")).json()
    assert (made["contract_start_date"], made["contract_end_date"]) == ("2026-01-01", "2027-01-01")
    assert made["charges"][0]["kind"] == "MONTHLY"
    assert made["charges"][0]["amount"] == 12.5
    assert made["tier_scope"] == "SHARED"
    assert await price(tenant, at, "2026-07-06T15:00:00-04:00") == 0.11
    assert await price(tenant, at, "2026-07-06T16:00:00-04:00") == 0.3
    assert await price(tenant, at, "2026-07-05T16:00:00-04:00") == 0.11
    (told,) = (await tenant.get("/events?event_type=tariff.create")).json()["data"]
    assert told["data"] == made
    (shown,) = (await tenant.get(f"/locations/{at}")).json()["tariffs"]
    assert shown["tariff_id"] == made["id"]


async def test_real_urdb_rates_are_taken_as_the_api_answers_them(
    tenant: Tenant, shared_data: Path
) -> None:
    for name in ("smud_CI-TOD3", "ohio_power_RS-TOU"):
        document = json.loads((shared_data / f"{name}.json").read_text())
        at = await place(tenant, "US", "Sacramento", "CA")

        answer = await imported(tenant, "urdb", at, document, f"{YEAR}&allow_partial=true")

        assert answer.status_code == 201, answer.text
        assert answer.json()["data"], name
        assert await price(tenant, at, "2026-07-06T18:00:00-07:00") > 0.05


async def test_a_demand_in_kva_is_unsupported_by_name(tenant: Tenant) -> None:
    at = await place(tenant, "US", "Albany", "NY")
    reactive = urdb(
        demandreactivepowercharge=0.5,
        flatdemandunit="kVA",
        flatdemandstructure=[[{"rate": 3}]],
        flatdemandmonths=[0] * 12,
    )

    refused = error(
        await imported(tenant, "urdb", at, reactive, YEAR), 422, "unsupported_component"
    )

    assert refused["errors"]
    assert all(one["code"] == "unsupported_component" for one in refused["errors"])
    assert await nothing_stored(tenant, at)
    partial = await imported(tenant, "urdb", at, reactive, f"{YEAR}&allow_partial=true")
    assert partial.status_code == 201, partial.text
    told = {one["param"] for one in partial.json()["warnings"]}
    assert {one["param"] for one in refused["errors"]} <= told


# Octopus.


def octopus(*rates: tuple[str | None, str | None, float], **more: Any) -> dict[str, Any]:
    """Unit rates in pence as a product's page of them."""
    results = [
        {
            "value_exc_vat": round(pence / 1.05, 4),
            "value_inc_vat": pence,
            "valid_from": start,
            "valid_to": end,
            "payment_method": None,
            **more,
        }
        for start, end, pence in rates
    ]
    return {"count": len(results), "next": None, "previous": None, "results": results}


async def test_octopus_rates_become_tariffs_one_after_another(tenant: Tenant) -> None:
    at = await place(tenant, "GB", "London")
    document = octopus(
        ("2026-06-30T23:00:00Z", None, 26.25),
        ("2026-03-31T23:00:00Z", "2026-06-30T23:00:00Z", 24.5),
    )

    answer = await imported(tenant, "octopus", at, document)

    assert answer.status_code == 201, answer.text
    assert len(answer.json()["data"]) == 2
    assert await price(tenant, at, "2026-06-30T22:00:00Z") == 0.245
    assert await price(tenant, at, "2026-06-30T23:00:00Z") == 0.2625
    assert {one["vat"] for one in answer.json()["data"]} == {0.05}
    assert {one["currency_code"] for one in answer.json()["data"]} == {"GBP"}
    told = (await tenant.get("/events?event_type=tariff.create")).json()["data"]
    assert len(told) == 2


async def test_of_several_tariffs_that_one_cannot_be_all_are_refused(tenant: Tenant) -> None:
    at = await place(tenant, "GB", "London")
    await tenant.tariff(at, contract_start_date="2026-08-01", contract_end_date="2026-09-01")
    before = (await tenant.get("/events")).json()
    document = octopus(
        ("2026-06-30T23:00:00Z", None, 26.25),
        ("2026-03-31T23:00:00Z", "2026-06-30T23:00:00Z", 24.5),
    )

    error(await imported(tenant, "octopus", at, document), 422, "tariff_term_overlap")

    assert len((await tenant.get("/tariffs")).json()["data"]) == 1
    assert len((await tenant.get(f"/locations/{at}")).json()["tariffs"]) == 1
    assert (await tenant.get("/events")).json() == before


async def test_lists_of_rates_with_holes_or_further_pages_are_refused(tenant: Tenant) -> None:
    at = await place(tenant, "GB", "London")
    hole = octopus(
        ("2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z", 1.0),
        ("2026-06-01T00:00:00Z", None, 1.0),
    )
    for document in (hole, octopus(), {"detail": "Not found."}, {"results": [1]}):
        answer = await imported(tenant, "octopus", at, document)
        assert answer.status_code == 400, answer.text
    more = octopus(("2026-04-01T00:00:00Z", None, 1.0)) | {"next": "the next page", "count": 200}
    error(await imported(tenant, "octopus", at, more), 400, "results_invalid", "results")
    assert await nothing_stored(tenant, at)


# CDR.


def cdr(**contract: Any) -> dict[str, Any]:
    """A plan as the Product Reference Data API answers one, prices without GST."""
    period = {
        "displayName": "All year",
        "startDate": "01-01",
        "endDate": "12-31",
        "dailySupplyCharge": "1.00",
        "rateBlockUType": "timeOfUseRates",
        "timeOfUseRates": [
            {
                "displayName": "Peak",
                "type": "PEAK",
                "rates": [{"unitPrice": "0.40", "measureUnit": "KWH"}],
                "timeOfUse": [{"days": WORKING, "startTime": "15:00", "endTime": "20:59"}],
            },
            {
                "displayName": "Other times",
                "type": "OFF_PEAK",
                "rates": [{"unitPrice": "0.20", "measureUnit": "KWH"}],
                "timeOfUse": [
                    {"days": WORKING, "startTime": "21:00", "endTime": "14:59"},
                    {"days": ["SAT", "SUN"], "startTime": "00:00", "endTime": "23:59"},
                ],
            },
        ],
    }
    return {
        "data": {
            "planId": "MADE-UP1",
            "displayName": "Made up",
            "brand": "made",
            "brandName": "Made",
            "fuelType": "ELECTRICITY",
            "type": "MARKET",
            "customerType": "RESIDENTIAL",
            "effectiveFrom": "2025-01-01T00:00:00Z",
            "lastUpdated": "2025-01-01T00:00:00Z",
            "electricityContract": {
                "pricingModel": "TIME_OF_USE",
                "timeZone": "LOCAL",
                "isFixed": False,
                "paymentOption": ["DIRECT_DEBIT"],
                "billFrequency": ["P1M"],
                "tariffPeriod": [period],
                **contract,
            },
        },
        "links": {"self": "this plan"},
        "meta": {},
    }


SOLAR = {
    "displayName": "Feed-in",
    "scheme": "OTHER",
    "payerType": "RETAILER",
    "tariffUType": "singleTariff",
    "singleTariff": {"rates": [{"unitPrice": "0.05", "measureUnit": "KWH"}]},
}


async def test_a_cdr_plan_becomes_import_and_export_tariffs(tenant: Tenant) -> None:
    at = await place(tenant, "AU", "Sydney", "NSW")

    answer = await imported(tenant, "cdr", at, cdr(solarFeedInTariff=[SOLAR]), YEAR)

    assert answer.status_code == 201, answer.text
    made = answer.json()["data"]
    assert [one["direction"] for one in made] == ["IMPORT", "EXPORT"]
    assert {one["currency_code"] for one in made} == {"AUD"}
    assert await price(tenant, at, "2026-07-06T20:00:00+10:00") == 0.44
    assert await price(tenant, at, "2026-07-06T21:00:00+10:00") == 0.22
    assert await price(tenant, at, "2026-07-05T16:00:00+10:00") == 0.22
    sold = await price(tenant, at, "2026-07-06T12:00:00+10:00", tariff_direction="EXPORT")
    assert sold == 0.05


async def test_parts_of_a_plan_that_no_tariff_says_are_refused_or_listed(tenant: Tenant) -> None:
    at = await place(tenant, "AU", "Sydney", "NSW")
    document = cdr(
        discounts=[{"displayName": "On time", "type": "CONDITIONAL"}],
        controlledLoad=[{"displayName": "Hot water"}],
    )

    refused = error(await imported(tenant, "cdr", at, document, YEAR), 422, "unsupported_component")
    named = {one["param"] for one in refused["errors"]}
    assert named == {"electricityContract.discounts", "electricityContract.controlledLoad"}
    assert await nothing_stored(tenant, at)
    false = await imported(tenant, "cdr", at, document, f"{YEAR}&allow_partial=false")
    error(false, 422, "unsupported_component")
    partial = await imported(tenant, "cdr", at, document, f"{YEAR}&allow_partial=true")

    assert partial.status_code == 201, partial.text
    assert named <= {one["param"] for one in partial.json()["warnings"]}
    assert all(one["message"] for one in partial.json()["warnings"])
    assert await price(tenant, at, "2026-07-06T20:00:00+10:00") == 0.44


# All of them.


async def test_prices_in_another_money_than_the_places_are_refused(tenant: Tenant) -> None:
    at = await place(tenant, "NL", "Amsterdam")
    rates = [{"value_inc_vat": 21.0, "value_exc_vat": 20.0, "valid_from": None, "valid_to": None}]
    for kind, document, money in (
        ("urdb", urdb(), "USD"),
        ("urdb", urdb(country="USA"), "USD"),
        ("octopus", {"results": rates}, "GBP"),
        ("cdr", cdr(), "AUD"),
    ):
        for more in (YEAR, f"{YEAR}&allow_partial=true"):
            answer = await imported(tenant, kind, at, document, more)

            fault = error(answer, 422, "document_currency_mismatch", "location_id")
            assert money in fault["message"]
            assert "EUR" in fault["message"]
    assert await nothing_stored(tenant, at)
    abroad = await imported(tenant, "urdb", at, urdb(country="NLD"), YEAR)
    assert abroad.status_code == 201, abroad.text


async def test_what_is_left_out_is_named_once(tenant: Tenant) -> None:
    at = await place(tenant, "AU", "Sydney", "NSW")
    first = {"startTime": "00:00", "endTime": "11:59"}
    second = {"startTime": "12:00", "endTime": "23:59"}
    rates = [{"unitPrice": "0.2", "volume": 10}, {"unitPrice": "0.3"}]
    stepped = {
        "rates": rates,
        "timeOfUse": [{"days": WORKING, **first}, {"days": REST, **second}],
    }
    plain = {
        "rates": [{"unitPrice": "0.1"}],
        "timeOfUse": [{"days": WORKING, **second}, {"days": REST, **first}],
    }
    period = {"startDate": "01-01", "endDate": "12-31", "rateBlockUType": "timeOfUseRates"}
    document = cdr(tariffPeriod=[{**period, "timeOfUseRates": [stepped, plain]}])

    answer = await imported(tenant, "cdr", at, document, f"{YEAR}&allow_partial=true")

    assert answer.status_code == 201, answer.text
    (warning,) = answer.json()["warnings"]
    assert "step" in warning["message"]


async def test_bad_imports_are_refused(world: World, tenant: Tenant) -> None:
    at = await place(tenant, "US", "Albany", "NY")
    for query, code in (
        (f"location_id={at}", "format_missing"),
        (f"format=pdf&location_id={at}", "format_invalid"),
        ("format=urdb", "location_id_missing"),
        ("format=urdb&location_id=home", "location_id_invalid"),
        (f"format=urdb&location_id={at}&allow_partial=yes", "allow_partial_invalid"),
        (f"format=urdb&location_id={at}&contract_start_date=soon", "contract_start_date_invalid"),
        (f"format=urdb&location_id={at}&colour=red", "parameter_unknown"),
    ):
        error(await tenant.post(f"/tariffs/import?{query}", urdb()), 400, code)
    nowhere = "loc_" + "0" * 32
    error(await imported(tenant, "urdb", nowhere, urdb()), 404, "location_not_found")
    assert tenant.twin
    for other in (await world.tenant("a stranger"), tenant.twin):
        error(await imported(other, "urdb", at, urdb()), 404, "location_not_found")
    assert await nothing_stored(tenant, at)


async def test_documents_that_are_none_are_refused_as_such(tenant: Tenant) -> None:
    at = await place(tenant, "US", "Albany", "NY")
    deep: Any = 1
    for _ in range(90):
        deep = [deep]
    documents: list[Any] = [
        {},
        [],
        {"items": []},
        {"results": None},
        {"data": None},
        {"data": {"electricityContract": {"tariffPeriod": 1}}},
        {"energyratestructure": 1, "energyweekdayschedule": 2, "energyweekendschedule": 3},
        urdb(energyratestructure=[]),
        urdb(energyratestructure=[[]]),
        urdb(energyratestructure=[[{"rate": "0.1"}]]),
        urdb(energyratestructure=[[{"rate": None}], [{"rate": 0.3}]]),
        urdb(energyratestructure=[[{"rate": 1e300}], [{"rate": 0.3}]]),
        urdb(energyweekdayschedule=[[0] * 24] * 11),
        urdb(energyweekdayschedule=[[0] * 23] * 12),
        urdb(energyweekdayschedule=[[7] * 24] * 12),
        urdb(energyweekdayschedule=[[-1] * 24] * 12),
        urdb(energyweekdayschedule=[["a"] * 24] * 12),
        urdb(energyweekdayschedule=deep),
        urdb(name=["x"]),
        urdb(fixedchargefirstmeter="much"),
        octopus(("yesterday", None, 1.0)),
        octopus((None, None, float(10**30))),
        octopus(("2026-04-01T00:00:00Z", None, 1.0), value_inc_vat="x"),
        cdr(tariffPeriod=[]),
        cdr(tariffPeriod=[{"startDate": "13-40", "endDate": "xx", "rateBlockUType": "none"}]),
        cdr(solarFeedInTariff=[1]),
        cdr(solarFeedInTariff=[{"singleTariff": {"rates": [{"unitPrice": "abc"}]}}]),
    ]
    for kind in ("urdb", "octopus", "cdr"):
        for document in documents:
            for more in ("", "&allow_partial=true"):
                answer = await imported(tenant, kind, at, document, more)
                assert answer.status_code in (400, 422), (kind, str(document)[:300], answer.text)
    assert await nothing_stored(tenant, at)


async def test_a_repeated_key_imports_once(tenant: Tenant) -> None:
    at = await place(tenant, "US", "Albany", "NY")
    path = f"/tariffs/import?format=urdb&location_id={at}{YEAR}"
    key = {"Idempotency-Key": "once"}

    first = await tenant.post(path, urdb(), headers=key)
    again = await tenant.post(path, urdb(), headers=key)

    assert (first.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    error(await tenant.post(path, urdb()), 422, "tariff_term_overlap")
