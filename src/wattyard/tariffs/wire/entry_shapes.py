"""The JSON shapes of a schedule: months, days, hours and rates (contract 2, Schedule grammar)."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from wattyard.platform.decoding import Shape
from wattyard.platform.decoding.texts import NO_CONTROLS

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


Limit = Annotated[float, Meta(gt=0, le=1e12)]


class RateShape(Shape, omit_defaults=True):
    """The price of the consumption up to a limit: a number, a formula, or the market's price.

    The limit is `to_kwh`, or `to_kwh_per_day` for each local day of the reset period, or
    `to_kwh_per_kw` for each kW of the highest window of the month.

    Attributes:
        value: money per kWh, or a formula of numbers and $names
        fixed: another name of `value`
        to_kwh: the tier ends at this many kWh of the reset period; the last tier has no end
        to_kwh_per_day: the tier ends at this many kWh for each local day of the reset period
        to_kwh_per_kw: the tier ends at this many kWh for each kW of the month's highest window
        variables: what the names in a formula stand for: a number, or the code of a market source
        surcharge_fixed: added to the market's price, money per kWh; price = (market + fixed) × (1 +
            percentage)
        surcharge_percentage: added to the market's price after `surcharge_fixed`, a fraction: 0.05
            is 5 %
    """

    value: Money | str | None = None
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

    Attributes:
        rate: the tiers of the price, lowest first
    """

    valid_from: ClockTime
    valid_to: ClockTime
    rate: Annotated[list[RateShape], Meta(min_length=1, max_length=50)]
    counter: CounterWord | None = None


class DaysShape(Shape):
    """The hours of some days of the week.

    Attributes:
        days: days of the week; Weekdays and Weekends are those of the country
        hours: together they cover the 24 hours exactly once
    """

    days: Annotated[list[Day], Meta(min_length=1, max_length=20)]
    hours: Annotated[list[HoursShape], Meta(min_length=1, max_length=1500)]


class EntryShape(Shape):
    """The days and hours of some months and special dates.

    Attributes:
        days_and_hours: what a kWh costs on which days of the week
        months: months in which the entry holds
        dates: special days: days of the month (1 to 31), MM-DD, YYYY-MM-DD or Holidays; empty for
            all days
    """

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
    """The hours of some days of the week that count; none to leave these days out.

    Attributes:
        days: days of the week; Weekdays and Weekends are those of the country
        hours: which hours count; empty to leave these days out
    """

    days: Annotated[list[Day], Meta(min_length=1, max_length=20)]
    hours: Annotated[list[FilterHoursShape], Meta(max_length=1500)]


class FilterEntryShape(Shape):
    """The days and hours of some months and special dates that count.

    Attributes:
        days_and_hours: which hours count on which days of the week
        months: months in which the entry holds
        dates: special days: days of the month (1 to 31), MM-DD, YYYY-MM-DD or Holidays; empty for
            all days
    """

    days_and_hours: Annotated[list[FilterDaysShape], Meta(min_length=1, max_length=100)]
    months: Annotated[list[Month], Meta(min_length=1, max_length=20)] = msgspec.field(
        default_factory=lambda: ["All"]
    )
    dates: Annotated[list[int | str], Meta(max_length=2000)] = msgspec.field(default_factory=list)
