"""A year of 5-minute readings costs what whole numbers say, to less than 1e-6 an answer."""

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from tests.support.cost_engine import exact
from tests.support.tariff_bodies import body, entry, hours
from wattyard.costs.domain.costs import costs
from wattyard.costs.domain.question import CostQuestion
from wattyard.costs.domain.readings import SeriesReadings
from wattyard.kernel.clock_changes import microseconds
from wattyard.kernel.instants import Span
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.sources import Markets
from wattyard.tariffs.domain.tariff import Element
from wattyard.tariffs.wire.rules import tariff_from_json

BERLIN = CalendarRegion("Europe/Berlin")
MINUTE_US = 60_000_000
YEAR = Span(datetime(2024, 12, 31, 23, tzinfo=UTC), datetime(2025, 12, 31, 23, tzinfo=UTC))
MINUTES = 525_600
LIMIT = Fraction(1, 10**6)
WINDOWS = (("00:00", "06:00"), ("06:00", "17:00"), ("17:00", "00:00"))
STARTS = (0, 6, 17)


def year_of_readings(shift_minutes: int) -> tuple[SeriesReadings, np.ndarray]:
    """Readings of 5 minutes with whole Wh, and the energy of each minute in fifths of a Wh."""
    energy_wh = np.random.default_rng(7).integers(0, 50_000, MINUTES // 5 + 1)
    first = microseconds(YEAR.start) - shift_minutes * MINUTE_US
    starts = first + np.arange(energy_wh.size) * 5 * MINUTE_US
    readings = SeriesReadings(
        starts, starts + 5 * MINUTE_US, energy_wh / 1000, np.ones(energy_wh.size)
    )
    return readings, np.repeat(energy_wh, 5)[shift_minutes : shift_minutes + MINUTES]


def clock() -> tuple[np.ndarray, np.ndarray]:
    """The local month and hour of each minute of the year, by asking zoneinfo hour by hour."""
    at = [
        datetime.fromtimestamp(YEAR.start.timestamp() + 3600 * n, BERLIN.zone)
        for n in range(MINUTES // 60)
    ]
    months = np.repeat([one.month for one in at], 60)
    return months, np.repeat([one.hour for one in at], 60)


def reckoned(minutes: np.ndarray, rates: list[list[dict[str, Any]]], month: int) -> Fraction:
    """The cost of a month in whole numbers: fifths of a Wh in each tier of each window."""
    months, clock_hours = clock()
    own = months == month
    energy, window = minutes[own], np.searchsorted(STARTS, clock_hours[own], side="right") - 1
    after = np.cumsum(energy)
    cost = Fraction(0)
    for number, tiers in enumerate(rates):
        low = 0
        for tier in tiers:
            high = int(tier.get("to_kwh", 10**9) * 5000)
            part = np.clip(after, low, high) - np.clip(after - energy, low, high)
            cost += Fraction(int(part[window == number].sum()), 5000) * exact(tier["value"])
            low = high
    return cost


PLAIN = [[{"value": 0.19371}], [{"value": 0.30253}], [{"value": -0.04119}]]
TIERED = [
    [{"value": 0.19371, "to_kwh": 12_345.678}, {"value": 0.21001}],
    [{"value": 0.30253, "to_kwh": 100_000}, {"value": 0.35}, ],
    [{"value": 0.1, "to_kwh": 5}, {"value": 0.2, "to_kwh": 200_000.5}, {"value": 0.41237}],
]  # fmt: skip


@pytest.mark.parametrize("rates", [PLAIN, TIERED])
@pytest.mark.parametrize("shift_minutes", [0, 2])
def test_every_month_and_the_year_are_exact(rates: list[list[Any]], shift_minutes: int) -> None:
    windows = [(*edges, rate) for edges, rate in zip(WINDOWS, rates, strict=True)]
    written = body([entry(("All", hours(*windows)))])
    readings, minutes = year_of_readings(shift_minutes)

    answer = costs(
        [Element(UUID(int=1), tariff_from_json(written, BERLIN))],
        BERLIN,
        CostQuestion("IMPORT", YEAR, "MONTH"),
        readings,
        markets=Markets({}, YEAR.start),
    )

    expected = [reckoned(minutes, rates, month) for month in range(1, 13)]
    found = [exact(item.cost) for item in answer.data]
    assert len(found) == 12
    apart = [abs(ours - theirs) for ours, theirs in zip(found, expected, strict=True)]
    (total,) = answer.total
    assert max(apart) < LIMIT
    assert abs(exact(total.cost) - sum(expected)) < LIMIT
