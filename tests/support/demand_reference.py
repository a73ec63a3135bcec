"""Demand charges in all their forms (contract 2b), in exact fractions.

"Order: window mean x weight -> peak -> max(`minimum_kw`, ratchet share x the highest raw peak
before) -> mean over `periods` -> amount or step -> `cap_per_kwh` -> VAT" (VAT is added by
`cost_reference`).

Readings
--------
* Windows start where the minute of the wall-clock hour is a multiple of `window_minutes`; a
  repeated hour has windows of its own. A window that a clock change cuts (an hour at Lord Howe)
  is as long as what is left of it.
* A day is one of "the n highest different local days" if a counted window of it has a reading.
* The schedule and the weights are read on the tariff's `clock`, at the window's start, by the
  rules of a schedule that may leave gaps; an entry without `days_and_hours` (or a group without
  `hours`) lets every hour pass.
* A period is "without any reading" when no reading of the direction has time in it, counted
  windows or not. As the period that is charged it pays max(`minimum_kw`, ratchet share) of its
  own, not the mean of its neighbours.
* `cap_per_kwh` is laid on the charge of the whole period, `per: DAY` multiplied out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cached_property

from .charge_reference import Load
from .period_reference import (
    DAY,
    DayRange,
    Span,
    billing_period,
    clipped,
    day_range,
    periods_touched,
    seconds,
    share_of_days,
)
from .region_reference import Region, grid
from .schedule_reference import Days, Json, covers, windows_of
from .tariff_reference import Tariff, number

WHOLE_DAY = {"valid_from": "00:00:00", "valid_to": "00:00:00"}
GRID_MINUTES = 15


@dataclass(frozen=True)
class Window:
    """A demand window that has a reading, its mean power times its weight."""

    start: datetime
    day: date
    kw: Fraction


@dataclass(frozen=True)
class DemandCharge:
    """One charge of a tariff over all that the place has ever metered in its direction.

    `loads` make the windows, `drawn` the energy that `cap_per_kwh` is about: they differ where
    netting enters the one and not the other.
    """

    tariff: Tariff
    charge: Json
    loads: Sequence[Load]
    drawn: Sequence[Load]
    _peaks: dict[DayRange, Fraction | None] = field(default_factory=dict, repr=False)

    def amount(self, span: Span) -> Fraction:
        """What a span pays: "The amount x local days inside request and term / days of the
        period"."""
        covered = clipped(span, (self.tariff.starts, self.tariff.ends))
        region, total = self.tariff.region, Fraction(0)
        for period in periods_touched(self.tariff.body, region, covered):
            total += self.whole_amount(period) * share_of_days(region, period, covered)
        return total

    def whole_amount(self, period: DayRange) -> Fraction:
        """The charge of a whole period, before VAT."""
        amount = self._price_of(self.charged_kw(period))
        if self.charge.get("per") == "DAY":
            amount *= (period[1] - period[0]).days
        if self.charge.get("cap_per_kwh") is not None:
            drawn = sum((load.energy_in(self._span(period)) for load in self.drawn), Fraction(0))
            amount = min(amount, _fraction(self.charge["cap_per_kwh"]) * drawn)
        return amount

    def charged_kw(self, period: DayRange) -> Fraction:
        """ "the mean of the peaks of the last n periods, this one included"; "Periods without any
        reading are skipped in means; such a period itself pays its minimum or first step"."""
        own = self.at_least(period)
        if self.raw_peak(period) is None:
            return own
        last = [period, *self._before(period, (self.charge.get("periods") or 1) - 1)]
        peaks = [self.at_least(one) for one in last if self.raw_peak(one) is not None]
        return sum(peaks, Fraction(0)) / len(peaks)

    def raw_peak(self, period: DayRange) -> Fraction | None:
        """The period's peak before minimum and ratchet; None without any reading in it."""
        if period not in self._peaks:
            self._peaks[period] = self._measured(period)
        return self._peaks[period]

    def _measured(self, period: DayRange) -> Fraction | None:
        start, end = self._span(period)
        if not any(load.start < end and load.end > start for load in self.loads):
            return None
        windows = [one for one in self.windows if period[0] <= one.day < period[1]]
        highest: defaultdict[date, Fraction] = defaultdict(Fraction)
        for window in windows:
            highest[window.day] = max(highest[window.day], window.kw)
        days = sorted(highest.values(), reverse=True)
        if not days:
            return Fraction(0)
        if self.charge.get("peak") != "MEAN_OF_DAYS":
            return days[0]
        chosen = days[: self.charge["days"]]
        return sum(chosen, Fraction(0)) / len(chosen)

    @cached_property
    def windows(self) -> list[Window]:
        """All counted windows that have a reading: "window mean x weight"."""
        region, minutes = self.tariff.region, self.charge["window_minutes"]
        return [
            Window(start, region.wall(start).date(), kw * self._weight(start))
            for start, kw in window_powers(self.loads, minutes, region)
            if counts(self.charge.get("schedule"), start, self.tariff)
        ]

    def _weight(self, start: datetime) -> Fraction:
        """ "windows that match count with this factor"; "gaps mean factor 1"."""
        found = [
            weight
            for weight in self.charge.get("weights") or []
            if counts(weight["schedule"], start, self.tariff)
        ]
        if len(found) > 1:
            raise ValueError(f"time_period_overlap at {start}")
        return _fraction(found[0]["factor"]) if found else Fraction(1)

    def at_least(self, period: DayRange) -> Fraction:
        """The peak after "max(`minimum_kw`, ratchet share x the highest raw peak before)"."""
        before = self._before(period, self.charge.get("ratchet_periods") or 0)
        highest = max((self.raw_peak(one) or Fraction(0) for one in before), default=Fraction(0))
        share = _fraction(self.charge.get("ratchet_percent") or 0) / 100
        return max(
            self.raw_peak(period) or Fraction(0),
            _fraction(self.charge.get("minimum_kw") or 0),
            share * highest,
        )

    def _before(self, period: DayRange, count: int) -> list[DayRange]:
        """The periods before one, the latest first."""
        found: list[DayRange] = []
        for _ in range(count):
            period = billing_period(self.tariff.body, period[0] - DAY)
            found.append(period)
        return found

    def _price_of(self, kw: Fraction) -> Fraction:
        """ "`amount_per_kw`", "a fixed amount by the step in which the peak lies (`to_kw`
        exclusive, the last without)" or "the part of the peak in each tier at its own price"."""
        if self.charge.get("steps"):
            for step in self.charge["steps"]:
                if step.get("to_kw") is None or kw < _fraction(step["to_kw"]):
                    return _fraction(step["amount"])
        if self.charge.get("tiers"):
            total, below = Fraction(0), Fraction(0)
            for tier in self.charge["tiers"]:
                above = kw if tier.get("to_kw") is None else min(kw, _fraction(tier["to_kw"]))
                total += max(above - below, Fraction(0)) * _fraction(tier["amount_per_kw"])
                below = max(below, above)
            return total
        return _fraction(self.charge["amount_per_kw"]) * kw

    def _span(self, period: DayRange) -> Span:
        return day_range(self.tariff.region, period)


def _fraction(written: object) -> Fraction:
    return Fraction(number(written))


def window_powers(
    loads: Sequence[Load], minutes: int, region: Region
) -> list[tuple[datetime, Fraction]]:
    """The start and the mean power (kW) of every window that has a reading: "power = energy / the
    full window"."""
    energies: defaultdict[tuple[object, ...], Fraction] = defaultdict(Fraction)
    seen: dict[tuple[object, ...], datetime] = {}
    for load in loads:
        for piece in grid(load.start, load.end, GRID_MINUTES):
            key = window_key(piece[0], minutes, region)
            energies[key] += load.energy_in(piece)
            seen[key] = piece[0]
    found: list[tuple[datetime, Fraction]] = []
    for key, energy_kwh in energies.items():
        window = window_around(seen[key], minutes, region)
        found.append((window[0], energy_kwh / (seconds(window) / 3600)))
    return found


def window_key(instant: datetime, window_minutes: int, region: Region) -> tuple[object, ...]:
    """What all instants of one demand window share: "Windows lie on the local clock from midnight,
    never across days"."""
    local = region.wall(instant)
    return local.date(), local.hour, local.minute // window_minutes, local.utcoffset()


def window_around(instant: datetime, window_minutes: int, region: Region) -> Span:
    """The demand window that holds an instant: all touching quarter hours with the same key."""
    step = timedelta(minutes=GRID_MINUTES)
    on_the_grid = int(instant.timestamp()) // (60 * GRID_MINUTES) * (60 * GRID_MINUTES)
    start = end = datetime.fromtimestamp(on_the_grid, UTC)
    key = window_key(instant, window_minutes, region)
    while window_key(start - step, window_minutes, region) == key:
        start -= step
    while window_key(end, window_minutes, region) == key:
        end += step
    return start, end


def counts(schedule: list[Json] | None, instant: datetime, tariff: Tariff) -> bool:
    """Whether a filter lets the window that starts at an instant pass."""
    if not schedule:
        return True
    local = tariff.wall(instant)
    full = [
        {**entry, "days_and_hours": [_whole(g) for g in entry.get("days_and_hours") or [{}]]}
        for entry in schedule
    ]
    days: Days = tariff.days
    held = windows_of(full, local.date(), days)
    return any(covers(window, local.time()) for _, window, _ in held)


def _whole(group: Json) -> Json:
    return {**group, "hours": group.get("hours") or [WHOLE_DAY]}
