"""Settings in, running application out."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

from wattyard.accounts.service import Accounts
from wattyard.app.background import listening, working
from wattyard.app.endpoints import ENDPOINTS, Documentation, MetricsGuard
from wattyard.app.services import Services
from wattyard.events.adapters import signing
from wattyard.events.wire.keys import PublicKeys
from wattyard.kernel.callers import Caller
from wattyard.kernel.instants import system_clock
from wattyard.kernel.refusals import Unavailable
from wattyard.platform import logs
from wattyard.platform.db import Database, schema
from wattyard.platform.http import Access, Call
from wattyard.platform.http.binding import Bound
from wattyard.platform.http.front import FrontDoor
from wattyard.platform.http.gate import Authenticate, Gate
from wattyard.platform.http.limits import NoLimits, RateLimits
from wattyard.platform.http.replays import Replays
from wattyard.platform.http.streams import Admission
from wattyard.platform.settings import Settings
from wattyard.platform.work import Stopping
from wattyard.schedules.service import (
    NoWeather,
    Weather,
)


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

    authenticators = authenticators_of(services.accounts)
    given[Admission] = Admission(authenticators[Access.BEARER])

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        try:
            # A worker that starts while the database is away must not take the server down with
            # it: it answers 503 until the database is back, as running workers do.
            with suppress(Unavailable):
                await db.open()
                await schema.check(db)
            with stopping.heard():
                async with listening(services), working(services, settings, stopping.asked):
                    yield
        finally:
            services.solvers.close()
            await db.close()
            logs.for_requests().flush()

    share = settings.rate_limit / settings.workers
    gate = Gate(
        authenticators,
        RateLimits(share) if share else NoLimits(),
        Replays(db, services.now, services.new_id),
    )
    return FrontDoor(
        [Bound(declared, given, gate) for declared in ENDPOINTS],
        now=services.now,
        new_id=services.new_id,
        finished=services.watch.finished,
        failed=services.watch.failed,
        lifespan=lifespan,
    )


def authenticators_of(accounts: Accounts) -> Mapping[Access, Authenticate]:
    """Judge the credentials of each access by the accounts of this server."""

    async def bearer(call: Call) -> Caller:
        return await accounts.authenticate(call.header(b"authorization"))

    async def basic(call: Call) -> Caller:
        return await accounts.authenticate_secret(
            call.header(b"authorization"), address=call.address
        )

    async def either(call: Call) -> Caller:
        scheme = (call.header(b"authorization") or "").partition(" ")[0]
        return await (basic(call) if scheme.lower() == "basic" else bearer(call))

    return {Access.BEARER: bearer, Access.BASIC: basic, Access.EITHER: either}


def from_environment() -> FrontDoor:
    """Build the application of a worker process; its settings are in the environment."""
    settings = Settings.read()
    logs.configure(level=settings.log_level, form=settings.log_format)
    db = Database(settings.database, connections=settings.connections)
    return assemble(Services(db, settings=settings, weather=weather_of(settings)), settings)


def weather_of(settings: Settings) -> Weather:
    """Take the weather service that the operator names, or none."""
    if not settings.weather_url:
        return NoWeather()
    # A quarter of a second that only those who ask for the weather need.
    from wattyard.schedules.adapters.open_meteo import OpenMeteo  # noqa: PLC0415

    return OpenMeteo(settings.weather_url, clock=system_clock)
