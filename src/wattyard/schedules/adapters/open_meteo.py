"""Forecasts of the sun's irradiance from a weather service with Open-Meteo's API.

The operator names it (`WATTYARD_WEATHER_URL`), usually an installation of its own; nothing is
asked otherwise. Each position is asked for once an hour, rounded to a tenth of a degree.
"""

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import msgspec
from cachetools import TTLCache

from wattyard.kernel.arrays import np
from wattyard.kernel.clock_changes import HOUR_US, SECOND_US
from wattyard.kernel.instants import Clock, Span
from wattyard.platform import logs
from wattyard.platform.outbound.failures import OutboundFailed
from wattyard.platform.outbound.fetcher import Fetcher, Patience
from wattyard.schedules.domain.forecasts.pv_arrays import Irradiance
from wattyard.sites.domain.sites import GeoLocation

PATIENCE: Final = Patience(
    attempts=1,
    connect_seconds=1.0,
    read_seconds=2.0,
    total_seconds=2.0,
    largest_body_bytes=1024 * 1024,
)
"""Plans wait for the weather, so the time is short."""
_KEPT_SITES: Final = 10_000
_KEPT_SECONDS: Final = 3600
_FORGIVEN_SECONDS: Final = 300
"""How long nothing is asked after a failure."""
_BRIGHTEST: Final = 2000.0

Key = tuple[float, float, str, str]


class WeatherUnreadable(Exception):
    """An answer that cannot be taken as a forecast; the message says why."""


class _Hourly(msgspec.Struct):
    time: Annotated[list[int], msgspec.Meta(min_length=1, max_length=1000)]
    shortwave_radiation: Annotated[list[float | None], msgspec.Meta(max_length=1000)]


class _Forecast(msgspec.Struct):
    hourly: _Hourly


class OpenMeteo:
    """A weather service; where it fails, the weather is unknown, never an error."""

    def __init__(
        self,
        base_url: str,
        *,
        clock: Clock,
        patience: Patience = PATIENCE,
        timer: Callable[[], float] | None = None,
    ) -> None:
        self._url = base_url.rstrip("/") + "/v1/forecast"
        self._clock = clock
        self._patience = patience
        seconds = timer or (lambda: clock().timestamp())
        self._known: TTLCache[Key, Irradiance] = TTLCache(_KEPT_SITES, _KEPT_SECONDS, seconds)
        self._failed: TTLCache[str, bool] = TTLCache(1, _FORGIVEN_SECONDS, seconds)

    async def irradiance(self, where: GeoLocation, span: Span) -> Irradiance | None:
        """Fetch hourly means on the horizontal for the days of a span; None where it fails."""
        first, last = _days(span)
        key = (round(where.lat, 1), round(where.lng, 1), first, last)
        if key in self._known:
            return self._known[key]
        if self._url in self._failed:
            return None
        try:
            found = await self._asked(key)
        except (OutboundFailed, WeatherUnreadable) as failure:
            self._failed[self._url] = True
            logs.warning("the weather is unknown", reason=str(failure))
            return None
        self._known[key] = found
        return found

    async def _asked(self, key: Key) -> Irradiance:
        latitude, longitude, first, last = key
        query = {
            "latitude": f"{latitude:.1f}",
            "longitude": f"{longitude:.1f}",
            "hourly": "shortwave_radiation",
            "timeformat": "unixtime",
            "timezone": "GMT",
            "start_date": first,
            "end_date": last,
        }
        async with Fetcher(
            clock=self._clock,
            sleep=asyncio.sleep,
            chance=random.random,
            patience=self._patience,
        ) as fetcher:
            answer = await fetcher.get(self._url, query)
        return irradiance_of(answer.body)


def irradiance_of(document: bytes) -> Irradiance:
    """Read an answer; each value is the mean of the hour that ends at its time.

    Hours without a value end what is known.

    Raises:
        WeatherUnreadable: when it is no forecast, or its numbers cannot be irradiance.
    """
    try:
        hourly = msgspec.json.decode(document, type=_Forecast).hourly
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise WeatherUnreadable(f"the weather cannot be read: {fault}") from None
    if len(hourly.time) != len(hourly.shortwave_radiation):
        raise WeatherUnreadable("the weather has another number of times than of values")
    values = hourly.shortwave_radiation
    known = next((n for n, value in enumerate(values) if value is None), len(values))
    watts = np.array(values[:known], dtype=np.float64)
    if known == 0 or not ((watts >= 0.0) & (watts <= _BRIGHTEST)).all():
        raise WeatherUnreadable(f"irradiance is 0 to {_BRIGHTEST:g} W per m² in every hour")
    if not all(0 <= at < 2**40 for at in hourly.time[:known]):
        raise WeatherUnreadable("the weather is of no time")
    ends_us = np.array(hourly.time[:known], dtype=np.int64) * SECOND_US
    edges_us = np.append(ends_us[0] - HOUR_US, ends_us)
    if (np.diff(edges_us) != HOUR_US).any():
        raise WeatherUnreadable("the hours of the weather do not touch")
    return Irradiance(edges_us, watts)


def _days(span: Span) -> tuple[str, str]:
    """Find the first and last UTC date to ask for; a value belongs to the hour before it."""
    last: datetime = span.end + timedelta(hours=1)
    return span.start.astimezone(UTC).date().isoformat(), last.date().isoformat()
