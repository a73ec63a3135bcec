"""The schedule grammar: entries of months and dates, blocks of days, windows of hours (contract 2).

    schedule → entries (months, dates) → blocks (days) → windows (hours) → rate (tiers)

`patterns` matches days; `coverage` judges whether a schedule covers each of them once.
"""

import math
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Final, Literal, NamedTuple

from wattyard.kernel.arrays import Indices, Integers, Marks, SmallIntegers, np
from wattyard.kernel.refusals import Malformed
from wattyard.kernel.values import dataclass
from wattyard.tariffs.domain.calendar import DayFacts, day_number
from wattyard.tariffs.domain.formula import PRICE_LIMIT, Formula
from wattyard.tariffs.domain.refusals import FormulaInvalid


@dataclass(frozen=True, slots=True)
class FixedPrice:
    """So much money per kWh, whatever the market."""

    per_kwh: float


@dataclass(frozen=True, slots=True)
class MarketLinkedPrice:
    """The price of the tariff's market source: (market + fixed) × (1 + percentage).

    `surcharge_percentage` is a fraction, as FlatPeak's field of that name: 0.05 is five percent.
    """

    surcharge_per_kwh: float = 0.0
    surcharge_percentage: float = 0.0


@dataclass(frozen=True, slots=True)
class FormulaPrice:
    """A formula of one or more market sources, or of none.

    Raises:
        FormulaInvalid: when the price is above 1e9, of either sign, whatever the market.
    """

    formula: Formula

    def __post_init__(self) -> None:
        constant = self.formula.constant
        if constant is not None and abs(constant) > PRICE_LIMIT:
            raise FormulaInvalid(
                f"formula, column 1: the price is {constant:g} per kWh, whatever the market; "
                f"it may be {PRICE_LIMIT:,.0f} at most"
            )


Pricing = FixedPrice | MarketLinkedPrice | FormulaPrice


LimitUnit = Literal["KWH", "KWH_PER_DAY", "KWH_PER_KW"]
LIMIT_FIELDS: Final[Mapping[LimitUnit, str]] = {
    "KWH": "to_kwh",
    "KWH_PER_DAY": "to_kwh_per_day",
    "KWH_PER_KW": "to_kwh_per_kw",
}


@dataclass(frozen=True, slots=True)
class Tier:
    """The price of the consumption below a limit, counted since the tariff's last reset.

    `to_kwh` is the limit, infinite for the last tier: as it is, or by `unit` for each local day
    of the reset period or each kW of its highest window (contract 2b, Periods).
    """

    pricing: Pricing
    to_kwh: float = math.inf
    unit: LimitUnit = "KWH"


class TiersInvalid(Malformed):
    """Tiers need an ascending limit such as `to_kwh`, and only the last has none."""

    code = "to_kwh_invalid"


@dataclass(frozen=True, slots=True)
class Rate:
    """The tiers of a window, lowest first; none in the filter of a demand charge.

    Limits of one unit ascend. Where the tiers of a rate have limits of several, a tier whose limit
    turns out to lie below the one before it is empty.

    Raises:
        TiersInvalid: when limits do not ascend from above 0, or another than the last tier has
            none, or the last has one.
    """

    tiers: tuple[Tier, ...] = ()

    def __post_init__(self) -> None:
        below: dict[LimitUnit, float] = {}
        for number, tier in enumerate(self.tiers):
            last = number == len(self.tiers) - 1
            field = LIMIT_FIELDS[tier.unit]
            if last is math.isfinite(tier.to_kwh):
                raise TiersInvalid(
                    f"only the last tier has no {field}: it prices all that is above the others",
                    param=f"[{number}].{field}",
                    code=f"{field}_invalid",
                )
            if not tier.to_kwh > below.get(tier.unit, 0.0):
                raise TiersInvalid(
                    f"{field} must ascend from above 0; got {tier.to_kwh:g} after "
                    f"{below.get(tier.unit, 0.0):g}",
                    param=f"[{number}].{field}",
                    code=f"{field}_invalid",
                )
            below[tier.unit] = tier.to_kwh


DAY_SECONDS: Final = 86_400
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EVERY_MONTH: Final = frozenset(range(1, 13))
EVERY_WEEKDAY: Final = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class Dates:
    """Special days: a day that is any of these is special. Empty means no restriction.

    `days_of_month` 1..31; `yearly` (month, day), 29 February in leap years only; `once` single
    dates; `holidays` the days that the tariff counts as holidays.
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
class TariffWindow:
    """Hours of the wall clock, half-open, in seconds after midnight, and what they cost.

    `to_second` ≤ `from_second` wraps within the same day: 23:00–07:00 is 00:00–07:00 and
    23:00–24:00 of that day; 00:00–00:00 is the whole day. Windows with the same `counter` count
    consumption together; one without has a counter of its own (scope PERIOD).

    Raises:
        ValueError: unless 0 ≤ `from_second` < 86,400 and 0 ≤ `to_second` ≤ 86,400.
    """

    from_second: int
    to_second: int
    rate: Rate = Rate()
    counter: str | None = None

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
class ScheduleBlock:
    """The windows of some days of the week."""

    weekdays: Weekdays
    windows: tuple[TariffWindow, ...]


@dataclass(frozen=True, slots=True)
class ScheduleEntry:
    """The blocks of some months and, where `dates` is not empty, of some special days in them."""

    blocks: tuple[ScheduleBlock, ...]
    months: frozenset[int] = EVERY_MONTH
    dates: Dates = Dates()


class ScheduleLine(NamedTuple):
    """One block with its entry, and the number of its first window in `Schedule.windows`."""

    entry: ScheduleEntry
    block: ScheduleBlock
    first_window: int
    path: str


@dataclass(frozen=True)
class Schedule:
    """The entries of a tariff, or of a demand charge's filter.

    `windows` numbers the windows of all entries in the order of the document; prices, tiers
    and counters refer to these numbers.
    """

    entries: tuple[ScheduleEntry, ...]

    @cached_property
    def lines(self) -> tuple[ScheduleLine, ...]:
        lines, count = [], 0
        for e, entry in enumerate(self.entries):
            for b, block in enumerate(entry.blocks):
                lines.append(ScheduleLine(entry, block, count, f"[{e}].days_and_hours[{b}]"))
                count += len(block.windows)
        return tuple(lines)

    @cached_property
    def windows(self) -> tuple[TariffWindow, ...]:
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
    def counters(self) -> Integers:
        """The counter of each window (w), as the number of the first window that shares it."""
        firsts: dict[str, int] = {}
        numbers = [
            number if window.counter is None else firsts.setdefault(window.counter, number)
            for number, window in enumerate(self.windows)
        ]
        return np.array(numbers, dtype=np.int64)

    @cached_property
    def tiers(self) -> int:
        """How many tiers the window with the most has."""
        return max((len(window.rate.tiers) for window in self.windows), default=0)


@dataclass(frozen=True, slots=True, eq=False)
class Patterns:
    """How n days are priced.

    `of_day` (n): which of `lines` (the numbers of the matching lines, ascending; none for a day
    that nothing matches) each day has. `first_day` (one a pattern): its first day, as a
    position 0..n-1. `special` (n): whether entries with `dates` decided the day.
    """

    of_day: Indices
    lines: tuple[tuple[int, ...], ...]
    first_day: Indices
    special: Marks


def patterns(schedule: Schedule, days: DayFacts) -> Patterns:
    """Match a schedule against days: each local calendar day is decided on its own (contract 2).

    A line (a block of an entry) matches a day when the month, the dates and the day of the week
    do. Lines of entries with `dates` come before those without, and among them single dates come
    before dates of every year, before holidays, before days of the month (contract 2b, Holidays):
    where one of a higher rank matches, the others are out. Days with the same lines share a
    pattern, so that a year is a handful of them.
    """
    rank = _ranks(schedule, days)
    highest = np.maximum.reduce(rank, axis=0, initial=_NO_MATCH)
    is_special = highest > _ORDINARY
    matched = (rank == highest) & (rank != _NO_MATCH)
    packed = np.packbits(matched, axis=0)
    keys = np.ascontiguousarray(packed.T)
    distinct = keys.view(np.dtype((np.void, keys.shape[1]))).ravel() if keys.size else None
    if distinct is None:
        nothing = np.zeros(days.days.size, np.intp)
        return Patterns(nothing, ((),), np.zeros(1, np.intp), is_special)
    _, first, of_day = np.unique(distinct, return_index=True, return_inverse=True)
    lines = tuple(tuple(int(line) for line in np.flatnonzero(matched[:, day])) for day in first)
    return Patterns(of_day, lines, first, is_special)


_NO_MATCH, _ORDINARY, _DAY_OF_MONTH, _HOLIDAY, _YEARLY, _ONCE = range(6)
"""How specific the match of an entry is; the most specific entries decide a day."""


def _ranks(schedule: Schedule, days: DayFacts) -> SmallIntegers:
    """Rank (lines, days) how specifically each line matches each day."""
    ranks = np.zeros((len(schedule.lines), days.days.size), np.int8)
    known: dict[int, SmallIntegers] = {}
    for number, line in enumerate(schedule.lines):
        entry = known.get(id(line.entry))
        if entry is None:
            entry = known[id(line.entry)] = _entry_rank(line.entry, days)
        np.multiply(entry, _weekdays_match(line.block.weekdays, days), out=ranks[number])
    return ranks


def _entry_rank(entry: ScheduleEntry, days: DayFacts) -> SmallIntegers:
    months = np.zeros(13, np.bool_)
    months[list(entry.months)] = True
    if not entry.dates:
        return months[days.month].astype(np.int8)
    return _dates_rank(entry.dates, days) * months[days.month]


def _dates_rank(dates: Dates, days: DayFacts) -> SmallIntegers:
    of_month = np.zeros(32, np.int8)
    of_month[list(dates.days_of_month)] = _DAY_OF_MONTH
    rank = of_month[days.day_of_month]
    if dates.holidays:
        rank[days.holiday] = _HOLIDAY
    if dates.yearly:
        yearly = [month * 32 + day for month, day in dates.yearly]
        rank[np.isin(days.month * 32 + days.day_of_month, yearly)] = _YEARLY
    if dates.once:
        once = np.array([day_number(day) for day in dates.once])
        position = np.minimum(np.searchsorted(days.days, once), days.days.size - 1)
        rank[position[days.days[position] == once]] = _ONCE
    return rank


def _weekdays_match(weekdays: Weekdays, days: DayFacts) -> Marks:
    named = np.zeros(7, np.bool_)
    named[list(weekdays.named)] = True
    matching = named[days.weekday]
    if weekdays.working:
        matching = matching | ~days.weekend
    return matching | days.weekend if weekdays.weekend else matching


@dataclass(frozen=True, slots=True)
class WindowPart:
    """A part of a day, in seconds after midnight, and the number of the window that owns it."""

    from_second: int
    to_second: int
    window: int


def stretches(schedule: Schedule, lines: tuple[int, ...]) -> list[WindowPart]:
    """List the stretches of the windows of some lines, in order of time, then of the document."""
    found = [
        WindowPart(start, end, line.first_window + number)
        for line in (schedule.lines[n] for n in lines)
        for number, window in enumerate(line.block.windows)
        for start, end in window.stretches
    ]
    return sorted(found, key=lambda stretch: (stretch.from_second, stretch.window))


class CoverJudge:
    """Checks whether lines together cover a day exactly once, without listing stretches.

    A term can have thousands of patterns of hundreds of windows; nearly all are good.
    """

    def __init__(self, schedule: Schedule) -> None:
        self._starts, self._ends = [], []
        for line in schedule.lines:
            pieces = [piece for window in line.block.windows for piece in window.stretches]
            self._starts.append(np.array([start for start, _ in pieces], dtype=np.int64))
            self._ends.append(np.array([end for _, end in pieces], dtype=np.int64))

    def is_exact(self, lines: tuple[int, ...]) -> bool:
        """Check whether every second of the day is in one stretch of the lines (at least one)."""
        starts = np.sort(np.concatenate([self._starts[line] for line in lines]))
        ends = np.sort(np.concatenate([self._ends[line] for line in lines]))
        whole = bool(starts.size) and starts[0] == 0 and ends[-1] == DAY_SECONDS
        return whole and bool((starts[1:] == ends[:-1]).all())


def window_path(line: ScheduleLine, window: int) -> str:
    """Say where the window with a number in `Schedule.windows` stands in the document."""
    return f"{line.path}.hours[{window - line.first_window}]"
