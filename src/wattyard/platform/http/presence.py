"""Whether the caller is still there: nothing is computed for one who has gone."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from wattyard.kernel.refusals import Refusal
from wattyard.platform.http.call import Call

Result = TypeVar("Result")


class CallerGone(Refusal):
    """The caller closed the connection before the answer; nobody reads this one."""

    code = "caller_gone"


async def while_there(call: Call, work: Awaitable[Result]) -> Result:
    """Do work whose request is read whole, and cancel it when the caller goes.

    Raises:
        CallerGone: when that happened.
    """
    worker = asyncio.current_task()
    assert worker is not None  # noqa: S101 (every request runs in a task)
    watch = asyncio.create_task(_gone(call, worker))
    try:
        return await work
    except asyncio.CancelledError:
        if not watch.done() or watch.cancelled() or worker.uncancel() > 0:
            raise  # the server itself ends
        raise CallerGone("the caller closed the connection before the answer") from None
    finally:
        watch.cancel()


async def _gone(call: Call, worker: "asyncio.Task[object]") -> None:
    while (await call.receive())["type"] != "http.disconnect":
        pass
    worker.cancel()
