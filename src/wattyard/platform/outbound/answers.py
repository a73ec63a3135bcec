"""Answers whose status alone counts, and connections that know what came over them.

aiohttp reads an answer whole or not at all: a 204 that is followed by a body, or a header too
long, would count as no answer although the receiver took what was sent. So the connection notes
each status line before the parser sees it.
"""

import asyncio
import re
from contextlib import suppress
from contextvars import ContextVar
from functools import partial
from typing import Any, Final

import aiohttp
from aiohttp.client_proto import ResponseHandler

_STATUS_LINE: Final = re.compile(rb"HTTP/1\.[01] ([1-5]\d\d)(?:[ \r\n]|$)")
_STATUS_LINE_BYTES: Final = 13
_HEAD_END: Final = b"\r\n\r\n"
_INTERIM: Final = range(100, 200)
_REST_SECONDS: Final = 1.0


class StaleConnection(aiohttp.ClientError):
    """A connection that had been used before was closed before anything was answered."""


class Exchange:
    """One request and its answer, whose `status` is known from its status line on.

    What follows the status line has a second, within the `limit` in time.
    """

    __slots__ = ("_limit", "status")

    def __init__(self, limit: asyncio.Timeout) -> None:
        self._limit = limit
        self.status: int | None = None

    def answered(self, status: int) -> None:
        """Note the status, and give the rest of the answer little time."""
        self.status = status
        end = asyncio.get_running_loop().time() + _REST_SECONDS
        with suppress(RuntimeError):  # the time is over already
            self._limit.reschedule(min(end, self._limit.when() or end))


exchange: ContextVar[Exchange] = ContextVar("exchange")
"""The exchange of the present task, for the connection that it gets."""


class WatchedHandler(ResponseHandler):
    """A connection that notes the status of each answer; `answers` counts those before."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.answers = 0
        self._head = b""
        self._exchange: Exchange | None = None

    def begin(self) -> None:
        """Expect the answer of the present task's exchange."""
        self._exchange = exchange.get()
        self._head = b""

    def data_received(self, data: bytes) -> None:
        """Note the status line, then parse as ever."""
        if self._exchange is not None and self._exchange.status is None:
            self._note(self._exchange, data)
        super().data_received(data)

    @property
    def is_silent(self) -> bool:
        """Whether nothing of the present answer came."""
        return not self._head

    def _note(self, present: Exchange, data: bytes) -> None:
        self._head += data
        while len(self._head) >= _STATUS_LINE_BYTES:
            line = _STATUS_LINE.match(self._head)
            if line is None:
                return
            status = int(line[1])
            if status not in _INTERIM:
                present.answered(status)
                return
            _, end, self._head = self._head.partition(_HEAD_END)
            if not end:
                return


class WatchedResponse(aiohttp.ClientResponse):
    """An answer on a connection that knows whether it was used before."""

    async def start(self, connection: Any) -> "WatchedResponse":  # noqa: ANN401 (aiohttp's)
        """Read the head of the answer.

        Raises:
            StaleConnection: when the connection was a used one, and closed without a byte.
        """
        handler: WatchedHandler = connection.protocol
        try:
            await super().start(connection)
        except (aiohttp.ClientError, OSError) as fault:
            if handler.answers and handler.is_silent and not isinstance(fault, TimeoutError):
                raise StaleConnection from fault
            raise
        handler.answers += 1
        return self


class WatchedConnector(aiohttp.TCPConnector):
    """A connector whose connections are watched."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 (aiohttp's)
        super().__init__(**options)
        self._factory = partial(WatchedHandler, loop=self._loop)  # type: ignore[assignment]  # a subclass

    async def connect(self, *given: Any, **named: Any) -> Any:  # noqa: ANN401 (aiohttp's)
        """Lend a connection, ready for the next answer."""
        connection: Any = await super().connect(*given, **named)
        connection.protocol.begin()
        return connection
