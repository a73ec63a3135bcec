"""Endpoints of locations: supply addresses with time zone, currency and grid connection."""

from wattyard.kernel import ids
from wattyard.kernel.context import Context
from wattyard.kernel.scopes import Scope
from wattyard.platform.decoding import Patch
from wattyard.platform.decoding.texts import CustomerId, Reference
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
from wattyard.sites.domain.netting import NettingInvalid
from wattyard.sites.domain.sites import CustomerNotFound, LocationNotFound, TimezoneNotPossible
from wattyard.sites.domain.zone_and_currency import REFUSALS as ZONE_AND_CURRENCY_REFUSALS
from wattyard.sites.service import Sites
from wattyard.sites.wire import examples
from wattyard.sites.wire.site_bodies import LocationBody
from wattyard.sites.wire.sites import (
    LocationShape,
    changed_site,
    location_json,
    site_draft,
)


class LocationsQuery(ListQuery):
    """Which locations, and which page of them."""

    reference_id: Reference | None = None
    customer_id: CustomerId | None = None


@endpoint(
    "GET",
    "/locations",
    "location_list",
    scope=Scope.SITES_READ,
    query=LocationsQuery,
    answers=List[LocationShape],
    refuses=LIST_REFUSALS,
    example=examples.LOCATION_LIST,
)
async def list_locations(context: Context, query: LocationsQuery, sites: Sites) -> bytes:
    """List the locations of the account, newest first."""
    page = await sites.page(
        context,
        query.window("loc", "ste"),
        reference_id=query.reference_id,
        customer_id=ids.read(query.customer_id, "cus", param="customer_id")
        if query.customer_id
        else None,
    )
    shown = (location_json(context.caller, site, devices) for site, devices in page.items)
    return list_answer("/locations", shown, has_more=page.has_more, backwards=query.backwards)


@endpoint(
    "GET",
    "/locations/{location_id}",
    "location_retrieve",
    scope=Scope.SITES_READ,
    answers=LocationShape,
    refuses=(LocationNotFound,),
    example=examples.LOCATION,
    tagged=True,
)
async def get_location(context: Context, location_id: str, sites: Sites) -> bytes:
    """Retrieve a location."""
    id_ = path_id(location_id, "loc", "ste", missing=LocationNotFound)
    return location_json(context.caller, *await sites.site(context, id_))


@endpoint(
    "POST",
    "/locations",
    "location_create",
    effect=Effect.WRITES,
    body=LocationBody,
    answers=LocationShape,
    status=201,
    refuses=(*ZONE_AND_CURRENCY_REFUSALS, NettingInvalid, CustomerNotFound),
    example=examples.LOCATION,
    example_body=examples.LOCATION_BODY,
    tagged=True,
    events=("location.create", "site.create"),
)
async def create_location(context: Context, body: LocationBody, sites: Sites) -> bytes:
    """Create a location and its site.

    Time zone and currency are derived from the address unless given: the zone from
    `geo_location`, else the main zone of the state, else of the country.
    """
    site, _ = await sites.open(context, site_draft(body))
    return location_json(context.caller, site, ())


@endpoint(
    "PATCH",
    "/locations/{location_id}",
    "location_update",
    body=Patch[LocationBody],
    answers=LocationShape,
    refuses=(
        LocationNotFound,
        CustomerNotFound,
        TimezoneNotPossible,
        NettingInvalid,
        *ZONE_AND_CURRENCY_REFUSALS,
    ),
    example=examples.LOCATION,
    example_body={"postal_address": {"post_code": "1011 AB"}},
    tagged=True,
    events=("location.update", "site.update"),
)
async def change_location(
    call: Call, context: Context, location_id: str, body: Patch[LocationBody], sites: Sites
) -> bytes:
    """Change a location: fields not sent stay, null clears an optional one (RFC 7396).

    A time zone or currency that was derived from the old address is derived from the new one.
    """
    site, devices = await sites.change(
        context,
        path_id(location_id, "loc", "ste", missing=LocationNotFound),
        change=lambda site: changed_site(site, body, LocationBody),
        guard=guarding(
            call,
            lambda site, devices: location_json(context.caller, site, [d.id for d in devices]),
        ),
    )
    return location_json(context.caller, site, [device.id for device in devices])


@endpoint(
    "DELETE",
    "/locations/{location_id}",
    "location_delete",
    answers=Deleted,
    refuses=(LocationNotFound,),
    example={"id": examples.LOCATION["id"], "object": "location", "deleted": True},
    events=("location.delete", "site.delete", "tariff.delete"),
)
async def delete_location(call: Call, context: Context, location_id: str, sites: Sites) -> Deleted:
    """Delete a location, its site, tariffs, meter records and schedules; its devices stay."""
    id_ = path_id(location_id, "loc", "ste", missing=LocationNotFound)
    await sites.close(
        context,
        id_,
        guard=guarding(
            call,
            lambda site, devices: location_json(context.caller, site, [d.id for d in devices]),
        ),
    )
    return Deleted(ids.wire("loc", id_), "location")


ENDPOINTS = (list_locations, get_location, create_location, change_location, delete_location)
