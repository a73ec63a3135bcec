"""Costs as JSON (contract 3, Costs)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec

from wattyard.costs.domain.answer import CostItem, CostLine, LineKind, LineUnit
from wattyard.costs.domain.demand import DemandShare
from wattyard.costs.domain.question import Aggregation, CostQuestion
from wattyard.costs.domain.reports import Report, ValueTooLarge
from wattyard.kernel import ids, instants
from wattyard.kernel.arrays import np
from wattyard.kernel.callers import Caller
from wattyard.kernel.clock_changes import microseconds, texts
from wattyard.kernel.instants import requested_span
from wattyard.kernel.local_periods import THIRTEEN_MONTHS
from wattyard.kernel.quantities import COST_DECIMALS, all_rounded, rounded
from wattyard.kernel.refusals import Malformed
from wattyard.meters.domain.readings import (
    LARGEST_KWH,
    LONGEST_ELAPSED,
    FlowDirection,
    Readings,
    Stream,
    TariffDirection,
    direction_of,
    energy_of,
)
from wattyard.platform.decoding import Shape
from wattyard.platform.decoding.texts import DeviceId, Instant, LocationId, Reference, Time
from wattyard.tariffs.domain.tariff import Direction

_DECIMALS: Final = 6
_WRITTEN_AT_ONCE: Final = 10_000
"""Items; as objects they take five times the memory of their JSON."""

Flag = Literal["true", "false"]


class IntervalBody(Shape):
    """For which time costs are wanted, at most 13 months."""

    start_time: Instant
    end_time: Instant


class InstantBody(Shape):
    """Energy of a period, half-open; a power stands for constant power over it.

    Attributes:
        energy_flow_direction: INBOUND: into the site; OUTBOUND: out of it
        energy_kwh: negative only with non_persistent=true
        units: unit of `value`; W and KW are the mean power of the period
        value: energy or mean power of the period; instead of `energy_kwh`
        confidence: 0.1 to 1; 1 is a measured value
    """

    location_id: LocationId
    energy_flow_direction: FlowDirection
    start_time: Instant
    end_time: Instant
    energy_kwh: float | None = None
    units: Literal["W", "KW", "WH", "KWH"] | None = None
    value: float | None = None
    device_id: DeviceId | None = None
    session_reference_id: Reference | None = None
    record_reference_id: Reference | None = None
    tariff_direction: TariffDirection | None = None
    confidence: Annotated[float, msgspec.Meta(ge=0.1, le=1)] = 1.0


class Amount(msgspec.Struct):
    """Energy in kWh.

    Attributes:
        value: kWh
    """

    value: float


class Cost(msgspec.Struct):
    """Money in the answer's currency, and how certain it is.

    Attributes:
        value: money, taxes included
    """

    value: float
    confidence: float


class HighWindowShape(msgspec.Struct):
    """A window that makes a peak, and its mean power, weighted.

    Attributes:
        kw: mean power of the window, kW, times its weight
    """

    start_time: Time
    kw: float


class DemandPeriodShape(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What a billing period adds to a DEMAND line: `amount` is its share of `days`.

    Attributes:
        peak_kw: measured: the mean of `highest`
        billed_kw: after minimum, ratchet and the mean over periods
        highest: the windows that the peak is made of
        step: 1 is the lowest step
        days: local days inside the item and the contract
        days_of_period: local days of the whole billing period
        amount: money that the period adds
    """

    start_time: Time
    end_time: Time
    peak_kw: float
    billed_kw: float
    highest: list[HighWindowShape]
    step: int | None = None
    days: float
    days_of_period: float
    amount: float


class LineShape(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A part of a cost; the amounts of an item's lines add up to its cost exactly.

    Attributes:
        kind: ENERGY: priced per kWh; STANDING: per day, month or year; DEMAND: for the peak;
            MINIMUM: what the bill was raised by; VAT
        name: of the charge, as the bill calls it
        tier: 1 is the lowest tier
        quantity: how much, in `unit`
        unit: what `quantity` counts; NET: the money that VAT is added to
        unit_price: money per unit; null where it varies
        amount: money
        gross_import_kwh: with netting, once for each tariff: what was imported in the time of the
            line, before import and export cancelled out
        gross_export_kwh: the same of what was exported
        periods: DEMAND: its billing periods, and when their peaks were
    """

    kind: LineKind
    name: str | None
    tariff_id: str
    tier: int | None = None
    quantity: float
    unit: LineUnit
    unit_price: float | None
    amount: float
    gross_import_kwh: float | None = None
    gross_export_kwh: float | None = None
    periods: list[DemandPeriodShape] | None = None


class ItemShape(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The energy and the cost of a time.

    Attributes:
        lines: what the cost is made of; with `include_lines=true`
    """

    start_time: Time
    end_time: Time
    energy: Amount
    cost: Cost
    session_reference_id: str | None = None
    record_reference_id: str | None = None
    lines: list[LineShape] | msgspec.UnsetType = msgspec.UNSET


class TotalShape(msgspec.Struct, kw_only=True):
    """The energy and the cost of all.

    Attributes:
        lines: what the cost is made of; with `include_lines=true`
    """

    energy: Amount
    cost: Cost
    lines: list[LineShape] | msgspec.UnsetType = msgspec.UNSET


class EnergyCostShape(msgspec.Struct, kw_only=True):
    """What metered energy cost, taxes included.

    Attributes:
        data: the times of the answer, in order
        object_id: the location or device
    """

    id: str
    object: Literal["energy_cost"] = "energy_cost"
    live_mode: bool
    account_id: str
    time_created: Time
    object_id: str
    tariff_direction: Direction
    location_timezone: str
    currency_code: str
    energy_units: Literal["KWH"] = "KWH"
    data: list[ItemShape]
    total: TotalShape


def interval_question(
    body: IntervalBody, aggregation: Aggregation, direction: Direction
) -> CostQuestion:
    """Read what is asked.

    Raises:
        Malformed: `end_time_invalid`, unless it is after the start and at most 13 months later.
    """
    return CostQuestion(
        direction, requested_span(body.start_time, body.end_time, THIRTEEN_MONTHS), aggregation
    )


def sent_reading(body: InstantBody, *, kept: bool) -> Readings:
    """Read the one reading of an instant cost.

    Raises:
        Malformed: for energy that is missing, too large, or negative (unless it is `energy_kwh`
            and not to be kept); for a period that is reversed or longer than 31 days.
    """
    requested_span(body.start_time, body.end_time, LONGEST_ELAPSED)
    energy_kwh = _energy_sent(body, kept=kept)
    stream = Stream(
        ids.read(body.location_id, "loc", "ste", param="location_id"),
        UUID(hex=body.device_id[4:]) if body.device_id else None,
        body.energy_flow_direction,
        body.tariff_direction or direction_of(body.energy_flow_direction),
    )
    return Readings(
        (stream,),
        np.ones(1, np.int64),
        np.zeros(1, np.int64),
        np.array([microseconds(body.start_time)]),
        np.array([microseconds(body.end_time)]),
        np.array([energy_kwh]),
        np.array([body.confidence]),
        [body.session_reference_id],
        [body.record_reference_id],
    )


def _energy_sent(body: InstantBody, *, kept: bool) -> float:
    energy_kwh = energy_of(body)
    param = "value" if body.energy_kwh is None else "energy_kwh"
    if abs(energy_kwh) > LARGEST_KWH:
        raise ValueTooLarge(
            f"the energy must be at most {LARGEST_KWH:,.0f} kWh; got {energy_kwh:.10g}",
            param=param,
        )
    if energy_kwh < 0 and (kept or param == "value"):
        raise Malformed(
            "only energy_kwh with non_persistent=true may be negative; energy_flow_direction "
            f"says which way energy flows; got {energy_kwh:g}",
            param=param,
            code=f"{param}_invalid",
        )
    return energy_kwh


def energy_cost_json(
    caller: Caller,
    cost_id: UUID,
    made: datetime,
    report: Report,
    *,
    form: datetime | None = None,
    with_lines: bool,
) -> bytes:
    """Write a report, with times in the offset of `form`, else in UTC."""
    site = report.site
    own = ids.wire("dev", report.device_id) if report.device_id else ids.wire("loc", site.id)
    (total,) = report.total
    shape = EnergyCostShape(
        id=ids.wire("ecs", cost_id),
        live_mode=caller.live_mode,
        account_id=ids.wire("acc", caller.account_id),
        time_created=instants.text(made),
        object_id=own,
        tariff_direction=report.direction,
        location_timezone=site.timezone,
        currency_code=site.currency_code,
        data=_written_items(report, form or made, with_lines=with_lines),  # type: ignore[arg-type]  # they are written already
        total=TotalShape(
            energy=_energy_of(total),
            cost=_cost_of(total),
            lines=_lines(total, form or made) if with_lines else msgspec.UNSET,
        ),
    )
    return msgspec.json.encode(shape)


def _written_items(report: Report, form: datetime, *, with_lines: bool) -> msgspec.Raw:
    """Write the list of items, some at a time: an answer can have a million of them."""
    written = []
    for first in range(0, len(report.data), _WRITTEN_AT_ONCE):
        where = slice(first, first + _WRITTEN_AT_ONCE)
        items = _items(report, where, form, with_lines=with_lines)
        written.append(msgspec.json.encode(items)[1:-1])
    return msgspec.Raw(b"[%b]" % b",".join(written))


def _items(report: Report, where: slice, form: datetime, *, with_lines: bool) -> list[ItemShape]:
    data = report.data.only(where)
    edges = np.stack([data.starts_us, data.ends_us], axis=1).ravel()
    references: Sequence[tuple[str | None, str | None]] = ((None, None),) * len(data)
    if report.references is not None:
        references = report.references[where]
    at = texts(edges, form)
    columns = zip(
        at[::2],
        at[1::2],
        all_rounded(data.energy_kwh, _DECIMALS).tolist(),
        all_rounded(data.cost, COST_DECIMALS).tolist(),
        data.confidence.tolist(),
        references,
        strict=True,
    )
    items = [
        ItemShape(
            start_time=start,
            end_time=end,
            energy=Amount(energy_kwh),
            cost=Cost(cost, confidence),
            session_reference_id=session,
            record_reference_id=reference,
        )
        for start, end, energy_kwh, cost, confidence, (session, reference) in columns
    ]
    if with_lines:
        for shape, item in zip(items, data, strict=True):
            shape.lines = _lines(item, form)
    return items


def _energy_of(item: CostItem) -> Amount:
    return Amount(rounded(item.energy_kwh, _DECIMALS))


def _cost_of(item: CostItem) -> Cost:
    return Cost(rounded(item.cost, COST_DECIMALS), item.confidence)


def _lines(item: CostItem, form: datetime) -> list[LineShape]:
    return [_line(line, form) for line in item.lines]


def _line(line: CostLine, form: datetime) -> LineShape:
    return LineShape(
        kind=line.kind,
        name=line.name,
        tariff_id=ids.wire("trf", line.tariff_id),
        tier=None if line.tier is None else line.tier + 1,
        quantity=rounded(line.quantity, _DECIMALS),
        unit=line.unit,
        unit_price=None if line.unit_price is None else rounded(line.unit_price, _DECIMALS),
        amount=line.amount,
        gross_import_kwh=_kwh(line.gross_import_kwh),
        gross_export_kwh=_kwh(line.gross_export_kwh),
        periods=[_period(share, form) for share in line.demand] or None,
    )


def _period(share: DemandShare, form: datetime) -> DemandPeriodShape:
    edges = [share.start_us, share.end_us, *(one.start_us for one in share.high)]
    start, end, *high = texts(np.array(edges, dtype=np.int64), form)
    return DemandPeriodShape(
        start_time=start,
        end_time=end,
        peak_kw=rounded(share.peak_kw, _DECIMALS),
        billed_kw=rounded(share.billed_kw, _DECIMALS),
        highest=[
            HighWindowShape(at, rounded(one.kw, _DECIMALS))
            for at, one in zip(high, share.high, strict=True)
        ],
        step=None if share.step is None else share.step + 1,
        days=rounded(share.days, _DECIMALS),
        days_of_period=rounded(share.days_of_period, _DECIMALS),
        amount=rounded(share.amount, COST_DECIMALS),
    )


def _kwh(energy: float | None) -> float | None:
    return None if energy is None else rounded(energy, _DECIMALS)
