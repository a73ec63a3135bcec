"""Use-cases of webhook deliveries, as their account sees them."""

from uuid import UUID

from wattyard.events.domain.deliveries import Delivery, DeliveryNotFound, Status
from wattyard.events.service.log import Events
from wattyard.events.store import deliveries as store
from wattyard.kernel import ids
from wattyard.kernel.context import Context
from wattyard.kernel.pages import Page, PageWindow


class Deliveries:
    """The deliveries of every account."""

    def __init__(self, events: Events) -> None:
        self._events = events

    async def page(
        self,
        context: Context,
        window: PageWindow,
        *,
        endpoint_id: UUID | None = None,
        event_id: UUID | None = None,
        status: Status | None = None,
    ) -> Page[Delivery]:
        """Read one page, newest first; a key for some places sees none."""
        if context.site_ids is not None:
            return Page([], has_more=False)
        filters = {
            "endpoint_id = {}": endpoint_id,
            "event_id = {}": event_id,
            "status = {}": status,
        }
        async with self._events.db.reading() as db:
            return await store.page(db, context.account, context.live_mode, window, filters)

    async def retry(self, context: Context, delivery_id: UUID) -> Delivery:
        """Attempt a delivery now; one that has ended starts its timetable again.

        Raises:
            DeliveryNotFound: when the caller has none of that id.
        """
        async with self._events.db.transaction() as db:
            delivery = await store.send_again(
                db, context.account, context.live_mode, delivery_id, context.now
            )
            self._events.notify()
        if delivery is None:
            raise DeliveryNotFound(f"there is no webhook delivery {ids.wire('whd', delivery_id)}")
        return delivery
