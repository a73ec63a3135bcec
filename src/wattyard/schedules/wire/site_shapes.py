"""The shape of plans for whole sites (contract 4b, Answer)."""

from typing import Literal

import msgspec

from wattyard.platform.decoding.texts import Time
from wattyard.schedules.domain.power import Direction, Reason, Status, Why
from wattyard.schedules.wire.heads import HeadShape
from wattyard.schedules.wire.quantities import WattsShape
from wattyard.schedules.wire.state_of_charge import ExpectedShape


class MissedShape(msgspec.Struct):
    """What a goal misses, and why.

    Attributes:
        target: the time of a target or `end`; `energy`, `comfort`, `absence`, or `load` of the site
        units: WH, C (°C outside the band) or W
        value: how much is missing
        reason: the limit that keeps the goal from being reached
    """

    target: str
    units: Literal["WH", "C", "W"]
    value: float
    reason: Reason


class SiteSlotShape(msgspec.Struct, omit_defaults=True):
    """A stretch of time, half-open, at one power; the state is that at its end.

    Attributes:
        direction: IMPORT: the device takes; EXPORT: it gives
        state_of_charge_percent: of a battery or a car, at the end of the slot
        temperature_c: of the room or tank, °C at the end of the slot
        why: what decided the slot; with `explain=true`
    """

    start_time: Time
    end_time: Time
    direction: Direction
    power: WattsShape
    state_of_charge_percent: float | None = None
    temperature_c: float | None = None
    curtailed: WattsShape | None = None
    why: Why | None = None


class PlannedDeviceShape(msgspec.Struct):
    """What one device does. NOT_PLANNED: it stays as it is; `warnings` say why.

    Attributes:
        status: PARTIAL: not every goal is reached; NOT_PLANNED: it stays as it is
        shortfalls: what its goals miss
        slots: when it runs, at which power; rests are left out
    """

    device_id: str
    status: Literal["COMPLETE", "PARTIAL", "NOT_PLANNED"]
    shortfalls: list[MissedShape]
    slots: list[SiteSlotShape]


class SiteStepShape(msgspec.Struct):
    """What flows at the site in a stretch of time, half-open: mean powers, and prices per kWh.

    import + solar = export + load + what the devices take less what they give; `solar` is without
    what is `curtailed`. `price_export` is null where nothing can be sold.

    Attributes:
        price_import: of a kWh taken from the grid
        price_export: of a kWh given to it; null where nothing can be sold
    """

    start_time: Time
    end_time: Time
    imported: WattsShape = msgspec.field(name="import")
    export: WattsShape
    load: WattsShape
    solar: WattsShape
    curtailed: WattsShape
    price_import: float
    price_export: float | None


class SiteCostShape(msgspec.Struct):
    """What the plan costs, in money.

    Attributes:
        energy: of what is imported
        export: income of what is exported, positive
        demand: what demand charges rise by, for every period touched
        wear: of charging and discharging
        preferences: what carbon, sooner and self-use weigh
        stored: what is stored at the end more than at the start is worth
        total: energy - export + demand + wear + preferences - stored
    """

    energy: float
    export: float
    demand: float
    wear: float
    preferences: float
    stored: float
    total: float
    confidence: float


class UnmetShape(MissedShape):
    """What a device misses with nobody planning."""

    device_id: str


class BaselineShape(msgspec.Struct):
    """The cost of the same targets and limits with nobody planning.

    Attributes:
        total: money, as the `total` of `cost`
        description: what happens with nobody planning, in words
        unmet: the goals that are missed so
        stored_more_kwh: what stores then hold at the end beyond what they hold at the end of the
            plan, kWh; negative: less. A saving does not pay for it
    """

    total: float
    description: str
    unmet: list[UnmetShape]
    stored_more_kwh: float


class SiteSavingsShape(msgspec.Struct):
    """Money saved against the baseline, and its share of it in per cent.

    Attributes:
        value: money
        percentage: per cent of the size of the baseline
    """

    value: float
    percentage: float


class SolverShape(msgspec.Struct):
    """How long the solver took, and the size of the largest problem that it had.

    Attributes:
        seconds: spent in the solver
        rows: conditions of the largest problem
        columns: numbers to find in it
        binaries: how many of them are yes or no
    """

    seconds: float
    rows: int
    columns: int
    binaries: int


class SiteRequestShape(msgspec.Struct):
    """What the plan covers, in hours, and its steps in minutes.

    Attributes:
        schedule_horizon: hours from the start of the plan to its end
        step_minutes: length of a step
    """

    schedule_horizon: float
    step_minutes: int


class SiteAssumptionsShape(msgspec.Struct):
    """What the plan rests on besides prices; `carbon` is g CO₂ per kWh imported, at any time.

    Attributes:
        carbon_g_per_kwh: of what is imported, at any time
    """

    pv: ExpectedShape
    base_load: ExpectedShape
    carbon_g_per_kwh: float


class RemarkShape(msgspec.Struct):
    """Something about the plan that a person should know.

    Attributes:
        code: what it is about; contract 4b lists them
        param: the parameter that it is about, if any
        message: what it is, and what can be done
    """

    code: str
    param: str | None
    message: str


class SitePlanShape(HeadShape, kw_only=True):
    """One plan for everything behind a meter.

    Attributes:
        status: PARTIAL: not every goal is reached
        shortfalls: of the site itself: load above its limit
        gap: 0 is proven best; else how far the objective may be from the best, as a share of it
        kept: whether it is the `previous` plan
        devices: what each device does
        site: what flows at the site, step by step
        warnings: what a person should know of the plan
    """

    object: Literal["schedule_site"] = "schedule_site"
    request: SiteRequestShape
    status: Status
    shortfalls: list[MissedShape]
    gap: float
    kept: bool
    solver: SolverShape
    devices: list[PlannedDeviceShape]
    site: list[SiteStepShape]
    cost: SiteCostShape
    baseline: BaselineShape | None
    savings: SiteSavingsShape | None
    assumptions: SiteAssumptionsShape
    warnings: list[RemarkShape]
