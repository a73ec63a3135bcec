"""Schedules by duration and by limit as JSON (contract 4)."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from wattyard.kernel import ids
from wattyard.kernel.arrays import np
from wattyard.kernel.callers import Caller
from wattyard.kernel.clock_changes import texts
from wattyard.kernel.instants import requested_span
from wattyard.kernel.quantities import rounded
from wattyard.platform.decoding import Shape
from wattyard.platform.decoding.texts import DeviceId, Instant, LocationId, Time
from wattyard.schedules.domain.by_price.listing import (
    LONGEST,
    DurationRequest,
    LimitRequest,
    Listing,
)
from wattyard.schedules.domain.prices import MINUTE_US, Segment
from wattyard.schedules.wire.heads import HeadShape, Named, head, prices_end
from wattyard.tariffs.domain.prices import Question
from wattyard.tariffs.domain.tariff import Direction

End = Annotated[Instant, msgspec.Meta(description="at most 3 days after start_time")]
SegmentField = Annotated[Segment, msgspec.Meta(description="LOW is cheap, HIGH is dear")]
Relative = Annotated[
    float, msgspec.Meta(ge=0, le=1, description="share of the window's price range")
]
Absolute = Annotated[
    float, msgspec.Meta(ge=-1e6, le=1e6, description="price per kWh; wins over relative")
]


class WindowBody(Shape, kw_only=True):
    """Where and in which time prices are looked at."""

    location_id: LocationId
    start_time: Instant
    end_time: End
    segment: SegmentField
    device_id: DeviceId | None = None
    tariff_direction: Annotated[Direction, msgspec.Meta(description="whose tariffs count")] = (
        "IMPORT"
    )


class DurationBody(WindowBody, kw_only=True):
    """How long a device should run, and when it may."""

    duration: Annotated[
        int, msgspec.Meta(ge=1, le=4320, description="minutes, at most those of the window")
    ]
    contiguous: Annotated[bool, msgspec.Meta(description="in one block")] = False
    min_slot_minutes: (
        Annotated[int, msgspec.Meta(ge=1, le=4320, description="no slot is shorter")] | None
    ) = None


class LimitBody(WindowBody, kw_only=True):
    """Which prices are good enough, and in which time."""

    relative: Relative | None = None
    absolute: Absolute | None = None


class SlotPriceShape(msgspec.Struct):
    """A price per kWh, taxes included, and how certain it is.

    Attributes:
        value: money per kWh, taxes included
    """

    value: float
    confidence: float


class PricedSlotShape(msgspec.Struct):
    """A stretch of time, half-open, at one price.

    Attributes:
        vpp_event: whether a flexibility event decides here; false today
    """

    start_time: Time
    end_time: Time
    price: SlotPriceShape
    vpp_event: bool


class DurationShape(HeadShape, kw_only=True):
    """An exact number of minutes of the cheapest, or dearest, time.

    Attributes:
        data: the slots, in order
        duration: minutes in all slots
    """

    object: Literal["schedule_duration"] = "schedule_duration"
    duration: float
    data: list[PricedSlotShape]


class LimitShape(HeadShape, kw_only=True):
    """All time at or below, or at or above, a price; `duration` is its total in minutes.

    Attributes:
        data: the slots, in order
        duration: minutes in all slots
    """

    object: Literal["schedule_limit"] = "schedule_limit"
    duration: float
    data: list[PricedSlotShape]


def duration_request(body: DurationBody) -> DurationRequest:
    """Read what is asked.

    Raises:
        Malformed: `end_time_invalid`, `duration_invalid`, `min_slot_minutes_invalid`.
    """
    return DurationRequest(
        ids.read(body.location_id, "loc", "ste", param="location_id"),
        _question(body),
        body.segment,
        body.duration,
        body.contiguous,
        body.min_slot_minutes,
    )


def limit_request(body: LimitBody) -> LimitRequest:
    """Read what is asked.

    Raises:
        Malformed: `end_time_invalid`, `relative_missing`.
    """
    return LimitRequest(
        ids.read(body.location_id, "loc", "ste", param="location_id"),
        _question(body),
        body.segment,
        body.relative,
        body.absolute,
    )


def duration_json(caller: Caller, named: Named, listing: Listing, form: datetime) -> bytes:
    """Write a schedule by duration, with times in the offset of `form`."""
    return msgspec.json.encode(
        DurationShape(
            **_head(caller, named, listing),
            prices_until=prices_end(listing.prices_until),
            duration=_minutes(listing),
            data=_slots(listing, form),
        )
    )


def limit_json(caller: Caller, named: Named, listing: Listing, form: datetime) -> bytes:
    """Write a schedule by limit, with times in the offset of `form`."""
    return msgspec.json.encode(
        LimitShape(
            **_head(caller, named, listing),
            prices_until=prices_end(listing.prices_until),
            duration=_minutes(listing),
            data=_slots(listing, form),
        )
    )


def _question(body: WindowBody) -> Question:
    return Question(
        direction=body.tariff_direction,
        span=requested_span(body.start_time, body.end_time, LONGEST),
        device=ids.read(body.device_id, "dev", param="device_id") if body.device_id else None,
    )


def _head(caller: Caller, named: Named, listing: Listing) -> dict[str, Any]:
    quote = listing.quote
    return head(
        caller,
        named,
        quote.supply.site,
        device=quote.question.device,
        direction=quote.question.direction,
        next_update=quote.next_update,
    )


def _minutes(listing: Listing) -> float:
    """Count minutes, whole ones as whole numbers."""
    whole, rest = divmod(listing.slots.duration_us, MINUTE_US)
    return whole if rest == 0 else rounded(listing.slots.duration_us / MINUTE_US, 6)


def _slots(listing: Listing, form: datetime) -> list[PricedSlotShape]:
    slots = listing.slots
    at = texts(np.concatenate([slots.starts_us, slots.ends_us]), form)
    count = slots.starts_us.size
    rows = zip(
        at[:count], at[count:], slots.per_kwh.tolist(), slots.confidence.tolist(), strict=True
    )
    return [
        PricedSlotShape(start, end, SlotPriceShape(value, confidence), vpp_event=False)
        for start, end, value, confidence in rows
    ]
