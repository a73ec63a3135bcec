"""What can be planned behind one meter: storage units, loads that may run later, heat pumps.

Units: W and Wh on the meter side unless said otherwise, instants in µs since 1970 UTC, money in
the site's currency. Every instant lies on an edge of the question's steps. Blocked stretches and
windows may reach beyond the horizon.
"""

from math import inf, isfinite
from typing import Final, NamedTuple

from wattyard.kernel.arrays import Numbers
from wattyard.kernel.values import dataclass

DEFAULT_PRIORITY: Final = 5
"""Of a target, a load's energy and a comfort band; 1 is served first, 9 last."""
TRIP_PRIORITY: Final = 0
"""What a car needs while it is away is served before all that has a priority."""
_ROUNDING_WH: Final = 1e-6


class Stretch(NamedTuple):
    """From `start_us` to `end_us`, the end excluded."""

    start_us: int
    end_us: int


class Absence(NamedTuple):
    """A car is away: it has no power, and comes home at `end_us` with `energy_wh` less.

    What it lacks of that is unmet before all priorities; then it comes home empty.
    """

    start_us: int
    end_us: int
    energy_wh: float = 0.0


@dataclass(frozen=True, slots=True)
class StorageTarget:
    """A storage unit is to hold at least `min_wh`, at most `max_wh`, at the instant `at_us`.

    Unmet energy, too little or too much, is least for priority 1, then for 2, up to 9. At an
    instant of an absence (its end excluded) the target is judged at departure. The storage unit's
    reserve wins over `max_wh`.

    Raises:
        ValueError: when the priority is not 1..9, or neither bound is there.
    """

    at_us: int
    min_wh: float | None = None
    max_wh: float | None = None
    priority: int = DEFAULT_PRIORITY

    def __post_init__(self) -> None:
        if not 1 <= self.priority <= 9:
            raise ValueError(f"a priority is from 1 to 9; got {self.priority}")
        if self.min_wh is None and self.max_wh is None:
            raise ValueError("a target is a floor, a ceiling or both")


@dataclass(frozen=True, slots=True)
class SiteStorage:
    """A battery or a car: what it holds now, its limits and its goals.

    `energy_wh` is what it holds at the first edge. Charging c and discharging d (W) change it in a
    step of h hours to energy x (1 - standby_loss) ** h + (c x √efficiency - d / √efficiency) x h,
    and by `-absence.energy_wh` at the end of an absence. It never does both at once. A power is 0,
    or at least `least_w` in either direction, and at most `charge_w` or `discharge_w`; 0 while it
    is blocked or away. It is never charged above `most_wh` (where it already holds more, it is not
    charged), and not discharged in a step after which it would hold less than `reserve_wh`;
    otherwise it may be below, and nothing forces it up.

    `grid_charging` False: in every step the charging of all such units together is at most the
    sun not curtailed. `grid_discharging` False: the discharging of all such units together is at
    most the load and the consumption of all devices. The caller sets it False where nobody buys
    (no EXPORT tariff) and for a car that cannot feed the grid.

    `wear_per_kwh`: money per kWh charged and per kWh discharged. `value_per_kwh_at_end`: money per
    kWh held at the last edge, less that at the first (`SiteCost.stored`). `standby_loss`: 0..1 of
    the stored energy per hour. `targets` are all there are: a battery's "ends at least where it
    started" is written by the caller as a target at the last edge.

    Raises:
        ValueError: when a number is out of its range.
    """

    device: str
    capacity_wh: float
    energy_wh: float
    charge_w: float
    discharge_w: float = 0.0
    least_w: float = 0.0
    efficiency: float = 1.0
    most_wh: float = inf
    reserve_wh: float = 0.0
    targets: tuple[StorageTarget, ...] = ()
    absences: tuple[Absence, ...] = ()
    blocked: tuple[Stretch, ...] = ()
    grid_charging: bool = True
    grid_discharging: bool = True
    wear_per_kwh: float = 0.0
    value_per_kwh_at_end: float = 0.0
    standby_loss: float = 0.0
    car: bool = False

    def __post_init__(self) -> None:
        if not (isfinite(self.capacity_wh) and self.capacity_wh > 0.0):
            raise ValueError("a store has a capacity above 0")
        if not 0.0 < self.efficiency <= 1.0:
            raise ValueError("an efficiency is above 0 and at most 1")
        if not 0.0 <= self.standby_loss < 1.0:
            raise ValueError("a standby loss is from 0 to below 1 an hour")
        for power_w in (self.charge_w, self.discharge_w, self.least_w):
            if not (isfinite(power_w) and power_w >= 0.0):
                raise ValueError("a power is a number from 0")
        if not 0.0 <= self.energy_wh <= self.capacity_wh + _ROUNDING_WH:
            raise ValueError("a store holds between 0 and its capacity")


@dataclass(frozen=True, slots=True)
class Shiftable:
    """A load that may run later: `energy_wh` is to be used within its windows.

    Its power is 0, or one of `levels_w`; without levels anything between `least_w` and `max_w`.
    Where the levels do not divide the energy, the last slot ends early (its steps then have a
    mean power between the levels). A run lasts `min_run_us` or more, a pause between two runs
    `min_pause_us` or more; there are at most `max_starts` runs, and each costs `start_cost`
    money. `contiguous`: one run, in one window, whose level may change. Power is 0 while blocked.
    Where all its energy is less than the shortest run uses at the least power, it is used in one
    run of any length; where it is less than the least power uses in a step, that slot ends early.
    Energy that cannot be used is unmet with `priority`.

    Raises:
        ValueError: when a number is out of its range, or there is no window.
    """

    device: str
    energy_wh: float
    windows: tuple[Stretch, ...]
    max_w: float
    least_w: float = 0.0
    levels_w: tuple[float, ...] = ()
    min_run_us: int = 0
    min_pause_us: int = 0
    max_starts: int | None = None
    contiguous: bool = False
    start_cost: float = 0.0
    blocked: tuple[Stretch, ...] = ()
    priority: int = DEFAULT_PRIORITY

    def __post_init__(self) -> None:
        if not (isfinite(self.energy_wh) and self.energy_wh >= 0.0):
            raise ValueError("an energy is a number from 0")
        if not self.windows:
            raise ValueError("a load that may run later has a window")
        if not (isfinite(self.max_w) and 0.0 <= self.least_w <= self.max_w):
            raise ValueError("a least power is from 0 to the largest power")
        if any(not 0.0 < level_w <= self.max_w for level_w in self.levels_w):
            raise ValueError("a level is above 0 and at most the largest power")


@dataclass(frozen=True, slots=True, eq=False)
class HeatPumpLoad:
    """Heats a room or tank, which is one resistance and one capacity (W and °C).

    With electric power p in a step of h hours and a = exp(-h / (resistance x capacity)), the
    temperature goes from T to a x T + (1 - a) x (outdoor_c + resistance x cop x p). It starts at
    `initial_c` and is to be within `min_c`..`max_c` (n) at the end of each step; what is missing
    (K x `capacity_kwh_per_k`, summed over the steps) is unmet energy of `priority`. Power is 0, or
    one of `levels_w`, or without levels between `least_w` and `max_w`; 0 while blocked.

    `outdoor_c`, `cop`, `min_c`, `max_c` (n); the last two may be infinite.

    Raises:
        ValueError: when a number is out of its range or the band is upside down.
    """

    device: str
    max_w: float
    resistance_k_per_kw: float
    capacity_kwh_per_k: float
    initial_c: float
    outdoor_c: Numbers
    cop: Numbers
    min_c: Numbers
    max_c: Numbers
    least_w: float = 0.0
    levels_w: tuple[float, ...] = ()
    blocked: tuple[Stretch, ...] = ()
    priority: int = DEFAULT_PRIORITY

    def __post_init__(self) -> None:
        if not (self.resistance_k_per_kw > 0.0 and self.capacity_kwh_per_k > 0.0):
            raise ValueError("a resistance and a capacity are above 0")
        if (self.min_c > self.max_c).any():
            raise ValueError("a comfort band has its lower bound below its upper")
        if not 0.0 <= self.least_w <= self.max_w:
            raise ValueError("a least power is from 0 to the largest power")


@dataclass(frozen=True, slots=True)
class PvShare:
    """One PV device and its share (0..1) of the site's sun; the shares of a site sum to 1.

    `curtailable`: may be held back by choice. While blocked it gives nothing. Sun beyond the export
    limit (or its circuit's) is spilled in any case, curtailable or not.
    """

    device: str
    share: float
    curtailable: bool = False
    blocked: tuple[Stretch, ...] = ()


@dataclass(frozen=True, slots=True)
class Circuit:
    """A fuse: |net power| of its devices and of the circuits inside it is at most `max_w`.

    `parent` is the position of the circuit that it is inside, in `SiteQuestion.circuits`;
    None at the meter. The site's load counts at the grid limit only.
    """

    name: str
    max_w: float
    devices: tuple[str, ...] = ()
    parent: int | None = None
