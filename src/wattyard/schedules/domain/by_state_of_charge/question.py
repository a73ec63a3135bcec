"""Charging and discharging storage at least cost (contract 4, By state of charge)."""

from math import isfinite
from typing import Final, Literal

from wattyard.costs.domain.rises import DemandRise
from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.clock_changes import HOUR_US
from wattyard.kernel.values import dataclass, field, set_once
from wattyard.schedules.domain.by_amount.question import PowerLimits
from wattyard.schedules.domain.power import Reason, Status, Why
from wattyard.schedules.domain.prices import Instants
from wattyard.schedules.domain.refusals import StorageInvalid
from wattyard.schedules.domain.solver.program import SECONDS_AT_MOST

Flow = Literal["CHARGE", "DISCHARGE"]
Objective = Literal["COST", "CARBON", "SELF_CONSUMPTION"]

_ROUNDING_WH: Final = 1e-6
_SERIES: Final = (
    "import_per_kwh",
    "export_per_kwh",
    "confidence",
    "carbon_per_kwh",
    "pv_w",
    "base_load_w",
)


@dataclass(frozen=True, slots=True)
class Storage:
    """A battery or a car: what it holds now, its limits and its goals.

    Powers are on the meter side; the round-trip `efficiency` in (0, 1] is lost by its square
    root each way. `target_wh` is to be there by `ready_us` (default: the end of the horizon),
    `end_wh` at the end. It is not discharged below `reserve_wh`; where it holds less, it is
    charged up to that as soon as limits allow. `discharge_w` 0 makes it charge only. Either power
    is 0 or at least `least_w`; where that is not for a whole step, it runs for a part of it. A
    `car` is charged at once where nobody plans, other storage serves its site.

    Raises:
        StorageInvalid: when a number is out of its range; `param` names the field.
    """

    capacity_wh: float
    energy_wh: float
    charge_w: float
    discharge_w: float = 0.0
    efficiency: float = 1.0
    reserve_wh: float = 0.0
    target_wh: float | None = None
    ready_us: int | None = None
    end_wh: float | None = None
    least_w: float = 0.0
    car: bool = False

    def __post_init__(self) -> None:
        _positive("capacity_wh", self.capacity_wh)
        for name in ("charge_w", "discharge_w", "least_w"):
            if not (isfinite(getattr(self, name)) and getattr(self, name) >= 0.0):
                raise StorageInvalid(f"{name} must be a number from 0", param=name)
        if not 0.0 < self.efficiency <= 1.0:
            raise StorageInvalid(
                f"efficiency must be above 0 and at most 1; got {self.efficiency:g}",
                param="efficiency",
            )
        for name in ("energy_wh", "reserve_wh", "target_wh", "end_wh"):
            held = getattr(self, name)
            if held is not None and not 0.0 <= held <= self.capacity_wh + _ROUNDING_WH:
                raise StorageInvalid(
                    f"{name} must be between 0 and the capacity, {self.capacity_wh:g} Wh; "
                    f"got {held:g}",
                    param=name,
                )


def _unknown() -> Numbers:
    return np.zeros(0)


@dataclass(frozen=True, slots=True, eq=False)
class ChargeSteps:
    """What is known of n steps that touch: prices, and the site without its storage units.

    `edges_us` (n + 1); `import_per_kwh`, `export_per_kwh` (n), of either sign, export earns
    nothing unless given; `confidence` (n) 0..1, default 1; `carbon_per_kwh` (n) g ≥ 0 of what is
    imported; `pv_w`, `base_load_w` (n) ≥ 0, means over each step; default 0.

    Raises:
        ValueError: when a shape does not fit or a number is not finite.
    """

    edges_us: Instants
    import_per_kwh: Numbers
    export_per_kwh: Numbers = field(default_factory=_unknown)
    confidence: Numbers = field(default_factory=_unknown)
    carbon_per_kwh: Numbers = field(default_factory=_unknown)
    pv_w: Numbers = field(default_factory=_unknown)
    base_load_w: Numbers = field(default_factory=_unknown)

    def __post_init__(self) -> None:
        count = self.edges_us.size - 1
        if count < 1 or not (np.diff(self.edges_us) > 0).all():
            raise ValueError("a plan needs a step, and its edges ascend")
        for name in _SERIES:
            numbers = getattr(self, name)
            if numbers.size == 0:
                default = 1.0 if name == "confidence" else 0.0
                set_once(self, name, np.full(count, default))
            elif numbers.shape != (count,) or not np.isfinite(numbers).all():
                raise ValueError(f"{name} has one finite number for each step")

    @property
    def hours(self) -> Numbers:
        return np.diff(self.edges_us) / HOUR_US

    def cut(self, cuts_us: Instants) -> "ChargeSteps":
        """Cut steps at further instants; those at an edge, or outside, change nothing."""
        within = (cuts_us > self.edges_us[0]) & (cuts_us < self.edges_us[-1])
        edges_us = np.union1d(self.edges_us, cuts_us[within])
        of = self.holding(edges_us[:-1])
        return ChargeSteps(edges_us, **{name: getattr(self, name)[of] for name in _SERIES})

    def holding(self, instants_us: Instants) -> Instants:
        """Find (m) the position of the step that holds each instant."""
        return np.searchsorted(self.edges_us, instants_us, side="right") - 1

    @property
    def net_w(self) -> Numbers:
        """What the site takes (n) without its storage units; negative where it gives."""
        return self.base_load_w - self.pv_w


@dataclass(frozen=True, slots=True)
class ChargeSlot:
    """A storage unit charges or discharges at constant power (W ≥ 0, meter side).

    `held_wh` is what it holds at the end; `cost` what the slot adds to the bill (negative where
    it saves or earns).
    """

    start_us: int
    end_us: int
    flow: Flow
    power_w: float
    held_wh: float = 0.0
    cost: float = 0.0
    why: Why | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """The bounds (n, W) of a storage unit's charging and discharging, step by step.

    `floor_wh` (n): what it is to hold after each step.
    """

    charge_w: tuple[Numbers, Numbers]
    discharge_w: tuple[Numbers, Numbers]
    floor_wh: Numbers


@dataclass(frozen=True, slots=True)
class HeldCharge:
    """A plan that the client holds, one tuple of slots for each unit (contract 4, Stability).

    `keep_unless_saves` is in the unit of the objective: money, g of carbon, or kWh.
    """

    slots: tuple[tuple[ChargeSlot, ...], ...]
    keep_unless_saves: float = 0.0


@dataclass(frozen=True, slots=True)
class ChargeQuestion:
    """When do the storage units of a site charge and discharge?

    COST is the bill; CARBON that of imported energy; SELF_CONSUMPTION the energy that the grid
    meter sees, or would see were export not limited, both ways. Ties go to the least cost, then the
    least energy through the storage units, then the earliest. Without `export_allowed` storage
    units never feed the grid.

    `runs` says in which steps the one storage unit runs, where it has a least power. `demand` is
    what the imports of the steps add to demand charges; it is part of the bill. The solver stops
    after `seconds`.

    Raises:
        ValueError: when a held plan is of other storage units, there is no storage unit, or one of
            several has a least power.
    """

    storages: tuple[Storage, ...]
    steps: ChargeSteps
    limits: PowerLimits = field(default_factory=PowerLimits)
    objective: Objective = "COST"
    export_allowed: bool = False
    held: HeldCharge | None = None
    explain: bool = False
    runs: "Runs | None" = None
    demand: tuple[DemandRise, ...] = ()
    seconds: float = SECONDS_AT_MOST

    def __post_init__(self) -> None:
        if not self.storages:
            raise ValueError("a plan needs a storage unit")
        if len(self.storages) > 1 and any(storage.least_w for storage in self.storages):
            raise ValueError("one storage unit with a least power is planned by itself")
        if self.held is not None and len(self.held.slots) != len(self.storages):
            raise ValueError("a held plan has one tuple of slots for each storage unit")


@dataclass(frozen=True, slots=True, eq=False)
class StoragePlan:
    """What one storage unit does; `charge_w`, `discharge_w` (n), and `held_wh` (n) after each step.

    `cost` is what it adds to the bill, after the storage units named before it; `confidence` 0..1
    is weighted by energy, 1 where it rests.
    """

    charge_w: Numbers
    discharge_w: Numbers
    held_wh: Numbers
    slots: tuple[ChargeSlot, ...]
    cost: float
    confidence: float
    status: Status
    shortfall_wh: float
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class ChargeBaseline:
    """`cost` is what a storage unit adds to the bill with nobody planning, `unmet_wh` what it
    misses of its goals, and `reason` what binds then. `held_wh`: what it then holds at the end."""

    cost: float
    description: str
    held_wh: float
    unmet_wh: float = 0.0
    reason: Reason | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ChargePlan:
    """The plans of all storage units, and what the site then takes and gives (n, W) and pays.

    `steps` are those of the question, cut where a storage unit runs for a part of one. `bill` is
    the whole site's; `objective` the value that was minimised; `gap` 0..1 how far it may be from
    the least. `baseline` is of the first storage unit. `kept`: whether the held plan stays.
    """

    steps: ChargeSteps
    storages: tuple[StoragePlan, ...]
    import_w: Numbers
    export_w: Numbers
    bill: float
    objective: float
    baseline: ChargeBaseline
    gap: float = 0.0
    kept: bool = False


def _positive(name: str, number: float) -> None:
    if not (isfinite(number) and number > 0.0):
        raise StorageInvalid(f"{name} must be a number above 0; got {number:g}", param=name)
