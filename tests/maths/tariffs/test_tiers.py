"""Tiers: which one is reached, and how metered energy is split over them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.tariff_bodies import body, entry, hours
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.rates import RateTable
from wattyard.tariffs.domain.tiers import Consumed, CountedEnergy, TierScope, split
from wattyard.tariffs.wire.rules import tariff_from_json


def rates() -> RateTable:
    """Two windows of three tiers, and one of a single tier."""
    night = [{"value": 0.1, "to_kwh": 100}, {"value": 0.2, "to_kwh": 300}, {"value": 0.3}]
    day = [{"value": 0.4, "to_kwh": 50}, {"value": 0.5, "to_kwh": 80}, {"value": 0.6}]
    schedule = [
        entry(
            (
                "All",
                hours(("00:00", "08:00", night), ("08:00", "20:00", day), ("20:00", "00:00", 1)),
            )
        )
    ]
    return tariff_from_json(body(schedule), CalendarRegion("Europe/Berlin")).rates


RATES = rates()


def metered(*pieces: tuple[float, int, int]) -> CountedEnergy:
    energy, window, period = zip(*pieces, strict=True)
    return CountedEnergy(np.array(energy, dtype=np.float64), np.array(window), np.array(period))


@pytest.mark.parametrize(
    ("consumed", "tiers"), [(0, [0, 0, 0]), (49.9, [0, 0, 0]), (50, [0, 1, 0]), (300, [2, 2, 0])]
)
def test_a_counter_on_the_edge_has_reached_the_next_tier(consumed: float, tiers: list[int]) -> None:
    assert RATES.present_tiers("TARIFF", Consumed(consumed))[0].tolist() == tiers
    assert RATES.present_tiers("SHARED", Consumed(consumed))[0].tolist() == tiers


def test_by_period_each_window_has_its_own_counter() -> None:
    consumed = Consumed(1000, {0: 150, 1: 10})

    assert RATES.present_tiers("PERIOD", consumed)[0].tolist() == [1, 0, 0]


def test_windows_with_fewer_tiers_say_so() -> None:
    assert RATES.all_tiers.tolist() == [[0, 0, 0], [1, 1, -1], [2, 2, -1]]


def test_one_counter_is_consumed_in_order_of_time_and_split_at_the_edges() -> None:
    pieces = metered((80, 0, 0), (40, 1, 0), (300, 0, 0), (5, 2, 0), (60, 0, 1))

    parts = split(RATES.to_kwh, "TARIFF", pieces, Consumed(10))

    assert parts.tolist() == [
        [80, 0, 0],
        [0, 0, 40],  # the counter goes from 90 to 130: past the day's 80 kWh
        [0, 170, 130],
        [5, 0, 0],
        [60, 0, 0],
    ]


def test_by_period_each_window_is_consumed_by_itself() -> None:
    pieces = metered((80, 0, 0), (40, 1, 0), (40, 0, 0), (20, 1, 0), (120, 0, 1))

    parts = split(RATES.to_kwh, "PERIOD", pieces, Consumed(999, {1: 20}))

    assert parts.tolist() == [[80, 0, 0], [30, 10, 0], [20, 20, 0], [0, 20, 0], [100, 20, 0]]


def test_shared_tiers_give_each_window_its_share_of_the_months_energy_in_every_tier() -> None:
    pieces = metered((150, 0, 0), (50, 1, 0), (30, 1, 1))

    parts = split(RATES.to_kwh, "SHARED", pieces, Consumed(0))

    assert parts.tolist() == [[75, 75, 0], [12.5, 7.5, 30], [30, 0, 0]]


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(min_value=-20, max_value=500, width=32),
            st.integers(0, 2),
            st.integers(0, 3),
        ),
        min_size=1,
        max_size=60,
    ),
    st.sampled_from(["TARIFF", "PERIOD", "SHARED"]),
    st.floats(min_value=0, max_value=400),
)
def test_no_energy_is_lost_or_made(
    pieces: list[tuple[float, int, int]], scope: str, before: float
) -> None:
    given_ = metered(*sorted(pieces, key=lambda piece: piece[2]))

    parts = split(RATES.to_kwh, scope, given_, Consumed(before, {0: before}))

    assert parts.sum(axis=1) == pytest.approx(given_.energy_kwh, abs=1e-9)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(min_value=-20, max_value=500, width=32), st.integers(0, 2), st.integers(0, 3)
        ),
        min_size=1,
        max_size=40,
    ),
    st.sampled_from(["TARIFF", "PERIOD", "SHARED"]),
    st.integers(0, 40),
    st.integers(0, 40),
)
def test_those_that_are_answered_are_split_as_among_all(
    pieces: list[tuple[float, int, int]], scope: str, one: int, other: int
) -> None:
    counted = metered(*sorted(pieces, key=lambda piece: piece[2]))
    answered = slice(min(one, other), max(one, other))

    parts = split(RATES.to_kwh, scope, counted, Consumed(30, {0: 30}), answered)

    whole = split(RATES.to_kwh, scope, counted, Consumed(30, {0: 30}))
    assert parts.tolist() == whole[answered].tolist()


@settings(deadline=None)
@given(st.lists(st.floats(min_value=0.01, max_value=90), min_size=2, max_size=40), st.data())
def test_cutting_a_reading_in_two_changes_no_total(
    energy: list[float], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(energy) - 1))
    share = data.draw(st.floats(min_value=0, max_value=1))
    halves = [*energy[:cut], energy[cut] * share, energy[cut] * (1 - share), *energy[cut + 1 :]]

    for scope in ("TARIFF", "PERIOD", "SHARED"):
        whole = split(RATES.to_kwh, scope, metered(*((e, 0, 0) for e in energy)), Consumed())
        parts = split(RATES.to_kwh, scope, metered(*((e, 0, 0) for e in halves)), Consumed())
        assert parts.sum(axis=0) == pytest.approx(whole.sum(axis=0), abs=1e-9)


def test_energy_that_is_given_back_runs_the_counter_backwards() -> None:
    parts = split(RATES.to_kwh, "TARIFF", metered((110, 0, 0), (-20, 0, 0)), Consumed())

    assert parts.tolist() == [[100, 10, 0], [-10, -10, 0]]


@pytest.mark.parametrize("scope", ["TARIFF", "PERIOD", "SHARED"])
def test_no_energy_has_as_many_tiers_as_there_are(scope: TierScope) -> None:
    nothing = CountedEnergy(np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int64))
    assert split(RATES.to_kwh, scope, nothing, Consumed(5)).shape == (0, 3)
