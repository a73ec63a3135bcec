"""Hostile bytes of every kind at the front: little memory, and others are answered meanwhile.

Two mebibytes of each kind here; `make attack` sends a gibibyte in all.
"""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest

from tests.support.attackers import Attack, Memory, attacks, sent
from tests.support.made import Made
from tests.support.process import Server

MIB = 2**20
LIMIT_MIB = 50
KINDS = [attack.name for attack in attacks("token")]
EACH_SECONDS = 60 if "WATTYARD_ATTACK_MIB" in os.environ else 5
"""Requests that can be answered are sent for so long at most."""
EACH_BYTES = int(
    float(os.environ.get("WATTYARD_ATTACK_MIB", str(2 * len(KINDS)))) * MIB / len(KINDS)
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("attack") / "data"


@pytest.fixture(scope="module")
def account(made: Made, data: Path) -> Any:
    return made.data(data)


@pytest.fixture(scope="module")
def server(data: Path, account: Any) -> Iterator[Server]:
    with Server(data, rate_limit=0) as server:
        client = server.client(account["account_id"], account["keys"]["test"])
        for _ in range(200):  # what is loaded with the first calls is not the attack's
            client.get("/sites")
        yield server


@pytest.fixture
def client(server: Server, account: Any) -> httpx.Client:
    return server.client(account["account_id"], account["keys"]["test"])


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_bytes_take_little_memory_and_others_are_answered(
    server: Server, client: httpx.Client, kind: str
) -> None:
    token = client.headers["Authorization"].removeprefix("Bearer ")
    (attack,) = [one for one in attacks(token) if one.name == kind]
    with Memory(server.process.pid) as memory:
        statuses = answered_during(client, server.address, attack)
    assert set(statuses) == {200}
    assert memory.growth_mib <= LIMIT_MIB, f"{memory.growth_mib:.0f} MiB"


def answered_during(client: httpx.Client, address: str, attack: Attack) -> list[int]:
    """Attack, again and again until all is sent, and ask for something else meanwhile."""
    done = threading.Event()

    def send_all() -> None:
        left, until = EACH_BYTES, monotonic() + EACH_SECONDS
        try:
            while left > 0 and monotonic() < until:
                left -= max(sent(address, attack, left, until=until), 64 * 1024)
        finally:
            done.set()

    attacker = threading.Thread(target=send_all, daemon=True)
    attacker.start()
    statuses = [client.get("/sites").status_code]
    while not done.is_set():
        statuses.append(client.get("/sites").status_code)
    attacker.join()
    return statuses


def test_a_server_that_keeps_what_it_is_sent_is_found() -> None:
    """The memory of this very process, while it keeps 80 MiB."""
    with Memory(os.getpid()) as memory:
        kept = bytearray(80 * MIB)
        kept[::4096] = b"x" * len(kept[::4096])
        while memory.growth_mib < LIMIT_MIB:
            pass
    assert memory.growth_mib > LIMIT_MIB
