"""From the JSON body of a tariff to its rules in the domain."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

import msgspec

from wattyard.kernel import civil, ids
from wattyard.kernel.ids import shown
from wattyard.kernel.instants import Span
from wattyard.kernel.refusals import Fault, Malformed, Refusal
from wattyard.platform.decoding import convert
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.charges import Charge
from wattyard.tariffs.domain.coverage import FAULT_LIMIT, check
from wattyard.tariffs.domain.formula import Formula
from wattyard.tariffs.domain.refusals import FormulaInvalid, ScheduleRefused
from wattyard.tariffs.domain.schedule import (
    EVERY_MONTH,
    EVERY_WEEKDAY,
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
from wattyard.tariffs.domain.tariff import PriceLimits, Tariff, Tax, Tiering, local_dates
from wattyard.tariffs.wire.charges import charge_of
from wattyard.tariffs.wire.shapes import (
    DaysShape,
    EntryShape,
    FilterDaysShape,
    FilterEntryShape,
    FilterHoursShape,
    HoursShape,
    RateShape,
    RulesShape,
)

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_FIRST_DATE: Final = date(1900, 1, 1)
_LAST_DATE: Final = date(9999, 12, 31)
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

    def __init__(self, *, market_rates: bool) -> None:
        self._market_rates = market_rates
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
        rate = Rate()
        if isinstance(hours, HoursShape):
            rate = self._rate(hours.rate, f"{path}.rate")
        return TariffWindow(start, end, rate)

    def _rate(self, rates: Sequence[RateShape], path: str) -> Rate:
        tiers = []
        for number, rate in enumerate(rates):
            pricing = self._pricing(rate, f"{path}[{number}]")
            tiers.append(Tier(pricing) if rate.to_kwh is None else Tier(pricing, rate.to_kwh))
        try:
            return Rate(tuple(tiers))
        except TiersInvalid as refusal:
            self.malformed.extend(refusal.under(path).faults)
            return Rate((Tier(_UNKNOWN),))

    def _pricing(self, rate: RateShape, path: str) -> Pricing:
        if rate.value is not None and rate.fixed is not None:
            message = "fixed is another name of value: give one of them"
            self._malformed(f"{path}.fixed", message, "parameters_exclusive")
        value = rate.fixed if rate.value is None else rate.value
        self._check_surcharges(rate, value, path)
        if rate.variables is not None and not isinstance(value, str):
            self._malformed(f"{path}.variables", "variables go with a formula as value")
        if isinstance(value, str):
            return self._formula(value, rate.variables or {}, path)
        if value is not None:
            return FixedPrice(value)
        if not self._market_rates:
            message = "a rate needs a value: a number or a formula; without one market_rates is due"
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


decoded_rules = msgspec.json.Decoder(RulesShape).decode


def tariff_from_json(body: Mapping[str, Any], region: CalendarRegion) -> Tariff:
    """Read and judge rules from decoded JSON: what `POST /tariffs` takes, without ids.

    Raises:
        Malformed: with every fault of form.
        ScheduleRefused: with every fault of the grammar.
    """
    return _judged(convert(dict(body), RulesShape), region)


def judged_rules(rules: bytes, region: CalendarRegion) -> Tariff:
    """Read the rules of a tariff in a region, and judge them over the whole contract.

    Raises:
        Malformed: with every fault of form that the shape does not catch, 100 at most.
        ScheduleRefused: `formula_invalid`, `gap_in_time_period`, `time_period_overlap`,
            `incomplete_time_period`: every fault, in that order, 100 at most.
    """
    return _judged(decoded_rules(rules), region)


def rules_at(rules: bytes, region: CalendarRegion) -> Tariff:
    """Read rules that are kept already in a region, without judging them.

    Raises:
        Malformed: with every fault of form that the shape does not catch.
    """
    return _read(decoded_rules(rules), region)[0]


def _read(rules: RulesShape, region: CalendarRegion) -> tuple[Tariff, list[Fault]]:
    """Map rules, and list the faults of their formulas."""
    reader = ScheduleReader(market_rates=rules.market_rates)
    schedule = reader.schedule(rules.schedule, "schedule")
    charges = [
        charge_of(shape, f"charges[{n}]", reader.malformed, reader.schedule)
        for n, shape in enumerate(rules.charges)
    ]
    term = _term(rules, region, reader.malformed)
    made = _made(rules, schedule, charges, term, reader.malformed)
    if reader.malformed or made is None:
        raise Malformed.of(reader.malformed[:FAULT_LIMIT])
    return made, reader.refused


def _made(
    rules: RulesShape,
    schedule: Schedule,
    charges: Sequence[Charge | None],
    term: Span | None,
    malformed: list[Fault],
) -> Tariff | None:
    if term is None:
        return None
    try:
        return Tariff(
            type=rules.type,
            direction=rules.direction,
            term=term,
            schedule=schedule,
            market=rules.market_source_id,
            tax=Tax(rules.vat or 0.0, included=rules.vat_included),
            limits=PriceLimits(rules.cap_per_kwh, rules.floor_per_kwh),
            tiering=Tiering(rules.tier_reset, rules.tier_scope),
            charges=tuple(charge for charge in charges if charge is not None),
            devices=frozenset(ids.read(device, "dev", param="devices") for device in rules.devices),
        )
    except Malformed as refusal:
        malformed.extend(refusal.faults)
        return None


def _judged(rules: RulesShape, region: CalendarRegion) -> Tariff:
    made, faults = _read(rules, region)
    if len(faults) < FAULT_LIMIT:
        try:
            check(made.schedule, region, *local_dates(made.term, region))
        except ScheduleRefused as refusal:
            faults = [*faults, *refusal.faults]
    if faults:
        raise ScheduleRefused.of(faults[:FAULT_LIMIT])
    return made


def _term(rules: RulesShape, region: CalendarRegion, malformed: list[Fault]) -> Span | None:
    edges = []
    for field in ("contract_start_date", "contract_end_date"):
        edge = _edge(getattr(rules, field), region)
        if edge is None:
            malformed.append(
                Fault(
                    f"{field}_invalid",
                    f"{field} must be a date such as 2026-01-01 or an RFC 3339 instant with an "
                    f"offset, from {_FIRST_DATE} to {_LAST_DATE} at the location; got "
                    f"{shown(getattr(rules, field))}",
                    field,
                )
            )
        else:
            edges.append(edge)
    if len(edges) < 2:
        return None
    if edges[1] <= edges[0]:
        message = (
            f"contract_end_date must be after contract_start_date; got "
            f"{shown(rules.contract_end_date)} after {shown(rules.contract_start_date)}"
        )
        malformed.append(Fault("contract_end_date_invalid", message, "contract_end_date"))
        return None
    return Span(edges[0], edges[1])


def _edge(text: str, region: CalendarRegion) -> datetime | None:
    """Read a contract date: a date is the local midnight. None outside the calendar's years."""
    try:
        if _DATE.fullmatch(text):
            edge = civil.start_of_day(date.fromisoformat(text), region.zone)
        elif _INSTANT.fullmatch(text):
            edge = datetime.fromisoformat(text.upper()).astimezone(UTC)
        else:
            return None
        possible = _FIRST_DATE <= civil.date_at(edge, region.zone) <= _LAST_DATE
    except (ValueError, OverflowError):
        return None
    return edge if possible else None
