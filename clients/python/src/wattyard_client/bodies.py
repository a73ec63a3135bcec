"""What calls take. Written by `make client` from the server's declarations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Required, TypedDict


class AddressBody(TypedDict, total=False):
    """A supply address. In the US the state is required.

    Attributes:
        state: ISO 3166-2 code (TX or US-TX) or its name
        country_code: ISO 3166-1 alpha-2, upper case
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
        start_time: default: now
        tariff_direction: the same as direction; default IMPORT
        max_power: default: the device's rating
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
    """User name and password that each delivery carries (HTTP Basic). Never shown again."""

    username: Required[str]
    password: Required[str]


class BatteryBody(TypedDict, total=False):
    """A battery's ratings.

    Attributes:
        capacity_kwh: kWh
        power_kw: kW
        charge_power_kw: kW
        discharge_power_kw: kW
        round_trip_efficiency: of a whole round trip
    """

    capacity_kwh: float | None
    power_kw: float | None
    charge_power_kw: float | None
    discharge_power_kw: float | None
    round_trip_efficiency: float | None


class Charge(TypedDict, total=False):
    """A charge beside the price per kWh: `amount` a day, month or year, or one for demand.

    DEMAND takes one of `amount_per_kw`, `steps` and `tiers`.

    Attributes:
        amount_per_kw: for each kW of the peak
        per: MONTH (default): for the billing period; DAY: times its local days
        peak: the highest window (default), or the mean of those of `days` days
        minimum_kw: a peak counts as at least this
        periods: the mean of so many periods, this one included
        ratchet_percent: at least this share of the highest earlier peak
        ratchet_periods: in how many periods before
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


class Days(TypedDict, total=False):
    """The hours of some days of the week."""

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
    """A step of peaks: what a peak from the step before up to `to_kw`, exclusive, costs."""

    amount: Required[float]
    to_kw: float | None


class DemandTier(TypedDict, total=False):
    """A tier of peaks: what each kW of the part up to `to_kw` costs."""

    amount_per_kw: Required[float]
    to_kw: float | None


class DemandWeight(TypedDict, total=False):
    """With which factor the windows count that start in a schedule's hours.

    Attributes:
        factor: 0.5: the power counts half
    """

    schedule: Required[Sequence[FilterEntry]]
    factor: Required[float]


class EnergyBody(TypedDict, total=False):
    """An energy, from 0."""

    units: Required[Literal["KWH", "WH"]]
    value: Required[float]


class Entry(TypedDict, total=False):
    """The days and hours of some months and special dates."""

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
        max_power_kw: kW
        min_power_kw: kW
    """

    max_power_kw: float | None
    min_power_kw: float | None
    phases: int | None
    phase_switching: bool | None
    v2g_capable: bool | None


class FilterDays(TypedDict, total=False):
    """The hours of some days of the week that count; none to leave these days out."""

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
    """The days and hours of some months and special dates that count."""

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


class GeoBody(TypedDict, total=False):
    """Where a site is, in degrees."""

    lat: Required[float]
    lng: Required[float]


class HeatPumpBody(TypedDict, total=False):
    """A heat pump's ratings.

    Attributes:
        max_power_kw: kW
        min_power_kw: kW
    """

    max_power_kw: float | None
    min_power_kw: float | None
    thermal_storage_litres: float | None


class HeldChargeBody(TypedDict, total=False):
    """A slot of a plan that the client holds, as it was answered."""

    start_time: Required[datetime | str]
    end_time: Required[datetime | str]
    power: Required[PowerBody]
    why: str | None
    direction: Required[Literal["EXPORT", "IMPORT"]]
    state_of_charge_percent: float | None
    vpp_event: bool


class HeldSlotBody(TypedDict, total=False):
    """A slot of a plan that the client holds."""

    start_time: Required[datetime | str]
    end_time: Required[datetime | str]
    power: Required[PowerBody]
    why: str | None


class Holidays(TypedDict, total=False):
    """Which days count as holidays: a calendar, or `only` these; without some, with others."""

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
        counter: a word; hours that share it count together (tier_scope PERIOD)
    """

    valid_from: Required[str]
    valid_to: Required[str]
    rate: Required[Sequence[Rate]]
    counter: str | None


class InverterBody(TypedDict, total=False):
    """An inverter's limit on the grid side.

    Attributes:
        ac_export_limit_kw: kW
    """

    ac_export_limit_kw: float | None


class MarketPriceBody(TypedDict, total=False):
    """A published price for an interval of any length, half-open."""

    valid_from: Required[datetime | str]
    valid_to: Required[datetime | str]
    value: Required[float]


class MinimumCharge(TypedDict, total=False):
    """The least that a local day or billing month costs: energy and charges, before VAT."""

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


class PowerBody(TypedDict, total=False):
    """A power, from 0."""

    units: Required[Literal["KW", "W"]]
    value: Required[float]


class PropertiesBody(TypedDict, total=False):
    """What a device can do, flat and by subsystem. The two ratings named kWh are powers in
    kW.

    Attributes:
        power_rating_import_kwh: kW
        power_rating_export_kwh: kW
        capacity_kwh: kWh
        power_rating_kw: kW
        pv_azimuth: degrees from true north, anticlockwise positive
        pv_tilt: degrees; 0 faces up
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
        peak_power_kw: kW
        azimuth: degrees from true north, anticlockwise positive
        tilt: degrees; 0 faces up
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
        value: a formula of numbers and $names
        surcharge_percentage: a fraction: 0.05 is 5 %
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
        energy_kwh: instead of units and value
        device_id: id of a device
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
