"""Names of holidays that the calendar of the place does not have (contract 2b, Holidays)."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from wattyard.kernel.ids import shown
from wattyard.kernel.refusals import Fault
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.holidays import NamedDay, names_a_holiday
from wattyard.tariffs.domain.refusals import HolidayUnknown
from wattyard.tariffs.domain.tariff import Tariff, local_dates

_YEARS: Final = 30
"""In so many years nearly every holiday that moves has come."""


def unknown_holidays(tariff: Tariff, region: CalendarRegion) -> Iterator[Fault]:
    """List the names that no holiday has in the first 30 years of the contract."""
    first = local_dates(tariff.term, region)[0].year
    years = range(first, min(first + _YEARS, date.max.year + 1))
    place = region.country_code, region.state
    for name, days in tariff.holidays.lists:
        for number, day in enumerate(days):
            if isinstance(day, NamedDay) and not names_a_holiday(place, day.name, years):
                path = f"holidays.{name}[{number}]"
                yield Fault(
                    HolidayUnknown.code,
                    f"{path}: {_calendar(region)} has no holiday {shown(day.name)}; name one "
                    "that it has, or give MM-DD, YYYY-MM-DD, EASTER-2 or AUG-MON-1",
                    path,
                )


def _calendar(region: CalendarRegion) -> str:
    if region.country_code is None:
        return "a location without country_code"
    return f"the calendar of {region.country_code}" + (f", {region.state}" if region.state else "")
