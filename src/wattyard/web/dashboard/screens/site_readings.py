"""Readings of the screen Site: energy in and out as bars, by day, week, month and year."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

import htpy as h
from htpy import Node

from wattyard.kernel import civil
from wattyard.kernel.arrays import np
from wattyard.kernel.clock_changes import Microseconds, microseconds
from wattyard.kernel.local_periods import PeriodUnit, period_edges
from wattyard.kernel.refusals import Refusal
from wattyard.people.domain import Role
from wattyard.web.charts.flows import FlowBars, flow_chart
from wattyard.web.charts.page import chart
from wattyard.web.charts.series import StepSeries
from wattyard.web.dashboard import device_words, parts, words
from wattyard.web.dashboard.forms import Fields, worded
from wattyard.web.dashboard.screens.shown_site import ShownSite

Shown = Literal["day", "week", "month", "year"]

_BARS: Final[Mapping[Shown, PeriodUnit]] = {
    "day": "HOUR",
    "week": "DAY",
    "month": "DAY",
    "year": "MONTH",
}
_CHOICES: Final = (("day", "Day"), ("week", "Week"), ("month", "Month"), ("year", "Year"))
_OF_SITE: Final = ("From the grid", "Into the grid")
_OF_DEVICE: Final = ("Into the device", "Out of the device")
_FIRST_YEAR: Final = 1971
_LAST_YEAR: Final = 9990
_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Period:
    """Which local days are shown: from `first` up to but without `end`."""

    shown: Shown
    first: date
    end: date

    @classmethod
    def around(cls, shown: Shown, day: date) -> "Period":
        """The day, week (from Monday), month or year that a day is in."""
        match shown:
            case "day":
                return cls(shown, day, day + timedelta(days=1))
            case "week":
                first = day - timedelta(days=day.weekday())
                return cls(shown, first, first + timedelta(days=7))
            case "month":
                first = day.replace(day=1)
                return cls(shown, first, (first + timedelta(days=31)).replace(day=1))
            case _:
                first = day.replace(month=1, day=1)
                return cls(shown, first, first.replace(year=first.year + 1))

    def beside(self, *, later: bool) -> date:
        """A day of the period before or after."""
        return self.end if later else self.first - timedelta(days=1)


async def card(place: ShownSite) -> Node:
    """The readings of the site's own meter, or of one of its devices."""
    period = asked_period(place)
    meter = place.visit.query.get("meter") or None
    try:
        found = await _records(place, period, meter)
    except Refusal as refusal:
        body: Node = parts.empty(worded(str(refusal)))
    else:
        body = _bars(place, period, found["data"], _OF_DEVICE if meter else _OF_SITE)
    tabs = parts.tabs(place.visit, "by", _CHOICES, period.shown)
    return parts.card("Readings", _steps(place, period), body, actions=tabs, id_="readings")


def asked_period(place: ShownSite) -> Period:
    """Read from the address which period is shown; without one, this week."""
    query = place.visit.query
    shown: Shown = next((one for one in _BARS if one == query.get("by")), "week")
    try:
        day = date.fromisoformat(query.get("on", ""))
    except ValueError:
        day = place.today
    in_reach = _FIRST_YEAR <= day.year <= _LAST_YEAR
    return Period.around(shown, day if in_reach else place.today)


async def _records(place: ShownSite, period: Period, meter: str | None) -> Any:  # noqa: ANN401 (the JSON document)
    body = {
        "location_id": place.location_id,
        "start_time": civil.start_of_day(period.first, place.zone).isoformat(),
        "end_time": civil.start_of_day(period.end, place.zone).isoformat(),
        "group_by": _BARS[period.shown],
        "order_by": "OLDEST",
        "limit": _MOST,
    }
    if meter is not None:
        body["device_id"] = meter
    return await place.visit.api("POST", "/meters/records", body=body)


def _bars(
    place: ShownSite,
    period: Period,
    records: Sequence[Mapping[str, Any]],
    names: tuple[str, str],
) -> Node:
    if not records:
        link = parts.button("Upload readings", place.visit.link(f"{place.path}/upload"))
        return parts.empty(
            "There are no readings for this time. Upload them here, or let a meter send them.",
            *([link] if place.visit.may(Role.DEVELOPER) else []),
        )
    edges = _edges(place, period)
    drawn = _series(edges, records, "INBOUND")
    fed = _series(edges, records, "OUTBOUND")
    flows = FlowBars(drawn, fed, now_us=_now_within(place, edges), names=names)
    drawing = flow_chart(flows, place.reader, title=f"Energy, {_title(place, period)}")
    return [_sums(place, (drawn, fed), names), chart(drawing, "readings")]


def _edges(place: ShownSite, period: Period) -> Microseconds:
    span = tuple(
        microseconds(civil.start_of_day(day, place.zone)) for day in (period.first, period.end)
    )
    return period_edges(_BARS[period.shown], place.zone, (span[0], span[1]))


def _series(
    edges: Microseconds, records: Sequence[Mapping[str, Any]], flow: str
) -> StepSeries | None:
    """Put the records of a flow where they belong; registers and directions add up."""
    values = np.full(edges.size - 1, np.nan)
    for one in records:
        if one["energy_flow_direction"] == flow:
            start = microseconds(datetime.fromisoformat(one["start_time"]))
            n = int(np.searchsorted(edges, start, side="right")) - 1
            values[n] = np.nansum([values[n], one["energy"]["value"]])
    return StepSeries(edges, values) if np.isfinite(values).any() else None


def _now_within(place: ShownSite, edges: Microseconds) -> int | None:
    now = microseconds(place.visit.call.now)
    return now if int(edges[0]) < now < int(edges[-1]) else None


def _sums(
    place: ShownSite, flows: tuple[StepSeries | None, StepSeries | None], names: tuple[str, str]
) -> Node:
    return h.div(".now-price")[
        (
            h.p[
                h.strong[place.formats.number(float(np.nansum(one.values)), "kWh", digits=1)],
                h.span[device_words.inside(name)],
            ]
            for name, one in zip(names, flows, strict=True)
            if one is not None
        )
    ]


def _steps(place: ShownSite, period: Period) -> Node:
    """The period that is shown, the way to its neighbours, and whose readings they are."""
    visit = place.visit
    before, after = (period.beside(later=later) for later in (False, True))
    return h.div(".steps")[
        h.a(href=visit.here(by=period.shown, on=before.isoformat()) + "#readings")["‹ Earlier"],
        h.strong[_title(place, period)],
        after <= place.today
        and h.a(href=visit.here(by=period.shown, on=after.isoformat()) + "#readings")["Later ›"],
        _meters(place, period),
    ]


def _meters(place: ShownSite, period: Period) -> Node:
    devices = place.site["devices"][:_MOST]
    if not devices:
        return None
    options = [("", "The site's meter"), *((one["id"], words.device_name(one)) for one in devices)]
    fields = Fields({"meter": place.visit.query.get("meter", "")})
    return parts.search_form(
        place.visit.link(place.path),
        h.input(type="hidden", name="by", value=period.shown),
        h.input(type="hidden", name="on", value=period.first.isoformat()),
        fields.choice("Of", "meter", options),
        parts.submit("Show", main=False),
    )


def _title(place: ShownSite, period: Period) -> str:
    formats = place.formats
    match period.shown:
        case "day":
            return formats.day(period.first)
        case "week":
            last = period.end - timedelta(days=1)
            return f"{formats.day(period.first)} to {formats.day(last)}"
        case "month":
            return formats.month(period.first)
        case _:
            return str(period.first.year)
