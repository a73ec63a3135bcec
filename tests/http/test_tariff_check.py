"""What a tariff would look like, before it is stored (contract 2, `POST /tariffs/check`)."""

from datetime import date, datetime, timedelta
from typing import Any

from tests.support.pricing import DAY_AND_NIGHT
from tests.support.tariff_bodies import body, entry, flat, hours
from tests.support.world import AMSTERDAM, Tenant, World, error


async def place(tenant: Tenant, **fields: Any) -> str:
    return (await tenant.make("/locations", {"postal_address": AMSTERDAM, **fields}))["id"]


async def checked(tenant: Tenant, at: str, schedule: Any, **more: Any) -> Any:
    answer = await tenant.post("/tariffs/check", {"location_id": at, **body(schedule), **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def kinds(days: list[Any]) -> list[str]:
    return [day["kind"] for day in days]


async def test_a_check_shows_a_week_clock_changes_and_a_holiday(tenant: Tenant) -> None:
    made = await checked(tenant, await place(tenant), DAY_AND_NIGHT)

    assert made["object"] == "tariff_check"
    assert (made["timezone"], made["currency_code"]) == ("Europe/Amsterdam", "EUR")
    assert (made["lowest"], made["highest"]) == (0.1, 0.3)
    assert abs(made["mean"] - (16 * 0.3 + 8 * 0.1) / 24) < 1e-3
    week = [date.fromisoformat(day["date"]) for day in made["week"]]
    assert week == [week[0] + timedelta(days=n) for n in range(7)]
    assert [day["hours"] for day in made["clock_changes"]] == [23, 25]
    assert [day["date"] for day in made["clock_changes"]] == ["2026-03-29", "2026-10-25"]
    assert made["holiday"]["kind"] == "HOLIDAY"
    for day in [*made["week"], *made["clock_changes"], made["holiday"]]:
        length = timedelta()
        for one in day["prices"]:
            length += datetime.fromisoformat(one["valid_to"]) - datetime.fromisoformat(
                one["valid_from"]
            )
        assert length == timedelta(hours=day["hours"])
        assert day["prices"][0]["valid_from"].startswith(f"{day['date']}T00:00:00")
        assert [one["value"] for one in day["prices"]] == [0.1, 0.3, 0.1]


async def test_nothing_is_stored_or_told(tenant: Tenant) -> None:
    at = await place(tenant)
    before = (await tenant.get("/events")).json()

    await checked(tenant, at, DAY_AND_NIGHT)

    assert (await tenant.get("/tariffs")).json()["data"] == []
    assert (await tenant.get(f"/locations/{at}")).json()["tariffs"] == []
    assert (await tenant.get("/events")).json() == before


async def test_a_zone_without_clock_changes_shows_none(tenant: Tenant) -> None:
    at = await place(tenant, postal_address={"city": "Pune", "country_code": "IN"})

    made = await checked(tenant, at, DAY_AND_NIGHT)

    assert made["clock_changes"] == []
    assert made["timezone"] == "Asia/Kolkata"


async def test_a_place_without_a_country_has_no_holiday(tenant: Tenant) -> None:
    at = await place(
        tenant,
        postal_address={"city": "somewhere"},
        timezone="Europe/Amsterdam",
        currency_code="EUR",
    )

    assert (await checked(tenant, at, DAY_AND_NIGHT))["holiday"] is None


async def test_vat_and_limits_are_in_the_prices_shown(tenant: Tenant) -> None:
    made = await checked(
        tenant,
        await place(tenant),
        DAY_AND_NIGHT,
        vat=0.2,
        vat_included=False,
        cap_per_kwh=0.2,
    )

    assert (made["lowest"], made["highest"]) == (0.12, 0.24)


async def test_a_market_without_prices_is_shown_as_unknown(tenant: Tenant) -> None:
    source = await tenant.market_source()

    made = await checked(
        tenant,
        await place(tenant),
        flat([{"surcharge_fixed": 0.02}]),
        market_rates=True,
        market_source_id=source["id"],
    )

    assert (made["lowest"], made["highest"], made["mean"]) == (None, None, None)
    assert {one["value"] for day in made["week"] for one in day["prices"]} == {None}


async def test_a_contract_of_one_day_is_shown_as_far_as_it_goes(tenant: Tenant) -> None:
    made = await checked(
        tenant,
        await place(tenant),
        flat(0.2),
        contract_start_date="2026-06-01",
        contract_end_date="2026-06-02",
    )

    assert (made["lowest"], made["highest"], made["mean"]) == (0.2, 0.2, 0.2)
    assert made["week"][0]["date"] == "2026-06-01"


async def test_what_is_refused_is_what_storing_would_refuse(world: World, tenant: Tenant) -> None:
    at = await place(tenant)
    await tenant.tariff(at)
    given = {"location_id": at, **body(flat(0.1))}

    error(await tenant.post("/tariffs/check", given), 422, "tariff_term_overlap")
    gap = {**given, "schedule": [entry(("All", hours(("07:00", "23:00", 0.3))))]}
    error(await tenant.post("/tariffs/check", gap), 422, "gap_in_time_period")
    error(await tenant.post("/tariffs/check", {**given, "vat": 2}), 400, "vat_invalid")
    stranger = await world.tenant("a stranger")
    error(await stranger.post("/tariffs/check", given), 404, "location_not_found")


async def test_a_change_is_judged_in_the_place_of_its_tariff(tenant: Tenant) -> None:
    site = await tenant.site()
    made = await tenant.tariff(site["location_id"])
    body = {
        name: made[name]
        for name in ("location_id", "direction", "type", "contract_start_date", "contract_end_date")
    }
    changed = {**body, "schedule": flat(0.5)}

    alone = await tenant.post("/tariffs/check", changed)
    instead = await tenant.post(f"/tariffs/check?tariff_id={made['id']}", changed)
    nothing = await tenant.post(f"/tariffs/check?tariff_id=trf_{'0' * 32}", changed)

    assert (alone.status_code, alone.json()["code"]) == (422, "tariff_term_overlap")
    assert (instead.status_code, instead.json()["highest"]) == (200, 0.5)
    assert (nothing.status_code, nothing.json()["code"]) == (404, "tariff_not_found")


async def test_the_check_shows_seasons_and_special_days(tenant: Tenant) -> None:
    site = await tenant.site()
    holiday = entry(("All", hours(("00:00", "00:00", 0.1))), dates=["12-25"])
    shown = await tenant.post(
        "/tariffs/check",
        {
            "location_id": site["location_id"],
            "direction": "IMPORT",
            "type": "COMMODITY",
            "contract_start_date": "2020-01-01",
            "contract_end_date": None,
            "schedule": [*flat(0.25), holiday],
        },
    )

    (season,) = shown.json()["seasons"]
    assert season["months"] == [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
    ]  # fmt: skip
    assert season["week"][0] == {
        "weekday": "Mon",
        "prices": [{"valid_from": "00:00:00", "valid_to": "24:00:00", "value": 0.25}],
    }
    assert [day["date"][5:] for day in shown.json()["special_days"]] == ["12-25"]
