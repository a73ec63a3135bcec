"""Foreign documents become tariffs, whole or not at all (contract 2, Import and export)."""

import json
from pathlib import Path
from typing import Any

from tests.support.foreign_documents import (
    SOLAR,
    YEAR,
    cdr,
    imported,
    nothing_stored,
    octopus,
    place,
    urdb,
)
from tests.support.world import Tenant, error


async def price(tenant: Tenant, at: str, when: str, **more: Any) -> float:
    """Ask for the price of the minute from a whole hour on."""
    end = when.replace(":00:00", ":01:00")
    span = {"start_time": when, "end_time": end}
    answer = await tenant.post("/prices", {"location_id": at, **span, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()["data"][0]["price"]["value"]


# URDB.


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


async def test_a_rate_that_says_so_nets_its_location_or_is_told_that_it_nets_otherwise(
    tenant: Tenant,
) -> None:
    at = await place(tenant, "US", "Phoenix", "AZ")
    carried = {"period": "MONTH", "surplus": "CARRY", "carry_ends": None}

    answer = await imported(tenant, "urdb", at, urdb(dgrules="Net Metering"), YEAR)

    assert answer.status_code == 201, answer.text
    assert [one["param"] for one in answer.json()["warnings"]] == ["dgrules"]
    assert (await tenant.get(f"/locations/{at}")).json()["netting"] == carried
    assert (await tenant.get(f"/sites/{at}")).json()["netting"] == carried

    later = "&contract_start_date=2027-01-01&contract_end_date=2028-01-01"
    answer = await imported(tenant, "urdb", at, urdb(dgrules="Net Billing Hourly"), later)
    assert answer.status_code == 201, answer.text
    assert [one["param"] for one in answer.json()["warnings"]] == ["dgrules", "netting"]
    assert (await tenant.get(f"/locations/{at}")).json()["netting"] == carried


async def test_a_rate_that_is_not_taken_nets_nothing(tenant: Tenant) -> None:
    at = await place(tenant, "US", "Phoenix", "AZ")
    document = urdb(dgrules="Net Metering")
    await imported(tenant, "urdb", at, document, YEAR)
    await tenant.call("PATCH", f"/locations/{at}", json={"netting": None})

    error(await imported(tenant, "urdb", at, document, YEAR), 422, "tariff_term_overlap")

    assert (await tenant.get(f"/locations/{at}")).json()["netting"] is None


# CDR.


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
