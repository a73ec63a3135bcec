"""Backups that a server takes by itself, and a database as it was just before a mistake."""

import re
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx

from tests.journeys.test_keeping import PLACE, command
from tests.support.made import Made
from tests.support.process import Server, run


def eventually(found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 120
    while not (value := found()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return value


def told(*arguments: str, data: Path) -> str:
    """The one sentence with which a command failed."""
    done = command(*arguments, data=data)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.splitlines()
    return line


def moved(folder: Path, data: Path) -> Path:
    """A new data folder that has nothing but the encryption key of another."""
    folder.mkdir()
    shutil.copy(data / "encryption-key", folder)
    return folder


def events(client: httpx.Client, last: str) -> list[str]:
    """The ids of the events after one, as a stream gives them that goes on."""
    found = []
    with client.stream("GET", "/events/stream", headers={"Last-Event-ID": last}) as stream:
        for line in stream.iter_lines():
            if line.startswith("id:"):
                found.append(line.removeprefix("id:").strip())
            elif line.startswith(":") and found:
                return found
    return found


def test_a_database_is_brought_back_as_it_was_just_before_a_mistake(
    made: Made, tmp_path: Path
) -> None:
    data, to = tmp_path / "data", tmp_path / "to"
    account = made.data(data)
    who = (account["account_id"], account["keys"]["test"])
    settings = {"WATTYARD_BACKUP_TO": str(to), "WATTYARD_BACKUP_EVERY": "1h"}
    with Server(data, settings=settings) as server:
        client = server.client(*who)
        before = client.post("/sites", json=PLACE).json()
        eventually(lambda: list(to.glob("chain-*/base-*")))
        after = client.post("/sites", json=PLACE).json()
        first = client.get("/events").json()["data"][-1]["id"]
        server.process.kill()  # the database and the archive go on without it
        server.process.wait()
    with Server(data, settings=settings) as server:
        client = server.client(*who)
        last = client.post("/sites", json=PLACE).json()
        moment = datetime.now(UTC)
        for site in (before, after, last):
            assert client.delete(f"/sites/{site['id']}").status_code == 200
        wrong = client.post("/sites", json=PLACE).json()
        metrics = client.get("/metrics").text
        (success,) = re.findall(r"\nwattyard_backup_last_success_timestamp_seconds (\S+)", metrics)
        assert abs(float(success) - moment.timestamp()) < 3600
        assert "\nwattyard_backup_failing 0.0\n" in metrics
        assert not [c for c in run("doctor", data=data, codes=(0, 1))["complaints"] if "back" in c]

    nowhere = tmp_path / "nowhere"  # the folder of backups is all that listing needs
    (backup,) = run("backup", "list", "--to", str(to), data=nowhere)  # of the first start, too
    assert backup["restorable_from"] < moment.isoformat() < backup["restorable_to"]
    for path in [to, *to.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path
    restored = moved(tmp_path / "restored", data)
    source = ("--from", str(to))
    early = told("restore", "--to", "2020-01-01T00:00Z", *source, data=restored)
    assert backup["restorable_from"] in early
    assert backup["restorable_to"] in early
    assert "zone" in told("restore", "--to", "2026-03-01T09:30", *source, data=restored)
    assert "not empty" in told("restore", "--to", moment.isoformat(), *source, data=data)

    local = moment.astimezone(timezone(timedelta(hours=5.5)))
    done = run("restore", "--to", local.isoformat(), *source, data=restored)
    assert done["complaints"] == []
    with Server(restored) as server:
        client = server.client(*who)
        found = client.get("/sites").json()["data"]
        assert [site["id"] for site in found] == [last["id"], after["id"], before["id"]]
        assert client.get(f"/sites/{wrong['id']}").status_code == 404
        new = client.post("/sites", json=PLACE).json()
        assert len(events(client, first)) >= 3
        assert new["id"] not in (before["id"], after["id"], last["id"], wrong["id"])
    with Server(data) as server:  # the old one is as it was
        found = server.client(*who).get("/sites").json()["data"]
        assert [site["id"] for site in found] == [wrong["id"]]
