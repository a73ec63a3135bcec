"""Hostile clients of a real server, on bare sockets, and what they do to its memory."""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, repeat
from math import inf
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import psutil

PIECE = 64 * 1024
QUIET_SECONDS = 60.0
"""How long an attacker waits for the server to take more, or to close."""


@dataclass(frozen=True)
class Attack:
    """Bytes without end: how they begin, and what is repeated."""

    name: str
    head: bytes
    pieces: Callable[[], Iterator[bytes]]


def chunk(content: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(content), content)


def bomb(content: bytes) -> bytes:
    """Pack a mebibyte of repeated content, which then is about a kilobyte."""
    return gzip.compress((content * (2**20 // len(content) + 1))[: 2**20])


def request(method: str, path: str, token: str, *headers: str) -> bytes:
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: x",
        f"Authorization: Bearer {token}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def attacks(token: str) -> list[Attack]:
    """List an attack of every kind; those with a token use that of a test key."""
    line = b"GET /sites HTTP/1.1\r\nHost: x\r\n"
    chunked, packed = "Transfer-Encoding: chunked", "Content-Encoding: gzip"
    json, lines = "Content-Type: application/json", "Content-Type: application/x-ndjson"
    small = b"".join(b"x-%06d: y\r\n" % n for n in range(4_000))
    post = request("POST", "/sites", token, json, chunked)
    meters = request("PUT", "/meters/interval", token, json, chunked)
    trailers = request("POST", "/sites", token, json, chunked) + chunk(b"{}") + b"0\r\n"
    gzipped = request("PUT", "/meters/interval", token, json, chunked, packed)
    ndjson = request("PUT", "/meters/interval", token, lines, chunked)
    packed_lines = request("PUT", "/meters/interval", token, lines, chunked, packed)

    def always(content: bytes) -> Callable[[], Iterator[bytes]]:
        return lambda: repeat(content)

    return [
        Attack("an endless request line", b"GET /", always(b"x" * PIECE)),
        Attack("an endless header", line + b"x-long: ", always(b"x" * PIECE)),
        Attack("an endless name of a header", line, always(b"x" * PIECE)),
        Attack("small headers", line, always(small)),
        Attack("trailers", trailers, always(small)),
        Attack("an endless trailer", trailers + b"x: ", always(b"x" * PIECE)),
        Attack("an endless size of a chunk", post, always(b"0" * PIECE)),
        Attack("an endless extension of a chunk", post + b"1;", always(b"x" * PIECE)),
        Attack("an endless body", post, always(chunk(b" " * PIECE))),
        Attack("chunks of one byte", post, always(chunk(b" ") * 8_000)),
        Attack(
            "an endless array", meters, lambda: chain([chunk(b"[")], repeat(chunk(b"[]," * 9_000)))
        ),
        Attack("an array without end of depth", meters, always(chunk(b"[" * PIECE))),
        Attack("blank lines", ndjson, always(chunk(b"\n" * PIECE))),
        Attack("lines that are no JSON", ndjson, always(chunk(b"x\n" * (PIECE // 2)))),
        Attack("one endless line", ndjson, always(chunk(b"x" * PIECE))),
        Attack("a bomb of blanks", gzipped, always(chunk(bomb(b" ")))),
        Attack("a bomb of empty arrays", gzipped, always(chunk(bomb(b"[],")))),
        Attack("a bomb of blank lines", packed_lines, always(chunk(bomb(b"\n")))),
        Attack("what is no gzip", packed_lines, always(chunk(b"\x1f\x8b" + b"x" * PIECE))),
        Attack("what is no HTTP", b"", always(bytes(range(256)) * 256)),
        Attack("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", always(bytes(PIECE))),
        Attack("requests without end", b"", always(line + b"\r\n")),
    ]


def sent(address: str, attack: Attack, limit_bytes: int, *, until: float = inf) -> int:
    """Send an attack until the server closes, so much is sent, or a monotonic time: how much.

    What is answered is only taken as fast as it is answered.
    """
    url = urlsplit(address)
    assert url.hostname
    assert url.port
    count = 0
    with socket.create_connection((url.hostname, url.port), timeout=QUIET_SECONDS) as connection:
        drain = threading.Thread(target=_read, args=(connection,), daemon=True)
        drain.start()
        with suppress(OSError):
            for piece in chain([attack.head], attack.pieces()):
                connection.sendall(piece)
                count += len(piece)
                if count >= limit_bytes or time.monotonic() > until:
                    break
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        drain.join(QUIET_SECONDS)
    return count


def _read(connection: socket.socket) -> None:
    """Take the answers, so that the server is never stopped by them."""
    with suppress(OSError):
        while connection.recv(PIECE):
            pass


class Memory:
    """The most memory that a server's own processes take while it is watched."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.before_mib = self.now_mib()
        self.most_mib = self.before_mib
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def now_mib(self) -> float:
        total = 0
        for process in [self._process, *self._process.children(recursive=True)]:
            with suppress(psutil.Error):
                if "postgres" not in process.name():
                    total += process.memory_info().rss
        return total / 2**20

    def _watch(self) -> None:
        while not self._stop.is_set():
            self.most_mib = max(self.most_mib, self.now_mib())
            self._stop.wait(0.02)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def growth_mib(self) -> float:
        return self.most_mib - self.before_mib


def once_answered(ask: Callable[[], bool], seconds: float = 120) -> None:
    """Ask until there is an answer."""
    deadline = time.monotonic() + seconds
    while not ask():
        assert time.monotonic() < deadline, "nobody answers"
        time.sleep(0.05)
