"""The cheapest way to move given energies inside given windows (contract 4, By amount)."""

from collections.abc import Mapping
from math import inf, isfinite

from wattyard.costs.domain.rises import DemandRise
from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.clock_changes import HOUR_US
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.power import WH_PER_KWH, Direction, PowerSlot, Reason, Status
from wattyard.schedules.domain.prices import Instants, PriceSeries
from wattyard.schedules.domain.refusals import (
    EndTimeInvalid,
    EnergyInvalid,
    MinPowerInvalid,
)
from wattyard.schedules.domain.solver.program import SECONDS_AT_MOST


@dataclass(frozen=True, slots=True)
class Need:
    """A device has to take (IMPORT) or give (EXPORT) `energy_wh` from `start_us` to `end_us`.

    Its power is 0, or between `min_power_w` and `max_power_w`.

    Raises:
        EndTimeInvalid: when the window is empty.
        EnergyInvalid: when energy or power is negative or not finite.
        MinPowerInvalid: when the least power is negative or above the largest.
    """

    direction: Direction
    start_us: int
    end_us: int
    max_power_w: float
    energy_wh: float
    min_power_w: float = 0.0

    def __post_init__(self) -> None:
        if self.end_us <= self.start_us:
            raise EndTimeInvalid("end_time must be after start_time", param="end_time")
        for name, amount in (("max_power", self.max_power_w), ("energy", self.energy_wh)):
            if not (isfinite(amount) and amount >= 0.0):
                raise EnergyInvalid(
                    f"{name} must be a number from 0; got {amount:g}",
                    param=name,
                    code=f"{name}_invalid",
                )
        if not 0.0 <= self.min_power_w <= self.max_power_w:
            raise MinPowerInvalid(
                f"min_power must be between 0 and max_power, {self.max_power_w:g} W; "
                f"got {self.min_power_w:g} W",
                param="min_power",
            )


@dataclass(frozen=True, slots=True)
class PowerLimits:
    """The most that the site takes from the grid, and the most that it gives, in W.

    Each bounds the sum of the devices of its direction, so that one device's giving never makes
    room for another's taking.
    """

    import_w: float = inf
    export_w: float = inf

    def of(self, direction: Direction) -> float:
        return self.import_w if direction == "IMPORT" else self.export_w


@dataclass(frozen=True, slots=True, eq=False)
class UsualLoad:
    """What a site takes besides the devices that are planned: `watts` (n) ≥ 0 from `edges_us` on.

    `edges_us` (n + 1) ascend. It leaves the devices that much less of the import limit.
    """

    edges_us: Instants
    watts: Numbers

    @property
    def changes_us(self) -> Instants:
        """The instants (k) at which it changes."""
        changes: Instants = self.edges_us[1:-1][np.diff(self.watts) != 0.0]
        return changes

    def at(self, instants_us: Instants) -> Numbers:
        """Find the power (m) at each instant; beyond its ends it goes on as it was."""
        step = np.searchsorted(self.edges_us, instants_us, side="right") - 1
        watts: Numbers = self.watts[step.clip(0, self.watts.size - 1)]
        return watts


@dataclass(frozen=True, slots=True)
class Shaving:
    """Buy only at or below, sell only at or above a price: `absolute` per kWh, or `relative`.

    `relative` (0..1) is a share of the price range within each device's own window; `absolute`
    wins.
    """

    relative: float | None = None
    absolute: float | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A plan that the client holds, one tuple of slots for each device.

    It stays, as far as it is still ahead, unless the new plan saves more than
    `keep_unless_saves` (money).
    """

    slots: tuple[tuple[PowerSlot, ...], ...]
    keep_unless_saves: float = 0.0


@dataclass(frozen=True, slots=True)
class AmountQuestion:
    """How do the devices move their energy most cheaply under every power limit jointly?

    `prices` cover the windows of every device of their direction. `load` is what the site takes
    besides, where that is known; `demand` what imports add to demand charges. The solver stops
    after `seconds`.

    Raises:
        ValueError: when a window has no prices, or a held plan is of other devices.
    """

    needs: tuple[Need, ...]
    prices: Mapping[Direction, PriceSeries]
    limits: PowerLimits = PowerLimits()
    shaving: Shaving = Shaving()
    load: UsualLoad | None = None
    demand: tuple[DemandRise, ...] = ()
    held: Held | None = None
    explain: bool = False
    seconds: float = SECONDS_AT_MOST

    def __post_init__(self) -> None:
        for need in self.needs:
            known = self.prices.get(need.direction)
            if known is None or not (
                known.edges_us[0] <= need.start_us and need.end_us <= known.edges_us[-1]
            ):
                raise ValueError("the prices cover the window of every device")
        if self.held is not None and len(self.held.slots) != len(self.needs):
            raise ValueError("a held plan has one tuple of slots for each device")

    def demand_of(self, edges_us: Instants, energy_wh: Numbers) -> float:
        """Work out what devices add to demand charges by taking so much in each step (n): money."""
        if not self.demand:
            return 0.0
        hours = np.diff(edges_us) / HOUR_US
        usual_w = np.zeros(hours.size) if self.load is None else self.load.at(edges_us[:-1])
        usual_kwh = usual_w * hours / WH_PER_KWH
        with_devices = usual_kwh + energy_wh / WH_PER_KWH
        return sum(
            rise.amount(edges_us, with_devices) - rise.amount(edges_us, usual_kwh)
            for rise in self.demand
        )


@dataclass(frozen=True, slots=True)
class PlanValue:
    """Money: `cost` is what is paid (what is earned is negative), `savings` against at once.

    `confidence` 0..1 is the energy-weighted mean of the price confidence, 1 where nothing moves;
    `savings_percent` is per cent of the cost of starting at once, 0 where that is 0.
    """

    cost: float
    confidence: float
    savings: float
    savings_percent: float


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """When one device runs; `energy_wh` is what it moves, `shortfall_wh` what it cannot."""

    energy_wh: float
    value: PlanValue
    slots: tuple[PowerSlot, ...]
    status: Status
    shortfall_wh: float
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class AmountPlan:
    """The plans of all devices, in the order of the question, and their totals.

    `gap` 0..1 is how far the cost may be from the least, 0 unless the solver ran out of time.
    `kept`: whether the held plan stays.
    """

    devices: tuple[DevicePlan, ...]
    energy_wh: float
    value: PlanValue
    gap: float = 0.0
    kept: bool = False
