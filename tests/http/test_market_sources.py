"""Market sources and their published prices (contract 2, Market sources)."""

from tests.support.market_sources import (
    BODY,
    HOUR,
    NEW_YEAR,
    operators_source,
    price,
    published,
    put,
    text,
)
from tests.support.tariff_bodies import flat
from tests.support.world import AMSTERDAM, Tenant, World, error


async def test_a_source_answers_its_fields(tenant: Tenant) -> None:
    answer = await tenant.post("/market-sources", BODY)

    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made == {
        "id": made["id"],
        "object": "market_source",
        "live_mode": False,
        "account_id": tenant.account_id,
        "time_created": "2026-03-01T10:00:00.123Z",
        **BODY,
        "publishes_at": made["publishes_at"],
        "last_updated": None,
        "published_until": None,
    }
    assert made["publishes_at"].startswith("12:55")
    read = await tenant.get(f"/market-sources/{made['id']}")
    assert (read.json(), read.headers["etag"]) == (made, answer.headers["etag"])


async def test_sources_are_listed_newest_first(tenant: Tenant) -> None:
    made = [await tenant.market_source(code=f"S{n}") for n in range(3)]

    page = (await tenant.get("/market-sources?limit=2")).json()

    assert (page["url"], page["has_more"]) == ("/market-sources", True)
    assert page["data"] == [made[2], made[1]]
    last = (await tenant.get(f"/market-sources?starting_after={made[1]['id']}")).json()
    assert (last["data"], last["has_more"]) == ([made[0]], False)
    error(await tenant.get("/market-sources?starting_after=trf_1"), 400, "starting_after_invalid")


async def test_bad_sources_are_refused(tenant: Tenant) -> None:
    for name, values in {
        "code": ["", "a b", "x" * 61, 1, None],
        "currency_code": ["eur", "ZZZ", "EURO", None],
        "unit": ["kwh", "GWH", None],
        "timezone": ["Brussels", "+01:00", "", None],
        "resolution_minutes": [0, -15, 1.5, "15"],
        "publishes_at": ["25:00", "noon", "1:5"],
        "display_name": ["", "a\nb"],
        "colour": ["red"],
    }.items():
        for value in values:
            answer = await tenant.post("/market-sources", {**BODY, name: value})
            assert answer.status_code == 400, (name, value, answer.text)
            assert answer.json()["param"] == name
            assert answer.json()["code"] in (f"{name}_invalid", "parameter_unknown")
    for name in ("code", "currency_code", "unit", "timezone"):
        less = {key: value for key, value in BODY.items() if key != name}
        error(await tenant.post("/market-sources", less), 400, f"{name}_missing", name)
    assert (await tenant.get("/market-sources")).json()["data"] == []


async def test_a_code_is_taken_once_in_an_account_and_mode(world: World, tenant: Tenant) -> None:
    await tenant.make("/market-sources", BODY)

    assert (await tenant.post("/market-sources", BODY)).status_code == 409
    assert tenant.twin
    await tenant.twin.make("/market-sources", BODY)
    await (await world.tenant("a stranger")).make("/market-sources", BODY)


async def test_a_source_is_changed_and_guarded_by_its_tag(tenant: Tenant) -> None:
    made = await tenant.post("/market-sources", BODY)
    path, tag = f"/market-sources/{made.json()['id']}", made.headers["etag"]

    change = {"display_name": None, "area": "10YBE", "publishes_at": "13:00:00"}
    changed = await tenant.patch(path, change, headers={"If-Match": tag})

    assert changed.status_code == 200, changed.text
    assert changed.json()["display_name"] is None
    assert changed.json()["area"] == "10YBE"
    assert changed.json()["code"] == "BELPEX"
    assert (await tenant.get(path)).json() == changed.json()
    error(
        await tenant.patch(path, {"area": "x"}, headers={"If-Match": tag}),
        412,
        "precondition_failed",
    )
    same = await tenant.get(path, headers={"If-None-Match": changed.headers["etag"]})
    assert same.status_code == 304
    (told,) = (await tenant.get("/events?event_type=market_source.update")).json()["data"]
    assert told["data"] == changed.json()
    other = await tenant.market_source(code="OTHER")
    taken = await tenant.patch(f"/market-sources/{other['id']}", {"code": "BELPEX"})
    assert taken.status_code == 409
    error(await tenant.patch(path, {"unit": "WH"}), 400, "unit_invalid", "unit")


async def test_what_prices_mean_does_not_change_under_them(tenant: Tenant) -> None:
    source = await tenant.make("/market-sources", BODY)
    path = f"/market-sources/{source['id']}"
    await tenant.publish(source["id"], [price(NEW_YEAR, 80)])

    for change in ({"unit": "KWH"}, {"currency_code": "GBP"}):
        error(await tenant.patch(path, change), 422, "market_source_in_use")

    read = (await tenant.get(path)).json()
    assert (read["unit"], read["currency_code"]) == ("MWH", "EUR")


async def test_a_code_that_a_formula_names_does_not_change(tenant: Tenant) -> None:
    source = await tenant.make("/market-sources", BODY)
    at = (await tenant.make("/locations", {"postal_address": AMSTERDAM}))["id"]
    rate = [{"value": "$m / 1000", "variables": {"m": "BELPEX"}}]
    await tenant.tariff(at, schedule=flat(rate))

    answer = await tenant.patch(f"/market-sources/{source['id']}", {"code": "OTHER"})

    error(answer, 422, "market_source_in_use")


async def test_strangers_and_the_other_mode_find_no_source(world: World, tenant: Tenant) -> None:
    made = await tenant.make("/market-sources", BODY)
    path = f"/market-sources/{made['id']}"
    span = {"start_time": text(NEW_YEAR), "end_time": text(NEW_YEAR + HOUR)}
    assert tenant.twin
    for other in (await world.tenant("a stranger"), tenant.twin):
        error(await other.get(path), 404, "market_source_not_found")
        error(await other.patch(path, {"area": "x"}), 404, "market_source_not_found")
        error(await put(other, made, [price(NEW_YEAR, 1)]), 404, "market_source_not_found")
        error(await other.get(f"{path}/prices", params=span), 404, "market_source_not_found")
        assert (await other.get("/market-sources")).json()["data"] == []


async def test_the_operators_sources_are_everybodys_to_read(world: World, tenant: Tenant) -> None:
    assert tenant.twin
    async with operators_source(world) as source_id:
        for one in (tenant, tenant.twin):
            await reads_but_does_not_write(one, source_id)


async def test_no_own_source_takes_over_what_formulas_name(world: World, tenant: Tenant) -> None:
    """Prices would move to it, and neither could the code change again nor the source go."""
    async with operators_source(world) as source_id:
        code = (await tenant.get(f"/market-sources/{source_id}")).json()["code"]
        at = (await tenant.make("/locations", {"postal_address": AMSTERDAM}))["id"]
        await tenant.tariff(at, schedule=flat([{"value": "$m", "variables": {"m": code}}]))
        other = await tenant.make("/market-sources", BODY)

        added = await tenant.post("/market-sources", {**BODY, "code": code})
        renamed = await tenant.patch(f"/market-sources/{other['id']}", {"code": code})

        for answer in (added, renamed):
            error(answer, 422, "market_source_in_use", "code")
        listed = (await tenant.get("/market-sources")).json()["data"]
        assert [one["code"] for one in listed if one["account_id"]] == ["BELPEX"]
        stranger = await world.tenant("a stranger")
        await stranger.make("/market-sources", {**BODY, "code": code})


async def reads_but_does_not_write(one: Tenant, source_id: str) -> None:
    path = f"/market-sources/{source_id}"
    seen = (await one.get(path)).json()
    assert seen["id"] == source_id, seen
    assert seen in (await one.get("/market-sources")).json()["data"]
    assert (await published(one, seen, NEW_YEAR, NEW_YEAR + HOUR))[0]["value"] == 123
    for answer in (
        await one.patch(path, {"area": "mine"}),
        await put(one, seen, [price(NEW_YEAR, 1)]),
    ):
        assert 400 <= answer.status_code < 500, answer.text
        assert answer.json()["code"] == "market_source_read_only"
    at = (await one.make("/locations", {"postal_address": AMSTERDAM}))["id"]
    rate = [{"value": "$m / 1000", "variables": {"m": seen["code"]}}]
    await one.tariff(at, schedule=flat(rate))
    span = {"start_time": text(NEW_YEAR), "end_time": text(NEW_YEAR + HOUR)}
    (only,) = (await one.post("/prices", {"location_id": at, **span})).json()["data"]
    assert only["price"]["value"] == 0.123
