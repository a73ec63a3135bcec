"""What the guides say to type runs in a shell, and their scripts in Python, on a real server."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integrations.guides import blocks
from tests.integrations.house import House, furnished
from tests.support.contract_text import ROOT
from tests.support.made import Made
from tests.support.process import Server
from tests.support.receivers import Receiver

PRICES = {0.08, 0.31}


@pytest.fixture(scope="module")
def house(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    data = tmp_path_factory.mktemp("house") / "data"
    account = made.data(data)
    with Server(data) as server:
        yield furnished(server, account, data)


def test_every_line_for_the_shell_prints_what_its_guide_says(house: House, tmp_path: Path) -> None:
    _, export, *lines = blocks("curl", "sh")

    def typed(line: str) -> str:
        command = f"{house.reader.filled(export)}{line}"
        done = subprocess.run(
            ["sh", "-ec", command], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    now, present, day, cheapest, in_the_path, key, refused = map(typed, lines)

    assert float(now) in PRICES
    assert json.loads(present)["value"] == json.loads(in_the_path)["value"] == float(now)
    assert day == ""
    assert len((tmp_path / "prices.csv").read_text().splitlines()) == 3
    assert cheapest.startswith("20")
    assert json.loads(key)["scopes"] == ["prices:read"]
    assert json.loads(refused)["param"] == "hours"


async def test_the_script_gives_emhass_both_forecasts(house: House) -> None:
    (script,) = blocks("emhass", "python")
    async with Receiver() as emhass:
        environment = {
            **os.environ,
            "WATTYARD_URL": house.reader.url,
            "WATTYARD_ACCOUNT_ID": house.account_id,
            "WATTYARD_SECRET_KEY": house.reader.key,
            "WATTYARD_LOCATION": house.reader.location_id,
            "EMHASS_URL": emhass.url.removesuffix("/hook"),
            "PYTHONPATH": str(ROOT / "clients" / "python" / "src"),
        }
        await run_script(script, environment)
    (received,) = emhass.received
    given: dict[str, Any] = json.loads(received.body)
    assert received.path.endswith("/action/dayahead-optim")
    assert set(given) == {"load_cost_forecast", "prod_price_forecast"}
    assert set(given["load_cost_forecast"].values()) == PRICES


async def run_script(script: str, environment: dict[str, str]) -> None:
    """Run Python to its end, while this process answers it."""
    import asyncio

    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-c", script, env=environment, stderr=subprocess.PIPE
    )
    _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
