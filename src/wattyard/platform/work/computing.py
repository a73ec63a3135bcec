"""What computes for long, in threads beside the event loop, without taking it from others.

A thread that computes holds the interpreter, and whoever else wants it waits for the switch
interval: every call that waits for its socket or its database has to take the interpreter back
each time. So the interval is short, and no account has more than a few threads.
"""

import asyncio
import sys
from collections.abc import Callable
from time import thread_time
from typing import Final, ParamSpec, TypeVar

from wattyard.kernel.callers import on_behalf_of
from wattyard.platform.work.shares import FREE_THREAD_SECONDS, shares

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_SWITCH_SECONDS: Final = 0.0005


def yield_to_the_loop() -> None:
    """Let threads that compute give the interpreter up after half a millisecond, not five."""
    sys.setswitchinterval(_SWITCH_SECONDS)


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
