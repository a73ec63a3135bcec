"""The numbers behind a chart, as a table of few rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.clock_changes import HOUR_US, Microseconds, joined_edges
from wattyard.kernel.local_periods import PeriodUnit, period_edges
from wattyard.web.charts.drawing import DataTable
from wattyard.web.charts.reading import ChartReader
from wattyard.web.charts.series import StepSeries, joined_span

MOST_ROWS: Final = 200
_DAY_HOURS: Final = 24


@dataclass(frozen=True, slots=True, eq=False)
class TableColumn:
    """A series as a column: its name with its unit, and the decimals it is written with."""

    name: str
    series: StepSeries
    decimals: int


def series_table(columns: Sequence[TableColumn], reader: ChartReader) -> DataTable:
    """List when the values of some series hold, equal neighbours in one row.

    More than `MOST_ROWS` rows become the lowest, highest and mean value of hours, days or months.
    """
    edges = joined_edges([one.series.edges_us for one in columns])
    cells = np.stack([_at(one.series, edges[:-1]) for one in columns])
    trust = _confidences(columns, edges[:-1])
    every = cells if trust is None else np.vstack([cells, trust])
    changed = (every[:, 1:] != every[:, :-1]) & ~(np.isnan(every[:, 1:]) & np.isnan(every[:, :-1]))
    starts = np.flatnonzero(np.append(True, changed.any(axis=0)))
    if starts.size > MOST_ROWS:
        return _summary(columns, reader)
    ends = np.append(edges[starts[1:]], edges[-1])
    decimals = [one.decimals for one in columns]
    head = ["From", "Until", *(one.name for one in columns), *_trust_head(trust)]
    return DataTable(
        head,
        [
            [
                reader.stamp(int(edges[n])),
                reader.stamp(int(end)),
                *map(reader.cell, cells[:, n].tolist(), decimals),
                *([] if trust is None else [reader.number(float(trust[n]), 2)]),
            ]
            for n, end in zip(starts.tolist(), ends.tolist(), strict=True)
        ],
    )


def _trust_head(trust: Numbers | None) -> list[str]:
    return [] if trust is None else ["Confidence"]


def _at(series: StepSeries, instants_us: Microseconds) -> Numbers:
    """Give the value of a series at instants (n); NaN outside it."""
    n = np.searchsorted(series.edges_us, instants_us, side="right") - 1
    found = series.values[n.clip(0, series.values.size - 1)]
    return np.where((n >= 0) & (n < series.values.size), found, np.nan)


def _confidences(columns: Sequence[TableColumn], instants_us: Microseconds) -> Numbers | None:
    """Give the lowest confidence of the columns at instants; None where all is confirmed."""
    found = [
        _at(StepSeries(one.series.edges_us, one.series.confidence), instants_us)
        for one in columns
        if one.series.confidence is not None
    ]
    if not found:
        return None
    lowest: Numbers = np.fmin.reduce(found)
    return None if np.all(lowest[np.isfinite(lowest)] >= 1.0) else np.nan_to_num(lowest, nan=1.0)


def _summary(columns: Sequence[TableColumn], reader: ChartReader) -> DataTable:
    span = joined_span([one.series for one in columns])
    hours = (span[1] - span[0]) / HOUR_US
    unit: PeriodUnit = (
        "HOUR" if hours <= MOST_ROWS else "DAY" if hours <= MOST_ROWS * _DAY_HOURS else "MONTH"
    )
    edges = period_edges(unit, reader.zone, span)
    head = ["From"]
    for one in columns:
        head += [f"{one.name}, {part}" for part in ("lowest", "highest", "mean")]
    found = np.vstack([_extremes(one.series, edges) for one in columns])
    decimals = [one.decimals for one in columns for _ in range(3)]
    rows = [
        [reader.stamp(at), *map(reader.cell, values, decimals)]
        for at, values in zip(edges[:-1].tolist(), found.T.tolist(), strict=True)
    ]
    return DataTable(head, rows)


def _extremes(series: StepSeries, edges: Microseconds) -> Numbers:
    """Give the lowest, the highest and the mean value (over time) of each period (3 × n)."""
    cuts = joined_edges([series.edges_us, edges])
    cuts = cuts[(cuts >= edges[0]) & (cuts <= edges[-1])]
    values = _at(series, cuts[:-1])
    known = np.isfinite(values)
    lengths = np.where(known, np.diff(cuts), 0).astype(np.float64)
    starts = np.searchsorted(cuts, edges[:-1])
    weights = np.add.reduceat(lengths, starts)
    sums = np.add.reduceat(np.where(known, values, 0.0) * lengths, starts)
    means = np.divide(sums, weights, out=np.full(starts.size, np.nan), where=weights > 0)
    return np.stack([np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts), means])
