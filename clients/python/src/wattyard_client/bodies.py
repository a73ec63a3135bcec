"""What calls take. Written by `make client` from the server's declarations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Required, TypedDict


class AbsenceBody(TypedDict, total=False):
    """A time in which a car is away.

    Attributes:
        start_time: when it begins
        end_time: when it ends, exclusive
        energy_kwh: kWh that it comes home with less
    """

    start_time: Required[datetime | str]
    end_time: Required[datetime | str]
    energy_kwh: float


class AddressBody(TypedDict, total=False):
    """A supply address. In the US the state is required.

    Attributes:
        address_line1: house and street
        address_line2: flat, floor or building
        city: town or city; required
        state: ISO 3166-2 code (TX or US-TX) or its name
        post_code: postal code, as it is written there
        country_code: ISO 3166-1 alpha-2, upper case
        verified: whether the client has checked the address
    """

    address_line1: str | None
    address_line2: str | None
    city: str | None
    state: str | None
    post_code: str | None
    country_code: str | None
    verified: bool | None


class AmountItemBody(TypedDict, total=False):
    """What one device has to move, in which time.

    Attributes:
        device_id: id of a device
        end_time: when it ends, exclusive
        energy: An energy, from 0
        start_time: default: now
        direction: IMPORT: take energy; EXPORT: give it
        tariff_direction: the same as direction; default IMPORT
        max_power: default: the device's rating
        min_power: below it the device does not run; default: the device's own
        previous: the slots of a plan that the client holds; they stay unless a new plan
            saves more
    """

    device_id: Required[str]
    end_time: Required[datetime | str]
    energy: Required[EnergyBody]
    start_time: datetime | str | None
    direction: Literal["EXPORT", "IMPORT"] | None
    tariff_direction: Literal["EXPORT", "IMPORT"] | None
    max_power: PowerBody | None
    min_power: PowerBody | None
    previous: Sequence[HeldSlotBody] | None


class BasicAuthBody(TypedDict, total=False):
    """User name and password that each delivery carries (HTTP Basic). Never shown again.

    Attributes:
        username: without a colon
        password: kept encrypted
    """

    username: Required[str]
    password: Required[str]


class BatteryBody(TypedDict, total=False):
    """A battery's ratings.

    Attributes:
        capacity_kwh: usable capacity, kWh
        power_kw: greatest power in either direction, kW
        charge_power_kw: greatest power while charging, kW
        discharge_power_kw: greatest power while giving energy back, kW
        round_trip_efficiency: of a whole round trip
    """

    capacity_kwh: float | None
    power_kw: float | None
    charge_power_kw: float | None
    discharge_power_kw: float | None
    round_trip_efficiency: float | None


class Charge(TypedDict, total=False):
    """A charge besides the price per kWh: `amount` a day, month or year, or one for demand.

    DEMAND takes one of `amount_per_kw`, `steps` and `tiers`.

    Attributes:
        kind: DAILY, MONTHLY, YEARLY: a standing charge; DEMAND: for the peak power
        name: as the bill calls it
        amount: money per day, month or year
        amount_per_kw: for each kW of the peak
        steps: DEMAND: a fixed amount by the step in which the peak lies
        tiers: DEMAND: the part of the peak in each tier at its own price
        per: MONTH (default): for the billing period; DAY: times its local days
        window_minutes: DEMAND: the power is the mean of a window of this many minutes
        reset: DEMAND: a new peak starts each billing month
        schedule: DEMAND: which windows count; all without it
        weights: DEMAND: factors with which windows count; 1 where none matches
        peak: the highest window (default), or the mean of those of `days` days
        days: with MEAN_OF_DAYS: of how many local days
        minimum_kw: a peak counts as at least this
        periods: the mean of this many periods, this one included
        ratchet_percent: at least this share of the highest earlier peak
        ratchet_periods: over how many earlier periods
        cap_per_kwh: at most this for each kWh drawn
    """

    kind: Required[Literal["DAILY", "DEMAND", "MONTHLY", "YEARLY"]]
    name: str | None
    amount: float | None
    amount_per_kw: float | None
    steps: Sequence[DemandStep] | None
    tiers: Sequence[DemandTier] | None
    per: Literal["DAY", "MONTH"] | None
    window_minutes: Literal[15, 30, 60] | None
    reset: Literal["MONTH"] | None
    schedule: Sequence[FilterEntry] | None
    weights: Sequence[DemandWeight] | None
    peak: Literal["HIGHEST", "MEAN_OF_DAYS"] | None
    days: int | None
    minimum_kw: float | None
    periods: int | None
    ratchet_percent: float | None
    ratchet_periods: int | None
    cap_per_kwh: float | None


class CircuitBody(TypedDict, total=False):
    """A fuse: what its devices and the circuits behind it take, or give, together.

    Attributes:
        id: its id, for good
        max_kw: most that flows through it, either way
        parent: the circuit before it; default: the meter
        devices: what is connected to it
    """

    id: Required[str]
    max_kw: Required[float]
    parent: str | None
    devices: Sequence[str]


class ComfortBody(TypedDict, total=False):
    """The band in which a temperature is to be at the end of every step.

    Attributes:
        min_c: at least this
        max_c: at most this
    """

    min_c: float | Sequence[TemperaturePieceBody] | None
    max_c: float | Sequence[TemperaturePieceBody] | None


class CopPieceBody(TypedDict, total=False):
    """A coefficient of performance that holds in a stretch of time.

    Attributes:
        start_time: when it begins
        end_time: when it ends, exclusive
        value: heat per electricity
    """

    start_time: Required[datetime | str]
    end_time: Required[datetime | str]
    value: Required[float]


class Days(TypedDict, total=False):
    """The hours of some days of the week.

    Attributes:
        days: days of the week; Weekdays and Weekends are those of the country
        hours: together they cover the 24 hours exactly once
    """

    days: Required[
        Sequence[
            Literal[
                "All",
                "Fri",
                "Mon",
                "Sat",
                "Sun",
                "Thu",
                "Tue",
                "Wed",
                "Weekday",
                "Weekdays",
                "Weekend",
                "Weekends",
            ]
        ]
    ]
    hours: Required[Sequence[Hours]]


class DemandStep(TypedDict, total=False):
    """A step of peaks: what a peak from the step before up to `to_kw`, exclusive, costs.

    Attributes:
        amount: money for the whole peak
        to_kw: upper edge of the step, kW, exclusive; the last step has none
    """

    amount: Required[float]
    to_kw: float | None


class DemandTier(TypedDict, total=False):
    """A tier of peaks: what each kW of the part up to `to_kw` costs.

    Attributes:
        amount_per_kw: money for each kW in the tier
        to_kw: upper edge of the tier, kW; the last tier has none
    """

    amount_per_kw: Required[float]
    to_kw: float | None


class DemandWeight(TypedDict, total=False):
    """With which factor the windows count that start in a schedule's hours.

    Attributes:
        schedule: the windows that count with the factor
        factor: 0.5: the power counts half
    """

    schedule: Required[Sequence[FilterEntry]]
    factor: Required[float]


class DeviceWishBody(TypedDict, total=False):
    """Wishes for one device; what is left out is as its properties and state say.

    Which fields go with which type of device is in contract 4b, Request.

    Attributes:
        device_id: id of a device
        state_of_charge_percent: charge now, per cent of the capacity; default: its newest
            state
        capacity_kwh: kWh that it can hold
        max_power_kw: kW, for this plan instead of the device's own
        max_discharge_power_kw: kW that it can give
        min_power_kw: kW; a slot has none or at least this
        efficiency: of a round trip
        targets: what is to be held, and when
        max_percent: never charged above; default 100
        reserve_percent: never discharged below
        absences: when a car is away; they do not overlap
        grid_charging: false: charged by the sun alone
        grid_discharging: false: discharged for the site alone
        wear_per_kwh: money per kWh charged, and per kWh discharged
        value_per_kwh_at_end: what a kWh stored at the end is worth
        standby_loss_percent_per_hour: per cent of what is stored
        energy_kwh: what a load that may run later needs
        windows: default: the whole plan
        levels_kw: kW; default: the device's rating, on or off
        min_run_minutes: a load runs for at least this long
        min_pause_minutes: a load rests for at least this long between two runs
        max_starts: how often a load starts at most
        contiguous: in one unbroken run
        start_cost: money for each start
        comfort: The band in which a temperature is to be at the end of every step
        thermal: A room or tank as one resistance and one capacity
        curtailable: whether the sun may be held back; default: where an export price is
            negative or export is limited
        blocked: no power then
    """

    device_id: Required[str]
    state_of_charge_percent: float | None
    capacity_kwh: float | None
    max_power_kw: float | None
    max_discharge_power_kw: float | None
    min_power_kw: float | None
    efficiency: float | None
    targets: Sequence[TargetBody]
    max_percent: float | None
    reserve_percent: float | None
    absences: Sequence[AbsenceBody]
    grid_charging: bool
    grid_discharging: bool
    wear_per_kwh: float
    value_per_kwh_at_end: float
    standby_loss_percent_per_hour: float
    energy_kwh: float | None
    windows: Sequence[StretchBody]
    levels_kw: Sequence[float]
    min_run_minutes: float
    min_pause_minutes: float
    max_starts: int | None
    contiguous: bool
    start_cost: float
    comfort: ComfortBody | None
    thermal: ThermalBody | None
    curtailable: bool | None
    blocked: Sequence[StretchBody]


class EnergyBody(TypedDict, total=False):
    """An energy, from 0.

    Attributes:
        units: unit of `value`
        value: energy, in `units`, on the meter side
    """

    units: Required[Literal["KWH", "WH"]]
    value: Required[float]


class Entry(TypedDict, total=False):
    """The days and hours of some months and special dates.

    Attributes:
        days_and_hours: what a kWh costs on which days of the week
        months: months in which the entry holds
        dates: special days: days of the month (1 to 31), MM-DD, YYYY-MM-DD or Holidays;
            empty for all days
    """

    days_and_hours: Required[Sequence[Days]]
    months: Sequence[
        Literal[
            "All",
            "Apr",
            "Aug",
            "Dec",
            "Feb",
            "Jan",
            "Jul",
            "Jun",
            "Mar",
            "May",
            "Nov",
            "Oct",
            "Sep",
        ]
    ]
    dates: Sequence[int | str]


class EvChargerBody(TypedDict, total=False):
    """A charger's ratings.

    Attributes:
        max_power_kw: greatest power while charging, kW
        min_power_kw: least power while charging, kW; below it, it is off
        phases: phases that it is connected to
        phase_switching: whether it can switch between one and three phases
        v2g_capable: whether it can take energy back from a car
    """

    max_power_kw: float | None
    min_power_kw: float | None
    phases: int | None
    phase_switching: bool | None
    v2g_capable: bool | None


class FilterDays(TypedDict, total=False):
    """The hours of some days of the week that count; none to leave these days out.

    Attributes:
        days: days of the week; Weekdays and Weekends are those of the country
        hours: which hours count; empty to leave these days out
    """

    days: Required[
        Sequence[
            Literal[
                "All",
                "Fri",
                "Mon",
                "Sat",
                "Sun",
                "Thu",
                "Tue",
                "Wed",
                "Weekday",
                "Weekdays",
                "Weekend",
                "Weekends",
            ]
        ]
    ]
    hours: Required[Sequence[FilterHours]]


class FilterEntry(TypedDict, total=False):
    """The days and hours of some months and special dates that count.

    Attributes:
        days_and_hours: which hours count on which days of the week
        months: months in which the entry holds
        dates: special days: days of the month (1 to 31), MM-DD, YYYY-MM-DD or Holidays;
            empty for all days
    """

    days_and_hours: Required[Sequence[FilterDays]]
    months: Sequence[
        Literal[
            "All",
            "Apr",
            "Aug",
            "Dec",
            "Feb",
            "Jan",
            "Jul",
            "Jun",
            "Mar",
            "May",
            "Nov",
            "Oct",
            "Sep",
        ]
    ]
    dates: Sequence[int | str]


class FilterHours(TypedDict, total=False):
    """Hours of the wall clock, half-open.

    Attributes:
        valid_from: local wall-clock time
        valid_to: local wall-clock time
    """

    valid_from: Required[str]
    valid_to: Required[str]


class ForecastsBody(TypedDict, total=False):
    """What the client expects of the site, instead of what this server does.

    Attributes:
        load: of all that is not planned
        solar: of all its panels
    """

    load: Sequence[PowerPieceBody]
    solar: Sequence[PowerPieceBody]


class GeoBody(TypedDict, total=False):
    """Where a site is, in degrees.

    Attributes:
        lat: degrees north, WGS 84
        lng: degrees east, WGS 84
    """

    lat: Required[float]
    lng: Required[float]


class HeatPumpBody(TypedDict, total=False):
    """A heat pump's ratings.

    Attributes:
        max_power_kw: greatest electric power, kW
        min_power_kw: least electric power while it runs, kW
        thermal_storage_litres: volume of the hot water store, litres
    """

    max_power_kw: float | None
    min_power_kw: float | None
    thermal_storage_litres: float | None


class HeldChargeBody(TypedDict, total=False):
    """A slot of a plan that the client holds, as it was answered.

    Attributes:
        start_time: when it begins
        end_time: when it ends, exclusive
        power: A power, from 0
        why: ignored
        direction: IMPORT: charging; EXPORT: giving energy back
        state_of_charge_percent: ignored
        vpp_event: ignored
    """

    start_time: Required[datetime | str]
    end_time: Required[datetime | str]
    power: Required[PowerBody]
    why: str | None
    direction: Required[Literal["EXPORT", "IMPORT"]]
    state_of_charge_percent: float | None
    vpp_event: bool


class HeldDeviceBody(TypedDict, total=False):
    """The plan of one device that the client holds, as it was answered.

    Attributes:
        device_id: id of a device
        slots: when it runs, at which power
        status: ignored
        shortfalls: ignored
    """

    device_id: Required[str]
    slots: Required[Sequence[HeldSiteSlotBody]]
    status: str | None
    shortfalls: Sequence[Mapping[str, str | float | None]]


class HeldSiteSlotBody(TypedDict, total=False):
    """A slot of a plan that the client holds, as it was answered.

    Attributes:
        start_time: when it begins
        end_time: when it ends, exclusive
        direction: IMPORT: the device takes; EXPORT: it gives
        power: A power, from 0
        state_of_charge_percent: ignored
        temperature_c: ignored
        curtailed: A power, from 0
        why: ignored
    """

    start_time: Required[datetime | str]
    end_time: Required[datetime | str]
    direction: Literal["EXPORT", "IMPORT"]
    power: Required[PowerBody]
    state_of_charge_percent: float | None
    temperature_c: float | None
    curtailed: PowerBody | None
    why: str | None


class HeldSlotBody(TypedDict, total=False):
    """A slot of a plan that the client holds.

    Attributes:
        start_time: when it begins
        end_time: when it ends, exclusive
        power: A power, from 0
        why: ignored
    """

    start_time: Required[datetime | str]
    end_time: Required[datetime | str]
    power: Required[PowerBody]
    why: str | None


class Holidays(TypedDict, total=False):
    """Which days count as holidays: a calendar, or `only` these; without some, with others.

    Attributes:
        calendar: REGIONAL: the holidays of country and state; NATIONAL: of the country;
            NONE: none
        only: days that count instead of the calendar's
        add: days that count besides
        remove: days that do not count
        observed: on which day a holiday on a weekend counts besides: as the calendar says,
            none, the next workday, the nearest
    """

    calendar: Literal["NATIONAL", "NONE", "REGIONAL"]
    only: Sequence[str]
    add: Sequence[str]
    remove: Sequence[str]
    observed: Literal["AS_CALENDAR", "NEAREST_WORKDAY", "NEXT_WORKDAY", "NONE"]


class Hours(TypedDict, total=False):
    """Hours of the wall clock, half-open, and their price.

    Hours with the same `counter` count consumption together, each by its own limits.

    Attributes:
        valid_from: local wall-clock time
        valid_to: local wall-clock time
        rate: the tiers of the price, lowest first
        counter: a word; hours that share it count together (tier_scope PERIOD)
    """

    valid_from: Required[str]
    valid_to: Required[str]
    rate: Required[Sequence[Rate]]
    counter: str | None


class InverterBody(TypedDict, total=False):
    """An inverter's limit on the grid side.

    Attributes:
        ac_export_limit_kw: the most that it feeds into the grid, kW
    """

    ac_export_limit_kw: float | None


class LimitOverTimeBody(TypedDict, total=False):
    """What the site may take and give in a stretch of time; the strictest of several holds.

    Attributes:
        start_time: when it begins
        end_time: when it ends, exclusive
        import_kw: most that is taken from the grid
        export_kw: most that is given to it
        reason: the client's own words
    """

    start_time: Required[datetime | str]
    end_time: Required[datetime | str]
    import_kw: float | None
    export_kw: float | None
    reason: str | None


class MarketPriceBody(TypedDict, total=False):
    """A published price for an interval of any length, half-open.

    Attributes:
        valid_from: when it begins
        valid_to: when it ends, exclusive
        value: money per unit of the source
    """

    valid_from: Required[datetime | str]
    valid_to: Required[datetime | str]
    value: Required[float]


class MinimumCharge(TypedDict, total=False):
    """The least that a local day or billing month costs: energy and charges, before VAT.

    Attributes:
        amount: money, before VAT
        per: the period of which it is the least
    """

    amount: Required[float]
    per: Required[Literal["DAY", "MONTH"]]


class NettingBody(TypedDict, total=False):
    """How import and export cancel out, period by period, before anything is priced.

    Attributes:
        period: local periods in which they do; MONTH is the billing month
        surplus: export that remains: PAY, the EXPORT tariff pays for it; CARRY, it offsets
            import of later periods as energy
        carry_ends: with CARRY: the month at whose end the rest is paid at the EXPORT price
            of its last instant, or forfeited without an EXPORT tariff; null never ends it
    """

    period: Required[Literal["DAY", "HALF_HOUR", "HOUR", "MONTH", "QUARTER_HOUR"]]
    surplus: Literal["CARRY", "PAY"]
    carry_ends: int | None


class ObjectiveBody(TypedDict, total=False):
    """What things are worth, in money.

    Attributes:
        cost: of a unit of cost
        carbon_per_kg: of a kg of CO₂
        sooner_per_kwh_hour: of each kWh by each hour that it comes sooner
        self_use_per_kwh: of each kWh of the site's sun that is used there
    """

    cost: float
    carbon_per_kg: float
    sooner_per_kwh_hour: float
    self_use_per_kwh: float


class PowerBody(TypedDict, total=False):
    """A power, from 0.

    Attributes:
        units: unit of `value`
        value: power, in `units`, on the meter side
    """

    units: Required[Literal["KW", "W"]]
    value: Required[float]


class PowerPieceBody(TypedDict, total=False):
    """A mean power in a stretch of time.

    Attributes:
        start_time: when it begins
        end_time: when it ends, exclusive
        kw: mean power
    """

    start_time: Required[datetime | str]
    end_time: Required[datetime | str]
    kw: Required[float]


class PropertiesBody(TypedDict, total=False):
    """What a device can do, flat and by subsystem. The two ratings named kWh are powers in
    kW.

    Attributes:
        power_rating_import_kwh: greatest power that it draws, kW in spite of the name
        power_rating_export_kwh: greatest power that it gives, kW in spite of the name
        capacity_kwh: usable capacity, kWh
        power_rating_kw: greatest power in either direction, kW
        pv_azimuth: degrees from true north, anticlockwise positive
        pv_tilt: degrees; 0 faces up
        pv_terrain_shading: whether hills shade the array
        pv_forecasts_enabled: whether plans may count on a forecast of its power
        install_date: local day on which it was installed
        battery: A battery's ratings
        pv: A PV array
        inverter: An inverter's limit on the grid side
        ev_charger: A charger's ratings
        heat_pump: A heat pump's ratings
    """

    power_rating_import_kwh: float | None
    power_rating_export_kwh: float | None
    capacity_kwh: float | None
    power_rating_kw: float | None
    pv_azimuth: float | None
    pv_tilt: float | None
    pv_terrain_shading: bool | None
    pv_forecasts_enabled: bool | None
    install_date: str | None
    battery: BatteryBody | None
    pv: PvBody | None
    inverter: InverterBody | None
    ev_charger: EvChargerBody | None
    heat_pump: HeatPumpBody | None


class PvBody(TypedDict, total=False):
    """A PV array.

    Attributes:
        peak_power_kw: power under standard test conditions, kW
        azimuth: degrees from true north, anticlockwise positive
        tilt: degrees; 0 faces up
        terrain_shading: whether hills shade the array
        forecasts_enabled: whether plans may count on a forecast of its power
    """

    peak_power_kw: float | None
    azimuth: float | None
    tilt: float | None
    terrain_shading: bool | None
    forecasts_enabled: bool | None


class Rate(TypedDict, total=False):
    """The price of the consumption up to a limit: a number, a formula, or the market's
    price.

    The limit is `to_kwh`, or `to_kwh_per_day` for each local day of the reset period, or
    `to_kwh_per_kw` for each kW of the highest window of the month.

    Attributes:
        value: money per kWh, or a formula of numbers and $names
        fixed: another name of `value`
        to_kwh: the tier ends at this many kWh of the reset period; the last tier has no end
        to_kwh_per_day: the tier ends at this many kWh for each local day of the reset
            period
        to_kwh_per_kw: the tier ends at this many kWh for each kW of the month's highest
            window
        variables: what the names in a formula stand for: a number, or the code of a market
            source
        surcharge_fixed: added to the market's price, money per kWh; price = (market +
            fixed) × (1 + percentage)
        surcharge_percentage: added to the market's price after `surcharge_fixed`, a
            fraction: 0.05 is 5 %
    """

    value: float | str | None
    fixed: float | str | None
    to_kwh: float | None
    to_kwh_per_day: float | None
    to_kwh_per_kw: float | None
    variables: Mapping[str, float | str] | None
    surcharge_fixed: float | None
    surcharge_percentage: float | None


class ReadingBody(TypedDict, total=False):
    """Energy of a period, half-open; a power stands for constant power over it.

    Attributes:
        location_id: id of a location or of its site
        start_time: when it begins
        end_time: when it ends, exclusive
        units: unit of `value`; W and KW are the mean power of the period
        value: energy or mean power of the period
        energy_kwh: instead of units and value
        device_id: id of a device
        energy_flow_direction: INBOUND: into the site; OUTBOUND: out of it
        tariff_direction: default: IMPORT for INBOUND, EXPORT for OUTBOUND
        session_reference_id: the client's own reference, not required to be unique
        record_reference_id: the client's own reference, not required to be unique
        confidence: 1 is measured
        register: one of several registers that add up, such as T1 and T2
    """

    location_id: Required[str]
    start_time: Required[datetime | str]
    end_time: Required[datetime | str]
    units: Literal["KW", "KWH", "W", "WH"] | None
    value: float | None
    energy_kwh: float | None
    device_id: str | None
    energy_flow_direction: Literal["INBOUND", "OUTBOUND"]
    tariff_direction: Literal["EXPORT", "IMPORT", "LOCAL"] | None
    session_reference_id: str | None
    record_reference_id: str | None
    confidence: float
    register: str | None


class ShavingBody(TypedDict, total=False):
    """Buy only at or below, sell only at or above a price; absolute wins.

    Attributes:
        relative: share of the window's price range
        absolute: price per kWh; wins over relative
    """

    relative: float | None
    absolute: float | None


class SiteDeviceBody(TypedDict, total=False):
    """A device in the body of its site.

    Attributes:
        reference_id: the client's own reference, not required to be unique
        type: what it is; plans read the ratings that go with the type
        manufacturer: name of the manufacturer
        model_code: the manufacturer's code of the model
        model_name: the model's name in the shop
        properties: What a device can do, flat and by subsystem. The two ratings named kWh
            are powers in kW
        metadata: the client's own texts by key
    """

    reference_id: Required[str]
    type: Required[
        Literal[
            "BATTERY_SYSTEM", "ELECTRIC_VEHICLE", "EV_CHARGER", "HEAT_PUMP", "OTHER", "PV_SYSTEM"
        ]
    ]
    manufacturer: str | None
    model_code: str | None
    model_name: str | None
    properties: PropertiesBody | None
    metadata: Mapping[str, str] | None


class StretchBody(TypedDict, total=False):
    """A stretch of time, half-open.

    Attributes:
        start_time: when it begins
        end_time: when it ends, exclusive
    """

    start_time: Required[datetime | str]
    end_time: Required[datetime | str]


class TargetBody(TypedDict, total=False):
    """What is to be held at a time: at least `min_percent`, at most `max_percent`.

    Attributes:
        time: an instant (RFC 3339), or `end` of the plan
        min_percent: at least this
        max_percent: at most this
        priority: 1 comes first where not all can be met
    """

    time: Required[str]
    min_percent: float | None
    max_percent: float | None
    priority: int


class TemperaturePieceBody(TypedDict, total=False):
    """A temperature that holds in a stretch of time.

    Attributes:
        start_time: when it begins
        end_time: when it ends, exclusive
        value: °C
    """

    start_time: Required[datetime | str]
    end_time: Required[datetime | str]
    value: Required[float]


class ThermalBody(TypedDict, total=False):
    """A room or tank as one resistance and one capacity.

    Attributes:
        resistance_k_per_kw: K between inside and outside for each kW of heat
        capacity_kwh_per_k: kWh of heat for each K
        initial_c: temperature at the start of the plan
        outdoor_c: °C around it
        cop: heat per electricity
    """

    resistance_k_per_kw: Required[float]
    capacity_kwh_per_k: Required[float]
    initial_c: Required[float]
    outdoor_c: Required[float | Sequence[TemperaturePieceBody]]
    cop: Required[float | Sequence[CopPieceBody]]
