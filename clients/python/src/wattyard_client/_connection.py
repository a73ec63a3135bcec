"""Makes calls over the network: blocking, and for asyncio."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Generator, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import asynccontextmanager, contextmanager
from copy import copy
from typing import Final, TypeVar

import httpx2

from wattyard_client._exchange import Call, Exchanger, Outcome, Send, Step, Token, Wait
from wattyard_client._settings import Options, Settings

Result = TypeVar("Result")
Steps = Generator[Step, Outcome, Result]
"""An exchange that ends with a result."""
_LIMITS: Final = httpx2.Limits(max_connections=100, max_keepalive_connections=20)


class _Flight:
    """The one exchange for a token that is under way among threads; others wait for its end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._end: Future[str] | None = None

    def joined(self) -> tuple[Future[str], bool]:
        """Give the end to wait for, and whether it is the caller who brings it about."""
        with self._lock:
            begins = self._end is None
            self._end = end = self._end or Future()
            return end, begins

    def over(self) -> None:
        """Let the next who needs a token fetch it."""
        with self._lock:
            self._end = None


class Connection:
    """A pool of connections to a server, with its token; blocking, and safe among threads."""

    def __init__(self, settings: Settings, http: httpx2.Client | None = None) -> None:
        self.settings = settings
        self._http = http or httpx2.Client(limits=_LIMITS)
        self._token = Token()
        self._flight = _Flight()

    def with_options(self, settings: Settings) -> "Connection":
        """Share the pool and the token under other settings."""
        other = copy(self)
        other.settings = settings
        return other

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

    def _run(self, exchange: Steps[Result]) -> Result:
        outcome: Outcome = None
        while True:
            try:
                step = exchange.send(outcome)
            except StopIteration as ended:
                result: Result = ended.value
                return result
            if isinstance(step, Send):
                outcome = self._send(step)
            elif isinstance(step, Wait):
                time.sleep(step.seconds)
                outcome = None
            else:
                outcome = self._fetched(step.token)

    def _fetched(self, exchange: Steps[str]) -> str:
        while True:
            end, begins = self._flight.joined()
            if begins:
                return self._brought_about(end, exchange)
            try:
                return end.result()
            except CancelledError:
                continue  # who fetched it was interrupted

    def _brought_about(self, end: Future[str], exchange: Steps[str]) -> str:
        try:
            token = self._run(exchange)
        except Exception as error:
            self._flight.over()
            end.set_exception(error)
            raise
        except BaseException:
            self._flight.over()
            end.cancel()
            raise
        self._flight.over()
        end.set_result(token)
        return token

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

    def __init__(self, settings: Settings, http: httpx2.AsyncClient | None = None) -> None:
        self.settings = settings
        self._http = http or httpx2.AsyncClient(limits=_LIMITS)
        self._token = Token()
        self._flights: list[asyncio.Task[str]] = []

    def with_options(self, settings: Settings) -> "AsyncConnection":
        """Share the pool and the token under other settings."""
        other = copy(self)
        other.settings = settings
        return other

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

    async def _run(self, exchange: Steps[Result]) -> Result:
        outcome: Outcome = None
        while True:
            try:
                step = exchange.send(outcome)
            except StopIteration as ended:
                result: Result = ended.value
                return result
            if isinstance(step, Send):
                outcome = await self._send(step)
            elif isinstance(step, Wait):
                await asyncio.sleep(step.seconds)
                outcome = None
            else:
                outcome = await self._fetched(step.token)

    async def _fetched(self, exchange: Steps[str]) -> str:
        """Fetch in a task of its own, which calls that are cancelled leave to the others."""
        if not self._flights:
            task = asyncio.create_task(self._run(exchange))
            self._flights.append(task)
            task.add_done_callback(self._landed)
        return await asyncio.shield(self._flights[0])

    def _landed(self, task: asyncio.Task[str]) -> None:
        self._flights.remove(task)
        if not task.cancelled():
            task.exception()  # nobody may be left who asks for it

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
