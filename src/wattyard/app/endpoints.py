"""The server's own endpoints: health, documents, metrics."""

import asyncio
import hmac
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from wattyard import __version__
from wattyard.accounts.domain import (
    CredentialsInvalid,
    KeyRevoked,
    TokenExpired,
    TokenInvalid,
    TokenMissing,
    TooManyFailures,
)
from wattyard.app.backup_state import BackupState
from wattyard.app.job_runs import JobRuns
from wattyard.app.secret_answers import BODY, EncryptedAnswers
from wattyard.events.domain.types import EVENT_TYPES
from wattyard.kernel.caps import Caps
from wattyard.kernel.context import Contexts
from wattyard.kernel.measures import Measure
from wattyard.kernel.refusals import Refusal, Unavailable
from wattyard.platform.composition import Capability
from wattyard.platform.db import Database
from wattyard.platform.db.personal_rows import LogTable
from wattyard.platform.db.replica_inspection import ReplicaInspection
from wattyard.platform.document import Description, document
from wattyard.platform.encryption import Keyring
from wattyard.platform.encryption.key_file import keyring_of
from wattyard.platform.http import Access, Answer, Call, Endpoint, endpoint
from wattyard.platform.http.call import JSON
from wattyard.platform.http.documents import Document, Rendered
from wattyard.platform.http.errors import PathUnknown
from wattyard.platform.http.idempotency import Replays
from wattyard.platform.http.proxies import is_forwarded
from wattyard.platform.services import Services
from wattyard.platform.settings import Settings
from wattyard.platform.telemetry import Telemetry
from wattyard.platform.work import Job, Periodic, Stopping

_FORGET_SECONDS: Final = 3600.0
_METRICS_SECONDS: Final = 1.0
_METRICS: Final = b"text/plain; version=0.0.4; charset=utf-8"

_KEY_REFUSALS: Final = (CredentialsInvalid, KeyRevoked, TooManyFailures)

ACCESS_REFUSALS: Final[Mapping[Access, tuple[type[Refusal], ...]]] = {
    Access.BEARER: (TokenMissing, TokenInvalid, TokenExpired, *_KEY_REFUSALS),
    Access.BASIC: _KEY_REFUSALS,
}
"""How the credentials of each access can be refused."""


class Health(msgspec.Struct):
    """Whether the server is usable.

    Attributes:
        status: ok
    """

    status: str


@endpoint(
    "GET",
    "/health/live",
    "health_live",
    answers=Health,
    example={"status": "ok"},
    access=Access.PUBLIC,
)
async def live() -> Health:
    """Show that the process runs."""
    return Health("ok")


@endpoint(
    "GET",
    "/health/ready",
    "health_ready",
    answers=Health,
    example={"status": "ok"},
    access=Access.PUBLIC,
)
async def ready(db: Database, stopping: Stopping) -> Health:
    """Whether requests can be answered: the database is there, takes changes and has room.

    A server that was asked to end is not ready, but answers for as long as it drains.
    """
    if stopping.is_draining:
        raise Unavailable("the server is shutting down: send requests to another one")
    await db.check_ready()
    return Health("ok")


class OpenApi:
    """The API's description as JSON, rendered when first asked for: it takes a fifth of a start."""

    def __init__(self, description: Description) -> None:
        self._description = description
        self.rendered = Rendered(lambda: asyncio.to_thread(self._render))

    def _render(self) -> Document:
        return Document.of(msgspec.json.encode(self._description.document), JSON)


@endpoint("GET", "/openapi.json", "openapi", access=Access.PUBLIC)
async def openapi(call: Call, openapi: OpenApi) -> Answer:
    """Describe this API as OpenAPI 3.1."""
    return (await openapi.rendered.current()).answer(call)


class MetricsGuard:
    """Who may read the metrics: this machine, and whoever has the operator's token.

    A request that a proxy passes on comes from anywhere, even if the proxy is on this machine.
    """

    def __init__(self, token: str) -> None:
        self._token = token

    def lets_in(self, call: Call) -> bool:
        """Whether the caller may read them."""
        if not self._token:
            return call.address in ("127.0.0.1", "::1") and not is_forwarded(call.headers)
        return hmac.compare_digest(
            (call.header(b"authorization") or "").encode(), f"Bearer {self._token}".encode()
        )


class MetricsPage:
    """The metrics, rendered at most once a second."""

    def __init__(self, watch: Telemetry, services: Services, contexts: Contexts) -> None:
        self._watch = watch
        self._services = services
        self._contexts = contexts
        self.rendered = Rendered(self._render, seconds=_METRICS_SECONDS)

    async def _render(self) -> Document:
        context = self._contexts.operator()
        found: list[Measure] = []
        with suppress(Unavailable):  # without the database the rest is still answered
            for capability in self._services.capabilities:
                for measured in capability.measured:
                    found += await self._services.get(measured).measures(context)
        return Document.of(self._watch.exposition(found), _METRICS)


@endpoint(
    "GET", "/metrics", "metrics", access=Access.PUBLIC, media_type="text/plain; version=0.0.4"
)
async def metrics(call: Call, page: MetricsPage, guard: MetricsGuard) -> Answer:
    """Return counts and times in Prometheus' text format, at most a second old.

    Answered to this machine only, or to whoever sends `WATTYARD_METRICS_TOKEN` as a bearer token
    where the operator set one, and to nobody else through a proxy; anybody else finds nothing
    here.
    """
    if not guard.lets_in(call):
        raise PathUnknown("there is nothing at '/metrics'; GET /openapi.json lists every path")
    return (await page.rendered.current()).answer(call)


def description(endpoints: Sequence[Endpoint]) -> Description:
    return Description(
        lambda: document(
            endpoints, version=__version__, refused=ACCESS_REFUSALS, events=EVENT_TYPES
        )
    )


def metrics_guard(settings: Settings) -> MetricsGuard:
    return MetricsGuard(settings.metrics_token)


def keyring(settings: Settings) -> Keyring:
    return keyring_of(settings)


def caps(settings: Settings) -> Caps:
    return settings.caps


def replays(db: Database, contexts: Contexts, keyring: Keyring) -> Replays:
    return Replays(db, contexts.clock, contexts.new_id, EncryptedAnswers(keyring))


def forgetting_answers(kept: Replays, db: Database) -> Job:
    """Delete the answers of idempotency keys that have been kept long enough."""
    name = "forgetting old idempotency answers"
    return Periodic(name, _FORGET_SECONDS, kept.forget, alone=lambda: db.alone(f"wattyard: {name}"))


def stopping(settings: Settings) -> Stopping:
    """Provide how this process ends."""
    return Stopping(settings.drain_seconds)


SERVER: Final = Capability(
    name="server",
    id_prefixes=("req",),
    provides=(
        description,
        OpenApi,
        MetricsPage,
        metrics_guard,
        keyring,
        caps,
        replays,
        stopping,
        BackupState,
        JobRuns,
        ReplicaInspection,
        Telemetry,
    ),
    endpoints=(live, ready, metrics, openapi),
    jobs=(forgetting_answers,),
    encrypted=(BODY,),
    inspected=(BackupState, JobRuns, ReplicaInspection),
    measured=(Replays, BackupState, JobRuns),
    personal=(LogTable("idempotency_keys", ("key", "body"), key="key"),),
)
