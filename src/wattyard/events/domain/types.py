"""The types of events (contract 5, Events), and families of them."""

from typing import Final

from wattyard.kernel.ids import shown
from wattyard.kernel.refusals import Malformed

EVENT_TYPES: Final = (
    "customer.create",
    "customer.update",
    "customer.delete",
    "location.create",
    "location.update",
    "location.delete",
    "site.create",
    "site.update",
    "site.delete",
    "device.create",
    "device.update",
    "device.delete",
    "tariff.create",
    "tariff.update",
    "tariff.delete",
    "tariff.expiring",
    "tariff.expired",
    "market_source.update",
    "webhook_endpoint.disabled",
    "webhook.test",
)


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
