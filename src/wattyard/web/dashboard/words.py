"""The API's words as people say them, and where the objects that it names are shown."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import htpy as h
from htpy import Node

from wattyard.sites.domain.search import Count
from wattyard.web.dashboard.device_words import DEVICE_TYPES
from wattyard.web.dashboard.formats import Formats
from wattyard.web.dashboard.visit import Visit

_OBJECTS: Final[Mapping[str, str]] = {
    "site": "Site",
    "location": "Location",
    "device": "Device",
    "customer": "Customer",
    "tariff": "Tariff",
    "market_source": "Market source",
    "webhook_endpoint": "Webhook endpoint",
    "webhook": "Webhook",
}
_CHANGES: Final[Mapping[str, str]] = {
    "create": "created",
    "update": "changed",
    "delete": "deleted",
    "expiring": "ends in 7 days",
    "expired": "has ended",
    "disabled": "disabled",
    "test": "tested",
}
_NAMELESS: Final[Mapping[str, str]] = {
    "site": "A site without a reference",
    "location": "A location without a reference",
    "tariff": "A tariff without a name",
}
_SHOWN_CHARACTERS: Final = 60


def device_type(code: str) -> str:
    """A type of device; one that is not known yet as it is written."""
    return DEVICE_TYPES.get(code, code)


def device_name(device: Mapping[str, Any]) -> str:
    """A device in a list to choose from: `Battery B-0001`."""
    return f"{device_type(device['type'])} {device['reference_id']}"[:_SHOWN_CHARACTERS]


def counted(count: Count, formats: Formats) -> str:
    """A count: `42`, or `more than 1,000`."""
    number = formats.number(count.number)
    return f"more than {number}" if count.more else number


def noun(count: int, one: str, several: str) -> str:
    """The word that fits a number."""
    return one if count == 1 else several


def event(type_: str) -> str:
    """A type of event, such as `site.update`: `Site changed`."""
    object_, _, change = type_.partition(".")
    return f"{_OBJECTS.get(object_, object_)} {_CHANGES.get(change, change)}"


def short(text: str) -> Node:
    """A name that may be long: its beginning, and the whole as its title."""
    if len(text) <= _SHOWN_CHARACTERS:
        return h.bdi[text]
    return h.bdi(title=text)[f"{text[:_SHOWN_CHARACTERS]}…"]


def name_of(document: Mapping[str, Any]) -> str:
    """What people call an object of the API: its reference, name or address, else its id."""
    for key in ("reference_id", "display_name", "code", "description", "url"):
        if document.get(key):
            return str(document[key])
    called = (document.get("metadata") or {}).get("name")
    place = document.get("postal_address") or {}
    where = ", ".join(filter(None, map(place.get, ("address_line1", "city", "country_code"))))
    if called or where:
        return str(called or where)
    return _NAMELESS.get(str(document.get("object")), str(document.get("id", "")))


def address_of(visit: Visit, document: Mapping[str, Any]) -> str | None:
    """The page that shows an object of the API; None where there is none."""
    id_, kind = str(document.get("id", "")), document.get("object")
    at: Sequence[str] = document.get("locations") or [document.get("location_id") or ""]
    pages = {
        "site": visit.link(f"/sites/{id_}"),
        "location": visit.link(f"/sites/{id_.replace('loc_', 'ste_')}"),
        "device": at[0] and visit.link(f"/sites/{at[0].replace('loc_', 'ste_')}"),
        "customer": visit.link("/sites", customer=id_),
        "tariff": visit.link(f"/tariffs/{id_}"),
        "market_source": visit.link(f"/markets/{id_}"),
        "webhook_endpoint": visit.link("/developers/webhooks"),
    }
    return pages.get(str(kind)) or None
