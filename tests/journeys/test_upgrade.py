"""A data folder of the release before is upgraded by starting the server, and has everything."""

import asyncio
import re
import shutil
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx

from tests.support.process import ENCRYPTION_KEY, Server, run
from wattyard.platform.db import schema
from wattyard.platform.embedded import EmbeddedDatabase

BEFORE: Final = "0024"
"""The schema of the release before this one."""
RECORDED: Final = Path(__file__).parent / "releases" / f"{BEFORE}.sql"
NAMED: Final = dict(re.findall(r"^-- (\w+): (\S+)$", RECORDED.read_text(), re.MULTILINE))
"""Ids and keys of what is recorded."""
EVENTS: Final = 17


def migrations_until(revision: str, folder: Path) -> Path:
    """The migrations that the program of a revision had."""
    with as_file(files("wattyard.migrations")) as present:
        shutil.copytree(present, folder / "migrations")
    for path in (folder / "migrations" / "versions").glob("[0-9]*.py"):
        if path.name[:4] > revision:
            path.unlink()
    return folder / "migrations"


def folder_of_before(folder: Path, migrations: Path) -> Path:
    """A data folder as a server of the release before left it."""
    database = EmbeddedDatabase(folder, durable=False)

    async def filled(url: str) -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(RECORDED.read_text())
        await connection.close()

    with database.lease() as url:
        assert schema.migrate(url, revisions=migrations) == BEFORE
        asyncio.run(filled(url))
    key = folder / "encryption-key"
    key.write_text(f"{ENCRYPTION_KEY}\n")
    key.chmod(0o600)
    return folder


class Asked:
    """What a client of the account is answered."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def __call__(self, path: str, *, key: str = "", **query: str) -> Any:
        headers = {"Authorization": f"Bearer {NAMED[key]}"} if key else {}
        answer = self.http.get(path, params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()


def check_objects(get: Asked) -> None:
    """The sites of a customer, their devices and states, as they were."""
    assert [one["reference_id"] for one in get("/sites")["data"]] == ["home-2", "home-1"]
    assert get(f"/locations/{NAMED['location']}")["customer_id"] == NAMED["customer"]
    assert get(f"/customers/{NAMED['customer']}")["metadata"] == {"plan": "gold"}
    assert len(get(f"/devices/{NAMED['car']}")["locations"]) == 2
    states = get(f"/devices/{NAMED['battery']}/states")["data"]
    assert [one["state_of_charge_percent"] for one in states] == [40]


def check_energy(get: Asked) -> None:
    """A tariff, what it costs to charge on the day of 23 hours, and what readings did cost."""
    location = NAMED["location"]
    assert get(f"/tariffs/{NAMED['tariff']}")["display_name"] == "Night and day"
    prices = get("/prices", key="reader", location_id=location, date="2026-03-29")
    assert prices["data"]
    span = {"start_time": "2026-02-01T00:00:00Z", "end_time": "2026-02-01T02:00:00Z"}
    assert "0.65" in str(get(f"/costs/interval/{location}", **span))


def check_the_rest(get: Asked) -> None:
    """Webhooks, whose secrets are encrypted, events, and what an idempotency key answered."""
    endpoint = get(f"/webhook-endpoints/{NAMED['endpoint']}")
    assert endpoint["event_types"] == ["site.*"]
    assert len(get("/events", limit="100")["data"]) == EVENTS
    assert get("/jwks.json")["keys"]


def test_a_data_folder_of_the_release_before_has_everything_after_the_upgrade(
    tmp_path: Path,
) -> None:
    data = folder_of_before(tmp_path / "data", migrations_until(BEFORE, tmp_path))
    with Server(data, "--no-worker") as server:
        get = Asked(server.client(NAMED["account"], NAMED["secret"]))
        check_objects(get)
        check_energy(get)
        check_the_rest(get)
        made = get.http.post("/customers", json={"reference_id": "c-3"})
        assert made.status_code == 201, made.text
        doctored = run("doctor", "--repair", data=data, codes=(0, 1))
    assert doctored["summaries_wrong"] == []
    assert doctored["complaints"] == []
