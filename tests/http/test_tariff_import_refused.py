"""Foreign documents that become no tariff, and what they are refused with (contract 2, Import)."""

from typing import Any

from tests.support.foreign_documents import (
    REST,
    WORKING,
    YEAR,
    cdr,
    imported,
    nothing_stored,
    octopus,
    place,
    urdb,
)
from tests.support.world import Tenant, World, error


def nested(levels: int) -> Any:
    deep: Any = 1
    for _ in range(levels):
        deep = [deep]
    return deep


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
        "period": "P3M",
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
    deep = nested(90)
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
        {"data": nested(900)},
        urdb(other=nested(900)),
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
