"""The highest power over windows of the local clock (contract 2b, Demand charges and Periods)."""

from collections.abc import Sequence
from typing import Final, Protocol

from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.clock_changes import Microseconds
from wattyard.kernel.local_periods import clock_grid
from wattyard.meters.domain.grouping import sums
from wattyard.tariffs.domain.calendar import CalendarRegion

_MINUTES_OF_AN_HOUR: Final = 60.0


class Intervals(Protocol):
    """Energy (m) of intervals that do not overlap, such as the readings of a register."""

    @property
    def starts_us(self) -> Microseconds: ...
    @property
    def ends_us(self) -> Microseconds: ...
    @property
    def energy_kwh(self) -> Numbers: ...


def peaks_kw(
    region: CalendarRegion,
    minutes: int,
    edges_us: Microseconds,
    series: Sequence[Intervals],
) -> Numbers:
    """Find the highest mean power over windows of so many minutes in each of n periods, in kW.

    `edges_us` (n + 1) are the periods, each from the start of a local day to that of another;
    each of the `series` is in order of time, and they add up. Windows lie on the local clock from
    midnight; power is the energy of a window over its full length, and 0 without any.
    """
    highest = np.zeros(edges_us.size - 1)
    metered = [own for own in series if own.starts_us.size]
    since = min((int(own.starts_us[0]) for own in metered), default=0)
    until = max((int(own.ends_us[-1]) for own in metered), default=0)
    since, until = max(since, int(edges_us[0])), min(until, int(edges_us[-1]))
    if since >= until:
        return highest
    grid = clock_grid(minutes, region.zone, (since, until))
    energy_kwh = np.zeros(grid.size - 1)
    for own in metered:
        found = sums(grid, own.starts_us, own.ends_us, own.energy_kwh, np.ones(own.energy_kwh.size))
        energy_kwh[found.position] += found.energy_kwh
    period = np.searchsorted(edges_us, grid[:-1], side="right") - 1
    inside = (period >= 0) & (period < highest.size)
    np.maximum.at(highest, period[inside], energy_kwh[inside] * (_MINUTES_OF_AN_HOUR / minutes))
    return highest
