"""The JSON shapes of a tariff's rules: the schedule grammar and what goes with it (contract 2)."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from wattyard.platform.decoding import Shape
from wattyard.platform.decoding.texts import NO_CONTROLS, DeviceId, Label, an_id
from wattyard.tariffs.domain.demand import MOST_PERIODS
from wattyard.tariffs.domain.holidays import HolidayCalendar, Observed

Month = Literal[
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "All"
]
Day = Literal[
    "Mon",
    "Tue",
    "Wed",
    "Thu",
    "Fri",
    "Sat",
    "Sun",
    "Weekdays",
    "Weekday",
    "Weekends",
    "Weekend",
    "All",
]
ClockTime = Annotated[
    str,
    Meta(
        pattern=r"^(([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?|24:00(:00)?)$(?!\n)",
        description="local wall-clock time",
        extra={"expected": "a wall-clock time HH:mm or HH:mm:ss"},
    ),
]
Money = Annotated[float, Meta(ge=-1e6, le=1e6)]
Percentage = Annotated[float, Meta(ge=-1, le=100, description="a fraction: 0.05 is 5 %")]
MarketSourceId = Annotated[str, an_id("mrs", of="a market source")]
ContractDate = Annotated[
    str,
    Meta(
        max_length=40,
        description="a date (the local midnight at its start) or an RFC 3339 instant",
        extra={"expected": "a date such as 2026-01-01 or an instant such as 2026-01-01T00:00:00Z"},
    ),
]


Limit = Annotated[float, Meta(gt=0, le=1e12)]


class RateShape(Shape, omit_defaults=True):
    """The price of the consumption up to a limit: a number, a formula, or the market's price.

    The limit is `to_kwh`, or `to_kwh_per_day` for each local day of the reset period, or
    `to_kwh_per_kw` for each kW of the highest window of the month.
    """

    value: Money | Annotated[str, Meta(description="a formula of numbers and $names")] | None = None
    fixed: Money | str | None = None
    to_kwh: Limit | None = None
    to_kwh_per_day: Limit | None = None
    to_kwh_per_kw: Limit | None = None
    variables: (
        Annotated[
            dict[str, Money | str],
            Meta(extra={"expected": "an object of numbers and codes of market sources by name"}),
        ]
        | None
    ) = None
    surcharge_fixed: Money | None = None
    surcharge_percentage: Percentage | None = None


CounterWord = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=60,
        pattern=NO_CONTROLS,
        description="a word; hours that share it count together (tier_scope PERIOD)",
        extra={"expected": "text of 1 to 60 characters without control characters"},
    ),
]


class HoursShape(Shape, omit_defaults=True):
    """Hours of the wall clock, half-open, and their price.

    Hours with the same `counter` count consumption together, each by its own limits.
    """

    valid_from: ClockTime
    valid_to: ClockTime
    rate: Annotated[list[RateShape], Meta(min_length=1, max_length=50)]
    counter: CounterWord | None = None


class DaysShape(Shape):
    """The hours of some days of the week."""

    days: Annotated[list[Day], Meta(min_length=1, max_length=20)]
    hours: Annotated[list[HoursShape], Meta(min_length=1, max_length=1500)]


class EntryShape(Shape):
    """The days and hours of some months and special dates."""

    days_and_hours: Annotated[list[DaysShape], Meta(min_length=1, max_length=100)]
    months: Annotated[list[Month], Meta(min_length=1, max_length=20)] = msgspec.field(
        default_factory=lambda: ["All"]
    )
    dates: Annotated[list[int | str], Meta(max_length=2000)] = msgspec.field(default_factory=list)


class FilterHoursShape(Shape):
    """Hours of the wall clock, half-open."""

    valid_from: ClockTime
    valid_to: ClockTime


class FilterDaysShape(Shape):
    """The hours of some days of the week that count; none to leave these days out."""

    days: Annotated[list[Day], Meta(min_length=1, max_length=20)]
    hours: Annotated[list[FilterHoursShape], Meta(max_length=1500)]


class FilterEntryShape(Shape):
    """The days and hours of some months and special dates that count."""

    days_and_hours: Annotated[list[FilterDaysShape], Meta(min_length=1, max_length=100)]
    months: Annotated[list[Month], Meta(min_length=1, max_length=20)] = msgspec.field(
        default_factory=lambda: ["All"]
    )
    dates: Annotated[list[int | str], Meta(max_length=2000)] = msgspec.field(default_factory=list)


Amount = Annotated[float, Meta(ge=-1e9, le=1e9)]
Kw = Annotated[float, Meta(gt=0, le=1e9)]
PeriodCount = Annotated[int, Meta(ge=1, le=MOST_PERIODS)]


class DemandStepShape(Shape, omit_defaults=True):
    """A step of peaks: what a peak from the step before up to `to_kw`, exclusive, costs."""

    amount: Amount
    to_kw: Kw | None = None


class DemandTierShape(Shape, omit_defaults=True):
    """A tier of peaks: what each kW of the part up to `to_kw` costs."""

    amount_per_kw: Amount
    to_kw: Kw | None = None


class DemandWeightShape(Shape):
    """With which factor the windows count that start in a schedule's hours."""

    schedule: Annotated[list[FilterEntryShape], Meta(min_length=1, max_length=100)]
    factor: Annotated[float, Meta(ge=0, le=100, description="0.5: the power counts half")]


class ChargeShape(Shape, omit_defaults=True):
    """A charge beside the price per kWh: `amount` a day, month or year, or one for demand.

    DEMAND takes one of `amount_per_kw`, `steps` and `tiers`.
    """

    kind: Literal["DAILY", "MONTHLY", "YEARLY", "DEMAND"]
    name: Label | None = None
    amount: Amount | None = None
    amount_per_kw: Annotated[Amount, Meta(description="for each kW of the peak")] | None = None
    steps: Annotated[list[DemandStepShape], Meta(min_length=1, max_length=50)] | None = None
    tiers: Annotated[list[DemandTierShape], Meta(min_length=1, max_length=50)] | None = None
    per: (
        Annotated[
            Literal["MONTH", "DAY"],
            Meta(description="MONTH (default): for the billing period; DAY: times its local days"),
        ]
        | None
    ) = None
    window_minutes: Literal[15, 30, 60] | None = None
    reset: Literal["MONTH"] | None = None
    schedule: Annotated[list[FilterEntryShape], Meta(min_length=1, max_length=1000)] | None = None
    weights: Annotated[list[DemandWeightShape], Meta(min_length=1, max_length=20)] | None = None
    peak: (
        Annotated[
            Literal["HIGHEST", "MEAN_OF_DAYS"],
            Meta(description="the highest window (default), or the mean of those of `days` days"),
        ]
        | None
    ) = None
    days: Annotated[int, Meta(ge=1, le=31)] | None = None
    minimum_kw: (
        Annotated[float, Meta(ge=0, le=1e9, description="a peak counts as at least this")] | None
    ) = None
    periods: (
        Annotated[PeriodCount, Meta(description="the mean of so many periods, this one included")]
        | None
    ) = None
    ratchet_percent: (
        Annotated[
            float,
            Meta(gt=0, le=100, description="at least this share of the highest earlier peak"),
        ]
        | None
    ) = None
    ratchet_periods: (
        Annotated[PeriodCount, Meta(description="in how many periods before")] | None
    ) = None
    cap_per_kwh: (
        Annotated[float, Meta(ge=0, le=1e6, description="at most this for each kWh drawn")] | None
    ) = None


class MinimumChargeShape(Shape):
    """The least that a local day or billing month costs: energy and charges, before VAT."""

    amount: Annotated[float, Meta(ge=0, le=1e9)]
    per: Literal["DAY", "MONTH"]


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
    """Which days count as holidays: a calendar, or `only` these; without some, with others."""

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
    """What a tariff's prices depend on."""

    direction: Literal["IMPORT", "EXPORT", "LOCAL"]
    type: Literal["COMMODITY", "NON_COMMODITY"]
    contract_start_date: ContractDate
    contract_end_date: Annotated[
        ContractDate | None, Meta(description="null: the contract runs until it is terminated")
    ]
    schedule: Annotated[list[EntryShape], Meta(min_length=1, max_length=2000)]
    market_rates: bool = False
    market_source_id: MarketSourceId | None = None
    devices: Annotated[list[DeviceId], Meta(max_length=1000)] = msgspec.field(default_factory=list)
    vat: Annotated[float, Meta(ge=0, le=1, description="a fraction: 0.2 is 20 %")] | None = None
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
    demand_window_minutes: (
        Annotated[
            Literal[15, 30, 60],
            Meta(description="the windows of which to_kwh_per_kw takes the highest; default 60"),
        ]
        | None
    ) = None
    clock: ScheduleClock = "LOCAL"
    holidays: HolidaysShape | None = None
    currency_conversion: CurrencyConversion | None = None
