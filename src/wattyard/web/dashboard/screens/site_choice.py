"""The choice of a site, for screens that show one at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import htpy as h
from htpy import Node

from wattyard.kernel import ids
from wattyard.sites.domain.search import FoundSite, FoundSites, SiteSearch, position_of
from wattyard.sites.service import SiteSearches, SitesHaving
from wattyard.web.dashboard import parts, words
from wattyard.web.dashboard.forms import Fields
from wattyard.web.dashboard.screens import found_sites
from wattyard.web.dashboard.visit import Visit

_SHOWN = 20

Address = Callable[[str], str]
"""Gives the address of the page that shows a location."""


@dataclass(frozen=True, slots=True)
class Column:
    """One more column of the list of sites: its head, and what stands in it for a site."""

    head: str
    cell: Callable[[FoundSite], Node]


@dataclass(frozen=True, slots=True)
class Filter:
    """Shows only the sites that have something, `words` such as `with readings`.

    `name` is the value of the address's parameter `only` that asks for it.
    """

    name: str
    words: str
    sites: SitesHaving

    def is_set(self, visit: Visit) -> bool:
        """Whether the address asks for it."""
        return visit.query.get("only") == self.name


async def shown_sites(
    visit: Visit, searches: SiteSearches, filter_: Filter | None = None
) -> FoundSites:
    """Find the page of sites that the address asks for."""
    at = position_of(visit.query.get("at"))
    search = SiteSearch(text=visit.query.get("text") or None)
    having = filter_.sites if filter_ is not None and filter_.is_set(visit) else None
    return await searches.page(visit.context, search, at=at, limit=_SHOWN, having=having)


async def choice(
    visit: Visit,
    searches: SiteSearches,
    path: str,
    address: Address,
    *,
    more: Column | None = None,
    filter_: Filter | None = None,
) -> Node:
    """A field to look for a site, and the sites that were found or are newest, as links."""
    found = await shown_sites(visit, searches, filter_)
    fields = Fields(visit.query)
    field = fields.text(
        "Site, by the beginning of its reference, city or customer", "text", type="search"
    )
    offered = filter_ and [("", "All sites"), (filter_.name, f"Sites {filter_.words}")]
    heads = ("Site", "Place", "Currency" if more is None else parts.number(more.head))
    rows = (_row(one, address, more) for one in found.items)
    return [
        parts.search_form(
            visit.link(path),
            h.div(".first")[field],
            fields.choice("Show", "only", offered) if offered else None,
            parts.submit("Search", main=False),
        ),
        (found.items or not found.stopped)
        and parts.table(heads, rows, empty=_nothing(visit, path, filter_), label="Sites"),
        found_sites.stopped(found),
        found_sites.pager(visit, found),
    ]


def _nothing(visit: Visit, path: str, filter_: Filter | None) -> Node:
    """Say that no site is as it is looked for, and what to do."""
    text = visit.query.get("text", "")
    like = f" {filter_.words}" if filter_ is not None and filter_.is_set(visit) else ""
    if text or like:
        says = f"No site{like} begins with “{text}”." if text else f"There is no site{like} yet."
        return parts.empty(says, parts.button("All sites", visit.link(path)))
    return parts.empty(
        "There are no sites yet, so there is nothing to show.",
        parts.button("Add or import sites", visit.link("/sites"), main=True),
    )


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
