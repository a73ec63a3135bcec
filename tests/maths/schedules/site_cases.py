"""Random sites for the site program, a few steps long."""

import numpy as np

from wattyard.schedules.domain.prices import MINUTE_US, Instants
from wattyard.schedules.domain.site.devices import (
    Absence,
    Circuit,
    PvShare,
    SiteStorage,
    StorageTarget,
    Stretch,
)
from wattyard.schedules.domain.site.question import SiteQuestion, Weights

START_US = 1_772_323_200_000_000
QUARTER_US = 15 * MINUTE_US

Random = np.random.Generator


def random_edges(rng: Random, steps: int) -> Instants:
    """Quarter hours, or steps of odd lengths."""
    if rng.random() < 0.6:
        return START_US + np.arange(steps + 1) * QUARTER_US
    lengths = rng.choice([5, 15, 17, 30, 60], steps) * MINUTE_US
    return START_US + np.append(0, np.cumsum(lengths))


def random_site(seed: int, *, steps: int = 8, storages: int | None = None) -> SiteQuestion:
    """A site with 1 to 3 stores, often with sun, load, limits, circuits and preferences."""
    rng = np.random.default_rng(seed)
    edges_us = random_edges(rng, steps)
    count = int(rng.integers(1, 4)) if storages is None else storages
    sunny, limited = rng.random() < 0.6, rng.random() < 0.5
    buy = rng.choice([0.05, 0.1, 0.2, 0.2, 0.35], steps) - rng.choice([0.0, 0.3]) * (
        rng.random(steps) < 0.3
    )
    sold = rng.random() < 0.8
    sell = buy - 0.06 if rng.random() < 0.5 else rng.choice([-0.05, 0.0, 0.08, 0.4], steps)
    names = [f"store {number}" for number in range(count)]
    return SiteQuestion(
        edges_us,
        buy.round(3),
        sell.round(3) if sold else None,
        carbon_g_per_kwh=rng.uniform(50, 500, steps).round(),
        load_w=rng.uniform(0, 3000, steps).round() * (rng.random() < 0.6),
        sun_w=rng.uniform(0, 6000, steps).round() * sunny,
        import_limit_w=np.full(steps, rng.choice([2500.0, 9000.0]) if limited else np.inf),
        export_limit_w=np.full(steps, rng.choice([0.0, 2000.0]) if limited else np.inf),
        storages=tuple(random_storage(rng, name, edges_us, sold=sold) for name in names),
        pv=random_pv(rng, edges_us) if sunny else (),
        circuits=random_circuits(rng, names) if rng.random() < 0.3 else (),
        weights=random_weights(rng),
    )


def random_storage(rng: Random, name: str, edges_us: Instants, *, sold: bool) -> SiteStorage:
    capacity_wh = float(rng.choice([2000, 5000, 10000]))
    held_wh = round(float(rng.uniform(0, 1)) * capacity_wh, 1)
    car = rng.random() < 0.4
    targets = tuple(
        random_target(rng, edges_us, capacity_wh) for _ in range(int(rng.integers(0, 3)))
    )
    away = rng.random() < 0.3
    first, last = sorted(rng.choice(edges_us.size, 2, replace=False))
    return SiteStorage(
        name,
        capacity_wh,
        held_wh,
        charge_w=float(rng.choice([1000, 2000, 5000])),
        discharge_w=0.0 if car else float(rng.choice([1000, 3000])),
        least_w=float(rng.choice([0, 0, 0, 900])),
        efficiency=float(rng.choice([0.8, 0.9, 1.0])),
        most_wh=capacity_wh * float(rng.choice([0.8, 1.0, 1.0])),
        reserve_wh=0.0 if car else float(rng.choice([0, 0.2])) * capacity_wh,
        targets=targets if car else (*targets, StorageTarget(int(edges_us[-1]), held_wh)),
        absences=(
            (Absence(int(edges_us[first]), int(edges_us[last]), float(rng.choice([0, 300, 900]))),)
            if away
            else ()
        ),
        blocked=(Stretch(int(edges_us[2]), int(edges_us[3])),) if rng.random() < 0.1 else (),
        grid_charging=bool(rng.random() < 0.85),
        grid_discharging=sold and bool(rng.random() < 0.7),
        wear_per_kwh=float(rng.choice([0, 0, 0.02])),
        value_per_kwh_at_end=float(rng.choice([0, 0, 0.15])),
        standby_loss=float(rng.choice([0, 0, 0.01])),
    )


def random_target(rng: Random, edges_us: Instants, capacity_wh: float) -> StorageTarget:
    at_us = int(rng.choice(edges_us[1:]))
    low_wh = round(float(rng.uniform(0, capacity_wh)), 1)
    high_wh = round(float(rng.uniform(low_wh, capacity_wh)), 1)
    priority = int(rng.choice([1, 5, 5, 9]))
    low, high = {0: (None, high_wh), 1: (low_wh, high_wh)}.get(
        int(rng.integers(0, 6)), (low_wh, None)
    )
    return StorageTarget(at_us, low, high, priority)


def random_pv(rng: Random, edges_us: Instants) -> tuple[PvShare, ...]:
    blocked = (Stretch(int(edges_us[1]), int(edges_us[2])),) if rng.random() < 0.1 else ()
    return (
        PvShare("roof", 0.75, curtailable=bool(rng.random() < 0.5)),
        PvShare("shed", 0.25, curtailable=bool(rng.random() < 0.5), blocked=blocked),
    )


def random_circuits(rng: Random, names: list[str]) -> tuple[Circuit, ...]:
    return (
        Circuit("garage", float(rng.choice([1500, 4000])), tuple(names[:1])),
        Circuit("charger", 1200.0, tuple(names[1:2]), parent=0),
    )


def random_weights(rng: Random) -> Weights:
    if rng.random() < 0.7:
        return Weights()
    return Weights(
        cost=float(rng.choice([1, 1, 0])),
        carbon_per_kg=float(rng.choice([0, 0.3])),
        sooner_per_kwh_hour=float(rng.choice([0, 0.01])),
        self_use_per_kwh=float(rng.choice([0, 0.05])),
    )
