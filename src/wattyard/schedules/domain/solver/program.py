"""Linear programmes as data: columns, rows and the entries between them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from wattyard.kernel.arrays import Integers, Marks, Numbers, np
from wattyard.kernel.values import dataclass, field

Positions = Integers
SECONDS_AT_MOST: Final = 2.0
"""What a plan may take, unless its question says otherwise."""


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """Find n numbers within bounds whose m weighted sums lie within bounds.

    `lower`, `upper` (n) and `row_lower`, `row_upper` (m) may be infinite; `entries_row`,
    `entries_column`, `entries_value` (k) are the weights, at most one for each pair; `whole` (n)
    marks numbers that must be integers.
    """

    lower: Numbers
    upper: Numbers
    row_lower: Numbers
    row_upper: Numbers
    entries_row: Positions
    entries_column: Positions
    entries_value: Numbers
    whole: Marks

    def with_row(self, weights: Numbers, upper: float) -> "Program":
        """Add one row: the sum weighted by `weights` (n) is at most `upper`."""
        used = np.flatnonzero(weights)
        return replace(
            self,
            row_lower=np.append(self.row_lower, -np.inf),
            row_upper=np.append(self.row_upper, upper),
            entries_row=np.append(self.entries_row, np.full(used.size, self.row_lower.size)),
            entries_column=np.append(self.entries_column, used),
            entries_value=np.append(self.entries_value, weights[used]),
        )

    def lowest(self, weights: Numbers) -> float:
        """Find what the sum weighted by `weights` (n) cannot be below, whatever the rows say."""
        used = np.flatnonzero(weights)
        own = weights[used]
        return float(own @ np.where(own > 0.0, self.lower[used], self.upper[used]))

    def with_whole_free(self) -> "Program":
        """Let integers be any number between their bounds."""
        return replace(self, whole=np.zeros_like(self.whole))

    def with_whole_fixed(self, values: Numbers) -> "Program":
        """Hold every integer at its rounded value of `values` (n); what is left is linear."""
        fixed = np.rint(values)
        return replace(
            self,
            lower=np.where(self.whole, fixed, self.lower),
            upper=np.where(self.whole, fixed, self.upper),
            whole=np.zeros_like(self.whole),
        )


@dataclass(slots=True)
class Draft:
    """Collects the blocks of a programme; `finished` turns them into one."""

    _lower: list[Numbers] = field(default_factory=list)
    _upper: list[Numbers] = field(default_factory=list)
    _whole: list[Marks] = field(default_factory=list)
    _row_lower: list[Numbers] = field(default_factory=list)
    _row_upper: list[Numbers] = field(default_factory=list)
    _entries: list[tuple[Positions, Positions, Numbers]] = field(default_factory=list)
    _columns: int = 0
    _rows: int = 0

    @classmethod
    def of(cls, program: Program) -> "Draft":
        """Go on with a programme: what is added comes after its columns and rows."""
        return cls(
            [program.lower],
            [program.upper],
            [program.whole],
            [program.row_lower],
            [program.row_upper],
            [(program.entries_row, program.entries_column, program.entries_value)],
            program.lower.size,
            program.row_lower.size,
        )

    def columns(self, lower: Numbers, upper: Numbers, *, whole: bool = False) -> Positions:
        """Add numbers (k) between bounds; answers their positions."""
        self._lower.append(lower)
        self._upper.append(upper)
        self._whole.append(np.full(lower.size, whole))
        self._columns += lower.size
        return np.arange(self._columns - lower.size, self._columns)

    def rows(
        self, lower: Numbers, upper: Numbers, terms: Sequence[tuple[Positions, Numbers | float]]
    ) -> Positions:
        """Add sums (k) between bounds, of terms (column k, weight k); answers their positions."""
        self._row_lower.append(lower)
        self._row_upper.append(upper)
        self._rows += lower.size
        rows = np.arange(self._rows - lower.size, self._rows)
        for columns, weights in terms:
            self.entries(rows, columns, weights)
        return rows

    def entries(self, rows: Positions, columns: Positions, weights: Numbers | float) -> None:
        """Give columns (k) a weight in rows (k)."""
        self._entries.append((rows, columns, np.broadcast_to(weights, rows.shape)))

    @property
    def size(self) -> int:
        """How many columns there are so far."""
        return self._columns

    @property
    def upper(self) -> Numbers:
        """The upper bounds of the columns so far."""
        return np.concatenate(self._upper)

    def finished(self) -> Program:
        rows, columns, values = (
            np.concatenate(list(parts)) for parts in zip(*self._entries, strict=True)
        )
        return Program(
            lower=np.concatenate(self._lower),
            upper=np.concatenate(self._upper),
            row_lower=np.concatenate(self._row_lower),
            row_upper=np.concatenate(self._row_upper),
            entries_row=rows,
            entries_column=columns,
            entries_value=values.astype(np.float64),
            whole=np.concatenate(self._whole),
        )
