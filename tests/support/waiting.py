"""Sessions of the database that wait for another one."""

import asyncio
from typing import Any

_WAITERS = "SELECT count(*) FROM pg_locks WHERE NOT granted AND $1 = ANY(pg_blocking_pids(pid))"


async def until_waited_for(holder: Any) -> None:
    """Return when another session waits for a lock that this connection holds.

    Locks of the whole server are seen by each of its databases, and other test processes have
    theirs on it: only who waits for the holder counts.
    """
    process = await holder.fetchval("SELECT pg_backend_pid()")
    async with asyncio.timeout(60):
        while not await holder.fetchval(_WAITERS, process):  # noqa: ASYNC110 (it has no event)
            await asyncio.sleep(0.01)
