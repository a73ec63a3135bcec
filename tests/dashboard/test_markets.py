"""The screen Markets."""

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.clock import FakeClock
from tests.support.dashboard import Browser, words
from tests.support.world import Tenant, World
from wattyard.kernel.pages import PageWindow
from wattyard.people.domain import Role
from wattyard.people.service import AuditLog
from wattyard.tariffs.domain.sources import MarketSourceDraft
from wattyard.tariffs.service.markets import OperatorMarkets

HOSTILE = "<script>alert(1)</script>\u202e\U0001f642"


@pytest.fixture
async def browser(world: World, tenant: Tenant) -> Browser:
    return await Browser.of(world, tenant, role=Role.DEVELOPER)


def hours(start: str, *values: float) -> list[Any]:
    first, hour = datetime.fromisoformat(start), timedelta(hours=1)
    return [
        {
            "valid_from": (first + n * hour).isoformat(),
            "valid_to": (first + (n + 1) * hour).isoformat(),
            "value": value,
        }
        for n, value in enumerate(values)
    ]


async def test_sources_say_whether_they_are_fresh_and_when_prices_come(
    tenant: Tenant, browser: Browser
) -> None:
    empty = await browser.get("/markets")
    assert "There is no market source yet" in words(empty)
    fresh = await tenant.market_source(code="FRESH", display_name="Day ahead")
    late = await tenant.market_source(code="LATE")
    await tenant.publish(fresh["id"], hours("2026-03-01T22:00+00:00", 80.0))
    await tenant.publish(late["id"], hours("2026-02-24T22:00+00:00", 80.0))
    shown = words(await browser.get("/markets"))
    assert "LATE LATE EUR per MWh stale by 5 days 25 Feb 2026, 00:00 (Europe/Amsterdam)" in shown
    assert "Day ahead FRESH EUR per MWh fresh 2 Mar 2026, 00:00 (Europe/Amsterdam)" in shown
    assert "uploaded, due 1 Mar 2026, 12:55 (Europe/Amsterdam)" in shown


async def test_a_source_shows_its_curve_gaps_and_corrections(
    clock: FakeClock, tenant: Tenant, browser: Browser
) -> None:
    source = await tenant.market_source()
    await tenant.publish(source["id"], hours("2026-03-01T00:00+00:00", 80.0, 90.0))
    await tenant.publish(source["id"], hours("2026-03-01T05:00+00:00", 70.0))
    clock.forward(minutes=5)
    await tenant.publish(source["id"], hours("2026-03-01T00:00+00:00", 81.5))
    page = await browser.get(f"/markets/{source['id']}")
    shown = words(page)
    assert "<svg" in page.text
    assert "EUR per kWh" in shown
    assert "1 Mar 2026, 03:00 1 Mar 2026, 06:00 3 h" in shown
    assert "1 Mar 2026, 01:00 80 1 Mar 2026, 11:00 1 Mar 2026, 11:05" in shown


async def test_prices_are_pasted_or_uploaded_and_the_log_says_who_did_it(
    world: World, tenant: Tenant, browser: Browser
) -> None:
    source = await tenant.market_source()
    address = f"/markets/{source['id']}/prices"
    pasted = "valid_from;valid_to;value\n2026-03-01T00:00Z;2026-03-01T01:00Z;81,5\n"
    answer = await browser.post(address, {"prices": pasted})
    assert answer.status_code == 303, words(answer)
    document = json.dumps(hours("2026-03-01T01:00+00:00", 9)).encode()
    sent = await browser.post(address, files={"file": ("day.json", b"\xef\xbb\xbf" + document)})
    assert sent.status_code == 303
    assert "1%20prices%20are%20kept" in sent.headers["set-cookie"]
    kept = await tenant.get(
        f"/market-sources/{source['id']}/prices",
        params={"start_time": "2026-03-01T00:00:00Z", "end_time": "2026-03-01T03:00:00Z"},
    )
    assert [one["value"] for one in kept.json()["data"]] == [81.5, 9.0]
    log = await world.services.get(AuditLog).page(tenant.context, PageWindow(10))
    assert [one.action for one in log.items] == [f"PUT /market-sources/{source['id']}/prices"] * 2
    assert {one.person_id for one in log.items} == {browser.person}


@pytest.mark.parametrize(
    ("pasted", "says"),
    [
        ("", "choose a file, or paste prices"),
        ("{", "this is not json"),
        ('{"a":1}', "prices in json are a list"),
        ("2026-03-01T00:00Z,2026-03-01T01:00Z", "line 1 has 2 columns"),
        ("2026-03-01T00:00Z,2026-03-01T01:00Z,dear", "[0].value"),
        ("yesterday,2026-03-01T01:00Z,3", "[0].valid_from"),
        ("2026-03-01T01:00Z,2026-03-01T00:00Z,3", "[0].valid_to must be after"),
        (f"{HOSTILE},{HOSTILE},{HOSTILE}", "[0].value"),
    ],
)
async def test_faulty_prices_are_refused_with_their_lines_and_stay_in_the_form(
    pasted: str, says: str, tenant: Tenant, browser: Browser
) -> None:
    source = await tenant.market_source()
    answer = await browser.post(f"/markets/{source['id']}/prices", {"prices": pasted})
    assert answer.status_code == 422
    assert says in words(answer).lower()
    assert "<script>alert" not in answer.text
    assert pasted.replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;") in answer.text


async def test_a_source_is_added_and_faults_stand_beside_their_fields(
    tenant: Tenant, browser: Browser
) -> None:
    assert "Add source" in words(await browser.get("/markets/new"))
    fields = {
        "code": "EPEX NL",
        "currency_code": "EUR",
        "unit": "MWH",
        "timezone": "Mars",
        "display_name": HOSTILE,
    }
    refused = await browser.post("/markets/new", fields)
    assert refused.status_code == 422
    assert 'id="code-fault"' in refused.text
    assert "Mars" in refused.text
    assert "<script>alert" not in refused.text
    good = {**fields, "code": "EPEX_NL", "timezone": "Europe/Amsterdam", "resolution_minutes": "60"}
    made = await browser.post("/markets/new", good)
    assert made.status_code == 303, words(made)
    shown = await browser.get(made.headers["location"])
    assert "EPEX_NL" in words(shown)
    assert "<script>alert" not in shown.text
    assert "No prices are published yet" in words(shown)


@pytest.fixture
async def fetched(world: World, tmp_path: Path) -> AsyncIterator[str]:
    """A source of the operator's that reads a file."""
    file = tmp_path / "prices.csv"
    file.write_text("valid_from,valid_to,value\n2026-03-01T00:00:00Z,2026-03-01T01:00:00Z,88\n")
    code = f"FILE_{world.context.new_id().hex[:8]}"
    draft = MarketSourceDraft(
        code=code, currency_code="EUR", unit="MWH", timezone="Europe/Berlin", display_name=code
    )
    options = {"path": str(file), "unit": "MWH", "currency": "EUR"}
    made = await world.services.get(OperatorMarkets).add(
        world.context, draft, feed="csv", options=options
    )
    yield f"mrs_{made.source.id.hex}"
    async with world.db.transaction() as db:
        await db.execute("DELETE FROM market_sources WHERE code = $1", code)


async def test_an_operator_fetches_a_source_now_and_others_cannot(
    fetched: str, world: World, tenant: Tenant, browser: Browser
) -> None:
    assert "Fetch now" not in words(await browser.get(f"/markets/{fetched}"))
    assert "Upload prices" not in words(await browser.get(f"/markets/{fetched}"))
    assert (await browser.post(f"/markets/{fetched}/fetch")).status_code == 404
    operator = await Browser.of(world, tenant, role=Role.VIEWER, is_operator=True)
    assert "Fetch now" in words(await operator.get(f"/markets/{fetched}"))
    done = await operator.post(f"/markets/{fetched}/fetch")
    assert done.status_code == 303
    assert "1%20prices%20were%20fetched" in done.headers["set-cookie"]
    log = await world.services.get(AuditLog).page(tenant.context, PageWindow(10))
    assert [(one.action, one.object_id) for one in log.items] == [("market.fetch", fetched)]
    of_server = await world.services.get(AuditLog).page_of_server(PageWindow(100))
    assert ("market.fetch", fetched) in {(one.action, one.object_id) for one in of_server.items}


async def test_an_operator_fetches_no_source_of_an_account_in_the_place_of_their_own(
    fetched: str, world: World, tenant: Tenant
) -> None:
    operator = await Browser.of(world, tenant, is_operator=True)
    code = (await tenant.get(f"/market-sources/{fetched}")).json()["code"]
    own = await tenant.market_source(code=code)
    done = await operator.post(f"/markets/{own['id']}/fetch")
    assert done.status_code == 422
    assert "has no feed" in words(done)


async def test_a_source_of_another_account_is_not_there(
    world: World, tenant: Tenant, browser: Browser
) -> None:
    other = await (await world.tenant()).market_source()
    assert (await browser.get(f"/markets/{other['id']}")).status_code == 404
    assert (
        await browser.post(f"/markets/{other['id']}/prices", {"prices": "[]"})
    ).status_code == 404
    viewer = await Browser.of(world, tenant, role=Role.VIEWER)
    own = await tenant.market_source()
    assert "Upload prices" not in words(await viewer.get(f"/markets/{own['id']}"))
    assert (await viewer.get("/markets/new")).status_code == 403
