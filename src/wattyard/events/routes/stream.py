"""The endpoint that streams events (contract 5)."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from time import monotonic
from typing import Final, Literal
from uuid import UUID

import msgspec

from wattyard.events.domain import Event
from wattyard.events.service import Streams, WebhookSigner
from wattyard.kernel import ids
from wattyard.kernel.context import Context, Contexts
from wattyard.kernel.refusals import Malformed, Refusal, TooMany
from wattyard.kernel.scopes import Scope
from wattyard.platform.decoding import Shape
from wattyard.platform.http import Call, endpoint
from wattyard.platform.http.streams import Admission, StreamedAnswer
from wattyard.platform.work import Stopping

HEARTBEAT_SECONDS: Final = 15.0
_ADMISSION_SECONDS: Final = 2.0
_BEGIN: Final = b"retry: 1000\n\n"
_HEARTBEAT: Final = b": still here\n\n"


class LastEventInvalid(Malformed):
    """`Last-Event-ID` is not the id of an event."""

    code = "last_event_id_invalid"


class TooManyStreams(TooMany):
    """The account has too many streams open; close some of them."""

    code = "rate_limited"


class StreamQuery(Shape):
    """How events are streamed.

    Attributes:
        signed: true: each message also has a field `headers`, a JSON object of the headers that a
            webhook would carry, for tools that forward it
    """

    signed: Literal["true", "false"] = "false"


@endpoint(
    "GET",
    "/events/stream",
    "event_stream",
    reads_primary=True,  # it is woken by the primary, whose transactions it looks at
    scope=Scope.EVENTS_READ,
    query=StreamQuery,
    refuses=(LastEventInvalid, TooManyStreams),
    media_type="text/event-stream",
)
async def stream_events(  # noqa: PLR0913 (five of them are services)
    call: Call,
    context: Context,
    query: StreamQuery,
    streams: Streams,
    contexts: Contexts,
    signer: WebhookSigner,
    admission: Admission,
    stopping: Stopping,
) -> StreamedAnswer:
    """Follow the account's events as Server-Sent Events, for receivers without an address.

    Each message has the event's id and, as `data`, the event itself. `Last-Event-ID` resumes
    after that event; without it the stream begins with the next one. A comment every 15 seconds
    keeps the connection. The stream ends with the token and with the server: connect again.
    """
    last = call.header(b"last-event-id")
    after = None if not last else ids.read(last, "evt", param="last_event_id")
    streams.admit(context)
    following = _Following(call, contexts, signer, admission, stopping)
    return StreamedAnswer(
        following.chunks(streams.follow(context, after), signed=query.signed == "true")
    )


class _Following:
    """One open stream."""

    def __init__(
        self,
        call: Call,
        contexts: Contexts,
        signer: WebhookSigner,
        admission: Admission,
        stopping: Stopping,
    ) -> None:
        self._call = call
        self._contexts = contexts
        self._signer = signer
        self._admission = admission
        self._stopping = stopping
        self._said = self._admitted = monotonic()

    async def chunks(
        self, batches: AsyncGenerator[Sequence[Event], None], *, signed: bool
    ) -> AsyncGenerator[bytes, None]:
        """Write events, with heartbeats in between, until the token or the server ends."""
        beginning = _BEGIN  # sent when the stream's position is fixed: nothing is missed from there
        try:
            async with aclosing(batches):
                async for batch in batches:
                    await self._admit()
                    messages = [await self._message(event, signed=signed) for event in batch]
                    piece = beginning + b"".join(messages) or self._heartbeat()
                    beginning = b""
                    if piece:
                        self._said = monotonic()
                        yield piece
                    if self._stopping.asked.is_set():
                        return
        except Refusal as refusal:
            yield b": the stream ends: %b\n\n" % refusal.first.code.encode()

    async def _admit(self) -> None:
        """Check every few seconds whether the caller may still be served."""
        if monotonic() - self._admitted > _ADMISSION_SECONDS:
            await self._admission.check(self._call)
            self._admitted = monotonic()

    def _heartbeat(self) -> bytes:
        return _HEARTBEAT if monotonic() - self._said > HEARTBEAT_SECONDS else b""

    async def _message(self, event: Event, *, signed: bool) -> bytes:
        assert self._call.caller is not None  # noqa: S101 (nobody streams without a token)
        context = self._contexts.of(self._call.caller)
        body = self._signer.body(context.caller, event)
        extra = b""
        if signed:
            headers = await self._signer.headers(context, event, body)
            extra = b"headers: %b\n" % msgspec.json.encode(headers)
        return b"id: %b\n%bdata: %b\n\n" % (_wire(event.id), extra, body)


def _wire(id_: UUID) -> bytes:
    return ids.wire("evt", id_).encode()


ENDPOINTS = (stream_events,)
