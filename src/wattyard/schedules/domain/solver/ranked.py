"""HiGHS, asked directly: several goals in order of rank, bounded in time, the same each time.

The goals are solved one after the other, each among the plans that are best for all goals
before it. For linear programmes this is exact and adds no rows: by complementary slackness the
best plans are those that keep every column with a reduced cost, and every row with a dual
price, where it is.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.solver.highs import RELATIVE_GAP, has_plan, loaded, run, timed_out
from wattyard.schedules.domain.solver.program import SECONDS_AT_MOST, Program

if TYPE_CHECKING:
    from wattyard.schedules.domain.solver.highs import Highs

Presolve = Literal["off", "choose"]
_HELD: Final = 1e-9
"""Reduced costs below are rounding; goals are scaled so that their largest weight is 1."""
_SLACK: Final = 1e-9
_REPORTED: Final = 1e-7
_PRIMAL_SIMPLEX: Final = 4
_POLISH_SECONDS: Final = 0.2
_PATIENT_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """`values` (n); `gap` 0..1, how far the main goal may be from its best, as a share of it.

    `bound`: no plan with the same goals before has less of the main goal. `seconds` is what the
    solver took.
    """

    values: Numbers
    gap: float = 0.0
    seconds: float = 0.0
    bound: float = -inf


def solve(
    program: Program,
    goals: Sequence[Numbers],
    *,
    main: int = 0,
    guess: Numbers | None = None,
    known: Sequence[float] = (),
    seconds: float = SECONDS_AT_MOST,
) -> Solution | None:
    """Minimise each goal (n weights) in turn among the best plans of those before.

    `main` is the position of the goal whose gap is answered; where there are integers, `guess` (n)
    is a feasible plan to start from, and `known` what the first goals cannot be below. Answers None
    when no plan was found, or none exists.
    """
    scales = [float(np.abs(goal).max()) or 1.0 for goal in goals]
    scaled = [goal / scale for goal, scale in zip(goals, scales, strict=True)]
    if not program.whole.any():
        solution = _linear(program, scaled, seconds, main=main, presolve="off")
    else:
        lowest = [value / scale for value, scale in zip(known, scales, strict=False)]
        solution = _mixed(program, scaled, _Start(main, guess, lowest), seconds)
    if solution is None:
        return None
    bound = max(solution.bound * scales[main], program.lowest(goals[main]))
    return replace(solution, bound=bound)


def _linear(
    program: Program, goals: Sequence[Numbers], seconds: float, *, main: int, presolve: Presolve
) -> Solution | None:
    """Solve goal by goal; where the time runs out, by the goals so far, and without a bound."""
    highs = loaded(program, goals[0], seconds)
    highs.setOptionValue("presolve", presolve)
    if not (run(highs) or _patient(highs)):
        return None
    for position, goal in enumerate(goals[1:], start=1):
        _hold(highs, program)
        highs.changeColsCost(goal.size, np.arange(goal.size, dtype=np.int32), goal)
        highs.setOptionValue("simplex_strategy", _PRIMAL_SIMPLEX)
        kept = _values(program, highs)
        if not run(highs):
            bound = float(goals[main] @ kept) if position > main else -inf
            return Solution(kept, seconds=highs.getRunTime(), bound=bound)
    values = _values(program, highs)
    return Solution(values, seconds=highs.getRunTime(), bound=float(goals[main] @ values))


def _patient(highs: "Highs") -> bool:
    """Go on where the time ran out before there was any plan: a linear one is soon found."""
    if not timed_out(highs):
        return False
    highs.setOptionValue("time_limit", highs.getRunTime() + _PATIENT_SECONDS)
    return run(highs)


class _Start(NamedTuple):
    """The position of the main goal, a feasible plan if there is one, and what bounds goals."""

    main: int
    guess: Numbers | None
    known: list[float]

    def lowest(self, program: Program, position: int, goal: Numbers) -> float:
        """Find what a goal cannot be below."""
        bound = program.lowest(goal)
        return max(bound, self.known[position]) if position < len(self.known) else bound


def _mixed(
    program: Program, goals: Sequence[Numbers], start: _Start, seconds: float
) -> Solution | None:
    """Settle the integers goal by goal, then the rest as a linear programme."""
    best, narrowed, left = start.guess, program, seconds
    settled = _Settled(best, 0.0, 0.0, -inf)
    for position, goal in enumerate(goals[: start.main + 1]):
        lowest = start.lowest(program, position, goal)
        if best is not None and float(goal @ best) <= lowest + _SLACK * max(1.0, abs(lowest)):
            settled = _Settled(best, 0.0, 0.0, lowest)
        else:
            share = left / (start.main + 1 - position)
            settled = _settled(narrowed, goal, best, share)
        left = max(0.01, left - settled.seconds)
        best = settled.values
        if best is None:
            return None
        value = float(goal @ best)
        narrowed = narrowed.with_row(goal, value + _SLACK * max(1.0, abs(value)))
    if best is None:
        return None
    fixed = program.with_whole_fixed(best)
    polished = _linear(fixed, goals, max(left, _POLISH_SECONDS), main=start.main, presolve="choose")
    whole = polished is not None and np.isfinite(polished.bound)
    values = polished.values if polished is not None and whole else best
    return Solution(values, settled.gap, seconds - left, settled.bound)


class _Settled(NamedTuple):
    values: Numbers | None
    gap: float
    seconds: float
    bound: float


def _settled(program: Program, goal: Numbers, guess: Numbers | None, seconds: float) -> _Settled:
    """Solve one goal with integers, from a guess if there is one.

    HiGHS 1.16 may find a better plan than the guess, report its value, and yet return the guess:
    the plan is checked against the reported value, and solved again without the guess.
    """
    highs = loaded(program, goal, seconds)
    if guess is not None:
        highs.setSolution(guess.size, np.arange(guess.size, dtype=np.int32), guess)
    highs.run()
    info, ran = highs.getInfo(), highs.getRunTime()
    gap = min(1.0, info.mip_gap) if info.mip_gap > 10 * RELATIVE_GAP else 0.0
    if not has_plan(highs):
        return _Settled(guess, 1.0, ran, info.mip_dual_bound)
    values = np.array(highs.getSolution().col_value)
    reported = info.objective_function_value
    if guess is not None and float(goal @ values) > reported + _REPORTED * max(1.0, abs(reported)):
        again = _settled(program, goal, None, max(0.01, seconds - ran))
        return again._replace(values=guess if again.values is None else again.values)
    return _Settled(values, gap, ran, info.mip_dual_bound)


def _hold(highs: "Highs", program: Program) -> None:
    """Hold what the goal just solved has a price for, so that later goals cannot worsen it."""
    solution = highs.getSolution()
    values = _values(program, highs)
    held = np.flatnonzero(np.abs(np.array(solution.col_dual)) > _HELD).astype(np.int32)
    highs.changeColsBounds(held.size, held, values[held], values[held])
    sums = np.array(solution.row_value)
    for row in np.flatnonzero(np.abs(np.array(solution.row_dual)) > _HELD):
        highs.changeRowBounds(int(row), float(sums[row]), float(sums[row]))


def _values(program: Program, highs: "Highs") -> Numbers:
    """Read the values, with rounding beyond a bound cut off."""
    values: Numbers = np.array(highs.getSolution().col_value)
    return values.clip(program.lower, program.upper)
