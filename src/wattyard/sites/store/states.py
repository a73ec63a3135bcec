"""The SQL of device states."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from wattyard.kernel.pages import Page, PageWindow
from wattyard.platform.db import ReadConnection, WriteConnection, page_query
from wattyard.sites.domain.states import DeviceState, Sighting, StateReport
from wattyard.sites.store.devices import HOUR_OF

_REPORT = """
    time, state_of_charge_percent, location_id, target_state_of_charge_percent, battery_power_kw,
    energy_flow_direction, energy_remaining_kwh, backup_reserve_percent, record_reference_id
"""
_SELECT = f"SELECT id, device_id, time_created, {_REPORT} FROM device_states"


_SIGHTINGS = """
    SELECT id, last_seen, last_shown,
           ARRAY(SELECT site_id FROM device_places p
                 WHERE p.account = $1 AND p.live_mode = $2 AND p.device_id = devices.id)
               AS locations
    FROM devices WHERE account = $1 AND live_mode = $2 AND id = ANY($3)
"""


async def sighting(
    db: ReadConnection, account: int, live: bool, device_id: UUID
) -> Sighting | None:
    """Read when a device was seen and shown, None where there is no such device."""
    return (await sightings(db, account, live, [device_id])).get(device_id)


async def sightings(
    db: ReadConnection, account: int, live: bool, device_ids: Collection[UUID]
) -> dict[UUID, Sighting]:
    """Read when devices were seen and shown, of those that exist."""
    return _sightings(await db.fetch(_SIGHTINGS, account, live, list(device_ids)))


async def sightings_if_free(
    db: WriteConnection, account: int, live: bool, device_ids: Collection[UUID]
) -> dict[UUID, Sighting]:
    """Lock those of the devices that can be locked at once, and read when they were seen."""
    rows = await db.fetch(f"{_SIGHTINGS} FOR UPDATE SKIP LOCKED", account, live, list(device_ids))
    return _sightings(rows)


async def see(
    db: WriteConnection, account: int, live: bool, times: Mapping[UUID, datetime]
) -> None:
    """Move the `last_seen` of devices forward, in the order of their ids."""
    await db.execute(
        f"""
        UPDATE devices SET last_seen = new.time, seen_hour = {HOUR_OF.format("new.time")}
        FROM (SELECT d.id, new.time FROM devices d
              JOIN unnest($3::uuid[], $4::timestamptz[]) AS new (id, time) ON new.id = d.id
              WHERE d.account = $1 AND d.live_mode = $2 ORDER BY d.id FOR UPDATE OF d) new
        WHERE account = $1 AND live_mode = $2 AND devices.id = new.id
          AND (last_seen IS NULL OR last_seen < new.time)
        """,
        account,
        live,
        list(times),
        list(times.values()),
    )


async def keep(db: WriteConnection, account: int, live: bool, state: DeviceState) -> bool:
    """Keep a state and move the device's `last_seen`, in one statement.

    False where nothing was kept: the device is gone, or its reference was kept before.
    """
    report = state.report
    kept = await db.fetchval(
        f"""
        WITH kept AS (
            INSERT INTO device_states (account, live_mode, device_id, id, time_created, {_REPORT})
            SELECT $1, $2, d.id, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14
            FROM devices d WHERE d.account = $1 AND d.live_mode = $2 AND d.id = $3
            FOR KEY SHARE
            ON CONFLICT DO NOTHING
            RETURNING time
        ), seen AS (
            UPDATE devices SET last_seen = kept.time, seen_hour = {HOUR_OF.format("kept.time")}
            FROM kept
            WHERE account = $1 AND live_mode = $2 AND id = $3
              AND (last_seen IS NULL OR last_seen < kept.time)
        )
        SELECT 1 FROM kept
        """,
        account,
        live,
        state.device_id,
        state.id,
        state.time_created,
        report.time,
        report.state_of_charge_percent,
        report.location_id,
        report.target_state_of_charge_percent,
        report.battery_power_kw,
        report.energy_flow_direction,
        report.energy_remaining_kwh,
        report.backup_reserve_percent,
        report.record_reference_id,
    )
    return kept is not None


async def keep_all(
    db: WriteConnection, account: int, live: bool, states: Sequence[DeviceState]
) -> set[UUID]:
    """Keep states of locked devices and move their `last_seen`, in one statement.

    Gives the ids of those kept: not of one whose reference was kept before.
    """
    reports = [state.report for state in states]
    kept = await db.fetch(
        f"""
        WITH new AS (
            SELECT * FROM unnest(
                $3::uuid[], $4::uuid[], $5::timestamptz[], $6::timestamptz[], $7::float8[],
                $8::uuid[], $9::float8[], $10::float8[], $11::text[], $12::float8[], $13::float8[],
                $14::text[]
            ) AS new (device_id, id, time_created, {_REPORT})
        ), kept AS (
            INSERT INTO device_states (account, live_mode, device_id, id, time_created, {_REPORT})
            SELECT $1, $2, new.* FROM new
            ON CONFLICT DO NOTHING
            RETURNING id, device_id, time
        ), seen AS (
            UPDATE devices SET last_seen = newest.time, seen_hour = {HOUR_OF.format("newest.time")}
            FROM (SELECT device_id, max(time) AS time FROM kept GROUP BY device_id) newest
            WHERE account = $1 AND live_mode = $2 AND devices.id = newest.device_id
              AND (last_seen IS NULL OR last_seen < newest.time)
        )
        SELECT id FROM kept
        """,
        account,
        live,
        [state.device_id for state in states],
        [state.id for state in states],
        [state.time_created for state in states],
        [report.time for report in reports],
        [report.state_of_charge_percent for report in reports],
        [report.location_id for report in reports],
        [report.target_state_of_charge_percent for report in reports],
        [report.battery_power_kw for report in reports],
        [report.energy_flow_direction for report in reports],
        [report.energy_remaining_kwh for report in reports],
        [report.backup_reserve_percent for report in reports],
        [report.record_reference_id for report in reports],
    )
    return {row["id"] for row in kept}


async def forget_at(
    db: WriteConnection, account: int, live: bool, site_ids: Sequence[UUID]
) -> None:
    """Delete the states that devices reported at some sites."""
    await db.execute(
        """
        DELETE FROM device_states WHERE account = $1 AND live_mode = $2 AND location_id = ANY($3)
          AND device_id = ANY(ARRAY(
            SELECT device_id FROM device_places
            WHERE account = $1 AND live_mode = $2 AND site_id = ANY($3)))
        """,
        account,
        live,
        list(site_ids),
    )


async def note_shown(
    db: WriteConnection, account: int, live: bool, times: Mapping[UUID, datetime]
) -> None:
    """Note which `last_seen` of devices the summaries now show; their sites are locked."""
    await db.execute(
        """
        UPDATE devices SET last_shown = new.time
        FROM unnest($3::uuid[], $4::timestamptz[]) AS new (id, time)
        WHERE account = $1 AND live_mode = $2 AND devices.id = new.id
        """,
        account,
        live,
        list(times),
        list(times.values()),
    )


async def by_reference(
    db: ReadConnection, account: int, live: bool, device_id: UUID, reference: str
) -> DeviceState | None:
    """Find the state that a device reported under a reference."""
    row = await db.fetchrow(
        f"{_SELECT} WHERE account = $1 AND live_mode = $2 AND device_id = $3"
        " AND record_reference_id = $4",
        account,
        live,
        device_id,
        reference,
    )
    return None if row is None else _state(row)


async def newest(
    db: ReadConnection, account: int, live: bool, device_id: UUID
) -> DeviceState | None:
    """Find a device's state with the latest time."""
    row = await db.fetchrow(
        f"{_SELECT} WHERE account = $1 AND live_mode = $2 AND device_id = $3"
        " ORDER BY time DESC, id DESC LIMIT 1",
        account,
        live,
        device_id,
    )
    return None if row is None else _state(row)


async def newest_of(
    db: ReadConnection, account: int, live: bool, device_ids: Collection[UUID]
) -> list[DeviceState]:
    """Find the state with the latest time of each device that has one."""
    rows = await db.fetch(
        f"""
        SELECT newest.* FROM unnest($3::uuid[]) AS wanted (device)
        CROSS JOIN LATERAL (
            {_SELECT} WHERE account = $1 AND live_mode = $2 AND device_id = wanted.device
            ORDER BY time DESC, id DESC LIMIT 1
        ) newest
        """,
        account,
        live,
        list(device_ids),
    )
    return [_state(row) for row in rows]


async def page(
    db: ReadConnection, account: int, live: bool, device_id: UUID, window: PageWindow
) -> Page[DeviceState]:
    """Read one page of a device's states, the last received first."""
    query, arguments = page_query(_SELECT, account, live, window, {"device_id = {}": device_id})
    return Page.cut([_state(row) for row in await db.fetch(query, *arguments)], window)


def _state(row: asyncpg.Record) -> DeviceState:
    fields = dict(row)
    own = {name: fields.pop(name) for name in ("id", "device_id", "time_created")}
    return DeviceState(**own, report=StateReport(**fields))


def _sightings(rows: Sequence[asyncpg.Record]) -> dict[UUID, Sighting]:
    return {
        row["id"]: Sighting(row["last_seen"], row["last_shown"], tuple(row["locations"]))
        for row in rows
    }
