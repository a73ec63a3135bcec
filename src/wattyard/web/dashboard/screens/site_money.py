"""Prices and costs of the screen Site."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import htpy as h
from htpy import Node

from wattyard.kernel import civil
from wattyard.kernel.clock_changes import microseconds
from wattyard.kernel.refusals import Refusal
from wattyard.meters.service import Records, read_once
from wattyard.web.charts.page import chart
from wattyard.web.charts.prices import PriceCurve, price_chart
from wattyard.web.charts.series import StepSeries, steps_of
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.forms import worded
from wattyard.web.dashboard.screens.cost_coverage import DaysRead, days_read, summary, warning
from wattyard.web.dashboard.screens.cost_lines import line_table, lines_of, tariff_names
from wattyard.web.dashboard.screens.cost_question import last_months
from wattyard.web.dashboard.screens.shown_site import ShownSite

_ENDS: Final = ("valid_from", "valid_to")


async def prices(place: ShownSite) -> Node:
    """The price from yesterday to tomorrow, with what is only forecast hatched."""
    title = "What a kWh costs"
    if not place.has("IMPORT"):
        return parts.card(title, place.no_tariff(), id_="prices")
    try:
        bought = await _series(place, "IMPORT")
    except Refusal as refusal:
        return parts.card(title, parts.empty(worded(str(refusal))), id_="prices")
    sold = None
    if place.has("EXPORT"):
        try:
            sold = await _series(place, "EXPORT")
        except Refusal:
            sold = None
    series = _steps(bought)
    assert series is not None  # noqa: S101 (prices fill the span)
    curve = PriceCurve(
        series,
        place.currency,
        name="Bought from the grid" if sold else "Price",
        now_us=microseconds(place.visit.call.now),
        second=_steps(sold) if sold else None,
        second_name="Sold to the grid",
    )
    drawing = price_chart(curve, place.reader, title=f"Price per kWh, times of {place.zone_name}")
    return parts.card(
        title,
        _now(place, bought["data"]),
        chart(drawing, "prices"),
        _why_another(place),
        actions=h.span(".faint")[f"times of {place.zone_name}"],
        id_="prices",
    )


async def costs(place: ShownSite, records: Records) -> Node:
    """What this month has cost so far, by line; up to the end of today, as the screen Costs."""
    with read_once():
        return await _costs(place, records)


async def _costs(place: ShownSite, records: Records) -> Node:
    first, tomorrow = place.today.replace(day=1), place.today + timedelta(days=1)
    title = f"Costs in {place.formats.month(first)} so far"
    more = h.a(href=place.visit.link("/costs", location=place.location_id))["All months"]
    months = _months(place)
    try:
        found = await place.visit.api(
            "GET",
            f"/costs/interval/{place.location_id}",
            query={
                "start_time": civil.start_of_day(first, place.zone).isoformat(),
                "end_time": civil.start_of_day(tomorrow, place.zone).isoformat(),
                "aggregation": "MONTH",
                "include_lines": "true",
            },
        )
    except Refusal as refusal:
        body = place.no_tariff() if not place.has("IMPORT") else parts.empty(worded(str(refusal)))
        return parts.card(title, body, actions=more, id_="costs")
    if not found["data"]:
        body = parts.empty(
            "There are no readings for this month yet: upload them, or let a meter send them.",
            parts.button("Upload readings", place.visit.link(f"{place.path}/upload")),
        )
        return parts.card(title, [body, months], actions=more, id_="costs")
    read = await days_read(
        place.visit, records, place.location_id, "IMPORT", (first, tomorrow, place.zone)
    )
    body = [_lines(place, found["total"], read), warning(read, place.formats, "This"), months]
    return parts.card(title, body, actions=more, id_="costs")


def _months(place: ShownSite) -> Node:
    """Lead to what the months before have cost."""
    links = [
        h.a(
            href=place.visit.link("/costs", location=place.location_id, month=f"{one:%Y-%m}"),
        )[place.formats.month(one)]
        for one in last_months(place.today)[1:]
    ]
    return h.div(".tabs", role="group", aria_label="Costs of earlier months")[links]


async def _series(place: ShownSite, direction: str) -> Any:  # noqa: ANN401 (the JSON document)
    return await place.visit.api(
        "GET",
        "/prices",
        query={
            "location_id": place.location_id,
            "start_time": (place.today - timedelta(days=1)).isoformat(),
            "end_time": (place.today + timedelta(days=2)).isoformat(),
            "tariff_direction": direction,
        },
    )


def _steps(found: Mapping[str, Any]) -> StepSeries | None:
    return steps_of(
        found["data"],
        lambda one: one["price"]["value"],
        confidence=lambda one: one["price"]["confidence"],
        ends=_ENDS,
    )


def _now(place: ShownSite, intervals: Sequence[Mapping[str, Any]]) -> Node:
    """The present price and the next, in words."""
    now = place.visit.call.now
    ahead = [one for one in intervals if datetime.fromisoformat(one["valid_to"]) > now]
    if not ahead:
        return None
    present = ahead[0]
    other = [one for one in ahead if one["price"]["value"] != present["price"]["value"]]
    until = other[0]["valid_from"] if other else ahead[-1]["valid_to"]
    least = "" if other else "at least "
    entries: list[Node] = [
        _price(place, present, f"now, until {least}{_moment(place, until)}"),
    ]
    if other:
        entries.append(_price(place, other[0], f"from {_moment(place, until)}"))
        low = min(other, key=lambda one: float(one["price"]["value"]))
        if low["price"]["value"] < present["price"]["value"]:
            says = f"cheapest ahead, {_moment(place, low['valid_from'])}"
            entries.append(_price(place, low, says))
    return h.div(".now-price")[entries]


def _price(place: ShownSite, interval: Mapping[str, Any], says: str) -> Node:
    price = interval["price"]
    note = " (forecast)" if price["confidence"] < 1 else ""
    return h.p[
        h.strong[place.formats.rate(price["value"], place.currency)],
        h.span[f"{says}{note} ", _why(place, interval, says)],
    ]


def _why(place: ShownSite, interval: Mapping[str, Any], says: str) -> Node:
    """Lead to what a price is made of."""
    now = place.visit.call.now
    start = max(datetime.fromisoformat(interval["valid_from"]), now).astimezone(place.zone)
    address = _explained(place, at=start.isoformat(timespec="minutes"))
    return h.a(href=address, aria_label=f"Why: the price {says}")["Why?"]


def _why_another(place: ShownSite) -> Node:
    """Lead to what the price of any time is made of; the script adds the one that is clicked."""
    return h.p[h.a(href=_explained(place), data_why=True)["Why the price at another time?"]]


def _explained(place: ShownSite, at: str | None = None) -> str:
    """The address of the parts of a price, on the page of a tariff that is one of them."""
    tariff = next(
        one["tariff_id"] for one in place.location["tariffs"] if one["direction"] == "IMPORT"
    )
    return f"{place.visit.link(f'/tariffs/{tariff}', at=at)}#audit"


def _moment(place: ShownSite, instant: str) -> str:
    at = datetime.fromisoformat(instant)
    time = place.formats.time(at)
    day = civil.date_at(at, place.zone)
    names = {place.today: "", place.today + timedelta(days=1): " tomorrow"}
    return f"{time}{names.get(day, f' on {place.formats.day(day)}')}"


def _lines(place: ShownSite, total: Mapping[str, Any], read: DaysRead) -> Node:
    formats = place.formats
    confidence = total["cost"]["confidence"]
    return [
        h.div(".now-price")[
            h.p[
                h.strong[formats.money(total["cost"]["value"], place.currency)],
                h.span[
                    f"for {formats.number(total['energy']['value'], 'kWh')} from the grid"
                    + ("" if confidence == 1 else ", in part of estimated readings")
                    + (f"; {summary(read, formats)}" if read.complete and read.days else "")
                ],
            ]
        ],
        line_table(formats, place.currency, lines_of(total, tariff_names(place.location))),
    ]
