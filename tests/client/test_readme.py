"""The client's README runs, from the first line to the last, against a real server."""

import re
import subprocess
import sys
from pathlib import Path

from tests.support.contract_text import ROOT
from tests.support.process import Server, run

CLIENT = ROOT / "clients" / "python"
SNIPPET = re.compile(r"```python\n(.*?)```", re.DOTALL)


def test_the_readme_runs_from_its_first_line_to_its_last(tmp_path: Path) -> None:
    script = tmp_path / "readme.py"
    script.write_text("\n".join(SNIPPET.findall((CLIENT / "README.md").read_text())))
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
