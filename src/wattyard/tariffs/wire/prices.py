"""Prices and their audit as JSON (contract 2, Prices)."""

from datetime import datetime, timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

from wattyard.kernel import ids, instants
from wattyard.kernel.arrays import Numbers
from wattyard.kernel.callers import Caller
from wattyard.kernel.clock_changes import texts
from wattyard.kernel.instants import requested_span
from wattyard.platform.decoding import Shape
from wattyard.platform.decoding.texts import DeviceId, Instant, LocationId, Time
from wattyard.tariffs.domain.prices import ABSENT, Part, Question, Quote, Supply, pricing
from wattyard.tariffs.domain.tariff import Direction
from wattyard.tariffs.wire.charge_texts import charge_texts

LONGEST: Final = timedelta(days=90)
Start = Annotated[Instant | None, msgspec.Meta(description="default: now, cut to the second")]
End = Annotated[Instant, msgspec.Meta(description="at most 90 days after start_time")]
DirectionField = Annotated[Direction, msgspec.Meta(description="whose tariffs count")]


class SitePricesBody(Shape):
    """For which time, and for what, prices are wanted."""

    end_time: End
    start_time: Start = None
    device_id: DeviceId | None = None
    tariff_direction: DirectionField = "IMPORT"


class PricesBody(SitePricesBody, kw_only=True):
    """Where, for which time, and for what, prices are wanted."""

    location_id: LocationId


class PriceShape(msgspec.Struct):
    """A price per kWh, taxes included, and how certain it is.

    Attributes:
        value: money per kWh, taxes included
    """

    value: float
    confidence: float


class PriceInterval(msgspec.Struct):
    """An interval, half-open, with one price."""

    valid_from: Time
    valid_to: Time
    price: PriceShape


class QuoteShape(msgspec.Struct, kw_only=True):
    """What prices were asked for, and when they change.

    Attributes:
        last_updated: when the tariffs or market prices behind it last changed
        next_update: when the market publishes next, or a contract changes; null where neither will
    """

    id: str
    object: str
    live_mode: bool
    account_id: str
    time_created: Time
    location_id: str
    device_id: str | None
    location_timezone: str
    currency_code: str
    tariff_direction: Direction
    last_updated: Time | None
    next_update: Time | None


class PricesShape(QuoteShape, kw_only=True):
    """The prices of a span as intervals that touch and fill it.

    Attributes:
        data: intervals that touch and fill the span
    """

    object: Literal["price"] = "price"
    data: list[PriceInterval]


class MarketPart(msgspec.Struct):
    """The market price in a part, per kWh.

    Attributes:
        source_id: id of the market source
        code: code of the market source, such as EPEX_GB
        value: money per kWh, before surcharge and VAT
    """

    source_id: str
    code: str
    value: float


class PricePart(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What one tariff adds: `value` enters the total, `vat` is the VAT contained in it.

    Attributes:
        value: money per kWh, VAT included
        vat: the VAT contained in `value`, money per kWh
        temporary: whether the tariff stands in until a better one is connected
        surcharge: what the tariff adds to the market's price, money per kWh
        tier: 1 is the lowest tier
    """

    value: float
    vat: float
    confidence: float
    temporary: bool
    tariff_id: str
    market: MarketPart | None = None
    surcharge: float | None = None
    tier: int | None = None


class PriceParts(msgspec.Struct, kw_only=True):
    """A price and its parts, which add up to `total`; an absent part is null.

    Attributes:
        total: money per kWh: the sum of the parts
    """

    commodity_import: PricePart | None = None
    commodity_export: PricePart | None = None
    non_commodity_import: PricePart | None = None
    commodity_local: PricePart | None = None
    total: float


class AuditInterval(msgspec.Struct):
    """An interval, half-open, with one price in its parts."""

    valid_from: Time
    valid_to: Time
    price: PriceParts


class ChargeBeside(msgspec.Struct, kw_only=True):
    """A charge that is not part of the price per kWh, in words.

    Attributes:
        kind: DAILY, MONTHLY, YEARLY: a standing charge; DEMAND: for the peak power; MINIMUM: the
            least of a bill
        name: as the bill calls it
        text: the charge in a sentence
    """

    tariff_id: str
    kind: Literal["DAILY", "MONTHLY", "YEARLY", "DEMAND", "MINIMUM"]
    name: str | None
    text: str


class PriceAuditShape(QuoteShape, kw_only=True):
    """The prices of a span with the parts that each is made of.

    Attributes:
        data: intervals that touch and fill the span
        charges: what is paid besides these prices
    """

    object: Literal["price_audit"] = "price_audit"
    data: list[AuditInterval]
    charges: list[ChargeBeside]


class _Head(msgspec.Struct, kw_only=True):
    """An answer around data that is ready."""

    id: str
    object: str
    live_mode: bool
    account_id: str
    time_created: str
    location_id: str
    device_id: str | None
    location_timezone: str
    currency_code: str
    tariff_direction: Direction
    last_updated: str | None
    next_update: str | None
    data: msgspec.Raw
    charges: list[ChargeBeside] | msgspec.UnsetType = msgspec.UNSET


def price_question(body: SitePricesBody, now: datetime) -> Question:
    """Read what is asked.

    Raises:
        Malformed: `end_time_invalid`, unless it is after the start and at most 90 days later.
    """
    start = body.start_time or now.replace(microsecond=0)
    return Question(
        direction=body.tariff_direction,
        span=requested_span(start, body.end_time, LONGEST),
        device=ids.read(body.device_id, "dev", param="device_id") if body.device_id else None,
    )


def location_of(body: PricesBody) -> UUID:
    """Read whose prices are wanted."""
    return ids.read(body.location_id, "loc", "ste", param="location_id")


def prices_json(
    caller: Caller, quote_id: UUID, made: datetime, quote: Quote, form: datetime
) -> bytes:
    """Write the prices of a quote, with times in the offset of `form`."""
    prices = quote.prices
    at = texts(prices.edges_us, form)
    rows = [
        f'{{"valid_from":"{start}","valid_to":"{end}",'
        f'"price":{{"value":{value!r},"confidence":{confidence!r}}}}}'
        for start, end, value, confidence in zip(
            at, at[1:], prices.per_kwh.tolist(), prices.confidence.tolist(), strict=False
        )
    ]
    data = f"[{','.join(rows)}]".encode()
    return _around(caller, ids.wire("prs", quote_id), made, quote, data)


def audit_json(
    caller: Caller, quote_id: UUID, made: datetime, quote: Quote, form: datetime
) -> bytes:
    """Write the prices of a quote in their parts, with times in the offset of `form`."""
    at = texts(quote.prices.edges_us, form)
    columns = {name: _part_column(part, quote.supply) for name, part in quote.prices.parts.items()}
    total = quote.prices.per_kwh.tolist()
    intervals = [
        AuditInterval(
            at[n],
            at[n + 1],
            PriceParts(**{name: column[n] for name, column in columns.items()}, total=total[n]),
        )
        for n in range(len(total))
    ]
    data = msgspec.json.encode(intervals)
    return _around(caller, ids.wire("tra", quote_id), made, quote, data, _beside(quote))


def _beside(quote: Quote) -> list[ChargeBeside]:
    """Describe the charges of the tariffs that price some of a quote, a device's own apart."""
    return [
        ChargeBeside(
            tariff_id=ids.wire("trf", element.id), kind=one.kind, name=one.name, text=one.text
        )
        for element in pricing(quote.supply.elements, quote.question)
        if not element.tariff.devices
        for one in charge_texts(element.tariff)
    ]


def _part_column(part: Part, supply: Supply) -> list[PricePart | None]:
    sources = [supply.source_of(n) for n in range(len(supply.elements))]
    facts = [
        (ids.wire("trf", e.id), supply.contracts[e.id].is_temporary, e.tariff.rates.tiers.max() > 1)
        for e in supply.elements
    ]
    rows = zip(
        part.element.tolist(),
        part.per_kwh.tolist(),
        part.vat_per_kwh.tolist(),
        part.confidence.tolist(),
        part.tier.tolist(),
        _or_none(part.market_per_kwh),
        _or_none(part.surcharge_per_kwh),
        strict=True,
    )
    column: list[PricePart | None] = []
    for element, value, vat, confidence, tier, market, surcharge in rows:
        if element == ABSENT:
            column.append(None)
            continue
        tariff_id, temporary, tiered = facts[element]
        source = sources[element]
        column.append(
            PricePart(
                value=value,
                vat=vat,
                confidence=confidence,
                temporary=temporary,
                tariff_id=tariff_id,
                market=MarketPart(ids.wire("mrs", source.id), source.code, market)
                if source is not None and market is not None
                else None,
                surcharge=surcharge,
                tier=tier + 1 if tiered and tier >= 0 else None,
            )
        )
    return column


def _or_none(numbers: Numbers) -> list[float | None]:
    return [None if number != number else number for number in numbers.tolist()]


def _around(
    caller: Caller,
    id_: str,
    made: datetime,
    quote: Quote,
    data: bytes,
    charges: list[ChargeBeside] | msgspec.UnsetType = msgspec.UNSET,
) -> bytes:
    """Write an answer around its data; an audit has the charges beside its prices."""
    site, question = quote.supply.site, quote.question
    return msgspec.json.encode(
        _Head(
            id=id_,
            object="price" if charges is msgspec.UNSET else "price_audit",
            live_mode=caller.live_mode,
            account_id=ids.wire("acc", caller.account_id),
            time_created=instants.text(made),
            location_id=ids.wire("loc", site.id),
            device_id=ids.wire("dev", question.device) if question.device else None,
            location_timezone=site.timezone,
            currency_code=site.currency_code,
            tariff_direction=question.direction,
            last_updated=instants.text(quote.last_updated) if quote.last_updated else None,
            next_update=instants.text(quote.next_update) if quote.next_update else None,
            data=msgspec.Raw(data),
            charges=charges,
        )
    )
