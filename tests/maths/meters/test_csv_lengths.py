"""Rows that last to the neighbouring label: nothing overlaps, no gap is filled (contract 2b)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattyard.kernel import civil
from wattyard.meters.adapters.csv_lengths import lengths

PARIS = civil.zone("Europe/Paris")
START = datetime(2025, 3, 28, 9, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def labels_of(steps: list[int]) -> list[datetime]:
    labels = [START]
    for step in steps:
        labels.append(labels[-1] + step * MINUTE)
    return labels


def reference(steps: list[int]) -> tuple[list[int], list[int]]:
    """How long each step's row lasts, by the words of the contract; and which steps are gaps."""
    kept, gaps = [steps[0]], []
    for n in range(1, len(steps)):
        longer = steps[n] > kept[-1]
        repeats = n + 1 < len(steps) and steps[n + 1] == steps[n]
        if longer and not (repeats and steps[n] <= 4 * kept[-1]):
            kept.append(kept[-1])
            gaps.append(n)
        else:
            kept.append(steps[n])
    return kept, gaps


STEPS = st.lists(st.sampled_from([1, 10, 15, 30, 30, 60, 60, 60, 240, 700]), min_size=1)


@given(STEPS, st.booleans())
def test_each_row_lasts_as_the_contract_says(steps: list[int], ends: bool) -> None:
    labels = labels_of(steps)
    own = lengths(labels, PARIS, ends=ends)
    assert own is not None
    kept, gaps = reference(steps)

    lasting = [kept[0], *kept] if ends else [*kept, kept[-1]]
    assert [(end - start) // MINUTE for start, end in own.periods] == lasting
    assert [(end if ends else start) for start, end in own.periods] == labels
    assert [n - ends for n in own.gaps] == gaps
    assert all(one[1] <= other[0] for one, other in zip(own.periods, own.periods[1:], strict=False))


@given(st.sampled_from([5, 15, 30, 60]), st.integers(2, 60), st.data())
def test_a_file_without_gaps_is_covered_whole(
    minutes: int, count: int, data: st.DataObject
) -> None:
    change = data.draw(st.integers(1, count))
    longer = data.draw(st.sampled_from([2, 4]))
    steps = [minutes] * change + [minutes * longer] * 2
    own = lengths(labels_of(steps), PARIS, ends=True)

    assert own is not None
    assert own.gaps == ()
    assert all(one[1] == other[0] for one, other in zip(own.periods, own.periods[1:], strict=False))


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("Europe/Paris", date(2025, 3, 28)),
        ("Europe/Paris", date(2025, 10, 24)),
        ("Australia/Lord_Howe", date(2025, 4, 4)),
        ("America/Santiago", date(2025, 9, 5)),
        ("Africa/Cairo", date(2025, 4, 23)),
    ],
)
@pytest.mark.parametrize("ends", [False, True])
def test_days_of_23_and_25_hours_are_days(zone: str, first: date, ends: bool) -> None:
    where = ZoneInfo(zone)
    labels = [civil.start_of_day(first + timedelta(days=n), where) for n in range(5)]
    own = lengths(labels, where, ends=ends)

    assert own is not None
    assert (own.gaps, own.changed) == ((), ())
    assert all(one[1] == other[0] for one, other in zip(own.periods, own.periods[1:], strict=False))


def test_months_of_any_length_are_months_and_a_missing_one_is_a_gap() -> None:
    months = [1, 2, 3, 4, 6, 7]
    labels = [civil.start_of_day(date(2024, month, 1), PARIS) for month in months]
    own = lengths(labels, PARIS, ends=False)

    assert own is not None
    assert (own.gaps, own.changed) == ((3,), ())
    assert own.periods[3] == (labels[3], civil.start_of_day(date(2024, 5, 1), PARIS))


def test_one_label_has_no_length() -> None:
    assert lengths([START], PARIS, ends=True) is None
