"""Register reads: what a counter counted is counted, whatever it showed for a moment."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattyard.kernel.clock_changes import HOUR_US
from wattyard.meters.domain.readings import EARLIEST
from wattyard.meters.domain.registers import (
    Differences,
    RegisterRead,
    RegisterState,
    differences,
)

NOW_US = EARLIEST + 10_000 * HOUR_US


def reads(totals: list[float], step_hours: int = 1, first: int = 0) -> list[RegisterRead]:
    return [
        RegisterRead(n + 1, EARLIEST + (first + n) * step_hours * HOUR_US, total)
        for n, total in enumerate(totals)
    ]


def kwh(own: Differences) -> float:
    return sum(one.energy_kwh for one in own.consumptions)


def codes(own: Differences) -> list[tuple[int, str]]:
    return [(one.record_num, one.code) for one in own.failed]


@given(st.lists(st.integers(0, 5), min_size=2, max_size=20), st.data())
def test_low_reads_that_do_not_rise_change_no_energy(steps: list[int], data: st.DataObject) -> None:
    """A counter that only rises, with moments put in between; in one batch or in several."""
    totals, shown = [1000.0], [(1000.0, False)]
    for step in steps:
        low = data.draw(st.lists(st.sampled_from([0.0, 0.0, 3.0, 700.0]), max_size=4))
        shown += [(value, True) for value in sorted(low, reverse=True)]
        totals.append(totals[-1] + step)
        shown.append((totals[-1], False))
    sent = reads([value for value, _ in shown])
    own = differences(None, sent, NOW_US)

    assert kwh(own) == totals[-1] - totals[0]
    assert codes(own) == [(n, "register_glitch") for n, (_, low) in enumerate(shown, 1) if low]
    cuts = sorted(data.draw(st.sets(st.integers(1, len(sent) - 1), max_size=3)))
    state, booked = None, []
    for low, high in pairwise([0, *cuts, len(sent)]):
        part = differences(state, sent[low:high], NOW_US)
        state = part.state
        if part.withdrawn_us is not None:
            since, until = part.withdrawn_us
            gone = [one for one in booked if since <= one.start_us and one.end_us <= until]
            assert all(one.energy_kwh == 0 for one in gone)
            booked = [one for one in booked if one not in gone]
        booked += part.consumptions
    assert [(one.start_us, one.end_us, one.energy_kwh) for one in booked] == [
        (one.start_us, one.end_us, one.energy_kwh) for one in own.consumptions
    ]


@given(st.lists(st.lists(st.integers(1, 9), min_size=2, max_size=6), min_size=1, max_size=5))
def test_a_counter_that_starts_anew_each_day_counts_every_day(days: list[list[int]]) -> None:
    totals, energy = [], 0.0
    for day in days:
        total = 0.25
        totals += [0.0, 0.0, total]
        for step in day:
            total += step
            totals.append(total)
        energy += total
    own = differences(None, reads(totals), NOW_US)

    assert kwh(own) == energy
    assert {code for _, code in codes(own)} <= {"register_reset"}
    assert len(own.failed) == len(days) - 1


@pytest.mark.parametrize(
    ("totals", "energy", "expected"),
    [
        ([5, 0, 6], 1, [(2, "register_glitch")]),
        ([5, 0, 5], 0, [(2, "register_glitch")]),
        ([5, 0, 4.9], 4.9, [(2, "register_reset")]),
        ([5, 3, 0, 5], 0, [(2, "register_glitch"), (3, "register_glitch")]),
        ([5, 0, 3, 6], 6, [(2, "register_reset")]),
        ([5, 0, 6, 2, 7], 2, [(2, "register_glitch"), (4, "register_glitch")]),
        ([5, 0, 0], 0, [(2, "register_reset")]),
        ([5, 0, 1, 0, 2], 2, [(2, "register_reset"), (4, "register_glitch")]),
    ],
)
def test_a_fall_is_a_reset_unless_the_register_comes_back(
    totals: list[float], energy: float, expected: list[tuple[int, str]]
) -> None:
    own = differences(None, reads(totals), NOW_US)

    assert (kwh(own), codes(own)) == (energy, expected)


@pytest.mark.parametrize(("hours", "code"), [(48, "register_glitch"), (49, "register_reset")])
def test_a_register_comes_back_within_48_hours_of_its_first_low_read(hours: int, code: str) -> None:
    sent = [*reads([7, 0]), RegisterRead(3, EARLIEST + (1 + hours) * HOUR_US, 8)]

    assert codes(differences(None, sent, NOW_US)) == [(2, code)]


def test_the_order_of_reads_does_not_matter() -> None:
    sent = reads([1, 2, 0, 4, 5, 3, 8])
    mixed = random.Random(4).sample(sent, len(sent))

    assert differences(None, mixed, NOW_US) == differences(None, sent, NOW_US)


def test_reads_before_the_last_or_at_its_time_change_nothing() -> None:
    state = RegisterState(RegisterRead(0, EARLIEST + 5 * HOUR_US, 9))
    own = differences(state, reads([1, 2], first=4), NOW_US)

    assert codes(own) == [(1, "time_invalid"), (2, "time_duplicate")]
    assert own.state == state
