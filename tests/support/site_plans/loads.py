"""Loads that may run later, as rows of a program."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .linear import Expression, Program, term
from .question import Load, Question
from .stores import ENOUGH, Unmet

CLOSE = 1e-9


@dataclass
class LoadRows:
    """The columns of one load: which level holds in a step, the last (cut) slot, starts.

    Without levels: its least power while it runs, and what it takes more than that.
    """

    load: Load
    full: list[list[int]]
    cut: list[list[int]]
    cut_share: list[list[int]]
    more: list[int]
    starts: list[int]

    def kw(self, step: int) -> Expression:
        power = Expression()
        for level, kw in enumerate(levels(self.load)):
            power.add(self.full[step][level], kw).add(self.cut_share[step][level], kw)
        return power.add(self.more[step])

    def beyond_mean(self, step: int) -> Expression:
        """How much more than its mean (kW) the load takes until its last slot ends."""
        more = Expression()
        for level, kw in enumerate(levels(self.load)):
            more.add(self.cut[step][level], kw).add(self.cut_share[step][level], -kw)
        return more

    def running(self, step: int) -> Expression:
        on = Expression()
        for column in (*self.full[step], *self.cut[step]):
            on.add(column)
        return on

    def last(self, step: int) -> Expression:
        on = Expression()
        for column in self.cut[step]:
            on.add(column)
        return on


def levels(load: Load) -> tuple[float, ...]:
    return load.levels_kw or (load.least_kw,)


def as_it_can_run(load: Load) -> Load:
    """A load whose energy is less than that of its shortest run has one run of any length."""
    if load.energy_kwh >= min(levels(load)) * load.min_run_hours - CLOSE:
        return load
    return replace(load, min_run_hours=0.0, max_starts=1)


def load_rows(program: Program, question: Question, load: Load, unmet: Unmet) -> LoadRows:
    """Add one load.

    Readings of the contract
    ------------------------
    * A step runs whole at one level or not at all. Only the very last slot ends early: of a load
      with levels, or whose energy is less than its least power uses in a step. While it runs it
      has its level's power: that, and not the step's mean, counts under limits and fuses.
    * A run's length counts what it really ran. A run may not be cut by the end of the plan, nor,
      where it must be unbroken, leave the window that it began in.
    """
    rows = LoadRows(as_it_can_run(load), [], [], [], [], [])
    for step, hours in enumerate(question.hours):
        _step(program, rows, step, hours)
    _energy(program, question, rows, unmet)
    _one_end(program, question, rows)
    _starts(program, rows)
    _runs(program, question, rows)
    _pauses(program, question, rows)
    return rows


def _step(program: Program, rows: LoadRows, step: int, hours: float) -> None:
    load = rows.load
    count = len(levels(load))
    rows.full.append([program.switch() for _ in range(count)])
    rows.cut.append([program.switch() for _ in range(count)])
    ends_early = load.levels_kw or load.energy_kwh < load.least_kw * hours
    most_cut = 1.0 if ends_early else 0.0
    rows.cut_share.append([program.number(0.0, most_cut) for _ in range(count)])
    for share, cut in zip(rows.cut_share[step], rows.cut[step], strict=True):
        program.row(term(share).add(cut, -1.0), upper=0.0)
    program.row(rows.running(step), upper=1.0 if load.can_run(step) else 0.0)
    span = 0.0 if load.levels_kw else load.max_kw - load.least_kw
    more = program.number(0.0, span)
    rows.more.append(more)
    whole = Expression()
    for column in rows.full[step]:
        whole.add(column, span)
    program.at_most(term(more), whole)


def _energy(program: Program, question: Question, rows: LoadRows, unmet: Unmet) -> None:
    wanted = rows.load.energy_kwh
    short = program.number(0.0, wanted)
    unmet.add(rows.load.priority, short)
    served = Expression().add(short)
    for step, hours in enumerate(question.hours):
        served.plus(rows.kw(step), hours)
    program.row(served, wanted, wanted)


def _one_end(program: Program, question: Question, rows: LoadRows) -> None:
    """At most one slot ends early, and nothing runs after it."""
    for step in range(question.count):
        for later in range(step + 1, question.count):
            program.row(rows.last(step).plus(rows.running(later)), upper=1.0)


def _starts(program: Program, rows: LoadRows) -> None:
    most = rows.load.max_starts
    if rows.load.contiguous:
        most = 1
    for step in range(len(rows.full)):
        start = program.switch()
        before = rows.running(step - 1) if step else Expression()
        program.at_most(rows.running(step).plus(before, -1.0), term(start))
        program.at_most(term(start), rows.running(step))
        program.row(term(start).plus(before), upper=1.0)
        rows.starts.append(start)
    if most is not None:
        started = Expression()
        for column in rows.starts:
            started.add(column)
        program.row(started, upper=float(most))
    if rows.load.contiguous:
        _one_window(program, rows)


def _one_window(program: Program, rows: LoadRows) -> None:
    """ "an unbroken run lies in one window"."""
    windows = rows.load.windows
    used = [program.switch() for _ in windows]
    program.row(Expression(0.0, dict.fromkeys(used, 1.0)), upper=1.0)
    for step in range(len(rows.full)):
        allowed = Expression()
        for column, (start, end) in zip(used, windows, strict=True):
            if start <= step < end:
                allowed.add(column)
        program.at_most(rows.running(step), allowed)


def _runs(program: Program, question: Question, rows: LoadRows) -> None:
    edges, wanted = question.edges, rows.load.min_run_hours
    if wanted <= 0:
        return
    for step, start in enumerate(rows.starts):
        for later in range(step + 1, question.count):
            if edges[later] < edges[step] + wanted - CLOSE:
                program.at_most(term(start), rows.running(later))
        if edges[-1] < edges[step] + wanted - CLOSE:
            program.row(term(start), upper=0.0)
        for later in range(step, question.count):
            _cut_run(program, question, rows, (step, later))


def _cut_run(program: Program, question: Question, rows: LoadRows, run: tuple[int, int]) -> None:
    """A run from the first step to a cut last one is long enough, in what it really ran."""
    first, last = run
    edges, wanted = question.edges, rows.load.min_run_hours
    if edges[last] >= edges[first] + wanted:
        return
    ran = Expression(edges[last] - edges[first])
    for column in rows.cut_share[last]:
        ran.add(column, question.hours[last])
    others = Expression(2.0).add(rows.starts[first], -1.0).plus(rows.last(last), -1.0)
    program.at_most(Expression(wanted).plus(others, -ENOUGH), ran)


def _pauses(program: Program, question: Question, rows: LoadRows) -> None:
    """Between the end of a run and the next start lie `min_pause_hours`."""
    edges, wanted = question.edges, rows.load.min_pause_hours
    for start in range(1, question.count):
        for before in range(start):
            if edges[start] < edges[before + 1] + wanted - CLOSE:
                program.row(term(rows.starts[start]).plus(rows.running(before)), upper=1.0)


def start_cost(rows: LoadRows) -> Expression:
    return Expression(0.0, dict.fromkeys(rows.starts, rows.load.start_cost))
