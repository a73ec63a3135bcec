"""Plans by duration and by limit agree with trying every choice, minute by minute."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from wattyard.schedules.domain.by_price.duration import DurationQuestion, by_duration
from wattyard.schedules.domain.by_price.limit import LimitQuestion, by_limit
from wattyard.schedules.domain.prices import MINUTE_US, PricedSlots, PriceSeries, Segment
from wattyard.schedules.domain.refusals import (
    DurationInvalid,
    LimitMissing,
    MinSlotMinutesInvalid,
    RelativeInvalid,
)

START_US = 1_772_323_200_000_000


def series(minutes: list[int], per_kwh: list[float], confidence: float = 1.0) -> PriceSeries:
    edges = START_US + np.cumsum([0, *minutes]) * MINUTE_US
    return PriceSeries(edges, np.array(per_kwh), np.full(len(per_kwh), confidence))


def by_minute(prices: PriceSeries) -> np.ndarray:
    return np.repeat(prices.per_kwh, prices.lengths_us // MINUTE_US)


def chosen_minutes(slots: PricedSlots, window: int) -> list[int]:
    taken: list[int] = []
    for start, end in zip(slots.starts_us, slots.ends_us, strict=True):
        taken += range((start - START_US) // MINUTE_US, (end - START_US) // MINUTE_US)
    assert all(0 <= minute < window for minute in taken)
    assert taken == sorted(set(taken))
    return taken


def runs(minutes: list[int]) -> list[int]:
    lengths: list[int] = []
    for position, minute in enumerate(minutes):
        if position and minute == minutes[position - 1] + 1:
            lengths[-1] += 1
        else:
            lengths.append(1)
    return lengths


small = st.lists(
    st.tuples(st.integers(1, 4), st.sampled_from([-0.1, 0.0, 0.1, 0.1, 0.2, 0.3])),
    min_size=1,
    max_size=4,
).map(lambda rows: series([row[0] for row in rows], [row[1] for row in rows]))
segments = st.sampled_from(["LOW", "HIGH"])


@settings(deadline=None)
@given(small, segments, st.data())
def test_no_other_choice_of_minutes_is_better_and_ties_go_to_the_earliest(
    prices: PriceSeries, segment: Segment, draw: st.DataObject
) -> None:
    cost = by_minute(prices) if segment == "LOW" else -by_minute(prices)
    wanted = draw.draw(st.integers(1, cost.size))

    taken = chosen_minutes(by_duration(DurationQuestion(prices, segment, wanted)), cost.size)

    assert len(taken) == wanted
    best = min(
        combinations(range(cost.size), wanted), key=lambda c: (round(cost[[*c]].sum(), 9), c)
    )
    assert taken == list(best)


@settings(deadline=None)
@given(small, segments, st.data())
def test_the_best_block_is_found_even_when_it_starts_inside_an_interval(
    prices: PriceSeries, segment: Segment, draw: st.DataObject
) -> None:
    cost = by_minute(prices) if segment == "LOW" else -by_minute(prices)
    wanted = draw.draw(st.integers(1, cost.size))
    question = DurationQuestion(prices, segment, wanted, contiguous=True)

    taken = chosen_minutes(by_duration(question), cost.size)

    starts = range(cost.size - wanted + 1)
    best = min(starts, key=lambda start: (round(cost[start : start + wanted].sum(), 9), start))
    assert taken == list(range(best, best + wanted))


@settings(deadline=None)
@given(small, segments, st.data())
def test_slots_of_a_least_length_cost_as_little_as_any_choice_of_such_slots(
    prices: PriceSeries, segment: Segment, draw: st.DataObject
) -> None:
    cost = by_minute(prices) if segment == "LOW" else -by_minute(prices)
    wanted = draw.draw(st.integers(1, cost.size))
    shortest = draw.draw(st.integers(1, wanted))
    question = DurationQuestion(prices, segment, wanted, min_slot_minutes=shortest)

    taken = chosen_minutes(by_duration(question), cost.size)

    assert len(taken) == wanted
    assert min(runs(taken)) >= shortest
    choices = combinations(range(cost.size), wanted)
    allowed = [cost[[*c]].sum() for c in choices if min(runs([*c])) >= shortest]
    assert cost[taken].sum() == pytest.approx(min(allowed), abs=1e-12)


def test_the_interval_used_in_part_gives_its_earliest_part() -> None:
    prices = series([60, 60, 60], [0.3, 0.1, 0.2])

    slots = by_duration(DurationQuestion(prices, "LOW", 75))

    assert ((slots.starts_us - START_US) // MINUTE_US).tolist() == [60, 120]
    assert ((slots.ends_us - START_US) // MINUTE_US).tolist() == [120, 135]
    assert slots.per_kwh.tolist() == [0.1, 0.2]


def test_equal_neighbours_become_one_slot_with_the_lower_confidence() -> None:
    edges = START_US + np.array([0, 15, 30, 45]) * MINUTE_US
    prices = PriceSeries(edges, np.array([0.2, 0.2, 0.4]), np.array([1.0, 0.5, 1.0]))

    slots = by_duration(DurationQuestion(prices, "LOW", 30))

    assert slots.starts_us.tolist() == [edges[0]]
    assert slots.ends_us.tolist() == [edges[2]]
    assert slots.confidence.tolist() == [0.5]


def test_a_window_of_one_minute_is_its_own_plan() -> None:
    prices = series([1], [0.2])
    for contiguous in (False, True):
        slots = by_duration(DurationQuestion(prices, "HIGH", 1, contiguous=contiguous))
        assert slots.duration_us == MINUTE_US


def test_three_days_of_minutes_with_a_least_slot_length_are_planned_exactly() -> None:
    rng = np.random.default_rng(5)
    prices = series([15] * 288, rng.normal(0.2, 0.1, 288).round(6).tolist())

    slots = by_duration(DurationQuestion(prices, "LOW", 437, min_slot_minutes=31))

    taken = chosen_minutes(slots, 4320)
    assert len(taken) == 437
    assert min(runs(taken)) >= 31
    free = by_duration(DurationQuestion(prices, "LOW", 437))
    block = by_duration(DurationQuestion(prices, "LOW", 437, contiguous=True))
    cost = by_minute(prices)
    least, most = (cost[chosen_minutes(other, 4320)].sum() for other in (free, block))
    assert least - 1e-9 <= cost[taken].sum() <= most + 1e-9


@pytest.mark.parametrize("seed", range(12))
def test_a_day_of_slots_of_a_least_length_costs_what_a_second_solver_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    per_kwh = rng.choice([-0.05, 0.1, 0.15, 0.15, 0.2, 0.4], 96)
    wanted, shortest = int(rng.integers(4, 40)), int(rng.integers(2, 5))
    question = DurationQuestion(
        series([15] * 96, per_kwh.tolist()), "LOW", 15 * wanted, min_slot_minutes=15 * shortest
    )

    taken = chosen_minutes(by_duration(question), 96 * 15)

    assert min(runs(taken)) >= 15 * shortest
    cost = by_minute(question.prices)[taken].sum() / 15
    assert cost == pytest.approx(least_cost(per_kwh, wanted, shortest), abs=1e-6)


def least_cost(per_kwh: np.ndarray, wanted: int, shortest: int) -> float:
    """Choose units by integers: x runs, s starts; whoever starts runs on for long enough."""
    count = per_kwh.size
    unit, nothing = np.eye(count), np.zeros((count, count))
    starts = np.hstack([unit - np.eye(count, k=-1), -unit])
    lasting = sum((np.eye(count, k=k) for k in range(shortest)), nothing)
    answer = milp(
        np.append(per_kwh, np.zeros(count)),
        integrality=np.ones(2 * count),
        bounds=Bounds(0, 1),
        constraints=[
            LinearConstraint(starts, -np.inf, 0),
            LinearConstraint(np.hstack([lasting, -shortest * unit]), 0, np.inf),
            LinearConstraint(np.append(np.ones(count), np.zeros(count)), wanted, wanted),
        ],
        options={"mip_rel_gap": 1e-9},
    )
    return float(answer.fun)


def test_a_window_that_starts_within_a_minute_still_gets_slots_of_the_least_length() -> None:
    edges = np.append(START_US + 17_300_001, START_US + np.arange(1, 40) * 15 * MINUTE_US)
    rng = np.random.default_rng(6)
    prices = PriceSeries(edges, rng.normal(0.2, 0.1, 39), np.ones(39))

    slots = by_duration(DurationQuestion(prices, "LOW", 100, min_slot_minutes=20))

    assert slots.duration_us == 100 * MINUTE_US
    breaks = np.flatnonzero(slots.starts_us[1:] != slots.ends_us[:-1])
    starts = slots.starts_us[np.append(0, breaks + 1)]
    ends = slots.ends_us[np.append(breaks, slots.ends_us.size - 1)]
    assert (ends - starts).min() >= 20 * MINUTE_US


@pytest.mark.parametrize("minutes", [0, 46])
def test_a_duration_outside_the_window_is_refused(minutes: int) -> None:
    with pytest.raises(DurationInvalid, match="between 1 and the 45 minutes"):
        DurationQuestion(series([15, 30], [0.1, 0.2]), "LOW", minutes)


def test_slots_cannot_last_longer_than_the_duration() -> None:
    with pytest.raises(MinSlotMinutesInvalid):
        DurationQuestion(series([15, 30], [0.1, 0.2]), "LOW", 10, min_slot_minutes=11)


@pytest.mark.parametrize(
    ("segment", "relative", "absolute", "expected"),
    [
        ("LOW", 0.0, None, [1]),
        ("LOW", 0.5, None, [0, 1]),
        ("HIGH", 0.75, None, [2]),
        ("HIGH", 1.0, None, [2]),
        ("LOW", 1.0, None, [0, 1, 2]),
        ("LOW", 1.0, 0.1, [1]),
        ("HIGH", None, 0.2, [0, 2]),
        ("LOW", None, 0.05, []),
    ],
)
def test_a_limit_picks_every_interval_on_its_side(
    segment: Segment, relative: float | None, absolute: float | None, expected: list[int]
) -> None:
    prices = series([15, 15, 15], [0.2, 0.1, 0.7])

    plan = by_limit(LimitQuestion(prices, segment, relative, absolute))

    assert plan.slots.starts_us.tolist() == prices.edges_us[:-1][expected].tolist()
    assert plan.slots.duration_us == len(expected) * 15 * MINUTE_US


@pytest.mark.parametrize("segment", ["LOW", "HIGH"])
@pytest.mark.parametrize("relative", [0.0, 0.3, 1.0])
def test_where_all_prices_are_equal_everything_matches(segment: Segment, relative: float) -> None:
    plan = by_limit(LimitQuestion(series([15, 20], [0.3, 0.3]), segment, relative))

    assert plan.slots.duration_us == 35 * MINUTE_US
    assert plan.slots.starts_us.size == 1


def test_a_limit_without_a_value_or_out_of_range_is_refused() -> None:
    prices = series([15], [0.3])
    with pytest.raises(LimitMissing):
        LimitQuestion(prices, "LOW")
    with pytest.raises(RelativeInvalid):
        LimitQuestion(prices, "LOW", relative=1.2)
