"""Sites: locations, their customers and devices."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from wattyard.accounts.service import Counted, OwnSites
from wattyard.accounts.service.doctor import Recomputed
from wattyard.kernel.callers import Caller
from wattyard.platform.composition import Capability
from wattyard.platform.db import Database
from wattyard.platform.db.personal_rows import OwnTable
from wattyard.platform.settings import Settings
from wattyard.sites.adapters.fleet_lines import arrivals
from wattyard.sites.domain.devices import Device
from wattyard.sites.domain.sites import Customer, Site
from wattyard.sites.jobs import forgetting_states, gathered_events
from wattyard.sites.routes import ENDPOINTS
from wattyard.sites.service import (
    Customers,
    Devices,
    Fleet,
    FleetFiles,
    FleetReader,
    GatheredEvents,
    Inspection,
    PersonalData,
    Sites,
    SiteSearches,
    StateBatches,
    StateRetention,
    States,
)
from wattyard.sites.service.ports import Serializers
from wattyard.sites.wire.customers import customer_json
from wattyard.sites.wire.devices import device_at_site, device_json
from wattyard.sites.wire.sites import location_json, site_json


class SiteSerializers:
    """The wire's mappings as the port that the use-cases need."""

    def site(self, caller: Caller, site: Site, devices: Sequence[Device]) -> bytes:
        return site_json(caller, site, devices)

    def location(self, caller: Caller, site: Site, devices: Sequence[UUID]) -> bytes:
        return location_json(caller, site, devices)

    def device(self, caller: Caller, device: Device) -> bytes:
        return device_json(caller, device)

    def device_at_site(self, device: Device) -> bytes:
        return device_at_site(device)

    def customer(self, caller: Caller, customer: Customer) -> bytes:
        return customer_json(caller, customer)


def serializers() -> Serializers:
    return SiteSerializers()


def fleet_reader() -> FleetReader:
    return FleetReader(arrivals)


def state_retention(db: Database, settings: Settings) -> StateRetention:
    days = settings.state_days
    return StateRetention(db, timedelta(days=days) if days else None)


SITES: Final = Capability(
    name="sites",
    id_prefixes=("cus", "loc", "ste", "dev", "dsr"),
    provides=(
        serializers,
        fleet_reader,
        FleetFiles,
        Sites,
        Devices,
        StateBatches,
        States,
        Customers,
        PersonalData,
        Fleet,
        GatheredEvents,
        Inspection,
        SiteSearches,
        state_retention,
    ),
    contributes=((Counted, Sites), (OwnSites, Sites), (Recomputed, Inspection)),
    endpoints=ENDPOINTS,
    jobs=(gathered_events, forgetting_states),
    inspected=(Inspection,),
    measured=(StateRetention,),
    personal=(
        OwnTable("customers", "customer", "t.id = ANY({})"),
        OwnTable("sites", "site", "t.id = ANY({})", hidden=("summary",)),
        OwnTable("devices", "device", "t.id = ANY({})", hidden=("last_shown", "seen_hour")),
        OwnTable("device_places", "site", "t.site_id = ANY({})", ("site_id", "device_id")),
        OwnTable("device_states", "device", "t.device_id = ANY({})", ("device_id", "id")),
    ),
)
