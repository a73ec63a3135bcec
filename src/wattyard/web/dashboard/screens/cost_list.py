"""What each site of the list of the screen Costs has cost this month."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import htpy as h
from htpy import Node

from wattyard.kernel import civil, ids
from wattyard.kernel.refusals import Refusal
from wattyard.meters.service import MeteredSites
from wattyard.platform.http.call import StreamedAnswer
from wattyard.sites.domain.search import FoundSite
from wattyard.sites.service import SiteSearches
from wattyard.web.dashboard.declare import DashboardPage, page
from wattyard.web.dashboard.live import Live
from wattyard.web.dashboard.screens.site_choice import Filter, shown_sites
from wattyard.web.dashboard.visit import Visit

HEAD: Final = "This month so far"
_SECONDS: Final = 60.0
"""Costs are priced anew so often while somebody looks."""


def with_readings(metered: MeteredSites) -> Filter:
    """The filter of the list: sites that have readings."""
    return Filter("readings", "with readings", metered)


def unpriced(one: FoundSite) -> Node:
    """Where the cost of a site will stand: pricing a page of sites takes longer than a page may."""
    return h.span(id=_id(one))["…", h.noscript["on its page"]]


@page("GET", "/costs/live")
async def cost_list_live(
    visit: Visit, searches: SiteSearches, metered: MeteredSites, live: Live
) -> StreamedAnswer:
    """Price the energy of the sites of a page, one after the other, while somebody looks."""

    async def render() -> Mapping[str, Node]:
        found = await shown_sites(visit, searches, with_readings(metered))
        return {_id(one): await _cost(visit, one) for one in found.items}

    return live.stream(visit, render, seconds=_SECONDS)


async def _cost(visit: Visit, one: FoundSite) -> Node:
    """The cost from the first of the month of the place to the end of its today."""
    form = visit.formats(one.site.timezone)
    today = civil.date_at(visit.call.now, civil.zone(one.site.timezone))
    query = {
        "start_time": today.replace(day=1).isoformat(),
        "end_time": (today + timedelta(days=1)).isoformat(),
        "aggregation": "MONTH",
    }
    address = f"/costs/interval/{ids.wire('loc', one.site.id)}"
    try:
        found: Any = await visit.api("GET", address, query=query, shown=False)
    except Refusal as refusal:
        says = "no tariff" if refusal.first.code == "no_tariff_connected" else "not known"
        return h.span(".faint")[says]
    if not found["data"]:
        return h.span(".faint")["no readings"]
    total = found["total"]
    energy_kwh = total["energy"]["value"]
    of = form.number(energy_kwh, "kWh", digits=0) if energy_kwh else "without readings"
    return [
        form.money(total["cost"]["value"], str(one.site.currency_code)),
        h.small(".faint")[f" {of}"],
    ]


def _id(one: FoundSite) -> str:
    return f"cost-{one.site.id.hex}"


PAGES: Final[tuple[DashboardPage, ...]] = (cost_list_live,)
