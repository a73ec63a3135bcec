"""The types of events (contract 5, Events), and families of them."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from wattyard.kernel.ids import shown
from wattyard.kernel.refusals import Malformed


class EventKind(NamedTuple):
    """A type of event: when it is written, and what its `data` is."""

    written: str
    object: str


def _changes(object_: str, noun: str) -> dict[str, EventKind]:
    """The three types of an object that clients make, change and delete."""
    return {
        f"{object_}.create": EventKind(f"{noun} was created", object_),
        f"{object_}.update": EventKind(f"{noun} was changed", object_),
        f"{object_}.delete": EventKind(f"{noun} was deleted; `data` is as it was before", object_),
    }


EVENT_TYPES: Final[Mapping[str, EventKind]] = {
    **_changes("customer", "a customer"),
    **_changes("location", "a location, or its set of tariffs or devices,"),
    **_changes("site", "a site, or one of its devices,"),
    **_changes("device", "a device"),
    **_changes("tariff", "a tariff"),
    "tariff.expiring": EventKind("a contract ends in 7 days", "tariff"),
    "tariff.expired": EventKind("a contract has ended", "tariff"),
    "market_source.update": EventKind("a market source, or its prices, changed", "market_source"),
    "webhook_endpoint.disabled": EventKind(
        "an endpoint was disabled by a 410 or by five days of failures", "webhook_endpoint"
    ),
    "webhook.test": EventKind("a test of an endpoint was asked for", "webhook_endpoint"),
}


class EventTypeInvalid(Malformed):
    """`event_type` is neither a type that exists nor a family of them such as `customer.*`."""

    code = "event_type_invalid"


def types_of(pattern: str) -> list[str]:
    """List the types that a pattern stands for: one type, a family such as `tariff.*`, or `*`.

    Raises:
        EventTypeInvalid: when there is no such type.
    """
    if pattern.endswith("*") and pattern != "*" and not pattern.endswith(".*"):
        found = []
    elif pattern.endswith("*"):
        found = [type_ for type_ in EVENT_TYPES if type_.startswith(pattern[:-1])]
    else:
        found = [type_ for type_ in EVENT_TYPES if type_ == pattern]
    if not found:
        raise EventTypeInvalid(
            "event_type must be a type of event such as site.update, or a family such as "
            f"customer.*; got {shown(pattern)}",
            param="event_type",
        )
    return found
