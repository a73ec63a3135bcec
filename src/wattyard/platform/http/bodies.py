"""Bodies read piece by piece: compressed ones, and JSON lines (contract 0, Transport)."""

import re
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Final

from wattyard.kernel.ids import shown
from wattyard.kernel.refusals import Malformed, TooLarge
from wattyard.platform.http.call import BEGUN_BYTES, Call
from wattyard.platform.http.errors import MediaTypeUnsupported
from wattyard.platform.work import in_turn

LINE_LIMIT_BYTES: Final = 64 * 1024
LINE_LIMIT: Final = 4_000_000
"""The lines of a stream, empty ones included: four for each record that it may have."""
_MEMBERS: Final = 1000
_MEMBER_BYTES: Final = 1024
"""A gzip body has at most so many members, and one more for each so many bytes in them."""
_PIECE_BYTES: Final = 32 * 1024
_BLANK: Final = re.compile(rb"\n\s+")
"""Empty lines, and the white space before the next one."""
_GZIP: Final = 31  # zlib's window bits for gzip


class BodyIncomplete(Malformed):
    """The body ended before it was complete: send it again."""

    code = "body_incomplete"


async def plain_body(call: Call, limit_bytes: int) -> bytes:
    """Read a body whole, decompressed where it was sent as gzip.

    Raises:
        TooLarge: as soon as more than `limit_bytes` have come out of it.
        Malformed: `body_incomplete`, or when it is not the gzip it claims to be.
        MediaTypeUnsupported: for another content coding.
    """
    parts: list[bytes] = []
    received = 0
    async for piece in pieces(call):
        received += len(piece)
        if received > limit_bytes:
            raise TooLarge(
                f"the body is larger than the {limit_bytes:,} bytes that this endpoint takes, "
                "decompressed; send less at a time"
            )
        parts.append(piece)
    return b"".join(parts)


async def json_lines(call: Call) -> AsyncIterator[list[bytes]]:
    """Read a body's lines as they arrive, in constant memory; empty lines are passed over.

    Raises:
        TooLarge: for a line above 64 KiB, and for more than 4,000,000 lines.
        Malformed, MediaTypeUnsupported: as `plain_body`.
    """
    rest = b""
    lines = 0
    async for piece in pieces(call):
        lines += piece.count(b"\n")
        if lines > LINE_LIMIT:
            raise TooLarge(f"a stream has at most {LINE_LIMIT:,} lines, empty ones included")
        *whole, rest = _BLANK.sub(b"\n", rest + piece).split(b"\n")
        if max(map(len, (*whole, rest))) > LINE_LIMIT_BYTES:
            raise TooLarge(f"a line of the body is larger than {LINE_LIMIT_BYTES:,} bytes")
        yield [line for line in whole if line.strip()]
    if rest.strip():
        yield [rest]


async def pieces(call: Call) -> AsyncIterator[bytes]:
    """Give a body piece by piece, each of at most 32 KiB once it is decompressed.

    Between two of them others have a turn of the loop.
    """
    coding = (call.header(b"content-encoding") or "identity").lower()
    if coding not in ("identity", "gzip"):
        raise MediaTypeUnsupported(f"Content-Encoding must be gzip or none; got {shown(coding)}")
    call.begun_body = b""
    async for piece in _received(call) if coding == "identity" else _unpacked(call):
        if len(call.begun_body) < BEGUN_BYTES:
            call.begun_body += piece[: BEGUN_BYTES - len(call.begun_body)]
        yield piece
        await in_turn()


async def _unpacked(call: Call) -> AsyncIterator[bytes]:
    gzip = _Gzip()
    received = 0
    try:
        async for chunk in _received(call):
            for piece in gzip.opened(chunk):
                received += len(piece)
                if gzip.members > _MEMBERS + received // _MEMBER_BYTES:
                    raise TooLarge("the body consists of too many nearly empty gzip members")
                yield piece
    except zlib.error as fault:
        raise Malformed(f"the body is not gzip: {fault}", code="body_invalid") from None
    if not gzip.is_whole:
        raise BodyIncomplete("the body was cut off: its gzip stream does not end")


class _Gzip:
    """Opens a body of one gzip member or several (RFC 1952, 2.2)."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP)
        self.members = 1

    @property
    def is_whole(self) -> bool:
        return self._member.eof

    def opened(self, chunk: bytes) -> Iterator[bytes]:
        while chunk:
            if self._member.eof:
                self._member = zlib.decompressobj(_GZIP)
                self.members += 1
            yield self._member.decompress(chunk, _PIECE_BYTES)
            chunk = self._member.unused_data or self._member.unconsumed_tail


async def _received(call: Call) -> AsyncIterator[bytes]:
    if call.kept_body is not None:
        yield call.kept_body
        return
    while True:
        message = await call.receive()
        if message["type"] == "http.disconnect":
            raise BodyIncomplete("the body was cut off")
        yield message.get("body", b"")
        if not message.get("more_body", False):
            return
