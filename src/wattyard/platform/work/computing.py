"""What computes for long, in threads beside the event loop, without taking it from others.

A thread that computes holds the interpreter, and whoever else wants it waits for the switch
interval: every call that waits for its socket or its database has to take the interpreter back
each time. So the interval is short, and no account has more than a few threads.
"""

import asyncio
import sys
from collections.abc import Callable
from functools import partial
from typing import Final, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from wattyard.kernel.callers import on_behalf_of

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

THREADS_OF_AN_ACCOUNT: Final = 2
_SWITCH_SECONDS: Final = 0.0005


class _Share:
    """The threads of one account, its turn on the loop, and how many pieces of work want one."""

    __slots__ = ("slots", "turn", "wanted")

    def __init__(self) -> None:
        self.slots = asyncio.Semaphore(THREADS_OF_AN_ACCOUNT)
        self.turn = asyncio.Lock()
        self.wanted = 0


_shares: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[int, _Share]] = WeakKeyDictionary()


def yield_to_the_loop() -> None:
    """Let threads that compute give the interpreter up after half a millisecond, not five."""
    sys.setswitchinterval(_SWITCH_SECONDS)


async def beside(
    work: Callable[Arguments, Result], *args: Arguments.args, **named: Arguments.kwargs
) -> Result:
    """Do work in a thread; an account has two of them at once, and more wait in turn.

    Work that has begun goes on to its end, also when nobody waits for it any more, and its
    thread counts until then. What the server does for itself does not wait.
    """
    account = on_behalf_of.get()
    if account is None:
        return await asyncio.to_thread(work, *args, **named)
    shares, share = _joined(account)
    try:
        await share.slots.acquire()
    except asyncio.CancelledError:
        _leave(shares, account)
        raise
    thread = asyncio.ensure_future(asyncio.to_thread(partial(work, *args, **named)))

    def ended(_: object) -> None:
        share.slots.release()
        _leave(shares, account)
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
    shares, share = _joined(account)
    try:
        async with share.turn:
            await asyncio.sleep(0)
    finally:
        _leave(shares, account)


def _joined(account: int) -> tuple[dict[int, _Share], _Share]:
    shares = _shares.setdefault(asyncio.get_running_loop(), {})
    share = shares.setdefault(account, _Share())
    share.wanted += 1
    return shares, share


def _leave(shares: dict[int, _Share], account: int) -> None:
    share = shares[account]
    share.wanted -= 1
    if not share.wanted:
        del shares[account]
