"""The SQL of series: which readings belong together."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from wattyard.meters.domain.readings import Stream
from wattyard.platform.db import ReadConnection, WriteConnection

_SELECT = """
    SELECT series, site_id, device_id, energy_flow_direction, tariff_direction FROM meter_series
"""
_WANTED = """
    unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[])
        WITH ORDINALITY AS wanted (site_id, device_id, flow, direction, place)
"""
_SAME = """
    s.account = $1 AND s.live_mode = $2 AND s.site_id = wanted.site_id
    AND s.device_id IS NOT DISTINCT FROM wanted.device_id
    AND s.energy_flow_direction = wanted.flow AND s.tariff_direction = wanted.direction
"""
_LOCK = 0x6D657472  # "metr"
_BUCKETS = 64


async def missing(
    db: ReadConnection, account: int, live: bool, streams: Collection[Stream]
) -> list[Stream]:
    """Find which streams have no series yet."""
    rows = await db.fetch(
        f"""
        SELECT wanted.place FROM {_WANTED}
        WHERE NOT EXISTS (SELECT FROM meter_series s WHERE {_SAME})
        """,
        account,
        live,
        *_columns(streams),
    )
    listed = list(streams)
    return [listed[row["place"] - 1] for row in rows]


async def add(db: WriteConnection, account: int, live: bool, streams: Collection[Stream]) -> None:
    """Have series for streams of sites that are held.

    Those who add series of one device wait for each other, so that each finds the other's and
    no two sites get readings of one device and time.
    """
    buckets = {stream.device_id.int % _BUCKETS for stream in streams if stream.device_id}
    await db.execute(
        "SELECT pg_advisory_xact_lock($1, bucket) FROM unnest($2::int[]) AS b (bucket)",
        _LOCK,
        sorted(buckets),
    )
    await db.execute(
        f"""
        INSERT INTO meter_series
            (account, live_mode, site_id, device_id, energy_flow_direction, tariff_direction)
        SELECT $1, $2, site_id, device_id, flow, direction FROM {_WANTED}
        ORDER BY site_id, device_id, flow, direction
        ON CONFLICT DO NOTHING
        """,
        account,
        live,
        *_columns(streams),
    )


async def locked(
    db: WriteConnection, account: int, live: bool, streams: Collection[Stream]
) -> dict[int, Stream]:
    """Find the series of streams, and of their devices at other sites, and lock them all.

    Locked in the order of their numbers, as everywhere, and after new ones were added: deleting
    a site locks the site first and then its series, so taking them the other way round could
    deadlock.
    """
    devices = {stream.device_id for stream in streams if stream.device_id is not None}
    rows = await db.fetch(
        f"""
        {_SELECT}
        WHERE account = $1 AND live_mode = $2 AND series = ANY(ARRAY(
            SELECT s.series FROM meter_series s JOIN {_WANTED} ON {_SAME}
            UNION
            SELECT series FROM meter_series
            WHERE account = $1 AND live_mode = $2 AND device_id = ANY($7)))
        ORDER BY series FOR UPDATE
        """,
        account,
        live,
        *_columns(streams),
        list(devices),
    )
    return {row["series"]: _stream(row) for row in rows}


async def of(
    db: ReadConnection,
    account: int,
    live: bool,
    *,
    site_id: UUID | None,
    device_id: UUID | None,
) -> dict[int, Stream]:
    """Find the series of a device (at a site, where one is given), or of a site's own meter."""
    rows = await db.fetch(
        f"""
        {_SELECT}
        WHERE account = $1 AND live_mode = $2 AND ($3::uuid IS NULL OR site_id = $3)
          AND device_id IS NOT DISTINCT FROM $4
        ORDER BY series
        """,
        account,
        live,
        site_id,
        device_id,
    )
    return {row["series"]: _stream(row) for row in rows}


async def by_number(
    db: ReadConnection, account: int, live: bool, numbers: Collection[int]
) -> dict[int, Stream]:
    """Find series by their numbers."""
    rows = await db.fetch(
        f"{_SELECT} WHERE account = $1 AND live_mode = $2 AND series = ANY($3)",
        account,
        live,
        list(numbers),
    )
    return {row["series"]: _stream(row) for row in rows}


async def register(
    db: ReadConnection, account: int, live: bool, series: int
) -> tuple[datetime, float] | None:
    """Read a register's last stored read: its time and total (kWh)."""
    row = await db.fetchrow(
        """
        SELECT register_time, register_kwh FROM meter_series
        WHERE account = $1 AND live_mode = $2 AND series = $3
        """,
        account,
        live,
        series,
    )
    if row is None or row["register_time"] is None:
        return None
    return row["register_time"], row["register_kwh"]


async def set_register(
    db: WriteConnection, account: int, live: bool, series: int, at: datetime, total_kwh: float
) -> None:
    """Keep a register's last read."""
    await db.execute(
        """
        UPDATE meter_series SET register_time = $4, register_kwh = $5
        WHERE account = $1 AND live_mode = $2 AND series = $3
        """,
        account,
        live,
        series,
        at,
        total_kwh,
    )


def _columns(streams: Collection[Stream]) -> tuple[Sequence[object], ...]:
    return (
        [stream.site_id for stream in streams],
        [stream.device_id for stream in streams],
        [stream.flow for stream in streams],
        [stream.direction for stream in streams],
    )


def _stream(row: asyncpg.Record) -> Stream:
    return Stream(
        row["site_id"], row["device_id"], row["energy_flow_direction"], row["tariff_direction"]
    )
