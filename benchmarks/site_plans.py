"""How long plans of whole sites take in the engine, one core: contract 4b's figures.

Beside each stands HiGHS through scipy, on the same matrix in the same run: one goal, no ties
settled, no slots, and the binary numbers of every step where the linear programme is not enough.
"""

import os
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from benchmarks.support.ground import SERVER_CORE, Ground, fastest, pin, verdict
from wattyard.kernel.arrays import Numbers
from wattyard.schedules.domain.prices import MINUTE_US, Instants
from wattyard.schedules.domain.site.devices import (
    HeatPumpLoad,
    PvShare,
    SiteStorage,
    StorageTarget,
    Stretch,
)
from wattyard.schedules.domain.site.planning import plan_site
from wattyard.schedules.domain.site.program import site_program, switched
from wattyard.schedules.domain.site.question import SiteQuestion

_QUARTER_US = 15 * MINUTE_US
_START_US = 1_772_323_200_000_000
_SCIPY_SECONDS = 10.0
_FREE = PvShare("roof", 1.0)


@dataclass(frozen=True)
class _Case:
    """A site, the milliseconds and the gap allowed, and whether scipy needs binary numbers."""

    name: str
    question: SiteQuestion
    budget_ms: float
    gap: float = 1e-6
    binaries: bool = False
    rounds: int = 9


def run(ground: Ground) -> None:
    """Time each site; no plan may be worth less than scipy's beyond its told gap."""
    pin(os.getpid(), SERVER_CORE)
    for case in _cases():
        spent_ms, plan = fastest(lambda case=case: plan_site(case.question), case.rounds)
        told = f"gap {plan.gap:.1e}, objective {plan.objective:.5f}"
        met = spent_ms <= case.budget_ms and plan.gap <= case.gap
        verdict(case.name, spent_ms, f"<= {case.budget_ms:g} ms; {told}", met=met)
        scipy_ms, found = fastest(lambda case=case: _by_scipy(case), 1)
        print(f"        scipy {scipy_ms:10.1f} ms, objective {found:.5f}")
        assert plan.objective <= found + plan.gap * max(1.0, abs(found)) + 1e-5


def _by_scipy(case: _Case) -> float:
    """Find the least objective of a site that can reach its targets, as one would ask scipy."""
    site = site_program(case.question)
    everywhere = [np.full(switch.on.size, case.binaries) for switch in site.switches]
    program, _ = switched(site, everywhere)
    for goal in site.goals[: site.objective]:
        program = program.with_row(goal, 1e-6)
    shape = (program.row_lower.size, program.lower.size)
    entries = (program.entries_value, (program.entries_row, program.entries_column))
    answer = milp(
        np.append(site.goals[site.objective], np.zeros(shape[1] - site.program.lower.size)),
        constraints=LinearConstraint(
            coo_array(entries, shape=shape).tocsr(), program.row_lower, program.row_upper
        ),
        bounds=Bounds(program.lower, program.upper),
        integrality=program.whole,
        options={"time_limit": _SCIPY_SECONDS, "mip_rel_gap": case.gap},
    )
    return float("inf") if answer.x is None else float(answer.fun)


def _cases() -> list[_Case]:
    return [
        _Case("battery day, 96 steps", _site(96, (_battery("one", 96),)), 10),
        _Case("house: battery, car, sun, load, 96 steps", _house(96, 1), 25),
        _Case("house, two batteries, car, flat price, 192", _house(192, 2, flat=True), 150),
        _Case("export above import all day, 10 kWh", _inverted(), 100, gap=1e-4, binaries=True),
        _Case(
            "84 cars, 150 kW, least power 1.38 kW", _car_park(), 1000, 0.01, binaries=True, rounds=3
        ),
        _Case("heat pump, comfort, battery, sun, 48 h", _heated(), 300, binaries=True),
    ]


def _edges(steps: int) -> Instants:
    return _START_US + np.arange(steps + 1) * _QUARTER_US


def _prices(steps: int) -> Numbers:
    rng, hour = np.random.default_rng(3), np.arange(steps) / 4
    wave = 0.25 + 0.1 * np.sin((hour - 10) / 24 * 4 * np.pi)
    return np.asarray((wave + rng.normal(0, 0.02, steps)).round(4))


def _sun(steps: int) -> Numbers:
    hour = np.arange(steps) / 4 % 24
    return np.maximum(0, 5_000 * np.sin((hour - 6) / 12 * np.pi))


def _load(steps: int) -> Numbers:
    return np.random.default_rng(4).uniform(200, 1_500, steps).round()


def _site(steps: int, storages: tuple[SiteStorage, ...]) -> SiteQuestion:
    buy = _prices(steps)
    return SiteQuestion(_edges(steps), buy, buy - 0.08, storages=storages)


def _battery(name: str, steps: int) -> SiteStorage:
    """10 kWh, 5 kW, that ends where it starts."""
    end = StorageTarget(int(_edges(steps)[-1]), 3_000)
    return SiteStorage(
        name, 10_000, 3_000, 5_000, 5_000, efficiency=0.9, reserve_wh=1_000, targets=(end,)
    )


def _house(steps: int, batteries: int, *, flat: bool = False) -> SiteQuestion:
    ready = StorageTarget(_START_US + 28 * _QUARTER_US, 45_000)
    car = SiteStorage("car", 60_000, 20_000, 7_400, efficiency=0.9, targets=(ready,))
    buy = np.full(steps, 0.3) if flat else _prices(steps)
    return SiteQuestion(
        _edges(steps),
        buy,
        buy - 0.08,
        load_w=_load(steps),
        sun_w=_sun(steps),
        import_limit_w=np.full(steps, 11_000.0),
        export_limit_w=np.full(steps, 11_000.0),
        storages=(*(_battery(f"battery {n}", steps) for n in range(batteries)), car),
        pv=(_FREE,),
    )


def _inverted() -> SiteQuestion:
    buy = 0.6 + 0.04 * np.cos(np.arange(96) // 4 / 24 * 4 * np.pi).round(2)
    end = StorageTarget(int(_edges(96)[-1]), 5_000)
    battery = SiteStorage("battery", 10_000, 5_000, 5_000, 5_000, efficiency=0.9, targets=(end,))
    return SiteQuestion(_edges(96), buy, buy + 0.15, storages=(battery,))


def _car_park() -> SiteQuestion:
    """84 cars that come in the morning and leave in the afternoon, with 4 to 16 kWh to charge."""
    rng, edges_us = np.random.default_rng(5), _edges(96)
    cars = []
    for number in range(84):
        comes, stays = int(rng.integers(24, 44)), int(rng.integers(20, 44))
        leaves = min(comes + stays, 95)
        away = (
            Stretch(int(edges_us[0]), int(edges_us[comes])),
            Stretch(int(edges_us[leaves]), int(edges_us[-1])),
        )
        wanted = StorageTarget(int(edges_us[leaves]), 10_000 + float(rng.uniform(4_000, 16_000)))
        cars.append(
            SiteStorage(
                f"car {number}",
                60_000,
                10_000,
                6_600,
                least_w=1_380,
                targets=(wanted,),
                blocked=away,
            )
        )
    limit_w = np.full(96, 150_000.0)
    return SiteQuestion(edges_us, _prices(96), storages=tuple(cars), import_limit_w=limit_w)


def _heated() -> SiteQuestion:
    """A house of 5 K/kW and 8 kWh/K whose heat pump runs at 0.6 to 3 kW, in winter."""
    steps = 192
    hour = np.arange(steps) / 4
    outdoor_c = 3 + 4 * np.sin((hour - 9) / 24 * 2 * np.pi)
    pump = HeatPumpLoad(
        "heat pump",
        3_000,
        resistance_k_per_kw=5.0,
        capacity_kwh_per_k=8.0,
        initial_c=20.5,
        outdoor_c=outdoor_c,
        cop=2.5 + outdoor_c * 0.08,
        min_c=np.full(steps, 20.0),
        max_c=np.full(steps, 22.5),
        least_w=600,
    )
    buy = _prices(steps)
    return SiteQuestion(
        _edges(steps),
        buy,
        buy - 0.18,
        load_w=_load(steps),
        sun_w=_sun(steps) * 0.5,
        storages=(_battery("battery", steps),),
        heat_pumps=(pump,),
        pv=(_FREE,),
    )
