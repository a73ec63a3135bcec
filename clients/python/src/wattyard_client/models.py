"""What the API answers. Written by `make client` from the server's declarations."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from wattyard_client._model import UNSET, Model, Open, UnsetType
from wattyard_client._series import PriceSeries


class Account(Model, frozen=True, kw_only=True, dict=True):
    """A client of this API, in one of its modes.

    Attributes:
        usage: how many of each kind there are in this mode
    """

    id: str
    object: Open[Literal["account"]] = "account"
    name: str
    live_mode: bool
    time_created: datetime
    usage: dict[str, int]


class Address(Model, frozen=True, kw_only=True, dict=True):
    """A supply address."""

    address_line1: str | None
    address_line2: str | None
    city: str | None
    state: str | None
    post_code: str | None
    country_code: str | None
    verified: bool | None


class Amount(Model, frozen=True, kw_only=True, dict=True):
    """Energy in kWh."""

    value: float


class AmountSchedule(Model, frozen=True, kw_only=True, dict=True):
    """The plan of a site: totals, and each device in the order of the request.

    Where devices of both directions are planned, the powers of the total are import less
    export. `gap` 0..1 is how far the cost may be from the least; `kept`: whether `previous`
    stays.
    """

    id: str
    live_mode: bool
    account_id: str
    time_created: datetime
    location_id: str
    device_id: str | None
    location_timezone: str
    currency_code: str
    tariff_direction: Open[Literal["EXPORT", "IMPORT", "LOCAL"]] | None
    next_update: datetime | None
    object: Open[Literal["schedule_amount"]] = "schedule_amount"
    energy: WattHours
    cost: PlanCost
    savings: PlanSavings
    schedule: list[PowerSlot]
    status: Open[Literal["COMPLETE", "PARTIAL"]]
    gap: float
    kept: bool
    data: list[DeviceAmount]


class Assumptions(Model, frozen=True, kw_only=True, dict=True):
    """What the plan rests on besides prices.

    A base load that is ASSUMED is whatever the battery discharges while there is no sun;
    one that is UNKNOWN is left out. `carbon` CONSTANT: the same at any time.
    """

    efficiency: float
    pv: Expected
    base_load: Expected
    carbon: Open[Literal["CONSTANT"]] | None


class AuditInterval(Model, frozen=True, kw_only=True, dict=True):
    """An interval, half-open, with one price in its parts."""

    valid_from: datetime
    valid_to: datetime
    price: PriceParts


class AuthToken(Model, frozen=True, kw_only=True, dict=True):
    """A bearer token, good for `expires_in` seconds."""

    object: Open[Literal["auth_token"]] = "auth_token"
    bearer_token: str
    expires_in: int = 3600
    live_mode: bool


class BatteryBody(Model, frozen=True, kw_only=True, dict=True):
    """A battery's ratings.

    Attributes:
        capacity_kwh: kWh
        power_kw: kW
        charge_power_kw: kW
        discharge_power_kw: kW
        round_trip_efficiency: of a whole round trip
    """

    capacity_kwh: float | None = None
    power_kw: float | None = None
    charge_power_kw: float | None = None
    discharge_power_kw: float | None = None
    round_trip_efficiency: float | None = None


class Charge(Model, frozen=True, kw_only=True, dict=True):
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

    kind: Open[Literal["DAILY", "DEMAND", "MONTHLY", "YEARLY"]]
    name: str | None = None
    amount: float | None = None
    amount_per_kw: float | None = None
    steps: list[DemandStep] | None = None
    tiers: list[DemandTier] | None = None
    per: Open[Literal["DAY", "MONTH"]] | None = None
    window_minutes: int | None = None
    reset: Open[Literal["MONTH"]] | None = None
    schedule: list[FilterEntry] | None = None
    weights: list[DemandWeight] | None = None
    peak: Open[Literal["HIGHEST", "MEAN_OF_DAYS"]] | None = None
    days: int | None = None
    minimum_kw: float | None = None
    periods: int | None = None
    ratchet_percent: float | None = None
    ratchet_periods: int | None = None
    cap_per_kwh: float | None = None


class ChargeBeside(Model, frozen=True, kw_only=True, dict=True):
    """A charge that is no part of the price per kWh, in words."""

    tariff_id: str
    kind: Open[Literal["DAILY", "DEMAND", "MINIMUM", "MONTHLY", "YEARLY"]]
    name: str | None
    text: str


class ChargeHeadroom(Model, frozen=True, kw_only=True, dict=True):
    """The headroom under a demand charge in a billing period.

    Attributes:
        peak_kw: so far, after weights, minimum and ratchet
    """

    tariff_id: str
    name: str | None
    period: Period
    peak_kw: float
    windows: list[FreeWindow]


class ChargePlan(Model, frozen=True, kw_only=True, dict=True):
    """The whole horizon: energy is what the device takes less what it gives, at the meter."""

    start_time: datetime
    end_time: datetime
    energy: WattHours
    cost: PlanCost
    schedule: list[ChargeSlot]


class ChargeSlot(Model, frozen=True, kw_only=True, dict=True):
    """A stretch of time, half-open, at one power, and the state of charge at its end."""

    start_time: datetime
    end_time: datetime
    direction: Open[Literal["EXPORT", "IMPORT"]]
    power: Watts
    state_of_charge_percent: float
    vpp_event: bool
    why: str | None = None


class ChargeText(Model, frozen=True, kw_only=True, dict=True):
    """A charge in words; amounts are before VAT where that comes on top.

    Attributes:
        examples: DEMAND: by the peak of every month
    """

    kind: Open[Literal["DAILY", "DEMAND", "MINIMUM", "MONTHLY", "YEARLY"]]
    name: str | None
    text: str
    examples: list[PeakExample] | None = None


class Charging(Model, frozen=True, kw_only=True, dict=True):
    """The plan of one device; `gap` 0..1 is how far it may be from the best."""

    id: str
    live_mode: bool
    account_id: str
    time_created: datetime
    location_id: str
    device_id: str | None
    location_timezone: str
    currency_code: str
    tariff_direction: Open[Literal["EXPORT", "IMPORT", "LOCAL"]] | None
    next_update: datetime | None
    object: Open[Literal["schedule_soc"]] = "schedule_soc"
    data: list[ChargePlan]
    request: Request
    status: Open[Literal["COMPLETE", "PARTIAL"]]
    shortfall: WattHours
    reason: (
        Open[Literal["device_power", "price_limit", "reserve", "site_power", "window_too_short"]]
        | None
    )
    gap: float
    kept: bool
    assumptions: Assumptions


class Consents(Model, frozen=True, kw_only=True, dict=True):
    """What the customer agreed to; all false until given."""

    provider_tariff: bool = False
    provider_bills: bool = False
    provider_postal_address: bool = False
    provider_grid_meter: bool = False
    device_telemetry: bool = False
    device_control: bool = False
    time_created: str | None = None


class Cost(Model, frozen=True, kw_only=True, dict=True):
    """Money in the answer's currency, and how certain it is."""

    value: float
    confidence: float


class Customer(Model, frozen=True, kw_only=True, dict=True):
    """A user in the client's own system."""

    id: str
    object: Open[Literal["customer"]] = "customer"
    live_mode: bool
    account_id: str
    time_created: datetime
    reference_id: str | None
    locations: list[str]
    metadata: dict[str, str]


class Days(Model, frozen=True, kw_only=True, dict=True):
    """The hours of some days of the week."""

    days: list[
        Open[
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
    hours: list[Hours]


class Deleted(Model, frozen=True, kw_only=True, dict=True):
    """What was deleted."""

    id: str
    object: str
    deleted: bool = True


class Delivery(Model, frozen=True, kw_only=True, dict=True):
    """One event on its way to one endpoint."""

    id: str
    object: Open[Literal["webhook_delivery"]] = "webhook_delivery"
    live_mode: bool
    account_id: str
    time_created: datetime
    endpoint_id: str
    event_id: str
    event_type: str
    status: Open[Literal["FAILED", "PENDING", "SUCCEEDED"]]
    attempts: int
    next_attempt: datetime | None
    last_attempt: datetime | None
    last_status_code: int | None
    last_error: str | None


class DemandPeriod(Model, frozen=True, kw_only=True, dict=True):
    """What a billing period adds to a DEMAND line: `amount` is its share of `days`.

    Attributes:
        peak_kw: measured: the mean of `highest`
        billed_kw: after minimum, ratchet and the mean over periods
        step: 1 is the lowest step
        days: local days inside the item and the contract
    """

    start_time: datetime
    end_time: datetime
    peak_kw: float
    billed_kw: float
    highest: list[HighWindow]
    step: int | None = None
    days: float
    days_of_period: float
    amount: float


class DemandStep(Model, frozen=True, kw_only=True, dict=True):
    """A step of peaks: what a peak from the step before up to `to_kw`, exclusive, costs."""

    amount: float
    to_kw: float | None = None


class DemandTier(Model, frozen=True, kw_only=True, dict=True):
    """A tier of peaks: what each kW of the part up to `to_kw` costs."""

    amount_per_kw: float
    to_kw: float | None = None


class DemandWeight(Model, frozen=True, kw_only=True, dict=True):
    """With which factor the windows count that start in a schedule's hours.

    Attributes:
        factor: 0.5: the power counts half
    """

    schedule: list[FilterEntry]
    factor: float


class Device(Model, frozen=True, kw_only=True, dict=True):
    """A device; `last_seen` is the time of its newest state or reading."""

    id: str
    object: Open[Literal["device"]] = "device"
    live_mode: bool
    account_id: str
    time_created: datetime
    reference_id: str
    type: Open[
        Literal[
            "BATTERY_SYSTEM", "ELECTRIC_VEHICLE", "EV_CHARGER", "HEAT_PUMP", "OTHER", "PV_SYSTEM"
        ]
    ]
    locations: list[str]
    manufacturer: str | None
    model_code: str | None
    model_name: str | None
    properties: PropertiesBody
    metadata: dict[str, str]
    last_seen: datetime | None
    flex_enabled: bool


class DeviceAmount(Model, frozen=True, kw_only=True, dict=True):
    """When one device runs, and what that costs."""

    device_id: str
    tariff_direction: Open[Literal["EXPORT", "IMPORT"]]
    start_time: datetime
    end_time: datetime
    energy: WattHours
    cost: PlanCost
    savings: PlanSavings
    status: Open[Literal["COMPLETE", "PARTIAL"]]
    shortfall: WattHours
    reason: (
        Open[Literal["device_power", "price_limit", "reserve", "site_power", "window_too_short"]]
        | None
    )
    schedule: list[PowerSlot]


class DeviceSummary(Model, frozen=True, kw_only=True, dict=True):
    """A device as its site shows it."""

    id: str
    manufacturer: str | None
    model_code: str | None
    model_name: str | None
    time_created: datetime
    properties: SummaryProperties
    last_seen: datetime | None


class Duration(Model, frozen=True, kw_only=True, dict=True):
    """Exactly so many minutes of the cheapest, or dearest, time."""

    id: str
    live_mode: bool
    account_id: str
    time_created: datetime
    location_id: str
    device_id: str | None
    location_timezone: str
    currency_code: str
    tariff_direction: Open[Literal["EXPORT", "IMPORT", "LOCAL"]] | None
    next_update: datetime | None
    object: Open[Literal["schedule_duration"]] = "schedule_duration"
    duration: float
    data: list[PricedSlot]


class Endpoint(Model, frozen=True, kw_only=True, dict=True):
    """Where events are delivered. Only the answer that created it has the `secret`.

    Attributes:
        header_names: names of `headers`; Authorization for `basic_auth`
        failing_since: the first failure after the last success; 5 days disable it
    """

    id: str
    object: Open[Literal["webhook_endpoint"]] = "webhook_endpoint"
    live_mode: bool
    account_id: str
    time_created: datetime
    url: str
    event_types: list[str]
    description: str | None
    status: Open[Literal["DISABLED", "ENABLED"]]
    header_names: list[str]
    failing_since: datetime | None


class EndpointDeleted(Model, frozen=True, kw_only=True, dict=True):
    """What was deleted."""

    id: str
    object: Open[Literal["webhook_endpoint"]] = "webhook_endpoint"
    deleted: bool = True


class Energy(Model, frozen=True, kw_only=True, dict=True):
    """Energy in kWh."""

    value: float


class EnergyCost(Model, frozen=True, kw_only=True, dict=True):
    """What metered energy cost, taxes included.

    Attributes:
        object_id: the location or device
    """

    id: str
    object: Open[Literal["energy_cost"]] = "energy_cost"
    live_mode: bool
    account_id: str
    time_created: datetime
    object_id: str
    tariff_direction: Open[Literal["EXPORT", "IMPORT", "LOCAL"]]
    location_timezone: str
    currency_code: str
    energy_units: Open[Literal["KWH"]] = "KWH"
    data: list[Item]
    total: Total


class Entry(Model, frozen=True, kw_only=True, dict=True):
    """The days and hours of some months and special dates."""

    days_and_hours: list[Days]
    months: (
        list[
            Open[
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
        ]
        | UnsetType
    ) = UNSET
    dates: list[int | str] | UnsetType = UNSET


class EvChargerBody(Model, frozen=True, kw_only=True, dict=True):
    """A charger's ratings.

    Attributes:
        max_power_kw: kW
        min_power_kw: kW
    """

    max_power_kw: float | None = None
    min_power_kw: float | None = None
    phases: int | None = None
    phase_switching: bool | None = None
    v2g_capable: bool | None = None


class Event(Model, frozen=True, kw_only=True, dict=True):
    """A record of one change; `data` is the whole object after it, or before a delete."""

    id: str
    object: Open[Literal["event"]] = "event"
    live_mode: bool
    account_id: str
    time_created: datetime
    type: str
    data: dict[str, Any]


class Expected(Model, frozen=True, kw_only=True, dict=True):
    """Where a forecast comes from, and the lowest confidence in it."""

    source: Open[Literal["ASSUMED", "CLEAR_SKY", "NONE", "READINGS", "UNKNOWN", "WEATHER"]]
    confidence: float


class Failed(Model, frozen=True, kw_only=True, dict=True):
    """A rejected record: its number from 1, and why."""

    record_num: int
    record_reference_id: str | None
    code: str
    error: str


class FilterDays(Model, frozen=True, kw_only=True, dict=True):
    """The hours of some days of the week that count; none to leave these days out."""

    days: list[
        Open[
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
    hours: list[FilterHours]


class FilterEntry(Model, frozen=True, kw_only=True, dict=True):
    """The days and hours of some months and special dates that count."""

    days_and_hours: list[FilterDays]
    months: (
        list[
            Open[
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
        ]
        | UnsetType
    ) = UNSET
    dates: list[int | str] | UnsetType = UNSET


class FilterHours(Model, frozen=True, kw_only=True, dict=True):
    """Hours of the wall clock, half-open.

    Attributes:
        valid_from: local wall-clock time
        valid_to: local wall-clock time
    """

    valid_from: str
    valid_to: str


class FreeWindow(Model, frozen=True, kw_only=True, dict=True):
    """What may be drawn in a window without paying more in its period.

    Attributes:
        counts: whether the charge counts power in it
        free_kw: mean power; null where there is no limit
        amount_per_further_kw: what 1 kW above free_kw adds to the period's charge
    """

    start_time: datetime
    end_time: datetime
    counts: bool
    free_kw: float | None
    amount_per_further_kw: float


class Geo(Model, frozen=True, kw_only=True, dict=True):
    """Where a site is, in degrees."""

    lat: float
    lng: float


class Headroom(Model, frozen=True, kw_only=True, dict=True):
    """How much may be drawn at a location before its demand charges rise."""

    object: Open[Literal["headroom"]] = "headroom"
    location_id: str
    currency_code: str
    data: list[ChargeHeadroom]


class Health(Model, frozen=True, kw_only=True, dict=True):
    """Whether the server is usable."""

    status: str


class HeatPumpBody(Model, frozen=True, kw_only=True, dict=True):
    """A heat pump's ratings.

    Attributes:
        max_power_kw: kW
        min_power_kw: kW
    """

    max_power_kw: float | None = None
    min_power_kw: float | None = None
    thermal_storage_litres: float | None = None


class HighWindow(Model, frozen=True, kw_only=True, dict=True):
    """A window that makes a peak, and its mean power, weighted."""

    start_time: datetime
    kw: float


class Holiday(Model, frozen=True, kw_only=True, dict=True):
    """A day that the tariff counts as a holiday.

    Attributes:
        weekday: Mon … Sun
        name: null where only a rule of the tariff names the day
    """

    date: str
    weekday: str
    name: str | None


class Holidays(Model, frozen=True, kw_only=True, dict=True):
    """Which days count as holidays: a calendar, or `only` these; without some, with others."""

    calendar: Open[Literal["NATIONAL", "NONE", "REGIONAL"]] = "REGIONAL"
    only: list[str] | UnsetType = UNSET
    add: list[str] | UnsetType = UNSET
    remove: list[str] | UnsetType = UNSET
    observed: Open[Literal["AS_CALENDAR", "NEAREST_WORKDAY", "NEXT_WORKDAY", "NONE"]] = (
        "AS_CALENDAR"
    )


class Hours(Model, frozen=True, kw_only=True, dict=True):
    """Hours of the wall clock, half-open, and their price.

    Hours with the same `counter` count consumption together, each by its own limits.

    Attributes:
        valid_from: local wall-clock time
        valid_to: local wall-clock time
        counter: a word; hours that share it count together (tier_scope PERIOD)
    """

    valid_from: str
    valid_to: str
    rate: list[Rate]
    counter: str | None = None


class InverterBody(Model, frozen=True, kw_only=True, dict=True):
    """An inverter's limit on the grid side.

    Attributes:
        ac_export_limit_kw: kW
    """

    ac_export_limit_kw: float | None = None


class Item(Model, frozen=True, kw_only=True, dict=True):
    """The energy and the cost of a time."""

    start_time: datetime
    end_time: datetime
    energy: Amount
    cost: Cost
    session_reference_id: str | None = None
    record_reference_id: str | None = None
    lines: list[Line] | UnsetType = UNSET


class KeySet(Model, frozen=True, kw_only=True, dict=True):
    """The keys that are in use or were until a week ago."""

    keys: list[PublicKey]


class LeftOut(Model, frozen=True, kw_only=True, dict=True):
    """Something in a document that no tariff holds, that says nothing of prices, or is
    doubtful.
    """

    code: str
    param: str | None
    message: str


class Limit(Model, frozen=True, kw_only=True, dict=True):
    """All time at or below, or at or above, a price; `duration` is its total in minutes."""

    id: str
    live_mode: bool
    account_id: str
    time_created: datetime
    location_id: str
    device_id: str | None
    location_timezone: str
    currency_code: str
    tariff_direction: Open[Literal["EXPORT", "IMPORT", "LOCAL"]] | None
    next_update: datetime | None
    object: Open[Literal["schedule_limit"]] = "schedule_limit"
    duration: float
    data: list[PricedSlot]


class Line(Model, frozen=True, kw_only=True, dict=True):
    """A part of a cost; the amounts of an item's lines add up to its cost exactly.

    Attributes:
        tier: 1 is the lowest tier
        gross_import_kwh: with netting, once for each tariff: what was imported in the time
            of the line, before import and export cancelled out
        gross_export_kwh: the same of what was exported
        periods: DEMAND: its billing periods, and when their peaks were
    """

    kind: Open[Literal["DEMAND", "ENERGY", "MINIMUM", "STANDING", "VAT"]]
    name: str | None
    tariff_id: str
    tier: int | None = None
    quantity: float
    unit: Open[Literal["DAY", "KW", "KWH", "KW_DAY", "MONTH", "NET", "YEAR"]]
    unit_price: float | None
    amount: float
    gross_import_kwh: float | None = None
    gross_export_kwh: float | None = None
    periods: list[DemandPeriod] | None = None


class Location(Model, frozen=True, kw_only=True, dict=True):
    """A supply address with its time zone, currency, grid limits, devices and tariffs."""

    id: str
    object: Open[Literal["location"]] = "location"
    live_mode: bool
    account_id: str
    time_created: datetime
    reference_id: str | None
    customer_id: str | None
    postal_address: Address | None
    geo_location: Geo | None
    timezone: str
    currency_code: str
    max_power_import_kw: float | None
    max_power_export_kw: float | None
    netting: Netting | None
    metadata: dict[str, str]
    devices: list[str]
    tariffs: list[LocationTariff]
    consents: Consents


class LocationTariff(Model, frozen=True, kw_only=True, dict=True):
    """A tariff that is connected at a location."""

    tariff_id: str
    location_id: str
    type: str
    direction: str
    status: str
    connection_type: str
    display_name: str | None
    is_temporary: bool
    provider: Provider | None


class MarketPart(Model, frozen=True, kw_only=True, dict=True):
    """The market price in a part, per kWh."""

    source_id: str
    code: str
    value: float


class MarketPrice(Model, frozen=True, kw_only=True, dict=True):
    """A published price, in the currency and unit of its source."""

    valid_from: datetime
    valid_to: datetime
    value: float


class MarketPriceBatch(Model, frozen=True, kw_only=True, dict=True):
    """What became of uploaded prices; `records_changed` replace an earlier value."""

    object: Open[Literal["market_price_batch"]] = "market_price_batch"
    market_source_id: str
    records_submitted: int
    records_accepted: int
    records_changed: int


class MarketPrices(Model, frozen=True, kw_only=True, dict=True):
    """What a market source has published for a span."""

    object: Open[Literal["market_prices"]] = "market_prices"
    market_source_id: str
    code: str
    currency_code: str
    unit: Open[Literal["KWH", "MWH", "RATE"]]
    data: list[MarketPrice]


class MarketSource(Model, frozen=True, kw_only=True, dict=True):
    """A market whose prices tariffs follow. `account_id` is null where it is the
    operator's.

    Attributes:
        last_updated: when its prices changed last
        published_until: end of the last interval
    """

    id: str
    object: Open[Literal["market_source"]] = "market_source"
    live_mode: bool
    account_id: str | None
    time_created: datetime
    code: str
    display_name: str | None
    currency_code: str
    unit: Open[Literal["KWH", "MWH", "RATE"]]
    timezone: str
    resolution_minutes: int | None
    publishes_at: str | None
    area: str | None
    last_updated: datetime | None
    published_until: datetime | None


class MeterBatch(Model, frozen=True, kw_only=True, dict=True):
    """What became of readings that were sent together.

    What is accepted is stored and counts at once, so `records_processed` equals
    `records_accepted`. `failed_records` lists the first 1,000 rejected ones.

    Attributes:
        complete: false while a stream runs, or where it broke off
        failed_records_truncated: whether more failed than `failed_records` lists
    """

    id: str
    object: Open[Literal["meter_batch"]] = "meter_batch"
    live_mode: bool
    account_id: str
    time_created: datetime
    records_submitted: int
    records_accepted: int
    records_processed: int
    records_failed: int
    complete: bool
    failed_records: list[Failed]
    failed_records_truncated: bool


class MinimumCharge(Model, frozen=True, kw_only=True, dict=True):
    """The least that a local day or billing month costs: energy and charges, before VAT."""

    amount: float
    per: Open[Literal["DAY", "MONTH"]]


class Netting(Model, frozen=True, kw_only=True, dict=True):
    """How import and export cancel out."""

    period: Open[Literal["DAY", "HALF_HOUR", "HOUR", "MONTH", "QUARTER_HOUR"]]
    surplus: Open[Literal["CARRY", "PAY"]]
    carry_ends: int | None


class NewEndpoint(Model, frozen=True, kw_only=True, dict=True):
    """A new webhook endpoint with its secret, which is not shown again.

    Attributes:
        header_names: names of `headers`; Authorization for `basic_auth`
        failing_since: the first failure after the last success; 5 days disable it
        secret: verifies the header webhook-signature
    """

    id: str
    object: Open[Literal["webhook_endpoint"]] = "webhook_endpoint"
    live_mode: bool
    account_id: str
    time_created: datetime
    url: str
    event_types: list[str]
    description: str | None
    status: Open[Literal["DISABLED", "ENABLED"]]
    header_names: list[str]
    failing_since: datetime | None
    secret: str


class PeakExample(Model, frozen=True, kw_only=True, dict=True):
    """What a demand charge costs for 30 days, all months with this peak, a cap per kWh
    apart.
    """

    peak_kw: float
    amount: float


class Period(Model, frozen=True, kw_only=True, dict=True):
    """A billing period, half-open."""

    start_time: datetime
    end_time: datetime


class PlanCost(Model, frozen=True, kw_only=True, dict=True):
    """Money, and how certain the prices in it are; what is earned is negative."""

    value: float
    confidence: float


class PlanSavings(Model, frozen=True, kw_only=True, dict=True):
    """Money that is saved against starting at once, and its share of that cost in per cent."""

    value: float
    percentage: float


class PowerSlot(Model, frozen=True, kw_only=True, dict=True):
    """A stretch of time, half-open, at one power; `why` where an explanation was asked for."""

    start_time: datetime
    end_time: datetime
    power: Watts
    why: str | None = None


class Price(Model, frozen=True, kw_only=True, dict=True):
    """A price per kWh, taxes included, and how certain it is."""

    value: float
    confidence: float


class PriceAudit(Model, frozen=True, kw_only=True, dict=True):
    """The prices of a span with the parts that each is made of.

    Attributes:
        charges: what is paid beside these prices
    """

    id: str
    object: Open[Literal["price_audit"]] = "price_audit"
    live_mode: bool
    account_id: str
    time_created: datetime
    location_id: str
    device_id: str | None
    location_timezone: str
    currency_code: str
    tariff_direction: Open[Literal["EXPORT", "IMPORT", "LOCAL"]]
    last_updated: datetime | None
    next_update: datetime | None
    data: list[AuditInterval]
    charges: list[ChargeBeside]


class PriceInterval(Model, frozen=True, kw_only=True, dict=True):
    """An interval, half-open, with one price."""

    valid_from: datetime
    valid_to: datetime
    price: Price


class PricePart(Model, frozen=True, kw_only=True, dict=True):
    """What one tariff adds: `value` enters the total, `vat` is the VAT contained in it.

    Attributes:
        tier: 1 is the lowest tier
    """

    value: float
    vat: float
    confidence: float
    temporary: bool
    tariff_id: str
    market: MarketPart | None = None
    surcharge: float | None = None
    tier: int | None = None


class PriceParts(Model, frozen=True, kw_only=True, dict=True):
    """A price and its parts, which add up to `total`; an absent part is null."""

    commodity_import: PricePart | None = None
    commodity_export: PricePart | None = None
    non_commodity_import: PricePart | None = None
    commodity_local: PricePart | None = None
    total: float


class PricedSlot(Model, frozen=True, kw_only=True, dict=True):
    """A stretch of time, half-open, at one price."""

    start_time: datetime
    end_time: datetime
    price: SlotPrice
    vpp_event: bool


class Prices(PriceSeries, frozen=True, kw_only=True, dict=True):
    """The prices of a span as intervals that touch and fill it."""

    id: str
    object: Open[Literal["price"]] = "price"
    live_mode: bool
    account_id: str
    time_created: datetime
    location_id: str
    device_id: str | None
    location_timezone: str
    currency_code: str
    tariff_direction: Open[Literal["EXPORT", "IMPORT", "LOCAL"]]
    last_updated: datetime | None
    next_update: datetime | None
    data: list[PriceInterval]


class PropertiesBody(Model, frozen=True, kw_only=True, dict=True):
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

    power_rating_import_kwh: float | None = None
    power_rating_export_kwh: float | None = None
    capacity_kwh: float | None = None
    power_rating_kw: float | None = None
    pv_azimuth: float | None = None
    pv_tilt: float | None = None
    pv_terrain_shading: bool | None = None
    pv_forecasts_enabled: bool | None = None
    install_date: str | None = None
    battery: BatteryBody | None = None
    pv: PvBody | None = None
    inverter: InverterBody | None = None
    ev_charger: EvChargerBody | None = None
    heat_pump: HeatPumpBody | None = None


class Provider(Model, frozen=True, kw_only=True, dict=True):
    """An energy supplier or grid operator."""

    id: str
    display_name: str | None = None
    logo_url: str | None = None


class PublicKey(Model, frozen=True, kw_only=True, dict=True):
    """One RSA key: `n` and `e` are base64url of big-endian numbers."""

    kid: str
    kty: Open[Literal["RSA"]] = "RSA"
    use: Open[Literal["sig"]] = "sig"
    alg: Open[Literal["PS256"]] = "PS256"
    n: str
    e: str


class PvBody(Model, frozen=True, kw_only=True, dict=True):
    """A PV array.

    Attributes:
        peak_power_kw: kW
        azimuth: degrees from true north, anticlockwise positive
        tilt: degrees; 0 faces up
    """

    peak_power_kw: float | None = None
    azimuth: float | None = None
    tilt: float | None = None
    terrain_shading: bool | None = None
    forecasts_enabled: bool | None = None


class Rate(Model, frozen=True, kw_only=True, dict=True):
    """The price of the consumption up to a limit: a number, a formula, or the market's
    price.

    The limit is `to_kwh`, or `to_kwh_per_day` for each local day of the reset period, or
    `to_kwh_per_kw` for each kW of the highest window of the month.

    Attributes:
        value: a formula of numbers and $names
        surcharge_percentage: a fraction: 0.05 is 5 %
    """

    value: float | str | None = None
    fixed: float | str | None = None
    to_kwh: float | None = None
    to_kwh_per_day: float | None = None
    to_kwh_per_kw: float | None = None
    variables: dict[str, float | str] | None = None
    surcharge_fixed: float | None = None
    surcharge_percentage: float | None = None


class Record(Model, frozen=True, kw_only=True, dict=True):
    """A reading that is kept, or the sum of those of a local period.

    Attributes:
        register: null: none, or the sum of those that add up
    """

    id: str
    object: Open[Literal["meter_record"]] = "meter_record"
    location_id: str
    device_id: str | None
    start_time: datetime
    end_time: datetime
    energy_units: Open[Literal["KWH"]] = "KWH"
    energy: Energy
    energy_flow_direction: Open[Literal["INBOUND", "OUTBOUND"]]
    tariff_direction: Open[Literal["EXPORT", "IMPORT", "LOCAL"]]
    register: str | None
    confidence: float
    session_reference_id: str | None
    record_reference_id: str | None


class Replay(Model, frozen=True, kw_only=True, dict=True):
    """The result of a replay; with `has_more`, replay again from `last_event_id`."""

    object: Open[Literal["webhook_replay"]] = "webhook_replay"
    endpoint_id: str
    deliveries: int
    last_event_id: str | None
    has_more: bool


class Request(Model, frozen=True, kw_only=True, dict=True):
    """What the plan covers, in hours."""

    schedule_horizon: float


class SampleDay(Model, frozen=True, kw_only=True, dict=True):
    """A local day and its prices.

    Attributes:
        weekday: Mon … Sun
        hours: length of the day: 23, 24, 25 …
    """

    date: str
    weekday: str
    kind: Open[Literal["HOLIDAY", "WEEKEND", "WORKING_DAY"]]
    hours: float
    prices: list[SamplePrice]


class SamplePrice(Model, frozen=True, kw_only=True, dict=True):
    """A price of a day; null where a market has not published it.

    Attributes:
        valid_from: in the location's offset then
    """

    valid_from: datetime
    valid_to: datetime
    value: float | None


class Site(Model, frozen=True, kw_only=True, dict=True):
    """A site with its devices and whether it is in service.

    Attributes:
        devices: oldest first
        netting: left out where there is none
    """

    id: str
    object: Open[Literal["site"]] = "site"
    live_mode: bool
    status: Open[Literal["ACTIVE", "INACTIVE"]]
    devices: list[DeviceSummary]
    time_created: datetime
    account_id: str
    reference_id: str | None
    location_id: str
    timezone: str
    currency_code: str
    netting: Netting | UnsetType = UNSET
    metadata: dict[str, str]


class SlotPrice(Model, frozen=True, kw_only=True, dict=True):
    """A price per kWh, taxes included, and how certain it is."""

    value: float
    confidence: float


class State(Model, frozen=True, kw_only=True, dict=True):
    """A state that a device reported."""

    id: str
    object: Open[Literal["device_state"]] = "device_state"
    device_id: str
    account_id: str
    live_mode: bool
    time_created: datetime
    time: datetime
    state_of_charge_percent: float
    location_id: str | None
    target_state_of_charge_percent: float | None
    battery_power_kw: float | None
    energy_flow_direction: Open[Literal["EXPORT", "IMPORT"]] | None
    energy_remaining_kwh: float | None
    backup_reserve_percent: float | None
    record_reference_id: str | None


class StateKept(Model, frozen=True, kw_only=True, dict=True):
    """The answer to a report."""

    id: str
    object: Open[Literal["device_state"]] = "device_state"
    device_id: str
    account_id: str
    live_mode: bool
    time_created: datetime


class SummaryProperties(Model, frozen=True, kw_only=True, dict=True):
    """A device's ratings; the two named kWh are powers in kW. Null where unknown."""

    power_rating_import_kwh: float | None
    capacity_kwh: float | None
    power_rating_export_kwh: float | None


class Tariff(Model, frozen=True, kw_only=True, dict=True):
    """A tariff that is connected at a location.

    Attributes:
        contract_start_date: a date (the local midnight at its start) or an RFC 3339 instant
        contract_end_date: null: the contract runs until it is terminated
        market_source_id: id of a market source
        vat: a fraction: 0.2 is 20 %
        billing_day: the local day of each month from which its months run
        demand_window_minutes: the windows of which to_kwh_per_kw takes the highest; default
            60
        clock: the clock on which the schedule is read: the location's, UTC, or one that is
            always so far ahead of UTC, such as +10:00
        currency_conversion: the location's money per unit of the market's
    """

    direction: Open[Literal["EXPORT", "IMPORT", "LOCAL"]]
    type: Open[Literal["COMMODITY", "NON_COMMODITY"]]
    contract_start_date: str
    contract_end_date: str | None
    schedule: list[Entry]
    market_rates: bool = False
    market_source_id: str | None = None
    devices: list[str] | UnsetType = UNSET
    vat: float | None = None
    vat_included: bool = True
    tier_reset: Open[Literal["CONTRACT", "DAY", "MONTH", "YEAR"]] = "MONTH"
    tier_scope: Open[Literal["PERIOD", "SHARED", "TARIFF"]] = "TARIFF"
    cap_per_kwh: float | None = None
    floor_per_kwh: float | None = None
    charges: list[Charge] | UnsetType = UNSET
    minimum_charge: MinimumCharge | None = None
    billing_day: int = 1
    billing_periods: list[str] | UnsetType = UNSET
    demand_window_minutes: int | None = None
    clock: str = "LOCAL"
    holidays: Holidays | None = None
    currency_conversion: float | str | None = None
    id: str
    object: Open[Literal["tariff"]] = "tariff"
    live_mode: bool
    account_id: str
    time_created: datetime
    location_id: str
    display_name: str | None
    provider_id: str | None
    metadata: dict[str, str]
    is_linked: bool
    connection_type: Open[Literal["DIRECT", "LIBRARY", "MANUAL", "MARKET"]]
    status: Open[Literal["CONNECTED", "ERROR"]]
    is_temporary: bool
    timezone: str
    currency_code: str


class TariffCheck(Model, frozen=True, kw_only=True, dict=True):
    """That a tariff could be connected, and what its prices look like.

    `week` starts today or with the contract; the lowest, highest and mean price are those
    of a year, `holidays` those of two. Prices of tiers are those of the lowest; null is a
    price that no market has published. `charges` are what is paid beside them, in words.
    """

    object: Open[Literal["tariff_check"]] = "tariff_check"
    location_id: str
    timezone: str
    currency_code: str
    lowest: float | None
    highest: float | None
    mean: float | None
    week: list[SampleDay]
    clock_changes: list[SampleDay]
    holiday: SampleDay | None
    holidays: list[Holiday]
    charges: list[ChargeText]
    warnings: list[Warned]


class TariffImport(Model, frozen=True, kw_only=True, dict=True):
    """The tariffs that were connected from a document, and what of it they do not hold."""

    object: Open[Literal["tariff_import"]] = "tariff_import"
    data: list[Tariff]
    warnings: list[LeftOut]


class TariffMade(Model, frozen=True, kw_only=True, dict=True):
    """A tariff as it was connected or changed, and what of it a person should look at
    again.

    Attributes:
        contract_start_date: a date (the local midnight at its start) or an RFC 3339 instant
        contract_end_date: null: the contract runs until it is terminated
        market_source_id: id of a market source
        vat: a fraction: 0.2 is 20 %
        billing_day: the local day of each month from which its months run
        demand_window_minutes: the windows of which to_kwh_per_kw takes the highest; default
            60
        clock: the clock on which the schedule is read: the location's, UTC, or one that is
            always so far ahead of UTC, such as +10:00
        currency_conversion: the location's money per unit of the market's
        warnings: left out where there are none
    """

    direction: Open[Literal["EXPORT", "IMPORT", "LOCAL"]]
    type: Open[Literal["COMMODITY", "NON_COMMODITY"]]
    contract_start_date: str
    contract_end_date: str | None
    schedule: list[Entry]
    market_rates: bool = False
    market_source_id: str | None = None
    devices: list[str] | UnsetType = UNSET
    vat: float | None = None
    vat_included: bool = True
    tier_reset: Open[Literal["CONTRACT", "DAY", "MONTH", "YEAR"]] = "MONTH"
    tier_scope: Open[Literal["PERIOD", "SHARED", "TARIFF"]] = "TARIFF"
    cap_per_kwh: float | None = None
    floor_per_kwh: float | None = None
    charges: list[Charge] | UnsetType = UNSET
    minimum_charge: MinimumCharge | None = None
    billing_day: int = 1
    billing_periods: list[str] | UnsetType = UNSET
    demand_window_minutes: int | None = None
    clock: str = "LOCAL"
    holidays: Holidays | None = None
    currency_conversion: float | str | None = None
    id: str
    object: Open[Literal["tariff"]] = "tariff"
    live_mode: bool
    account_id: str
    time_created: datetime
    location_id: str
    display_name: str | None
    provider_id: str | None
    metadata: dict[str, str]
    is_linked: bool
    connection_type: Open[Literal["DIRECT", "LIBRARY", "MANUAL", "MARKET"]]
    status: Open[Literal["CONNECTED", "ERROR"]]
    is_temporary: bool
    timezone: str
    currency_code: str
    warnings: list[Warned] | UnsetType = UNSET


class Total(Model, frozen=True, kw_only=True, dict=True):
    """The energy and the cost of all."""

    energy: Amount
    cost: Cost
    lines: list[Line] | UnsetType = UNSET


class Warned(Model, frozen=True, kw_only=True, dict=True):
    """Something of the tariff that is possible and probably not meant."""

    code: str
    param: str | None
    message: str


class WattHours(Model, frozen=True, kw_only=True, dict=True):
    """An energy in Wh."""

    units: Open[Literal["WH"]]
    value: float


class Watts(Model, frozen=True, kw_only=True, dict=True):
    """A power in W."""

    units: Open[Literal["W"]]
    value: float
