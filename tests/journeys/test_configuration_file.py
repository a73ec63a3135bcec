"""A server with everything in `wattyard.toml`, its secrets in files."""

import subprocess
from pathlib import Path

import httpx

from tests.support.process import ENCRYPTION_KEY, WATTYARD, Server

TOKEN = "a-token-for-the-metrics"


def test_all_processes_of_a_server_and_a_worker_obey_the_file(
    database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "database").write_text(f"{database_url}\n")
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "key").write_text(ENCRYPTION_KEY)
    file = tmp_path / "wattyard.toml"
    lines = (
        'database_file = "database"',
        'metrics_token_file = "token"',
        'encryption_key_file = "key"',
        "workers = 2",
        "dashboard = false",
        "worker = false",
    )
    file.write_text("\n".join(lines))
    given = {"WATTYARD_DATABSE": "x"}
    with Server(tmp_path / "no data", "--config", str(file), settings=given) as server:
        metrics = httpx.get(
            f"{server.address}/metrics",
            headers={"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "192.0.2.1"},
            timeout=60,
        )
        assert metrics.status_code == 200
        assert httpx.get(f"{server.address}/dashboard", timeout=60).status_code == 404
        assert server.stop() == 0
    warned = [line for line in server.errors if "WATTYARD_DATABSE" in line]
    assert len(warned) == 1
    assert not (tmp_path / "no data").exists()

    file.write_text("\n".join([*lines, "admin_prot = 1"]))
    done = subprocess.run(
        [*WATTYARD, "worker", "--config", str(file)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    said = f"wattyard: {file}, line 7: there is no setting admin_prot; did you mean admin_port?\n"
    assert (done.returncode, done.stderr) == (1, said)
