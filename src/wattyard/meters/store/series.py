"""The SQL of series: which readings belong together."""

from collections.abc import Collection, Sequence
from uuid import UUID

import asyncpg
import msgspec

from wattyard.kernel.clock_changes import instant, microseconds
from wattyard.meters.domain.readings import Stream
from wattyard.meters.domain.registers import Fall, RegisterRead, RegisterState
from wattyard.platform.db import ReadConnection, WriteConnection

_SELECT = """
    SELECT series, site_id, device_id, energy_flow_direction, tariff_direction, register
    FROM meter_series
"""
_WANTED = """
    unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[])
        WITH ORDINALITY AS wanted (site_id, device_id, flow, direction, register, place)
"""
_SAME_METER = """
    s.account = $1 AND s.live_mode = $2 AND s.site_id = wanted.site_id
    AND s.device_id IS NOT DISTINCT FROM wanted.device_id
    AND s.energy_flow_direction = wanted.flow AND s.tariff_direction = wanted.direction
"""
_SAME = f"{_SAME_METER} AND s.register IS NOT DISTINCT FROM wanted.register"
_OF_METERS = f"""
    account = $1 AND live_mode = $2 AND series = ANY(ARRAY(
        SELECT s.series FROM {_WANTED} CROSS JOIN LATERAL (
            SELECT series FROM meter_series s WHERE {_SAME_METER} OFFSET 0) AS s
        UNION
        SELECT series FROM meter_series
        WHERE account = $1 AND live_mode = $2 AND device_id = ANY($8)))
"""
"""All registers of the meters of streams, and those of their devices at other sites.

OFFSET 0 has PostgreSQL look each meter up in the index. Before it has statistics of an account's
first series it would rather compare each of them with each stream.
"""
_LOCK = 0x6D657472  # "metr"
_BUCKETS = 64
_LEAST, _GREATEST = UUID(int=0), UUID(int=2**128 - 1)


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


async def of_meters(
    db: ReadConnection, account: int, live: bool, streams: Collection[Stream]
) -> list[Stream]:
    """List the registers that the meters of streams have, also of their devices elsewhere."""
    devices = {stream.device_id for stream in streams if stream.device_id is not None}
    rows = await db.fetch(
        f"{_SELECT} WHERE {_OF_METERS}", account, live, *_columns(streams), list(devices)
    )
    return [_stream(row) for row in rows]


async def add(db: WriteConnection, account: int, live: bool, streams: Collection[Stream]) -> None:
    """Have series for streams of sites that are held.

    Those who add series of one meter wait for each other, so that each finds the other's: no two
    sites get readings of one device and time, and none stand beside those of its registers.
    """
    buckets = {(stream.device_id or stream.site_id).int % _BUCKETS for stream in streams}
    await db.execute(
        "SELECT pg_advisory_xact_lock($1, bucket) FROM unnest($2::int[]) AS b (bucket)",
        _LOCK,
        sorted(buckets),
    )
    await db.execute(
        f"""
        INSERT INTO meter_series (account, live_mode, site_id, device_id, energy_flow_direction,
                                  tariff_direction, register)
        SELECT $1, $2, site_id, device_id, flow, direction, register FROM {_WANTED}
        ORDER BY site_id, device_id, flow, direction, register
        ON CONFLICT DO NOTHING
        """,
        account,
        live,
        *_columns(streams),
    )


async def locked(
    db: WriteConnection, account: int, live: bool, streams: Collection[Stream]
) -> dict[int, Stream]:
    """Find the registers of the meters of streams, also of their devices elsewhere; lock them all.

    Locked in the order of their numbers, as everywhere, and after new ones were added: deleting
    a site locks the site first and then its series, so taking them the other way round could
    deadlock. Found once more when they are locked: a series that another writer added to a meter
    while this one waited for it is not among those that the first statement sees.
    """
    devices = {stream.device_id for stream in streams if stream.device_id is not None}
    arguments = (account, live, *_columns(streams), list(devices))
    rows = await db.fetch(f"{_SELECT} WHERE {_OF_METERS} ORDER BY series FOR UPDATE", *arguments)
    rows += await db.fetch(f"{_SELECT} WHERE {_OF_METERS}", *arguments)
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


async def at_site(db: ReadConnection, account: int, live: bool, site_id: UUID) -> dict[int, Stream]:
    """Find the series of a site's own meter and of the devices at it."""
    rows = await db.fetch(
        f"{_SELECT} WHERE account = $1 AND live_mode = $2 AND site_id = $3 ORDER BY series",
        account,
        live,
        site_id,
    )
    return {row["series"]: _stream(row) for row in rows}


async def sites(
    db: ReadConnection,
    account: int,
    live: bool,
    after: UUID | None,
    *,
    backwards: bool,
    limit: int,
) -> list[UUID]:
    """List sites that have series, newest first, after one of them; `backwards` before it.

    Read from the index in its order: what a page costs does not grow with the account.
    """
    comparison, order = (">", "ASC") if backwards else ("<", "DESC")
    rows = await db.fetch(
        f"""
        SELECT site_id FROM meter_series
        WHERE account = $1 AND live_mode = $2 AND site_id {comparison} $3
        GROUP BY site_id ORDER BY site_id {order} LIMIT $4
        """,
        account,
        live,
        after or (_LEAST if backwards else _GREATEST),
        limit,
    )
    return [row["site_id"] for row in rows]


async def sites_among(
    db: ReadConnection, account: int, live: bool, site_ids: Collection[UUID]
) -> set[UUID]:
    """Find which of some sites have series."""
    # OFFSET 0 has PostgreSQL ask for each of them, however many series there are.
    rows = await db.fetch(
        """
        SELECT wanted.site_id FROM unnest($3::uuid[]) AS wanted (site_id)
        WHERE EXISTS (
            SELECT FROM meter_series
            WHERE account = $1 AND live_mode = $2 AND site_id = wanted.site_id OFFSET 0)
        """,
        account,
        live,
        list(site_ids),
    )
    return {row["site_id"] for row in rows}


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
) -> RegisterState | None:
    """Read a register's last stored read, and its fall where one is open.

    A fall counts while the read that was kept with it is still the last: programs that do not
    know of falls go on without it.
    """
    row = await db.fetchrow(
        """
        SELECT register_time, register_kwh, register_fall FROM meter_series
        WHERE account = $1 AND live_mode = $2 AND series = $3
        """,
        account,
        live,
        series,
    )
    if row is None or row["register_time"] is None:
        return None
    last = RegisterRead(0, microseconds(row["register_time"]), row["register_kwh"])
    if row["register_fall"] is None:
        return RegisterState(last)
    kept = msgspec.json.decode(row["register_fall"], type=_KeptFall)
    return RegisterState(last, kept.fall if kept.last_us == last.time_us else None)


async def set_register(
    db: WriteConnection, account: int, live: bool, series: int, state: RegisterState
) -> None:
    """Keep a register's last read, and its fall where one is open."""
    last, fall = state.last, state.fall
    await db.execute(
        """
        UPDATE meter_series SET register_time = $4, register_kwh = $5, register_fall = $6
        WHERE account = $1 AND live_mode = $2 AND series = $3
        """,
        account,
        live,
        series,
        instant(last.time_us),
        last.total_kwh,
        fall and msgspec.json.encode(_KeptFall(fall, last.time_us)).decode(),
    )


class _KeptFall(msgspec.Struct, frozen=True):
    """An open fall, and the time of the low read that was the last then."""

    fall: Fall
    last_us: int


def _columns(streams: Collection[Stream]) -> tuple[Sequence[object], ...]:
    return (
        [stream.site_id for stream in streams],
        [stream.device_id for stream in streams],
        [stream.flow for stream in streams],
        [stream.direction for stream in streams],
        [stream.register for stream in streams],
    )


def _stream(row: asyncpg.Record) -> Stream:
    return Stream(
        row["site_id"],
        row["device_id"],
        row["energy_flow_direction"],
        row["tariff_direction"],
        row["register"],
    )
