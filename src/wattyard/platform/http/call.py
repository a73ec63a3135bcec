"""One request and its answer, on bare ASGI."""

import asyncio
import gzip
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping, Sequence
from contextlib import aclosing
from datetime import datetime
from enum import Enum
from hashlib import blake2b
from time import perf_counter
from typing import Any, Final, TypeVar

from wattyard.kernel.callers import Caller
from wattyard.kernel.refusals import Malformed, Refusal, TooLarge
from wattyard.kernel.values import dataclass, field
from wattyard.platform.http.releases import RELEASE
from wattyard.platform.work import beside, in_turn

Result = TypeVar("Result")
Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]

SEND_WHOLE: Final = "wattyard.send_whole"
"""In the scope of a server that can take an answer at once: what takes status, headers, body."""

JSON: Final = b"application/json; charset=utf-8"
_RELEASE_HEADER: Final = (b"flatpeak-version", RELEASE.encode())


def _page_headers(*, forms: bytes, referrer: bytes) -> tuple[tuple[bytes, bytes], ...]:
    return (
        (
            b"content-security-policy",
            (
                b"default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
                b"img-src 'self'; base-uri 'none'; form-action %b; frame-ancestors 'none'" % forms
            ),
        ),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", referrer),
        (b"cross-origin-opener-policy", b"same-origin"),
    )


class PageKind(Enum):
    """What a page of HTML does, which decides what browsers let it do."""

    READ = "read"
    """It is only read."""
    FORMS = "forms"
    """It sends forms to this server: without a referrer, browsers would not say from where."""
    UNREFERRED = "unreferred"
    """It sends forms, and its address holds a secret, which goes nowhere."""


_PAGE_HEADERS: Final = {
    PageKind.READ: _page_headers(forms=b"'none'", referrer=b"no-referrer"),
    PageKind.FORMS: _page_headers(forms=b"'self'", referrer=b"same-origin"),
    PageKind.UNREFERRED: _page_headers(forms=b"'self'", referrer=b"no-referrer"),
}
"""What keeps a page from being framed, guessed at, or made to load what is not of this server."""
_IN_TURN_BYTES: Final = 64 * 1024
"""A body above this is received piece by piece, in turn with the account's others."""
_COMPRESS_FROM_BYTES: Final = 1024
BEGUN_BYTES: Final = 8 * 1024 + 1
"""Of a body that is read piece by piece, so many first bytes are remembered."""
_COMPRESS_BESIDE_BYTES: Final = 256 * 1024
"""Compressing more than this takes long enough to be done off the event loop."""


@dataclass(slots=True)
class Answer:
    """What goes back: status, body and extra headers."""

    body: bytes
    status: int = 200
    media_type: bytes = JSON
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    packed: bytes | None = None
    """The body as gzip, where it is at hand."""
    page: PageKind = PageKind.READ
    """What the body does where it is HTML."""


@dataclass(slots=True)
class StreamedAnswer:
    """An answer that is sent piece by piece, until it ends or the client leaves.

    `page` says what a page of HTML does; None for everything else.
    """

    chunks: AsyncGenerator[bytes, None]
    media_type: bytes = b"text/event-stream; charset=utf-8"
    page: PageKind | None = None
    headers: Sequence[tuple[bytes, bytes]] = ()


class Call:
    """One request: what was sent, who sent it, and what was answered.

    `begun_body` is the beginning of the body, decompressed, as far as it was read.
    """

    __slots__ = (
        "answered",
        "answered_bytes",
        "begun_body",
        "caller",
        "extra_headers",
        "headers",
        "kept_body",
        "key_in_path",
        "now",
        "operation",
        "path_values",
        "receive",
        "request_id",
        "route",
        "scope",
        "send",
        "started",
        "status",
    )

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, request_id: str, now: datetime
    ) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.request_id = request_id
        self.now = now
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.caller: Caller | None = None
        self.kept_body: bytes | None = None
        self.begun_body = b""
        self.answered: Answer | None = None
        self.key_in_path = False
        self.operation = "request"
        self.route = ""
        self.path_values: dict[str, str] = {}
        self.extra_headers: list[tuple[bytes, bytes]] = []
        self.status = 0
        self.answered_bytes = 0
        self.started = perf_counter()

    @property
    def method(self) -> str:
        return str(self.scope["method"])

    @property
    def path(self) -> str:
        return str(self.scope["path"])

    def header(self, name: bytes) -> str | None:
        """Read a request header by its lower-case name."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1").strip()

    @property
    def address(self) -> str:
        """The client's network address, empty where the server does not know it.

        That is the peer's, or whom a trusted proxy names.
        """
        client = self.scope.get("client")
        return str(client[0]) if client else ""

    async def body(self, limit_bytes: int) -> bytes:
        """Read the body whole.

        Raises:
            TooLarge: as soon as more than `limit_bytes` are announced or received.
            Malformed: when the client left in the middle.
        """
        if self.kept_body is not None:
            return self.kept_body
        announced = self.headers.get(b"content-length", b"")
        if announced.isdigit() and int(announced) > limit_bytes:
            raise _too_large(limit_bytes)
        parts: list[bytes] = []
        received = 0
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise Malformed("the body was cut off", code="body_incomplete")
            parts.append(message.get("body", b""))
            received += len(parts[-1])
            if received > limit_bytes:
                raise _too_large(limit_bytes)
            if not message.get("more_body", False):
                self.kept_body = b"".join(parts)
                self.begun_body = self.kept_body[:BEGUN_BYTES]
                return self.kept_body
            if received > _IN_TURN_BYTES:
                await in_turn()

    def not_modified(self, answer: Answer) -> Answer:
        """Say that the client has this answer already, with the tag that it would have there."""
        headers = answer.headers
        if self._compresses(answer.body):
            headers = [*map(_weak, headers)]
        return Answer(b"", 304, headers=headers)

    def _compresses(self, body: bytes) -> bool:
        accepted = self.headers.get(b"accept-encoding", b"")
        return len(body) > _COMPRESS_FROM_BYTES and _takes_gzip(accepted)

    async def answer(self, answer: Answer | StreamedAnswer) -> None:
        """Send the answer, compressed where the client asks for it and it pays."""
        if isinstance(answer, StreamedAnswer):
            await self._stream(answer)
            return
        body, headers = answer.body, answer.headers
        if len(body) > _COMPRESS_FROM_BYTES:
            headers = [*headers, (b"vary", b"accept-encoding")]
            if self._compresses(body):
                body = answer.packed or await _compressed(body)
                headers = [*map(_weak, headers), (b"content-encoding", b"gzip")]
        self.answered = answer
        self.status = answer.status
        self.answered_bytes = len(body)
        start = [
            (b"content-type", answer.media_type),
            (b"content-length", b"%d" % len(body)),
            (b"request-id", self.request_id.encode()),
            _RELEASE_HEADER,
        ]
        if answer.status in (204, 304):
            start[:2] = [(b"vary", b"accept-encoding")] if answer.status == 304 else []
        elif answer.media_type is not JSON and answer.media_type.startswith(b"text/html"):
            start += _PAGE_HEADERS[answer.page]
        start += headers
        start += self.extra_headers
        send_whole = self.scope.get(SEND_WHOLE)
        if send_whole is not None:
            await send_whole(answer.status, start, body)
            return
        await self.send({"type": "http.response.start", "status": answer.status, "headers": start})
        await self.send({"type": "http.response.body", "body": body})

    async def _stream(self, stream: StreamedAnswer) -> None:
        self.status = 200
        headers = [
            (b"content-type", stream.media_type),
            (b"request-id", self.request_id.encode()),
            _RELEASE_HEADER,
        ]
        if not self.key_in_path:
            headers.append((b"cache-control", b"no-store"))
        if stream.page is not None:
            headers += _PAGE_HEADERS[stream.page]
        headers += stream.headers
        await self.send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": headers + self.extra_headers,
            }
        )
        if self.method != "HEAD":
            sending = asyncio.create_task(self._send_pieces(stream.chunks))
            leaving = asyncio.create_task(self._left())
            try:
                await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (sending, leaving):
                    task.cancel()
                results = await asyncio.gather(sending, leaving, return_exceptions=True)
            if isinstance(results[0], Exception):
                raise results[0]
        await self.send({"type": "http.response.body", "body": b""})

    async def _send_pieces(self, pieces: AsyncGenerator[bytes, None]) -> None:
        async with aclosing(pieces):
            async for piece in pieces:
                self.answered_bytes += len(piece)
                await self.send({"type": "http.response.body", "body": piece, "more_body": True})

    async def _left(self) -> None:
        """Wait until the client leaves."""
        while (await self.receive())["type"] != "http.disconnect":
            pass


def _weak(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    """Weaken the tag of an object whose bytes are compressed (RFC 9110, section 8.8.3.3)."""
    name, value = header
    return (name, b"W/" + value) if name == b"etag" and value[:1] == b'"' else header


async def _compressed(body: bytes) -> bytes:
    if len(body) > _COMPRESS_BESIDE_BYTES:
        return await beside(gzip.compress, body, 5, mtime=0)
    return gzip.compress(body, compresslevel=5, mtime=0)


def etag(body: bytes) -> str:
    """Name this version of an object's representation (RFC 9110, section 8.8.3)."""
    return f'"{blake2b(body, digest_size=16).hexdigest()}"'


def matches(header: str, tag: str) -> bool:
    """Whether an `If-Match` or `If-None-Match` header names `tag`."""
    return header.strip() == "*" or tag in (
        part.strip().removeprefix("W/") for part in header.split(",")
    )


def _takes_gzip(accepted: bytes) -> bool:
    if b"gzip" not in accepted:
        return False
    for part in accepted.decode("latin-1").split(","):
        coding, _, quality = part.partition(";")
        if coding.strip().lower() == "gzip":
            return quality.replace(" ", "").lower() not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _too_large(limit_bytes: int) -> TooLarge:
    return TooLarge(
        f"the body is larger than the {limit_bytes:,} bytes that this endpoint takes; "
        "send less at a time"
    )


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
