"""The choice of a site, for screens that show one at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import htpy as h
from htpy import Node

from wattyard.kernel import ids
from wattyard.sites.domain.search import FoundSite, FoundSites, SiteSearch, position_of
from wattyard.sites.service import SiteSearches
from wattyard.web.dashboard import parts, words
from wattyard.web.dashboard.forms import Fields
from wattyard.web.dashboard.visit import Visit

_SHOWN = 20

Address = Callable[[str], str]
"""Gives the address of the page that shows a location."""


@dataclass(frozen=True, slots=True)
class Column:
    """One more column of the list of sites: its head, and what stands in it for a site."""

    head: str
    cell: Callable[[FoundSite], Node]


async def shown_sites(visit: Visit, searches: SiteSearches) -> FoundSites:
    """Find the page of sites that the address asks for."""
    at = position_of(visit.query.get("at"))
    search = SiteSearch(text=visit.query.get("text") or None)
    return await searches.page(visit.context, search, at=at, limit=_SHOWN)


async def choice(
    visit: Visit,
    searches: SiteSearches,
    path: str,
    address: Address,
    *,
    more: Column | None = None,
) -> Node:
    """A field to look for a site, and the sites that were found or are newest, as links."""
    text = visit.query.get("text", "")
    found = await shown_sites(visit, searches)
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
    heads = ("Site", "Place", "Currency" if more is None else parts.number(more.head))
    rows = (_row(one, address, more) for one in found.items)
    return [
        parts.search_form(
            visit.link(path), h.div(".first")[field], parts.submit("Search", main=False)
        ),
        parts.table(heads, rows, empty=nothing, label="Sites"),
        _pager(visit, found),
    ]


def _pager(visit: Visit, found: FoundSites) -> Node:
    if found.newer is None and found.older is None:
        return None
    return h.nav(".pager", aria_label="Pages")[
        h.a(href=visit.here(at=found.newer.text()))["Previous page"] if found.newer else None,
        h.a(href=visit.here(at=found.older.text()))["Next page"] if found.older else None,
    ]


def _row(one: FoundSite, address: Address, more: Column | None) -> tuple[Node, ...]:
    site = one.site
    location_id = ids.wire("loc", site.id)
    place = site.postal_address
    parts_of = (place.city, place.country_code) if place else ()
    where = ", ".join(part for part in parts_of if part)
    name = site.reference_id or (place and place.address_line1) or location_id
    last = site.currency_code if more is None else parts.number(more.cell(one))
    return h.a(href=address(location_id))[words.short(name)], where or site.timezone, last


def title_of(location: Mapping[str, Any]) -> str:
    """What a site is called: its reference, else where it is, else its id."""
    return str(location["reference_id"] or address_of(location) or location["id"])


def address_of(location: Mapping[str, Any]) -> str:
    """Where a site is, in words."""
    address = location["postal_address"]
    if address is None:
        return ""
    found = (address["address_line1"], address["city"], address["country_code"])
    return ", ".join(part for part in found if part)
