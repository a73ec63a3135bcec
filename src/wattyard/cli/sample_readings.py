"""The sample fleet's meters: 60 days of generated half hours, the same on every run.

A home draws a base load, more in its local morning and evening; a heat pump draws in winter, a
charger on some nights. Surplus from its panels is exported.
"""

import math
import zlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from wattyard.cli.sample_fleet import SHOWN_SITE
from wattyard.kernel import civil
from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.clock_changes import DAY_US, HOUR_US, Microseconds, instant, microseconds
from wattyard.meters.domain.readings import Readings, Stream
from wattyard.sites.domain.sites import Site

Json = dict[str, Any]

METERED_SITES: Final = (*range(1, 21), SHOWN_SITE)
"""Only these sites, by number, have readings, so that the first start stays quick."""
DAYS_BACK: Final = 60
_SEED: Final = 20260203
_HALF_HOUR_US: Final = HOUR_US // 2
_CHARGING_NIGHTS: Final = 0.4


def sample_readings(body: Json, site: Site, days: list[date]) -> Readings:
    """Generate the half hours of some local days, from the site's body of `POST /sites`.

    INBOUND is what the home draws; with panels, OUTBOUND is what it exports.
    """
    zone = civil.zone(site.timezone)
    parts = [_day(body, day, zone) for day in days]
    starts = np.concatenate([part[0] for part in parts])
    net_kwh = np.concatenate([part[1] for part in parts])
    flows = [(_stream(site.id, outbound=False), np.maximum(net_kwh, 0.0))]
    if _kw(body, "PV_SYSTEM", "pv", "peak_power_kw"):
        flows.append((_stream(site.id, outbound=True), np.maximum(-net_kwh, 0.0)))
    count = starts.size * len(flows)
    return Readings(
        tuple(stream for stream, _ in flows),
        np.arange(1, count + 1),
        np.repeat(np.arange(len(flows)), starts.size),
        np.tile(starts, len(flows)),
        np.tile(starts + _HALF_HOUR_US, len(flows)),
        np.round(np.concatenate([energy_kwh for _, energy_kwh in flows]), 3),
        np.ones(count),
        [None] * count,
        [None] * count,
    )


def together(parts: Sequence[Readings]) -> Readings:
    """Join the readings of several sites into one batch."""
    firsts = np.cumsum([0, *(len(part.streams) for part in parts)])
    count = sum(len(part) for part in parts)
    return Readings(
        tuple(stream for part in parts for stream in part.streams),
        np.arange(1, count + 1),
        np.concatenate([part.stream + first for part, first in zip(parts, firsts, strict=False)]),
        np.concatenate([part.starts_us for part in parts]),
        np.concatenate([part.ends_us for part in parts]),
        np.concatenate([part.energy_kwh for part in parts]),
        np.ones(count),
        [None] * count,
        [None] * count,
    )


def missing_days(now: datetime, site: Site, newest: datetime | None) -> list[date]:
    """List the local days up to yesterday, 60 at most, that begin after the newest reading."""
    zone = civil.zone(site.timezone)
    today = civil.date_at(now, zone)
    days = [today - timedelta(days=n) for n in range(DAYS_BACK, 0, -1)]
    return [day for day in days if newest is None or civil.start_of_day(day, zone) >= newest]


def _stream(site_id: UUID, *, outbound: bool) -> Stream:
    if outbound:
        return Stream(site_id, None, "OUTBOUND", "EXPORT")
    return Stream(site_id, None, "INBOUND", "IMPORT")


def _day(body: Json, day: date, zone: ZoneInfo) -> tuple[Microseconds, Numbers]:
    """Generate a local day of 23, 24 or 25 hours: starts (us), and net energy drawn (kWh)."""
    span = civil.day(day, zone)
    starts = np.arange(microseconds(span.start), microseconds(span.end), _HALF_HOUR_US)
    seed = (_SEED, zlib.crc32(body["reference_id"].encode()), day.toordinal())
    random_ = np.random.default_rng(seed)
    clock = [instant(start).astimezone(zone) for start in starts.tolist()]
    hour = np.array([at.hour + at.minute / 60 for at in clock])
    utc_hour = starts % DAY_US / HOUR_US
    where = body["geo_location"]
    load_kw = _load_kw(body, hour, _warmth(day, where["lat"]), random_)
    sun = _sun(day, utc_hour, where) * random_.uniform(0.25, 1.0)
    made_kw = 0.85 * _kw(body, "PV_SYSTEM", "pv", "peak_power_kw") * sun
    return starts, (load_kw - made_kw) / 2


def _load_kw(body: Json, hour: Numbers, warmth: float, random_: np.random.Generator) -> Numbers:
    """Compute what the home draws (kW) by the local hour."""
    morning = 0.9 * np.exp(-(((hour - 7.5) / 1.4) ** 2))
    evening = 1.6 * np.exp(-(((hour - 19.5) / 2.3) ** 2))
    load_kw = (0.22 + morning + evening) * random_.uniform(0.6, 1.4, hour.size)
    pump_kw = _kw(body, "HEAT_PUMP", "heat_pump", "max_power_kw")
    load_kw += pump_kw * 0.5 * (1 - warmth) * (0.6 + 0.4 * np.cos((hour - 6) * np.pi / 12))
    charger_kw = _kw(body, "EV_CHARGER", "ev_charger", "max_power_kw")
    if random_.random() < _CHARGING_NIGHTS:
        load_kw += np.where((hour >= 1) & (hour < 3), min(charger_kw, 7.4), 0.0)
    limit_kw: float = body["max_power_import_kw"]
    drawn_kw: Numbers = load_kw.clip(max=limit_kw)
    return drawn_kw


def _kw(body: Json, type_: str, part: str, name: str) -> float:
    """Add up the power of a site's devices of a type; 0 without one."""
    own = [device for device in body["devices"] if device["type"] == type_]
    return sum((float(device["properties"][part][name]) for device in own), 0.0)


def _warmth(day: date, latitude: float) -> float:
    """How warm the season is, 0..1."""
    wave = 0.5 - 0.5 * math.cos(2 * math.pi * (day.timetuple().tm_yday - 20) / 365)
    return wave if latitude > 0 else 1 - wave


def _sun(day: date, utc_hour: Numbers, where: Json) -> Numbers:
    """Sine of the sun's elevation, 0 at night (Cooper's declination, mean solar time)."""
    tilt = math.radians(23.45) * math.sin(2 * math.pi * (284 + day.timetuple().tm_yday) / 365)
    latitude = math.radians(where["lat"])
    turn = np.radians((utc_hour + where["lng"] / 15 - 12) * 15)
    height = math.sin(latitude) * math.sin(tilt) + (
        math.cos(latitude) * math.cos(tilt) * np.cos(turn)
    )
    positive: Numbers = height.clip(min=0.0)
    return positive
