"""A mixed-integer program, written down one variable and one row at a time, for scipy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

INFINITE = float("inf")
SOLVED, INFEASIBLE, FAILED = 0, 2, 4
WAYS: tuple[dict[str, Any], ...] = (
    {"mip_rel_gap": 1e-9},
    {"mip_rel_gap": 1e-9, "presolve": False},
    {"mip_rel_gap": 1e-6},
)
"""Now and then HiGHS fails on a program that it solves in another way."""


@dataclass
class Expression:
    """A constant and a sum of weighted variables."""

    constant: float = 0.0
    weights: dict[int, float] = field(default_factory=dict)

    def add(self, column: int, weight: float = 1.0) -> Expression:
        self.weights[column] = self.weights.get(column, 0.0) + weight
        return self

    def plus(self, other: Expression, factor: float = 1.0) -> Expression:
        self.constant += factor * other.constant
        for column, weight in other.weights.items():
            self.add(column, factor * weight)
        return self

    def copy(self) -> Expression:
        return Expression(self.constant, dict(self.weights))

    def at(self, values: Sequence[float]) -> float:
        return self.constant + sum(w * values[c] for c, w in self.weights.items())


def total(*parts: Expression) -> Expression:
    summed = Expression()
    for part in parts:
        summed.plus(part)
    return summed


def term(column: int, weight: float = 1.0) -> Expression:
    return Expression(0.0, {column: weight})


class Unsolved(Exception):
    """The second solver did not come to an end: the example says nothing."""


@dataclass
class Program:
    """Variables with bounds, rows with bounds."""

    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    whole: list[int] = field(default_factory=list)
    rows: list[tuple[Mapping[int, float], float, float]] = field(default_factory=list)

    def number(self, lower: float = 0.0, upper: float = INFINITE) -> int:
        self.lower.append(lower)
        self.upper.append(upper)
        self.whole.append(0)
        return len(self.lower) - 1

    def switch(self) -> int:
        column = self.number(0.0, 1.0)
        self.whole[column] = 1
        return column

    def row(self, left: Expression, lower: float = -INFINITE, upper: float = INFINITE) -> None:
        self.rows.append((left.weights, lower - left.constant, upper - left.constant))

    def at_most(self, left: Expression, right: Expression) -> None:
        self.row(left.copy().plus(right, -1.0), upper=0.0)

    def equal(self, left: Expression, right: Expression) -> None:
        self.row(left.copy().plus(right, -1.0), 0.0, 0.0)

    def either(self, one: Expression, most_one: float, other: Expression, most_other: float) -> int:
        """At most one of two expressions (never negative) is above zero; 1 means the first."""
        way = self.switch()
        self.row(one.copy().add(way, -most_one), upper=0.0)
        self.row(other.copy().add(way, most_other), upper=most_other)
        return way

    def least(self, goal: Expression, seconds: float = 30.0) -> tuple[float, np.ndarray] | None:
        """The least value of a goal and a point that has it; None where no point keeps the rows.

        Raises
        ------
        Unsolved
            Out of time.
        """
        cost = np.zeros(len(self.lower))
        for column, weight in goal.weights.items():
            cost[column] += weight
        for way in WAYS:
            answer = self._solved(cost, {**way, "time_limit": seconds})
            if answer.status != FAILED:
                break
        if answer.status == INFEASIBLE:
            return None
        if answer.status != SOLVED:
            raise Unsolved(answer.message)
        return float(answer.fun) + goal.constant, answer.x

    def _solved(self, cost: np.ndarray, options: dict[str, Any]) -> Any:
        return milp(
            cost,
            integrality=self.whole,
            bounds=Bounds(self.lower, self.upper),
            constraints=self._constraints(),
            options=options,
        )

    def _constraints(self) -> LinearConstraint | tuple[()]:
        if not self.rows:
            return ()
        places = [(i, c, w) for i, (row, _, _) in enumerate(self.rows) for c, w in row.items()]
        lines, columns, weights = zip(*places, strict=True)
        matrix = csr_array((weights, (lines, columns)), shape=(len(self.rows), len(self.lower)))
        return LinearConstraint(matrix, [r[1] for r in self.rows], [r[2] for r in self.rows])
