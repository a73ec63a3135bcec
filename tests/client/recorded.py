"""A server that answers what a test tells it to, and remembers what it was asked."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

TOKEN = {
    "object": "auth_token",
    "bearer_token": "a.b.c",
    "expires_in": 3600,
    "live_mode": False,
}


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    names: tuple[str, ...] = ()
    """Of the headers, as often as they were sent."""

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: bytes | dict[str, Any] | list[Any] = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    before: Callable[[], object] = lambda: None
    """Done before the reply is given."""
    cut: bool = False
    """True where the connection ends instead of a reply."""

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else msgspec.json.encode(self.body)


def refusal(status: int, code: str, message: str = "no", **fields: Any) -> Reply:
    headers = fields.pop("headers", {})
    said = {"object": "error", "code": code, "message": message, "request_id": "req_1"}
    return Reply(status, said | fields, headers)


class Recorded(ThreadingHTTPServer):
    """Gives its replies in turn; tokens are given beside them."""

    daemon_threads = True

    def __init__(self, *replies: Reply) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies = list(replies)
        self.asked: list[Asked] = []
        self.tokens: list[Asked] = []
        self.token_replies: list[Reply] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers that go away are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    server: Recorded
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        lower = {name.lower(): value for name, value in self.headers.items()}
        body, names = self.rfile.read(length), tuple(self.headers.keys())
        asked = Asked(self.command, self.path, lower, body, names)
        if self.path == "/auth/tokens":
            self.server.tokens.append(asked)
            own = self.server.token_replies
            self._give(own.pop(0) if own else Reply(200, TOKEN))
            return
        self.server.asked.append(asked)
        self._give(self.server.replies.pop(0))

    def _give(self, reply: Reply) -> None:
        reply.before()
        if reply.cut:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response_only(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.content)))
        self.end_headers()
        self.wfile.write(reply.content)

    def __getattr__(self, name: str) -> Any:
        """Answer every method alike: the base class looks for `do_GET` and its like."""
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def recorded(*replies: Reply) -> Iterator[Recorded]:
    with Recorded(*replies) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
