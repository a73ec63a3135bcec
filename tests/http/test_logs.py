"""Log lines: every one arrives, in order, and costs the server little."""

import asyncio
import io
import json
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.support.made import Made
from tests.support.process import Server
from wattyard.platform.logs import Answered, Lines, RequestLog

WHEN = datetime(2026, 3, 1, 10, 0, 0, 123456, tzinfo=UTC)
ONE_OF_EACH = """
import sys
from datetime import UTC, datetime
from wattyard.platform import logs
logs.configure(level="info", form=sys.argv[1])
when = datetime(2026, 3, 1, 10, tzinfo=UTC)
logs.for_requests().answered(
    logs.Answered("req_1", "acc_1", False, "GET", "/sites", 200, 27, 1.5, when))
logs.warning("second", left=3)
"""


class Stream(io.BytesIO):
    """Tells when it is written to, and how often."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.written = asyncio.Event()

    def write(self, line: bytes) -> int:  # type: ignore[override]
        self.count += 1
        self.written.set()
        return super().write(line)


def answered(status: int = 200) -> Answered:
    return Answered("req_1", "acc_1", False, "GET", "/sites", status, 27, 1.5, WHEN)


async def test_lines_of_requests_are_written_together_in_a_moment() -> None:
    stream = Stream()
    log = RequestLog(Lines(stream))
    for _ in range(100):
        log.answered(answered())
    assert stream.count == 0
    await asyncio.wait_for(stream.written.wait(), 60)
    assert stream.count == 1
    lines = stream.getvalue().splitlines()
    assert len(lines) == 100
    assert json.loads(lines[0]) == {
        "request": "req_1",
        "account": "acc_1",
        "live_mode": False,
        "method": "GET",
        "route": "/sites",
        "status": 200,
        "bytes": 27,
        "ms": 1.5,
        "timestamp": "2026-03-01T10:00:00.123456Z",
        "event": "answered",
        "level": "info",
    }


async def test_many_lines_do_not_wait() -> None:
    stream = Stream()
    log = RequestLog(Lines(stream))
    while not stream.count:
        log.answered(answered())
    assert 65536 <= len(stream.getvalue()) < 66000


async def test_a_fault_of_ours_is_written_at_once_with_what_came_before() -> None:
    stream = Stream()
    log = RequestLog(Lines(stream))
    log.answered(answered(200))
    log.answered(answered(503))
    assert [json.loads(line)["status"] for line in stream.getvalue().splitlines()] == [200, 503]


async def test_any_other_line_is_written_at_once_after_those_that_wait() -> None:
    stream = Stream()
    lines = Lines(stream)
    lines.add(b"first\n")
    lines.write(b"second\n")
    assert stream.getvalue() == b"first\nsecond\n"


def test_a_line_from_outside_an_event_loop_does_not_wait() -> None:
    stream = Stream()
    RequestLog(Lines(stream)).answered(answered())
    assert stream.getvalue()


async def test_a_reader_of_the_log_that_has_gone_stops_no_request() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb", buffering=0) as stream:
        RequestLog(Lines(stream)).answered(answered(503))


@pytest.mark.parametrize(
    ("form", "terminal", "as_text"),
    [
        ("auto", False, False),
        ("auto", True, True),
        ("text", False, True),
        ("json", True, False),
    ],
)
def test_text_is_for_a_terminal(form: str, *, terminal: bool, as_text: bool) -> None:
    reading, writing = pty.openpty() if terminal else os.pipe()
    subprocess.run([sys.executable, "-c", ONE_OF_EACH, form], stderr=writing, check=True)
    os.close(writing)
    lines = os.read(reading, 65536).decode().splitlines()
    os.close(reading)
    assert len(lines) == 2
    for line, event in zip(lines, ("answered", "second"), strict=True):
        if as_text:
            assert event in line
            assert "{" not in line
        else:
            assert json.loads(line)["event"] == event


def test_a_server_has_written_every_line_when_it_has_ended_and_none_of_its_good_health(
    made: Made, tmp_path: Path
) -> None:
    made.data(tmp_path)
    with Server(tmp_path) as server:
        assert httpx.get(f"{server.address}/health/ready").status_code == 200
        for _ in range(20):
            httpx.get(f"{server.address}/nowhere")
        assert server.stop() == 0
    lines = [json.loads(line) for line in server.errors]
    assert [line["status"] for line in lines] == [404] * 20
