"""A checker that knows only the rules of plans by amount, and a second way to the optimum."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from wattyard.kernel.clock_changes import HOUR_US
from wattyard.schedules.domain.by_amount.question import AmountPlan, AmountQuestion
from wattyard.schedules.domain.prices import MINUTE_US, PriceSeries

START_US = 1_772_323_200_000_000
QUARTER_US = 15 * MINUTE_US


def quarters(per_kwh: list[float] | np.ndarray, confidence: float = 1.0) -> PriceSeries:
    values = np.asarray(per_kwh, dtype=np.float64)
    edges = START_US + np.arange(values.size + 1) * QUARTER_US
    return PriceSeries(edges, values, np.full(values.size, confidence))


def price_at(prices: PriceSeries, instant_us: int) -> float:
    return float(prices.per_kwh[np.searchsorted(prices.edges_us, instant_us, side="right") - 1])


def cost_of(question: AmountQuestion, plan: AmountPlan) -> float:
    """Add up the money, cutting each slot at each price edge, one by one."""
    money = 0.0
    for need, device in zip(question.needs, plan.devices, strict=True):
        prices = question.prices[need.direction]
        sign = 1 if need.direction == "IMPORT" else -1
        for slot in device.slots:
            cuts = [edge for edge in prices.edges_us if slot.start_us < edge < slot.end_us]
            for one, two in pairwise([slot.start_us, *map(int, cuts), slot.end_us]):
                kwh = slot.power_w / 1000 * (two - one) / HOUR_US
                money += sign * kwh * price_at(prices, one)
    return money


def check(question: AmountQuestion, plan: AmountPlan) -> None:
    """Fail where the plan breaks a rule, whatever it costs."""
    for need, device in zip(question.needs, plan.devices, strict=True):
        for one, two in pairwise(device.slots):
            assert one.end_us <= two.start_us
        for slot in device.slots:
            assert need.start_us <= slot.start_us < slot.end_us <= need.end_us
            assert slot.power_w <= need.max_power_w + 1
            assert slot.power_w >= need.min_power_w - 1
            assert slot.power_w > 0
        moved = sum(slot.energy_wh for slot in device.slots)
        assert abs(moved - device.energy_wh) <= 1
        assert abs(device.energy_wh + device.shortfall_wh - need.energy_wh) <= 0.02
        assert device.status == ("PARTIAL" if device.shortfall_wh else "COMPLETE")
        assert (device.reason is None) == (device.status == "COMPLETE")
    for direction, limit in (
        ("IMPORT", question.limits.import_w),
        ("EXPORT", question.limits.export_w),
    ):
        slots = [
            slot
            for need, device in zip(question.needs, plan.devices, strict=True)
            if need.direction == direction
            for slot in device.slots
        ]
        for instant in {slot.start_us for slot in slots}:
            running = [s.power_w for s in slots if s.start_us <= instant < s.end_us]
            assert sum(running) <= limit + 1
    assert abs(cost_of(question, plan) - plan.value.cost) <= 1e-3
    assert abs(sum(d.value.cost for d in plan.devices) - plan.value.cost) <= 1e-9


def _possible(
    question: AmountQuestion,
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """List the steps, and each (device, step) where the device may run."""
    marks = {edge for prices in question.prices.values() for edge in prices.edges_us.tolist()}
    marks |= {need.start_us for need in question.needs} | {n.end_us for n in question.needs}
    steps = list(pairwise(sorted(marks)))
    names: list[tuple[int, int]] = []
    for d, need in enumerate(question.needs):
        prices = question.prices[need.direction]
        limit = prices.within(need.start_us, need.end_us).threshold(
            relative=question.shaving.relative, absolute=question.shaving.absolute
        )
        sign = 1 if need.direction == "IMPORT" else -1
        names += [
            (d, s)
            for s, (one, two) in enumerate(steps)
            if need.start_us <= one
            and two <= need.end_us
            and (limit is None or sign * price_at(prices, one) <= sign * limit)
        ]
    return steps, names


def optimum(question: AmountQuestion) -> tuple[float, float]:
    """Tell the least unmet kWh and the least cost with it, each direction by itself."""
    unmet, cost = 0.0, 0.0
    for direction in ("IMPORT", "EXPORT"):
        needs = tuple(need for need in question.needs if need.direction == direction)
        if needs:
            own = _optimum(replace(question, needs=needs, held=None))
            unmet, cost = unmet + own[0], cost + own[1]
    return unmet, cost


def _optimum(question: AmountQuestion) -> tuple[float, float]:
    """Solve a mixed-integer programme: least unmet kWh first, then least cost.

    Steps are the quarter hours and the ends of windows; a device with a least power runs at
    constant power through a step, or for a part of it with its power reserved throughout.
    """
    steps, names = _possible(question)
    needs = question.needs
    n, d_count = len(names), len(needs)
    size = 3 * n + d_count
    rows, low, high = [], [], []

    def row(entries: dict[int, float], least: float, most: float) -> None:
        line = np.zeros(size)
        for column, weight in entries.items():
            line[column] = weight
        rows.append(line)
        low.append(least)
        high.append(most)

    cost = np.zeros(size)
    for k, (d, s) in enumerate(names):
        need = needs[d]
        hours = (steps[s][1] - steps[s][0]) / HOUR_US
        sign = 1 if need.direction == "IMPORT" else -1
        cost[k] = sign * price_at(question.prices[need.direction], steps[s][0])
        row({k: 1.0, n + k: -hours}, -np.inf, 0)
        row({n + k: 1.0, 2 * n + k: -need.max_power_w / 1000}, -np.inf, 0)
        row({n + k: 1.0, 2 * n + k: -need.min_power_w / 1000}, 0, np.inf)
    for d, need in enumerate(needs):
        mine = {k: 1.0 for k, (owner, _) in enumerate(names) if owner == d}
        row(mine | {3 * n + d: 1.0}, need.energy_wh / 1000, need.energy_wh / 1000)
    for direction in ("IMPORT", "EXPORT"):
        limit = question.limits.of(direction)
        owned = [(k, s) for k, (d, s) in enumerate(names) if needs[d].direction == direction]
        for step in {s for _, s in owned if np.isfinite(limit)}:
            row({n + k: 1.0 for k, s in owned if s == step}, -np.inf, limit / 1000)
    whole = np.zeros(size)
    whole[2 * n : 3 * n] = [needs[d].min_power_w > 0 for d, _ in names]
    upper = np.full(size, np.inf)
    upper[2 * n : 3 * n] = 1
    bounds = Bounds(np.zeros(size), upper)
    unmet = np.zeros(size)
    unmet[3 * n :] = 1
    options = {"mip_rel_gap": 1e-9}
    rules = LinearConstraint(np.array(rows), low, high)
    first = milp(unmet, integrality=whole, bounds=bounds, constraints=rules, options=options)
    row(dict.fromkeys(range(3 * n, size), 1.0), -np.inf, first.fun + 1e-8)
    rules = LinearConstraint(np.array(rows), low, high)
    second = milp(cost, integrality=whole, bounds=bounds, constraints=rules, options=options)
    return float(first.fun), float(second.fun)
