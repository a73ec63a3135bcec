"""Prices for programs that read other forms: the present one, evcc's list, CSV (contract 9)."""

from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from wattyard.kernel import ids, instants
from wattyard.kernel.clock_changes import SECOND_US, texts
from wattyard.platform.decoding.texts import Time
from wattyard.tariffs.domain.present import HeldPrice, PresentPrice
from wattyard.tariffs.domain.prices import Quote

CSV_HEAD: Final = "start_time,end_time,value,confidence,currency_code"
_UTC: Final = datetime(2026, 1, 1, tzinfo=UTC)


class NextPriceShape(msgspec.Struct):
    """A price per kWh, taxes included, and the time for which it holds.

    Attributes:
        value: per kWh, taxes included
        confidence: 0 to 1; below 1 it is a forecast
        end_time: exclusive
    """

    value: float
    confidence: float
    start_time: Time
    end_time: Time


class PriceNowShape(msgspec.Struct, kw_only=True):
    """The price of a kWh now, and the next one.

    Attributes:
        value: per kWh, taxes included
        confidence: 0 to 1; below 1 it is a forecast
        start_time: since when it holds, at most 24 hours ago
        end_time: until when it holds, at most 48 hours ahead; exclusive
        next: the price after it; null where none is known, or it stays the same for 48 hours
    """

    object: Literal["price_now"] = "price_now"
    location_id: str
    currency_code: str
    value: float
    confidence: float
    start_time: Time
    end_time: Time
    next: NextPriceShape | None


def price_now_shape(found: PresentPrice) -> PriceNowShape:
    """Shape the present price, with times in UTC."""
    now, after = found.present, found.next
    return PriceNowShape(
        location_id=ids.wire("loc", found.site.id),
        currency_code=found.site.currency_code,
        value=now.per_kwh,
        confidence=now.confidence,
        start_time=instants.text(now.start),
        end_time=instants.text(now.end),
        next=None if after is None else _next(after),
    )


def evcc_json(quote: Quote) -> bytes:
    """Write prices as evcc reads them: UTC with `Z` and whole seconds."""
    at = texts(quote.prices.edges_us // SECOND_US * SECOND_US, _UTC)
    rows = (
        f'{{"start":"{start}","end":"{end}","value":{value!r}}}'
        for start, end, value in zip(at, at[1:], quote.prices.per_kwh.tolist(), strict=False)
    )
    return f"[{','.join(rows)}]".encode()


def prices_csv(quote: Quote, form: datetime) -> bytes:
    """Write prices as CSV (RFC 4180), with times in the offset of `form`."""
    prices, currency = quote.prices, quote.supply.site.currency_code
    at = texts(prices.edges_us, form)
    rows = (
        f"{start},{end},{value!r},{confidence!r},{currency}"
        for start, end, value, confidence in zip(
            at, at[1:], prices.per_kwh.tolist(), prices.confidence.tolist(), strict=False
        )
    )
    return "\r\n".join((CSV_HEAD, *rows, "")).encode()


def _next(after: HeldPrice) -> NextPriceShape:
    return NextPriceShape(
        after.per_kwh, after.confidence, instants.text(after.start), instants.text(after.end)
    )
