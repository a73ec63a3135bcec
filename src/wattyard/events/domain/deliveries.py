"""Deliveries: one event on its way to one endpoint (contract 5, Delivery)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from wattyard.events.domain.endpoints import KeptSecrets
from wattyard.events.domain.log import Event
from wattyard.kernel.refusals import Missing
from wattyard.kernel.values import dataclass

Status = Literal["PENDING", "SUCCEEDED", "FAILED"]

PAUSES: Final = (
    timedelta(seconds=30),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
)
"""The pause after each failed attempt; after the last there is no further one."""
JITTER: Final = 0.1
PATIENCE: Final = timedelta(seconds=45)
"""How long an event waits for the first retry of an earlier one of its object: 30 s with jitter,
and the time of an attempt."""
ATTEMPTS_KEPT: Final = 10
"""So many attempts of a delivery are kept: those of a timetable, and some that were asked for."""
GONE: Final = 410
"""The status (RFC 9110, section 15.5.11) by which a receiver ends deliveries for good."""


class DeliveryNotFound(Missing):
    """There is no such webhook delivery in this account and mode."""

    code = "webhook_delivery_not_found"


@dataclass(frozen=True, slots=True)
class AttemptMade:
    """An attempt of a delivery that ended at `time`, with an HTTP status or with an error."""

    time: datetime
    seconds: float
    status_code: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one endpoint.

    `due` is when the next attempt may come, None where there is none. `status_code` and `error`
    are of the last attempt. `attempts_made` are the last `ATTEMPTS_KEPT`, oldest first; of one that
    succeeded at once, none.
    """

    id: UUID
    endpoint_id: UUID
    event_id: UUID
    event_type: str
    status: Status
    attempts: int
    due: datetime | None
    last_attempt: datetime | None
    status_code: int | None
    error: str | None
    time_created: datetime
    attempts_made: Sequence[AttemptMade] = ()


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery that a worker has leased, with all that an attempt needs.

    `attempts` counts those before. `proven`: the endpoint's last attempt succeeded.
    """

    account: int
    account_id: UUID
    live_mode: bool
    id: UUID
    endpoint_id: UUID
    url: str
    secrets: KeptSecrets
    proven: bool
    attempts: int
    position: int
    event: Event


@dataclass(frozen=True, slots=True)
class Reply:
    """How an attempt ended: with an HTTP status, or an error instead of one; after `seconds`."""

    status_code: int | None = None
    error: str | None = None
    seconds: float = 0.0

    @property
    def succeeded(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300


@dataclass(frozen=True, slots=True)
class Outcome:
    """A delivery after an attempt; `due` is the time of the next attempt, if any."""

    delivery: ClaimedDelivery
    reply: Reply
    status: Status
    time: datetime
    due: datetime


@dataclass(frozen=True, slots=True)
class Replay:
    """The result of a replay: how many deliveries, up to which event, and whether more follow."""

    deliveries: int
    last_event: UUID | None
    has_more: bool


def outcome(delivery: ClaimedDelivery, reply: Reply, now: datetime, chance: float) -> Outcome:
    """Decide what follows from an attempt that ended at `now`.

    `chance` in 0..1 places the next attempt within ±10 % of its pause.
    """
    if reply.succeeded:
        return Outcome(delivery, reply, "SUCCEEDED", now, now)
    if reply.status_code == GONE or delivery.attempts >= len(PAUSES):
        return Outcome(delivery, reply, "FAILED", now, now)
    pause = PAUSES[delivery.attempts] * (1 + JITTER * (2 * chance - 1))
    return Outcome(delivery, reply, "PENDING", now, now + pause)
