"""The JSON shapes of a tariff's rules: the schedule grammar and what goes with it (contract 2)."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from wattyard.platform.decoding import Shape
from wattyard.platform.decoding.texts import DeviceId, Label, an_id

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


class RateShape(Shape, omit_defaults=True):
    """The price of the consumption up to `to_kwh`: a number, a formula, or the market's price."""

    value: Money | Annotated[str, Meta(description="a formula of numbers and $names")] | None = None
    fixed: Money | str | None = None
    to_kwh: Annotated[float, Meta(gt=0, le=1e12)] | None = None
    variables: (
        Annotated[
            dict[str, Money | str],
            Meta(extra={"expected": "an object of numbers and codes of market sources by name"}),
        ]
        | None
    ) = None
    surcharge_fixed: Money | None = None
    surcharge_percentage: Percentage | None = None


class HoursShape(Shape):
    """Hours of the wall clock, half-open, and their price."""

    valid_from: ClockTime
    valid_to: ClockTime
    rate: Annotated[list[RateShape], Meta(min_length=1, max_length=50)]


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


class ChargeShape(Shape, omit_defaults=True):
    """A charge beside the price per kWh: `amount` a day, month or year, or one per kW."""

    kind: Literal["DAILY", "MONTHLY", "YEARLY", "DEMAND"]
    name: Label | None = None
    amount: Annotated[float, Meta(ge=-1e9, le=1e9)] | None = None
    amount_per_kw: Annotated[float, Meta(ge=-1e9, le=1e9)] | None = None
    window_minutes: Literal[15, 30, 60] | None = None
    reset: Literal["MONTH"] | None = None
    schedule: Annotated[list[FilterEntryShape], Meta(min_length=1, max_length=1000)] | None = None


class RulesShape(Shape):
    """What a tariff's prices depend on."""

    direction: Literal["IMPORT", "EXPORT", "LOCAL"]
    type: Literal["COMMODITY", "NON_COMMODITY"]
    contract_start_date: ContractDate
    contract_end_date: ContractDate
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
