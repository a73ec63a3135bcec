"""The stream of events, which goes on by itself where it broke off."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import httpx2
import msgspec

from wattyard_client._errors import ApiError, ConnectionFailed
from wattyard_client._exchange import Call, waits
from wattyard_client._model import built
from wattyard_client._resource import AsyncResource, Resource
from wattyard_client._settings import Options, logger
from wattyard_client.models import Event

_QUIET_SECONDS = 45.0
"""The server writes a comment every 15 s: a stream that is silent for longer is broken."""
_OPTIONS: Options = {"timeout": httpx2.Timeout(30.0, read=_QUIET_SECONDS), "retries": 0}


class _Place:
    """Where a stream is, and how long to wait before it is opened again."""

    def __init__(self, after: str | None) -> None:
        self.last = after
        self._waits = waits()

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
        """Choose how long to wait, or raise what waiting does not mend."""
        if (
            isinstance(failure, ApiError)
            and failure.status not in (401, 429)
            and failure.status < 500
        ):
            raise failure
        told = failure.retry_after if isinstance(failure, ApiError) else None
        seconds = next(self._waits) if told is None else told
        logger.info("the stream of events ended (%s): again in %.1f s", failure, seconds)
        return seconds


class _Messages:
    """Joins the lines of a stream of Server-Sent Events into events."""

    def __init__(self) -> None:
        self._data: list[str] = []

    def taken(self, line: str) -> Event | None:
        """Take a line; the event that it completes, if any."""
        if line:
            name, _, value = line.partition(":")
            if name == "data":
                self._data.append(value.removeprefix(" "))
            return None
        text, self._data = "\n".join(self._data), []
        return built(Event, msgspec.json.decode(text)) if text else None


class Streaming(Resource):
    """Following events."""

    def stream(self, *, after: str | None = None) -> Iterator[Event]:
        """Follow events as they happen, without end.

        A stream that breaks off is opened again after the last event, so that none is missed.

        Args:
            after: id of an event; those after it come first. Default: from now on.

        Raises:
            ApiError: when the server refuses for good.
        """
        place = _Place(after)
        while True:
            failure: Exception | None = None
            try:
                with self._connection.stream(place.call, _OPTIONS) as answer:
                    messages = _Messages()
                    for line in answer.iter_lines():
                        if (event := messages.taken(line)) is not None:
                            place.given(event)
                            yield event
            except (ApiError, ConnectionFailed, httpx2.TransportError) as error:
                failure = error
            time.sleep(place.seconds(failure))


class AsyncStreaming(AsyncResource):
    """Following events."""

    async def stream(self, *, after: str | None = None) -> AsyncIterator[Event]:
        """Follow events as they happen, without end.

        A stream that breaks off is opened again after the last event, so that none is missed.

        Args:
            after: id of an event; those after it come first. Default: from now on.

        Raises:
            ApiError: when the server refuses for good.
        """
        place = _Place(after)
        while True:
            failure: Exception | None = None
            try:
                async with self._connection.stream(place.call, _OPTIONS) as answer:
                    messages = _Messages()
                    async for line in answer.aiter_lines():
                        if (event := messages.taken(line)) is not None:
                            place.given(event)
                            yield event
            except (ApiError, ConnectionFailed, httpx2.TransportError) as error:
                failure = error
            await asyncio.sleep(place.seconds(failure))
