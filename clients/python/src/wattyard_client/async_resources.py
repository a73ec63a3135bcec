"""The API's calls, for asyncio. Written by `make client` from the server's declarations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, overload

from wattyard_client import bodies, models
from wattyard_client._exchange import Call
from wattyard_client._model import UNSET, UnsetType
from wattyard_client._pages import AsyncPages, Cursor, Page
from wattyard_client._resource import AsyncResource, cursor_of, given, path_of
from wattyard_client._settings import Options
from wattyard_client._stream import AsyncStreaming
from wattyard_client._uploads import AsyncUploading


class Sites(AsyncResource):
    """Calls of sites."""

    def list(
        self,
        *,
        limit: int | UnsetType = UNSET,
        starting_after: str | UnsetType = UNSET,
        ending_before: str | UnsetType = UNSET,
        reference_id: str | UnsetType = UNSET,
        status: Literal["ACTIVE", "INACTIVE"] | UnsetType = UNSET,
        customer_id: str | UnsetType = UNSET,
        options: Options | None = None,
    ) -> AsyncPages[models.Site]:
        """List all sites of the account, newest first, each with its devices.

        `starting_after` takes the last id of a page and gives the next, older one;
        `ending_before` takes the first id of a page and gives the one before it. `has_more`
        says whether more sites follow in that direction.

        Restricted keys: scope `sites:read`.

        Args:
            limit: how many objects a page holds
            starting_after: id of the last object of the page before this one
            ending_before: id of the first object of the page after this one
            reference_id: the client's own reference, not required to be unique
            status: only sites of this status
            customer_id: id of a customer
        """
        fields = given(
            limit=limit,
            starting_after=starting_after,
            ending_before=ending_before,
            reference_id=reference_id,
            status=status,
            customer_id=customer_id,
        )
        cursor = cursor_of(fields)

        def call(at: Cursor) -> Call:
            return Call("GET", "/sites", query=fields | at)

        return self._pages(Page[models.Site], call, cursor, options)

    async def create(
        self,
        *,
        reference_id: str | None | UnsetType = UNSET,
        customer_id: str | None | UnsetType = UNSET,
        postal_address: bodies.AddressBody | None | UnsetType = UNSET,
        geo_location: bodies.GeoBody | None | UnsetType = UNSET,
        timezone: str | None | UnsetType = UNSET,
        currency_code: str | None | UnsetType = UNSET,
        max_power_import_kw: float | None | UnsetType = UNSET,
        max_power_export_kw: float | None | UnsetType = UNSET,
        netting: bodies.NettingBody | None | UnsetType = UNSET,
        metadata: Mapping[str, str] | None | UnsetType = UNSET,
        status: Literal["ACTIVE", "INACTIVE"] | None | UnsetType = UNSET,
        devices: Sequence[bodies.SiteDeviceBody] | None | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.Site:
        """Put a site in service with its devices in one call, all or nothing.

        Creates its location too: `ste_X` and `loc_X` share their hex part.

        Args:
            reference_id: the client's own reference, not required to be unique
            customer_id: id of a customer
            postal_address: A supply address. In the US the state is required
            geo_location: Where a site is, in degrees
            timezone: name in the tz database
            currency_code: ISO 4217
            max_power_import_kw: limit of the grid connection, kW
            max_power_export_kw: limit of the grid connection, kW
            netting: null: every kWh of either direction is priced as it was metered
            metadata: the client's own texts by key
            status: INACTIVE keeps the data, but nothing is planned
            devices: the devices there, at most 100; others can be added later

        Raises:
            ApiError: such as `customer_not_found`, `idempotency_key_reused`,
                `idempotency_in_progress`, `idempotency_answer_too_large`, `timezone_undetermined`,
                `currency_code_undetermined`, `geo_location_not_found`, `limit_reached`.
        """
        return await self._one(
            models.Site,
            Call(
                "POST",
                "/sites",
                body=given(
                    reference_id=reference_id,
                    customer_id=customer_id,
                    postal_address=postal_address,
                    geo_location=geo_location,
                    timezone=timezone,
                    currency_code=currency_code,
                    max_power_import_kw=max_power_import_kw,
                    max_power_export_kw=max_power_export_kw,
                    netting=netting,
                    metadata=metadata,
                    status=status,
                    devices=devices,
                ),
                keyed=True,
            ),
            options,
        )

    async def retrieve(self, site_id: str, *, options: Options | None = None) -> models.Site:
        """Retrieve a site with its devices.

        Restricted keys: scope `sites:read`.

        Args:
            site_id: id of the site

        Raises:
            ApiError: such as `site_not_found`.
        """
        return await self._one(
            models.Site, Call("GET", path_of("/sites/{site_id}", site_id=site_id)), options
        )

    async def update(
        self,
        site_id: str,
        *,
        reference_id: str | None | UnsetType = UNSET,
        customer_id: str | None | UnsetType = UNSET,
        postal_address: bodies.AddressBody | None | UnsetType = UNSET,
        geo_location: bodies.GeoBody | None | UnsetType = UNSET,
        timezone: str | None | UnsetType = UNSET,
        currency_code: str | None | UnsetType = UNSET,
        max_power_import_kw: float | None | UnsetType = UNSET,
        max_power_export_kw: float | None | UnsetType = UNSET,
        netting: bodies.NettingBody | None | UnsetType = UNSET,
        metadata: Mapping[str, str] | None | UnsetType = UNSET,
        status: Literal["ACTIVE", "INACTIVE"] | None | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.Site:
        """Change a site: fields not sent stay, null clears an optional one (RFC 7396).

        Writes the events `location.update`, `site.update`.

        Restricted keys: closed to them.

        Args:
            site_id: id of the site
            reference_id: the client's own reference, not required to be unique
            customer_id: id of a customer
            postal_address: A supply address. In the US the state is required
            geo_location: Where a site is, in degrees
            timezone: name in the tz database
            currency_code: ISO 4217
            max_power_import_kw: limit of the grid connection, kW
            max_power_export_kw: limit of the grid connection, kW
            netting: null: every kWh of either direction is priced as it was metered
            metadata: the client's own texts by key
            status: INACTIVE keeps the data, but nothing is planned

        Raises:
            ApiError: such as `site_not_found`, `customer_not_found`, `conflict`,
                `timezone_not_possible`, `timezone_undetermined`, `currency_code_undetermined`,
                `geo_location_not_found`.
        """
        return await self._one(
            models.Site,
            Call(
                "PATCH",
                path_of("/sites/{site_id}", site_id=site_id),
                body=given(
                    reference_id=reference_id,
                    customer_id=customer_id,
                    postal_address=postal_address,
                    geo_location=geo_location,
                    timezone=timezone,
                    currency_code=currency_code,
                    max_power_import_kw=max_power_import_kw,
                    max_power_export_kw=max_power_export_kw,
                    netting=netting,
                    metadata=metadata,
                    status=status,
                ),
            ),
            options,
        )

    async def delete(self, site_id: str, *, options: Options | None = None) -> models.Deleted:
        """Delete a site with its location, tariffs, meter records and schedules; its devices
        stay.

        Writes the events `location.delete`, `site.delete`, `tariff.delete`.

        Restricted keys: closed to them.

        Args:
            site_id: id of the site

        Raises:
            ApiError: such as `site_not_found`, `conflict`.
        """
        return await self._one(
            models.Deleted, Call("DELETE", path_of("/sites/{site_id}", site_id=site_id)), options
        )


class Locations(AsyncResource):
    """Calls of locations."""

    def list(
        self,
        *,
        limit: int | UnsetType = UNSET,
        starting_after: str | UnsetType = UNSET,
        ending_before: str | UnsetType = UNSET,
        reference_id: str | UnsetType = UNSET,
        customer_id: str | UnsetType = UNSET,
        options: Options | None = None,
    ) -> AsyncPages[models.Location]:
        """List the locations of the account, newest first.

        Restricted keys: scope `sites:read`.

        Args:
            limit: how many objects a page holds
            starting_after: id of the last object of the page before this one
            ending_before: id of the first object of the page after this one
            reference_id: the client's own reference, not required to be unique
            customer_id: id of a customer
        """
        fields = given(
            limit=limit,
            starting_after=starting_after,
            ending_before=ending_before,
            reference_id=reference_id,
            customer_id=customer_id,
        )
        cursor = cursor_of(fields)

        def call(at: Cursor) -> Call:
            return Call("GET", "/locations", query=fields | at)

        return self._pages(Page[models.Location], call, cursor, options)

    async def create(
        self,
        *,
        reference_id: str | None | UnsetType = UNSET,
        customer_id: str | None | UnsetType = UNSET,
        postal_address: bodies.AddressBody | None | UnsetType = UNSET,
        geo_location: bodies.GeoBody | None | UnsetType = UNSET,
        timezone: str | None | UnsetType = UNSET,
        currency_code: str | None | UnsetType = UNSET,
        max_power_import_kw: float | None | UnsetType = UNSET,
        max_power_export_kw: float | None | UnsetType = UNSET,
        netting: bodies.NettingBody | None | UnsetType = UNSET,
        metadata: Mapping[str, str] | None | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.Location:
        """Create a location and its site.

        Time zone and currency are derived from the address unless given: the zone from
        `geo_location`, else the main zone of the state, else of the country.

        Args:
            reference_id: the client's own reference, not required to be unique
            customer_id: id of a customer
            postal_address: A supply address. In the US the state is required
            geo_location: Where a site is, in degrees
            timezone: name in the tz database
            currency_code: ISO 4217
            max_power_import_kw: limit of the grid connection, kW
            max_power_export_kw: limit of the grid connection, kW
            netting: null: every kWh of either direction is priced as it was metered
            metadata: the client's own texts by key

        Raises:
            ApiError: such as `customer_not_found`, `idempotency_key_reused`,
                `idempotency_in_progress`, `idempotency_answer_too_large`, `timezone_undetermined`,
                `currency_code_undetermined`, `geo_location_not_found`.
        """
        return await self._one(
            models.Location,
            Call(
                "POST",
                "/locations",
                body=given(
                    reference_id=reference_id,
                    customer_id=customer_id,
                    postal_address=postal_address,
                    geo_location=geo_location,
                    timezone=timezone,
                    currency_code=currency_code,
                    max_power_import_kw=max_power_import_kw,
                    max_power_export_kw=max_power_export_kw,
                    netting=netting,
                    metadata=metadata,
                ),
                keyed=True,
            ),
            options,
        )

    async def retrieve(
        self, location_id: str, *, options: Options | None = None
    ) -> models.Location:
        """Retrieve a location.

        Restricted keys: scope `sites:read`.

        Args:
            location_id: id of the location

        Raises:
            ApiError: such as `location_not_found`.
        """
        return await self._one(
            models.Location,
            Call("GET", path_of("/locations/{location_id}", location_id=location_id)),
            options,
        )

    async def update(
        self,
        location_id: str,
        *,
        reference_id: str | None | UnsetType = UNSET,
        customer_id: str | None | UnsetType = UNSET,
        postal_address: bodies.AddressBody | None | UnsetType = UNSET,
        geo_location: bodies.GeoBody | None | UnsetType = UNSET,
        timezone: str | None | UnsetType = UNSET,
        currency_code: str | None | UnsetType = UNSET,
        max_power_import_kw: float | None | UnsetType = UNSET,
        max_power_export_kw: float | None | UnsetType = UNSET,
        netting: bodies.NettingBody | None | UnsetType = UNSET,
        metadata: Mapping[str, str] | None | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.Location:
        """Change a location: fields not sent stay, null clears an optional one (RFC 7396).

        A time zone or currency that was derived from the old address is derived from the new
        one.

        Args:
            location_id: id of the location
            reference_id: the client's own reference, not required to be unique
            customer_id: id of a customer
            postal_address: A supply address. In the US the state is required
            geo_location: Where a site is, in degrees
            timezone: name in the tz database
            currency_code: ISO 4217
            max_power_import_kw: limit of the grid connection, kW
            max_power_export_kw: limit of the grid connection, kW
            netting: null: every kWh of either direction is priced as it was metered
            metadata: the client's own texts by key

        Raises:
            ApiError: such as `location_not_found`, `customer_not_found`, `conflict`,
                `timezone_not_possible`, `timezone_undetermined`, `currency_code_undetermined`,
                `geo_location_not_found`.
        """
        return await self._one(
            models.Location,
            Call(
                "PATCH",
                path_of("/locations/{location_id}", location_id=location_id),
                body=given(
                    reference_id=reference_id,
                    customer_id=customer_id,
                    postal_address=postal_address,
                    geo_location=geo_location,
                    timezone=timezone,
                    currency_code=currency_code,
                    max_power_import_kw=max_power_import_kw,
                    max_power_export_kw=max_power_export_kw,
                    netting=netting,
                    metadata=metadata,
                ),
            ),
            options,
        )

    async def delete(self, location_id: str, *, options: Options | None = None) -> models.Deleted:
        """Delete a location, its site, tariffs, meter records and schedules; its devices stay.

        Writes the events `location.delete`, `site.delete`, `tariff.delete`.

        Restricted keys: closed to them.

        Args:
            location_id: id of the location

        Raises:
            ApiError: such as `location_not_found`, `conflict`.
        """
        return await self._one(
            models.Deleted,
            Call("DELETE", path_of("/locations/{location_id}", location_id=location_id)),
            options,
        )

    async def headroom(
        self,
        location_id: str,
        *,
        tariff_direction: Literal["EXPORT", "IMPORT", "LOCAL"] | UnsetType = UNSET,
        hours: int | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.Headroom:
        """Say how much may be drawn in each window to come before a demand charge rises.

        An item for each demand charge and billing period of the coming hours, by the readings
        until now. `peak_kw` is the peak so far, after weights, minimum and ratchet; `free_kw`
        the mean power of a window that costs nothing more in that period (null: no power does),
        with `steps` less than that; `amount_per_further_kw` by how much the period's charge
        rises, VAT included, with 1 kW above.

        Restricted keys: scope `costs:read`.

        Args:
            location_id: id of the location
            tariff_direction: IMPORT: bought from the grid; EXPORT: sold to it; LOCAL: own
                generation
            hours: windows that start within this many hours

        Raises:
            ApiError: such as `location_not_found`, `no_tariff_connected`.
        """
        return await self._one(
            models.Headroom,
            Call(
                "GET",
                path_of("/locations/{location_id}/headroom", location_id=location_id),
                query=given(tariff_direction=tariff_direction, hours=hours),
            ),
            options,
        )


class Customers(AsyncResource):
    """Calls of customers."""

    def list(
        self,
        *,
        limit: int | UnsetType = UNSET,
        starting_after: str | UnsetType = UNSET,
        ending_before: str | UnsetType = UNSET,
        reference_id: str | UnsetType = UNSET,
        options: Options | None = None,
    ) -> AsyncPages[models.Customer]:
        """List the customers of the account, newest first.

        Restricted keys: scope `*:read`.

        Args:
            limit: how many objects a page holds
            starting_after: id of the last object of the page before this one
            ending_before: id of the first object of the page after this one
            reference_id: the client's own reference, not required to be unique
        """
        fields = given(
            limit=limit,
            starting_after=starting_after,
            ending_before=ending_before,
            reference_id=reference_id,
        )
        cursor = cursor_of(fields)

        def call(at: Cursor) -> Call:
            return Call("GET", "/customers", query=fields | at)

        return self._pages(Page[models.Customer], call, cursor, options)

    async def create(
        self,
        *,
        reference_id: str | None | UnsetType = UNSET,
        metadata: Mapping[str, str] | None | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.Customer:
        """Create a customer: a user in your own system, with any number of locations.

        Writes the events `customer.create`.

        Restricted keys: closed to them.

        Args:
            reference_id: the client's own reference, not required to be unique
            metadata: the client's own texts by key

        Raises:
            ApiError: such as `idempotency_key_reused`, `idempotency_in_progress`,
                `idempotency_answer_too_large`.
        """
        return await self._one(
            models.Customer,
            Call(
                "POST",
                "/customers",
                body=given(reference_id=reference_id, metadata=metadata),
                keyed=True,
            ),
            options,
        )

    async def retrieve(
        self, customer_id: str, *, options: Options | None = None
    ) -> models.Customer:
        """Retrieve a customer.

        Restricted keys: scope `*:read`.

        Args:
            customer_id: id of the customer

        Raises:
            ApiError: such as `customer_not_found`.
        """
        return await self._one(
            models.Customer,
            Call("GET", path_of("/customers/{customer_id}", customer_id=customer_id)),
            options,
        )

    async def update(
        self,
        customer_id: str,
        *,
        reference_id: str | None | UnsetType = UNSET,
        metadata: Mapping[str, str] | None | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.Customer:
        """Change a customer: fields not sent stay, null clears an optional one (RFC 7396).

        Writes the events `customer.update`.

        Restricted keys: closed to them.

        Args:
            customer_id: id of the customer
            reference_id: the client's own reference, not required to be unique
            metadata: the client's own texts by key

        Raises:
            ApiError: such as `customer_not_found`, `conflict`.
        """
        return await self._one(
            models.Customer,
            Call(
                "PATCH",
                path_of("/customers/{customer_id}", customer_id=customer_id),
                body=given(reference_id=reference_id, metadata=metadata),
            ),
            options,
        )

    async def delete(self, customer_id: str, *, options: Options | None = None) -> models.Deleted:
        """Delete a customer and all its locations; the devices there stay.

        Writes the events `customer.delete`, `location.delete`, `site.delete`, `tariff.delete`.

        Restricted keys: closed to them.

        Args:
            customer_id: id of the customer

        Raises:
            ApiError: such as `customer_not_found`, `conflict`.
        """
        return await self._one(
            models.Deleted,
            Call("DELETE", path_of("/customers/{customer_id}", customer_id=customer_id)),
            options,
        )


class Devices(AsyncResource):
    """Calls of devices."""

    def list(
        self,
        *,
        limit: int | UnsetType = UNSET,
        starting_after: str | UnsetType = UNSET,
        ending_before: str | UnsetType = UNSET,
        reference_id: str | UnsetType = UNSET,
        location_id: str | UnsetType = UNSET,
        type: Literal[
            "BATTERY_SYSTEM", "ELECTRIC_VEHICLE", "EV_CHARGER", "HEAT_PUMP", "OTHER", "PV_SYSTEM"
        ]
        | UnsetType = UNSET,
        options: Options | None = None,
    ) -> AsyncPages[models.Device]:
        """List the devices of the account, newest first.

        Restricted keys: scope `sites:read`.

        Args:
            limit: how many objects a page holds
            starting_after: id of the last object of the page before this one
            ending_before: id of the first object of the page after this one
            reference_id: the client's own reference, not required to be unique
            location_id: id of a location or of its site
            type: only devices of this type
        """
        fields = given(
            limit=limit,
            starting_after=starting_after,
            ending_before=ending_before,
            reference_id=reference_id,
            location_id=location_id,
            type=type,
        )
        cursor = cursor_of(fields)

        def call(at: Cursor) -> Call:
            return Call("GET", "/devices", query=fields | at)

        return self._pages(Page[models.Device], call, cursor, options)

    async def create(
        self,
        *,
        reference_id: str,
        type: Literal[
            "BATTERY_SYSTEM", "ELECTRIC_VEHICLE", "EV_CHARGER", "HEAT_PUMP", "OTHER", "PV_SYSTEM"
        ],
        locations: Sequence[str],
        manufacturer: str | None | UnsetType = UNSET,
        model_code: str | None | UnsetType = UNSET,
        model_name: str | None | UnsetType = UNSET,
        properties: bodies.PropertiesBody | None | UnsetType = UNSET,
        metadata: Mapping[str, str] | None | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.Device:
        """Add a device at one or more locations; each one's site shows it.

        The ratings `power_rating_import_kwh` and `power_rating_export_kwh` are powers in kW;
        their names are those of the public contract.

        Args:
            reference_id: the client's own reference, not required to be unique
            type: what it is; plans read the ratings that go with the type
            manufacturer: name of the manufacturer
            model_code: the manufacturer's code of the model
            model_name: the model's name in the shop
            properties: What a device can do, flat and by subsystem. The two ratings named kWh
                are powers in kW
            metadata: the client's own texts by key
            locations: ids of locations or sites

        Raises:
            ApiError: such as `location_not_found`, `idempotency_key_reused`,
                `idempotency_in_progress`, `idempotency_answer_too_large`, `limit_reached`.
        """
        return await self._one(
            models.Device,
            Call(
                "POST",
                "/devices",
                body=given(
                    reference_id=reference_id,
                    type=type,
                    manufacturer=manufacturer,
                    model_code=model_code,
                    model_name=model_name,
                    properties=properties,
                    metadata=metadata,
                    locations=locations,
                ),
                keyed=True,
            ),
            options,
        )

    async def retrieve(self, device_id: str, *, options: Options | None = None) -> models.Device:
        """Retrieve a device.

        Restricted keys: scope `sites:read`.

        Args:
            device_id: id of the device

        Raises:
            ApiError: such as `device_not_found`.
        """
        return await self._one(
            models.Device,
            Call("GET", path_of("/devices/{device_id}", device_id=device_id)),
            options,
        )

    async def update(
        self,
        device_id: str,
        *,
        reference_id: str | UnsetType = UNSET,
        type: Literal[
            "BATTERY_SYSTEM", "ELECTRIC_VEHICLE", "EV_CHARGER", "HEAT_PUMP", "OTHER", "PV_SYSTEM"
        ]
        | UnsetType = UNSET,
        manufacturer: str | None | UnsetType = UNSET,
        model_code: str | None | UnsetType = UNSET,
        model_name: str | None | UnsetType = UNSET,
        properties: bodies.PropertiesBody | None | UnsetType = UNSET,
        metadata: Mapping[str, str] | None | UnsetType = UNSET,
        locations: Sequence[str] | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.Device:
        """Change a device: fields not sent stay, null clears an optional one (RFC 7396).

        Writes the events `device.update`, `location.update`, `site.update`.

        Restricted keys: closed to them.

        Args:
            device_id: id of the device
            reference_id: the client's own reference, not required to be unique
            type: what it is; plans read the ratings that go with the type
            manufacturer: name of the manufacturer
            model_code: the manufacturer's code of the model
            model_name: the model's name in the shop
            properties: What a device can do, flat and by subsystem. The two ratings named kWh
                are powers in kW
            metadata: the client's own texts by key
            locations: ids of locations or sites

        Raises:
            ApiError: such as `device_not_found`, `location_not_found`, `conflict`,
                `limit_reached`.
        """
        return await self._one(
            models.Device,
            Call(
                "PATCH",
                path_of("/devices/{device_id}", device_id=device_id),
                body=given(
                    reference_id=reference_id,
                    type=type,
                    manufacturer=manufacturer,
                    model_code=model_code,
                    model_name=model_name,
                    properties=properties,
                    metadata=metadata,
                    locations=locations,
                ),
            ),
            options,
        )

    async def delete(self, device_id: str, *, options: Options | None = None) -> models.Deleted:
        """Delete a device and remove it from its sites; its readings stay as their history.

        Writes the events `device.delete`, `location.update`, `site.update`.

        Restricted keys: closed to them.

        Args:
            device_id: id of the device

        Raises:
            ApiError: such as `device_not_found`, `conflict`.
        """
        return await self._one(
            models.Deleted,
            Call("DELETE", path_of("/devices/{device_id}", device_id=device_id)),
            options,
        )

    async def update_state(
        self,
        device_id: str,
        *,
        time: datetime | str,
        state_of_charge_percent: float,
        location_id: str | None | UnsetType = UNSET,
        target_state_of_charge_percent: float | None | UnsetType = UNSET,
        battery_power_kw: float | None | UnsetType = UNSET,
        energy_flow_direction: Literal["EXPORT", "IMPORT"] | None | UnsetType = UNSET,
        energy_remaining_kwh: float | None | UnsetType = UNSET,
        backup_reserve_percent: float | None | UnsetType = UNSET,
        record_reference_id: str | None | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.StateKept:
        """Report the state of a device.

        The newest by `time` is the current one; an older one is kept as history. A repeated
        `record_reference_id` answers the first report. No event is recorded.

        Restricted keys: scope `states:write`.

        Args:
            device_id: id of the device
            time: when it was measured
            state_of_charge_percent: charge in per cent of the capacity
            location_id: id of a location or of its site
            target_state_of_charge_percent: charge that the user wants, per cent
            battery_power_kw: kW, + charging
            energy_flow_direction: IMPORT: charging; EXPORT: giving energy back
            energy_remaining_kwh: energy left in the battery, kWh
            backup_reserve_percent: charge that is kept for a power cut, per cent
            record_reference_id: the client's own reference, not required to be unique

        Raises:
            ApiError: such as `device_not_found`, `location_not_found`.
        """
        return await self._one(
            models.StateKept,
            Call(
                "PUT",
                path_of("/devices/{device_id}/state", device_id=device_id),
                body=given(
                    time=time,
                    state_of_charge_percent=state_of_charge_percent,
                    location_id=location_id,
                    target_state_of_charge_percent=target_state_of_charge_percent,
                    battery_power_kw=battery_power_kw,
                    energy_flow_direction=energy_flow_direction,
                    energy_remaining_kwh=energy_remaining_kwh,
                    backup_reserve_percent=backup_reserve_percent,
                    record_reference_id=record_reference_id,
                ),
            ),
            options,
        )

    async def retrieve_state(
        self, device_id: str, *, options: Options | None = None
    ) -> models.State:
        """Retrieve the newest state of a device, by its own time.

        Restricted keys: scope `sites:read`.

        Args:
            device_id: id of the device

        Raises:
            ApiError: such as `device_not_found`, `device_state_not_found`.
        """
        return await self._one(
            models.State,
            Call("GET", path_of("/devices/{device_id}/state", device_id=device_id)),
            options,
        )

    def list_states(
        self,
        device_id: str,
        *,
        limit: int | UnsetType = UNSET,
        starting_after: str | UnsetType = UNSET,
        ending_before: str | UnsetType = UNSET,
        options: Options | None = None,
    ) -> AsyncPages[models.State]:
        """List the states of a device, the last received first.

        Restricted keys: scope `sites:read`.

        Args:
            device_id: id of the device
            limit: how many objects a page holds
            starting_after: id of the last object of the page before this one
            ending_before: id of the first object of the page after this one

        Raises:
            ApiError: such as `device_not_found`.
        """
        fields = given(limit=limit, starting_after=starting_after, ending_before=ending_before)
        cursor = cursor_of(fields)

        def call(at: Cursor) -> Call:
            return Call(
                "GET",
                path_of("/devices/{device_id}/states", device_id=device_id),
                query=fields | at,
            )

        return self._pages(Page[models.State], call, cursor, options)

    async def plan(self, device_id: str, *, options: Options | None = None) -> models.KeptPlan:
        """Read the newest plan of a device that was asked for with `keep=true`.

        It has all fields of the answer to that request, be it by amount, by state of charge or
        of the whole site. It is renewed, from then on and with the newest state, soon after
        prices are published, until its last deadline. `stale`: prices were published since, or
        it is over.

        Restricted keys: scope `schedules:read`.

        Args:
            device_id: id of the device

        Raises:
            ApiError: such as `device_not_found`, `plan_not_found`.
        """
        return await self._one(
            models.KeptPlan,
            Call("GET", path_of("/devices/{device_id}/plan", device_id=device_id)),
            options,
        )


class Tariffs(AsyncResource):
    """Calls of tariffs."""

    def list(
        self,
        *,
        limit: int | UnsetType = UNSET,
        starting_after: str | UnsetType = UNSET,
        ending_before: str | UnsetType = UNSET,
        location_id: str | UnsetType = UNSET,
        type: Literal["COMMODITY", "NON_COMMODITY"] | UnsetType = UNSET,
        direction: Literal["EXPORT", "IMPORT", "LOCAL"] | UnsetType = UNSET,
        status: Literal["CONNECTED", "ERROR"] | UnsetType = UNSET,
        options: Options | None = None,
    ) -> AsyncPages[models.Tariff]:
        """List the tariffs of the account, newest first.

        Restricted keys: scope `*:read`.

        Args:
            limit: how many objects a page holds
            starting_after: id of the last object of the page before this one
            ending_before: id of the first object of the page after this one
            location_id: id of a location or of its site
            type: only tariffs of this type
            direction: only tariffs of this direction
            status: only tariffs with this status
        """
        fields = given(
            limit=limit,
            starting_after=starting_after,
            ending_before=ending_before,
            location_id=location_id,
            type=type,
            direction=direction,
            status=status,
        )
        cursor = cursor_of(fields)

        def call(at: Cursor) -> Call:
            return Call("GET", "/tariffs", query=fields | at)

        return self._pages(Page[models.Tariff], call, cursor, options)

    async def create(
        self,
        *,
        direction: Literal["EXPORT", "IMPORT", "LOCAL"],
        type: Literal["COMMODITY", "NON_COMMODITY"],
        contract_start_date: str,
        contract_end_date: str | None,
        schedule: Sequence[bodies.Entry],
        location_id: str,
        market_rates: bool | UnsetType = UNSET,
        market_source_id: str | None | UnsetType = UNSET,
        devices: Sequence[str] | UnsetType = UNSET,
        vat: float | None | UnsetType = UNSET,
        vat_included: bool | UnsetType = UNSET,
        tier_reset: Literal["CONTRACT", "DAY", "MONTH", "YEAR"] | UnsetType = UNSET,
        tier_scope: Literal["PERIOD", "SHARED", "TARIFF"] | UnsetType = UNSET,
        cap_per_kwh: float | None | UnsetType = UNSET,
        floor_per_kwh: float | None | UnsetType = UNSET,
        charges: Sequence[bodies.Charge] | UnsetType = UNSET,
        minimum_charge: bodies.MinimumCharge | None | UnsetType = UNSET,
        billing_day: int | UnsetType = UNSET,
        billing_periods: Sequence[str] | UnsetType = UNSET,
        demand_window_minutes: Literal[15, 30, 60] | None | UnsetType = UNSET,
        clock: str | UnsetType = UNSET,
        holidays: bodies.Holidays | None | UnsetType = UNSET,
        currency_conversion: float | str | None | UnsetType = UNSET,
        display_name: str | None | UnsetType = UNSET,
        provider_id: str | None | UnsetType = UNSET,
        metadata: Mapping[str, str] | None | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.TariffMade:
        """Connect a tariff at a location.

        The schedule must price every hour of every day of the contract exactly once; what is
        missing or doubled is named with its day and time. `POST /tariffs/check` shows what was
        meant first. `warnings` name what is possible but probably not meant, such as cents
        given as dollars.

        Args:
            direction: IMPORT: bought from the grid; EXPORT: sold to it; LOCAL: own generation
            type: COMMODITY: the energy; NON_COMMODITY: network fees and levies, with IMPORT
                only
            contract_start_date: from when it holds
            contract_end_date: null: the contract runs until it is terminated
            schedule: what a kWh costs, when; every day of the term is covered exactly once
            market_rates: whether the rates follow the market `market_source_id`
            market_source_id: the market that the rates follow
            devices: ids of the devices that it is for; empty for the whole location
            vat: a fraction: 0.2 is 20 %
            vat_included: false: `vat` is added to rates and charges
            tier_reset: when the count of kWh starts again
            tier_scope: TARIFF: one count for the tariff; PERIOD: one for each entry of hours;
                SHARED: each entry pays its share in every tier
            cap_per_kwh: the price is at most this, money per kWh before VAT
            floor_per_kwh: the price is at least this, money per kWh before VAT
            charges: what is paid besides the price per kWh
            minimum_charge: The least that a local day or billing month costs: energy and
                charges, before VAT
            billing_day: local day of the month on which a billing month begins, 1 to 28
            billing_periods: first local days of billing periods that were read by hand,
                ascending
            demand_window_minutes: the windows of which to_kwh_per_kw takes the highest; default
                60
            clock: the clock on which the schedule is read: the location's, UTC, or one that is
                always so far ahead of UTC, such as +10:00
            holidays: Which days count as holidays: a calendar, or `only` these; without some,
                with others
            currency_conversion: the location's money per unit of the market's
            location_id: id of a location or of its site
            display_name: what people call it
            provider_id: id of a provider
            metadata: the client's own texts by key

        Raises:
            ApiError: such as `location_not_found`, `device_not_found`,
                `market_source_not_found`, `idempotency_key_reused`, `idempotency_in_progress`,
                `idempotency_answer_too_large`, `device_not_at_location`,
                `market_currency_mismatch`, `market_unit_mismatch`, `formula_invalid`,
                `gap_in_time_period`, `time_period_overlap`, `incomplete_time_period`,
                `holiday_unknown`, `tariff_term_overlap`, `limit_reached`.
        """
        return await self._one(
            models.TariffMade,
            Call(
                "POST",
                "/tariffs",
                body=given(
                    direction=direction,
                    type=type,
                    contract_start_date=contract_start_date,
                    contract_end_date=contract_end_date,
                    schedule=schedule,
                    market_rates=market_rates,
                    market_source_id=market_source_id,
                    devices=devices,
                    vat=vat,
                    vat_included=vat_included,
                    tier_reset=tier_reset,
                    tier_scope=tier_scope,
                    cap_per_kwh=cap_per_kwh,
                    floor_per_kwh=floor_per_kwh,
                    charges=charges,
                    minimum_charge=minimum_charge,
                    billing_day=billing_day,
                    billing_periods=billing_periods,
                    demand_window_minutes=demand_window_minutes,
                    clock=clock,
                    holidays=holidays,
                    currency_conversion=currency_conversion,
                    location_id=location_id,
                    display_name=display_name,
                    provider_id=provider_id,
                    metadata=metadata,
                ),
                keyed=True,
            ),
            options,
        )

    async def check(
        self,
        *,
        direction: Literal["EXPORT", "IMPORT", "LOCAL"],
        type: Literal["COMMODITY", "NON_COMMODITY"],
        contract_start_date: str,
        contract_end_date: str | None,
        schedule: Sequence[bodies.Entry],
        location_id: str,
        market_rates: bool | UnsetType = UNSET,
        market_source_id: str | None | UnsetType = UNSET,
        devices: Sequence[str] | UnsetType = UNSET,
        vat: float | None | UnsetType = UNSET,
        vat_included: bool | UnsetType = UNSET,
        tier_reset: Literal["CONTRACT", "DAY", "MONTH", "YEAR"] | UnsetType = UNSET,
        tier_scope: Literal["PERIOD", "SHARED", "TARIFF"] | UnsetType = UNSET,
        cap_per_kwh: float | None | UnsetType = UNSET,
        floor_per_kwh: float | None | UnsetType = UNSET,
        charges: Sequence[bodies.Charge] | UnsetType = UNSET,
        minimum_charge: bodies.MinimumCharge | None | UnsetType = UNSET,
        billing_day: int | UnsetType = UNSET,
        billing_periods: Sequence[str] | UnsetType = UNSET,
        demand_window_minutes: Literal[15, 30, 60] | None | UnsetType = UNSET,
        clock: str | UnsetType = UNSET,
        holidays: bodies.Holidays | None | UnsetType = UNSET,
        currency_conversion: float | str | None | UnsetType = UNSET,
        display_name: str | None | UnsetType = UNSET,
        provider_id: str | None | UnsetType = UNSET,
        metadata: Mapping[str, str] | None | UnsetType = UNSET,
        tariff_id: str | UnsetType = UNSET,
        allow_implausible: bool | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.TariffCheck:
        """Judge a tariff as `POST /tariffs` does and show its prices; nothing is kept.

        Prices beyond what anybody pays anywhere are refused, unless `allow_implausible=true`.

        Restricted keys: closed to them.

        Args:
            direction: IMPORT: bought from the grid; EXPORT: sold to it; LOCAL: own generation
            type: COMMODITY: the energy; NON_COMMODITY: network fees and levies, with IMPORT
                only
            contract_start_date: from when it holds
            contract_end_date: null: the contract runs until it is terminated
            schedule: what a kWh costs, when; every day of the term is covered exactly once
            market_rates: whether the rates follow the market `market_source_id`
            market_source_id: the market that the rates follow
            devices: ids of the devices that it is for; empty for the whole location
            vat: a fraction: 0.2 is 20 %
            vat_included: false: `vat` is added to rates and charges
            tier_reset: when the count of kWh starts again
            tier_scope: TARIFF: one count for the tariff; PERIOD: one for each entry of hours;
                SHARED: each entry pays its share in every tier
            cap_per_kwh: the price is at most this, money per kWh before VAT
            floor_per_kwh: the price is at least this, money per kWh before VAT
            charges: what is paid besides the price per kWh
            minimum_charge: The least that a local day or billing month costs: energy and
                charges, before VAT
            billing_day: local day of the month on which a billing month begins, 1 to 28
            billing_periods: first local days of billing periods that were read by hand,
                ascending
            demand_window_minutes: the windows of which to_kwh_per_kw takes the highest; default
                60
            clock: the clock on which the schedule is read: the location's, UTC, or one that is
                always so far ahead of UTC, such as +10:00
            holidays: Which days count as holidays: a calendar, or `only` these; without some,
                with others
            currency_conversion: the location's money per unit of the market's
            location_id: id of a location or of its site
            display_name: what people call it
            provider_id: id of a provider
            metadata: the client's own texts by key
            tariff_id: judged as a change of this tariff would be, whose term it may then share
            allow_implausible: true accepts prices beyond what anybody pays anywhere, with a
                warning

        Raises:
            ApiError: such as `location_not_found`, `device_not_found`,
                `market_source_not_found`, `tariff_not_found`, `idempotency_key_reused`,
                `idempotency_in_progress`, `idempotency_answer_too_large`, `device_not_at_location`,
                `market_currency_mismatch`, `market_unit_mismatch`, `formula_invalid`,
                `gap_in_time_period`, `time_period_overlap`, `incomplete_time_period`,
                `holiday_unknown`, `tariff_term_overlap`, `price_implausible`, `limit_reached`.
        """
        return await self._one(
            models.TariffCheck,
            Call(
                "POST",
                "/tariffs/check",
                query=given(tariff_id=tariff_id, allow_implausible=allow_implausible),
                body=given(
                    direction=direction,
                    type=type,
                    contract_start_date=contract_start_date,
                    contract_end_date=contract_end_date,
                    schedule=schedule,
                    market_rates=market_rates,
                    market_source_id=market_source_id,
                    devices=devices,
                    vat=vat,
                    vat_included=vat_included,
                    tier_reset=tier_reset,
                    tier_scope=tier_scope,
                    cap_per_kwh=cap_per_kwh,
                    floor_per_kwh=floor_per_kwh,
                    charges=charges,
                    minimum_charge=minimum_charge,
                    billing_day=billing_day,
                    billing_periods=billing_periods,
                    demand_window_minutes=demand_window_minutes,
                    clock=clock,
                    holidays=holidays,
                    currency_conversion=currency_conversion,
                    location_id=location_id,
                    display_name=display_name,
                    provider_id=provider_id,
                    metadata=metadata,
                ),
                keyed=True,
            ),
            options,
        )

    async def import_(
        self,
        document: Any,
        *,
        format: Literal["cdr", "octopus", "urdb"],
        location_id: str,
        contract_start_date: str | UnsetType = UNSET,
        contract_end_date: str | UnsetType = UNSET,
        allow_partial: bool | UnsetType = UNSET,
        allow_implausible: bool | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.TariffImport:
        """Connect the tariffs of a foreign document at a location: all of them or none.

        Parts that no tariff can express are refused by name, or with `allow_partial=true` left
        out and listed in `warnings`. So are prices beyond what anybody pays anywhere, with
        `allow_implausible=true`; cents are never converted on a guess.

        Args:
            document: the body
            format: urdb: an OpenEI URDB rate; octopus: a product's unit rates; cdr: an
                Australian CDR energy plan
            location_id: id of a location or of its site
            contract_start_date: a date (the local midnight at its start) or an RFC 3339 instant
            contract_end_date: a date (the local midnight at its start) or an RFC 3339 instant
            allow_partial: true keeps what can be expressed and lists the rest
            allow_implausible: true accepts prices beyond what anybody pays anywhere, with a
                warning

        Raises:
            ApiError: such as `location_not_found`, `device_not_found`,
                `market_source_not_found`, `idempotency_key_reused`, `idempotency_in_progress`,
                `idempotency_answer_too_large`, `device_not_at_location`,
                `market_currency_mismatch`, `market_unit_mismatch`, `formula_invalid`,
                `gap_in_time_period`, `time_period_overlap`, `incomplete_time_period`,
                `holiday_unknown`, `tariff_term_overlap`, `limit_reached`, `unsupported_component`,
                `document_currency_mismatch`, `price_implausible`.
        """
        return await self._one(
            models.TariffImport,
            Call(
                "POST",
                "/tariffs/import",
                query=given(
                    format=format,
                    location_id=location_id,
                    contract_start_date=contract_start_date,
                    contract_end_date=contract_end_date,
                    allow_partial=allow_partial,
                    allow_implausible=allow_implausible,
                ),
                body=document,
                keyed=True,
            ),
            options,
        )

    async def retrieve(self, tariff_id: str, *, options: Options | None = None) -> models.Tariff:
        """Retrieve a tariff.

        Restricted keys: scope `*:read`.

        Args:
            tariff_id: id of the tariff

        Raises:
            ApiError: such as `tariff_not_found`.
        """
        return await self._one(
            models.Tariff,
            Call("GET", path_of("/tariffs/{tariff_id}", tariff_id=tariff_id)),
            options,
        )

    async def update(
        self,
        tariff_id: str,
        *,
        direction: Literal["EXPORT", "IMPORT", "LOCAL"] | UnsetType = UNSET,
        type: Literal["COMMODITY", "NON_COMMODITY"] | UnsetType = UNSET,
        contract_start_date: str | UnsetType = UNSET,
        contract_end_date: str | None | UnsetType = UNSET,
        schedule: Sequence[bodies.Entry] | UnsetType = UNSET,
        market_rates: bool | UnsetType = UNSET,
        market_source_id: str | None | UnsetType = UNSET,
        devices: Sequence[str] | UnsetType = UNSET,
        vat: float | None | UnsetType = UNSET,
        vat_included: bool | UnsetType = UNSET,
        tier_reset: Literal["CONTRACT", "DAY", "MONTH", "YEAR"] | UnsetType = UNSET,
        tier_scope: Literal["PERIOD", "SHARED", "TARIFF"] | UnsetType = UNSET,
        cap_per_kwh: float | None | UnsetType = UNSET,
        floor_per_kwh: float | None | UnsetType = UNSET,
        charges: Sequence[bodies.Charge] | UnsetType = UNSET,
        minimum_charge: bodies.MinimumCharge | None | UnsetType = UNSET,
        billing_day: int | UnsetType = UNSET,
        billing_periods: Sequence[str] | UnsetType = UNSET,
        demand_window_minutes: Literal[15, 30, 60] | None | UnsetType = UNSET,
        clock: str | UnsetType = UNSET,
        holidays: bodies.Holidays | None | UnsetType = UNSET,
        currency_conversion: float | str | None | UnsetType = UNSET,
        location_id: str | UnsetType = UNSET,
        display_name: str | None | UnsetType = UNSET,
        provider_id: str | None | UnsetType = UNSET,
        metadata: Mapping[str, str] | None | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.TariffMade:
        """Change a tariff: fields not sent stay; a schedule is replaced as a whole (RFC 7396).

        Writes the events `tariff.update`, `location.update`.

        Restricted keys: closed to them.

        Args:
            tariff_id: id of the tariff
            direction: IMPORT: bought from the grid; EXPORT: sold to it; LOCAL: own generation
            type: COMMODITY: the energy; NON_COMMODITY: network fees and levies, with IMPORT
                only
            contract_start_date: from when it holds
            contract_end_date: null: the contract runs until it is terminated
            schedule: what a kWh costs, when; every day of the term is covered exactly once
            market_rates: whether the rates follow the market `market_source_id`
            market_source_id: the market that the rates follow
            devices: ids of the devices that it is for; empty for the whole location
            vat: a fraction: 0.2 is 20 %
            vat_included: false: `vat` is added to rates and charges
            tier_reset: when the count of kWh starts again
            tier_scope: TARIFF: one count for the tariff; PERIOD: one for each entry of hours;
                SHARED: each entry pays its share in every tier
            cap_per_kwh: the price is at most this, money per kWh before VAT
            floor_per_kwh: the price is at least this, money per kWh before VAT
            charges: what is paid besides the price per kWh
            minimum_charge: The least that a local day or billing month costs: energy and
                charges, before VAT
            billing_day: local day of the month on which a billing month begins, 1 to 28
            billing_periods: first local days of billing periods that were read by hand,
                ascending
            demand_window_minutes: the windows of which to_kwh_per_kw takes the highest; default
                60
            clock: the clock on which the schedule is read: the location's, UTC, or one that is
                always so far ahead of UTC, such as +10:00
            holidays: Which days count as holidays: a calendar, or `only` these; without some,
                with others
            currency_conversion: the location's money per unit of the market's
            location_id: id of a location or of its site
            display_name: what people call it
            provider_id: id of a provider
            metadata: the client's own texts by key

        Raises:
            ApiError: such as `tariff_not_found`, `location_not_found`, `device_not_found`,
                `market_source_not_found`, `conflict`, `tariff_linked`, `device_not_at_location`,
                `market_currency_mismatch`, `market_unit_mismatch`, `formula_invalid`,
                `gap_in_time_period`, `time_period_overlap`, `incomplete_time_period`,
                `holiday_unknown`, `tariff_term_overlap`, `limit_reached`.
        """
        return await self._one(
            models.TariffMade,
            Call(
                "PATCH",
                path_of("/tariffs/{tariff_id}", tariff_id=tariff_id),
                body=given(
                    direction=direction,
                    type=type,
                    contract_start_date=contract_start_date,
                    contract_end_date=contract_end_date,
                    schedule=schedule,
                    market_rates=market_rates,
                    market_source_id=market_source_id,
                    devices=devices,
                    vat=vat,
                    vat_included=vat_included,
                    tier_reset=tier_reset,
                    tier_scope=tier_scope,
                    cap_per_kwh=cap_per_kwh,
                    floor_per_kwh=floor_per_kwh,
                    charges=charges,
                    minimum_charge=minimum_charge,
                    billing_day=billing_day,
                    billing_periods=billing_periods,
                    demand_window_minutes=demand_window_minutes,
                    clock=clock,
                    holidays=holidays,
                    currency_conversion=currency_conversion,
                    location_id=location_id,
                    display_name=display_name,
                    provider_id=provider_id,
                    metadata=metadata,
                ),
            ),
            options,
        )

    async def delete(self, tariff_id: str, *, options: Options | None = None) -> models.Deleted:
        """Delete a tariff; its location's prices are without it from now on.

        Writes the events `tariff.delete`, `location.update`.

        Restricted keys: closed to them.

        Args:
            tariff_id: id of the tariff

        Raises:
            ApiError: such as `tariff_not_found`, `conflict`, `tariff_linked`.
        """
        return await self._one(
            models.Deleted,
            Call("DELETE", path_of("/tariffs/{tariff_id}", tariff_id=tariff_id)),
            options,
        )


class MarketSources(AsyncResource):
    """Calls of market sources."""

    def list(
        self,
        *,
        limit: int | UnsetType = UNSET,
        starting_after: str | UnsetType = UNSET,
        ending_before: str | UnsetType = UNSET,
        options: Options | None = None,
    ) -> AsyncPages[models.MarketSource]:
        """List the market sources of the account and those of the operator, newest first.

        Restricted keys: scope `*:read`.

        Args:
            limit: how many objects a page holds
            starting_after: id of the last object of the page before this one
            ending_before: id of the first object of the page after this one
        """
        fields = given(limit=limit, starting_after=starting_after, ending_before=ending_before)
        cursor = cursor_of(fields)

        def call(at: Cursor) -> Call:
            return Call("GET", "/market-sources", query=fields | at)

        return self._pages(Page[models.MarketSource], call, cursor, options)

    async def create(
        self,
        *,
        code: str,
        currency_code: str,
        unit: Literal["KWH", "MWH", "RATE"],
        timezone: str,
        display_name: str | None | UnsetType = UNSET,
        resolution_minutes: int | None | UnsetType = UNSET,
        publishes_at: str | None | UnsetType = UNSET,
        area: str | None | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.MarketSource:
        """Create a market source whose prices this account uploads.

        Restricted keys: closed to them.

        Args:
            code: what formulas call the source, such as BELPEX
            currency_code: ISO 4217
            unit: what its prices are for: a kWh or a MWh
            timezone: name in the tz database
            display_name: what people call it
            resolution_minutes: nominal
            publishes_at: wall-clock time at which the next day appears, such as 12:45
            area: the market's area or bidding zone, such as DE-LU

        Raises:
            ApiError: such as `code_taken`, `idempotency_key_reused`, `idempotency_in_progress`,
                `idempotency_answer_too_large`, `market_source_in_use`.
        """
        return await self._one(
            models.MarketSource,
            Call(
                "POST",
                "/market-sources",
                body=given(
                    code=code,
                    currency_code=currency_code,
                    unit=unit,
                    timezone=timezone,
                    display_name=display_name,
                    resolution_minutes=resolution_minutes,
                    publishes_at=publishes_at,
                    area=area,
                ),
                keyed=True,
            ),
            options,
        )

    async def retrieve(
        self, market_source_id: str, *, options: Options | None = None
    ) -> models.MarketSource:
        """Retrieve a market source.

        Restricted keys: scope `*:read`.

        Args:
            market_source_id: id of the market source

        Raises:
            ApiError: such as `market_source_not_found`.
        """
        return await self._one(
            models.MarketSource,
            Call(
                "GET",
                path_of("/market-sources/{market_source_id}", market_source_id=market_source_id),
            ),
            options,
        )

    async def update(
        self,
        market_source_id: str,
        *,
        code: str | UnsetType = UNSET,
        currency_code: str | UnsetType = UNSET,
        unit: Literal["KWH", "MWH", "RATE"] | UnsetType = UNSET,
        timezone: str | UnsetType = UNSET,
        display_name: str | None | UnsetType = UNSET,
        resolution_minutes: int | None | UnsetType = UNSET,
        publishes_at: str | None | UnsetType = UNSET,
        area: str | None | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.MarketSource:
        """Change a market source: currency and unit only before its first price.

        Writes the events `market_source.update`.

        Restricted keys: closed to them.

        Args:
            market_source_id: id of the market source
            code: what formulas call the source, such as BELPEX
            currency_code: ISO 4217
            unit: what its prices are for: a kWh or a MWh
            timezone: name in the tz database
            display_name: what people call it
            resolution_minutes: nominal
            publishes_at: wall-clock time at which the next day appears, such as 12:45
            area: the market's area or bidding zone, such as DE-LU

        Raises:
            ApiError: such as `market_source_not_found`, `code_taken`, `conflict`,
                `market_source_read_only`, `market_source_in_use`.
        """
        return await self._one(
            models.MarketSource,
            Call(
                "PATCH",
                path_of("/market-sources/{market_source_id}", market_source_id=market_source_id),
                body=given(
                    code=code,
                    currency_code=currency_code,
                    unit=unit,
                    timezone=timezone,
                    display_name=display_name,
                    resolution_minutes=resolution_minutes,
                    publishes_at=publishes_at,
                    area=area,
                ),
            ),
            options,
        )

    async def put_prices(
        self,
        market_source_id: str,
        records: Iterable[bodies.MarketPriceBody | Mapping[str, Any]],
        *,
        options: Options | None = None,
    ) -> models.MarketPriceBatch:
        """Publish up to 100,000 prices: all are kept or none.

        A price for a `valid_from` that has one replaces it, and the earlier value is kept as a
        version. Intervals may have any length, but never overlap. The body may be gzip.

        Args:
            market_source_id: id of the market source
            records: the body

        Raises:
            ApiError: such as `market_source_not_found`, `market_source_read_only`,
                `market_price_overlap`.
        """
        return await self._one(
            models.MarketPriceBatch,
            Call(
                "PUT",
                path_of(
                    "/market-sources/{market_source_id}/prices", market_source_id=market_source_id
                ),
                body=list(records),
            ),
            options,
        )

    async def list_prices(
        self,
        market_source_id: str,
        *,
        start_time: datetime | str,
        end_time: datetime | str,
        options: Options | None = None,
    ) -> models.MarketPrices:
        """Read what a market source has published for a span of up to 366 days.

        Restricted keys: scope `*:read`.

        Args:
            market_source_id: id of the market source
            start_time: when it begins
            end_time: when it ends, exclusive

        Raises:
            ApiError: such as `market_source_not_found`.
        """
        return await self._one(
            models.MarketPrices,
            Call(
                "GET",
                path_of(
                    "/market-sources/{market_source_id}/prices", market_source_id=market_source_id
                ),
                query=given(start_time=start_time, end_time=end_time),
            ),
            options,
        )


class Prices(AsyncResource):
    """Calls of prices."""

    async def list(
        self,
        *,
        end_time: datetime | str,
        location_id: str,
        start_time: datetime | str | None | UnsetType = UNSET,
        device_id: str | None | UnsetType = UNSET,
        tariff_direction: Literal["EXPORT", "IMPORT", "LOCAL"] | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.Prices:
        """Price a kWh at a location in each interval of a span of up to 90 days.

        The price of an instant is the sum of the location's tariffs for the direction, taxes
        included. Intervals have natural edges: those of the market, of time-of-use windows, of
        special days and of contracts. Below confidence 1 a price is a forecast: the market has
        not published it, or the contract has ended.

        Restricted keys: scope `prices:read`.

        Args:
            end_time: at most 90 days after start_time
            start_time: default: now, cut to the second
            device_id: id of a device
            tariff_direction: whose tariffs count
            location_id: id of a location or of its site

        Raises:
            ApiError: such as `location_not_found`, `device_not_found`,
                `idempotency_key_reused`, `idempotency_in_progress`, `idempotency_answer_too_large`,
                `device_not_at_location`, `no_tariff_connected`, `no_price_data`,
                `market_currency_mismatch`, `market_unit_mismatch`.
        """
        return await self._one(
            models.Prices,
            Call(
                "POST",
                "/prices",
                body=given(
                    end_time=end_time,
                    start_time=start_time,
                    device_id=device_id,
                    tariff_direction=tariff_direction,
                    location_id=location_id,
                ),
                keyed=True,
            ),
            options,
        )

    @overload
    async def series(
        self,
        *,
        start_time: datetime | str | UnsetType = UNSET,
        end_time: datetime | str | UnsetType = UNSET,
        date: str | UnsetType = UNSET,
        hours: int | UnsetType = UNSET,
        location_id: str | UnsetType = UNSET,
        device_id: str | UnsetType = UNSET,
        tariff_direction: Literal["EXPORT", "IMPORT", "LOCAL"] | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.Prices: ...

    @overload
    async def series(
        self,
        *,
        format: Literal["csv", "evcc"],
        start_time: datetime | str | UnsetType = UNSET,
        end_time: datetime | str | UnsetType = UNSET,
        date: str | UnsetType = UNSET,
        hours: int | UnsetType = UNSET,
        location_id: str | UnsetType = UNSET,
        device_id: str | UnsetType = UNSET,
        tariff_direction: Literal["EXPORT", "IMPORT", "LOCAL"] | UnsetType = UNSET,
        options: Options | None = None,
    ) -> str: ...

    async def series(
        self,
        *,
        start_time: datetime | str | UnsetType = UNSET,
        end_time: datetime | str | UnsetType = UNSET,
        date: str | UnsetType = UNSET,
        hours: int | UnsetType = UNSET,
        location_id: str | UnsetType = UNSET,
        device_id: str | UnsetType = UNSET,
        tariff_direction: Literal["EXPORT", "IMPORT", "LOCAL"] | UnsetType = UNSET,
        format: Literal["csv", "evcc"] | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.Prices | str:
        """Price a kWh at a location in each interval of a span: the answer of `POST /prices`.

        From now for 48 hours, unless the query says otherwise. Dates without a time are those
        of the location's own clock.

        Restricted keys: scope `prices:read`.

        Args:
            start_time: RFC 3339 with an offset or Z; or a bare date, YYYY-MM-DD, for that local
                midnight of the location
            end_time: as `start_time`; the end is exclusive
            date: a whole local day of the location, YYYY-MM-DD; instead of `start_time` and
                `end_time`
            hours: this many elapsed hours from the start, or from the start of `date`; instead
                of `end_time`
            location_id: may be left out with a `device_id` that is at one location only
            device_id: id of a device
            tariff_direction: whose tariffs count
            format: evcc: `[{start, end, value}]` in UTC, as its custom tariff reads it; csv:
                `start_time,end_time,value,confidence,currency_code`; without it, as POST
                /prices

        Raises:
            ApiError: such as `location_not_found`, `device_not_found`,
                `device_not_at_location`, `no_tariff_connected`, `no_price_data`,
                `market_currency_mismatch`, `market_unit_mismatch`.
        """
        call = Call(
            "GET",
            "/prices",
            query=given(
                start_time=start_time,
                end_time=end_time,
                date=date,
                hours=hours,
                location_id=location_id,
                device_id=device_id,
                tariff_direction=tariff_direction,
                format=format,
            ),
        )
        if format is not UNSET:
            return await self._text(call, options)
        return await self._one(models.Prices, call, options)

    async def audit(
        self,
        *,
        end_time: datetime | str,
        location_id: str,
        start_time: datetime | str | None | UnsetType = UNSET,
        device_id: str | None | UnsetType = UNSET,
        tariff_direction: Literal["EXPORT", "IMPORT", "LOCAL"] | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.PriceAudit:
        """Break each price down: every tariff's part, its VAT, market price and surcharge.

        The parts add up to `total` exactly, at 6 decimals.

        Restricted keys: scope `prices:read`.

        Args:
            end_time: at most 90 days after start_time
            start_time: default: now, cut to the second
            device_id: id of a device
            tariff_direction: whose tariffs count
            location_id: id of a location or of its site

        Raises:
            ApiError: such as `location_not_found`, `device_not_found`,
                `idempotency_key_reused`, `idempotency_in_progress`, `idempotency_answer_too_large`,
                `device_not_at_location`, `no_tariff_connected`, `no_price_data`,
                `market_currency_mismatch`, `market_unit_mismatch`.
        """
        return await self._one(
            models.PriceAudit,
            Call(
                "POST",
                "/prices/audit",
                body=given(
                    end_time=end_time,
                    start_time=start_time,
                    device_id=device_id,
                    tariff_direction=tariff_direction,
                    location_id=location_id,
                ),
                keyed=True,
            ),
            options,
        )

    async def list_by_location(
        self,
        location_id: str,
        *,
        end_time: datetime | str,
        start_time: datetime | str | None | UnsetType = UNSET,
        device_id: str | None | UnsetType = UNSET,
        tariff_direction: Literal["EXPORT", "IMPORT", "LOCAL"] | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.Prices:
        """Price a kWh at a location: the older form of `POST /prices`.

        Restricted keys: scope `prices:read`.

        Args:
            location_id: id of the location
            end_time: at most 90 days after start_time
            start_time: default: now, cut to the second
            device_id: id of a device
            tariff_direction: whose tariffs count

        Raises:
            ApiError: such as `location_not_found`, `device_not_found`,
                `idempotency_key_reused`, `idempotency_in_progress`, `idempotency_answer_too_large`,
                `device_not_at_location`, `no_tariff_connected`, `no_price_data`,
                `market_currency_mismatch`, `market_unit_mismatch`.
        """
        return await self._one(
            models.Prices,
            Call(
                "POST",
                path_of("/prices/{location_id}", location_id=location_id),
                body=given(
                    end_time=end_time,
                    start_time=start_time,
                    device_id=device_id,
                    tariff_direction=tariff_direction,
                ),
                keyed=True,
            ),
            options,
        )

    async def now(
        self,
        *,
        location_id: str | UnsetType = UNSET,
        device_id: str | UnsetType = UNSET,
        tariff_direction: Literal["EXPORT", "IMPORT", "LOCAL"] | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.PriceNow:
        """Price a kWh at a location now, and say what it will cost next.

        The same price as `POST /prices` gives for this instant. A tariff that does not change
        has one from 24 hours ago to 48 hours ahead, and no next one.

        Restricted keys: scope `prices:read`.

        Args:
            location_id: may be left out with a `device_id` that is at one location only
            device_id: id of a device
            tariff_direction: whose tariffs count

        Raises:
            ApiError: such as `location_not_found`, `device_not_found`,
                `device_not_at_location`, `no_tariff_connected`, `no_price_data`,
                `market_currency_mismatch`, `market_unit_mismatch`.
        """
        return await self._one(
            models.PriceNow,
            Call(
                "GET",
                "/prices/now",
                query=given(
                    location_id=location_id, device_id=device_id, tariff_direction=tariff_direction
                ),
            ),
            options,
        )


class Meters(AsyncUploading):
    """Calls of meters."""

    async def put_interval(
        self,
        records: Iterable[bodies.ReadingBody | Mapping[str, Any]],
        *,
        options: Options | None = None,
    ) -> models.MeterBatch:
        """Take up to 10,000 readings; a fault in one fails only that one.

        Accepted readings are durable when this is answered, and count in costs at once. A
        reading of the same device or location, register, directions and period replaces the
        earlier one; one that overlaps another period fails with `record_overlap`. Another value
        for a period that was sent before in the same batch fails with `record_duplicate`. The
        body may be gzip.

        Registers of a meter that add up (day and night, three phases) each have a `register` of
        their own, all of them: readings with and without one must not overlap.

        With `Content-Type: application/x-ndjson` one call takes up to 1,000,000 records, a JSON
        object a line. They are stored as they arrive, 10,000 at a time; when the connection
        breaks, what arrived so far is stored, the batch says `"complete": false`, and sending
        all again is safe.

        Restricted keys: scope `meters:write`.

        Args:
            records: the body
        """
        return await self._one(
            models.MeterBatch, Call("PUT", "/meters/interval", body=list(records)), options
        )

    async def put_cumulative(
        self,
        *,
        location_id: str,
        units: Literal["KWH", "WH"],
        data: Sequence[Mapping[str, Any]],
        device_id: str | None | UnsetType = UNSET,
        session_reference_id: str | None | UnsetType = UNSET,
        energy_flow_direction: Literal["INBOUND", "OUTBOUND"] | UnsetType = UNSET,
        tariff_direction: Literal["EXPORT", "IMPORT", "LOCAL"] | None | UnsetType = UNSET,
        register: str | None | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.MeterBatch:
        """Take reads of a cumulative register: the differences become readings.

        The register's last stored read is where they start. A falling register is a reset: it
        is reported as `register_reset`, and the new value is the base. One that is back at its
        value within 48 hours was not reset: what it showed between is reported as
        `register_glitch` and passed over. A meter with several registers has each sent under
        its `register`; their energy adds up. The body may be gzip.

        Restricted keys: scope `meters:write`.

        Args:
            location_id: id of a location or of its site
            units: unit of the register
            data: reads of the register, in any order
            device_id: id of a device
            session_reference_id: the client's own reference, not required to be unique
            energy_flow_direction: INBOUND: into the site; OUTBOUND: out of it
            tariff_direction: IMPORT: bought from the grid; EXPORT: sold to it; LOCAL: own
                generation
            register: one of several registers that add up, such as T1 and T2

        Raises:
            ApiError: such as `location_not_found`, `device_not_found`, `limit_reached`.
        """
        return await self._one(
            models.MeterBatch,
            Call(
                "PUT",
                "/meters/cumulative/epoch",
                body=given(
                    location_id=location_id,
                    units=units,
                    data=data,
                    device_id=device_id,
                    session_reference_id=session_reference_id,
                    energy_flow_direction=energy_flow_direction,
                    tariff_direction=tariff_direction,
                    register=register,
                ),
            ),
            options,
        )

    def list_batches(
        self,
        *,
        limit: int | UnsetType = UNSET,
        starting_after: str | UnsetType = UNSET,
        ending_before: str | UnsetType = UNSET,
        options: Options | None = None,
    ) -> AsyncPages[models.MeterBatch]:
        """List the batches of the account, newest first.

        Restricted keys: scope `meters:read`.

        Args:
            limit: how many objects a page holds
            starting_after: id of the last object of the page before this one
            ending_before: id of the first object of the page after this one
        """
        fields = given(limit=limit, starting_after=starting_after, ending_before=ending_before)
        cursor = cursor_of(fields)

        def call(at: Cursor) -> Call:
            return Call("GET", "/meters/batches", query=fields | at)

        return self._pages(Page[models.MeterBatch], call, cursor, options)

    async def retrieve_batch(
        self, batch_id: str, *, options: Options | None = None
    ) -> models.MeterBatch:
        """Retrieve a batch: how many of its records were accepted, and which failed.

        Restricted keys: scope `meters:read`.

        Args:
            batch_id: id of the batch

        Raises:
            ApiError: such as `meter_batch_not_found`.
        """
        return await self._one(
            models.MeterBatch,
            Call("GET", path_of("/meters/batches/{batch_id}", batch_id=batch_id)),
            options,
        )

    def search_records(
        self,
        *,
        device_id: str | None | UnsetType = UNSET,
        location_id: str | None | UnsetType = UNSET,
        start_time: datetime | str | None | UnsetType = UNSET,
        end_time: datetime | str | None | UnsetType = UNSET,
        energy_flow_direction: Literal["INBOUND", "OUTBOUND"] | None | UnsetType = UNSET,
        tariff_direction: Literal["EXPORT", "IMPORT", "LOCAL"] | None | UnsetType = UNSET,
        group_by: Literal["DAY", "HALF_HOUR", "HOUR", "MONTH", "NON_FIXED", "WEEK"]
        | UnsetType = UNSET,
        order_by: Literal["NEWEST", "OLDEST"] | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        starting_after: str | None | UnsetType = UNSET,
        ending_before: str | None | UnsetType = UNSET,
        options: Options | None = None,
    ) -> AsyncPages[models.Record]:
        """Search the readings of a device, or of a location's own meter.

        With `device_id` those of the device (at the location, where one is given too), with
        `location_id` alone those without a device. `group_by` sums them up by local periods,
        each reading shared in proportion to time.

        Restricted keys: scope `meters:read`.

        Args:
            device_id: id of a device
            location_id: id of a location or of its site
            start_time: default: 31 days before end_time
            end_time: default: now
            energy_flow_direction: INBOUND: into the site; OUTBOUND: out of it; both without it
            tariff_direction: IMPORT: bought from the grid; EXPORT: sold to it; LOCAL: own
                generation
            group_by: NON_FIXED: as they were sent; else local periods
            order_by: by start time
            limit: how many records a page holds
            starting_after: id of the last record of the page before
            ending_before: id of the first record of the page after

        Raises:
            ApiError: such as `location_not_found`, `device_not_found`,
                `idempotency_key_reused`, `idempotency_in_progress`, `idempotency_answer_too_large`.
        """
        fields = given(
            device_id=device_id,
            location_id=location_id,
            start_time=start_time,
            end_time=end_time,
            energy_flow_direction=energy_flow_direction,
            tariff_direction=tariff_direction,
            group_by=group_by,
            order_by=order_by,
            limit=limit,
            starting_after=starting_after,
            ending_before=ending_before,
        )
        cursor = cursor_of(fields)

        def call(at: Cursor) -> Call:
            return Call("POST", "/meters/records", body=fields | at)

        return self._pages(Page[models.Record], call, cursor, options)


class Costs(AsyncResource):
    """Calls of costs."""

    async def instant(
        self,
        *,
        location_id: str,
        energy_flow_direction: Literal["INBOUND", "OUTBOUND"],
        start_time: datetime | str,
        end_time: datetime | str,
        energy_kwh: float | None | UnsetType = UNSET,
        units: Literal["KW", "KWH", "W", "WH"] | None | UnsetType = UNSET,
        value: float | None | UnsetType = UNSET,
        device_id: str | None | UnsetType = UNSET,
        session_reference_id: str | None | UnsetType = UNSET,
        record_reference_id: str | None | UnsetType = UNSET,
        tariff_direction: Literal["EXPORT", "IMPORT", "LOCAL"] | None | UnsetType = UNSET,
        confidence: float | UnsetType = UNSET,
        non_persistent: bool | UnsetType = UNSET,
        include_lines: bool | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.EnergyCost:
        """Price energy, and keep it as a reading unless `non_persistent=true`.

        The reading and its cost go together: where there is no price, nothing is kept. To keep
        it, a restricted key needs the scope `meters:write`, too.

        Restricted keys: scope `costs:read`.

        Args:
            location_id: id of a location or of its site
            energy_flow_direction: INBOUND: into the site; OUTBOUND: out of it
            start_time: when it begins
            end_time: when it ends, exclusive
            energy_kwh: negative only with non_persistent=true
            units: unit of `value`; W and KW are the mean power of the period
            value: energy or mean power of the period; instead of `energy_kwh`
            device_id: id of a device
            session_reference_id: the client's own reference, not required to be unique
            record_reference_id: the client's own reference, not required to be unique
            tariff_direction: IMPORT: bought from the grid; EXPORT: sold to it; LOCAL: own
                generation
            confidence: 0.1 to 1; 1 is a measured value
            non_persistent: true answers the cost and keeps nothing
            include_lines: true adds the lines that each cost is made of

        Raises:
            ApiError: such as `location_not_found`, `device_not_found`,
                `idempotency_key_reused`, `idempotency_in_progress`, `idempotency_answer_too_large`,
                `record_overlap`, `no_tariff_connected`, `no_price_data`,
                `market_currency_mismatch`, `market_unit_mismatch`.
        """
        return await self._one(
            models.EnergyCost,
            Call(
                "POST",
                "/costs/instant",
                query=given(non_persistent=non_persistent, include_lines=include_lines),
                body=given(
                    location_id=location_id,
                    energy_flow_direction=energy_flow_direction,
                    start_time=start_time,
                    end_time=end_time,
                    energy_kwh=energy_kwh,
                    units=units,
                    value=value,
                    device_id=device_id,
                    session_reference_id=session_reference_id,
                    record_reference_id=record_reference_id,
                    tariff_direction=tariff_direction,
                    confidence=confidence,
                ),
                keyed=True,
            ),
            options,
        )

    async def interval(
        self,
        object_id: str,
        *,
        start_time: datetime | str,
        end_time: datetime | str,
        aggregation: Literal["DAY", "HOUR", "MONTH", "NONE", "WEEK", "YEAR"] | UnsetType = UNSET,
        tariff_direction: Literal["EXPORT", "IMPORT", "LOCAL"] | UnsetType = UNSET,
        include_lines: bool | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.EnergyCost:
        """Price the metered energy of a location, site or device over up to 13 months.

        A location's costs are those of its own meter, with standing and demand charges; a
        device's those of its own readings, without charges. Nothing priced is stored, so
        corrected readings and prices count at once.

        Restricted keys: scope `costs:read`.

        Args:
            object_id: id of the object
            start_time: when it begins
            end_time: when it ends, exclusive
            aggregation: local periods; NONE is an item for each reading
            tariff_direction: IMPORT: bought from the grid; EXPORT: sold to it; LOCAL: own
                generation
            include_lines: true adds the lines that each cost is made of

        Raises:
            ApiError: such as `location_not_found`, `device_not_found`,
                `idempotency_key_reused`, `idempotency_in_progress`, `idempotency_answer_too_large`,
                `currencies_mixed`, `no_tariff_connected`, `no_price_data`,
                `market_currency_mismatch`, `market_unit_mismatch`.
        """
        return await self._one(
            models.EnergyCost,
            Call(
                "POST",
                path_of("/costs/interval/{object_id}", object_id=object_id),
                query=given(
                    aggregation=aggregation,
                    tariff_direction=tariff_direction,
                    include_lines=include_lines,
                ),
                body=given(start_time=start_time, end_time=end_time),
                keyed=True,
            ),
            options,
        )

    @overload
    async def interval_retrieve(
        self,
        object_id: str,
        *,
        start_time: datetime | str | UnsetType = UNSET,
        end_time: datetime | str | UnsetType = UNSET,
        date: str | UnsetType = UNSET,
        hours: int | UnsetType = UNSET,
        aggregation: Literal["DAY", "HOUR", "MONTH", "NONE", "WEEK", "YEAR"] | UnsetType = UNSET,
        tariff_direction: Literal["EXPORT", "IMPORT", "LOCAL"] | UnsetType = UNSET,
        include_lines: bool | UnsetType = UNSET,
        location_id: str | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.EnergyCost: ...

    @overload
    async def interval_retrieve(
        self,
        object_id: str,
        *,
        format: Literal["csv"],
        start_time: datetime | str | UnsetType = UNSET,
        end_time: datetime | str | UnsetType = UNSET,
        date: str | UnsetType = UNSET,
        hours: int | UnsetType = UNSET,
        aggregation: Literal["DAY", "HOUR", "MONTH", "NONE", "WEEK", "YEAR"] | UnsetType = UNSET,
        tariff_direction: Literal["EXPORT", "IMPORT", "LOCAL"] | UnsetType = UNSET,
        include_lines: bool | UnsetType = UNSET,
        location_id: str | UnsetType = UNSET,
        options: Options | None = None,
    ) -> str: ...

    async def interval_retrieve(
        self,
        object_id: str,
        *,
        start_time: datetime | str | UnsetType = UNSET,
        end_time: datetime | str | UnsetType = UNSET,
        date: str | UnsetType = UNSET,
        hours: int | UnsetType = UNSET,
        aggregation: Literal["DAY", "HOUR", "MONTH", "NONE", "WEEK", "YEAR"] | UnsetType = UNSET,
        tariff_direction: Literal["EXPORT", "IMPORT", "LOCAL"] | UnsetType = UNSET,
        include_lines: bool | UnsetType = UNSET,
        location_id: str | UnsetType = UNSET,
        format: Literal["csv"] | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.EnergyCost | str:
        """Price metered energy of a span: the answer of `POST /costs/interval/{object_id}`.

        Dates without a time are those of the location's own clock.

        Restricted keys: scope `costs:read`.

        Args:
            object_id: id of the object
            start_time: RFC 3339 with an offset or Z; or a bare date, YYYY-MM-DD, for that local
                midnight of the location
            end_time: as `start_time`; the end is exclusive
            date: a whole local day of the location, YYYY-MM-DD; instead of `start_time` and
                `end_time`
            hours: this many elapsed hours from the start, or from the start of `date`; instead
                of `end_time`
            aggregation: local periods; NONE is an item for each reading
            tariff_direction: IMPORT: bought from the grid; EXPORT: sold to it; LOCAL: own
                generation
            include_lines: true adds the lines that each cost is made of
            location_id: whose local dates are meant, for a device at several locations
            format: csv: `start_time,end_time,energy_kwh,cost,confidence`; without it, as POST
                /costs/interval/{object_id}

        Raises:
            ApiError: such as `location_not_found`, `device_not_found`,
                `device_not_at_location`, `currencies_mixed`, `no_tariff_connected`,
                `no_price_data`, `market_currency_mismatch`, `market_unit_mismatch`.
        """
        call = Call(
            "GET",
            path_of("/costs/interval/{object_id}", object_id=object_id),
            query=given(
                start_time=start_time,
                end_time=end_time,
                date=date,
                hours=hours,
                aggregation=aggregation,
                tariff_direction=tariff_direction,
                include_lines=include_lines,
                location_id=location_id,
                format=format,
            ),
        )
        if format is not UNSET:
            return await self._text(call, options)
        return await self._one(models.EnergyCost, call, options)

    async def session(
        self,
        session_reference_id: str,
        *,
        tariff_direction: Literal["EXPORT", "IMPORT", "LOCAL"] | UnsetType = UNSET,
        include_lines: bool | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.EnergyCost:
        """Price the readings with a `session_reference_id`, one item for each.

        Restricted keys: scope `costs:read`.

        Args:
            session_reference_id: id of the session reference
            tariff_direction: IMPORT: bought from the grid; EXPORT: sold to it; LOCAL: own
                generation
            include_lines: true adds the lines that each cost is made of

        Raises:
            ApiError: such as `session_not_found`, `idempotency_key_reused`,
                `idempotency_in_progress`, `idempotency_answer_too_large`, `currencies_mixed`,
                `no_tariff_connected`, `no_price_data`, `market_currency_mismatch`,
                `market_unit_mismatch`.
        """
        return await self._one(
            models.EnergyCost,
            Call(
                "POST",
                path_of(
                    "/costs/session/{session_reference_id}",
                    session_reference_id=session_reference_id,
                ),
                query=given(tariff_direction=tariff_direction, include_lines=include_lines),
                keyed=True,
            ),
            options,
        )


class Schedules(AsyncResource):
    """Calls of schedules."""

    async def duration(
        self,
        *,
        location_id: str,
        start_time: datetime | str,
        end_time: datetime | str,
        segment: Literal["HIGH", "LOW"],
        duration: int,
        device_id: str | None | UnsetType = UNSET,
        tariff_direction: Literal["EXPORT", "IMPORT", "LOCAL"] | UnsetType = UNSET,
        contiguous: bool | UnsetType = UNSET,
        min_slot_minutes: int | None | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.Duration:
        """Pick an exact number of minutes of the cheapest (LOW) or dearest (HIGH) time.

        The last price interval, where used in part, gives its earliest part; ties go to the
        earliest. `contiguous` asks for one block, `min_slot_minutes` for slots that each last
        at least that long. Nothing is stored.

        Restricted keys: scope `schedules:read`.

        Args:
            location_id: id of a location or of its site
            start_time: when it begins
            end_time: at most 3 days after start_time
            segment: LOW is cheap, HIGH is dear
            device_id: id of a device
            tariff_direction: whose tariffs count
            duration: minutes, at most those of the window
            contiguous: in one block
            min_slot_minutes: no slot is shorter

        Raises:
            ApiError: such as `location_not_found`, `device_not_found`,
                `idempotency_key_reused`, `idempotency_in_progress`, `idempotency_answer_too_large`,
                `device_not_at_location`, `no_tariff_connected`, `no_price_data`,
                `market_currency_mismatch`, `market_unit_mismatch`, `site_inactive`.
        """
        return await self._one(
            models.Duration,
            Call(
                "POST",
                "/schedules/duration",
                body=given(
                    location_id=location_id,
                    start_time=start_time,
                    end_time=end_time,
                    segment=segment,
                    device_id=device_id,
                    tariff_direction=tariff_direction,
                    duration=duration,
                    contiguous=contiguous,
                    min_slot_minutes=min_slot_minutes,
                ),
                keyed=True,
            ),
            options,
        )

    async def limit(
        self,
        *,
        location_id: str,
        start_time: datetime | str,
        end_time: datetime | str,
        segment: Literal["HIGH", "LOW"],
        device_id: str | None | UnsetType = UNSET,
        tariff_direction: Literal["EXPORT", "IMPORT", "LOCAL"] | UnsetType = UNSET,
        relative: float | None | UnsetType = UNSET,
        absolute: float | None | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.Limit:
        """Pick all time with prices at or below (LOW), or at or above (HIGH), a limit.

        `absolute` is a price per kWh and wins; `relative` r stands for lowest + r · (highest −
        lowest) of the window, for HIGH as well: 0.75 is the upper quarter of the price range.

        Restricted keys: scope `schedules:read`.

        Args:
            location_id: id of a location or of its site
            start_time: when it begins
            end_time: at most 3 days after start_time
            segment: LOW is cheap, HIGH is dear
            device_id: id of a device
            tariff_direction: whose tariffs count
            relative: share of the window's price range
            absolute: price per kWh; wins over relative

        Raises:
            ApiError: such as `location_not_found`, `device_not_found`,
                `idempotency_key_reused`, `idempotency_in_progress`, `idempotency_answer_too_large`,
                `device_not_at_location`, `no_tariff_connected`, `no_price_data`,
                `market_currency_mismatch`, `market_unit_mismatch`, `site_inactive`.
        """
        return await self._one(
            models.Limit,
            Call(
                "POST",
                "/schedules/limit",
                body=given(
                    location_id=location_id,
                    start_time=start_time,
                    end_time=end_time,
                    segment=segment,
                    device_id=device_id,
                    tariff_direction=tariff_direction,
                    relative=relative,
                    absolute=absolute,
                ),
                keyed=True,
            ),
            options,
        )

    async def amount(
        self,
        *,
        data: Sequence[bodies.AmountItemBody],
        location_id: str,
        max_power: bodies.PowerBody | None | UnsetType = UNSET,
        shaving_threshold: bodies.ShavingBody | None | UnsetType = UNSET,
        keep_unless_saves: float | UnsetType = UNSET,
        explain: bool | UnsetType = UNSET,
        keep: bool | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.AmountSchedule:
        """Plan when the devices of a site move given energies at least cost.

        Each device gets its energy inside its window, under its own power limit and, all
        together, under the site's. What cannot be moved is the `shortfall`, with its `reason`.
        Savings compare with starting at once at full power. Nothing is stored without
        `keep=true`.

        Restricted keys: scope `schedules:read`.

        Args:
            data: what each device has to move
            max_power: of the site; default: its grid limits
            shaving_threshold: Buy only at or below, sell only at or above a price; absolute
                wins
            keep_unless_saves: money; `previous` stays unless more is saved
            explain: add `why` each slot is where it is
            location_id: id of a location or of its site
            keep: true: it is kept, and planned anew whenever prices are published

        Raises:
            ApiError: such as `location_not_found`, `device_not_found`,
                `idempotency_key_reused`, `idempotency_in_progress`, `idempotency_answer_too_large`,
                `device_not_at_location`, `no_tariff_connected`, `no_price_data`,
                `market_currency_mismatch`, `market_unit_mismatch`, `site_inactive`.
        """
        return await self._one(
            models.AmountSchedule,
            Call(
                "POST",
                "/schedules/amount",
                query=given(keep=keep),
                body=given(
                    data=data,
                    max_power=max_power,
                    shaving_threshold=shaving_threshold,
                    keep_unless_saves=keep_unless_saves,
                    explain=explain,
                    location_id=location_id,
                ),
                keyed=True,
            ),
            options,
        )

    async def amount_by_location(
        self,
        location_id: str,
        *,
        data: Sequence[bodies.AmountItemBody],
        max_power: bodies.PowerBody | None | UnsetType = UNSET,
        shaving_threshold: bodies.ShavingBody | None | UnsetType = UNSET,
        keep_unless_saves: float | UnsetType = UNSET,
        explain: bool | UnsetType = UNSET,
        keep: bool | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.AmountSchedule:
        """Plan as `POST /schedules/amount` does, with the location in the path.

        Restricted keys: scope `schedules:read`.

        Args:
            location_id: id of the location
            data: what each device has to move
            max_power: of the site; default: its grid limits
            shaving_threshold: Buy only at or below, sell only at or above a price; absolute
                wins
            keep_unless_saves: money; `previous` stays unless more is saved
            explain: add `why` each slot is where it is
            keep: true: it is kept, and planned anew whenever prices are published

        Raises:
            ApiError: such as `location_not_found`, `device_not_found`,
                `idempotency_key_reused`, `idempotency_in_progress`, `idempotency_answer_too_large`,
                `device_not_at_location`, `no_tariff_connected`, `no_price_data`,
                `market_currency_mismatch`, `market_unit_mismatch`, `site_inactive`.
        """
        return await self._one(
            models.AmountSchedule,
            Call(
                "POST",
                path_of("/schedules/amount/{location_id}", location_id=location_id),
                query=given(keep=keep),
                body=given(
                    data=data,
                    max_power=max_power,
                    shaving_threshold=shaving_threshold,
                    keep_unless_saves=keep_unless_saves,
                    explain=explain,
                ),
                keyed=True,
            ),
            options,
        )

    async def soc(
        self,
        *,
        device_id: str,
        location_id: str | None | UnsetType = UNSET,
        schedule_horizon: float | None | UnsetType = UNSET,
        start_time: datetime | str | None | UnsetType = UNSET,
        time: datetime | str | None | UnsetType = UNSET,
        state_of_charge_percent: float | None | UnsetType = UNSET,
        target_state_of_charge_percent: float | None | UnsetType = UNSET,
        battery_power_kw: float | None | UnsetType = UNSET,
        energy_flow_direction: Literal["EXPORT", "IMPORT"] | None | UnsetType = UNSET,
        energy_remaining_kwh: float | None | UnsetType = UNSET,
        backup_reserve_percent: float | None | UnsetType = UNSET,
        record_reference_id: str | None | UnsetType = UNSET,
        ready_by: datetime | str | None | UnsetType = UNSET,
        end_state_of_charge_percent: float | None | UnsetType = UNSET,
        objective: Literal["CARBON", "COST", "SELF_CONSUMPTION"] | UnsetType = UNSET,
        export_allowed: bool | None | UnsetType = UNSET,
        efficiency: float | None | UnsetType = UNSET,
        previous: Sequence[bodies.HeldChargeBody] | None | UnsetType = UNSET,
        keep_unless_saves: float | UnsetType = UNSET,
        explain: bool | UnsetType = UNSET,
        keep: bool | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.Charging:
        """Plan when a car or a battery charges, and when it gives energy back, at least cost.

        A car reaches its target by `ready_by`, or by the end of the horizon. A battery also
        discharges, to serve the site and, where an EXPORT tariff is connected, to sell; at the
        end it holds at least what it holds now. Neither goes below the backup reserve. Sun and
        base load come from the location's readings where there are any; `assumptions` says
        which. Nothing is stored.

        Restricted keys: scope `schedules:read`.

        Args:
            location_id: id of a location or of its site
            schedule_horizon: hours; default: as far as prices are confirmed
            start_time: default: now
            time: when the state was measured
            state_of_charge_percent: charge now, per cent of the capacity; default: the newest
                state that was reported
            target_state_of_charge_percent: charge to reach, per cent
            battery_power_kw: kW, + charging
            energy_flow_direction: IMPORT: charging; EXPORT: giving energy back
            energy_remaining_kwh: energy left in the battery, kWh
            backup_reserve_percent: charge that the plan never goes below, per cent
            record_reference_id: the client's own reference, not required to be unique
            ready_by: when the target is due
            end_state_of_charge_percent: least charge at the end of the horizon, per cent
            objective: what the plan makes least: money, carbon, or energy that crosses the
                meter
            export_allowed: default: where an EXPORT tariff is connected
            efficiency: of a round trip
            previous: the slots of a plan that the client holds; they stay unless a new plan
                saves more
            keep_unless_saves: money; `previous` stays unless more is saved
            explain: add `why` each slot is where it is
            device_id: id of a device
            keep: true: it is kept, and planned anew whenever prices are published

        Raises:
            ApiError: such as `location_not_found`, `device_not_found`,
                `idempotency_key_reused`, `idempotency_in_progress`, `idempotency_answer_too_large`,
                `device_not_at_location`, `no_tariff_connected`, `no_price_data`,
                `market_currency_mismatch`, `market_unit_mismatch`, `site_inactive`,
                `no_device_state`, `device_rating_missing`.
        """
        return await self._one(
            models.Charging,
            Call(
                "POST",
                "/schedules/soc",
                query=given(keep=keep),
                body=given(
                    location_id=location_id,
                    schedule_horizon=schedule_horizon,
                    start_time=start_time,
                    time=time,
                    state_of_charge_percent=state_of_charge_percent,
                    target_state_of_charge_percent=target_state_of_charge_percent,
                    battery_power_kw=battery_power_kw,
                    energy_flow_direction=energy_flow_direction,
                    energy_remaining_kwh=energy_remaining_kwh,
                    backup_reserve_percent=backup_reserve_percent,
                    record_reference_id=record_reference_id,
                    ready_by=ready_by,
                    end_state_of_charge_percent=end_state_of_charge_percent,
                    objective=objective,
                    export_allowed=export_allowed,
                    efficiency=efficiency,
                    previous=previous,
                    keep_unless_saves=keep_unless_saves,
                    explain=explain,
                    device_id=device_id,
                ),
                keyed=True,
            ),
            options,
        )

    async def soc_by_device(
        self,
        device_id: str,
        *,
        location_id: str | None | UnsetType = UNSET,
        schedule_horizon: float | None | UnsetType = UNSET,
        start_time: datetime | str | None | UnsetType = UNSET,
        time: datetime | str | None | UnsetType = UNSET,
        state_of_charge_percent: float | None | UnsetType = UNSET,
        target_state_of_charge_percent: float | None | UnsetType = UNSET,
        battery_power_kw: float | None | UnsetType = UNSET,
        energy_flow_direction: Literal["EXPORT", "IMPORT"] | None | UnsetType = UNSET,
        energy_remaining_kwh: float | None | UnsetType = UNSET,
        backup_reserve_percent: float | None | UnsetType = UNSET,
        record_reference_id: str | None | UnsetType = UNSET,
        ready_by: datetime | str | None | UnsetType = UNSET,
        end_state_of_charge_percent: float | None | UnsetType = UNSET,
        objective: Literal["CARBON", "COST", "SELF_CONSUMPTION"] | UnsetType = UNSET,
        export_allowed: bool | None | UnsetType = UNSET,
        efficiency: float | None | UnsetType = UNSET,
        previous: Sequence[bodies.HeldChargeBody] | None | UnsetType = UNSET,
        keep_unless_saves: float | UnsetType = UNSET,
        explain: bool | UnsetType = UNSET,
        keep: bool | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.Charging:
        """Plan as `POST /schedules/soc` does, with the device in the path: the older form.

        Restricted keys: scope `schedules:read`.

        Args:
            device_id: id of the device
            location_id: id of a location or of its site
            schedule_horizon: hours; default: as far as prices are confirmed
            start_time: default: now
            time: when the state was measured
            state_of_charge_percent: charge now, per cent of the capacity; default: the newest
                state that was reported
            target_state_of_charge_percent: charge to reach, per cent
            battery_power_kw: kW, + charging
            energy_flow_direction: IMPORT: charging; EXPORT: giving energy back
            energy_remaining_kwh: energy left in the battery, kWh
            backup_reserve_percent: charge that the plan never goes below, per cent
            record_reference_id: the client's own reference, not required to be unique
            ready_by: when the target is due
            end_state_of_charge_percent: least charge at the end of the horizon, per cent
            objective: what the plan makes least: money, carbon, or energy that crosses the
                meter
            export_allowed: default: where an EXPORT tariff is connected
            efficiency: of a round trip
            previous: the slots of a plan that the client holds; they stay unless a new plan
                saves more
            keep_unless_saves: money; `previous` stays unless more is saved
            explain: add `why` each slot is where it is
            keep: true: it is kept, and planned anew whenever prices are published

        Raises:
            ApiError: such as `location_not_found`, `device_not_found`,
                `idempotency_key_reused`, `idempotency_in_progress`, `idempotency_answer_too_large`,
                `device_not_at_location`, `no_tariff_connected`, `no_price_data`,
                `market_currency_mismatch`, `market_unit_mismatch`, `site_inactive`,
                `no_device_state`, `device_rating_missing`.
        """
        return await self._one(
            models.Charging,
            Call(
                "POST",
                path_of("/schedules/soc/{device_id}", device_id=device_id),
                query=given(keep=keep),
                body=given(
                    location_id=location_id,
                    schedule_horizon=schedule_horizon,
                    start_time=start_time,
                    time=time,
                    state_of_charge_percent=state_of_charge_percent,
                    target_state_of_charge_percent=target_state_of_charge_percent,
                    battery_power_kw=battery_power_kw,
                    energy_flow_direction=energy_flow_direction,
                    energy_remaining_kwh=energy_remaining_kwh,
                    backup_reserve_percent=backup_reserve_percent,
                    record_reference_id=record_reference_id,
                    ready_by=ready_by,
                    end_state_of_charge_percent=end_state_of_charge_percent,
                    objective=objective,
                    export_allowed=export_allowed,
                    efficiency=efficiency,
                    previous=previous,
                    keep_unless_saves=keep_unless_saves,
                    explain=explain,
                ),
                keyed=True,
            ),
            options,
        )

    async def site(
        self,
        *,
        location_id: str,
        start_time: datetime | str | None | UnsetType = UNSET,
        schedule_horizon: float | None | UnsetType = UNSET,
        step_minutes: Literal[5, 15, 30, 60] | UnsetType = UNSET,
        device_ids: Sequence[str] | None | UnsetType = UNSET,
        devices: Sequence[bodies.DeviceWishBody] | UnsetType = UNSET,
        limits: Sequence[bodies.LimitOverTimeBody] | UnsetType = UNSET,
        circuits: Sequence[bodies.CircuitBody] | UnsetType = UNSET,
        forecasts: bodies.ForecastsBody | UnsetType = UNSET,
        objective: bodies.ObjectiveBody | UnsetType = UNSET,
        previous: Sequence[bodies.HeldDeviceBody] | None | UnsetType = UNSET,
        keep_unless_saves: float | UnsetType = UNSET,
        explain: bool | UnsetType = UNSET,
        keep: bool | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.SitePlan:
        """Plan everything behind one meter together, at least cost.

        Batteries and cars, loads that may run later, heat pumps and the sun share the site's
        limits, its circuits, its tariffs and its demand charges. Without `devices` all devices
        of the site are planned as their properties and newest states say; `devices` holds
        wishes: targets, absences, comfort. What cannot be reached is a `shortfall` with its
        reason, never an empty answer. `cost` follows from `site[]`; `baseline` is the same with
        nobody planning. Nothing is stored without `keep=true`.

        Restricted keys: scope `schedules:read`.

        Args:
            location_id: id of a location or of its site
            start_time: default: now
            schedule_horizon: hours; default: as far as prices are confirmed, at least to the
                last deadline
            step_minutes: finer prices refine it
            device_ids: default: all devices of the site that can be planned
            devices: wishes for single devices
            limits: the site's limits over time, on top of its own
            circuits: fuses inside the site
            forecasts: What the client expects of the site, instead of what this server does
            objective: What things are worth, in money
            previous: `devices` of a plan that the client holds; it stays unless the new one
                saves more than `keep_unless_saves`
            keep_unless_saves: money; `previous` stays unless more is saved
            explain: add `why` each slot is where it is
            keep: true: it is kept, and planned anew whenever prices are published

        Raises:
            ApiError: such as `location_not_found`, `device_not_found`,
                `idempotency_key_reused`, `idempotency_in_progress`, `idempotency_answer_too_large`,
                `device_not_at_location`, `no_tariff_connected`, `no_price_data`,
                `market_currency_mismatch`, `market_unit_mismatch`, `site_inactive`,
                `no_device_state`, `device_rating_missing`, `limit_reached`.
        """
        return await self._one(
            models.SitePlan,
            Call(
                "POST",
                "/schedules/site",
                query=given(keep=keep),
                body=given(
                    location_id=location_id,
                    start_time=start_time,
                    schedule_horizon=schedule_horizon,
                    step_minutes=step_minutes,
                    device_ids=device_ids,
                    devices=devices,
                    limits=limits,
                    circuits=circuits,
                    forecasts=forecasts,
                    objective=objective,
                    previous=previous,
                    keep_unless_saves=keep_unless_saves,
                    explain=explain,
                ),
                keyed=True,
            ),
            options,
        )


class Events(AsyncStreaming):
    """Calls of events."""

    def list(
        self,
        *,
        limit: int | UnsetType = UNSET,
        starting_after: str | UnsetType = UNSET,
        ending_before: str | UnsetType = UNSET,
        event_type: str | UnsetType = UNSET,
        object_id: str | UnsetType = UNSET,
        created_after: datetime | str | UnsetType = UNSET,
        options: Options | None = None,
    ) -> AsyncPages[models.Event]:
        """List what changed in the account, newest first.

        Restricted keys: scope `events:read`.

        Args:
            limit: how many objects a page holds
            starting_after: id of the last object of the page before this one
            ending_before: id of the first object of the page after this one
            event_type: only events of this type, such as site.update, or family, such as site.*
            object_id: only events of the object with this id
            created_after: only events after this time
        """
        fields = given(
            limit=limit,
            starting_after=starting_after,
            ending_before=ending_before,
            event_type=event_type,
            object_id=object_id,
            created_after=created_after,
        )
        cursor = cursor_of(fields)

        def call(at: Cursor) -> Call:
            return Call("GET", "/events", query=fields | at)

        return self._pages(Page[models.Event], call, cursor, options)

    async def retrieve(self, event_id: str, *, options: Options | None = None) -> models.Event:
        """Retrieve an event.

        Restricted keys: scope `events:read`.

        Args:
            event_id: id of the event

        Raises:
            ApiError: such as `event_not_found`.
        """
        return await self._one(
            models.Event, Call("GET", path_of("/events/{event_id}", event_id=event_id)), options
        )


class WebhookEndpoints(AsyncResource):
    """Calls of webhook endpoints."""

    def list(
        self,
        *,
        limit: int | UnsetType = UNSET,
        starting_after: str | UnsetType = UNSET,
        ending_before: str | UnsetType = UNSET,
        options: Options | None = None,
    ) -> AsyncPages[models.Endpoint]:
        """List the webhook endpoints of the account, newest first.

        Restricted keys: scope `*:read`.

        Args:
            limit: how many objects a page holds
            starting_after: id of the last object of the page before this one
            ending_before: id of the first object of the page after this one
        """
        fields = given(limit=limit, starting_after=starting_after, ending_before=ending_before)
        cursor = cursor_of(fields)

        def call(at: Cursor) -> Call:
            return Call("GET", "/webhook-endpoints", query=fields | at)

        return self._pages(Page[models.Endpoint], call, cursor, options)

    async def create(
        self,
        *,
        url: str,
        event_types: Sequence[str] | None | UnsetType = UNSET,
        description: str | None | UnsetType = UNSET,
        status: Literal["DISABLED", "ENABLED"] | None | UnsetType = UNSET,
        headers: Mapping[str, str] | None | UnsetType = UNSET,
        basic_auth: bodies.BasicAuthBody | None | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.NewEndpoint:
        """Create a webhook endpoint; it gets every event from now on.

        The `secret` in the answer verifies the header `webhook-signature`; it is not shown
        again. An address that leads to a private, loopback, link-local or metadata network is
        refused here and at each delivery. A name that does not resolve yet is accepted.

        Restricted keys: closed to them.

        Args:
            url: https address on the public internet; http only where the operator of this
                server allows the network
            event_types: types such as site.update, families such as tariff.*, or * for all
            description: for people
            status: DISABLED endpoints get nothing, and can be enabled again
            headers: additional headers of each delivery, at most 20; their values are encrypted
                and never shown again
            basic_auth: User name and password that each delivery carries (HTTP Basic). Never
                shown again

        Raises:
            ApiError: such as `idempotency_key_reused`, `idempotency_in_progress`,
                `idempotency_answer_too_large`, `limit_reached`.
        """
        return await self._one(
            models.NewEndpoint,
            Call(
                "POST",
                "/webhook-endpoints",
                body=given(
                    url=url,
                    event_types=event_types,
                    description=description,
                    status=status,
                    headers=headers,
                    basic_auth=basic_auth,
                ),
                keyed=True,
            ),
            options,
        )

    async def retrieve(
        self, endpoint_id: str, *, options: Options | None = None
    ) -> models.Endpoint:
        """Retrieve a webhook endpoint.

        Restricted keys: scope `*:read`.

        Args:
            endpoint_id: id of the endpoint

        Raises:
            ApiError: such as `webhook_endpoint_not_found`.
        """
        return await self._one(
            models.Endpoint,
            Call("GET", path_of("/webhook-endpoints/{endpoint_id}", endpoint_id=endpoint_id)),
            options,
        )

    async def update(
        self,
        endpoint_id: str,
        *,
        url: str | UnsetType = UNSET,
        event_types: Sequence[str] | None | UnsetType = UNSET,
        description: str | None | UnsetType = UNSET,
        status: Literal["DISABLED", "ENABLED"] | None | UnsetType = UNSET,
        headers: Mapping[str, str] | None | UnsetType = UNSET,
        basic_auth: bodies.BasicAuthBody | None | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.Endpoint:
        """Change a webhook endpoint, or disable and enable it.

        Pending deliveries resume when an endpoint is enabled again; events in between are not
        sent: replay them.

        Restricted keys: closed to them.

        Args:
            endpoint_id: id of the endpoint
            url: https address on the public internet; http only where the operator of this
                server allows the network
            event_types: types such as site.update, families such as tariff.*, or * for all
            description: for people
            status: DISABLED endpoints get nothing, and can be enabled again
            headers: additional headers of each delivery, at most 20; their values are encrypted
                and never shown again
            basic_auth: User name and password that each delivery carries (HTTP Basic). Never
                shown again

        Raises:
            ApiError: such as `webhook_endpoint_not_found`, `conflict`.
        """
        return await self._one(
            models.Endpoint,
            Call(
                "PATCH",
                path_of("/webhook-endpoints/{endpoint_id}", endpoint_id=endpoint_id),
                body=given(
                    url=url,
                    event_types=event_types,
                    description=description,
                    status=status,
                    headers=headers,
                    basic_auth=basic_auth,
                ),
            ),
            options,
        )

    async def delete(
        self, endpoint_id: str, *, options: Options | None = None
    ) -> models.EndpointDeleted:
        """Delete a webhook endpoint and all its deliveries, pending ones included.

        Restricted keys: closed to them.

        Args:
            endpoint_id: id of the endpoint

        Raises:
            ApiError: such as `webhook_endpoint_not_found`, `conflict`.
        """
        return await self._one(
            models.EndpointDeleted,
            Call("DELETE", path_of("/webhook-endpoints/{endpoint_id}", endpoint_id=endpoint_id)),
            options,
        )

    async def rotate_secret(
        self,
        endpoint_id: str,
        *,
        overlap_seconds: int | None | UnsetType = UNSET,
        options: Options | None = None,
    ) -> models.NewEndpoint:
        """Give a webhook endpoint a new secret, which is not shown again.

        During the overlap `webhook-signature` has the signatures of both secrets, the new one's
        first.

        Restricted keys: closed to them.

        Args:
            endpoint_id: id of the endpoint
            overlap_seconds: seconds, at most a week; without it 86,400, a day

        Raises:
            ApiError: such as `webhook_endpoint_not_found`, `idempotency_key_reused`,
                `idempotency_in_progress`, `idempotency_answer_too_large`.
        """
        return await self._one(
            models.NewEndpoint,
            Call(
                "POST",
                path_of("/webhook-endpoints/{endpoint_id}/rotate-secret", endpoint_id=endpoint_id),
                body=given(overlap_seconds=overlap_seconds),
                keyed=True,
            ),
            options,
        )

    async def test(self, endpoint_id: str, *, options: Options | None = None) -> models.Event:
        """Send an event of type `webhook.test` to this endpoint and to no other.

        Writes the events `webhook.test`.

        Restricted keys: closed to them.

        Args:
            endpoint_id: id of the endpoint

        Raises:
            ApiError: such as `webhook_endpoint_not_found`, `idempotency_key_reused`,
                `idempotency_in_progress`, `idempotency_answer_too_large`,
                `webhook_endpoint_disabled`.
        """
        return await self._one(
            models.Event,
            Call(
                "POST",
                path_of("/webhook-endpoints/{endpoint_id}/test", endpoint_id=endpoint_id),
                keyed=True,
            ),
            options,
        )

    async def replay(
        self, endpoint_id: str, *, from_: str, options: Options | None = None
    ) -> models.Replay:
        """Deliver again every event that the endpoint wants, from an event or a time on.

        At most 10,000 at a time; events with a pending delivery to it are not sent twice.

        Restricted keys: closed to them.

        Args:
            endpoint_id: id of the endpoint
            from_: id of an event (it included), or a time (RFC 3339)

        Raises:
            ApiError: such as `webhook_endpoint_not_found`, `idempotency_key_reused`,
                `idempotency_in_progress`, `idempotency_answer_too_large`,
                `webhook_endpoint_disabled`.
        """
        return await self._one(
            models.Replay,
            Call(
                "POST",
                path_of("/webhook-endpoints/{endpoint_id}/replay", endpoint_id=endpoint_id),
                body=given(**{"from": from_}),
                keyed=True,
            ),
            options,
        )


class WebhookDeliveries(AsyncResource):
    """Calls of webhook deliveries."""

    def list(
        self,
        *,
        limit: int | UnsetType = UNSET,
        starting_after: str | UnsetType = UNSET,
        ending_before: str | UnsetType = UNSET,
        endpoint_id: str | UnsetType = UNSET,
        event_id: str | UnsetType = UNSET,
        status: Literal["FAILED", "PENDING", "SUCCEEDED"] | UnsetType = UNSET,
        options: Options | None = None,
    ) -> AsyncPages[models.Delivery]:
        """List the webhook deliveries of the account, newest first.

        PENDING lasts until a 2xx answer or the last attempt of the timetable.

        Restricted keys: scope `*:read`.

        Args:
            limit: how many objects a page holds
            starting_after: id of the last object of the page before this one
            ending_before: id of the first object of the page after this one
            endpoint_id: only deliveries to this webhook endpoint
            event_id: only deliveries of this event
            status: only deliveries with this status
        """
        fields = given(
            limit=limit,
            starting_after=starting_after,
            ending_before=ending_before,
            endpoint_id=endpoint_id,
            event_id=event_id,
            status=status,
        )
        cursor = cursor_of(fields)

        def call(at: Cursor) -> Call:
            return Call("GET", "/webhook-deliveries", query=fields | at)

        return self._pages(Page[models.Delivery], call, cursor, options)

    async def retry(self, delivery_id: str, *, options: Options | None = None) -> models.Delivery:
        """Attempt a delivery now. One that succeeded or failed starts its timetable again.

        Restricted keys: closed to them.

        Args:
            delivery_id: id of the delivery

        Raises:
            ApiError: such as `webhook_delivery_not_found`, `idempotency_key_reused`,
                `idempotency_in_progress`, `idempotency_answer_too_large`.
        """
        return await self._one(
            models.Delivery,
            Call(
                "POST",
                path_of("/webhook-deliveries/{delivery_id}/retry", delivery_id=delivery_id),
                keyed=True,
            ),
            options,
        )


class SigningKeys(AsyncResource):
    """Calls of signing keys."""

    async def jwks(self, *, options: Options | None = None) -> models.KeySet:
        """List the public keys that verify `Flatpeak-Signature`, as a JSON Web Key Set (RFC
        7517).

        Find the key by `Flatpeak-Key-ID`; fetch the set again when a key is missing. A retired
        key stays for 7 days.
        """
        return await self._one(models.KeySet, Call("GET", "/jwks.json", public=True), options)


class Account(AsyncResource):
    """Calls of account."""

    async def retrieve(self, *, options: Options | None = None) -> models.Account:
        """Retrieve the token's account, with counts of its objects in this mode.

        Restricted keys: closed to them.
        """
        return await self._one(models.Account, Call("GET", "/account"), options)


class Auth(AsyncResource):
    """Calls of auth."""

    async def create_token(self, *, options: Options | None = None) -> models.AuthToken:
        """Exchange an account id and secret key for a bearer token.

        Send HTTP Basic with the account id as the user and the key as the password, or the key
        as bearer. The key decides whether the token sees live or test data; that of a
        restricted key has its scopes and locations, and ends with it.

        Restricted keys: any.
        """
        return await self._one(models.AuthToken, Call("POST", "/auth/tokens"), options)

    async def login(self, *, options: Options | None = None) -> models.AuthToken:
        """Exchange an account id and secret key for a bearer token; the path that older clients
        use.

        Restricted keys: any.
        """
        return await self._one(models.AuthToken, Call("GET", "/login"), options)


class Key(AsyncResource):
    """Calls of key."""

    async def retrieve(self, *, options: Options | None = None) -> models.Key:
        """Retrieve the key that is used, or that the token was made with: what it may do, and
        where.

        Restricted keys: any.

        Raises:
            ApiError: such as `key_not_found`.
        """
        return await self._one(models.Key, Call("GET", "/key"), options)


class Server(AsyncResource):
    """Calls of server."""

    async def docs(self, *, options: Options | None = None) -> str:
        """Describe this API as pages for people."""
        return await self._text(Call("GET", "/docs", public=True), options)

    async def docs_page(self, page: str, *, options: Options | None = None) -> str:
        """Show the page of a group, such as `sites`; with `.md`, as Markdown.

        Args:
            page: id of the page

        Raises:
            ApiError: such as `path_unknown`.
        """
        return await self._text(
            Call("GET", path_of("/docs/{page}", page=page), public=True), options
        )

    async def docs_text(self, section: str, page: str, *, options: Options | None = None) -> str:
        """Show a guide, a part of the contract, a decision or an asset; with `.md`, as
        Markdown.

        Args:
            section: id of the section
            page: id of the page

        Raises:
            ApiError: such as `path_unknown`.
        """
        return await self._text(
            Call("GET", path_of("/docs/{section}/{page}", section=section, page=page), public=True),
            options,
        )

    async def llms(self, *, options: Options | None = None) -> str:
        """List the documentation for programs that read."""
        return await self._text(Call("GET", "/llms.txt", public=True), options)

    async def entrance(self, *, options: Options | None = None) -> models.Entrance:
        """Show programs where to begin; browsers are led to the documentation."""
        return await self._one(models.Entrance, Call("GET", "/", public=True), options)

    async def metrics(self, *, options: Options | None = None) -> str:
        """Return counts and times in Prometheus' text format, at most a second old.

        Answered to this machine only, or to whoever sends `WATTYARD_METRICS_TOKEN` as a bearer
        token where the operator set one, and to nobody else through a proxy; anybody else finds
        nothing here.
        """
        return await self._text(Call("GET", "/metrics", public=True), options)

    async def openapi(self, *, options: Options | None = None) -> str:
        """Describe this API as OpenAPI 3.1."""
        return await self._text(Call("GET", "/openapi.json", public=True), options)


class Health(AsyncResource):
    """Calls of health."""

    async def live(self, *, options: Options | None = None) -> models.Health:
        """Show that the process runs."""
        return await self._one(models.Health, Call("GET", "/health/live", public=True), options)

    async def ready(self, *, options: Options | None = None) -> models.Health:
        """Whether requests can be answered: the database is there, takes changes and has room.

        A server that was asked to end is not ready, but answers for as long as it drains.
        """
        return await self._one(models.Health, Call("GET", "/health/ready", public=True), options)


class Resources(AsyncResource):
    """Every resource."""

    @property
    def sites(self) -> Sites:
        """Calls of sites."""
        return Sites(self._connection)

    @property
    def locations(self) -> Locations:
        """Calls of locations."""
        return Locations(self._connection)

    @property
    def customers(self) -> Customers:
        """Calls of customers."""
        return Customers(self._connection)

    @property
    def devices(self) -> Devices:
        """Calls of devices."""
        return Devices(self._connection)

    @property
    def tariffs(self) -> Tariffs:
        """Calls of tariffs."""
        return Tariffs(self._connection)

    @property
    def market_sources(self) -> MarketSources:
        """Calls of market sources."""
        return MarketSources(self._connection)

    @property
    def prices(self) -> Prices:
        """Calls of prices."""
        return Prices(self._connection)

    @property
    def meters(self) -> Meters:
        """Calls of meters."""
        return Meters(self._connection)

    @property
    def costs(self) -> Costs:
        """Calls of costs."""
        return Costs(self._connection)

    @property
    def schedules(self) -> Schedules:
        """Calls of schedules."""
        return Schedules(self._connection)

    @property
    def events(self) -> Events:
        """Calls of events."""
        return Events(self._connection)

    @property
    def webhook_endpoints(self) -> WebhookEndpoints:
        """Calls of webhook endpoints."""
        return WebhookEndpoints(self._connection)

    @property
    def webhook_deliveries(self) -> WebhookDeliveries:
        """Calls of webhook deliveries."""
        return WebhookDeliveries(self._connection)

    @property
    def signing_keys(self) -> SigningKeys:
        """Calls of signing keys."""
        return SigningKeys(self._connection)

    @property
    def account(self) -> Account:
        """Calls of account."""
        return Account(self._connection)

    @property
    def auth(self) -> Auth:
        """Calls of auth."""
        return Auth(self._connection)

    @property
    def key(self) -> Key:
        """Calls of key."""
        return Key(self._connection)

    @property
    def server(self) -> Server:
        """Calls of server."""
        return Server(self._connection)

    @property
    def health(self) -> Health:
        """Calls of health."""
        return Health(self._connection)
