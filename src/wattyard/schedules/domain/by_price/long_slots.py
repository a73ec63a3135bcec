"""The cheapest slots of a total length, each at least so long: an exact dynamic programme.

Let `off[t][d]` be the least cost of using d units of time of the first t without running at t,
and `on[t][d]` the same while running (a slot of at least m units ends at t). Then

    off[t][d] = min(off[t-1][d], on[t-1][d])
    on[t][d]  = min(on[t-1][d-1] + cost of unit t, off[t-m][d-m] + cost of units t-m..t)

The unit is the greatest common divisor of all lengths, so that the answer is exact: some best
plan has every slot end at a price edge or a slot length away from one. Where a window starts
within a minute that unit would be tiny; then slots start and end on whole minutes counted from
the window's start, and the answer is exact among those.
"""

from collections import deque
from typing import Final

from wattyard.kernel.arrays import Marks, Numbers, np
from wattyard.schedules.domain.prices import MINUTE_US, Instants, PriceSeries

_FINEST_GRID: Final = 4320
"""Units in the window: three days of minutes."""
_LEVELS: Final = 1e9
"""Costs are whole numbers of this part of the largest, so that equal plans cost the same."""


def long_slots(
    prices: PriceSeries, per_kwh: Numbers, wanted_us: int, shortest_us: int
) -> tuple[Instants, Instants]:
    """Find starts and ends (k) of slots of `wanted_us` in total, each ≥ `shortest_us`.

    `per_kwh` (n) is what each interval costs (negated for the dearest). Among equally cheap
    plans the one whose last slot ends first wins, then the last but one, and so on.
    """
    unit_us = _unit(prices, wanted_us, shortest_us)
    marks_us = np.arange(prices.window_us // unit_us + 1) * unit_us
    offsets_us = prices.edges_us - prices.edges_us[0]
    spent = np.append(0.0, np.cumsum(per_kwh * prices.lengths_us))
    costs = np.interp(marks_us.astype(np.float64), offsets_us.astype(np.float64), spent)
    largest = float(np.abs(per_kwh).max()) * unit_us or 1.0
    each = np.rint(np.diff(costs) / largest * _LEVELS)
    running = _running(each, wanted_us // unit_us, shortest_us // unit_us)
    changes = np.flatnonzero(np.diff(np.concatenate([[False], running, [False]])))
    edges_us = prices.edges_us[0] + changes * unit_us
    return edges_us[::2], edges_us[1::2]


def _unit(prices: PriceSeries, wanted_us: int, shortest_us: int) -> int:
    exact_us = int(np.gcd.reduce(np.append(prices.lengths_us, [wanted_us, shortest_us])))
    return exact_us if prices.window_us <= exact_us * _FINEST_GRID else MINUTE_US


def _running(each: Numbers, wanted: int, shortest: int) -> Marks:
    """Choose (t) which units run, for the cost (t) of each unit."""
    resting, opening = _decisions(each, wanted, shortest)
    running = np.zeros(each.size, dtype=np.bool_)
    mark, left = each.size, wanted
    while left:
        if resting[left, mark]:
            mark -= 1
            continue
        end = mark
        while not opening[left, mark]:
            mark, left = mark - 1, left - 1
        mark, left = mark - shortest, left - shortest
        running[mark:end] = True
    return running


def _decisions(each: Numbers, wanted: int, shortest: int) -> tuple[Marks, Marks]:
    """Find (wanted + 1, t + 1) where resting is best, and where a slot best starts m before.

    One row at a time: a row of `off` is the running minimum of its row of `on`.
    """
    resting = np.zeros((wanted + 1, each.size + 1), dtype=np.bool_)
    opening = np.zeros_like(resting)
    spent = np.append(0.0, np.cumsum(each))
    block = spent[shortest:] - spent[:-shortest]
    on, off = np.full(each.size + 1, np.inf), np.zeros(each.size + 1)
    earlier = deque([off], maxlen=shortest)
    for used in range(1, wanted + 1):
        on[1:] = on[:-1] + each
        on[0] = np.inf
        if used >= shortest:
            opened = earlier[0][:-shortest] + block
            np.less_equal(opened, on[shortest:], out=opening[used, shortest:])
            np.minimum(on[shortest:], opened, out=on[shortest:])
        off = np.append(np.inf, np.minimum.accumulate(on[:-1]))
        np.less_equal(off, on, out=resting[used])
        earlier.append(off)
    return resting, opening
