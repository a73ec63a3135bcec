"""The choice of a site, for screens that show one at a time."""

from collections.abc import Callable, Mapping
from typing import Any

import htpy as h
from htpy import Node

from wattyard.kernel import ids
from wattyard.sites.domain.search import FoundSite, FoundSites, SiteSearch, position_of
from wattyard.sites.service import SiteSearches
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.forms import Fields
from wattyard.web.dashboard.visit import Visit

_SHOWN = 20

Address = Callable[[str], str]
"""Gives the address of the page that shows a location."""


async def choice(visit: Visit, searches: SiteSearches, path: str, address: Address) -> Node:
    """A field to look for a site, and the sites that were found or are newest, as links."""
    text = visit.query.get("text", "")
    at = position_of(visit.query.get("at"))
    found = await searches.page(visit.context, SiteSearch(text=text or None), at=at, limit=_SHOWN)
    field = Fields({"text": text}).text(
        "Site, by the beginning of its reference, city or customer", "text", type="search"
    )
    nothing = (
        parts.empty(f"No site begins with “{text}”.", parts.button("All sites", visit.link(path)))
        if text
        else parts.empty(
            "There are no sites yet, so there is nothing to show.",
            parts.button("Add or import sites", visit.link("/sites"), main=True),
        )
    )
    rows = (_row(one, address) for one in found.items)
    return [
        parts.search_form(
            visit.link(path), h.div(".first")[field], parts.submit("Search", main=False)
        ),
        parts.table(("Site", "Place", "Currency"), rows, empty=nothing, label="Sites"),
        _pager(visit, found),
    ]


def _pager(visit: Visit, found: FoundSites) -> Node:
    if found.newer is None and found.older is None:
        return None
    return h.nav(".pager", aria_label="Pages")[
        h.a(href=visit.here(at=found.newer.text()))["Newer"] if found.newer else None,
        h.a(href=visit.here(at=found.older.text()))["Older"] if found.older else None,
    ]


def _row(one: FoundSite, address: Address) -> tuple[Node, ...]:
    site = one.site
    location_id = ids.wire("loc", site.id)
    place = site.postal_address
    parts_of = (place.city, place.country_code) if place else ()
    where = ", ".join(part for part in parts_of if part)
    name = site.reference_id or location_id
    return h.a(href=address(location_id))[name], where or site.timezone, site.currency_code


def title_of(location: Mapping[str, Any]) -> str:
    """What a site is called: its reference, or its id."""
    return str(location["reference_id"] or location["id"])


def address_of(location: Mapping[str, Any]) -> str:
    """Where a site is, in words."""
    address = location["postal_address"]
    if address is None:
        return ""
    found = (address["address_line1"], address["city"], address["country_code"])
    return ", ".join(part for part in found if part)
