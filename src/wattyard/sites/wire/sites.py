"""Sites and locations as JSON (contract 1)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from wattyard.kernel import ids, instants
from wattyard.kernel.callers import Caller
from wattyard.platform.decoding import Patch, Shape
from wattyard.platform.decoding.texts import CustomerId, Label, Metadata, Reference, Time
from wattyard.sites.domain.devices import Device
from wattyard.sites.domain.geography import derived
from wattyard.sites.domain.netting import Netting, NettingPeriod, NettingSurplus
from wattyard.sites.domain.sites import (
    DEVICES_AT_ONCE,
    GeoLocation,
    LinkedTariff,
    PostalAddress,
    Site,
    SiteDraft,
    Status,
)
from wattyard.sites.wire.devices import DeviceSummary, SiteDeviceBody, device_summary

GridLimit = Annotated[
    float,
    msgspec.Meta(ge=0, le=1_000_000, description="limit of the grid connection, kW"),
]


class AddressBody(Shape):
    """A supply address. In the US the state is required."""

    address_line1: Label | None = None
    address_line2: Label | None = None
    city: Label | None = None
    state: Annotated[
        Label | None, msgspec.Meta(description="ISO 3166-2 code (TX or US-TX) or its name")
    ] = None
    post_code: Label | None = None
    country_code: Annotated[
        str | None, msgspec.Meta(description="ISO 3166-1 alpha-2, upper case")
    ] = None
    verified: bool | None = None


class GeoBody(Shape):
    """Where a site is, in degrees."""

    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)]
    lng: Annotated[float, msgspec.Meta(ge=-180, le=180)]


class NettingBody(Shape):
    """How import and export cancel out, period by period, before anything is priced."""

    period: Annotated[
        NettingPeriod,
        msgspec.Meta(description="local periods in which they do; MONTH is the billing month"),
    ]
    surplus: Annotated[
        NettingSurplus,
        msgspec.Meta(
            description="export that remains: PAY, the EXPORT tariff pays for it; CARRY, it "
            "offsets import of later periods as energy"
        ),
    ] = "PAY"
    carry_ends: Annotated[
        Annotated[int, msgspec.Meta(ge=1, le=12)] | None,
        msgspec.Meta(
            description="with CARRY: the month at whose end the rest is paid at the EXPORT price "
            "of its last instant, or forfeited without an EXPORT tariff; null never ends it"
        ),
    ] = None


class LocationBody(Shape):
    """A location as a client describes it.

    Required: `city` and `country_code` in the address (and `state` in the US), or both `timezone`
    and `currency_code`.
    """

    reference_id: Reference | None = None
    customer_id: CustomerId | None = None
    postal_address: AddressBody | None = None
    geo_location: GeoBody | None = None
    timezone: Annotated[str | None, msgspec.Meta(description="name in the tz database")] = None
    currency_code: Annotated[str | None, msgspec.Meta(description="ISO 4217")] = None
    max_power_import_kw: GridLimit | None = None
    max_power_export_kw: GridLimit | None = None
    netting: Annotated[
        NettingBody | None,
        msgspec.Meta(description="null: every kWh of either direction is priced as it was metered"),
    ] = None
    metadata: Metadata | None = None


class SiteChange(LocationBody):
    """What a client can change of a site: the location's fields and whether it is in service."""

    status: Annotated[
        Status | None, msgspec.Meta(description="INACTIVE keeps the data, but nothing is planned")
    ] = None


class SiteBody(SiteChange):
    """A site to put in service with its devices."""

    devices: Annotated[list[SiteDeviceBody], msgspec.Meta(max_length=DEVICES_AT_ONCE)] | None = None


class NettingShape(msgspec.Struct):
    """How import and export cancel out."""

    period: NettingPeriod
    surplus: NettingSurplus
    carry_ends: int | None


class SiteShape(msgspec.Struct, kw_only=True):
    """A site with its devices and whether it is in service."""

    id: str
    object: Literal["site"] = "site"
    live_mode: bool
    status: Status
    devices: Annotated[list[DeviceSummary], msgspec.Meta(description="oldest first")]
    time_created: Time
    account_id: str
    reference_id: str | None
    location_id: str
    timezone: str
    currency_code: str
    netting: Annotated[
        NettingShape | msgspec.UnsetType, msgspec.Meta(description="left out where there is none")
    ] = msgspec.UNSET
    metadata: dict[str, str]


class AddressShape(msgspec.Struct, kw_only=True):
    """A supply address."""

    address_line1: str | None
    address_line2: str | None
    city: str | None
    state: str | None
    post_code: str | None
    country_code: str | None
    verified: bool | None


class GeoShape(msgspec.Struct):
    """Where a site is, in degrees."""

    lat: float
    lng: float


class ProviderShape(msgspec.Struct):
    """An energy supplier or grid operator."""

    id: str
    display_name: str | None = None
    logo_url: str | None = None


class LocationTariff(msgspec.Struct, kw_only=True):
    """A tariff that is connected at a location."""

    tariff_id: str
    location_id: str
    type: str
    direction: str
    status: str
    connection_type: str
    display_name: str | None
    is_temporary: bool
    provider: ProviderShape | None


class ConsentsShape(msgspec.Struct, kw_only=True):
    """What the customer agreed to; all false until given."""

    provider_tariff: bool = False
    provider_bills: bool = False
    provider_postal_address: bool = False
    provider_grid_meter: bool = False
    device_telemetry: bool = False
    device_control: bool = False
    time_created: str | None = None


class LocationShape(msgspec.Struct, kw_only=True):
    """A supply address with its time zone, currency, grid limits, devices and tariffs."""

    id: str
    object: Literal["location"] = "location"
    live_mode: bool
    account_id: str
    time_created: Time
    reference_id: str | None
    customer_id: str | None
    postal_address: AddressShape | None
    geo_location: GeoShape | None
    timezone: str
    currency_code: str
    max_power_import_kw: float | None
    max_power_export_kw: float | None
    netting: NettingShape | None
    metadata: dict[str, str]
    devices: list[str]
    tariffs: list[LocationTariff]
    consents: ConsentsShape


def site_draft(body: LocationBody) -> SiteDraft:
    """Read a site from its body."""
    return SiteDraft(
        status=(getattr(body, "status", None) or "ACTIVE"),
        reference_id=body.reference_id,
        customer_id=ids.read(body.customer_id, "cus", param="customer_id")
        if body.customer_id
        else None,
        postal_address=_as(body.postal_address, PostalAddress),
        geo_location=_as(body.geo_location, GeoLocation),
        timezone=body.timezone,
        currency_code=body.currency_code,
        max_power_import_kw=body.max_power_import_kw,
        max_power_export_kw=body.max_power_export_kw,
        netting=_as(body.netting, Netting),
        metadata=body.metadata or {},
    )


def changed_site(site: Site, patch: Patch[Any], shape: type[LocationBody]) -> SiteDraft:
    """Apply a merge patch to a site.

    A time zone or currency that was derived from the old address is derived from the new one,
    unless the patch names it.
    """
    draft = site_draft(patch.onto(_site_body(site, shape)))
    if draft.postal_address == site.postal_address and draft.geo_location == site.geo_location:
        return draft
    zone, currency = derived(site_draft(_site_body(site, shape)).geography_request())
    if "timezone" not in patch and zone == site.timezone:
        draft = replace(draft, timezone=None)
    if "currency_code" not in patch and currency == site.currency_code:
        draft = replace(draft, currency_code=None)
    return draft


def site_json(caller: Caller, site: Site, devices: Sequence[Device]) -> bytes:
    """Write a site with its devices, oldest first."""
    return msgspec.json.encode(
        SiteShape(
            id=ids.wire("ste", site.id),
            live_mode=caller.live_mode,
            status=site.status,
            devices=[device_summary(device) for device in sorted(devices, key=lambda d: d.id)],
            time_created=instants.text(site.time_created),
            account_id=ids.wire("acc", caller.account_id),
            reference_id=site.reference_id,
            location_id=ids.wire("loc", site.id),
            timezone=site.timezone,
            currency_code=site.currency_code,
            netting=_as(site.netting, NettingShape) or msgspec.UNSET,
            metadata=dict(site.metadata),
        )
    )


def location_json(caller: Caller, site: Site, devices: Sequence[UUID]) -> bytes:
    """Write a location with the ids of its devices, oldest first."""
    return msgspec.json.encode(
        LocationShape(
            id=ids.wire("loc", site.id),
            live_mode=caller.live_mode,
            account_id=ids.wire("acc", caller.account_id),
            time_created=instants.text(site.time_created),
            reference_id=site.reference_id,
            customer_id=ids.wire("cus", site.customer_id) if site.customer_id else None,
            postal_address=_as(site.postal_address, AddressShape),
            geo_location=_as(site.geo_location, GeoShape),
            timezone=site.timezone,
            currency_code=site.currency_code,
            max_power_import_kw=site.max_power_import_kw,
            max_power_export_kw=site.max_power_export_kw,
            netting=_as(site.netting, NettingShape),
            metadata=dict(site.metadata),
            devices=[ids.wire("dev", device) for device in sorted(devices)],
            tariffs=[_linked(site, tariff) for tariff in site.tariffs],
            consents=ConsentsShape(),
        )
    )


def _linked(site: Site, tariff: LinkedTariff) -> LocationTariff:
    return LocationTariff(
        tariff_id=ids.wire("trf", tariff.tariff_id),
        location_id=ids.wire("loc", site.id),
        type=tariff.type,
        direction=tariff.direction,
        status=tariff.status,
        connection_type=tariff.connection_type,
        display_name=tariff.display_name,
        is_temporary=tariff.is_temporary,
        provider=ProviderShape(ids.wire("prv", tariff.provider_id)) if tariff.provider_id else None,
    )


def _site_body(site: Site, shape: type[LocationBody]) -> LocationBody:
    fields: dict[str, Any] = {
        "reference_id": site.reference_id,
        "customer_id": ids.wire("cus", site.customer_id) if site.customer_id else None,
        "postal_address": _as(site.postal_address, AddressBody),
        "geo_location": _as(site.geo_location, GeoBody),
        "timezone": site.timezone,
        "currency_code": site.currency_code,
        "max_power_import_kw": site.max_power_import_kw,
        "max_power_export_kw": site.max_power_export_kw,
        "netting": _as(site.netting, NettingBody),
        "metadata": dict(site.metadata),
    }
    if issubclass(shape, SiteChange):
        fields["status"] = site.status
    return shape(**fields)


def _as(source: object | None, type_: type[Any]) -> Any:  # noqa: ANN401 (the type given)
    """Copy the fields that two shapes have in common."""
    if source is None:
        return None
    return msgspec.convert(source, type_, from_attributes=True)
