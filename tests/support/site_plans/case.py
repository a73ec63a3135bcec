"""A question, the plan that answers it, and what is found wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import sqrt
from typing import Final

import numpy as np

from wattyard.schedules.domain.site.plan import SiteDevicePlan, SitePlan
from wattyard.schedules.domain.site.question import SiteQuestion

from . import question as own
from .demand import rise
from .pumps import next_temperature
from .reading import HOUR_US

WATT: Final = 1.0
WH: Final = 1.0
MONEY: Final = 1e-5


@dataclass
class Audit:
    """What is wrong, and the plan's unmet kWh by priority and objective, computed again."""

    faults: list[str] = field(default_factory=list)
    unmet_kwh: dict[int, float] = field(default_factory=dict)
    objective: float = 0.0

    def check(self, holds: bool, fault: str) -> None:
        if not holds:
            self.faults.append(fault)

    def near(self, told: float, computed: float, within: float, what: str) -> None:
        self.check(abs(told - computed) <= within, f"{what}: told {told}, computed {computed}")

    def unmet(self, priority: int, kwh: float) -> None:
        self.unmet_kwh[priority] = self.unmet_kwh.get(priority, 0.0) + max(0.0, kwh)


@dataclass(frozen=True)
class Case:
    """A question, read by the second hand, and the plan that answers it."""

    asked: SiteQuestion
    question: own.Question
    plan: SitePlan
    audit: Audit

    @property
    def hours(self) -> np.ndarray:
        return np.asarray(self.question.hours)

    def plan_of(self, name: str) -> SiteDevicePlan:
        return next(one for one in self.plan.devices if one.device == name)

    def kw(self, name: str) -> np.ndarray:
        return self.plan_of(name).power_w / 1000


def recomputed_held(store: own.Store, kw: np.ndarray, hours: np.ndarray) -> np.ndarray:
    """The energy (kWh) after each step from the powers alone; never below 0 by a trip."""
    return recomputed_trips(store, kw, hours)[0]


def recomputed_trips(
    store: own.Store, kw: np.ndarray, hours: np.ndarray
) -> tuple[np.ndarray, dict[int, float]]:
    """The energy (kWh) after each step, and what each absence lacks."""
    held, level, lacks = [], store.held_kwh, {}
    for step, hour in enumerate(hours):
        level *= (1 - store.standby_percent_per_hour / 100) ** hour
        root = sqrt(store.efficiency)
        level += max(kw[step], 0) * hour * root - max(-kw[step], 0) * hour / root
        for position, absence in enumerate(store.absences):
            if absence.end == step + 1:
                lacks[position] = max(0.0, absence.energy_kwh - level)
                level = max(0.0, level - absence.energy_kwh)
        held.append(level)
    return np.asarray(held), lacks


def recomputed_temperatures(
    pump: own.HeatPump, kw: np.ndarray, hours: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """°C after each step, and kelvin outside the band."""
    found, outside, now = [], [], pump.initial_c
    for step, hour in enumerate(hours):
        keeps, drifts, gains = next_temperature(pump, step, hour)
        now = keeps * now + drifts + gains * kw[step]
        found.append(now)
        outside.append(max(pump.min_c[step] - now, now - pump.max_c[step], 0.0))
    return np.asarray(found), np.asarray(outside)


def demand_rise(case: Case) -> float:
    taken = case.plan.flows.import_w / 1000
    return sum(rise(period, taken) for period in case.question.demand)


def slot_hours(start_us: int, end_us: int) -> float:
    return (end_us - start_us) / HOUR_US
