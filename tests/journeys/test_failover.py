"""A server whose address names several databases, while one waits in vain for its standby, dies, or
is stopped: what its clients see, and that nothing acknowledged is lost."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.journeys.test_webhooks import Hook, all_events
from tests.support.clusters import Pair, PostgresServer, pair, url_of, wait_for
from tests.support.made import Made
from tests.support.process import Server
from tests.support.torture import PLACE, Load, check
from wattyard.platform.db import Database
from wattyard.platform.db.health import complaints

RECOVERED_SECONDS = 15.0 if "WATTYARD_TORTURE_KILLS" in os.environ else 60.0
"""A machine that runs other tests beside may take longer, but not until a connection times out."""
PATIENCE_SECONDS = 5.0
"""Longer than a call takes until it waits for the standby, also on such a machine."""


@pytest.fixture
def hook() -> Iterator[Hook]:
    receiver = Hook()
    yield receiver
    receiver.close()


@contextmanager
def third(servers: Pair, folder: Path) -> Iterator[PostgresServer]:
    """A server that follows once the second one is the primary."""
    server = PostgresServer(folder / "third")
    try:
        yield server
    finally:
        server.kill()


def health(client: httpx.Client) -> tuple[int, int]:
    live, ready = (client.get(f"/health/{which}").status_code for which in ("live", "ready"))
    return live, ready


def complaints_of_standbys(servers: Pair) -> list[str]:
    """What the doctor says of standbys."""

    async def found() -> list[str]:
        database = Database(servers.first.url, connections=1)
        await database.open()
        try:
            return await complaints(database)
        finally:
            await database.close()

    return [one for one in asyncio.run(found()) if "standby" in one]


def check_what_is_not_on_the_standby_is_not_acknowledged(
    servers: Pair, server: Server, client: httpx.Client
) -> None:
    """Not by the answer of a commit, and not by an answer that was kept for its key either."""

    def post() -> httpx.Response | None:
        """Create with a key, and wait a while: the answer, if one came."""
        headers = {**client.headers, "Idempotency-Key": "in vain"}
        try:
            return httpx.post(
                f"{server.address}/sites",
                json={**PLACE, "reference_id": "once"},
                headers=headers,
                timeout=PATIENCE_SECONDS,
            )
        except httpx.TimeoutException:
            return None

    servers.second.freeze()
    assert post() is None
    wait_for(lambda: health(client) == (200, 503))
    assert "standby" in client.get("/health/ready").json()["message"]
    servers.first.kill()
    servers.first.start()  # what was committed is seen now, and only here
    found = "SELECT count(*) FROM idempotency_keys WHERE key = 'in vain'"
    wait_for(lambda: servers.first.ask(found) == 1)
    for _ in range(2):
        answer = post()
        assert answer is None or answer.status_code in (409, 503), answer.text
    servers.second.thaw()
    wait_for(lambda: (answer := post()) is not None and answer.status_code == 201)
    answer = post()
    assert answer is not None
    assert answer.headers["idempotent-replayed"] == "true"
    wait_for(lambda: health(client) == (200, 200))


def test_standbys_take_over_and_nothing_acknowledged_is_lost(
    made: Made, tmp_path: Path, hook: Hook
) -> None:
    with pair(made, tmp_path) as servers, third(servers, tmp_path) as last:
        (complaint,) = complaints_of_standbys(servers)
        assert "(second) follows asynchronously" in complaint
        assert "synchronous_standby_names" in complaint
        servers.replicate_synchronously()
        assert complaints_of_standbys(servers) == []
        url = url_of([servers.first, servers.second, last])
        options = ("--database", url)
        with Server(
            tmp_path / "unused",
            *options,
            rate_limit=0,
            webhook_allow="127.0.0.0/8",
            settings=servers.settings,
        ) as server:
            client = server.client(servers.account["account_id"], servers.key)
            client.post("/webhook-endpoints", json={"url": hook.url, "event_types": ["site.*"]})
            check_what_is_not_on_the_standby_is_not_acknowledged(servers, server, client)
            load = Load(server, client)
            try:
                load.goes_on()
                servers.first.kill()
                wait_for(lambda: health(client) == (200, 503))
                assert client.get("/sites").status_code == 503
                servers.second.promote()
                assert load.goes_on() < RECOVERED_SECONDS

                last.base_backup_of(servers.second)
                last.start()
                servers.second.wait_for_standby(last.name)
                load.goes_on()
                servers.second.freeze()  # its machine is gone: nothing closes a connection
                last.promote()
                assert load.goes_on() < RECOVERED_SECONDS
                wait_for(lambda: health(client) == (200, 200))
            finally:
                load.stop()
            check(client, load.crew)
            told = {event["id"] for event in all_events(client) if "site." in event["type"]}
            wait_for(lambda: told <= {event["id"] for event in [*hook.events]})
