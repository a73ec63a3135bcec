"""Answers that are the same for everybody: rendered and compressed once, with an `ETag`."""

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Self

from wattyard.kernel.values import dataclass
from wattyard.platform.http.call import Answer, Call, etag, matches


@dataclass(frozen=True, slots=True)
class Document:
    """A rendered document, plain and as gzip, with the tag of its content."""

    body: bytes
    packed: bytes
    tag: str
    media_type: bytes

    @classmethod
    def of(cls, body: bytes, media_type: bytes) -> Self:
        """Compress and tag a body."""
        packed = gzip.compress(body, 6, mtime=0)
        return cls(body, packed, etag(body), media_type)

    def answer(self, call: Call) -> Answer:
        """Answer with the document, or with 304 where the client has it already."""
        headers = [(b"etag", b"W/" + self.tag.encode())]  # plain and packed are alike, not equal
        seen = call.header(b"if-none-match")
        if seen is not None and matches(seen, self.tag):
            return Answer(b"", 304, headers=headers)
        return Answer(
            self.body,
            media_type=self.media_type,
            headers=headers,
            packed=self.packed,
        )


class Rendered:
    """A document that is rendered when first asked for, and again where it is older than it may be.

    Whoever asks meanwhile waits for the same rendering.
    """

    def __init__(
        self, render: Callable[[], Awaitable[Document]], *, seconds: float = float("inf")
    ) -> None:
        self._render = render
        self._seconds = seconds
        self._rendering: asyncio.Future[Document] | None = None
        self._fresh_until = 0.0

    async def current(self) -> Document:
        """Return the document."""
        if self._rendering is None or self._is_stale(self._rendering):
            self._rendering = asyncio.ensure_future(self._rendered())
        return await asyncio.shield(self._rendering)

    async def _rendered(self) -> Document:
        document = await self._render()
        self._fresh_until = monotonic() + self._seconds
        return document

    def _is_stale(self, rendering: asyncio.Future[Document]) -> bool:
        if not rendering.done():
            return False
        failed = rendering.cancelled() or rendering.exception() is not None
        return failed or monotonic() > self._fresh_until
