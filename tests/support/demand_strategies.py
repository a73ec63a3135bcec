"""Hypothesis strategies for demand charges in all their forms (contract 2b)."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from .tariff_strategies import days_groups

Json = dict[str, Any]


def money(low: int, high: int) -> st.SearchStrategy[float]:
    return st.integers(low, high).map(lambda cents: cents / 100)


@st.composite
def demand_charges(draw: st.DrawFn, windows: tuple[int, ...] = (15, 30, 60)) -> Json:
    """A demand charge: one of three prices, and any of the rest."""
    charge: Json = {
        "kind": "DEMAND",
        "window_minutes": draw(st.sampled_from(windows)),
        **draw(st.one_of(per_kw(), stepped(), tiered())),
    }
    optional = {
        "per": st.sampled_from(("MONTH", "DAY")),
        "schedule": st.lists(demand_filters(), min_size=1, max_size=1),
        "weights": weights(),
        "minimum_kw": st.integers(0, 500).map(lambda hundredths: hundredths / 100),
        "periods": st.integers(1, 4),
        "cap_per_kwh": money(1, 300),
    }
    for name, values in optional.items():
        if draw(st.integers(0, 2)) == 0:
            charge[name] = draw(values)
    if draw(st.booleans()):
        charge |= {"peak": "MEAN_OF_DAYS", "days": draw(st.integers(1, 4))}
    if draw(st.integers(0, 2)) == 0:
        percent = draw(st.sampled_from((50, 75, 80, 100, 12.5)))
        charge |= {"ratchet_percent": percent, "ratchet_periods": draw(st.integers(1, 4))}
    return charge


def per_kw() -> st.SearchStrategy[Json]:
    return money(1, 2_000).map(lambda amount: {"amount_per_kw": amount})


@st.composite
def stepped(draw: st.DrawFn) -> Json:
    """Up to four steps, some of them edges that peaks of whole kW meet exactly."""
    edges = draw(st.lists(st.integers(1, 24), max_size=3, unique=True).map(sorted))
    steps: list[Json] = [{"to_kw": edge / 2, "amount": draw(money(1, 50_000))} for edge in edges]
    return {"steps": [*steps, {"amount": draw(money(1, 50_000))}]}


@st.composite
def tiered(draw: st.DrawFn) -> Json:
    edges = draw(st.lists(st.integers(1, 24), max_size=3, unique=True).map(sorted))
    tiers: list[Json] = [
        {"to_kw": edge / 2, "amount_per_kw": draw(money(0, 2_000))} for edge in edges
    ]
    return {"tiers": [*tiers, {"amount_per_kw": draw(money(0, 2_000))}]}


@st.composite
def weights(draw: st.DrawFn) -> list[Json]:
    """One or two weights on hours that do not meet."""
    edges = draw(st.lists(st.integers(0, 23), min_size=4, max_size=4, unique=True).map(sorted))
    factors = draw(st.lists(st.sampled_from((0, 0.25, 0.5, 2)), min_size=1, max_size=2))
    days = draw(days_groups())[0]
    return [
        {"schedule": [filter_of(days, edges[2 * n], edges[2 * n + 1])], "factor": factor}
        for n, factor in enumerate(factors)
    ]


@st.composite
def demand_filters(draw: st.DrawFn) -> Json:
    """One entry on whole hours: every month, some days, one (perhaps wrapping) span of hours."""
    since, until = draw(st.lists(st.integers(0, 23), min_size=2, max_size=2, unique=True))
    return filter_of(draw(days_groups())[0], since, until)


def filter_of(days: list[str], since: int, until: int) -> Json:
    hours = [{"valid_from": f"{since:02}:00:00", "valid_to": f"{until:02}:00:00"}]
    return {"months": ["All"], "dates": [], "days_and_hours": [{"days": days, "hours": hours}]}
