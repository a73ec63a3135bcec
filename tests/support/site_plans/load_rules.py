"""What loads that run later may do: windows, levels, runs, pauses, starts."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Final

import numpy as np

from . import question as own
from .case import WH, Case, slot_hours
from .device_rules import KW, shortfalls
from .loads import as_it_can_run


def _loads(case: Case) -> None:
    for load in case.question.loads:
        told, kw = case.plan_of(load.name), case.kw(load.name)
        used = float(kw @ case.hours)
        missing = load.energy_kwh - used
        case.audit.check(missing >= -WH / 1000, f"{load.name} uses {-missing} kWh too much")
        case.audit.unmet(load.priority, missing)
        shortfalls(case, told, {"energy": 1000 * missing} if missing > 0 else {}, WH)
        for step in np.flatnonzero(kw > KW):
            case.audit.check(load.can_run(int(step)), f"{load.name} runs in step {step}")
        _levels(case, load)
        _runs(case, load)


def _levels(case: Case, load: own.Load) -> None:
    for slot in case.plan_of(load.name).slots:
        kw = slot.power_w / 1000
        where = f"{load.name} at {slot.start_us}: {kw} kW"
        if load.levels_kw:
            near = min(abs(kw - level) for level in load.levels_kw)
            case.audit.check(near <= KW, f"{where} is none of its levels")
        else:
            case.audit.check(load.least_kw - KW <= kw <= load.max_kw + KW, where)


def _runs(case: Case, asked: own.Load) -> None:
    load = as_it_can_run(asked)
    runs: list[list[int]] = []
    for slot in case.plan_of(load.name).slots:
        if runs and runs[-1][1] == slot.start_us:
            runs[-1][1] = slot.end_us
        else:
            runs.append([slot.start_us, slot.end_us])
    audit, name = case.audit, load.name
    edges = {int(edge) for edge in case.asked.edges_us}
    for start_us, end_us in runs:
        ran = slot_hours(start_us, end_us)
        audit.check(ran >= load.min_run_hours - 1e-6, f"{name}: a run of {ran} h")
        audit.check(start_us in edges, f"{name}: a run starts inside a step")
    for one, other in pairwise(runs):
        pause = slot_hours(one[1], other[0])
        audit.check(pause >= load.min_pause_hours - 1e-6, f"{name}: a pause of {pause} h")
    most = 1 if load.contiguous else load.max_starts
    audit.check(most is None or len(runs) <= most, f"{name} starts {len(runs)} times")
    if load.contiguous and runs:
        first = int(np.searchsorted(case.asked.edges_us, runs[0][0]))
        last = int(np.searchsorted(case.asked.edges_us, runs[-1][1])) - 1
        within = any(start <= first and last < end for start, end in load.windows)
        audit.check(within, f"{name}: its run leaves its window")


RULES: Final[tuple[Callable[[Case], None], ...]] = (_loads,)
