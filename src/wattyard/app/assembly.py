"""Settings in, running application out. The one place that names every capability."""

import gc
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final

from wattyard.accounts.capability import ACCOUNTS
from wattyard.accounts.service import Accounts
from wattyard.app.background import (
    import_numpy_soon,
    listening,
    recording,
    schema_checked,
    working,
)
from wattyard.app.endpoints import SERVER, live, metrics, ready
from wattyard.costs.capability import COSTS
from wattyard.events.capability import EVENTS
from wattyard.kernel.context import Contexts
from wattyard.kernel.ids import SortedIds
from wattyard.kernel.instants import system_clock
from wattyard.meters.capability import METERS
from wattyard.people.capability import PEOPLE
from wattyard.platform import logs
from wattyard.platform.composition import Capability, Contributions
from wattyard.platform.db import Database
from wattyard.platform.encryption.columns import EncryptedColumn
from wattyard.platform.http import Access, Endpoint
from wattyard.platform.http.binding import Bound
from wattyard.platform.http.front import CallWatch, FrontDoor
from wattyard.platform.http.gate import Authenticate, Gate
from wattyard.platform.http.idempotency import Replays
from wattyard.platform.http.proxies import TrustedProxies
from wattyard.platform.http.rate_limits import NoLimits, RateLimits
from wattyard.platform.services import Services
from wattyard.platform.settings import Settings
from wattyard.platform.telemetry import Telemetry
from wattyard.platform.work import Stopping, yield_to_the_loop
from wattyard.requests.capability import REQUESTS
from wattyard.schedules.capability import SCHEDULES
from wattyard.schedules.service import Solvers
from wattyard.sites.capability import SITES
from wattyard.tariffs.capability import TARIFFS
from wattyard.web.capability import WEB
from wattyard.web.dashboard.mount import Dashboard

CAPABILITIES: Final[Sequence[Capability]] = (
    SITES,
    TARIFFS,
    METERS,
    COSTS,
    SCHEDULES,
    EVENTS,
    ACCOUNTS,
    PEOPLE,
    REQUESTS,
    WEB,
    SERVER,
)
"""Every capability, in the order of the documentation."""

ENDPOINTS: Final[tuple[Endpoint, ...]] = tuple(
    endpoint for capability in CAPABILITIES for endpoint in capability.endpoints
)
"""Every endpoint, in the order of the documentation."""


ENCRYPTED: Final[tuple[EncryptedColumn, ...]] = tuple(
    column for capability in CAPABILITIES for column in capability.encrypted
)
"""The columns of secrets of every capability."""


_NEW_OBJECTS: Final = 10_000
"""Before a collection of them: the calls under way have some thousands, which are no garbage."""


def services(
    db: Database,
    settings: Settings | None = None,
    *,
    contexts: Contexts | None = None,
    given: Mapping[Any, Any] | None = None,
) -> Services:
    """Put the use-cases of every capability together on a database.

    Server, worker and command line all get theirs here. `given` are services by type that take
    the place of the usual ones.
    """
    return Services(
        CAPABILITIES,
        {
            Database: db,
            Settings: settings or Settings(),
            Contexts: contexts or Contexts(system_clock, SortedIds(system_clock)),
            Sequence[Endpoint]: ENDPOINTS,
            **(given or {}),
        },
    )


def assemble(services: Services) -> FrontDoor:
    """Build the ASGI application on the given use-cases."""
    db, solvers = services.get(Database), services.get(Solvers)
    stopping = services.get(Stopping)

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        yield_to_the_loop()
        import_numpy_soon()
        try:
            async with schema_checked(db):
                with stopping.heard():
                    async with (
                        recording(services),
                        listening(services),
                        working(services, stopping.asked),
                    ):
                        yield
        finally:
            solvers.close()
            await db.close()
            logs.for_requests().flush()

    door = _front(services, ENDPOINTS, lifespan)
    stopping.when_draining(door.drain)
    door.watched_by(services[Contributions[CallWatch]])
    return door


def administration(services: Services) -> FrontDoor:
    """Build the ASGI application with which a process that serves no clients shows its state."""

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        yield

    return _front(services, (live, ready, metrics), lifespan)


def _front(
    services: Services,
    endpoints: Sequence[Endpoint],
    lifespan: Callable[[object], AbstractAsyncContextManager[None]],
) -> FrontDoor:
    contexts, telemetry = services.get(Contexts), services.get(Telemetry)
    settings = services.get(Settings)
    share = settings.rate_limit / settings.workers
    gate = Gate(
        contexts,
        authenticators_of(services.get(Accounts)),
        RateLimits(share) if share else NoLimits(),
        services.get(Replays),
    )
    door = FrontDoor(
        [Bound(declared, services, gate) for declared in endpoints],
        contexts=contexts,
        begun=telemetry.begun,
        finished=telemetry.finished,
        failed=telemetry.failed,
        lifespan=lifespan,
    )
    door.open_to(settings.origins)
    door.behind(TrustedProxies(settings.trusted_proxies))
    if settings.dashboard and endpoints is ENDPOINTS:
        door.mount("dashboard", Dashboard(services, door.route).answer)
    return door


def authenticators_of(accounts: Accounts) -> Mapping[Access, Authenticate]:
    """Judge the credentials of each access by the accounts of this server."""
    return {
        Access.BEARER: accounts.authenticate,
        Access.BASIC: accounts.authenticate_secret,
    }


def from_environment() -> FrontDoor:
    """Build the application of a worker process; its settings are in the environment.

    SIGHUP is for the process that started it, and replaces it when its requests are answered.
    """
    from multiprocessing import parent_process  # noqa: PLC0415 (a server has it, commands do without)

    if parent_process() is not None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    settings = Settings.read()
    logs.configure(level=settings.log_level, form=settings.log_format)
    db = Database(
        settings.database,
        connections=settings.connections,
        direct=settings.database_direct,
        replicas=settings.replicas,
    )
    door = assemble(services(db, settings))
    gc.freeze()  # what a start makes stays: no collection has to look at it again
    gc.set_threshold(_NEW_OBJECTS)
    gc.enable()
    return door
