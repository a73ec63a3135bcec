"""What is asked of a site program: steps, prices, the site's surroundings, devices and wishes."""

from math import inf
from typing import Final

from wattyard.costs.domain.rises import DemandRise
from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.clock_changes import HOUR_US
from wattyard.kernel.values import dataclass, field, set_once
from wattyard.schedules.domain.prices import Instants
from wattyard.schedules.domain.site.devices import (
    Circuit,
    HeatPumpLoad,
    PvShare,
    Shiftable,
    SiteStorage,
)
from wattyard.schedules.domain.solver.program import SECONDS_AT_MOST


@dataclass(frozen=True, slots=True)
class Weights:
    """The objective, in money per unit (contract 4b, `objective`); 0 leaves one out.

    `cost`: per unit of money. `carbon_per_kg`: per kg CO₂ of what is imported.
    `sooner_per_kwh_hour`: per kWh that stores are charged with and other devices consume, and hour
    from the first edge to the middle of the step. `self_use_per_kwh`: per kWh that is exported or
    curtailed.
    """

    cost: float = 1.0
    carbon_per_kg: float = 0.0
    sooner_per_kwh_hour: float = 0.0
    self_use_per_kwh: float = 0.0


@dataclass(frozen=True, slots=True)
class HeldSlot:
    """What a device does in a plan that the client holds: W, positive takes, negative gives."""

    start_us: int
    end_us: int
    power_w: float


@dataclass(frozen=True, slots=True)
class HeldPlan:
    """A plan that the client holds (contract 4, Stability): slots of each device.

    It stays unless a new one saves more than `keep_unless_saves` money.
    """

    slots: dict[str, tuple[HeldSlot, ...]]
    keep_unless_saves: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class SiteQuestion:
    """What is the best plan for all that stands behind one meter?

    `edges_us` (n + 1) are the edges of n steps, ascending. Per step: `import_per_kwh`, money of
    either sign; `export_per_kwh`, income, or None where nobody buys: sun's surplus then earns 0,
    and the caller makes storage units not `grid_discharging`; `confidence` 0..1 of the prices and
    forecasts; `carbon_g_per_kwh` of what is imported; `load_w` ≥ 0 and `sun_w` ≥ 0, means, of the
    devices in `pv` together; `import_limit_w`, `export_limit_w` ≥ 0, infinite where there is none.
    `demand`: what imports add to demand charges, one for each charge and billing period touched.

    `spills_for_storages`: whether a unit may discharge where sun is then spilled at the limit;
    False for answers that do not tell what is spilled.

    A series left out is 0 (`confidence` 1, limits infinite). The plan's time in the solver is
    `seconds` at most. Ranks: first load above the import limit is least (Wh), then unmet energy by
    priority, then the objective; ties go to the least cost, the least energy through units, and
    the earliest.

    Raises:
        ValueError: when shapes do not fit, a number is out of range, a device appears twice or in
            two circuits, or circuits form a loop.
    """

    edges_us: Instants
    import_per_kwh: Numbers
    export_per_kwh: Numbers | None = None
    confidence: Numbers = field(default_factory=lambda: np.zeros(0))
    carbon_g_per_kwh: Numbers = field(default_factory=lambda: np.zeros(0))
    load_w: Numbers = field(default_factory=lambda: np.zeros(0))
    sun_w: Numbers = field(default_factory=lambda: np.zeros(0))
    import_limit_w: Numbers = field(default_factory=lambda: np.zeros(0))
    export_limit_w: Numbers = field(default_factory=lambda: np.zeros(0))
    storages: tuple[SiteStorage, ...] = ()
    loads: tuple[Shiftable, ...] = ()
    heat_pumps: tuple[HeatPumpLoad, ...] = ()
    pv: tuple[PvShare, ...] = ()
    circuits: tuple[Circuit, ...] = ()
    demand: tuple[DemandRise, ...] = ()
    weights: Weights = field(default_factory=Weights)
    previous: HeldPlan | None = None
    explain: bool = False
    spills_for_storages: bool = True
    seconds: float = SECONDS_AT_MOST

    def __post_init__(self) -> None:
        count = self.edges_us.size - 1
        if count < 1 or not (np.diff(self.edges_us) > 0).all():
            raise ValueError("a plan needs a step, and its edges ascend")
        for name, default in _SERIES.items():
            series = getattr(self, name)
            if series is None:
                continue
            if series.size == 0:
                set_once(self, name, np.full(count, default))
            elif series.shape != (count,) or np.isnan(series).any():
                raise ValueError(f"{name} has one number for each step")
        names = [one.device for one in self.devices]
        if len(names) != len(set(names)):
            raise ValueError("a device is planned once")
        _check_circuits(self.circuits)

    @property
    def steps(self) -> int:
        """How many steps there are: n."""
        return self.edges_us.size - 1

    @property
    def hours(self) -> Numbers:
        """The length (n) of each step."""
        return np.diff(self.edges_us) / HOUR_US

    @property
    def devices(self) -> tuple[SiteStorage | Shiftable | HeatPumpLoad | PvShare, ...]:
        """All devices that are planned, in the order in which plans answer them."""
        return (*self.storages, *self.loads, *self.heat_pumps, *self.pv)


_SERIES: Final = {
    "import_per_kwh": 0.0,
    "export_per_kwh": 0.0,
    "confidence": 1.0,
    "carbon_g_per_kwh": 0.0,
    "load_w": 0.0,
    "sun_w": 0.0,
    "import_limit_w": inf,
    "export_limit_w": inf,
}


def _check_circuits(circuits: tuple[Circuit, ...]) -> None:
    members = [device for circuit in circuits for device in circuit.devices]
    if len(members) != len(set(members)):
        raise ValueError("a device is in one circuit")
    for position, circuit in enumerate(circuits):
        seen, parent = {position}, circuit.parent
        while parent is not None:
            if parent in seen:
                raise ValueError("circuits form no loop")
            seen.add(parent)
            parent = circuits[parent].parent
