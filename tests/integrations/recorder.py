"""Passes requests on to a server, and keeps what was asked."""

import socket
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

_SECONDS = 60.0
_AT_ONCE = 65_536


@dataclass
class Recorder:
    """A proxy on this machine for requests without a body."""

    server: str
    sent: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._listening = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=(connection,), daemon=True).start()

    def _pass_on(self, connection: socket.socket) -> None:
        connection.settimeout(_SECONDS)
        with connection, connection.makefile("rb") as asked:
            while line := asked.readline():
                method, target, _ = line.decode().split()
                headers = {}
                while (header := asked.readline().decode().strip()) != "":
                    name, value = header.split(": ", 1)
                    headers[name.lower()] = value
                path, _, query = target.partition("?")
                self.sent.append(
                    {"method": method, "path": path, "query": query, "headers": headers}
                )
                connection.sendall(self._answered(method, target, headers))
                return

    def _answered(self, method: str, target: str, headers: dict[str, str]) -> bytes:
        to = urlsplit(self.server)
        lines = [f"{method} {target} HTTP/1.1"]
        given = {**headers, "host": to.netloc, "connection": "close"}
        lines += [f"{name}: {value}" for name, value in given.items()]
        with socket.create_connection((to.hostname or "", to.port or 80), _SECONDS) as server:
            server.sendall("\r\n".join([*lines, "", ""]).encode())
            parts = []
            while part := server.recv(_AT_ONCE):
                parts.append(part)
            return b"".join(parts)
