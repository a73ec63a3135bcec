"""Sites and locations as JSON (contract 1)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from wattyard.kernel import ids, instants
from wattyard.kernel.callers import Caller
from wattyard.platform.decoding import Patch
from wattyard.platform.decoding.texts import Time, one_of
from wattyard.sites.domain.devices import Device
from wattyard.sites.domain.netting import Netting, NettingPeriod, NettingSurplus
from wattyard.sites.domain.sites import (
    GeoLocation,
    LinkedTariff,
    PostalAddress,
    Site,
    SiteDraft,
    Status,
)
from wattyard.sites.domain.zone_and_currency import derived
from wattyard.sites.wire.devices import DeviceSummary, device_summary
from wattyard.sites.wire.site_bodies import (
    AddressBody,
    GeoBody,
    LocationBody,
    NettingBody,
    SiteChange,
)


class NettingShape(msgspec.Struct):
    """How import and export cancel out.

    Attributes:
        period: local periods in which import and export cancel out; MONTH is the billing month
        surplus: export that remains: PAY, the EXPORT tariff pays for it; CARRY, it offsets later
            import
        carry_ends: the month at whose end a carried rest is settled; null never ends it
    """

    period: NettingPeriod
    surplus: NettingSurplus
    carry_ends: int | None


class SiteShape(msgspec.Struct, kw_only=True):
    """A site with its devices and whether it is in service.

    Attributes:
        status: ACTIVE: in service; INACTIVE: the data is kept, but nothing is planned
        devices: oldest first
        netting: left out where there is none
    """

    id: str
    object: Literal["site"] = "site"
    live_mode: bool
    status: Status
    devices: list[DeviceSummary]
    time_created: Time
    account_id: str
    reference_id: str | None
    location_id: str
    timezone: str
    currency_code: str
    netting: NettingShape | msgspec.UnsetType = msgspec.UNSET
    metadata: dict[str, str]


class AddressShape(msgspec.Struct, kw_only=True):
    """A supply address.

    Attributes:
        address_line1: house and street
        address_line2: flat, floor or building
        city: town or city
        state: ISO 3166-2 code or name, as it was given
        post_code: postal code
        country_code: ISO 3166-1 alpha-2
        verified: whether the client has checked the address
    """

    address_line1: str | None
    address_line2: str | None
    city: str | None
    state: str | None
    post_code: str | None
    country_code: str | None
    verified: bool | None


class GeoShape(msgspec.Struct):
    """Where a site is, in degrees.

    Attributes:
        lat: degrees north, WGS 84
        lng: degrees east, WGS 84
    """

    lat: float
    lng: float


class ProviderShape(msgspec.Struct):
    """An energy supplier or grid operator.

    Attributes:
        logo_url: address of an image
    """

    id: str
    display_name: str | None = None
    logo_url: str | None = None


class LocationTariff(msgspec.Struct, kw_only=True):
    """A tariff that is connected at a location.

    Attributes:
        type: COMMODITY: the energy; NON_COMMODITY: network fees and levies
        direction: IMPORT: bought from the grid; EXPORT: sold to it; LOCAL: own generation
        status: ERROR: it could not be read from the supplier
        connection_type: where its prices come from; see the tariff
        is_temporary: whether it stands in until a better one is connected
    """

    tariff_id: str
    location_id: str
    type: Annotated[str, one_of("COMMODITY", "NON_COMMODITY")]
    direction: Annotated[str, one_of("IMPORT", "EXPORT", "LOCAL")]
    status: Annotated[str, one_of("CONNECTED", "ERROR")]
    connection_type: Annotated[str, one_of("DIRECT", "MARKET", "LIBRARY", "MANUAL")]
    display_name: str | None
    is_temporary: bool
    provider: ProviderShape | None


class ConsentsShape(msgspec.Struct, kw_only=True):
    """What the customer agreed to; all false until given.

    Attributes:
        provider_tariff: the supplier may be asked for the tariff
        provider_bills: the supplier may be asked for bills
        provider_postal_address: the supplier may be asked for the address
        provider_grid_meter: the supplier may be asked for meter readings
        device_telemetry: devices may be read
        device_control: devices may be switched
        time_created: when it was given; null before
    """

    provider_tariff: bool = False
    provider_bills: bool = False
    provider_postal_address: bool = False
    provider_grid_meter: bool = False
    device_telemetry: bool = False
    device_control: bool = False
    time_created: str | None = None


class LocationShape(msgspec.Struct, kw_only=True):
    """A supply address with its time zone, currency, grid limits, devices and tariffs.

    Attributes:
        customer_id: id of the customer whose location it is
        max_power_import_kw: limit of the grid connection, kW
        max_power_export_kw: limit of the grid connection, kW
        devices: ids of the devices there, oldest first
        tariffs: the tariffs that are connected there
    """

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
    zone, currency = derived(site_draft(_site_body(site, shape)).zone_and_currency_request())
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
