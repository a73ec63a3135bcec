"""Asking servers that the operator named for small documents: patiently, but not for ever."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self

import aiohttp
from tenacity import AsyncRetrying, RetryCallState, retry_if_result, stop_after_attempt

from wattyard.kernel.instants import Clock
from wattyard.kernel.values import dataclass
from wattyard.platform.outbound.failures import AnswerTooLarge, Rejected, Unreachable
from wattyard.platform.outbound.sessions import open_session
from wattyard.platform.outbound.urls import as_written, with_query, without_query

Sleep = Callable[[float], Awaitable[None]]
"""Waits so many seconds."""

Chance = Callable[[], float]
"""Draws a number from 0 up to but without 1."""

OK: Final = frozenset({int(HTTPStatus.OK)})

_PASSING: Final = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
_CHUNK_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how often a server is asked, and how much it may answer.

    A pause before the nth further attempt is drawn evenly from 0 to `first_pause_seconds` ·
    2^(n-1), at most `longest_pause_seconds`: "full jitter", so that many installations do not
    come back together. A server that asks for more than `longest_asked_pause_seconds` by
    Retry-After is left alone instead of asked too early.

    Raises:
        ValueError: when there is no attempt.
    """

    attempts: int = 4
    connect_seconds: float = 10.0
    read_seconds: float = 15.0
    total_seconds: float = 60.0
    first_pause_seconds: float = 1.0
    longest_pause_seconds: float = 30.0
    longest_asked_pause_seconds: float = 120.0
    largest_body_bytes: int = 16 * 1024 * 1024

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError("a server is asked at least once")


@dataclass(frozen=True, slots=True)
class FetchedAnswer:
    """What a server answered, decompressed."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class _Setback:
    """An attempt without an answer. Not an exception: those of aiohttp hold the whole URL."""

    reason: str
    passing: bool = True
    asked_pause_seconds: float | None = None


_Outcome = FetchedAnswer | _Setback


class Fetcher:
    """Gets documents, bounded in time and size; use it as an asynchronous context.

    Messages name the server and the path, never the query, which may hold a token. Any address
    may be reached: it is the operator's own.
    """

    def __init__(
        self, *, clock: Clock, sleep: Sleep, chance: Chance, patience: Patience | None = None
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._chance = chance
        self._patience = patience or Patience()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = open_session(
            timeout=aiohttp.ClientTimeout(
                total=self._patience.total_seconds,
                connect=self._patience.connect_seconds,
                sock_read=self._patience.read_seconds,
            ),
            headers={"Accept-Encoding": "gzip, deflate"},
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(
        self, url: str, query: Mapping[str, str] | None = None, *, takes: frozenset[int] = OK
    ) -> FetchedAnswer:
        """Ask for a document until it comes or patience ends.

        Raises:
            Unreachable: when no attempt brings an answer.
            Rejected: when the status is none of `takes`.
            AnswerTooLarge: when the body is too large.
        """
        where = without_query(url)
        retrying = AsyncRetrying(
            sleep=self._sleep,
            stop=stop_after_attempt(self._patience.attempts),
            wait=self._pause_seconds,
            retry=retry_if_result(self._is_asked_again),
            retry_error_callback=_last_outcome,
        )
        outcome: _Outcome = await retrying(self._attempt, with_query(url, query or {}))
        if isinstance(outcome, _Setback):
            attempts = retrying.statistics["attempt_number"]
            raise Unreachable(
                f"{where} {outcome.reason} (attempts: {attempts})",
                retry_after_seconds=outcome.asked_pause_seconds,
            )
        if outcome.status not in takes:
            raise Rejected(f"{where} answers {outcome.status}")
        return outcome

    def _is_asked_again(self, outcome: _Outcome) -> bool:
        if isinstance(outcome, FetchedAnswer) or not outcome.passing:
            return False
        asked = outcome.asked_pause_seconds or 0.0
        return asked <= self._patience.longest_asked_pause_seconds

    async def _attempt(self, url: str) -> _Outcome:
        # Where the connection closes before the answer, aiohttp itself asks once more at once.
        if self._session is None:
            raise RuntimeError("the fetcher is not open")
        try:
            async with self._session.get(as_written(url), allow_redirects=False) as response:
                if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR or (
                    response.status in _PASSING
                ):
                    return self._no_answer(response)
                return FetchedAnswer(response.status, await self._body(response))
        except TimeoutError:
            return _Setback("does not answer in time")
        except ValueError as error:  # a host name or port that cannot be; InvalidURL too
            return _Setback(f"cannot be asked: {type(error).__name__}", passing=False)
        except aiohttp.ClientError as error:
            return _Setback(f"cannot be read from: {type(error).__name__}")

    def _no_answer(self, response: aiohttp.ClientResponse) -> _Setback:
        return _Setback(
            f"answers {response.status}",
            passing=response.status in _PASSING,
            asked_pause_seconds=self._asked_pause_seconds(response.headers.get("Retry-After")),
        )

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        largest = self._patience.largest_body_bytes
        body = bytearray()
        if (response.content_length or 0) <= largest:
            async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                body += chunk
                if len(body) > largest:
                    break
            else:
                return bytes(body)
        response.close()
        raise AnswerTooLarge(
            f"{without_query(str(response.url))} answers more than {largest} bytes"
        )

    def _asked_pause_seconds(self, retry_after: str | None) -> float | None:
        """Read Retry-After, seconds or a date; something else is taken as absent."""
        text = (retry_after or "").strip()
        if text.isascii() and text.isdigit():
            return float(text)
        try:
            at = parsedate_to_datetime(text)
        except (ValueError, TypeError):
            return None
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return max(0.0, (at - self._clock()).total_seconds())

    def _pause_seconds(self, state: RetryCallState) -> float:
        patience = self._patience
        outcome = state.outcome.result() if state.outcome else None
        asked = outcome.asked_pause_seconds if isinstance(outcome, _Setback) else None
        if asked is not None:
            return asked + self._chance() * patience.first_pause_seconds
        longest = patience.first_pause_seconds * 2.0 ** (state.attempt_number - 1)
        return self._chance() * min(patience.longest_pause_seconds, longest)


def _last_outcome(state: RetryCallState) -> _Outcome | None:
    return state.outcome.result() if state.outcome else None
