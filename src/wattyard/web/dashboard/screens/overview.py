"""The screen Overview: the numbers of an account, each leading to its list, and what happens."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, NamedTuple

import htpy as h
from htpy import Node

from wattyard.kernel.pages import PageWindow
from wattyard.people.domain import Role
from wattyard.platform.http.call import StreamedAnswer
from wattyard.requests.domain import Counts
from wattyard.requests.service import Requests
from wattyard.sites.domain.search import Count, FleetCounts
from wattyard.sites.service import SiteSearches
from wattyard.tariffs.domain import fetching
from wattyard.tariffs.service import Endings, MarketSources
from wattyard.web.dashboard import parts, words
from wattyard.web.dashboard.declare import DashboardPage, Screen, page
from wattyard.web.dashboard.live import Live
from wattyard.web.dashboard.visit import Visit

_DAY: Final = timedelta(days=1)
_EVENTS: Final = 12
_MOST: Final = 100
"""As many market sources and endpoints are looked at; accounts have fewer."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the figures of the page say."""

    fleet: FleetCounts
    endings: Count
    stale_markets: Count
    failing_webhooks: Count
    requests: Counts


@dataclass(frozen=True, slots=True)
class FleetServices:
    """The services that know the numbers."""

    searches: SiteSearches
    endings: Endings
    markets: MarketSources
    requests: Requests


@page("GET", "")
async def overview(
    visit: Visit,
    searches: SiteSearches,
    endings: Endings,
    markets: MarketSources,
    requests: Requests,
) -> Screen:
    """Show how an account is doing."""
    asked = FleetServices(searches, endings, markets, requests)
    numbers, events = await asyncio.gather(_numbers(visit, asked), _events(visit))
    if numbers.fleet.sites.number == 0 and not events["data"]:
        return Screen(title="Overview", path="", body=_welcome(visit))
    return Screen(
        title="Overview",
        path="",
        live=visit.link("/live"),
        body=[
            h.div("#figures")[_figures(visit, numbers)],
            parts.card("Events", h.div("#events")[_event_list(visit, events["data"])]),
        ],
    )


@page("GET", "/live")
async def overview_live(
    visit: Visit,
    live: Live,
    searches: SiteSearches,
    endings: Endings,
    markets: MarketSources,
    requests: Requests,
) -> StreamedAnswer:
    """Keep the numbers and events up to date while somebody looks."""
    asked = FleetServices(searches, endings, markets, requests)

    async def render() -> Mapping[str, Node]:
        numbers, events = await asyncio.gather(_numbers(visit, asked), _events(visit))
        return {
            "figures": _figures(visit, numbers),
            "events": _event_list(visit, events["data"]),
        }

    return live.stream(visit, render, seconds=3)


async def _numbers(visit: Visit, asked: FleetServices) -> Numbers:
    context = visit.context
    fleet, ending, sources, endpoints, requests = await asyncio.gather(
        asked.searches.counts(context),
        asked.endings.upcoming(context, limit=_MOST),
        asked.markets.page(context, PageWindow(_MOST)),
        visit.api("GET", "/webhook-endpoints", query={"limit": _MOST}, shown=False),
        asked.requests.counts(context, context.now - _DAY),
    )
    stale = [one for one in sources.items if fetching.staleness(one, context.now)]
    failing = [
        one for one in endpoints["data"] if one["failing_since"] or one["status"] == "DISABLED"
    ]
    return Numbers(
        fleet,
        Count(len(ending.items), ending.after is not None),
        Count(len(stale), sources.has_more),
        Count(len(failing), endpoints["has_more"]),
        requests,
    )


async def _events(visit: Visit) -> Any:  # noqa: ANN401 (the JSON document)
    return await visit.api("GET", "/events", query={"limit": _EVENTS})


def _figures(visit: Visit, numbers: Numbers) -> Node:
    return h.div(".overview")[
        _row(visit, _fleet(visit, numbers.fleet)),
        _row(visit, _attention(visit, numbers)),
        _row(visit, _requests(visit, numbers.requests)),
    ]


class Figure(NamedTuple):
    """A number, its words for one and for several, its list, and how it looks above zero."""

    number: Count
    one: str
    several: str
    address: str
    kind: str = ""


def _row(visit: Visit, figures: Sequence[Figure]) -> Node:
    formats = visit.formats()
    return h.div(".figures")[
        (
            parts.figure(
                words.counted(each.number, formats),
                words.noun(each.number.number, each.one, each.several),
                each.address,
                each.kind if each.number.number else "",
            )
            for each in figures
        )
    ]


def _fleet(visit: Visit, fleet: FleetCounts) -> Sequence[Figure]:
    def devices(seen: str) -> str:
        return visit.link("/sites", devices=seen)

    lately = "heard from in the last day"
    silent = "silent for more than a day"
    never = "never heard from"
    return (
        Figure(fleet.sites, "site", "sites", visit.link("/sites")),
        Figure(fleet.devices_seen, f"device {lately}", f"devices {lately}", devices("SEEN")),
        Figure(
            fleet.devices_silent, f"device {silent}", f"devices {silent}", devices("SILENT"), "bad"
        ),
        Figure(
            fleet.devices_never_seen,
            f"device {never}",
            f"devices {never}",
            devices("NEVER"),
            "warn",
        ),
    )


def _attention(visit: Visit, numbers: Numbers) -> Sequence[Figure]:
    return (
        Figure(
            numbers.fleet.sites_without_tariff,
            "site without a tariff",
            "sites without a tariff",
            visit.link("/sites", tariff="NONE"),
            "warn",
        ),
        Figure(
            numbers.endings,
            "tariff that ends within 30 days",
            "tariffs that end within 30 days",
            visit.link("/sites", tariff="ENDING"),
            "warn",
        ),
        Figure(
            numbers.stale_markets, "stale market", "stale markets", visit.link("/markets"), "bad"
        ),
        Figure(
            numbers.failing_webhooks,
            "failing webhook",
            "failing webhooks",
            visit.link("/developers/webhooks"),
            "bad",
        ),
    )


def _requests(visit: Visit, counts: Counts) -> Sequence[Figure]:
    """The requests of the last day; those of errors lead to what was answered."""
    path = "/developers/requests"
    return (
        Figure(
            Count(counts.requests),
            "request in the last day",
            "requests in the last day",
            visit.link(path),
        ),
        Figure(
            Count(counts.errors_4xx),
            "request refused in the last day",
            "requests refused in the last day",
            visit.link(path, status="4", hours="24"),
            "warn",
        ),
        Figure(
            Count(counts.errors_5xx),
            "request failed in the last day",
            "requests failed in the last day",
            visit.link(path, status="5", hours="24"),
            "bad",
        ),
    )


def _event_list(visit: Visit, events: Sequence[Mapping[str, Any]]) -> Node:
    if not events:
        return parts.empty(
            "Nothing has happened yet: changes of sites, devices and tariffs appear here."
        )
    formats = visit.formats()
    now = visit.call.now
    return h.ul(".events")[
        (
            h.li[
                h.span[words.event(one["type"])],
                _named(visit, one["data"]),
                formats.since(one["time_created"], now),
            ]
            for one in events
        )
    ]


def _named(visit: Visit, document: Mapping[str, Any]) -> Node:
    address = words.address_of(visit, document)
    name = words.short(words.name_of(document))
    return h.a(href=address)[name] if address else h.span[name]


def _welcome(visit: Visit) -> Node:
    actions = [
        parts.button("New site", visit.link("/sites/new"), main=True),
        parts.button("Import a file", visit.link("/sites/import")),
        parts.button("Make a key", visit.link("/developers")),
    ]
    if not visit.may(Role.DEVELOPER):
        actions = []
    return parts.empty(
        "There is nothing in this account and mode yet. Begin with a site: the place where "
        "devices stand. Programs begin with a key.",
        *actions,
    )


PAGES: Final[Sequence[DashboardPage]] = (overview, overview_live)
