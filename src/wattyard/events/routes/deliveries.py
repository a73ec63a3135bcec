"""Endpoints of webhook deliveries (contract 5)."""

from uuid import UUID

from wattyard.events.domain.deliveries import DeliveryNotFound, Status
from wattyard.events.service import Deliveries
from wattyard.events.wire.webhook_examples import DELIVERY_EXAMPLE, DELIVERY_LIST
from wattyard.events.wire.webhooks import DeliveryShape, delivery_json
from wattyard.kernel import ids
from wattyard.kernel.context import Context
from wattyard.kernel.scopes import Scope
from wattyard.platform.http import LIST_REFUSALS, Effect, List, ListQuery, endpoint, list_answer
from wattyard.platform.http.binding import path_id


class DeliveriesQuery(ListQuery):
    """Which deliveries, and which page of them.

    Attributes:
        endpoint_id: only deliveries to this webhook endpoint
        event_id: only deliveries of this event
        status: only deliveries with this status
    """

    endpoint_id: str | None = None
    event_id: str | None = None
    status: Status | None = None


@endpoint(
    "GET",
    "/webhook-deliveries",
    "webhook_delivery_list",
    reads_primary=True,  # claims are committed without waiting for the disk, and the replicas
    scope=Scope.ALL_READ,
    query=DeliveriesQuery,
    answers=List[DeliveryShape],
    refuses=LIST_REFUSALS,
    example=DELIVERY_LIST,
)
async def list_deliveries(
    context: Context, query: DeliveriesQuery, deliveries: Deliveries
) -> bytes:
    """List the webhook deliveries of the account, newest first.

    PENDING lasts until a 2xx answer or the last attempt of the timetable.
    """
    page = await deliveries.page(
        context,
        query.window("whd"),
        endpoint_id=_read(query.endpoint_id, "whe", "endpoint_id"),
        event_id=_read(query.event_id, "evt", "event_id"),
        status=query.status,
    )
    shown = (delivery_json(context.caller, one) for one in page.items)
    return list_answer(
        "/webhook-deliveries", shown, has_more=page.has_more, backwards=query.backwards
    )


@endpoint(
    "POST",
    "/webhook-deliveries/{delivery_id}/retry",
    "webhook_delivery_retry",
    effect=Effect.WRITES,
    answers=DeliveryShape,
    refuses=(DeliveryNotFound,),
    example=DELIVERY_EXAMPLE,
)
async def retry_delivery(context: Context, delivery_id: str, deliveries: Deliveries) -> bytes:
    """Attempt a delivery now. One that succeeded or failed starts its timetable again."""
    id_ = path_id(delivery_id, "whd", missing=DeliveryNotFound)
    return delivery_json(context.caller, await deliveries.retry(context, id_))


def _read(text: str | None, prefix: str, param: str) -> UUID | None:
    return None if text is None else ids.read(text, prefix, param=param)


ENDPOINTS = (list_deliveries, retry_delivery)
