"""What a site does besides its storage: readings, panels and the weather, gathered for a plan."""

from collections.abc import Sequence
from typing import Final, Protocol
from uuid import UUID

from wattyard.kernel.arrays import np
from wattyard.kernel.clock_changes import HOUR_US, instant
from wattyard.kernel.context import Context
from wattyard.kernel.instants import Span
from wattyard.kernel.pages import PageWindow
from wattyard.kernel.values import dataclass
from wattyard.meters.domain.readings import Metered, TariffDirection
from wattyard.meters.service import Records
from wattyard.schedules.domain.forecasts.base_load import LEARNT_US, metered_over, usual_load
from wattyard.schedules.domain.forecasts.pv_arrays import Irradiance, array_of, has_panels, pv_power
from wattyard.schedules.domain.forecasts.surroundings import (
    CLEAR_SKY_CONFIDENCE,
    USUAL_LOAD_CONFIDENCE,
    WEATHER_CONFIDENCE,
    Expected,
    expected,
    nothing,
    replaced,
)
from wattyard.schedules.domain.prices import Instants
from wattyard.sites.domain.devices import Device
from wattyard.sites.domain.sites import GeoLocation, Site
from wattyard.sites.service import Devices
from wattyard.tariffs.domain.prices import calendar_region

_PAGE: Final = 100


class Weather(Protocol):
    """Where forecasts of the weather come from; the operator's choice."""

    async def irradiance(self, where: GeoLocation, span: Span) -> Irradiance | None:
        """Find what falls on the horizontal; None where nothing is known. Never raises."""


class NoWeather:
    """For an operator without a weather service."""

    async def irradiance(self, where: GeoLocation, span: Span) -> Irradiance | None:
        """Know nothing."""
        return None


@dataclass
class SiteForecast:
    """The sun and the load of sites, as far as they are known."""

    devices: Devices
    records: Records
    weather: Weather

    async def sun(self, context: Context, site: Site, edges_us: Instants) -> Expected:
        """Expect what the panels of a site give in each step; what was metered wins."""
        panels = [one for one in await self._devices_at(context, site) if has_panels(one)]
        forecast = await self._forecast(site, panels, edges_us)
        metered = await self._read(context, site.id, None, "LOCAL", edges_us)
        for one in panels if not metered else []:
            metered += await self._read(context, None, one.id, "LOCAL", edges_us)
        if not metered:
            return forecast
        hours = np.diff(edges_us) / HOUR_US
        return replaced(forecast, metered_over(metered, edges_us), hours)

    async def load(
        self,
        context: Context,
        site: Site,
        planned: Sequence[UUID],
        edges_us: Instants,
        *,
        until_us: int,
    ) -> Expected | None:
        """Expect what a site usually uses besides the planned devices, in each step.

        None where too little was metered.
        """
        learnt_us = np.array([until_us - LEARNT_US, until_us])
        taken = await self._read(context, site.id, None, "IMPORT", learnt_us)
        if not taken:
            return None
        own: list[Metered] = []
        for device_id in planned:
            own += await self._read(context, None, device_id, "IMPORT", learnt_us)
        watts = usual_load(taken, own, calendar_region(site), edges_us, until_us=until_us)
        return None if watts is None else expected(watts, "READINGS", USUAL_LOAD_CONFIDENCE)

    async def _forecast(self, site: Site, panels: list[Device], edges_us: Instants) -> Expected:
        count = edges_us.size - 1
        if not panels:
            return nothing(count)
        where = site.geo_location
        start = instant(int(edges_us[0]))
        arrays = [array_of(one, where, start.date()) for one in panels] if where else []
        known = [array for array in arrays if array is not None]
        if where is None or not known:
            return nothing(count, "UNKNOWN")
        weather = await self.weather.irradiance(where, Span(start, instant(int(edges_us[-1]))))
        watts = pv_power(known, where, edges_us, weather)
        if weather is None:
            return expected(watts, "CLEAR_SKY", CLEAR_SKY_CONFIDENCE)
        return expected(watts, "WEATHER", WEATHER_CONFIDENCE)

    async def _devices_at(self, context: Context, site: Site) -> list[Device]:
        found: list[Device] = []
        window = PageWindow(_PAGE)
        while True:
            page = await self.devices.page(context, window, site_id=site.id)
            found += page.items
            if not page.has_more:
                return found
            window = PageWindow(_PAGE, older_than=page.items[-1].id)

    async def _read(
        self,
        context: Context,
        site_id: UUID | None,
        device_id: UUID | None,
        direction: TariffDirection,
        edges_us: Instants,
    ) -> list[Metered]:
        span = Span(instant(int(edges_us[0])), instant(int(edges_us[-1])))
        streams = await self.records.of_object(
            context, span, site_id=site_id, device_id=device_id, direction=direction
        )
        inbound_only = direction == "IMPORT"
        return [one.metered for one in streams if not inbound_only or one.stream.flow == "INBOUND"]
