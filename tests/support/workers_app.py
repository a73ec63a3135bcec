"""An application for worker processes of a test, of which all but the first few do not start."""

import os
from pathlib import Path

from starlette.applications import Starlette


def make() -> Starlette:
    """Write down that a worker begins, and with which setting.

    Raises:
        RuntimeError: when `WORKERS_THAT_START` have begun before.
    """
    begun = Path(os.environ["WORKERS_BEGUN"])
    with begun.open("a") as log:
        log.write(f"{os.environ['WATTYARD_RATE_LIMIT']}\n")
    if len(begun.read_text().split()) > int(os.environ["WORKERS_THAT_START"]):
        raise RuntimeError("this worker does not start")
    return Starlette()
