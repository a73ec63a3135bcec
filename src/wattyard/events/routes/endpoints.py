"""Endpoints of webhook endpoints (contract 5)."""

from wattyard.events.domain.endpoints import (
    EndpointDisabled,
    EndpointNotFound,
    EventTypesInvalid,
    UrlInvalid,
)
from wattyard.events.domain.headers import HeadersInvalid
from wattyard.events.service import Endpoints
from wattyard.events.service.signer import shown_secret
from wattyard.events.wire import webhook_examples
from wattyard.events.wire import webhooks as wire
from wattyard.events.wire.log import EventShape, event_json
from wattyard.events.wire.webhooks import EndpointBody, EndpointDeleted, EndpointShape
from wattyard.kernel import ids
from wattyard.kernel.caps import LimitReached
from wattyard.kernel.context import Context
from wattyard.kernel.scopes import Scope
from wattyard.platform.decoding import Patch
from wattyard.platform.http import (
    LIST_REFUSALS,
    Call,
    Effect,
    LastStep,
    List,
    ListQuery,
    endpoint,
    list_answer,
)
from wattyard.platform.http.binding import path_id
from wattyard.platform.http.preconditions import guarding


@endpoint(
    "GET",
    "/webhook-endpoints",
    "webhook_endpoint_list",
    scope=Scope.ALL_READ,
    query=ListQuery,
    answers=List[EndpointShape],
    refuses=LIST_REFUSALS,
    example=webhook_examples.ENDPOINT_LIST,
)
async def list_endpoints(context: Context, query: ListQuery, endpoints: Endpoints) -> bytes:
    """List the webhook endpoints of the account, newest first."""
    page = await endpoints.page(context, query.window("whe"))
    shown = (wire.endpoint_json(context.caller, one) for one in page.items)
    return list_answer(
        "/webhook-endpoints", shown, has_more=page.has_more, backwards=query.backwards
    )


@endpoint(
    "GET",
    "/webhook-endpoints/{endpoint_id}",
    "webhook_endpoint_retrieve",
    scope=Scope.ALL_READ,
    answers=EndpointShape,
    refuses=(EndpointNotFound,),
    example=webhook_examples.ENDPOINT_EXAMPLE,
    tagged=True,
)
async def get_endpoint(context: Context, endpoint_id: str, endpoints: Endpoints) -> bytes:
    """Retrieve a webhook endpoint."""
    id_ = path_id(endpoint_id, "whe", missing=EndpointNotFound)
    return wire.endpoint_json(context.caller, await endpoints.endpoint(context, id_))


@endpoint(
    "POST",
    "/webhook-endpoints",
    "webhook_endpoint_create",
    effect=Effect.EXTERNAL,
    body=EndpointBody,
    answers=wire.NewEndpointShape,
    shows_secret=True,
    status=201,
    refuses=(UrlInvalid, EventTypesInvalid, HeadersInvalid, LimitReached),
    example=webhook_examples.NEW_ENDPOINT_EXAMPLE,
    example_body=webhook_examples.BODY_EXAMPLE,
)
async def create_endpoint(context: Context, body: EndpointBody, endpoints: Endpoints) -> LastStep:
    """Create a webhook endpoint; it gets every event from now on.

    The `secret` in the answer verifies the header `webhook-signature`; it is not shown again. An
    address that leads to a private, loopback, link-local or metadata network is refused here and
    at each delivery. A name that does not resolve yet is accepted.
    """
    draft = wire.endpoint_draft(body)
    await endpoints.look_up(context, draft.url)

    async def add() -> bytes:
        made, secret = await endpoints.add(context, draft)
        return wire.new_endpoint_json(context.caller, made, shown_secret(secret))

    return LastStep(add)


@endpoint(
    "PATCH",
    "/webhook-endpoints/{endpoint_id}",
    "webhook_endpoint_update",
    body=Patch[EndpointBody],
    answers=EndpointShape,
    refuses=(EndpointNotFound, UrlInvalid, EventTypesInvalid, HeadersInvalid),
    example=webhook_examples.ENDPOINT_EXAMPLE,
    example_body={"event_types": ["device.*", "site.update"]},
    tagged=True,
)
async def change_endpoint(
    call: Call, context: Context, endpoint_id: str, body: Patch[EndpointBody], endpoints: Endpoints
) -> bytes:
    """Change a webhook endpoint, or disable and enable it.

    Pending deliveries resume when an endpoint is enabled again; events in between are not sent:
    replay them.
    """
    changed = await endpoints.change(
        context,
        path_id(endpoint_id, "whe", missing=EndpointNotFound),
        change=lambda one, headers: wire.changed_endpoint(one, headers, body),
        guard=guarding(call, lambda one: wire.endpoint_json(context.caller, one)),
    )
    return wire.endpoint_json(context.caller, changed)


@endpoint(
    "DELETE",
    "/webhook-endpoints/{endpoint_id}",
    "webhook_endpoint_delete",
    answers=EndpointDeleted,
    refuses=(EndpointNotFound,),
    example={
        "id": webhook_examples.ENDPOINT_EXAMPLE["id"],
        "object": "webhook_endpoint",
        "deleted": True,
    },
)
async def delete_endpoint(
    call: Call, context: Context, endpoint_id: str, endpoints: Endpoints
) -> EndpointDeleted:
    """Delete a webhook endpoint and all its deliveries, pending ones included."""
    id_ = path_id(endpoint_id, "whe", missing=EndpointNotFound)
    await endpoints.remove(
        context, id_, guard=guarding(call, lambda one: wire.endpoint_json(context.caller, one))
    )
    return EndpointDeleted(ids.wire("whe", id_))


@endpoint(
    "POST",
    "/webhook-endpoints/{endpoint_id}/rotate-secret",
    "webhook_endpoint_rotate_secret",
    effect=Effect.WRITES,
    body=wire.RotationBody,
    answers=wire.NewEndpointShape,
    shows_secret=True,
    refuses=(EndpointNotFound,),
    example=webhook_examples.NEW_ENDPOINT_EXAMPLE,
    example_body={"overlap_seconds": 86400},
)
async def rotate_secret(
    context: Context, endpoint_id: str, body: wire.RotationBody, endpoints: Endpoints
) -> bytes:
    """Give a webhook endpoint a new secret, which is not shown again.

    During the overlap `webhook-signature` has the signatures of both secrets, the new one's first.
    """
    id_ = path_id(endpoint_id, "whe", missing=EndpointNotFound)
    rotated, secret = await endpoints.rotate_secret(context, id_, wire.overlap_of(body))
    return wire.new_endpoint_json(context.caller, rotated, shown_secret(secret))


@endpoint(
    "POST",
    "/webhook-endpoints/{endpoint_id}/test",
    "webhook_endpoint_test",
    effect=Effect.WRITES,
    answers=EventShape,
    status=201,
    refuses=(EndpointNotFound, EndpointDisabled),
    example=webhook_examples.TEST_EXAMPLE,
    events=("webhook.test",),
)
async def test_endpoint(context: Context, endpoint_id: str, endpoints: Endpoints) -> bytes:
    """Send an event of type `webhook.test` to this endpoint and to no other."""
    id_ = path_id(endpoint_id, "whe", missing=EndpointNotFound)
    return event_json(context.caller, await endpoints.test(context, id_))


@endpoint(
    "POST",
    "/webhook-endpoints/{endpoint_id}/replay",
    "webhook_endpoint_replay",
    effect=Effect.WRITES,
    body=wire.ReplayBody,
    answers=wire.ReplayShape,
    refuses=(EndpointNotFound, EndpointDisabled),
    example=webhook_examples.REPLAY_EXAMPLE,
    example_body={"from": "2026-02-12T10:00:00Z"},
)
async def replay_events(
    context: Context, endpoint_id: str, body: wire.ReplayBody, endpoints: Endpoints
) -> bytes:
    """Deliver again every event that the endpoint wants, from an event or a time on.

    At most 10,000 at a time; events with a pending delivery to it are not sent twice.
    """
    id_ = path_id(endpoint_id, "whe", missing=EndpointNotFound)
    replay = await endpoints.replay(context, id_, wire.replay_from(body))
    return wire.replay_json(ids.wire("whe", id_), replay)


ENDPOINTS = (
    list_endpoints,
    get_endpoint,
    create_endpoint,
    change_endpoint,
    delete_endpoint,
    rotate_secret,
    test_endpoint,
    replay_events,
)
