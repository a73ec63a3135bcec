"""What stands between a connection's bytes and the application (contract 0, Transport)."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any
from weakref import ref

import pytest
import uvicorn
from uvicorn.server import ServerState

from tests.support.hanging_up import hung_up
from tests.support.world import Tenant, World
from wattyard.platform.http.call import SEND_WHOLE, Receive, Scope, Send
from wattyard.platform.http.connection import ClientConnection


@asynccontextmanager
async def listening(
    world: World, connections: list[ClientConnection] | None = None
) -> AsyncIterator[int]:
    """Serve the application on a port of this machine; `connections` get those that come."""
    config = uvicorn.Config(world.app, lifespan="off", log_config=None, access_log=False)
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()

    def connected() -> ClientConnection:
        connection = ClientConnection(config, state, {})
        if connections is not None:
            connections.append(connection)
        return connection

    server = await loop.create_server(connected, "127.0.0.1", 0, start_serving=True)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def asked(port: int, *parts: bytes) -> tuple[bytes, bytes]:
    """Send bytes, and read all until the server hangs up: head and body of what came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
    async with asyncio.timeout(60):
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    await hung_up(writer)
    return head.lower(), body


async def test_requests_that_are_sent_ahead_are_read_only_as_they_are_answered(
    world: World,
) -> None:
    request = b"GET /health/live HTTP/1.1\r\nHost: h\r\n\r\n"
    connections: list[ClientConnection] = []
    async with listening(world, connections) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request * (6 * 1024**2 // len(request)))
        async with asyncio.timeout(60):
            for _ in range(100):
                await reader.readuntil(b'{"status":"ok"}')
        waiting_bytes = len(connections[0].pipeline) * len(request)
        await hung_up(writer)

    assert waiting_bytes <= 1024**2


async def test_a_connection_on_which_nothing_more_is_asked_is_kept_for_a_while(
    world: World,
) -> None:
    connections: list[ClientConnection] = []
    async with listening(world, connections) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /health/live HTTP/1.1\r\nHost: h\r\n\r\n")
        async with asyncio.timeout(60):
            await reader.readuntil(b'{"status":"ok"}')
        (connection,), now = connections, asyncio.get_running_loop().time()
        times = (0, connection.timeout_keep_alive - 1, connection.timeout_keep_alive + 1)
        overdue = [
            connection.is_overdue(now + seconds, head_seconds=60, stall_seconds=60)
            for seconds in times
        ]
        await hung_up(writer)

    assert overdue == [False, False, True]


async def test_a_connection_is_kept_for_as_long_as_its_client_takes_the_answer() -> None:
    body = bytes(32 * 1024**2)  # more than the sockets of both sides hold

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        await scope[SEND_WHOLE](200, [(b"content-length", b"%d" % len(body))], body)

    def is_overdue(seconds: float) -> bool:
        return connection.is_overdue(begun + seconds, head_seconds=60, stall_seconds=60)

    connections: list[ClientConnection] = []
    served: Any = SimpleNamespace(app=app)
    async with listening(served, connections) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        async with asyncio.timeout(60):
            await reader.readuntil(b"\r\n\r\n")
            (connection,), begun = connections, asyncio.get_running_loop().time()
            kept = connection.timeout_keep_alive + 1
            overdue = [is_overdue(0), is_overdue(kept)]
            await reader.readexactly(len(body))
        overdue += [is_overdue(kept + 1), is_overdue(2 * kept)]
        await hung_up(writer)

    assert overdue == [False, False, False, True]


@pytest.mark.parametrize("path", ["/sites", "/sites/{id}"])
async def test_what_was_answered_is_given_free_without_a_collection(
    world: World, tenant: Tenant, path: str
) -> None:
    line = f"GET {path.format(**await tenant.site())} HTTP/1.1\r\nHost: h\r\n"
    request = f"{line}Authorization: Bearer {tenant.token}\r\n\r\n".encode()
    connections: list[ClientConnection] = []
    answered = []
    async with listening(world, connections) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        gc.disable()
        try:
            for _ in range(3):
                writer.write(request)
                async with asyncio.timeout(60):
                    head = (await reader.readuntil(b"\r\n\r\n")).lower()
                    length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
                    await reader.readexactly(int(length))
                answered.append(ref(connections[0].cycle))
            assert head.startswith(b"http/1.1 200 ")
            assert [one() is None for one in answered] == [True, True, False]
        finally:
            gc.enable()
        await hung_up(writer)


async def test_an_answer_without_content_is_followed_by_the_next_one(world: World) -> None:
    same = b"GET /openapi.json HTTP/1.1\r\nHost: h\r\nIf-None-Match: *\r\n\r\n"
    last = b"GET /health/live HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
    async with listening(world) as port:
        head, rest = await asked(
            port, b"HEAD /openapi.json HTTP/1.1\r\nHost: h\r\n\r\n", same, last
        )
    unchanged, _, rest = rest.partition(b"\r\n\r\n")
    final, _, body = rest.partition(b"\r\n\r\n")

    assert head.startswith(b"http/1.1 200 ")
    assert b"\r\ncontent-length: 0\r\n" not in head
    assert unchanged.startswith(b"HTTP/1.1 304 ")
    assert b"content-length" not in unchanged
    assert final.startswith(b"HTTP/1.1 200 ")
    assert body == b'{"status":"ok"}'


async def test_a_header_cannot_be_split_into_two() -> None:
    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        await scope[SEND_WHOLE](200, [(b"location", b"/\r\nset-cookie: a=b")], b"")

    served: Any = SimpleNamespace(app=app)
    async with listening(served) as port:
        head, _ = await asked(port, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")

    assert head.startswith(b"http/1.1 500")
    assert b"set-cookie" not in head


CHUNKED = b"POST /auth/tokens HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        "GET /sites?limit=٢ HTTP/1.1\r\nHost: h\r\n\r\n".encode(),
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"FETCH /sites HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET /sites HTTP/1.1\r\nHost: h\r\nA\x00: b\r\n\r\n",
        b"POST /sites HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET /sites HTTP/3.7\r\nHost: h\r\n\r\n" * 3,
    ],
)
async def test_what_is_no_request_is_answered_in_the_error_envelope(
    world: World, raw: bytes
) -> None:
    async with listening(world) as port:
        head, body = await asked(port, raw)

    assert head.startswith(b"http/1.1 400 ")
    told = json.loads(body)
    assert (told["object"], told["code"], told["context"]) == (
        "error",
        "request_invalid",
        "api.request",
    )
    assert b"\r\nrequest-id: %b\r\n" % told["request_id"].encode() in head + b"\r\n"
    assert b"\r\ncontent-type: application/json" in head
    assert b"\r\nconnection: close" in head


async def test_a_body_that_becomes_unreadable_is_answered_once(
    world: World, tenant: Tenant
) -> None:
    raw = (
        b"POST /sites HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
        b"Authorization: Bearer %b\r\nTransfer-Encoding: chunked\r\n\r\n" % tenant.token.encode()
    )
    async with listening(world) as port:
        head, body = await asked(port, raw, b"2\r\n{}\r\nnothing\r\n")

    assert head.startswith(b"http/1.1 400 ")
    assert json.loads(body)["code"] == "request_invalid"


@pytest.mark.parametrize(("hosts", "says"), [(b"", "none"), (b"Host: a\r\nHost: b\r\n", "several")])
async def test_a_request_names_its_host_once(world: World, hosts: bytes, says: str) -> None:
    async with listening(world) as port:
        head, body = await asked(
            port, b"GET /health/live HTTP/1.1\r\nConnection: close\r\n" + hosts + b"\r\n"
        )

    assert head.startswith(b"http/1.1 400 ")
    told = json.loads(body)
    assert (told["code"], told["param"]) == ("request_invalid", "Host")
    assert says in told["message"]


async def test_http_1_0_needs_no_host_and_gets_no_chunks(world: World, tenant: Tenant) -> None:
    token = b"Authorization: Bearer %b\r\n" % tenant.token.encode()
    async with listening(world) as port:
        plain, _ = await asked(port, b"GET /health/live HTTP/1.0\r\n\r\n")
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /events/stream HTTP/1.0\r\n" + token + b"\r\n")
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await tenant.post("/customers", {})
        async with asyncio.timeout(60):
            first = await reader.readuntil(b"\n\n")
        await hung_up(writer)

    assert plain.startswith(b"http/1.1 200 ")
    assert head.startswith(b"http/1.1 200 ")
    assert b"transfer-encoding" not in head
    assert b"\r\nconnection: close\r\n" in head
    assert first.startswith((b"id:", b"event:", b":", b"retry:"))
