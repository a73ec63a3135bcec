"""A real server with a house: what `make integrations` and the scripts of the guides call."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.integrations.guides import Reader
from tests.support.process import Server, run
from tests.support.tariff_bodies import entry, hours

AROUND_THE_CLOCK = (("00:00", "07:00", 0.08), ("07:00", "00:00", 0.31))


@dataclass
class House:
    """A server, an account, its location, and a key that reads prices there."""

    server: Server
    account_id: str
    reader: Reader


def furnished(server: Server, account: Any, data: Path) -> House:
    """Give an account a location with tariffs in both directions, and a key for its prices."""
    client = server.client(account["account_id"], account["keys"]["test"])
    site = client.post("/sites", json={"postal_address": {"city": "Leeds", "country_code": "GB"}})
    place = site.json()["location_id"]
    for direction in ("IMPORT", "EXPORT"):
        tariff = {
            "location_id": place,
            "direction": direction,
            "type": "COMMODITY",
            "contract_start_date": "2020-01-01",
            "contract_end_date": None,
            "schedule": [entry(("All", hours(*AROUND_THE_CLOCK)))],
        }
        made = client.post("/tariffs", json=tariff)
        assert made.status_code == 201, made.text
    own = ("--account", account["account_id"], "--mode", "test", "--name", "guides")
    scope = ("--scope", "prices:read", "--location", place)
    key = run("key", "create", *own, *scope, data=data)["secret_key"]
    return House(server, account["account_id"], Reader(server.address, place, key))
