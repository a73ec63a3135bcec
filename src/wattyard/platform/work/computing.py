"""Long computations, in threads off the event loop, without starving the loop.

A thread that computes holds the interpreter, and whoever else wants it waits for the switch
interval: every call that waits for its socket or its database has to take the interpreter back
each time. So the interval is short, and no account has more than a few threads.

A full garbage collection holds it, too, for as long as there are objects to look at: 6 ms in a
server as it starts, and up to 90 ms with the hundred thousand parts of a large body that is just
read. So there is none while a thread computes, unless there has been none for a long time.
"""

import asyncio
import gc
import sys
from collections.abc import Callable
from threading import Lock
from time import monotonic, thread_time
from typing import Final, ParamSpec, TypeVar

from wattyard.kernel.callers import on_behalf_of
from wattyard.platform.work.shares import FREE_THREAD_SECONDS, shares

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_SWITCH_SECONDS: Final = 0.0001
_UNCOLLECTED_SECONDS: Final = 10.0
_NEVER: Final = 2**31 - 1


def yield_to_the_loop() -> None:
    """Let threads that compute give the interpreter up after a tenth of a millisecond, not five."""
    sys.setswitchinterval(_SWITCH_SECONDS)


class FullCollections:
    """Puts full garbage collections off while threads compute, for ten seconds at most.

    After that they are allowed again until no thread computes, as soon as so many objects were
    made that a smaller collection is due: where none are made, no garbage piles up.
    """

    def __init__(self, *, at_most_seconds: float = _UNCOLLECTED_SECONDS) -> None:
        self._at_most_seconds = at_most_seconds
        self._lock = Lock()
        self._computing = 0
        self._thresholds = gc.get_threshold()
        self._since = 0.0

    def __enter__(self) -> None:
        with self._lock:
            self._computing += 1
            if self._computing == 1:
                self._thresholds, self._since = gc.get_threshold(), monotonic()
                gc.set_threshold(*self._thresholds[:2], _NEVER)
                gc.callbacks.append(self._collected)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._computing -= 1
            if not self._computing:
                gc.callbacks.remove(self._collected)
                gc.set_threshold(*self._thresholds)

    def _collected(self, _phase: str, _told: dict[str, int]) -> None:
        """Take the chance of a collection, in whichever thread; the lock may be held by it."""
        if monotonic() - self._since >= self._at_most_seconds:
            gc.set_threshold(*self._thresholds)


_collections: Final = FullCollections()


async def beside(
    work: Callable[Arguments, Result], *args: Arguments.args, **named: Arguments.kwargs
) -> Result:
    """Do work in a thread; an account has two of them at once, and more wait in turn.

    While another account wants the process, too, it is one, and it rests between two pieces of
    work (`platform.work.shares`). Work that has begun goes on to its end, also when nobody waits
    for it any more, and its thread counts until then. What the server does for itself does not
    wait.
    """
    account = on_behalf_of.get()
    if account is None:
        return await asyncio.to_thread(work, *args, **named)
    share = shares().of(account)
    await share.take_thread()

    used_seconds: list[float] = []

    def measured() -> Result:
        begun = thread_time()
        try:
            with _collections:
                return work(*args, **named)
        finally:
            used_seconds.append(thread_time() - begun)

    thread = asyncio.ensure_future(asyncio.to_thread(measured))

    def ended(_: object) -> None:
        share.charge(sum(used_seconds), free_seconds=FREE_THREAD_SECONDS)
        share.give_thread()
        if not thread.cancelled():
            thread.exception()  # whoever still waits gets it

    thread.add_done_callback(ended)
    return await asyncio.shield(thread)


async def in_turn() -> None:
    """Let others have a turn of the loop: of all that one account sends, a piece is taken for each.

    Between the pieces of a large body, so that a caller who sends many of them at once does not
    make everybody's turns longer.
    """
    account = on_behalf_of.get()
    if account is None:
        await asyncio.sleep(0)
        return
    share = shares().of(account)
    async with share.turn:
        await asyncio.sleep(0)
    await share.rested()
