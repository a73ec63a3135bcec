"""The SQL of series: which readings belong together."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from wattyard.meters.domain.readings import Stream
from wattyard.platform.db import Connection

_SELECT = """
    SELECT series, site_id, device_id, energy_flow_direction, tariff_direction FROM meter_series
"""


async def have(
    db: Connection, account: int, live: bool, streams: Collection[Stream]
) -> dict[Stream, int]:
    """Find the numbers of streams, new ones included, and lock them for the transaction.

    New ones come first and the locks after, in the order of their numbers: whoever deletes a
    site holds the site and then wants its series, and must not meet someone who has these and
    wants the site.
    """
    columns = _columns(streams)
    await db.execute(
        """
        INSERT INTO meter_series
            (account, live_mode, site_id, device_id, energy_flow_direction, tariff_direction)
        SELECT $1, $2, site_id, device_id, flow, direction
        FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[])
             AS new (site_id, device_id, flow, direction)
        WHERE NOT EXISTS (
            SELECT FROM meter_series old
            WHERE old.account = $1 AND old.live_mode = $2 AND old.site_id = new.site_id
              AND old.device_id IS NOT DISTINCT FROM new.device_id
              AND old.energy_flow_direction = new.flow AND old.tariff_direction = new.direction)
        ORDER BY site_id, device_id, flow, direction
        ON CONFLICT DO NOTHING
        """,
        account,
        live,
        *columns,
    )
    rows = await db.fetch(
        """
        SELECT s.series, s.site_id, s.device_id, s.energy_flow_direction, s.tariff_direction
        FROM meter_series s
        JOIN unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[])
             AS wanted (site_id, device_id, flow, direction)
          ON s.site_id = wanted.site_id AND s.device_id IS NOT DISTINCT FROM wanted.device_id
         AND s.energy_flow_direction = wanted.flow AND s.tariff_direction = wanted.direction
        WHERE s.account = $1 AND s.live_mode = $2
        ORDER BY s.series FOR UPDATE OF s
        """,
        account,
        live,
        *columns,
    )
    return {_stream(row): row["series"] for row in rows}


async def elsewhere(
    db: Connection, account: int, live: bool, known: Mapping[Stream, int]
) -> dict[int, Stream]:
    """Find the series of the same devices at other sites, and lock them."""
    devices = {stream.device_id for stream in known if stream.device_id is not None}
    if not devices:
        return {}
    rows = await db.fetch(
        f"""
        {_SELECT}
        WHERE account = $1 AND live_mode = $2 AND device_id = ANY($3) AND series <> ALL($4)
        ORDER BY series FOR UPDATE
        """,
        account,
        live,
        list(devices),
        list(known.values()),
    )
    return {row["series"]: _stream(row) for row in rows}


async def of(
    db: Connection,
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
    db: Connection, account: int, live: bool, numbers: Collection[int]
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
    db: Connection, account: int, live: bool, series: int
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
    db: Connection, account: int, live: bool, series: int, at: datetime, total_kwh: float
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
