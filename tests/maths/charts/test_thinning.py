"""Many steps as few points: nothing that is seen is lost, and nothing is made up."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattyard.web.charts.series import StepSeries, steps_of
from wattyard.web.charts.thinning import COLUMNS, step_lines
from wattyard.web.charts.times import TimeScale


def series_of(values: np.ndarray) -> StepSeries:
    return StepSeries(np.arange(values.size + 1, dtype=np.int64) * 900_000_000, values)


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 2, COLUMNS, COLUMNS + 1, 5_000]))
def test_thinned_steps_keep_every_extreme_and_invent_no_value(seed: int, count: int) -> None:
    values = np.random.default_rng(seed).normal(size=count)
    own = series_of(values)

    (line,) = step_lines(own, TimeScale(*own.span_us))

    assert np.all(np.diff(line.xs) >= 0.0)
    assert (line.xs[0], line.xs[-1]) == (0.0, 1.0)
    assert np.isin(line.values, values).all()
    assert line.values.size <= max(2 * COLUMNS, 4 * COLUMNS + 1)
    column = np.minimum((np.arange(count) / count * COLUMNS).astype(int), COLUMNS - 1)
    drawn = np.minimum((line.xs * COLUMNS).astype(int), COLUMNS - 1)
    for one in np.unique(column)[:: max(1, count // 50)]:
        assert line.values[drawn == one].max() >= values[column == one].max()
        assert line.values[drawn == one].min() <= values[column == one].min()


def test_few_steps_are_drawn_as_they_are() -> None:
    own = series_of(np.array([1.0, 3.0, 2.0]))

    (line,) = step_lines(own, TimeScale(*own.span_us))

    assert line.values.tolist() == [1, 1, 3, 3, 2, 2]
    assert line.xs.tolist() == pytest.approx([0, 1 / 3, 1 / 3, 2 / 3, 2 / 3, 1])


def test_gaps_are_gaps() -> None:
    own = series_of(np.array([np.nan, 1.0, 2.0, np.nan, np.nan, 3.0]))

    lines = step_lines(own, TimeScale(*own.span_us))

    assert [line.values.tolist() for line in lines] == [[1, 1, 2, 2], [3, 3]]


def test_what_is_outside_of_the_span_is_not_drawn() -> None:
    own = series_of(np.array([1.0, 2.0, 3.0, 4.0]))

    (line,) = step_lines(own, TimeScale(1_350_000_000, 2_700_000_000))
    nothing = step_lines(own, TimeScale(9_000_000_000, 9_900_000_000))

    assert line.values.tolist() == [2, 2, 3, 3]
    assert (line.xs[0], line.xs[-1]) == (0.0, 1.0)
    assert nothing == []


def test_entries_of_a_document_become_a_series_with_gaps_between_them() -> None:
    own = steps_of(
        [
            {"start_time": "2026-03-01T00:00:00Z", "end_time": "2026-03-01T01:00:00Z", "v": 1},
            {"start_time": "2026-03-01T02:00:00Z", "end_time": "2026-03-01T03:00:00Z", "v": None},
            {"start_time": "2026-03-01T03:00:00Z", "end_time": "2026-03-01T05:00:00+01:00", "v": 4},
        ],
        lambda item: item["v"],
    )

    assert own is not None
    assert np.array_equal(own.values, [1, np.nan, np.nan, 4], equal_nan=True)
    assert (np.diff(own.edges_us) // 3_600_000_000).tolist() == [1, 1, 1, 1]
    assert own.at(int(own.edges_us[1])) is None
    assert own.at(int(own.edges_us[3])) == 4.0
    assert steps_of([], lambda item: item["v"]) is None


@pytest.mark.parametrize(
    ("edges", "values"), [([0, 1], [1.0, 2.0]), ([0], []), ([0, 2, 2], [1.0, 2.0])]
)
def test_a_series_that_does_not_fit_together_does_not_exist(
    edges: list[int], values: list[float]
) -> None:
    with pytest.raises(ValueError, match="edges"):
        StepSeries(np.array(edges, np.int64), np.array(values))
