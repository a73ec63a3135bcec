"""Plans by amount that are made as a site program, one load for each device (contract 4b).

For demand charges: then the cost of a step depends on all others, and no closed form is exact.
"""

from wattyard.kernel.arrays import Marks, Numbers, np
from wattyard.schedules.domain.by_amount.outcome import StepPlan
from wattyard.schedules.domain.by_amount.question import AmountQuestion
from wattyard.schedules.domain.by_amount.shared_steps import SharedSteps
from wattyard.schedules.domain.power import PowerSlot
from wattyard.schedules.domain.prices import Instants
from wattyard.schedules.domain.site.devices import Shiftable, Stretch
from wattyard.schedules.domain.site.planning import plan_site
from wattyard.schedules.domain.site.question import SiteQuestion


def by_site(question: AmountQuestion, steps: SharedSteps) -> StepPlan:
    """Plan the devices that buy, on steps that lay out their windows."""
    plan = plan_site(site_question(question, steps))
    energy_wh: Numbers = np.zeros(steps.inside.shape)
    slots: list[list[PowerSlot]] = [[] for _ in range(steps.needed_wh.size)]
    for device in plan.devices:
        row = int(device.device)
        energy_wh[row] = np.maximum(device.power_w, 0.0) * steps.hours
        slots[row] = [
            PowerSlot(slot.start_us, slot.end_us, slot.power_w)
            for slot in device.slots
            if slot.power_w > 0.0
        ]
    return StepPlan(steps, energy_wh, slots, float(plan.gap), buys=True)


def site_question(question: AmountQuestion, steps: SharedSteps) -> SiteQuestion:
    """Ask the same of a site with a load for each device, named by its row."""
    edges_us = steps.edges_us
    usual_w = np.zeros(steps.hours.size)
    if question.load is not None:
        usual_w = question.load.at(edges_us[:-1])
    return SiteQuestion(
        edges_us=edges_us,
        import_per_kwh=steps.per_kwh,
        load_w=usual_w,
        import_limit_w=np.full(usual_w.size, question.limits.import_w),
        loads=tuple(
            Shiftable(
                device=str(row),
                energy_wh=float(steps.needed_wh[row]),
                windows=windows,
                max_w=float(steps.power_w[row]),
                least_w=float(steps.least_w[row]),
            )
            for row in range(steps.needed_wh.size)
            if (windows := _windows(edges_us, steps.allowed[row]))
        ),
        demand=question.demand,
        seconds=question.seconds,
    )


def _windows(edges_us: Instants, allowed: Marks) -> tuple[Stretch, ...]:
    """List the stretches of steps (n) in which a device may run."""
    changes = np.flatnonzero(np.diff(np.concatenate([[False], allowed, [False]])))
    return tuple(
        Stretch(int(edges_us[first]), int(edges_us[last]))
        for first, last in zip(changes[::2], changes[1::2], strict=True)
    )
