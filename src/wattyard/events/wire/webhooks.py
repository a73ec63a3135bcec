"""Webhook endpoints, deliveries and signing keys as JSON (contract 5)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec

from wattyard.events.domain.deliveries import Delivery, Replay
from wattyard.events.domain.deliveries import Status as DeliveryStatus
from wattyard.events.domain.endpoints import (
    EVERYTHING,
    OLD_SECRET_SIGNS_AT_MOST,
    OLD_SECRET_SIGNS_FOR,
    EndpointDraft,
    Status,
    WebhookEndpoint,
)
from wattyard.events.domain.headers import AUTHORIZATION, HeadersInvalid, basic
from wattyard.kernel import ids, instants
from wattyard.kernel.callers import Caller
from wattyard.kernel.refusals import Malformed
from wattyard.platform.decoding import Patch, Shape
from wattyard.platform.decoding.texts import SECRET, Label, Time

_LONGEST_OVERLAP: Final = OLD_SECRET_SIGNS_AT_MOST // timedelta(seconds=1)

EventType = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]

EventTypes = Annotated[
    list[EventType],
    msgspec.Meta(
        min_length=1,
        max_length=100,
        description="types such as site.update, families such as tariff.*, or * for all",
    ),
]


class BasicAuthBody(Shape):
    """User name and password that each delivery carries (HTTP Basic). Never shown again.

    Attributes:
        username: without a colon
        password: kept encrypted
    """

    username: Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern="^[^:]*$")]
    password: Annotated[str, msgspec.Meta(max_length=1000)]


class EndpointBody(Shape):
    """A webhook endpoint as a client describes it.

    Attributes:
        url: https address on the public internet; http only where the operator of this server
            allows the network
        description: for people
        status: DISABLED endpoints get nothing, and can be enabled again
        headers: additional headers of each delivery, at most 20; their values are encrypted and
            never shown again
    """

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=2048)]
    event_types: EventTypes | None = None
    description: Label | None = None
    status: Status | None = None
    headers: Annotated[dict[str, str] | None, SECRET] = None
    basic_auth: Annotated[BasicAuthBody | None, SECRET] = None


class RotationBody(Shape):
    """How long the old secret goes on signing.

    Attributes:
        overlap_seconds: seconds, at most a week; without it 86,400, a day
    """

    overlap_seconds: Annotated[int, msgspec.Meta(ge=0, le=_LONGEST_OVERLAP)] | None = None


class EndpointShape(msgspec.Struct, kw_only=True):
    """Where events are delivered. Only the answer that created it has the `secret`.

    Attributes:
        url: where events are posted to
        event_types: which types of events it gets; families such as tariff.*
        description: for people
        status: DISABLED: it gets nothing until it is enabled
        header_names: names of `headers`; Authorization for `basic_auth`
        failing_since: the first failure after the last success; 5 days disable it
        previous_secret_until: when the secret before the present one stops signing, or stopped
    """

    id: str
    object: Literal["webhook_endpoint"] = "webhook_endpoint"
    live_mode: bool
    account_id: str
    time_created: Time
    url: str
    event_types: list[str]
    description: str | None
    status: Status
    header_names: list[str]
    failing_since: Time | None
    previous_secret_until: Time | None


class NewEndpointShape(EndpointShape, kw_only=True):
    """A new webhook endpoint with its secret, which is not shown again.

    Attributes:
        secret: verifies the header webhook-signature
    """

    secret: str


class EndpointDeleted(msgspec.Struct):
    """What was deleted.

    Attributes:
        deleted: always true
    """

    id: str
    object: Literal["webhook_endpoint"] = "webhook_endpoint"
    deleted: Literal[True] = True


class AttemptShape(msgspec.Struct, kw_only=True):
    """One attempt of a delivery.

    Attributes:
        time: when it ended
        duration_ms: how long it took
        status_code: HTTP status of the answer; null where there was none
        error: why it failed
    """

    time: Time
    duration_ms: int
    status_code: int | None
    error: str | None


class DeliveryShape(msgspec.Struct, kw_only=True):
    """One event on its way to one endpoint.

    Attributes:
        endpoint_id: id of the webhook endpoint
        event_id: id of the event
        event_type: type of the event
        status: PENDING until a 2xx or the last attempt
        attempts: how many were made
        next_attempt: when the next one is due; null where none is
        last_attempt: when the last one was made
        last_status_code: HTTP status of the last answer; null where there was none
        last_error: why the last attempt failed
        recent_attempts: the last ten, oldest first; empty where a single one succeeded
    """

    id: str
    object: Literal["webhook_delivery"] = "webhook_delivery"
    live_mode: bool
    account_id: str
    time_created: Time
    endpoint_id: str
    event_id: str
    event_type: str
    status: DeliveryStatus
    attempts: int
    next_attempt: Time | None
    last_attempt: Time | None
    last_status_code: int | None
    last_error: str | None
    recent_attempts: list[AttemptShape]


class ReplayBody(Shape, rename={"from_": "from"}):
    """The event or time from which events are delivered again.

    Attributes:
        from_: id of an event (it included), or a time (RFC 3339)
    """

    from_: str


class ReplayShape(msgspec.Struct, kw_only=True):
    """The result of a replay; with `has_more`, replay again from `last_event_id`.

    Attributes:
        endpoint_id: id of the webhook endpoint
        deliveries: how many events are delivered again
        last_event_id: the last of them
    """

    object: Literal["webhook_replay"] = "webhook_replay"
    endpoint_id: str
    deliveries: int
    last_event_id: str | None
    has_more: bool


def endpoint_draft(body: EndpointBody) -> EndpointDraft:
    """Read an endpoint from its body.

    Raises:
        UrlInvalid, EventTypesInvalid, HeadersInvalid.
    """
    headers = dict(body.headers or {})
    if body.basic_auth is not None:
        if any(name.lower() == AUTHORIZATION.lower() for name in headers):
            raise HeadersInvalid(
                "headers.Authorization and basic_auth cannot be used together; send one of them",
                param="headers",
            )
        headers[AUTHORIZATION] = basic(body.basic_auth.username, body.basic_auth.password)
    return EndpointDraft(
        body.url,
        (EVERYTHING,) if body.event_types is None else tuple(body.event_types),
        body.description,
        body.status != "DISABLED",
        headers,
    )


def overlap_of(body: RotationBody) -> timedelta:
    """Read how long the old secret goes on signing."""
    said = body.overlap_seconds
    return OLD_SECRET_SIGNS_FOR if said is None else timedelta(seconds=said)


def changed_endpoint(
    endpoint: WebhookEndpoint, headers: Mapping[str, str], patch: Patch[EndpointBody]
) -> EndpointDraft:
    """Apply a merge patch to an endpoint and its headers.

    `basic_auth` is one of the headers: set or removed, it replaces `Authorization`.

    Raises:
        UrlInvalid, EventTypesInvalid, HeadersInvalid, Malformed.
    """
    kept = dict(headers)
    if "basic_auth" in patch:
        kept = {n: v for n, v in kept.items() if n.lower() != AUTHORIZATION.lower()}
    current = EndpointBody(
        url=endpoint.url,
        event_types=list(endpoint.event_types),
        description=endpoint.description,
        status=endpoint.status,
        headers=kept or None,
    )
    return endpoint_draft(patch.onto(current))


def endpoint_json(caller: Caller, endpoint: WebhookEndpoint) -> bytes:
    """Write an endpoint without its secret."""
    return msgspec.json.encode(EndpointShape(**_endpoint_fields(caller, endpoint)))


def new_endpoint_json(caller: Caller, endpoint: WebhookEndpoint, secret: str) -> bytes:
    """Write a new endpoint with its secret."""
    return msgspec.json.encode(
        NewEndpointShape(**_endpoint_fields(caller, endpoint), secret=secret)
    )


def delivery_json(caller: Caller, delivery: Delivery) -> bytes:
    """Write a delivery."""
    return msgspec.json.encode(
        DeliveryShape(
            id=ids.wire("whd", delivery.id),
            live_mode=caller.live_mode,
            account_id=ids.wire("acc", caller.account_id),
            time_created=instants.text(delivery.time_created),
            endpoint_id=ids.wire("whe", delivery.endpoint_id),
            event_id=ids.wire("evt", delivery.event_id),
            event_type=delivery.event_type,
            status=delivery.status,
            attempts=delivery.attempts,
            next_attempt=_time(delivery.due),
            last_attempt=_time(delivery.last_attempt),
            last_status_code=delivery.status_code,
            last_error=delivery.error,
            recent_attempts=[
                AttemptShape(
                    time=instants.text(made.time),
                    duration_ms=round(made.seconds * 1000),
                    status_code=made.status_code,
                    error=made.error,
                )
                for made in delivery.attempts_made
            ],
        )
    )


def replay_json(endpoint_id: str, replay: Replay) -> bytes:
    """Write the result of a replay."""
    return msgspec.json.encode(
        ReplayShape(
            endpoint_id=endpoint_id,
            deliveries=replay.deliveries,
            last_event_id=None if replay.last_event is None else ids.wire("evt", replay.last_event),
            has_more=replay.has_more,
        )
    )


def replay_from(body: ReplayBody) -> UUID | datetime:
    """Read the event or time from which events are delivered again.

    Raises:
        Malformed: `from_invalid`, when it is neither the id of an event nor a time with an offset.
    """
    if body.from_.startswith("evt_"):
        return ids.read(body.from_, "evt", param="from")
    try:
        time = datetime.fromisoformat(body.from_)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None or not instants.is_taken(time):
        raise Malformed(
            "from must be the id of an event (evt_…) or a time such as 2026-03-01T10:00:00Z; "
            f"got {ids.shown(body.from_)}",
            param="from",
            code="from_invalid",
        )
    return time


def _endpoint_fields(caller: Caller, endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {
        "id": ids.wire("whe", endpoint.id),
        "live_mode": caller.live_mode,
        "account_id": ids.wire("acc", caller.account_id),
        "time_created": instants.text(endpoint.time_created),
        "url": endpoint.url,
        "event_types": list(endpoint.event_types),
        "description": endpoint.description,
        "status": endpoint.status,
        "header_names": list(endpoint.header_names),
        "failing_since": _time(endpoint.failing_since),
        "previous_secret_until": _time(endpoint.previous_secret_until),
    }


def _time(instant: datetime | None) -> str | None:
    return None if instant is None else instants.text(instant)
