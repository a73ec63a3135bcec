"""An account moves between two cells under load: nothing is lost, nothing happens twice."""

import asyncio
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest

from tests.support import routing
from tests.support.cells import Cells, asked, number, share_secrets, two_cells
from tests.support.clusters import PostgresServer
from tests.support.made import Made
from tests.support.process import Server
from tests.support.receivers import Receiver
from tests.support.world import basic

LONG = "WATTYARD_TORTURE_KILLS" in os.environ
KILLS = int(os.environ.get("WATTYARD_TORTURE_KILLS", "0"))
SEED = int(os.environ.get("WATTYARD_TORTURE_SEED", "1"))
MOVE_SECONDS = 12.0
"""Longer than a move takes, with the purge after it."""
SECONDS_BESIDE = 25.0 if LONG else 0.0
WRITTEN_BESIDE = 20
"""How long and how much is written before and after each move: 60 s and more with two moves in the
long form."""
PLACE = {"timezone": "Europe/Paris", "currency_code": "EUR"}


@dataclass
class Ledger:
    """What the API said, as its clients saw it."""

    address: str
    account: Any
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    followed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the stream of events has begun."""
    acknowledged: dict[str, str] = field(default_factory=dict)
    refused: list[float] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    @property
    def secret(self) -> str:
        return str(self.account["keys"]["test"])

    async def write(self, name: str, headers: dict[str, str]) -> None:
        """Make sites, one after the other, each until it is acknowledged."""
        async with httpx.AsyncClient(base_url=self.address, timeout=60, headers=headers) as http:
            made = 0
            while not self.stop.is_set():
                made += 1
                await self._make(http, f"{name}-{made}")

    async def _make(self, http: httpx.AsyncClient, reference: str) -> None:
        body = {**PLACE, "reference_id": reference}
        while True:
            answer = await http.post(
                "/sites", json=body, headers={"Idempotency-Key": f"key {reference}"}
            )
            if answer.status_code == 201:
                self.acknowledged[reference] = answer.json()["id"]
                return
            if answer.status_code == 503 and answer.headers["retry-after"] == "1":
                self.refused.append(monotonic())
                assert answer.json()["code"] == "account_moving", answer.text
            else:
                self.others.append(f"{answer.status_code} {answer.text}")
            await asyncio.sleep(0.05)

    async def goes_on(self) -> None:
        """Wait while more is written."""
        wanted = len(self.acknowledged) + WRITTEN_BESIDE
        await asyncio.sleep(SECONDS_BESIDE)
        async with asyncio.timeout(60):
            while len(self.acknowledged) < wanted:  # noqa: ASYNC110 (filled by others)
                await asyncio.sleep(0.05)

    def longest_pause(self) -> float:
        """For how long calls were refused at most, move by move."""
        pauses, begun = [0.0], None
        for earlier, later in zip([None, *self.refused], self.refused, strict=False):
            if begun is None or earlier is None or later - earlier > 1:
                begun = later
            pauses.append(later - begun)
        return max(pauses)

    async def follow(self, headers: dict[str, str], seen: list[str]) -> None:
        """Follow the events from the first on, and resume where the stream ended."""
        async with httpx.AsyncClient(base_url=self.address, timeout=60, headers=headers) as http:
            while True:
                resumed = {"Last-Event-ID": seen[-1]} if seen else {}
                async with http.stream("GET", "/events/stream", headers=resumed) as answer:
                    if answer.status_code == 200:
                        async for line in answer.aiter_lines():
                            self.followed.set()
                            seen.extend(line[4:] for _ in range(line.startswith("id: ")))
                await asyncio.sleep(0.05)


@pytest.fixture
def cells(made: Made, tmp_path: Path) -> Iterator[Cells]:
    with two_cells(made, tmp_path) as both:
        asyncio.run(number(both))
        asyncio.run(share_secrets(both))
        yield both


@pytest.fixture
def nodes(cells: Cells, tmp_path: Path) -> Iterator[list[Server]]:
    """A node of each cell."""
    given = {"rate_limit": 0, "webhook_allow": "127.0.0.0/8", "settings": cells.settings}
    with (
        Server(tmp_path / "unused", "--database", cells.first.url, **given) as first,
        Server(tmp_path / "unused", "--database", cells.second.url, **given) as second,
    ):
        yield [first, second]


async def test_an_account_moves_under_load_and_nothing_is_lost_or_done_twice(
    cells: Cells, nodes: list[Server], tmp_path: Path
) -> None:
    code = cells.account["account_id"][20:]
    lines = f"c0 cell_c0\nc1 cell_c1\n{code} cell_c0\n"
    seen: list[str] = []
    home = cells.first if LONG else cells.second
    async with (
        Receiver() as receiver,
        routing.proxy(tmp_path, [node.address for node in nodes], lines) as address,
    ):
        ledger = Ledger(address, cells.account)
        async with working(ledger, receiver, seen, home) as by_token:
            await ledger.goes_on()
            await moved(cells, tmp_path, "first", "second")
            await ledger.goes_on()
            if LONG:
                await moved(cells, tmp_path, "second", "first")
                await ledger.goes_on()
        await check_sites(ledger, home)
        await check_events(ledger, home, receiver, seen, by_token)


@pytest.mark.skipif(not KILLS, reason="takes minutes: `make torture`")
async def test_a_move_that_is_killed_at_any_moment_loses_nothing_and_does_nothing_twice(
    cells: Cells, nodes: list[Server], tmp_path: Path
) -> None:
    """Each is killed with -9 at random, and then undone or run again, while clients write."""
    code = cells.account["account_id"][20:]
    lines = f"c0 cell_c0\nc1 cell_c1\n{code} cell_c0\n"
    moments, seen = random.Random(SEED), list[str]()
    here, there = "first", "second"
    async with (
        Receiver() as receiver,
        routing.proxy(tmp_path, [node.address for node in nodes], lines) as address,
    ):
        ledger = Ledger(address, cells.account)
        async with working(ledger, receiver, seen, cells.first) as by_token:
            for _ in range(KILLS):
                await killed(cells, tmp_path, here, there, moments.uniform(0, MOVE_SECONDS))
                undone = moments.random() < 0.3
                if undone and await ended(cells, tmp_path, here, there, "--abort") == 0:
                    continue
                await moved(cells, tmp_path, here, there)
                here, there = there, here
            if here == "second":
                await moved(cells, tmp_path, here, there)
        ledger.refused.clear()  # calls are refused from a kill in the switch to the next run
        await check_sites(ledger, cells.first)
        await check_events(ledger, cells.first, receiver, seen, by_token)


@asynccontextmanager
async def working(
    ledger: Ledger, receiver: Receiver, seen: list[str], home: PostgresServer
) -> AsyncIterator[dict[str, str]]:
    """Write in three forms of credentials, and follow the events, beside the block."""
    account_id, secret = ledger.account["account_id"], ledger.secret
    key = {"Authorization": f"Bearer {secret}"}
    async with httpx.AsyncClient(base_url=ledger.address, timeout=60, headers=key) as http:
        made = await http.post(
            "/webhook-endpoints", json={"url": receiver.url, "event_types": ["site.create"]}
        )
        assert made.status_code == 201, made.text
        token = (await http.post("/auth/tokens")).json()["bearer_token"]
    by_token = {"Authorization": f"Bearer {token}"}
    forms = {"token": by_token, "key": key, "basic": {"Authorization": basic(account_id, secret)}}
    follower = asyncio.create_task(ledger.follow(by_token, seen))
    await asyncio.wait_for(ledger.followed.wait(), 60)  # what is older is not in the stream
    writers = [asyncio.create_task(ledger.write(*form)) for form in forms.items()]
    try:
        yield by_token
        ledger.stop.set()
        await asyncio.gather(*writers)
        async with asked(home) as db:
            events = await db.fetchval("SELECT count(*) FROM events")
        made = len(ledger.acknowledged)
        until = time.monotonic() + 150  # a delivery may be tried twice more, after 30 and 60 s
        while len(receiver.received) < made or len(seen) < events:
            told = f"{len(receiver.received)} of {made} webhooks, {len(seen)} of {events} events"
            assert time.monotonic() < until, told
            await asyncio.sleep(0.1)
    finally:
        for task in (follower, *writers):
            task.cancel()


async def moved(cells: Cells, folder: Path, source: str, target: str) -> None:
    """Move the account by the command, and purge it where it was."""
    assert await ended(cells, folder, source, target, *(["--purge"] if LONG else [])) == 0


async def ended(cells: Cells, folder: Path, source: str, target: str, *options: str) -> int:
    """Run the command to its end: its exit code."""
    return await (await begun(cells, folder, source, target, *options)).wait()


async def killed(cells: Cells, folder: Path, source: str, target: str, seconds: float) -> None:
    """Kill the command after some seconds, unless it has ended by then."""
    process = await begun(cells, folder, source, target, "--purge")
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await process.wait()
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()


async def begun(
    cells: Cells, folder: Path, source: str, target: str, *options: str
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "wattyard", "account", "move", cells.account["account_id"]),
        *("--database", getattr(cells, source).url, "--to", getattr(cells, target).url),
        *("--haproxy", str(folder / "admin.sock"), "--map", str(folder / "cells.map")),
        *options,
        env={**os.environ, **cells.settings},
    )


async def check_sites(ledger: Ledger, home: PostgresServer) -> None:
    """Every site that was acknowledged is there once, and no other; calls were refused briefly."""
    assert ledger.others == []
    assert len(ledger.acknowledged) >= 2 * WRITTEN_BESIDE
    async with asked(home) as db:
        rows = await db.fetch("SELECT reference_id, id FROM sites WHERE reference_id LIKE '%-%'")
    assert sorted((row["reference_id"], f"ste_{row['id'].hex}") for row in rows) == sorted(
        ledger.acknowledged.items()
    )
    if LONG:  # a machine that runs other tests beside takes as long as it likes
        assert ledger.longest_pause() < 2


async def check_events(
    ledger: Ledger,
    home: PostgresServer,
    receiver: Receiver,
    seen: list[str],
    by_token: dict[str, str],
) -> None:
    """Every site's event was streamed once, in order, and delivered once."""
    async with asked(home) as db:
        rows = await db.fetch("SELECT id, type FROM events ORDER BY sequence")
    events = [f"evt_{row['id'].hex}" for row in rows]
    assert seen == events
    made = [id_ for id_, row in zip(events, rows, strict=True) if row["type"] == "site.create"]
    assert len(made) == len(ledger.acknowledged)
    delivered = [event["id"] for event in receiver.of("site.create")]
    assert sorted(delivered) == sorted(made)
    async with httpx.AsyncClient(base_url=ledger.address, headers=by_token) as http:
        assert (await http.get("/sites")).status_code == 200
