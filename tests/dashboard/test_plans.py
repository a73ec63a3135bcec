"""The screen Plan."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.charging import BATTERY, CAR, PRICES
from tests.support.dashboard import Browser, words
from tests.support.pricing import hourly, market
from tests.support.tariff_bodies import flat
from tests.support.world import Tenant, World
from wattyard.people.domain import Role
from wattyard.web.dashboard.formats import Formats
from wattyard.web.dashboard.screens import plan_savings, plan_words
from wattyard.web.dashboard.screens.plan_documents import PlanShown

SUNDAY = datetime(2026, 3, 1, tzinfo=UTC)
NOW = "2026-03-01T10:00:00Z"
HOSTILE = "<script>alert(1)</script>\u202e\U0001f642"


@pytest.fixture
async def browser(world: World, tenant: Tenant) -> Browser:
    return await Browser.of(world, tenant)


async def home(tenant: Tenant, device: Any) -> tuple[str, str]:
    """A place with a market of two days, and a device at it; it is 11 o'clock of the first."""
    at = (await tenant.site())["location_id"]
    await market(tenant, at, hourly(SUNDAY, PRICES * 2))
    return at, (await tenant.device(at, **device))["id"]


async def charged(tenant: Tenant, device: str, percent: float = 20.0) -> None:
    answer = await tenant.call(
        "PUT",
        f"/devices/{device}/state",
        json={"time": NOW, "state_of_charge_percent": percent},
    )
    assert answer.status_code == 200, answer.text


async def car(tenant: Tenant, **fields: Any) -> tuple[str, str]:
    at, device = await home(tenant, {**CAR, **fields})
    await charged(tenant, device)
    return at, device


async def test_a_site_is_chosen_first(tenant: Tenant, browser: Browser) -> None:
    site = await tenant.site(reference_id="house-1")

    page = await browser.get("/plans")

    assert "house-1" in words(page)
    assert f"/plans?location={site['location_id']}" in page.text


async def test_the_sites_with_a_kept_plan_are_listed(tenant: Tenant, browser: Browser) -> None:
    nothing = words(await browser.get("/plans?only=plans"))
    at, device = await home(tenant, BATTERY)
    await charged(tenant, device, 50.0)
    other = await tenant.site(reference_id="house-2")
    await browser.post("/plans", {"location": at, "device": device, "plan": "new"})

    only = await browser.get("/plans?only=plans")

    assert "There is no site with a kept plan yet." in nothing
    assert f"location={at}" in only.text
    assert other["location_id"] not in only.text
    assert other["location_id"] in (await browser.get("/plans?only=readings")).text


async def test_a_site_is_not_listed_for_a_plan_that_is_no_device_s_newest(
    tenant: Tenant, browser: Browser
) -> None:
    at, device = await home(tenant, BATTERY)
    other = (await tenant.site())["location_id"]
    await tenant.tariff(other)
    shared = (await tenant.device(at, other, **BATTERY))["id"]
    for one in (device, shared):
        await charged(tenant, one, 50.0)
    for where, one in ((at, device), (at, shared), (other, shared)):
        kept = await browser.post("/plans", {"location": where, "device": one, "plan": "new"})
        assert kept.status_code == 303
    await tenant.delete(f"/devices/{device}")

    for address in ("/plans?only=plans", "/plans?only=plans&text=Amsterdam"):
        only = await browser.get(address)
        assert f"location={other}" in only.text
        assert f"location={at}" not in only.text


async def test_a_plan_says_when_a_car_charges_what_that_costs_and_saves_and_why(
    tenant: Tenant, browser: Browser
) -> None:
    at, device = await car(tenant, reference_id="car-1")

    page = await browser.get(
        f"/plans?device={device}&plan=new&target_state_of_charge_percent=40"
        "&ready_by=2026-03-02T08:00"
    )

    shown = words(page)
    assert page.status_code == 200
    assert "Charging plan of car-1" in shown
    assert "every goal is reached" in shown
    assert "Cost of the plan" in shown
    assert "Without planning" in shown
    assert "Saved, " in shown
    assert "Mon 2 Mar 05:00 – 06:15" in shown
    assert "takes 10.54 kWh at 2.16 kW to 10 kW" in shown.replace("\xa0", " ")
    assert "the plan costs least this way" in shown
    assert "Price, power and charge" in shown
    assert "car-1: state of charge, %" in shown
    assert "not planning would: the car is charged at once" in shown
    assert "/schedules/soc" in shown
    assert "ready_by" in page.text
    assert 'value="2026-03-02T08:00"' in page.text
    assert f"location={at}" in page.text


async def test_a_goal_out_of_reach_is_named_with_its_reason(
    tenant: Tenant, browser: Browser
) -> None:
    _, device = await car(tenant)

    page = await browser.get(
        f"/plans?device={device}&plan=new&target_state_of_charge_percent=100"
        "&ready_by=2026-03-01T12:00"
    )

    shown = words(page)
    assert "not every goal is reached" in shown
    assert "are missing: the time is too short." in shown


async def test_faulty_wishes_keep_what_was_typed_and_say_what_is_wrong(
    tenant: Tenant, browser: Browser
) -> None:
    _, device = await car(tenant)

    page = await browser.get(
        f"/plans?device={device}&plan=new&target_state_of_charge_percent=a+lot"
        "&ready_by=2020-01-01T08:00&backup_reserve_percent=120"
    )

    assert page.status_code == 422
    assert 'value="a lot"' in page.text
    assert 'value="120"' in page.text
    assert page.text.count('aria-invalid="true"') == 2
    assert "target_state_of_charge_percent-fault" in page.text


async def test_a_plan_is_kept_shown_and_named_in_the_audit_log(
    world: World, tenant: Tenant, browser: Browser
) -> None:
    at, device = await home(tenant, {**BATTERY, "reference_id": "bat-1"})
    await charged(tenant, device, 50.0)

    nothing = await tenant.get(f"/devices/{device}/plan")
    kept = await browser.post("/plans", {"location": at, "device": device, "plan": "new"})
    shown = words(await browser.get(f"/plans?device={device}"))
    site = words(await browser.get(f"/plans?location={at}"))

    assert nothing.status_code == 404
    assert kept.status_code == 303
    assert f"device={device}" in kept.headers["location"]
    assert "kept, made" in shown
    assert f"/devices/{device}/plan" in shown
    assert "kept, made" in site
    async with world.db.reading() as db:
        actions = await db.fetch(
            "SELECT action FROM audit_log WHERE account = $1", tenant.caller.account
        )
    assert [one["action"] for one in actions] == ["POST /schedules/soc"]


async def test_kept_plans_by_amount_and_of_sites_are_shown_too(
    tenant: Tenant, browser: Browser
) -> None:
    at, device = await car(tenant, reference_id="car-1")
    amount = {
        "location_id": at,
        "data": [
            {
                "device_id": device,
                "direction": "IMPORT",
                "start_time": NOW,
                "end_time": "2026-03-02T08:00:00Z",
                "energy": {"units": "KWH", "value": 10},
            }
        ],
    }

    by_amount = await tenant.post("/schedules/amount?keep=true", amount)
    first = await browser.get(f"/plans?device={device}")
    of_site = await tenant.post("/schedules/site?keep=true", {"location_id": at, "explain": True})
    second = await browser.get(f"/plans?location={at}")

    assert (by_amount.status_code, of_site.status_code) == (200, 200)
    assert "takes 10 kWh at 10 kW" in words(first).replace("\xa0", " ")
    assert "Saved, " in words(first)
    assert "kept, made" in words(first)
    assert "kept, made" in words(second)
    assert "not planning would: the same targets" in words(second)


async def test_a_kept_plan_is_drawn_from_its_start_with_its_target(
    tenant: Tenant, browser: Browser
) -> None:
    _, device = await car(tenant, reference_id="car-1")
    body = {
        "device_id": device,
        "target_state_of_charge_percent": 40,
        "ready_by": "2026-03-02T07:00:00Z",
    }
    assert (await tenant.post("/schedules/soc?keep=true", body)).status_code == 200
    await charged(tenant, device, 22.0)

    page = await browser.get(f"/plans?device={device}")

    assert "kept, made" in words(page)
    assert "car-1: state of charge from 20 to 40 %." in words(page)
    assert 'class="deadline"' in page.text
    assert ">40 %</text>" in page.text
    assert "Both leave the same energy in store at the end." in words(page)


async def test_what_a_saving_leaves_out_is_said_and_priced(
    tenant: Tenant, browser: Browser
) -> None:
    at, device = await home(tenant, {**BATTERY, "reference_id": "bat-1"})
    await tenant.tariff(at, direction="EXPORT", schedule=flat(0.2))
    await tenant.device(at, type="PV_SYSTEM", properties={"pv": {"peak_power_kw": 5}})
    sun = {"start_time": NOW, "end_time": "2026-03-01T12:00:00Z", "kw": 3}
    wishes = {"device_id": device, "state_of_charge_percent": 20}
    body = {
        "location_id": at,
        "schedule_horizon": 12,
        "devices": [wishes],
        "forecasts": {"load": [{**sun, "kw": 0}], "solar": [sun]},
    }
    kept = await tenant.post("/schedules/site?keep=true", body)
    assert kept.status_code == 200, kept.text
    assert kept.json()["baseline"]["stored_more_kwh"] == pytest.approx(6.0, abs=0.01)

    shown = words(await browser.get(f"/plans?location={at}")).replace("\xa0", " ")

    assert "costs than not planning would: the same targets" in shown
    assert "The plan leaves 6 kWh less in store at its end than not planning would" in shown
    assert "at the mean price of this time, €0." in shown

    body["devices"] = [{**wishes, "value_per_kwh_at_end": 0.001}]  # too little to store anything
    kept = await tenant.post("/schedules/site?keep=true", body)
    assert kept.json()["cost"]["stored"] == 0.0
    shown = words(await browser.get(f"/plans?location={at}"))
    assert "What is stored at the end is paid for, as the request asks." in shown
    assert "which the saving does not count" not in shown


async def test_a_site_is_planned_as_a_whole(tenant: Tenant, browser: Browser) -> None:
    at, device = await home(tenant, {**BATTERY, "reference_id": HOSTILE})
    await charged(tenant, device, 50.0)

    page = await browser.get(f"/plans?location={at}")

    shown = words(page)
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert HOSTILE in shown
    assert "Everything at this site" in shown
    assert "Usual load of the house" in shown
    assert "Confidence of what it rests on" in shown
    assert '"location_id"' in shown


async def test_a_plan_that_leaves_devices_out_says_which_and_why(
    tenant: Tenant, browser: Browser
) -> None:
    at, device = await home(tenant, {**BATTERY, "reference_id": "cellar"})

    shown = words(await browser.get(f"/plans?location={at}"))

    assert "1 of 1 devices not planned" in shown
    assert "every goal is reached" not in shown
    assert "doing nothing is cheapest" not in shown
    assert "cellar has no" in shown
    assert f"evice {device}" not in shown


async def test_where_nothing_is_planned_no_costs_are_shown_but_the_way_to_a_plan(
    tenant: Tenant, browser: Browser
) -> None:
    at, device = await home(tenant, {**BATTERY, "reference_id": "cellar"})
    await tenant.device(at, type="PV_SYSTEM")

    site = await browser.get(f"/plans?location={at}")
    alone = words(await browser.get(f"/plans?device={device}"))
    faulty = words(await browser.get(f"/plans?device={device}&plan=new"))

    assert "Nothing is planned at this site." in words(site)
    assert "Cost of the plan" not in words(site)
    assert (
        f"device={device}" in site.text.partition("Nothing is planned")[2].partition("Plan cel")[0]
    )
    assert "cellar has not reported a state: type its state of charge below." in alone
    assert "Plan again" not in alone
    assert device not in faulty.partition("The call")[0]


async def test_a_plan_that_cannot_be_kept_calls_the_device_by_its_name(
    tenant: Tenant, browser: Browser
) -> None:
    at, device = await home(tenant, {**BATTERY, "reference_id": "cellar"})

    refused = await browser.post("/plans", {"location": at, "device": device, "plan": "new"})

    assert refused.status_code == 422
    assert "“cellar” has not reported a state" in words(refused)
    assert device not in words(refused).partition("As API")[0]


async def test_a_heat_pump_of_which_nothing_is_wished_counts_as_not_planned(
    tenant: Tenant, browser: Browser
) -> None:
    at, device = await home(tenant, BATTERY)
    await charged(tenant, device, 50.0)
    await tenant.device(at, type="HEAT_PUMP")

    shown = words(await browser.get(f"/plans?location={at}"))

    assert "1 of 2 devices not planned" in shown
    assert "every goal is reached" not in shown


def plan_that_costs(cost: float, before: float, percent: float) -> tuple[PlanShown, str]:
    document = {
        "currency_code": "EUR",
        "baseline": {"total": before},
        "savings": {"value": before - cost, "percentage": percent},
    }
    plan = PlanShown(document, NOW, NOW, [], cost, 1.0)
    return plan, str(plan_savings.figures(Formats("en-GB"), plan, "1–2 Mar 2026"))


@pytest.mark.parametrize(
    ("cost", "before", "percent", "shown"),
    [
        (6.0, 8.0, 25.0, "Saved, 25\xa0%<br>"),
        (9.0, 8.0, -12.5, "Saved, -12.5\xa0%<br>"),
        (-14.08, 4.32, 425.9, "Saved<br>"),
        (-48.6, -21.83, 122.6, "Saved<br>"),
    ],
)
def test_a_share_is_shown_only_of_a_cost_that_it_is_a_share_of(
    cost: float, before: float, percent: float, shown: str
) -> None:
    _, page = plan_that_costs(cost, before, percent)

    assert shown in page
    assert page.count("1–2 Mar 2026") == 3


def test_amounts_that_do_not_add_up_in_cents_have_another_digit() -> None:
    _, page = plan_that_costs(-48.596, -21.8349, 122.6)

    assert [one in page for one in ("-€48.596", "-€21.835", "€26.761")] == [True] * 3


async def test_the_page_of_a_site_leads_to_its_plan(tenant: Tenant, browser: Browser) -> None:
    site = await tenant.site()

    page = await browser.get(f"/sites/{site['id']}/plan")

    assert page.status_code == 303
    assert page.headers["location"].endswith(f"/plans?location={site['location_id']}")


async def test_a_site_without_a_tariff_says_what_to_do(tenant: Tenant, browser: Browser) -> None:
    site = await tenant.site()

    page = await browser.get(f"/plans?location={site['location_id']}")

    assert page.status_code == 200
    assert "Link a tariff" in words(page)


async def test_a_viewer_plans_and_keeps_nothing(
    world: World, tenant: Tenant, browser: Browser
) -> None:
    _, device = await car(tenant)
    viewer = await Browser.of(world, tenant, role=Role.VIEWER)

    page = await viewer.get(f"/plans?device={device}")
    kept = await viewer.post("/plans", {"device": device, "plan": "new"})

    assert page.status_code == 200
    assert "Plan and keep" not in words(page)
    assert kept.status_code == 403


async def test_devices_and_sites_of_others_are_not_there(
    world: World, tenant: Tenant, browser: Browser
) -> None:
    other = await world.tenant("another maker")
    at, device = await home(other, CAR)

    assert (await browser.get(f"/plans?device={device}")).status_code == 404
    assert (await browser.get(f"/plans?location={at}")).status_code == 404
    assert (await browser.post("/plans", {"device": device})).status_code == 404


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("cheapest", "what is used here then need not come from the grid"),
        ("export", "energy is sold then"),
        ("solar", "the sun shines then"),
        (None, ""),
    ],
)
def test_what_gives_energy_is_not_said_to_give_it_at_the_highest_price(
    reason: str | None, says: str
) -> None:
    assert plan_words.why({"direction": "EXPORT", "why": reason}) == says
