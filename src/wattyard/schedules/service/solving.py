"""Where plans are solved: on few threads of their own, so that the server goes on answering."""

import asyncio
import os
import pickle
import sys
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from hashlib import blake2b
from typing import Any, Final, TypeVar

from cachetools import LRUCache

from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.solver.program import SECONDS_AT_MOST
from wattyard.schedules.service.turns import Shares, Turns

Question = TypeVar("Question")
Plan = TypeVar("Plan")

_PLAIN_THREADS: Final = 1
_HARD_THREADS: Final = 2
_UNFINISHED_KEPT: Final = 256
_NICENESS: Final = 15
_LEAST_SECONDS: Final = 0.25


class Solvers:
    """Threads that solve; HiGHS leaves the interpreter to others while it works.

    Plain questions, which take milliseconds, have a thread of their own. Hard ones may take two
    seconds: on Linux their threads have a lower priority than those that answer requests.
    Accounts take turns, so that many questions of one do not keep those of others waiting.
    `shares` says how many plans an account may have in progress, `seconds` how long a plan may be
    solved.
    """

    def __init__(self, shares: Shares | None = None, *, seconds: float = SECONDS_AT_MOST) -> None:
        self.seconds = seconds
        plain = ThreadPoolExecutor(_PLAIN_THREADS, "plain-plans")
        hard = ThreadPoolExecutor(_HARD_THREADS, "hard-plans", initializer=_step_back)
        self._plain = plain, Turns(_PLAIN_THREADS)
        self._hard = hard, Turns(_HARD_THREADS)
        self._shares = shares or Shares()
        self._unfinished: LRUCache[bytes, Any] = LRUCache(_UNFINISHED_KEPT)
        self._bounded = 0

    @asynccontextmanager
    async def planning(self, account: int) -> AsyncIterator["Solver"]:
        """Have a plan of an account in progress inside the block, and what solves it.

        Raises:
            PlansInProgress: when too many others of the account are, for too long.
        """
        async with self._shares.one_of(account):
            yield Solver(self, account)

    async def run(
        self, solve: Callable[[Question], Plan], question: Question, *, account: int, hard: bool
    ) -> Plan:
        """Solve a question on one of the threads; `hard` where it may take long.

        A plan that ran out of time depends on how fast the machine was: it is kept, so that the
        same question has the same answer. One that nobody waits for any more is not begun.
        """
        return await self._run(_key(solve, question), solve, question, account=account, hard=hard)

    async def run_bounded(
        self, solve: Callable[[Question, float], Plan], question: Question, *, account: int
    ) -> Plan:
        """Solve a hard question as `run` does, in the seconds that it is given.

        Those are shared among the plans that wait or run when it begins: `seconds`, divided by
        their number, and a quarter of one at least.
        """

        def timed(asked: Question) -> Plan:
            return solve(asked, max(self.seconds / max(self._bounded, 1), _LEAST_SECONDS))

        self._bounded += 1
        try:
            return await self._run(
                _key(solve, question), timed, question, account=account, hard=True
            )
        finally:
            self._bounded -= 1

    async def _run(
        self,
        key: bytes,
        solve: Callable[[Question], Plan],
        question: Question,
        *,
        account: int,
        hard: bool,
    ) -> Plan:
        if key in self._unfinished:
            kept: Plan = self._unfinished[key]
            return kept
        threads, turns = self._hard if hard else self._plain
        await turns.take(account)
        solving = asyncio.ensure_future(_on_thread(threads, solve, question))

        def ended(_: object) -> None:
            turns.give_back()  # not before: its thread is busy, whether anybody waits or not
            if not solving.cancelled():
                solving.exception()  # whoever still waits gets it; nobody else is told

        solving.add_done_callback(ended)
        plan = await asyncio.shield(solving)
        if getattr(plan, "gap", 0.0) > 0.0:
            plan = self._unfinished.setdefault(key, plan)
        return plan

    def close(self) -> None:
        """Let the threads end with what they are doing; what waits is dropped."""
        for threads, _ in (self._plain, self._hard):
            threads.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class Solver:
    """Solves the questions of one plan, in turn with those of other accounts."""

    solvers: Solvers
    account: int

    @property
    def seconds(self) -> float:
        """How long a plan may be solved."""
        return self.solvers.seconds

    async def run(
        self, solve: Callable[[Question], Plan], question: Question, *, hard: bool
    ) -> Plan:
        """Solve a question as `Solvers.run` does."""
        return await self.solvers.run(solve, question, account=self.account, hard=hard)

    async def run_bounded(
        self, solve: Callable[[Question, float], Plan], question: Question
    ) -> Plan:
        """Solve a question as `Solvers.run_bounded` does."""
        return await self.solvers.run_bounded(solve, question, account=self.account)


async def _on_thread(
    threads: ThreadPoolExecutor, solve: Callable[[Question], Plan], question: Question
) -> Plan:
    return await asyncio.get_running_loop().run_in_executor(threads, solve, question)


def _key(solve: Callable[..., Plan], question: object) -> bytes:
    """Name a question by all that it says."""
    said = pickle.dumps((solve.__qualname__, question), protocol=5)
    return blake2b(said, digest_size=16).digest()


def _step_back() -> None:
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
