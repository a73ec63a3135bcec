"""What the site as a whole may do: balance, limits, fuses, stores together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from .case import WATT, Case
from .reference import below
from .stores import EXCESS


def _names(case: Case) -> None:
    names = [one.device for one in case.asked.devices]
    told = [one.device for one in case.plan.devices]
    case.audit.check(names == told, f"devices {told}, asked {names}")
    case.audit.check(
        bool((case.plan.edges_us == case.asked.edges_us).all()), "edges are not those asked for"
    )
    for one in case.plan.devices:
        case.audit.check(bool(np.isfinite(one.power_w).all()), f"{one.device}: no number")


def _site(case: Case) -> None:
    """Balance in each step, limits, never both ways at once."""
    question, flows, audit = case.question, case.plan.flows, case.audit
    sun_names = [sun.name for sun in question.suns]
    devices = sum((case.kw(o.device) for o in case.plan.devices if o.device not in sun_names), 0.0)
    gives = sum((-case.kw(name) for name in sun_names), 0.0)
    net = np.asarray(question.load_kw) + devices - gives
    taken, given = flows.import_w / 1000, flows.export_w / 1000
    forecast = sum((np.asarray(sun.kw) for sun in question.suns), np.zeros(question.count))
    for step in range(question.count):
        audit.near((taken - given)[step], net[step], WATT / 1000, f"balance of step {step}")
        audit.check(min(taken[step], given[step]) <= 1e-6, f"both ways at once in step {step}")
        audit.check(min(taken[step], given[step]) >= -1e-9, f"a flow below 0 in step {step}")
        over = given[step] - question.export_kw[step]
        audit.check(over <= WATT / 1000, f"export {over} kW above its limit in step {step}")
    audit.check(_close(flows.load_w / 1000, question.load_kw), "the load told is not the forecast")
    audit.check(_close(flows.solar_w / 1000, gives), "the sun told is not what PV gives")
    held_back = forecast - gives
    audit.check(_close(flows.curtailed_w / 1000, held_back), "sun curtailed: not what is missing")
    most = taken - given + sum((_beyond_mean(case, load.name) for load in question.loads), 0.0)
    _excess(case, np.maximum(most - np.asarray(question.import_kw), 0.0), forecast)


def _beyond_mean(case: Case, name: str) -> np.ndarray:
    """How much more than a step's mean (kW) a load takes until its last slot ends."""
    plan, edges = case.plan_of(name), case.asked.edges_us
    more = np.zeros(case.question.count)
    for slot in plan.slots:
        cut = (slot.start_us <= edges[:-1]) & (edges[:-1] < slot.end_us) & (slot.end_us < edges[1:])
        more[cut] = (slot.power_w - plan.power_w[cut]) / 1000
    return more


def _close(told: np.ndarray, computed: object, within: float = WATT / 1000) -> bool:
    return bool((np.abs(told - np.asarray(computed)) <= within).all())


def _excess(case: Case, over_kw: np.ndarray, forecast: np.ndarray) -> None:
    """Above the import limit only for the load alone; the most of it is told in W."""
    audit, question = case.audit, case.question
    audit.unmet(EXCESS, float((np.where(over_kw > WATT / 1000, over_kw, 0) * case.hours).sum()))
    alone = np.maximum(np.asarray(question.load_kw) - forecast, 0) - np.asarray(question.import_kw)
    allowed = np.maximum(alone, 0.0)
    for step in np.flatnonzero(over_kw > allowed + WATT / 1000):
        audit.faults.append(f"import {over_kw[step]} kW above its limit in step {step}")
    told = [one.missing for one in case.plan.shortfalls if one.goal == "load"]
    most = float(over_kw.max(initial=0.0)) * 1000
    if most > WATT or told:
        audit.near(sum(told), most, WATT, "load above the limit (W)")
        reasons = {one.reason for one in case.plan.shortfalls if one.goal == "load"}
        audit.check(reasons == {"site_power"}, f"load above the limit: reasons {reasons}")


def _circuits(case: Case) -> None:
    for circuit in case.question.circuits:
        names = below(case.question, circuit)
        net = sum((case.kw(name) for name in names), np.zeros(case.question.count))
        loads = [load.name for load in case.question.loads if load.name in names]
        most = net + sum((_beyond_mean(case, name) for name in loads), 0.0)
        worst = max(float(most.max()), float((-net).max())) - circuit.max_kw
        case.audit.check(
            worst <= WATT / 1000, f"circuit {circuit.name} is {worst} kW above its fuse"
        )


def _together(case: Case) -> None:
    """`grid_charging` and `grid_discharging` of all such stores together."""
    zero = np.zeros(case.question.count)
    names = [sun.name for sun in case.question.suns]
    sun = sum((-case.kw(name) for name in names), zero)
    used = np.asarray(case.question.load_kw) + sum(
        (np.maximum(case.kw(o.device), 0) for o in case.plan.devices if o.device not in names), zero
    )
    charging, discharging = zero, zero
    for store in case.question.stores:
        kw = case.kw(store.name)
        charging = charging + np.maximum(kw, 0) * (not store.grid_charging)
        discharging = discharging + np.maximum(-kw, 0) * (not store.grid_discharging)
    case.audit.check(_no_more(charging, sun), "stores that may not are charged from the grid")
    case.audit.check(_no_more(discharging, used), "stores that may not feed the grid")


def _no_more(one: np.ndarray, other: np.ndarray) -> bool:
    return bool((one <= other + WATT / 1000).all())


RULES: Final[tuple[Callable[[Case], None], ...]] = (_names, _site, _circuits, _together)
