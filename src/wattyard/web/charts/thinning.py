"""Steps as lines: all of them while they are few, else the extremes of each pixel column."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from wattyard.kernel.arrays import Numbers, np
from wattyard.web.charts.series import StepSeries
from wattyard.web.charts.times import TimeScale

COLUMNS: Final = 800
"""As many columns as a wide chart has pixels; more points than these are not seen."""


@dataclass(frozen=True, slots=True, eq=False)
class Polyline:
    """Points of a line: shares of the width (n), ascending, and values (n)."""

    xs: Numbers
    values: Numbers


def step_lines(series: StepSeries, scale: TimeScale) -> list[Polyline]:
    """Draw a series as lines without gaps, each step flat; what is outside the scale is cut.

    Of more than `COLUMNS` steps, each column keeps its first, lowest, highest and last value: no
    peak is lost, and no value is drawn that is not there.
    """
    edges, values = _inside(series, scale)
    runs = []
    for first, last in _known_runs(values):
        own, marks = values[first:last], edges[first : last + 1]
        runs.append(_thinned(marks, own) if values.size > COLUMNS else _exact(marks, own))
    return runs


def _inside(series: StepSeries, scale: TimeScale) -> tuple[Numbers, Numbers]:
    """Cut a series to the scale: shares of the width (n + 1), and values (n)."""
    shares = (series.edges_us - scale.start_us) / (scale.end_us - scale.start_us)
    kept = (shares[1:] > 0.0) & (shares[:-1] < 1.0)
    first, last = np.flatnonzero(kept)[[0, -1]] if kept.any() else (0, -1)
    return shares[first : last + 2].clip(0.0, 1.0), series.values[first : last + 1]


def _known_runs(values: Numbers) -> list[tuple[int, int]]:
    """List where values are known, as half-open ranges."""
    known = np.concatenate([[False], np.isfinite(values), [False]])
    changes = np.flatnonzero(known[1:] != known[:-1]).tolist()
    return list(pairwise(changes))[::2]


def _exact(edges: Numbers, values: Numbers) -> Polyline:
    return Polyline(np.repeat(edges, 2)[1:-1], np.repeat(values, 2))


def _thinned(edges: Numbers, values: Numbers) -> Polyline:
    column = np.minimum((edges[:-1] * COLUMNS).astype(np.int64), COLUMNS - 1)
    starts = np.flatnonzero(np.diff(column, prepend=-1))
    lows, highs = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
    lasts = values[np.append(starts[1:], values.size) - 1]
    points = np.stack([values[starts], lows, highs, lasts], axis=1).ravel()
    xs = np.repeat(edges[starts], 4)
    return Polyline(np.append(xs, edges[-1]), np.append(points, lasts[-1]))
