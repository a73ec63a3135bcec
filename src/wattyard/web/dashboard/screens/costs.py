"""The screen Costs: what the energy of a site cost, by month or day, line by line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import htpy as h
from htpy import Node

from wattyard.costs.service import CostReports
from wattyard.kernel import civil
from wattyard.kernel.arrays import np
from wattyard.kernel.refusals import Refusal, StateForbids
from wattyard.meters.service import MeteredSites, Records, read_once
from wattyard.platform.http import Answer
from wattyard.platform.http.inside import Request
from wattyard.sites.service import SiteSearches
from wattyard.tariffs.service import Tariffs
from wattyard.web.charts.drawing import Drawing
from wattyard.web.charts.page import chart
from wattyard.web.charts.reading import ChartReader
from wattyard.web.charts.stacks import StackedBars, StackPart, stacked_chart
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.declare import DashboardPage, Screen, page
from wattyard.web.dashboard.formats import Formats
from wattyard.web.dashboard.forms import worded
from wattyard.web.dashboard.screens import (
    cost_comparison,
    cost_coverage,
    cost_list,
    tariff_words,
)
from wattyard.web.dashboard.screens.cost_coverage import DaysRead, days_read
from wattyard.web.dashboard.screens.cost_lines import (
    Line,
    in_order,
    line_table,
    lines_of,
    tariff_names,
)
from wattyard.web.dashboard.screens.cost_question import (
    DIRECTIONS,
    ShownCosts,
    asked_for,
    last_months,
)
from wattyard.web.dashboard.screens.site_choice import Column, address_of, choice, title_of
from wattyard.web.dashboard.visit import Visit

PATH: Final = "/costs"
_MOST_PARTS: Final = 8


@page("GET", PATH)
async def costs(
    visit: Visit,
    searches: SiteSearches,
    metered: MeteredSites,
    reports: CostReports,
    tariffs: Tariffs,
    records: Records,
) -> Screen:
    """Show what a site's energy cost, or let a site be chosen."""
    if not visit.query.get("location"):
        return await _list(visit, searches, metered)
    asked = await asked_for(visit)
    form = visit.formats(asked.zone.key)
    with read_once():
        try:
            query = {**asked.query, "include_lines": "true"}
            answer = await visit.api("GET", asked.address, query=query)
        except StateForbids as refusal:
            body = _cannot(visit, asked, refusal)
        else:
            compared = await cost_comparison.card(visit, reports, tariffs, asked, answer)
            bars = await _bars(visit, records, asked, answer["data"])
            figures = _figures(visit, form, asked, answer, bars)
            body = [figures, _shown(visit, form, asked, answer, bars, compared)]
    return Screen(
        title=f"Costs of {title_of(asked.location)}",
        path=PATH,
        above=(("Costs", visit.link(PATH)),),
        actions=_actions(visit, asked),
        body=[_head(visit, asked, form), body],
    )


async def _list(visit: Visit, searches: SiteSearches, metered: MeteredSites) -> Screen:
    """Let a site be chosen; what each has cost this month follows."""
    found = await choice(
        visit,
        searches,
        PATH,
        lambda id_: visit.link(PATH, location=id_),
        more=Column(cost_list.HEAD, cost_list.unpriced),
        filter_=cost_list.with_readings(metered),
    )
    lead = h.p["What the energy of a site cost, month by month and line by line."]
    text, only, at = map(visit.query.get, ("text", "only", "at"))
    live = visit.link(f"{PATH}/live", text=text, only=only, at=at)
    return Screen(title="Costs", path=PATH, body=[lead, found], live=live)


@page("GET", f"{PATH}/file")
async def cost_file(visit: Visit) -> Answer:
    """Give the costs that the screen shows as a CSV file."""
    asked = await asked_for(visit)
    query = {**asked.query, "format": "csv"}
    reply = await visit.ask(Request(method="GET", path=asked.address, query=query))
    name = f"costs-{asked.location['id']}-{asked.direction.lower()}-{asked.start}.csv"
    disposition = f'attachment; filename="{name}"'.encode()
    return Answer(
        reply.body,
        media_type=b"text/csv; charset=utf-8",
        headers=[(b"content-disposition", disposition)],
    )


@dataclass(frozen=True, slots=True)
class _Bars:
    """The days or months that are shown, what each cost, and for which days there are readings.

    `items` are the API's, None where it has none of that time.
    """

    periods: Sequence[tuple[date, date]]
    items: Sequence[Mapping[str, Any] | None]
    read: DaysRead

    def read_of(self, number: int) -> DaysRead:
        """The days of one of them."""
        return self.read.between(*self.periods[number])


async def _bars(
    visit: Visit, records: Records, asked: ShownCosts, items: Sequence[Mapping[str, Any]]
) -> _Bars:
    """Put what the API answers where it belongs, from the first that it has of any time."""
    by_day = {_local(one["start_time"], asked.zone): one for one in items}
    periods = asked.periods(min(by_day)) if by_day else []
    span = (periods[0][0], asked.end, asked.zone) if periods else (asked.end, asked.end, asked.zone)
    read = await days_read(visit, records, asked.location["id"], asked.direction, span)
    return _Bars(periods, [by_day.get(start) for start, _ in periods], read)


def _actions(visit: Visit, asked: ShownCosts) -> Node:
    file = visit.link(
        f"{PATH}/file",
        location=asked.location["id"],
        direction=asked.direction,
        month=asked.month,
    )
    return [
        parts.button("Download CSV", file),
        parts.button("Another site", visit.link(PATH)),
    ]


def _head(visit: Visit, asked: ShownCosts, form: Formats) -> Node:
    site = visit.link(f"/sites/{asked.location['id'].replace('loc_', 'ste_')}")
    shown = form.month(asked.start) if asked.by_day else "The last twelve months"
    return [
        h.p[
            h.a(href=site)[address_of(asked.location) or "the site"],
            f" · {shown}, by the local days of {asked.zone.key}",
        ],
        h.p[parts.tabs(visit, "direction", DIRECTIONS, asked.direction)],
        _months(visit, asked, form),
    ]


def _months(visit: Visit, asked: ShownCosts, form: Formats) -> Node:
    """Lead to the days of each month."""
    months = last_months(civil.date_at(visit.call.now, asked.zone))
    if asked.by_day and asked.start not in months:
        months = sorted([*months, asked.start], reverse=True)
    choices = [(f"{one:%Y-%m}", form.month(one)) for one in months]
    return parts.tabs(visit, "month", [("", "All months"), *choices], asked.month or "")


def _cannot(visit: Visit, asked: ShownCosts, refusal: Refusal) -> Node:
    """Say why there are no costs, and what to do about it."""
    location_id = asked.location["id"]
    actions = {
        "no_tariff_connected": tariff_words.link_button(visit, location_id),
        "no_price_data": parts.button("See the markets", visit.link("/markets"), main=True),
    }
    return parts.empty(worded(refusal.first.message), actions.get(refusal.first.code))


def _figures(
    visit: Visit, form: Formats, asked: ShownCosts, answer: Mapping[str, Any], bars: _Bars
) -> Node:
    total = answer["total"]
    energy_kwh, cost = total["energy"]["value"], total["cost"]["value"]
    words = "Cost" if asked.direction == "IMPORT" else "Value"
    shown = [parts.figure(form.money(cost, asked.currency), f"{words} in all")]
    if not asked.by_day and answer["data"]:
        last, today = answer["data"][-1], asked.end - timedelta(days=1)
        month = _local(last["start_time"], asked.zone)
        shown.append(
            parts.figure(
                form.money(last["cost"]["value"], asked.currency),
                f"{form.month(month)}" + (" so far" if month.month == today.month else ""),
                visit.here(month=f"{month:%Y-%m}"),
            )
        )
    shown.append(parts.figure(form.number(energy_kwh, "kWh", digits=1), "Energy"))
    if energy_kwh:
        shown.append(
            parts.figure(
                form.money(cost / energy_kwh, asked.currency, digits=4), "per kWh on average"
            )
        )
    shown.append(cost_coverage.figure(bars.read, form))
    return [
        h.div(".figures")[shown],
        answer["data"] and cost_coverage.warning(bars.read, form, "This total"),
    ]


def _shown(
    visit: Visit,
    form: Formats,
    asked: ShownCosts,
    answer: Mapping[str, Any],
    bars: _Bars,
    compared: Node,
) -> Node:
    if not answer["data"]:
        return parts.empty(
            "There are no readings and no charges in this time: upload meter readings of the site "
            "and its costs appear at once.",
            parts.button("How to send readings", visit.root("/docs/guides/import"), main=True),
        )
    names = tariff_names(asked.location)
    lines = [[] if one is None else lines_of(one, names) for one in bars.items]
    total = lines_of(answer["total"], names)
    return [
        parts.card(_title(asked), chart(_drawing(form, asked, bars, lines, total), "costs")),
        h.div(".cards-2")[
            parts.card("By line", line_table(form, asked.currency, total)),
            compared,
        ],
        parts.card("By day" if asked.by_day else "By month", _item_table(visit, form, asked, bars)),
    ]


def _drawing(
    form: Formats,
    asked: ShownCosts,
    bars: _Bars,
    lines: Sequence[Sequence[Line]],
    total: Sequence[Line],
) -> Drawing:
    """Draw a bar for each day or month, with the lines in the order of the total's."""
    labels = in_order(line.label for own in (total, *lines) for line in own)
    if len(labels) > _MOST_PARTS:
        labels = [*labels[: _MOST_PARTS - 1], "Other lines"]
    amounts = np.full((len(labels), len(lines)), np.nan)
    for column, own in enumerate(lines):
        for line in own:
            row = labels.index(line.label) if line.label in labels else len(labels) - 1
            amounts[row, column] = np.nan_to_num(amounts[row, column]) + line.amount
    reader = ChartReader(asked.zone, str(form.locale))
    skeleton, short = ("MMMEd", "d") if asked.by_day else ("yMMMM", "MMM")
    days = [start for start, _ in bars.periods]
    stack = StackedBars(
        [reader.date(day, skeleton) for day in days],
        [StackPart(label, amounts[row]) for row, label in enumerate(labels)],
        asked.currency,
        short_names=[reader.date(day, short) for day in days],
        unread=np.array([bars.read_of(n).unread_share for n in range(len(days))]),
    )
    return stacked_chart(stack, reader, title=_title(asked))


def _title(asked: ShownCosts) -> str:
    verb = "it cost" if asked.direction == "IMPORT" else "it brought"
    return f"What {verb}, by {'day' if asked.by_day else 'month'}"


def _item_table(visit: Visit, form: Formats, asked: ShownCosts, bars: _Bars) -> Node:
    rows = []
    for number, ((day, _), one) in enumerate(zip(bars.periods, bars.items, strict=True)):
        name: Node = form.day(day)
        if not asked.by_day:
            name = h.a(href=visit.here(month=f"{day:%Y-%m}"))[form.month(day)]
        read = bars.read_of(number)
        says = (cost_coverage.of_day if asked.by_day else cost_coverage.of_month)(read, form)
        rows.append((name, says, *_amounts(form, asked, one, read)))
    heads = (
        "Day" if asked.by_day else "Month",
        "Readings",
        parts.number("Cost" if asked.direction == "IMPORT" else "Value"),
        parts.number("Energy"),
        parts.number("Per kWh"),
    )
    return parts.table(heads, rows, label="Costs by time")


def _amounts(
    form: Formats, asked: ShownCosts, one: Mapping[str, Any] | None, read: DaysRead
) -> Sequence[Node]:
    """The cost of a day or month, its energy and mean price; dashes for what is not known."""
    if one is None:
        return (parts.number("–"),) * 3
    energy_kwh, cost = one["energy"]["value"], one["cost"]["value"]
    mean = form.money(cost / energy_kwh, asked.currency, digits=4) if energy_kwh else "–"
    known = bool(energy_kwh or read.read)
    estimated = one["cost"]["confidence"] < 1 and [" ", parts.badge("estimated", "warn")]
    return (
        parts.number([form.money(cost, asked.currency), estimated]),
        parts.number(form.number(energy_kwh, "kWh", digits=1) if known else "–"),
        parts.number(mean),
    )


def _local(text: str, zone: ZoneInfo) -> date:
    """The local day on which an instant of an answer lies."""
    return civil.date_at(datetime.fromisoformat(text), zone)


PAGES: Final[tuple[DashboardPage, ...]] = (costs, cost_file)
