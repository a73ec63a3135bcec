"""Why a price is what it is, in a sentence: which window of which tariff, at which rate."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

import htpy as h
from babel import dates as babel_dates
from htpy import Node

from wattyard.web.dashboard import words
from wattyard.web.dashboard.formats import Formats
from wattyard.web.dashboard.screens.tariff_words import (
    kind_of,
    limit_text,
    months_text,
    rate_text,
)

Document = Mapping[str, Any]

_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAYS: Final = {"Weekday": "weekdays", "Weekdays": "weekdays", "Weekend": "weekends"}
_ALWAYS: Final = "at all times"
_ROW: Final = 3
_YEARLY: Final = re.compile(r"\d\d-\d\d", re.ASCII)
_ANY_LEAP_YEAR: Final = 2028


def windows_of(schedule: Sequence[Document]) -> Iterator[tuple[Document, Document, Document]]:
    """List entry, block and hours of every window of a schedule, in the order of its numbers."""
    for entry in schedule:
        for block in entry["days_and_hours"]:
            for hours in block["hours"]:
                yield entry, block, hours


def name_of(tariff: Document) -> str:
    """What a tariff is called: its name, or what it prices."""
    return tariff["display_name"] or kind_of(tariff).capitalize()


def because(
    tariff: Document, window: int | None, part: Document, form: Formats, address: str
) -> Node:
    """Say which rule of a tariff gives a part of a price.

    `window` numbers the one of its schedule; None where no entry matches.
    """
    named = h.a(href=address)[words.short(name_of(tariff))]
    if window is None:
        return [named, ": no entry of its schedule is for this time."]
    entry, block, hours = list(windows_of(tariff["schedule"]))[window]
    when = when_text(entry, block, hours, form)
    if when == _ALWAYS and _is_flat(hours["rate"]):
        when = "one price at all times"
    return [named, f": {when}, {_price(tariff, hours, part, form)}."]


def _is_flat(rates: Sequence[Document]) -> bool:
    """Whether a kWh costs the same whatever the market and however many there were before."""
    value = rates[0].get("value", rates[0].get("fixed"))
    return len(rates) == 1 and isinstance(value, int | float)


def when_text(entry: Document, block: Document, hours: Document, form: Formats) -> str:
    """Say when a window holds: `at all times`, or `Oct to Mar, weekdays, 07:00 to 23:00`."""
    found = []
    months = months_text(entry["months"])
    if months != "All year":
        found.append(months)
    if entry.get("dates"):
        found.append("only on " + ", ".join(_date(one, form) for one in entry["dates"]))
    days = _days(block["days"])
    if days:
        found.append(days)
    start, end = (_clock(hours[name]) for name in ("valid_from", "valid_to"))
    if (start, end) not in (("00:00", "00:00"), ("00:00", "24:00")):
        found.append(f"{start} to {end}")
    elif found:
        found.append("all day")
    return ", ".join(found) or _ALWAYS


def _price(tariff: Document, hours: Document, part: Document, form: Formats) -> str:
    """Say the rate of the tier that is reached, with limits and taxes."""
    currency, rates = tariff["currency_code"], hours["rate"]
    place = (part.get("tier") or 1) - 1
    rate = rates[min(place, len(rates) - 1)]
    text = rate_text(rate, form, currency)
    market = part.get("market")
    if market is not None:
        text += f" ({market['code']} at {form.rate(market['value'], currency)})"
    if len(rates) > 1:
        text += f", tier {place + 1} of {len(rates)}: {limit_text(rate, form)}"
    for name, says in (("cap_per_kwh", "at most"), ("floor_per_kwh", "at least")):
        if tariff.get(name) is not None:
            text += f", {says} {form.rate(tariff[name], currency)}"
    if tariff["vat"]:
        vat = form.percent(100 * tariff["vat"])
        text += f"; VAT of {vat} is in it" if tariff["vat_included"] else f"; plus {vat} VAT"
    return text


def _days(days: Sequence[str]) -> str:
    if "All" in days:
        return ""
    if len(days) >= _ROW and all(day in _WEEKDAYS for day in days):
        first = _WEEKDAYS.index(days[0])
        if list(days) == [_WEEKDAYS[(first + n) % len(_WEEKDAYS)] for n in range(len(days))]:
            return f"{days[0]} to {days[-1]}"
    return ", ".join(_DAYS.get(day, day.lower() if day == "Weekends" else day) for day in days)


def _date(one: int | str, form: Formats) -> str:
    """Say a special date: a public holiday, a day of each month or year, or a single one."""
    if one == "Holidays":
        return "public holidays"
    if isinstance(one, int):
        return f"day {one} of the month"
    if _YEARLY.fullmatch(one):
        month, day = (int(part) for part in one.split("-"))
        found = date(_ANY_LEAP_YEAR, month, day)
        return babel_dates.format_skeleton("MMMd", found, locale=form.locale)
    return form.day(one)


def _clock(text: str) -> str:
    """Write a time of day without seconds that say nothing."""
    return text.removesuffix(":00") if text.count(":") > 1 else text
