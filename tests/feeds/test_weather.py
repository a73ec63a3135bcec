"""The weather, asked of a server that answers well, badly or never."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from tests.support.clock import FakeClock
from tests.support.market_server import (
    MarketServer,
    Play,
    bomb,
    drips,
    hangs,
    hangs_up,
    promises,
    says,
)
from wattyard.kernel.instants import Span
from wattyard.platform.outbound.fetcher import Patience
from wattyard.schedules.adapters.open_meteo import OpenMeteo, WeatherUnreadable, irradiance_of
from wattyard.sites.domain.sites import GeoLocation

NOON = datetime(2026, 6, 21, 12, tzinfo=UTC)
DAY = Span(NOON, NOON + timedelta(days=1))
AMSTERDAM = GeoLocation(52.374, 4.893)
PATIENT = Patience(1, largest_body_bytes=1024 * 1024)
HASTY = replace(PATIENT, read_seconds=2.0, total_seconds=3.0)
"""Of a server that hangs, and then answers, which a busy machine does not do at once."""


def document(values: list[Any], start: datetime = NOON, step: int = 3600) -> str:
    at = int(start.timestamp())
    times = [at + n * step for n in range(len(values))]
    return json.dumps({"hourly": {"time": times, "shortwave_radiation": values}, "elevation": 1})


def service(server: MarketServer, clock: FakeClock, patience: Patience = PATIENT) -> OpenMeteo:
    return OpenMeteo(server.url + "/", clock=clock, patience=patience)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


async def test_a_forecast_is_asked_for_and_read(server: MarketServer, clock: FakeClock) -> None:
    server.plays(says(document([100, 250.5, 0])))

    found = await service(server, clock).irradiance(AMSTERDAM, DAY)

    assert found is not None
    assert found.watts_per_m2.tolist() == [100.0, 250.5, 0.0]
    hour = 3_600_000_000
    assert np.diff(found.edges_us).tolist() == [hour] * 3
    assert found.edges_us[1] == NOON.timestamp() * 1_000_000
    (asked,) = server.asked
    assert asked.path == "/v1/forecast"
    assert dict(asked.query) == {
        "latitude": "52.4",
        "longitude": "4.9",
        "hourly": "shortwave_radiation",
        "timeformat": "unixtime",
        "timezone": "GMT",
        "start_date": "2026-06-21",
        "end_date": "2026-06-22",
    }


async def test_a_place_is_asked_for_once_an_hour(server: MarketServer, clock: FakeClock) -> None:
    server.plays(says(document([100])))
    weather = service(server, clock)

    for seconds, asked in ((0, 1), (3599, 1), (1, 2)):
        clock.now += timedelta(seconds=seconds)
        assert await weather.irradiance(AMSTERDAM, DAY) is not None
        assert len(server.asked) == asked


@pytest.mark.parametrize(
    "play",
    [
        says("", 500),
        says("", 503, Retry_After="1"),
        says("", 404),
        says("", 302, Location="/"),
        says("no forecast"),
        says("{}"),
        says(document([])),
        says(document([None, 1])),
        says(document([-1])),
        says(document([99_999])),
        says(document([1, 2], step=1800)),
        says(document(["much"])),
        says('{"hourly": {"time": [1], "shortwave_radiation": [1, 2]}}'),
        says('{"hourly": {"time": [-1], "shortwave_radiation": [1]}}'),
        says('{"hourly": {"time": [1e30], "shortwave_radiation": [1]}}'),
        says("[" * 10_000),
        hangs,
        hangs_up,
        drips,
        promises(400),
        bomb(64),
    ],
)
async def test_a_service_that_misbehaves_knows_nothing_and_is_left_alone_for_a_while(
    server: MarketServer, clock: FakeClock, play: Play
) -> None:
    server.plays(play)
    weather = service(server, clock, HASTY if play in (hangs, drips) else PATIENT)

    assert await weather.irradiance(AMSTERDAM, DAY) is None
    asked = len(server.asked)
    assert await weather.irradiance(AMSTERDAM, DAY) is None
    assert len(server.asked) == asked
    server.plays(says(document([100])))
    clock.now += timedelta(minutes=5)
    assert await weather.irradiance(AMSTERDAM, DAY) is not None


async def test_a_service_that_is_gone_knows_nothing(clock: FakeClock) -> None:
    weather = OpenMeteo("http://127.0.0.1:9", clock=clock, patience=PATIENT)

    assert await weather.irradiance(AMSTERDAM, DAY) is None


def test_hours_without_a_value_end_what_is_known() -> None:
    assert irradiance_of(document([5, 6, None, 7]).encode()).watts_per_m2.tolist() == [5.0, 6.0]
    with pytest.raises(WeatherUnreadable):
        irradiance_of(b"\xff\xfe")
