"""Log lines on stderr: one JSON object a line, or text for a person at a terminal.

Lines about requests are many: they are encoded directly and written in batches. Every other line
(`info`, `warning`, `error`: what happened, with its details by name) goes through structlog and is
written at once, after the lines before it. structlog is imported with the first such line: it
brings rich and pygments, an eighth of a server's start and 8 MiB.
"""

import asyncio
import atexit
import logging
import sys
from contextlib import suppress
from datetime import datetime
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Literal

import msgspec

from wattyard.kernel.printing import printable

if TYPE_CHECKING:
    import structlog

_BATCH_BYTES: Final = 64 * 1024
_BATCH_SECONDS: Final = 0.1
_ON_EVERY_LINE: Final = ("event", "level", "timestamp")


class Answered(msgspec.Struct):
    """One answered request, as its log line shows it; never a body, a query or a secret."""

    request: str
    account: str | None
    live_mode: bool | None
    method: str
    route: str | None
    status: int
    bytes: int
    ms: float
    timestamp: datetime
    event: Literal["answered"] = "answered"
    level: Literal["info"] = "info"

    def details(self) -> dict[str, Any]:
        """Give what is said besides what every line says."""
        given = msgspec.structs.asdict(self)
        return {name: given[name] for name in given if name not in _ON_EVERY_LINE}


class Lines:
    """Lines on their way to a stream: kept for up to 64 KiB or 100 ms, unless they are urgent."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.is_terminal = stream.isatty()
        self._lock = Lock()
        self._parts: list[bytes] = []
        self._size_bytes = 0
        self._is_due = False

    def add(self, line: bytes) -> None:
        """Take a line, to be written with others; at once where no event loop would do it."""
        with self._lock:
            self._parts.append(line)
            self._size_bytes += len(line)
            full = self._size_bytes >= _BATCH_BYTES
        if full:
            self.flush()
        elif not self._is_due:
            self._flush_later()

    def write(self, line: bytes) -> None:
        """Write a line at once, after those that wait."""
        with self._lock:
            self._parts.append(line)
        self.flush()

    def flush(self) -> None:
        """Write what waits. A stream that takes nothing any more stops nobody."""
        with self._lock:
            whole, self._size_bytes, self._is_due = b"".join(self._parts), 0, False
            self._parts.clear()
            with suppress(OSError, ValueError):  # closed: there is no better place to say so
                self._stream.write(whole)
                self._stream.flush()

    def _flush_later(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.flush()
        else:
            self._is_due = True
            loop.call_later(_BATCH_SECONDS, self.flush)


class RequestLog:
    """Writes one line a request, where the level asks for it."""

    def __init__(self, lines: Lines | None = None, *, as_text: bool = False) -> None:
        self.is_on = lines is not None
        self._lines = lines
        self._as_text = as_text
        self._encode = msgspec.json.Encoder().encode

    def answered(self, line: Answered) -> None:
        """Write the line of an answered request; at once where the fault was ours."""
        if self._as_text:
            info("answered", **line.details())
        elif self._lines is not None:
            self._lines.add(self._encode(line) + b"\n")
            if line.status >= 500:
                self._lines.flush()

    def flush(self) -> None:
        """Write what waits."""
        if self._lines is not None:
            self._lines.flush()


class _Logger:
    """What structlog writes a rendered line to."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def msg(self, message: str) -> None:
        self._lines.write(message.encode("utf-8", "backslashreplace") + b"\n")

    debug = info = warning = warn = error = critical = exception = fatal = log = msg


class _Handler(logging.Handler):
    """What the standard library's loggers write to."""

    def emit(self, record: logging.LogRecord) -> None:
        _structlog().log(record.levelno, record.getMessage(), exc_info=record.exc_info)


def _without_controls(
    _logger: object, _method: str, event: "structlog.types.EventDict"
) -> "structlog.types.EventDict":
    """Keep what others wrote from steering the terminal that shows the log."""
    return {name: printable(v) if isinstance(v, str) else v for name, v in event.items()}


_requests = RequestLog()
_wanted: tuple[Lines, int, bool] | None = None
"""Where lines go, from which level on and whether as text, until structlog knows it."""
_configuring: Final = RLock()


def info(event: str, **details: Any) -> None:  # noqa: ANN401 (whatever has a text)
    """Say what happened as it should."""
    _structlog().info(event, **details)


def warning(event: str, **details: Any) -> None:  # noqa: ANN401 (as above)
    """Say what the operator may want to look into."""
    _structlog().warning(event, **details)


def error(event: str, *, fault: BaseException | None = None, **details: Any) -> None:  # noqa: ANN401
    """Say what must not happen, with the traceback of a fault."""
    _structlog().error(event, **details, exc_info=fault)


def for_requests() -> RequestLog:
    """Give the log for requests; off until the logs are configured."""
    return _requests


def configure(*, level: str, form: str, stream: BinaryIO | None = None) -> None:
    """Send all logs of this process to stderr.

    `form` is `text`, `json`, or `auto`: text on a terminal and JSON everywhere else.
    """
    global _requests, _wanted  # noqa: PLW0603 (logs belong to the process, as logging's and structlog's do)
    stream = stream or sys.stderr.buffer
    as_text = form == "text" or (form == "auto" and stream.isatty())
    number = logging.getLevelNamesMapping()[level.upper()]
    lines = Lines(stream)
    atexit.register(lines.flush)
    _wanted = (lines, number, as_text)
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[_Handler()], force=True)
    _requests = RequestLog(lines, as_text=as_text) if number <= logging.INFO else RequestLog()


def _structlog() -> "structlog.typing.FilteringBoundLogger":
    """Give structlog's logger, as it was last configured; a command's lines are on stderr."""
    global _wanted
    import structlog  # noqa: PLC0415 (see the module)

    with _configuring:  # the first lines of two threads, such as the database's watch
        if not structlog.is_configured():
            structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
        if _wanted is not None:
            (lines, number, as_text), _wanted = _wanted, None
            _configure_structlog(lines, number, as_text=as_text)
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger


def _configure_structlog(lines: Lines, number: int, *, as_text: bool) -> None:
    import structlog  # noqa: PLC0415 (as above)

    processors: list[structlog.types.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    if as_text:
        colors = lines.is_terminal
        processors += [_without_controls, structlog.dev.ConsoleRenderer(colors=colors)]
    else:
        processors.append(structlog.processors.JSONRenderer())
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: _Logger(lines),
    )
