"""From numbers that break switches to a plan that obeys them, without a search."""

from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import Final, NamedTuple

from wattyard.kernel.arrays import Marks, Numbers, np
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.site.plan import SolverStats
from wattyard.schedules.domain.site.program import SiteProgram, held_at, padded, switched
from wattyard.schedules.domain.solver.program import Program
from wattyard.schedules.domain.solver.ranked import Solution, solve

SAME: Final = 1e-7
"""Goals that differ by less, of 1 or of themselves, are equal."""
TOO_SHORT_SECONDS: Final = 0.02
_LEAST_SECONDS: Final = 0.1
_VAST: Final = 15_000
"""Columns from which on goals are weighed together, and nothing is searched."""
_RANKS: Final = 2
_FAR_MORE: Final = 1e3
_HARDLY: Final = 1e-6
_NOISE_KW: Final = 1e-6
_HALF: Final = 0.5
_LEVELS: Final = (0.0, 0.5, 1.0)
_GOOD: Final = 1e-4
_ROUNDS: Final = 4
_PATIENT_SECONDS: Final = 10.0
"""At rest is soon found, and without it there is no plan at all."""


@dataclass(slots=True)
class Clock:
    """The solver's time that is left, what was spent, and the largest programme so far."""

    left: float
    spent: float = 0.0
    rows: int = 0
    columns: int = 0
    binaries: int = 0

    def note(self, seconds: float, size: tuple[int, int, int] = (0, 0, 0)) -> None:
        """Count what a solve took, and its rows, columns and binaries."""
        self.left -= seconds
        self.spent += seconds
        if size[1] >= self.columns:
            self.rows, self.columns, self.binaries = size

    @property
    def stats(self) -> SolverStats:
        """What the solver did, to be told."""
        return SolverStats(self.spent, self.rows, self.columns, self.binaries)


class GoalBound(NamedTuple):
    """No plan that misses no more than `missed`, goal by goal, has an objective below `least`."""

    missed: list[float]
    least: float


def rounded(
    site: SiteProgram, values: Numbers, where: Sequence[Marks], bound: GoalBound, clock: Clock
) -> Numbers | None:
    """Decide switches as values suggest, first only where asked; None where nothing works.

    A power below the least is rounded to the nearer; then, switches decided everywhere, up, to the
    nearer and down, until that is nearly as good as can be.
    """
    best = decided(site, values, where, clock)
    everywhere = [np.ones(switch.on.size, dtype=np.bool_) for switch in site.switches]
    partly = any(switch.needs for switch in site.switches)
    for level in _LEVELS if partly else _LEVELS[:1]:
        if best is not None and reaches(site, best, bound, _GOOD):
            break
        if clock.left <= TOO_SHORT_SECONDS and best is not None:
            break
        best = better(site, best, decided(site, values, everywhere, clock, level=level))
    return best


def decided(
    site: SiteProgram,
    values: Numbers,
    where: Sequence[Marks],
    clock: Clock,
    *,
    level: float = _HALF,
) -> Numbers | None:
    """Decide switches as values suggest, where asked and where they are then broken."""
    for _ in range(_ROUNDS):
        on = [_suggested(site, number, values, level) for number in range(len(site.switches))]
        solution = in_order(site, held_at(site, on, where), max(clock.left, _LEAST_SECONDS))
        if solution is None:
            return None
        clock.note(solution.seconds)
        broken = site.broken(solution.values)
        if not any_of(broken):
            return solution.values
        values, where = solution.values, joined(where, broken)
    return None


def is_vast(site: SiteProgram) -> bool:
    """Check whether a program is too large to go through its goals one by one, or to search."""
    return site.program.lower.size > _VAST and site.objective <= _RANKS


def in_order(site: SiteProgram, program: Program, seconds: float) -> Solution | None:
    """Minimise the goals of a site in order of rank, with a programme of its columns.

    In a vast one without integers they are one sum, each goal by far more than all behind it.
    """
    if not is_vast(site) or program.whole.any():
        return solve(program, site.goals, main=site.objective, seconds=seconds)
    total = np.zeros(site.program.lower.size)
    for goal in site.goals[: site.objective + 1]:
        total = total * _FAR_MORE + goal / (np.abs(goal).max() or 1.0)
    late = site.goals[-1]
    total = total + late * (_HARDLY / (np.abs(late).max() or 1.0))
    solution = solve(program, [total], seconds=seconds)
    if solution is None or solution.bound == -inf:
        return solution
    return replace(solution, bound=objective_of(site, solution.values))


def _suggested(site: SiteProgram, number: int, values: Numbers, level: float) -> Marks:
    """Find where (k) a switch would rather be on: what it needs is there to a share `level`."""
    switch = site.switches[number]
    on = values[switch.on]
    off = sum((values[columns] for columns in switch.off), np.zeros(on.size))
    running = (on > _NOISE_KW) & (on >= off)
    if switch.needs:
        reached = sum(
            (values[columns] * weight for columns, weight in switch.needs), np.zeros(on.size)
        )
        least, lower = switch.least, switch.needs_lower
        running &= reached >= lower + (least - lower) * level - _NOISE_KW
    return np.asarray(running, dtype=np.bool_)


def at_rest(site: SiteProgram, clock: Clock) -> Numbers | None:
    """Find what is left when no device runs: never empty-handed."""
    upper = site.program.upper.copy()
    for draw in site.drawn:
        upper[draw.columns] = 0.0
    resting = replace(site, program=replace(site.program, upper=upper))
    everywhere = [np.ones(switch.on.size, dtype=np.bool_) for switch in site.switches]
    program, _ = switched(resting, everywhere)
    goals = padded(site.goals, program.lower.size)
    found = solve(program, goals, main=site.objective, seconds=_PATIENT_SECONDS)
    if found is None:
        return None
    clock.note(found.seconds)
    return found.values[: upper.size]


def joined(one: Sequence[Marks], two: Sequence[Marks]) -> tuple[Marks, ...]:
    """Ask where either does."""
    return tuple(first | second for first, second in zip(one, two, strict=True))


def any_of(masks: Sequence[Marks]) -> bool:
    """Check whether anything is asked anywhere."""
    return any(bool(mask.any()) for mask in masks)


def objective_of(site: SiteProgram, values: Numbers) -> float:
    """Find the objective, in money."""
    return float(site.goals[site.objective] @ values)


def missed_by(site: SiteProgram, values: Numbers) -> list[float]:
    """Find the goals before the objective: kWh above the limit, and unmet by priority."""
    return [float(goal @ values) for goal in site.goals[: site.objective]]


def reaches(site: SiteProgram, values: Numbers, bound: GoalBound, share: float = SAME) -> bool:
    """Check whether no plan misses less, nor has an objective lower by more than a share."""
    missed = all(
        mine <= least + SAME * max(1.0, abs(least))
        for mine, least in zip(missed_by(site, values), bound.missed, strict=True)
    )
    mine = objective_of(site, values)
    return missed and (bound.least == inf or mine <= bound.least + share * max(1.0, abs(mine)))


def better(site: SiteProgram, one: Numbers | None, two: Numbers | None) -> Numbers | None:
    """Pick the plan that is better in the first goal in which they differ."""
    if one is None or two is None:
        return two if one is None else one
    for goal in site.goals[: site.objective + 1]:
        first, second = float(goal @ one), float(goal @ two)
        if abs(first - second) > SAME * max(1.0, abs(first)):
            return one if first < second else two
    return one
