"""The ASGI scopes that are not requests: the server's own lifespan, and websockets."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

from wattyard.kernel.refusals import Refusal
from wattyard.platform.http.call import Receive, Scope, Send

Failed = Callable[[str, Exception], None]
"""Called with an error that was our fault, and of the scope in which it was raised."""

_POLICY_VIOLATION: Final = 1008
_INTERNAL_ERROR: Final = 1011
_REASON_LIMIT: Final = 120
"""A close frame has room for 123 bytes of reason (RFC 6455, 5.5)."""


async def live(
    lifespan: AbstractAsyncContextManager[None], receive: Receive, send: Send, failed: Failed
) -> None:
    """Keep `lifespan` open from the server's start to its end; an error is logged and reported."""
    step = "startup"
    try:
        await receive()
        async with lifespan:
            await send({"type": "lifespan.startup.complete"})
            step = "shutdown"
            await receive()
    except Exception as error:  # noqa: BLE001 (the last line: logged, and the server ends)
        failed("lifespan", error)
        await send({"type": f"lifespan.{step}.failed", "message": str(error)})
    else:
        await send({"type": "lifespan.shutdown.complete"})


async def connect(
    work: Callable[[Scope, Receive, Send], Awaitable[None]],
    scope: Scope,
    receive: Receive,
    send: Send,
    failed: Failed,
) -> None:
    """Do the work of a websocket; a refusal or an error of ours closes it, with the reason."""
    try:
        await work(scope, receive, send)
    except Refusal as refusal:
        await _close(send, _POLICY_VIOLATION, f"{refusal.first.code}: {refusal.first.message}")
    except Exception as error:  # noqa: BLE001 (the last line: our fault, logged)
        failed("websocket", error)
        await _close(send, _INTERNAL_ERROR, "internal_error: something went wrong on our side")


async def _close(send: Send, code: int, reason: str) -> None:
    cut = reason.encode()[:_REASON_LIMIT].decode(errors="ignore")
    await send({"type": "websocket.close", "code": code, "reason": cut})
