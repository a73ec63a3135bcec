"""The interface through which each kind of device joins a site program (kW and kWh inside).

To add a kind: write its frozen value in `devices`, a field of `SiteQuestion` for it, and a class
here in `site` that is a `ProgramPart`; `program.parts_of` makes the parts of a question. Nothing
else knows kinds. `ProgramPart.join` adds the device's columns and rows to a `ProgramDraft`, and
says by name what they mean to the site:

* `draws`: which columns are power through the meter, and in which direction. The site adds the
  balance, grid limits, circuits and the preference for sooner from this alone.
* `surges`: what it takes beyond that mean while it runs in a part of a step; limits hold then.
* `costs`: money of a column, by the part of the cost that it belongs to.
* `unmet`: kWh that a goal misses, by priority; ranked before all costs.
* `switch`: what excludes each other. The program is solved without; binary numbers are added only
  in steps where the solution breaks it. Integers that are always needed are columns with `whole`.
* `rounds`: how its integers are decided for a plan to start from.

It answers a `Placed`, which reads the device's plan back from the numbers found.
"""

from collections.abc import Sequence
from typing import Literal, Protocol

from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.values import dataclass, field
from wattyard.schedules.domain.crowding import Leeway
from wattyard.schedules.domain.power import Why
from wattyard.schedules.domain.site.plan import Shortfall, SiteSlot
from wattyard.schedules.domain.site.question import SiteQuestion
from wattyard.schedules.domain.solver.program import Draft, Positions

CostPart = Literal["energy", "export", "demand", "wear", "preferences", "stored"]
Terms = Sequence[tuple[Positions, Numbers | float]]


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What was read back of a device: `power_w` (n), positive takes, and its state.

    `held_wh`, `temperature_c`, `curtailed_w` (n) and `shortfalls` as in `DevicePlan`; so are
    `slots`, where they are not simply the steps with power. `forced` (n): where it runs because it
    otherwise misses a goal (`deadline`) or because it holds less than its reserve (`reserve`).
    `leeway`: what it could have taken instead; None where that is not known.
    """

    device: str
    power_w: Numbers
    held_wh: Numbers | None = None
    temperature_c: Numbers | None = None
    curtailed_w: Numbers | None = None
    shortfalls: tuple[Shortfall, ...] = ()
    slots: tuple[SiteSlot, ...] | None = None
    forced: tuple[Why | None, ...] = ()
    leeway: Leeway | None = None


class Placed(Protocol):
    """A device in the program; it knows its columns."""

    def read(self, values: Numbers) -> Run:
        """Read the device's plan from the values of all columns."""
        ...


class Rounding(Protocol):
    """Decides integers of a device near to numbers that are not integers yet.

    What is left is then easier to solve, and a plan to start from.
    """

    def rounded(self, values: Numbers) -> tuple[Positions, Numbers]:
        """Give integers to some columns (k), none where it cannot."""
        ...


class ProgramPart(Protocol):
    """A device, or a charge, that adds itself to a program."""

    def join(self, draft: "ProgramDraft") -> Placed | None:
        """Add columns, rows and terms; None where there is no device to be read back."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Switch:
    """Where a column of `on` (k) is above 0, those of `off` are 0 and `least` is met.

    `most_on` (k): the bound of `on`. `off`: columns (k each) whose sum is at most `most_off` (k).
    `needs`: terms (column k, weight k) whose sum is then at least `least` (k). With `on` itself in
    `needs` it is a semi-continuous power: 0, or at least `least`. `needs_lower` (k) is what the sum
    of `needs` cannot be below in any case.
    """

    on: Positions
    most_on: Numbers
    off: tuple[Positions, ...] = ()
    most_off: Numbers = field(default_factory=lambda: np.zeros(0))
    needs: tuple[tuple[Positions, Numbers | float], ...] = ()
    least: Numbers = field(default_factory=lambda: np.zeros(0))
    needs_lower: Numbers = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True, slots=True, eq=False)
class Draw:
    """Columns (n) in kW that a device takes (`sign` 1) or gives (`sign` -1)."""

    device: str
    columns: Positions
    sign: float


@dataclass(slots=True)
class ProgramDraft:
    """A site program while its parts are added.

    `imported`, `excess` and `exported` (n) are the site's own columns, in kW: what it takes up to
    the import limit and, where its load alone is above, beyond; what it gives.
    """

    question: SiteQuestion
    hours: Numbers
    draft: Draft = field(default_factory=Draft)
    imported: Positions = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    excess: Positions = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    exported: Positions = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    drawn: list[Draw] = field(default_factory=list)
    surging: list[Draw] = field(default_factory=list)
    money: dict[CostPart, list[tuple[Positions, Numbers]]] = field(default_factory=dict)
    missing: dict[int, list[tuple[Positions, Numbers]]] = field(default_factory=dict)
    switches: list[Switch] = field(default_factory=list)
    roundings: list[Rounding] = field(default_factory=list)

    def columns(self, lower: Numbers, upper: Numbers, *, whole: bool = False) -> Positions:
        """Add numbers (k) between bounds; answers their positions."""
        return self.draft.columns(lower, upper, whole=whole)

    def rows(self, lower: Numbers, upper: Numbers, terms: Terms) -> Positions:
        """Add sums (k) between bounds, of terms (column k, weight k); answers their positions."""
        return self.draft.rows(lower, upper, terms)

    def entries(self, rows: Positions, columns: Positions, weights: Numbers | float) -> None:
        """Give columns (k) a weight in rows (k); at most one for each pair."""
        self.draft.entries(rows, columns, weights)

    def draws(self, device: str, columns: Positions, *, sign: float = 1.0) -> None:
        """Count columns (n, kW ≥ 0) as what a device takes, or gives where `sign` is -1."""
        self.drawn.append(Draw(device, columns, sign))

    def surges(self, device: str, columns: Positions) -> None:
        """Count columns (n, kW ≥ 0) as what a device takes within a step beyond its mean."""
        self.surging.append(Draw(device, columns, 1.0))

    def costs(self, part: CostPart, columns: Positions, per_unit: Numbers | float) -> None:
        """Count money per unit of columns (k); `export` and `stored` count as income."""
        weights = np.broadcast_to(np.asarray(per_unit, dtype=np.float64), columns.shape)
        self.money.setdefault(part, []).append((columns, weights))

    def unmet(self, priority: int, columns: Positions, kwh: Numbers | float = 1.0) -> None:
        """Count columns (k) as unmet energy, kWh each unit, of a priority 1..9."""
        weights = np.broadcast_to(np.asarray(kwh, dtype=np.float64), columns.shape)
        self.missing.setdefault(priority, []).append((columns, weights))

    def switch(self, switch: Switch) -> None:
        """Exclude things from each other; see `Switch`."""
        self.switches.append(switch)

    def rounds(self, rounding: Rounding) -> None:
        """Decide integers so for a plan to start from; see `Rounding`."""
        self.roundings.append(rounding)
