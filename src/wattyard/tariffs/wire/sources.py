"""Market sources and their prices as JSON (contract 2, Market sources)."""

import re
from collections.abc import Sequence
from datetime import datetime, time
from typing import Annotated, Any, Literal

import msgspec

from wattyard.kernel import ids, instants
from wattyard.kernel.callers import Caller
from wattyard.kernel.clock_changes import Microseconds, texts
from wattyard.kernel.refusals import Fault, Malformed
from wattyard.platform.decoding import Patch, Shape
from wattyard.platform.decoding.texts import Instant, Label, Time
from wattyard.tariffs.domain.sources import (
    MarketPrice,
    MarketSource,
    MarketSourceDraft,
    Unit,
    Upload,
)

_FAULTS_SHOWN = 100
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?", re.ASCII)

Code = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,59}$(?!\n)",
        description="what formulas call the source, such as BELPEX",
        extra={"expected": "1 to 60 letters, digits or _ . : -, the first a letter or digit"},
    ),
]
Price = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]


class MarketSourceBody(Shape):
    """What a client says of a market source.

    Attributes:
        currency_code: ISO 4217
        unit: what its prices are for: a kWh or a MWh
        timezone: name in the tz database
        resolution_minutes: nominal
        publishes_at: wall-clock time at which the next day appears, such as 12:45
        area: the market's area or bidding zone, such as DE-LU
    """

    code: Code
    currency_code: Annotated[
        str,
        msgspec.Meta(
            pattern="^[A-Z]{3}$(?!\\n)", extra={"expected": "an ISO 4217 code such as EUR"}
        ),
    ]
    unit: Unit
    timezone: str
    display_name: Label | None = None
    resolution_minutes: Annotated[int, msgspec.Meta(ge=1, le=525600)] | None = None
    publishes_at: str | None = None
    area: Label | None = None


class MarketSourceShape(msgspec.Struct, kw_only=True):
    """A market whose prices tariffs follow. `account_id` is null where it is the operator's.

    Attributes:
        code: the name by which formulas find it, such as EPEX_GB
        unit: KWH or MWH: the prices are per kWh or MWh; RATE: a rate of exchange
        resolution_minutes: nominal length of a price, minutes
        publishes_at: local time of day at which new prices appear, HH:mm
        area: the market's area or bidding zone, such as DE-LU
        last_updated: when its prices changed last
        published_until: end of the last interval
    """

    id: str
    object: Literal["market_source"] = "market_source"
    live_mode: bool
    account_id: str | None
    time_created: Time
    code: str
    display_name: str | None
    currency_code: str
    unit: Unit
    timezone: str
    resolution_minutes: int | None
    publishes_at: str | None
    area: str | None
    last_updated: Time | None
    published_until: Time | None


class MarketPriceBody(Shape):
    """A published price for an interval of any length, half-open.

    Attributes:
        value: money per unit of the source
    """

    valid_from: Instant
    valid_to: Instant
    value: Price


class MarketPriceShape(msgspec.Struct, kw_only=True):
    """A published price, in the currency and unit of its source.

    Attributes:
        value: money per unit of the source
    """

    valid_from: Time
    valid_to: Time
    value: float


class MarketPricesShape(msgspec.Struct, kw_only=True):
    """What a market source has published for a span.

    Attributes:
        data: the prices, in order
        market_source_id: id of the market source
        code: code of the market source
        unit: KWH or MWH: the prices are per kWh or MWh; RATE: a rate of exchange
    """

    object: Literal["market_prices"] = "market_prices"
    market_source_id: str
    code: str
    currency_code: str
    unit: Unit
    data: list[MarketPriceShape]


class MarketPriceBatch(msgspec.Struct, kw_only=True):
    """What became of uploaded prices; `records_changed` replace an earlier value.

    Attributes:
        market_source_id: id of the market source
        records_submitted: prices that were sent
        records_accepted: prices that are kept
        records_changed: prices that replace an earlier value
    """

    object: Literal["market_price_batch"] = "market_price_batch"
    market_source_id: str
    records_submitted: int
    records_accepted: int
    records_changed: int


def source_draft(body: MarketSourceBody) -> MarketSourceDraft:
    """Read what a client says of a market source.

    Raises:
        Malformed: for an unknown zone, or a time of day that is none.
    """
    fields: dict[str, Any] = msgspec.structs.asdict(body)
    if body.publishes_at is not None:
        if not _CLOCK.fullmatch(body.publishes_at):
            raise Malformed(
                "publishes_at must be a wall-clock time HH:mm or HH:mm:ss; got "
                + ids.shown(body.publishes_at),
                param="publishes_at",
                code="publishes_at_invalid",
            )
        fields["publishes_at"] = time.fromisoformat(body.publishes_at)
    return MarketSourceDraft(**fields)


def changed_source(source: MarketSource, patch: Patch[MarketSourceBody]) -> MarketSourceDraft:
    """Apply a merge patch to a market source."""
    current = MarketSourceBody(
        code=source.code,
        currency_code=source.currency_code,
        unit=source.unit,
        timezone=source.timezone,
        display_name=source.display_name,
        resolution_minutes=source.resolution_minutes,
        publishes_at=_clock_text(source.publishes_at),
        area=source.area,
    )
    return source_draft(patch.onto(current))


def market_source_json(caller: Caller, source: MarketSource) -> bytes:
    """Write a market source."""
    return msgspec.json.encode(
        MarketSourceShape(
            id=ids.wire("mrs", source.id),
            live_mode=caller.live_mode,
            account_id=None if source.shared else ids.wire("acc", caller.account_id),
            time_created=instants.text(source.time_created),
            code=source.code,
            display_name=source.display_name,
            currency_code=source.currency_code,
            unit=source.unit,
            timezone=source.timezone,
            resolution_minutes=source.resolution_minutes,
            publishes_at=_clock_text(source.publishes_at),
            area=source.area,
            last_updated=instants.text(source.time_published) if source.time_published else None,
            published_until=instants.text(source.published_until)
            if source.published_until
            else None,
        )
    )


def market_prices(bodies: Sequence[MarketPriceBody]) -> list[MarketPrice]:
    """Read a batch.

    Raises:
        Malformed: naming every interval (up to 100) that does not end after it starts.
    """
    faults = [
        Fault(
            "valid_to_invalid",
            f"[{number}].valid_to must be after valid_from {instants.text(body.valid_from)}; "
            f"got {instants.text(body.valid_to)}",
            f"[{number}].valid_to",
        )
        for number, body in enumerate(bodies)
        if body.valid_to <= body.valid_from
    ]
    if faults:
        raise Malformed.of(faults[:_FAULTS_SHOWN])
    return [MarketPrice(body.valid_from, body.valid_to, body.value + 0.0) for body in bodies]


def batch_shape(source_id: str, upload: Upload) -> MarketPriceBatch:
    """Write what became of a batch."""
    return MarketPriceBatch(
        market_source_id=source_id,
        records_submitted=upload.submitted,
        records_accepted=upload.accepted,
        records_changed=upload.changed,
    )


def published_json(
    source: MarketSource,
    starts_us: Microseconds,
    ends_us: Microseconds,
    values: Sequence[float],
    form: datetime,
) -> bytes:
    """Write what a source has published (n), with times in the offset of `form`."""
    shape = MarketPricesShape(
        market_source_id=ids.wire("mrs", source.id),
        code=source.code,
        currency_code=source.currency_code,
        unit=source.unit,
        data=[
            MarketPriceShape(valid_from=start, valid_to=end, value=value)
            for start, end, value in zip(
                texts(starts_us, form), texts(ends_us, form), values, strict=True
            )
        ],
    )
    return msgspec.json.encode(shape)


def _clock_text(at: time | None) -> str | None:
    if at is None:
        return None
    return at.isoformat("seconds" if at.second else "minutes")
