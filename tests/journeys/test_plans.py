"""Plans through real processes: drawn in the terminal, and made while others are answered."""

import json
import os
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.made import Made
from tests.support.process import WATTYARD, Server, run

NIGHT_RATE = {
    "days_and_hours": [
        {
            "days": ["All"],
            "hours": [
                {"valid_from": "07:00:00", "valid_to": "23:00:00", "rate": [{"value": 0.3}]},
                {"valid_from": "23:00:00", "valid_to": "07:00:00", "rate": [{"value": 0.1}]},
            ],
        }
    ]
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plans") / "data"


@pytest.fixture(scope="module")
def account(made: Made, data: Path) -> Any:
    return made.data(data)


def house(client: httpx.Client, devices: int) -> tuple[str, list[str]]:
    """Make a place by day and night rates with batteries."""
    battery = {
        "type": "BATTERY_SYSTEM",
        "properties": {"power_rating_import_kwh": 5, "capacity_kwh": 10},
    }
    site = client.post(
        "/sites",
        json={
            "postal_address": {"city": "Lyon", "country_code": "FR"},
            "devices": [{"reference_id": f"{n}", **battery} for n in range(devices)],
        },
    ).json()
    tariff = {
        "location_id": site["location_id"],
        "direction": "IMPORT",
        "type": "COMMODITY",
        "contract_start_date": "2020-01-01",
        "contract_end_date": "2100-01-01",
        "schedule": [NIGHT_RATE],
    }
    assert client.post("/tariffs", json=tariff).status_code == 201
    return site["location_id"], [device["id"] for device in site["devices"]]


def test_a_plan_can_be_looked_at_in_the_terminal(data: Path, account: Any) -> None:
    with Server(data) as server:
        client = server.client(account["account_id"], account["keys"]["test"])
        at, (device,) = house(client, 1)
        options = ("plan", device, "--account", account["account_id"], "--mode", "test")

        drawn = subprocess.run(
            [*WATTYARD, *options, "--charge", "40", "--hours", "24", "--data", str(data)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "COLUMNS": "200"},
        ).stdout
        told = run(*options, "--charge", "40", "--hours", "24", data=data)
        wishes = {"devices": [{"device_id": device, "state_of_charge_percent": 40}]}
        (request := data.parent / "site.json").write_text(json.dumps(wishes))
        whole = ("plan", "--site", at, *options[2:], "--request", str(request), "--hours", "24")
        site = subprocess.run(
            [*WATTYARD, *whole, "--data", str(data)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "COLUMNS": "200"},
        ).stdout
        site_told = run(*whole, data=data)
        unknown = subprocess.run(
            [*WATTYARD, *options, "--data", str(data)], capture_output=True, text=True, check=False
        )

    assert "▲" in drawn
    assert "▼" in drawn
    assert "price 0.1000 … 0.3000" in drawn
    assert "complete" in drawn
    assert (told["object"], told["location_id"]) == ("schedule_soc", at)
    assert [name for name in ("price", "grid", "0", "charge") if f"  {name} " not in site] == []
    assert "without planning" in site
    assert "the site's usual load is not known" in site
    assert (site_told["object"], site_told["location_id"]) == ("schedule_site", at)
    assert unknown.returncode == 1
    assert "send --charge" in unknown.stderr


def test_others_are_answered_while_hard_plans_are_made(data: Path, account: Any) -> None:
    with Server(data, rate_limit=0) as server:
        client = server.client(account["account_id"], account["keys"]["test"])
        at, devices = house(client, 12)
        start = datetime.now(UTC).replace(microsecond=0)
        body = {
            "location_id": at,
            "data": [
                {
                    "device_id": device,
                    "start_time": (start + timedelta(minutes=15 * n)).isoformat(),
                    "end_time": (start + timedelta(hours=36 + n % 5)).isoformat(),
                    "energy": {"units": "WH", "value": 5000 + 1371 * n},
                    "max_power": {"units": "W", "value": 4000 + 80 * n},
                    "min_power": {"units": "W", "value": 3000 + 70 * n},
                }
                for n, device in enumerate(devices)
            ],
        }
        answers: list[httpx.Response] = []

        def ask(watts: int) -> None:
            more = {"units": "W", "value": 9000 + watts}
            answers.append(client.post("/schedules/amount", json={**body, "max_power": more}))

        threads = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        answered = 0
        while any(thread.is_alive() for thread in threads):
            assert client.get("/sites").status_code == 200
            answered += 1

    assert [answer.status_code for answer in answers] == [200] * 4
    assert all(len(answer.json()["data"]) == 12 for answer in answers)
    assert answered > 8  # one a plan, if plans stopped the others
