"""The first hour of a user, through real processes."""

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.support.made import Made
from tests.support.process import WATTYARD, Server, run
from wattyard.platform.embedded import EmbeddedDatabase

PLACE = {"postal_address": {"city": "Lyon", "country_code": "FR"}}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("with space") / "data"


@pytest.fixture(scope="module")
def account(made: Made, data: Path) -> Any:
    """An account made before any server ran."""
    return made.data(data)


def test_one_command_lists_the_sites_that_were_put_in(tmp_path: Path) -> None:
    data = tmp_path / "with space"
    account = run("account", "create", "--name", "a maker with one site", data=data)
    with Server(data) as server:
        client = server.client(account["account_id"], account["keys"]["test"])
        made = client.post("/sites", json={**PLACE, "reference_id": "first"})
        assert made.status_code == 201
        assert client.get("/sites").json()["data"] == [made.json()]
        assert server.stop() == 0
    with Server(data) as server:
        client = server.client(account["account_id"], account["keys"]["test"])
        assert client.get("/sites").json()["data"] == [made.json()]


def test_the_command_line_works_while_the_server_runs(data: Path, account: Any) -> None:
    with Server(data) as server:
        other = run("account", "create", "--name", "another", data=data)
        client = server.client(other["account_id"], other["keys"]["live"])
        assert client.get("/sites").json()["data"] == []
        (key,) = [
            k
            for k in run("key", "list", "--account", other["account_id"], data=data)
            if k["mode"] == "live"
        ]
        run("key", "revoke", key["id"], data=data)
        deadline = time.monotonic() + 120
        while (answer := client.get("/sites")).status_code == 200:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert answer.json()["code"] == "key_revoked"
        assert server.client(account["account_id"], account["keys"]["test"])


def test_workers_share_the_embedded_database(data: Path, account: Any) -> None:
    with Server(data, "--workers", "2") as server:
        client = server.client(account["account_id"], account["keys"]["live"])
        made = [client.post("/sites", json=PLACE).json()["id"] for _ in range(6)]
        with httpx.Client(base_url=server.address, headers=client.headers) as fresh:
            listed = [site["id"] for site in fresh.get("/sites?limit=6").json()["data"]]
        assert sorted(listed) == sorted(made)
        assert server.stop() == 0


def test_a_killed_server_starts_again_and_finds_everything(made: Made, tmp_path: Path) -> None:
    account = made.data(tmp_path)
    credentials = (account["account_id"], account["keys"]["test"])
    acknowledged = []
    for _ in range(3):
        with Server(tmp_path) as server:
            client = server.client(*credentials)
            acknowledged.append(client.post("/sites", json=PLACE).json()["id"])
            server.stop(signal.SIGKILL)
    with Server(tmp_path) as server:
        listed = server.client(*credentials).get("/sites").json()["data"]
    assert [site["id"] for site in listed] == acknowledged[::-1]


def test_running_requests_are_finished_before_the_end(data: Path, account: Any) -> None:
    with Server(data) as server:
        client = server.client(account["account_id"], account["keys"]["test"])
        answers: list[int] = []
        go_on = threading.Event()

        def write() -> None:
            while not go_on.is_set():
                try:
                    answers.append(client.post("/sites", json=PLACE).status_code)
                except httpx.TransportError:
                    return

        writer = threading.Thread(target=write)
        writer.start()
        while len(answers) < 5:
            time.sleep(0.01)
        assert server.stop() == 0
        go_on.set()
        writer.join(60)
    assert set(answers) == {201}


def workers(server: Server) -> set[int]:
    found = set()
    for child in psutil.Process(server.process.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):  # ended meanwhile, a zombie included
            if "spawn_main" in " ".join(child.cmdline()):
                found.add(child.pid)
    return found


def test_workers_are_replaced_on_sighup_without_a_lost_request(data: Path, account: Any) -> None:
    """They take what the configuration file says then."""
    with Server(data, "--workers", "2") as server:
        (data / "wattyard.toml").write_text("cors_origins = 'https://app.example'\n")
        client = server.client(account["account_id"], account["keys"]["test"])
        old = workers(server)
        server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 120
        statuses, replaced = set(), False
        while not replaced:
            assert time.monotonic() < deadline
            replaced = not old & workers(server)
            with httpx.Client(base_url=server.address, headers=client.headers) as fresh:
                statuses.add(fresh.get("/sites", timeout=60).status_code)
        assert statuses == {200}
        origin = {"Origin": "https://app.example"}
        opened = httpx.get(f"{server.address}/health/ready", headers=origin, timeout=60)
        assert opened.headers["access-control-allow-origin"] == "https://app.example"
        new = workers(server)
        for one in new:  # as `systemctl kill` signals them all
            os.kill(one, signal.SIGHUP)
        assert httpx.get(f"{server.address}/health/live", timeout=60).status_code == 200
        assert workers(server) == new
        assert server.stop() == 0


def test_a_taken_port_and_an_outdated_schema_are_said_in_one_line(data: Path, account: Any) -> None:
    with Server(data) as server:
        port = server.address.rpartition(":")[2]
        done = subprocess.run(
            [*WATTYARD, "serve", "--port", port, "--data", str(data)],
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
        assert done.returncode == 1
        assert "choose another" in done.stderr
        assert "Traceback" not in done.stderr
    with EmbeddedDatabase(data).lease() as url:
        done = subprocess.run(
            [*WATTYARD, "account", "list", "--database", url.replace("/wattyard?", "/postgres?")],
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
        assert done.returncode == 1
        assert "wattyard migrate" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_wrong_database_address_is_said_in_one_line(postgres: str) -> None:
    for wrong in (
        postgres.replace("/wattyard?", "/nowhere?"),
        "postgresql://nobody@127.0.0.1:1/x",
        "mysql://x",
    ):
        done = subprocess.run(
            [*WATTYARD, "serve", "--port", "0", "--database", wrong],
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
        assert done.returncode == 1
        assert "the database cannot be used" in done.stderr
        assert "Traceback" not in done.stderr


def test_an_external_database_is_migrated_and_served(
    made: Made, postgres: str, worker_id: str, tmp_path: Path
) -> None:
    url = made.empty_database(postgres, f"external_{worker_id}")
    outdated = subprocess.run(
        [*WATTYARD, "serve", "--port", "0", "--database", url],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert outdated.returncode != 0
    assert "wattyard migrate" in outdated.stderr
    for _ in range(2):
        migrated = subprocess.run(
            [*WATTYARD, "migrate", "--database", url],
            capture_output=True,
            text=True,
            check=True,
            timeout=180,
        )
        assert "schema" in migrated.stdout
    with Server(tmp_path / "unused", "--database", url) as server:
        assert httpx.get(f"{server.address}/health/ready").status_code == 200
    assert not (tmp_path / "unused").exists()


def paste(lines: list[str], name: str) -> str:
    """Run one of the lines that introduce the sample, as a person would, somewhere else."""
    line = next(line for line in lines if line.strip().startswith(name))
    return subprocess.run(
        ["/bin/sh", "-c", line.strip().removeprefix(name)],
        capture_output=True,
        text=True,
        check=True,
        timeout=180,
        cwd="/",
    ).stdout


def test_the_sample_is_introduced_with_lines_that_work(tmp_path: Path) -> None:
    data = tmp_path / "a folder"
    keys = set()
    for _ in range(2):
        with Server(data, "--sample") as server:
            assert server.process.stdout
            lines = [server.process.stdout.readline() for _ in range(10)]
            assert paste(lines, "try").startswith('{"object":"list","url":"/sites","has_more":true')
            assert len(json.loads(paste(lines, "prices"))["data"]) >= 24
            months = json.loads(paste(lines, "costs"))["data"]
            assert len(months) in (2, 3, 4)
            assert all(month["energy"]["value"] > 0 for month in months)
            assert "EUR" in paste(lines, "week")
            assert "charge 40 %" in paste(lines, "plan")
            account = next(line for line in lines if "account" in line).split()[1]
            key = next(line for line in lines if "test key" in line).split()[2]
            keys.add(key)
            client_line = next(line for line in lines if "export WATTYARD_URL" in line)
            assert client_line.split()[2:] == [
                f"WATTYARD_URL={server.address}",
                f"WATTYARD_ACCOUNT_ID={account}",
                f"WATTYARD_SECRET_KEY={key}",
            ]
            client = server.client(account, key)
            listed = [client.get("/sites?limit=100").json()["data"]]
            while len(listed[-1]) == 100:
                last = listed[-1][-1]["id"]
                listed.append(client.get(f"/sites?limit=100&starting_after={last}").json()["data"])
            sites = [site for page in listed for site in page]
            assert len(sites) == 250
            assert all(site["metadata"] == {"sample": "true"} for site in sites)
            assert len({site["timezone"] for site in sites}) > 10
    assert len(keys) == 1
    assert (data / "sample-key").stat().st_mode & 0o777 == 0o600
