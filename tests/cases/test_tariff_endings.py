"""Contracts that end are told of seven days before, and when they have ended, once each.

The database holds contracts of other tests too: what counts is what this tenant was told.
"""

import json
from datetime import UTC, datetime

from tests.support.clock import FakeClock
from tests.support.world import Tenant, World, error
from wattyard.events.domain import Event
from wattyard.events.service import Events
from wattyard.kernel.pages import PageWindow
from wattyard.sites.service import Fleet
from wattyard.sites.wire.arrivals import arrival
from wattyard.tariffs.service import Endings


async def told(world: World, tenant: Tenant) -> list[Event]:
    """List what was told of ends, oldest first; past the life of any token."""
    page = await world.services.get(Events).page(tenant.context, PageWindow(100))
    return [e for e in reversed(page.items) if e.type in ("tariff.expiring", "tariff.expired")]


async def told_by(now: datetime, world: World, clock: FakeClock, tenant: Tenant) -> list[str]:
    """Record the ends that are due at an instant, of all accounts; gives this tenant's so far."""
    clock.now = now
    while await world.services.get(Endings).record(world.context):
        pass
    return [event.type for event in await told(world, tenant)]


async def test_a_contract_is_told_to_expire_once_and_to_have_expired_once(
    world: World, clock: FakeClock, tenant: Tenant
) -> None:
    site = await tenant.site()
    made = await tenant.tariff(site["location_id"], contract_end_date="2026-04-01")

    async def look_at(now: datetime) -> list[str]:
        return await told_by(now, world, clock, tenant)

    assert await look_at(datetime(2026, 3, 24, 21, 59, tzinfo=UTC)) == []
    assert await look_at(datetime(2026, 3, 24, 22, 0, tzinfo=UTC)) == ["tariff.expiring"]
    assert await look_at(datetime(2026, 3, 30, tzinfo=UTC)) == ["tariff.expiring"]
    both = ["tariff.expiring", "tariff.expired"]
    assert await look_at(datetime(2026, 3, 31, 22, 0, tzinfo=UTC)) == both
    assert await look_at(datetime(2026, 5, 1, tzinfo=UTC)) == both
    data = json.loads((await told(world, tenant))[-1].data)
    assert (data["id"], data["contract_end_date"]) == (made["id"], "2026-04-01")


async def test_an_end_that_is_moved_is_told_again_and_one_long_past_never(
    world: World, clock: FakeClock, tenant: Tenant
) -> None:
    site = await tenant.site()
    made = await tenant.tariff(site["location_id"], contract_end_date="2026-03-05")
    other = await tenant.site()
    await tenant.tariff(other["location_id"], contract_end_date="2025-01-01")
    assert await told_by(clock.now, world, clock, tenant) == ["tariff.expiring"]

    await tenant.patch(f"/tariffs/{made['id']}", {"contract_end_date": "2026-12-01"})

    types = await told_by(datetime(2026, 11, 26, tzinfo=UTC), world, clock, tenant)
    assert types == ["tariff.expiring", "tariff.expiring"]


async def test_an_end_moves_with_the_zone_of_its_place_and_is_not_told_again(
    world: World, clock: FakeClock, tenant: Tenant
) -> None:
    zone = {"timezone": "Europe/Amsterdam", "currency_code": "EUR"}
    site = await tenant.make("/sites", zone)
    await tenant.tariff(site["location_id"], contract_end_date="2026-03-05")
    assert await told_by(clock.now, world, clock, tenant) == ["tariff.expiring"]

    moved = await tenant.patch(f"/sites/{site['id']}", {"timezone": "America/New_York"})
    assert moved.status_code == 200, moved.text

    early, due = (datetime(2026, 3, 5, *at, tzinfo=UTC) for at in ((4, 59), (5, 0)))
    assert await told_by(early, world, clock, tenant) == ["tariff.expiring"]
    assert await told_by(due, world, clock, tenant) == ["tariff.expiring", "tariff.expired"]


async def test_a_place_stays_where_a_contract_from_an_instant_to_a_date_has_time(
    tenant: Tenant,
) -> None:
    at = (await tenant.site())["location_id"]
    term = {"contract_start_date": "2090-03-01T20:00:00Z", "contract_end_date": "2090-03-02"}
    await tenant.tariff(at, **term)

    moved = await tenant.patch(f"/locations/{at}", {"timezone": "Asia/Tokyo"})

    said = error(moved, 422, "timezone_not_possible")
    assert said["param"] == "timezone"
    assert (await tenant.get(f"/locations/{at}")).json()["timezone"] == "Europe/Amsterdam"


async def test_an_end_moves_with_a_place_that_an_import_puts_into_another_zone(
    world: World, clock: FakeClock, tenant: Tenant
) -> None:
    home = {"reference_id": "home", "timezone": "Europe/Amsterdam", "currency_code": "EUR"}
    site = await tenant.make("/sites", home)
    await tenant.tariff(site["location_id"], contract_end_date="2026-03-20")

    arriving = [arrival(1, home | {"timezone": "Europe/London"})]
    assert (await world.services.get(Fleet).bring_in(tenant.context, arriving)).updated == 1

    early, due = datetime(2026, 3, 12, 23, 59, tzinfo=UTC), datetime(2026, 3, 13, tzinfo=UTC)
    assert await told_by(early, world, clock, tenant) == []
    assert await told_by(due, world, clock, tenant) == ["tariff.expiring"]
