"""How long the rows of a file last that gives one time for each (contract 2b, `--length auto`)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from wattyard.kernel import civil
from wattyard.kernel.values import dataclass

_LONGER_AT_MOST: Final = 4
"""A length that becomes longer becomes at most four times as long."""


@dataclass(frozen=True, slots=True)
class Length:
    """A length: whole civil months or days between starts of days, else elapsed time."""

    months: int = 0
    days: int = 0
    elapsed: timedelta = timedelta()

    def after(self, label: datetime, zone: ZoneInfo) -> datetime:
        """Find the instant that is this much after another."""
        return self._moved(label, zone, 1)

    def before(self, label: datetime, zone: ZoneInfo) -> datetime:
        """Find the instant that is this much before another."""
        return self._moved(label, zone, -1)

    def _moved(self, label: datetime, zone: ZoneInfo, way: int) -> datetime:
        if not (self.months or self.days):
            return label + way * self.elapsed
        day = civil.date_at(label, zone)
        month = day.year * 12 + day.month - 1 + way * self.months
        moved = date(month // 12, month % 12 + 1, 1) if self.months else day
        moved = date.fromordinal(moved.toordinal() + way * self.days)
        return civil.start_of_day(moved, zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Lengths:
    """The periods (n) of rows in the order of their labels, and what is to be told of them.

    `gaps` and `changed` are positions of rows after, or at, which time is missing, or the length
    is another than before.
    """

    periods: tuple[tuple[datetime, datetime], ...]
    gaps: tuple[int, ...]
    changed: tuple[int, ...]


def lengths(labels: Sequence[datetime], zone: ZoneInfo, *, ends: bool) -> Lengths | None:
    """Find how long each row lasts: to the next label, or with `ends` since the one before.

    `labels` (n) are different instants in ascending order. A row at the edge of the file, which has
    no neighbour on that side, is as long as the one beside it. A step that is longer than the
    length before it is a new length only if the next step repeats it and it is at most four times
    as long; otherwise it is a gap, and the row keeps the length before it. None: one label alone
    has no length.
    """
    steps = [_between(one, other, zone) for one, other in pairwise(labels)]
    if not steps:
        return None
    kept = [steps[0]]
    gaps, changed = [], []
    for n, step in enumerate(steps[1:], 1):
        following = steps[n + 1] if n + 1 < len(steps) else None
        before, at = kept[-1], n + ends
        if _is_gap(step, before, following, labels[n], zone):
            gaps.append(at)
            step = before  # noqa: PLW2901 (the row keeps the length before it)
        elif step != before:
            changed.append(at)
        kept.append(step)
    if ends:
        of_row = [kept[0], *kept]
        periods = [(own.before(at, zone), at) for own, at in zip(of_row, labels, strict=True)]
    else:
        of_row = [*kept, kept[-1]]
        periods = [(at, own.after(at, zone)) for own, at in zip(of_row, labels, strict=True)]
    return Lengths(tuple(periods), tuple(gaps), tuple(changed))


def _between(one: datetime, other: datetime, zone: ZoneInfo) -> Length:
    first, second = civil.date_at(one, zone), civil.date_at(other, zone)
    if any(
        civil.start_of_day(day, zone) != label for day, label in ((first, one), (second, other))
    ):
        return Length(elapsed=other - one)
    if first.day == 1 and second.day == 1:
        return Length(months=(second.year - first.year) * 12 + second.month - first.month)
    return Length(days=second.toordinal() - first.toordinal())


def _is_gap(
    step: Length, before: Length, following: Length | None, label: datetime, zone: ZoneInfo
) -> bool:
    """Whether a step from a label is longer than the length before it, and no new length."""
    if step == before:
        return False
    length, own = before.after(label, zone) - label, step.after(label, zone) - label
    return own > length and (following != step or own > _LONGER_AT_MOST * length)
