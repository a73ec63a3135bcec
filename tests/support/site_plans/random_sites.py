"""Random small sites over every kind of device, price and limit, from a seed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np

from wattyard.schedules.domain.site.devices import (
    Absence,
    Circuit,
    HeatPumpLoad,
    PvShare,
    Shiftable,
    SiteStorage,
    StorageTarget,
    Stretch,
)
from wattyard.schedules.domain.site.question import SiteQuestion, Weights

MINUTE_US = 60_000_000
STARTS = (
    datetime(2026, 3, 29, 0, 30, tzinfo=UTC),
    datetime(2026, 10, 24, 23, 45, tzinfo=UTC),
    datetime(2026, 6, 1, 12, 0, tzinfo=UTC),
    datetime(2026, 7, 31, 20, 0, tzinfo=UTC),
)
"""Around clock changes in Berlin, an ordinary noon, and the end of a month."""

Kind = Literal["store", "load", "heat", "sun"]
KINDS: tuple[Kind, ...] = ("store", "store", "load", "heat", "sun")
MOST: dict[Kind, int] = {"store": 3, "load": 2, "heat": 1, "sun": 3}
SHARES = ((), (1.0,), (0.6, 0.4), (0.5, 0.25, 0.25))


class Chance:
    """Draws of one site."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def one(self, *values: float) -> float:
        return float(self.rng.choice(values))

    def odds(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def between(self, low: float, high: float) -> float:
        return float(round(self.rng.uniform(low, high), 1))

    def whole(self, low: int, high: int) -> int:
        """From `low` to `high`, both included."""
        return int(self.rng.integers(low, high + 1))

    def stretch(self, edges: np.ndarray) -> Stretch:
        last = edges.size - 1
        start = self.whole(0, last - 1)
        return Stretch(int(edges[start]), int(edges[self.whole(start + 1, last)]))


def random_site(seed: int, kinds: tuple[Kind, ...] = KINDS) -> SiteQuestion:
    """Draw a site of 4 to 12 steps with one to three devices of some kinds."""
    chance = Chance(seed)
    edges = _edges(chance)
    count = edges.size - 1
    devices = _devices(chance, edges, kinds)
    buy, sell = _prices(chance, count)
    pv, storages = devices["sun"], devices["store"]
    if sell is None:
        storages = tuple(replace(one, grid_discharging=False) for one in storages)
    return SiteQuestion(
        edges,
        buy,
        sell,
        confidence=chance.rng.choice([1.0, 0.8], count),
        carbon_g_per_kwh=chance.rng.uniform(50, 600, count).round(),
        load_w=chance.rng.uniform(0, 3_000, count).round() * chance.odds(0.7),
        sun_w=chance.rng.uniform(0, 7_000, count).round() * bool(pv),
        import_limit_w=_limit(chance, count, (2_500.0, 6_000.0, 11_000.0)),
        export_limit_w=_limit(chance, count, (0.0, 1_500.0, 4_000.0)),
        storages=storages,
        loads=devices["load"],
        heat_pumps=devices["heat"],
        pv=pv,
        circuits=_circuits(chance, devices),
        weights=_weights(chance),
    )


def _edges(chance: Chance) -> np.ndarray:
    """Steps of one length, the first cut at the start; in a third of the sites some cut again."""
    minutes = int(chance.one(15, 30, 60))
    lengths = [minutes] * chance.whole(4, 10)
    if chance.odds(0.4):
        lengths[0] = int(chance.one(4, 7, minutes))
    if chance.odds(0.3):
        cut = int(chance.one(5, 10))
        lengths[2:3] = [cut, minutes - cut]
    start = STARTS[chance.whole(0, len(STARTS) - 1)]
    start_us = int(start.timestamp()) * 1_000_000
    return start_us + np.concatenate([[0], np.cumsum(lengths)]) * MINUTE_US


def _prices(chance: Chance, count: int) -> tuple[np.ndarray, np.ndarray | None]:
    rng = chance.rng
    buy = rng.choice([0.05, 0.1, 0.2, 0.2, 0.35], count)
    if chance.odds(0.3):
        buy = rng.normal(0.2, 0.15, count).round(3)
    if chance.odds(0.3):
        buy = buy - rng.choice([0.0, 0.3], count)
    if chance.odds(0.1):
        buy = np.full(count, 0.25)
    kind = chance.whole(0, 5)
    if kind == 0:
        return buy, None
    if kind == 1:
        return buy, buy + rng.choice([0.1, -0.1], count)  # inverted here and there
    if kind == 2:
        return buy, rng.choice([-0.2, -0.05, 0.0, 0.08, 0.4], count)
    if kind == 3:
        return buy, buy.copy()
    return buy, buy - 0.06


def _limit(chance: Chance, count: int, values: tuple[float, ...]) -> np.ndarray:
    """None, one for all steps, or one that changes."""
    kind = chance.whole(0, 2)
    if kind == 0:
        return np.full(count, np.inf)
    if kind == 1:
        return np.full(count, chance.one(*values))
    return chance.rng.choice([*values, np.inf], count)


def _weights(chance: Chance) -> Weights:
    if chance.odds(0.7):
        return Weights()
    return Weights(
        cost=chance.one(1.0, 1.0, 0.0),
        carbon_per_kg=chance.one(0.0, 0.1),
        sooner_per_kwh_hour=chance.one(0.0, 0.01),
        self_use_per_kwh=chance.one(0.0, 0.05),
    )


def _devices(
    chance: Chance, edges: np.ndarray, kinds: tuple[Kind, ...]
) -> dict[Kind, tuple[Any, ...]]:
    """One to three, the first of the first kind; heat pumps and loads are few."""
    made: dict[Kind, list[Any]] = {"store": [], "load": [], "heat": [], "sun": []}
    for position in range(chance.whole(1, 3)):
        kind = kinds[0] if not position else kinds[chance.whole(0, len(kinds) - 1)]
        if len(made[kind]) >= MOST[kind]:
            kind = kinds[-1]
        name = f"device_{position}"
        make = {"store": random_storage, "load": random_load, "heat": random_pump}.get(kind)
        made[kind].append(make(chance, name, edges) if make else name)
    made["sun"] = [
        PvShare(name, share, chance.odds(0.5), _shut(chance, edges, 0.15))
        for name, share in zip(made["sun"], SHARES[len(made["sun"])], strict=True)
    ]
    return {kind: tuple(devices) for kind, devices in made.items()}


def _shut(chance: Chance, edges: np.ndarray, share: float) -> tuple[Stretch, ...]:
    return (chance.stretch(edges),) if chance.odds(share) else ()


def random_storage(chance: Chance, name: str, edges: np.ndarray) -> SiteStorage:
    """A battery, or a car with absences, each with any of the wishes."""
    car = chance.odds(0.45)
    capacity = chance.one(5_000, 10_000, 40_000)
    held = round(chance.between(0, 1) * capacity, 1)
    charge = chance.one(2_000, 5_000, 11_000)
    discharge = chance.one(0, 0, 3_000) if car else chance.one(2_000, 5_000)
    absences = _absences(chance, edges, held) if car and chance.odds(0.4) else ()
    most = chance.one(0.6, 0.8) * capacity if chance.odds(0.2) else np.inf
    return SiteStorage(
        name,
        capacity,
        held,
        charge,
        discharge,
        least_w=chance.one(0.0, 0.0, 1_380.0),
        efficiency=chance.one(0.7, 0.9, 1.0),
        most_wh=most,
        reserve_wh=0.0 if car else chance.one(0, 0.1, 0.3) * capacity,
        targets=_targets(chance, edges, capacity, held),
        absences=absences,
        blocked=_shut(chance, edges, 0.2),
        grid_charging=chance.odds(0.8),
        grid_discharging=chance.odds(0.6),
        wear_per_kwh=chance.one(0.0, 0.0, 0.02),
        value_per_kwh_at_end=chance.one(0.0, 0.0, 0.15),
        standby_loss=chance.one(0.0, 0.0, 0.01),
    )


def _absences(chance: Chance, edges: np.ndarray, held: float) -> tuple[Absence, ...]:
    away = chance.stretch(edges)
    return (Absence(away.start_us, away.end_us, round(chance.one(0.0, 0.3, 0.6) * held, 1)),)


def _targets(
    chance: Chance, edges: np.ndarray, capacity: float, held: float
) -> tuple[StorageTarget, ...]:
    """Up to three at different edges; few that cannot be met."""
    found = []
    for at in chance.rng.permutation(np.arange(1, edges.size))[: chance.whole(0, 3)]:
        floor = min(capacity, held + chance.between(-3_000, 6_000))
        ceiling = min(capacity, max(floor, 0.0) + 2_000.0) if chance.odds(0.2) else None
        priority = int(chance.one(5, 5, 1, 9))
        found.append(StorageTarget(int(edges[at]), max(0.0, round(floor, 1)), ceiling, priority))
    return tuple(found)


def random_load(chance: Chance, name: str, edges: np.ndarray) -> Shiftable:
    """A load of levels, or one between a least and a largest power."""
    levels = ((2_000.0,), (1_000.0, 2_000.0), (), (1_500.0,))[chance.whole(0, 3)]
    least = 0.0 if levels else chance.one(0.0, 800.0)
    minutes = int(edges[2] - edges[1]) // MINUTE_US
    plain = Shiftable(
        name,
        chance.one(1, 2, 3, 2.5) * 1_000 * minutes / 60,
        _windows(chance, edges),
        max_w=max(levels) if levels else 2_500.0,
        least_w=least,
        levels_w=levels,
        blocked=_shut(chance, edges, 0.15),
    )
    if not levels and not least:
        return plain  # nothing says where a run of 0 W begins
    return replace(
        plain,
        min_run_us=int(chance.one(0, 0, 1, 2)) * minutes * MINUTE_US,
        min_pause_us=int(chance.one(0, 0, 1)) * minutes * MINUTE_US,
        max_starts=int(chance.one(1, 2)) if chance.odds(0.3) else None,
        contiguous=chance.odds(0.25),
        start_cost=chance.one(0.0, 0.0, 0.05),
    )


def _windows(chance: Chance, edges: np.ndarray) -> tuple[Stretch, ...]:
    """All of the horizon, a part, or two parts with a gap."""
    first, last = int(edges[0]), int(edges[-1])
    kind = chance.whole(0, 5)
    if kind == 0 and edges.size > 6:
        return (Stretch(first, int(edges[2])), Stretch(int(edges[3]), last))
    return (Stretch(first, last),) if kind < 4 else (chance.stretch(edges),)


def random_pump(chance: Chance, name: str, edges: np.ndarray) -> HeatPumpLoad:
    count = edges.size - 1
    low = chance.between(18, 20)
    return HeatPumpLoad(
        name,
        max_w=chance.one(2_000, 3_000),
        resistance_k_per_kw=chance.one(4.0, 8.0),
        capacity_kwh_per_k=chance.one(0.5, 2.0),
        initial_c=chance.between(low - 0.5, low + 2),
        outdoor_c=chance.rng.uniform(-8, 8, count).round(1),
        cop=chance.rng.uniform(2, 4, count).round(2),
        min_c=np.full(count, low),
        max_c=np.full(count, low + chance.one(1.5, 3.0)),
        least_w=chance.one(0.0, 0.0, 800.0),
        levels_w=(1_000.0, 2_000.0) if chance.odds(0.15) else (),
        blocked=_shut(chance, edges, 0.1),
    )


def _circuits(chance: Chance, devices: dict[Kind, tuple[Any, ...]]) -> tuple[Circuit, ...]:
    """None, one fuse, or one inside another."""
    if chance.odds(0.65):
        return ()
    names = [one.device for kind in devices.values() for one in kind]
    if chance.odds(0.5) or len(names) < 2:
        return (Circuit("house", chance.one(3_000, 6_000), tuple(names[:2])),)
    return (
        Circuit("house", chance.one(4_000, 8_000), (names[0],)),
        Circuit("garage", chance.one(2_000, 4_000), tuple(names[1:]), parent=0),
    )
