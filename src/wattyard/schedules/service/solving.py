"""Where plans are solved: on few threads of their own, so that the server goes on answering."""

import asyncio
import os
import pickle
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import blake2b
from typing import Any, Final, TypeVar

from cachetools import LRUCache

from wattyard.kernel.refusals import TooMany

Question = TypeVar("Question")
Plan = TypeVar("Plan")

_HARD_THREADS: Final = 2
_WAITING_AT_MOST: Final = 64
_RETRY_SECONDS: Final = 2.0
_UNFINISHED_KEPT: Final = 256
_NICENESS: Final = 15


class Solvers:
    """Threads that solve; HiGHS leaves the interpreter to others while it works.

    Plain questions, which take milliseconds, have a thread of their own. Hard ones may take two
    seconds: on Linux their threads have a lower priority than those that answer requests.
    """

    def __init__(self) -> None:
        self._plain = ThreadPoolExecutor(1, "plain-plans")
        self._hard = ThreadPoolExecutor(_HARD_THREADS, "hard-plans", initializer=_step_back)
        self._under_way = 0
        self._unfinished: LRUCache[bytes, Any] = LRUCache(_UNFINISHED_KEPT)

    async def run(
        self, solve: Callable[[Question], Plan], question: Question, *, hard: bool
    ) -> Plan:
        """Solve a question on one of the threads; `hard` where it may take long.

        A plan that ran out of time depends on how fast the machine was: it is kept, so that the
        same question has the same answer.

        Raises:
            TooMany: when too many plans wait already.
        """
        if self._under_way >= _WAITING_AT_MOST:
            raise TooMany(
                f"{_WAITING_AT_MOST} plans are being made already; ask again in a moment",
                retry_after_seconds=_RETRY_SECONDS,
            )
        self._under_way += 1
        try:
            key = _key(solve, question)
            if key in self._unfinished:
                kept: Plan = self._unfinished[key]
                return kept
            loop = asyncio.get_running_loop()
            plan = await loop.run_in_executor(self._hard if hard else self._plain, solve, question)
            if getattr(plan, "gap", 0.0) > 0.0:
                plan = self._unfinished.setdefault(key, plan)
            return plan
        finally:
            self._under_way -= 1

    def close(self) -> None:
        """Let the threads end with what they are doing; what waits is dropped."""
        for threads in (self._plain, self._hard):
            threads.shutdown(wait=False, cancel_futures=True)


def _key(solve: Callable[[Question], Plan], question: Question) -> bytes:
    """Name a question by all that it says."""
    said = pickle.dumps((solve.__qualname__, question), protocol=5)
    return blake2b(said, digest_size=16).digest()


def _step_back() -> None:
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
