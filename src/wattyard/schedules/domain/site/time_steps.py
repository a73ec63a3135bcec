"""The steps of a site plan, and series laid over them (contract 4b, Request)."""

from collections.abc import Collection, Sequence
from typing import Final

from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.clock_changes import DAY_US
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.prices import MINUTE_US, Instants
from wattyard.schedules.domain.site.request import Course, SeriesPiece

CELLS_AT_MOST: Final = 50_000
"""Steps times devices; above it the step doubles."""


@dataclass(frozen=True, slots=True, eq=False)
class TimeSteps:
    """The edges (n + 1) of n steps, and the step that was taken, in minutes.

    `rounds_times`: whether limits and times of devices may change inside steps.
    """

    edges_us: Instants
    step_minutes: int
    rounds_times: bool = False

    @property
    def start_us(self) -> int:
        return int(self.edges_us[0])

    @property
    def end_us(self) -> int:
        return int(self.edges_us[-1])


def time_steps(
    span_us: tuple[int, int],
    step_minutes: int,
    *,
    changes: Sequence[Instants],
    cuts_us: Collection[int],
    devices: int,
) -> TimeSteps:
    """Cut a horizon at UTC multiples of a step, and where something changes.

    `changes` are the edges of prices and forecasts, which are averaged over a step that was
    doubled; `cuts_us` are edges in any case, but where they alone would be most of the cells that
    a plan may have.
    """
    start_us, end_us = span_us
    inside = {at for at in cuts_us if start_us < at < end_us}
    rounds_times = 2 * len(inside) * devices > CELLS_AT_MOST
    cuts_us = [] if rounds_times else sorted(inside)
    minutes, also = step_minutes, [*changes]
    while True:
        step_us = minutes * MINUTE_US
        multiples = np.arange(start_us // step_us + 1, -(-end_us // step_us)) * step_us
        ends = np.array([start_us, end_us, *cuts_us], dtype=np.int64)
        edges = np.unique(np.concatenate([ends, multiples, *also]))
        edges = edges[(edges >= start_us) & (edges <= end_us)].astype(np.int64)
        if (edges.size - 1) * max(devices, 1) <= CELLS_AT_MOST or step_us >= DAY_US:
            return TimeSteps(edges, minutes, rounds_times)
        minutes, also = 2 * minutes, []


def mean_of(pieces: Sequence[SeriesPiece], edges_us: Instants, otherwise: Numbers) -> Numbers:
    """Average pieces over steps (n + 1 edges); `otherwise` (n) counts where there are none."""
    if not pieces:
        return otherwise
    starts = np.array([piece.start_us for piece in pieces])
    ends = np.array([piece.end_us for piece in pieces])
    values = np.array([piece.value for piece in pieces])
    lengths_us = np.diff(edges_us).astype(np.float64)
    total, covered = np.zeros(lengths_us.size), np.zeros(lengths_us.size)
    first = np.searchsorted(edges_us, starts, side="right") - 1
    last = np.searchsorted(edges_us, ends, side="left")
    for n in range(values.size):
        own = slice(max(int(first[n]), 0), min(int(last[n]), lengths_us.size))
        shared = np.minimum(edges_us[1:][own], ends[n]) - np.maximum(edges_us[:-1][own], starts[n])
        shared_us = np.maximum(shared, 0).astype(np.float64)
        total[own] += shared_us * values[n]
        covered[own] += shared_us
    return np.asarray((total + (lengths_us - covered) * otherwise) / lengths_us)


def held_course(course: Course, edges_us: Instants) -> Numbers:
    """Lay a course over steps; where it says nothing, the value before goes on, or the first."""
    if isinstance(course, float):
        return np.full(edges_us.size - 1, course)
    starts = np.array([piece.start_us for piece in course])
    values = np.array([piece.value for piece in course])
    last = (np.searchsorted(starts, edges_us[:-1], side="right") - 1).clip(0)
    return mean_of(course, edges_us, values[last])


def bound_course(course: Course | None, edges_us: Instants, unbounded: float) -> Numbers:
    """Lay a bound over step ends (n); `unbounded` where it says nothing.

    An end that two pieces touch is judged by the one before it.
    """
    count = edges_us.size - 1
    if course is None:
        return np.full(count, unbounded)
    if isinstance(course, float):
        return np.full(count, course)
    found = np.full(count, unbounded)
    for piece in course:
        found[(edges_us[1:] > piece.start_us) & (edges_us[1:] <= piece.end_us)] = piece.value
    return found


def strictest(pieces: Sequence[SeriesPiece], edges_us: Instants, otherwise: float) -> Numbers:
    """Find the lowest of `otherwise` and all pieces that touch each step (n)."""
    found = np.full(edges_us.size - 1, otherwise)
    for piece in pieces:
        own = (edges_us[:-1] < piece.end_us) & (edges_us[1:] > piece.start_us)
        found[own] = np.minimum(found[own], piece.value)
    return found
