"""Whose plan is made next: accounts take turns, and none has more than its share under way."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from wattyard.kernel.refusals import TooMany

PLANS_IN_PROGRESS: Final = 8
"""How many plans of an account a process has in progress; more wait for one of them to end."""
WAIT_SECONDS: Final = 10.0
_RETRY_SECONDS: Final = 2.0


class PlansInProgress(TooMany):
    """The account has as many plans in progress as this server makes at once; ask again later."""

    code = "plans_in_progress"


class Turns:
    """A number of slots that accounts take in turn, each in the order in which it asked."""

    def __init__(self, slots: int) -> None:
        self._free = slots
        self._waiting: OrderedDict[int, deque[asyncio.Future[None]]] = OrderedDict()

    async def take(self, account: int) -> None:
        """Wait for a slot; whoever takes one gives it back."""
        if self._free and not self._waiting:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(account, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give_back()  # it came in the very moment in which nobody wanted it any more
            else:
                self._leave(account, turn)
            raise

    def give_back(self) -> None:
        """Let the next account have the slot, or nobody."""
        while self._waiting:
            account, queue = self._waiting.popitem(last=False)
            turn = queue.popleft()
            if queue:
                self._waiting[account] = queue  # behind all others
            if not turn.done():  # else called off in this very moment
                turn.set_result(None)
                return
        self._free += 1

    def _leave(self, account: int, turn: asyncio.Future[None]) -> None:
        queue = self._waiting.get(account)
        if queue is None or turn not in queue:
            return  # a slot that was given back has passed it over
        queue.remove(turn)
        if not queue:
            del self._waiting[account]


class Shares:
    """How many plans of each account are in progress."""

    def __init__(
        self, at_once: int = PLANS_IN_PROGRESS, *, wait_seconds: float = WAIT_SECONDS
    ) -> None:
        self._at_once = at_once
        self._wait_seconds = wait_seconds
        self._turns: dict[int, tuple[Turns, int]] = {}

    @asynccontextmanager
    async def one_of(self, account: int) -> AsyncIterator[None]:
        """Have one plan of an account in progress inside the block.

        Raises:
            PlansInProgress: when its others did not end within ten seconds.
        """
        turns, known = self._turns.get(account) or (Turns(self._at_once), 0)
        self._turns[account] = (turns, known + 1)
        try:
            try:
                async with asyncio.timeout(self._wait_seconds):
                    await turns.take(account)
            except TimeoutError:
                raise PlansInProgress(
                    f"{self._at_once} plans of this account are in progress, and none of them "
                    f"ended within {self._wait_seconds:g} s; ask again in a moment",
                    retry_after_seconds=_RETRY_SECONDS,
                ) from None
            try:
                yield
            finally:
                turns.give_back()
        finally:
            self._forget(account)

    def _forget(self, account: int) -> None:
        turns, known = self._turns[account]
        if known == 1:
            del self._turns[account]
        else:
            self._turns[account] = (turns, known - 1)
