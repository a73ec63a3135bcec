"""The stream of events, which resumes by itself where it broke off."""

import asyncio
import time
from collections.abc import AsyncGenerator, Generator, Iterator
from typing import Final

import httpx2
import msgspec

from wattyard_client._errors import UNREADABLE, AnswerInvalid, ApiError, ConnectionFailed
from wattyard_client._exchange import LONGEST_TOLD_SECONDS, Call, may_succeed_later, waits
from wattyard_client._model import built
from wattyard_client._pages import Page
from wattyard_client._resource import AsyncResource, Resource, read
from wattyard_client._settings import Options, logger
from wattyard_client.models import Event

_QUIET_SECONDS = 45.0
"""The server writes a comment every 15 s: a stream that is silent for longer is broken."""
_OPTIONS: Options = {"timeout": httpx2.Timeout(30.0, read=_QUIET_SECONDS), "retries": 0}
_NEWEST: Final = Call("GET", "/events", query={"limit": 1})


class _Place:
    """Where a stream is, and how long to wait before it is opened again."""

    def __init__(self, after: str | None) -> None:
        self.last = after
        self.is_known = after is not None
        self._waits = waits()

    def begin(self, newest: Page[Event]) -> None:
        """Begin after the newest event, so that the stream resumes there before it has any."""
        self.last = newest.data[0].id if newest.data else None
        self.is_known = True

    @property
    def call(self) -> Call:
        headers = {"Accept": "text/event-stream"}
        if self.last:
            headers["Last-Event-ID"] = self.last
        return Call("GET", "/events/stream", headers=headers, streamed=True)

    def given(self, event: Event) -> None:
        self.last = event.id
        self._waits = waits()

    def seconds(self, failure: Exception | None) -> float:
        """Choose how long to wait, or raise what waiting does not fix."""
        if isinstance(failure, ApiError | ConnectionFailed) and not may_succeed_later(failure):
            raise failure
        told = failure.retry_after if isinstance(failure, ApiError) else None
        seconds = next(self._waits) if told is None else min(told, LONGEST_TOLD_SECONDS)
        logger.info("the stream of events ended (%s): again in %.1f s", failure, seconds)
        return seconds


class _Messages:
    """Joins the text of a stream of Server-Sent Events into events.

    A line ends with a line feed and nothing else: JSON may hold other separators, as U+2028.
    """

    def __init__(self, answer: httpx2.Response) -> None:
        kind = answer.headers.get("content-type", "")
        if not kind.startswith("text/event-stream"):
            host = answer.url.host
            raise AnswerInvalid(
                f"the answer is not a stream of events, but {kind}; is {host} a Wattyard server?",
                answer.status_code,
                b"",
            )
        self._rest = ""
        self._data: list[str] = []

    def taken(self, text: str) -> Iterator[Event]:
        """Take a piece of the text; the events that it completes."""
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            name, _, value = line.removesuffix("\r").partition(":")
            if name == "data":
                self._data.append(value.removeprefix(" "))
            elif line in ("", "\r") and self._data:
                joined, self._data = "\n".join(self._data), []
                yield _event(joined)


def _event(text: str) -> Event:
    try:
        return built(Event, msgspec.json.decode(text))
    except UNREADABLE as error:
        raise AnswerInvalid(f"an event cannot be read: {error}", 200, text.encode()) from error


class Streaming(Resource):
    """Following events."""

    def stream(self, *, after: str | None = None) -> Generator[Event, None, None]:
        """Follow events as they happen, without end.

        A stream that breaks off is opened again after the last event, so that none is missed.

        Args:
            after: id of an event; those after it come first. Default: from now on.

        Raises:
            ApiError: when the server refuses for good.
            AnswerInvalid: when what is answered is no stream of events.
        """
        place = _Place(after)
        while True:
            failure: Exception | None = None
            try:
                if not place.is_known:
                    place.begin(read(Page[Event], self._connection.call(_NEWEST)))
                with self._connection.stream(place.call, _OPTIONS) as answer:
                    messages = _Messages(answer)
                    for text in answer.iter_text():
                        for event in messages.taken(text):
                            place.given(event)
                            yield event
            except (ApiError, ConnectionFailed, httpx2.RequestError) as error:
                failure = error
            time.sleep(place.seconds(failure))


class AsyncStreaming(AsyncResource):
    """Following events."""

    async def stream(self, *, after: str | None = None) -> AsyncGenerator[Event, None]:
        """Follow events as they happen, without end.

        A stream that breaks off is opened again after the last event, so that none is missed.

        Args:
            after: id of an event; those after it come first. Default: from now on.

        Raises:
            ApiError: when the server refuses for good.
            AnswerInvalid: when what is answered is no stream of events.
        """
        place = _Place(after)
        while True:
            failure: Exception | None = None
            try:
                if not place.is_known:
                    place.begin(read(Page[Event], await self._connection.call(_NEWEST)))
                async with self._connection.stream(place.call, _OPTIONS) as answer:
                    messages = _Messages(answer)
                    async for text in answer.aiter_text():
                        for event in messages.taken(text):
                            place.given(event)
                            yield event
            except (ApiError, ConnectionFailed, httpx2.RequestError) as error:
                failure = error
            await asyncio.sleep(place.seconds(failure))
