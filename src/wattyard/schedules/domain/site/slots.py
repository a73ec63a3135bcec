"""From powers in each step to slots, each with the state at its end and why it is."""

from dataclasses import replace
from typing import Final

from wattyard.kernel.arrays import np
from wattyard.schedules.domain.power import Why
from wattyard.schedules.domain.site.part import Run
from wattyard.schedules.domain.site.plan import SiteFlows, SiteSlot
from wattyard.schedules.domain.site.question import SiteQuestion

_SAME_POWER_W: Final = 1e-2
_NOISE_W: Final = 0.1


def slots_of(question: SiteQuestion, run: Run, flows: SiteFlows) -> tuple[SiteSlot, ...]:
    """List a device's slots in order of time; steps that touch with equal power and why are one.

    A device whose slots are given keeps them; then they only get their reason.
    """
    if run.slots is not None:
        starts_us = np.array([slot.start_us for slot in run.slots], dtype=np.int64)
        steps = np.searchsorted(question.edges_us, starts_us, side="right") - 1
        return tuple(
            replace(slot, why=_why(question, run, flows, int(step)))
            for slot, step in zip(run.slots, steps, strict=True)
        )
    slots: list[SiteSlot] = []
    running = run.power_w != 0.0
    if run.curtailed_w is not None:
        running = running | (run.curtailed_w > 0.0)
    for step in np.flatnonzero(running):
        slot = _slot(question, run, flows, int(step))
        if slots and _goes_on(slots[-1], slot):
            slots[-1] = replace(slot, start_us=slots[-1].start_us, power_w=slots[-1].power_w)
        else:
            slots.append(slot)
    return tuple(slots)


def _slot(question: SiteQuestion, run: Run, flows: SiteFlows, step: int) -> SiteSlot:
    return SiteSlot(
        start_us=int(question.edges_us[step]),
        end_us=int(question.edges_us[step + 1]),
        power_w=float(run.power_w[step]),
        held_wh=None if run.held_wh is None else float(run.held_wh[step]),
        temperature_c=None if run.temperature_c is None else float(run.temperature_c[step]),
        curtailed_w=None if run.curtailed_w is None else float(run.curtailed_w[step]),
        why=_why(question, run, flows, step),
    )


def _goes_on(one: SiteSlot, two: SiteSlot) -> bool:
    return (
        one.end_us == two.start_us
        and one.why == two.why
        and abs(one.power_w - two.power_w) < _SAME_POWER_W
        and abs((one.curtailed_w or 0.0) - (two.curtailed_w or 0.0)) < _SAME_POWER_W
    )


def _why(question: SiteQuestion, run: Run, flows: SiteFlows, step: int) -> Why | None:
    """Find why a device runs in a step, where that is asked for.

    Sun is `solar`. Giving: `export` where the site feeds the grid, else `cheapest`. Taking:
    `reserve` and `deadline` where it has to, `solar` where the site imports nothing meanwhile,
    `site_limit` where the connection is full, else `cheapest`.
    """
    if not question.explain:
        return None
    if run.curtailed_w is not None:
        return "solar"
    if run.power_w[step] < 0.0:
        return "export" if flows.export_w[step] > _NOISE_W else "cheapest"
    return _why_it_takes(question, run, flows, step)


def _why_it_takes(question: SiteQuestion, run: Run, flows: SiteFlows, step: int) -> Why:
    forced = run.forced[step] if run.forced else None
    if forced == "reserve":
        return forced
    if flows.import_w[step] <= _NOISE_W:
        return "solar"
    full = flows.import_w[step] >= question.import_limit_w[step] - _NOISE_W
    return forced or ("site_limit" if full else "cheapest")
