"""Which days a tariff counts as holidays (contract 2b, "Holidays").

"Order: the calendar without its own observed substitutes (except under AS_CALENDAR) -> `only`
replaces it -> `remove` -> `add` -> `observed`."

Readings
--------
* The calendar is the `holidays` library's default category; NATIONAL is the country's without a
  subdivision.
* A name stands for every day that bears it in the regional calendar, letter by letter, in the
  country's own language or in English. Under AS_CALENDAR it stands for the calendar's own
  substitutes too: "Christmas Day" for "Christmas Day (observed)".
* `MM-DD` of 29 February is no day in other years.
* NEAREST_WORKDAY knows Saturday and Sunday only (ValueError elsewhere).
* Substitutes of the year before and the year after are looked at too: New Year on a Saturday
  may count on the last day of the old year.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache

import holidays
from dateutil.easter import EASTER_ORTHODOX, EASTER_WESTERN, easter

from .region_reference import SATURDAY, SUNDAY, Region
from .schedule_reference import Json

DAY = timedelta(days=1)
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
EASTER = re.compile(r"(ORTHODOX_)?EASTER([+-]\d+)?")
WEEKDAY_OF_MONTH = re.compile(rf"({'|'.join(MONTHS)})-({'|'.join(WEEKDAYS)})-([1-5]|LAST)")


@dataclass(frozen=True)
class TariffDays:
    """Weekends and holidays as one tariff counts them at a place."""

    region: Region
    rules: Json
    _years: dict[int, frozenset[date]] = field(default_factory=dict, repr=False)

    def is_weekend(self, day: date) -> bool:
        return self.region.is_weekend(day)

    def is_holiday(self, day: date) -> bool:
        if day.year not in self._years:
            self._years[day.year] = self._counted(day.year)
        return day in self._years[day.year]

    def _counted(self, year: int) -> frozenset[date]:
        written = {
            day for near in (year - 1, year, year + 1) for day in self._before_observed(near)
        }
        return frozenset(written | self._observed(written))

    def _before_observed(self, year: int) -> set[date]:
        own = set(self._calendar(self.rules.get("calendar") or "REGIONAL", year))
        if self.rules.get("only"):
            own = self._days_of(self.rules["only"], year)
        own -= self._days_of(self.rules.get("remove") or [], year)
        return own | self._days_of(self.rules.get("add") or [], year)

    def _observed(self, written: set[date]) -> set[date]:
        """ "A holiday on a weekend stays one and also counts on the next (NEAREST: Saturday back,
        Sunday on) day that is neither weekend nor already counted, the earliest holiday first"."""
        found: set[date] = set()
        rule = self.rules.get("observed") or "AS_CALENDAR"
        if rule in ("AS_CALENDAR", "NONE"):
            return found
        for holiday in sorted(filter(self.is_weekend, written)):
            step = DAY
            if rule == "NEAREST_WORKDAY":
                step = {SATURDAY: -DAY, SUNDAY: DAY}[holiday.weekday()]
            day = holiday + step
            while self.is_weekend(day) or day in written | found:
                day += step
            found.add(day)
        return found

    def _calendar(self, which: str, year: int) -> dict[date, list[str]]:
        own_substitutes = (self.rules.get("observed") or "AS_CALENDAR") == "AS_CALENDAR"
        state = self.region.state if which == "REGIONAL" else None
        if which == "NONE":
            return {}
        return _named_days(self.region.country, state, year, own_substitutes)

    def _days_of(self, expressions: list[str], year: int) -> set[date]:
        return {day for one in expressions for day in self._days(one, year)}

    def _days(self, expression: str, year: int) -> list[date]:
        """The days of a year that an expression stands for."""
        if re.fullmatch(r"\d{4}-\d\d-\d\d", expression):
            day = date.fromisoformat(expression)
            return [day] if day.year == year else []
        if re.fullmatch(r"\d\d-\d\d", expression):
            return _if_it_exists(year, int(expression[:2]), int(expression[3:]))
        if found := EASTER.fullmatch(expression):
            sunday = easter(year, EASTER_ORTHODOX if found[1] else EASTER_WESTERN)
            return [sunday + DAY * int(found[2] or 0)]
        if found := WEEKDAY_OF_MONTH.fullmatch(expression):
            month, weekday = MONTHS.index(found[1]) + 1, WEEKDAYS.index(found[2])
            return _weekday_of_month(year, month, weekday, found[3])
        named = self._calendar("REGIONAL", year)
        moved = f"{expression} ("
        return [
            day
            for day, names in named.items()
            if any(name == expression or name.startswith(moved) for name in names)
        ]


def _if_it_exists(year: int, month: int, day: int) -> list[date]:
    return [date(year, month, day)] if day <= calendar.monthrange(year, month)[1] else []


def _weekday_of_month(year: int, month: int, weekday: int, which: str) -> list[date]:
    days = [date(year, month, n + 1) for n in range(calendar.monthrange(year, month)[1])]
    alike = [day for day in days if day.weekday() == weekday]
    return alike[-1:] if which == "LAST" else alike[int(which) - 1 : int(which)]


@cache
def _named_days(
    country: str | None, state: str | None, year: int, own_substitutes: bool
) -> dict[date, list[str]]:
    """The days of a calendar with their names; none without a country."""
    found: dict[date, list[str]] = {}
    if country is None:
        return found
    subdivision = state.rpartition("-")[2] if state else None
    for choice in (subdivision, None):
        try:
            plain = holidays.country_holidays(country, subdiv=choice)
        except NotImplementedError:
            continue
        for language in (plain.default_language, "en_US"):
            named = holidays.country_holidays(
                country, subdiv=choice, years=year, observed=own_substitutes, language=language
            )
            for day in (one for one in named if one.year == year):
                found.setdefault(day, []).extend(named.get_list(day))
        return found
    return found
