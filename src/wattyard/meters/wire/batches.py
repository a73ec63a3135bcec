"""Batches of readings, and register reads, as JSON (contract 3)."""

import math
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec

from wattyard.kernel import ids, instants
from wattyard.kernel.callers import Caller
from wattyard.kernel.clock_changes import microseconds
from wattyard.kernel.refusals import Malformed
from wattyard.meters.domain.batches import MeterBatch
from wattyard.meters.domain.readings import (
    RECORDS_AT_ONCE,
    Failed,
    FlowDirection,
    Stream,
    TariffDirection,
    direction_of,
)
from wattyard.meters.domain.registers import RegisterRead
from wattyard.meters.wire.readings import RegisterName
from wattyard.platform.decoding import Shape, convert
from wattyard.platform.decoding.texts import DeviceId, LocationId, Reference, Time

_LAST_SECOND: Final = 253_402_300_799  # 9999-12-31T23:59:59Z


class FailedShape(msgspec.Struct, kw_only=True):
    """A rejected record: its number from 1, and why.

    Attributes:
        record_num: its place in the batch, from 1
        code: why it was rejected; stable and safe to branch on
        error: why it was rejected, in words
    """

    record_num: int
    record_reference_id: str | None
    code: str
    error: str


class MeterBatchShape(msgspec.Struct, kw_only=True):
    """What became of readings that were sent together.

    What is accepted is stored and counts at once, so `records_processed` equals
    `records_accepted`. `failed_records` lists the first 1,000 rejected ones.

    Attributes:
        records_submitted: records that were sent
        records_accepted: records that are stored
        records_processed: records that count in costs; the same as accepted
        records_failed: records that were rejected
        complete: false while a stream runs, or where it broke off
        failed_records: the first 1,000 that were rejected
        failed_records_truncated: whether more failed than `failed_records` lists
    """

    id: str
    object: Literal["meter_batch"] = "meter_batch"
    live_mode: bool
    account_id: str
    time_created: Time
    records_submitted: int
    records_accepted: int
    records_processed: int
    records_failed: int
    complete: bool
    failed_records: list[FailedShape]
    failed_records_truncated: bool


class RegisterValue(Shape):
    """What a register showed at a time: RFC 3339, or seconds since 1970."""

    time: Annotated[datetime, msgspec.Meta(tz=True)] | int | float
    value: Annotated[float, msgspec.Meta(ge=0, le=1e15)]


_READ_SCHEMA: Final = {
    "title": "RegisterRead",
    "description": "A read of a register. One that is faulty fails alone.",
    "type": "object",
    "required": ["time", "value"],
    "properties": {
        "time": {
            "description": "when it was read: RFC 3339 with an offset or Z, or Unix seconds",
            "anyOf": [{"type": "string", "format": "date-time"}, {"type": "number"}],
        },
        "value": {"description": "what the register showed, in `units`", "type": "number"},
    },
}


class RegisterBody(Shape):
    """Reads of a cumulative register; their differences become readings.

    Attributes:
        data: reads of the register, in any order
        units: unit of the register
        energy_flow_direction: INBOUND: into the site; OUTBOUND: out of it
    """

    location_id: LocationId
    units: Literal["WH", "KWH"]
    data: Annotated[
        list[Any],
        msgspec.Meta(
            min_length=1, max_length=RECORDS_AT_ONCE, extra_json_schema={"items": _READ_SCHEMA}
        ),
    ]
    device_id: DeviceId | None = None
    session_reference_id: Reference | None = None
    energy_flow_direction: FlowDirection = "INBOUND"
    tariff_direction: TariffDirection | None = None
    register: RegisterName | None = None


def batch_json(caller: Caller, batch: MeterBatch) -> bytes:
    """Write a batch."""
    return msgspec.json.encode(
        MeterBatchShape(
            id=ids.wire("bat", batch.id),
            live_mode=caller.live_mode,
            account_id=ids.wire("acc", caller.account_id),
            time_created=instants.text(batch.time_created),
            records_submitted=batch.submitted,
            records_accepted=batch.accepted,
            records_processed=batch.accepted,
            records_failed=batch.failed_count,
            complete=batch.complete,
            failed_records=[
                FailedShape(
                    record_num=one.record_num,
                    record_reference_id=one.record_reference_id,
                    code=one.code,
                    error=one.error,
                )
                for one in batch.failed
            ],
            failed_records_truncated=batch.failed_count > len(batch.failed),
        )
    )


def register_stream(body: RegisterBody) -> Stream:
    """Read whose register it is."""
    return Stream(
        ids.read(body.location_id, "loc", "ste", param="location_id"),
        UUID(hex=body.device_id[4:]) if body.device_id else None,
        body.energy_flow_direction,
        body.tariff_direction or direction_of(body.energy_flow_direction),
        body.register,
    )


def register_reads(body: RegisterBody) -> tuple[list[RegisterRead], list[Failed]]:
    """Read the register's values; a fault in one fails only that one."""
    reads, failed = [], []
    scale = 1000 if body.units == "WH" else 1
    for number, item in enumerate(body.data, 1):
        try:
            value = convert(item, RegisterValue)
            reads.append(RegisterRead(number, _time_us(value.time), value.value / scale))
        except Malformed as refusal:
            failed.append(Failed(number, None, refusal.first.code, refusal.first.message))
    return reads, failed


def _time_us(time: datetime | float) -> int:
    if isinstance(time, datetime):
        return microseconds(time.astimezone(UTC))
    if not (math.isfinite(time) and 0 <= time <= _LAST_SECOND):
        raise Malformed(
            f"time must be RFC 3339, or seconds since 1970; got {time:g}",
            param="time",
            code="time_invalid",
        )
    return round(time * 1_000_000)
