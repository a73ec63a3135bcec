"""The groups of the API: each operation belongs to one, by the first part of its path."""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Tag(NamedTuple):
    """A group of operations."""

    name: str
    description: str


_OF_PATHS: Final[Mapping[str, str]] = {
    "auth": "account",
    "key": "account",
    "login": "account",
    "webhook-endpoints": "webhooks",
    "webhook-deliveries": "webhooks",
    "jwks.json": "webhooks",
    **dict.fromkeys(("", "docs", "health", "llms.txt", "metrics", "openapi.json"), "server"),
}

_DESCRIPTIONS: Final[Mapping[str, str]] = {
    "account": "Who calls, and in which mode: keys are exchanged for bearer tokens here.",
    "costs": "What metered energy cost, item by item or as the lines of a bill.",
    "customers": "Users in your own system, with the locations that are theirs.",
    "devices": "Cars, chargers, batteries, PV and heat pumps, and the states that they report.",
    "events": "What changed in the account, as a list and as a stream.",
    "locations": "Supply addresses: time zone, currency, limits of the grid connection, tariffs.",
    "market-sources": "Published prices, such as those of a day-ahead market, that tariffs follow.",
    "meters": "Readings of energy that flowed, at a location's own meter or at a device.",
    "prices": "What a kWh costs at a location, interval by interval, and the parts of each price.",
    "schedules": "When devices should run: the cheapest time, or a plan at least cost.",
    "server": "The state of this server, and its own description.",
    "sites": "Locations as places where devices stand: put in service with one call, listed fast.",
    "tariffs": "Contracts at a location: what a kWh costs there, when, and what comes on top.",
    "webhooks": "Where events are delivered, how each delivery went, and keys to verify them.",
}


def tag_of(path: str) -> str:
    """Name the group of a path."""
    first = path.strip("/").partition("/")[0]
    return _OF_PATHS.get(first, first)


def tag(name: str) -> Tag:
    """Describe a group."""
    return Tag(name, _DESCRIPTIONS.get(name, ""))
