"""Steps of time for state-of-charge plans: quarter hours, or finer where prices change."""

from collections.abc import Sequence
from typing import Final

from wattyard.kernel.arrays import Numbers, np
from wattyard.schedules.domain.prices import MINUTE_US, Instants

STEP_US: Final = 15 * MINUTE_US


def step_edges(
    start_us: int, end_us: int, series: Sequence[Instants], *, cuts_us: Sequence[int] = ()
) -> Instants:
    """Cut a horizon at quarter hours UTC, at the edges of price series and at `cuts_us`.

    Answers (n + 1) edges from `start_us` to `end_us`.

    Raises:
        ValueError: when the horizon is empty.
    """
    if end_us <= start_us:
        raise ValueError("a horizon ends after it starts")
    first = start_us // STEP_US + 1
    quarters_us = np.arange(first, -(-end_us // STEP_US)) * STEP_US
    edges_us = np.unique(np.concatenate([[start_us, end_us], quarters_us, *series, list(cuts_us)]))
    within = (edges_us >= start_us) & (edges_us <= end_us)
    return edges_us[within].astype(np.int64)


def mean_over(edges_us: Instants, values: Numbers, onto_us: Instants) -> Numbers:
    """Average a series of n intervals (n + 1 edges) over other steps (m + 1 edges): (m).

    Beyond its ends the series goes on with its first and last value.
    """
    lengths = np.diff(edges_us).astype(np.float64)
    origin = edges_us[0]
    totals = np.append(0.0, np.cumsum(values * lengths))
    within = np.clip(onto_us, edges_us[0], edges_us[-1])
    at = np.interp((within - origin).astype(float), (edges_us - origin).astype(float), totals)
    at += np.minimum(onto_us - edges_us[0], 0) * values[0]
    at += np.maximum(onto_us - edges_us[-1], 0) * values[-1]
    return np.asarray(np.diff(at) / np.diff(onto_us), dtype=np.float64)
