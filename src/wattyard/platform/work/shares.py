"""The share of each account in a process: its turns on the event loop, its threads, its rests.

An account that is alone has all of the process. While the calls of another are worked on, and for
a quarter of a second after that, both of them are held to this, however many calls they send:

* In a turn of the loop an account makes one step of all its calls. A step is what a call does
  between two waits.
* It computes in one thread, not in two.
* Where more of its calls wait for a step, the next one is made after three times the time that
  the last one took.
* A step of more than 3 ms of the processor, or a piece of work in a thread of more than 5 ms, is
  paid for with a rest: four times what it took beyond those. The next step waits 50 ms at most,
  since it may be in the middle of a transaction; a new call, the next piece of a large body and the
  next piece of work in a thread wait until the rest is over, or for 50 ms where no other call of
  the account waits: so one that sends its calls one after the other takes turns with the rest.

So those who ask for little, as most do, never wait because of themselves, and only a few
milliseconds for others; whoever asks for more gets about a quarter of the time, and all of it again
when the others are quiet.
"""

import asyncio
import types
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from contextvars import ContextVar
from time import monotonic, thread_time
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from wattyard.kernel.refusals import TooMany

Result = TypeVar("Result")

THREADS_OF_AN_ACCOUNT: Final = 2
_CONTENDED_SECONDS: Final = 0.25
_FREE_STEP_SECONDS: Final = 0.003
"""What a step may take without a rest."""
FREE_THREAD_SECONDS: Final = 0.005
"""What a piece of work in a thread may take without a rest."""
_RATE: Final = 0.25
"""How much of the time may go to what is beyond these."""
DEBT_SECONDS: Final = 0.5
"""More than this is not paid for."""
_RESTS_IN_LINE: Final = 3
"""How many times as long as a step the next one waits, where more want one."""
_STEP_REST_SECONDS: Final = 0.05
_WAIT_SECONDS: Final = 10.0
KEPT: Final = 1000
"""The shares of so many accounts are kept while they are idle."""


class Share:
    """What one account has of a process."""

    __slots__ = (
        "_debt_at",
        "_debt_seconds",
        "_for_rest",
        "_of_process",
        "_resting",
        "_steps",
        "_threads_wanted",
        "stepping",
        "threads",
        "turn",
    )

    def __init__(self, of_process: "ProcessShares") -> None:
        self._of_process = of_process
        self.stepping = False
        self.threads = 0
        self.turn = asyncio.Lock()
        self._for_rest = asyncio.Lock()
        self._resting = 0
        self._steps: deque[asyncio.Future[None]] = deque()
        self._threads_wanted: deque[asyncio.Future[None]] = deque()
        self._debt_seconds = self._debt_at = 0.0

    @property
    def is_idle(self) -> bool:
        """Whether nothing is lost when this share is forgotten."""
        return not (self.stepping or self.threads or self._threads_wanted or self._rest_seconds())

    @property
    def _is_contended(self) -> bool:
        return self._of_process.is_beside_others(self)

    def charge(self, seconds: float, *, free_seconds: float = _FREE_STEP_SECONDS) -> None:
        """Count time of the processor that a step or a piece of work took."""
        if seconds > free_seconds:
            debt = self._rest_seconds() * _RATE + seconds - free_seconds
            self._debt_seconds, self._debt_at = min(debt, DEBT_SECONDS), monotonic()

    def _rest_seconds(self) -> float:
        if not self._debt_seconds:
            return 0.0
        left = self._debt_seconds / _RATE - (monotonic() - self._debt_at)
        if left <= 0:
            self._debt_seconds = 0.0
        return max(0.0, left)

    def end_step(self, seconds: float) -> None:
        """Charge the step that was made, and let the next one be made in a later turn."""
        self.charge(seconds)
        rest_seconds = self._rest_seconds()
        if self._steps:
            rest_seconds = max(rest_seconds, seconds * _RESTS_IN_LINE)
        loop = asyncio.get_running_loop()
        if rest_seconds:
            loop.call_later(min(rest_seconds, _STEP_REST_SECONDS), self._pass_on)
        else:
            loop.call_soon(self._pass_on)

    async def wait_for_step(self) -> None:
        """Wait until it is this call's turn to make a step."""
        await _in_line(self._steps, otherwise=self._pass_on)

    def _pass_on(self) -> None:
        self.stepping = _handed_over(self._steps)

    @property
    def must_rest(self) -> bool:
        """Whether others want the process, and what this account has used is not paid for."""
        return bool(self._debt_seconds) and self._is_contended and self._rest_seconds() > 0

    async def rested(self) -> None:
        """Wait, while others want the process, until what this account has used is paid for."""
        if not self.must_rest:
            return
        self._resting += 1
        try:
            async with self._for_rest:
                while self._is_contended and (seconds := self._rest_seconds()):
                    await asyncio.sleep(min(seconds, _STEP_REST_SECONDS))
                    if not self._has_others_waiting:
                        break
        finally:
            self._resting -= 1

    @property
    def _has_others_waiting(self) -> bool:
        return bool(self._resting > 1 or self._threads_wanted or self._steps)

    async def admitted(self, *, at_most_seconds: float = _WAIT_SECONDS) -> None:
        """Wait as `rested` until a new call may begin.

        Raises:
            TooMany: when it may not yet begin then.
        """
        try:
            async with asyncio.timeout(at_most_seconds):
                await self.rested()
        except TimeoutError:
            raise TooMany(
                "this account's calls take more than its share of the server while others need "
                "it; send fewer at once, or smaller ones",
                retry_after_seconds=1,
            ) from None

    async def take_thread(self) -> None:
        """Wait for one of the account's threads, and until it has rested."""
        if self._threads_wanted or not self._has_free_thread:
            await _in_line(self._threads_wanted, otherwise=self.give_thread)
        else:
            self.threads += 1
        try:
            await self.rested()
        except BaseException:
            self.give_thread()
            raise

    @property
    def _has_free_thread(self) -> bool:
        return self.threads < (1 if self._is_contended else THREADS_OF_AN_ACCOUNT)

    def give_thread(self) -> None:
        """Give a thread back: to the work that waits longest, or for any."""
        self.threads -= 1
        while self._has_free_thread and _handed_over(self._threads_wanted):
            self.threads += 1


async def _in_line(line: deque[asyncio.Future[None]], *, otherwise: Callable[[], None]) -> None:
    """Wait in a line; a turn that came just when the wait was called off is passed on."""
    turn = asyncio.get_running_loop().create_future()
    line.append(turn)
    try:
        await turn
    except BaseException:
        if turn.done() and not turn.cancelled():
            otherwise()
        else:
            turn.cancel()
            with suppress(ValueError):  # it was passed over already
                line.remove(turn)
        raise


def _handed_over(line: deque[asyncio.Future[None]]) -> bool:
    """Hand a turn to whoever waits longest; False where nobody waits."""
    while line:
        turn = line.popleft()
        if not turn.done():
            turn.set_result(None)
            return True
    return False


class ProcessShares:
    """The shares of all accounts on one event loop.

    Attributes:
        contended_seconds: for how long after another's call an account counts as not alone.
    """

    def __init__(self) -> None:
        self.contended_seconds = _CONTENDED_SECONDS
        self._of: dict[int, Share] = {}
        self._last: Share | None = None
        self._last_at = self._other_at = float("-inf")

    def __len__(self) -> int:
        return len(self._of)

    def of(self, account: int) -> Share:
        """Find the share of an account."""
        share = self._of.get(account)
        if share is None:
            if len(self._of) >= KEPT:
                self._of = {key: one for key, one in self._of.items() if not one.is_idle}
            share = self._of[account] = Share(self)
        return share

    def is_contended(self, share: Share) -> bool:
        """Note that an account makes a step: whether another has made one lately."""
        now = monotonic()
        if self._last is not share:
            self._last, self._other_at = share, self._last_at
        self._last_at = now
        return now - self._other_at < self.contended_seconds

    def is_beside_others(self, share: Share) -> bool:
        """Whether another account has made a step lately."""
        other_at = self._other_at if self._last is share else self._last_at
        return monotonic() - other_at < self.contended_seconds


_in_steps: ContextVar[asyncio.Task[Any] | None] = ContextVar("in_steps", default=None)
"""The task that makes its steps in a share; those that it starts inherit this, and are others."""
_shares: WeakKeyDictionary[asyncio.AbstractEventLoop, ProcessShares] = WeakKeyDictionary()


def shares() -> ProcessShares:
    """Find the shares of the running loop."""
    loop = asyncio.get_running_loop()
    found = _shares.get(loop)
    if found is None:
        found = _shares[loop] = ProcessShares()
    return found


async def in_its_share(account: int, work: Coroutine[Any, Any, Result]) -> Result:
    """Do the work of a call, step by step in the share of its account.

    What a call does that is in a share already is a part of its steps, whichever account is named:
    a step inside a step would wait for its own end.

    Raises:
        TooMany: when the account has used so much that the call may not begin within 10 s.
    """
    task = asyncio.current_task()
    if _in_steps.get() is task:
        return await work
    all_ = shares()
    share = all_.of(account)
    if share.must_rest:
        try:
            await share.admitted()
        except BaseException:
            work.close()
            raise
    _in_steps.set(task)
    try:
        return await _stepwise(all_, share, work)
    finally:
        # Not what it was before: of requests that are sent ahead each would keep the one before it.
        _in_steps.set(None)


@types.coroutine
def _stepwise(
    all_: ProcessShares, share: Share, work: Coroutine[Any, Any, Result]
) -> Generator[Any, None, Result]:
    thrown: BaseException | None = None
    while True:
        charged = all_.is_contended(share) and not (share.stepping and thrown)
        if charged and share.stepping:
            thrown = yield from _waited(share)
            charged = thrown is None
        if charged:
            share.stepping = True
        begun = thread_time() if charged else 0.0
        try:
            waited = work.send(None) if thrown is None else work.throw(thrown)
        except StopIteration as ended:
            result: Result = ended.value
            return result
        finally:
            if charged:
                share.end_step(thread_time() - begun)
        try:
            thrown = None
            yield waited
        except BaseException as fault:  # noqa: BLE001 (thrown into the work)
            thrown = fault


def _waited(share: Share) -> Generator[Any, None, BaseException | None]:
    """Wait for the account's turn; gives what was thrown meanwhile."""
    try:
        yield from share.wait_for_step().__await__()
    except BaseException as fault:  # noqa: BLE001 (thrown into the work)
        return fault
    return None
