"""Readings summed up in the local hours, days, weeks and months of a site (contract 3)."""

from wattyard.kernel.arrays import Integers, Numbers, np
from wattyard.kernel.clock_changes import Microseconds
from wattyard.kernel.values import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Energy of n groups that have a reading: `position` (n) is the group's among the edges.

    `energy_kwh` (n); `confidence` (n) the energy-weighted mean, or the mean over time where there
    is no energy.
    """

    position: Integers
    energy_kwh: Numbers
    confidence: Numbers


def sums(
    edges_us: Microseconds,
    starts_us: Microseconds,
    ends_us: Microseconds,
    energy_kwh: Numbers,
    confidence: Numbers,
) -> Sums:
    """Sum up n readings over the periods between edges, each shared in proportion to time.

    What lies outside the edges is left out; inside, nothing is lost or counted twice.
    """
    first = np.maximum(np.searchsorted(edges_us, starts_us, side="right") - 1, 0)
    last = np.minimum(np.searchsorted(edges_us, ends_us, side="left") - 1, edges_us.size - 2)
    counts = np.maximum(last - first + 1, 0)
    reading = np.repeat(np.arange(starts_us.size), counts)
    offset = np.arange(reading.size) - np.repeat(np.cumsum(counts) - counts, counts)
    group = first[reading] + offset
    low = np.maximum(edges_us[group], starts_us[reading])
    high = np.minimum(edges_us[group + 1], ends_us[reading])
    length = np.maximum(high - low, 0)
    share = length / (ends_us - starts_us)[reading]
    part = energy_kwh[reading] * share
    size = edges_us.size - 1
    energy: Numbers = np.bincount(group, part, size).astype(np.float64)
    time = np.bincount(group, length, size)
    sure_energy = np.bincount(group, part * confidence[reading], size)
    sure_time = np.bincount(group, length * confidence[reading], size)
    position = np.flatnonzero(time > 0)
    weighted = energy[position] > 0
    return Sums(
        position,
        energy[position],
        np.where(
            weighted,
            sure_energy[position] / np.where(weighted, energy[position], 1.0),
            sure_time[position] / time[position],
        ),
    )
