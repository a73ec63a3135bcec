"""Makes calls over the network: blocking, and for asyncio."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import httpx2

from wattyard_client._exchange import Call, Exchange, Exchanger, Outcome, Send, Token
from wattyard_client._settings import Options, Settings

_LIMITS: Final = httpx2.Limits(max_connections=100, max_keepalive_connections=20)


class Connection:
    """A pool of connections to a server, with its token; blocking, and safe among threads."""

    def __init__(
        self,
        settings: Settings,
        http: httpx2.Client | None = None,
        token: Token | None = None,
    ) -> None:
        self.settings = settings
        self._http = http or httpx2.Client(limits=_LIMITS)
        self._token = token or Token()

    def with_options(self, settings: Settings) -> "Connection":
        """Share the pool and the token under other settings."""
        return Connection(settings, self._http, self._token)

    def call(self, call: Call, options: Options | None = None) -> httpx2.Response:
        """Make a call, again where that may help.

        Raises:
            ApiError, ConnectionFailed, AnswerInvalid.
        """
        return self._run(Exchanger(self.settings, self._token).exchange(call, options or {}))

    @contextmanager
    def stream(self, call: Call, options: Options | None = None) -> Iterator[httpx2.Response]:
        """Make a call whose answer is read as it comes."""
        exchange = Exchanger(self.settings, self._token).exchange(call, options or {})
        response = self._run(exchange)
        try:
            yield response
        finally:
            response.close()

    def _run(self, exchange: Exchange) -> httpx2.Response:
        outcome: Outcome = None
        while True:
            try:
                step = exchange.send(outcome)
            except StopIteration as ended:
                answer: httpx2.Response = ended.value
                return answer
            if isinstance(step, Send):
                outcome = self._send(step)
            else:
                time.sleep(step.seconds)
                outcome = None

    def _send(self, step: Send) -> Outcome:
        try:
            response = self._http.send(step.request, stream=step.streamed)
            if step.streamed and not response.is_success:
                response.read()
        except httpx2.RequestError as error:
            return error
        return response

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


class AsyncConnection:
    """A pool of connections to a server, with its token; for one event loop."""

    def __init__(
        self,
        settings: Settings,
        http: httpx2.AsyncClient | None = None,
        token: Token | None = None,
    ) -> None:
        self.settings = settings
        self._http = http or httpx2.AsyncClient(limits=_LIMITS)
        self._token = token or Token()

    def with_options(self, settings: Settings) -> "AsyncConnection":
        """Share the pool and the token under other settings."""
        return AsyncConnection(settings, self._http, self._token)

    async def call(self, call: Call, options: Options | None = None) -> httpx2.Response:
        """Make a call, again where that may help.

        Raises:
            ApiError, ConnectionFailed, AnswerInvalid.
        """
        return await self._run(Exchanger(self.settings, self._token).exchange(call, options or {}))

    @asynccontextmanager
    async def stream(
        self, call: Call, options: Options | None = None
    ) -> AsyncIterator[httpx2.Response]:
        """Make a call whose answer is read as it comes."""
        exchange = Exchanger(self.settings, self._token).exchange(call, options or {})
        response = await self._run(exchange)
        try:
            yield response
        finally:
            await response.aclose()

    async def _run(self, exchange: Exchange) -> httpx2.Response:
        outcome: Outcome = None
        while True:
            try:
                step = exchange.send(outcome)
            except StopIteration as ended:
                answer: httpx2.Response = ended.value
                return answer
            if isinstance(step, Send):
                outcome = await self._send(step)
            else:
                await asyncio.sleep(step.seconds)
                outcome = None

    async def _send(self, step: Send) -> Outcome:
        try:
            response = await self._http.send(step.request, stream=step.streamed)
            if step.streamed and not response.is_success:
                await response.aread()
        except httpx2.RequestError as error:
            return error
        return response

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()
