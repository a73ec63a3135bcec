"""Backup and restore, and the doctor, through real processes."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.made import Made
from tests.support.process import WATTYARD, Server, run

PLACE = {"postal_address": {"city": "Lyon", "country_code": "FR"}}


def command(*arguments: str, data: Path | None = None) -> subprocess.CompletedProcess[str]:
    where = () if data is None else ("--data", str(data))
    return subprocess.run(
        [*WATTYARD, *arguments, *where],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


@pytest.fixture
def credentials(made: Made, tmp_path: Path) -> tuple[str, str]:
    account = made.data(tmp_path / "data")
    return account["account_id"], account["keys"]["test"]


def test_a_backup_brings_everything_back(tmp_path: Path, credentials: tuple[str, str]) -> None:
    data, file = tmp_path / "data", tmp_path / "a backup.dump"
    with Server(data) as server:
        client = server.client(*credentials)
        kept = client.post("/sites", json=PLACE).json()
        saved = command("backup", str(file), data=data)
        assert saved.returncode == 0
        assert f"keep {data / 'encryption-key'} apart" in saved.stdout
        again = command("backup", str(file), data=data)
        assert "replace it with --force" in again.stderr
        replaced = run("backup", str(file), "--force", data=data)
        assert replaced["bytes"] == file.stat().st_size
        lost = client.post("/sites", json=PLACE).json()
        in_use = command("restore", str(file), data=data)
        assert in_use.returncode == 1
        assert "stop the server" in in_use.stderr
        assert len(client.get("/sites").json()["data"]) == 2
    assert file.stat().st_mode & 0o777 == 0o600

    broken = tmp_path / "broken.dump"
    broken.write_bytes(file.read_bytes()[:2000])
    refused = command("restore", str(broken), data=data)
    assert refused.returncode == 1
    assert "pg_restore failed" in refused.stderr
    with Server(data) as server:
        assert len(server.client(*credentials).get("/sites").json()["data"]) == 2

    assert command("restore", str(file), data=data).returncode == 0
    with Server(data) as server:
        assert server.client(*credentials).get("/sites").json()["data"] == [kept]
    other = tmp_path / "other"
    restored = command("restore", str(file), data=other)
    assert restored.returncode == 0
    assert "WATTYARD_ENCRYPTION_KEY" in restored.stdout  # the secrets' key is kept apart
    assert command("account", "list", data=other).returncode == 1
    (other / "encryption-key").write_bytes((data / "encryption-key").read_bytes())
    with Server(other) as server:
        assert server.client(*credentials).get("/sites").json()["data"] == [kept]
    assert lost["id"] != kept["id"]


def test_backup_and_restore_say_what_is_wrong(tmp_path: Path, credentials: tuple[str, str]) -> None:
    data = tmp_path / "data"
    assert "not a file" in command("restore", str(tmp_path / "none"), data=data).stderr
    assert "cannot be written" in command("backup", "/nowhere/x.dump", data=data).stderr
    done = command("backup", "x", "--database", "postgresql://h/d")
    assert "pg_dump" in done.stderr
    assert credentials


def test_the_doctor_is_content_with_a_sound_folder_and_not_with_an_open_one(
    tmp_path: Path, credentials: tuple[str, str]
) -> None:
    data = tmp_path / "data"
    done = command("doctor", "--json", data=data)
    report = json.loads(done.stdout)
    if not report["complaints"]:
        assert done.returncode == 0
    assert not [c for c in report["complaints"] if "disk" not in c]
    assert credentials
    with Server(data):
        (data / "postgres").chmod(0o750)
        done = command("doctor", data=data)
        (data / "postgres").chmod(0o700)
    assert done.returncode == 1
    assert "chmod 700" in done.stdout


def test_the_doctor_names_a_wrong_key_and_an_open_one(
    tmp_path: Path, credentials: tuple[str, str]
) -> None:
    data = tmp_path / "data"
    key = data / "encryption-key"
    kept = key.read_text()
    key.write_text(json.loads(command("encryption-key", "new", "--json").stdout)["encryption_key"])
    told = run("doctor", data=data, codes=(1,))["complaints"]
    assert any("secrets in the database were encrypted with the key" in one for one in told)
    refused = command("serve", "--port", "0", data=data)
    assert refused.returncode == 1
    assert "encryption-key" in refused.stderr
    assert "Traceback" not in refused.stderr

    key.write_text(kept)
    key.chmod(0o644)
    assert "chmod 600 it" in " ".join(run("doctor", data=data, codes=(1,))["complaints"])
    key.chmod(0o600)
    run("doctor", data=data)
    assert credentials


def test_a_database_of_our_own_is_served_only_with_a_key(
    made: Made, postgres: str, worker_id: str
) -> None:
    url = made.database(postgres, f"own_{worker_id}")
    for word in ("serve", "worker"):
        refused = command(word, "--database", url)
        assert refused.returncode == 1
        assert "WATTYARD_ENCRYPTION_KEY" in refused.stderr
        assert "wattyard encryption-key new" in refused.stderr
