"""The second hand's best plan in the shape of the program's, so that the auditor can judge it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wattyard.schedules.domain.site.plan import (
    SiteCost,
    SiteDevicePlan,
    SiteFlows,
    SitePlan,
    SiteSlot,
    SolverStats,
)
from wattyard.schedules.domain.site.question import SiteQuestion

from .case import recomputed_held, recomputed_temperatures
from .loads import LoadRows, levels
from .reference import Best


def answered(asked: SiteQuestion, best: Best) -> SitePlan:
    """The plan that `best` describes, without costs and shortfalls: those are the auditor's."""
    site, values, count = best.site, best.values, asked.steps
    powers = {
        name: 1000
        * np.array([dict(site.device_kw(step))[name].at(values) for step in range(count)])
        for name, _ in site.device_kw(0)
    }
    devices = tuple(_device(asked, best, name, watts) for name, watts in powers.items())
    suns = [sun.name for sun in site.question.suns]
    solar = -sum((powers[name] for name in suns), np.zeros(count))
    forecast = sum((1000 * np.array(sun.kw) for sun in site.question.suns), np.zeros(count))
    flows = SiteFlows(
        1000 * values[site.taken],
        1000 * values[site.given],
        asked.load_w,
        solar,
        forecast - solar,
    )
    return SitePlan(
        "COMPLETE",
        asked.edges_us,
        devices,
        flows,
        SiteCost(0.0),
        best.objective,
        best.objective,
        SolverStats(),
    )


def _device(asked: SiteQuestion, best: Best, name: str, watts: np.ndarray) -> SiteDevicePlan:
    question, hours = best.site.question, np.asarray(best.site.question.hours)
    plan = SiteDevicePlan(name, "COMPLETE", watts, _whole_steps(asked, watts))
    for store in question.stores:
        if store.name == name:
            return replace(plan, held_wh=1000 * recomputed_held(store, watts / 1000, hours))
    for pump in question.pumps:
        if pump.name == name:
            return replace(
                plan, temperature_c=recomputed_temperatures(pump, watts / 1000, hours)[0]
            )
    for sun in question.suns:
        if sun.name == name:
            return replace(plan, curtailed_w=1000 * np.array(sun.kw) + watts)
    rows = next(one for one in best.site.loads if one.load.name == name)
    return replace(plan, slots=_cut_steps(asked, best, rows, watts))


def _whole_steps(asked: SiteQuestion, watts: np.ndarray) -> tuple[SiteSlot, ...]:
    edges = asked.edges_us
    return tuple(
        SiteSlot(int(edges[step]), int(edges[step + 1]), float(power))
        for step, power in enumerate(watts)
        if abs(power) > 1e-3
    )


def _cut_steps(
    asked: SiteQuestion, best: Best, rows: LoadRows, watts: np.ndarray
) -> tuple[SiteSlot, ...]:
    slots = []
    for slot in _whole_steps(asked, watts):
        step = int(np.searchsorted(asked.edges_us, slot.start_us))
        cut = [best.values[column] > 0.5 for column in rows.cut[step]]
        if any(cut):
            power = 1000 * levels(rows.load)[cut.index(True)]
            length = round((slot.end_us - slot.start_us) * slot.power_w / power)
            slots.append(SiteSlot(slot.start_us, slot.start_us + length, power))
        else:
            slots.append(slot)
    return tuple(slots)
