"""Batteries and cars, as rows of a program."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import sqrt

from .linear import Expression, Program, term
from .question import Question, Store

EXCESS, TRIP = -1, 0
"""Before every priority: what the load alone draws above a limit, then what a trip lacks."""
ENOUGH = 200.0
"""Above every power and energy of the examples."""


@dataclass
class Unmet:
    """What is missing, by priority: kWh, the lowest priority number first."""

    by_priority: dict[int, Expression] = field(default_factory=dict)

    def add(self, priority: int, column: int, weight: float = 1.0) -> None:
        self.by_priority.setdefault(priority, Expression()).add(column, weight)


@dataclass
class StoreRows:
    """The columns of one store: powers in each step, the energy at each edge but the first."""

    store: Store
    charge: list[int]
    discharge: list[int]
    held: list[int]

    def held_at(self, at: int) -> Expression:
        return Expression(self.store.held_kwh) if at == 0 else term(self.held[at - 1])


def store_rows(program: Program, question: Question, store: Store, unmet: Unmet) -> StoreRows:
    """Add one store.

    Readings of the contract
    ------------------------
    * The stored energy of a step's start decays by (1 - p)^hours; what the step adds does not.
    * "never charged above": a step with charging ends at or below the ceiling; energy that was
      above it before may stay. "never discharged below" the reserve, in the same way.
    * A least power holds in both directions.
    """
    rows = StoreRows(store, [], [], [])
    for step in range(question.count):
        _step(program, question, rows, step, unmet)
    for target in store.targets:
        at = judged_at(store, target.at)
        _floor(program, rows, at, target.floor_kwh, unmet, target.priority)
        if target.ceiling_kwh is not None:
            ceiling = max(target.ceiling_kwh, store.reserve_kwh)
            over = program.number()
            unmet.add(target.priority, over)
            program.row(rows.held_at(at).add(over, -1.0), upper=ceiling)
    return rows


def judged_at(store: Store, at: int) -> int:
    """ "during an absence it is judged at departure"."""
    return next((one.start for one in store.absences if one.start <= at < one.end), at)


def _floor(
    program: Program, rows: StoreRows, at: int, floor_kwh: float, unmet: Unmet, priority: int
) -> None:
    short = program.number(0.0, max(floor_kwh, 0.0))
    unmet.add(priority, short)
    program.row(rows.held_at(at).add(short), lower=floor_kwh)


def _step(program: Program, question: Question, rows: StoreRows, step: int, unmet: Unmet) -> None:
    store, hours = rows.store, question.hours[step]
    open_ = store.can_run(step)
    most_in = store.charge_kw if open_ else 0.0
    most_out = store.discharge_kw if open_ else 0.0
    charge, discharge = program.number(0.0, most_in), program.number(0.0, most_out)
    charging, discharging = program.switch(), program.switch()
    for power, running, most in ((charge, charging, most_in), (discharge, discharging, most_out)):
        program.row(term(power).add(running, -most), upper=0.0)
        program.row(term(power).add(running, -min(store.least_kw, ENOUGH)), lower=0.0)
    program.row(term(charging).add(discharging), upper=1.0)

    before = rows.held_at(step)
    held = program.number(0.0, max(store.capacity_kwh, store.held_kwh))
    root = sqrt(store.efficiency)
    decay = (1 - store.standby_percent_per_hour / 100) ** hours
    after = Expression().plus(before, decay).add(charge, root * hours).add(discharge, -hours / root)
    for absence in store.absences:
        if absence.end == step + 1:
            after.plus(_comes_home(program, after.copy(), absence.energy_kwh, unmet))
    program.equal(term(held), after)
    program.row(term(held).add(charging, ENOUGH), upper=store.most_kwh + ENOUGH)
    program.row(term(held).add(discharging, -ENOUGH), lower=store.reserve_kwh - ENOUGH)
    rows.charge.append(charge)
    rows.discharge.append(discharge)
    rows.held.append(held)


def _comes_home(program: Program, held: Expression, used: float, unmet: Unmet) -> Expression:
    """How the stored energy changes at the end of an absence: it is empty rather than below 0, and
    what was missing is unmet before all priorities."""
    missing, empty = program.number(0.0, used), program.switch()
    unmet.add(TRIP, missing)
    program.row(term(missing).add(empty, -used), upper=0.0)
    left = held.copy().add(missing)
    left.constant -= used
    program.row(left.add(empty, ENOUGH), upper=ENOUGH)
    return Expression(-used, {missing: 1.0})


def earned(rows: StoreRows) -> Expression:
    """The end's stored energy less the start's, in money."""
    store = rows.store
    return Expression(-store.value_per_kwh_at_end * store.held_kwh).plus(
        rows.held_at(len(rows.held)), store.value_per_kwh_at_end
    )


def wear(rows: StoreRows, hours: tuple[float, ...]) -> Expression:
    spent = Expression()
    for step, length in enumerate(hours):
        spent.add(rows.charge[step], rows.store.wear_per_kwh * length)
        spent.add(rows.discharge[step], rows.store.wear_per_kwh * length)
    return spent
