"""Webhooks: from commit to receiver, deliveries of one core, receivers that hang, event cost."""

import asyncio
import base64
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import cast

import uvloop

from benchmarks import event_cost
from benchmarks.support import fleets
from benchmarks.support.accounts import create_account
from benchmarks.support.ground import OTHER_CORE, SERVER_CORE, Ground, pin, verdict
from benchmarks.support.servers import ENCRYPTION_KEY, wattyard
from wattyard import app
from wattyard.app import Services
from wattyard.events.domain import NewEvent
from wattyard.events.domain.endpoints import EndpointDraft
from wattyard.events.jobs.lanes import AT_ONCE, PROVEN_SHARE, UNPROVEN_SHARE
from wattyard.events.service import Endpoints, Events, Outbox
from wattyard.events.service.outbox import FIRST_LANE, ClaimRequest
from wattyard.kernel.context import Context
from wattyard.platform.db import Database, schema
from wattyard.platform.embedded import EmbeddedDatabase
from wattyard.platform.settings import Settings

_ALLOW = {"WATTYARD_WEBHOOK_ALLOW": "127.0.0.0/8"}
_DELIVERIES = 3_000
_HEALTHY, _HANGING, _EACH = 900, 100, 10
_WAITING = 10_000
_WAITING_ENDPOINTS = """
    INSERT INTO webhook_endpoints (account, live_mode, id, account_id, url, event_types, enabled,
                                   secret, time_created, last_success)
    SELECT $1, false, gen_random_uuid(), $2, 'http://127.0.0.1:9/', '{*}', true, '\\x00', now(),
           now()
    FROM generate_series(1, $3::integer)
"""
_WAITING_EVENTS = """
    INSERT INTO events (account, live_mode, id, type, object_id, data, time_created)
    SELECT $1, false, gen_random_uuid(), 'site.update', 'ste_' || n, '{}', now()
    FROM generate_series(1, 2) n
"""
_WAITING_DELIVERIES = """
    INSERT INTO webhook_deliveries (account, live_mode, id, endpoint_id, event_id, event_type,
                                    object_id, due, time_created)
    SELECT $1, false, gen_random_uuid(), e.id, v.id, v.type, v.object_id,
           now() - interval '1 hour', now()
    FROM webhook_endpoints e, events v WHERE e.account = $1 AND v.account = $1
"""
_DATA = b'{"id":"dev_1","object":"device","note":"%b"}' % (b"x" * 600)


def run(ground: Ground) -> None:
    """Measure all of it on a database of its own."""
    os.environ.update(_ALLOW)
    embedded = EmbeddedDatabase(ground.folder / "webhooks")
    with embedded.lease() as url:
        postmaster = (embedded.data / "postgres" / "postmaster.pid").read_text().split("\n")[0]
        pin(int(postmaster), OTHER_CORE)
        schema.migrate(url)
        uvloop.run(event_cost.measure(url))
        uvloop.run(_latency(url))
        claimed = uvloop.run(_claims(url))
        verdict(
            f"deliveries claimed/s, {_WAITING:,} endpoints waiting",
            claimed,
            ">= 5,000",
            met=claimed >= 5_000,
        )
        rate, seconds = uvloop.run(_rate(url, endpoints=1, hanging=0))
        print(f"   {_DELIVERIES:,} events to one endpoint in {seconds:.1f} s")
        verdict("deliveries/s of one worker, signed", rate, ">= 300", met=rate >= 300)
        alone, _ = uvloop.run(_rate(url, endpoints=_HEALTHY, hanging=0))
        beside, _ = uvloop.run(_rate(url, endpoints=_HEALTHY, hanging=_HANGING))
        print(
            f"   to {_HEALTHY} endpoints {alone:,.0f}/s, beside {_HANGING} that hang "
            f"{beside:,.0f}/s"
        )
        share = beside / alone
        verdict("rate beside endpoints that hang, share", share, ">= 0.8", met=share >= 0.8)


@dataclass
class _Receiver:
    """Answers 200 at once, or never where the path says so."""

    times: list[tuple[float, bytes]] = field(default_factory=list)
    wanted: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"


class _Connection(asyncio.Protocol):
    def __init__(self, receiver: _Receiver) -> None:
        self._receiver = receiver
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        if len(rest) < length:
            return
        self._buffer = rest[length:]
        if b"/hang" in head.split(b"\r\n", 1)[0]:
            return
        self._receiver.times.append((time.perf_counter(), rest[:length]))
        if len(self._receiver.times) >= self._receiver.wanted:
            self._receiver.done.set()
        self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")


@asynccontextmanager
async def _receiver() -> AsyncIterator[_Receiver]:
    receiver = _Receiver()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(receiver), "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()


@asynccontextmanager
async def _account(url: str) -> AsyncIterator[tuple[Services, Context]]:
    db = Database(url, connections=4)
    await db.open()
    services = app.services(
        db,
        Settings(
            webhook_allow="127.0.0.0/8", encryption_key=ENCRYPTION_KEY, webhook_endpoints=100_000
        ),
    )
    _, _, context = await create_account(services, "webhooks")
    try:
        yield services, context
    finally:
        await db.close()


async def _claims(url: str) -> float:
    """Claim two deliveries each from very many endpoints: deliveries/s of one worker."""
    async with _account(url) as (services, context):
        db, outbox = services.get(Database), services.get(Outbox)
        async with db.transaction() as writing:
            await writing.execute(_WAITING_ENDPOINTS, context.account, context.account_id, _WAITING)
            await writing.execute(_WAITING_EVENTS, context.account)
            await writing.execute(_WAITING_DELIVERIES, context.account)
            for table in ("webhook_deliveries", "webhook_endpoints", "events", "accounts"):
                await writing.execute(f"ANALYZE {table}")
        after, claimed, started = FIRST_LANE, 0, time.perf_counter()
        while taken := await outbox.claim(
            context, context.new_id(), ClaimRequest(after, AT_ONCE, PROVEN_SHARE, UNPROVEN_SHARE)
        ):
            claimed += len(taken)
            after = max((one.account, one.live_mode, one.endpoint_id) for one in taken)
        seconds = time.perf_counter() - started
        assert claimed == 2 * _WAITING
        async with db.transaction() as writing:
            await writing.execute("DELETE FROM webhook_deliveries")
            await writing.execute("DELETE FROM webhook_endpoints")
    return claimed / seconds


async def _rate(url: str, *, endpoints: int, hanging: int) -> tuple[float, float]:
    """Let one worker deliver what waits: deliveries/s to the healthy endpoints, and seconds."""
    async with _account(url) as (services, context), _receiver() as receiver:
        paths = [f"hang/{n}" for n in range(hanging)] + [f"ok/{n}" for n in range(endpoints)]
        for path in paths:
            await services.get(Endpoints).add(context, EndpointDraft(receiver.url(path)))
        events = _DELIVERIES if endpoints == 1 else _EACH
        for number in range(0, events, 500):
            new_events = [
                NewEvent("device.update", f"dev_{n}", _DATA)
                for n in range(number, min(events, number + 500))
            ]
            async with services.get(Database).transaction():
                await services.get(Events).record(context, new_events)
        receiver.wanted = events * endpoints
        worker = await asyncio.to_thread(_worker, url)
        try:
            async with asyncio.timeout(120):
                await receiver.done.wait()
        finally:
            worker.send_signal(signal.SIGTERM)
            await asyncio.to_thread(worker.wait, 15)
        times = [at for at, _ in receiver.times]
        seconds = max(times) - min(times)
        async with services.get(Database).transaction() as db:
            await db.execute("DELETE FROM webhook_deliveries")
            await db.execute("DELETE FROM webhook_endpoints")
        return receiver.wanted / seconds, seconds


def _worker(url: str) -> subprocess.Popen[str]:
    worker = subprocess.Popen(
        [
            "taskset", "-c", str(SERVER_CORE), sys.executable, "-m", "wattyard", "worker",
            "--database", url,
        ],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "WATTYARD_LOG_LEVEL": "error",
             "WATTYARD_ENCRYPTION_KEY": ENCRYPTION_KEY},
    )  # fmt: skip
    assert worker.stdout
    assert "ready" in worker.stdout.readline()
    return worker


async def _latency(url: str) -> None:
    """Change a customer some 25 times a second, and wait for each to arrive.

    The first webhook of a process makes the server's key and loads the HTTP client; those after
    it are what receivers see.
    """
    account, secret, _ = await asyncio.to_thread(fleets.build, url, 1, quiet=True)
    with wattyard(url) as (address, _):
        headers = await asyncio.to_thread(_log_in, address, account, secret)
        async with _receiver() as receiver:
            body = {"url": receiver.url("ok"), "event_types": ["customer.*"]}
            await asyncio.to_thread(_post, address, "/webhook-endpoints", headers, body)
            first = await _arrival_of_first(receiver, address, headers)
            told: dict[str, float] = {}
            for _ in range(200):
                made = await asyncio.to_thread(_post, address, "/customers", headers, {})
                told[made["id"]] = time.perf_counter()
                await asyncio.sleep(0.03)
            receiver.wanted = len(told)
            if len(receiver.times) < len(told):
                await asyncio.wait_for(receiver.done.wait(), 60)
        waits = sorted(
            max(0.0, at - told[json.loads(event)["data"]["id"]]) for at, event in receiver.times
        )
    p95_ms = waits[int(len(waits) * 0.95)] * 1000
    print(f"   the first webhook of a process took {first * 1000:.0f} ms")
    print(f"   from the answer to the receiver: median {statistics.median(waits) * 1000:.1f} ms")
    verdict("commit to receiver, p95 ms", p95_ms, "<= 1,000", met=p95_ms <= 1000)


async def _arrival_of_first(receiver: _Receiver, address: str, headers: dict[str, str]) -> float:
    """Change one customer and wait for it to arrive; gives the seconds, and forgets it."""
    receiver.wanted = 1
    await asyncio.to_thread(_post, address, "/customers", headers, {})
    answered = time.perf_counter()
    await asyncio.wait_for(receiver.done.wait(), 60)
    waited = receiver.times[0][0] - answered
    receiver.times.clear()
    receiver.done.clear()
    return waited


def _log_in(address: str, account: str, secret: str) -> dict[str, str]:
    basic = base64.b64encode(f"{account}:{secret}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}"}
    return {"Authorization": f"Bearer {_post(address, '/auth/tokens', headers)['bearer_token']}"}


def _post(address: str, path: str, headers: dict[str, str], body: object = None) -> dict[str, str]:
    connection = HTTPConnection(address.removeprefix("http://"))
    all_headers = {**headers, "Content-Type": "application/json"}
    connection.request("POST", path, None if body is None else json.dumps(body), all_headers)
    made: dict[str, str] = json.loads(connection.getresponse().read())
    connection.close()
    return made
