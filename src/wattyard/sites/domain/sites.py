"""Sites: a location and a site in one record (contract 1, What a site is)."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal
from uuid import UUID

from wattyard.kernel.refusals import Missing, StateForbids
from wattyard.kernel.values import dataclass, field
from wattyard.sites.domain.netting import Netting, check_export
from wattyard.sites.domain.zone_and_currency import ZoneAndCurrencyRequest, check, settle

Status = Literal["ACTIVE", "INACTIVE"]

NO_METADATA: Final[Mapping[str, str]] = MappingProxyType({})
DEVICES_AT_ONCE: Final = 100


class SiteNotFound(Missing):
    """There is no such site in this account and mode."""

    code = "site_not_found"


class LocationNotFound(Missing):
    """There is no such location in this account and mode."""

    code = "location_not_found"


class CustomerNotFound(Missing):
    """There is no such customer in this account and mode."""

    code = "customer_not_found"


class TimezoneNotPossible(StateForbids):
    """In that time zone a contract at the location would end before it starts: change its dates."""

    code = "timezone_not_possible"


class SiteInactive(StateForbids):
    """The site is INACTIVE: its data can be read, but nothing is planned for it."""

    code = "site_inactive"


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """A supply address; `country_code` is ISO 3166-1, `state` ISO 3166-2 or its name."""

    address_line1: str | None = None
    address_line2: str | None = None
    city: str | None = None
    state: str | None = None
    post_code: str | None = None
    country_code: str | None = None
    verified: bool | None = None


@dataclass(frozen=True, slots=True)
class GeoLocation:
    """Where a site is, in degrees: latitude -90..90, longitude -180..180."""

    lat: float
    lng: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedTariff:
    """A tariff as its location lists it; the capability of tariffs stores the tariff itself."""

    tariff_id: UUID
    type: str
    direction: str
    status: str
    connection_type: str
    display_name: str | None = None
    is_temporary: bool = False
    provider_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """A supply address in service: `timezone` and `currency_code` are always known.

    `tariffs` are those connected at it, oldest first; `Sites.show_tariffs` keeps them up to date.
    """

    id: UUID
    time_created: datetime
    timezone: str
    currency_code: str
    status: Status = "ACTIVE"
    reference_id: str | None = None
    customer_id: UUID | None = None
    postal_address: PostalAddress | None = None
    geo_location: GeoLocation | None = None
    max_power_import_kw: float | None = None
    max_power_export_kw: float | None = None
    netting: Netting | None = None
    metadata: Mapping[str, str] = field(default_factory=lambda: NO_METADATA)
    tariffs: tuple[LinkedTariff, ...] = ()


@dataclass(frozen=True, slots=True)
class SiteDraft:
    """A site as a client describes it, before time zone and currency are settled."""

    status: Status = "ACTIVE"
    reference_id: str | None = None
    customer_id: UUID | None = None
    postal_address: PostalAddress | None = None
    geo_location: GeoLocation | None = None
    timezone: str | None = None
    currency_code: str | None = None
    max_power_import_kw: float | None = None
    max_power_export_kw: float | None = None
    netting: Netting | None = None
    metadata: Mapping[str, str] = field(default_factory=lambda: NO_METADATA)

    def check(self) -> None:
        """Check everything that needs no other object.

        Raises:
            Malformed: as `zone_and_currency.check` and `netting.check_export` say.
        """
        check(self.zone_and_currency_request())
        check_export(self.netting, self.max_power_export_kw)

    def settled(
        self, id_: UUID, time_created: datetime, tariffs: tuple[LinkedTariff, ...] = ()
    ) -> Site:
        """Check the draft, settle time zone and currency, and make the site.

        Raises:
            Malformed, StateForbids: as `zone_and_currency.settle` says.
        """
        found = settle(self.zone_and_currency_request())
        return Site(
            id=id_,
            time_created=time_created,
            timezone=found.timezone,
            currency_code=found.currency_code,
            status=self.status,
            reference_id=self.reference_id,
            customer_id=self.customer_id,
            postal_address=self.postal_address,
            geo_location=self.geo_location,
            max_power_import_kw=self.max_power_import_kw,
            max_power_export_kw=self.max_power_export_kw,
            netting=self.netting,
            metadata=self.metadata,
            tariffs=tariffs,
        )

    def zone_and_currency_request(self) -> ZoneAndCurrencyRequest:
        """Collect what determines zone and currency."""
        address = self.postal_address or PostalAddress()
        geo = self.geo_location
        return ZoneAndCurrencyRequest(
            country_code=address.country_code,
            state=address.state,
            city=address.city,
            geo_location=(geo.lat, geo.lng) if geo else None,
            timezone=self.timezone,
            currency_code=self.currency_code,
        )


@dataclass(frozen=True, slots=True)
class Customer:
    """A user in the client's own system, with any number of sites."""

    id: UUID
    time_created: datetime
    reference_id: str | None = None
    metadata: Mapping[str, str] = field(default_factory=lambda: NO_METADATA)
    locations: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class CustomerDraft:
    """A customer as a client describes it."""

    reference_id: str | None = None
    metadata: Mapping[str, str] = field(default_factory=lambda: NO_METADATA)
