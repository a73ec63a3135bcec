"""Meter readings as the costs need them: exact energy, cut where any price rule changes.

Readings
--------
* A reading belongs to the object when its `device_id` is the asked one (None: the location), and
  to the direction by its `tariff_direction`, which follows the flow when absent.
* The cuts: both edges of the request, every boundary of `tariff_reference`, every local midnight,
  and for HOUR every local hour and every change of the UTC offset.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from itertools import pairwise

from .demand_reference import Load, Span, seconds
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
    """A piece of a reading in which no price rule, local day or (HOUR) hour changes."""

    load: Load
    reading: Json
    confidence: Fraction
    day: date
    moments: dict[int, Moment]
    answered: bool


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


def belongs(reading: Json, direction: str, device_id: str | None) -> bool:
    """ "A location's costs and tier counters use the readings without `device_id`; a device's use
    its own"; "default follows the flow: INBOUND->IMPORT, OUTBOUND->EXPORT"."""
    flow = reading.get("energy_flow_direction") or "INBOUND"
    follows = "IMPORT" if flow == "INBOUND" else "EXPORT"
    return (
        reading.get("device_id") == device_id
        and (reading.get("tariff_direction") or follows) == direction
    )


def load_of(reading: Json) -> Load:
    """The energy of a reading: "A power unit is constant power over the period"; "`energy_kwh` may
    replace `units`+`value`"."""
    span = (instant_of(reading["start_time"]), instant_of(reading["end_time"]))
    if reading.get("energy_kwh") is not None:
        return Load(*span, Fraction(number(reading["energy_kwh"])))
    amount = Fraction(number(reading["value"])) * WATT_HOURS[reading["units"]] / 1000
    hours = seconds(span) / 3600 if reading["units"] in ("W", "KW") else 1
    return Load(*span, amount * hours)


def slices_of(reading: Json, bill: Bill) -> Iterator[Slice]:
    """A reading cut at the request's edges and wherever its price rules, day or hour change."""
    load = load_of(reading)
    edges = sorted({load.start, load.end, *(e for e in bill.span if load.start < e < load.end)})
    for since, until in pairwise(edges):
        inside = bill.span[0] <= since < bill.span[1] and bill.only(reading)

        def at(instant: datetime, inside: bool = inside) -> tuple[object, dict[int, Moment]]:
            moments = moments_at(bill, instant, inside)
            local = bill.region.wall(instant)
            hour = (local.hour, local.utcoffset()) if bill.aggregation == "HOUR" else None
            return ([(i, m.edge) for i, m in moments.items()], local.date(), hour), moments

        for first, last, moments in runs(since, until, bill.step_minutes, at):
            piece = Load(first, last, load.energy_in((first, last)))
            confidence = Fraction(number(reading.get("confidence", 1)))
            day = bill.region.wall(first).date()
            yield Slice(piece, reading, confidence, day, moments, inside)


def moments_at(bill: Bill, instant: datetime, needed: bool) -> dict[int, Moment]:
    """The price rules at an instant; where none are needed, none may exist."""
    try:
        chosen = elements_at(bill.tariffs, bill.direction, instant)
    except NoTariffConnected as fault:
        if needed:
            raise NoPriceData(instant) from fault
        return {}
    return {i: bill.tariffs[i].moment(instant) for i in chosen}
