"""Numbers, amounts and times, as the reader writes them; times stand in the zone of their place."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import htpy as h
from babel import Locale, UnknownLocaleError, dates, negotiate_locale, numbers
from htpy import Node

from wattyard.kernel import instants

_ENGLISH: Final = "en_GB"
_JOINED: Final = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
"""Between a letter and a digit."""
_OFFERED: Final = (
    *(
        "en_GB",
        "en_US",
        "en",
        "de",
        "de_AT",
        "de_CH",
        "fr",
        "nl",
        "nl_BE",
        "es",
        "it",
        "pt",
        "pt_BR",
    ),
    *(
        "da",
        "sv",
        "nb",
        "fi",
        "pl",
        "cs",
        "sk",
        "sl",
        "hr",
        "hu",
        "ro",
        "bg",
        "el",
        "et",
        "lv",
        "lt",
    ),
    *("ga", "is", "uk", "tr", "ja", "ko", "zh"),
)


class Formats:
    """How a reader writes numbers and dates.

    `language` is a tag of BCP 47 such as `de-AT`; one that is not known is read as English.
    """

    def __init__(self, language: str = "", zone: str = "UTC") -> None:
        self.locale = _locale(language)
        self._zone = zone

    @property
    def decimal_comma(self) -> bool:
        """Whether the reader writes `1,5` for one and a half."""
        return numbers.get_decimal_symbol(self.locale) == ","

    def number(self, value: float | None, unit: str = "", *, digits: int = 2) -> str:
        """A number with at most `digits` decimal places, and its unit: `1,234.5 kWh`."""
        if value is None:
            return "–"
        pattern = "#,##0" + (f".{'#' * digits}" if digits else "")
        text = numbers.format_decimal(value, format=pattern, locale=self.locale)
        return f"{text}\N{NO-BREAK SPACE}{unit}" if unit else text

    def money(self, value: float | None, currency: str, *, digits: int | None = None) -> str:
        """An amount of money: `£12.40`; `digits` where not those of the currency."""
        if value is None:
            return "–"
        if digits is None:
            return _spaced(numbers.format_currency(value, currency, locale=self.locale))
        plain = self.locale.currency_formats["standard"].pattern
        pattern = plain.replace("0.00", "0." + "0" * digits)
        text = numbers.format_currency(
            value, currency, format=pattern, locale=self.locale, currency_digits=False
        )
        return _spaced(text)

    def rate(self, value: float | None, currency: str) -> str:
        """A price of energy: `£0.2483 per kWh`."""
        return "–" if value is None else f"{self.money(value, currency, digits=4)} per kWh"

    def percent(self, value: float | None) -> str:
        """A share given in percent: `80 %`."""
        return self.number(value, "%", digits=1)

    def when(self, instant: datetime | str | None, zone: str | None = None) -> Node:
        """An instant in a zone, with its name: `27 Nov 2026, 20:14 (Europe/London)`."""
        if instant is None:
            return "never"
        found = _instant(instant)
        name = zone or self._zone
        local = found.astimezone(ZoneInfo(name))
        day = dates.format_date(local, "medium", locale=self.locale)
        time = dates.format_time(local, "short", tzinfo=local.tzinfo, locale=self.locale)
        return h.time(datetime=instants.text(found))[f"{day}, {time}", h.small[f" ({name})"]]

    def time(self, instant: datetime | str, zone: str | None = None) -> str:
        """The time of the day, without its date and zone: for where both are named already."""
        local = _instant(instant).astimezone(ZoneInfo(zone or self._zone))
        return dates.format_time(local, "short", tzinfo=local.tzinfo, locale=self.locale)

    def weekday(self, instant: datetime | str, zone: str | None = None) -> str:
        """The weekday and day of an instant: `Fri 27 Nov`."""
        local = _instant(instant).astimezone(ZoneInfo(zone or self._zone))
        return dates.format_skeleton("MMMEd", local, locale=self.locale)

    def day(self, day: date | str | None) -> str:
        """A day of the calendar: `27 Nov 2026`."""
        if day is None:
            return "–"
        found = date.fromisoformat(day) if isinstance(day, str) else day
        return dates.format_date(found, "medium", locale=self.locale)

    def days(self, first: date, last: date) -> str:
        """Days of the calendar from the first to the last: `13–31 Mar 2026`."""
        return dates.format_interval(first, last, "yMMMd", locale=self.locale)

    def month(self, day: date) -> str:
        """A month of the calendar: `November 2026`."""
        return dates.format_skeleton("yMMMM", day, locale=self.locale)

    def since(self, instant: datetime | str | None, now: datetime) -> Node:
        """How long ago something was: `3 hours ago`, with the instant as its title."""
        if instant is None:
            return "never"
        found = _instant(instant)
        text = dates.format_timedelta(
            found - now, add_direction=True, locale=_english_words(self.locale)
        )
        return h.time(datetime=instants.text(found), title=instants.text(found))[text]


@cache
def languages() -> Sequence[tuple[str, str]]:
    """The languages that a person can choose, as tags and English names; none is the browser's."""
    named = sorted(
        (Locale.parse(one).get_display_name("en") or one, one.replace("_", "-")) for one in _OFFERED
    )
    return [("", "As the browser says"), *((tag, name) for name, tag in named)]


def language_of(accepted: str) -> str:
    """The language that a browser asks for first (`Accept-Language`), of those known here."""
    wanted = sorted(_weighted(accepted), key=lambda one: -one[0])
    preferred = [tag for _, tag in wanted]
    return negotiate_locale(preferred, _OFFERED, sep="_") or _ENGLISH


def _weighted(accepted: str) -> Sequence[tuple[float, str]]:
    found = []
    for part in accepted.split(",")[:20]:
        tag, _, weight = part.strip().partition(";q=")
        try:
            found.append((float(weight or 1), tag.replace("-", "_")))
        except ValueError:
            continue
    return found


def _locale(language: str) -> Locale:
    try:
        return Locale.parse((language or _ENGLISH).replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale.parse(_ENGLISH)


def _spaced(amount: str) -> str:
    """Part a currency's code or letters from the digits beside them, as CLDR says: `SEK 12.40`."""
    return _JOINED.sub("\N{NO-BREAK SPACE}", amount)


def _english_words(locale: Locale) -> Locale:
    """The pages' words are English; only numbers and dates are the reader's."""
    return locale if locale.language == "en" else Locale.parse(_ENGLISH)


def _instant(instant: datetime | str) -> datetime:
    if isinstance(instant, str):
        return datetime.fromisoformat(instant).astimezone(UTC)
    return instant
