"""How long plans take in the engine, one core: contract 4's figures."""

import os
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array

from benchmarks.support.ground import SERVER_CORE, Ground, pin, verdict
from wattyard.schedules.domain.by_amount.plan import by_amount
from wattyard.schedules.domain.by_amount.question import AmountQuestion, Need, PowerLimits
from wattyard.schedules.domain.by_price.duration import DurationQuestion, by_duration
from wattyard.schedules.domain.by_price.limit import LimitQuestion, by_limit
from wattyard.schedules.domain.by_state_of_charge.plan import by_charge
from wattyard.schedules.domain.by_state_of_charge.question import (
    ChargeQuestion,
    ChargeSteps,
    Storage,
)
from wattyard.schedules.domain.prices import MINUTE_US, PriceSeries

_QUARTER_US = 15 * MINUTE_US
_START_US = 1_772_323_200_000_000


def run(ground: Ground) -> None:
    """Time each kind of plan; the joint one is held against scipy's answer to the question."""
    pin(os.getpid(), SERVER_CORE)
    for name, plan, budget_ms in _cases():
        spent_ms, _ = _median(plan)
        if budget_ms is None:
            print(f"   {name}: {spent_ms:.2f} ms (no figure in the contract)")
        else:
            verdict(name, spent_ms, f"<= {budget_ms:g} ms", met=spent_ms <= budget_ms)
    question = _amount(50, 192, 30_000.0)
    spent_ms, plan = _median(lambda: by_amount(question))
    scipy_ms, cost = _median(lambda: _by_scipy(question))
    assert abs(plan.value.cost - cost) < 1e-6
    print(f"   50 devices: scipy's cost alone {scipy_ms:.1f} ms, the whole plan {spent_ms:.1f} ms")


def _median(work: Callable[[], Any]) -> tuple[float, Any]:
    result, spent = work(), []
    for _ in range(9):
        started = perf_counter()
        result = work()
        spent.append(perf_counter() - started)
    return 1000 * sorted(spent)[4], result


def _by_scipy(question: AmountQuestion) -> float:
    """The least cost of sharing one limit, as one would ask scipy for it."""
    needs, prices = question.needs, question.prices["IMPORT"]
    starts = prices.edges_us[:-1]
    inside = [(starts >= need.start_us) & (starts < need.end_us) for need in needs]
    owner, step = np.nonzero(np.array(inside))
    columns, ones = np.arange(owner.size), np.ones(owner.size)
    answer = linprog(
        prices.per_kwh[step],
        A_ub=coo_array((ones, (step, columns)), shape=(starts.size, columns.size)),
        b_ub=np.full(starts.size, question.limits.import_w / 4000),
        A_eq=coo_array((ones, (owner, columns)), shape=(len(needs), columns.size)),
        b_eq=[need.energy_wh / 1000 for need in needs],
        bounds=[(0, needs[device].max_power_w / 4000) for device in owner],
    )
    return float(answer.fun)


def _cases() -> list[tuple[str, Callable[[], Any], float | None]]:
    days = _prices(288)
    battery = Storage(10_000, 3_000, 5_000, 5_000, 0.9, 1_000, end_wh=3_000)
    ready_us = _START_US + 28 * _QUARTER_US
    car = Storage(60_000, 20_000, 7_400, 0, 0.9, target_wh=45_000, ready_us=ready_us)
    three, fifty = _amount(3, 96, 9_000.0), _amount(50, 192, 30_000.0)
    day, house = _house((battery,)), _house((battery, car), limit_w=11_000.0)
    negative = _house((battery,), negative=True)
    both = _house((battery, car), limit_w=11_000.0, negative=True)
    duration = DurationQuestion(days, "LOW", 437)
    block = DurationQuestion(days, "LOW", 437, contiguous=True)
    quarters = DurationQuestion(days, "LOW", 435, min_slot_minutes=30)
    minutes = DurationQuestion(days, "LOW", 437, min_slot_minutes=31)
    limit = LimitQuestion(days, "LOW", 0.3)
    return [
        ("duration, 3 days", lambda: by_duration(duration), 1),
        ("duration, 3 days, contiguous", lambda: by_duration(block), 1),
        ("duration, 3 days, least slots in quarters", lambda: by_duration(quarters), None),
        ("duration, 3 days, least slots in minutes", lambda: by_duration(minutes), None),
        ("limit, 3 days", lambda: by_limit(limit), 1),
        ("amount, 3 devices, site limit, 24 h", lambda: by_amount(three), 5),
        ("amount, 50 devices, site limit, 48 h", lambda: by_amount(fifty), 150),
        ("state of charge, battery, 96 steps", lambda: by_charge(day), 30),
        ("house: battery, car, sun, load, site limit", lambda: by_charge(house), 40),
        ("battery, 96 steps, 15 negative prices", lambda: by_charge(negative), None),
        ("house, 96 steps, 15 negative prices", lambda: by_charge(both), None),
    ]


def _prices(count: int) -> PriceSeries:
    rng = np.random.default_rng(1)
    edges_us = _START_US + np.arange(count + 1) * _QUARTER_US
    return PriceSeries(edges_us, rng.normal(0.2, 0.1, count).round(4), np.ones(count))


def _amount(devices: int, steps: int, limit_w: float) -> AmountQuestion:
    rng = np.random.default_rng(2)
    needs = tuple(
        Need(
            "IMPORT",
            _START_US + int(rng.integers(0, steps // 3)) * _QUARTER_US,
            _START_US + int(rng.integers(steps // 2, steps + 1)) * _QUARTER_US,
            float(rng.choice([3_700, 7_400, 11_000])),
            float(rng.uniform(5_000, 20_000)),
        )
        for _ in range(devices)
    )
    return AmountQuestion(needs, {"IMPORT": _prices(steps)}, PowerLimits(import_w=limit_w))


def _house(
    storages: tuple[Storage, ...], *, limit_w: float = np.inf, negative: bool = False
) -> ChargeQuestion:
    rng = np.random.default_rng(3)
    hour = np.arange(96) / 4
    buy = 0.25 + 0.1 * np.sin((hour - 10) / 24 * 4 * np.pi) + rng.normal(0, 0.02, 96)
    buy = (buy - 0.35 * ((hour > 11) & (hour < 15) & negative)).round(4)
    sunny = len(storages) > 1
    steps = ChargeSteps(
        _START_US + np.arange(97) * _QUARTER_US,
        buy,
        export_per_kwh=buy - 0.08,
        pv_w=np.maximum(0, 5000 * np.sin((hour - 6) / 12 * np.pi)) * sunny,
        base_load_w=rng.uniform(200, 1500, 96) * sunny,
    )
    return ChargeQuestion(storages, steps, PowerLimits(limit_w, limit_w), export_allowed=True)
