"""The schedule grammar: entries of months and dates, blocks of days, windows of hours (contract 2).

    schedule → entries (months, dates) → blocks (days) → windows (hours) → rate (tiers)

How a day is matched is in `matching`, how a schedule is judged in `coverage`.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final, NamedTuple

from wattyard.tariffs.domain.formula import Formula
from wattyard.tariffs.domain.rates import FormulaPrice, Rate

DAY_SECONDS: Final = 86_400
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EVERY_MONTH: Final = frozenset(range(1, 13))
EVERY_WEEKDAY: Final = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class Dates:
    """Special days: a day that is any of these is special. Empty means no restriction.

    `days_of_month` 1..31; `yearly` (month, day), 29 February in leap years only; `once` single
    dates; `holidays` the public holidays of the place.
    """

    days_of_month: frozenset[int] = frozenset()
    yearly: frozenset[tuple[int, int]] = frozenset()
    once: frozenset[date] = frozenset()
    holidays: bool = False

    def __bool__(self) -> bool:
        return bool(self.days_of_month or self.yearly or self.once or self.holidays)


@dataclass(frozen=True, slots=True)
class Weekdays:
    """Days of the week: named ones (0 is Monday), the country's working days, its weekend."""

    named: frozenset[int] = frozenset()
    working: bool = False
    weekend: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of the wall clock, half-open, in seconds after midnight, and what they cost.

    `to_second` ≤ `from_second` wraps within the same day: 23:00–07:00 is 00:00–07:00 and
    23:00–24:00 of that day; 00:00–00:00 is the whole day.

    Raises:
        ValueError: unless 0 ≤ `from_second` < 86,400 and 0 ≤ `to_second` ≤ 86,400.
    """

    from_second: int
    to_second: int
    rate: Rate = Rate()  # noqa: RUF009 (frozen)

    def __post_init__(self) -> None:
        if not (0 <= self.from_second < DAY_SECONDS and 0 <= self.to_second <= DAY_SECONDS):
            raise ValueError("the hours of a window lie within a day")

    @property
    def stretches(self) -> tuple[tuple[int, int], ...]:
        """The window as one or two stretches (from, to) of the day, neither empty."""
        if self.from_second < self.to_second:
            return ((self.from_second, self.to_second),)
        late = (self.from_second, DAY_SECONDS)
        return ((0, self.to_second), late) if self.to_second else (late,)


@dataclass(frozen=True, slots=True)
class Block:
    """The windows of some days of the week."""

    weekdays: Weekdays
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """The blocks of some months and, where `dates` is not empty, of some special days in them."""

    blocks: tuple[Block, ...]
    months: frozenset[int] = EVERY_MONTH
    dates: Dates = Dates()


class Line(NamedTuple):
    """One block with its entry, and the number of its first window in `Schedule.windows`."""

    entry: Entry
    block: Block
    first_window: int
    path: str


@dataclass(frozen=True)
class Schedule:
    """The entries of a tariff, or of a demand charge's filter.

    `windows` numbers the windows of all entries in the order of the document; prices, tiers
    and counters refer to these numbers.
    """

    entries: tuple[Entry, ...]

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        lines, count = [], 0
        for e, entry in enumerate(self.entries):
            for b, block in enumerate(entry.blocks):
                lines.append(Line(entry, block, count, f"[{e}].days_and_hours[{b}]"))
                count += len(block.windows)
        return tuple(lines)

    @cached_property
    def windows(self) -> tuple[Window, ...]:
        return tuple(window for line in self.lines for window in line.block.windows)

    @cached_property
    def formulas(self) -> tuple[tuple[str, Formula], ...]:
        """Every formula with its path in the schedule, such as `[0].…rate[0].value`."""
        return tuple(
            (f"{line.path}.hours[{w}].rate[{t}].value", tier.pricing.formula)
            for line in self.lines
            for w, window in enumerate(line.block.windows)
            for t, tier in enumerate(window.rate.tiers)
            if isinstance(tier.pricing, FormulaPrice)
        )

    @cached_property
    def tiers(self) -> int:
        """How many tiers the window with the most has."""
        return max((len(window.rate.tiers) for window in self.windows), default=0)
