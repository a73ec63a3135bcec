"""One connection of a client, on uvicorn: an unreadable request is answered too."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from math import inf
from typing import Any, Final

import httptools
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from wattyard.kernel.refusals import Refusal
from wattyard.platform.http.call import SEND_WHOLE, Headers, Message, Receive, Scope, Send
from wattyard.platform.http.connections import HEAD_BYTES, of_server
from wattyard.platform.http.errors import HeadTooLarge, RequestInvalid
from wattyard.platform.http.front import REFUSED

Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_CLOSING: Final = (b"connection", b"close")
_CHUNK_BYTES: Final = 16
"""What a chunk may have around its content: its size, two line ends."""


class _HalfOpen:
    """A transport that ends its own side alone: a client that still sends can read the answer.

    To close at once would make the kernel reset the connection, and the answer be lost.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self.write = transport.write
        self.writelines = transport.writelines
        self.close = transport.write_eof
        self.is_closing = transport.is_closing


class _InTurn(FlowControl):
    """Reads on only when no request waits for the answer to the one before it.

    Else each answer would let in another piece of requests, thousands of them: more than it
    took away.
    """

    def __init__(self, transport: asyncio.Transport, waiting: deque[Any]) -> None:
        super().__init__(transport)
        self._waiting = waiting

    def resume_reading(self) -> None:
        """Read on, unless requests wait."""
        if not self._waiting:
            super().resume_reading()


class ClientConnection(HttpToolsProtocol):
    """Reads requests from a connection and runs the application for each."""

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 (uvicorn's own)
        super().__init__(*given, **named)
        self._connections = of_server(self.server_state)
        self._refused = False
        self._in_message = False
        self._began_here = False
        self._besides_bytes = 0
        """What the present request has had besides its body, known up to the last piece."""
        self._head_since = inf
        """Since when a head is awaited whose connection, or first byte, has come."""
        self._idle_since = inf
        """Since when nothing is asked of the server, and nothing has come."""
        self._received_at = 0.0
        self._untaken_bytes = 0
        self._taken_at = inf

    # What `Connections` asks.

    @property
    def address(self) -> str:
        return self.client[0] if self.client else ""

    def is_overdue(self, now: float, *, head_seconds: float, stall_seconds: float) -> bool:
        """Whether the client has taken too long to send or to take something."""
        left_bytes = self.transport.get_write_buffer_size()
        if not left_bytes or left_bytes < self._untaken_bytes or self._taken_at == inf:
            self._taken_at = now
        self._untaken_bytes = left_bytes
        if left_bytes and now - self._taken_at > stall_seconds:
            return True
        if left_bytes and self._idle_since != inf:
            self._idle_since = now  # it still takes its answer
        if (
            now - self._head_since > head_seconds
            or now - self._idle_since > self.timeout_keep_alive
        ):
            return True
        awaits_body = (
            self._in_message
            and self._head_since == inf
            and not self.flow.read_paused
            and not self.cycle.waiting_for_100_continue
        )
        return awaits_body and now - self._received_at > stall_seconds

    def abort(self) -> None:
        """Close the connection at once."""
        self.transport.abort()

    # What uvicorn tells.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.flow = _InTurn(transport, self.pipeline)
        self._head_since = self.loop.time()
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed what came to the parser, in pieces no larger than a head may be."""
        self._received_at = self.loop.time()
        if len(data) <= HEAD_BYTES:
            self._feed(data)
            return
        view = memoryview(data)
        for start in range(0, len(view), HEAD_BYTES):
            self._feed(view[start : start + HEAD_BYTES])

    def _feed(self, piece: bytes | memoryview) -> None:
        if self._refused or self.parser is None:
            return
        self._besides_bytes += len(piece)
        self._began_here = False
        self._idle_since = inf
        self._parse(piece)
        if not self._refused and self._in_message:
            self._judge_size()
        elif not self._refused:
            self._await_head_of_rest()

    def _parse(self, piece: bytes | memoryview) -> None:
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            pass  # no other protocol is spoken here; the request was answered as it is
        except httptools.HttpParserError:
            if not self._refused:
                self._refuse(RequestInvalid("this is not a readable HTTP/1.1 request (RFC 9112)"))

    def _judge_size(self) -> None:
        if self._began_here:  # the piece may hold the end of the request before
            self._besides_bytes = self._head_bytes()
        if self._besides_bytes > HEAD_BYTES:
            self._refuse(_too_large())

    def _await_head_of_rest(self) -> None:
        """Give bytes that begin no request, such as line ends, the time of a head."""
        answered = self.cycle is None or self.cycle.response_complete
        if answered and self._head_since == inf and self._idle_since == inf:
            self._head_since = self._received_at

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_message = self._began_here = True
        self._besides_bytes = 0
        self._head_since = self._received_at

    def on_headers_complete(self) -> None:
        self._head_since = inf
        self._connections.has_head(self, self.headers)
        if self.transport.is_closing():  # one too many: nothing is done for it
            self._refused = True
            raise ValueError  # ends the parser's work
        # A head within one piece cannot be too large.
        if not self._began_here and self._head_bytes() > HEAD_BYTES:
            self._refuse(_too_large())
            raise ValueError  # as above
        super().on_headers_complete()

    def on_chunk_header(self) -> None:
        self._besides_bytes -= _CHUNK_BYTES

    def on_body(self, body: bytes) -> None:
        self._besides_bytes -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_message = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on with what was sent ahead, or wait; `is_overdue` ends that, without a timer each."""
        self.server_state.total_requests += 1
        if not self.transport.is_closing():
            self.flow.resume_reading()
            if self.pipeline:
                self._start_asgi_task(*self.pipeline.pop())
            else:
                self._idle_since = self.loop.time()
        if self.cycle.scope.get(REFUSED) and self.cycle.response_complete:
            self._head_since = self.loop.time()  # what it still sends is thrown away until then
        elif not self.pipeline and self._head_since == inf:
            self._connections.awaits_head(self)

    def _head_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _refuse(self, refusal: Refusal) -> None:
        """Answer with a refusal, after the answers to earlier requests, and close."""
        self._refused = True
        running = self.cycle is not None and not self.cycle.response_complete
        broken = running and self.cycle.more_body
        if self.pipeline or (broken and self.cycle.response_started):
            self.transport.close()  # another answer is half written, or waits
            return
        if broken:
            self.cycle.disconnected = True  # whatever it still sends goes nowhere
            self.cycle.message_event.set()
        super().on_message_begin()
        scope = {"method": "-", "path": "", "raw_path": b"", "query_string": b"", REFUSED: refusal}
        self.scope.update(scope)  # type: ignore[typeddict-item]
        cycle = RequestResponseCycle(
            scope=self.scope,
            transport=_HalfOpen(self.transport),  # type: ignore[arg-type]
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=False,
            on_response=self.on_response_complete,
        )
        if running and not broken:
            self.pipeline.appendleft((cycle, self.app))
        else:
            self._start_asgi_task(cycle, self.app)
        self.cycle = cycle

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:  # noqa: ANN401
        if cycle.scope["http_version"] == "1.0":
            app = _until_the_end(app, cycle)
        else:
            cycle.scope[SEND_WHOLE] = partial(_send_whole, cycle)  # type: ignore[typeddict-unknown-key]
        super()._start_asgi_task(cycle, app)


async def _send_whole(
    cycle: RequestResponseCycle, status: int, headers: Headers, body: bytes
) -> None:
    """Send an answer that is at hand, with its length among the headers, in one write.

    `cycle.send` takes it in two messages, and three times as long.
    """
    if cycle.flow.write_paused and not cycle.disconnected:
        await cycle.flow.drain()
    if cycle.disconnected:
        return
    lines = [b"%b: %b\r\n" % header for header in (*cycle.default_headers, *headers)]
    if _CLOSING in headers:
        cycle.keep_alive = False
    elif not cycle.keep_alive:
        lines.append(b"connection: close\r\n")
    head = b"".join((STATUS_LINE[status], *lines, b"\r\n"))
    if not head.count(b"\r") == head.count(b"\n") == len(lines) + 2 or b"\0" in head:
        raise RuntimeError("a header of an answer has a line break or a NUL")
    # It holds the cycle: nothing is left for a collection.
    del cycle.scope[SEND_WHOLE]  # type: ignore[typeddict-item]
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.transport.writelines((head,) if cycle.scope["method"] == "HEAD" else (head, body))
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()


def _too_large() -> HeadTooLarge:
    return HeadTooLarge(
        f"a request's line and headers, trailers included, have at most {HEAD_BYTES:,} bytes"
    )


def _until_the_end(app: Application, cycle: RequestResponseCycle) -> Application:
    """Let an answer of unknown length end with the connection: HTTP/1.0 has no chunks."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        endless = False

        async def plainly(message: Message) -> None:
            nonlocal endless
            if message["type"] == "http.response.start":
                endless = all(name != b"content-length" for name, _ in message["headers"])
                if endless:
                    cycle.chunked_encoding = False
            elif endless:
                cycle.expected_content_length = len(message.get("body", b""))
            await send(message)

        await app(scope, receive, plainly)

    return answered
