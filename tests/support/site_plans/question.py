"""What one plan for a site is asked (contract 4b), cut into steps: kW, kWh, kelvin, money, hours.

`at` counts edges: 0 is the start of the plan, `count` its end. Spans of edges are half-open.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

DEFAULT_PRIORITY = 5
Span = tuple[int, int]
Part = tuple[int, float]
"""A step and a share of it, or hours."""


@dataclass(frozen=True)
class Target:
    """A floor and, if one is asked for, a ceiling of the stored energy at an edge."""

    at: int
    floor_kwh: float = 0.0
    ceiling_kwh: float | None = None
    priority: int = DEFAULT_PRIORITY


@dataclass(frozen=True)
class Absence:
    """Away between two edges, at home again with so much less."""

    start: int
    end: int
    energy_kwh: float = 0.0


@dataclass(frozen=True)
class Store:
    """A battery or a car; powers are measured at the meter, `efficiency` is the round trip."""

    name: str
    capacity_kwh: float
    held_kwh: float
    charge_kw: float
    discharge_kw: float = 0.0
    least_kw: float = 0.0
    efficiency: float = 1.0
    reserve_kwh: float = 0.0
    max_kwh: float | None = None
    targets: tuple[Target, ...] = ()
    absences: tuple[Absence, ...] = ()
    blocked: tuple[Span, ...] = ()
    grid_charging: bool = True
    grid_discharging: bool = True
    wear_per_kwh: float = 0.0
    value_per_kwh_at_end: float = 0.0
    standby_percent_per_hour: float = 0.0

    @property
    def most_kwh(self) -> float:
        return self.capacity_kwh if self.max_kwh is None else self.max_kwh

    def can_run(self, step: int) -> bool:
        away = [(one.start, one.end) for one in self.absences]
        return not inside(step, (*self.blocked, *away))


@dataclass(frozen=True)
class Sun:
    """A PV system's part of the site's forecast, 0 while it is blocked."""

    name: str
    kw: tuple[float, ...]
    curtailable: bool = False


@dataclass(frozen=True)
class Load:
    """A load that may run later; without levels anything from its least power to its largest."""

    name: str
    energy_kwh: float
    windows: tuple[Span, ...]
    max_kw: float
    least_kw: float = 0.0
    levels_kw: tuple[float, ...] = ()
    min_run_hours: float = 0.0
    min_pause_hours: float = 0.0
    max_starts: int | None = None
    contiguous: bool = False
    start_cost: float = 0.0
    blocked: tuple[Span, ...] = ()
    priority: int = DEFAULT_PRIORITY

    def can_run(self, step: int) -> bool:
        return inside(step, self.windows) and not inside(step, self.blocked)


@dataclass(frozen=True)
class HeatPump:
    """A room or a tank as one resistance and one capacity; series have a value for each step."""

    name: str
    max_kw: float
    resistance_k_per_kw: float
    capacity_kwh_per_k: float
    initial_c: float
    outdoor_c: tuple[float, ...]
    cop: tuple[float, ...]
    min_c: tuple[float, ...]
    max_c: tuple[float, ...]
    least_kw: float = 0.0
    levels_kw: tuple[float, ...] = ()
    blocked: tuple[Span, ...] = ()
    priority: int = DEFAULT_PRIORITY

    def can_run(self, step: int) -> bool:
        return not inside(step, self.blocked)


@dataclass(frozen=True)
class Circuit:
    """A fuse: it bounds the net power of its devices and of the circuits below it."""

    name: str
    max_kw: float
    devices: tuple[str, ...] = ()
    parent: str | None = None


@dataclass(frozen=True)
class DemandWindow:
    """A window of a demand charge: its weighted mean is what was read so far and a part of the
    import (kW) of each step that reaches into it."""

    parts: tuple[Part, ...]
    day: int
    read_kw: float = 0.0


@dataclass(frozen=True)
class DemandPeriod:
    """One demand charge in one period; days without a window of the plan keep their peak."""

    windows: tuple[DemandWindow, ...]
    read_kw_by_day: tuple[tuple[int, float], ...] = ()
    """Peaks of days so far, weighted."""
    days: int | None = None
    """The n of MEAN_OF_DAYS; none: the highest window."""
    least_kw: float = 0.0
    """The higher of the minimum and the ratchet's share."""
    earlier_kw: tuple[float, ...] = ()
    """Charged peaks of the earlier periods that enter the mean."""
    periods: int = 1
    steps: tuple[tuple[float, float], ...] = ()
    """(from kW, amount), ascending from 0: a fixed amount by the step of the peak."""
    tiers: tuple[tuple[float, float], ...] = ()
    """(from kW, amount per kW), ascending from 0: each part of the peak at its own price."""
    factor: float = 1.0
    """Local days of `per: DAY`, VAT."""
    cap_per_kwh: float | None = None
    read_kwh: float = 0.0
    drawn: tuple[Part, ...] = ()
    """How many hours of which steps lie in the period: what `cap_per_kwh` is about."""


@dataclass(frozen=True)
class Prices:
    """Money per kWh in each step, VAT included; carbon in kg per kWh."""

    buy: tuple[float, ...]
    sell: tuple[float, ...]
    carbon: tuple[float, ...] = ()


@dataclass(frozen=True)
class Wishes:
    """The objective: money per unit."""

    cost: float = 1.0
    carbon_per_kg: float = 0.0
    sooner_per_kwh_hour: float = 0.0
    self_use_per_kwh: float = 0.0


@dataclass(frozen=True)
class Question:
    """A site and its devices over a horizon."""

    hours: tuple[float, ...]
    """The length of each step."""
    prices: Prices
    load_kw: tuple[float, ...]
    import_kw: tuple[float, ...]
    export_kw: tuple[float, ...]
    stores: tuple[Store, ...] = ()
    suns: tuple[Sun, ...] = ()
    loads: tuple[Load, ...] = ()
    pumps: tuple[HeatPump, ...] = ()
    circuits: tuple[Circuit, ...] = ()
    demand: tuple[DemandPeriod, ...] = ()
    wishes: Wishes = field(default_factory=Wishes)

    @property
    def count(self) -> int:
        return len(self.hours)

    @property
    def edges(self) -> tuple[float, ...]:
        """Hours since the start."""
        edges = [0.0]
        for hours in self.hours:
            edges.append(edges[-1] + hours)
        return tuple(edges)

    def __post_init__(self) -> None:
        series = (self.prices.buy, self.prices.sell, self.load_kw, self.import_kw, self.export_kw)
        for one, other in pairwise((self.hours, *series)):
            if len(one) != len(other):
                raise ValueError("series of different lengths")


def inside(step: int, spans: tuple[Span, ...]) -> bool:
    return any(start <= step < end for start, end in spans)
