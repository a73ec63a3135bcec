"""What a site does where nobody plans (contract 4b, `baseline`).

Loads run from the first step of their windows at full power, cars are charged at full power
whenever they can be until they hold what a target or trip to come asks for, and heat pumps hold the
lower edge of their comfort band (warming up in the latest steps for what one step cannot reach).
The battery takes surplus sun and serves what the site draws, and never feeds the grid. What is then
missing for a unit's target is charged in the latest steps before it. Sun is held back only where
the export limit or a circuit forces it. All keep the limits of the site and of circuits: loads come
first, then heat pumps, cars and batteries, each in the order of the question.
"""

from math import inf
from typing import Final

from wattyard.kernel.arrays import Numbers, np
from wattyard.schedules.domain.power import WATTS_PER_KW
from wattyard.schedules.domain.site.behind_the_meter import BehindTheMeter
from wattyard.schedules.domain.site.devices import HeatPumpLoad, Shiftable
from wattyard.schedules.domain.site.heat_pump import Warming
from wattyard.schedules.domain.site.part import Run
from wattyard.schedules.domain.site.question import SiteQuestion
from wattyard.schedules.domain.site.shiftable_times import ShiftableTimes
from wattyard.schedules.domain.site.storage_at_once import StorageAtOnce

_NOISE_W: Final = 1e-3
_ROUNDING_WH: Final = 1e-6


def at_once(question: SiteQuestion) -> list[Run]:
    """Run the devices of a question with nobody planning."""
    site = BehindTheMeter(question)
    loads = [_load(site, ShiftableTimes(load, question.edges_us)) for load in question.loads]
    pumps = [_heat_pump(site, Warming(pump, question.edges_us)) for pump in question.heat_pumps]
    return [*_storages(site), *loads, *pumps, *site.sun()]


def _storages(site: BehindTheMeter) -> list[Run]:
    """Go through the steps: cars charge, batteries follow the site, missed targets are made up
    for."""
    units = [StorageAtOnce(site, storage) for storage in site.question.storages]
    cars = [unit for unit in units if unit.storage.car]
    batteries = [unit for unit in units if not unit.storage.car]
    for step in range(site.question.steps):
        for unit in cars:
            unit.charge(step)
        for unit in batteries:
            unit.follow(step)
        for unit in units:
            unit.settle(step)
    return [unit.run() for unit in units]


def _load(site: BehindTheMeter, times: ShiftableTimes) -> Run:
    """Run a load at once, at the highest power there is room for."""
    load = times.load
    power_w = _unbroken(site, times) if load.contiguous else None
    if power_w is None:
        power_w = _greedy(site, times)
    power_w = _with_least(times, power_w)
    for step in np.flatnonzero(power_w).tolist():
        site.take(load.device, step, float(power_w[step]))
    return Run(load.device, power_w, shortfalls=times.shortfalls(power_w))


def _unbroken(site: BehindTheMeter, times: ShiftableTimes) -> Numbers | None:
    """Find the earliest single run at the highest power that there is room for, if any."""
    load = times.load
    if load.energy_wh <= 0.0 or load.max_starts == 0:
        return np.zeros(times.hours.size)
    room_w = np.array([site.room_w(load.device, step) for step in range(times.hours.size)])
    for level_w in sorted(load.levels_w or (load.max_w,), reverse=True):
        if level_w <= 0.0:
            continue
        courses = times.courses(level_w)
        fits = ((courses <= _NOISE_W) | (room_w >= level_w - _NOISE_W)).all(axis=1)
        if fits.any():
            return np.asarray(courses[int(np.argmax(fits))], dtype=np.float64)
    return None


def _greedy(site: BehindTheMeter, times: ShiftableTimes) -> Numbers:
    """Run in each step that allows it, until all energy is used."""
    load, left_wh = times.load, times.load.energy_wh
    power_w, starts = np.zeros(times.hours.size), 0
    most = inf if times.most_runs is None else times.most_runs
    for step in np.flatnonzero(times.open).tolist():
        if left_wh <= _ROUNDING_WH:
            break
        new = step == 0 or power_w[step - 1] == 0.0
        long_enough = times.edges_us[step] + times.least_run_us <= times.ends_us[step]
        if new and (starts >= most or not long_enough):
            continue
        level_w = _level_w(load, site.room_w(load.device, step))
        power_w[step] = min(level_w, left_wh / times.hours[step])
        starts += bool(new and power_w[step] > 0.0)
        left_wh -= power_w[step] * times.hours[step]
    return power_w


def _with_least(times: ShiftableTimes, power_w: Numbers) -> Numbers:
    """Let the steps before the last one use less, where the last would take too little."""
    ran = np.flatnonzero(power_w).tolist()
    if times.load.levels_w or not ran:
        return power_w
    power_w, hours, last = power_w.copy(), times.hours, ran.pop()
    lacking_wh = max(float(times.least_w[last] - power_w[last]) * hours[last], 0.0)
    for step in reversed(ran):
        spare_wh = max(float(power_w[step] - times.least_w[step]) * hours[step], 0.0)
        moved_wh = min(spare_wh, lacking_wh)
        lacking_wh -= moved_wh
        power_w[step] -= moved_wh / hours[step]
        power_w[last] += moved_wh / hours[last]
    return power_w


def _level_w(load: Shiftable, room_w: float) -> float:
    """Find the highest power that there is room for."""
    if load.levels_w:
        return max((one for one in load.levels_w if one <= room_w + _NOISE_W), default=0.0)
    most_w = min(load.max_w, room_w)
    return most_w if most_w >= load.least_w else 0.0


def _heat_pump(site: BehindTheMeter, warming: Warming) -> Run:
    """Hold the lower edge of the comfort band."""
    pump = warming.pump
    needed_c, at_c = warming.needed_c(), pump.initial_c
    power_kw = np.zeros(needed_c.size)
    for step in range(needed_c.size):
        wanted_kw = warming.held_kw(step, at_c, float(needed_c[step]))
        power_kw[step] = _fitting_kw(pump, wanted_kw, site.room_w(pump.device, step) / WATTS_PER_KW)
        site.take(pump.device, step, float(power_kw[step]) * WATTS_PER_KW)
        at_c = warming.after_c(step, at_c, float(power_kw[step]))
    return Run(
        pump.device,
        power_kw * WATTS_PER_KW,
        temperature_c=warming.temperatures(power_kw),
        shortfalls=warming.shortfalls(power_kw),
    )


def _fitting_kw(pump: HeatPumpLoad, wanted_kw: float, room_kw: float) -> float:
    if wanted_kw <= room_kw + _NOISE_W / WATTS_PER_KW:
        return wanted_kw
    if pump.levels_w:
        fitting = [one for one in pump.levels_w if one <= room_kw * WATTS_PER_KW + _NOISE_W]
        return max(fitting, default=0.0) / WATTS_PER_KW
    return room_kw if room_kw >= pump.least_w / WATTS_PER_KW else 0.0
