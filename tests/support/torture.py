"""Torture: writers that remember what was acknowledged, while processes are killed with -9."""

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import psutil

from tests.support.clusters import PostgresServer, wait_for
from tests.support.process import Server, run

PLACE = {"timezone": "Europe/Paris", "currency_code": "EUR"}


@dataclass
class Expected:
    """A site as it must be; a value of metadata may be any of those that could have been kept."""

    reference_id: str
    metadata: dict[str, set[str | None]] = field(default_factory=dict)


@dataclass
class Ledger:
    """What a writer was told is done. What it was not told may be there or not."""

    sites: dict[str, Expected] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    perhaps_deleted: set[str] = field(default_factory=set)
    """A database that is killed at the commit of a deletion may keep it: the answer is 503 too."""
    states: dict[str, int] = field(default_factory=dict)
    """Acknowledged states by device."""


class Writer:
    """Creates, changes, reports and deletes until it is stopped, through whatever happens."""

    def __init__(self, number: int, address: str, headers: dict[str, str], seed: int) -> None:
        self.ledger = Ledger()
        self.acknowledged = 0
        """How many writes it was told are done."""
        self.address = address
        self._headers = headers
        self._number = number
        self._count = 0
        self._random = random.Random(seed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(120)

    def _write(self) -> None:
        while not self._stop.is_set():
            with httpx.Client(base_url=self.address, headers=self._headers, timeout=5) as client:
                try:
                    while not self._stop.is_set():
                        self._step(client)
                except httpx.TransportError:
                    time.sleep(0.02)

    def _step(self, client: httpx.Client) -> None:
        choice = self._random.random()
        known = list(self.ledger.sites)
        if choice < 0.4 or not known:
            self._create(client)
        elif choice < 0.6:
            self._change(client, self._random.choice(known))
        elif choice < 0.9:
            self._report(client, self._random.choice(known))
        else:
            self._delete(client, self._random.choice(known))

    def _create(self, client: httpx.Client) -> None:
        """Create with an idempotency key, again and again until an answer comes."""
        self._count += 1
        reference = f"{self._number}-{self._count}"
        device = {"reference_id": reference, "type": "BATTERY_SYSTEM"}
        body = {**PLACE, "reference_id": reference, "devices": [device]}
        while True:
            try:
                answer = client.post("/sites", json=body, headers={"Idempotency-Key": reference})
            except httpx.TransportError:
                if self._stop.is_set():
                    return
                time.sleep(0.02)
                continue
            if answer.status_code == 201:
                self.acknowledged += 1
                site = answer.json()
                self.ledger.sites[site["id"]] = Expected(reference)
                self.ledger.states[site["devices"][0]["id"]] = 0
                return
            assert answer.status_code in (409, 503), answer.text
            time.sleep(0.02)

    def _change(self, client: httpx.Client, site: str) -> None:
        self._count += 1
        name, value = f"k{self._count % 7}", str(self._count)
        possible = self.ledger.sites[site].metadata.setdefault(name, {None})
        possible.add(value)
        answer = client.patch(f"/sites/{site}", json={"metadata": {name: value}})
        if answer.status_code == 200:
            self.acknowledged += 1
            self.ledger.sites[site].metadata[name] = {value}
        else:
            assert answer.status_code == 503, answer.text

    def _report(self, client: httpx.Client, site: str) -> None:
        answer = client.get(f"/sites/{site}")
        if answer.status_code != 200:
            assert answer.status_code == 503, answer.text
            return
        device = answer.json()["devices"][0]["id"]
        self._count += 1
        moment = time.time() - 86_400 + self._count
        body = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment)),
            "state_of_charge_percent": 50,
        }
        kept = client.put(f"/devices/{device}/state", json=body)
        if kept.status_code == 200:
            self.acknowledged += 1
            self.ledger.states[device] += 1
        else:
            assert kept.status_code == 503, kept.text

    def _delete(self, client: httpx.Client, site: str) -> None:
        del self.ledger.sites[site]
        self.ledger.perhaps_deleted.add(site)
        answer = client.delete(f"/sites/{site}")
        if answer.status_code == 200:
            self.acknowledged += 1
            self.ledger.perhaps_deleted.remove(site)
            self.ledger.deleted.add(site)
        else:
            assert answer.status_code == 503, answer.text


class Load:
    """Writers, and how much they were told is done."""

    def __init__(self, server: Server, client: httpx.Client, writers: int = 2) -> None:
        headers = {"Authorization": client.headers["Authorization"]}
        self.crew = [Writer(number, server.address, headers, number) for number in range(writers)]

    @property
    def acknowledged(self) -> int:
        return sum(writer.acknowledged for writer in self.crew)

    def goes_on(self, more: int = 10) -> float:
        """Wait until so many writes more are acknowledged: after how many seconds the first."""
        before = self.acknowledged
        first = wait_for(lambda: self.acknowledged > before)
        wait_for(lambda: self.acknowledged > before + more)
        return first

    def stop(self) -> None:
        for writer in self.crew:
            writer.stop()


class Embedded:
    """The database of a data folder: whoever uses it starts it again."""

    options: tuple[str, ...] = ()
    settings: Mapping[str, str] = MappingProxyType({})

    def __init__(self, data: Path) -> None:
        self._noted = data / "postgres" / "postmaster.pid"

    def kill(self) -> None:
        """Kill it; if it was killed just before, once it has started again."""
        wait_for(self._killed)

    def _killed(self) -> bool:
        with suppress(FileNotFoundError, IndexError, psutil.NoSuchProcess):
            process = psutil.Process(int(self._noted.read_text().splitlines()[0]))
            if str(self._noted.parent) in process.cmdline():  # a zombie has none
                process.kill()
                return True
        return False


class Outside:
    """A database of its own, which is started again at once."""

    def __init__(self, server: PostgresServer, settings: Mapping[str, str]) -> None:
        self.options = ("--database", server.url)
        self.settings = settings
        self._server = server

    def kill(self) -> None:
        self._server.kill()
        self._server.start()


def torture(
    data: Path,
    account: Any,
    *,
    kills: int,
    seed: int,
    writers: int = 3,
    outside: Outside | None = None,
) -> list[Writer]:
    """Kill the server, or PostgreSQL, `kills` times while writers write; then let them end."""
    random_ = random.Random(seed)
    database = outside or Embedded(data)
    options = database.options
    server = Server(data, *options, rate_limit=0, settings=database.settings)
    client = server.client(account["account_id"], account["keys"]["test"])
    headers = {"Authorization": client.headers["Authorization"]}
    crew = [Writer(n, server.address, headers, seed + n) for n in range(writers)]
    port = server.address.rpartition(":")[2]
    try:
        for _ in range(kills):
            time.sleep(random_.uniform(0.3, 1.2))
            victims = random_.choice(("server", "database", "both"))
            if victims != "server":
                database.kill()
            if victims != "database":
                server.stop(signal.SIGKILL)
                options = (*database.options, "--port", port)
                server = Server(data, *options, rate_limit=0, settings=database.settings)
        time.sleep(1)
        for writer in crew:
            writer.stop()
        with closing(server.client(account["account_id"], account["keys"]["test"])) as reader:
            check(reader, crew)
    finally:
        for writer in crew:
            writer.stop()
        if server.process.poll() is None:
            server.stop()
        client.close()
    options = database.options
    doctor = run("doctor", *options, data=data, codes=(0, 1), settings=database.settings)
    assert doctor["summaries_wrong"] == []
    kept = [c for c in doctor["complaints"] if "disk" not in c and "power cut" not in c]
    assert kept == []
    return crew


def _all(client: httpx.Client, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    more = True
    while more:
        cursor = {"starting_after": found[-1]["id"]} if found else {}
        page = client.get(path, params={"limit": 100, **cursor}).json()
        found += page["data"]
        more = page["has_more"]
    return found


def check(client: httpx.Client, crew: list[Writer]) -> None:
    """Everything acknowledged is there once, with its events; nothing is there twice."""
    sites = {site["id"]: site for site in _all(client, "/sites")}
    references = [site["reference_id"] for site in sites.values()]
    assert len(references) == len(set(references)), "a keyed creation was done twice"
    events = _all(client, "/events")
    assert len({event["id"] for event in events}) == len(events)
    created = Counter(e["data"]["id"] for e in events if e["type"] == "site.create")
    told_deleted = {e["data"]["id"] for e in events if e["type"] == "site.delete"}
    assert set(created.values()) <= {1}
    assert told_deleted.isdisjoint(sites)
    for writer in crew:
        _check_sites(writer.ledger, sites, created)
        for site in writer.ledger.deleted:
            assert site not in sites, f"{site} was deleted and is back"
            assert site in told_deleted
        for site in writer.ledger.perhaps_deleted:
            assert site in sites or site in told_deleted, f"{site} is gone, and nobody was told"
        for device, count in writer.ledger.states.items():
            listed = _all(client, f"/devices/{device}/states")
            assert len(listed) >= count, f"a state of {device} is lost"


def _check_sites(ledger: Ledger, sites: dict[str, dict[str, Any]], created: Counter[str]) -> None:
    for site, expected in ledger.sites.items():
        assert site in sites, f"{site} was acknowledged and is gone"
        assert created[site] == 1
        assert sites[site]["reference_id"] == expected.reference_id
        for name, values in expected.metadata.items():
            assert sites[site]["metadata"].get(name) in values, (site, name)
