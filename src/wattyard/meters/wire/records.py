"""The search of meter records as JSON (contract 3)."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

from wattyard.kernel import ids, instants
from wattyard.kernel.clock_changes import microseconds
from wattyard.kernel.instants import Span, requested_span
from wattyard.kernel.local_periods import THIRTEEN_MONTHS
from wattyard.kernel.quantities import COST_DECIMALS, rounded
from wattyard.kernel.refusals import Malformed
from wattyard.meters.domain.readings import FlowDirection, TariffDirection
from wattyard.meters.domain.records import Order, Position, Record, Search
from wattyard.platform.decoding import Shape
from wattyard.platform.decoding.texts import DeviceId, LocationId, Time

GroupBy = Literal["NON_FIXED", "HALF_HOUR", "HOUR", "DAY", "WEEK", "MONTH"]

_DAYS_BACK: Final = timedelta(days=31)
_AHEAD: Final = timedelta(days=366)
_SIGNED: Final = 1 << 63


class SearchBody(Shape):
    """Which records to find, and how to group them.

    Attributes:
        start_time: default: 31 days before end_time
        end_time: default: now
        energy_flow_direction: INBOUND: into the site; OUTBOUND: out of it; both without it
        group_by: NON_FIXED: as they were sent; else local periods
        order_by: by start time
        limit: how many records a page holds
        starting_after: id of the last record of the page before
        ending_before: id of the first record of the page after
    """

    device_id: DeviceId | None = None
    location_id: LocationId | None = None
    start_time: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    end_time: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    energy_flow_direction: FlowDirection | None = None
    tariff_direction: TariffDirection | None = None
    group_by: GroupBy = "NON_FIXED"
    order_by: Order = "NEWEST"
    limit: Annotated[int, msgspec.Meta(ge=1, le=25_000)] = 1000
    starting_after: str | None = None
    ending_before: str | None = None


class EnergyShape(msgspec.Struct):
    """Energy in kWh.

    Attributes:
        value: kWh
    """

    value: float


class RecordShape(msgspec.Struct, kw_only=True):
    """A reading that is kept, or the sum of those of a local period.

    Attributes:
        energy_flow_direction: INBOUND: into the site; OUTBOUND: out of it
        register: null: none, or the sum of those that add up
    """

    id: str
    object: Literal["meter_record"] = "meter_record"
    location_id: str
    device_id: str | None
    start_time: Time
    end_time: Time
    energy_units: Literal["KWH"] = "KWH"
    energy: EnergyShape
    energy_flow_direction: FlowDirection
    tariff_direction: TariffDirection
    register: str | None
    confidence: float
    session_reference_id: str | None
    record_reference_id: str | None


def search_of(body: SearchBody, now: datetime) -> Search:
    """Read a search.

    Raises:
        Malformed: without a device or location, for a reversed span or one too long to group, for
            both cursors, or for one that is no record's id.
    """
    if body.device_id is None and body.location_id is None:
        raise Malformed(
            "location_id or device_id is required: whose records?",
            param="location_id",
            code="location_id_missing",
        )
    if body.starting_after is not None and body.ending_before is not None:
        raise Malformed(
            "starting_after and ending_before cannot be used together; send one of them",
            param="ending_before",
            code="parameters_exclusive",
        )
    back = body.ending_before is not None
    order: Order = body.order_by
    if back:
        order = "OLDEST" if order == "NEWEST" else "NEWEST"
    return Search(
        span=_span(body, now),
        site_id=ids.read(body.location_id, "loc", "ste", param="location_id")
        if body.location_id
        else None,
        device_id=UUID(hex=body.device_id[4:]) if body.device_id else None,
        flow=body.energy_flow_direction,
        direction=body.tariff_direction,
        group_by=None if body.group_by == "NON_FIXED" else body.group_by,
        order=order,
        limit=body.limit,
        after=_position(body.ending_before if back else body.starting_after, back=back),
    )


def records_json(found: Iterable[Record], body: SearchBody) -> list[bytes]:
    """Write records in the order that was asked for."""
    records = list(found)
    if body.ending_before is not None:
        records.reverse()
    encode = msgspec.json.Encoder().encode
    return [encode(_shape(record)) for record in records]


def _span(body: SearchBody, now: datetime) -> Span:
    end = body.end_time or (now if body.start_time is None else max(now, body.start_time + _AHEAD))
    start = body.start_time or end - _DAYS_BACK
    span = requested_span(start, end)
    if body.group_by != "NON_FIXED" and end - start > THIRTEEN_MONTHS:
        raise Malformed(
            f"records are grouped over at most {THIRTEEN_MONTHS.days} days; got "
            f"{(end - start).days}",
            param="end_time",
            code="end_time_invalid",
        )
    return span


def _shape(record: Record) -> RecordShape:
    stream = record.stream
    return RecordShape(
        id=_wire_id(record.position),
        location_id=ids.wire("loc", stream.site_id),
        device_id=ids.wire("dev", stream.device_id) if stream.device_id else None,
        start_time=instants.text(record.start),
        end_time=instants.text(record.end),
        energy=EnergyShape(rounded(record.energy_kwh, COST_DECIMALS)),
        energy_flow_direction=stream.flow,
        tariff_direction=stream.direction,
        register=stream.register,
        confidence=rounded(record.confidence, 2),
        session_reference_id=record.session,
        record_reference_id=record.reference,
    )


def _wire_id(position: Position) -> str:
    """A record's id is its start and series, so it survives corrections of the value."""
    return f"mre_{position[0] + _SIGNED:016x}{position[1]:016x}"


def _position(text: str | None, *, back: bool) -> Position | None:
    if text is None:
        return None
    id_ = ids.read(text, "mre", param="ending_before" if back else "starting_after")
    start_us, number = (id_.int >> 64) - _SIGNED, id_.int & (2**64 - 1)
    if not (0 <= start_us < microseconds(datetime.max.replace(tzinfo=UTC)) and number < _SIGNED):
        raise Malformed(
            "a cursor must be the id of a record",
            param="ending_before" if back else "starting_after",
            code="ending_before_invalid" if back else "starting_after_invalid",
        )
    return start_us, number
