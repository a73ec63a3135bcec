"""Every capability's use-cases, put together on one database."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from wattyard.accounts import service as accounts
from wattyard.accounts.service import Accounts, Usage
from wattyard.costs.service import CostReports
from wattyard.events import service as events
from wattyard.events.adapters import signing
from wattyard.events.adapters.registration import Registration
from wattyard.events.service import (
    Deliveries,
    Endpoints,
    EndpointSecrets,
    Events,
    Outbox,
    Retention,
    SigningKeys,
    Streams,
    WebhookSigner,
)
from wattyard.events.wire.log import event_json
from wattyard.events.wire.webhooks import endpoint_json
from wattyard.kernel.callers import Caller
from wattyard.kernel.ids import IdMaker, SortedIds
from wattyard.kernel.instants import Clock, system_clock
from wattyard.meters.service import Meters, Records
from wattyard.platform.db import Database
from wattyard.platform.encryption.columns import EncryptedColumn
from wattyard.platform.encryption.key_file import keyring_of
from wattyard.platform.http.releases import RELEASE
from wattyard.platform.outbound.addresses import AddressPolicy
from wattyard.platform.outbound.lookup import SystemLookup
from wattyard.platform.settings import Settings
from wattyard.platform.telemetry import Telemetry
from wattyard.schedules.service import (
    Amounts,
    Charges,
    NoWeather,
    PricedTimes,
    SiteForecast,
    Solvers,
    Weather,
)
from wattyard.sites.domain.devices import Device
from wattyard.sites.domain.sites import Customer, Site
from wattyard.sites.service import Customers, Devices, Fleet, Inspection, Sites, States
from wattyard.sites.wire.customers import customer_json
from wattyard.sites.wire.devices import device_json
from wattyard.sites.wire.sites import location_json, site_json
from wattyard.tariffs.domain import calendar
from wattyard.tariffs.domain.contracts import Contract
from wattyard.tariffs.domain.sources import MarketSource
from wattyard.tariffs.domain.tariff import Tariff
from wattyard.tariffs.service import Endings, Listings, MarketSources, Prices, Tariffs, markets
from wattyard.tariffs.service.markets import OperatorMarkets
from wattyard.tariffs.wire.sources import market_source_json
from wattyard.tariffs.wire.tariffs import judged_rules, rules_at, tariff_json

ENCRYPTED: Final[tuple[EncryptedColumn, ...]] = (
    *events.ENCRYPTED,
    *accounts.ENCRYPTED,
    *markets.ENCRYPTED,
)
"""The columns of secrets of every capability."""


class SiteSerializers:
    """The wire's mappings as the port that the use-cases of sites need."""

    def site(self, caller: Caller, site: Site, devices: Sequence[Device]) -> bytes:
        return site_json(caller, site, devices)

    def location(self, caller: Caller, site: Site, devices: Sequence[UUID]) -> bytes:
        return location_json(caller, site, devices)

    def device(self, caller: Caller, device: Device) -> bytes:
        return device_json(caller, device)

    def customer(self, caller: Caller, customer: Customer) -> bytes:
        return customer_json(caller, customer)


class TariffWire:
    """The wire's mappings as the port that the use-cases of tariffs need."""

    def rules(self, rules: bytes, region: calendar.CalendarRegion) -> Tariff:
        return rules_at(rules, region)

    def judged(self, rules: bytes, region: calendar.CalendarRegion) -> Tariff:
        return judged_rules(rules, region)

    def tariff(self, caller: Caller, contract: Contract, site: Site) -> bytes:
        return tariff_json(caller, contract, site)

    def market_source(self, caller: Caller, source: MarketSource) -> bytes:
        return market_source_json(caller, source)


class Services:
    """Every capability's use-cases, on one database."""

    def __init__(
        self,
        db: Database,
        now: Clock = system_clock,
        new_id: IdMaker | None = None,
        settings: Settings | None = None,
        weather: Weather | None = None,
    ) -> None:
        new_id = new_id or SortedIds(now)
        settings = settings or Settings()
        self.db = db
        self.now = now
        self.new_id = new_id
        self.watch = Telemetry(db)
        self.keyring = keyring_of(settings)
        self.accounts = Accounts(db, now, new_id, self.keyring)
        self.events = Events(db, now, new_id, self.watch.recorded)
        self.policy = AddressPolicy.read(settings.webhook_allow)
        self.lookup = SystemLookup()
        reach = Registration(self.lookup, self.policy)
        self.endpoint_secrets = EndpointSecrets(self.keyring)
        self.endpoints = Endpoints(
            self.events,
            endpoint_json,
            reach,
            secrets.token_bytes,
            self.endpoint_secrets,
            settings.caps,
        )
        self.deliveries = Deliveries(self.events)
        self.signing_keys = SigningKeys(self.events, signing.make_key, self.keyring)
        self.signer = WebhookSigner(
            self.signing_keys,
            event_json,
            signing.sign,
            release=RELEASE,
            seconds=lambda: int(now().timestamp()),
        )
        self.outbox = Outbox(self.events, endpoint_json)
        self.streams = Streams(self.events)
        self.retention = Retention(self.events, timedelta(days=settings.event_days))
        dependencies = (db, self.events, SiteSerializers(), now, new_id)
        self.sites = Sites(*dependencies)
        self.devices = Devices(*dependencies)
        self.states = States(*dependencies)
        self.customers = Customers(*dependencies)
        self.fleet = Fleet(*dependencies)
        self.inspection = Inspection(*dependencies)
        self.meters = Meters(db, self.sites, self.devices, self.states, now, new_id)
        self.records = Records(db, self.sites, self.devices, now)
        supply = (
            db,
            self.events,
            self.sites,
            self.devices,
            self.records,
            TariffWire(),
            now,
            new_id,
        )
        self.tariffs = Tariffs(*supply)
        self.listings = Listings(*supply)
        self.endings = Endings(*supply)
        for where in (self.sites, self.customers, self.fleet):
            where.dependents.append(self.endings)
        self.market_sources = MarketSources(*supply)
        self.prices = Prices(*supply)
        self.costs = CostReports(
            db,
            self.sites,
            self.devices,
            self.meters,
            self.records,
            self.prices,
            now,
            new_id,
        )
        self.solvers = Solvers()
        self.priced_times = PricedTimes(self.sites, self.prices, self.solvers, now, new_id)
        self.amounts = Amounts(self.sites, self.devices, self.prices, self.solvers, now, new_id)
        self.charges = Charges(
            self.sites,
            self.devices,
            self.states,
            self.prices,
            SiteForecast(self.devices, self.records, weather or NoWeather()),
            self.solvers,
            now,
            new_id,
        )
        self.markets = OperatorMarkets(db, self.market_sources, now, new_id, self.keyring)
        self.usage = Usage(self.sites.counts)

    def by_type(self) -> dict[type, Any]:
        """List the use-cases by type, as endpoints ask for them."""
        return {type(service): service for service in vars(self).values()}
