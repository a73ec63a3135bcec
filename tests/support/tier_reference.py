"""How the energy of readings falls into tiers (contract 2, "Tier counter"; contract 2b, counters).

"Tier counters belong to the place, not to the contract: ... At each instant the valid tariff's
scope, windows, words and limits are applied to all of the place's readings since its own reset, as
if it had always held."

Readings
--------
* Every tariff therefore counts every slice of its direction, valid or not; only the slices that it
  prices are asked where they fell. A day that its schedule does not match counts under no entry.
* Readings of several registers at the same time are consumed together, each by its share.
* Exactly at a limit the next tier begins. A limit of 0 (a peak of 0) leaves its tier empty.
* SHARED: "the month" is the `tier_reset` period; its energy is all stored energy in it, also
  after the request's end and of other tariffs. Every kWh of it pays the same mix of tiers, each at
  its own instant.
* `to_kwh_per_kw` lowers the confidence of every tier of its rate, as long as the period runs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import groupby

from .charge_reference import Load
from .demand_reference import window_powers
from .period_reference import DAY, DayRange, billing_period, day_range
from .reading_reference import Slice
from .tariff_reference import Moment, Tariff, TierPrice, combined

Part = tuple[Fraction, TierPrice]
RUNNING = Decimal("0.8")


@dataclass(frozen=True)
class Ended:
    """A tier whose limit is worked out in kWh."""

    end_kwh: Fraction | None
    price: TierPrice


@dataclass(frozen=True)
class Counting:
    """A tariff over all slices of its direction, in order of time."""

    index: int
    tariff: Tariff
    slices: Sequence[Slice]
    peak_loads: Callable[[int], Sequence[Load]]
    """The readings whose windows (of so many minutes) make the peak."""
    now: datetime

    def parts(self) -> list[list[Part]]:
        """For every slice its energy by tier; nothing where the tariff does not price it."""
        if self.tariff.body.get("tier_scope") == "SHARED":
            return self._shared()
        return self._consumed()

    def _consumed(self) -> list[list[Part]]:
        """TARIFF: "one counter for the whole tariff, readings consumed in time order and split at
        the tier edge". PERIOD: "one counter per `hours` entry"; "entries with the same word count
        together, each applying its own limits to the common count"."""
        counters: defaultdict[object, Fraction] = defaultdict(Fraction)
        parts: list[list[Part]] = []
        for _, together in groupby(self.slices, key=lambda piece: piece.load.start):
            pieces = list(together)
            key = self._counter(pieces[0])
            used = counters[key] if key is not None else Fraction(0)
            total = sum((piece.load.energy_kwh for piece in pieces), Fraction(0))
            if key is not None:
                counters[key] += total
            parts += self._each(pieces, total, used)
        return parts

    def _each(self, pieces: list[Slice], total: Fraction, used: Fraction) -> list[list[Part]]:
        """Slices of one time poured together, each getting its share of every tier."""
        if not any(self.index in piece.moments for piece in pieces):
            return [[] for _ in pieces]
        whole = filled(self._tiers(pieces[0]), used, total)
        shares = [piece.load.energy_kwh / total if total else Fraction(0) for piece in pieces]
        return [[(amount * share, price) for amount, price in whole] for share in shares]

    def _shared(self) -> list[list[Part]]:
        """SHARED: "one counter, and each `hours` entry pays its share of the month's energy in
        every tier (NREL SAM's convention)"."""
        totals: defaultdict[object, Fraction] = defaultdict(Fraction)
        for piece in self.slices:
            totals[self._period(piece)] += piece.load.energy_kwh
        parts: list[list[Part]] = []
        for piece in self.slices:
            total = totals[self._period(piece)]
            if self.index not in piece.moments:
                parts.append([])
            elif total <= 0:
                parts.append(filled(self._tiers(piece), Fraction(0), piece.load.energy_kwh))
            else:
                share = piece.load.energy_kwh / total
                whole = filled(self._tiers(piece), Fraction(0), total)
                parts.append([(amount * share, tier) for amount, tier in whole])
        return parts

    def _counter(self, piece: Slice) -> object:
        """What a slice is counted under; None where the counter does not run."""
        period = self._period(piece)
        if period is None or self.tariff.body.get("tier_scope") != "PERIOD":
            return period
        return period, self._moment(piece).counter

    def _period(self, piece: Slice) -> object:
        """The reset period of a slice; None before a contract that its counter starts with."""
        if self._reset == "CONTRACT" and piece.load.start < self.tariff.starts:
            return None
        return self._days(piece.day)

    @property
    def _reset(self) -> str:
        return str(self.tariff.body.get("tier_reset") or "MONTH")

    def _days(self, day: date) -> DayRange:
        """The uncut reset period that holds a local day."""
        if self._reset == "DAY":
            return day, day + DAY
        if self._reset == "MONTH":
            return billing_period(self.tariff.body, day)
        if self._reset == "YEAR":
            return date(day.year, 1, 1), date(day.year + 1, 1, 1)
        region = self.tariff.region
        first, end = region.wall(self.tariff.starts), region.wall(self.tariff.ends)
        last = end.date() if end == region.midnight(end.date()) else end.date() + DAY
        return first.date(), last

    def _moment(self, piece: Slice) -> Moment:
        return piece.always[self.index]

    def _tiers(self, piece: Slice) -> list[Ended]:
        """The tiers of the price at a slice, their limits in kWh."""
        days, tiers = self._days(piece.day), self._moment(piece).tiers
        running = day_range(self.tariff.region, days)[1] > self.now
        if running and any(tier.limit == "to_kwh_per_kw" for tier in tiers):
            tiers = tuple(
                replace(tier, confidence=combined([tier.confidence, RUNNING])) for tier in tiers
            )
        return [Ended(self._end_kwh(tier, days), tier) for tier in tiers]

    def _end_kwh(self, tier: TierPrice, days: DayRange) -> Fraction | None:
        """`to_kwh`; "`to_kwh_per_day`: that times the local days of the uncut reset period";
        "`to_kwh_per_kw`: that times the highest window ... of the reset period"."""
        if tier.to_kwh is None:
            return None
        factor = Fraction(1)
        if tier.limit == "to_kwh_per_day":
            factor = Fraction((days[1] - days[0]).days)
        if tier.limit == "to_kwh_per_kw":
            start, end = day_range(self.tariff.region, days)
            factor = max((kw for at, kw in self._windows if start <= at < end), default=Fraction(0))
        return Fraction(tier.to_kwh) * factor

    @cached_property
    def _windows(self) -> list[tuple[datetime, Fraction]]:
        minutes = int(self.tariff.body.get("demand_window_minutes") or 60)
        return window_powers(self.peak_loads(minutes), minutes, self.tariff.region)


def filled(tiers: Sequence[Ended], used: Fraction, energy_kwh: Fraction) -> list[Part]:
    """Energy poured into the tiers from the counter on."""
    if len(tiers) == 1:
        return [(energy_kwh, tiers[0].price)]
    if energy_kwh < 0:
        raise ValueError("negative energy has no place in tiers")
    if energy_kwh == 0:
        reached = next(one for one in tiers if one.end_kwh is None or used < one.end_kwh)
        return [(energy_kwh, reached.price)]
    parts: list[Part] = []
    left = energy_kwh
    for tier in tiers:
        room = left if tier.end_kwh is None else min(left, tier.end_kwh - used)
        if room > 0:
            parts.append((room, tier.price))
            used, left = used + room, left - room
    return parts
