"""Turns between the processes of one machine: one of them has it, the kernel passes it on."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from wattyard.platform.work.worker import wait_for

_ASK_SECONDS: Final = 1.0


@asynccontextmanager
async def turn_on(file: Path, stop: asyncio.Event) -> AsyncIterator[bool]:
    """Wait for the turn that a file stands for, and have it inside the block.

    Gives False where `stop` was set before the turn came. A process that dies, however, has
    given its turn back: another one has it within a second.
    """
    lock = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not _claimed(lock):
            if await wait_for(stop, _ASK_SECONDS):
                yield False
                return
        yield True
    finally:
        os.close(lock)


def _claimed(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
