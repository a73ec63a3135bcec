"""What is kept of one customer is found, given out and erased, and nothing of another."""

import re
from collections import defaultdict
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest

from tests.http.test_kept_plans import DUE, HALF, kept
from tests.http.test_meters import put, reading
from tests.support.site_houses import CAR, asked
from tests.support.world import AMSTERDAM, Tenant, World
from wattyard import app
from wattyard.kernel.context import Context
from wattyard.people.domain import NewEntry
from wattyard.people.service import AuditLog
from wattyard.platform.db import account_rows
from wattyard.platform.db.personal_rows import LogTable, OwnTable
from wattyard.requests.service import Recorder
from wattyard.sites.domain.sites import CustomerDraft, CustomerNotFound
from wattyard.sites.service import Customers, PersonalData

NAME, OTHER = "Maartje Planted", "Somebody Else"
BYTES = re.compile(r"\\\\x([0-9a-f]*)")

NOT_OF_CUSTOMERS = {
    "kept_plan_devices": "ids of devices, which go with them",
    "site_events_due": "ids of sites, which go with them",
    "webhook_deliveries": "ids of events, which go with them",
    "idempotency_marks": "names of keys, for two minutes",
    "account_moves": "the account's",
    "meter_batches": "why records failed, by the account's references of them",
    "secret_keys": "the account's",
    "restricted_keys": "the account's",
    "memberships": "the account's people",
    "person_links": "the account's people",
    "webhook_endpoints": "the account's",
    "market_sources": "prices",
    "market_prices": "prices",
    "market_price_versions": "prices",
    "request_counts": "numbers",
    "token_secrets": "the account's",
}
"""Tables of accounts that say nothing of their customers."""


class Household:
    """A customer with something in every table; its name is in all that can be called something."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.customer = self.location = self.car = ""

    async def move_in(self, world: World, tenant: Tenant) -> None:
        """Make everything, at moments of its own."""
        called = {"reference_id": self.name, "metadata": {"name": self.name}}
        self.customer = (await tenant.make("/customers", called))["id"]
        self._later(world)
        address = {**AMSTERDAM, "address_line1": self.name}
        site = await tenant.site(
            customer_id=self.customer, timezone="UTC", **called | {"postal_address": address}
        )
        self.location = site["location_id"]
        await tenant.tariff(self.location, metadata={"name": self.name}, display_name=self.name)
        self._later(world)
        self.car = (await tenant.device(self.location, **CAR, metadata={"name": self.name}))["id"]
        state = {"time": "2026-02-28T10:00:00Z", "state_of_charge_percent": 40}
        state |= {"record_reference_id": f"{self.name} 1"}
        await tenant.call("PUT", f"/devices/{self.car}/state", json=state)
        wish = {"device_id": self.car, **HALF, "targets": DUE}
        await kept(tenant, "/schedules/site", asked(self.location, devices=[wish]))
        good = reading(self.location, 1, session_reference_id=f"{self.name} session")
        await put(tenant, [good])
        self._later(world)
        change = {"metadata": {"name": self.name, "phone": "1"}}
        key = {"Idempotency-Key": f"{self.customer} changes"}
        await tenant.patch(f"/customers/{self.customer}", change)
        self._later(world)
        twice = {"locations": [self.location], **CAR, "reference_id": f"{self.name} again"}
        made = await tenant.post("/devices", twice, headers=key)
        assert made.status_code == 201, made.text
        entry = NewEntry("customer.update", None, self.customer, called, change, False)
        async with world.db.transaction():
            await world.services.get(AuditLog).record(tenant.context, entry)
        await world.services.get(Recorder).flush()
        self._later(world)

    @property
    def id(self) -> UUID:
        return UUID(hex=self.customer[4:])

    def _later(self, world: World) -> None:
        world.clock.now += timedelta(seconds=1)


async def rows(world: World, tenant: Tenant) -> dict[str, list[str]]:
    """Every row of an account by table, as text, with documents that are stored as bytes."""
    found = {}
    async with world.db.reading() as db:
        for table in await account_rows.tables(db):
            texts = await db.fetch(
                f"SELECT to_jsonb(t)::text FROM {table.name} t WHERE account = $1 ORDER BY 1",
                tenant.caller.account,
            )
            found[table.name] = [_readable(text) for (text,) in texts]
    return found


def _readable(text: str) -> str:
    return BYTES.sub(lambda hexed: bytes.fromhex(hexed[1]).decode("utf-8", "replace"), text)


def naming(found: dict[str, list[str]], *names: str) -> dict[str, list[str]]:
    """The rows that have one of some names, by table."""
    return {
        table: own
        for table, texts in found.items()
        if (own := [text for text in texts if any(name in text for name in names)])
    }


@pytest.fixture
def personal(world: World) -> PersonalData:
    """The use-case, which waits for no server's log."""
    customers = world.services.get(Customers)
    return PersonalData(world.db, world.services, customers, settled=timedelta())


@pytest.fixture
async def homes(world: World, tenant: Tenant) -> tuple[Household, Household]:
    mine, other = Household(NAME), Household(OTHER)
    for home in (mine, other):
        await home.move_in(world, tenant)
    return mine, other


async def test_what_is_erased_is_in_no_table_any_more_and_another_customer_keeps_everything(
    world: World, tenant: Tenant, homes: tuple[Household, Household], personal: PersonalData
) -> None:
    mine, other = homes
    shared = (await tenant.device(mine.location, other.location, reference_id="shared"))["id"]
    before = await rows(world, tenant)
    named = naming(before, NAME)
    assert {"customers", "sites", "devices", "device_states", "tariffs"} <= named.keys()
    assert {"meter_readings", "meter_sessions", "events", "requests", "audit_log"} <= named.keys()
    others = naming(before, OTHER)

    counted = await personal.holdings(tenant.context, mine.id)
    erased = await personal.erase(tenant.context, mine.id)

    assert erased == counted
    assert counted["meter_readings"] == 1
    after = await rows(world, tenant)
    assert naming(after, NAME) == {}
    left = naming(after, *(text[4:] for text in (mine.customer, mine.location, mine.car)))
    assert left.keys() == {"audit_log", "events"}
    (event,) = left["events"]
    assert '"customer.delete"' in event
    assert mine.location in event
    assert naming(after, OTHER) == others
    kept_shared = (await tenant.get(f"/devices/{shared}")).json()
    assert kept_shared["locations"] == [other.location]
    assert (await tenant.get(f"/customers/{other.customer}")).status_code == 200
    assert (await tenant.get(f"/customers/{mine.customer}")).status_code == 404
    assert (await tenant.get(f"/devices/{mine.car}")).status_code == 404


async def test_customers_that_were_imported_together_are_told_apart(
    world: World, tenant: Tenant, personal: PersonalData
) -> None:
    customers = world.services.get(Customers)
    mine, other = [
        await customers.add(tenant.context, CustomerDraft(name, {"name": name}))
        for name in (NAME, OTHER)
    ]
    assert mine.time_created == other.time_created

    assert OTHER not in str([row async for _, row in personal.export(tenant.context, mine.id)])
    await personal.erase(tenant.context, mine.id)

    assert naming(await rows(world, tenant), OTHER).keys() == {"customers", "events"}


async def test_calls_that_asked_for_the_customer_by_its_reference_are_found(
    world: World, tenant: Tenant, homes: tuple[Household, Household], personal: PersonalData
) -> None:
    asked_for = {"reference_id": NAME, "limit": "0"}
    assert (await tenant.call("GET", "/customers", params=asked_for)).status_code == 400
    await world.services.get(Recorder).flush()
    query = "reference_id=Maartje+Planted"
    assert naming(await rows(world, tenant), query).keys() == {"requests"}

    await personal.erase(tenant.context, homes[0].id)

    assert naming(await rows(world, tenant), query) == {}


async def test_what_a_call_that_was_under_way_logs_late_is_erased_too(
    world: World,
    tenant: Tenant,
    homes: tuple[Household, Household],
) -> None:
    await tenant.patch(f"/customers/{homes[0].customer}", {"metadata": {"name": NAME}})
    world.clock.now += timedelta(seconds=1)
    late = cast("Customers", LoggedLate(world.services.get(Customers), world))
    personal = PersonalData(world.db, world.services, late, settled=timedelta())

    await personal.erase(tenant.context, homes[0].id)

    assert naming(await rows(world, tenant), NAME) == {}


class LoggedLate:
    """The customers, where the log of requests is written only after one was erased."""

    def __init__(self, customers: Customers, world: World) -> None:
        self._customers = customers
        self._world = world

    def __getattr__(self, name: str) -> Any:
        return getattr(self._customers, name)

    async def erase(self, context: Context, customer_id: UUID) -> set[UUID]:
        gone = await self._customers.erase(context, customer_id)
        await self._world.services.get(Recorder).flush()
        return gone


async def test_an_entry_of_the_audit_log_stays_without_its_content(
    world: World, tenant: Tenant, homes: tuple[Household, Household], personal: PersonalData
) -> None:
    await personal.erase(tenant.context, homes[0].id)
    found = naming(await rows(world, tenant), homes[0].customer)

    (entry,) = found["audit_log"]
    assert '"customer.update"' in entry
    assert entry.count("null") >= 2


async def test_the_export_has_what_is_kept_of_the_customer_and_nothing_of_another(
    world: World, tenant: Tenant, homes: tuple[Household, Household], personal: PersonalData
) -> None:
    found: dict[str, list[Any]] = defaultdict(list)
    async for table, row in personal.export(tenant.context, homes[0].id):
        found[table].append(row)

    assert found.keys() == {table.table for table in personal_tables()}
    assert OTHER not in str(found)
    assert homes[1].location not in str(found)
    (customer,) = found["customers"]
    assert customer["metadata"] == {"name": NAME, "phone": "1"}
    (site,) = found["sites"]
    assert site["postal_address"]["address_line1"] == NAME
    assert "summary" not in site
    assert found["meter_readings"][0]["energy_kwh"] == 0.5
    assert found["kept_plans"][0]["request"]["location_id"] == homes[0].location
    assert "customer.create" in {row["type"] for row in found["events"]}
    assert found["requests"][0]["body"]["metadata"]["name"] == NAME


async def test_the_customer_of_a_stranger_is_not_found(
    world: World, tenant: Tenant, homes: tuple[Household, Household], personal: PersonalData
) -> None:
    found = personal
    assert tenant.twin is not None
    for stranger in (await world.tenant(), tenant.twin):
        with pytest.raises(CustomerNotFound):
            await found.erase(stranger.context, homes[0].id)
        with pytest.raises(CustomerNotFound):
            await anext(found.export(stranger.context, homes[0].id))


def personal_tables() -> list[OwnTable | LogTable]:
    return [table for capability in app.assembly.CAPABILITIES for table in capability.personal]


async def test_every_table_of_an_account_is_searched_or_says_nothing_of_customers(
    world: World,
) -> None:
    async with world.db.reading() as db:
        tables = {table.name for table in await account_rows.tables(db)}

    searched = {table.table for table in personal_tables()}
    assert tables - searched == NOT_OF_CUSTOMERS.keys() & tables
    assert searched <= tables
