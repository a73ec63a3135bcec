"""A market source on this machine that plays what a test tells it to, good or bad."""

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from aiohttp import web
from yarl import URL

Play = Callable[[web.Request], Awaitable[web.StreamResponse]]

MIB = 1024 * 1024


class MarketServer:
    """Plays its answers in turn, the last one for ever, and remembers what was asked."""

    def __init__(self) -> None:
        self.asked: list[URL] = []
        self.headers: list[dict[str, str]] = []
        self.bytes_sent = 0
        self.url = ""
        self._plays: list[Play] = []
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.01)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()

    def plays(self, *plays: Play) -> None:
        self._plays = list(plays)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.url)
        self.headers.append(dict(request.headers))
        play = self._plays.pop(0) if len(self._plays) > 1 else self._plays[0]
        return await play(request)

    def huge(self, mebibytes: int) -> Play:
        """Send zeros and never say how many; count those that were taken."""

        async def play(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse()
            await response.prepare(request)
            with suppress(ConnectionError):
                for _ in range(mebibytes):
                    await response.write(bytes(MIB))
                    self.bytes_sent += MIB
            return response

        return play


def says(body: str | bytes, status: int = 200, **headers: str) -> Play:
    """Answer one body."""
    content = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): text for name, text in headers.items()}

    async def play(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=content or None, headers=named)

    return play


def asks_for(documents: Callable[[web.Request], str | bytes | None]) -> Play:
    """Answer the document that the question is for; 204 where there is none."""

    async def play(request: web.Request) -> web.StreamResponse:
        document = documents(request)
        if document is None:
            return web.Response(status=204)
        content = document.encode() if isinstance(document, str) else document
        return web.Response(body=content)

    return play


def promises(content_length: int) -> Play:
    """Announce a body of that length, and send some bytes of it."""

    async def play(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(content_length)})
        await response.prepare(request)
        await response.write(b'{"data": [')
        _hang_up(request)
        return response

    return play


async def hangs_up(request: web.Request) -> web.StreamResponse:
    """Close the connection without a word."""
    _hang_up(request)
    return web.Response()


async def hangs(_request: web.Request) -> web.StreamResponse:
    """Never answer."""
    await asyncio.Event().wait()
    return web.Response()


async def drips(request: web.Request) -> web.StreamResponse:
    """Send a byte now and then, for ever."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.02)


def bomb(mebibytes: int) -> Play:
    """Send a small body that unpacks into a large one."""
    return says(gzip.compress(bytes(mebibytes * MIB), 6), Content_Encoding="gzip")


def _hang_up(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.close()
