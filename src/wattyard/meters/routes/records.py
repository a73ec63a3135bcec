"""The search of meter records (contract 3)."""

from wattyard.kernel.context import Context
from wattyard.kernel.scopes import Scope
from wattyard.meters.service import Records
from wattyard.meters.wire import examples
from wattyard.meters.wire.records import RecordShape, SearchBody, records_json, search_of
from wattyard.platform.http import LIST_REFUSALS, Effect, List, endpoint, list_answer
from wattyard.platform.work import beside
from wattyard.sites.domain.devices import DeviceNotFound
from wattyard.sites.domain.sites import LocationNotFound


@endpoint(
    "POST",
    "/meters/records",
    "meter_record_search",
    scope=Scope.METERS_READ,
    effect=Effect.COMPUTES,
    body=SearchBody,
    answers=List[RecordShape],
    refuses=(*LIST_REFUSALS, LocationNotFound, DeviceNotFound),
    example=examples.RECORD_LIST,
    example_body=examples.SEARCH_BODY,
)
async def search_records(context: Context, body: SearchBody, records: Records) -> bytes:
    """Search the readings of a device, or of a location's own meter.

    With `device_id` those of the device (at the location, where one is given too), with
    `location_id` alone those without a device. `group_by` sums them up by local periods, each
    reading shared in proportion to time.
    """
    page = await records.search(context, search_of(body, context.now))

    def written() -> bytes:
        shown = records_json(page.items, body)
        return list_answer("/meters/records", shown, has_more=page.has_more)

    return await beside(written)


ENDPOINTS = (search_records,)
