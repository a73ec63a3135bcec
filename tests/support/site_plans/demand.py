"""What a plan adds to demand charges (contract 2b and 4b): as a number, and as rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise

from .linear import Expression, Program, term
from .question import DemandPeriod, DemandWindow
from .stores import ENOUGH

MONEY = 2_000.0
"""Above every amount of the examples."""


BELOW = 1e-5
""" "`to_kw` exclusive": a peak in kW is so much below the next step."""


def rise(period: DemandPeriod, import_kw: Sequence[float]) -> float:
    """ "charge(readings so far and plan) - charge(readings so far)", n times with `periods` n."""
    return period.periods * (_charge(period, import_kw) - _charge_so_far(period))


def _charge(period: DemandPeriod, import_kw: Sequence[float]) -> float:
    peaks = defaultdict(float, period.read_kw_by_day)
    for window in period.windows:
        kw = window.read_kw + sum(share * import_kw[step] for step, share in window.parts)
        peaks[window.day] = max(peaks[window.day], kw)
    drawn = period.read_kwh + sum(hours * import_kw[step] for step, hours in period.drawn)
    return _amount(period, _mean(period, list(peaks.values())), drawn)


def _charge_so_far(period: DemandPeriod) -> float:
    peaks = [kw for _, kw in period.read_kw_by_day]
    if not peaks and not period.read_kwh:
        return _capped(period, _price(period, period.least_kw), 0.0)
    return _amount(period, _mean(period, peaks), period.read_kwh)


def _mean(period: DemandPeriod, peaks: list[float]) -> float:
    if not peaks:
        return 0.0
    chosen = sorted(peaks, reverse=True)[: period.days or 1]
    return sum(chosen) / len(chosen)


def _amount(period: DemandPeriod, peak_kw: float, drawn_kwh: float) -> float:
    peaks = [max(peak_kw, period.least_kw), *period.earlier_kw]
    return _capped(period, _price(period, sum(peaks) / len(peaks)), drawn_kwh)


def _capped(period: DemandPeriod, amount: float, drawn_kwh: float) -> float:
    if period.cap_per_kwh is None:
        return amount
    return min(amount, period.cap_per_kwh * drawn_kwh)


def _price(period: DemandPeriod, kw: float) -> float:
    for start, end, base, slope in _pieces(period):
        if start <= kw < end:
            return base + slope * (kw - start)
    raise AssertionError(kw)


def _pieces(period: DemandPeriod) -> list[tuple[float, float, float, float]]:
    """(from kW, to kW, amount there, amount per further kW)."""
    found, base = [], 0.0
    listed = period.steps or period.tiers
    for (start, money), (end, _) in pairwise((*listed, (ENOUGH, 0.0))):
        if period.steps:
            found.append((start, end, money * period.factor, 0.0))
        else:
            found.append((start, end, base, money * period.factor))
            base += money * period.factor * (end - start)
    return found


def demand_rows(
    program: Program, period: DemandPeriod, import_kw: Callable[[int], Expression]
) -> Expression:
    """The rise in money; the rows push the peak up only, so prices must not fall with it."""
    peak = _peak_rows(program, period, import_kw)
    charged = program.number(period.least_kw, ENOUGH)
    program.at_most(peak, term(charged))
    count = 1 + len(period.earlier_kw)
    mean = Expression(sum(period.earlier_kw) / count, {charged: 1 / count})
    amount = _amount_rows(program, period, mean)
    if period.cap_per_kwh is not None:
        drawn = Expression(period.read_kwh)
        for step, hours in period.drawn:
            drawn.plus(import_kw(step), hours)
        amount = _lesser(program, amount, Expression().plus(drawn, period.cap_per_kwh))
    rise_ = Expression(-_charge_so_far(period)).plus(amount)
    return Expression().plus(rise_, period.periods)


def _peak_rows(
    program: Program, period: DemandPeriod, import_kw: Callable[[int], Expression]
) -> Expression:
    read = dict(period.read_kw_by_day)
    by_day: defaultdict[int, list[DemandWindow]] = defaultdict(list)
    for window in period.windows:
        by_day[window.day].append(window)
    peaks = [Expression(kw) for day, kw in read.items() if day not in by_day]
    for day, windows in by_day.items():
        highest = program.number(read.get(day, 0.0), ENOUGH)
        for window in windows:
            kw = Expression(window.read_kw)
            for step, share in window.parts:
                kw.plus(import_kw(step), share)
            program.at_most(kw, term(highest))
        peaks.append(term(highest))
    return _highest_mean(program, peaks, period.days or 1)


def _highest_mean(program: Program, peaks: list[Expression], wanted: int) -> Expression:
    """At least the mean of the n highest: n x level + what lies above the level, over n."""
    if not peaks:
        return Expression()
    count = min(wanted, len(peaks))
    level = program.number(0.0, ENOUGH)
    mean = term(level)
    for peak in peaks:
        above = program.number(0.0, ENOUGH)
        program.at_most(peak, Expression(0.0, {level: 1.0, above: 1.0}))
        mean.add(above, 1 / count)
    return mean


def _amount_rows(program: Program, period: DemandPeriod, kw: Expression) -> Expression:
    amount, chosen, placed = Expression(), Expression(), Expression()
    for start, end, base, slope in _pieces(period):
        here, inside = program.switch(), program.number(0.0, ENOUGH)
        program.row(Expression(0.0, {inside: 1.0, here: -start}), lower=0.0)
        within = end - BELOW if period.steps else end
        program.row(Expression(0.0, {inside: 1.0, here: -within}), upper=0.0)
        chosen.add(here)
        placed.add(inside)
        amount.add(inside, slope).add(here, base - slope * start)
    program.row(chosen, 1.0, 1.0)
    program.at_most(kw, placed)
    return amount


def _lesser(program: Program, one: Expression, other: Expression) -> Expression:
    least, first = program.number(-MONEY, MONEY), program.switch()
    program.at_most(one.copy().add(first, MONEY), Expression(MONEY, {least: 1.0}))
    program.at_most(other.copy().add(first, -MONEY), term(least))
    return term(least)
