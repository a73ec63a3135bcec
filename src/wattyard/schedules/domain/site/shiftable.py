"""A load that may run later as a part of a site program (kW and kWh).

Without levels and rules for its runs its power is a number. With them each step has binary numbers
for its levels; what the levels do not divide is cut from the end of the last step that runs. A
single run at a single level is the choice of its start alone, each with its own course of power.
"""

from typing import Final

from wattyard.kernel.arrays import Integers, Numbers, np
from wattyard.kernel.clock_changes import HOUR_US
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.power import WATTS_PER_KW, WH_PER_KWH
from wattyard.schedules.domain.prices import Instants
from wattyard.schedules.domain.site.devices import Shiftable
from wattyard.schedules.domain.site.part import ProgramDraft, Run, Switch
from wattyard.schedules.domain.site.shiftable_times import ShiftableTimes
from wattyard.schedules.domain.solver.program import Positions

_NOISE_W: Final = 1e-3
_SAME_W: Final = 1e-2


@dataclass(frozen=True, slots=True, eq=False)
class PlacedShiftable:
    """Where a load's mean powers are: columns (n)."""

    times: ShiftableTimes
    power: Positions

    def read(self, values: Numbers) -> Run:
        """Read powers, and what is not used of the energy."""
        power_w = values[self.power] * WATTS_PER_KW
        power_w[power_w < _NOISE_W] = 0.0
        return self.times.run(power_w)


@dataclass(frozen=True, slots=True)
class ShiftablePart:
    """Adds a load that may run later to a program.

    `whole`: a load of one run at one level runs as long as it needs, or not at all. That is far
    easier to solve, and exact for a plan in which nothing is unmet.
    """

    load: Shiftable
    whole: bool = True

    def join(self, draft: ProgramDraft) -> PlacedShiftable:
        """Add its powers, what it uses, and the rules of its runs."""
        times = ShiftableTimes(self.load, draft.question.edges_us)
        power = draft.columns(
            np.zeros(times.open.size), times.open * (self.load.max_w / WATTS_PER_KW)
        )
        draft.draws(self.load.device, power)
        _energy(draft, times, power)
        courses = self._courses(times)
        if courses is not None:
            _one_course(draft, times, power, courses)
        elif times.simple:
            _least_power(draft, times, power)
        else:
            running = _levels(draft, times, power)
            _runs(draft, times, running)
            draft.rounds(_LikeliestLevels(times, power, running))
        return PlacedShiftable(times, power)

    def runs_whole(self, edges_us: Instants) -> bool:
        """Whether its run is chosen by its start alone."""
        return self._courses(ShiftableTimes(self.load, edges_us)) is not None

    def _courses(self, times: ShiftableTimes) -> Numbers | None:
        load = self.load
        if not (self.whole and load.contiguous and len(times.levels_kw) == 1 and load.levels_w):
            return None
        courses = times.courses(float(times.levels_kw[0]) * WATTS_PER_KW)
        return courses if courses.size and load.max_starts != 0 else None


def _energy(draft: ProgramDraft, times: ShiftableTimes, power: Positions) -> None:
    """Use the energy, or count what is unmet."""
    needed = np.full(1, times.load.energy_wh / WH_PER_KWH)
    unmet = draft.columns(np.zeros(1), needed)
    row = draft.rows(needed, needed, [(unmet, 1.0)])
    draft.entries(np.repeat(row, power.size), power, times.hours)
    draft.unmet(times.load.priority, unmet)


def _one_course(
    draft: ProgramDraft, times: ShiftableTimes, power: Positions, courses: Numbers
) -> None:
    """Choose one of the courses (m, n), or none."""
    chosen = draft.columns(np.zeros(len(courses)), np.ones(len(courses)), whole=True)
    row = draft.rows(np.full(1, -np.inf), np.ones(1), [])
    draft.entries(np.repeat(row, chosen.size), chosen, 1.0)
    zero = np.zeros(power.size)
    rows = draft.rows(zero, zero, [(power, 1.0)])
    course, step = np.nonzero(courses)
    draft.entries(rows[step], chosen[course], -courses[course, step] / WATTS_PER_KW)
    level_w = times.load.levels_w[0]
    beyond = (courses > 0.0) & (courses < level_w - _SAME_W)
    course, step = np.nonzero(beyond)
    surge = draft.columns(zero, np.full(power.size, level_w / WATTS_PER_KW))
    rows = draft.rows(zero, zero, [(surge, 1.0)])
    draft.entries(rows[step], chosen[course], (courses[course, step] - level_w) / WATTS_PER_KW)
    draft.surges(times.load.device, surge)
    if times.load.start_cost:
        draft.costs("wear", chosen, times.load.start_cost)
    draft.rounds(_LikeliestCourse(power, chosen, courses))


@dataclass(frozen=True, slots=True, eq=False)
class _LikeliestCourse:
    """Chooses the course (of m, n steps) that has most in common with free choices of power."""

    power: Positions
    chosen: Positions
    courses: Numbers

    def rounded(self, values: Numbers) -> tuple[Positions, Numbers]:
        """Choose it; none where the load does not run at all."""
        decided = np.zeros(self.chosen.size)
        if values[self.power].any():
            decided[int(np.argmax(self.courses @ values[self.power]))] = 1.0
        return self.chosen, decided


def _least_power(draft: ProgramDraft, times: ShiftableTimes, power: Positions) -> None:
    where = np.flatnonzero(times.open)
    if times.load.least_w and where.size:
        draft.switch(
            Switch(
                on=power[where],
                most_on=np.full(where.size, times.load.max_w / WATTS_PER_KW),
                needs=((power[where], 1.0),),
                least=times.least_w[where] / WATTS_PER_KW,
                needs_lower=np.zeros(where.size),
            )
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Running:
    """Columns of the steps (k of n, at `steps`) in which a load may run.

    `levels` (l, k) are binary, one of them where it runs; `cut` (l, k, or none) hours by which the
    last step that runs ends early.
    """

    steps: Positions
    levels: Integers
    cut: Integers


def _levels(draft: ProgramDraft, times: ShiftableTimes, power: Positions) -> _Running:
    """Let each step run at one level or not at all."""
    steps = np.flatnonzero(times.open)
    count, hours = steps.size, times.hours[steps]
    zero, beyond = np.zeros(count), np.full(count, np.inf)
    shape = (len(times.levels_kw), count)
    levels = np.array(
        [draft.columns(zero, np.ones(count), whole=True) for _ in times.levels_kw]
    ).reshape(shape)
    if len(levels) > 1:
        draft.rows(-beyond, np.ones(count), [(row, 1.0) for row in levels])
    if not times.load.levels_w:
        least_kw = times.least_w[steps] / WATTS_PER_KW
        draft.rows(-beyond, zero, [(power[steps], 1.0), (levels[0], -times.levels_kw[0])])
        draft.rows(zero, beyond, [(power[steps], 1.0), (levels[0], -least_kw)])
        return _Running(steps, levels, levels[:0])
    cut = np.array([draft.columns(zero, hours) for _ in levels]).reshape(shape)
    energy = [(power[steps], hours)]
    for kw, row, short in zip(times.levels_kw, levels, cut, strict=True):
        energy += [(row, -kw * hours), (short, np.full(count, kw))]
        if len(levels) > 1:
            draft.rows(-beyond, zero, [(short, 1.0), (row, -hours)])
    draft.rows(zero, zero, energy)
    _surge(draft, times, steps, cut)
    _only_the_last_ends_early(draft, hours, levels, cut)
    return _Running(steps, levels, cut)


def _surge(draft: ProgramDraft, times: ShiftableTimes, steps: Positions, cut: Integers) -> None:
    """Add to the site what the last slot takes beyond its mean in the step that it ends in."""
    every = times.hours.size
    most = np.zeros(every)
    most[steps] = times.levels_kw[-1]
    surge = draft.columns(np.zeros(every), most)
    terms = [(surge[steps], times.hours[steps])]
    terms += [
        (short, np.full(steps.size, -kw)) for kw, short in zip(times.levels_kw, cut, strict=True)
    ]
    draft.rows(np.zeros(steps.size), np.zeros(steps.size), terms)
    draft.surges(times.load.device, surge)


def _only_the_last_ends_early(
    draft: ProgramDraft,
    hours: Numbers,
    levels: Integers,
    cut: Integers,
) -> None:
    """Cut nothing from a step as long as a later one runs."""
    count = hours.size
    over = draft.columns(np.zeros(count), np.ones(count))
    below = np.full(count, -np.inf)
    draft.rows(below, np.zeros(count), [*((row, 1.0) for row in cut), (over, -hours)])
    if count > 1:
        later = [(row[1:], 1.0) for row in levels]
        draft.rows(below[1:], np.ones(count - 1), [(over[:-1], 1.0), *later])
        draft.rows(below[1:], np.zeros(count - 1), [(over[:-1], 1.0), (over[1:], -1.0)])


def _runs(draft: ProgramDraft, times: ShiftableTimes, running: _Running) -> None:
    """Count starts; keep runs and pauses long enough, and a single run in one window."""
    load, steps = times.load, running.steps
    if not steps.size:
        return
    starts_us = times.edges_us[steps]
    fits = starts_us + times.least_run_us <= times.ends_us[steps]
    start = draft.columns(np.zeros(steps.size), fits.astype(np.float64))
    rows = draft.rows(np.zeros(steps.size), np.full(steps.size, np.inf), [(start, 1.0)])
    follows = np.flatnonzero(np.diff(steps) == 1) + 1
    for level in running.levels:
        draft.entries(rows, level, -1.0)
        draft.entries(rows[follows], level[follows - 1], 1.0)
    if times.most_runs is not None:
        row = draft.rows(np.full(1, -np.inf), np.full(1, float(times.most_runs)), [])
        draft.entries(np.repeat(row, start.size), start, 1.0)
    if load.start_cost:
        draft.costs("wear", start, load.start_cost)
    if times.least_run_us:
        _long_enough(draft, times, running, start)
    if load.min_pause_us:
        _paused(draft, times, running, start)
    if load.contiguous and len(load.windows) > 1:
        _in_one_window(draft, times, running)


def _long_enough(
    draft: ProgramDraft, times: ShiftableTimes, running: _Running, start: Positions
) -> None:
    """Go on until a run is long enough; its last step ends no earlier than that."""
    starts_us, count = times.edges_us[running.steps], start.size
    since_us = starts_us[:, None] - starts_us  # (step j, start k)
    at, began = np.nonzero((since_us >= 0) & (since_us < times.least_run_us))
    below = np.full(count, -np.inf)
    rows = draft.rows(below, np.zeros(count), [(row, -1.0) for row in running.levels])
    draft.entries(rows[at], start[began], 1.0)
    if running.cut.size:
        hours = times.hours[running.steps]
        needed = (times.least_run_us - since_us[at, began]) / HOUR_US
        rows = draft.rows(below, hours, [(row, 1.0) for row in running.cut])
        draft.entries(rows[at], start[began], np.minimum(needed, hours[at]))


def _paused(
    draft: ProgramDraft, times: ShiftableTimes, running: _Running, start: Positions
) -> None:
    """Start no run until the pause after a step that ran is long enough."""
    starts_us, ends_us = times.edges_us[running.steps], times.edges_us[running.steps + 1]
    pause_us = starts_us - ends_us[:, None]  # (step j, start k)
    at, begins = np.nonzero((pause_us >= 0) & (pause_us < times.load.min_pause_us))
    rows = draft.rows(
        np.full(start.size, -np.inf), np.ones(start.size), [(row, 1.0) for row in running.levels]
    )
    draft.entries(rows[at], start[begins], 1.0)


def _in_one_window(draft: ProgramDraft, times: ShiftableTimes, running: _Running) -> None:
    """Choose one window, and run in no other."""
    windows = len(times.by_window)
    chosen = draft.columns(np.zeros(windows), np.ones(windows), whole=True)
    row = draft.rows(np.full(1, -np.inf), np.ones(1), [])
    draft.entries(np.repeat(row, windows), chosen, 1.0)
    count = running.steps.size
    rows = draft.rows(
        np.full(count, -np.inf), np.zeros(count), [(row, 1.0) for row in running.levels]
    )
    for column, free in zip(chosen, times.by_window, strict=True):
        inside = free[running.steps] > 0.0
        draft.entries(rows[inside], np.full(int(inside.sum()), column), -1.0)


@dataclass(frozen=True, slots=True, eq=False)
class _LikeliestLevels:
    """Chooses levels that keep the rules of runs, where free choices of power are highest."""

    times: ShiftableTimes
    power: Positions
    running: _Running

    def rounded(self, values: Numbers) -> tuple[Positions, Numbers]:
        """Choose the levels of each step; nothing where no such choice is found."""
        wished_w = values[self.power] * WATTS_PER_KW
        load = self.times.load
        ruled = (
            load.contiguous or load.min_run_us or load.min_pause_us or load.max_starts is not None
        )
        course_w = self._single_run(wished_w) if ruled else self._fullest(wished_w)
        if course_w is None:
            return self.power[:0], wished_w[:0]
        levels_w = self.times.levels_kw * WATTS_PER_KW
        chosen = np.searchsorted(levels_w, course_w - _SAME_W)
        decided = [
            ((chosen == level) & (course_w > 0.0))[self.running.steps]
            for level in range(levels_w.size)
        ]
        return self.running.levels.ravel(), np.concatenate(decided).astype(np.float64)

    def _single_run(self, wished_w: Numbers) -> Numbers | None:
        """Find the single run that has most in common with what is wished."""
        best, most = None, -1.0
        weights = wished_w * self.times.hours
        for level_w in (self.times.levels_kw * WATTS_PER_KW).tolist():
            if self.times.load.energy_wh / level_w * HOUR_US < self.times.least_run_us:
                continue
            courses = self.times.courses(level_w)
            common = courses @ weights
            if common.size and float(common.max()) > most:
                best, most = courses[int(common.argmax())], float(common.max())
        return best

    def _fullest(self, wished_w: Numbers) -> Numbers | None:
        """Fill the steps of which most is wished, each at the level that reaches the wish."""
        levels_w, hours = self.times.levels_kw * WATTS_PER_KW, self.times.hours
        steps = self.running.steps[np.argsort(-wished_w[self.running.steps], kind="stable")]
        nearest = np.searchsorted(levels_w, wished_w - _SAME_W)
        course_w, left_wh = np.zeros(wished_w.size), self.times.load.energy_wh
        for step in steps.tolist():
            if left_wh <= 0.0:
                break
            level = max(int(nearest[step]), 0 if wished_w[step] > _SAME_W else levels_w.size - 1)
            course_w[step] = levels_w[min(level, levels_w.size - 1)]
            left_wh -= course_w[step] * hours[step]
        while left_wh < 0.0:
            last = int(np.flatnonzero(course_w)[-1])
            if course_w[last] * hours[last] > -left_wh:
                return course_w
            left_wh += course_w[last] * hours[last]
            course_w[last] = 0.0
        return course_w if left_wh == 0.0 else None
