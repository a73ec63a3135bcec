"""Two nodes and two workers on one database: what one of them did counts at the other."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import pytest

from tests.journeys.test_webhooks import Ground, Hook
from tests.support.balancer import Balancer
from tests.support.clusters import wait_for
from tests.support.made import Made
from tests.support.process import Server, run

NODE = ("--no-worker", "--drain-seconds", "1")
CHANGES = 25


class Fleet:
    """The nodes and workers of a database, and clients of each node."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.nodes = [self._node() for _ in range(2)]
        self.workers = [ground.worker() for _ in range(2)]

    def _node(self) -> Server:
        return Server(self.ground.data, *NODE, rate_limit=0, webhook_allow="127.0.0.0/8")

    def clients(self) -> list[httpx.Client]:
        """A client of each node."""
        return [self.ground.client(node) for node in self.nodes]

    def restart(self, number: int) -> Server:
        """End a node in order, and start another one in its place."""
        node = self.nodes[number]
        assert node.stop() == 0
        for client in node._clients:
            client.close()
        self.nodes[number] = self._node()
        return self.nodes[number]

    def stop(self) -> None:
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            assert worker.wait(60) == 0
            assert worker.stdout
            worker.stdout.close()
        for node in self.nodes:
            with node:
                pass


@pytest.fixture(scope="module")
def fleet(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    data = tmp_path_factory.mktemp("two-nodes") / "data"
    found = Fleet(Ground(data, made.data(data)))
    yield found
    found.stop()


def test_a_key_that_was_revoked_is_refused_at_every_node(fleet: Fleet) -> None:
    one, two = fleet.clients()
    options = ("--account", fleet.ground.account, "--mode", "test", "--name", "lost")
    key = run("key", "create", *options, data=fleet.ground.data)
    headers = {"Authorization": f"Bearer {key['secret_key']}"}
    for client in (one, two):
        assert client.get("/sites?limit=1", headers=headers).status_code == 200
    run("key", "revoke", key["id"], data=fleet.ground.data)

    def refused(client: httpx.Client) -> bool:
        answer = client.get("/sites?limit=1", headers=headers)
        return answer.status_code == 401 and answer.json()["code"] == "key_revoked"

    for client in (one, two):
        wait_for(lambda client=client: refused(client))


def test_one_key_at_two_nodes_does_its_work_once(fleet: Fleet) -> None:
    clients = fleet.clients()
    for number in range(10):
        headers, body = {"Idempotency-Key": f"key-{number}"}, {"reference_id": f"once-{number}"}
        with ThreadPoolExecutor(2) as pool:
            sent = [
                pool.submit(client.post, "/customers", json=body, headers=headers)
                for client in clients
            ]
        answers = [one.result() for one in sent]
        codes = sorted(answer.status_code for answer in answers)
        assert codes in ([201, 201], [201, 409])
        done = [answer.json()["id"] for answer in answers if answer.status_code == 201]
        assert len(set(done)) == 1
        made = clients[0].get("/customers", params=body).json()["data"]
        assert [one["id"] for one in made] == [done[0]]


@contextmanager
def streamed(client: httpx.Client) -> Iterator[list[Any]]:
    """Follow the stream of a node: the events that came."""
    came: list[Any] = []
    begun = threading.Event()

    def follow() -> None:
        with suppress(httpx.TransportError), client.stream("GET", "/events/stream") as stream:
            for line in stream.iter_lines():
                begun.set()
                if line.startswith("data: "):
                    came.append(json.loads(line.removeprefix("data: ")))

    thread = threading.Thread(target=follow)
    thread.start()
    assert begun.wait(60)
    try:
        yield came
    finally:
        client.close()
        thread.join(60)


def changes_seen(events: list[Any], customer: str) -> list[int]:
    """How many changes each event of a customer shows, in the order in which they first came."""
    seen = {one["id"]: one["data"] for one in events if one["data"]["id"] == customer}
    return [sum(int(step) for step in data["metadata"].values()) for data in seen.values()]


def test_events_of_both_nodes_come_in_order_to_streams_and_receivers(fleet: Fleet) -> None:
    hook = Hook()
    clients = fleet.clients()
    endpoint = clients[0].post(
        "/webhook-endpoints", json={"url": hook.url, "event_types": ["customer.update"]}
    )
    customers = [clients[0].post("/customers", json={}).json()["id"] for _ in range(3)]

    def change(number: int) -> None:
        for step in range(CHANGES):
            for customer in customers:
                body = {"metadata": {f"node {number}": str(step + 1)}}
                assert clients[number].patch(f"/customers/{customer}", json=body).status_code == 200

    expected = list(range(1, 2 * CHANGES + 1))  # the database has one order of changes
    with streamed(fleet.clients()[1]) as came:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(change, range(2)))
        for customer in customers:
            for events in (hook.events, came):  # at least once each
                wait_for(
                    lambda events=events, customer=customer: (
                        len(changes_seen([*events], customer)) >= len(expected)
                    )
                )
            assert changes_seen(hook.events, customer) == expected
            updates = [one for one in [*came] if one["type"] == "customer.update"]
            assert changes_seen(updates, customer) == expected
    clients[0].delete(f"/webhook-endpoints/{endpoint.json()['id']}")
    hook.close()


class Load:
    """Callers through an address, who keep their connections, until they are stopped."""

    def __init__(self, address: str, headers: dict[str, str], callers: int = 3) -> None:
        self.answered = 0
        self.failed: list[str] = []
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._call, args=(address, headers)) for _ in range(callers)
        ]
        for thread in self._threads:
            thread.start()

    def _call(self, address: str, headers: dict[str, str]) -> None:
        with httpx.Client(base_url=address, headers=headers, timeout=60) as client:
            while not self._stop.is_set():
                for method, path in (("POST", "/customers"), ("GET", "/sites?limit=5")):
                    try:
                        answer = client.request(method, path, json={} if method == "POST" else None)
                    except httpx.TransportError as fault:
                        self.failed.append(repr(fault))
                        continue
                    if answer.status_code not in (200, 201):
                        self.failed.append(answer.text)
                    self.answered += 1

    def goes_on(self) -> None:
        """Wait until some more was answered."""
        before = self.answered
        wait_for(lambda: self.answered > before + 20)

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)


def test_nodes_are_restarted_one_by_one_and_no_request_fails(fleet: Fleet) -> None:
    headers = dict(fleet.clients()[0].headers)
    with Balancer([node.address for node in fleet.nodes]) as balancer:
        load = Load(balancer.address, {"Authorization": headers["authorization"]})
        try:
            for number in range(2):
                load.goes_on()
                former = fleet.nodes[number].address
                present = fleet.restart(number).address
                balancer.replace(former, present)
                wait_for(lambda address=present: balancer.is_ready(address))
            load.goes_on()
        finally:
            load.stop()
    assert load.failed == []
