"""Where a CSV file has the times and values of its readings (docs/import.md)."""

from datetime import timedelta
from typing import Literal

from wattyard.kernel.values import dataclass
from wattyard.meters.domain.readings import FlowDirection

Unit = Literal["WH", "KWH", "W", "KW"]
"""Energy, or constant power over the period (contract 3)."""

Column = str | int
"""A column of a CSV file: its name in the header, or its number, counted from 1."""


@dataclass(frozen=True, slots=True)
class ValueColumn:
    """A column of values. `unit` and `direction` left out: those of the whole file."""

    column: Column
    direction: FlowDirection | None = None
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """A word in a column: a cell that begins with it, case ignored, is meant."""

    column: Column
    text: str

    def matches(self, cell: str) -> bool:
        """Whether a cell begins with the word; a number is not part of a longer one."""
        word, found = self.text.casefold(), cell.casefold()
        if not found.startswith(word):
            return False
        return not (word[-1:].isdigit() and found[len(word) : len(word) + 1].isalnum())


@dataclass(frozen=True, slots=True)
class DirectedWord:
    """Rows with this word count energy of a direction."""

    word: Word
    direction: FlowDirection


@dataclass(frozen=True, slots=True)
class QualityWord:
    """Rows with this word have a confidence (0.1 to 1)."""

    word: Word
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RowWords:
    """What words in further columns say of a row.

    Where `directions` are given, each row is directed by one; where `only` are given, each column
    in them must have one of its words, and other rows are passed over.
    """

    directions: tuple[DirectedWord, ...] = ()
    only: tuple[Word, ...] = ()
    qualities: tuple[QualityWord, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the words, each once."""
        words = (
            *(one.word for one in self.directions),
            *self.only,
            *(one.word for one in self.qualities),
        )
        return tuple(dict.fromkeys(word.column for word in words))


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMap:
    """Where a CSV file has the times and values of its readings.

    A period comes from `start` and `end`, or from one of them and `length`: elapsed time, "DAY"
    for the civil day at the site (`start` is then its date), or "AUTO" for the time to the
    neighbouring row. With `length`, a second time is not read. Or both are in the cell `period`.
    `date` is a column with the date, where the others hold the time of day.

    `numbered`: `start` is the number, from 1, of the elapsed period of the local day. `wide`: a
    row is a day, and each column that is named by a time of day holds a value. `register_reads`:
    values are reads of a register at a time, and energy is what lies between two.

    Times without an offset are those of the clock at the site, or of a clock that is always
    `utc_offset` ahead of UTC. `day_first` says that 03/04/2025 is in April; left out,
    ambiguous dates are refused. `delimiter` left out: found in the first row. `negative` is the
    direction of negative values, where one column holds both.

    Raises:
        ValueError: when the columns do not give a period or a value.
    """

    values: tuple[ValueColumn, ...] = ()
    start: Column | None = None
    end: Column | None = None
    date: Column | None = None
    period: Column | None = None
    length: timedelta | Literal["DAY", "AUTO"] | None = None
    numbered: bool = False
    wide: bool = False
    register_reads: bool = False
    negative: FlowDirection | None = None
    words: RowWords = RowWords()
    unit: Unit = "KWH"
    delimiter: str | None = None
    decimal_comma: bool = False
    day_first: bool | None = None
    utc_offset: timedelta | None = None

    def __post_init__(self) -> None:
        if not self.wide and not self.values:
            raise ValueError("a column map needs at least one column of values")
        fault = self._fault_of_times()
        if fault is not None:
            raise ValueError(fault)
        if isinstance(self.length, timedelta) and self.length <= timedelta():
            raise ValueError("the length of a period must be positive")
        if self.delimiter is not None and len(self.delimiter) != 1:
            raise ValueError("a delimiter is one character")
        if any(isinstance(column, int) and column < 1 for column in self.columns):
            raise ValueError("columns are counted from 1")

    def _fault_of_times(self) -> str | None:
        fixed = isinstance(self.length, timedelta)
        start, end, date = (one is not None for one in (self.start, self.end, self.date))
        timed = start or end
        if self.wide:
            wrong = self.values or timed or not date or (self.length is not None and not fixed)
            fault = "with --wide: --date, and --length in minutes; no start, end or value column"
            return fault if wrong else None
        faults = {
            "with --period: no column of start or end times, and no length": self.period is not None
            and (timed or self.length is not None),
            "with --numbered: --date, --start and --length in minutes": self.numbered
            and not (date and start and fixed and not end),
            "with --register-reads: one column of times, no length, and unit KWH or WH": (
                self.register_reads and (start == end or self.length is not None or self._has_power)
            ),
            "a column map needs a column of start times, or of end times": self.period is None
            and not (start or (end and self.length != "DAY")),
            "a column map needs start and end, or one of them and a length": self.period is None
            and self.length is None
            and not self.register_reads
            and not (start and end),
            "with --length auto: one column of times": self.length == "AUTO" and start == end,
        }
        return next((fault for fault, holds in faults.items() if holds), None)

    @property
    def _has_power(self) -> bool:
        return any((value.unit or self.unit) in ("W", "KW") for value in self.values)

    @property
    def label(self) -> Column | None:
        """The column of the time that orders the rows."""
        return next(
            (c for c in (self.start, self.period, self.end, self.date) if c is not None), None
        )

    @property
    def times(self) -> tuple[Column, ...]:
        """The columns of times."""
        listed = (self.date, self.start, self.end, self.period)
        return tuple(column for column in listed if column is not None)

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns that are read, values last."""
        return (*self.times, *self.words.columns, *(value.column for value in self.values))
