"""What the README and the contract show of the client runs, against a real server."""

import re
import subprocess
import sys
from pathlib import Path

from tests.support.contract_text import ROOT
from tests.support.process import Server, run

CLIENT = ROOT / "clients" / "python"
SNIPPET = re.compile(r"```python\n(.*?)```", re.DOTALL)


def snippets() -> str:
    contract = ROOT / "docs" / "contract" / "9-keys-client-dashboard.md"
    texts = contract.read_text(), (CLIENT / "README.md").read_text()
    return "\n".join(snippet for text in texts for snippet in SNIPPET.findall(text))


def test_what_is_shown_is_clean_for_a_user_whose_types_are_checked_strictly() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file=", "--strict", "-c", snippets()],
        cwd=ROOT,
        env={"MYPYPATH": str(CLIENT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


def test_what_is_shown_runs_from_the_first_line_to_the_last(tmp_path: Path) -> None:
    script = tmp_path / "readme.py"
    script.write_text(snippets())
    account = run("account", "create", "--name", "readme", data=tmp_path / "data")

    with Server(tmp_path / "data") as server:
        environment = {
            "WATTYARD_URL": server.address,
            "WATTYARD_ACCOUNT_ID": account["account_id"],
            "WATTYARD_SECRET_KEY": account["keys"]["test"],
            "PYTHONPATH": str(CLIENT / "src"),
        }
        done = subprocess.run(
            [sys.executable, "-W", "error", str(script)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    assert done.returncode == 0, done.stderr
    assert "0.31" in done.stdout or "0.08" in done.stdout
    assert "there is no site ste_0" in done.stdout


def test_the_wheel_installs_into_an_empty_place_and_brings_its_types(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=CLIENT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("wattyard_client-*.whl")
    empty = tmp_path / "empty"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps"]
    subprocess.run([*pip, "--target", str(empty), str(wheel)], check=True)
    program = (
        "import sys; import wattyard_client as w; print(w.__file__);"
        "print(sorted(n.partition('.')[0] for n in sys.modules if n.startswith('wattyard')))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(empty)},
        capture_output=True,
        text=True,
        check=True,
    )

    where, modules = done.stdout.splitlines()
    assert where.startswith(str(empty))
    assert set(eval(modules)) == {"wattyard_client"}  # noqa: S307 (printed above)
    assert (empty / "wattyard_client" / "py.typed").exists()
