"""How much of a time there are readings for (contract 3, Readings)."""

from wattyard.kernel.arrays import np
from wattyard.kernel.clock_changes import Microseconds


def covered_us(
    edges_us: Microseconds, starts_us: Microseconds, ends_us: Microseconds
) -> Microseconds:
    """Measure for how long readings (m) lie in each of the n periods between edges (n + 1).

    In microseconds. Time with several readings, such as those of registers, counts once.
    """
    if not starts_us.size:
        return np.zeros(edges_us.size - 1, np.int64)
    order = np.argsort(starts_us, kind="stable")
    starts, ends = starts_us[order], np.maximum.accumulate(ends_us[order])
    apart = np.flatnonzero(starts[1:] > ends[:-1]) + 1
    lows = starts[np.concatenate([[0], apart])]
    highs = ends[np.concatenate([apart - 1, [ends.size - 1]])]
    before = np.concatenate([[0], np.cumsum(highs - lows)])
    place = np.searchsorted(lows, edges_us, side="right")
    beyond = np.where(place > 0, np.maximum(highs[place - 1] - edges_us, 0), 0)
    found: Microseconds = np.diff(before[place] - beyond)
    return found
