"""An application for worker processes of a test, of which all but the first few do not start."""

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette


def make() -> Starlette:
    """Write down that a worker begins, and with which setting; it ends when nothing is at
    `WORKERS_STAY`.

    Raises:
        RuntimeError: when `WORKERS_THAT_START` have begun before.
    """
    begun = Path(os.environ["WORKERS_BEGUN"])
    with begun.open("a") as log:
        log.write(f"{os.environ['WATTYARD_RATE_LIMIT']}\n")
    if len(begun.read_text().split()) > int(os.environ["WORKERS_THAT_START"]):
        raise RuntimeError("this worker does not start")
    return Starlette(lifespan=_lifespan)


@asynccontextmanager
async def _lifespan(_: object) -> AsyncIterator[None]:
    yield
    _stay()


def _stay() -> None:
    while Path(os.environ["WORKERS_STAY"]).exists():
        time.sleep(0.01)
