"""From the numbers of a site program to its plan: flows, costs, shortfalls and slots."""

from typing import Final

from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.power import TOLERANCE_W, WATTS_PER_KW, WH_PER_KWH
from wattyard.schedules.domain.site.costs import cost_of
from wattyard.schedules.domain.site.part import Run
from wattyard.schedules.domain.site.plan import Shortfall, SiteDevicePlan, SiteFlows, SitePlan
from wattyard.schedules.domain.site.program import SiteProgram
from wattyard.schedules.domain.site.question import SiteQuestion
from wattyard.schedules.domain.site.slots import slots_of
from wattyard.schedules.domain.site.solution import Found

_NOISE_W: Final = 1e-3
_NOISE_MONEY: Final = 1e-6
_PROVEN: Final = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class SiteRun:
    """What each device does, and what the site then does."""

    devices: tuple[Run, ...]
    flows: SiteFlows


def run_of(site: SiteProgram, values: Numbers) -> SiteRun:
    """Read what all devices do, and settle what flows through the meter."""
    question, meter = site.question, site.meter
    curtailed_w = np.array([values[columns] for columns in meter.curtailed]) * WATTS_PER_KW
    runs = [placed.read(values) for placed in site.placed]
    for group, held_back_w in zip(meter.groups, curtailed_w, strict=True):
        total = sum(one.share for one in group.devices) or 1.0
        for one in group.devices:
            share = one.share / total
            own_w = np.where(held_back_w < _NOISE_W, 0.0, held_back_w) * share
            given_w = group.sun_kw * WATTS_PER_KW * share - own_w
            runs.append(Run(one.device, -np.maximum(given_w, 0.0), curtailed_w=own_w))
    return SiteRun(tuple(runs), flows_of(question, runs))


def flows_of(question: SiteQuestion, runs: list[Run]) -> SiteFlows:
    """Settle what the site takes and gives when its devices run so."""
    zero = np.zeros(question.steps)
    curtailed_w = sum((run.curtailed_w for run in runs if run.curtailed_w is not None), zero)
    solar_w = -sum((run.power_w for run in runs if run.curtailed_w is not None), zero)
    net_w = question.load_w + sum((run.power_w for run in runs), zero)
    return SiteFlows(
        import_w=np.where(net_w > _NOISE_W, net_w, 0.0),
        export_w=np.where(net_w < -_NOISE_W, -net_w, 0.0),
        load_w=question.load_w,
        solar_w=solar_w,
        curtailed_w=curtailed_w,
    )


def plan_of(site: SiteProgram, found: Found, *, kept: bool = False) -> SitePlan:
    """Put a plan together from the numbers that were found."""
    question = site.question
    run = run_of(site, found.values)
    cost = cost_of(question, run.devices, run.flows)
    weights = question.weights
    objective = weights.cost * (cost.total - cost.preferences) + cost.preferences
    held_at_start = weights.cost * sum(
        one.value_per_kwh_at_end * one.energy_wh / WH_PER_KWH for one in question.storages
    )
    claimed = float(site.goals[site.objective] @ found.values) + held_at_start
    devices = tuple(_device(question, one, run.flows) for one in run.devices if one.device)
    shortfalls = _site_shortfalls(question, run.flows)
    partial = bool(shortfalls) or any(one.status == "PARTIAL" for one in devices)
    return SitePlan(
        status="PARTIAL" if partial else "COMPLETE",
        edges_us=question.edges_us,
        devices=devices,
        flows=run.flows,
        cost=cost,
        objective=objective,
        bound=_bound(objective, claimed, found.bound + held_at_start),
        solver=found.solver,
        shortfalls=shortfalls,
        kept=kept,
    )


def _device(question: SiteQuestion, run: Run, flows: SiteFlows) -> SiteDevicePlan:
    return SiteDevicePlan(
        device=run.device,
        status="PARTIAL" if run.shortfalls else "COMPLETE",
        power_w=run.power_w,
        slots=slots_of(question, run, flows),
        shortfalls=run.shortfalls,
        held_wh=run.held_wh,
        temperature_c=run.temperature_c,
        curtailed_w=run.curtailed_w,
    )


def _bound(objective: float, claimed: float, bound: float) -> float:
    """Find what no plan's objective is below.

    The program's own numbers claim a little more or less than the plan costs: rounding, and peaks
    that a demand charge does not see.
    """
    size = max(1.0, abs(objective))
    if objective <= claimed + _NOISE_MONEY * size:
        bound = min(objective, max(objective - (claimed - bound), bound))
    return objective if objective - bound <= _PROVEN * size else bound


def _site_shortfalls(question: SiteQuestion, flows: SiteFlows) -> tuple[Shortfall, ...]:
    above_w = float((flows.import_w - question.import_limit_w).max())
    if above_w <= TOLERANCE_W:
        return ()
    return (Shortfall("load", above_w, "W", "site_power"),)
