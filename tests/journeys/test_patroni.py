"""Patroni keeps the database: the primary is killed again and again while writers write.

Needs `patroni` and `etcd` (requirements/torture.txt); a long form is under `make torture`.
"""

import os
import random
import sys
import time
from pathlib import Path
from statistics import median

import httpx
import pytest

from tests.journeys.test_webhooks import Hook, all_events
from tests.support.clusters import wait_for
from tests.support.patroni import Cluster, cluster, missing_programs
from tests.support.process import ENCRYPTION_KEY, Server, run
from tests.support.torture import Load, check

KILLS = int(os.environ.get("WATTYARD_TORTURE_KILLS", "0"))
SEED = int(os.environ.get("WATTYARD_TORTURE_SEED", "1"))
BACK_SECONDS = 15.0

pytestmark = [
    pytest.mark.skipif(not KILLS, reason="takes minutes: `make torture`"),
    pytest.mark.skipif(bool(missing_programs()), reason=f"needs {missing_programs()}"),
]


def killed(found: Cluster, load: Load, client: httpx.Client) -> float:
    """Kill the primary: after how many seconds the next write is acknowledged."""
    primary = found.primary()
    assert primary is not None
    primary.kill_database()
    begun = time.monotonic()
    assert client.get("/health/live").status_code == 200
    before = load.acknowledged
    wait_for(lambda: load.acknowledged > before)
    return time.monotonic() - begun


def test_a_primary_that_is_killed_again_and_again_loses_nothing(tmp_path: Path) -> None:
    moments = random.Random(SEED)
    hook = Hook()
    times: list[float] = []
    with cluster() as found:
        options = ("--database", found.url)
        settings = {"WATTYARD_ENCRYPTION_KEY": ENCRYPTION_KEY}
        run("migrate", *options, data=tmp_path, settings=settings)
        made = ("account", "create", "--name", "a maker")
        account = run(*made, *options, data=tmp_path, settings=settings)
        allowed = "127.0.0.0/8"
        with Server(tmp_path, *options, rate_limit=0, webhook_allow=allowed) as server:
            client = server.client(account["account_id"], account["keys"]["test"])
            client.post("/webhook-endpoints", json={"url": hook.url, "event_types": ["site.*"]})
            load = Load(server, client)
            try:
                for _ in range(KILLS):
                    wait_for(found.is_whole, 120)
                    load.goes_on(5)
                    time.sleep(moments.uniform(0, 2))
                    times.append(killed(found, load, client))
                    sys.stdout.write(f"back after {times[-1]:.1f} s\n")
                wait_for(lambda: client.get("/health/ready").status_code == 200)
                load.goes_on()
            finally:
                load.stop()
            check(client, load.crew)
            told = {event["id"] for event in all_events(client) if "site." in event["type"]}
            wait_for(lambda: told <= {event["id"] for event in [*hook.events]}, 120)
    hook.close()
    sys.stdout.write(
        f"{KILLS} kills, {load.acknowledged} writes and {len(told)} events, none lost; "
        f"back after {median(times):.1f} s (median), {max(times):.1f} s (longest)\n"
    )
    assert max(times) < BACK_SECONDS, times
