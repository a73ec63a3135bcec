"""One call, from request to answer, with its token and its retries: without any input or output.

`exchange` yields what is to be done (send a request, wait, fetch a token) and is given what came of
it, so that the blocking client and the one for asyncio share every decision.
"""

import random
import time
from base64 import b64encode
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import uuid4

import httpx2
import msgspec

from wattyard_client._errors import (
    UNREADABLE,
    AnswerInvalid,
    ApiError,
    ConnectionFailed,
    TimedOut,
    refused,
)
from wattyard_client._model import UNSET
from wattyard_client._settings import Options, Settings, logger, lowered

_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 8.0
LONGEST_TOLD_SECONDS = 60.0
_TOKEN_MARGIN_SECONDS = 60.0
"""At most; a token that is good for less than twice that is used for half of its time."""
_WITH_THE_KEY = ("/auth/tokens", "/login")
"""Calls that take the key itself, and no token."""
_REFRESHED = ("token_expired", "token_invalid")
_HOPELESS = (httpx2.UnsupportedProtocol, httpx2.TooManyRedirects)
"""Faults of the connection that asking again does not fix."""


class Send(NamedTuple):
    """Send a request, and be given the answer or what `httpx2` raised.

    The body of an answer that is `streamed` is not read yet.
    """

    request: httpx2.Request
    streamed: bool


class Wait(NamedTuple):
    """Wait."""

    seconds: float


class Fetch(NamedTuple):
    """Run an exchange that gives a token; where one is under way, wait for it and share its end."""

    token: "Generator[Step, Outcome, str]"


Step = Send | Wait | Fetch
Outcome = httpx2.Response | httpx2.RequestError | str | None
Exchange = Generator[Step, Outcome, httpx2.Response]


@dataclass(frozen=True, slots=True)
class Call:
    """What to ask of the server.

    `keyed` calls carry an `Idempotency-Key`, the same over all attempts. `public` ones need no
    token. The answer of a `streamed` one is read as it comes.
    """

    method: str
    path: str
    query: Mapping[str, Any] | None = None
    body: Any = UNSET
    content: bytes | None = None
    headers: Mapping[str, str] | None = None
    keyed: bool = False
    public: bool = False
    streamed: bool = False


class Bearer(NamedTuple):
    """A bearer token, and until when it is used, by the monotonic clock."""

    value: str
    until: float


@dataclass(slots=True)
class Token:
    """The bearer token that is in use: replaced whole, since threads share it."""

    bearer: Bearer | None = field(default=None, repr=False)

    @property
    def fresh(self) -> str | None:
        """The token, if it will be good for a while."""
        bearer = self.bearer
        return bearer.value if bearer is not None and time.monotonic() < bearer.until else None

    def drop(self, value: str) -> None:
        """Use a token no longer, unless another call has replaced it already."""
        bearer = self.bearer
        if bearer is not None and bearer.value == value:
            self.bearer = None


class Exchanger:
    """Turns calls into steps; keeps the token."""

    def __init__(self, settings: Settings, token: Token) -> None:
        self.settings = settings
        self._token = token

    def exchange(self, call: Call, options: Options) -> Exchange:
        """Make a call: yields steps, returns the answer, 2xx.

        Raises:
            ApiError, ConnectionFailed, AnswerInvalid.
        """
        headers = self._headers(call, options)
        if call.path in _WITH_THE_KEY:
            headers["authorization"] = self._basic()
        if call.public or call.path in _WITH_THE_KEY:
            return (yield from self._attempts(call, headers, options))
        bearer = yield from self._bearer(options)
        headers["authorization"] = f"Bearer {bearer}"
        try:
            return (yield from self._attempts(call, headers, options))
        except ApiError as error:
            if error.code not in _REFRESHED:
                raise
            self._token.drop(bearer)
        bearer = yield from self._bearer(options)
        headers["authorization"] = f"Bearer {bearer}"
        return (yield from self._attempts(call, headers, options))

    def _attempts(self, call: Call, headers: dict[str, str], options: Options) -> Exchange:
        left = options.get("retries", self.settings.retries)
        repeated = waits()
        while True:
            began = time.monotonic()
            request = self._request(call, headers, options)
            found = _judged((yield Send(request, call.streamed)), call, began)
            if isinstance(found, httpx2.Response):
                return found
            seconds = _seconds(found, next(repeated))
            if left <= 0 or seconds is None or not may_succeed_later(found):
                raise found
            left -= 1
            logger.info("%s %s again in %.1f s: %s", call.method, call.path, seconds, found)
            yield Wait(seconds)

    def _bearer(self, options: Options) -> Generator[Step, Outcome, str]:
        fresh = self._token.fresh
        return fresh if fresh is not None else str((yield Fetch(self._fetched(options))))

    def _fetched(self, options: Options) -> Generator[Step, Outcome, str]:
        if (fresh := self._token.fresh) is not None:
            return fresh  # another call has fetched it since this one looked
        call = Call("POST", "/auth/tokens", public=True)
        headers = self._headers(call, {})
        headers["authorization"] = self._basic()
        began = time.monotonic()
        return self._kept((yield from self._attempts(call, headers, options)), began)

    def _basic(self) -> str:
        pair = f"{self.settings.account_id}:{self.settings.secret_key}"
        return "Basic " + b64encode(pair.encode()).decode()

    def _kept(self, answer: httpx2.Response, began: float) -> str:
        document = decoded(answer)
        try:
            value, seconds = str(document["bearer_token"]), document["expires_in"]
            margin = min(_TOKEN_MARGIN_SECONDS, seconds / 2)
            self._token.bearer = Bearer(value, began + seconds - margin)
        except (KeyError, TypeError) as error:
            raise AnswerInvalid(
                "the answer holds no token", answer.status_code, answer.content
            ) from error
        return value

    def _headers(self, call: Call, options: Options) -> dict[str, str]:
        headers = {"accept": "application/json", "user-agent": "wattyard-client"}
        headers |= self.settings.headers
        headers |= lowered(call.headers or {})
        if call.keyed:
            headers["idempotency-key"] = options.get("idempotency_key") or uuid4().hex
        if "if_match" in options:
            headers["if-match"] = options["if_match"]
        if "if_none_match" in options:
            headers["if-none-match"] = options["if_none_match"]
        return headers | lowered(options.get("headers", {}))

    def _request(self, call: Call, headers: dict[str, str], options: Options) -> httpx2.Request:
        content = call.content
        if call.body is not UNSET:
            content = _encoded(call.body)
            headers.setdefault("content-type", "application/json")
        timeout = options.get("timeout", self.settings.timeout)
        return httpx2.Request(
            call.method,
            self.settings.url + call.path + _query(call.path, call.query or {}),
            headers=headers,
            content=content,
            extensions={"timeout": _timeout(timeout).as_dict()},
        )


def decoded(answer: httpx2.Response) -> Any:
    """Decode the JSON of an answer.

    Raises:
        AnswerInvalid: when it is not JSON.
    """
    try:
        return msgspec.json.decode(answer.content)
    except UNREADABLE as error:
        raise AnswerInvalid(
            f"the answer is not JSON: {error}; is {answer.url.host} a Wattyard server?",
            answer.status_code,
            answer.content,
        ) from error


def _timeout(given: float | httpx2.Timeout) -> httpx2.Timeout:
    return given if isinstance(given, httpx2.Timeout) else httpx2.Timeout(given)


def _encoded(body: Any) -> bytes:
    """Write a body as JSON.

    Raises:
        ValueError: for NaN or infinity, which would be sent as null and clear a field.
    """
    content = msgspec.json.encode(body)
    if b"null" in content and not _is_finite(msgspec.to_builtins(body)):
        raise ValueError("the body holds NaN or infinity, which are not numbers in JSON")
    return content


def _is_finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or isfinite(value)


def _query(path: str, given: Mapping[str, Any]) -> str:
    """Write a query that goes on where the path has one already."""
    pairs = {name: _text(value) for name, value in given.items() if value not in (UNSET, None)}
    return ("&" if "?" in path else "?") + urlencode(pairs) if pairs else ""


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _judged(
    outcome: Outcome, call: Call, began: float
) -> httpx2.Response | ApiError | ConnectionFailed:
    """Judge what came of a request: the answer, or the error to raise."""
    took = 1000 * (time.monotonic() - began)
    if isinstance(outcome, httpx2.Response):
        status = outcome.status_code
        headers = {name.lower(): value for name, value in outcome.headers.items()}
        told = headers.get("request-id")
        logger.debug("%s %s %d in %.0f ms (%s)", call.method, call.path, status, took, told)
        if outcome.is_success:
            return outcome
        error = refused(status, outcome.content, headers)
        error.retry_after = retry_after(headers)
        return error
    kind = TimedOut if isinstance(outcome, httpx2.TimeoutException) else ConnectionFailed
    failed = kind(f"{call.method} {call.path}: {outcome or type(outcome).__name__}")
    failed.__cause__ = outcome if isinstance(outcome, Exception) else None
    return failed


def may_succeed_later(failure: ApiError | ConnectionFailed) -> bool:
    """Whether the same call may succeed if it is made again."""
    if isinstance(failure, ConnectionFailed):
        return not isinstance(failure.__cause__, _HOPELESS)
    return (
        failure.status == 429 or failure.status >= 500 or failure.code == "idempotency_in_progress"
    )


def waits() -> Iterator[float]:
    """Give the seconds to wait before each repetition: longer each time, and never in step."""
    longest = _FIRST_WAIT_SECONDS
    while True:
        yield longest * (0.5 + random.random() / 2)  # noqa: S311 (not for secrets)
        longest = min(2 * longest, _LONGEST_WAIT_SECONDS)


def _seconds(failure: ApiError | ConnectionFailed, own: float) -> float | None:
    """Choose how long to wait; None where the server asks for more than a minute."""
    told = failure.retry_after if isinstance(failure, ApiError) else None
    if told is None:
        return own
    return told if told <= LONGEST_TOLD_SECONDS else None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Read `Retry-After`, seconds or a date; a date is judged by the server's own clock.

    One that has passed is 0 seconds.
    """
    told = headers.get("retry-after", "").strip()
    if not told:
        return None
    try:
        seconds = float(told) if told.isdecimal() else _until(told, headers.get("date"))
        return max(seconds, 0.0)
    except (TypeError, ValueError):
        return None


def _until(told: str, now: str | None) -> float:
    moment = parsedate_to_datetime(now) if now else datetime.now(UTC)
    return (parsedate_to_datetime(told) - moment).total_seconds()
