"""Standing and demand charges of contract 2 (`charges[]`) as contract 3 lays them on a span.

Everything is an exact Fraction and net; VAT is added by `cost_reference`.

Readings
--------
* A standing charge runs inside `[contract_start, contract_end)` only, not in the extrapolated time
  after it; a day (month, year) keeps its whole length although the contract starts in its middle.
* Demand windows lie on the local clock: they start where the minute of the wall-clock hour is a
  multiple of `window_minutes`; a clock change that is no whole hour (Lord Howe) cuts a window.
* A window's mean power is the energy inside the span and the contract term over the window's
  whole length, so missing readings count as nothing.
* Only windows inside the span count: half a month is charged by the peak of that half.
* A window is counted when its first minute passes the charge's `schedule` (none: always), read
  with the same rules as a tariff schedule but allowed to leave gaps; an entry of the filter
  without `days_and_hours` (or a group of it without `hours`) lets every hour pass.
* A month without readings has no demand charge.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

from .region_reference import Region, grid
from .schedule_reference import Json, covers, windows_of
from .tariff_reference import Tariff, number

Span = tuple[datetime, datetime]
WHOLE_DAY = {"valid_from": "00:00:00", "valid_to": "00:00:00"}


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


def standing(tariff: Tariff, span: Span) -> Fraction:
    """ "Standing charges accrue evenly over their local day, month or year: a group gets the share
    it covers, inside the contract term, with or without readings in it"."""
    return sum(
        (
            Fraction(number(charge["amount"])) * units_in(charge["kind"], tariff, span)
            for charge in tariff.body.get("charges") or []
            if charge["kind"] != "DEMAND"
        ),
        Fraction(0),
    )


def units_in(kind: str, tariff: Tariff, span: Span) -> Fraction:
    """How many local days, months or years of the contract term a span covers."""
    covered = clipped(span, (tariff.starts, tariff.ends))
    share = Fraction(0)
    for unit in units(kind, tariff.region, covered):
        share += seconds(clipped(unit, covered)) / seconds(unit)
    return share


def units(kind: str, region: Region, span: Span) -> Iterator[Span]:
    """The local days, months or years that a span touches, whole."""
    if span[0] >= span[1]:
        return
    first = first_day(kind, region.wall(span[0]).date())
    while region.midnight(first) < span[1]:
        following = first_day(kind, first + timedelta(days=LONGEST[kind]))
        yield region.midnight(first), region.midnight(following)
        first = following


LONGEST = {"DAILY": 1, "MONTHLY": 31, "YEARLY": 366}


def first_day(kind: str, day: date) -> date:
    """The first day of the day's unit."""
    if kind == "DAILY":
        return day
    return day.replace(day=1) if kind == "MONTHLY" else day.replace(month=1, day=1)


def demand(tariff: Tariff, span: Span, loads: Sequence[Load]) -> Fraction:
    """ "the highest mean power over its window in each local month times its price"."""
    inside = clipped(span, (tariff.starts, tariff.ends))
    total = Fraction(0)
    for charge in tariff.body.get("charges") or []:
        if charge["kind"] == "DEMAND":
            for month in units("MONTHLY", tariff.region, inside):
                peak_kw = peak(charge, tariff.region, clipped(month, inside), loads)
                total += Fraction(number(charge["amount_per_kw"])) * peak_kw
    return total


def peak(charge: Json, region: Region, span: Span, loads: Sequence[Load]) -> Fraction:
    """The highest mean power (kW) of the counted windows in a span; 0 without readings."""
    energies: defaultdict[tuple[object, ...], Fraction] = defaultdict(Fraction)
    seen: dict[tuple[object, ...], datetime] = {}
    minutes = charge["window_minutes"]
    for load in loads:
        for minute in grid(*clipped((load.start, load.end), span)):
            key = window_key(minute[0], minutes, region)
            energies[key] += load.energy_in(minute)
            seen[key] = minute[0]
    kilowatts = [Fraction(0)]
    for clock, energy_kwh in energies.items():
        window = window_around(seen[clock], minutes, region)
        if counts(charge.get("schedule"), window[0], region):
            kilowatts.append(energy_kwh / (seconds(window) / 3600))
    return max(kilowatts)


def window_key(instant: datetime, window_minutes: int, region: Region) -> tuple[object, ...]:
    """What all minutes of one demand window share."""
    local = region.wall(instant)
    return local.date(), local.hour, local.minute // window_minutes, local.utcoffset()


def window_around(instant: datetime, window_minutes: int, region: Region) -> Span:
    """The demand window that holds an instant: all touching minutes with the same key."""
    minute = timedelta(minutes=1)
    start = end = instant.astimezone(UTC).replace(second=0, microsecond=0)
    key = window_key(instant, window_minutes, region)
    while window_key(start - minute, window_minutes, region) == key:
        start -= minute
    while window_key(end, window_minutes, region) == key:
        end += minute
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
