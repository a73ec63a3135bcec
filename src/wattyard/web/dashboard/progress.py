"""Pages that grow while work goes on: their beginning, progress lines, and their end."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Final

import htpy as h
from htpy import Node

from wattyard.platform.http.call import PageKind, StreamedAnswer
from wattyard.web.dashboard import frame
from wattyard.web.dashboard.declare import Screen
from wattyard.web.dashboard.visit import Visit

_HTML: Final = b"text/html; charset=utf-8"
_HERE: Final = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands where the pieces come, in a page that has no other."""


def growing(visit: Visit, screen: Screen, pieces: AsyncIterator[Node]) -> StreamedAnswer:
    """Answer with a screen to whose body pieces are added as they come.

    Browsers show each as it arrives, with or without a script. When the reader leaves, the
    work behind the pieces ends where it is.
    """
    page = frame.document(visit, replace(screen, body=[screen.body, h.div[_HERE]]))
    before, _, after = page.rpartition(_HERE)
    return StreamedAnswer(_chunks(before, pieces, after), _HTML, PageKind.FORMS)


async def _chunks(
    before: str, pieces: AsyncIterator[Node], after: str
) -> AsyncGenerator[bytes, None]:
    yield before.encode()
    async with aclosing(_as_generator(pieces)) as sent:
        async for piece in sent:
            yield str(h.fragment[piece]).encode()
    yield after.encode()


async def _as_generator(pieces: AsyncIterator[Node]) -> AsyncGenerator[Node, None]:
    async for piece in pieces:
        yield piece


def bar(done: int, whole: int, says: Node) -> Node:
    """How far work has come; of several only the last is shown."""
    return h.div(".progress")[h.progress(max=max(whole, 1), value=done), h.p[says]]
