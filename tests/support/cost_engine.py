"""The cost engine from end to end: from JSON readings and tariffs to costs.

`engine_costs` has the arguments of the slow reference, so that both can be asked the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any, Literal
from uuid import UUID

import numpy as np

from tests.support.engine import Same, market_series
from tests.support.market_reference import Row
from tests.support.reading_reference import belongs, load_of
from tests.support.tariff_bodies import MARKET_SOURCE
from wattyard.costs.domain.answer import Costs
from wattyard.costs.domain.costs import costs
from wattyard.costs.domain.question import Aggregation, CostQuestion
from wattyard.costs.domain.readings import SeriesReadings
from wattyard.kernel.clock_changes import microseconds
from wattyard.kernel.instants import Span
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.sources import Markets
from wattyard.tariffs.domain.tariff import Direction, Element
from wattyard.tariffs.wire.rules import tariff_from_json

BERLIN = CalendarRegion("Europe/Berlin")
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Metered:
    """A reading as its three numbers."""

    start: datetime
    end: datetime
    energy_kwh: float
    confidence: float = 1.0


def readings_of(series: Sequence[Metered]) -> SeriesReadings:
    return SeriesReadings(
        starts_us=np.array([microseconds(one.start) for one in series], dtype=np.int64),
        ends_us=np.array([microseconds(one.end) for one in series], dtype=np.int64),
        energy_kwh=np.array([one.energy_kwh for one in series], dtype=np.float64),
        confidence=np.array([one.confidence for one in series], dtype=np.float64),
    )


def from_json(
    bodies: Sequence[dict[str, Any]], direction: Direction, device_id: str | None = None
) -> SeriesReadings:
    """The readings of a direction and an object, in order of time."""
    own = sorted(
        (
            (load_of(body), body.get("confidence", 1))
            for body in bodies
            if belongs(body, direction, device_id)
        ),
        key=lambda one: one[0].start,
    )
    return readings_of(
        [Metered(load.start, load.end, float(load.energy_kwh), sure) for load, sure in own]
    )


def elements_of(bodies: Sequence[dict[str, Any]], region: CalendarRegion) -> list[Element]:
    """The tariffs, whose ids are their positions."""
    return [
        Element(UUID(int=n), tariff_from_json(for_the_engine(body), region))
        for n, body in enumerate(bodies)
    ]


def for_the_engine(body: dict[str, Any]) -> dict[str, Any]:
    """The body without the place, and with the source that a market tariff needs."""
    own = {name: value for name, value in body.items() if name != "location_id"}
    return own | ({"market_source_id": MARKET_SOURCE} if body.get("market_rates") else {})


def engine_costs(
    readings: Sequence[dict[str, Any]],
    tariff_bodies: Sequence[dict[str, Any]],
    *,
    zone: str,
    country: str | None,
    state: str | None,
    start: datetime,
    end: datetime,
    aggregation: Aggregation,
    market: Sequence[Row],
    market_unit: Literal["KWH", "MWH"],
    now: datetime,
    direction: Direction = "IMPORT",
) -> Costs:
    region = CalendarRegion(zone, country, state)
    return costs(
        elements_of(tariff_bodies, region),
        region,
        CostQuestion(direction, Span(start, end), aggregation),
        from_json(readings, direction),
        markets=Markets(Same(market_series(market, market_unit)), now),
    )


def exact(number: float) -> Fraction:
    """The number as it is written in decimals."""
    return Fraction(str(number))


def berlin(*when: int) -> datetime:
    return datetime(*when, tzinfo=BERLIN.zone)


def hourly(start: datetime, *energy_kwh: float) -> list[Metered]:
    since = start.astimezone(UTC)
    return [
        Metered(since + HOUR * n, since + HOUR * (n + 1), energy)
        for n, energy in enumerate(energy_kwh)
    ]


def total(answer: Costs) -> float:
    (item,) = answer.total
    return item.cost


def lines(answer: Costs) -> list[tuple[Any, ...]]:
    (item,) = answer.total
    return [
        (line.kind, line.tariff_id.int, line.quantity, line.unit_price, line.amount)
        for line in item.lines
    ]
