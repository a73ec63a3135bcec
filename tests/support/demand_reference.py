"""Demand charges (contract 2b), window by window and day by day, in exact Fractions.

Everything is net; VAT is added by `cost_reference`.

Readings
--------
* Windows lie on the local clock: one starts where the minute of the wall-clock hour is a multiple
  of `window_minutes`; a clock change that is no whole hour (Lord Howe) cuts a window. A window's
  power is its energy over its whole length, so missing readings count as nothing.
* A window is counted when its first minute passes the charge's `schedule` (none: always), read
  with the same rules as a tariff schedule but allowed to leave gaps; an entry of the filter
  without `days_and_hours` (or a group of it without `hours`) lets every hour pass.
* Only windows that have a reading are looked at; a local day without one is no day of
  MEAN_OF_DAYS. A period with readings that the schedule leaves out has a peak of 0.
* A period without any reading pays its least peak (`minimum_kw`, ratchet), not a mean.
* Billing periods before the first listed one follow `billing_day`, as those after the last do.
* A period's days are counted whole; of a day that is partly inside its share of elapsed time is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from itertools import islice

from .region_reference import Region
from .schedule_reference import Json, covers, windows_of
from .tariff_reference import Tariff, number

Span = tuple[datetime, datetime]
WHOLE_DAY = {"valid_from": "00:00:00", "valid_to": "00:00:00"}
ONE_DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Load:
    """Constant power over `[start, end)`."""

    start: datetime
    end: datetime
    energy_kwh: Fraction

    def energy_in(self, span: Span) -> Fraction:
        """ "split in proportion to time (uniform power inside the reading)"."""
        return (
            self.energy_kwh
            * seconds(clipped((self.start, self.end), span))
            / seconds((self.start, self.end))
        )


def clipped(span: Span, limits: Span) -> Span:
    """The part of a span inside the limits; empty (end = start) when there is none."""
    start = max(span[0], limits[0])
    return start, max(start, min(span[1], limits[1]))


def seconds(span: Span) -> Fraction:
    """The exact length of a span."""
    return Fraction((span[1] - span[0]) // timedelta(microseconds=1), 10**6)


def demand(tariff: Tariff, span: Span, loads: Sequence[Load]) -> Fraction:
    """What all demand charges of a tariff add to a span."""
    covered = clipped(span, (tariff.starts, tariff.ends))
    return sum(
        (
            whole_amount(charge, tariff, period, loads) * days_in(period, covered, tariff.region)
            / len(local_days(period))
            for charge in tariff.body.get("charges") or []
            if charge["kind"] == "DEMAND"
            for period in periods_of(tariff, covered)
        ),
        Fraction(0),
    )  # fmt: skip


# Billing periods, as (first day, first day of the next).

Period = tuple[date, date]


def starts_a_period(day: date, body: Json) -> bool:
    """ "`billing_periods[]`: as read by hand, where they are no rule"."""
    listed = [date.fromisoformat(text) for text in body.get("billing_periods") or []]
    if listed and listed[0] <= day <= listed[-1]:
        return day in listed
    return day.day == body.get("billing_day", 1)


def period_of(day: date, body: Json) -> Period:
    """The period that a local day is in."""
    first = day
    while not starts_a_period(first, body):
        first -= ONE_DAY
    following = day + ONE_DAY
    while not starts_a_period(following, body):
        following += ONE_DAY
    return first, following


def periods_of(tariff: Tariff, span: Span) -> Iterator[Period]:
    """The periods that a span touches."""
    if span[0] >= span[1]:
        return
    period = period_of(tariff.region.wall(span[0]).date(), tariff.body)
    while tariff.region.midnight(period[0]) < span[1]:
        yield period
        period = period_of(period[1], tariff.body)


def periods_before(period: Period, body: Json) -> Iterator[Period]:
    """The periods before one, the nearest first, for ever."""
    while True:
        period = period_of(period[0] - ONE_DAY, body)
        yield period


def instants_of(period: Period, region: Region) -> Span:
    """From the local midnight of its first day to that of the next period's."""
    return region.midnight(period[0]), region.midnight(period[1])


def local_days(period: Period) -> list[date]:
    """The days of a period."""
    return [period[0] + n * ONE_DAY for n in range((period[1] - period[0]).days)]


def days_in(period: Period, covered: Span, region: Region) -> Fraction:
    """How many local days of a period are covered, "part days by elapsed time"."""
    share = Fraction(0)
    for day in local_days(period):
        own = instants_of((day, day + ONE_DAY), region)
        share += seconds(clipped(own, covered)) / seconds(own)
    return share


# Peaks.


@dataclass(frozen=True)
class Window:
    """A window that has readings: when it starts, its local day, its weighted power."""

    start: datetime
    day: date
    kw: Fraction


def windows_in(charge: Json, region: Region, span: Span, loads: Sequence[Load]) -> list[Window]:
    """The windows of a span that count, with their weights."""
    energies: defaultdict[Span, Fraction] = defaultdict(Fraction)
    for load in loads:
        cursor, until = clipped((load.start, load.end), span)
        while cursor < until:
            window = window_around(cursor, charge["window_minutes"], region)
            end = min(window[1], until)
            energies[window] += load.energy_in((cursor, end))
            cursor = end
    return [
        Window(
            window[0],
            region.wall(window[0]).date(),
            energy_kwh / (seconds(window) / 3600) * factor_at(charge, window[0], region),
        )
        for window, energy_kwh in energies.items()
        if counts(charge.get("schedule"), window[0], region)
    ]


def window_key(instant: datetime, window_minutes: int, region: Region) -> tuple[object, ...]:
    """What all minutes of one demand window share."""
    local = region.wall(instant)
    return local.date(), local.hour, local.minute // window_minutes, local.utcoffset()


def window_around(instant: datetime, window_minutes: int, region: Region) -> Span:
    """The demand window that holds an instant."""
    minute = instant.astimezone(UTC).replace(second=0, microsecond=0)
    return _window_around(minute, window_minutes, region)


@cache
def _window_around(minute: datetime, window_minutes: int, region: Region) -> Span:
    """All touching minutes with the same key."""
    start = end = minute
    key = window_key(minute, window_minutes, region)
    while window_key(start - MINUTE, window_minutes, region) == key:
        start -= MINUTE
    while window_key(end, window_minutes, region) == key:
        end += MINUTE
    return start, end


def counts(schedule: list[Json] | None, start: datetime, region: Region) -> bool:
    """ "seasonal and time-of-use filters apply to the windows counted"."""
    if not schedule:
        return True
    local = region.wall(start)
    full = [
        {**entry, "days_and_hours": [_whole(g) for g in entry.get("days_and_hours") or [{}]]}
        for entry in schedule
    ]
    held = windows_of(full, local.date(), region)
    return any(covers(window, local.time()) for _, window, _ in held)


def _whole(group: Json) -> Json:
    return {**group, "hours": group.get("hours") or [WHOLE_DAY]}


def factor_at(charge: Json, start: datetime, region: Region) -> Fraction:
    """ "windows that match count with this factor", "gaps mean factor 1"."""
    for weight in charge.get("weights") or []:
        if counts(weight["schedule"], start, region):
            return Fraction(number(weight["factor"]))
    return Fraction(1)


def raw_peak(charge: Json, region: Region, period: Period, loads: Sequence[Load]) -> Fraction:
    """The highest window, or "the mean of the highest windows of the n highest different local
    days (fewer while there are fewer)"; 0 where none counts."""
    windows = windows_in(charge, region, instants_of(period, region), loads)
    if charge.get("peak", "HIGHEST") == "HIGHEST":
        return max([Fraction(0), *(window.kw for window in windows)])
    of_days: dict[date, Fraction] = {}
    for window in windows:
        of_days[window.day] = max(window.kw, of_days.get(window.day, window.kw))
    best = sorted(of_days.values(), reverse=True)[: charge["days"]]
    return sum(best, Fraction(0)) / len(best) if best else Fraction(0)


def least_peak(charge: Json, tariff: Tariff, period: Period, loads: Sequence[Load]) -> Fraction:
    """ "max(`minimum_kw`, ratchet share x the highest raw peak before)"."""
    least = Fraction(number(charge.get("minimum_kw", 0)))
    if "ratchet_percent" not in charge:
        return least
    before = islice(periods_before(period, tariff.body), charge["ratchet_periods"])
    highest = max(raw_peak(charge, tariff.region, own, loads) for own in before)
    return max(least, Fraction(number(charge["ratchet_percent"])) / 100 * highest)


def has_reading(period: Period, region: Region, loads: Sequence[Load]) -> bool:
    """Whether any reading meets a period."""
    span = instants_of(period, region)
    return any(load.start < span[1] and span[0] < load.end for load in loads)


def billed_peak(charge: Json, tariff: Tariff, period: Period, loads: Sequence[Load]) -> Fraction:
    """ "the mean of the peaks of the last n periods, this one included (fewer while there are
    fewer)"; "periods without any reading are skipped in means; such a period itself pays its
    minimum"."""
    if not has_reading(period, tariff.region, loads):
        return least_peak(charge, tariff, period, loads)
    before = islice(periods_before(period, tariff.body), charge.get("periods", 1) - 1)
    peaks = [
        max(
            raw_peak(charge, tariff.region, own, loads),
            least_peak(charge, tariff, own, loads),
        )
        for own in [period, *before]
        if has_reading(own, tariff.region, loads)
    ]
    return sum(peaks, Fraction(0)) / len(peaks)


# Money.


def whole_amount(charge: Json, tariff: Tariff, period: Period, loads: Sequence[Load]) -> Fraction:
    """What a charge asks for a whole period, "at most this per kWh drawn in it"."""
    amount = amount_of(charge, billed_peak(charge, tariff, period, loads))
    if charge.get("per", "MONTH") == "DAY":
        amount *= len(local_days(period))
    if "cap_per_kwh" in charge:
        span = instants_of(period, tariff.region)
        drawn = sum((load.energy_in(span) for load in loads), Fraction(0))
        amount = min(amount, Fraction(number(charge["cap_per_kwh"])) * drawn)
    return amount


def amount_of(charge: Json, kw: Fraction) -> Fraction:
    """Per kW, by the step in which the peak lies, or part by part."""
    for step in charge.get("steps") or []:
        if "to_kw" not in step or kw < Fraction(number(step["to_kw"])):
            return Fraction(number(step["amount"]))
    if "tiers" in charge:
        total, below = Fraction(0), Fraction(0)
        for tier in charge["tiers"]:
            edge = Fraction(number(tier["to_kw"])) if "to_kw" in tier else max(kw, below)
            part = max(min(kw, edge) - below, Fraction(0))
            total += part * Fraction(number(tier["amount_per_kw"]))
            below = edge
        return total
    return kw * Fraction(number(charge["amount_per_kw"]))
