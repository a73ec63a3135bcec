"""Endpoints of customers (contract 1, Customers)."""

from wattyard.kernel import ids
from wattyard.kernel.context import Context
from wattyard.kernel.scopes import Scope
from wattyard.platform.decoding import Patch
from wattyard.platform.decoding.texts import Reference
from wattyard.platform.http import (
    LIST_REFUSALS,
    Call,
    Effect,
    List,
    ListQuery,
    endpoint,
    list_answer,
)
from wattyard.platform.http.binding import path_id
from wattyard.platform.http.lists import Deleted
from wattyard.platform.http.preconditions import guarding
from wattyard.sites.domain.sites import CustomerNotFound
from wattyard.sites.service import Customers
from wattyard.sites.wire import examples
from wattyard.sites.wire.customers import (
    CustomerBody,
    CustomerShape,
    changed_customer,
    customer_draft,
    customer_json,
)


class CustomersQuery(ListQuery):
    """Which customers, and which page of them."""

    reference_id: Reference | None = None


@endpoint(
    "GET",
    "/customers",
    "customer_list",
    scope=Scope.ALL_READ,
    query=CustomersQuery,
    answers=List[CustomerShape],
    refuses=LIST_REFUSALS,
    example=examples.CUSTOMER_LIST,
)
async def list_customers(context: Context, query: CustomersQuery, customers: Customers) -> bytes:
    """List the customers of the account, newest first."""
    page = await customers.page(context, query.window("cus"), reference_id=query.reference_id)
    shown = (customer_json(context.caller, customer) for customer in page.items)
    return list_answer("/customers", shown, has_more=page.has_more, backwards=query.backwards)


@endpoint(
    "GET",
    "/customers/{customer_id}",
    "customer_retrieve",
    scope=Scope.ALL_READ,
    answers=CustomerShape,
    refuses=(CustomerNotFound,),
    example=examples.CUSTOMER,
    tagged=True,
)
async def get_customer(context: Context, customer_id: str, customers: Customers) -> bytes:
    """Retrieve a customer."""
    id_ = path_id(customer_id, "cus", missing=CustomerNotFound)
    return customer_json(context.caller, await customers.customer(context, id_))


@endpoint(
    "POST",
    "/customers",
    "customer_create",
    effect=Effect.WRITES,
    body=CustomerBody,
    answers=CustomerShape,
    status=201,
    example=examples.CUSTOMER,
    example_body=examples.CUSTOMER_BODY,
    tagged=True,
    events=("customer.create",),
)
async def create_customer(context: Context, body: CustomerBody, customers: Customers) -> bytes:
    """Create a customer: a user in your own system, with any number of locations."""
    return customer_json(context.caller, await customers.add(context, customer_draft(body)))


@endpoint(
    "PATCH",
    "/customers/{customer_id}",
    "customer_update",
    body=Patch[CustomerBody],
    answers=CustomerShape,
    refuses=(CustomerNotFound,),
    example=examples.CUSTOMER,
    example_body={"reference_id": "customer-43"},
    tagged=True,
    events=("customer.update",),
)
async def change_customer(
    call: Call, context: Context, customer_id: str, body: Patch[CustomerBody], customers: Customers
) -> bytes:
    """Change a customer: fields not sent stay, null clears an optional one (RFC 7396)."""
    customer = await customers.change(
        context,
        path_id(customer_id, "cus", missing=CustomerNotFound),
        change=lambda customer: changed_customer(customer, body),
        guard=guarding(call, lambda customer: customer_json(context.caller, customer)),
    )
    return customer_json(context.caller, customer)


@endpoint(
    "DELETE",
    "/customers/{customer_id}",
    "customer_delete",
    answers=Deleted,
    refuses=(CustomerNotFound,),
    example={"id": examples.CUSTOMER["id"], "object": "customer", "deleted": True},
    events=("customer.delete", "location.delete", "site.delete", "tariff.delete"),
)
async def delete_customer(
    call: Call, context: Context, customer_id: str, customers: Customers
) -> Deleted:
    """Delete a customer and all its locations; the devices there stay."""
    id_ = path_id(customer_id, "cus", missing=CustomerNotFound)
    await customers.remove(
        context, id_, guard=guarding(call, lambda customer: customer_json(context.caller, customer))
    )
    return Deleted(ids.wire("cus", id_), "customer")


ENDPOINTS = (list_customers, get_customer, create_customer, change_customer, delete_customer)
