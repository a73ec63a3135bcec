"""The screen Sites: a search over all of them, and its pages."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, get_args

import htpy as h
import msgspec
from htpy import Node

from wattyard.kernel import ids
from wattyard.kernel.ids import read
from wattyard.kernel.refusals import Malformed, Missing
from wattyard.people.domain import Role
from wattyard.platform.http import Answer, list_answer
from wattyard.platform.http.inside import Request
from wattyard.sites.domain.devices import DeviceType
from wattyard.sites.domain.search import (
    FoundSite,
    FoundSites,
    Seen,
    SiteSearch,
    position_of,
    silent_before,
)
from wattyard.sites.domain.sites import PostalAddress, Status
from wattyard.sites.service import Sites, SiteSearches
from wattyard.tariffs.domain.contracts import EndingPosition
from wattyard.tariffs.service import Endings
from wattyard.web.dashboard import device_words, parts, words
from wattyard.web.dashboard.declare import DashboardPage, Screen, page
from wattyard.web.dashboard.formats import Formats
from wattyard.web.dashboard.forms import Fields
from wattyard.web.dashboard.screens import customers, found_sites
from wattyard.web.dashboard.visit import Shown, Visit

_ID: Final = re.compile(r"(ste|loc|dev|cus)_[0-9a-f]{32}", re.ASCII)
_FILTERS: Final = ("q", "status", "type", "devices", "tariff", "customer")
_LONGEST_TEXT: Final = 200
_NAMED: Final = 4
_SILENT: Final = 2
"""So many silent devices of a site are named in the list of all sites."""
_STATUSES: Final = (("", "Any status"), ("ACTIVE", "In service"), ("INACTIVE", "Out of service"))
_TYPES: Final = (("", "Any device"), *device_words.DEVICE_TYPES.items())
_SEEN: Final = (
    ("", "Heard from or not"),
    ("SEEN", "A device heard from in the last day"),
    ("SILENT", "A device silent for more than a day"),
    ("NEVER", "A device never heard from"),
)
_TARIFF: Final = (("", "Any tariff"), ("NONE", "No tariff"), ("ENDING", "Ends within 30 days"))
_FOUND_BY: Final = {
    "customer": "by its customer",
    "name": "by its customer",
    "device": "by a device",
}


@page("GET", "/sites")
async def sites(
    visit: Visit, searches: SiteSearches, all_sites: Sites, endings: Endings
) -> Screen | Answer:
    """Show a page of the sites that are looked for."""
    there = await _by_id(visit)
    if there is not None:
        return there
    if visit.query.get("tariff") == "ENDING":
        body = await _ending(visit, all_sites, endings)
    else:
        body = await _found(visit, searches)
    return Screen(
        title="Sites",
        path="/sites",
        actions=_actions(visit),
        body=[_search_form(visit), await _whose(visit), body],
    )


def search_of(query: Mapping[str, str]) -> SiteSearch:
    """Read what is looked for from an address; what no form of ours sends is passed over."""
    customer = None
    with suppress(Malformed):
        customer = read(query["customer"], "cus", param="customer") if "customer" in query else None
    return SiteSearch(
        text=query.get("q", "").strip()[:_LONGEST_TEXT].replace("\0", "") or None,
        status=_one_of(query.get("status"), Status),
        customer_id=customer,
        device_type=_one_of(query.get("type"), DeviceType),
        seen=_one_of(query.get("devices"), Seen),
        without_tariff=query.get("tariff") == "NONE",
    )


async def _whose(visit: Visit) -> Node:
    """Whose sites are listed, where they are those of one customer."""
    with suppress(Missing, Malformed):
        if visit.query.get("customer"):
            return await customers.whose(visit, visit.query["customer"])
    return None


async def _by_id(visit: Visit) -> Answer | None:
    """Lead to the site whose id, or a device's, was typed; to a customer's sites."""
    text = visit.query.get("q", "").strip()
    if not _ID.fullmatch(text):
        return None
    kind, hex_ = text[:3], text[4:]
    with suppress(Missing):
        if kind == "cus":
            await visit.api("GET", f"/customers/{text}", shown=False)
            return visit.go(visit.link("/sites", customer=text))
        if kind == "dev":
            device = await visit.api("GET", f"/devices/{text}", shown=False)
            return visit.go(words.address_of(visit, device) or visit.link("/sites"))
        await visit.api("GET", f"/sites/ste_{hex_}", shown=False)
        return visit.go(visit.link(f"/sites/ste_{hex_}"))
    return None


async def _found(visit: Visit, searches: SiteSearches) -> Node:
    search = search_of(visit.query)
    found = await searches.page(visit.context, search, at=position_of(visit.query.get("at")))
    _show_request(visit, search, found)
    by_device = search.seen is not None
    rows = [(_heard_row if by_device else _row)(visit, one) for one in found.items]
    if not rows and search == SiteSearch() and not visit.query.get("at"):
        return _none_yet(visit)
    return [
        rows and _table(rows, by_device=by_device),
        not rows and not found.stopped and _nothing_found(visit),
        found_sites.stopped(found),
        found_sites.pager(visit, found),
    ]


def _row(visit: Visit, found: FoundSite) -> Sequence[Node]:
    devices = msgspec.json.decode(found.summary)["devices"]
    return (
        _reference(visit, found),
        _city(found.site.postal_address),
        _status(found.site.status),
        _devices(devices),
        [_last_seen(devices, visit.formats(), visit), _silent(visit, devices)] if devices else "–",
        len(found.site.tariffs) or parts.badge("none", "warn"),
    )


def _show_request(visit: Visit, search: SiteSearch, found: FoundSites) -> None:
    """Show the same page as a list of the API, where its filters are enough."""
    if search != SiteSearch(status=search.status, customer_id=search.customer_id) or found.stopped:
        return
    at = position_of(visit.query.get("at"))
    query = {
        "status": search.status,
        "customer_id": search.customer_id and ids.wire("cus", search.customer_id),
        "limit": 30,
    }
    more = found.older is not None
    if at is not None:
        query["ending_before" if at.backwards else "starting_after"] = ids.wire("ste", at.site)
        more = found.newer is not None if at.backwards else more
    body = list_answer("/sites", [one.summary for one in found.items], has_more=more)
    visit.shown.append(Shown(Request(method="GET", path="/sites", query=query), body))


def _heard_row(visit: Visit, found: FoundSite) -> Sequence[Node]:
    """A site with those of its devices that were heard from, or not, as it is asked for."""
    devices = [
        one
        for one in msgspec.json.decode(found.summary)["devices"]
        if _seen(visit, one["last_seen"]) == visit.query["devices"]
    ]
    return (
        _reference(visit, found),
        _city(found.site.postal_address),
        _named(devices, _NAMED),
        _last_seen(devices, visit.formats(), visit),
    )


def _named(devices: Sequence[Mapping[str, Any]], most: int) -> Node:
    """Name the first of some devices, and say how many more there are."""
    named = [
        h.li[
            words.short(one["reference_id"]),
            ", ",
            device_words.inside(words.device_type(one["type"])),
        ]
        for one in devices[:most]
    ]
    more = len(devices) - len(named)
    return h.ul(".plain-list")[named, more > 0 and h.li(".faint")[f"and {more} more"]]


def _silent(visit: Visit, devices: Sequence[Mapping[str, Any]]) -> Node:
    """Name the devices that were heard from once, but not in the last day."""
    silent = [one for one in devices if _seen(visit, one["last_seen"]) == "SILENT"]
    if not silent:
        return None
    count = "silent" if len(devices) == 1 else f"{len(silent)} silent"
    return [" ", parts.badge(count, "bad"), h.small[_named(silent, _SILENT)]]


def _seen(visit: Visit, last_seen: str | None) -> Seen:
    if last_seen is None:
        return "NEVER"
    silent = datetime.fromisoformat(last_seen) < silent_before(visit.call.now)
    return "SILENT" if silent else "SEEN"


def _reference(visit: Visit, found: FoundSite) -> Node:
    id_, place = ids.wire("ste", found.site.id), found.site.postal_address
    name = found.site.reference_id or (place and place.address_line1) or id_
    return [
        h.a(href=visit.link(f"/sites/{id_}"))[words.short(name)],
        found.lane in _FOUND_BY and h.small(".faint")[" ", _FOUND_BY[found.lane]],
    ]


def _city(address: PostalAddress | None) -> Node:
    if address is None:
        return "–"
    return [words.short(address.city or ""), f" {address.country_code or ''}"]


def _table(rows: Sequence[Sequence[Node]], *, by_device: bool) -> Node:
    if by_device:
        heads: Sequence[Node] = ("Reference", "Place", "Devices", "Last heard from")
        return parts.table(heads, rows, label="Sites by their devices")
    heads = ("Reference", "Place", "Status", "Devices", "Last heard from", "Tariffs")
    return parts.table(heads, rows, label="Sites")


def _status(status: str) -> Node:
    if status == "ACTIVE":
        return parts.badge("in service", "good")
    return parts.badge("out of service")


def _devices(devices: Sequence[Mapping[str, Any]]) -> Node:
    kinds = list(dict.fromkeys(words.device_type(one["type"]) for one in devices))
    if not kinds:
        return h.span(".faint")["none"]
    return f"{len(devices)}: {', '.join(map(device_words.inside, kinds))}"


def _last_seen(devices: Sequence[Mapping[str, Any]], formats: Formats, visit: Visit) -> Node:
    seen = [one["last_seen"] for one in devices if one["last_seen"]]
    return formats.since(max(seen), visit.call.now) if seen else h.span(".faint")["never"]


async def _ending(visit: Visit, all_sites: Sites, endings: Endings) -> Node:
    """The tariffs that end soon, each with its site."""
    after = _position(visit.query.get("at"))
    found = await endings.upcoming(visit.context, after)
    places = await all_sites.supplies(visit.context, [one.site_id for one in found.items])
    rows = []
    for one in found.items:
        site = places.get(one.site_id)
        zone = site.timezone if site else "UTC"
        id_ = ids.wire("ste", one.site_id)
        rows.append(
            (
                h.a(href=visit.link(f"/sites/{id_}"))[
                    words.short((site and site.reference_id) or id_)
                ],
                h.a(href=visit.link(f"/tariffs/{ids.wire('trf', one.id)}"))[
                    words.short(one.display_name or "A tariff without a name")
                ],
                "bought" if one.direction == "IMPORT" else one.direction.lower(),
                visit.formats(zone).when(one.term.end),
            )
        )
    last = found.after
    more = f"{last.end.isoformat()}~{last.id.hex}" if last else ""
    return [
        parts.table(
            ("Site", "Tariff", "Direction", "Ends"),
            rows,
            label="Tariffs that end soon",
            empty=parts.empty("No tariff ends within 30 days without another that follows."),
        ),
        more and h.nav(".pager", aria_label="Pages")[h.a(href=visit.here(at=more))["Later"]],
    ]


def _position(text: str | None) -> EndingPosition | None:
    end, _, hex_ = (text or "").partition("~")
    try:
        return msgspec.convert({"end": end, "id": hex_}, EndingPosition)
    except msgspec.ValidationError:
        return None


def _search_form(visit: Visit) -> Node:
    fields = Fields(visit.query)
    return parts.search_form(
        visit.link("/sites"),
        h.div(".field.first")[
            h.label(for_="q")["Search"],
            h.input(
                id="q", name="q", type="search", value=visit.query.get("q", ""),
                placeholder="Reference, city, customer, device or id",
                maxlength=_LONGEST_TEXT,
            ),
        ],
        fields.choice("Status", "status", _STATUSES),
        fields.choice("Device", "type", _TYPES),
        fields.choice("Last heard from", "devices", _SEEN),
        fields.choice("Tariff", "tariff", _TARIFF),
        visit.query.get("customer")
        and h.input(type="hidden", name="customer", value=visit.query["customer"]),
        parts.submit("Search"),
        any(visit.query.get(name) for name in _FILTERS)
        and parts.button("Clear", visit.link("/sites")),
    )  # fmt: skip


def _none_yet(visit: Visit) -> Node:
    return parts.empty(
        "There are no sites yet. A site is a place with its devices: a house, an office, a "
        "charging park.",
        *((visit.may(Role.DEVELOPER) and _actions(visit)) or ()),
    )


def _nothing_found(visit: Visit) -> Node:
    return parts.empty(
        "No site matches. The box looks for what a reference, a city, or a customer's reference "
        "or name begins with, and for the whole reference of a device.",
        parts.button("Show all sites", visit.link("/sites")),
    )


def _actions(visit: Visit) -> Sequence[Node]:
    if not visit.may(Role.DEVELOPER):
        return ()
    return (
        parts.button("Import a file", visit.link("/sites/import")),
        parts.button("New site", visit.link("/sites/new"), main=True),
    )


def _one_of(text: str | None, kind: Any) -> Any:  # noqa: ANN401 (a literal type and its value)
    return text if text in get_args(kind) else None


PAGES: Final[Sequence[DashboardPage]] = (sites,)
