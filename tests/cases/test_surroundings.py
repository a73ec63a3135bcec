"""The weather in plans, and plans that ran out of time."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import numpy as np
import pytest

from tests.support.clock import FakeClock
from tests.support.market_server import MarketServer, Play, hangs_up, says
from tests.support.tariff_bodies import flat
from tests.support.world import Tenant
from wattyard import app
from wattyard.kernel import ids
from wattyard.platform.db import Database
from wattyard.platform.settings import SettingInvalid, Settings
from wattyard.schedules.adapters.open_meteo import OpenMeteo
from wattyard.schedules.capability import weather
from wattyard.schedules.domain.by_state_of_charge.request import (
    ChargeAnswer,
    ChargeRequest,
    StateRequest,
)
from wattyard.schedules.service import ChargePlans, NoWeather, Solvers, Weather

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass
class Unfinished:
    """A plan that may have run out of time."""

    gap: float
    call: int


@pytest.fixture
async def server() -> AsyncIterator[MarketServer]:
    async with MarketServer() as server:
        yield server


def overcast(watts_per_m2: float) -> str:
    hours = [int((MONDAY + timedelta(hours=n)).timestamp()) for n in range(1, 25)]
    values = [watts_per_m2 if 8 <= n <= 17 else 0 for n in range(1, 25)]
    return json.dumps({"hourly": {"time": hours, "shortwave_radiation": values}})


async def sunny_house(tenant: Tenant) -> Any:
    """Make a place with a battery and panels at a flat price; give the battery."""
    site = await tenant.site(geo_location={"lat": 52.37, "lng": 4.9})
    at = site["location_id"]
    await tenant.tariff(at, schedule=flat(0.3))
    await tenant.device(at, type="PV_SYSTEM", properties={"pv": {"peak_power_kw": 6}})
    battery = {"power_rating_import_kwh": 5, "capacity_kwh": 50}
    made = await tenant.device(at, type="BATTERY_SYSTEM", properties=battery)
    return ids.read(made["id"], "dev", param="id")


async def planned(
    db: Database, clock: FakeClock, tenant: Tenant, url: str, play: Play, server: MarketServer
) -> ChargeAnswer:
    server.plays(play)
    services = app.services(
        db,
        contexts=tenant.contexts,
        given={Weather: OpenMeteo(url, clock=clock)},
    )
    device = await sunny_house(tenant)
    wanted = ChargeRequest(
        device, MONDAY, horizon=timedelta(hours=24), state=StateRequest(state_of_charge_percent=0)
    )
    return await services.get(ChargePlans).plan(tenant.context, wanted)


async def test_the_weather_dims_what_a_clear_sky_would_give(
    db: Database, clock: FakeClock, tenant: Tenant, server: MarketServer
) -> None:
    dim = await planned(db, clock, tenant, server.url, says(overcast(60)), server)
    dark = await planned(db, clock, tenant, server.url, says(overcast(0)), server)

    assert (dim.surroundings.pv.source, dim.surroundings.pv.least_confidence) == ("WEATHER", 0.7)
    assert 500 < dim.surroundings.pv.watts.sum() / 4 < 6000
    assert dark.surroundings.pv.watts.max() < 10


async def test_a_weather_service_that_fails_leaves_the_sky_clear(
    db: Database, clock: FakeClock, tenant: Tenant, server: MarketServer
) -> None:
    answer = await planned(db, clock, tenant, server.url, hangs_up, server)

    assert answer.surroundings.pv.source == "CLEAR_SKY"
    assert answer.surroundings.pv.watts.sum() / 4 > 10_000


def test_no_weather_is_asked_for_unless_the_operator_names_a_service(tenant: Tenant) -> None:
    assert isinstance(weather(Settings.read({}), tenant.contexts), NoWeather)
    named = Settings.read({"WATTYARD_WEATHER_URL": "http://weather.example"})
    assert isinstance(weather(named, tenant.contexts), OpenMeteo)
    with pytest.raises(SettingInvalid, match="http"):
        Settings.read({"WATTYARD_WEATHER_URL": "weather.example"})


async def test_a_plan_that_ran_out_of_time_is_the_same_when_it_is_asked_for_again() -> None:
    solvers, calls = Solvers(), count()

    def unfinished(asked: np.ndarray[Any, Any]) -> Unfinished:
        return Unfinished(float(asked.sum()), next(calls))

    first = await solvers.run(unfinished, np.array([0.5]), account=1, hard=True)
    again = await solvers.run(unfinished, np.array([0.5]), account=1, hard=True)
    other = await solvers.run(unfinished, np.array([0.25]), account=1, hard=True)
    finished = [
        await solvers.run(unfinished, np.array([0.0]), account=1, hard=True) for _ in range(2)
    ]

    assert (first.call, again.call, other.call) == (0, 0, 1)
    assert [one.call for one in finished] == [2, 3]
    solvers.close()
