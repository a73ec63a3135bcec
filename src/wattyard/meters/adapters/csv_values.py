"""What a CSV row says: which rows count, how sure they are, which way how much energy flows."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from wattyard.kernel.values import dataclass
from wattyard.meters.adapters import csv_words
from wattyard.meters.adapters.column_map import ColumnMap, Word
from wattyard.meters.adapters.csv_layout import Layout, LayoutColumn
from wattyard.meters.adapters.meter_file import Noted, RefusedReading, Register
from wattyard.meters.adapters.wall_order import TimedRow
from wattyard.meters.domain.readings import FlowDirection

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
_GROUPED = re.compile(r"[+-]?\d{1,3}([ '’\u00a0\u202f.,]\d{3})+([.,]\d+)?", re.ASCII)
_SECONDS: Final = timedelta(seconds=1)
_CELL_LIMIT: Final = 40
"""Characters of a cell that can be a word which says what a row is."""


@dataclass(frozen=True, slots=True)
class RowEnergy:
    """Energy of a row and column, and the register that counted it."""

    where: str
    energy_kwh: float
    register: Register


@dataclass(frozen=True, slots=True)
class RowNumber:
    """A number of a row and column, and the register that counted it."""

    where: str
    number: float
    register: Register


@dataclass(frozen=True, slots=True)
class RowValues:
    """The columns of values and words of a file."""

    columns: ColumnMap
    layout: Layout
    direction: FlowDirection

    def passed_over(self, line: int, cells: Sequence[str]) -> Noted | None:
        """Whether `--only` chooses other rows than this."""
        wanted: dict[int, list[Word]] = {}
        for word in self.columns.words.only:
            wanted.setdefault(self.layout.words[word.column], []).append(word)
        for at, words in wanted.items():
            if not any(word.matches(cells[at]) for word in words):
                hint = f"the row has {cells[at]!r:.40}, which --only does not choose"
                return Noted(f"line {line}", "row_not_chosen", hint)
        return None

    def lane(self, cells: Sequence[str]) -> str:
        """The text by which a row is directed, which names its register; "" where none does."""
        directions = self.columns.words.directions
        columns = dict.fromkeys(self.layout.words[one.word.column] for one in directions)
        return " ".join(" ".join(cells[at].split()) for at in columns)

    def certainty(self, row: TimedRow) -> float | RefusedReading | Noted:
        """How sure a row is (0.1 to 1), or why it is not taken."""
        confidence = 1.0
        try:
            named = self._quality_named(row.cells)
            confidence = 1.0 if named is None else named
            for at in self.layout.unnamed:
                cell = row.cells[at] if at < len(row.cells) else ""
                if not cell or len(cell) > _CELL_LIMIT:
                    continue
                header = self.layout.header[at]
                if named is None:
                    confidence = min(confidence, csv_words.quality_of(cell, header) or 1.0)
                wrong = self._wrong(row, cell, header)
                if wrong is not None:
                    return wrong
        except ValueError as wrong:
            return RefusedReading(f"line {row.line}", "quality_invalid", str(wrong))
        return self._unit_fault(row) or confidence

    def energy(
        self, row: TimedRow, value: LayoutColumn, period: tuple[datetime, datetime]
    ) -> RowEnergy | RefusedReading:
        """Read the energy of a row in a column."""
        found = self.value(row, value)
        if isinstance(found, RefusedReading):
            return found
        energy_kwh = kwh(found.number, value, period[1] - period[0])
        return RowEnergy(found.where, energy_kwh, found.register)

    def value(self, row: TimedRow, value: LayoutColumn) -> RowNumber | RefusedReading:
        """Read the number of a row in a column, with the register that it belongs to."""
        columns = self.columns
        where = f"line {row.line}"
        if value.minutes is not None:
            where = f"{where}, {self.layout.header[value.position]}"
        elif len(self.layout.values) > 1:
            where = f"{where}, {value.name}"
        number = _number(row.cells[value.position], where, decimal_comma=columns.decimal_comma)
        if isinstance(number, RefusedReading):
            return number
        direction = self._directed(row, value)
        if direction is None:
            return RefusedReading(where, "energy_flow_direction_invalid", self._undirected(row))
        if number < 0 and columns.negative is not None:
            number, direction = -number, columns.negative
        if number < 0:
            hint = (
                f"{number:g} is negative; where one column holds both directions, use "
                "--negative OUTBOUND"
            )
            return RefusedReading(where, "value_negative", hint)
        name = value.name if not row.lane or len(self.layout.values) > 1 else None
        parts = [part for part in (row.lane, name) if part]
        return RowNumber(where, number, Register(" ".join(parts) or None, direction))

    def _directed(self, row: TimedRow, value: LayoutColumn) -> FlowDirection | None:
        """Find the direction of a row: that of its longest word, where words direct rows."""
        rules = self.columns.words.directions
        if not rules:
            return value.direction or self.direction
        found = [
            one for one in rules if one.word.matches(row.cells[self.layout.words[one.word.column]])
        ]
        longest = max(found, key=lambda one: len(one.word.text), default=None)
        return None if longest is None else longest.direction

    def _undirected(self, row: TimedRow) -> str:
        word = self.columns.words.directions[0].word
        cell = row.cells[self.layout.words[word.column]]
        return (
            f"no --direction says which way {cell!r:.40} flows; add one, or choose rows with --only"
        )

    def _quality_named(self, cells: Sequence[str]) -> float | None:
        """How sure the columns that were named say a row is; None where none were.

        Raises:
            ValueError: when such a column has a word that neither the map nor anybody knows.
        """
        rules = self.columns.words.qualities
        if not rules:
            return None
        found = []
        for at in dict.fromkeys(self.layout.words[one.word.column] for one in rules):
            own = [
                one
                for one in rules
                if self.layout.words[one.word.column] == at and one.word.matches(cells[at])
            ]
            if own:
                found.append(max(own, key=lambda one: len(one.word.text)).confidence)
            else:
                known = csv_words.quality_of(cells[at], self.layout.header[at], named=True)
                found.append(1.0 if known is None else known)
        return min(found)

    def _wrong(self, row: TimedRow, cell: str, header: str) -> RefusedReading | Noted | None:
        """Find why a cell that nobody named says that its row is not what it is taken for."""
        where = f"line {row.line}"
        option = f'"{header:.30}={cell:.30}"' if header else f"N={cell:.30}"
        if csv_words.is_other_commodity(cell):
            hint = f"the row says that it counts {cell!r:.40}; choose those of energy with --only"
            return Noted(where, "other_quantity", hint)
        told = self.columns.words.directions or self.columns.negative or any(
            value.direction is not None for value in self.layout.values
        )  # fmt: skip
        if not told and self.direction == "INBOUND" and csv_words.is_outbound(cell):
            hint = (
                f"the row says {cell!r:.40}; say which way such rows flow with --direction "
                f"{option}:OUTBOUND, choose others with --only, or give --value COLUMN:INBOUND"
            )
            return RefusedReading(where, "energy_flow_direction_invalid", hint)
        return None

    def _unit_fault(self, row: TimedRow) -> RefusedReading | Noted | None:
        """Find whether a row names units, and none is that of its values."""
        units = {
            unit
            for at in self.layout.unnamed
            if at < len(row.cells)
            and row.cells[at]
            and (unit := csv_words.unit_of(row.cells[at], self.layout.header[at])) is not None
        }
        wanted = {value.unit for value in self.layout.values}
        if not units or units & wanted:
            return None
        found = ", ".join(sorted(units))
        hint = f"the row says that its values are {found:.40}, --unit is {', '.join(wanted)}"
        if units & {"WH", "KWH", "MWH", "GWH", "W", "KW", "MW"}:
            return RefusedReading(f"line {row.line}", "units_invalid", hint)
        return Noted(f"line {row.line}", "other_quantity", hint)


def kwh(number: float, value: LayoutColumn, duration: timedelta) -> float:
    """Turn a number in the column's unit into energy (kWh) of a period."""
    seconds = duration / _SECONDS
    match value.unit:
        case "WH":
            return number / 1000
        case "W":
            return number * seconds / 3_600_000
        case "KW":
            return number * seconds / 3600
    return number


def _number(text: str, where: str, *, decimal_comma: bool) -> float | RefusedReading:
    if not text:
        return RefusedReading(where, "value_missing", "the row has no value here")
    mark, other = (",", ".") if decimal_comma else (".", ",")
    plain = text.replace(mark, ".")
    if other not in text and _NUMBER.fullmatch(plain):
        return float(plain)
    hint = "is not a finite number"
    if _GROUPED.fullmatch(text):
        hint = "has thousands separators, or a decimal mark other than the column map's"
    elif other in text:
        hint = f"has {other!r} where the decimal mark is {mark!r}"
    return RefusedReading(where, "value_invalid", f"{text!r:.30} {hint}; write 1234{mark}5")
