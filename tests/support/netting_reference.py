"""A slow, exact reference of netting, written from contract 2b (Netting) alone.

Readings
--------
* A cell is a netting period and a combination of the IMPORT tariffs' `hours` entries; an entry of
  another tariff is another entry. A repeated hour has periods of its own.
* What counts before the location's first IMPORT contract is what was metered.
* MONTH is the billing month, here from one `billing_day` for all tariffs. A sum ends with the
  billing month whose last local day lies in the month `carry_ends`.
* The sum offsets only what is left of later periods, all cells of a period by the same share.
* "the EXPORT price of the last instant": that of the last second. Forfeited is what is due before
  any EXPORT contract has started. Its confidence is the mean of the exports that made it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction

from .charge_reference import Load
from .reading_reference import Bill, Slice, belongs, load_of, slices_of
from .region_reference import Region
from .schedule_reference import Json
from .tariff_reference import NoTariffConnected, Tariff, elements_at, number, runs

Cell = tuple[object, object]
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Due:
    """What is left of the sum at the end of its year."""

    at: datetime
    energy_kwh: Fraction
    confidence: Fraction


@dataclass(frozen=True)
class Place:
    """A location's netting, tariffs and readings of both directions."""

    netting: Json
    tariffs: Sequence[Tariff]
    region: Region
    readings: Sequence[Json]
    billing_day: int = 1

    def first_contract(self) -> datetime:
        return min(
            tariff.starts
            for tariff in self.tariffs
            if (tariff.body["type"], tariff.body["direction"]) == ("COMMODITY", "IMPORT")
        )

    def cell(self, instant: datetime) -> Cell | None:
        """The cell of an instant; None before any contract."""
        try:
            chosen = elements_at(self.tariffs, "IMPORT", instant)
        except NoTariffConnected:
            return None
        owners = tuple((n, self.tariffs[n].moment(instant).owner) for n in chosen)
        return self.period(instant), owners

    def period(self, instant: datetime) -> object:
        local = self.region.wall(instant)
        match self.netting["period"]:
            case "MONTH":
                return self.month(local.date())
            case "DAY":
                return local.date()
            case within:
                minutes = {"QUARTER_HOUR": 15, "HALF_HOUR": 30, "HOUR": 60}[within]
                return local.date(), local.hour, local.minute // minutes, local.utcoffset()

    def month(self, day: date) -> tuple[int, int]:
        """The month in which the billing month of a day starts."""
        started = day.replace(day=1)
        if day.day < self.billing_day:
            started -= timedelta(days=1)
        return started.year, started.month

    def pieces(self, load: Load) -> Iterator[tuple[Load, Cell | None]]:
        """Energy cut wherever its cell changes."""

        def at(instant: datetime) -> tuple[object, Cell | None]:
            found = self.cell(instant)
            return found, found

        for since, until, cell in runs(load.start, load.end, 1, at):
            yield Load(since, until, load.energy_in((since, until))), cell


class Net:
    """What counts of every cell, and what the sum pays."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.gross: dict[str, defaultdict[Cell, Fraction]] = {
            direction: defaultdict(Fraction) for direction in ("IMPORT", "EXPORT")
        }
        self.sure: defaultdict[Cell, Fraction] = defaultdict(Fraction)
        self.seen: dict[object, datetime] = {}
        for reading in place.readings:
            self._add(reading)
        self.counts: dict[tuple[str, Cell], Fraction] = {}
        self.due: list[Due] = []
        self._cancel()

    def _add(self, reading: Json) -> None:
        for load, cell in self.place.pieces(load_of(reading)):
            if cell is None:
                continue
            direction = "IMPORT" if belongs(reading, "IMPORT", None) else "EXPORT"
            self.gross[direction][cell] += load.energy_kwh
            if direction == "EXPORT":
                confidence = Fraction(number(reading.get("confidence", 1)))
                self.sure[cell] += load.energy_kwh * confidence
            self.seen[cell[0]] = min(load.start, self.seen.get(cell[0], load.start))

    def _cancel(self) -> None:
        """Cell by cell; then, with CARRY, period after period."""
        left: dict[Cell, Fraction] = {}
        for cell in {*self.gross["IMPORT"], *self.gross["EXPORT"]}:
            bought, sold = (self.gross[name][cell] for name in ("IMPORT", "EXPORT"))
            left[cell] = bought - sold
            if bought:
                self.counts["IMPORT", cell] = max(bought - sold, Fraction(0)) / bought
            if sold:
                self.counts["EXPORT", cell] = max(sold - bought, Fraction(0)) / sold
        if self.place.netting.get("surplus") == "CARRY":
            self._carry(left)

    def _carry(self, left: dict[Cell, Fraction]) -> None:
        held, sure, ends = Fraction(0), [Fraction(0), Fraction(0)], self._ends()
        for period, start in sorted(self.seen.items(), key=lambda one: one[1]):
            while ends and ends[0] <= start:
                held, sure = self._settle(ends.pop(0), held, sure)
            cells = [cell for cell in left if cell[0] == period]
            bought = sum((max(left[cell], Fraction(0)) for cell in cells), Fraction(0))
            offset = min(held, bought)
            for cell in cells:
                if bought and left[cell] > 0:
                    self.counts["IMPORT", cell] *= 1 - offset / bought
                if left[cell] < 0:
                    share = self.sure[cell] / self.gross["EXPORT"][cell]
                    sure = [sure[0] - left[cell], sure[1] - left[cell] * share]
                self.counts["EXPORT", cell] = Fraction(0)
            held -= offset
            held -= sum((min(left[cell], Fraction(0)) for cell in cells), Fraction(0))
        for end in ends:
            held, sure = self._settle(end, held, sure)

    def _settle(
        self, end: datetime, held: Fraction, sure: list[Fraction]
    ) -> tuple[Fraction, list[Fraction]]:
        if held:
            self.due.append(Due(end, held, sure[1] / sure[0]))
        return Fraction(0), [Fraction(0), Fraction(0)]

    def _ends(self) -> list[datetime]:
        """When sums end, from before the first reading to two years after it."""
        month = self.place.netting.get("carry_ends")
        if month is None or not self.seen:
            return []
        first = min(self.seen.values())
        found = []
        for year in range(first.year - 1, first.year + 3):
            day = date(year, month, self.place.billing_day)
            if self.place.billing_day == 1:
                day = (date(year, month, 28) + timedelta(days=4)).replace(day=1)
            found.append(self.place.region.midnight(day))
        return [end for end in found if end > first]

    def counted(self, direction: str, piece: Slice) -> Iterator[Slice]:
        """A slice cut by cells, with the energy of it that counts."""
        for load, cell in self.place.pieces(piece.load):
            share = Fraction(1) if cell is None else self.counts.get((direction, cell), Fraction(1))
            yield replace(piece, load=replace(load, energy_kwh=load.energy_kwh * share))


def net_slices(place: Place, bill: Bill) -> list[Slice]:
    """The slices of a direction's readings as they count, and what the sum pays among them."""
    net = Net(place)
    found = [
        counted
        for reading in place.readings
        if belongs(reading, bill.direction, None)
        for piece in slices_of(reading, bill)
        for counted in net.counted(bill.direction, piece)
    ]
    if bill.direction == "EXPORT":
        found += [piece for due in net.due for piece in _paid(due, bill)]
    return sorted(found, key=lambda piece: piece.load.start)


def _paid(due: Due, bill: Bill) -> Iterator[Slice]:
    starts = [t.starts for t in bill.tariffs if t.body["direction"] == "EXPORT"]
    if not starts or min(starts) >= due.at or not bill.span[0] < due.at <= bill.span[1]:
        return
    reading = {
        "start_time": (due.at - SECOND).isoformat(),
        "end_time": due.at.isoformat(),
        "units": "KWH",
        "value": 0,
    }
    for piece in slices_of(reading, bill):
        load = Load(piece.load.start, piece.load.end, due.energy_kwh)
        yield replace(piece, load=load, confidence=due.confidence)
