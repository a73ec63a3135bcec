"""Where the sun is, what it gives under a clear sky, and what falls on a tilted plane.

Angles are degrees; azimuths here go clockwise from true north. Irradiance is W per m².
"""

from typing import Final

from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.clock_changes import DAY_US, HOUR_US
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.prices import Instants

_DAYS_TO_2000: Final = 10_957.5
"""From 1970-01-01T00:00Z to 2000-01-01T12:00Z, Julian date 2451545.0."""
_DAYS_IN_A_YEAR: Final = 365.2425
_SOLAR_CONSTANT: Final = 1361.0
_LOWEST_COSINE: Final = 0.065
"""Below 86° from the zenith the beam is not separated from global irradiance."""
_ALBEDO: Final = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class SunPosition:
    """`cos_zenith` (n), below 0 at night, and `azimuth` (n) 0..360 of the sun."""

    cos_zenith: Numbers
    azimuth: Numbers


@dataclass(frozen=True, slots=True)
class Plane:
    """A flat surface: `tilt` 0 (faces up) to 90, `azimuth` of what it faces."""

    tilt: float
    azimuth: float


def sun_at(instants_us: Instants, latitude: float, longitude: float) -> SunPosition:
    """Find where the sun is at each instant (n), to about 0.02° in the years 1950 to 2050.

    Source: J. J. Michalsky, The Astronomical Almanac's algorithm for approximate solar position
    (1950-2050), Solar Energy 40 (1988) 227-235. Refraction is left out.
    """
    days = instants_us / DAY_US - _DAYS_TO_2000
    hour = (instants_us % DAY_US) / HOUR_US
    mean_longitude = 280.460 + 0.9856474 * days
    anomaly = np.radians(357.528 + 0.9856003 * days)
    ecliptic = np.radians(mean_longitude + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly))
    obliquity = np.radians(23.439 - 0.0000004 * days)
    ascension = np.arctan2(np.cos(obliquity) * np.sin(ecliptic), np.cos(ecliptic))
    declination = np.arcsin(np.sin(obliquity) * np.sin(ecliptic))
    sidereal_hours = 6.697375 + 0.0657098242 * days + hour + longitude / 15.0
    angle = np.radians(15.0 * sidereal_hours) - ascension
    north = np.radians(latitude)
    cos_zenith = np.sin(declination) * np.sin(north) + (
        np.cos(declination) * np.cos(north) * np.cos(angle)
    )
    azimuth = np.degrees(
        np.arctan2(
            -np.cos(declination) * np.sin(angle),
            np.sin(declination) * np.cos(north)
            - np.cos(declination) * np.sin(north) * np.cos(angle),
        )
    )
    return SunPosition(cos_zenith, azimuth % 360.0)


def clear_sky(cos_zenith: Numbers) -> Numbers:
    """Estimate the global horizontal irradiance (n) under a clear sky, 0 at night.

    Source: B. Haurwitz, Insolation in relation to cloudiness and cloud density, Journal of
    Meteorology 2 (1945) 154-166.
    """
    up = np.maximum(cos_zenith, 1e-6)
    return np.where(cos_zenith > 0.0, 1098.0 * up * np.exp(-0.059 / up), 0.0)


def extraterrestrial(instants_us: Instants) -> Numbers:
    """Find the irradiance (n) across the beam above the air.

    Source: Duffie and Beckman, Solar Engineering of Thermal Processes, equation 1.4.1a.
    """
    year_share = (instants_us / DAY_US % _DAYS_IN_A_YEAR) / _DAYS_IN_A_YEAR
    return np.asarray(_SOLAR_CONSTANT * (1.0 + 0.033 * np.cos(2 * np.pi * year_share)))


def diffuse_share(clearness: Numbers) -> Numbers:
    """Estimate the share (n) of global irradiance that comes from the whole sky, by its clearness.

    Source: Erbs, Klein and Duffie, Estimation of the diffuse radiation fraction for hourly,
    daily and monthly-average global radiation, Solar Energy 28 (1982) 293-302.
    """
    k = clearness
    middle = 0.9511 - 0.1604 * k + 4.388 * k**2 - 16.638 * k**3 + 12.336 * k**4
    return np.where(k <= 0.22, 1.0 - 0.09 * k, np.where(k <= 0.8, middle, 0.165))


def on_plane(instants_us: Instants, sun: SunPosition, horizontal: Numbers, plane: Plane) -> Numbers:
    """Find the irradiance (n) on a plane from that on the horizontal (n).

    The sky is taken to be equally bright everywhere (B. Y. H. Liu and R. C. Jordan, Solar
    Energy 7 (1963) 53-74), the ground to reflect a fifth.
    """
    cosine = np.maximum(sun.cos_zenith, _LOWEST_COSINE)
    clearness = np.clip(horizontal / (extraterrestrial(instants_us) * cosine), 0.0, 1.0)
    diffuse = horizontal * diffuse_share(clearness)
    low = sun.cos_zenith < _LOWEST_COSINE
    beam = np.where(low, 0.0, (horizontal - diffuse) / cosine)
    diffuse = np.where(low, horizontal, diffuse)
    tilt = np.radians(plane.tilt)
    sine = np.sqrt(np.maximum(0.0, 1.0 - sun.cos_zenith**2))
    facing = np.cos(tilt) * sun.cos_zenith + np.sin(tilt) * sine * np.cos(
        np.radians(sun.azimuth - plane.azimuth)
    )
    sky = diffuse * (1.0 + np.cos(tilt)) / 2.0
    ground = horizontal * _ALBEDO * (1.0 - np.cos(tilt)) / 2.0
    return np.asarray(beam * np.maximum(facing, 0.0) + sky + ground, dtype=np.float64)
