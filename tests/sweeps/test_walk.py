"""How many files somebody opens who follows one request through the code.

The request follows a market, in the money of the site; its tariff has been read before.
"""

import asyncio
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import wattyard
from tests.support.pricing import hourly, market
from tests.support.world import Tenant

SOURCE = Path(wattyard.__file__).parent
ONCE_IN_TWO_SECONDS = {"accounts/store.py", "accounts/tokens.py"}
"""A bearer token that is known is verified again after two seconds."""
NEEDLESS = ("platform/db/replica", "platform/db/positions.py", "platform/db/poolers.py", "app/")
"""Replicas, poolers and what assembles all: no part of a request where nothing of it is set up."""
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


WALKING: ContextVar[bool] = ContextVar("walking", default=False)


class Walk:
    """Collects the files of the package that a request enters, in its task and its threads."""

    def __init__(self) -> None:
        self.files: set[str] = set()

    def _entered(self, frame: FrameType, event: str, _: Any) -> None:
        file = frame.f_code.co_filename
        if event == "call" and file.startswith(f"{SOURCE}/") and WALKING.get():
            self.files.add(file.removeprefix(f"{SOURCE}/"))

    def __enter__(self) -> "Walk":
        WALKING.set(True)
        threading.setprofile(self._entered)
        sys.setprofile(self._entered)
        return self

    def __exit__(self, *_: object) -> None:
        WALKING.set(False)
        sys.setprofile(None)
        threading.setprofile(None)


async def test_a_walk_of_post_prices_enters_at_most_35_files(tenant: Tenant) -> None:
    at = (await tenant.site())["location_id"]
    await market(tenant, at, hourly(MONDAY, [0.3] * 24))
    body = {
        "location_id": at,
        "start_time": "2026-03-02T00:00:00Z",
        "end_time": "2026-03-02T12:00:00Z",
    }

    assert (await tenant.post("/prices", body)).status_code == 200  # its tariff is read and kept
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(4))  # its threads are new
    with Walk() as walk:
        answer = await tenant.post("/prices", body)

    assert len(answer.json()["data"]) == 12
    assert not [file for file in walk.files if file.startswith(NEEDLESS)]
    assert len(walk.files - ONCE_IN_TWO_SECONDS) <= 35, "\n".join(sorted(walk.files))
    assert "tariffs/domain/prices.py" in walk.files
