"""Which steps of a site program lie outside stretches of time."""

from collections.abc import Sequence

from wattyard.kernel.arrays import Numbers, np
from wattyard.schedules.domain.prices import Instants


def open_steps(edges_us: Instants, shut: Sequence[tuple[int, int]]) -> Numbers:
    """Find (n) 1 where a step lies outside all stretches (start, end), else 0."""
    free = np.ones(edges_us.size - 1)
    for start_us, end_us in shut:
        free[(edges_us[:-1] < end_us) & (edges_us[1:] > start_us)] = 0.0
    return free
