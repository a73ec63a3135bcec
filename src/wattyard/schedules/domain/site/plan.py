"""The answer of a site program. Powers are W, energies Wh, one number for each of n steps."""

from typing import Literal

from wattyard.kernel.arrays import Numbers
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.power import Reason, Status, Why
from wattyard.schedules.domain.prices import Instants

Unit = Literal["WH", "C", "W"]


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What a device misses of a goal, and what keeps it from being reached.

    `goal` names it: `target:<position>` of a unit, `energy` of a load, `comfort` of a heat pump,
    `load` of the site (`site_power`: its load alone is above the import limit; the most by which it
    is, in W). `missing` > 0 is in `unit`: Wh of a target or energy (an excess over a ceiling too),
    the most °C outside a comfort band.
    """

    goal: str
    missing: float
    unit: Unit
    reason: Reason


@dataclass(frozen=True, slots=True)
class SiteSlot:
    """A device runs at constant power (W; positive takes, negative gives), and why.

    `held_wh` or `temperature_c` at its end; `curtailed_w` ≥ 0 of a PV device.
    """

    start_us: int
    end_us: int
    power_w: float
    held_wh: float | None = None
    temperature_c: float | None = None
    curtailed_w: float | None = None
    why: Why | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SiteDevicePlan:
    """What one device does: `power_w` (n), positive takes, negative gives.

    `held_wh` (n) of a storage unit and `temperature_c` (n) of a heat pump are after each step;
    `curtailed_w` (n) is sun that a PV device holds back. Steps that touch with equal power and
    reason are one slot; rests are none. A shiftable load's slots may end inside a step.
    """

    device: str
    status: Status
    power_w: Numbers
    slots: tuple[SiteSlot, ...] = ()
    shortfalls: tuple[Shortfall, ...] = ()
    held_wh: Numbers | None = None
    temperature_c: Numbers | None = None
    curtailed_w: Numbers | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SiteFlows:
    """What the site does in each step (n, W ≥ 0); import and export never both.

    import + solar = export + load + the devices' net power without PV; `solar` is the sun that is
    not `curtailed`.
    """

    import_w: Numbers
    export_w: Numbers
    load_w: Numbers
    solar_w: Numbers
    curtailed_w: Numbers


@dataclass(frozen=True, slots=True)
class SiteCost:
    """Money: what is imported, income of what is exported (positive), and the other parts.

    `preferences` is what carbon, sooner and self-use weigh; `stored` the value of the energy at
    the end less that at the start. `confidence` 0..1 is weighted by energy through the meter.
    """

    energy: float
    export: float = 0.0
    demand: float = 0.0
    wear: float = 0.0
    preferences: float = 0.0
    stored: float = 0.0
    confidence: float = 1.0

    @property
    def total(self) -> float:
        """What the plan costs: energy - export + demand + wear + preferences - stored."""
        bill = self.energy - self.export + self.demand
        return bill + self.wear + self.preferences - self.stored


@dataclass(frozen=True, slots=True)
class SolverStats:
    """How long the solver took, and the size of the largest programme that it solved."""

    seconds: float = 0.0
    rows: int = 0
    columns: int = 0
    binaries: int = 0


@dataclass(frozen=True, slots=True)
class Baseline:
    """The cost of the same targets and limits with nobody planning, and what it misses.

    `unmet` names each device with its shortfall. `stored_more_wh`: what stores then hold at the end
    beyond what they hold at the end of the plan; below 0 where it is less.
    """

    total: float
    description: str
    stored_more_wh: float
    unmet: tuple[tuple[str, Shortfall], ...] = ()


@dataclass(frozen=True, slots=True)
class Savings:
    """What a plan costs less than its baseline: money, and per cent of the baseline's amount.

    `percent` has two decimals, and is 0 where the baseline costs nothing.
    """

    value: float
    percent: float


@dataclass(frozen=True, slots=True, eq=False)
class SitePlan:
    """One plan for the whole site.

    `objective` is what was minimised after unmet energy: weights.cost x (total - preferences) +
    preferences. `bound`: no plan is below; `gap` = (objective - bound) / max(1, |objective|), 0 if
    proven. `kept`: whether the plan that the client holds stays. `savings` is None where the
    `baseline` serves less, or was not asked for. PARTIAL where a device is, or the
    site has a shortfall of its own.
    """

    status: Status
    edges_us: Instants
    devices: tuple[SiteDevicePlan, ...]
    flows: SiteFlows
    cost: SiteCost
    objective: float
    bound: float
    solver: SolverStats
    shortfalls: tuple[Shortfall, ...] = ()
    kept: bool = False
    baseline: Baseline | None = None
    savings: Savings | None = None

    def device(self, name: str) -> SiteDevicePlan:
        """Find the plan of one device.

        Raises:
            KeyError: when there is none of that name.
        """
        for one in self.devices:
            if one.device == name:
                return one
        raise KeyError(name)

    @property
    def gap(self) -> float:
        """How far the objective may be from the least, as a share of it."""
        open_by = self.objective - self.bound
        return max(0.0, open_by) / max(1.0, abs(self.objective))
