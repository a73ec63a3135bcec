"""A load that may run later, seen from the steps of a plan: when it may run, its courses."""

from functools import cached_property
from typing import Final

from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.clock_changes import HOUR_US
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.crowding import Leeway
from wattyard.schedules.domain.power import WATTS_PER_KW, Reason
from wattyard.schedules.domain.prices import Instants
from wattyard.schedules.domain.site.devices import Shiftable, Stretch
from wattyard.schedules.domain.site.part import Run
from wattyard.schedules.domain.site.plan import Shortfall, SiteSlot
from wattyard.schedules.domain.site.steps import open_steps

_NOISE_W: Final = 1e-3
_UNMET_WH: Final = 0.5
_NOISE_WH: Final = 1e-6
_SAME_W: Final = 1e-2
_FINEST_US: Final = 1000


@dataclass(frozen=True)
class ShiftableTimes:
    """A load seen from the steps of a question: when it may run, and its courses of power."""

    load: Shiftable
    edges_us: Instants

    @cached_property
    def hours(self) -> Numbers:
        """The length (n) of each step."""
        return np.asarray(np.diff(self.edges_us) / HOUR_US, dtype=np.float64)

    @cached_property
    def open(self) -> Numbers:
        """1 where it may run (n), 0 outside all windows and where it is blocked."""
        return np.asarray(np.maximum.reduce(self.by_window), dtype=np.float64)

    @cached_property
    def by_window(self) -> list[Numbers]:
        """The same for each window alone."""
        free = open_steps(self.edges_us, self.load.blocked)
        return [free * self._inside(window) for window in self.load.windows]

    def _inside(self, window: Stretch) -> Numbers:
        inside = (self.edges_us[:-1] >= window.start_us) & (self.edges_us[1:] <= window.end_us)
        return inside.astype(np.float64)

    @property
    def simple(self) -> bool:
        """Whether power is free between two bounds in every step by itself."""
        load = self.load
        ruled = load.contiguous or load.max_starts is not None or load.start_cost
        return not (load.levels_w or ruled or load.min_run_us or load.min_pause_us)

    @property
    def _less_than_a_run(self) -> bool:
        """Whether all its energy is less than its shortest run uses at its least power."""
        least_w = min(self.load.levels_w, default=self.load.least_w)
        return self.load.energy_wh < least_w * self.load.min_run_us / HOUR_US - _NOISE_WH

    @property
    def least_run_us(self) -> int:
        """How long a run lasts at least; none where all its energy is less than that."""
        return 0 if self._less_than_a_run else self.load.min_run_us

    @property
    def most_runs(self) -> int | None:
        """How many runs there are at most; one where all its energy is less than a run."""
        most = [] if self.load.max_starts is None else [self.load.max_starts]
        return (
            min([*most, 1])
            if self.load.contiguous or self._less_than_a_run
            else min(most, default=None)
        )

    @cached_property
    def least_w(self) -> Numbers:
        """What it takes at least where it runs (n); less where its energy ends within a step."""
        return np.minimum(self.load.least_w, self.load.energy_wh / self.hours)

    @property
    def levels_kw(self) -> Numbers:
        """The levels (l), ascending; without any the largest power stands for all."""
        levels_w = sorted(set(self.load.levels_w)) or [self.load.max_w]
        return np.array(levels_w) / WATTS_PER_KW

    def courses(self, power_w: float) -> Numbers:
        """List the single runs (m, n, mean W) at one power that use all energy, by their starts.

        Each starts at an edge, lies in one window, and ends when the energy is used.
        """
        beyond_us = int(self.edges_us[-1] - self.edges_us[0]) + 1
        needed_us = round(min(self.load.energy_wh / power_w * HOUR_US, beyond_us))
        found = []
        for free in self.by_window:
            ends_us = self._stretch_ends_us(free)
            fits = free.astype(np.bool_) & (self.edges_us[:-1] + needed_us <= ends_us)
            found += np.flatnonzero(fits).tolist()
        starts_us = self.edges_us[:-1][sorted(set(found))]
        since = np.maximum(self.edges_us[:-1], starts_us[:, None])
        until = np.minimum(self.edges_us[1:], starts_us[:, None] + needed_us)
        shares = np.maximum(until - since, 0) / np.diff(self.edges_us)
        return np.asarray(shares * power_w, dtype=np.float64)

    @cached_property
    def ends_us(self) -> Instants:
        """Where the open stretch that each step (n) is in ends."""
        return self._stretch_ends_us(self.open)

    def _stretch_ends_us(self, free: Numbers) -> Instants:
        ends_us = self.edges_us[1:].copy()
        for step in range(free.size - 2, -1, -1):
            if free[step] and free[step + 1]:
                ends_us[step] = ends_us[step + 1]
        return ends_us

    def starts(self, power_w: Numbers) -> int:
        """Count the runs of a course of power (n)."""
        runs = power_w > _NOISE_W
        return int(np.count_nonzero(runs & ~np.append(False, runs[:-1])))

    def slots(self, power_w: Numbers) -> tuple[SiteSlot, ...] | None:
        """List the slots of a course of power (n), the last of which may end inside a step.

        None without levels or a least power, where every slot ends at an edge. A step with less
        power than a level ran at the least level that reaches it, and so for as long as it can be.
        """
        runs = np.flatnonzero(power_w > _NOISE_W).tolist()
        if not self.load.levels_w and (power_w[runs] >= self.load.least_w - _SAME_W).all():
            return None
        levels_w = self.levels_kw * WATTS_PER_KW if self.load.levels_w else self._powers_w(power_w)
        slots: list[SiteSlot] = []
        for step in runs:
            start_us, end_us = int(self.edges_us[step]), int(self.edges_us[step + 1])
            level_w = float(levels_w[np.searchsorted(levels_w, power_w[step] - _SAME_W)])
            ran_us = (end_us - start_us) * float(power_w[step]) / level_w
            end_us = min(end_us, start_us + round(ran_us / _FINEST_US) * _FINEST_US)
            if slots and slots[-1].end_us == start_us and slots[-1].power_w == level_w:
                start_us = slots.pop().start_us
            slots.append(SiteSlot(start_us, end_us, level_w))
        return tuple(slots)

    def _powers_w(self, power_w: Numbers) -> Numbers:
        return np.unique(np.maximum(power_w, self.load.least_w))

    def shortfalls(self, power_w: Numbers) -> tuple[Shortfall, ...]:
        """Name what is not used of the energy by a course of power (n)."""
        load = self.load
        missing_wh = load.energy_wh - float(power_w @ self.hours)
        if missing_wh < _UNMET_WH:
            return ()
        most_wh = max(float(self.hours @ free) for free in self._choices()) * load.max_w
        too_short = most_wh < load.energy_wh - _UNMET_WH
        reason: Reason = "window_too_short" if too_short else "site_power"
        return (Shortfall("energy", missing_wh, "WH", reason),)

    def run(self, power_w: Numbers) -> Run:
        """Put a course of power (n) together with its slots, and what is not used."""
        return Run(
            self.load.device,
            power_w,
            shortfalls=self.shortfalls(power_w),
            slots=self.slots(power_w),
            leeway=Leeway(self.open * self.load.max_w),
        )

    def _choices(self) -> list[Numbers]:
        return self.by_window if self.load.contiguous else [self.open]
