"""Import and export that cancel out (contract 2b, "Netting"), in exact fractions.

"Per netting period and combination of the IMPORT tariffs' `hours` entries (not market intervals)
every import reading counts as itself x net / gross, every export as itself x the export share that
remains; from the whole period, also outside the request."

Readings
--------
* The combination is of the tariffs that price an import at that time, of whatever type; an entry
  of another tariff is another entry. What was metered before the place's first IMPORT contract
  counts as it is, and goes into no sum.
* Short periods lie on the local clock from midnight; a repeated hour has periods of its own. MONTH
  is the billing month of the IMPORT COMMODITY tariff that holds.
* CARRY: the sum of a period is offset against later periods only, pro rata over what import
  remains in all combinations of that period.
* A sum ends with the billing month whose last local day lies in month `carry_ends`. The rest is
  energy of the last second of it, as sure as the exports that made it; it is forfeited where no
  EXPORT contract has started by then.
* Only readings of the place itself, IMPORT and EXPORT, are netted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

from .charge_reference import Load
from .demand_reference import window_key
from .period_reference import DAY, begins_period, billing_period
from .reading_reference import Slice
from .region_reference import Region
from .schedule_reference import Json
from .tariff_reference import NoTariffConnected, Tariff, elements_at

MINUTES = {"QUARTER_HOUR": 15, "HALF_HOUR": 30, "HOUR": 60}


@dataclass
class Carried:
    """The sum of a place: kWh, and how much of them is sure."""

    kwh: Fraction = Fraction(0)
    sure_kwh: Fraction = Fraction(0)

    def add(self, kwh: Fraction, confidence: Fraction) -> None:
        self.kwh += kwh
        self.sure_kwh += kwh * confidence

    def take(self, kwh: Fraction) -> None:
        """The sum stays as sure as it was."""
        left = (self.kwh - kwh) / self.kwh if self.kwh else Fraction(0)
        self.kwh, self.sure_kwh = self.kwh * left, self.sure_kwh * left


@dataclass(frozen=True)
class Settlement:
    """What is left of a carried sum when it ends."""

    at: datetime
    rest_kwh: Fraction
    confidence: Fraction


@dataclass(frozen=True)
class Netting:
    """The netting of a place; without `rules` nothing is netted."""

    rules: Json | None
    region: Region
    tariffs: Sequence[Tariff]

    def period_at(self, instant: datetime, importing: Sequence[int]) -> object:
        """What the instants of one netting period share."""
        assert self.rules is not None
        if self.rules["period"] in MINUTES:
            return window_key(instant, MINUTES[self.rules["period"]], self.region)
        day = self.region.wall(instant).date()
        if self.rules["period"] == "DAY":
            return day
        bodies = [self.tariffs[i].body for i in importing]
        commodity = [body for body in bodies if body["type"] == "COMMODITY"]
        return billing_period(commodity[0] if commodity else {}, day)

    def enters_demand(self, window_minutes: int) -> bool:
        """ "Netting enters demand only where its period is no longer than the window"."""
        return self.rules is not None and MINUTES.get(self.rules["period"], 9999) <= window_minutes

    def netted(self, slices: Sequence[Slice]) -> tuple[list[Slice], list[Settlement]]:
        """All slices with the energy that counts, and what is left of the sum at its ends."""
        if self.rules is None:
            return list(slices), []
        imports, exports = gross(slices, "IMPORT"), gross(slices, "EXPORT")
        left_in = _remaining(imports, exports)
        left_out = _remaining(exports, imports)
        settlements: list[Settlement] = []
        if self.rules.get("surplus") == "CARRY":
            settlements = self._carry(slices, left_in, left_out)
            left_out = dict.fromkeys(left_out, Fraction(0))
        shares = {
            "IMPORT": _shares(left_in, imports),
            "EXPORT": _shares(left_out, exports),
        }
        return [_scaled(one, shares) for one in slices], settlements

    def _carry(
        self,
        slices: Sequence[Slice],
        left_in: dict[object, Fraction],
        left_out: dict[object, Fraction],
    ) -> list[Settlement]:
        """Offsets later net import, in place: "one sum per place"."""
        carried, settlements = Carried(), []
        sure, ends = _confidences(slices), self._ends(slices)
        for start, keys in _periods(slices):
            while ends and ends[0] <= start:
                settlements.append(_settled(ends.pop(0), carried))
                carried = Carried()
            wanted = sum((left_in.get(key, Fraction(0)) for key in keys), Fraction(0))
            used = min(carried.kwh, wanted)
            carried.take(used)
            for key in keys:
                if used and key in left_in:
                    left_in[key] *= 1 - used / wanted
                carried.add(left_out.get(key, Fraction(0)), sure.get(key, Fraction(1)))
        return [*settlements, *(_settled(end, carried) for end in ends[:1])]

    def _ends(self, slices: Sequence[Slice]) -> list[datetime]:
        """The ends of month `carry_ends` from the first reading to a year after the last one."""
        assert self.rules is not None
        month = self.rules.get("carry_ends")
        if month is None or not slices:
            return []
        days = [slices[0].day + DAY * n for n in range((slices[-1].day - slices[0].day).days + 400)]
        ends = [
            self.region.midnight(after)
            for day, after in pairwise(days)
            if day.month == month and begins_period(self._body(day), after)
        ]
        return [end for end in ends if end > slices[0].load.start]

    def _body(self, day: date) -> Json:
        """The IMPORT COMMODITY tariff that holds at noon of a day."""
        noon = self.region.midnight(day) + timedelta(hours=12)
        try:
            chosen = elements_at(self.tariffs, "IMPORT", noon)
        except NoTariffConnected:
            return {}
        return self.tariffs[chosen[0]].body


def net_key(piece: Slice) -> object | None:
    """Netting period and combination of `hours` entries; None before the first contract."""
    entries = tuple((i, piece.always[i].owner) for i in piece.importing)
    return (piece.netting_period, entries) if entries else None


def gross(slices: Sequence[Slice], direction: str) -> dict[object, Fraction]:
    """The energy of a direction by period and combination."""
    sums: defaultdict[object, Fraction] = defaultdict(Fraction)
    for piece in slices:
        if piece.direction == direction and net_key(piece) is not None:
            sums[net_key(piece)] += piece.load.energy_kwh
    return dict(sums)


def _confidences(slices: Sequence[Slice]) -> dict[object, Fraction]:
    """How sure the exports of a period and combination are, weighted by energy."""
    sure: defaultdict[object, Fraction] = defaultdict(Fraction)
    for piece in slices:
        if piece.direction == "EXPORT":
            sure[net_key(piece)] += piece.load.energy_kwh * piece.confidence
    return {key: sure[key] / kwh for key, kwh in gross(slices, "EXPORT").items() if kwh}


def _settled(at: datetime, carried: Carried) -> Settlement:
    confidence = carried.sure_kwh / carried.kwh if carried.kwh else Fraction(1)
    return Settlement(at, carried.kwh, confidence)


def _remaining(
    own: dict[object, Fraction], other: dict[object, Fraction]
) -> dict[object, Fraction]:
    """What one direction has more than the other, in each period and combination."""
    return {key: max(kwh - other.get(key, Fraction(0)), Fraction(0)) for key, kwh in own.items()}


def _shares(left: dict[object, Fraction], whole: dict[object, Fraction]) -> dict[object, Fraction]:
    return {key: left[key] / kwh if kwh else Fraction(0) for key, kwh in whole.items()}


def _scaled(piece: Slice, shares: dict[str, dict[object, Fraction]]) -> Slice:
    key = net_key(piece)
    if piece.direction not in shares or key is None:
        return piece
    load = piece.load
    counted = load.energy_kwh * shares[piece.direction][key]
    return replace(piece, load=Load(load.start, load.end, counted))


def _periods(slices: Sequence[Slice]) -> list[tuple[datetime, list[object]]]:
    """The netting periods in order of time, each with its first instant and its combinations."""
    found: dict[object, tuple[datetime, list[object]]] = {}
    for piece in slices:
        key = net_key(piece)
        if piece.direction not in ("IMPORT", "EXPORT") or key is None:
            continue
        _, keys = found.setdefault(piece.netting_period, (piece.load.start, []))
        if key not in keys:
            keys.append(key)
    return list(found.values())
