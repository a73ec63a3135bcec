"""From the JSON of a schedule to the domain's, with every fault and its path."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from wattyard.kernel.ids import shown
from wattyard.kernel.refusals import Fault, Refusal
from wattyard.tariffs.domain.coverage import FAULT_LIMIT
from wattyard.tariffs.domain.formula import Formula
from wattyard.tariffs.domain.refusals import FormulaInvalid
from wattyard.tariffs.domain.schedule import (
    EVERY_MONTH,
    EVERY_WEEKDAY,
    LIMIT_FIELDS,
    MONTHS,
    WEEKDAYS,
    Dates,
    FixedPrice,
    FormulaPrice,
    MarketLinkedPrice,
    Pricing,
    Rate,
    Schedule,
    ScheduleBlock,
    ScheduleEntry,
    TariffWindow,
    Tier,
    TiersInvalid,
    Weekdays,
)
from wattyard.tariffs.wire.entry_shapes import (
    DaysShape,
    EntryShape,
    FilterDaysShape,
    FilterEntryShape,
    FilterHoursShape,
    HoursShape,
    RateShape,
)
from wattyard.tariffs.wire.shapes import RulesShape

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_YEARLY = re.compile(r"(\d\d)-(\d\d)", re.ASCII)
_LEAP_YEAR: Final = 2000
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}", re.ASCII)
BLOCK_LIMIT: Final = 2000
"""Of days_and_hours in one schedule: a day of its own for five years is still possible."""
_UNKNOWN: Final = FixedPrice(0.0)
"""Stands for a price that could not be read, so that the rest is judged too."""


class ScheduleReader:
    """Reads the entries of one tariff and collects what is wrong with them.

    `malformed` are faults of form, `refused` those of formulas. Once there are as many as a
    refusal reports, formulas are not looked at any more.
    """

    def __init__(self, rules: RulesShape) -> None:
        self._rules = rules
        self._market_rates = rules.market_rates
        self._formulas: dict[tuple[str, tuple[tuple[str, float | str], ...]], Formula] = {}
        self.malformed: list[Fault] = []
        self.refused: list[Fault] = []

    def schedule(self, entries: Sequence[EntryShape | FilterEntryShape], path: str) -> Schedule:
        blocks = sum(len(entry.days_and_hours) for entry in entries)
        if blocks > BLOCK_LIMIT:
            message = f"at most {BLOCK_LIMIT:,} items of days_and_hours in all; got {blocks:,}"
            self._malformed(path, message, "schedule_invalid")
            entries = entries[:1]
        return Schedule(
            tuple(self._entry(entry, f"{path}[{n}]") for n, entry in enumerate(entries))
        )

    def _entry(self, entry: EntryShape | FilterEntryShape, path: str) -> ScheduleEntry:
        blocks: Sequence[DaysShape | FilterDaysShape] = entry.days_and_hours
        return ScheduleEntry(
            blocks=tuple(
                self._block(block, f"{path}.days_and_hours[{n}]") for n, block in enumerate(blocks)
            ),
            months=_months(entry.months),
            dates=self._dates(entry.dates, f"{path}.dates"),
        )

    def _block(self, block: DaysShape | FilterDaysShape, path: str) -> ScheduleBlock:
        windows: Sequence[HoursShape | FilterHoursShape] = block.hours
        return ScheduleBlock(
            weekdays=_weekdays(block.days),
            windows=tuple(
                self._window(hours, f"{path}.hours[{n}]") for n, hours in enumerate(windows)
            ),
        )

    def _window(self, hours: HoursShape | FilterHoursShape, path: str) -> TariffWindow:
        start, end = _second(hours.valid_from), _second(hours.valid_to)
        if start == 24 * 3600:
            self._malformed(f"{path}.valid_from", "24:00 ends a day; a window starts before it")
            start = 0
        if not isinstance(hours, HoursShape):
            return TariffWindow(start, end)
        if hours.counter is not None and self._rules.tier_scope != "PERIOD":
            message = f"counter needs tier_scope PERIOD; got {self._rules.tier_scope}"
            self._malformed(f"{path}.counter", message, "counter_invalid")
        return TariffWindow(start, end, self._rate(hours.rate, f"{path}.rate"), hours.counter)

    def _rate(self, rates: Sequence[RateShape], path: str) -> Rate:
        tiers = []
        for number, rate in enumerate(rates):
            pricing = self._pricing(rate, f"{path}[{number}]")
            tiers.append(self._tier(rate, pricing, f"{path}[{number}]"))
        try:
            return Rate(tuple(tiers))
        except TiersInvalid as refusal:
            self.malformed.extend(refusal.under(path).faults)
            return Rate((Tier(_UNKNOWN),))

    def _tier(self, rate: RateShape, pricing: Pricing, path: str) -> Tier:
        given = [unit for unit, field in LIMIT_FIELDS.items() if getattr(rate, field) is not None]
        if not given:
            return Tier(pricing)
        unit, field = given[0], LIMIT_FIELDS[given[0]]
        for other in given[1:]:
            message = f"{LIMIT_FIELDS[other]} replaces {field}: give one of them"
            self._malformed(f"{path}.{LIMIT_FIELDS[other]}", message, "parameters_exclusive")
        reset = self._rules.tier_reset
        endless = reset == "CONTRACT" and self._rules.contract_end_date is None
        if unit == "KWH_PER_DAY" and endless:
            message = "the limit needs the days of the contract, which has no end"
            self._malformed(f"{path}.{field}", message, "to_kwh_per_day_invalid")
        if unit == "KWH_PER_KW" and reset != "MONTH":
            message = f"the limit depends on the highest window of a month; tier_reset is {reset}"
            self._malformed(f"{path}.{field}", message, "to_kwh_per_kw_invalid")
        return Tier(pricing, getattr(rate, field), unit)

    def _pricing(self, rate: RateShape, path: str) -> Pricing:
        if rate.value is not None and rate.fixed is not None:
            message = "fixed is another name of value: give one of them"
            self._malformed(f"{path}.fixed", message, "parameters_exclusive")
        value = rate.fixed if rate.value is None else rate.value
        self._check_surcharges(rate, value, path)
        if rate.variables is not None and not isinstance(value, str):
            self._malformed(f"{path}.variables", "variables need a formula as value")
        if isinstance(value, str):
            return self._formula(value, rate.variables or {}, path)
        if value is not None:
            return FixedPrice(value)
        if not self._market_rates:
            message = (
                "a rate needs a value: a number or a formula; without one, market_rates is needed"
            )
            self._malformed(f"{path}.value", message, "value_missing")
            return _UNKNOWN
        return MarketLinkedPrice(rate.surcharge_fixed or 0.0, rate.surcharge_percentage or 0.0)

    def _check_surcharges(self, rate: RateShape, value: object, path: str) -> None:
        for field in ("surcharge_fixed", "surcharge_percentage"):
            if getattr(rate, field) is None:
                continue
            if not self._market_rates:
                self._malformed(f"{path}.{field}", f"{field} needs market_rates true")
            elif value is not None:
                self._malformed(
                    f"{path}.{field}", f"{field} raises the market's price: leave value out"
                )

    def _formula(self, text: str, variables: dict[str, float | str], path: str) -> Pricing:
        bad = [name for name in variables if not _NAME.fullmatch(name)]
        if bad:
            self._malformed(
                f"{path}.variables",
                f"the name of a variable is a letter or _ and up to 59 letters, digits or _; "
                f"got {shown(bad[0])}",
            )
            return _UNKNOWN
        if len(self.refused) >= FAULT_LIMIT:
            return _UNKNOWN
        known = text, tuple(variables.items())
        try:
            if known not in self._formulas:
                self._formulas[known] = Formula(text, dict(variables))
            return FormulaPrice(self._formulas[known])
        except FormulaInvalid as refusal:
            self.refused.extend(_placed(refusal, f"{path}.value"))
            return _UNKNOWN

    def _dates(self, dates: Sequence[int | str], path: str) -> Dates:
        days, yearly, once = set(), set(), set()
        for number, wanted in enumerate(dates):
            match _date(wanted):
                case int(day):
                    days.add(day)
                case (month, day):
                    yearly.add((month, day))
                case date() as day:
                    once.add(day)
                case None if wanted != "Holidays":
                    self._malformed(
                        f"{path}[{number}]",
                        f'a date is a day of the month 1..31, "MM-DD", "YYYY-MM-DD" or '
                        f'"Holidays"; got {shown(wanted)}',
                        "dates_invalid",
                    )
        return Dates(frozenset(days), frozenset(yearly), frozenset(once), "Holidays" in dates)

    def _malformed(self, path: str, message: str, code: str = "") -> None:
        self.malformed.append(
            Fault(code or f"{path.rpartition('.')[2]}_invalid", f"{path}: {message}", path)
        )


def _placed(refusal: Refusal, path: str) -> tuple[Fault, ...]:
    return refusal.under(path).faults


def _months(months: Sequence[str]) -> frozenset[int]:
    if "All" in months:
        return EVERY_MONTH
    return frozenset(MONTHS.index(month) + 1 for month in months)


def _weekdays(days: Sequence[str]) -> Weekdays:
    if "All" in days:
        return Weekdays(EVERY_WEEKDAY)
    return Weekdays(
        named=frozenset(WEEKDAYS.index(day) for day in days if day in WEEKDAYS),
        working="Weekdays" in days or "Weekday" in days,
        weekend="Weekends" in days or "Weekend" in days,
    )


def _second(clock: str) -> int:
    hours, minutes, *seconds = (int(part) for part in clock.split(":"))
    return hours * 3600 + minutes * 60 + (seconds[0] if seconds else 0)


def _date(wanted: int | str) -> int | tuple[int, int] | date | None:
    """Read one of `dates`; None for what is none of its forms, "Holidays" among them."""
    if isinstance(wanted, int):
        return wanted if 1 <= wanted <= 31 else None
    try:
        if _DATE.fullmatch(wanted):
            return date.fromisoformat(wanted)
        if yearly := _YEARLY.fullmatch(wanted):
            day = date(_LEAP_YEAR, int(yearly[1]), int(yearly[2]))
            return day.month, day.day
    except ValueError:
        return None
    return None
