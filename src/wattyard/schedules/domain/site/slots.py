"""From powers in each step to slots, each with the state at its end and why it is."""

from dataclasses import replace
from typing import Final

from wattyard.kernel.arrays import Marks, Numbers, np
from wattyard.schedules.domain.crowding import kept_from_cheaper
from wattyard.schedules.domain.power import Why
from wattyard.schedules.domain.site.part import Run
from wattyard.schedules.domain.site.plan import SiteFlows, SiteSlot
from wattyard.schedules.domain.site.question import SiteQuestion

_SAME_POWER_W: Final = 1e-2
_NOISE_W: Final = 0.1
_G_PER_KG: Final = 1000.0


def slots_of(question: SiteQuestion, run: Run, flows: SiteFlows) -> tuple[SiteSlot, ...]:
    """List a device's slots in order of time; steps that touch with equal power and why are one.

    A device whose slots are given keeps them; then they only get their reason.
    """
    crowded = _crowded_out(question, run, flows)
    if run.slots is not None:
        starts_us = np.array([slot.start_us for slot in run.slots], dtype=np.int64)
        steps = np.searchsorted(question.edges_us, starts_us, side="right") - 1
        return tuple(
            replace(slot, why=_why(question, run, flows, int(step), crowded))
            for slot, step in zip(run.slots, steps, strict=True)
        )
    slots: list[SiteSlot] = []
    running = run.power_w != 0.0
    if run.curtailed_w is not None:
        running = running | (run.curtailed_w > 0.0)
    for step in np.flatnonzero(running):
        slot = replace(
            _slot(question, run, int(step)), why=_why(question, run, flows, int(step), crowded)
        )
        if slots and _goes_on(slots[-1], slot):
            slots[-1] = replace(slot, start_us=slots[-1].start_us, power_w=slots[-1].power_w)
        else:
            slots.append(slot)
    return tuple(slots)


def _slot(question: SiteQuestion, run: Run, step: int) -> SiteSlot:
    return SiteSlot(
        start_us=int(question.edges_us[step]),
        end_us=int(question.edges_us[step + 1]),
        power_w=float(run.power_w[step]),
        held_wh=None if run.held_wh is None else float(run.held_wh[step]),
        temperature_c=None if run.temperature_c is None else float(run.temperature_c[step]),
        curtailed_w=None if run.curtailed_w is None else float(run.curtailed_w[step]),
    )


def _goes_on(one: SiteSlot, two: SiteSlot) -> bool:
    return (
        one.end_us == two.start_us
        and one.why == two.why
        and abs(one.power_w - two.power_w) < _SAME_POWER_W
        and abs((one.curtailed_w or 0.0) - (two.curtailed_w or 0.0)) < _SAME_POWER_W
    )


def _why(
    question: SiteQuestion, run: Run, flows: SiteFlows, step: int, crowded: Marks
) -> Why | None:
    """Find why a device runs in a step, where that is asked for.

    Sun is `solar`. Giving: `export` where the site feeds the grid, else `cheapest`. Taking:
    `reserve` and `deadline` where it has to, `solar` where the sun gives more than the house uses
    and nothing is imported, `site_limit` where the connection is full at a better time, else
    `cheapest`.
    """
    if not question.explain:
        return None
    if run.curtailed_w is not None:
        return "solar"
    if run.power_w[step] < 0.0:
        return "export" if flows.export_w[step] > _NOISE_W else "cheapest"
    return _why_it_takes(run, flows, step, crowded)


def _why_it_takes(run: Run, flows: SiteFlows, step: int, crowded: Marks) -> Why:
    forced = run.forced[step] if run.forced else None
    if forced == "reserve":
        return forced
    imports = flows.import_w[step] > _NOISE_W
    if not imports and flows.solar_w[step] > flows.load_w[step] + _NOISE_W:
        return "solar"
    return forced or ("site_limit" if crowded[step] else "cheapest")


def _crowded_out(question: SiteQuestion, run: Run, flows: SiteFlows) -> Marks:
    """Mark the steps (n) in which the connection, full at a better time, makes a device run."""
    imports = flows.import_w > _NOISE_W
    if not question.explain or run.leeway is None:
        return np.zeros_like(imports)
    full = flows.import_w >= question.import_limit_w - _NOISE_W
    return imports & kept_from_cheaper(run.leeway, run.power_w, _worth(question), full)


def _worth(question: SiteQuestion) -> Numbers:
    """Find what the objective counts (n) for each kWh that is imported."""
    weights, hours = question.weights, question.hours
    return np.asarray(
        weights.cost * question.import_per_kwh
        + weights.carbon_per_kg * question.carbon_g_per_kwh / _G_PER_KG
        + weights.sooner_per_kwh_hour * (np.cumsum(hours) - hours / 2.0)
    )
