"""A storage unit seen from the steps of a plan: when it may run, what it loses, its goals."""

from functools import cached_property
from math import inf, sqrt
from typing import NamedTuple

from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.prices import Instants
from wattyard.schedules.domain.site.devices import SiteStorage
from wattyard.schedules.domain.site.steps import open_steps


class StorageGoal(NamedTuple):
    """After step `step` (-1: at once) a unit is to hold `low_wh` at least, `high_wh` at most."""

    step: int
    low_wh: float
    high_wh: float
    priority: int
    name: str


@dataclass(frozen=True)
class StorageTimes:
    """A unit seen from the steps of a question: when it may run, what it loses, its goals."""

    storage: SiteStorage
    edges_us: Instants
    hours: Numbers

    @cached_property
    def open(self) -> Numbers:
        """1 where it may run (n), 0 where it is away or blocked."""
        away = [(one.start_us, one.end_us) for one in self.storage.absences]
        return open_steps(self.edges_us, [*away, *self.storage.blocked])

    @cached_property
    def kept(self) -> Numbers:
        """The share (n) of what is stored at a step's start that is left at its end."""
        return np.asarray((1.0 - self.storage.standby_loss) ** self.hours, dtype=np.float64)

    @cached_property
    def trips_wh(self) -> Numbers:
        """What it comes home with less (n) at the end of each step."""
        used = np.zeros(self.hours.size)
        for absence in self.storage.absences:
            step = int(np.searchsorted(self.edges_us, absence.end_us)) - 1
            if 0 <= step < used.size and self.edges_us[step + 1] == absence.end_us:
                used[step] += absence.energy_wh
        return used

    @cached_property
    def most_wh(self) -> Numbers:
        """What it may hold at most after each step (n): its ceiling, or what it held before."""
        most_wh = np.empty(self.hours.size)
        held_wh = self.storage.energy_wh
        for step, kept in enumerate(self.kept):
            held_wh = held_wh * kept - self.trips_wh[step]
            most_wh[step] = held_wh
        return np.maximum(most_wh, self.ceiling_wh)

    @property
    def ceiling_wh(self) -> float:
        """What it is never charged above."""
        return min(self.storage.most_wh, self.storage.capacity_wh)

    @cached_property
    def floor_wh(self) -> Numbers:
        """What it holds at least after each step (n), since it is not discharged below reserve."""
        floor_wh = np.empty(self.hours.size)
        held_wh = min(self.storage.reserve_wh, self.storage.energy_wh)
        for step, kept in enumerate(self.kept):
            held_wh = max(0.0, held_wh * kept - self.trips_wh[step])
            floor_wh[step] = held_wh
        return floor_wh

    @cached_property
    def goals(self) -> tuple[StorageGoal, ...]:
        """The targets, in their order; one in an absence is judged at departure."""
        found = []
        for position, target in enumerate(self.storage.targets):
            at_us = target.at_us
            for absence in self.storage.absences:
                at_us = absence.start_us if absence.start_us <= at_us < absence.end_us else at_us
            step = int(np.searchsorted(self.edges_us, at_us, side="right")) - 2
            high_wh = inf if target.max_wh is None else max(target.max_wh, self.storage.reserve_wh)
            low_wh = 0.0 if target.min_wh is None else target.min_wh
            last = self.hours.size - 1
            found.append(
                StorageGoal(min(step, last), low_wh, high_wh, target.priority, f"target:{position}")
            )
        return tuple(found)

    @cached_property
    def reachable_wh(self) -> Numbers:
        """What it would hold (n) if it charged at full power whenever it may."""
        gained_wh = self.open * self.storage.charge_w * sqrt(self.storage.efficiency) * self.hours
        held_wh, reached_wh = self.storage.energy_wh, np.empty(self.hours.size)
        for step, gained in enumerate(gained_wh):
            full_wh = held_wh * self.kept[step] + gained
            held_wh = max(0.0, min(full_wh, self.most_wh[step] + self.trips_wh[step]))
            held_wh = max(0.0, held_wh - self.trips_wh[step])
            reached_wh[step] = held_wh
        return reached_wh

    def held_after(self, charge_w: Numbers, discharge_w: Numbers) -> Numbers:
        """Find what it holds (n, Wh) after each step at given powers (n, W, meter side)."""
        return self.held_and_lacked(charge_w, discharge_w)[0]

    def missed_trips(self, charge_w: Numbers, discharge_w: Numbers) -> list[tuple[int, float]]:
        """Find, for each absence (by position), the Wh that it uses and the unit does not have."""
        missed_wh = self.held_and_lacked(charge_w, discharge_w)[1]
        found = []
        for position, absence in enumerate(self.storage.absences):
            step = int(np.searchsorted(self.edges_us, absence.end_us)) - 1
            if 0 <= step < missed_wh.size and missed_wh[step] > 0.0:
                found.append((position, float(missed_wh[step])))
        return found

    def held_and_lacked(self, charge_w: Numbers, discharge_w: Numbers) -> tuple[Numbers, Numbers]:
        """Find what it holds (n) after each step, and what a trip that ends then lacked (n)."""
        loss = sqrt(self.storage.efficiency)
        change_wh = (charge_w * loss - discharge_w / loss) * self.hours - self.trips_wh
        missed_wh = np.zeros(self.hours.size)
        if self.storage.standby_loss == 0.0 and not self.trips_wh.any():
            return self.storage.energy_wh + np.cumsum(change_wh), missed_wh
        held_wh, after_wh = self.storage.energy_wh, np.empty(self.hours.size)
        for step, change in enumerate(change_wh):
            held_wh = held_wh * self.kept[step] + change
            if self.trips_wh[step] and held_wh < 0.0:
                missed_wh[step], held_wh = -held_wh, 0.0
            after_wh[step] = held_wh
        return after_wh, missed_wh


def effective(goals: tuple[StorageGoal, ...]) -> list[StorageGoal]:
    """Leave out what another goal of the same step asks for with no later priority."""
    kept: list[StorageGoal] = []
    for goal in sorted(goals, key=lambda one: (one.step, one.priority, -one.low_wh)):
        same = [one for one in kept if one.step == goal.step]
        low_wh = goal.low_wh if all(one.low_wh < goal.low_wh for one in same) else 0.0
        high_wh = goal.high_wh if all(one.high_wh > goal.high_wh for one in same) else inf
        if low_wh > 0.0 or high_wh < inf:
            kept.append(goal._replace(low_wh=low_wh, high_wh=high_wh))
    return kept
