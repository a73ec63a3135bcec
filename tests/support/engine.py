"""The price engine from end to end: from the JSON body of a tariff to its price intervals.

`engine_prices` has the arguments and the answer of the slow reference, so that both can be
asked the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import numpy as np

from wattyard.kernel.clock_changes import instant, microseconds
from wattyard.kernel.instants import Span
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.expand import ElementSeries, check_available, expand
from wattyard.tariffs.domain.sources import Markets, MarketSeries
from wattyard.tariffs.domain.tiers import Consumed
from wattyard.tariffs.wire.rules import tariff_from_json


@dataclass(frozen=True)
class Interval:
    start: datetime
    end: datetime
    value: float
    confidence: float


class Same(Mapping[str, MarketSeries]):
    """One series under whatever id or code a tariff asks for."""

    def __init__(self, series: MarketSeries) -> None:
        self._series = series

    def __getitem__(self, key: str) -> MarketSeries:
        return self._series

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def get(self, key: str, default: MarketSeries | None = None) -> MarketSeries:  # type: ignore[override]
        return self._series


def market_series(
    market: Sequence[tuple[datetime, datetime, Decimal]], unit: Literal["KWH", "MWH"]
) -> MarketSeries:
    return MarketSeries(
        source_id="mrs_" + "0" * 32,
        code="X",
        unit=unit,
        starts_us=np.array([microseconds(start) for start, _, _ in market], dtype=np.int64),
        ends_us=np.array([microseconds(end) for _, end, _ in market], dtype=np.int64),
        prices=np.array([float(price) for _, _, price in market], dtype=np.float64),
    )


def engine_prices(
    tariff_body: dict[str, Any],
    *,
    zone: str,
    country: str | None,
    state: str | None,
    start: datetime,
    end: datetime,
    market: Sequence[tuple[datetime, datetime, Decimal]],
    market_unit: Literal["KWH", "MWH"],
    now: datetime,
    counter_kwh: Decimal,
) -> list[Interval]:
    region = CalendarRegion(zone, country, state)
    tariff = tariff_from_json(tariff_body, region)
    counted = float(counter_kwh)
    consumed = Consumed(counted, dict.fromkeys(range(len(tariff.schedule.windows)), counted))
    series = expand(
        tariff,
        region,
        Span(start, end),
        markets=Markets(Same(market_series(market, market_unit)), now),
        tiers=tariff.rates.present_tiers(tariff.tiering.scope, consumed),
    )
    check_available(series)
    return intervals(series)


def intervals(series: ElementSeries) -> list[Interval]:
    edges = [instant(edge) for edge in series.edges_us]
    return [
        Interval(start, end, float(value), float(confidence))
        for start, end, value, confidence in zip(
            edges, edges[1:], series.per_kwh[0], series.confidence[0], strict=False
        )
    ]
