"""A single store by dynamic programming over its energy, exact where all kinks lie on a grid.

Energies change by pieces of a line in each step. Where capacity, reserve, start, target and the
powers at which a step's price bends are all whole numbers of one quantum, the best plan is too
(the steps form a chain, whose matrix is totally unimodular), whatever the prices: export above
import, negative prices and least powers are only other costs of a step.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from wattyard.schedules.domain.site.devices import PvShare, SiteStorage, StorageTarget
from wattyard.schedules.domain.site.question import SiteQuestion

from . import question as own
from .random_sites import MINUTE_US, STARTS, Chance

HOURS = 0.25
NEVER = np.inf


def grid_site(seed: int, count: int = 96) -> tuple[SiteQuestion, float]:
    """A battery with load, sun and limits on a grid, at prices of any shape; and its quantum (Wh).

    In a third of the sites export earns more than import costs all day.
    """
    chance = Chance(seed)
    rng, efficiency = chance.rng, chance.one(0.81, 1.0)
    quantum_wh = 250.0
    taken_w = quantum_wh / HOURS / sqrt(efficiency)  # charged, it makes one quantum a step
    given_w = quantum_wh / HOURS * sqrt(efficiency)
    edges = int(STARTS[2].timestamp()) * 1_000_000 + np.arange(count + 1) * 15 * MINUTE_US
    buy = rng.normal(0.2, 0.15, count).round(3)
    sell = buy + rng.choice([0.05, -0.1, 0.1], count) if seed % 3 else buy + 0.05
    surplus = rng.integers(-4, 7, count)
    sunny = chance.odds(0.6)
    capacity = 40 * quantum_wh
    storage = SiteStorage(
        "battery",
        capacity,
        chance.whole(4, 40) * quantum_wh,
        chance.whole(2, 6) * taken_w,
        chance.whole(2, 6) * given_w,
        least_w=chance.one(0.0, 2 * taken_w) if efficiency == 1.0 else 0.0,
        efficiency=efficiency,
        reserve_wh=chance.whole(0, 4) * quantum_wh,
        targets=(StorageTarget(int(edges[-1]), chance.whole(4, 40) * quantum_wh),),
        grid_discharging=chance.odds(0.7),
        wear_per_kwh=chance.one(0.0, 0.01),
    )
    site = SiteQuestion(
        edges,
        buy,
        sell,
        load_w=np.maximum(-surplus, 0) * given_w * sunny,
        sun_w=np.maximum(surplus, 0) * taken_w * sunny,
        export_limit_w=np.full(count, np.inf if efficiency < 1.0 else 4 * taken_w),
        storages=(storage,),
        pv=(PvShare("roof", 1.0, chance.odds(0.5)),),
    )
    return site, quantum_wh


def best_on_grid(question: own.Question, quantum_kwh: float) -> float:
    """The least cost of a site with one store and any sun; the store meets its target at the end.

    Standby losses, absences, preferences and demand charges are left out.
    """
    (storage,) = question.stores
    levels = round(storage.capacity_kwh / quantum_kwh) + 1
    grid = np.arange(levels) * quantum_kwh
    ahead = np.where(grid >= storage.targets[0].floor_kwh - 1e-9, 0.0, NEVER)
    for step in reversed(range(question.count)):
        cost = _cost_of_changes(question, storage, grid, step)
        ahead = (cost + ahead[None, :]).min(axis=1)
    return float(ahead[round(storage.held_kwh / quantum_kwh)])


def _cost_of_changes(
    question: own.Question, storage: own.Store, grid: np.ndarray, step: int
) -> np.ndarray:
    """What a step costs (from each level, to each level)."""
    hours, root = question.hours[step], sqrt(storage.efficiency)
    change = grid[None, :] - grid[:, None]
    power = np.where(change > 0, change / root, change * root) / hours
    allowed = (power <= storage.charge_kw + 1e-9) & (power >= -storage.discharge_kw - 1e-9)
    allowed &= (power == 0) | (np.abs(power) >= storage.least_kw - 1e-9)
    allowed &= (change >= 0) | (grid[None, :] >= storage.reserve_kwh - 1e-9)
    if not storage.grid_discharging:
        allowed &= -power <= question.load_kw[step] + 1e-9
    wear = storage.wear_per_kwh * np.abs(power) * hours
    return np.where(allowed, _step_cost(question, step, power) + wear, NEVER)


def _step_cost(question: own.Question, step: int, power_kw: np.ndarray) -> np.ndarray:
    """The least cost of a step, where the store has a power, over how much sun is held back."""
    sun_kw = sum(sun.kw[step] for sun in question.suns)
    free_kw = sum(sun.kw[step] for sun in question.suns if sun.curtailable)
    net = question.load_kw[step] - sun_kw + power_kw
    spilled = np.maximum(-net - question.export_kw[step], 0.0)
    spilling = np.where(spilled <= sun_kw + 1e-9, net + spilled, np.nan)
    ways = [spilling, net + free_kw, np.clip(0.0, net, net + free_kw)]
    return np.fmin.reduce([_priced(question, step, way) for way in ways])


def _priced(question: own.Question, step: int, net_kw: np.ndarray) -> np.ndarray:
    price = np.where(net_kw > 0, question.prices.buy[step], question.prices.sell[step])
    within = (net_kw <= question.import_kw[step] + 1e-9) & (
        -net_kw <= question.export_kw[step] + 1e-9
    )
    return np.where(within, net_kw * price * question.hours[step], NEVER)
