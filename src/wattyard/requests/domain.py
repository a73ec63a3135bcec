"""The request log of an account, and its counts by minute (contract 9, The dashboard)."""

from datetime import datetime, timedelta
from enum import Enum
from typing import Final
from uuid import UUID

from wattyard.kernel.refusals import Missing
from wattyard.kernel.values import dataclass

KEPT_FOR: Final = timedelta(days=7)
"""How long a request is kept."""
COUNTED_FOR: Final = timedelta(days=8)
"""How long the counts of a minute are kept."""
MOST_ROWS: Final = 1_000_000
"""Requests of an account, in both modes together; older ones go."""
BODY_BYTES: Final = 8 * 1024
"""What is kept of a body."""


class RequestNotFound(Missing):
    """There is no such request in the log of this account and mode."""

    code = "request_not_found"


class Logged(Enum):
    """Which requests are logged."""

    ERRORS_AND_WRITES = "errors-and-writes"
    ALL = "all"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One request, as a list shows it.

    Attributes:
        id: of the request, as in `Request-Id`; ids sort by time.
        operation: the endpoint, such as `site_create`.
        query: without its question mark.
        status: HTTP status of the answer; 0 where the caller left before it.
        error_code: of the answer, where it was an error.
        key_id: the key that was used, or with which the token was made.
        replayed: whether the answer was that of an earlier request with the same idempotency key.
    """

    id: UUID
    time: datetime
    method: str
    operation: str
    path: str
    query: str
    status: int
    duration_ms: float
    error_code: str | None
    key_id: UUID | None
    address: str
    replayed: bool


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request with what was sent, and the answer where it was an error.

    Attributes:
        body: its first 8 KiB, without declared secrets; None where it had none that can be shown.
        body_is_cut: whether the body was longer.
        answer: the body of the error, its first 8 KiB.
    """

    line: RequestLine
    body: bytes | None
    body_is_cut: bool
    answer: bytes | None


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A request on its way to the log of its account and mode."""

    account: int
    live_mode: bool
    request: LoggedRequest

    @property
    def size_bytes(self) -> int:
        """What it takes in memory, roughly."""
        one = self.request
        return 1024 + len(one.line.query) + len(one.body or b"") + len(one.answer or b"")


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """Which requests a page shows.

    Attributes:
        status_class: 2 to 5, the first digit of the status.
        since: the first instant shown; never before the log begins.
    """

    status_class: int | None = None
    operation: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many requests there were in a time, and how many were answered with an error."""

    requests: int = 0
    errors_4xx: int = 0
    errors_5xx: int = 0


@dataclass(frozen=True, slots=True)
class MinuteCounts:
    """The counts of one minute of an account and mode; `logged` are the requests in the log."""

    account: int
    live_mode: bool
    minute: datetime
    counts: Counts
    logged: int


def log_begin(now: datetime) -> datetime:
    """The first instant of the log at `now`."""
    return now - KEPT_FOR
