"""The best numbers of a site program: linear first, binaries only where its switches are broken."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from time import perf_counter
from typing import Final, NamedTuple

import numpy as np

from wattyard.schedules.domain.prices import Numbers
from wattyard.schedules.domain.site.dynamic import SitePath, best_path, bounds_of, fits
from wattyard.schedules.domain.site.plan import SolverStats
from wattyard.schedules.domain.site.program import (
    Mask,
    SiteProgram,
    held_at,
    padded,
    switched,
)
from wattyard.schedules.domain.site.store import PlacedStore
from wattyard.schedules.domain.solver import Solution, solve

_SAME: Final = 1e-7
_ROUNDS: Final = 4
_TOO_SHORT_SECONDS: Final = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The values (n) of a program's columns, which obey every switch; no plan is below `bound`.

    `bound` is of the objective, among plans that miss no more energy.
    """

    values: Numbers
    bound: float
    solver: SolverStats


@dataclass(slots=True)
class _Clock:
    left: float
    spent: float = 0.0
    rows: int = 0
    columns: int = 0
    binaries: int = 0

    def note(self, rows: int, columns: int, binaries: int, seconds: float) -> None:
        self.left -= seconds
        self.spent += seconds
        if columns >= self.columns:
            self.rows, self.columns, self.binaries = rows, columns, binaries

    @property
    def stats(self) -> SolverStats:
        return SolverStats(self.spent, self.rows, self.columns, self.binaries)


def best_found(site: SiteProgram) -> Found:
    """Minimise the goals of a program in order of rank, as far as the time allows."""
    found = found_if_any(site)
    if found is None:
        raise RuntimeError("a site program without a plan: its goals are soft, so this is a bug")
    return found


def found_if_any(site: SiteProgram, spent: float = 0.0) -> Found | None:
    """Do the same for a program that may have no plan, after seconds that others have spent."""
    clock = _Clock(max(site.question.seconds - spent, _TOO_SHORT_SECONDS))
    free = replace(site, program=site.program.with_whole_free())
    relaxed = _solved(free, site.nowhere, clock)
    if relaxed is None:
        return None
    whole = relaxed.values[site.program.whole]
    integral = np.abs(whole - np.rint(whole)).max(initial=0.0) < _SAME
    if integral and not _any(site.broken(relaxed.values)):
        return Found(relaxed.values, _objective(site, relaxed.values), clock.stats)
    alone = _by_dynamics(site, relaxed.values, clock) if fits(site.question) else None
    return alone or _mixed(site, relaxed.values, clock)


def _by_dynamics(site: SiteProgram, relaxed: Numbers, clock: _Clock) -> Found | None:
    """Decide a single store's ways by dynamic programming; None where that misses more."""
    started = perf_counter()
    (store,) = (one for one in site.placed if isinstance(one, PlacedStore))
    charge_w, discharge_w = store.powers_w(relaxed)
    excess_kw = relaxed[site.meter.excess]
    path = best_path(site.question, bounds_of(site.question, charge_w, discharge_w, excess_kw))
    clock.note(0, 0, 0, perf_counter() - started)
    if path is None:
        return None
    guess = relaxed.copy()
    guess[store.charge] = path.charge_kw
    guess[store.discharge] = path.discharge_kw[: store.discharge.size]
    _settle(site, guess, path)
    everywhere = [np.ones(switch.on.size, dtype=np.bool_) for switch in site.switches]
    values = _rounded(site, guess, everywhere, clock)
    known = [float(goal @ relaxed) for goal in site.goals[: site.objective]]
    if values is None or not _reaches(site, values, _Bound(known, inf)):
        return None
    return Found(values, min(path.bound, _objective(site, values)), clock.stats)


def _settle(site: SiteProgram, guess: Numbers, path: SitePath) -> None:
    """Write what flows through the meter on a path, as a guess of which way it goes."""
    meter, question = site.meter, site.question
    sun_kw = sum((group.sun_kw for group in meter.groups), np.zeros(question.steps))
    net_kw = question.load_w / 1000.0 - sun_kw + path.charge_kw - path.discharge_kw
    net_kw = net_kw + path.curtailed_kw
    limit_kw = question.export_limit_w / 1000.0
    spilled_kw = np.maximum(-net_kw - limit_kw, 0.0)
    guess[meter.imported] = np.maximum(net_kw, 0.0)
    guess[meter.exported] = np.minimum(np.maximum(-net_kw, 0.0), limit_kw)
    for group, columns in zip(meter.groups, meter.curtailed, strict=True):
        guess[columns] = np.where(group.forced, spilled_kw, path.curtailed_kw)


def _mixed(site: SiteProgram, relaxed: Numbers, clock: _Clock) -> Found | None:
    """Add binaries where switches are broken, until none is."""
    known = [float(goal @ relaxed) for goal in site.goals[: site.objective + 1]]
    where = tuple(_all_where(mask) for mask in site.broken(relaxed))
    best = _rounded(site.rounded(relaxed), relaxed, site.nowhere, clock) if site.roundings else None
    best = best if best is not None else _rounded(site, relaxed, where, clock)
    bounds = [_Bound(known[:-1], known[-1])]
    for _ in range(_ROUNDS):
        if best is not None and _reaches(site, best, bounds[-1]):
            break
        if clock.left <= _TOO_SHORT_SECONDS:
            break
        solution = _solved(site, where, clock, guess=best, known=known[:-1])
        if solution is None:
            break
        missed = [float(goal @ solution.values) for goal in site.goals[: site.objective]]
        bounds.append(_Bound(missed, solution.bound))
        broken = site.broken(solution.values)
        if not _any(broken):
            best = solution.values
            break
        best = _better(site, best, _rounded(site, solution.values, _joined(where, broken), clock))
        where = _joined(where, tuple(_all_where(one) for one in broken))
    values = _idle(site, clock) if best is None else best
    if values is None:
        return None
    return Found(values, _bound(site, values, bounds, clock), clock.stats)


class _Bound(NamedTuple):
    """No plan that misses no more than `missed`, goal by goal, has an objective below `least`."""

    missed: list[float]
    least: float


def _bound(site: SiteProgram, values: Numbers, bounds: list[_Bound], clock: _Clock) -> float:
    """Find what bounds the objective of plans that miss no more than this one."""
    valid = [one.least for one in bounds if _reaches(site, values, _Bound(one.missed, inf))]
    if not valid:
        narrowed = site.program.with_whole_free()
        for goal in site.goals[: site.objective]:
            most = float(goal @ values)
            narrowed = narrowed.with_row(goal, most + _SAME * max(1.0, abs(most)))
        solution = solve(narrowed, [site.goals[site.objective]])
        clock.note(0, 0, 0, 0.0 if solution is None else solution.seconds)
        valid = [-inf if solution is None else solution.bound]
    return min(max(valid), _objective(site, values))


def _solved(
    site: SiteProgram,
    where: Sequence[Mask],
    clock: _Clock,
    *,
    guess: Numbers | None = None,
    known: Sequence[float] = (),
) -> Solution | None:
    """Solve with binaries where asked; answers the values of the base's columns."""
    program, binaries = switched(site, where)
    start = None
    if guess is not None:
        start = np.append(guess, np.zeros(program.lower.size - guess.size))
        for switch, mask, columns in zip(site.switches, where, binaries, strict=True):
            start[columns] = guess[switch.on[mask]] > 0.0
    solution = solve(
        program,
        padded(site.goals, program.lower.size),
        main=site.objective,
        guess=start,
        known=known,
        seconds=max(clock.left, _TOO_SHORT_SECONDS),
    )
    if solution is None:
        return None
    clock.note(
        program.row_lower.size, program.lower.size, int(program.whole.sum()), solution.seconds
    )
    return replace(solution, values=solution.values[: site.program.lower.size])


def _rounded(
    site: SiteProgram, values: Numbers, where: Sequence[Mask], clock: _Clock
) -> Numbers | None:
    """Decide switches as values suggest, and solve what is left; None where that fails."""
    for _ in range(_ROUNDS):
        on = [_suggested(site, number, values) for number in range(len(site.switches))]
        solution = solve(
            held_at(site, on, where), site.goals, main=site.objective, seconds=max(clock.left, 0.1)
        )
        if solution is None:
            return None
        clock.note(0, 0, 0, solution.seconds)
        broken = site.broken(solution.values)
        if not _any(broken):
            return solution.values
        values, where = solution.values, _joined(where, broken)
    return None


def _suggested(site: SiteProgram, number: int, values: Numbers) -> Mask:
    """Find where (k) a switch would rather be on."""
    switch = site.switches[number]
    on = values[switch.on]
    off = sum((values[columns] for columns in switch.off), np.zeros(on.size))
    running = (on > 1e-6) & (on >= off)
    if switch.needs:
        reached = sum(
            (values[columns] * weight for columns, weight in switch.needs), np.zeros(on.size)
        )
        running &= reached >= (switch.least + switch.needs_lower) / 2.0
    return np.asarray(running, dtype=np.bool_)


def _idle(site: SiteProgram, clock: _Clock) -> Numbers | None:
    """Find what is left when no device runs: never empty-handed."""
    question = site.question
    upper = site.program.upper.copy()
    for draw in site.drawn:
        upper[draw.columns] = 0.0
    resting = replace(site, program=replace(site.program, upper=upper))
    where = [np.ones(switch.on.size, dtype=np.bool_) for switch in site.switches]
    values = np.zeros(upper.size)
    values[site.meter.exported] = np.maximum(question.sun_w - question.load_w, 0.0)
    return _rounded(resting, values, where, clock)


def _all_where(broken: Mask) -> Mask:
    return np.full(broken.size, bool(broken.any()))


def _joined(one: Sequence[Mask], two: Sequence[Mask]) -> tuple[Mask, ...]:
    return tuple(first | second for first, second in zip(one, two, strict=True))


def _any(masks: Sequence[Mask]) -> bool:
    return any(bool(mask.any()) for mask in masks)


def _objective(site: SiteProgram, values: Numbers) -> float:
    return float(site.goals[site.objective] @ values)


def _reaches(site: SiteProgram, values: Numbers, bound: _Bound) -> bool:
    """Check whether no plan can be better, in any goal up to the objective."""
    return all(
        float(goal @ values) <= least + _SAME * max(1.0, abs(least))
        for goal, least in zip(site.goals, [*bound.missed, bound.least], strict=False)
    )


def _better(site: SiteProgram, one: Numbers | None, two: Numbers | None) -> Numbers | None:
    """Pick the plan that is better in the first goal in which they differ."""
    if one is None or two is None:
        return two if one is None else one
    for goal in site.goals[: site.objective + 1]:
        first, second = float(goal @ one), float(goal @ two)
        if abs(first - second) > _SAME * max(1.0, abs(first)):
            return one if first < second else two
    return one
