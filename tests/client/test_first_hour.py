"""The README's first hour: one file from nothing to a verified webhook."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.client.test_readme import CLIENT
from tests.support.contract_text import ROOT
from tests.support.made import Made
from tests.support.process import Server

FILES = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


def test_one_file_of_25_lines_makes_a_site_a_price_a_plan_and_verifies_a_webhook(
    made: Made, tmp_path: Path
) -> None:
    (file,) = FILES
    assert len(file.splitlines()) <= 25
    account = made.data(tmp_path / "data")
    with Server(tmp_path / "data", webhook_allow="127.0.0.0/8") as server:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", file],
            env={
                **os.environ,
                "WATTYARD_URL": server.address,
                "WATTYARD_ACCOUNT_ID": account["account_id"],
                "WATTYARD_SECRET_KEY": account["keys"]["test"],
                "PYTHONPATH": str(CLIENT / "src"),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr
    price, plan, verified = done.stdout.splitlines()
    assert re.match(r"a kWh costs 0\.(31|08) GBP until \d{4}-", price)
    assert "IMPORT" in plan
    assert verified == "verified webhook.test"
