"""The search of sites: every page, forwards and back, against a search in plain Python."""

import base64
import json
import random
from dataclasses import dataclass, replace
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from tests.support.clock import FakeClock
from tests.support.world import Tenant, World
from wattyard.meters.service import MeteredSites
from wattyard.sites.domain.devices import DeviceDraft
from wattyard.sites.domain.search import Count, FoundSites, SearchPosition, SiteSearch, position_of
from wattyard.sites.domain.sites import CustomerDraft, PostalAddress, SiteDraft
from wattyard.sites.domain.states import StateReport
from wattyard.sites.service import Customers, Sites, SiteSearches, States

CITIES = ("Leeds", "LEEDS", "Leer", "Århus", "Köln", None)
HALF = base64.urlsafe_b64encode(
    json.dumps(["reference", "\ud800", "0" * 32, "0" * 32, 0]).encode()
).decode()
"""A position whose text is half of a pair of surrogates."""


@dataclass
class Kept:
    """What the plain search knows of a site."""

    reference: str | None
    city: str | None
    status: str
    customer: UUID | None
    customer_texts: tuple[str, ...]
    devices: list[tuple[str, str, str]]
    """Each one's reference, type, and SEEN, SILENT or NEVER."""

    def fits(self, search: SiteSearch) -> bool:
        text = (search.text or "").lower()
        begins = [self.reference, self.city, *self.customer_texts]
        return (
            (
                search.text is None
                or any(one is not None and one.lower().startswith(text) for one in begins)
                or any(reference == search.text for reference, _, _ in self.devices)
            )
            and search.status in (None, self.status)
            and search.customer_id in (None, self.customer)
            and (
                (search.device_type is None and search.seen is None)
                or any(
                    search.device_type in (None, type_) and search.seen in (None, seen)
                    for _, type_, seen in self.devices
                )
            )
        )


async def a_fleet(world: World, tenant: Tenant, clock: FakeClock, seed: int) -> dict[UUID, Kept]:
    """Make thirty sites of all kinds, some of two customers, at devices that were seen or not."""
    chance = random.Random(seed)
    customers = [
        await world.services.get(Customers).add(tenant.context, draft)
        for draft in (
            CustomerDraft(reference_id="lee-1", metadata={"name": "Köln Energie"}),
            CustomerDraft(reference_id="B_2", metadata={"name": "leeward"}),
        )
    ]
    fleet: dict[UUID, Kept] = {}
    devices: list[tuple[UUID, str]] = []
    for number in range(30):
        customer = chance.choice([None, *customers])
        city = chance.choice(CITIES)
        made = [
            (f"{chance.choice('ab')}-{number % 7}", chance.choice(("PV_SYSTEM", "EV_CHARGER")))
            for _ in range(chance.randrange(4))
        ]
        draft = SiteDraft(
            status=chance.choice(("ACTIVE", "INACTIVE")),
            reference_id=chance.choice((None, f"Lee{number}", f"home-{number}", "100%_\\x")),
            customer_id=customer and customer.id,
            postal_address=PostalAddress(city=city, country_code="GB"),
            timezone="Europe/London",
            currency_code="GBP",
        )
        site, put = await world.services.get(Sites).open(
            tenant.context,
            draft,
            [DeviceDraft(reference_id=name, type=type_) for name, type_ in made],
        )
        seen = [chance.choice(("SEEN", "SILENT", "NEVER")) for _ in put]
        devices += [(one.id, how) for one, how in zip(put, seen, strict=True)]
        texts = (customer.reference_id, customer.metadata["name"]) if customer else ()
        fleet[site.id] = Kept(
            draft.reference_id,
            city,
            draft.status,
            draft.customer_id,
            texts,
            [(*one, how) for one, how in zip(made, seen, strict=True)],
        )
    for wanted in ("SILENT", "SEEN"):
        for device, how in devices:
            if how == wanted:
                report = StateReport(time=clock(), state_of_charge_percent=50)
                await world.services.get(States).report(tenant.context, device, report)
        clock.forward(hours=26 if wanted == "SILENT" else 1)
    return fleet


async def walked(
    searches: SiteSearches, tenant: Tenant, search: SiteSearch, **given: Any
) -> list[FoundSites]:
    """Read all pages, first to last, each position by way of its text."""
    pages: list[FoundSites] = []
    at: SearchPosition | None = None
    while True:
        page = await searches.page(tenant.context, search, at=at, **given)
        pages.append(page)
        if page.older is None:
            return pages
        at = position_of(page.older.text())
        assert at == page.older


def ids_of(pages: list[FoundSites]) -> list[UUID]:
    return [found.site.id for page in pages for found in page.items]


async def test_every_search_finds_what_fits_once_and_goes_back_the_same_way(
    world: World, tenant: Tenant, clock: FakeClock
) -> None:
    fleet = await a_fleet(world, tenant, clock, seed=0)
    searches = world.services.get(SiteSearches)
    customer = next(one.customer for one in fleet.values() if one.customer)
    plain = SiteSearch()
    every = [
        replace(plain, text=text, status=status, device_type=type_, seen=seen, customer_id=whose)
        for text, status, type_, seen, whose in product(
            (None, "lee", "köln", "100%_", "a-3"),
            (None, "INACTIVE"),
            (None, "PV_SYSTEM"),
            (None, "SEEN", "SILENT", "NEVER"),
            (None, customer),
        )
    ]
    for search in random.Random(0).sample(every, 25):
        pages = await walked(searches, tenant, search, limit=4)
        found = ids_of(pages)
        wanted = {id_ for id_, one in fleet.items() if one.fits(search)}
        assert (set(found), len(found)) == (wanted, len(wanted)), search
        back = [pages[-1]]
        while back[0].newer is not None:
            back.insert(0, await searches.page(tenant.context, search, at=back[0].newer, limit=4))
        assert ids_of(back) == found, search


async def test_sites_that_have_readings_are_found_by_every_text_and_without_one(
    world: World, tenant: Tenant, clock: FakeClock
) -> None:
    fleet = await a_fleet(world, tenant, clock, seed=2)
    await world.log_in_again(tenant)
    metered = set(list(fleet)[::3])
    records = [
        {
            "location_id": f"loc_{one.hex}",
            "energy_flow_direction": flow,
            "start_time": "2026-02-10T00:00:00Z",
            "end_time": "2026-02-10T01:00:00Z",
            "energy_kwh": 1,
        }
        for one in metered
        for flow in ("INBOUND", "OUTBOUND")
    ]
    assert (await tenant.call("PUT", "/meters/interval", json=records)).status_code == 200
    searches, having = (world.services.get(one) for one in (SiteSearches, MeteredSites))

    for text, most in product((None, "lee", "köln", "100%_", "zzz"), (2, 1000)):
        search = SiteSearch(text=text)
        given = {"limit": 2, "most": most, "having": having}
        pages = await walked(searches, tenant, search, **given)
        found = ids_of(pages)
        wanted = {id_ for id_ in metered if fleet[id_].fits(search)}
        assert (set(found), len(found)) == (wanted, len(wanted)), text
        if most == 1000:
            back = [pages[-1]]
            while back[0].newer is not None:
                newer = await searches.page(tenant.context, search, at=back[0].newer, **given)
                back.insert(0, newer)
            assert ids_of(back) == found, text
        assert text is not None or found == sorted(found, reverse=True)
    assert tenant.twin is not None
    other = await searches.page(tenant.twin.context, SiteSearch(), having=having)
    assert other == FoundSites((), None, None)
    assert await having.among(tenant.twin.context, metered) == set()


async def test_a_search_that_looked_long_enough_goes_on_where_it_stopped(
    world: World, tenant: Tenant, clock: FakeClock
) -> None:
    fleet = await a_fleet(world, tenant, clock, seed=5)
    search = SiteSearch(text="lee", status="INACTIVE", device_type="PV_SYSTEM")
    pages = await walked(world.services.get(SiteSearches), tenant, search, limit=4, most=3)
    wanted = {id_ for id_, one in fleet.items() if one.fits(search)}
    assert sorted(ids_of(pages)) == sorted(wanted)
    assert any(page.stopped for page in pages)


async def test_what_a_text_begins_comes_in_its_order_and_references_come_first(
    world: World, tenant: Tenant
) -> None:
    for reference, city in (("x", "Leeds"), ("leer", "Bonn"), ("Lee", "Leeds"), ("y", "lee")):
        await tenant.site(
            reference_id=reference, postal_address={"city": city, "country_code": "GB"}
        )
    searches = world.services.get(SiteSearches)
    page = await searches.page(tenant.context, SiteSearch(text="LEE"))
    assert [(one.site.reference_id, one.lane) for one in page.items] == [
        ("Lee", "reference"), ("leer", "reference"), ("y", "city"), ("x", "city")
    ]  # fmt: skip


async def test_the_numbers_of_a_fleet_and_the_lists_behind_them_agree(
    world: World, tenant: Tenant, clock: FakeClock
) -> None:
    fleet = await a_fleet(world, tenant, clock, seed=3)
    some = next(iter(fleet))
    await world.log_in_again(tenant)
    await tenant.tariff(f"loc_{some.hex}")
    searches = world.services.get(SiteSearches)
    counts = await searches.counts(tenant.context)
    states = [seen for one in fleet.values() for _, _, seen in one.devices]
    assert counts.sites == Count(30)
    assert counts.devices_seen == Count(states.count("SEEN"))
    assert counts.devices_silent == Count(states.count("SILENT"))
    assert counts.devices_never_seen == Count(states.count("NEVER"))
    assert counts.sites_without_tariff == Count(29)
    pages = await walked(searches, tenant, SiteSearch(without_tariff=True), limit=100)
    assert set(ids_of(pages)) == fleet.keys() - {some}


async def test_a_stranger_finds_nothing_of_others_in_any_list(
    world: World, tenant: Tenant, clock: FakeClock
) -> None:
    fleet = await a_fleet(world, tenant, clock, seed=1)
    stranger = await world.tenant()
    searches = world.services.get(SiteSearches)
    customer = next(one.customer for one in fleet.values() if one.customer)
    for other in (stranger, tenant.twin):
        assert other is not None
        for search in (
            SiteSearch(),
            SiteSearch(text="lee"),
            SiteSearch(text="a-3"),
            SiteSearch(customer_id=customer),
            SiteSearch(status="ACTIVE", device_type="PV_SYSTEM"),
            SiteSearch(seen="SILENT"),
            SiteSearch(seen="NEVER", text="l"),
            SiteSearch(without_tariff=True),
        ):
            page = await searches.page(other.context, search)
            assert page == FoundSites((), None, None)
        assert (await searches.counts(other.context)).sites == Count(0)


@pytest.mark.parametrize(
    "text",
    ["", "x", "bm90IGpzb24", "W10", "WzEsMiwzLDQsNV0", "a" * 5000, "eyJhIjoxfQ", "\ud800", HALF],
)
def test_what_is_no_position_is_the_first_page(text: str) -> None:
    assert position_of(text) is None


async def test_a_position_of_another_search_is_the_first_page(world: World, tenant: Tenant) -> None:
    for number in range(3):
        await tenant.site(reference_id=f"h{number}")
    searches = world.services.get(SiteSearches)
    first = await searches.page(tenant.context, SiteSearch(text="h"), limit=2)
    assert first.older is not None
    other = await searches.page(tenant.context, SiteSearch(), at=first.older, limit=2)
    assert [one.site.reference_id for one in other.items] == ["h2", "h1"]
