"""The sun and what panels make of it, held against pvlib."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pvlib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattyard.kernel.clock_changes import HOUR_US
from wattyard.schedules.domain.forecasts.pv_arrays import (
    Irradiance,
    PvArray,
    array_of,
    has_panels,
    pv_power,
)
from wattyard.schedules.domain.forecasts.sun import (
    Plane,
    clear_sky,
    diffuse_share,
    extraterrestrial,
    on_plane,
    sun_at,
)
from wattyard.schedules.domain.prices import MINUTE_US
from wattyard.sites.domain.devices import Device, Inverter, Properties, Pv
from wattyard.sites.domain.sites import GeoLocation

# pvlib asks pandas for what a later pandas will call otherwise.
pytestmark = pytest.mark.filterwarnings("ignore:DatetimeIndex.dayofyear")

AMSTERDAM = GeoLocation(52.37, 4.9)
SYDNEY = GeoLocation(-33.87, 151.21)
PLACES = [AMSTERDAM, SYDNEY, GeoLocation(0.0, 0.0), GeoLocation(69.6, 18.9), GeoLocation(37, -122)]


def instants(day: str, minutes: int = 15) -> np.ndarray[Any, np.dtype[np.int64]]:
    start_us = int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1_000_000
    return start_us + np.arange(24 * 60 // minutes) * minutes * MINUTE_US


def by_pvlib(at_us: Any, place: GeoLocation) -> pd.DataFrame:
    return pvlib.solarposition.get_solarposition(
        pd.to_datetime(at_us, unit="us", utc=True), place.lat, place.lng
    )


def panels(type_: Any = "PV_SYSTEM", **properties: Any) -> Device:
    return Device(
        UUID(int=1),
        datetime(2026, 1, 1, tzinfo=UTC),
        "roof",
        type_,
        (UUID(int=2),),
        properties=Properties(**properties),
    )


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("day", ["1990-01-01", "2024-02-29", "2026-06-21", "2026-12-21"])
def test_the_sun_stands_where_pvlib_says(place: GeoLocation, day: str) -> None:
    at_us = instants(day)

    found, expected = sun_at(at_us, place.lat, place.lng), by_pvlib(at_us, place)

    zenith = np.degrees(np.arccos(found.cos_zenith))
    assert np.abs(zenith - expected["zenith"]).max() < 0.03
    apart = (found.azimuth - expected["azimuth"] + 180) % 360 - 180
    far_from_zenith = expected["zenith"].between(5, 175).to_numpy()
    assert np.abs(apart[far_from_zenith]).max() < 0.3


@pytest.mark.parametrize("place", PLACES)
def test_a_clear_sky_is_that_of_haurwitz(place: GeoLocation) -> None:
    at_us = instants("2026-05-10")

    expected = pvlib.clearsky.haurwitz(by_pvlib(at_us, place)["zenith"])["ghi"]

    found = clear_sky(sun_at(at_us, place.lat, place.lng).cos_zenith)
    assert np.abs(found - expected).max() < 1.0


def test_a_clear_sky_is_near_that_of_ineichen_over_a_day() -> None:
    for place in (AMSTERDAM, SYDNEY):
        at_us = instants("2026-06-21")
        there = pvlib.location.Location(place.lat, place.lng)
        expected = there.get_clearsky(pd.to_datetime(at_us, unit="us", utc=True))["ghi"].sum()

        found = clear_sky(sun_at(at_us, place.lat, place.lng).cos_zenith).sum()

        assert found == pytest.approx(expected, rel=0.12)


def test_light_is_told_apart_as_erbs_does() -> None:
    at_us = instants("2026-04-10", minutes=1)
    solar = by_pvlib(at_us, AMSTERDAM)
    ghi = pvlib.clearsky.haurwitz(solar["zenith"])["ghi"] * 0.6
    times = pd.to_datetime(at_us, unit="us", utc=True)
    expected = pvlib.irradiance.erbs(ghi, solar["zenith"], times)

    sun = sun_at(at_us, AMSTERDAM.lat, AMSTERDAM.lng)
    beyond = extraterrestrial(at_us) * np.maximum(sun.cos_zenith, 0.065)
    share = diffuse_share(np.clip(ghi.to_numpy() / beyond, 0, 1))

    up = (solar["zenith"] < 85).to_numpy()
    assert np.abs(share * ghi - expected["dhi"])[up].max() < 2.0


@pytest.mark.parametrize("tilt", [0, 23, 90])
@pytest.mark.parametrize("facing", [0, 90, 180, 270])
def test_what_falls_on_a_plane_is_what_pvlib_says(tilt: float, facing: float) -> None:
    at_us = instants("2026-04-10")
    solar = by_pvlib(at_us, AMSTERDAM)
    times = pd.to_datetime(at_us, unit="us", utc=True)
    ghi = pvlib.clearsky.haurwitz(solar["zenith"])["ghi"]
    parts = pvlib.irradiance.erbs(ghi, solar["zenith"], times)
    expected = pvlib.irradiance.get_total_irradiance(
        tilt, facing, solar["zenith"], solar["azimuth"],
        parts["dni"], ghi, parts["dhi"], albedo=0.2, model="isotropic",
    )["poa_global"]  # fmt: skip

    found = on_plane(
        at_us, sun_at(at_us, AMSTERDAM.lat, AMSTERDAM.lng), ghi.to_numpy(), Plane(tilt, facing)
    )

    up = (solar["zenith"] < 85).to_numpy()
    assert np.abs(found - expected)[up].max() < 5.0
    assert found.sum() == pytest.approx(expected.sum(), rel=0.01)


@given(
    latitude=st.floats(-90, 90),
    longitude=st.floats(-180, 180),
    tilt=st.floats(0, 90),
    facing=st.floats(0, 360),
    day=st.dates(date(1950, 1, 1), date(2050, 12, 31)),
)
@settings(deadline=None)
def test_no_plane_gets_less_than_nothing_or_more_than_the_sun_gives(
    latitude: float, longitude: float, tilt: float, facing: float, day: date
) -> None:
    at_us = instants(day.isoformat(), minutes=30)
    sun = sun_at(at_us, latitude, longitude)

    found = on_plane(at_us, sun, clear_sky(sun.cos_zenith), Plane(tilt, facing))

    assert np.isfinite(found).all()
    assert (found >= 0).all()
    assert (found <= 1500).all()
    assert (np.abs(found[sun.cos_zenith <= 0]) < 1e-9).all()


def test_azimuths_go_anticlockwise_from_north_on_the_wire() -> None:
    day = date(2026, 1, 1)
    facing = {
        azimuth: array_of(panels(pv=Pv(peak_power_kw=1, azimuth=azimuth)), AMSTERDAM, day)
        for azimuth in (-90.0, 0.0, 90.0, 180.0)
    }

    assert {azimuth: array.plane.azimuth for azimuth, array in facing.items() if array} == {
        -90.0: 90.0,
        0.0: 0.0,
        90.0: 270.0,
        180.0: 180.0,
    }


def test_an_eastern_roof_gives_before_noon_and_a_western_one_after() -> None:
    edges_us = np.append(instants("2026-06-21"), instants("2026-06-22")[0])
    for azimuth, morning in ((-90.0, True), (90.0, False)):
        array = array_of(
            panels(pv=Pv(peak_power_kw=1, azimuth=azimuth, tilt=60)), AMSTERDAM, date(2026, 6, 21)
        )
        assert array
        watts = pv_power([array], AMSTERDAM, edges_us)
        noon = 47  # 11:40 UTC in Amsterdam
        assert bool(watts[:noon].sum() > watts[noon:].sum()) is morning


def test_what_is_not_said_has_a_default_and_the_subsystem_wins() -> None:
    day = date(2026, 1, 1)
    plain = array_of(panels(power_rating_export_kw=4.0), AMSTERDAM, day)
    south = array_of(panels(power_rating_export_kw=4.0), SYDNEY, day)
    both = array_of(
        panels(pv_tilt=10.0, pv_azimuth=90.0, pv=Pv(peak_power_kw=2, azimuth=-90.0, tilt=40.0)),
        AMSTERDAM,
        day,
    )

    assert plain == PvArray(4000.0, Plane(23.0, 180.0))
    assert south == PvArray(4000.0, Plane(23.0, 0.0))
    assert both == PvArray(2000.0, Plane(40.0, 90.0))
    assert array_of(panels(pv_tilt=10.0), AMSTERDAM, day) is None


def test_panels_age_and_inverters_limit() -> None:
    aged = array_of(
        panels(install_date=date(2016, 1, 1), pv=Pv(peak_power_kw=10)), AMSTERDAM, date(2026, 1, 1)
    )
    limited = array_of(
        panels(pv=Pv(peak_power_kw=10), inverter=Inverter(ac_export_limit_kw=3)),
        AMSTERDAM,
        date(2026, 1, 1),
    )
    edges_us = np.append(instants("2026-06-21"), instants("2026-06-22")[0])

    assert aged
    assert aged.peak_w == pytest.approx(10_000 * 0.995**10, rel=1e-4)
    assert limited
    assert pv_power([limited], AMSTERDAM, edges_us).max() == 3000.0


def test_forecasts_can_be_turned_off() -> None:
    assert has_panels(panels())
    assert has_panels(panels("OTHER", pv=Pv(peak_power_kw=1)))
    assert not has_panels(panels("OTHER"))
    assert not has_panels(panels(pv=Pv(forecasts_enabled=False)))
    assert not has_panels(panels(pv_forecasts_enabled=False))


def test_the_weather_dims_the_hours_it_speaks_of() -> None:
    edges_us = np.append(instants("2026-06-21"), instants("2026-06-22")[0])
    hours_us = edges_us[::4][:13]
    sun = sun_at(instants("2026-06-21", minutes=1), AMSTERDAM.lat, AMSTERDAM.lng)
    clear = clear_sky(sun.cos_zenith).reshape(24, 60).mean(axis=1)[:12]
    array = PvArray(1000.0, Plane(0.0, 180.0))

    bright = pv_power([array], AMSTERDAM, edges_us)
    same = pv_power([array], AMSTERDAM, edges_us, Irradiance(hours_us, clear))
    dark = pv_power([array], AMSTERDAM, edges_us, Irradiance(hours_us, clear / 2))

    assert hours_us[1] - hours_us[0] == HOUR_US
    assert same == pytest.approx(bright, rel=0.01, abs=2.0)
    assert dark[:48].sum() == pytest.approx(bright[:48].sum() / 2, rel=0.02)
    assert dark[48:] == pytest.approx(bright[48:])
