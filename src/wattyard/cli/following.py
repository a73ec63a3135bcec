"""Follow the events of an account over its stream, and forward each one."""

import asyncio
import json
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Final

import aiohttp

from wattyard.cli.options import CommandFailed
from wattyard.cli.printing import say
from wattyard.events.service.signer import standard_headers
from wattyard.kernel.values import dataclass, field

_AGAIN_SECONDS: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""How long to wait before each attempt to connect again; the last one from then on."""
_GONE_SECONDS: Final = 600.0
"""A server that cannot be reached for as long is given up."""
_SILENT_SECONDS: Final = 40.0
"""A stream without a byte for longer than two heartbeats is dead."""
_FORWARD_SECONDS: Final = 10.0
_LINE_BYTES: Final = 4 * 1024 * 1024


@dataclass(slots=True)
class Message:
    """One message of a stream: the event's id, its JSON, and the headers its webhook would have."""

    id: str = ""
    data: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Followed:
    """Whose events to follow, and where to forward them."""

    server: str
    account_id: str
    key: str
    forward: str | None
    secret: bytes


async def follow_until_stopped(followed: Followed) -> None:
    """Follow until SIGTERM or Ctrl-C."""
    work = asyncio.ensure_future(_follow(followed))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    with suppress(asyncio.CancelledError):
        await work


async def _follow(followed: Followed) -> None:
    """Reconnect whenever the stream ends, and resume after the last event."""
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=_SILENT_SECONDS)
    last = ""
    greeted = False
    reach = Reach(followed.server)
    async with aiohttp.ClientSession(
        timeout=timeout, read_bufsize=_LINE_BYTES, cookie_jar=aiohttp.DummyCookieJar()
    ) as http:
        while True:
            try:
                headers = await _log_in(http, followed)
                if last:
                    headers["Last-Event-ID"] = last
                address = f"{followed.server}/events/stream?signed=true"
                async with http.get(address, headers=headers) as stream:
                    await _refuse(stream)
                    if not greeted:
                        say(f"listening to {followed.server}")
                        greeted = True
                    reach.reached()
                    async for message in messages(stream.content):
                        await _pass_on(http, followed, message)
                        last = message.id
            except (aiohttp.ClientError, TimeoutError) as fault:
                reach.lost(fault)
            await asyncio.sleep(reach.wait_seconds())


class Reach:
    """Whether a server can be reached, and how long it could not be."""

    def __init__(self, server: str, now: Callable[[], float] = time.monotonic) -> None:
        self._server = server
        self._now = now
        self.reached()

    def reached(self) -> None:
        """Begin anew: the stream is open."""
        self._attempts = 0
        self._since = self._now()

    def lost(self, fault: Exception) -> None:
        """Say that the stream broke off.

        Raises:
            CommandFailed: when it has been away for too long.
        """
        why = str(fault) or type(fault).__name__
        if self._now() - self._since > _GONE_SECONDS:
            raise CommandFailed(
                f"{self._server} could not be reached for {_GONE_SECONDS / 60:.0f} minutes: {why}"
            )
        sys.stderr.write(f"no stream from {self._server} ({why}): trying again\n")

    def wait_seconds(self) -> float:
        """Choose how long to wait, longer each time."""
        self._attempts += 1
        return _AGAIN_SECONDS[min(self._attempts, len(_AGAIN_SECONDS)) - 1]


async def messages(lines: aiohttp.StreamReader) -> AsyncIterator[Message]:
    """Read Server-Sent Events (WHATWG HTML, section 9.2); others are ignored."""
    message = Message()
    async for line in lines:
        name, _, value = line.rstrip(b"\r\n").partition(b":")
        value = value.removeprefix(b" ")
        if name == b"id":
            message.id = value.decode()
        elif name == b"data":
            message.data += value
        elif name == b"headers":
            message.headers = json.loads(value)
        elif not name and not value and message.data:
            yield message
            message = Message()


async def _log_in(http: aiohttp.ClientSession, followed: Followed) -> dict[str, str]:
    credentials = aiohttp.BasicAuth(followed.account_id, followed.key)
    async with http.post(f"{followed.server}/auth/tokens", auth=credentials) as answer:
        await _refuse(answer)
        token = (await answer.json())["bearer_token"]
    return {"Authorization": f"Bearer {token}"}


async def _refuse(answer: aiohttp.ClientResponse) -> None:
    """Stop where the server refuses for good; its own faults and 429 are worth another attempt."""
    if answer.status < 400:
        return
    if answer.status >= 500 or answer.status == 429:
        raise aiohttp.ClientPayloadError
    try:
        message = (await answer.json())["message"]
    except (aiohttp.ClientError, ValueError, KeyError, TypeError):
        message = f"status {answer.status}"
    raise CommandFailed(f"the server refused: {message}")


async def _pass_on(http: aiohttp.ClientSession, followed: Followed, message: Message) -> None:
    event = json.loads(message.data)
    line = f"{event['time_created']}  {event['type']:24}  {event['data'].get('id', ''):38}"
    if followed.forward is None:
        say(line)
        return
    timestamp = message.headers.get("Flatpeak-Timestamp") or str(int(time.time()))
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        **message.headers,
        **standard_headers(message.id, timestamp, message.data, followed.secret),
    }
    try:
        async with http.post(
            followed.forward,
            data=message.data,
            headers=headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=_FORWARD_SECONDS),
        ) as answer:
            say(f"{line}  {answer.status}")
    except (aiohttp.ClientError, TimeoutError) as fault:
        say(f"{line}  not delivered: {type(fault).__name__}")
