"""What clients without a token can hold: no head without end, no connection for ever."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.http.test_connections import listening
from tests.support.hanging_up import hung_up
from tests.support.made import Made
from tests.support.process import Server
from tests.support.world import Tenant, World
from wattyard.platform.http.connection import ClientConnection

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
HEAD = b"GET /health/live HTTP/1.1\r\nHost: h\r\n"
FULL = HEAD + b"\r\n"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give clients one second."""
    for name in ("HEAD", "STALL"):
        monkeypatch.setenv(f"WATTYARD_{name}_SECONDS", "1")


class Clients:
    """Connections to a port of this machine, closed at the end."""

    def __init__(self) -> None:
        self._writers: list[asyncio.StreamWriter] = []

    async def connect(self, port: int, sent: bytes = b"") -> Streams:
        """Open a connection, and send something."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        self._writers.append(writer)
        writer.write(sent)
        return reader, writer

    async def push(self, port: int, begin: bytes, more: bytes) -> bytes:
        """Send without end, and give what the server said before it hung up.

        By a bare socket: a transport forgets what it has received where it cannot send any more.
        """
        loop, said = asyncio.get_running_loop(), b""

        async def push(client: socket.socket) -> None:
            with suppress(ConnectionError):
                await loop.sock_sendall(client, begin)
                while True:
                    await loop.sock_sendall(client, more)
                    await asyncio.sleep(0)  # a turn for whoever reads

        with socket.socket() as client:
            client.setblocking(False)
            await loop.sock_connect(client, ("127.0.0.1", port))
            pushing = asyncio.create_task(push(client))
            async with asyncio.timeout(60):
                with suppress(ConnectionError):
                    while part := await loop.sock_recv(client, 65_536):
                        said += part
            pushing.cancel()
            await asyncio.gather(pushing, return_exceptions=True)
        return said

    async def close(self) -> None:
        for writer in self._writers:
            await hung_up(writer)


@pytest.fixture
async def clients() -> AsyncIterator[Clients]:
    clients = Clients()
    yield clients
    await clients.close()


async def answered(streams: Streams, sent: bytes = FULL) -> int:
    """Ask on an open connection, and give the status."""
    reader, writer = streams
    writer.write(sent)
    async with asyncio.timeout(60):
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[16:]) for line in head.split(b"\r\n") if line[:15] == LENGTH)
        await reader.readexactly(length)
    return int(head.split()[1])


LENGTH = b"content-length:"


async def until_closed(reader: asyncio.StreamReader) -> bytes:
    """Read until the server hangs up."""
    read = b""
    async with asyncio.timeout(60):
        with suppress(ConnectionError):
            while part := await reader.read(65536):
                read += part
    return read


def chunked(tenant: Tenant) -> bytes:
    token = tenant.token.encode()
    head = b"POST /customers HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
    return head + b"Authorization: Bearer %b\r\nTransfer-Encoding: chunked\r\n\r\n" % token


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (lambda _: HEAD + b"A: ", b"x" * 1000),
        (lambda _: HEAD, b"a:b\r\n" * 200),
        (lambda _: b"GET /", b"x" * 1000),
        (lambda tenant: chunked(tenant) + b"2\r\n{}\r\n0\r\n", b"a:b\r\n" * 200),
        (lambda tenant: chunked(tenant) + b"2;", b"x" * 1000),
        (chunked, b"1;aaaaaaaaaaaaaaaaaaaaaaaaa=b\r\n \r\n" * 30),
    ],
    ids=["header", "headers", "path", "trailers", "extension", "extensions"],
)
async def test_a_head_without_end_is_refused(
    world: World, tenant: Tenant, clients: Clients, begin: Callable[[Tenant], bytes], more: bytes
) -> None:
    async with listening(world) as port:
        said = await clients.push(port, begin(tenant), more)
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 431 ")
    error = json.loads(body)
    assert error["code"] == "head_too_large"
    assert f"request-id: {error['request_id']}".encode() in head


async def test_a_head_below_64_kib_and_a_body_in_small_chunks_are_read(
    world: World, tenant: Tenant, clients: Clients
) -> None:
    chunks = b"2\r\n{}\r\n" + b"1\r\n \r\n" * 50_000
    async with listening(world) as port:
        streams = await clients.connect(port)
        assert await answered(streams, HEAD + b"A: " + b"x" * 64_000 + b"\r\n\r\n") == 200
        assert await answered(streams, chunked(tenant) + chunks + b"0\r\n\r\n") == 201


async def test_a_refusal_waits_for_the_answer_before_it(world: World, clients: Clients) -> None:
    async with listening(world) as port:
        reader, _ = await clients.connect(port, FULL + b"nonsense\r\n\r\n")
        said = await until_closed(reader)
    assert said.startswith(b"HTTP/1.1 200 ")
    assert b"}HTTP/1.1 400 " in said


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("sent", [b"", b"\r\n", HEAD, FULL + b"\r\n", FULL + HEAD])
async def test_a_connection_without_a_complete_head_is_closed(
    world: World, clients: Clients, sent: bytes
) -> None:
    async with listening(world) as port:
        reader, _ = await clients.connect(port, sent)
        said = await until_closed(reader)
    assert said.count(b"HTTP/1.1 200") == sent.count(b"\r\n\r\n")


@pytest.mark.usefixtures("impatient")
async def test_a_body_that_does_not_come_is_given_up(
    world: World, tenant: Tenant, clients: Clients
) -> None:
    async with listening(world) as port:
        reader, _ = await clients.connect(port, chunked(tenant) + b"5\r\nhel")
        await until_closed(reader)


@pytest.mark.usefixtures("impatient")
async def test_an_answer_that_is_not_taken_is_given_up(world: World, clients: Clients) -> None:
    ask = b"GET /openapi.json HTTP/1.1\r\nHost: h\r\n\r\n"
    async with listening(world) as port:
        reader, writer = await clients.connect(port, ask * 100)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        for _ in range(2):  # as long as the server waits for two heads, nothing is taken
            await until_closed((await clients.connect(port))[0])
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        assert (await until_closed(reader)).count(b"HTTP/1.1 200") < 100


@pytest.mark.usefixtures("impatient")
async def test_who_waits_for_the_server_is_left_in_peace(
    world: World, tenant: Tenant, clients: Clients
) -> None:
    token = b"Authorization: Bearer %b\r\n\r\n" % tenant.token.encode()
    async with listening(world) as port:
        stream, _ = await clients.connect(
            port, b"GET /events/stream HTTP/1.1\r\nHost: h\r\n" + token
        )
        assert (await stream.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        kept = await clients.connect(port)
        assert await answered(kept) == 200
        idle, _ = await clients.connect(port)
        await until_closed(idle)
        assert await answered(kept) == 200
        await tenant.post("/customers", {})
        async with asyncio.timeout(60):
            while b"customer.create" not in await stream.readuntil(b"\n"):
                pass


async def test_at_the_cap_the_oldest_without_a_head_makes_room(
    world: World, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATTYARD_HEAD_SECONDS", "60")
    monkeypatch.setenv("WATTYARD_MAX_CONNECTIONS", "4")
    async with listening(world) as port:
        idle = [await clients.connect(port) for _ in range(4)]
        assert await answered(await clients.connect(port)) == 200
        await until_closed(idle[0][0])
        assert await answered(idle[1]) == 200
        for _ in range(3):  # the one that asked goes to the end of the row
            await clients.connect(port)
        assert await answered(idle[1]) == 200


@pytest.mark.parametrize(("proxies", "let_in"), [("", 2), ("10.0.0.0/8, 127.0.0.0/8", 4)])
async def test_an_address_has_its_share_but_a_trusted_proxy_any_number(
    world: World, clients: Clients, monkeypatch: pytest.MonkeyPatch, proxies: str, let_in: int
) -> None:
    monkeypatch.setenv("WATTYARD_MAX_CONNECTIONS_PER_ADDRESS", "2")
    monkeypatch.setenv("WATTYARD_TRUSTED_PROXIES", proxies)
    count = 0
    async with listening(world) as port:
        for _ in range(4):
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                count += await answered(await clients.connect(port)) == 200
    assert count == let_in


async def test_a_client_behind_a_proxy_has_its_share_of_open_requests(
    world: World, tenant: Tenant, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATTYARD_MAX_CONNECTIONS_PER_ADDRESS", "2")
    monkeypatch.setenv("WATTYARD_TRUSTED_PROXIES", "127.0.0.0/8")
    monkeypatch.setenv("WATTYARD_STALL_SECONDS", "60")
    named = b"X-Forwarded-For: 192.0.2.%d\r\n"
    half = chunked(tenant).removesuffix(b"\r\n") + named % 7 + b"\r\n"
    async with listening(world) as port:
        open_ = [await clients.connect(port, half) for _ in range(2)]
        third, _ = await clients.connect(port, half)
        await until_closed(third)
        of_another = HEAD + named % 8 + b"\r\n"
        assert await answered(await clients.connect(port), of_another) == 200
        assert await answered(open_[0], b"2\r\n{}\r\n0\r\n\r\n") == 201  # the place is free
        assert await answered(await clients.connect(port), HEAD + named % 7 + b"\r\n") == 200


async def test_a_request_too_many_of_a_client_behind_a_proxy_is_not_carried_out(
    world: World, tenant: Tenant, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATTYARD_MAX_CONNECTIONS_PER_ADDRESS", "1")
    monkeypatch.setenv("WATTYARD_TRUSTED_PROXIES", "127.0.0.0/8")
    monkeypatch.setenv("WATTYARD_STALL_SECONDS", "60")
    named = b"X-Forwarded-For: 192.0.2.7\r\n\r\n"
    connections: list[ClientConnection] = []
    async with listening(world, connections) as port:
        await clients.connect(port, chunked(tenant).removesuffix(b"\r\n") + named)
        second, _ = await clients.connect(port, b"DELETE /sites/x HTTP/1.1\r\nHost: h\r\n" + named)
        assert await until_closed(second) == b""
    assert [one.cycle is not None for one in connections] == [True, False]  # what was begun


def test_a_server_has_these_limits(made: Made, tmp_path: Path) -> None:
    made.data(tmp_path)
    with Server(tmp_path, settings={"WATTYARD_HEAD_SECONDS": "1"}) as server:
        port = int(server.address.rpartition(":")[2])

        async def attack() -> bytes:
            clients = Clients()
            reader, _ = await clients.connect(port)
            assert await until_closed(reader) == b""
            said = await clients.push(port, HEAD + b"A: ", b"x" * 1000)
            await clients.close()
            return said

        assert asyncio.run(attack()).startswith(b"HTTP/1.1 431 ")
        assert httpx.get(f"{server.address}/health/live").status_code == 200
