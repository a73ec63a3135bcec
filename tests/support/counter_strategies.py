"""Hypothesis strategies for counters, limits, minimum charges and netting (contract 2b)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from .power_strategies import FREE, demand_charges
from .region_reference import Region
from .shape_strategies import (
    CLOCKS,
    ShapeCase,
    billing,
    day_spans,
    rates,
    regions,
    schedules,
    sparse_readings,
    tariff,
    vat,
)
from .span_strategies import Json, Span

CONTRACT = {"contract_start_date": "2015-01-01", "contract_end_date": "2035-01-01"}


@st.composite
def counted_tariffs(draw: st.DrawFn, *, direction: str = "IMPORT") -> Json:
    """A tariff in tiers of any kind, counted in any way."""
    scope = draw(st.sampled_from(("TARIFF", "PERIOD", "PERIOD", "SHARED")))
    reset = draw(st.sampled_from(("DAY", "MONTH", "MONTH", "YEAR", "CONTRACT")))
    limits = ["to_kwh", "to_kwh_per_day"]
    if reset == "MONTH":
        limits.append("to_kwh_per_kw")
    rate = rates(limits=tuple(limits))
    schedule = draw(schedules(rate, words=scope == "PERIOD"))
    body = tariff(schedule, tier_scope=scope, tier_reset=reset, direction=direction) | CONTRACT
    if draw(st.booleans()):
        body["demand_window_minutes"] = draw(st.sampled_from((15, 30)))
    else:
        body["demand_window_minutes"] = 30
    return body | {"clock": draw(st.sampled_from(CLOCKS))}


@st.composite
def followed(draw: st.DrawFn, bodies: list[Json], region: Region, span: Span) -> list[Json]:
    """Terms that follow each other inside the request, on local days."""
    days = (span.end - span.start).days
    first = region.wall(span.start).date()
    cuts = sorted(
        draw(
            st.lists(
                st.integers(0, max(days, 1)),
                min_size=len(bodies) - 1,
                max_size=len(bodies) - 1,
                unique=True,
            )
        )
    )
    edges = ["2015-01-01", *((first + timedelta(days=n)).isoformat() for n in cuts), "2035-01-01"]
    return [
        body | {"contract_start_date": since, "contract_end_date": until}
        for body, since, until in zip(bodies, edges, edges[1:], strict=False)
    ]


@st.composite
def counter_cases(draw: st.DrawFn) -> ShapeCase:
    """One to three contracts in tiers, one after the other; imports or exports, of one register
    or of two that add up."""
    region = draw(regions())
    span = draw(day_spans(region))
    direction = draw(st.sampled_from(("IMPORT", "IMPORT", "EXPORT")))
    period, tax = draw(billing(span)), draw(vat())
    own = [
        draw(counted_tariffs(direction=direction)) | period | tax
        for _ in range(draw(st.integers(1, 3)))
    ]
    flow = "OUTBOUND" if direction == "EXPORT" else "INBOUND"
    registers = draw(st.sampled_from(((None,), (None,), ("1-0:1.8.1", "1-0:1.8.2"))))
    readings = [
        one if name is None else one | {"register": name}
        for name in registers
        for one in draw(sparse_readings(span, flow=flow))
    ]
    last = max(datetime.fromisoformat(one["end_time"]) for one in readings)
    return ShapeCase(
        region=region,
        span=span,
        tariff_bodies=draw(followed(own, region, span)),
        readings=readings,
        now=draw(st.sampled_from((last, last, datetime(2030, 1, 1, tzinfo=UTC)))),
        direction=direction,
        aggregation=draw(
            st.sampled_from(("DAY", "MONTH", "NONE") if registers == (None,) else ("DAY", "MONTH"))
        ),
    )


@st.composite
def minimum_cases(draw: st.DrawFn) -> ShapeCase:
    """A tariff whose bill is raised to a minimum, with standing and demand charges or without."""
    region = draw(regions())
    span = draw(day_spans(region))
    body = tariff(draw(schedules(rates(limits=("to_kwh",)))), **draw(billing(span)), **draw(vat()))
    amount = draw(st.sampled_from((0.25, 1, 10, 60)))
    body["minimum_charge"] = {"amount": amount, "per": draw(st.sampled_from(("DAY", "MONTH")))}
    charges: list[Json] = []
    if draw(st.booleans()):
        kind = draw(st.sampled_from(("DAILY", "MONTHLY", "YEARLY")))
        charges.append({"kind": kind, "amount": draw(st.sampled_from((0.3, 5)))})
    if draw(st.booleans()):
        charges.append(draw(demand_charges(region)))
    return ShapeCase(
        region=region,
        span=span,
        tariff_bodies=[body | {"charges": charges}],
        readings=draw(sparse_readings(span, highest_wh=10_000)),
        aggregation=draw(st.sampled_from(("DAY", "MONTH"))),
    )


@st.composite
def netting_rules(draw: st.DrawFn) -> Json:
    periods = ("QUARTER_HOUR", "HALF_HOUR", "HOUR", "DAY", "MONTH")
    rule: Json = {"period": draw(st.sampled_from(periods))}
    rule["surplus"] = draw(st.sampled_from(("PAY", "CARRY")))
    if rule["surplus"] == "CARRY":
        rule["carry_ends"] = draw(st.sampled_from((None, 1, 2, 3, 5, 10, 12)))
    return rule


@st.composite
def netting_cases(draw: st.DrawFn) -> ShapeCase:
    """A site that imports and exports, whose terms, tiers and charges meet netting."""
    region = draw(regions())
    span = draw(day_spans(region))
    netting = draw(netting_rules())
    period = draw(billing(span)) if netting["surplus"] == "PAY" else {}
    bodies = [draw(counted_tariffs()) | period for _ in range(draw(st.integers(1, 2)))]
    bodies = draw(followed(bodies, region, span))
    network = draw(st.sampled_from(("none", "levy", "power")))
    if network == "levy":
        bodies.append(tariff(draw(schedules(rates())), type="NON_COMMODITY", **period))
    if network == "power" and netting["surplus"] == "PAY":
        charges = [draw(demand_charges(region))]
        bodies.append(tariff(FREE, type="NON_COMMODITY", charges=charges, **period))
    if draw(st.integers(0, 3)):
        credit = draw(schedules(rates(limits=("to_kwh",) if netting["surplus"] == "PAY" else ())))
        bodies.append(tariff(credit, direction="EXPORT", **draw(vat()), **period))
    has_export = bodies[-1]["direction"] == "EXPORT"
    before = draw(st.sampled_from((0, 30, 200)))
    readings = [
        one
        for flow in ("INBOUND", "OUTBOUND")
        for one in draw(sparse_readings(span, flow=flow, days_before=before))
    ]
    return ShapeCase(
        region=region,
        span=span,
        tariff_bodies=bodies,
        readings=readings,
        direction=draw(st.sampled_from(("IMPORT", "EXPORT"))) if has_export else "IMPORT",
        aggregation=draw(st.sampled_from(("DAY", "MONTH"))),
        netting=netting,
    )
