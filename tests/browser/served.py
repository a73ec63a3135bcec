"""A server with the sample fleet, as `make run` has it, and what is there to look at."""

import json
import re
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page

from tests.support.clusters import wait_for
from tests.support.process import Server, run
from wattyard.cli.sample_readings import METERED_SITES


@dataclass(frozen=True)
class Sample:
    """The sample account, as its server said at its start."""

    account_id: str
    key: str

    @classmethod
    def made(cls, data: Path) -> "Sample":
        """Fill a data folder as `wattyard serve --sample` does, and end the server.

        Its webhook is made after the introduction was printed, and then fails.
        """
        with Server(data, "--sample") as server:
            assert server.process.stdout
            said = {}
            while "plan" not in said:
                name, _, text = server.process.stdout.readline().strip().partition("  ")
                said[name.split(" ")[0]] = text.strip() or name
            sample = cls(said["account"].split()[0], said["test"].split()[-1])
            served = Served(server, data, sample)
            wait_for(
                lambda: any(one["attempts"] for one in served.api("/webhook-deliveries")["data"])
            )
        return sample


@dataclass
class Served:
    """A server of the sample fleet, and the API's answers about it."""

    server: Server
    data: Path
    sample: Sample

    @property
    def url(self) -> str:
        return self.server.address

    @property
    def home(self) -> str:
        """The address of the account's pages, in the test mode."""
        return f"{self.url}/dashboard/{self.sample.account_id}/test"

    def api(self, path: str, key: str | None = None, **query: Any) -> Any:
        """Ask the API with a key, the sample's own unless another is given."""
        headers = {"Authorization": f"Bearer {key or self.sample.key}"}
        answer = httpx.get(f"{self.url}{path}", params=query, headers=headers, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send(self, method: str, path: str, body: Any) -> httpx.Response:
        """Send the API something with the sample's key."""
        headers = {"Authorization": f"Bearer {self.sample.key}"}
        url = f"{self.url}{path}"
        return httpx.request(method, url, json=body, headers=headers, timeout=60)

    @cached_property
    def ids(self) -> dict[str, str]:
        """Something to look at for each name in a path of the dashboard."""
        return {
            "site": self._site_with_a_plan()["id"],
            "tariff": self.api("/tariffs", limit=1)["data"][0]["id"],
            "object_id": self._site_with_a_plan()["devices"][0]["id"],
            "source": self.api("/market-sources")["data"][-1]["id"],
            "endpoint": self.api("/webhook-endpoints")["data"][0]["id"],
            "event": self.api("/events", limit=1)["data"][0]["id"],
            "customer": self.api("/customers", limit=1)["data"][0]["id"],
        }

    def _site_with_a_plan(self) -> Any:
        """A sample site with a battery and readings."""
        for number in sorted(METERED_SITES):
            (site,) = self.api("/sites", reference_id=f"sample-{number:04}")["data"]
            if any(one["type"] == "BATTERY_SYSTEM" for one in site["devices"]):
                return site
        raise LookupError("no metered sample site has a battery")

    def link(self, email: str, *, role: str = "owner", operator: bool = False) -> str:
        """Make a one-time link for a new person of the sample account."""
        account = ("--account", self.sample.account_id, "--role", role)
        options = (*account, "--email", email, "--name", email.partition("@")[0])
        more = ("--operator",) if operator else ()
        made = run("user", "invite", *options, *more, "--server", self.url, data=self.data)
        link: str = made["link"]
        return link

    def log_in(self, page: Page, email: str, **given: Any) -> None:
        """Let a new person in, by their link."""
        page.goto(self.link(email, **given))
        page.locator("main form button").click()
        page.wait_for_url(re.compile("/dashboard/(person|acc_)"))


def copied(made: Path, to: Path) -> Sample:
    """Copy a filled data folder, and say what is in it."""
    to.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", f"{made / 'data'}/.", str(to)], check=True)
    return Sample(**json.loads((made / "sample.json").read_text()))
