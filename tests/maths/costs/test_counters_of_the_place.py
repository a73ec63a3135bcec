"""Counters belong to the place and run on through a change of tariff (contract 2b, Periods)."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.cost_engine import Metered, elements_of, exact, readings_of, total
from tests.support.tariff_bodies import ZONES, body, entry, flat, hours
from wattyard.costs.domain.costs import costs
from wattyard.costs.domain.question import CostQuestion
from wattyard.kernel import civil
from wattyard.kernel.clock_changes import microseconds
from wattyard.kernel.instants import Span
from wattyard.tariffs.domain.billing import Billing, billing_periods
from wattyard.tariffs.domain.calendar import CalendarRegion, date_of
from wattyard.tariffs.domain.expand import expand
from wattyard.tariffs.domain.sources import Markets
from wattyard.tariffs.wire.rules import tariff_from_json

LATER = datetime(2040, 1, 1, tzinfo=UTC)
Body = dict[str, Any]


def cost(bodies: list[Body], region: CalendarRegion, span: Span, series: list[Metered]) -> float:
    answer = costs(
        elements_of(bodies, region),
        region,
        CostQuestion("IMPORT", span, "MONTH"),
        readings_of(series),
        markets=Markets({}, LATER),
    )
    return total(answer)


@st.composite
def rates(draw: st.DrawFn) -> list[Body]:
    field = draw(st.sampled_from(["to_kwh", "to_kwh_per_day", "to_kwh_per_kw"]))
    ends = sorted(draw(st.lists(st.integers(1, 400), max_size=2, unique=True)))
    values = [draw(st.integers(-100, 500)) / 1000 for _ in range(len(ends) + 1)]
    tiers = [{"value": value, field: end / 4} for value, end in zip(values, ends, strict=False)]
    return [*tiers, {"value": values[-1]}]


@st.composite
def tariffs(draw: st.DrawFn) -> Body:
    cuts = sorted(draw(st.lists(st.integers(0, 47), min_size=2, max_size=4, unique=True)))
    clocks = [f"{cut // 2:02}:{cut % 2 * 30:02}" for cut in cuts]
    scope = draw(st.sampled_from(["TARIFF", "PERIOD", "SHARED"]))
    windows = hours(*((a, b, draw(rates())) for a, b in pairwise([*clocks, clocks[0]])))
    if scope == "PERIOD":
        for window in windows:
            window["counter"] = draw(st.sampled_from(["day", "night"]))
    return body(
        [entry(("All", windows))],
        tier_scope=scope,
        tier_reset="MONTH",
        billing_day=draw(st.integers(1, 28)),
        demand_window_minutes=draw(st.sampled_from([15, 30, 60])),
        contract_start_date="2023-06-01",
        contract_end_date="2026-01-01",
    )


@st.composite
def metered(draw: st.DrawFn) -> list[Metered]:
    """Half hours and hours with gaps over some months, clock changes among them."""
    at = datetime(2024, draw(st.sampled_from([2, 3, 10])), draw(st.integers(1, 28)), tzinfo=UTC)
    series = []
    for _ in range(draw(st.integers(1, 25))):
        at += timedelta(minutes=30 * draw(st.sampled_from([0, 0, 1, 7, 48, 400])))
        end = at + timedelta(minutes=30 * draw(st.sampled_from([1, 1, 2, 8, 30])))
        series.append(Metered(at, end, draw(st.integers(0, 400)) / 8))
        at = end
    return series


@settings(deadline=None)
@given(st.sampled_from(ZONES), tariffs(), metered(), st.data())
def test_the_same_prices_again_under_a_new_contract_change_nothing(
    place: tuple[str, str | None, str | None],
    whole: Body,
    series: list[Metered],
    data: st.DataObject,
) -> None:
    region = CalendarRegion(*place)
    first, last = series[0].start, series[-1].end
    if data.draw(st.booleans()):
        whole |= {"tier_reset": data.draw(st.sampled_from(["MONTH", "YEAR", "DAY"]))}
        whole = _without_peaks(whole) if whole["tier_reset"] != "MONTH" else whole
    minutes = int((last - first) / timedelta(minutes=1))
    cuts = data.draw(st.lists(st.integers(0, minutes), min_size=1, max_size=3, unique=True))
    edges = [
        whole["contract_start_date"],
        *((first + timedelta(minutes=cut)).isoformat() for cut in sorted(cuts)),
        whole["contract_end_date"],
    ]
    parts = [
        {**whole, "contract_start_date": a, "contract_end_date": b} for a, b in pairwise(edges)
    ]
    start = first + timedelta(minutes=data.draw(st.integers(0, minutes // 2)))
    span = Span(start, last + timedelta(days=3))

    assert cost(parts, region, span, series) == pytest.approx(
        cost([whole], region, span, series),
        abs=2e-6,  # both are rounded to a millionth
    )


def _without_peaks(whole: Body) -> Body:
    (own,) = whole["schedule"]
    windows = own["days_and_hours"][0]["hours"]
    changed = [
        {
            **window,
            "rate": [
                {name.replace("per_kw", "per_day"): number for name, number in one.items()}
                for one in window["rate"]
            ],
        }
        for window in windows
    ]
    return {**whole, "schedule": [entry(("All", changed))]}


@settings(deadline=None)
@given(
    st.sampled_from(ZONES),
    st.integers(1, 28),
    st.lists(st.integers(1, 300), min_size=1, max_size=4, unique=True),
    metered(),
    st.data(),
)
def test_each_contract_applies_its_limits_to_all_of_the_month(
    place: tuple[str, str | None, str | None],
    day: int,
    limits: list[int],
    series: list[Metered],
    data: st.DataObject,
) -> None:
    """By fractions: two prices, and a limit a day that each contract has of its own."""
    region = CalendarRegion(*place)
    first = civil.date_at(series[0].start, region.zone)
    days = sorted(
        data.draw(st.sets(st.integers(1, 60), min_size=len(limits), max_size=len(limits)))
    )
    starts = ["2023-06-01", *(str(first + timedelta(days=n)) for n in days[1:])]
    bodies = [
        body(
            flat([{"value": 0.1 + n, "to_kwh_per_day": limit / 16}, {"value": 0.5 + n}]),
            billing_day=day,
            contract_start_date=start,
            contract_end_date=end,
        )
        for n, (limit, start, end) in enumerate(
            zip(limits, starts, [*starts[1:], "2026-01-01"], strict=True)
        )
    ]
    span = Span(series[0].start, series[-1].end)

    found = cost(bodies, region, span, series)

    assert found == pytest.approx(float(_by_fractions(bodies, region, day, series)), abs=1e-5)


def _by_fractions(
    bodies: list[Body], region: CalendarRegion, day: int, series: list[Metered]
) -> Fraction:
    """Pour the energy minute by minute's worth of pieces into the tiers of who is responsible."""
    starts = [
        civil.start_of_day(date.fromisoformat(one["contract_start_date"]), region.zone)
        for one in bodies
    ]
    whole = series[0].start, series[-1].end
    months = billing_periods(
        Billing(day), region.zone, (microseconds(whole[0]), microseconds(whole[1]))
    )
    resets = [civil.start_of_day(date_of(n), region.zone) for n in months.first_days]
    counted: defaultdict[int, Fraction] = defaultdict(Fraction)
    bill = Fraction(0)
    for one in series:
        inside = sorted(at for at in {*starts, *resets} if one.start < at < one.end)
        for since, until in pairwise([one.start, *inside, one.end]):
            energy = exact(one.energy_kwh) * Fraction((until - since) / (one.end - one.start))
            month = max(n for n, at in enumerate(resets) if at <= since)
            contract = max(n for n, at in enumerate(starts) if at <= since)
            low, high = bodies[contract]["schedule"][0]["days_and_hours"][0]["hours"][0]["rate"]
            limit = exact(low["to_kwh_per_day"]) * int(months.days[month])
            cheap = min(max(limit - counted[month], Fraction(0)), energy)
            bill += cheap * exact(low["value"]) + (energy - cheap) * exact(high["value"])
            counted[month] += energy
    return bill


@settings(deadline=None)
@given(
    st.sampled_from(ZONES),
    st.integers(-12, 14),
    st.integers(0, 900),
    st.integers(1, 40),
    st.lists(st.integers(0, 95), min_size=2, max_size=4, unique=True),
)
def test_a_clock_of_an_offset_is_that_of_a_place_whose_clock_never_changes(
    place: tuple[str, str | None, str | None], offset: int, since: int, days: int, cuts: list[int]
) -> None:
    """Etc/GMT-10 is ten hours ahead of UTC all the year. 0.0 to 0.3 by window, and Sundays."""
    cuts = sorted(cuts)
    clocks = [f"{cut // 4:02}:{cut % 4 * 15:02}" for cut in cuts]
    windows = hours(*((a, b, n / 10) for n, (a, b) in enumerate(pairwise([*clocks, clocks[0]]))))
    week = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    schedule = [
        {"days_and_hours": [{"days": week, "hours": windows}]},
        entry(("Sun", hours(("00:00", "00:00", 0.9)))),
    ]
    said = f"{'-' if offset < 0 else '+'}{abs(offset):02}:00"
    start = datetime(2024, 1, 1, 5, 10, tzinfo=UTC) + timedelta(days=since)
    span = Span(start, start + timedelta(days=days))
    there = CalendarRegion(f"Etc/GMT{-offset:+d}" if offset else "Etc/GMT")
    found = []
    for region, clock in ((CalendarRegion(place[0]), said), (there, "LOCAL")):
        own = body(schedule, clock=clock, contract_start_date="2023-12-01T00:00:00Z")
        tariff = tariff_from_json(own, region)
        series = expand(
            tariff, region, span, markets=Markets({}, start), tiers=tariff.rates.all_tiers
        )
        found.append((series.edges_us.tolist(), series.per_kwh.tolist()))

    assert found[0] == found[1]
