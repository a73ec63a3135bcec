"""Assembly: settings in, running application out. The one file that knows every capability."""

import asyncio
import hmac
import random
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec

from wattyard import __version__
from wattyard.accounts.domain import KeyRevoked, TokenExpired, TokenInvalid, TokenMissing
from wattyard.accounts.routes import ENDPOINTS as ACCOUNT_ENDPOINTS
from wattyard.accounts.service import Accounts, Usage
from wattyard.costs.routes import ENDPOINTS as COST_ENDPOINTS
from wattyard.costs.service import CostReports
from wattyard.events.adapters import signing
from wattyard.events.adapters.network import Registration, SystemLookup
from wattyard.events.domain.addresses import AddressPolicy
from wattyard.events.routes import ENDPOINTS as EVENT_ENDPOINTS
from wattyard.events.service import (
    Deliveries,
    Endpoints,
    Events,
    Letters,
    Outbox,
    Retention,
    SigningKeys,
    Streams,
)
from wattyard.events.wire.keys import PublicKeys
from wattyard.events.wire.log import event_json
from wattyard.events.wire.webhooks import endpoint_json
from wattyard.kernel.callers import Caller
from wattyard.kernel.ids import IdMaker, SortedIds
from wattyard.kernel.instants import Clock, system_clock
from wattyard.kernel.refusals import Unavailable
from wattyard.meters.jobs.months import months_ahead
from wattyard.meters.routes import ENDPOINTS as METER_ENDPOINTS
from wattyard.meters.service import Meters, Records
from wattyard.platform import document
from wattyard.platform.db import Database, schema
from wattyard.platform.http import Answer, Call, Endpoint, endpoint
from wattyard.platform.http.binding import Bound, Gate
from wattyard.platform.http.call import RELEASE
from wattyard.platform.http.errors import PathUnknown
from wattyard.platform.http.front import FrontDoor
from wattyard.platform.http.limits import NoLimits, RateLimits
from wattyard.platform.http.replays import Replays
from wattyard.platform.http.streams import Admission
from wattyard.platform.settings import Settings
from wattyard.platform.telemetry import Telemetry, configure_logs
from wattyard.platform.work import Job, Periodic, Stopping, Worker, open_many, turn_on
from wattyard.schedules.routes import ENDPOINTS as SCHEDULE_ENDPOINTS
from wattyard.schedules.service import (
    Amounts,
    Charges,
    Neighbourhood,
    NoWeather,
    PricedTimes,
    Solvers,
    Weather,
)
from wattyard.sites.domain.devices import Device
from wattyard.sites.domain.places import Customer, Place
from wattyard.sites.routes import ENDPOINTS as SITE_ENDPOINTS
from wattyard.sites.service import Customers, Devices, Fleet, Inspection, Places, States
from wattyard.sites.wire.customers import customer_json
from wattyard.sites.wire.devices import device_json
from wattyard.sites.wire.places import location_json, site_json
from wattyard.tariffs.domain import calendar
from wattyard.tariffs.domain.contracts import Contract
from wattyard.tariffs.domain.sources import MarketSource
from wattyard.tariffs.domain.tariff import Tariff
from wattyard.tariffs.jobs.endings import endings
from wattyard.tariffs.routes import ENDPOINTS as TARIFF_ENDPOINTS
from wattyard.tariffs.service import Listings, MarketSources, Prices, Tariffs
from wattyard.tariffs.service.markets import OperatorMarkets
from wattyard.tariffs.wire.sources import market_source_json
from wattyard.tariffs.wire.tariffs import judged_rules, rules_at, tariff_json

_FORGET_SECONDS: Final = 3600.0
SIGNED_IN_REFUSALS: Final = (TokenMissing, TokenInvalid, TokenExpired, KeyRevoked)


class SiteFaces:
    """The wire's mappings as the port that the use-cases of sites need."""

    def site(self, caller: Caller, place: Place, devices: Sequence[Device]) -> bytes:
        return site_json(caller, place, devices)

    def location(self, caller: Caller, place: Place, devices: Sequence[UUID]) -> bytes:
        return location_json(caller, place, devices)

    def device(self, caller: Caller, device: Device) -> bytes:
        return device_json(caller, device)

    def customer(self, caller: Caller, customer: Customer) -> bytes:
        return customer_json(caller, customer)


class TariffWire:
    """The wire's mappings as the port that the use-cases of tariffs need."""

    def rules(self, rules: bytes, place: calendar.Place) -> Tariff:
        return rules_at(rules, place)

    def judged(self, rules: bytes, place: calendar.Place) -> Tariff:
        return judged_rules(rules, place)

    def tariff(self, caller: Caller, contract: Contract, site: Place) -> bytes:
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
        self.accounts = Accounts(db, now, new_id)
        self.events = Events(db, now, new_id, self.watch.told)
        self.policy = AddressPolicy.read(settings.webhook_allow)
        self.lookup = SystemLookup()
        reach = Registration(self.lookup, self.policy)
        self.endpoints = Endpoints(self.events, endpoint_json, reach, secrets.token_bytes)
        self.deliveries = Deliveries(self.events)
        self.signing_keys = SigningKeys(self.events, signing.make_key)
        self.letters = Letters(
            self.signing_keys,
            event_json,
            signing.sign,
            release=RELEASE,
            seconds=lambda: int(now().timestamp()),
        )
        self.outbox = Outbox(self.events, endpoint_json)
        self.streams = Streams(self.events)
        self.retention = Retention(self.events, timedelta(days=settings.event_days))
        means = (db, self.events, SiteFaces(), now, new_id)
        self.places = Places(*means)
        self.devices = Devices(*means)
        self.states = States(*means)
        self.customers = Customers(*means)
        self.fleet = Fleet(*means)
        self.inspection = Inspection(*means)
        self.meters = Meters(db, self.places, self.devices, self.states, now, new_id)
        self.records = Records(db, self.places, self.devices, now)
        supply = (
            db,
            self.events,
            self.places,
            self.devices,
            self.records,
            TariffWire(),
            now,
            new_id,
        )
        self.tariffs = Tariffs(*supply)
        self.listings = Listings(*supply)
        for leaving in (self.places, self.customers):
            leaving.partings.append(self.tariffs)
        self.market_sources = MarketSources(*supply)
        self.prices = Prices(*supply)
        self.costs = CostReports(
            db,
            self.places,
            self.devices,
            self.meters,
            self.records,
            self.prices,
            now,
            new_id,
        )
        self.solvers = Solvers()
        self.priced_times = PricedTimes(self.places, self.prices, self.solvers, now, new_id)
        self.amounts = Amounts(self.places, self.devices, self.prices, self.solvers, now, new_id)
        self.charges = Charges(
            self.places,
            self.devices,
            self.states,
            self.prices,
            Neighbourhood(self.devices, self.records, weather or NoWeather()),
            self.solvers,
            now,
            new_id,
        )
        self.markets = OperatorMarkets(db, self.market_sources, now, new_id)
        self.usage = Usage(self.places.counts)

    def by_type(self) -> dict[type, Any]:
        """List the use-cases by type, as endpoints ask for them."""
        return {type(service): service for service in vars(self).values()}


class Health(msgspec.Struct):
    """Whether the server is usable."""

    status: str


@endpoint(
    "GET", "/health/live", "health_live", answers=Health, example={"status": "ok"}, public=True
)
async def live() -> Health:
    """Tell that the process runs."""
    return Health("ok")


@endpoint(
    "GET", "/health/ready", "health_ready", answers=Health, example={"status": "ok"}, public=True
)
async def ready(db: Database) -> Health:
    """Tell that requests can be answered: the database is there."""
    async with db.reading() as connection:
        await connection.fetchval("SELECT 1")
    return Health("ok")


class Documentation:
    """The API's description, written once at start."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        described = document.document(endpoints, version=__version__, signed_in=SIGNED_IN_REFUSALS)
        self.openapi = msgspec.json.encode(described)
        self.page = document.page(described).encode()


@endpoint("GET", "/openapi.json", "openapi", public=True)
async def openapi(documentation: Documentation) -> bytes:
    """Describe this API as OpenAPI 3.1."""
    return documentation.openapi


@endpoint("GET", "/docs", "docs", public=True, media_type="text/html; charset=utf-8")
async def docs(documentation: Documentation) -> Answer:
    """Describe this API as a page for people."""
    return Answer(documentation.page, media_type=b"text/html; charset=utf-8")


class MetricsGuard:
    """Who may read the metrics: this machine, and whoever has the operator's token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def lets_in(self, call: Call) -> bool:
        """Tell whether the caller may read them."""
        if not self._token:
            return call.address in ("127.0.0.1", "::1")
        return hmac.compare_digest(
            (call.header(b"authorization") or "").encode(), f"Bearer {self._token}".encode()
        )


@endpoint("GET", "/metrics", "metrics", public=True, media_type="text/plain; version=0.0.4")
async def metrics(
    call: Call, watch: Telemetry, guard: MetricsGuard, markets: OperatorMarkets
) -> Answer:
    """Tell counts and times in Prometheus' text format.

    Answered to this machine only, or to whoever sends `WATTYARD_METRICS_TOKEN` as a bearer token
    where the operator set one; anybody else finds nothing here.
    """
    if not guard.lets_in(call):
        raise PathUnknown("there is nothing at '/metrics'; GET /openapi.json lists every path")
    with suppress(Unavailable):  # without the database the rest is told
        for code, seconds in await markets.staleness():
            watch.stale(code, seconds)
    return Answer(watch.exposition(), media_type=b"text/plain; version=0.0.4; charset=utf-8")


ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    *SITE_ENDPOINTS,
    *TARIFF_ENDPOINTS,
    *METER_ENDPOINTS,
    *COST_ENDPOINTS,
    *SCHEDULE_ENDPOINTS,
    *EVENT_ENDPOINTS,
    *ACCOUNT_ENDPOINTS,
    live,
    ready,
    metrics,
    openapi,
    docs,
)
"""Every endpoint, in the order of the documentation."""


def jobs(services: Services) -> list[Job]:
    """List the background work of every capability."""
    # The HTTP client is loaded only where it is used: it takes 15 MiB.
    from wattyard.events.adapters.sender import Sender  # noqa: PLC0415
    from wattyard.events.jobs.delivery import DeliveryJob, Means  # noqa: PLC0415
    from wattyard.tariffs.jobs.fetching import fetching  # noqa: PLC0415

    means = Means(
        services.outbox,
        services.letters,
        lambda: Sender(services.lookup, services.policy),
        services.streams.listener,
        services.now,
        services.new_id,
        random.random,
        services.watch.attempted,
    )
    return [
        DeliveryJob(means),
        Periodic(
            "forgetting old events",
            _FORGET_SECONDS,
            services.retention.forget,
            alone=lambda: services.db.alone("wattyard: forgetting old events"),
        ),
        fetching(services.markets),
        endings(services.tariffs),
        months_ahead(services.meters),
    ]


async def work(services: Services, settings: Settings, stop: asyncio.Event) -> None:
    """Do the background work until `stop` is set; where processes take turns, in this one's."""
    open_many()
    if not settings.worker_turn:
        await Worker(jobs(services)).run(stop)
        return
    async with turn_on(Path(settings.worker_turn), stop) as mine:
        if mine:
            await Worker(jobs(services)).run(stop)


@asynccontextmanager
async def listening(services: Services) -> AsyncIterator[None]:
    """Hear inside of the block what other processes wrote."""
    task = asyncio.create_task(services.streams.listener.listen())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def working(
    services: Services, settings: Settings, stop: asyncio.Event
) -> AsyncIterator[None]:
    """Do the background work beside the block, where the settings say so."""
    if not settings.worker:
        yield
        return
    task = asyncio.create_task(work(services, settings, stop))
    try:
        yield
    finally:
        stop.set()
        await task


def assemble(services: Services, settings: Settings | None = None) -> FrontDoor:
    """Build the ASGI application on the given use-cases."""
    settings = settings or Settings()
    db = services.db
    stopping = Stopping()
    given = {
        **services.by_type(),
        Database: db,
        Documentation: Documentation(ENDPOINTS),
        MetricsGuard: MetricsGuard(settings.metrics_token),
        Stopping: stopping,
        PublicKeys: PublicKeys(signing.public_numbers),
    }

    async def authenticate(call: Call) -> Caller:
        return await services.accounts.authenticate(call.header(b"authorization"))

    given[Admission] = Admission(authenticate)

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        try:
            # A worker that starts while the database is away must not take the server down with
            # it: it answers 503 until the database is back, as running workers do.
            with suppress(Unavailable):
                await db.open()
                await schema.check(db)
            services.solvers.warm()
            with stopping.heard():
                async with listening(services), working(services, settings, stopping.asked):
                    yield
        finally:
            services.solvers.close()
            await db.close()

    share = settings.rate_limit / settings.workers
    gate = Gate(
        authenticate,
        RateLimits(share) if share else NoLimits(),
        Replays(db, services.now),
    )
    return FrontDoor(
        [Bound(declared, given, gate) for declared in ENDPOINTS],
        now=services.now,
        new_id=services.new_id,
        finished=services.watch.finished,
        lifespan=lifespan,
    )


def from_environment() -> FrontDoor:
    """Build the application of a worker process; its settings are in the environment."""
    settings = Settings.read()
    configure_logs(level=settings.log_level, form=settings.log_format)
    db = Database(settings.database, connections=settings.connections)
    return assemble(Services(db, settings=settings, weather=weather_of(settings)), settings)


def weather_of(settings: Settings) -> Weather:
    """Take the weather service that the operator names, or none."""
    if not settings.weather_url:
        return NoWeather()
    # A quarter of a second that only those who ask for the weather need.
    from wattyard.schedules.adapters.open_meteo import OpenMeteo  # noqa: PLC0415

    return OpenMeteo(settings.weather_url, clock=system_clock)
