"""Meter readings as the costs need them: exact energy, cut where any price rule changes.

Readings
--------
* A reading belongs to the object when its `device_id` is the asked one (None: the location), and
  to the direction by its `tariff_direction`, which follows the flow when absent. Its `register`
  says nothing more: "Registers of one place or device and direction add up".
* The cuts: both edges of the request, every boundary of `tariff_reference` of every tariff of the
  place, every local midnight, for HOUR every local hour and every change of the UTC offset, every
  edge of a netting period, and the ends of every other reading.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from itertools import pairwise

from .charge_reference import Load
from .period_reference import Span
from .region_reference import Region, instant_of
from .schedule_reference import Json
from .tariff_reference import (
    Moment,
    NoPriceData,
    NoTariffConnected,
    Tariff,
    elements_at,
    number,
    runs,
)

WATT_HOURS = {"W": 1, "WH": 1, "KW": 1000, "KWH": 1000}


@dataclass(frozen=True)
class Slice:
    """A piece of a reading in which no price rule, local day or (HOUR) hour changes.

    `always` are the rules of all tariffs of the place, as if each had always held; `chosen` are
    those that price the slice, `importing` those that would price an import at its time (under
    netting).
    """

    load: Load
    reading: Json
    direction: str
    confidence: Fraction
    day: date
    always: tuple[Moment, ...]
    chosen: tuple[int, ...]
    importing: tuple[int, ...]
    netting_period: object
    answered: bool

    @property
    def moments(self) -> dict[int, Moment]:
        """The rules that price the slice."""
        return {i: self.always[i] for i in self.chosen}


@dataclass(frozen=True)
class Bill:
    """What is asked: the place's tariffs, the span, the grouping."""

    tariffs: list[Tariff]
    region: Region
    span: Span
    aggregation: str
    direction: str
    only: Callable[[Json], bool]
    step_minutes: int
    now: datetime
    netting_period_at: Callable[[datetime, Sequence[int]], object] | None
    """What the instants of one netting period share, given the IMPORT tariffs of the instant; None
    where nothing is netted."""


def direction_of(reading: Json) -> str:
    """ "default follows the flow: INBOUND->IMPORT, OUTBOUND->EXPORT"."""
    flow = reading.get("energy_flow_direction") or "INBOUND"
    follows = "IMPORT" if flow == "INBOUND" else "EXPORT"
    return str(reading.get("tariff_direction") or follows)


def belongs(reading: Json, direction: str, device_id: str | None) -> bool:
    """ "A location's costs and tier counters use the readings without `device_id`; a device's use
    its own"."""
    return reading.get("device_id") == device_id and direction_of(reading) == direction


def load_of(reading: Json) -> Load:
    """The energy of a reading: "A power unit is constant power over the period"; "`energy_kwh` may
    replace `units`+`value`"."""
    span = (instant_of(reading["start_time"]), instant_of(reading["end_time"]))
    if reading.get("energy_kwh") is not None:
        return Load(*span, Fraction(number(reading["energy_kwh"])))
    amount = Fraction(number(reading["value"])) * WATT_HOURS[reading["units"]] / 1000
    hours = (
        Fraction((span[1] - span[0]).total_seconds()) / 3600
        if reading["units"] in ("W", "KW")
        else 1
    )
    return Load(*span, amount * hours)


def all_slices(readings: Sequence[Json], bill: Bill) -> list[Slice]:
    """All readings in slices, in order of time; slices of one time start and end together."""
    slices = [piece for reading in readings for piece in slices_of(reading, bill)]
    edges = sorted({edge for one in slices for edge in (one.load.start, one.load.end)})
    return sorted(
        (piece for one in slices for piece in _cut(one, edges)), key=lambda one: one.load.start
    )


def _cut(piece: Slice, edges: Sequence[datetime]) -> Iterator[Slice]:
    load = piece.load
    inner = edges[bisect_left(edges, load.start) : bisect_right(edges, load.end)]
    for since, until in pairwise(inner):
        yield replace(piece, load=Load(since, until, load.energy_in((since, until))))


def slices_of(reading: Json, bill: Bill) -> Iterator[Slice]:
    """A reading cut at the request's edges and wherever its price rules, day or hour change."""
    load, direction = load_of(reading), direction_of(reading)
    edges = sorted({load.start, load.end, *(e for e in bill.span if load.start < e < load.end)})
    confidence = Fraction(number(reading.get("confidence", 1)))
    for since, until in pairwise(edges):
        inside = bill.span[0] <= since < bill.span[1] and bill.only(reading)
        inside = inside and direction == bill.direction

        def at(instant: datetime, inside: bool = inside) -> tuple[object, Rules]:
            return rules_at(bill, direction, instant, inside)

        for first, last, rules in runs(since, until, bill.step_minutes, at):
            yield Slice(
                Load(first, last, load.energy_in((first, last))),
                reading,
                direction,
                confidence,
                bill.region.wall(first).date(),
                *rules,
                inside,
            )


Rules = tuple[tuple[Moment, ...], tuple[int, ...], tuple[int, ...], object]


def rules_at(bill: Bill, direction: str, instant: datetime, needed: bool) -> tuple[object, Rules]:
    """Everything that holds at an instant, with what neighbours must share to be joined."""
    always = tuple(tariff.always(instant) for tariff in bill.tariffs)
    chosen = chosen_at(bill, direction, instant, needed)
    importing: tuple[int, ...] = ()
    period: object = None
    if bill.netting_period_at is not None:
        importing = chosen_at(bill, "IMPORT", instant, needed=False)
        period = bill.netting_period_at(instant, importing)
    local = bill.region.wall(instant)
    hour = (local.hour, local.utcoffset()) if bill.aggregation == "HOUR" else None
    edges = [moment.edge for moment in always]
    rules = (always, chosen, importing, period)
    return (edges, chosen, importing, period, local.date(), hour), rules


def chosen_at(bill: Bill, direction: str, instant: datetime, needed: bool) -> tuple[int, ...]:
    """The tariffs that price an instant; where none are needed, none may exist."""
    try:
        return tuple(elements_at(bill.tariffs, direction, instant))
    except NoTariffConnected as fault:
        if needed:
            raise NoPriceData(instant) from fault
        return ()
