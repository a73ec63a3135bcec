"""What the request log costs the server: a read that succeeds, and a write that is logged."""

import asyncio
import time
import uuid
from collections.abc import Callable

import httpx
import psutil

from benchmarks.support import fleets
from benchmarks.support.ground import OTHER_CORE, Ground, medians, pin, verdict
from benchmarks.support.load import requests_per_second
from benchmarks.support.servers import wattyard
from wattyard import app
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.instants import system_clock
from wattyard.platform.composition import Contributions
from wattyard.platform.db import Database, schema
from wattyard.platform.embedded import EmbeddedDatabase
from wattyard.platform.http import Answer, Call
from wattyard.platform.http.front import CallWatch

_CALLS = 100_000


def run(ground: Ground) -> None:
    """Measure `GET /sites` with the log and without, and what the log does by itself."""
    read, write = (asyncio.run(_microseconds(*one)) for one in (("GET", 200), ("POST", 201)))
    verdict("the log's part of a read, µs", read, "<= 2", met=read <= 2)
    verdict("the log's part of a write, µs", write, "<= 30", met=write <= 30)
    embedded = EmbeddedDatabase(ground.folder / "request-log")
    with embedded.lease() as url:
        postmaster = (embedded.data / "postgres" / "postmaster.pid").read_text().split("\n")[0]
        pin(int(postmaster), OTHER_CORE)
        schema.migrate(url)
        account, secret, _ = fleets.build(url, 10_000)
        with (
            wattyard(url, settings={"WATTYARD_REQUEST_LOG": "none"}) as off,
            wattyard(url) as on,
            wattyard(url, settings={"WATTYARD_REQUEST_LOG": "all"}) as all_,
        ):
            answer = httpx.post(f"{on[0]}/auth/tokens", auth=(account, secret)).json()
            headers = {"Authorization": f"Bearer {answer['bearer_token']}"}

            def spent(server: tuple[str, int]) -> Callable[[], float]:
                return lambda: _spent(*server, ground.seconds, headers)

            found = medians(
                2 * ground.rounds,
                {"none": spent(off), "errors and writes": spent(on), "all": spent(all_)},
            )
    times = found["errors and writes"] / found["none"]
    verdict("GET /sites with the log / without", times, "<= 1.02", met=times <= 1.02)
    times = found["all"] / found["none"]
    verdict("… where reads are logged too", times, "<= 1.25", met=times <= 1.25)


def _spent(address: str, pid: int, seconds: float, headers: dict[str, str]) -> float:
    """Microseconds of the processor that the server spends for a page, whoever else runs."""
    process = psutil.Process(pid)
    before = process.cpu_times()
    rate = requests_per_second(f"{address}/sites?limit=30", seconds, headers)
    after = process.cpu_times()
    spent = after.user + after.system - before.user - before.system
    return spent / (rate * seconds) * 1_000_000


async def _microseconds(method: str, status: int) -> float:
    """How much time of the processor the log takes for a call that was answered so."""
    services = app.services(Database("postgresql://nowhere.invalid/x"))
    (watch,) = services[Contributions[CallWatch]]
    operation = "site_list" if method == "GET" else "site_create"
    call = _call(method, operation, status)
    started = time.process_time()
    for _ in range(_CALLS):
        watch.finished(call)
    return (time.process_time() - started) / _CALLS * 1_000_000


def _call(method: str, operation: str, status: int) -> Call:
    async def nothing(*_: object) -> None: ...

    scope = {
        "method": method,
        "path": "/sites",
        "query_string": b"limit=30",
        "headers": [],
        "client": ("192.0.2.7", 1),
    }
    request_id = ids.wire("req", uuid.uuid4())
    call = Call(scope, nothing, nothing, request_id, system_clock())  # type: ignore[arg-type]  # neither is called
    call.caller = Caller(7, uuid.uuid4(), live_mode=False)
    call.operation, call.status = operation, status
    call.answered = Answer(b"{}", status)
    call.begun_body = call.kept_body = b'{"postal_address":{"city":"Leeds","country_code":"GB"}}'
    return call
