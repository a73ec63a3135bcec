"""Which days a tariff counts as holidays (contract 2b, Holidays).

The calendar is that of the `holidays` library (category `public`), for the country and, where the
library knows it, the state. A tariff can replace it, take days from it and add others, and say what
becomes of a holiday on a weekend.
"""

import re
import warnings
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from functools import lru_cache
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from wattyard.kernel.values import dataclass

if TYPE_CHECKING:
    import holidays

HolidayCalendar = Literal["REGIONAL", "NATIONAL", "NONE"]
Observed = Literal["AS_CALENDAR", "NONE", "NEXT_WORKDAY", "NEAREST_WORKDAY"]
Named = Mapping[date, str]
"""Days of a year with the name of each."""

_YEARS: Final = (1950, 2150)
"""Holidays of other years are not looked up: they are not decreed, and slow to calculate."""
_MONTHS: Final = (
    *("JAN", "FEB", "MAR", "APR", "MAY", "JUN"),
    *("JUL", "AUG", "SEP", "OCT", "NOV", "DEC"),
)
_WEEKDAYS: Final = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_LEAP_YEAR: Final = 2000
_SATURDAY: Final = 5
_LAST: Final = -1
_ONE_DAY: Final = timedelta(days=1)
_ONE_AT_A_TIME: Final = Lock()
_ONCE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_YEARLY = re.compile(r"(\d\d)-(\d\d)", re.ASCII)
_EASTER = re.compile(r"(ORTHODOX_)?EASTER([+-]\d{1,3})?", re.ASCII)
_WEEKDAY = re.compile(r"([A-Z]{3})-([A-Z]{3})-([1-5]|LAST)", re.ASCII)


@dataclass(frozen=True, slots=True)
class OnceDay:
    """One date."""

    day: date

    def dates(self, year: int) -> list[date]:
        return [self.day] if self.day.year == year else []


@dataclass(frozen=True, slots=True)
class YearlyDay:
    """The same date of every year; 29 February in leap years only."""

    month: int
    day: int

    def dates(self, year: int) -> list[date]:
        try:
            return [date(year, self.month, self.day)]
        except ValueError:
            return []


@dataclass(frozen=True, slots=True)
class EasterDay:
    """So many days after Easter Sunday, or before it, of the Western or the Orthodox churches."""

    days_after: int
    orthodox: bool = False

    def dates(self, year: int) -> list[date]:
        """List its dates in a year; one more than half a year from Easter may be of another's."""
        years = (y for y in (year - 1, year, year + 1) if date.min.year <= y <= date.max.year)
        found = (_easter(y, orthodox=self.orthodox).toordinal() + self.days_after for y in years)
        first, last = (date(year, *ends).toordinal() for ends in ((1, 1), (12, 31)))
        return [date.fromordinal(day) for day in found if first <= day <= last]


@dataclass(frozen=True, slots=True)
class WeekdayDay:
    """The nth (1..5, -1 the last) of a weekday (0 is Monday) in a month (1..12) of every year."""

    month: int
    weekday: int
    nth: int

    def dates(self, year: int) -> list[date]:
        days = monthrange(year, self.month)[1]
        dates = (date(year, self.month, day + 1) for day in range(days))
        own = [day for day in dates if day.weekday() == self.weekday]
        if self.nth == _LAST:
            return own[-1:]
        return own[self.nth - 1 : self.nth]


@dataclass(frozen=True, slots=True)
class NamedDay:
    """A holiday of the regional calendar, by its name there or its English name."""

    name: str


HolidayDay = OnceDay | YearlyDay | EasterDay | WeekdayDay | NamedDay


def holiday_day(text: str) -> HolidayDay:
    """Read how a tariff says a day: a date, a rule, or a name.

    Raises:
        ValueError: for a date that does not exist.
    """
    if _ONCE.fullmatch(text):
        return OnceDay(date.fromisoformat(text))
    if yearly := _YEARLY.fullmatch(text):
        day = date(_LEAP_YEAR, int(yearly[1]), int(yearly[2]))
        return YearlyDay(day.month, day.day)
    if easter := _EASTER.fullmatch(text):
        return EasterDay(int(easter[2] or 0), orthodox=easter[1] is not None)
    rule = _WEEKDAY.fullmatch(text)
    if rule and rule[1] in _MONTHS and rule[2] in _WEEKDAYS:
        nth = _LAST if rule[3] == "LAST" else int(rule[3])
        return WeekdayDay(_MONTHS.index(rule[1]) + 1, _WEEKDAYS.index(rule[2]), nth)
    return NamedDay(text)


@dataclass(frozen=True, slots=True)
class HolidayRules:
    """Which holidays count.

    The calendar, without its own observed substitutes except under AS_CALENDAR → `only` replaces
    it → `remove` → `add` → `observed`.
    """

    calendar: HolidayCalendar = "REGIONAL"
    only: tuple[HolidayDay, ...] = ()
    add: tuple[HolidayDay, ...] = ()
    remove: tuple[HolidayDay, ...] = ()
    observed: Observed = "AS_CALENDAR"

    @property
    def lists(self) -> Iterator[tuple[str, tuple[HolidayDay, ...]]]:
        """The days of each list with the list's name."""
        yield from (("only", self.only), ("add", self.add), ("remove", self.remove))


AS_DECREED: Final = HolidayRules()


@lru_cache(maxsize=512)
def holidays_of(
    country_code: str | None, state: str | None, rules: HolidayRules, year: int
) -> Named:
    """List the holidays of a year, in order of time, with what each is called."""
    if rules.observed in ("AS_CALENDAR", "NONE"):
        return MappingProxyType(dict(sorted(_listed(country_code, state, rules, year).items())))
    years = [y for y in (year - 1, year, year + 1) if date.min.year <= y <= date.max.year]
    base: dict[date, str] = {}
    for one in years:
        base |= _listed(country_code, state, rules, one)
    own = library_calendar(country_code, state, year, observed=False)
    is_weekend = own.is_weekend if own is not None else _saturday_or_sunday
    counted = _with_substitutes(base, rules.observed, is_weekend)
    return MappingProxyType({d: n for d, n in sorted(counted.items()) if d.year == year})


def _listed(
    country_code: str | None, state: str | None, rules: HolidayRules, year: int
) -> dict[date, str]:
    """List the days of a year before substitutes are looked for."""
    of_year = _year_under(country_code, state, rules, year)
    days = dict(_present(rules, of_year))
    for day, _ in _found(rules.remove, of_year):
        days.pop(day, None)
    for day, name in _found(rules.add, of_year):
        days.setdefault(day, name)
    return days


def _present(rules: HolidayRules, of_year: "_LibraryYear") -> Named:
    """List the days of a year that `remove` takes from: those of the calendar, or `only`."""
    if rules.only:
        return dict(_found(rules.only, of_year))
    return {} if rules.calendar == "NONE" else of_year.names(national=rules.calendar == "NATIONAL")


@lru_cache(maxsize=64)
def _present_in(
    country_code: str | None, state: str | None, rules: HolidayRules, year: int
) -> Named:
    return _present(rules, _year_under(country_code, state, rules, year))


def takes_a_holiday(
    region: tuple[str | None, str | None], rules: HolidayRules, day: HolidayDay, year: int
) -> bool:
    """Check whether `remove` takes any holiday of a year with a day, substitutes included."""
    present = _present_in(*region, rules, year)
    own = _found((day,), _year_under(*region, rules, year))
    return any(one in present for one, _ in own)


def _found(wanted: Iterable[HolidayDay], of_year: "_LibraryYear") -> Iterator[tuple[date, str]]:
    for one in wanted:
        if isinstance(one, NamedDay):
            yield from ((day, one.name) for day in of_year.dates_of(one.name))
        else:
            known = of_year.names()
            yield from ((day, known.get(day, "")) for day in one.dates(of_year.year))


def _with_substitutes(
    base: Mapping[date, str], observed: Observed, is_weekend: Callable[[date], bool]
) -> dict[date, str]:
    """Let each holiday on a weekend also count on a working day near it, the earliest first."""
    counted = dict(base)
    for day in sorted(base):
        if not is_weekend(day):
            continue
        back = observed == "NEAREST_WORKDAY" and day.weekday() == _SATURDAY
        step = -_ONE_DAY if back else _ONE_DAY
        substitute = day
        while (is_weekend(substitute) or substitute in counted) and substitute < date.max:
            substitute += step
        counted[substitute] = f"{base[day]} (observed)".strip()
    return counted


@dataclass(frozen=True, slots=True)
class _LibraryYear:
    """A year of a region's calendar, with or without the days that it observes instead."""

    country_code: str | None
    state: str | None
    year: int
    observed: bool

    def names(self, *, national: bool = False) -> Named:
        state = None if national else self.state
        return _library_names(self.country_code, state, self.year, self.observed)

    def dates_of(self, name: str) -> list[date]:
        """Find the days that a name means: those called so, alone, observed, or estimated."""
        wanted = _normal(name)
        return sorted(
            {
                day
                for names, label in _spoken_names(
                    self.country_code, self.state, self.year, self.observed
                )
                for day, together in names.items()
                for one in together.split("; ")
                if one == wanted or one.startswith(f"{wanted} (") or one == label % wanted
            }
        )


def _year_under(
    country_code: str | None, state: str | None, rules: HolidayRules, year: int
) -> _LibraryYear:
    return _LibraryYear(country_code, state, year, rules.observed == "AS_CALENDAR")


def names_a_holiday(region: tuple[str | None, str | None], name: str, years: Iterable[int]) -> bool:
    """Check whether the calendar of a country and state has a holiday of a name in any year."""
    country_code, state = region
    return any(
        _LibraryYear(country_code, state, year, observed=False).dates_of(name) for year in years
    )


@lru_cache(maxsize=2048)
def _library_names(
    country_code: str | None,
    state: str | None,
    year: int,
    observed: bool,  # noqa: FBT001 (a key)
) -> Named:
    """List the days of a year in the country's own language; none for an unknown country."""
    own = library_calendar(country_code, state, year, observed=observed)
    return MappingProxyType({} if own is None else dict(own.items()))


@lru_cache(maxsize=512)
def _spoken_names(
    country_code: str | None,
    state: str | None,
    year: int,
    observed: bool,  # noqa: FBT001 (a key)
) -> tuple[tuple[Named, str], ...]:
    """List the days in the country's language and in English, with the label of observed days."""
    own = library_calendar(country_code, state, year, observed=observed)
    if own is None:
        return ()
    english = {"en_US"} & set(own.supported_languages)
    spoken = []
    for language in (None, *english):
        known = library_calendar(country_code, state, year, observed=observed, language=language)
        if known is not None:
            label = getattr(known, "observed_label", None)
            names = MappingProxyType({day: _normal(name) for day, name in known.items()})
            spoken.append((names, _normal(known.tr(label)) if label else "%s"))
    return tuple(spoken)


def library_calendar(
    country_code: str | None,
    state: str | None,
    year: int,
    *,
    observed: bool,
    language: str | None = None,
) -> "holidays.HolidayBase | None":
    """Look up a country's calendar, with the state's own days where the library has them.

    None without a country, or for one that the library does not know. Without a `language` names
    are in the country's own, whatever that of the machine is.
    """
    if country_code is None:
        return None
    import holidays  # noqa: PLC0415 (60 ms and 10 MB that a region without a country never needs)

    subdivision = state.rpartition("-")[2] if state else None
    for wanted in (subdivision, None):
        try:
            kind = getattr(holidays, country_code)
            with _without_warnings():  # of years whose moving holidays the library does not know
                return holidays.country_holidays(
                    country_code,
                    subdiv=wanted,
                    years=min(max(year, _YEARS[0]), _YEARS[1]),
                    expand=False,
                    observed=observed,
                    language=language or kind.default_language,
                )
        except (AttributeError, NotImplementedError):  # regions that the library does not know
            continue
    return None


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Pass over warnings inside the block, which one thread at a time is in."""
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def _saturday_or_sunday(day: date) -> bool:
    return day.weekday() >= _SATURDAY


def _normal(name: str) -> str:
    return " ".join(name.replace("\u2019", "'").casefold().split())


def _easter(year: int, *, orthodox: bool) -> date:
    """Calculate Easter Sunday (Meeus, Astronomical Algorithms, chapter 8)."""
    if orthodox:
        a, b, c = year % 4, year % 7, year % 19
        d = (19 * c + 15) % 30
        e = (2 * a + 4 * b - d + 34) % 7
        month, day = divmod(d + e + 114, 31)
        return date(year, month, day + 1) + timedelta(days=year // 100 - year // 400 - 2)
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    month, day = divmod(h + weekday - 7 * ((a + 11 * h + 22 * weekday) // 451) + 114, 31)
    return date(year, month, day + 1)
