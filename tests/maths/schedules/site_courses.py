"""All that one load can do in a few steps, listed by hand: what a site program is held against."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

import numpy as np

from wattyard.schedules.domain.site.devices import Shiftable
from wattyard.schedules.domain.site.question import SiteQuestion

HOUR_US = 3_600_000_000
Numbers = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Course:
    """Mean and highest powers (n, W), what is not used of the energy (Wh), and how many runs."""

    power_w: Numbers
    highest_w: Numbers
    unmet_wh: float
    starts: int


def courses(load: Shiftable, edges_us: Numbers) -> Iterator[Course]:
    """List every course of a load with levels that keeps its rules."""
    hours = np.diff(edges_us) / HOUR_US
    for levels in product((0.0, *load.levels_w), repeat=hours.size):
        power_w = np.array(levels)
        used_wh = float(power_w @ hours)
        ran = np.flatnonzero(power_w)
        cut_h = 0.0
        if used_wh > load.energy_wh + 1e-9:
            cut_h = (used_wh - load.energy_wh) / power_w[ran[-1]]
            if cut_h >= hours[ran[-1]] - 1e-9:
                continue
        course = power_w.copy()
        if cut_h:
            course[ran[-1]] *= 1.0 - cut_h / hours[ran[-1]]
        runs = runs_of(power_w, edges_us, cut_h)
        if keeps_rules(load, runs) and all(inside(load, run) for run in runs):
            yield Course(course, power_w, load.energy_wh - float(course @ hours), len(runs))


def runs_of(power_w: Numbers, edges_us: Numbers, cut_h: float) -> list[tuple[float, float]]:
    """The runs (from, to; µs) of powers, the last one cut."""
    runs: list[tuple[float, float]] = []
    for step in np.flatnonzero(power_w):
        start, end = edges_us[step], edges_us[step + 1]
        if runs and runs[-1][1] == start:
            start = runs.pop()[0]
        runs.append((start, end))
    if runs:
        runs[-1] = runs[-1][0], runs[-1][1] - cut_h * HOUR_US
    return runs


def keeps_rules(load: Shiftable, runs: list[tuple[float, float]]) -> bool:
    """A run of all the energy may be shorter than runs are, where it is less than one uses."""
    short = load.energy_wh < min(load.levels_w) * load.min_run_us / HOUR_US - 1e-6
    single = load.contiguous or short
    most = min(1 if single else 99, 99 if load.max_starts is None else load.max_starts)
    least_us = 0 if short else load.min_run_us
    lengths = [end - start for start, end in runs]
    pauses = [two[0] - one[1] for one, two in pairwise(runs)]
    long_enough = all(length >= least_us - 10 for length in lengths)
    return len(runs) <= most and long_enough and all(one >= load.min_pause_us for one in pauses)


def inside(load: Shiftable, run: tuple[float, float]) -> bool:
    """Whether a run lies in the windows, in one of them if it must not be broken."""
    start, end = run
    if any(start < until and end > since for since, until in load.blocked):
        return False
    if load.contiguous:
        return any(since <= start and end <= until for since, until in load.windows)
    quarters = np.arange(start, end, HOUR_US / 12) + 1.0
    return all(
        any(since <= at < until for since, until in load.windows) for at in quarters.tolist()
    )


def cheapest(question: SiteQuestion) -> tuple[float, float]:
    """The least unmet energy (Wh) of a site with one load with levels, and then the least cost."""
    (load,) = question.loads
    hours = question.hours
    found = []
    for course in courses(load, question.edges_us):
        import_w = question.load_w + course.power_w
        if (question.load_w + course.highest_w > question.import_limit_w + 1e-6).any():
            continue
        taken_kwh = import_w * hours / 1000.0
        cost = float(taken_kwh @ question.import_per_kwh) + course.starts * load.start_cost
        cost += sum(rise.amount(question.edges_us, taken_kwh) for rise in question.demand)
        found.append((round(course.unmet_wh, 4), cost))
    return min(found)
