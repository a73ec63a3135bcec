"""What the API answers. Written by `make client` from the server's declarations."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from wattyard_client._model import UNSET, Model, Open, UnsetType
from wattyard_client._series import PriceSeries


class Account(Model, frozen=True, kw_only=True, dict=True):
    """A client of this API, in one of its modes.

    Attributes:
        id: its id, for good
        object: what kind of object this is
        name: as the operator named it
        live_mode: true for live data, false for test data
        time_created: when it was created
        usage: how many of each kind there are in this mode
    """

    id: str
    object: Open[Literal["account"]]
    name: str
    live_mode: bool
    time_created: datetime
    usage: dict[str, int]


class Address(Model, frozen=True, kw_only=True, dict=True):
    """A supply address.

    Attributes:
        address_line1: house and street
        address_line2: flat, floor or building
        city: town or city
        state: ISO 3166-2 code or name, as it was given
        post_code: postal code
        country_code: ISO 3166-1 alpha-2
        verified: whether the client has checked the address
    """

    address_line1: str | None
    address_line2: str | None
    city: str | None
    state: str | None
    post_code: str | None
    country_code: str | None
    verified: bool | None


class Amount(Model, frozen=True, kw_only=True, dict=True):
    """Energy in kWh.

    Attributes:
        value: kWh
    """

    value: float


class AmountSchedule(Model, frozen=True, kw_only=True, dict=True):
    """The plan of a site: totals, and each device in the order of the request.

    Where devices of both directions are planned, the powers of the total are import less
    export. `gap` 0..1 is how far the cost may be from the least; `kept`: whether `previous`
    stays.

    Attributes:
        id: its id, for good
        live_mode: true for live data, false for test data
        account_id: the account that it belongs to
        time_created: when it was created
        location_id: id of the location
        device_id: id of the device; null where the whole location is meant
        location_timezone: time zone of the location, a name in the tz database
        currency_code: ISO 4217 code of every amount of money here
        tariff_direction: IMPORT: bought from the grid; EXPORT: sold to it; LOCAL: own
            generation
        next_update: when prices change next; null where nothing will
        prices_until: where the plan ends because no price is known further; null where all
            are
        object: what kind of object this is
        energy: An energy in Wh
        cost: Money, and how certain the prices in it are; what is earned is negative
        savings: Money that is saved against nobody planning, and its share of that cost in
            per cent
        schedule: the power of all devices together
        status: PARTIAL: not every device reaches its energy
        gap: 0 to 1: how far the cost may be from the best; 0 is proven best
        kept: whether it is the `previous` plan
        data: each device, in the order of the request
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
    prices_until: datetime | None
    object: Open[Literal["schedule_amount"]]
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

    Attributes:
        efficiency: of a whole round trip, 0 to 1
        pv: Where a forecast comes from, and the lowest confidence in it
        base_load: Where a forecast comes from, and the lowest confidence in it
        carbon: how carbon per kWh is known; null where it plays no part
    """

    efficiency: float
    pv: Expected
    base_load: Expected
    carbon: Open[Literal["CONSTANT"]] | None


class Attempt(Model, frozen=True, kw_only=True, dict=True):
    """One attempt of a delivery.

    Attributes:
        time: when it ended
        duration_ms: how long it took
        status_code: HTTP status of the answer; null where there was none
        error: why it failed
    """

    time: datetime
    duration_ms: int
    status_code: int | None
    error: str | None


class AuditInterval(Model, frozen=True, kw_only=True, dict=True):
    """An interval, half-open, with one price in its parts.

    Attributes:
        valid_from: when it begins
        valid_to: when it ends, exclusive
        price: A price and its parts, which add up to `total`; an absent part is null
    """

    valid_from: datetime
    valid_to: datetime
    price: PriceParts


class AuthToken(Model, frozen=True, kw_only=True, dict=True):
    """A bearer token, good for `expires_in` seconds.

    Attributes:
        object: what kind of object this is
        bearer_token: sent as `Authorization: Bearer …`
        expires_in: seconds for which it is good
        live_mode: true for live data, false for test data
    """

    object: Open[Literal["auth_token"]]
    bearer_token: str
    expires_in: int
    live_mode: bool


class Baseline(Model, frozen=True, kw_only=True, dict=True):
    """The cost of the same targets and limits with nobody planning.

    Attributes:
        total: money, as the `total` of `cost`
        description: what happens with nobody planning, in words
        unmet: the goals that are missed so
        stored_more_kwh: what stores then hold at the end beyond what they hold at the end
            of the plan, kWh; negative: less. A saving does not pay for it
    """

    total: float
    description: str
    unmet: list[Unmet]
    stored_more_kwh: float


class BatteryBody(Model, frozen=True, kw_only=True, dict=True):
    """A battery's ratings.

    Attributes:
        capacity_kwh: usable capacity, kWh
        power_kw: greatest power in either direction, kW
        charge_power_kw: greatest power while charging, kW
        discharge_power_kw: greatest power while giving energy back, kW
        round_trip_efficiency: of a whole round trip
    """

    capacity_kwh: float | None = None
    power_kw: float | None = None
    charge_power_kw: float | None = None
    discharge_power_kw: float | None = None
    round_trip_efficiency: float | None = None


class Charge(Model, frozen=True, kw_only=True, dict=True):
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


class ChargeBaseline(Model, frozen=True, kw_only=True, dict=True):
    """What the device would add to the bill with nobody planning, under the same limits.

    Attributes:
        total: money, taxes included; negative where it is saved or earned
        description: what would be done
        unmet: what would be missed of the goals
        stored_more_kwh: what the device would hold at the end beyond what it holds at the
            end of the plan, kWh; negative: less. The saving does not pay for it
    """

    total: float
    description: str
    unmet: list[ChargeUnmet]
    stored_more_kwh: float


class ChargeBeside(Model, frozen=True, kw_only=True, dict=True):
    """A charge that is not part of the price per kWh, in words.

    Attributes:
        tariff_id: id of the tariff
        kind: DAILY, MONTHLY, YEARLY: a standing charge; DEMAND: for the peak power;
            MINIMUM: the least of a bill
        name: as the bill calls it
        text: the charge in a sentence
    """

    tariff_id: str
    kind: Open[Literal["DAILY", "DEMAND", "MINIMUM", "MONTHLY", "YEARLY"]]
    name: str | None
    text: str


class ChargeHeadroom(Model, frozen=True, kw_only=True, dict=True):
    """The headroom under a demand charge in a billing period.

    Attributes:
        tariff_id: id of the tariff
        name: of the charge, as the bill calls it
        period: A billing period, half-open
        peak_kw: so far, after weights, minimum and ratchet
        windows: the windows to come, in order
    """

    tariff_id: str
    name: str | None
    period: Period
    peak_kw: float
    windows: list[FreeWindow]


class ChargePlan(Model, frozen=True, kw_only=True, dict=True):
    """The whole horizon: energy is what the device takes less what it gives, at the meter.

    Attributes:
        start_time: when it begins
        end_time: when it ends, exclusive
        energy: An energy in Wh
        cost: Money, and how certain the prices in it are; what is earned is negative
        schedule: slots that touch and fill the horizon
    """

    start_time: datetime
    end_time: datetime
    energy: WattHours
    cost: PlanCost
    schedule: list[ChargeSlot]


class ChargeSlot(Model, frozen=True, kw_only=True, dict=True):
    """A stretch of time, half-open, at one power, and the state of charge at its end.

    Attributes:
        start_time: when it begins
        end_time: when it ends, exclusive
        direction: IMPORT: charging; EXPORT: giving energy back
        power: A power in W
        state_of_charge_percent: at the end of the slot
        vpp_event: whether a flexibility event decides here; false today
        why: what decided the slot; with `explain=true`
    """

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
        kind: DAILY, MONTHLY, YEARLY: a standing charge; DEMAND: for the peak power;
            MINIMUM: the least of a bill
        name: as the bill calls it
        text: the charge in a sentence
        examples: DEMAND: by the peak of every month
    """

    kind: Open[Literal["DAILY", "DEMAND", "MINIMUM", "MONTHLY", "YEARLY"]]
    name: str | None
    text: str
    examples: list[PeakExample] | None = None


class ChargeUnmet(Model, frozen=True, kw_only=True, dict=True):
    """What would be missed with nobody planning.

    Attributes:
        units: WH
        value: energy that is missing
        reason: the limit that would keep it from being reached
    """

    units: Open[Literal["WH"]]
    value: float
    reason: Open[
        Literal["device_power", "price_limit", "reserve", "site_power", "window_too_short"]
    ]


class Charging(Model, frozen=True, kw_only=True, dict=True):
    """The plan of one device; `gap` 0..1 is how far it may be from the best.

    Attributes:
        id: its id, for good
        live_mode: true for live data, false for test data
        account_id: the account that it belongs to
        time_created: when it was created
        location_id: id of the location
        device_id: id of the device; null where the whole location is meant
        location_timezone: time zone of the location, a name in the tz database
        currency_code: ISO 4217 code of every amount of money here
        tariff_direction: IMPORT: bought from the grid; EXPORT: sold to it; LOCAL: own
            generation
        next_update: when prices change next; null where nothing will
        prices_until: where the plan ends because no price is known further; null where all
            are
        object: what kind of object this is
        data: the plan, as one item
        request: What the plan covers, in hours
        status: PARTIAL: the target is not reached
        shortfall: An energy in Wh
        reason: the limit that keeps it from its target
        gap: 0 to 1: how far the cost may be from the best; 0 is proven best
        kept: whether it is the `previous` plan
        baseline: what it would cost with nobody planning
        savings: against the baseline; null where that would reach less than the plan
        assumptions: What the plan rests on besides prices
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
    prices_until: datetime | None
    object: Open[Literal["schedule_soc"]]
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
    baseline: ChargeBaseline
    savings: PlanSavings | None
    assumptions: Assumptions


class Consents(Model, frozen=True, kw_only=True, dict=True):
    """What the customer agreed to; all false until given.

    Attributes:
        provider_tariff: the supplier may be asked for the tariff
        provider_bills: the supplier may be asked for bills
        provider_postal_address: the supplier may be asked for the address
        provider_grid_meter: the supplier may be asked for meter readings
        device_telemetry: devices may be read
        device_control: devices may be switched
        time_created: when it was given; null before
    """

    provider_tariff: bool
    provider_bills: bool
    provider_postal_address: bool
    provider_grid_meter: bool
    device_telemetry: bool
    device_control: bool
    time_created: str | None


class Cost(Model, frozen=True, kw_only=True, dict=True):
    """Money in the answer's currency, and how certain it is.

    Attributes:
        value: money, taxes included
        confidence: 0 to 1; 1 is certain
    """

    value: float
    confidence: float


class Customer(Model, frozen=True, kw_only=True, dict=True):
    """A user in the client's own system.

    Attributes:
        id: its id, for good
        object: what kind of object this is
        live_mode: true for live data, false for test data
        account_id: the account that it belongs to
        time_created: when it was created
        reference_id: the client's own reference
        locations: ids of the customer's locations
        metadata: the client's own texts by key
    """

    id: str
    object: Open[Literal["customer"]]
    live_mode: bool
    account_id: str
    time_created: datetime
    reference_id: str | None
    locations: list[str]
    metadata: dict[str, str]


class Days(Model, frozen=True, kw_only=True, dict=True):
    """The hours of some days of the week.

    Attributes:
        days: days of the week; Weekdays and Weekends are those of the country
        hours: together they cover the 24 hours exactly once
    """

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
    """What was deleted.

    Attributes:
        id: its id, for good
        object: what kind of object it was
        deleted: always true
    """

    id: str
    object: str
    deleted: bool


class Delivery(Model, frozen=True, kw_only=True, dict=True):
    """One event on its way to one endpoint.

    Attributes:
        id: its id, for good
        object: what kind of object this is
        live_mode: true for live data, false for test data
        account_id: the account that it belongs to
        time_created: when it was created
        endpoint_id: id of the webhook endpoint
        event_id: id of the event
        event_type: type of the event
        status: PENDING until a 2xx or the last attempt
        attempts: how many were made
        next_attempt: when the next one is due; null where none is
        last_attempt: when the last one was made
        last_status_code: HTTP status of the last answer; null where there was none
        last_error: why the last attempt failed
        recent_attempts: the last ten, oldest first; empty where a single one succeeded
    """

    id: str
    object: Open[Literal["webhook_delivery"]]
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
    recent_attempts: list[Attempt]


class DemandPeriod(Model, frozen=True, kw_only=True, dict=True):
    """What a billing period adds to a DEMAND line: `amount` is its share of `days`.

    Attributes:
        start_time: when it begins
        end_time: when it ends, exclusive
        peak_kw: measured: the mean of `highest`
        billed_kw: after minimum, ratchet and the mean over periods
        highest: the windows that the peak is made of
        step: 1 is the lowest step
        days: local days inside the item and the contract
        days_of_period: local days of the whole billing period
        amount: money that the period adds
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
    """A step of peaks: what a peak from the step before up to `to_kw`, exclusive, costs.

    Attributes:
        amount: money for the whole peak
        to_kw: upper edge of the step, kW, exclusive; the last step has none
    """

    amount: float
    to_kw: float | None = None


class DemandTier(Model, frozen=True, kw_only=True, dict=True):
    """A tier of peaks: what each kW of the part up to `to_kw` costs.

    Attributes:
        amount_per_kw: money for each kW in the tier
        to_kw: upper edge of the tier, kW; the last tier has none
    """

    amount_per_kw: float
    to_kw: float | None = None


class DemandWeight(Model, frozen=True, kw_only=True, dict=True):
    """With which factor the windows count that start in a schedule's hours.

    Attributes:
        schedule: the windows that count with the factor
        factor: 0.5: the power counts half
    """

    schedule: list[FilterEntry]
    factor: float


class Device(Model, frozen=True, kw_only=True, dict=True):
    """A device; `last_seen` is the time of its newest state or reading.

    Attributes:
        id: its id, for good
        object: what kind of object this is
        live_mode: true for live data, false for test data
        account_id: the account that it belongs to
        time_created: when it was created
        reference_id: the client's own reference
        type: what it is
        locations: ids of the locations where it is; a car may be at several
        manufacturer: name of the manufacturer
        model_code: the manufacturer's code of the model
        model_name: the model's name in the shop
        properties: What a device can do, flat and by subsystem. The two ratings named kWh
            are powers in kW
        metadata: the client's own texts by key
        last_seen: time of its newest state or reading; null before the first
        flex_enabled: whether it takes part in flexibility programmes; false today
    """

    id: str
    object: Open[Literal["device"]]
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
    """When one device runs, and what that costs.

    Attributes:
        device_id: id of the device; null where the whole location is meant
        tariff_direction: IMPORT: it takes energy; EXPORT: it gives energy
        start_time: when it begins
        end_time: when it ends, exclusive
        energy: An energy in Wh
        cost: Money, and how certain the prices in it are; what is earned is negative
        savings: Money that is saved against nobody planning, and its share of that cost in
            per cent
        status: PARTIAL: the energy is not reached
        shortfall: An energy in Wh
        reason: the limit that keeps it from its energy
        schedule: when it runs, at which power
    """

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
    """A device as its site shows it.

    Attributes:
        id: its id, for good
        type: what it is
        reference_id: the client's own name for the device
        manufacturer: name of the manufacturer
        model_code: the manufacturer's code of the model
        model_name: the model's name in the shop
        time_created: when it was created
        properties: A device's ratings; the two named kWh are powers in kW. Null where
            unknown
        last_seen: time of its newest state or reading, at most a minute behind; null before
            the first
    """

    id: str
    type: Open[
        Literal[
            "BATTERY_SYSTEM", "ELECTRIC_VEHICLE", "EV_CHARGER", "HEAT_PUMP", "OTHER", "PV_SYSTEM"
        ]
    ]
    reference_id: str
    manufacturer: str | None
    model_code: str | None
    model_name: str | None
    time_created: datetime
    properties: SummaryProperties
    last_seen: datetime | None


class Duration(Model, frozen=True, kw_only=True, dict=True):
    """An exact number of minutes of the cheapest, or dearest, time.

    Attributes:
        id: its id, for good
        live_mode: true for live data, false for test data
        account_id: the account that it belongs to
        time_created: when it was created
        location_id: id of the location
        device_id: id of the device; null where the whole location is meant
        location_timezone: time zone of the location, a name in the tz database
        currency_code: ISO 4217 code of every amount of money here
        tariff_direction: IMPORT: bought from the grid; EXPORT: sold to it; LOCAL: own
            generation
        next_update: when prices change next; null where nothing will
        prices_until: where the plan ends because no price is known further; null where all
            are
        object: what kind of object this is
        duration: minutes in all slots
        data: the slots, in order
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
    prices_until: datetime | None
    object: Open[Literal["schedule_duration"]]
    duration: float
    data: list[PricedSlot]


class Endpoint(Model, frozen=True, kw_only=True, dict=True):
    """Where events are delivered. Only the answer that created it has the `secret`.

    Attributes:
        id: its id, for good
        object: what kind of object this is
        live_mode: true for live data, false for test data
        account_id: the account that it belongs to
        time_created: when it was created
        url: where events are posted to
        event_types: which types of events it gets; families such as tariff.*
        description: for people
        status: DISABLED: it gets nothing until it is enabled
        header_names: names of `headers`; Authorization for `basic_auth`
        failing_since: the first failure after the last success; 5 days disable it
        previous_secret_until: when the secret before the present one stops signing, or
            stopped
    """

    id: str
    object: Open[Literal["webhook_endpoint"]]
    live_mode: bool
    account_id: str
    time_created: datetime
    url: str
    event_types: list[str]
    description: str | None
    status: Open[Literal["DISABLED", "ENABLED"]]
    header_names: list[str]
    failing_since: datetime | None
    previous_secret_until: datetime | None


class EndpointDeleted(Model, frozen=True, kw_only=True, dict=True):
    """What was deleted.

    Attributes:
        id: its id, for good
        object: what kind of object this is
        deleted: always true
    """

    id: str
    object: Open[Literal["webhook_endpoint"]]
    deleted: bool


class Energy(Model, frozen=True, kw_only=True, dict=True):
    """Energy in kWh.

    Attributes:
        value: kWh
    """

    value: float


class EnergyCost(Model, frozen=True, kw_only=True, dict=True):
    """What metered energy cost, taxes included.

    Attributes:
        id: its id, for good
        object: what kind of object this is
        live_mode: true for live data, false for test data
        account_id: the account that it belongs to
        time_created: when it was created
        object_id: the location or device
        tariff_direction: IMPORT: bought from the grid; EXPORT: sold to it; LOCAL: own
            generation
        location_timezone: time zone of the location, a name in the tz database
        currency_code: ISO 4217 code of every amount of money here
        energy_units: unit of every `energy` here
        data: the times of the answer, in order
        total: The energy and the cost of all
    """

    id: str
    object: Open[Literal["energy_cost"]]
    live_mode: bool
    account_id: str
    time_created: datetime
    object_id: str
    tariff_direction: Open[Literal["EXPORT", "IMPORT", "LOCAL"]]
    location_timezone: str
    currency_code: str
    energy_units: Open[Literal["KWH"]]
    data: list[Item]
    total: Total


class Entrance(Model, frozen=True, kw_only=True, dict=True):
    """Where to begin.

    Attributes:
        object: what kind of object this is
        name: what runs here
        version: its release
        documentation: pages for people
        openapi: the whole API as OpenAPI 3.1
        llms: an index of the documentation as Markdown
        health: whether the server can answer requests
        tokens: where keys are exchanged for bearer tokens
    """

    object: Open[Literal["api"]]
    name: str
    version: str
    documentation: str
    openapi: str
    llms: str
    health: str
    tokens: str


class Entry(Model, frozen=True, kw_only=True, dict=True):
    """The days and hours of some months and special dates.

    Attributes:
        days_and_hours: what a kWh costs on which days of the week
        months: months in which the entry holds
        dates: special days: days of the month (1 to 31), MM-DD, YYYY-MM-DD or Holidays;
            empty for all days
    """

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
        max_power_kw: greatest power while charging, kW
        min_power_kw: least power while charging, kW; below it, it is off
        phases: phases that it is connected to
        phase_switching: whether it can switch between one and three phases
        v2g_capable: whether it can take energy back from a car
    """

    max_power_kw: float | None = None
    min_power_kw: float | None = None
    phases: int | None = None
    phase_switching: bool | None = None
    v2g_capable: bool | None = None


class Event(Model, frozen=True, kw_only=True, dict=True):
    """A record of one change; `data` is the whole object after it, or before a delete.

    Attributes:
        id: its id, for good
        object: what kind of object this is
        live_mode: true for live data, false for test data
        account_id: the account that it belongs to
        time_created: when it was created
        type: what happened to what, such as site.update; new types may come
        data: the whole object after the change; as it was before, where it was deleted
    """

    id: str
    object: Open[Literal["event"]]
    live_mode: bool
    account_id: str
    time_created: datetime
    type: str
    data: dict[str, Any]


class Expected(Model, frozen=True, kw_only=True, dict=True):
    """Where a forecast comes from, and the lowest confidence in it.

    Attributes:
        source: where it comes from; NONE: there is none
        confidence: 0 to 1; 1 is certain
    """

    source: Open[
        Literal["ASSUMED", "CLEAR_SKY", "CLIENT", "NONE", "READINGS", "UNKNOWN", "WEATHER"]
    ]
    confidence: float


class Failed(Model, frozen=True, kw_only=True, dict=True):
    """A rejected record: its number from 1, and why.

    Attributes:
        record_num: its place in the batch, from 1
        record_reference_id: the client's own reference of the reading
        code: why it was rejected; stable and safe to branch on
        error: why it was rejected, in words
    """

    record_num: int
    record_reference_id: str | None
    code: str
    error: str


class FilterDays(Model, frozen=True, kw_only=True, dict=True):
    """The hours of some days of the week that count; none to leave these days out.

    Attributes:
        days: days of the week; Weekdays and Weekends are those of the country
        hours: which hours count; empty to leave these days out
    """

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
    """The days and hours of some months and special dates that count.

    Attributes:
        days_and_hours: which hours count on which days of the week
        months: months in which the entry holds
        dates: special days: days of the month (1 to 31), MM-DD, YYYY-MM-DD or Holidays;
            empty for all days
    """

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
        start_time: when it begins
        end_time: when it ends, exclusive
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
    """Where a site is, in degrees.

    Attributes:
        lat: degrees north, WGS 84
        lng: degrees east, WGS 84
    """

    lat: float
    lng: float


class Headroom(Model, frozen=True, kw_only=True, dict=True):
    """How much may be drawn at a location before its demand charges rise.

    Attributes:
        object: what kind of object this is
        location_id: id of the location
        currency_code: ISO 4217 code of every amount of money here
        data: each demand charge and billing period
    """

    object: Open[Literal["headroom"]]
    location_id: str
    currency_code: str
    data: list[ChargeHeadroom]


class Health(Model, frozen=True, kw_only=True, dict=True):
    """Whether the server is usable.

    Attributes:
        status: ok
    """

    status: str


class HeatPumpBody(Model, frozen=True, kw_only=True, dict=True):
    """A heat pump's ratings.

    Attributes:
        max_power_kw: greatest electric power, kW
        min_power_kw: least electric power while it runs, kW
        thermal_storage_litres: volume of the hot water store, litres
    """

    max_power_kw: float | None = None
    min_power_kw: float | None = None
    thermal_storage_litres: float | None = None


class HighWindow(Model, frozen=True, kw_only=True, dict=True):
    """A window that makes a peak, and its mean power, weighted.

    Attributes:
        start_time: when it begins
        kw: mean power of the window, kW, times its weight
    """

    start_time: datetime
    kw: float


class Holiday(Model, frozen=True, kw_only=True, dict=True):
    """A day that the tariff counts as a holiday.

    Attributes:
        date: YYYY-MM-DD
        weekday: Mon … Sun
        name: null where only a rule of the tariff names the day
    """

    date: str
    weekday: str
    name: str | None


class Holidays(Model, frozen=True, kw_only=True, dict=True):
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
        rate: the tiers of the price, lowest first
        counter: a word; hours that share it count together (tier_scope PERIOD)
    """

    valid_from: str
    valid_to: str
    rate: list[Rate]
    counter: str | None = None


class InverterBody(Model, frozen=True, kw_only=True, dict=True):
    """An inverter's limit on the grid side.

    Attributes:
        ac_export_limit_kw: the most that it feeds into the grid, kW
    """

    ac_export_limit_kw: float | None = None


class Item(Model, frozen=True, kw_only=True, dict=True):
    """The energy and the cost of a time.

    Attributes:
        start_time: when it begins
        end_time: when it ends, exclusive
        energy: Energy in kWh
        cost: Money in the answer's currency, and how certain it is
        session_reference_id: the client's own reference of the session, such as one charge
        record_reference_id: the client's own reference of the reading
        lines: what the cost is made of; with `include_lines=true`
    """

    start_time: datetime
    end_time: datetime
    energy: Amount
    cost: Cost
    session_reference_id: str | None = None
    record_reference_id: str | None = None
    lines: list[Line] | UnsetType = UNSET


class KeptPlan(Model, frozen=True, kw_only=True, dict=True):
    """The newest plan of a device, with all fields of the answer to its request, and these
    two.

    Attributes:
        id: its id, for good
        live_mode: true for live data, false for test data
        account_id: the account that it belongs to
        time_created: when it was created
        location_id: id of the location
        device_id: id of the device; null where the whole location is meant
        location_timezone: time zone of the location, a name in the tz database
        currency_code: ISO 4217 code of every amount of money here
        tariff_direction: IMPORT: bought from the grid; EXPORT: sold to it; LOCAL: own
            generation
        next_update: when prices change next; null where nothing will
        prices_until: where the plan ends because no price is known further; null where all
            are
        object: what was asked: a plan by amount, by state of charge, or of the whole site
        status: PARTIAL: not every goal is reached
        gap: 0 is proven best
        kept: whether it is the `previous` plan
        time_made: when it was made
        stale: whether prices were published since, or its last deadline has passed
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
    prices_until: datetime | None
    object: Open[Literal["schedule_amount", "schedule_site", "schedule_soc"]]
    status: Open[Literal["COMPLETE", "PARTIAL"]]
    gap: float
    kept: bool
    time_made: datetime
    stale: bool


class Key(Model, frozen=True, kw_only=True, dict=True):
    """A key, without its secret.

    Attributes:
        id: its id, for good
        object: what kind of object this is
        live_mode: true for live data, false for test data
        account_id: the account that it belongs to
        time_created: when it was created
        name: given by whoever made the key, for people
        type: a SECRET key (sk_…) may do everything in its mode
        scopes: what a RESTRICTED key (rk_…) may do; null for everything
        location_ids: the only locations that it sees; null for all
        time_expiry: when it ends by itself; null where it does not
        last_used: to the minute
    """

    id: str
    object: Open[Literal["key"]]
    live_mode: bool
    account_id: str
    time_created: datetime
    name: str
    type: Open[Literal["RESTRICTED", "SECRET"]]
    scopes: (
        list[
            Open[
                Literal[
                    "*:read",
                    "costs:read",
                    "events:read",
                    "meters:read",
                    "meters:write",
                    "prices:read",
                    "schedules:read",
                    "sites:read",
                    "states:write",
                ]
            ]
        ]
        | None
    )
    location_ids: list[str] | None
    time_expiry: datetime | None
    last_used: datetime | None


class KeySet(Model, frozen=True, kw_only=True, dict=True):
    """The keys that are in use or were until a week ago.

    Attributes:
        keys: JSON Web Keys
    """

    keys: list[PublicKey]


class LeftOut(Model, frozen=True, kw_only=True, dict=True):
    """Something in a document that no tariff holds, that says nothing of prices, or is
    doubtful.

    Attributes:
        code: stable and safe to branch on
        param: path of the part in the document
        message: what was left out, or is doubtful, and why
    """

    code: str
    param: str | None
    message: str


class Limit(Model, frozen=True, kw_only=True, dict=True):
    """All time at or below, or at or above, a price; `duration` is its total in minutes.

    Attributes:
        id: its id, for good
        live_mode: true for live data, false for test data
        account_id: the account that it belongs to
        time_created: when it was created
        location_id: id of the location
        device_id: id of the device; null where the whole location is meant
        location_timezone: time zone of the location, a name in the tz database
        currency_code: ISO 4217 code of every amount of money here
        tariff_direction: IMPORT: bought from the grid; EXPORT: sold to it; LOCAL: own
            generation
        next_update: when prices change next; null where nothing will
        prices_until: where the plan ends because no price is known further; null where all
            are
        object: what kind of object this is
        duration: minutes in all slots
        data: the slots, in order
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
    prices_until: datetime | None
    object: Open[Literal["schedule_limit"]]
    duration: float
    data: list[PricedSlot]


class Line(Model, frozen=True, kw_only=True, dict=True):
    """A part of a cost; the amounts of an item's lines add up to its cost exactly.

    Attributes:
        kind: ENERGY: priced per kWh; STANDING: per day, month or year; DEMAND: for the
            peak; MINIMUM: what the bill was raised by; VAT
        name: of the charge, as the bill calls it
        tariff_id: id of the tariff
        tier: 1 is the lowest tier
        quantity: how much, in `unit`
        unit: what `quantity` counts; NET: the money that VAT is added to
        unit_price: money per unit; null where it varies
        amount: money
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
    """A supply address with its time zone, currency, grid limits, devices and tariffs.

    Attributes:
        id: its id, for good
        object: what kind of object this is
        live_mode: true for live data, false for test data
        account_id: the account that it belongs to
        time_created: when it was created
        reference_id: the client's own reference
        customer_id: id of the customer whose location it is
        postal_address: A supply address
        geo_location: Where a site is, in degrees
        timezone: name in the tz database, such as Europe/London
        currency_code: ISO 4217 code of every amount of money here
        max_power_import_kw: limit of the grid connection, kW
        max_power_export_kw: limit of the grid connection, kW
        netting: How import and export cancel out
        metadata: the client's own texts by key
        devices: ids of the devices there, oldest first
        tariffs: the tariffs that are connected there
        consents: What the customer agreed to; all false until given
    """

    id: str
    object: Open[Literal["location"]]
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
    """A tariff that is connected at a location.

    Attributes:
        tariff_id: id of the tariff
        location_id: id of the location
        type: COMMODITY: the energy; NON_COMMODITY: network fees and levies
        direction: IMPORT: bought from the grid; EXPORT: sold to it; LOCAL: own generation
        status: ERROR: it could not be read from the supplier
        connection_type: where its prices come from; see the tariff
        display_name: what people call it
        is_temporary: whether it stands in until a better one is connected
        provider: An energy supplier or grid operator
    """

    tariff_id: str
    location_id: str
    type: Open[Literal["COMMODITY", "NON_COMMODITY"]]
    direction: Open[Literal["IMPORT", "EXPORT", "LOCAL"]]
    status: Open[Literal["CONNECTED", "ERROR"]]
    connection_type: Open[Literal["DIRECT", "MARKET", "LIBRARY", "MANUAL"]]
    display_name: str | None
    is_temporary: bool
    provider: Provider | None


class MarketPart(Model, frozen=True, kw_only=True, dict=True):
    """The market price in a part, per kWh.

    Attributes:
        source_id: id of the market source
        code: code of the market source, such as EPEX_GB
        value: money per kWh, before surcharge and VAT
    """

    source_id: str
    code: str
    value: float


class MarketPrice(Model, frozen=True, kw_only=True, dict=True):
    """A published price, in the currency and unit of its source.

    Attributes:
        valid_from: when it begins
        valid_to: when it ends, exclusive
        value: money per unit of the source
    """

    valid_from: datetime
    valid_to: datetime
    value: float


class MarketPriceBatch(Model, frozen=True, kw_only=True, dict=True):
    """What became of uploaded prices; `records_changed` replace an earlier value.

    Attributes:
        object: what kind of object this is
        market_source_id: id of the market source
        records_submitted: prices that were sent
        records_accepted: prices that are kept
        records_changed: prices that replace an earlier value
    """

    object: Open[Literal["market_price_batch"]]
    market_source_id: str
    records_submitted: int
    records_accepted: int
    records_changed: int


class MarketPrices(Model, frozen=True, kw_only=True, dict=True):
    """What a market source has published for a span.

    Attributes:
        object: what kind of object this is
        market_source_id: id of the market source
        code: code of the market source
        currency_code: ISO 4217 code of every amount of money here
        unit: KWH or MWH: the prices are per kWh or MWh; RATE: a rate of exchange
        data: the prices, in order
    """

    object: Open[Literal["market_prices"]]
    market_source_id: str
    code: str
    currency_code: str
    unit: Open[Literal["KWH", "MWH", "RATE"]]
    data: list[MarketPrice]


class MarketSource(Model, frozen=True, kw_only=True, dict=True):
    """A market whose prices tariffs follow. `account_id` is null where it is the
    operator's.

    Attributes:
        id: its id, for good
        object: what kind of object this is
        live_mode: true for live data, false for test data
        account_id: the account that it belongs to
        time_created: when it was created
        code: the name by which formulas find it, such as EPEX_GB
        display_name: what people call it
        currency_code: ISO 4217 code of every amount of money here
        unit: KWH or MWH: the prices are per kWh or MWh; RATE: a rate of exchange
        timezone: name in the tz database, such as Europe/London
        resolution_minutes: nominal length of a price, minutes
        publishes_at: local time of day at which new prices appear, HH:mm
        area: the market's area or bidding zone, such as DE-LU
        last_updated: when its prices changed last
        published_until: end of the last interval
    """

    id: str
    object: Open[Literal["market_source"]]
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
        id: its id, for good
        object: what kind of object this is
        live_mode: true for live data, false for test data
        account_id: the account that it belongs to
        time_created: when it was created
        records_submitted: records that were sent
        records_accepted: records that are stored
        records_processed: records that count in costs; the same as accepted
        records_failed: records that were rejected
        complete: false while a stream runs, or where it broke off
        failed_records: the first 1,000 that were rejected
        failed_records_truncated: whether more failed than `failed_records` lists
    """

    id: str
    object: Open[Literal["meter_batch"]]
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
    """The least that a local day or billing month costs: energy and charges, before VAT.

    Attributes:
        amount: money, before VAT
        per: the period of which it is the least
    """

    amount: float
    per: Open[Literal["DAY", "MONTH"]]


class Missed(Model, frozen=True, kw_only=True, dict=True):
    """What a goal misses, and why.

    Attributes:
        target: the time of a target or `end`; `energy`, `comfort`, `absence`, or `load` of
            the site
        units: WH, C (°C outside the band) or W
        value: how much is missing
        reason: the limit that keeps the goal from being reached
    """

    target: str
    units: Open[Literal["C", "W", "WH"]]
    value: float
    reason: Open[
        Literal["device_power", "price_limit", "reserve", "site_power", "window_too_short"]
    ]


class Netting(Model, frozen=True, kw_only=True, dict=True):
    """How import and export cancel out.

    Attributes:
        period: local periods in which import and export cancel out; MONTH is the billing
            month
        surplus: export that remains: PAY, the EXPORT tariff pays for it; CARRY, it offsets
            later import
        carry_ends: the month at whose end a carried rest is settled; null never ends it
    """

    period: Open[Literal["DAY", "HALF_HOUR", "HOUR", "MONTH", "QUARTER_HOUR"]]
    surplus: Open[Literal["CARRY", "PAY"]]
    carry_ends: int | None


class NewEndpoint(Model, frozen=True, kw_only=True, dict=True):
    """A new webhook endpoint with its secret, which is not shown again.

    Attributes:
        id: its id, for good
        object: what kind of object this is
        live_mode: true for live data, false for test data
        account_id: the account that it belongs to
        time_created: when it was created
        url: where events are posted to
        event_types: which types of events it gets; families such as tariff.*
        description: for people
        status: DISABLED: it gets nothing until it is enabled
        header_names: names of `headers`; Authorization for `basic_auth`
        failing_since: the first failure after the last success; 5 days disable it
        previous_secret_until: when the secret before the present one stops signing, or
            stopped
        secret: verifies the header webhook-signature
    """

    id: str
    object: Open[Literal["webhook_endpoint"]]
    live_mode: bool
    account_id: str
    time_created: datetime
    url: str
    event_types: list[str]
    description: str | None
    status: Open[Literal["DISABLED", "ENABLED"]]
    header_names: list[str]
    failing_since: datetime | None
    previous_secret_until: datetime | None
    secret: str


class NextPrice(Model, frozen=True, kw_only=True, dict=True):
    """A price per kWh, taxes included, and the time for which it holds.

    Attributes:
        value: per kWh, taxes included
        confidence: 0 to 1; below 1 it is a forecast
        start_time: when it begins
        end_time: exclusive
    """

    value: float
    confidence: float
    start_time: datetime
    end_time: datetime


class PeakExample(Model, frozen=True, kw_only=True, dict=True):
    """What a demand charge costs for 30 days, all months with this peak, a cap per kWh
    apart.

    Attributes:
        peak_kw: a peak power, kW
        amount: what it costs, money for 30 days
    """

    peak_kw: float
    amount: float


class Period(Model, frozen=True, kw_only=True, dict=True):
    """A billing period, half-open.

    Attributes:
        start_time: when it begins
        end_time: when it ends, exclusive
    """

    start_time: datetime
    end_time: datetime


class PlanCost(Model, frozen=True, kw_only=True, dict=True):
    """Money, and how certain the prices in it are; what is earned is negative.

    Attributes:
        value: money, taxes included; negative where it is earned
        confidence: 0 to 1; 1 is certain
    """

    value: float
    confidence: float


class PlanSavings(Model, frozen=True, kw_only=True, dict=True):
    """Money that is saved against nobody planning, and its share of that cost in per cent.

    Attributes:
        value: money
        percentage: per cent of the cost of starting at once, or of the `baseline`
    """

    value: float
    percentage: float


class PlannedDevice(Model, frozen=True, kw_only=True, dict=True):
    """What one device does. NOT_PLANNED: it stays as it is; `warnings` say why.

    Attributes:
        device_id: id of the device; null where the whole location is meant
        status: PARTIAL: not every goal is reached; NOT_PLANNED: it stays as it is
        shortfalls: what its goals miss
        slots: when it runs, at which power; rests are left out
    """

    device_id: str
    status: Open[Literal["COMPLETE", "NOT_PLANNED", "PARTIAL"]]
    shortfalls: list[Missed]
    slots: list[SiteSlot]


class PowerSlot(Model, frozen=True, kw_only=True, dict=True):
    """A stretch of time, half-open, at one power; `why` where an explanation was asked for.

    Attributes:
        start_time: when it begins
        end_time: when it ends, exclusive
        power: A power in W
        why: what decided the slot; with `explain=true`
    """

    start_time: datetime
    end_time: datetime
    power: Watts
    why: str | None = None


class Price(Model, frozen=True, kw_only=True, dict=True):
    """A price per kWh, taxes included, and how certain it is.

    Attributes:
        value: money per kWh, taxes included
        confidence: 0 to 1; 1 is certain
    """

    value: float
    confidence: float


class PriceAudit(Model, frozen=True, kw_only=True, dict=True):
    """The prices of a span with the parts that each is made of.

    Attributes:
        id: its id, for good
        object: what kind of object this is
        live_mode: true for live data, false for test data
        account_id: the account that it belongs to
        time_created: when it was created
        location_id: id of the location
        device_id: id of the device; null where the whole location is meant
        location_timezone: time zone of the location, a name in the tz database
        currency_code: ISO 4217 code of every amount of money here
        tariff_direction: IMPORT: bought from the grid; EXPORT: sold to it; LOCAL: own
            generation
        last_updated: when the tariffs or market prices behind it last changed
        next_update: when the market publishes next, or a contract changes; null where
            neither will
        data: intervals that touch and fill the span
        charges: what is paid besides these prices
    """

    id: str
    object: Open[Literal["price_audit"]]
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
    """An interval, half-open, with one price.

    Attributes:
        valid_from: when it begins
        valid_to: when it ends, exclusive
        price: A price per kWh, taxes included, and how certain it is
    """

    valid_from: datetime
    valid_to: datetime
    price: Price


class PriceNow(Model, frozen=True, kw_only=True, dict=True):
    """The price of a kWh now, and the next one.

    Attributes:
        object: what kind of object this is
        location_id: id of the location
        currency_code: ISO 4217 code of every amount of money here
        value: per kWh, taxes included
        confidence: 0 to 1; below 1 it is a forecast
        start_time: since when it holds, at most 24 hours ago
        end_time: until when it holds, at most 48 hours ahead; exclusive
        next: the price after it; null where none is known, or it stays the same for 48
            hours
    """

    object: Open[Literal["price_now"]]
    location_id: str
    currency_code: str
    value: float
    confidence: float
    start_time: datetime
    end_time: datetime
    next: NextPrice | None


class PricePart(Model, frozen=True, kw_only=True, dict=True):
    """What one tariff adds: `value` enters the total, `vat` is the VAT contained in it.

    Attributes:
        value: money per kWh, VAT included
        vat: the VAT contained in `value`, money per kWh
        confidence: 0 to 1; 1 is certain
        temporary: whether the tariff stands in until a better one is connected
        tariff_id: id of the tariff
        market: The market price in a part, per kWh
        surcharge: what the tariff adds to the market's price, money per kWh
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
    """A price and its parts, which add up to `total`; an absent part is null.

    Attributes:
        commodity_import: What one tariff adds: `value` enters the total, `vat` is the VAT
            contained in it
        commodity_export: What one tariff adds: `value` enters the total, `vat` is the VAT
            contained in it
        non_commodity_import: What one tariff adds: `value` enters the total, `vat` is the
            VAT contained in it
        commodity_local: What one tariff adds: `value` enters the total, `vat` is the VAT
            contained in it
        total: money per kWh: the sum of the parts
    """

    commodity_import: PricePart | None
    commodity_export: PricePart | None
    non_commodity_import: PricePart | None
    commodity_local: PricePart | None
    total: float


class PricedSlot(Model, frozen=True, kw_only=True, dict=True):
    """A stretch of time, half-open, at one price.

    Attributes:
        start_time: when it begins
        end_time: when it ends, exclusive
        price: A price per kWh, taxes included, and how certain it is
        vpp_event: whether a flexibility event decides here; false today
    """

    start_time: datetime
    end_time: datetime
    price: SlotPrice
    vpp_event: bool


class Prices(PriceSeries, frozen=True, kw_only=True, dict=True):
    """The prices of a span as intervals that touch and fill it.

    Attributes:
        id: its id, for good
        object: what kind of object this is
        live_mode: true for live data, false for test data
        account_id: the account that it belongs to
        time_created: when it was created
        location_id: id of the location
        device_id: id of the device; null where the whole location is meant
        location_timezone: time zone of the location, a name in the tz database
        currency_code: ISO 4217 code of every amount of money here
        tariff_direction: IMPORT: bought from the grid; EXPORT: sold to it; LOCAL: own
            generation
        last_updated: when the tariffs or market prices behind it last changed
        next_update: when the market publishes next, or a contract changes; null where
            neither will
        data: intervals that touch and fill the span
    """

    id: str
    object: Open[Literal["price"]]
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
    """An energy supplier or grid operator.

    Attributes:
        id: its id, for good
        display_name: what people call it
        logo_url: address of an image
    """

    id: str
    display_name: str | None
    logo_url: str | None


class PublicKey(Model, frozen=True, kw_only=True, dict=True):
    """One RSA key: `n` and `e` are base64url of big-endian numbers.

    Attributes:
        kid: as `Flatpeak-Key-ID` names it
        kty: type of the key
        use: what it is for: signatures
        alg: RSA-PSS with SHA-256
        n: modulus
        e: exponent
    """

    kid: str
    kty: Open[Literal["RSA"]]
    use: Open[Literal["sig"]]
    alg: Open[Literal["PS256"]]
    n: str
    e: str


class PvBody(Model, frozen=True, kw_only=True, dict=True):
    """A PV array.

    Attributes:
        peak_power_kw: power under standard test conditions, kW
        azimuth: degrees from true north, anticlockwise positive
        tilt: degrees; 0 faces up
        terrain_shading: whether hills shade the array
        forecasts_enabled: whether plans may count on a forecast of its power
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
        id: its id, for good
        object: what kind of object this is
        location_id: id of the location
        device_id: id of the device; null where the whole location is meant
        start_time: when it begins
        end_time: when it ends, exclusive
        energy_units: unit of every `energy` here
        energy: Energy in kWh
        energy_flow_direction: INBOUND: into the site; OUTBOUND: out of it
        tariff_direction: IMPORT: bought from the grid; EXPORT: sold to it; LOCAL: own
            generation
        register: null: none, or the sum of those that add up
        confidence: 0 to 1; 1 is certain
        session_reference_id: the client's own reference of the session, such as one charge
        record_reference_id: the client's own reference of the reading
    """

    id: str
    object: Open[Literal["meter_record"]]
    location_id: str
    device_id: str | None
    start_time: datetime
    end_time: datetime
    energy_units: Open[Literal["KWH"]]
    energy: Energy
    energy_flow_direction: Open[Literal["INBOUND", "OUTBOUND"]]
    tariff_direction: Open[Literal["EXPORT", "IMPORT", "LOCAL"]]
    register: str | None
    confidence: float
    session_reference_id: str | None
    record_reference_id: str | None


class Remark(Model, frozen=True, kw_only=True, dict=True):
    """Something about the plan that a person should know.

    Attributes:
        code: what it is about; contract 4b lists them
        param: the parameter that it is about, if any
        message: what it is, and what can be done
    """

    code: str
    param: str | None
    message: str


class Replay(Model, frozen=True, kw_only=True, dict=True):
    """The result of a replay; with `has_more`, replay again from `last_event_id`.

    Attributes:
        object: what kind of object this is
        endpoint_id: id of the webhook endpoint
        deliveries: how many events are delivered again
        last_event_id: the last of them
        has_more: whether there are more objects beyond this page
    """

    object: Open[Literal["webhook_replay"]]
    endpoint_id: str
    deliveries: int
    last_event_id: str | None
    has_more: bool


class Request(Model, frozen=True, kw_only=True, dict=True):
    """What the plan covers, in hours.

    Attributes:
        schedule_horizon: hours from the start of the plan to its end
    """

    schedule_horizon: float


class SampleDay(Model, frozen=True, kw_only=True, dict=True):
    """A local day and its prices.

    Attributes:
        date: YYYY-MM-DD, a local day
        weekday: Mon … Sun
        kind: what the tariff counts the day as
        hours: length of the day: 23, 24, 25 …
        prices: the prices of the day, which touch and fill it
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
        valid_to: when it ends, exclusive
        value: money per kWh, taxes included
    """

    valid_from: datetime
    valid_to: datetime
    value: float | None


class Season(Model, frozen=True, kw_only=True, dict=True):
    """Months whose ordinary weeks cost the same.

    Attributes:
        months: Jan … Dec, in the order of the calendar
        week: a day for each weekday, Monday first; those that the term does not have are
            left out
    """

    months: list[str]
    week: list[SeasonDay]


class SeasonDay(Model, frozen=True, kw_only=True, dict=True):
    """What an ordinary day of a season costs.

    Attributes:
        weekday: Mon … Sun
        prices: the prices of the day, which touch and fill it
    """

    weekday: str
    prices: list[SeasonPrice]


class SeasonPrice(Model, frozen=True, kw_only=True, dict=True):
    """A price of an ordinary day, by the wall clock.

    Attributes:
        valid_from: HH:MM:SS
        valid_to: HH:MM:SS; 24:00:00 is the end of the day
        value: money per kWh, taxes included
    """

    valid_from: str
    valid_to: str
    value: float


class Site(Model, frozen=True, kw_only=True, dict=True):
    """A site with its devices and whether it is in service.

    Attributes:
        id: its id, for good
        object: what kind of object this is
        live_mode: true for live data, false for test data
        status: ACTIVE: in service; INACTIVE: the data is kept, but nothing is planned
        devices: oldest first
        time_created: when it was created
        account_id: the account that it belongs to
        reference_id: the client's own reference
        location_id: id of the location
        timezone: name in the tz database, such as Europe/London
        currency_code: ISO 4217 code of every amount of money here
        netting: left out where there is none
        metadata: the client's own texts by key
    """

    id: str
    object: Open[Literal["site"]]
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


class SiteAssumptions(Model, frozen=True, kw_only=True, dict=True):
    """What the plan rests on besides prices; `carbon` is g CO₂ per kWh imported, at any
    time.

    Attributes:
        pv: Where a forecast comes from, and the lowest confidence in it
        base_load: Where a forecast comes from, and the lowest confidence in it
        carbon_g_per_kwh: of what is imported, at any time
    """

    pv: Expected
    base_load: Expected
    carbon_g_per_kwh: float


class SiteCost(Model, frozen=True, kw_only=True, dict=True):
    """What the plan costs, in money.

    Attributes:
        energy: of what is imported
        export: income of what is exported, positive
        demand: what demand charges rise by, for every period touched
        wear: of charging and discharging
        preferences: what carbon, sooner and self-use weigh
        stored: what is stored at the end more than at the start is worth
        total: energy - export + demand + wear + preferences - stored
        confidence: 0 to 1; 1 is certain
    """

    energy: float
    export: float
    demand: float
    wear: float
    preferences: float
    stored: float
    total: float
    confidence: float


class SitePlan(Model, frozen=True, kw_only=True, dict=True):
    """One plan for everything behind a meter.

    Attributes:
        id: its id, for good
        live_mode: true for live data, false for test data
        account_id: the account that it belongs to
        time_created: when it was created
        location_id: id of the location
        device_id: id of the device; null where the whole location is meant
        location_timezone: time zone of the location, a name in the tz database
        currency_code: ISO 4217 code of every amount of money here
        tariff_direction: IMPORT: bought from the grid; EXPORT: sold to it; LOCAL: own
            generation
        next_update: when prices change next; null where nothing will
        prices_until: where the plan ends because no price is known further; null where all
            are
        object: what kind of object this is
        request: What the plan covers, in hours, and its steps in minutes
        status: PARTIAL: not every goal is reached
        shortfalls: of the site itself: load above its limit
        gap: 0 is proven best; else how far the objective may be from the best, as a share
            of it
        kept: whether it is the `previous` plan
        solver: How long the solver took, and the size of the largest problem that it had
        devices: what each device does
        site: what flows at the site, step by step
        cost: What the plan costs, in money
        baseline: The cost of the same targets and limits with nobody planning
        savings: Money saved against the baseline, and its share of it in per cent
        assumptions: What the plan rests on besides prices; `carbon` is g CO₂ per kWh
            imported, at any time
        warnings: what a person should know of the plan
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
    prices_until: datetime | None
    object: Open[Literal["schedule_site"]]
    request: SiteRequest
    status: Open[Literal["COMPLETE", "PARTIAL"]]
    shortfalls: list[Missed]
    gap: float
    kept: bool
    solver: Solver
    devices: list[PlannedDevice]
    site: list[SiteStep]
    cost: SiteCost
    baseline: Baseline | None
    savings: SiteSavings | None
    assumptions: SiteAssumptions
    warnings: list[Remark]


class SiteRequest(Model, frozen=True, kw_only=True, dict=True):
    """What the plan covers, in hours, and its steps in minutes.

    Attributes:
        schedule_horizon: hours from the start of the plan to its end
        step_minutes: length of a step
    """

    schedule_horizon: float
    step_minutes: int


class SiteSavings(Model, frozen=True, kw_only=True, dict=True):
    """Money saved against the baseline, and its share of it in per cent.

    Attributes:
        value: money
        percentage: per cent of the size of the baseline
    """

    value: float
    percentage: float


class SiteSlot(Model, frozen=True, kw_only=True, dict=True):
    """A stretch of time, half-open, at one power; the state is that at its end.

    Attributes:
        start_time: when it begins
        end_time: when it ends, exclusive
        direction: IMPORT: the device takes; EXPORT: it gives
        power: A power in W
        state_of_charge_percent: of a battery or a car, at the end of the slot
        temperature_c: of the room or tank, °C at the end of the slot
        curtailed: A power in W
        why: what decided the slot; with `explain=true`
    """

    start_time: datetime
    end_time: datetime
    direction: Open[Literal["EXPORT", "IMPORT"]]
    power: Watts
    state_of_charge_percent: float | None = None
    temperature_c: float | None = None
    curtailed: Watts | None = None
    why: (
        Open[
            Literal[
                "cheapest", "deadline", "export", "price_limit", "reserve", "site_limit", "solar"
            ]
        ]
        | None
    ) = None


class SiteStep(Model, frozen=True, kw_only=True, dict=True):
    """What flows at the site in a stretch of time, half-open: mean powers, and prices per
    kWh.

    import + solar = export + load + what the devices take less what they give; `solar` is
    without what is `curtailed`. `price_export` is null where nothing can be sold.

    Attributes:
        start_time: when it begins
        end_time: when it ends, exclusive
        import_: A power in W
        export: A power in W
        load: A power in W
        solar: A power in W
        curtailed: A power in W
        price_import: of a kWh taken from the grid
        price_export: of a kWh given to it; null where nothing can be sold
    """

    start_time: datetime
    end_time: datetime
    import_: Watts = msgspec.field(name="import")
    export: Watts
    load: Watts
    solar: Watts
    curtailed: Watts
    price_import: float
    price_export: float | None


class SlotPrice(Model, frozen=True, kw_only=True, dict=True):
    """A price per kWh, taxes included, and how certain it is.

    Attributes:
        value: money per kWh, taxes included
        confidence: 0 to 1; 1 is certain
    """

    value: float
    confidence: float


class Solver(Model, frozen=True, kw_only=True, dict=True):
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


class State(Model, frozen=True, kw_only=True, dict=True):
    """A state that a device reported.

    Attributes:
        id: its id, for good
        object: what kind of object this is
        device_id: id of the device; null where the whole location is meant
        account_id: the account that it belongs to
        live_mode: true for live data, false for test data
        time_created: when it was created
        time: when it was measured
        state_of_charge_percent: charge in per cent of the capacity
        location_id: id of the location
        target_state_of_charge_percent: charge that the user wants, per cent
        battery_power_kw: kW, positive while charging
        energy_flow_direction: IMPORT: charging; EXPORT: giving energy back
        energy_remaining_kwh: energy left in the battery, kWh
        backup_reserve_percent: charge that is kept for a power cut, per cent
        record_reference_id: the client's own reference of the reading
    """

    id: str
    object: Open[Literal["device_state"]]
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
    """The answer to a report.

    Attributes:
        id: its id, for good
        object: what kind of object this is
        device_id: id of the device; null where the whole location is meant
        account_id: the account that it belongs to
        live_mode: true for live data, false for test data
        time_created: when it was created
    """

    id: str
    object: Open[Literal["device_state"]]
    device_id: str
    account_id: str
    live_mode: bool
    time_created: datetime


class SummaryProperties(Model, frozen=True, kw_only=True, dict=True):
    """A device's ratings; the two named kWh are powers in kW. Null where unknown.

    Attributes:
        power_rating_import_kwh: greatest power that it draws, kW in spite of the name
        capacity_kwh: usable capacity, kWh
        power_rating_export_kwh: greatest power that it gives, kW in spite of the name
    """

    power_rating_import_kwh: float | None
    capacity_kwh: float | None
    power_rating_export_kwh: float | None


class Tariff(Model, frozen=True, kw_only=True, dict=True):
    """A tariff that is connected at a location.

    Attributes:
        direction: IMPORT: bought from the grid; EXPORT: sold to it; LOCAL: own generation
        type: COMMODITY: the energy; NON_COMMODITY: network fees and levies, with IMPORT
            only
        contract_start_date: from when it holds
        contract_end_date: null: the contract runs until it is terminated
        schedule: what a kWh costs, when; every day of the term is covered exactly once
        market_rates: whether the rates follow the market `market_source_id`
        market_source_id: the market that the rates follow
        devices: ids of the devices that it is for; empty for the whole location
        vat: a fraction: 0.2 is 20 %
        vat_included: false: `vat` is added to rates and charges
        tier_reset: when the count of kWh starts again
        tier_scope: TARIFF: one count for the tariff; PERIOD: one for each entry of hours;
            SHARED: each entry pays its share in every tier
        cap_per_kwh: the price is at most this, money per kWh before VAT
        floor_per_kwh: the price is at least this, money per kWh before VAT
        charges: what is paid besides the price per kWh
        minimum_charge: The least that a local day or billing month costs: energy and
            charges, before VAT
        billing_day: local day of the month on which a billing month begins, 1 to 28
        billing_periods: first local days of billing periods that were read by hand,
            ascending
        demand_window_minutes: the windows of which to_kwh_per_kw takes the highest; default
            60
        clock: the clock on which the schedule is read: the location's, UTC, or one that is
            always so far ahead of UTC, such as +10:00
        holidays: Which days count as holidays: a calendar, or `only` these; without some,
            with others
        currency_conversion: the location's money per unit of the market's
        id: its id, for good
        object: what kind of object this is
        live_mode: true for live data, false for test data
        account_id: the account that it belongs to
        time_created: when it was created
        location_id: id of the location
        display_name: what people call it
        provider_id: id of the supplier or grid operator
        metadata: the client's own texts by key
        is_linked: whether the supplier owns it; it cannot be changed here then
        connection_type: DIRECT: read from the supplier; MARKET: follows a market; LIBRARY:
            from the library; MANUAL: as the client gave it
        status: ERROR: it could not be read from the supplier
        is_temporary: whether it stands in until a better one is connected
        timezone: name in the tz database, such as Europe/London
        currency_code: ISO 4217 code of every amount of money here
    """

    direction: Open[Literal["EXPORT", "IMPORT", "LOCAL"]]
    type: Open[Literal["COMMODITY", "NON_COMMODITY"]]
    contract_start_date: str
    contract_end_date: str | None
    schedule: list[Entry]
    market_rates: bool
    market_source_id: str | None
    devices: list[str]
    vat: float | None
    vat_included: bool
    tier_reset: Open[Literal["CONTRACT", "DAY", "MONTH", "YEAR"]]
    tier_scope: Open[Literal["PERIOD", "SHARED", "TARIFF"]]
    cap_per_kwh: float | None
    floor_per_kwh: float | None
    charges: list[Charge]
    minimum_charge: MinimumCharge | None
    billing_day: int
    billing_periods: list[str]
    demand_window_minutes: int | None
    clock: str
    holidays: Holidays | None
    currency_conversion: float | str | None
    id: str
    object: Open[Literal["tariff"]]
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
    price that no market has published. `charges` are what is paid besides them, in words.

    Attributes:
        object: what kind of object this is
        location_id: id of the location
        timezone: name in the tz database, such as Europe/London
        currency_code: ISO 4217 code of every amount of money here
        lowest: lowest price of a year, money per kWh
        highest: highest price of a year, money per kWh
        mean: mean price of a year over time, money per kWh
        week: seven local days
        clock_changes: the two local days on which the clock changes; empty where it does
            not
        holiday: A local day and its prices
        holidays: the holidays of the next two years
        seasons: the ordinary weeks of a year; empty where prices follow a market
        special_days: days of that year that are unlike the ordinary ones, at most 60; days
            on which the clock changes are not among them
        charges: what is paid besides the price per kWh, in words
        warnings: what a person should look at again
    """

    object: Open[Literal["tariff_check"]]
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
    seasons: list[Season]
    special_days: list[SampleDay]
    charges: list[ChargeText]
    warnings: list[Warned]


class TariffImport(Model, frozen=True, kw_only=True, dict=True):
    """The tariffs that were connected from a document, and what of it they do not hold.

    Attributes:
        object: what kind of object this is
        data: the tariffs that were connected
        warnings: what the tariffs do not hold
    """

    object: Open[Literal["tariff_import"]]
    data: list[Tariff]
    warnings: list[LeftOut]


class TariffMade(Model, frozen=True, kw_only=True, dict=True):
    """A tariff as it was connected or changed, and what of it a person should look at
    again.

    Attributes:
        direction: IMPORT: bought from the grid; EXPORT: sold to it; LOCAL: own generation
        type: COMMODITY: the energy; NON_COMMODITY: network fees and levies, with IMPORT
            only
        contract_start_date: from when it holds
        contract_end_date: null: the contract runs until it is terminated
        schedule: what a kWh costs, when; every day of the term is covered exactly once
        market_rates: whether the rates follow the market `market_source_id`
        market_source_id: the market that the rates follow
        devices: ids of the devices that it is for; empty for the whole location
        vat: a fraction: 0.2 is 20 %
        vat_included: false: `vat` is added to rates and charges
        tier_reset: when the count of kWh starts again
        tier_scope: TARIFF: one count for the tariff; PERIOD: one for each entry of hours;
            SHARED: each entry pays its share in every tier
        cap_per_kwh: the price is at most this, money per kWh before VAT
        floor_per_kwh: the price is at least this, money per kWh before VAT
        charges: what is paid besides the price per kWh
        minimum_charge: The least that a local day or billing month costs: energy and
            charges, before VAT
        billing_day: local day of the month on which a billing month begins, 1 to 28
        billing_periods: first local days of billing periods that were read by hand,
            ascending
        demand_window_minutes: the windows of which to_kwh_per_kw takes the highest; default
            60
        clock: the clock on which the schedule is read: the location's, UTC, or one that is
            always so far ahead of UTC, such as +10:00
        holidays: Which days count as holidays: a calendar, or `only` these; without some,
            with others
        currency_conversion: the location's money per unit of the market's
        id: its id, for good
        object: what kind of object this is
        live_mode: true for live data, false for test data
        account_id: the account that it belongs to
        time_created: when it was created
        location_id: id of the location
        display_name: what people call it
        provider_id: id of the supplier or grid operator
        metadata: the client's own texts by key
        is_linked: whether the supplier owns it; it cannot be changed here then
        connection_type: DIRECT: read from the supplier; MARKET: follows a market; LIBRARY:
            from the library; MANUAL: as the client gave it
        status: ERROR: it could not be read from the supplier
        is_temporary: whether it stands in until a better one is connected
        timezone: name in the tz database, such as Europe/London
        currency_code: ISO 4217 code of every amount of money here
        warnings: left out where there are none
    """

    direction: Open[Literal["EXPORT", "IMPORT", "LOCAL"]]
    type: Open[Literal["COMMODITY", "NON_COMMODITY"]]
    contract_start_date: str
    contract_end_date: str | None
    schedule: list[Entry]
    market_rates: bool
    market_source_id: str | None
    devices: list[str]
    vat: float | None
    vat_included: bool
    tier_reset: Open[Literal["CONTRACT", "DAY", "MONTH", "YEAR"]]
    tier_scope: Open[Literal["PERIOD", "SHARED", "TARIFF"]]
    cap_per_kwh: float | None
    floor_per_kwh: float | None
    charges: list[Charge]
    minimum_charge: MinimumCharge | None
    billing_day: int
    billing_periods: list[str]
    demand_window_minutes: int | None
    clock: str
    holidays: Holidays | None
    currency_conversion: float | str | None
    id: str
    object: Open[Literal["tariff"]]
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
    """The energy and the cost of all.

    Attributes:
        energy: Energy in kWh
        cost: Money in the answer's currency, and how certain it is
        lines: what the cost is made of; with `include_lines=true`
    """

    energy: Amount
    cost: Cost
    lines: list[Line] | UnsetType = UNSET


class Unmet(Model, frozen=True, kw_only=True, dict=True):
    """What a device misses with nobody planning.

    Attributes:
        target: the time of a target or `end`; `energy`, `comfort`, `absence`, or `load` of
            the site
        units: WH, C (°C outside the band) or W
        value: how much is missing
        reason: the limit that keeps the goal from being reached
        device_id: id of the device; null where the whole location is meant
    """

    target: str
    units: Open[Literal["C", "W", "WH"]]
    value: float
    reason: Open[
        Literal["device_power", "price_limit", "reserve", "site_power", "window_too_short"]
    ]
    device_id: str


class Warned(Model, frozen=True, kw_only=True, dict=True):
    """Something of the tariff that is possible and probably not meant.

    Attributes:
        code: stable and safe to branch on
        param: path of what is meant: schedule[0].months
        message: what is unusual, and why it matters
    """

    code: str
    param: str | None
    message: str


class WattHours(Model, frozen=True, kw_only=True, dict=True):
    """An energy in Wh.

    Attributes:
        units: unit of `value`
        value: Wh, on the meter side
    """

    units: Open[Literal["WH"]]
    value: float


class Watts(Model, frozen=True, kw_only=True, dict=True):
    """A power in W.

    Attributes:
        units: unit of `value`
        value: W, on the meter side; 0 or more
    """

    units: Open[Literal["W"]]
    value: float
