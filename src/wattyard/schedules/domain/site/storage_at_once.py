"""A car or a battery where nobody plans (see `at_once`)."""

from math import sqrt
from typing import Final

from wattyard.kernel.arrays import Numbers, np
from wattyard.schedules.domain.site.behind_the_meter import BehindTheMeter
from wattyard.schedules.domain.site.devices import SiteStorage
from wattyard.schedules.domain.site.part import Run
from wattyard.schedules.domain.site.storage_run import run_of_storage
from wattyard.schedules.domain.site.storage_times import StorageGoal, StorageTimes

_ROUNDING_WH: Final = 1e-3
_NOISE_W: Final = 1e-3


class StorageAtOnce:
    """A unit while the steps go by: `power_w` (n, charging positive), `held_wh` (n) after each."""

    def __init__(self, site: BehindTheMeter, storage: SiteStorage) -> None:
        question = site.question
        self.site, self.storage = site, storage
        self.times = StorageTimes(storage, question.edges_us, question.hours)
        self._loss = sqrt(storage.efficiency)
        self._charge_w, self._discharge_w = (
            most_w if most_w >= storage.least_w else 0.0
            for most_w in (storage.charge_w, storage.discharge_w)
        )
        self._open: list[float]
        self._hours: list[float]
        self._kept: list[float]
        self._trips_wh: list[float]
        self._open, self._hours, self._kept, self._trips_wh = (
            series.tolist()
            for series in (self.times.open, question.hours, self.times.kept, self.times.trips_wh)
        )
        self.power_w = np.zeros(question.steps)
        self.held_wh = np.zeros(question.steps)
        self._goals: dict[int, list[StorageGoal]] = {}
        for goal in self.times.goals:
            self._goals.setdefault(goal.step, []).append(goal)
        wanted_wh, self._most_wh = self._asked()
        self._wanted_wh, self._ceiling_wh = wanted_wh.tolist(), self._most_wh.tolist()
        self._held_wh = storage.energy_wh

    def _asked(self) -> tuple[Numbers, Numbers]:
        """Find what charging is to reach in each step (n), and not to pass, for what is to come."""
        wanted_wh = self.times.trips_wh.copy()
        most_wh = np.full(wanted_wh.size, min(self.storage.most_wh, self.storage.capacity_wh))
        for goal in (one for one in self.times.goals if one.step >= 0):
            wanted_wh[goal.step] = max(wanted_wh[goal.step], goal.low_wh)
            most_wh[goal.step] = min(most_wh[goal.step], goal.high_wh)
        wanted_wh = np.maximum.accumulate(wanted_wh[::-1])[::-1]
        most_wh = np.minimum.accumulate(most_wh[::-1])[::-1]
        return np.minimum(wanted_wh, most_wh), most_wh

    def _natural_wh(self, step: int) -> float:
        """What it holds at the end of the present step where it rests."""
        return self._held_wh * self._kept[step]

    def charge(self, step: int) -> None:
        """Charge at full power, as far as a target or trip to come asks for it."""
        lacking_wh = self._wanted_wh[step] - self._natural_wh(step)
        if self._open[step] and lacking_wh > _ROUNDING_WH:
            wanted_w = lacking_wh / (self._loss * self._hours[step])
            self._take(step, self._allowed_w(step, wanted_w))

    def follow(self, step: int) -> None:
        """Take surplus sun, or serve what the site draws."""
        if not self._open[step]:
            return
        natural_wh, hours = self._natural_wh(step), self._hours[step]
        surplus_w = -float(self.site.net_w[step])
        if surplus_w > _NOISE_W:
            room_wh = self._ceiling_wh[step] - natural_wh
            fits_w = max(room_wh, 0.0) / (self._loss * hours)
            power_w = min(surplus_w, fits_w, self._charge_w, self._room_w(step))
        else:
            spare_w = max(natural_wh - self.storage.reserve_wh, 0.0) * self._loss / hours
            room_w = self.site.room_back_w(self.storage.device, step)
            power_w = -min(spare_w, self._discharge_w, room_w)
        if abs(power_w) >= max(self.storage.least_w, _NOISE_W):
            self._take(step, power_w)

    def settle(self, step: int) -> None:
        """Note what it holds after a step, and charge before what is missing for a target."""
        held_wh = self._natural_wh(step) - self._trips_wh[step]
        if power_w := float(self.power_w[step]):
            held_wh += self._stored_w(power_w) * self._hours[step]
        self.held_wh[step] = self._held_wh = max(held_wh, 0.0)
        for goal in self._goals.get(step, ()):
            self._mend(goal)
            self._held_wh = float(self.held_wh[step])

    def run(self) -> Run:
        """Judge what it did."""
        return run_of_storage(
            self.times, np.maximum(self.power_w, 0.0), np.maximum(-self.power_w, 0.0)
        )

    def _mend(self, goal: StorageGoal) -> None:
        """Charge what is missing for a target in the latest steps before it."""
        for step in range(goal.step, -1, -1):
            missing_wh = min(goal.low_wh, float(self._most_wh[goal.step])) - self.held_wh[goal.step]
            if missing_wh <= _ROUNDING_WH:
                return
            able = self._open[step] and self.power_w[step] < self._charge_w - _NOISE_W
            if able and self.site.room_w(self.storage.device, step) > _NOISE_W:
                self._add(step, goal.step, float(missing_wh))

    def _add(self, step: int, until: int, missing_wh: float) -> None:
        """Charge more, or discharge less, in a step, for what is missing at the end of another."""
        left = np.append(1.0, np.cumprod(self.times.kept[step + 1 : until + 1]))
        free_wh = (self._most_wh - self.held_wh)[step : until + 1] / left
        most_wh = max(float(free_wh.min()), 0.0)
        before_w = float(self.power_w[step])
        after_w = self._raised_w(step, before_w, min(missing_wh / float(left[-1]), most_wh))
        added_wh = (self._stored_w(after_w) - self._stored_w(before_w)) * self._hours[step]
        if after_w > before_w + _NOISE_W and added_wh <= most_wh + _ROUNDING_WH:
            self._take(step, after_w - before_w)
            self.held_wh[step : until + 1] += added_wh * left

    def _stored_w(self, power_w: float) -> float:
        return power_w * self._loss if power_w > 0.0 else power_w / self._loss

    def _raised_w(self, step: int, before_w: float, added_wh: float) -> float:
        """Find the power that stores so much more in a step, as near as limits allow."""
        stored_w = self._stored_w(before_w) + added_wh / self._hours[step]
        wanted_w = stored_w / self._loss if stored_w > 0.0 else stored_w * self._loss
        room_w = self.site.room_w(self.storage.device, step)
        if not self.storage.grid_charging:
            room_w = min(room_w, float(self.site.sun_left_w[step]) + max(-before_w, 0.0))
        least_w, most_w = self.storage.least_w, min(self._charge_w, before_w + room_w)
        if 0.0 < wanted_w < least_w:
            wanted_w = least_w
        elif -least_w < wanted_w < 0.0:
            wanted_w = 0.0
        reached_w = min(wanted_w, most_w)
        return reached_w if abs(reached_w) >= least_w or not reached_w else before_w

    def _allowed_w(self, step: int, wanted_w: float) -> float:
        """Find the power nearest to what is wanted: 0, or between the least and what there is."""
        most_w = min(self._charge_w, self._room_w(step))
        power_w = min(max(wanted_w, self.storage.least_w), most_w)
        gained_wh = power_w * self._loss * self._hours[step]
        fits = self._natural_wh(step) + gained_wh <= self._ceiling_wh[step] + _ROUNDING_WH
        return power_w if fits and power_w >= max(self.storage.least_w, _NOISE_W) else 0.0

    def _room_w(self, step: int) -> float:
        room_w = self.site.room_w(self.storage.device, step)
        if self.storage.grid_charging:
            return room_w
        return min(room_w, float(self.site.sun_left_w[step]))

    def _take(self, step: int, power_w: float) -> None:
        """Add to what it takes in a step."""
        before_w = max(float(self.power_w[step]), 0.0)
        self.power_w[step] += power_w
        self.site.take(self.storage.device, step, power_w)
        if not self.storage.grid_charging:
            self.site.sun_left_w[step] -= max(float(self.power_w[step]), 0.0) - before_w
