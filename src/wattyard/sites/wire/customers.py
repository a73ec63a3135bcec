"""Customers as JSON (contract 1, Customers)."""

from typing import Literal

import msgspec

from wattyard.kernel import ids, instants
from wattyard.kernel.callers import Caller
from wattyard.platform.decoding import Patch, Shape
from wattyard.platform.decoding.texts import Metadata, Reference, Time
from wattyard.sites.domain.sites import Customer, CustomerDraft


class CustomerBody(Shape):
    """A customer as a client describes it."""

    reference_id: Reference | None = None
    metadata: Metadata | None = None


class CustomerShape(msgspec.Struct, kw_only=True):
    """A user in the client's own system.

    Attributes:
        locations: ids of the customer's locations
    """

    id: str
    object: Literal["customer"] = "customer"
    live_mode: bool
    account_id: str
    time_created: Time
    reference_id: str | None
    locations: list[str]
    metadata: dict[str, str]


def customer_draft(body: CustomerBody) -> CustomerDraft:
    """Read a customer from its body."""
    return CustomerDraft(body.reference_id, body.metadata or {})


def changed_customer(customer: Customer, patch: Patch[CustomerBody]) -> CustomerDraft:
    """Apply a merge patch to a customer."""
    current = CustomerBody(reference_id=customer.reference_id, metadata=dict(customer.metadata))
    return customer_draft(patch.onto(current))


def customer_json(caller: Caller, customer: Customer) -> bytes:
    """Write a customer with the ids of its locations, oldest first."""
    return msgspec.json.encode(
        CustomerShape(
            id=ids.wire("cus", customer.id),
            live_mode=caller.live_mode,
            account_id=ids.wire("acc", caller.account_id),
            time_created=instants.text(customer.time_created),
            reference_id=customer.reference_id,
            locations=[ids.wire("loc", place) for place in customer.locations],
            metadata=dict(customer.metadata),
        )
    )
