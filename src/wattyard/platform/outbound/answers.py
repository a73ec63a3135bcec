"""Answers of which only the status counts, and connections that know what came over them.

aiohttp reads an answer whole or not at all: a 204 that is followed by a body, or a header too
long, would count as no answer although the receiver took what was sent. So the connection notes
each status line before the parser sees it.
"""

import asyncio
import re
from functools import partial
from typing import Any, Final

import aiohttp
from aiohttp.client_proto import ResponseHandler

_STATUS_LINE: Final = re.compile(rb"HTTP/1\.[01] ([1-5]\d\d)(?:[ \r\n]|$)")
_STATUS_LINE_BYTES: Final = 13
_HEAD_END: Final = b"\r\n\r\n"
_INTERIM: Final = range(100, 200)


class StatusSeen(aiohttp.ClientError):
    """A status line came and then nothing that could be read."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


class StaleConnection(aiohttp.ClientError):
    """A connection that had been used before was closed before anything was answered."""


class WatchedHandler(ResponseHandler):
    """A connection that notes the status of each answer; `answers` counts those before."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.answers = 0
        self.status: int | None = None
        self._head = b""

    def begin(self) -> None:
        """Expect the next answer."""
        self.status = None
        self._head = b""

    def data_received(self, data: bytes) -> None:
        """Note the status line, then parse as ever."""
        if self.status is None:
            self._note(data)
        super().data_received(data)

    @property
    def is_silent(self) -> bool:
        """Whether nothing of the present answer came."""
        return self.status is None and not self._head

    def _note(self, data: bytes) -> None:
        self._head += data
        while len(self._head) >= _STATUS_LINE_BYTES:
            line = _STATUS_LINE.match(self._head)
            if line is None:
                return
            status = int(line[1])
            if status not in _INTERIM:
                self.status = status
                return
            _, end, self._head = self._head.partition(_HEAD_END)
            if not end:
                return


class StatusResponse(aiohttp.ClientResponse):
    """An answer that counts from its status line on."""

    async def start(self, connection: Any) -> "StatusResponse":  # noqa: ANN401 (aiohttp's)
        """Read the head of the answer.

        Raises:
            StatusSeen: when its status came but the rest cannot be read.
            StaleConnection: when the connection was a used one, and closed without a byte.
        """
        handler: WatchedHandler = connection.protocol
        try:
            await super().start(connection)
        except (aiohttp.ClientError, OSError) as fault:
            if isinstance(fault, TimeoutError):
                raise
            if handler.status is not None:
                raise StatusSeen(handler.status) from fault
            if handler.answers and handler.is_silent:
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
