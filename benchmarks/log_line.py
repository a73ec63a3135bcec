"""What one line of the request log costs, as a server writes it."""

import asyncio
import time
import uuid
from datetime import UTC, datetime

from benchmarks.support.ground import Ground, verdict
from wattyard.kernel import ids
from wattyard.platform.logs import Answered, Lines, RequestLog

_LINES = 200_000


def run(ground: Ground) -> None:
    """Measure the making, encoding and writing of lines to a file."""
    with (ground.folder / "requests.log").open("wb") as file:
        best = min(asyncio.run(_microseconds(RequestLog(Lines(file)))) for _ in range(3))
    verdict("one line of the request log, µs", best, "<= 8", met=best <= 8)


async def _microseconds(log: RequestLog) -> float:
    account, request = uuid.uuid4(), ids.wire("req", uuid.uuid4())
    started = time.perf_counter()
    for _ in range(_LINES):
        account_id = ids.wire("acc", account)
        at = datetime.now(UTC)
        log.answered(
            Answered(request, account_id, False, "GET", "/sites", 200, 27_000, 1.25, at)  # noqa: FBT003 (as the server does)
        )
    log.flush()
    return (time.perf_counter() - started) / _LINES * 1_000_000
