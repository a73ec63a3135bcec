"""PV arrays of a site and what they are expected to give (contract 1, Devices)."""

from collections.abc import Sequence
from datetime import date
from math import inf
from typing import Final, TypeVar

from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.forecasts.sun import Plane, clear_sky, on_plane, sun_at
from wattyard.schedules.domain.prices import Instants
from wattyard.schedules.domain.steps import mean_over
from wattyard.sites.domain.devices import Device, Pv
from wattyard.sites.domain.sites import GeoLocation

Value = TypeVar("Value")

_TILT: Final = 23.0
_STANDARD: Final = 1000.0
"""W per m² at which peak power is rated."""
_LEFT_AFTER_LOSSES: Final = 0.86
"""Inverter, wiring, soiling and heat: the 14 % of NREL's PVWatts (version 5 manual, 2014)."""
_LEFT_AFTER_A_YEAR: Final = 0.995
"""Jordan and Kurtz, Photovoltaic degradation rates (Progress in Photovoltaics, 2013): median."""
_CLEAREST: Final = 1.3
"""Clouds beside the sun can add to it, but not more."""


@dataclass(frozen=True, slots=True)
class PvArray:
    """An array: `peak_w` after ageing, the plane it lies in, the inverter's limit."""

    peak_w: float
    plane: Plane
    most_w: float = inf


@dataclass(frozen=True, slots=True, eq=False)
class Irradiance:
    """Global horizontal irradiance (n, W per m²) as means over intervals (n + 1 edges)."""

    edges_us: Instants
    watts_per_m2: Numbers


def has_panels(device: Device) -> bool:
    """Check whether a device has PV of which a forecast is wanted."""
    properties = device.properties
    told = properties.pv or Pv()
    wanted = _first(told.forecasts_enabled, properties.pv_forecasts_enabled)
    return wanted is not False and (device.type == "PV_SYSTEM" or properties.pv is not None)


def array_of(device: Device, where: GeoLocation, day: date) -> PvArray | None:
    """Read the array of a device as it is on a day; None where its peak power is unknown.

    Where nothing is said, it faces the equator at a tilt of 23°. On the wire azimuths go
    anticlockwise from north.
    """
    properties = device.properties
    pv = properties.pv or Pv()
    peak_kw = pv.peak_power_kw
    if device.type == "PV_SYSTEM":
        flat_kw = _first(properties.power_rating_kw, properties.power_rating_export_kw)
        peak_kw = _first(peak_kw, flat_kw)
    if peak_kw is None:
        return None
    facing = _first(pv.azimuth, properties.pv_azimuth, 0.0 if where.lat < 0.0 else 180.0)
    tilt = _first(pv.tilt, properties.pv_tilt, _TILT)
    limit_kw = properties.ac_export_limit_kw
    years = 0.0
    if properties.install_date is not None:
        years = max(0.0, (day - properties.install_date).days / 365.2425)
    return PvArray(
        1000.0 * peak_kw * _LEFT_AFTER_A_YEAR**years,
        Plane(tilt or 0.0, -(facing or 0.0) % 360.0),
        inf if limit_kw is None else 1000.0 * limit_kw,
    )


def pv_power(
    arrays: Sequence[PvArray],
    where: GeoLocation,
    edges_us: Instants,
    weather: Irradiance | None = None,
) -> Numbers:
    """Estimate what arrays give in each step (n, W): under a clear sky, or dimmed by the weather.

    Each step, at most a quarter hour, is judged at its middle. The weather's means scale the
    clear sky of the same interval; where it says nothing, the sky is clear.
    """
    middle_us = (edges_us[:-1] + edges_us[1:]) // 2
    sun = sun_at(middle_us, where.lat, where.lng)
    horizontal = clear_sky(sun.cos_zenith)
    if weather is not None:
        horizontal = horizontal * _dimmed(weather, where, middle_us)
    total_w = np.zeros(middle_us.size)
    for array in arrays:
        falls = on_plane(middle_us, sun, horizontal, array.plane)
        total_w += np.minimum(array.peak_w * falls / _STANDARD * _LEFT_AFTER_LOSSES, array.most_w)
    return total_w


def _dimmed(weather: Irradiance, where: GeoLocation, instants_us: Instants) -> Numbers:
    """Find what share (n) of a clear sky's irradiance the weather leaves; 1 where it is unknown."""
    edges_us = weather.edges_us
    fine_us = np.linspace(edges_us[:-1], edges_us[1:], 13, axis=1).astype(np.int64)
    middle_us = ((fine_us[:, :-1] + fine_us[:, 1:]) // 2).reshape(-1)
    clear = clear_sky(sun_at(middle_us, where.lat, where.lng).cos_zenith)
    grid_us = np.append(fine_us[:, :-1].reshape(-1), edges_us[-1])
    expected = mean_over(grid_us, clear, edges_us)
    bright = expected > 1.0
    share = np.where(bright, weather.watts_per_m2 / np.where(bright, expected, 1.0), 1.0)
    position = np.searchsorted(edges_us, instants_us, side="right") - 1
    known = (position >= 0) & (position < share.size)
    return np.where(known, np.clip(share, 0.0, _CLEAREST)[position.clip(0, share.size - 1)], 1.0)


def _first(*values: Value | None) -> Value | None:
    return next((value for value in values if value is not None), None)
