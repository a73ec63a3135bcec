"""Bodies of sites and locations (contract 1)."""

from typing import Annotated

import msgspec

from wattyard.platform.decoding import Shape
from wattyard.platform.decoding.texts import CustomerId, Label, Metadata, Reference
from wattyard.sites.domain.netting import NettingPeriod, NettingSurplus
from wattyard.sites.domain.sites import DEVICES_AT_ONCE, Status
from wattyard.sites.wire.devices import SiteDeviceBody

GridLimit = Annotated[
    float,
    msgspec.Meta(ge=0, le=1_000_000, description="limit of the grid connection, kW"),
]


class AddressBody(Shape):
    """A supply address. In the US the state is required.

    Attributes:
        address_line1: house and street
        address_line2: flat, floor or building
        city: town or city; required
        state: ISO 3166-2 code (TX or US-TX) or its name
        post_code: postal code, as it is written there
        country_code: ISO 3166-1 alpha-2, upper case
        verified: whether the client has checked the address
    """

    address_line1: Label | None = None
    address_line2: Label | None = None
    city: Label | None = None
    state: Label | None = None
    post_code: Label | None = None
    country_code: str | None = None
    verified: bool | None = None


class GeoBody(Shape):
    """Where a site is, in degrees.

    Attributes:
        lat: degrees north, WGS 84
        lng: degrees east, WGS 84
    """

    lat: Annotated[float, msgspec.Meta(ge=-90, le=90)]
    lng: Annotated[float, msgspec.Meta(ge=-180, le=180)]


class NettingBody(Shape):
    """How import and export cancel out, period by period, before anything is priced.

    Attributes:
        period: local periods in which they do; MONTH is the billing month
        surplus: export that remains: PAY, the EXPORT tariff pays for it; CARRY, it offsets import
            of later periods as energy
        carry_ends: with CARRY: the month at whose end the rest is paid at the EXPORT price of its
            last instant, or forfeited without an EXPORT tariff; null never ends it
    """

    period: NettingPeriod
    surplus: NettingSurplus = "PAY"
    carry_ends: Annotated[int, msgspec.Meta(ge=1, le=12)] | None = None


class LocationBody(Shape):
    """A location as a client describes it.

    Required: `city` and `country_code` in the address (and `state` in the US), or both `timezone`
    and `currency_code`.

    Attributes:
        timezone: name in the tz database
        currency_code: ISO 4217
        netting: null: every kWh of either direction is priced as it was metered
    """

    reference_id: Reference | None = None
    customer_id: CustomerId | None = None
    postal_address: AddressBody | None = None
    geo_location: GeoBody | None = None
    timezone: str | None = None
    currency_code: str | None = None
    max_power_import_kw: GridLimit | None = None
    max_power_export_kw: GridLimit | None = None
    netting: NettingBody | None = None
    metadata: Metadata | None = None


class SiteChange(LocationBody):
    """What a client can change of a site: the location's fields and whether it is in service.

    Attributes:
        status: INACTIVE keeps the data, but nothing is planned
    """

    status: Status | None = None


class SiteBody(SiteChange):
    """A site to put in service with its devices.

    Attributes:
        devices: the devices there, at most 100; others can be added later
    """

    devices: Annotated[list[SiteDeviceBody], msgspec.Meta(max_length=DEVICES_AT_ONCE)] | None = None
