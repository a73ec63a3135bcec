"""One connection of a client, on uvicorn: what is no readable request is answered too."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import (
    HttpToolsProtocol,
    RequestResponseCycle,
)

from wattyard.platform.http.call import Message, Receive, Scope, Send
from wattyard.platform.http.front import UNREADABLE

Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class ClientConnection(HttpToolsProtocol):
    """Reads requests from a connection and runs the application for each."""

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request in the error envelope, and close the connection."""
        running = self.cycle is not None and not self.cycle.response_complete
        if running and self.cycle.scope.get(UNREADABLE):
            return  # more of what is already being refused
        if running:
            self.cycle.disconnected = True  # whatever it still sends goes nowhere
            self.cycle.message_event.set()
        if running and self.cycle.response_started:  # another answer is half written
            self.transport.close()
            return
        self.flow.pause_reading()
        self.on_message_begin()
        scope = {"method": "-", "path": "", "raw_path": b"", "query_string": b"", UNREADABLE: True}
        self.scope.update(scope)  # type: ignore[typeddict-item]
        self.cycle = RequestResponseCycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=False,
            on_response=self.on_response_complete,
        )
        self._start_asgi_task(self.cycle, self.app)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:  # noqa: ANN401
        if cycle.scope["http_version"] == "1.0":
            app = _until_the_end(app, cycle)
        super()._start_asgi_task(cycle, app)


def _until_the_end(app: Application, cycle: RequestResponseCycle) -> Application:
    """Let an answer of unknown length end with the connection: HTTP/1.0 has no chunks."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        endless = False

        async def plainly(message: Message) -> None:
            nonlocal endless
            if message["type"] == "http.response.start":
                endless = all(name != b"content-length" for name, _ in message["headers"])
                if endless:
                    cycle.chunked_encoding = False
            elif endless:
                cycle.expected_content_length = len(message.get("body", b""))
            await send(message)

        await app(scope, receive, plainly)

    return answered
