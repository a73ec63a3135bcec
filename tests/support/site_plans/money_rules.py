"""Every part of a plan's cost, computed again from its flows and the prices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from .case import MONEY, Case, demand_rise, recomputed_held


def _cost(case: Case) -> None:
    question, flows, cost, hours = case.question, case.plan.flows, case.plan.cost, case.hours
    audit, prices = case.audit, question.prices
    energy = float(flows.import_w / 1000 * hours @ np.asarray(prices.buy))
    export = float(flows.export_w / 1000 * hours @ np.asarray(prices.sell))
    parts = {
        "energy": energy,
        "export": export,
        "demand": demand_rise(case),
        "wear": _wear(case),
        "preferences": _preferences(case),
        "stored": _stored(case),
    }
    for name, computed in parts.items():
        audit.near(getattr(cost, name), computed, MONEY, name)
    total = energy - export + parts["demand"] + parts["wear"] - parts["stored"]
    audit.near(cost.total, total + parts["preferences"], 6 * MONEY, "total")
    audit.objective = question.wishes.cost * total + parts["preferences"]
    audit.near(case.plan.objective, audit.objective, 6 * MONEY, "objective")


def _wear(case: Case) -> float:
    spent = 0.0
    for store in case.question.stores:
        spent += store.wear_per_kwh * float(np.abs(case.kw(store.name)) @ case.hours)
    for load in case.question.loads:
        spent += load.start_cost * _starts(case.kw(load.name))
    return spent


def _starts(kw: np.ndarray) -> int:
    on = kw > 1e-6
    return int(on[0]) + int((on[1:] & ~on[:-1]).sum())


def _preferences(case: Case) -> float:
    question, flows, hours = case.question, case.plan.flows, case.hours
    wishes, spent = question.wishes, 0.0
    if question.prices.carbon:
        kg = flows.import_w / 1000 * hours @ np.asarray(question.prices.carbon)
        spent += wishes.carbon_per_kg * float(kg)
    outside = (flows.export_w + flows.curtailed_w) / 1000 @ hours
    spent += wishes.self_use_per_kwh * float(outside)
    suns = {sun.name for sun in question.suns}
    middle = np.asarray(question.edges[:-1]) + hours / 2
    for device in case.plan.devices:
        if device.device not in suns:
            drawn = np.maximum(device.power_w / 1000, 0) * hours @ middle
            spent += wishes.sooner_per_kwh_hour * float(drawn)
    return spent


def _stored(case: Case) -> float:
    worth = 0.0
    for store in case.question.stores:
        held = recomputed_held(store, case.kw(store.name), case.hours)
        worth += store.value_per_kwh_at_end * (held[-1] - store.held_kwh)
    return worth


def _bound(case: Case) -> None:
    plan, audit = case.plan, case.audit
    open_by = (plan.objective - plan.bound) / max(1.0, abs(plan.objective))
    audit.check(plan.gap >= 0, "a gap below 0")
    audit.near(plan.gap, max(0.0, open_by), 1e-9, "gap")
    audit.check(open_by >= -1e-6, f"the bound {plan.bound} is above the plan {plan.objective}")


RULES: Final[tuple[Callable[[Case], None], ...]] = (_cost, _bound)
