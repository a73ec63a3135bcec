"""Endpoints that take readings, and show what became of them (contract 3, Readings)."""

from collections.abc import AsyncIterator
from typing import Annotated, Final

import msgspec

from wattyard.kernel import ids
from wattyard.kernel.caps import LimitReached
from wattyard.kernel.context import Context
from wattyard.kernel.refusals import TooLarge
from wattyard.kernel.scopes import Scope
from wattyard.meters.domain.batches import MeterBatch
from wattyard.meters.domain.readings import (
    RECORDS_AT_ONCE,
    MeterBatchNotFound,
)
from wattyard.meters.service import Meters
from wattyard.meters.wire import examples
from wattyard.meters.wire.batches import (
    MeterBatchShape,
    RegisterBody,
    batch_json,
    register_reads,
    register_stream,
)
from wattyard.meters.wire.readings import Columns, ReadingBody, columns_of
from wattyard.platform.http import LIST_REFUSALS, Call, List, ListQuery, endpoint, list_answer
from wattyard.platform.http.binding import path_id
from wattyard.platform.http.bodies import BodyIncomplete, json_lines, plain_body
from wattyard.platform.http.declare import MEBIBYTE
from wattyard.platform.http.errors import MediaTypeUnsupported
from wattyard.platform.work import beside
from wattyard.sites.domain.devices import DeviceNotFound
from wattyard.sites.domain.sites import LocationNotFound

_BODY_LIMIT: Final = 16 * MEBIBYTE
_NDJSON: Final = "application/x-ndjson"

Batch = Annotated[list[ReadingBody], msgspec.Meta(max_length=RECORDS_AT_ONCE)]


@endpoint(
    "PUT",
    "/meters/interval",
    "meter_interval_put",
    scope=Scope.METERS_WRITE,
    body=Batch,
    reads_body=True,
    answers=MeterBatchShape,
    refuses=(BodyIncomplete,),
    example=examples.BATCH,
    example_body=examples.INTERVAL_BODY,
    body_limit_bytes=_BODY_LIMIT,
)
async def put_interval(call: Call, context: Context, meters: Meters) -> bytes:
    """Take up to 10,000 readings; a fault in one fails only that one.

    Accepted readings are durable when this is answered, and count in costs at once. A reading of
    the same device or location, register, directions and period replaces the earlier one; one that
    overlaps another period fails with `record_overlap`. Another value for a period that was sent
    before in the same batch fails with `record_duplicate`. The body may be gzip.

    Registers of a meter that add up (day and night, three phases) each have a `register` of their
    own, all of them: readings with and without one must not overlap.

    With `Content-Type: application/x-ndjson` one call takes up to 1,000,000 records, a JSON
    object a line. They are stored as they arrive, 10,000 at a time; when the connection breaks,
    what arrived so far is stored, the batch says `"complete": false`, and sending all again is
    safe.
    """
    media_type = (call.header(b"content-type") or "").partition(";")[0].strip().lower()
    if media_type == _NDJSON:
        return batch_json(context.caller, await _stream(call, context, meters))
    if media_type != "application/json":
        raise MediaTypeUnsupported(
            f"Content-Type must be application/json or {_NDJSON}; got "
            + (ids.shown(media_type) if media_type else "none")
        )
    columns = await beside(columns_of, await plain_body(call, _BODY_LIMIT))
    readings, failed = await beside(columns.readings)
    batch = await meters.keep(context, readings, submitted=columns.submitted, failed=failed)
    return batch_json(context.caller, batch)


async def _stream(call: Call, context: Context, meters: Meters) -> MeterBatch:
    batch = await meters.begin(context)
    async for columns, last in _chunks(json_lines(call)):
        if batch.submitted + columns.submitted > meters.stream_records:
            raise TooLarge(
                f"a stream has at most {meters.stream_records:,} records; those before are stored "
                f"in batch {ids.wire('bat', batch.id)}; send the rest as another"
            )
        readings, failed = await beside(columns.readings)
        batch = await meters.go_on(
            context, batch, readings, submitted=columns.submitted, failed=failed, last=last
        )
    return batch


async def _chunks(lines: AsyncIterator[list[bytes]]) -> AsyncIterator[tuple[Columns, bool]]:
    """Gather lines into columns of 10,000; the last may be empty."""
    gathered: list[bytes] = []
    async for some in lines:
        gathered += some
        while len(gathered) >= RECORDS_AT_ONCE:
            yield await beside(_columns, gathered[:RECORDS_AT_ONCE]), False
            del gathered[:RECORDS_AT_ONCE]
    yield await beside(_columns, gathered), True


def _columns(lines: list[bytes]) -> Columns:
    columns = Columns()
    for line in lines:
        columns.add_json(line)
    return columns


@endpoint(
    "PUT",
    "/meters/cumulative/epoch",
    "meter_cumulative_put",
    scope=Scope.METERS_WRITE,
    body=RegisterBody,
    answers=MeterBatchShape,
    refuses=(LocationNotFound, DeviceNotFound, LimitReached),
    example=examples.BATCH,
    example_body=examples.REGISTER_BODY,
    takes_gzip=True,
)
async def put_cumulative(context: Context, body: RegisterBody, meters: Meters) -> bytes:
    """Take reads of a cumulative register: the differences become readings.

    The register's last stored read is where they start. A falling register is a reset: it is
    reported as `register_reset`, and the new value is the base. One that is back at its value
    within 48 hours was not reset: what it showed between is reported as `register_glitch` and
    passed over. A meter with several registers has each sent under its `register`; their energy
    adds up. The body may be gzip.
    """
    reads, failed = await beside(register_reads, body)
    stream = register_stream(body)
    batch = await meters.keep_register(context, stream, reads, body.session_reference_id, failed)
    return batch_json(context.caller, batch)


@endpoint(
    "GET",
    "/meters/batches",
    "meter_batch_list",
    scope=Scope.METERS_READ,
    query=ListQuery,
    answers=List[MeterBatchShape],
    refuses=LIST_REFUSALS,
    example=examples.BATCH_LIST,
)
async def list_batches(context: Context, query: ListQuery, meters: Meters) -> bytes:
    """List the batches of the account, newest first."""
    page = await meters.page(context, query.window("bat"))
    shown = (batch_json(context.caller, batch) for batch in page.items)
    return list_answer("/meters/batches", shown, has_more=page.has_more, backwards=query.backwards)


@endpoint(
    "GET",
    "/meters/batches/{batch_id}",
    "meter_batch_retrieve",
    scope=Scope.METERS_READ,
    answers=MeterBatchShape,
    refuses=(MeterBatchNotFound,),
    example=examples.BATCH,
    tagged=True,
)
async def get_batch(context: Context, batch_id: str, meters: Meters) -> bytes:
    """Retrieve a batch: how many of its records were accepted, and which failed."""
    id_ = path_id(batch_id, "bat", missing=MeterBatchNotFound)
    return batch_json(context.caller, await meters.batch(context, id_))


ENDPOINTS = (put_interval, put_cumulative, list_batches, get_batch)
