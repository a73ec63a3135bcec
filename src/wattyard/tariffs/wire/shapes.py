"""The JSON shapes of a tariff's rules (contract 2)."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from wattyard.platform.decoding import Shape
from wattyard.platform.decoding.texts import NO_CONTROLS, DeviceId, an_id
from wattyard.tariffs.domain.holidays import HolidayCalendar, Observed
from wattyard.tariffs.wire.charge_shapes import ChargeShape, MinimumChargeShape
from wattyard.tariffs.wire.entry_shapes import EntryShape, Money

MarketSourceId = Annotated[str, an_id("mrs", of="a market source")]
ContractDate = Annotated[
    str,
    Meta(
        max_length=40,
        description="a date (the local midnight at its start) or an RFC 3339 instant",
        extra={"expected": "a date such as 2026-01-01 or an instant such as 2026-01-01T00:00:00Z"},
    ),
]
HolidayText = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=120,
        pattern=NO_CONTROLS,
        description="MM-DD, YYYY-MM-DD, EASTER-2, ORTHODOX_EASTER+1, AUG-MON-1, MAY-MON-LAST, or "
        "the name of a holiday in the calendar",
        extra={"expected": "a date, a rule or a name of 1 to 120 characters"},
    ),
]
HolidayTexts = Annotated[list[HolidayText], Meta(max_length=100)]


class HolidaysShape(Shape):
    """Which days count as holidays: a calendar, or `only` these; without some, with others.

    Attributes:
        calendar: REGIONAL: the holidays of country and state; NATIONAL: of the country; NONE: none
        only: days that count instead of the calendar's
        add: days that count besides
        remove: days that do not count
        observed: on which day a holiday on a weekend counts besides: as the calendar says, none,
            the next workday, the nearest
    """

    calendar: HolidayCalendar = "REGIONAL"
    only: HolidayTexts = msgspec.field(default_factory=list)
    add: HolidayTexts = msgspec.field(default_factory=list)
    remove: HolidayTexts = msgspec.field(default_factory=list)
    observed: Observed = "AS_CALENDAR"


BillingDay = Annotated[
    int,
    Meta(ge=1, le=28, description="the local day of each month from which its months run"),
]
LocalDay = Annotated[
    str,
    Meta(
        pattern=r"^\d{4}-\d\d-\d\d$(?!\n)",
        description="the first local day of a billing period",
        extra={"expected": "a date such as 2026-01-31"},
    ),
]
ScheduleClock = Annotated[
    str,
    Meta(
        pattern=r"^(LOCAL|UTC|[+-]((0\d|1[0-3]):[0-5]\d|14:00))$(?!\n)",
        description="the clock on which the schedule is read: the location's, UTC, or one that is "
        "always so far ahead of UTC, such as +10:00",
        extra={"expected": "LOCAL, UTC or an offset such as +10:00"},
    ),
]
CurrencyConversion = (
    Annotated[
        float,
        Meta(gt=0, le=1e9, description="the location's money per unit of the market's"),
    ]
    | Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,59}$(?!\n)",
            description="the code of a market source with unit RATE, or FORMULA",
        ),
    ]
)


class RulesShape(Shape):
    """What a tariff's prices depend on.

    Attributes:
        direction: IMPORT: bought from the grid; EXPORT: sold to it; LOCAL: own generation
        type: COMMODITY: the energy; NON_COMMODITY: network fees and levies, with IMPORT only
        contract_start_date: from when it holds
        contract_end_date: null: the contract runs until it is terminated
        schedule: what a kWh costs, when; every day of the term is covered exactly once
        market_rates: whether the rates follow the market `market_source_id`
        market_source_id: the market that the rates follow
        devices: ids of the devices that it is for; empty for the whole location
        vat: a fraction: 0.2 is 20 %
        vat_included: false: `vat` is added to rates and charges
        tier_reset: when the count of kWh starts again
        tier_scope: TARIFF: one count for the tariff; PERIOD: one for each entry of hours; SHARED:
            each entry pays its share in every tier
        cap_per_kwh: the price is at most this, money per kWh before VAT
        floor_per_kwh: the price is at least this, money per kWh before VAT
        charges: what is paid besides the price per kWh
        billing_day: local day of the month on which a billing month begins, 1 to 28
        billing_periods: first local days of billing periods that were read by hand, ascending
        demand_window_minutes: the windows of which to_kwh_per_kw takes the highest; default 60
    """

    direction: Literal["IMPORT", "EXPORT", "LOCAL"]
    type: Literal["COMMODITY", "NON_COMMODITY"]
    contract_start_date: ContractDate
    contract_end_date: ContractDate | None
    schedule: Annotated[list[EntryShape], Meta(min_length=1, max_length=2000)]
    market_rates: bool = False
    market_source_id: MarketSourceId | None = None
    devices: Annotated[list[DeviceId], Meta(max_length=1000)] = msgspec.field(default_factory=list)
    vat: Annotated[float, Meta(ge=0, le=1)] | None = None
    vat_included: bool = True
    tier_reset: Literal["DAY", "MONTH", "YEAR", "CONTRACT"] = "MONTH"
    tier_scope: Literal["TARIFF", "PERIOD", "SHARED"] = "TARIFF"
    cap_per_kwh: Money | None = None
    floor_per_kwh: Money | None = None
    charges: Annotated[list[ChargeShape], Meta(max_length=100)] = msgspec.field(
        default_factory=list
    )
    minimum_charge: MinimumChargeShape | None = None
    billing_day: BillingDay = 1
    billing_periods: Annotated[list[LocalDay], Meta(max_length=1000)] = msgspec.field(
        default_factory=list
    )
    demand_window_minutes: Literal[15, 30, 60] | None = None
    clock: ScheduleClock = "LOCAL"
    holidays: HolidaysShape | None = None
    currency_conversion: CurrencyConversion | None = None
