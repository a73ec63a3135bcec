"""The best numbers of a site program: linear first, binaries only where its switches are broken."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf
from time import perf_counter
from typing import Final

from wattyard.kernel.arrays import Marks, Numbers, np
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.power import WATTS_PER_KW, WH_PER_KWH
from wattyard.schedules.domain.site.dynamic import SitePath, best_path, bounds_of, fits
from wattyard.schedules.domain.site.plan import SolverStats
from wattyard.schedules.domain.site.program import SiteProgram, padded, switched
from wattyard.schedules.domain.site.rounding import (
    SAME,
    TOO_SHORT_SECONDS,
    Clock,
    GoalBound,
    any_of,
    at_rest,
    better,
    decided,
    in_order,
    is_vast,
    joined,
    missed_by,
    objective_of,
    reaches,
    rounded,
)
from wattyard.schedules.domain.site.storage import PlacedStorage
from wattyard.schedules.domain.solver.ranked import Solution, solve

_ROUNDS: Final = 8
_CROWDED: Final = 2_000
_LARGE: Final = 150
_ENOUGH: Final = {"crowded": 5e-3, "large": 1e-3, "small": SAME}
"""How far off a plan may be that is not searched on: in a program with `_CROWDED` entries of
switches, of which `_LARGE` would need binaries, or fewer."""
_PROVEN: Final = 1e-5
_LEAST_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The values (n) of a program's columns, which obey every switch; no plan is below `bound`.

    `bound` is of the objective, among plans that miss no more energy.
    """

    values: Numbers
    bound: float
    solver: SolverStats

    def is_near(self, site: SiteProgram) -> bool:
        """Check whether no plan is better by more than what a dynamic program is allowed."""
        objective = objective_of(site, self.values)
        return objective - self.bound <= _PROVEN * max(1.0, abs(objective))


def best_found(site: SiteProgram) -> Found:
    """Minimise the goals of a program in order of rank, as far as the time allows."""
    found = found_if_any(site) or _at_rest(site)
    if found is None:
        raise RuntimeError("a site program without a plan: its goals are soft, so this is a bug")
    return found


def _at_rest(site: SiteProgram) -> Found | None:
    """Find what is left when no device runs, where there was no time for any plan."""
    clock = Clock(TOO_SHORT_SECONDS)
    values = at_rest(site, clock)
    if values is None:
        return None
    bound = site.program.with_whole_free().lowest(site.goals[site.objective])
    return Found(values, min(bound, objective_of(site, values)), clock.stats)


def found_if_any(site: SiteProgram, spent: float = 0.0) -> Found | None:
    """Do the same for a program that may have no plan, after seconds that others have spent."""
    clock = Clock(max(site.question.seconds - spent, TOO_SHORT_SECONDS))
    relaxed = in_order(site, site.program.with_whole_free(), clock.left)
    if relaxed is None:
        return None
    clock.note(relaxed.seconds, (site.program.row_lower.size, site.program.lower.size, 0))
    found = _searched(site, relaxed, clock)
    return None if found is None else _no_worse_than_rest(site, found, clock)


def _searched(site: SiteProgram, relaxed: Solution, clock: Clock) -> Found | None:
    """Find numbers that obey integers and switches, from those that need not."""
    whole = relaxed.values[site.program.whole]
    integral = np.abs(whole - np.rint(whole)).max(initial=0.0) < SAME
    if integral and not any_of(site.broken(relaxed.values)):
        return Found(relaxed.values, relaxed.bound, clock.stats)
    start: Found | None = None
    if fits(site.question) and not site.narrowed:
        start = _by_dynamics(site, relaxed.values, clock)
        if start is not None and start.is_near(site):
            return start
    return _mixed(site, relaxed, clock, start)


def _no_worse_than_rest(site: SiteProgram, found: Found, clock: Clock) -> Found:
    """Take no plan that the clock cut short where it is better that no device runs."""
    objective = objective_of(site, found.values)
    near = objective - found.bound <= _ENOUGH["large"] * max(1.0, abs(objective))
    if near or clock.left > TOO_SHORT_SECONDS or site.narrowed or is_vast(site):
        return found
    values = better(site, found.values, at_rest(site, clock))
    if values is None or values is found.values:
        return found
    return Found(values, found.bound, clock.stats)


def _by_dynamics(site: SiteProgram, relaxed: Numbers, clock: Clock) -> Found | None:
    """Decide a single storage unit's ways by dynamic programming; None where that misses more."""
    started = perf_counter()
    (storage,) = (one for one in site.placed if isinstance(one, PlacedStorage))
    charge_w, discharge_w = storage.powers_w(relaxed)
    excess_kw = relaxed[site.meter.excess]
    bounds = bounds_of(site.question, charge_w, discharge_w, excess_kw)
    path = best_path(site.question, bounds, max(clock.left, _LEAST_SECONDS))
    clock.note(perf_counter() - started)
    if path is None:
        return None
    guess = _along(site, storage, relaxed, path)
    everywhere = [np.ones(switch.on.size, dtype=np.bool_) for switch in site.switches]
    values = decided(site, guess, everywhere, clock)
    if values is None or not reaches(site, values, GoalBound(missed_by(site, relaxed), inf)):
        return None
    return Found(values, min(path.bound, objective_of(site, values)), clock.stats)


def _along(site: SiteProgram, storage: PlacedStorage, relaxed: Numbers, path: SitePath) -> Numbers:
    """Write a path of the unit as a guess of which way it and the meter go, and what it holds."""
    guess = relaxed.copy()
    guess[storage.charge] = path.charge_kw
    guess[storage.discharge] = path.discharge_kw[: storage.discharge.size]
    held_wh = storage.times.held_after(
        path.charge_kw * WATTS_PER_KW, path.discharge_kw * WATTS_PER_KW
    )
    guess[storage.held] = held_wh[: storage.held.size] / WH_PER_KWH
    _settle(site, guess, path)
    return guess


def _settle(site: SiteProgram, guess: Numbers, path: SitePath) -> None:
    """Write what flows through the meter on a path, as a guess of which way it goes."""
    meter, question = site.meter, site.question
    sun_kw = sum((group.sun_kw for group in meter.groups), np.zeros(question.steps))
    net_kw = question.load_w / WATTS_PER_KW - sun_kw + path.charge_kw - path.discharge_kw
    net_kw = net_kw + path.curtailed_kw
    limit_kw = question.export_limit_w / WATTS_PER_KW
    spilled_kw = np.maximum(-net_kw - limit_kw, 0.0)
    guess[meter.imported] = np.maximum(net_kw, 0.0)
    guess[meter.exported] = np.minimum(np.maximum(-net_kw, 0.0), limit_kw)
    for group, columns in zip(meter.groups, meter.curtailed, strict=True):
        guess[columns] = np.where(group.forced, spilled_kw, path.curtailed_kw)


def _mixed(
    site: SiteProgram, free: Solution, clock: Clock, start: Found | None = None
) -> Found | None:
    """Add binaries where switches are broken, until none is; from a plan to start with, if any."""
    relaxed = free.values
    known = missed_by(site, relaxed)
    bounds = [GoalBound(known, free.bound)]
    where = site.broken(relaxed)
    best = None if start is None else start.values
    if start is not None:
        bounds.append(GoalBound(known, start.bound))
    if best is None:
        best = _first(site, relaxed, bounds[0], clock)
    for turn in range(_ROUNDS):
        if clock.left <= TOO_SHORT_SECONDS or _enough(site, best, bounds[-1], where):
            break
        solution = _solved(site, where, clock, guess=best, known=known)
        if solution is None:
            break
        bounds.append(GoalBound(missed_by(site, solution.values), solution.bound))
        broken = site.broken(solution.values)
        if not any_of(broken):
            best = better(site, best, solution.values)
            break
        held = replace(site, program=site.program.with_whole_fixed(solution.values))
        more = rounded(held, solution.values, joined(where, broken), bounds[-1], clock)
        best = better(site, best, more)
        grown = broken if turn < _ROUNDS - 3 else tuple(_all_where(one) for one in broken)
        where = joined(where, grown)
    values = at_rest(site, clock) if best is None else best
    if values is None:
        return None
    return Found(values, _bound(site, values, bounds, clock), clock.stats)


def _first(site: SiteProgram, relaxed: Numbers, bound: GoalBound, clock: Clock) -> Numbers | None:
    """Find a plan to begin with: integers of devices rounded, else switches decided."""
    best = None
    if site.roundings:
        best = decided(site.rounded(relaxed), relaxed, site.nowhere, clock)
    if best is None:
        best = rounded(site, relaxed, site.broken(relaxed), bound, clock)
    return best


def _enough(
    site: SiteProgram, values: Numbers | None, bound: GoalBound, where: Sequence[Marks]
) -> bool:
    """Check whether a plan cannot be better, or hardly where the search for it would be large."""
    if values is None or is_vast(site):
        return values is not None
    broken = sum(mask.size for mask in where if mask.any()) + int(site.program.whole.sum())
    size = "large" if broken > _LARGE else "small"
    size = "crowded" if sum(mask.size for mask in where) > _CROWDED else size
    return reaches(site, values, bound, _ENOUGH[size])


def _bound(site: SiteProgram, values: Numbers, bounds: list[GoalBound], clock: Clock) -> float:
    """Find what bounds the objective of plans that miss no more than this one."""
    valid = [one.least for one in bounds if reaches(site, values, GoalBound(one.missed, inf))]
    if not valid:
        narrowed = site.program.with_whole_free()
        for goal in site.goals[: site.objective]:
            most = float(goal @ values)
            narrowed = narrowed.with_row(goal, most + SAME * max(1.0, abs(most)))
        objective = site.goals[site.objective]
        solution = solve(narrowed, [objective])
        clock.note(0.0 if solution is None else solution.seconds)
        valid = [narrowed.lowest(objective) if solution is None else solution.bound]
    return min(max(valid), objective_of(site, values))


def _solved(
    site: SiteProgram,
    where: Sequence[Marks],
    clock: Clock,
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
        seconds=max(clock.left, TOO_SHORT_SECONDS),
    )
    if solution is None:
        return None
    size = (program.row_lower.size, program.lower.size, int(program.whole.sum()))
    clock.note(solution.seconds, size)
    return replace(solution, values=solution.values[: site.program.lower.size])


def _all_where(broken: Marks) -> Marks:
    return np.full(broken.size, bool(broken.any()))
