"""Random sites that net import and export, asked of the engine and of the reference alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
from hypothesis import strategies as st

from tests.support.cost_engine import elements_of, from_json
from tests.support.cost_reference import CostAnswer, reference_costs
from tests.support.cost_strategies import AGGREGATIONS, readings
from tests.support.region_reference import Region
from tests.support.span_strategies import Json, Span, regions, spans
from tests.support.tariff_strategies import Features, tariff_bodies
from wattyard.costs.domain.contracts import history_needed
from wattyard.costs.domain.question import Aggregation, CostQuestion
from wattyard.costs.domain.reports import Report
from wattyard.costs.service.metering import Metering, meterings, report
from wattyard.costs.service.netting import NettedFlows, NettedTime
from wattyard.kernel.instants import Span as Time
from wattyard.meters.domain.readings import Metered, Stream, TariffDirection
from wattyard.meters.domain.records import StreamReadings
from wattyard.sites.domain.netting import Netting
from wattyard.sites.domain.sites import Site
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.netting import GrossFlows, netted_time
from wattyard.tariffs.domain.prices import Supply
from wattyard.tariffs.domain.sources import Markets
from wattyard.tariffs.domain.tariff import Element
from wattyard.tariffs.service.netting import as_gross

FIXED = Features(market=False, formulas=False, forecast=False)


@dataclass(frozen=True)
class NettedCase:
    """A site, its readings of both directions, and a question."""

    netting: Json
    tariff_bodies: list[Json]
    readings: list[Json]
    region: Region
    span: Span
    aggregation: Aggregation
    direction: TariffDirection

    @property
    def calendar(self) -> CalendarRegion:
        return CalendarRegion(self.region.zone, self.region.country, self.region.state)


def ask_the_reference(case: NettedCase) -> CostAnswer:
    return reference_costs(
        case.readings,
        case.tariff_bodies,
        zone=case.region.zone,
        country=case.region.country,
        state=case.region.state,
        start=case.span.start,
        end=case.span.end,
        aggregation=case.aggregation,
        market=[],
        market_unit="KWH",
        now=case.span.start,
        direction=case.direction,
        with_charges=False,
        netting=case.netting,
    )


def ask_the_engine(case: NettedCase) -> Report:
    """The report of a site's answer, as its use-case puts it together."""
    elements = elements_of(case.tariff_bodies, case.calendar)
    question = CostQuestion(case.direction, Time(case.span.start, case.span.end), case.aggregation)
    supply = _supply(case, elements, case.direction)
    flows = {direction: _stored(case.readings, direction) for direction in ("IMPORT", "EXPORT")}
    listed = netted_meterings(case, elements, supply, question, flows)
    return report(listed, Markets({}, datetime(2026, 1, 1, tzinfo=UTC)))


def netted_meterings(
    case: NettedCase,
    elements: Sequence[Element],
    supply: Supply,
    question: CostQuestion,
    flows: dict[str, list[StreamReadings]],
) -> list[Metering]:
    netting = Netting(**case.netting)
    buying = [one for one in elements if one.tariff.direction == "IMPORT"]
    needed = history_needed(supply.elements, case.calendar, question) or question.span
    span = netted_time(netting, buying, case.calendar, needed)
    own = flows[case.direction]
    if span is None:
        return meterings(supply, question, own)
    gross = {name: tuple(as_gross(one.metered) for one in found) for name, found in flows.items()}
    time = NettedTime(netting, supply, buying, span)
    netted = NettedFlows(time, GrossFlows(gross["IMPORT"], gross["EXPORT"]))
    return meterings(supply, question, own, netted)


def _supply(case: NettedCase, elements: Sequence[Element], direction: str) -> Supply:
    site = Site(
        UUID(int=1),
        datetime(2020, 1, 1, tzinfo=UTC),
        case.region.zone,
        "EUR",
        netting=Netting(**case.netting),
    )
    own = tuple(one for one in elements if one.tariff.direction == direction)
    return Supply(site, case.calendar, {}, own, {})


def _stored(bodies: Sequence[Json], direction: TariffDirection) -> list[StreamReadings]:
    series = from_json(bodies, direction)
    size = series.starts_us.size
    if not size:
        return []
    metered = Metered(
        np.ones(size, np.int64),
        series.starts_us,
        series.ends_us,
        series.energy_kwh,
        series.confidence,
        [None] * size,
        [None] * size,
    )
    flow: Any = "INBOUND" if direction == "IMPORT" else "OUTBOUND"
    return [StreamReadings(Stream(UUID(int=1), None, flow, direction), metered)]


@st.composite
def nettings(draw: st.DrawFn, span: Span, region: Region) -> Json:
    """Any period; a sum that ends in the span, elsewhere, or never."""
    found: Json = {
        "period": draw(
            st.sampled_from(("QUARTER_HOUR", "HALF_HOUR", "HOUR", "DAY", "DAY", "MONTH"))
        )
    }
    if draw(st.booleans()):
        month = region.wall(span.start).month
        found["surplus"] = "CARRY"
        found["carry_ends"] = draw(st.sampled_from((None, month, month, month % 12 + 1)))
    return found


@st.composite
def netted_cases(draw: st.DrawFn, features: Features = FIXED) -> NettedCase:
    """A site with one or two IMPORT tariffs and mostly one for EXPORT."""
    region = draw(regions())
    span = draw(spans(region, whole_hours=True))
    kinds = ["COMMODITY", *(["NON_COMMODITY"] if draw(st.booleans()) else [])]
    bodies = [
        draw(tariff_bodies(region, span, unit="KWH", features=features, kind=kind))
        for kind in kinds
    ]
    plain = Features(**{**features.__dict__, "tiers": False})
    direction = draw(st.sampled_from(("IMPORT", "IMPORT", "EXPORT")))
    if direction == "EXPORT" or draw(st.booleans()):
        bodies.append(
            draw(tariff_bodies(region, span, unit="KWH", features=plain, direction="EXPORT"))
        )
    metered = [
        *draw(readings(span, region, direction="IMPORT")),
        *draw(readings(span, region, direction="EXPORT")),
    ]
    return NettedCase(
        draw(nettings(span, region)),
        bodies,
        metered,
        region,
        span,
        draw(st.sampled_from(AGGREGATIONS)),
        direction,
    )
