"""What each device may do, its states and shortfalls, computed again from its powers."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Final

import numpy as np

from wattyard.schedules.domain.site.plan import SiteDevicePlan

from . import question as own
from .case import WATT, WH, Case, recomputed_temperatures, recomputed_trips
from .reference import below
from .stores import TRIP, judged_at

KW: Final = WATT / 1000
KELVIN: Final = 0.01


def _stores(case: Case) -> None:
    for store in case.question.stores:
        told, kw = case.plan_of(store.name), case.kw(store.name)
        held, lacks = recomputed_trips(store, kw, case.hours)
        _store_powers(case, store, kw)
        _store_energy(case, store, kw, held)
        _told_series(case, told.held_wh, held * 1000, WH, f"{store.name}: energy")
        _targets(case, store, held, lacks)


def _store_powers(case: Case, store: own.Store, kw: np.ndarray) -> None:
    for step, power in enumerate(kw):
        where = f"{store.name} in step {step}"
        most = store.charge_kw if power > 0 else store.discharge_kw
        most = most if store.can_run(step) else 0.0
        case.audit.check(abs(power) <= most + KW, f"{where}: {power} kW, at most {most}")
        small = KW < abs(power) < store.least_kw - KW
        case.audit.check(not small, f"{where}: {power} kW is below its least")


def _store_energy(case: Case, store: own.Store, kw: np.ndarray, held: np.ndarray) -> None:
    for step, level in enumerate(held):
        where = f"{store.name} after step {step}: {level} kWh"
        case.audit.check(-WH / 1000 <= level <= store.capacity_kwh + WH / 1000, where)
        above = kw[step] > KW and level > store.most_kwh + WH / 1000
        case.audit.check(not above, f"{where}, charged above {store.most_kwh}")
        low = kw[step] < -KW and level < store.reserve_kwh - WH / 1000
        case.audit.check(not low, f"{where}, discharged below {store.reserve_kwh}")


def _told_series(
    case: Case, told: np.ndarray | None, computed: np.ndarray, within: float, what: str
) -> None:
    if told is None:
        case.audit.faults.append(f"{what} is not told")
        return
    worst = float(np.abs(told - computed).max(initial=0.0))
    case.audit.check(worst <= within, f"{what} is told {worst} wrong")


def _targets(case: Case, store: own.Store, held: np.ndarray, lacks: dict[int, float]) -> None:
    levels = [store.held_kwh, *held]
    missing = {f"absence:{position}": 1000 * kwh for position, kwh in lacks.items() if kwh > 0}
    case.audit.unmet(TRIP, sum(lacks.values()))
    for position, target in enumerate(store.targets):
        level = levels[judged_at(store, target.at)]
        short = max(target.floor_kwh - level, 0.0)
        over = 0.0
        if target.ceiling_kwh is not None:
            over = max(level - max(target.ceiling_kwh, store.reserve_kwh), 0.0)
        case.audit.unmet(target.priority, short + over)
        if short + over > 0:
            missing[f"target:{position}"] = 1000 * (short + over)
    shortfalls(case, case.plan_of(store.name), missing, WH)


def shortfalls(case: Case, told: SiteDevicePlan, missing: dict[str, float], within: float) -> None:
    """Each goal that is missed is told, and only those, with how much."""
    audit, name = case.audit, told.device
    goals = {one.goal: one.missing for one in told.shortfalls}
    for goal in {*missing, *goals}:
        wrong = f"{name}: shortfall of {goal}"
        audit.near(goals.get(goal, 0.0), missing.get(goal, 0.0), within, wrong)
    large = any(value > within for value in missing.values())
    audit.check(not (large and told.status == "COMPLETE"), f"{name}: COMPLETE, but {missing}")
    partial = told.status == "PARTIAL"
    audit.check(partial == bool(told.shortfalls), f"{name}: {told.status} with {goals}")
    audit.check(not partial or case.plan.status == "PARTIAL", f"{name} is PARTIAL, the site not")


def _suns(case: Case) -> None:
    question = case.question
    exported = (case.plan.flows.export_w - case.plan.flows.import_w) / 1000
    at_limit = exported >= np.asarray(question.export_kw) - KW
    for sun in question.suns:
        told = case.plan_of(sun.name)
        kw, forecast = -case.kw(sun.name), np.asarray(sun.kw)
        back = forecast - kw
        case.audit.check(bool((kw >= -KW).all()), f"{sun.name} draws power")
        case.audit.check(bool((back >= -KW).all()), f"{sun.name} gives more than the forecast")
        _told_series(case, told.curtailed_w, back * 1000, WATT, f"{sun.name}: curtailed")
        full = at_limit | _fuse_is_full(case, sun)
        wrong = (back > KW) & ~full
        case.audit.check(
            sun.curtailable or not wrong.any(), f"{sun.name} is held back and may not be"
        )


def _fuse_is_full(case: Case, sun: own.Sun) -> np.ndarray:
    full = np.zeros(case.question.count, dtype=bool)
    for circuit in case.question.circuits:
        names = below(case.question, circuit)
        if sun.name in names:
            net = sum((case.kw(name) for name in names), np.zeros(case.question.count))
            full |= -net >= circuit.max_kw - KW
    return full


def _pumps(case: Case) -> None:
    for pump in case.question.pumps:
        told, kw = case.plan_of(pump.name), case.kw(pump.name)
        for step, power in enumerate(kw):
            _pump_power(case, pump, step, power)
        temperatures, outside = recomputed_temperatures(pump, kw, case.hours)
        what = f"{pump.name}: temperature"
        _told_series(case, told.temperature_c, temperatures, KELVIN, what)
        case.audit.unmet(pump.priority, float(outside.sum()) * pump.capacity_kwh_per_k)
        worst = float(outside.max(initial=0.0))
        shortfalls(case, told, {"comfort": worst} if worst > 0 else {}, KELVIN)


def _pump_power(case: Case, pump: own.HeatPump, step: int, power: float) -> None:
    where = f"{pump.name} in step {step}: {power} kW"
    most = pump.max_kw if pump.can_run(step) else 0.0
    case.audit.check(-KW <= power <= most + KW, where)
    case.audit.check(not KW < power < pump.least_kw - KW, f"{where} is below its least")
    if pump.levels_kw and power > KW:
        near = min(abs(power - level) for level in pump.levels_kw)
        case.audit.check(near <= KW, f"{where} is none of its levels")


def _slots(case: Case) -> None:
    """Slots of a device do not overlap and hold the energy of its powers, step by step."""
    edges = case.asked.edges_us
    for device in case.plan.devices:
        moved = np.zeros(case.question.count)
        for one, other in pairwise(device.slots):
            case.audit.check(one.end_us <= other.start_us, f"{device.device}: slots overlap")
        for slot in device.slots:
            overlap = np.minimum(edges[1:], slot.end_us) - np.maximum(edges[:-1], slot.start_us)
            moved += np.maximum(overlap, 0) / 3.6e9 * slot.power_w
        worst = float(np.abs(moved - device.power_w * case.hours).max(initial=0.0))
        case.audit.check(worst <= WH, f"{device.device}: slots differ from powers by {worst} Wh")


RULES: Final[tuple[Callable[[Case], None], ...]] = (_stores, _suns, _pumps, _slots)
