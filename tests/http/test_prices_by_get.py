"""Prices and costs by plain GET, local dates, evcc's form and CSV (contract 9)."""

from typing import Any

import pytest

from tests.support.tariff_bodies import flat
from tests.support.world import Tenant, World, error

UNLIKE = {"id", "time_created"}


@pytest.fixture
async def place(tenant: Tenant) -> str:
    """A location in Amsterdam with a flat tariff, then another: the price changes on 2 March."""
    location_id: str = (await tenant.site())["location_id"]
    await tenant.tariff(location_id, contract_end_date="2026-03-02")
    await tenant.tariff(location_id, contract_start_date="2026-03-02", schedule=flat(0.5))
    return location_id


def alike(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name not in UNLIKE}


async def test_prices_by_get_are_those_of_the_post(tenant: Tenant, place: str) -> None:
    body = {"location_id": place, "end_time": "2026-03-03T10:00:00Z"}
    posted = await tenant.post("/prices", body)
    got = await tenant.get("/prices", params={"location_id": place})
    assert alike(got) == alike(posted)
    assert len(got.json()["data"]) == 2
    day = {"start_time": "2026-03-02T00:00:00+01:00", "end_time": "2026-03-03T00:00:00+01:00"}
    posted = await tenant.post("/prices", {"location_id": place, **day})
    for query in (
        day,
        {"date": "2026-03-02"},
        {"date": "2026-03-02", "hours": "24"},
        {"start_time": "2026-03-02", "end_time": "2026-03-03"},
        {"start_time": "2026-03-02", "hours": "24"},
    ):
        got = await tenant.get("/prices", params={"location_id": place, **query})
        assert alike(got) == alike(posted), query


async def test_the_present_price_is_that_of_the_post(
    world: World, tenant: Tenant, place: str
) -> None:
    now = (await tenant.get("/prices/now", params={"location_id": place})).json()
    assert now == {
        "object": "price_now",
        "location_id": place,
        "currency_code": "EUR",
        "value": 0.25,
        "confidence": 1.0,
        "start_time": "2026-02-28T10:00:00Z",
        "end_time": "2026-03-01T23:00:00Z",
        "next": {
            "value": 0.5,
            "confidence": 1.0,
            "start_time": "2026-03-01T23:00:00Z",
            "end_time": "2026-03-03T10:00:00Z",
        },
    }
    world.clock.forward(hours=40)
    await world.log_in_again(tenant)
    later = (await tenant.get("/prices/now", params={"location_id": place})).json()
    assert (later["value"], later["start_time"]) == (0.5, "2026-03-02T02:00:00Z")
    assert later["next"] is None


async def test_a_price_that_began_today_has_no_time_before(tenant: Tenant) -> None:
    place = (await tenant.site())["location_id"]
    await tenant.tariff(place, contract_start_date="2026-03-01")
    now = (await tenant.get("/prices/now", params={"location_id": place})).json()
    assert now["start_time"] in ("2026-02-28T23:00:00Z", "2026-03-01T10:00:00Z")


async def test_prices_come_as_evcc_and_as_csv(tenant: Tenant, place: str) -> None:
    asked = {"location_id": place, "date": "2026-03-02", "hours": "2"}
    evcc = await tenant.get("/prices", params={**asked, "format": "evcc"})
    assert evcc.json() == [
        {"start": "2026-03-01T23:00:00Z", "end": "2026-03-02T01:00:00Z", "value": 0.5}
    ]
    csv = await tenant.get("/prices", params={**asked, "format": "csv"})
    assert csv.headers["content-type"] == "text/csv; charset=utf-8"
    assert csv.text.splitlines() == [
        "start_time,end_time,value,confidence,currency_code",
        "2026-03-02T00:00:00+01:00,2026-03-02T02:00:00+01:00,0.5,1.0,EUR",
    ]


async def test_costs_by_get_are_those_of_the_post(tenant: Tenant, place: str) -> None:
    reading = {
        "location_id": place,
        "energy_flow_direction": "INBOUND",
        "start_time": "2026-02-20T10:00:00Z",
        "end_time": "2026-02-20T11:00:00Z",
        "energy_kwh": 4,
    }
    kept = await tenant.call("PUT", "/meters/interval", json=[reading])
    assert kept.json()["records_accepted"] == 1
    day = {"start_time": "2026-02-20T00:00:00+01:00", "end_time": "2026-02-21T00:00:00+01:00"}
    path = f"/costs/interval/{place}"
    posted = await tenant.post(path, day)
    for query in (day, {"date": "2026-02-20"}, {"start_time": "2026-02-20", "hours": "24"}):
        assert alike(await tenant.get(path, params=query)) == alike(posted)
    csv = await tenant.get(path, params={"date": "2026-02-20", "format": "csv"})
    assert csv.text.splitlines() == [
        "start_time,end_time,energy_kwh,cost,confidence",
        "2026-02-20T00:00:00+01:00,2026-02-21T00:00:00+01:00,4.0,1.0,1.0",
    ]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"hours": "0"}, "hours_invalid"),
        ({"hours": "8785"}, "hours_invalid"),
        ({"hours": "2161"}, "hours_invalid"),
        ({"date": "2026-02-30"}, "date_invalid"),
        ({"date": "2026-03-01T00:00:00Z"}, "date_invalid"),
        ({"start_time": "2026-02-30"}, "start_time_invalid"),
        ({"start_time": "2026-03-01T00:00:00"}, "start_time_invalid"),
        ({"end_time": "2026-02-28"}, "end_time_invalid"),
        ({"date": "2026-03-01", "start_time": "2026-03-01"}, "parameters_exclusive"),
        ({"date": "2026-03-01", "end_time": "2026-03-02"}, "parameters_exclusive"),
        ({"hours": "2", "end_time": "2026-03-02"}, "parameters_exclusive"),
        ({"format": "xml"}, "format_invalid"),
        ({"format": ""}, "format_invalid"),
        ({"location_id": ""}, "location_id_invalid"),
    ],
)
async def test_a_question_that_cannot_be_read_is_refused(
    tenant: Tenant, place: str, query: dict[str, str], code: str
) -> None:
    error(await tenant.get("/prices", params={"location_id": place} | query), 400, code)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"hours": "2161"}, "hours_invalid"),
        ({"start_time": "2026-03-02T00:00:00Z", "end_time": "2026-03-01"}, "location_not_found"),
        ({"end_time": "2026-02-28T00:00:00Z"}, "end_time_invalid"),
    ],
)
async def test_a_time_is_judged_before_the_place_unless_it_is_local(
    tenant: Tenant, query: dict[str, str], code: str
) -> None:
    answer = await tenant.get("/prices", params={"location_id": "loc_" + "0" * 32} | query)
    error(answer, 404 if code == "location_not_found" else 400, code)


async def test_formats_are_for_prices_and_costs_alone(tenant: Tenant, place: str) -> None:
    error(await tenant.get("/sites?format=csv"), 400, "parameter_unknown")
    now = {"location_id": place, "format": "csv"}
    error(await tenant.get("/prices/now", params=now), 400, "parameter_unknown")
    costs = f"/costs/interval/{place}"
    error(await tenant.get(f"{costs}?date=2026-02-20&format=evcc"), 400, "format_invalid")
    error(await tenant.get(costs), 400, "start_time_missing")
    error(await tenant.get(f"{costs}?start_time=2026-02-20"), 400, "end_time_missing")
    error(await tenant.get("/prices"), 400, "location_id_missing")


async def test_a_date_that_the_place_skipped_is_refused(tenant: Tenant) -> None:
    apia = await tenant.make("/sites", {"timezone": "Pacific/Apia", "currency_code": "WST"})
    asked = {"location_id": apia["location_id"], "date": "2011-12-30"}
    error(await tenant.get("/prices", params=asked), 400, "date_invalid", "date")


async def test_a_device_at_several_places_needs_one_named(tenant: Tenant, place: str) -> None:
    other = (await tenant.site())["location_id"]
    device = (await tenant.device(place))["id"]
    asked = {"device_id": device, "date": "2026-03-01"}
    assert (await tenant.get("/prices", params=asked)).json()["location_id"] == place
    costs = f"/costs/interval/{device}?date=2026-02-20"
    assert (await tenant.get(costs)).status_code == 200
    await tenant.patch(f"/devices/{device}", {"locations": [place, other]})
    error(await tenant.get("/prices", params=asked), 400, "location_id_missing")
    error(await tenant.get(costs), 400, "location_id_missing")
    assert (await tenant.get(f"{costs}&location_id={place}")).status_code == 200
    third = (await tenant.site())["location_id"]
    error(await tenant.get(f"{costs}&location_id={third}"), 422, "device_not_at_location")


async def test_a_fixed_url_with_a_key_gives_prices(
    world: World, tenant: Tenant, place: str
) -> None:
    key = await world.restricted(tenant, "prices:read", locations=[place])
    url = f"/k/{key.secret}/prices?location_id={place}&format=evcc"
    assert (await world.http.get(url)).json()[0]["value"] == 0.25
    elsewhere = (await tenant.site())["location_id"]
    hidden = await world.http.get(f"/k/{key.secret}/prices/now?location_id={elsewhere}")
    error(hidden, 404, "location_not_found")
