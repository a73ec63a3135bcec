"""Loads all that a plan of a site needs, in one snapshot of the database."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from wattyard.costs.service import DemandReadings, Headrooms
from wattyard.kernel import ids
from wattyard.kernel.clock_changes import microseconds
from wattyard.kernel.context import Context
from wattyard.kernel.instants import Span
from wattyard.kernel.values import dataclass
from wattyard.meters.domain.readings import Stream
from wattyard.meters.service import Records
from wattyard.platform.db import Database
from wattyard.schedules.domain.forecasts.base_load import LEARNT_US
from wattyard.schedules.domain.forecasts.pv_arrays import has_panels
from wattyard.schedules.domain.site.request import LONGEST, SiteRequest
from wattyard.schedules.domain.site.surroundings import MeteredSite
from wattyard.schedules.service.pricing import check_in_service
from wattyard.sites.domain.devices import Device, DeviceNotAtLocation, DeviceNotFound
from wattyard.sites.domain.sites import Site
from wattyard.sites.domain.states import StateReport
from wattyard.sites.service import Devices, Sites, States
from wattyard.tariffs.domain.prices import Question
from wattyard.tariffs.service import Ingredients, Prices

_LEARNT: Final = timedelta(microseconds=LEARNT_US)


@dataclass(frozen=True, slots=True, eq=False)
class SiteFacts:
    """What the database knows of a site for a plan of it; `sold` is None without EXPORT tariff."""

    site: Site
    devices: Sequence[Device]
    states: Mapping[UUID, StateReport]
    bought: Ingredients
    sold: Ingredients | None
    metered: MeteredSite
    charged: DemandReadings | None


@dataclass
class SiteFactsReader:
    """Reads what plans of sites are made from."""

    db: Database
    sites: Sites
    devices: Devices
    states: States
    prices: Prices
    records: Records
    headrooms: Headrooms

    async def of_request(self, context: Context, request: SiteRequest) -> SiteFacts:
        """Read all that a plan needs, as of one moment.

        Raises:
            LocationNotFound, DeviceNotFound: when the caller does not have them.
            SiteInactive, DeviceNotAtLocation, MarketCurrencyMismatch.
        """
        span = Span(request.start, request.start + (request.horizon or LONGEST))
        async with self.db.snapshot() as db:
            site = await self.sites.supply(context, request.site_id, param="location_id")
            devices = await self.devices.at_site(context, site.id)
            await self._check_devices(context, request, site, devices)
            check_in_service(site)
            states = await self.states.newest(context, [one.id for one in devices])
            bought = await self.prices.ingredients(db, context, site, Question("IMPORT", span))
            sold = None
            if _may_sell(site):
                question = Question("EXPORT", span)
                sold = await self.prices.ingredients(db, context, site, question)
            metered = await self._metered(context, request, devices, span)
            charged = await self.headrooms.of_plan(db, context, bought.supply, span)
        return SiteFacts(site, devices, states, bought, sold, metered, charged)

    async def _check_devices(
        self, context: Context, request: SiteRequest, site: Site, devices: Sequence[Device]
    ) -> None:
        """Check that the devices that the request names are the caller's, and at the site."""
        here = {one.id for one in devices}
        away = {id_: path for id_, path in _named(request) if id_ not in here}
        if not away:
            return
        known = await self.devices.present(context, list(away))
        for id_, path in away.items():
            if id_ not in known:
                raise DeviceNotFound(f"there is no device {ids.wire('dev', id_)}", param=path)
        for id_, path in away.items():
            if not path.startswith("previous"):  # it has moved since
                raise DeviceNotAtLocation(
                    f"device {ids.wire('dev', id_)} is not at location {ids.wire('loc', site.id)}",
                    param=path,
                )

    async def _metered(
        self, context: Context, request: SiteRequest, devices: Sequence[Device], span: Span
    ) -> MeteredSite:
        """Read what the site took in the weeks before, and the sun of the plan's time."""
        until = min(context.now, request.start)
        learnt = Span(until - _LEARNT, until)
        panels = {one.id for one in devices if has_panels(one)}
        planned = {one.id for one in devices if _may_be_planned(one, request)}
        streams = await self.records.streams_at(context, request.site_id)
        spans = {}
        for number, stream in streams.items():
            if _is_taken(stream) and stream.device_id in planned | {None}:
                spans[number] = learnt
            elif stream.direction == "LOCAL" and stream.device_id in panels | {None}:
                spans[number] = span
        found = await self.records.of_streams(context, streams, spans)
        sun = [one for one in found if one.stream.direction == "LOCAL"]
        own = [one for one in sun if one.stream.device_id is None]
        taken = [one for one in found if one.stream.direction == "IMPORT"]
        return MeteredSite(
            until_us=microseconds(until),
            taken=[one.metered for one in taken if one.stream.device_id is None],
            by_devices=[one.metered for one in taken if one.stream.device_id is not None],
            sun=[one.metered for one in own or sun],
        )


def _named(request: SiteRequest) -> list[tuple[UUID, str]]:
    """List the devices that a request names, each with the last place where it does."""
    found = [(id_, f"previous[{n}].device_id") for n, id_ in enumerate(request.previous or ())]
    found += [
        (id_, f"circuits[{n}].devices[{k}]")
        for n, one in enumerate(request.circuits)
        for k, id_ in enumerate(one.devices)
    ]
    found += [(id_, f"device_ids[{n}]") for n, id_ in enumerate(request.device_ids or ())]
    return found + [(id_, f"devices[{n}].device_id") for n, id_ in enumerate(request.wishes)]


def _may_sell(site: Site) -> bool:
    return any(
        tariff.direction == "EXPORT" and tariff.status == "CONNECTED" for tariff in site.tariffs
    )


def _may_be_planned(device: Device, request: SiteRequest) -> bool:
    """Whether what a device took is no longer part of the usual load."""
    if device.id in request.named:
        return True
    stores = device.is_battery or device.type in ("EV_CHARGER", "ELECTRIC_VEHICLE")
    return stores and request.device_ids is None


def _is_taken(stream: Stream) -> bool:
    return stream.direction == "IMPORT" and stream.flow == "INBOUND"
