"""Endpoints of sites: list them, put them in service, change and delete them."""

from wattyard.kernel import ids
from wattyard.kernel.caps import LimitReached
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
from wattyard.sites.domain.sites import CustomerNotFound, SiteNotFound, Status, TimezoneNotPossible
from wattyard.sites.domain.zone_and_currency import REFUSALS as ZONE_AND_CURRENCY_REFUSALS
from wattyard.sites.service import Sites
from wattyard.sites.wire import examples
from wattyard.sites.wire.devices import device_drafts
from wattyard.sites.wire.site_bodies import SiteBody, SiteChange
from wattyard.sites.wire.sites import (
    SiteShape,
    changed_site,
    site_draft,
    site_json,
)


class SitesQuery(ListQuery):
    """Which sites, and which page of them.

    Attributes:
        status: only sites of this status
    """

    reference_id: Reference | None = None
    status: Status | None = None
    customer_id: CustomerId | None = None


@endpoint(
    "GET",
    "/sites",
    "site_list",
    scope=Scope.SITES_READ,
    query=SitesQuery,
    answers=List[SiteShape],
    refuses=LIST_REFUSALS,
    example=examples.SITE_LIST,
)
async def list_sites(context: Context, query: SitesQuery, sites: Sites) -> bytes:
    """List all sites of the account, newest first, each with its devices.

    `starting_after` takes the last id of a page and gives the next, older one;
    `ending_before` takes the first id of a page and gives the one before it. `has_more` says
    whether more sites follow in that direction.
    """
    page = await sites.summaries(
        context,
        query.window("ste", "loc"),
        reference_id=query.reference_id,
        status=query.status,
        customer_id=ids.read(query.customer_id, "cus", param="customer_id")
        if query.customer_id
        else None,
    )
    return list_answer("/sites", page.items, has_more=page.has_more, backwards=query.backwards)


@endpoint(
    "GET",
    "/sites/{site_id}",
    "site_retrieve",
    scope=Scope.SITES_READ,
    answers=SiteShape,
    refuses=(SiteNotFound,),
    example=examples.SITE,
    tagged=True,
)
async def get_site(context: Context, site_id: str, sites: Sites) -> bytes:
    """Retrieve a site with its devices."""
    return await sites.summary(context, path_id(site_id, "ste", "loc", missing=SiteNotFound))


@endpoint(
    "POST",
    "/sites",
    "site_create",
    effect=Effect.WRITES,
    body=SiteBody,
    answers=SiteShape,
    status=201,
    refuses=(*ZONE_AND_CURRENCY_REFUSALS, NettingInvalid, CustomerNotFound, LimitReached),
    example=examples.SITE,
    example_body=examples.SITE_BODY,
    tagged=True,
    events=("location.create", "site.create", "device.create"),
)
async def create_site(context: Context, body: SiteBody, sites: Sites) -> bytes:
    """Put a site in service with its devices in one call, all or nothing.

    Creates its location too: `ste_X` and `loc_X` share their hex part.
    """
    drafts = device_drafts(body.devices or ())
    site, devices = await sites.open(context, site_draft(body), drafts)
    return site_json(context.caller, site, devices)


@endpoint(
    "PATCH",
    "/sites/{site_id}",
    "site_update",
    body=Patch[SiteChange],
    answers=SiteShape,
    refuses=(
        SiteNotFound,
        CustomerNotFound,
        TimezoneNotPossible,
        NettingInvalid,
        *ZONE_AND_CURRENCY_REFUSALS,
    ),
    example=examples.SITE,
    example_body={"status": "INACTIVE", "metadata": {"installer": "North"}},
    tagged=True,
    events=("location.update", "site.update"),
)
async def change_site(
    call: Call, context: Context, site_id: str, body: Patch[SiteChange], sites: Sites
) -> bytes:
    """Change a site: fields not sent stay, null clears an optional one (RFC 7396)."""
    site, devices = await sites.change(
        context,
        path_id(site_id, "ste", "loc", missing=SiteNotFound),
        change=lambda site: changed_site(site, body, SiteChange),
        guard=guarding(call, lambda *shown: site_json(context.caller, *shown)),
        missing=SiteNotFound,
    )
    return site_json(context.caller, site, devices)


@endpoint(
    "DELETE",
    "/sites/{site_id}",
    "site_delete",
    answers=Deleted,
    refuses=(SiteNotFound,),
    example={"id": examples.SITE["id"], "object": "site", "deleted": True},
    events=("location.delete", "site.delete", "tariff.delete"),
)
async def delete_site(call: Call, context: Context, site_id: str, sites: Sites) -> Deleted:
    """Delete a site with its location, tariffs, meter records and schedules; its devices stay."""
    id_ = path_id(site_id, "ste", "loc", missing=SiteNotFound)
    await sites.close(
        context,
        id_,
        guard=guarding(call, lambda *shown: site_json(context.caller, *shown)),
        missing=SiteNotFound,
    )
    return Deleted(ids.wire("ste", id_), "site")


ENDPOINTS = (list_sites, get_site, create_site, change_site, delete_site)
