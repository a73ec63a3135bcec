"""A server whose role only reads and writes rows: what the handbook grants is enough."""

import asyncio
import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.journeys.test_webhooks import Hook, wait_for
from tests.support.made import Made
from tests.support.process import ENCRYPTION_KEY, WATTYARD, Server

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations" / "database.md"
PLACE = {"postal_address": {"city": "Lyon", "country_code": "FR"}}


def granting(role: str) -> str:
    """The statements of the documents, for a role without a password."""
    (block,) = re.findall(r"```sql\n(CREATE ROLE.*?)```", OPERATIONS.read_text(), re.DOTALL)
    return str(block).replace(" PASSWORD '…'", "").replace("wattyard_server", role)


@dataclass(frozen=True)
class Restricted:
    """A database with an owner and a role that only reads and writes rows."""

    owner: str
    role: str
    name: str

    def ask(self, question: str) -> Any:
        async def answered() -> Any:
            connection = await asyncpg.connect(self.owner)
            try:
                return await connection.fetchval(question)
            finally:
                await connection.close()

        return asyncio.run(answered())


def command(*arguments: str, database: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "WATTYARD_ENCRYPTION_KEY": ENCRYPTION_KEY}
    return subprocess.run(
        [*WATTYARD, *arguments, "--database", database],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
        env=environment,
    )


@pytest.fixture
def restricted(made: Made, postgres: str, worker_id: str) -> Iterator[Restricted]:
    name = f"tests_role_{worker_id}"
    owner = made.database(postgres, name)
    found = Restricted(owner, owner.replace("//wattyard@", f"//{name}@"), name)

    async def settle(url: str, *statements: str) -> None:
        connection = await asyncpg.connect(url)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    gone = (f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"DROP ROLE IF EXISTS {name}")
    migrated = command("migrate", database=owner)  # makes the partitions of readings, too
    assert migrated.returncode == 0, migrated.stderr
    asyncio.run(settle(owner, f"DROP ROLE IF EXISTS {name}", granting(name)))
    yield found
    asyncio.run(settle(postgres, *gone))


def reading(site: Any, start: datetime) -> Any:
    end = start + timedelta(hours=1)
    return {
        "location_id": site["location_id"],
        "start_time": start.isoformat(),
        "end_time": end.isoformat(),
        "energy_kwh": 0.5,
    }


def test_a_server_that_only_reads_and_writes_rows_does_all_its_work(
    restricted: Restricted, tmp_path: Path
) -> None:
    hook = Hook()
    made = command("account", "create", "--name", "a maker", "--json", database=restricted.role)
    account = json.loads(made.stdout)
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    old = datetime(2019, 3, 5, tzinfo=UTC)
    options = ("--database", restricted.role)
    with Server(tmp_path, *options, webhook_allow="127.0.0.0/8") as server:
        client = server.client(account["account_id"], account["keys"]["test"])
        endpoint = {"url": hook.url, "event_types": ["site.*"]}
        assert client.post("/webhook-endpoints", json=endpoint).status_code == 201
        once = {"Idempotency-Key": "one site"}
        site = client.post("/sites", json=PLACE, headers=once).json()
        again = client.post("/sites", json=PLACE, headers=once)
        assert (again.headers["idempotent-replayed"], again.json()) == ("true", site)
        wait_for(lambda: hook.events)
        first = client.get("/events").json()["data"][-1]["id"]
        with client.stream("GET", "/events/stream", headers={"Last-Event-ID": first}) as stream:
            assert next(line for line in stream.iter_lines() if line.startswith("data: "))

        kept = client.put("/meters/interval", json=[reading(site, now - timedelta(hours=2))])
        assert kept.json().get("records_accepted") == 1, kept.text
        refused = client.put("/meters/interval", json=[reading(site, old)])
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
        assert "--readings-since 2019-03" in refused.json()["message"]

        migrated = command("migrate", "--readings-since", "2019-03", database=restricted.owner)
        assert "monthly partitions of readings were made" in migrated.stdout
        kept = client.put("/meters/interval", json=[reading(site, old)])
        assert kept.json().get("records_accepted") == 1, kept.text
        assert client.delete(f"/sites/{site['id']}").status_code in (200, 204)
        assert server.stop() == 0
    hook.close()
    logged = "".join(server.errors)
    assert "readings of 2019-03 have no partition" in logged
    assert "job crashed" not in logged
    owned = f"SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = '{restricted.name}'"
    assert restricted.ask(owned) == 0


def test_the_doctor_says_which_months_and_privileges_are_missing(restricted: Restricted) -> None:
    def complaints() -> str:
        told = command("doctor", "--json", database=restricted.role)
        return " ".join(json.loads(told.stdout)["complaints"])

    assert "partition" not in complaints()
    later = datetime.now(UTC).replace(day=1) + timedelta(days=32)
    partition = f"meter_readings_{later:%Y_%m}"
    restricted.ask(f"DROP TABLE {partition}")
    assert f"{later:%Y-%m} have no partition" in complaints()
    assert "run `wattyard migrate` as the owner" in complaints()

    restricted.ask(f"REVOKE DELETE ON sites FROM {restricted.name}")
    told = complaints()
    assert f"the role {restricted.name} lacks privileges on sites" in told
    restricted.ask(re.findall(r"GRANT SELECT, [^;`]*", told)[0])
    assert "lacks" not in complaints()


def test_what_the_role_may_not_do_is_unavailable_and_says_why(
    restricted: Restricted, tmp_path: Path
) -> None:
    made = command("account", "create", "--name", "a maker", "--json", database=restricted.role)
    account = json.loads(made.stdout)
    with Server(tmp_path, "--database", restricted.role) as server:
        client = server.client(account["account_id"], account["keys"]["test"])
        restricted.ask(f"REVOKE INSERT ON sites FROM {restricted.name}")
        refused = client.post("/sites", json=PLACE)
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
        assert "wattyard doctor" in refused.json()["message"]
        assert server.stop() == 0
    assert "permission denied for table sites" in "".join(server.errors)
