"""The body of a plan for a whole site (contract 4b, Request)."""

from typing import Annotated, Final, Literal

import msgspec

from wattyard.platform.decoding import Shape
from wattyard.platform.decoding.texts import DeviceId, Instant, Label, LocationId, Percent
from wattyard.schedules.domain.site.devices import DEFAULT_PRIORITY
from wattyard.schedules.domain.site.request import DEVICES_AT_MOST
from wattyard.schedules.wire.amounts import Explain, KeepUnless
from wattyard.schedules.wire.quantities import PowerBody

_MANY: Final = 2100
"""Pieces of a series: those of a week by five minutes are 2,016."""
_SOME: Final = 500

Kilowatts = Annotated[float, msgspec.Meta(ge=0, le=1e6, description="kW")]
KilowattHours = Annotated[float, msgspec.Meta(ge=0, le=1e6, description="kWh")]
Money = Annotated[float, msgspec.Meta(ge=0, le=1e6, description="money")]
Celsius = Annotated[float, msgspec.Meta(ge=-100, le=200, description="°C")]
Minutes = Annotated[float, msgspec.Meta(ge=0, le=10_080, description="minutes")]
Efficiency = Annotated[float, msgspec.Meta(gt=0, le=1, description="of a round trip")]
SiteHorizon = Annotated[
    float,
    msgspec.Meta(
        gt=0,
        le=168,
        description="hours; default: as far as prices are confirmed, at least to the last deadline",
    ),
]


class StretchBody(Shape, kw_only=True):
    """A stretch of time, half-open."""

    start_time: Instant
    end_time: Instant


class TemperaturePieceBody(StretchBody, kw_only=True):
    """A temperature that holds in a stretch of time."""

    value: Celsius


class CopPieceBody(StretchBody, kw_only=True):
    """A coefficient of performance that holds in a stretch of time.

    Attributes:
        value: heat per electricity
    """

    value: Annotated[float, msgspec.Meta(gt=0, le=20)]


Temperatures = Celsius | Annotated[list[TemperaturePieceBody], msgspec.Meta(max_length=_MANY)]
Cops = (
    Annotated[float, msgspec.Meta(gt=0, le=20, description="heat per electricity")]
    | Annotated[list[CopPieceBody], msgspec.Meta(max_length=_MANY)]
)


class TargetBody(Shape, kw_only=True):
    """What is to be held at a time: at least `min_percent`, at most `max_percent`.

    Attributes:
        min_percent: at least this
        max_percent: at most this
    """

    time: Annotated[
        str, msgspec.Meta(max_length=64, description="an instant (RFC 3339), or `end` of the plan")
    ]
    min_percent: Percent | None = None
    max_percent: Percent | None = None
    priority: Annotated[
        int, msgspec.Meta(ge=1, le=9, description="1 comes first where not all can be met")
    ] = DEFAULT_PRIORITY


class AbsenceBody(StretchBody, kw_only=True):
    """A time in which a car is away."""

    energy_kwh: Annotated[
        float, msgspec.Meta(ge=0, le=1e6, description="kWh that it comes home with less")
    ] = 0.0


class ComfortBody(Shape, kw_only=True):
    """The band in which a temperature is to be at the end of every step.

    Attributes:
        min_c: at least this
        max_c: at most this
    """

    min_c: Annotated[Temperatures | None, msgspec.Meta(description="°C")] = None
    max_c: Annotated[Temperatures | None, msgspec.Meta(description="°C")] = None


class ThermalBody(Shape, kw_only=True):
    """A room or tank as one resistance and one capacity.

    Attributes:
        resistance_k_per_kw: K between inside and outside for each kW of heat
        capacity_kwh_per_k: kWh of heat for each K
        initial_c: temperature at the start of the plan
    """

    resistance_k_per_kw: Annotated[float, msgspec.Meta(gt=0, le=1e6, description="K per kW")]
    capacity_kwh_per_k: Annotated[float, msgspec.Meta(gt=0, le=1e6, description="kWh per K")]
    initial_c: Celsius
    outdoor_c: Annotated[Temperatures, msgspec.Meta(description="°C around it")]
    cop: Annotated[Cops, msgspec.Meta(description="heat per electricity")]


class DeviceWishBody(Shape, kw_only=True):
    """Wishes for one device; what is left out is as its properties and state say.

    Which fields go with which type of device is in contract 4b, Request.

    Attributes:
        state_of_charge_percent: charge now, per cent of the capacity; default: its newest state
        capacity_kwh: kWh that it can hold
        max_discharge_power_kw: kW that it can give
        targets: what is to be held, and when
        absences: when a car is away; they do not overlap
        min_run_minutes: a load runs for at least this long
        min_pause_minutes: a load rests for at least this long between two runs
        max_starts: how often a load starts at most
    """

    device_id: DeviceId
    state_of_charge_percent: Percent | None = None
    capacity_kwh: Annotated[float, msgspec.Meta(gt=0, le=1e6, description="kWh")] | None = None
    max_power_kw: Annotated[
        Kilowatts | None, msgspec.Meta(description="kW, for this plan instead of the device's own")
    ] = None
    max_discharge_power_kw: Kilowatts | None = None
    min_power_kw: Annotated[
        Kilowatts | None, msgspec.Meta(description="kW; a slot has none or at least this")
    ] = None
    efficiency: Efficiency | None = None
    targets: Annotated[list[TargetBody], msgspec.Meta(max_length=_SOME)] = msgspec.field(
        default_factory=list
    )
    max_percent: Annotated[
        Percent | None, msgspec.Meta(description="never charged above; default 100")
    ] = None
    reserve_percent: Annotated[
        Percent | None, msgspec.Meta(description="never discharged below")
    ] = None
    absences: Annotated[list[AbsenceBody], msgspec.Meta(max_length=_SOME)] = msgspec.field(
        default_factory=list
    )
    grid_charging: Annotated[bool, msgspec.Meta(description="false: charged by the sun alone")] = (
        True
    )
    grid_discharging: Annotated[
        bool, msgspec.Meta(description="false: discharged for the site alone")
    ] = True
    wear_per_kwh: Annotated[
        Money, msgspec.Meta(description="money per kWh charged, and per kWh discharged")
    ] = 0.0
    value_per_kwh_at_end: Annotated[
        Money, msgspec.Meta(description="what a kWh stored at the end is worth")
    ] = 0.0
    standby_loss_percent_per_hour: Annotated[
        float, msgspec.Meta(ge=0, lt=100, description="per cent of what is stored")
    ] = 0.0
    energy_kwh: Annotated[
        KilowattHours | None, msgspec.Meta(description="what a load that may run later needs")
    ] = None
    windows: Annotated[
        list[StretchBody], msgspec.Meta(max_length=_SOME, description="default: the whole plan")
    ] = msgspec.field(default_factory=list)
    levels_kw: Annotated[
        list[Annotated[float, msgspec.Meta(gt=0, le=1e6)]],
        msgspec.Meta(max_length=32, description="kW; default: the device's rating, on or off"),
    ] = msgspec.field(default_factory=list)
    min_run_minutes: Minutes = 0.0
    min_pause_minutes: Minutes = 0.0
    max_starts: Annotated[int, msgspec.Meta(ge=1, le=1000)] | None = None
    contiguous: Annotated[bool, msgspec.Meta(description="in one unbroken run")] = False
    start_cost: Annotated[Money, msgspec.Meta(description="money for each start")] = 0.0
    comfort: ComfortBody | None = None
    thermal: ThermalBody | None = None
    curtailable: Annotated[
        bool | None,
        msgspec.Meta(
            description="whether the sun may be held back; default: where an export price is "
            "negative or export is limited"
        ),
    ] = None
    blocked: Annotated[
        list[StretchBody], msgspec.Meta(max_length=_SOME, description="no power then")
    ] = msgspec.field(default_factory=list)


class LimitOverTimeBody(StretchBody, kw_only=True):
    """What the site may take and give in a stretch of time; the strictest of several holds.

    Attributes:
        import_kw: most that is taken from the grid
        export_kw: most that is given to it
        reason: the client's own words
    """

    import_kw: Kilowatts | None = None
    export_kw: Kilowatts | None = None
    reason: Label | None = None


class CircuitBody(Shape, kw_only=True):
    """A fuse: what its devices and the circuits behind it take, or give, together.

    Attributes:
        max_kw: most that flows through it, either way
        devices: what is connected to it
    """

    id: Label
    max_kw: Kilowatts
    parent: Annotated[
        Label | None, msgspec.Meta(description="the circuit before it; default: the meter")
    ] = None
    devices: Annotated[list[DeviceId], msgspec.Meta(max_length=DEVICES_AT_MOST)] = msgspec.field(
        default_factory=list
    )


class PowerPieceBody(StretchBody, kw_only=True):
    """A mean power in a stretch of time.

    Attributes:
        kw: mean power
    """

    kw: Kilowatts


class ForecastsBody(Shape, kw_only=True):
    """What the client expects of the site, instead of what this server does."""

    load: Annotated[
        list[PowerPieceBody],
        msgspec.Meta(max_length=_MANY, description="of all that is not planned"),
    ] = msgspec.field(default_factory=list)
    solar: Annotated[
        list[PowerPieceBody], msgspec.Meta(max_length=_MANY, description="of all its panels")
    ] = msgspec.field(default_factory=list)


class ObjectiveBody(Shape, kw_only=True):
    """What things are worth, in money."""

    cost: Annotated[float, msgspec.Meta(ge=0, le=1e6, description="of a unit of cost")] = 1.0
    carbon_per_kg: Annotated[Money, msgspec.Meta(description="of a kg of CO₂")] = 0.0
    sooner_per_kwh_hour: Annotated[
        Money, msgspec.Meta(description="of each kWh by each hour that it comes sooner")
    ] = 0.0
    self_use_per_kwh: Annotated[
        Money, msgspec.Meta(description="of each kWh of the site's sun that is used there")
    ] = 0.0


class HeldSiteSlotBody(Shape, kw_only=True):
    """A slot of a plan that the client holds, as it was answered.

    Attributes:
        direction: IMPORT: the device takes; EXPORT: it gives
        state_of_charge_percent: ignored
        temperature_c: ignored
        why: ignored
    """

    start_time: Instant
    end_time: Instant
    direction: Literal["IMPORT", "EXPORT"] = "IMPORT"
    power: PowerBody
    state_of_charge_percent: float | None = None
    temperature_c: float | None = None
    curtailed: PowerBody | None = None
    why: str | None = None


class HeldDeviceBody(Shape, kw_only=True):
    """The plan of one device that the client holds, as it was answered.

    Attributes:
        slots: when it runs, at which power
        status: ignored
        shortfalls: ignored
    """

    device_id: DeviceId
    slots: Annotated[list[HeldSiteSlotBody], msgspec.Meta(max_length=_MANY)]
    status: str | None = None
    shortfalls: list[dict[str, str | float | None]] = msgspec.field(default_factory=list)


class SitePlanBody(Shape, kw_only=True):
    """What is to be planned behind one meter, and under which limits.

    Attributes:
        devices: wishes for single devices
        limits: the site's limits over time, on top of its own
        circuits: fuses inside the site
    """

    location_id: LocationId
    start_time: Annotated[Instant | None, msgspec.Meta(description="default: now")] = None
    schedule_horizon: SiteHorizon | None = None
    step_minutes: Annotated[
        Literal[5, 15, 30, 60], msgspec.Meta(description="finer prices refine it")
    ] = 15
    device_ids: Annotated[
        Annotated[list[DeviceId], msgspec.Meta(max_length=DEVICES_AT_MOST)] | None,
        msgspec.Meta(description="default: all devices of the site that can be planned"),
    ] = None
    devices: Annotated[list[DeviceWishBody], msgspec.Meta(max_length=DEVICES_AT_MOST)] = (
        msgspec.field(default_factory=list)
    )
    limits: Annotated[list[LimitOverTimeBody], msgspec.Meta(max_length=_MANY)] = msgspec.field(
        default_factory=list
    )
    circuits: Annotated[list[CircuitBody], msgspec.Meta(max_length=_SOME)] = msgspec.field(
        default_factory=list
    )
    forecasts: ForecastsBody = msgspec.field(default_factory=ForecastsBody)
    objective: ObjectiveBody = msgspec.field(default_factory=ObjectiveBody)
    previous: Annotated[
        Annotated[list[HeldDeviceBody], msgspec.Meta(max_length=DEVICES_AT_MOST)] | None,
        msgspec.Meta(
            description="`devices` of a plan that the client holds; it stays unless the new one "
            "saves more than `keep_unless_saves`",
        ),
    ] = None
    keep_unless_saves: KeepUnless = 0.0
    explain: Explain = False
