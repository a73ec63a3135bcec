"""Hypothesis strategies for demand charges in all their forms (contract 2b)."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from .region_reference import Region
from .shape_strategies import (
    CLOCKS,
    LORD_HOWE,
    ShapeCase,
    billing,
    clock_text,
    day_spans,
    rates,
    regions,
    schedules,
    sparse_readings,
    tariff,
    vat,
)
from .span_strategies import Json

FREE = [{"days_and_hours": [{"days": ["All"], "hours": [
    {"valid_from": "00:00:00", "valid_to": "00:00:00", "rate": [{"value": 0.0}]}]}]}]  # fmt: skip


@st.composite
def filters(draw: st.DrawFn) -> list[Json]:
    """Months, days and hours, each of them or none."""
    entry: Json = {"months": draw(st.sampled_from((["All"], ["Feb", "Mar", "Oct"], ["Nov"])))}
    dates: list[Any] = draw(st.sampled_from(([], [], [29, 30, "03-30"], ["Holidays", 5, 6, 7])))
    group: Json = {"days": draw(st.sampled_from((["All"], ["Weekdays"], ["Sat", "Sun", "Mon"])))}
    if draw(st.booleans()):
        since, until = draw(st.lists(st.integers(0, 95), min_size=2, max_size=2, unique=True))
        group["hours"] = [{"valid_from": clock_text(since), "valid_to": clock_text(until)}]
    else:
        group["hours"] = [{"valid_from": "00:00:00", "valid_to": "00:00:00"}]
    return [entry | {"dates": dates, "days_and_hours": [group]}]


@st.composite
def weights(draw: st.DrawFn) -> list[Json]:
    """One weight, or two that never meet."""
    factor = st.sampled_from((0.5, 0, 1.25, 0.333))
    if draw(st.booleans()):
        return [{"schedule": draw(filters()), "factor": draw(factor)}]
    cut, other = draw(st.lists(st.integers(0, 95), min_size=2, max_size=2, unique=True))
    edges = (clock_text(cut), clock_text(other))
    return [
        {"factor": draw(factor), "schedule": [{"months": ["All"], "days_and_hours": [
            {"days": [days], "hours": [{"valid_from": since, "valid_to": until}]}]}]}
        for days, since, until in (
            draw(st.sampled_from((
                (("All", *edges), ("All", *reversed(edges))),
                (("Weekdays", *edges), ("Weekends", *edges)),
            )))
        )
    ]  # fmt: skip


@st.composite
def prices_of_power(draw: st.DrawFn) -> Json:
    """`amount_per_kw`, `steps` or `tiers`."""
    amount = st.integers(1, 5_000).map(lambda n: n / 100)
    kind = draw(st.sampled_from(("amount_per_kw", "steps", "tiers")))
    if kind == "amount_per_kw":
        return {"amount_per_kw": draw(amount)}
    name = "amount" if kind == "steps" else "amount_per_kw"
    ends = sorted(draw(st.lists(st.sampled_from((0.5, 2, 5, 10, 25)), max_size=3, unique=True)))
    return {kind: [*({"to_kw": e, name: draw(amount)} for e in ends), {name: draw(amount)}]}


@st.composite
def demand_charges(draw: st.DrawFn, region: Region) -> Json:
    """A charge of kind DEMAND, each member there or not."""
    windows = (15, 30) if region == LORD_HOWE else (15, 30, 60)
    charge: Json = {
        "kind": "DEMAND",
        "name": "power",
        "window_minutes": draw(st.sampled_from(windows)),
    }
    charge |= draw(prices_of_power())
    charge |= draw(st.sampled_from(({}, {"per": "MONTH"}, {"per": "DAY"})))
    if draw(st.booleans()):
        charge["schedule"] = draw(filters())
    if draw(st.booleans()):
        charge["weights"] = draw(weights())
    if draw(st.booleans()):
        charge |= {"peak": "MEAN_OF_DAYS", "days": draw(st.integers(1, 5))}
    if draw(st.booleans()):
        charge["minimum_kw"] = draw(st.sampled_from((0.5, 2.5, 12)))
    if draw(st.booleans()):
        charge["periods"] = draw(st.integers(1, 12))
    if draw(st.booleans()):
        charge["ratchet_percent"] = draw(st.sampled_from((10, 62.5, 100)))
        charge["ratchet_periods"] = draw(st.integers(1, 11))
    if draw(st.integers(0, 3)) == 0:
        charge["cap_per_kwh"] = draw(st.integers(1, 300)) / 100
    return charge


@st.composite
def demand_cases(draw: st.DrawFn) -> ShapeCase:
    """A site with one or two demand charges, of the supplier or of the network; sometimes the
    tariff is followed by another inside the request."""
    region = draw(regions())
    span = draw(day_spans(region))
    charged = st.lists(demand_charges(region), min_size=1, max_size=2)
    common = draw(billing(span)) | draw(vat())
    own = common | {"charges": draw(charged), "clock": draw(st.sampled_from(CLOCKS))}
    bodies = [tariff(draw(schedules(rates())), **common)]
    if draw(st.booleans()):
        bodies.append(tariff(FREE, **own, type="NON_COMMODITY"))
    else:
        bodies[0] |= own
    if draw(st.booleans()):
        middle = region.wall(span.start + (span.end - span.start) / 2).date().isoformat()
        after = bodies[-1] | {"contract_start_date": middle, "charges": draw(charged)}
        bodies[-1]["contract_end_date"] = middle
        bodies.append(after)
    return ShapeCase(
        region=region,
        span=span,
        tariff_bodies=bodies,
        readings=draw(sparse_readings(span, days_before=draw(st.sampled_from((0, 70, 400))))),
        aggregation=draw(st.sampled_from(("MONTH", "MONTH", "YEAR", "DAY"))),
    )
