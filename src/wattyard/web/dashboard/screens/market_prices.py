"""What a market source has published: its curve, what is missing, and what was corrected."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

import htpy as h
from htpy import Node

from wattyard.kernel import civil, instants
from wattyard.kernel.arrays import np
from wattyard.kernel.clock_changes import microseconds
from wattyard.kernel.instants import Span
from wattyard.platform.work import beside
from wattyard.tariffs.domain.sources import MarketSource
from wattyard.tariffs.service import MarketSources
from wattyard.web.charts.page import chart
from wattyard.web.charts.prices import PriceCurve, price_chart
from wattyard.web.charts.reading import ChartReader
from wattyard.web.charts.series import StepSeries, steps_of
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.formats import Formats
from wattyard.web.dashboard.visit import Visit

_DAYS: Final = {"3": "3 days", "14": "2 weeks", "60": "60 days", "365": "a year"}
_SHOWN_GAPS: Final = 20
_SHOWN_VERSIONS: Final = 12
_PER_MWH: Final = 1000.0

Gap = tuple[datetime, datetime]


class RateCurve(PriceCurve):
    """A rate of exchange over time."""

    @property
    def unit(self) -> str:
        return f"{self.currency_code} per unit of the other currency"


def unit_of(source: MarketSource) -> str:
    """What a value of a source is."""
    if source.unit == "RATE":
        return f"{source.currency_code}, rate of exchange"
    return f"{source.currency_code} per {'MWh' if source.unit == 'MWH' else 'kWh'}"


async def cards(visit: Visit, source: MarketSource, sources: MarketSources, more: Node) -> Node:
    """The prices of some days, as a curve and in words, and what else the page has."""
    days = visit.query.get("days", "3")
    if days not in _DAYS:
        days = "3"
    if source.published_until is None:
        return [parts.empty("No prices are published yet."), more]
    span = _span(visit, source, int(days))
    path = f"/market-sources/mrs_{source.id.hex}/prices"
    query = {"start_time": instants.text(span.start), "end_time": instants.text(span.end)}
    found = await visit.api("GET", path, query=query)
    title = f"Prices, the last {_DAYS[days]}"
    tabs = parts.tabs(visit, "days", list(_DAYS.items()), days)
    curve = await beside(_curve, found["data"])
    if curve is None:
        nothing = parts.empty("No prices are published for this time.")
        return [parts.card(title, nothing, actions=tabs), more]
    return [
        parts.card(title, await beside(_drawn, visit, source, curve, title), actions=tabs),
        h.div(".cards-2")[
            h.div[_gap_card(visit, source, found["data"]), more],
            await _version_card(visit, source, sources, span),
        ],
    ]


def _span(visit: Visit, source: MarketSource, days: int) -> Span:
    """The days that end with the last published price; at the latest the day after tomorrow."""
    zone = civil.zone(source.timezone)
    until = source.published_until or visit.call.now
    end = min(until, visit.call.now + timedelta(days=3))
    start = civil.start_of_day(civil.date_at(end - timedelta(days=days), zone), zone)
    return Span(max(start, end - timedelta(days=366)), end)


def _curve(published: Sequence[Mapping[str, Any]]) -> StepSeries | None:
    return steps_of(published, lambda one: one["value"], ends=("valid_from", "valid_to"))


def _drawn(visit: Visit, source: MarketSource, curve: StepSeries, title: str) -> Node:
    values = curve.values / _PER_MWH if source.unit == "MWH" else curve.values
    now_us = microseconds(visit.call.now)
    first, last = curve.span_us
    kind = RateCurve if source.unit == "RATE" else PriceCurve
    made = kind(
        StepSeries(curve.edges_us, np.asarray(values)),
        source.currency_code,
        now_us=now_us if first <= now_us <= last else None,
    )
    reader = ChartReader(civil.zone(source.timezone), str(visit.formats().locale))
    return chart(price_chart(made, reader, title=title), "prices")


def gaps_of(published: Sequence[Mapping[str, Any]]) -> Iterator[Gap]:
    """Find the times between published prices that have none."""
    for one, other in pairwise(published):
        end, start = (
            datetime.fromisoformat(one["valid_to"]),
            datetime.fromisoformat(other["valid_from"]),
        )
        if start > end:
            yield end, start


def _gap_card(visit: Visit, source: MarketSource, published: Sequence[Mapping[str, Any]]) -> Node:
    form = visit.formats(source.timezone)
    found = list(gaps_of(published))
    hour = timedelta(hours=1)
    rows = (
        (
            _short(form, source, start),
            _short(form, source, end),
            form.number((end - start) / hour, "h"),
        )
        for start, end in found[:_SHOWN_GAPS]
    )
    more = len(found) > _SHOWN_GAPS and h.p[f"and {len(found) - _SHOWN_GAPS} more"]
    nothing = h.p["None: every moment between the first and the last price has one."]
    return parts.card(
        "Gaps", parts.table(("From", "To", "Length"), rows, empty=nothing, label="Gaps"), more
    )


async def _version_card(
    visit: Visit, source: MarketSource, sources: MarketSources, span: Span
) -> Node:
    form = visit.formats(source.timezone)
    found = await sources.versions(visit.context, source.id, span, most=_SHOWN_VERSIONS)
    rows = (
        (
            _short(form, source, one.price.valid_from),
            parts.number(form.number(one.price.value, digits=4)),
            _short(form, source, one.time_recorded),
            _short(form, source, one.time_replaced),
        )
        for one in found
    )
    nothing = h.p["No price for this time was ever corrected."]
    heads = ("Price of", parts.number("Was"), "Published", "Replaced")
    lead = h.p[f"Prices that were corrected, {unit_of(source)}; times of {source.timezone}."]
    table = parts.table(heads, rows, empty=nothing, label="Versions")
    return parts.card("Earlier versions", lead if found else None, table)


def _short(form: Formats, source: MarketSource, at: datetime) -> str:
    """A time on the source's clock, whose zone stands elsewhere on the page."""
    return f"{form.day(civil.date_at(at, civil.zone(source.timezone)))}, {form.time(at)}"
