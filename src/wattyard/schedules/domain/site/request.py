"""What a client asks of a plan for a whole site (contract 4b, Request).

Values as they were sent and judged by themselves: percentages 0..100, kWh, kW, °C, money, times in
microseconds since 1970 UTC. What the devices are and what is known of them comes later.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple
from uuid import UUID

from wattyard.kernel.values import dataclass, field
from wattyard.schedules.domain.site.devices import DEFAULT_PRIORITY, Stretch
from wattyard.schedules.domain.site.question import HeldSlot, Weights

LONGEST: Final = timedelta(hours=168)
DEVICES_AT_MOST: Final = 500
StepMinutes = Literal[5, 15, 30, 60]


class SeriesPiece(NamedTuple):
    """A value that holds in a stretch of time."""

    start_us: int
    end_us: int
    value: float


Course = float | tuple[SeriesPiece, ...]
"""A value over time: the same at any time, or pieces in order of time that do not overlap."""


@dataclass(frozen=True, slots=True)
class TargetWish:
    """A floor and a ceiling (per cent) at an instant; None is the end of the plan."""

    at_us: int | None
    min_percent: float | None = None
    max_percent: float | None = None
    priority: int = DEFAULT_PRIORITY


@dataclass(frozen=True, slots=True)
class AbsenceWish:
    """A car is away, and comes home with `energy_kwh` less."""

    start_us: int
    end_us: int
    energy_kwh: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageWish:
    """What is wished of a battery or a car; None leaves what its properties and state say."""

    state_of_charge_percent: float | None = None
    capacity_kwh: float | None = None
    max_discharge_power_kw: float | None = None
    efficiency: float | None = None
    targets: tuple[TargetWish, ...] = ()
    max_percent: float | None = None
    reserve_percent: float | None = None
    absences: tuple[AbsenceWish, ...] = ()
    grid_charging: bool = True
    grid_discharging: bool = True
    wear_per_kwh: float = 0.0
    value_per_kwh_at_end: float = 0.0
    standby_loss_percent_per_hour: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWish:
    """What is wished of a load that may run later: so much energy, in some windows, at levels."""

    energy_kwh: float
    windows: tuple[Stretch, ...] = ()
    levels_kw: tuple[float, ...] = ()
    min_run_minutes: float = 0.0
    min_pause_minutes: float = 0.0
    max_starts: int | None = None
    contiguous: bool = False
    start_cost: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ThermalWish:
    """A room or tank: its resistance (K per kW), capacity (kWh per K) and temperature (°C).

    `outdoor_c` and `cop`, heat per electricity, over time; `min_c`, `max_c` the band of comfort.
    """

    resistance_k_per_kw: float
    capacity_kwh_per_k: float
    initial_c: float
    outdoor_c: Course
    cop: Course
    min_c: Course | None = None
    max_c: Course | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceWish:
    """What is wished of one device; `fields` are the names of those that were sent."""

    device_id: UUID
    fields: frozenset[str] = frozenset()
    max_power_kw: float | None = None
    min_power_kw: float | None = None
    storage: StorageWish = field(default_factory=StorageWish)
    run: RunWish | None = None
    thermal: ThermalWish | None = None
    curtailable: bool | None = None
    blocked: tuple[Stretch, ...] = ()


@dataclass(frozen=True, slots=True)
class LimitWish:
    """The site's limit in a stretch of time, kW each way; None limits nothing."""

    start_us: int
    end_us: int
    import_kw: float | None = None
    export_kw: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class CircuitWish:
    """A fuse behind another, or behind the meter where `parent` is None."""

    id: str
    max_kw: float
    devices: tuple[UUID, ...] = ()
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRequest:
    """What is to be planned of a site from `start` on, for `horizon` or as far as is known.

    `wishes` by device in the order of the request; `device_ids` None plans all that can be.
    """

    site_id: UUID
    start: datetime
    horizon: timedelta | None = None
    step_minutes: StepMinutes = 15
    device_ids: tuple[UUID, ...] | None = None
    wishes: Mapping[UUID, DeviceWish] = field(default_factory=dict)
    limits: tuple[LimitWish, ...] = ()
    circuits: tuple[CircuitWish, ...] = ()
    load: tuple[SeriesPiece, ...] = ()
    solar: tuple[SeriesPiece, ...] = ()
    weights: Weights = field(default_factory=Weights)
    previous: Mapping[UUID, Sequence[HeldSlot]] | None = None
    keep_unless_saves: float = 0.0
    explain: bool = False

    @property
    def named(self) -> frozenset[UUID]:
        """The devices that the request names to be planned."""
        return frozenset(self.wishes) | frozenset(self.device_ids or ())

    @property
    def deadlines_us(self) -> list[int]:
        """The instants at which something is due."""
        return [
            at
            for wish in self.wishes.values()
            for at in (
                *(one.at_us for one in wish.storage.targets if one.at_us is not None),
                *(window.end_us for window in (wish.run.windows if wish.run else ())),
            )
        ]
