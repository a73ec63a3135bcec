"""The sun and the load of a site over the steps of a plan, from what is known of them."""

from collections.abc import Sequence
from typing import Final

from wattyard.kernel.arrays import np
from wattyard.kernel.clock_changes import HOUR_US, instant
from wattyard.kernel.instants import text
from wattyard.kernel.refusals import Fault
from wattyard.kernel.values import dataclass
from wattyard.meters.domain.readings import Metered
from wattyard.schedules.domain.forecasts.base_load import metered_over, usual_load
from wattyard.schedules.domain.forecasts.pv_arrays import Irradiance, array_of, has_panels, pv_power
from wattyard.schedules.domain.forecasts.surroundings import (
    CLEAR_SKY_CONFIDENCE,
    USUAL_LOAD_CONFIDENCE,
    WEATHER_CONFIDENCE,
    Expected,
    Surroundings,
    expected,
    nothing,
    replaced,
)
from wattyard.schedules.domain.power import WATTS_PER_KW
from wattyard.schedules.domain.prices import Instants
from wattyard.schedules.domain.site.request import SeriesPiece
from wattyard.schedules.domain.site.time_steps import TimeSteps, mean_of
from wattyard.schedules.domain.steps import mean_over, step_edges
from wattyard.sites.domain.devices import Device
from wattyard.sites.domain.sites import Site
from wattyard.tariffs.domain.prices import calendar_region

_CLIENT_CONFIDENCE: Final = 0.9
"""Of a client's own forecast."""
_WHOLLY: Final = 0.999


@dataclass(frozen=True, slots=True, eq=False)
class MeteredSite:
    """What was metered of a site: energy it took and that of the planned devices, and its sun.

    `taken` and `by_devices` are of the weeks before `until_us`, `sun` of the plan's time.
    """

    until_us: int
    taken: Sequence[Metered] = ()
    by_devices: Sequence[Metered] = ()
    sun: Sequence[Metered] = ()


def sun_over(
    site: Site,
    devices: Sequence[Device],
    metered: Sequence[Metered],
    weather: Irradiance | None,
    edges_us: Instants,
) -> Expected:
    """Expect what the panels of a site give in each step (n); what was metered wins."""
    panels = [one for one in devices if has_panels(one)]
    forecast = _forecast(site, panels, weather, edges_us)
    if not metered:
        return forecast
    return replaced(forecast, metered_over(metered, edges_us), np.diff(edges_us) / HOUR_US)


def load_over(site: Site, metered: MeteredSite, edges_us: Instants) -> Expected:
    """Expect what a site usually takes besides the planned devices in each step (n)."""
    count = edges_us.size - 1
    if not metered.taken:
        return nothing(count, "UNKNOWN")
    fine_us = step_edges(int(edges_us[0]), int(edges_us[-1]), [edges_us])
    region = calendar_region(site)
    watts = usual_load(
        metered.taken, metered.by_devices, region, fine_us, until_us=metered.until_us
    )
    if watts is None:
        return nothing(count, "UNKNOWN")
    return expected(mean_over(fine_us, watts, edges_us), "READINGS", USUAL_LOAD_CONFIDENCE)


def with_forecasts(
    own: Surroundings, laid: TimeSteps, *, load: Sequence[SeriesPiece], solar: Sequence[SeriesPiece]
) -> tuple[Surroundings, list[Fault]]:
    """Put what the client expects in the place of what this server does, and say where it ends."""
    warnings: list[Fault] = []
    for pieces, name in ((load, "load"), (solar, "solar")):
        until_us = max((one.end_us for one in pieces), default=laid.end_us)
        if until_us < laid.end_us:
            path = f"forecasts.{name}"
            warnings.append(
                Fault(
                    "forecast_ends_early",
                    f"{path} ends at {text(instant(until_us))}; from then on this server's own "
                    "forecast counts",
                    path,
                )
            )
    return Surroundings(
        _by_client(own.pv, solar, laid.edges_us), _by_client(own.base_load, load, laid.edges_us)
    ), warnings


def _by_client(own: Expected, pieces: Sequence[SeriesPiece], edges_us: Instants) -> Expected:
    if not pieces:
        return own
    watts = WATTS_PER_KW * mean_of(pieces, edges_us, own.watts / WATTS_PER_KW)
    whole = [SeriesPiece(one.start_us, one.end_us, 1.0) for one in pieces]
    told = mean_of(whole, edges_us, np.zeros(edges_us.size - 1)) >= _WHOLLY
    confidence = np.where(told, _CLIENT_CONFIDENCE, np.minimum(own.confidence, _CLIENT_CONFIDENCE))
    return Expected(watts, "CLIENT", confidence)


def _forecast(
    site: Site, panels: Sequence[Device], weather: Irradiance | None, edges_us: Instants
) -> Expected:
    count = edges_us.size - 1
    if not panels:
        return nothing(count)
    where, day = site.geo_location, instant(int(edges_us[0])).date()
    arrays = [array_of(one, where, day) for one in panels] if where else []
    known = [array for array in arrays if array is not None]
    if where is None or not known:
        return nothing(count, "UNKNOWN")
    fine_us = step_edges(int(edges_us[0]), int(edges_us[-1]), [edges_us])
    watts = mean_over(fine_us, pv_power(known, where, fine_us, weather), edges_us)
    if weather is None:
        return expected(watts, "CLEAR_SKY", CLEAR_SKY_CONFIDENCE)
    return expected(watts, "WEATHER", WEATHER_CONFIDENCE)
