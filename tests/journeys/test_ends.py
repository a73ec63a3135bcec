"""How a server ends and how its workers are replaced, without a request lost."""

import asyncio
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import asyncpg
import httpx
import psutil

from tests.support.made import Made
from tests.support.process import ENCRYPTION_KEY, WATTYARD, Server
from wattyard.platform.db import schema

SLOW_START_SECONDS = 5.5
"""Longer than uvicorn waits for a worker by itself."""


def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def status(server: Server, path: str) -> int:
    return httpx.get(server.address + path, timeout=60).status_code


def test_a_server_that_drains_answers_but_is_not_ready(made: Made, tmp_path: Path) -> None:
    made.data(tmp_path)
    with Server(tmp_path, "--drain-seconds", "60") as server:
        assert status(server, "/health/ready") == 200
        os.kill(server.process.pid, signal.SIGTERM)
        eventually(lambda: status(server, "/health/ready") == 503)
        assert status(server, "/health/live") == 200
        assert server.stop(signal.SIGTERM) == 0  # the second one is meant


def test_the_workers_of_a_node_drain_too(made: Made, tmp_path: Path) -> None:
    made.data(tmp_path)
    with Server(tmp_path, "--workers", "2", "--drain-seconds", "3600") as server:
        os.kill(server.process.pid, signal.SIGTERM)
        eventually(lambda: status(server, "/health/ready") == 503)
        assert status(server, "/health/live") == 200
        assert server.stop(signal.SIGTERM) == 0  # the second one is meant for them, too


def workers(server: Server) -> set[int]:
    """The processes that serve; one that has just ended has no command line any more."""
    found = set()
    for child in psutil.Process(server.process.pid).children():
        with suppress(psutil.Error):
            if "spawn_main" in " ".join(child.cmdline()):
                found.add(child.pid)
    return found


def test_a_worker_that_starts_slowly_is_waited_for(made: Made, tmp_path: Path) -> None:
    made.data(tmp_path)
    with Server(tmp_path, "--workers", "2") as server:
        old = workers(server)
        os.kill(server.process.pid, signal.SIGHUP)
        eventually(lambda: bool(workers(server) - old))
        (slow,) = workers(server) - old
        os.kill(slow, signal.SIGSTOP)
        time.sleep(SLOW_START_SECONDS)
        os.kill(slow, signal.SIGCONT)
        eventually(lambda: len(workers(server)) == 2 and not workers(server) & old)
        assert slow in workers(server)
        assert status(server, "/health/ready") == 200


def test_a_worker_that_dies_after_a_migration_is_replaced(
    made: Made, postgres: str, worker_id: str, tmp_path: Path
) -> None:
    url = made.database(postgres, f"ends_{worker_id}")
    with Server(tmp_path / "unused", "--database", url, "--workers", "2") as server:
        eventually(lambda: len(workers(server)) == 2)
        old = workers(server)
        asyncio.run(_expand(url))
        for worker in old:
            os.kill(worker, signal.SIGKILL)
        eventually(lambda: not workers(server) & old)
        ready = httpx.get(f"{server.address}/health/ready", timeout=60)  # by a new one
        assert ready.status_code == 200
        assert server.process.poll() is None
        assert server.stop() == 0


def test_requests_are_logged_while_a_server_runs_and_the_last_ones_when_it_ends(
    made: Made, postgres: str, worker_id: str, tmp_path: Path
) -> None:
    """A server that is killed loses what came since the last batch, and one that ends nothing."""
    url = made.database(postgres, f"ends_{worker_id}")
    created = subprocess.run(
        [*WATTYARD, "account", "create", "--name", "a maker", "--json", "--database", url],
        env={**os.environ, "WATTYARD_ENCRYPTION_KEY": ENCRYPTION_KEY},
        capture_output=True,
        check=True,
    )
    account = json.loads(created.stdout)
    logged = "SELECT count(*) FROM requests WHERE operation = 'customer_create'"
    with Server(tmp_path / "unused", "--database", url) as server:
        client = server.client(account["account_id"], account["keys"]["test"])
        assert client.post("/customers", json={}).status_code == 201
        eventually(lambda: asyncio.run(_value(url, logged)) == 1)
        assert client.post("/customers", json={}).status_code == 201
        assert server.stop() == 0
    assert asyncio.run(_value(url, logged)) == 2


async def _value(url: str, question: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def _expand(url: str) -> None:
    """Do as the migration of a later release does that works with this one."""
    connection = await asyncpg.connect(url)
    await connection.execute("UPDATE alembic_version SET version_num = '9999'")
    await connection.execute(
        "INSERT INTO schema_revisions VALUES ('9999', $1)", schema.newest_revision()
    )
    await connection.close()
