"""Load on a server: wrk where it is installed, else a loop of our own, which says so."""

import asyncio
import re
import shutil
import subprocess
import time
from urllib.parse import urlsplit

from benchmarks.support.ground import OTHER_CORE

_CONNECTIONS = 16
_said = False


def requests_per_second(url: str, seconds: float, headers: dict[str, str] | None = None) -> float:
    """Send requests over 16 connections from the other core; every answer must be 200."""
    wrk = shutil.which("wrk")
    if wrk is None:
        _say_once()
        return asyncio.run(_own_loop(url, seconds, headers or {}))
    options = [option for k, v in (headers or {}).items() for option in ("-H", f"{k}: {v}")]
    done = subprocess.run(
        ["taskset", "-c", str(OTHER_CORE), wrk, "-t1", f"-c{_CONNECTIONS}", f"-d{seconds:.0f}s",
         *options, url],
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    assert "Non-2xx" not in done.stdout, done.stdout
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    assert found, done.stdout
    return float(found[1])


def _say_once() -> None:
    global _said  # noqa: PLW0603 (a note that is printed once)
    if not _said:
        print(
            "   (wrk is not installed: the load comes from a Python loop, which may be the limit)"
        )
        _said = True


async def _own_loop(url: str, seconds: float, headers: dict[str, str]) -> float:
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    head = f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
    request = (head + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n").encode()
    end = time.monotonic() + seconds

    async def one() -> int:
        count = 0
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        while time.monotonic() < end:
            writer.write(request)
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200"), answer
            length = re.search(rb"content-length: (\d+)", answer)
            assert length
            await reader.readexactly(int(length[1]))
            count += 1
        writer.close()
        return count

    started = time.monotonic()
    total = sum(await asyncio.gather(*(one() for _ in range(_CONNECTIONS))))
    return total / (time.monotonic() - started)
