"""The best charge and discharge powers of storage units: a site program with few components."""

from typing import Final

from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.by_state_of_charge.meter import GridMeter
from wattyard.schedules.domain.by_state_of_charge.question import ChargeQuestion, Runs, Storage
from wattyard.schedules.domain.by_state_of_charge.reachable import StorageReach
from wattyard.schedules.domain.power import WATTS_PER_KW
from wattyard.schedules.domain.site.answer import plan_of
from wattyard.schedules.domain.site.devices import SiteStorage, StorageTarget
from wattyard.schedules.domain.site.program import SiteProgram, site_program
from wattyard.schedules.domain.site.question import SiteQuestion, Weights
from wattyard.schedules.domain.site.solution import found_if_any

_ROUNDING_WH: Final = 1e-6
_GRAMS_PER_KG: Final = 1000.0
_WEIGHTS: Final = {
    "COST": Weights(),
    "CARBON": Weights(cost=0.0, carbon_per_kg=_GRAMS_PER_KG),
    "SELF_CONSUMPTION": Weights(cost=0.0, carbon_per_kg=1.0, self_use_per_kwh=1.0),
}
"""Each objective in its own unit: money, g, or kWh through the meter, of which one that is imported
then counts as 1 kg."""


@dataclass(frozen=True, slots=True, eq=False)
class Powers:
    """What storage units charge and discharge (k, n) in W, never both at once."""

    charge_w: Numbers
    discharge_w: Numbers
    gap: float = 0.0


def best_powers(question: ChargeQuestion, meter: GridMeter, reaches: list[StorageReach]) -> Powers:
    """Minimise the question's objective over all storage units."""
    site = site_program(_site_question(question, meter, reaches))
    if question.runs is not None:
        site = _running(site, question.runs)
    found = found_if_any(site)
    if found is None:
        return at_full_power(question, meter, reaches)
    plan = plan_of(site, found)
    powers_w = np.array([one.power_w for one in plan.devices])
    return Powers(np.maximum(powers_w, 0.0), np.maximum(-powers_w, 0.0), min(plan.gap, 1.0))


def _site_question(
    question: ChargeQuestion, meter: GridMeter, reaches: list[StorageReach]
) -> SiteQuestion:
    """Ask the same of a site program.

    Storage units that may not feed the grid leave it the sun's own surplus, as an export limit.
    """
    steps, count = question.steps, question.steps.hours.size
    export_limit_w = np.full(count, question.limits.export_w)
    if not question.export_allowed:
        export_limit_w = np.minimum(export_limit_w, np.maximum(-steps.net_w, 0.0))
    through = question.objective == "SELF_CONSUMPTION"
    return SiteQuestion(
        edges_us=steps.edges_us,
        import_per_kwh=steps.import_per_kwh,
        export_per_kwh=steps.export_per_kwh,
        confidence=steps.confidence,
        carbon_g_per_kwh=np.full(count, _GRAMS_PER_KG) if through else steps.carbon_per_kwh,
        load_w=steps.base_load_w,
        sun_w=steps.pv_w,
        import_limit_w=np.full(count, question.limits.import_w),
        export_limit_w=export_limit_w,
        storages=tuple(
            _storage(str(row), storage, question, reach)
            for row, (storage, reach) in enumerate(zip(question.storages, reaches, strict=True))
        ),
        demand=question.demand,
        weights=_WEIGHTS[question.objective],
        spills_for_storages=False,
        seconds=question.seconds,
    )


def _storage(
    name: str, storage: Storage, question: ChargeQuestion, reach: StorageReach
) -> SiteStorage:
    """Describe a storage unit; what it is not to go below is a target of each step that rises."""
    kept_wh = min(storage.reserve_wh, storage.energy_wh)
    rising = np.flatnonzero(reach.floor_wh > kept_wh + _ROUNDING_WH)
    binding = [
        step
        for step in rising
        if storage.discharge_w > 0.0 or reach.floor_wh[step] > reach.floor_wh[:step].max(initial=0)
    ]
    return SiteStorage(
        name,
        storage.capacity_wh,
        storage.energy_wh,
        storage.charge_w,
        storage.discharge_w,
        least_w=storage.least_w if question.runs is None else 0.0,
        efficiency=storage.efficiency,
        reserve_wh=storage.reserve_wh,
        targets=tuple(
            StorageTarget(int(question.steps.edges_us[step + 1]), float(reach.floor_wh[step]))
            for step in binding
        ),
    )


def _running(site: SiteProgram, runs: Runs) -> SiteProgram:
    """Bound the powers of the one storage unit, step by step."""
    lower, upper = site.program.lower.copy(), site.program.upper.copy()
    for draw in site.drawn:
        least_w, most_w = runs.charge_w if draw.sign > 0.0 else runs.discharge_w
        lower[draw.columns], upper[draw.columns] = least_w / WATTS_PER_KW, most_w / WATTS_PER_KW
    return site.bound_to(lower, upper)


def at_full_power(
    question: ChargeQuestion, meter: GridMeter, reaches: list[StorageReach]
) -> Powers:
    """A plan without a solver: each unit in turn charges at once up to its highest floor."""
    hours = meter.steps.hours
    room_w = np.maximum(question.limits.import_w - meter.steps.net_w, 0.0)
    charge_w = np.zeros((len(question.storages), hours.size))
    for row, (storage, reach) in enumerate(zip(question.storages, reaches, strict=True)):
        most_wh = np.minimum(storage.charge_w, room_w) * hours
        wanted_wh = (float(reach.floor_wh.max()) - storage.energy_wh) / np.sqrt(storage.efficiency)
        before_wh = np.cumsum(most_wh) - most_wh
        charge_w[row] = np.clip(wanted_wh - before_wh, 0.0, most_wh) / hours
        room_w = room_w - charge_w[row]
    return Powers(charge_w, np.zeros_like(charge_w), gap=1.0)
