"""What an endpoint declares is held to at start, and its access chooses how callers are judged."""

import asyncio
from collections.abc import AsyncIterator, Mapping, MutableMapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.support.world import Tenant, World, basic, error
from wattyard.accounts.service import Accounts
from wattyard.app.assembly import authenticators_of
from wattyard.app.secret_answers import EncryptedAnswers
from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Context, Contexts
from wattyard.kernel.ids import SortedIds
from wattyard.platform.db import Database, ReplicaFailed
from wattyard.platform.document import document
from wattyard.platform.encryption import Keyring
from wattyard.platform.http import Access, Call, Effect, Endpoint, asgi_scopes, endpoint
from wattyard.platform.http.arguments import EndpointUnfit
from wattyard.platform.http.binding import Bound
from wattyard.platform.http.call import Message
from wattyard.platform.http.front import FrontDoor
from wattyard.platform.http.gate import Authenticate, Gate
from wattyard.platform.http.idempotency import Replays
from wattyard.platform.http.rate_limits import NoLimits


def now() -> datetime:
    return datetime(2026, 3, 1, tzinfo=UTC)


CONTEXTS = Contexts(now, SortedIds(now))


def gate(db: Database, judges: Mapping[Access, Authenticate] | None = None) -> Gate:
    """A gate that lets in the public, and those whom `judges` let in."""
    return Gate(CONTEXTS, judges or {}, NoLimits(), replays(db))


def replays(db: Database) -> Replays:
    return Replays(db, now, SortedIds(now), EncryptedAnswers(Keyring()))


@endpoint("GET", "/who", "who", access=Access.BEARER)
async def who(context: Context) -> bytes:
    """Tell the caller's account."""
    return b'{"account":%d}' % context.account


@asynccontextmanager
async def quiet(_: object) -> AsyncIterator[None]:
    yield


def front(
    *endpoints: Bound, failures: list[tuple[str, Exception]], lifespan: Any = quiet
) -> FrontDoor:
    return FrontDoor(
        endpoints,
        contexts=CONTEXTS,
        begun=lambda: None,
        finished=lambda call, fault: None,
        failed=lambda scope, fault: failures.append((scope, fault)),
        lifespan=lifespan,
    )


async def test_bearer_access_takes_a_token_or_a_key(
    world: World, db: Database, tenant: Tenant
) -> None:
    judges = Gate(
        world.services.get(Contexts),
        authenticators_of(world.services.get(Accounts)),
        NoLimits(),
        replays(db),
    )
    app = front(Bound(who, {}, judges), failures=[])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://test"
    ) as http:
        by_token = await http.get("/who", headers=tenant.headers)
        by_key = await http.get(
            "/who", headers={"Authorization": basic(tenant.account_id, tenant.secret)}
        )
        nobody = await http.get("/who")

    assert by_token.json() == by_key.json() == {"account": tenant.caller.account}
    error(nobody, 401, "token_missing")


def test_an_access_that_nobody_judges_fails_at_start(db: Database) -> None:
    @endpoint("GET", "/home", "home_page", access=Access.BASIC)
    async def home() -> bytes:
        """Show the home page."""
        return b"{}"

    with pytest.raises(EndpointUnfit, match=r"GET /home \(home_page\).*basic"):
        Bound(home, {}, gate(db))


def test_a_parameter_that_nothing_fills_fails_at_start(db: Database) -> None:
    @endpoint("GET", "/clocks", "clock_list", access=Access.PUBLIC)
    async def clocks(call: Call, wall: SortedIds) -> bytes:
        """List clocks."""
        return b"{}"

    with pytest.raises(EndpointUnfit, match=r"GET /clocks \(clock_list\).*'wall'.*SortedIds"):
        Bound(clocks, {}, gate(db))


def test_a_public_endpoint_has_no_caller(db: Database) -> None:
    @endpoint("GET", "/me", "me", access=Access.PUBLIC)
    async def me(caller: Caller) -> bytes:
        """Show me."""
        return b"{}"

    with pytest.raises(EndpointUnfit, match=r"GET /me \(me\).*'caller'"):
        Bound(me, {}, gate(db))


def test_a_name_in_the_path_is_taken_by_the_handler(db: Database) -> None:
    @endpoint("GET", "/clocks/{clock_id}", "clock", access=Access.PUBLIC)
    async def clock(call: Call) -> bytes:
        """Show a clock."""
        return b"{}"

    with pytest.raises(EndpointUnfit, match="does not take 'clock_id'"):
        Bound(clock, {}, gate(db))


@pytest.mark.parametrize(
    ("access", "security"),
    [
        (Access.PUBLIC, []),
        (Access.BEARER, [{"bearerAuth": []}, {"basicAuth": []}]),
        (Access.BASIC, [{"basicAuth": []}, {"bearerAuth": []}]),
    ],
)
def test_the_document_says_which_credentials_an_endpoint_takes(
    access: Access, security: list[dict[str, list[str]]]
) -> None:
    async def handler() -> bytes:
        return b"{}"

    one = Endpoint(method="GET", path="/x", operation="x", handler=handler, access=access)
    described = document([one], version="1", refused={})

    assert described["paths"]["/x"]["get"]["security"] == security
    assert set(described["components"]["securitySchemes"]) == {
        name for scheme in security for name in scheme
    }


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/things/a", "a"),
        ("/things/a%2Fb", None),
        ("/things/a%0A", "a\n"),
        ("/things/", None),
        ("/things/a/", None),
        ("/things/reference/a/b%20c", "a/b c"),
        ("/things/reference/a%0A", None),
    ],
)
async def test_a_name_in_a_path_is_one_part_of_it_and_only_a_reference_has_slashes(
    db: Database, path: str, named: str | None
) -> None:
    @endpoint("GET", "/things/{thing_id}", "thing", access=Access.PUBLIC)
    async def thing(thing_id: str) -> list[str]:
        """Show a thing."""
        return [thing_id]

    @endpoint("GET", "/things/reference/{thing_reference_id}", "found", access=Access.PUBLIC)
    async def found(thing_reference_id: str) -> list[str]:
        """Find a thing."""
        return [thing_reference_id]

    app = front(*(Bound(one, {}, gate(db)) for one in (thing, found)), failures=[])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://test"
    ) as http:
        answer = await http.get(path)

    if named is None:
        error(answer, 404, "path_unknown")
    else:
        assert answer.json() == [named]


async def run(app: FrontDoor, kind: str, *incoming: str) -> list[MutableMapping[str, Any]]:
    """Run an application in a scope that is no request; what it sends."""
    sent: list[MutableMapping[str, Any]] = []
    waiting = list(incoming)

    async def receive() -> Message:
        return {"type": f"{kind}.{waiting.pop(0)}"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": kind, "path": "/who", "headers": [], "query_string": b""}
    await app(scope, receive, send)
    return sent


async def test_a_start_that_fails_is_logged_and_reported() -> None:
    @asynccontextmanager
    async def broken(_: object) -> AsyncIterator[None]:
        raise RuntimeError("no feeds")
        yield

    failures: list[tuple[str, Exception]] = []
    sent = await run(front(failures=failures, lifespan=broken), "lifespan", "startup")

    assert sent == [{"type": "lifespan.startup.failed", "message": "no feeds"}]
    assert [(scope, str(fault)) for scope, fault in failures] == [("lifespan", "no feeds")]


async def test_an_end_that_fails_is_logged_and_reported() -> None:
    @asynccontextmanager
    async def broken(_: object) -> AsyncIterator[None]:
        yield
        raise RuntimeError("still busy")

    failures: list[tuple[str, Exception]] = []
    sent = await run(front(failures=failures, lifespan=broken), "lifespan", "startup", "shutdown")

    assert [message["type"] for message in sent] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.failed",
    ]
    assert [scope for scope, _ in failures] == ["lifespan"]


async def test_a_websocket_that_goes_nowhere_is_closed_with_the_reason() -> None:
    failures: list[tuple[str, Exception]] = []
    sent = await run(front(failures=failures), "websocket", "connect")

    assert [(message["type"], message["code"]) for message in sent] == [("websocket.close", 1008)]
    assert "path_unknown" in sent[0]["reason"]
    assert len(sent[0]["reason"].encode()) <= 123
    assert failures == []


async def test_our_own_fault_in_a_websocket_is_logged_and_closes_it() -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    failures: list[tuple[str, Exception]] = []
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    await asgi_scopes.connect(
        broken, {}, receive, send, lambda scope, fault: failures.append((scope, fault))
    )

    assert [(message["type"], message["code"]) for message in sent] == [("websocket.close", 1011)]
    assert [(scope, str(fault)) for scope, fault in failures] == [("websocket", "a bug")]


@pytest.mark.parametrize(
    ("method", "effect"), [("POST", None), ("PUT", Effect.WRITES), ("GET", Effect.COMPUTES)]
)
def test_a_post_and_nothing_else_declares_its_effect(method: str, effect: Effect | None) -> None:
    with pytest.raises(TypeError, match=rf"{method} /x \(x\)"):
        Endpoint(method=method, path="/x", operation="x", handler=quiet, effect=effect)


@pytest.mark.parametrize("in_tasks", [False, True])
async def test_what_fails_on_a_replica_is_read_on_the_primary(
    world: World, tenant: Tenant, *, in_tasks: bool
) -> None:
    reads: list[int] = []

    async def reading() -> None:
        reads.append(1)
        if len(reads) == 1:
            raise ReplicaFailed("it was killed")

    @endpoint("GET", "/two", "two", access=Access.BEARER)
    async def two() -> bytes:
        """Read two things."""
        if not in_tasks:
            await reading()
            return b"{}"
        async with asyncio.TaskGroup() as group:
            group.create_task(reading())
        return b"{}"

    judges = Gate(
        world.services.get(Contexts),
        authenticators_of(world.services.get(Accounts)),
        NoLimits(),
        replays(world.db),
    )
    with_replica = Database("postgresql://nowhere/", replicas=["postgresql://nowhere/"])
    app = front(Bound(two, {Database: with_replica}, judges), failures=[])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://test"
    ) as http:
        assert (await http.get("/two", headers=tenant.headers)).json() == {}
    assert len(reads) == 2
