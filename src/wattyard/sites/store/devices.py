"""The SQL of devices and of where they are."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from uuid import UUID

import asyncpg
import msgspec

from wattyard.kernel.pages import Page, PageWindow
from wattyard.platform.db import ReadConnection, WriteConnection, page_query
from wattyard.sites.domain.devices import Device, Properties

_OWN = """
    id, reference_id, type, manufacturer, model_code, model_name, properties, metadata,
    flex_enabled, last_seen, time_created
"""
HOUR_OF = "date_bin('1 hour', {}, timestamptz '2000-01-01 00:00:00+00')"
"""The hour of an instant: `seen_hour` is that of `last_seen`, and changes, with its index, once."""
_LOCATIONS = """
    ARRAY(SELECT site_id FROM device_places p
          WHERE p.account = devices.account AND p.live_mode = devices.live_mode
            AND p.device_id = devices.id ORDER BY site_id) AS locations
"""
_SELECT = f"SELECT {_OWN}, {_LOCATIONS} FROM devices"
_BY_ID = f"{_SELECT} WHERE account = $1 AND live_mode = $2 AND id = $3"

AT_LOCATION = """
    EXISTS (SELECT 1 FROM device_places p
            WHERE p.account = devices.account AND p.live_mode = devices.live_mode
              AND p.device_id = devices.id AND p.site_id = {})
"""
"""The condition of a page of the devices at one site."""
AT_ONE_OF = AT_LOCATION.replace("= {}", "= ANY({})")
"""The condition of a page of the devices at one or more of some sites."""


async def insert(db: WriteConnection, account: int, live: bool, devices: Sequence[Device]) -> None:
    """Insert devices at their locations."""
    rows = [_row(device) for device in devices]
    await db.execute(
        f"""
        INSERT INTO devices (account, live_mode, {_OWN}, seen_hour)
        SELECT $1, $2, id, reference_id, type, manufacturer, model_code, model_name,
               properties::jsonb, metadata::jsonb, flex_enabled, last_seen, time_created,
               {HOUR_OF.format("last_seen")}
        FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                    $9::text[], $10::text[], $11::bool[], $12::timestamptz[], $13::timestamptz[])
             AS new ({_OWN})
        """,
        account,
        live,
        *map(list, zip(*rows, strict=True)),
    )
    await attach(db, account, live, [(d.id, site) for d in devices for site in d.locations])


async def update(db: WriteConnection, account: int, live: bool, devices: Sequence[Device]) -> None:
    """Update the changeable columns of devices, but not their sites."""
    rows = [_row(device) for device in devices]
    await db.execute(
        f"""
        UPDATE devices SET
            reference_id = new.reference_id, type = new.type, manufacturer = new.manufacturer,
            model_code = new.model_code, model_name = new.model_name,
            properties = new.properties::jsonb, metadata = new.metadata::jsonb,
            flex_enabled = new.flex_enabled, last_seen = new.last_seen,
            seen_hour = {HOUR_OF.format("new.last_seen")}
        FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                    $9::text[], $10::text[], $11::bool[], $12::timestamptz[], $13::timestamptz[])
             AS new ({_OWN})
        WHERE account = $1 AND live_mode = $2 AND devices.id = new.id
        """,
        account,
        live,
        *map(list, zip(*rows, strict=True)),
    )


async def attach(
    db: WriteConnection, account: int, live: bool, pairs: Iterable[tuple[UUID, UUID]]
) -> None:
    """Put devices at sites: pairs of device and site."""
    pairs = list(pairs)
    await db.execute(
        """
        INSERT INTO device_places (account, live_mode, device_id, site_id)
        SELECT $1, $2, * FROM unnest($3::uuid[], $4::uuid[])
        """,
        account,
        live,
        [device for device, _ in pairs],
        [site for _, site in pairs],
    )


async def take_away(
    db: WriteConnection, account: int, live: bool, device_id: UUID, sites: Collection[UUID]
) -> None:
    """Take a device off sites."""
    await db.execute(
        """
        DELETE FROM device_places
        WHERE account = $1 AND live_mode = $2 AND device_id = $3 AND site_id = ANY($4)
        """,
        account,
        live,
        device_id,
        list(sites),
    )


async def delete(db: WriteConnection, account: int, live: bool, device_id: UUID) -> None:
    """Delete a device; its readings stay."""
    await db.execute(
        "DELETE FROM devices WHERE account = $1 AND live_mode = $2 AND id = $3",
        account,
        live,
        device_id,
    )


async def page(
    db: ReadConnection, account: int, live: bool, window: PageWindow, filters: Mapping[str, object]
) -> Page[Device]:
    """Read one page."""
    query, arguments = page_query(_SELECT, account, live, window, filters)
    return Page.cut([_device(row) for row in await db.fetch(query, *arguments)], window)


async def by_id(db: ReadConnection, account: int, live: bool, device_id: UUID) -> Device | None:
    """Find a device."""
    row = await db.fetchrow(_BY_ID, account, live, device_id)
    return None if row is None else _device(row)


async def lock(db: WriteConnection, account: int, live: bool, device_id: UUID) -> None:
    """Keep others from changing, moving or deleting a device, if it is there."""
    await db.execute(
        "SELECT FROM devices WHERE account = $1 AND live_mode = $2 AND id = $3 FOR UPDATE",
        account,
        live,
        device_id,
    )


async def present(
    db: ReadConnection, account: int, live: bool, device_ids: Collection[UUID]
) -> set[UUID]:
    """Find which of the devices exist."""
    rows = await db.fetch(
        "SELECT id FROM devices WHERE account = $1 AND live_mode = $2 AND id = ANY($3)",
        account,
        live,
        list(device_ids),
    )
    return {row["id"] for row in rows}


async def present_at(
    db: ReadConnection,
    account: int,
    live: bool,
    device_ids: Collection[UUID],
    site_ids: Collection[UUID],
) -> set[UUID]:
    """Find which of the devices are at one or more of some sites."""
    rows = await db.fetch(
        """
        SELECT DISTINCT device_id FROM device_places
        WHERE account = $1 AND live_mode = $2 AND device_id = ANY($3) AND site_id = ANY($4)
        """,
        account,
        live,
        list(device_ids),
        list(site_ids),
    )
    return {row["device_id"] for row in rows}


async def at_sites(
    db: ReadConnection, account: int, live: bool, site_ids: Collection[UUID]
) -> Mapping[UUID, list[Device]]:
    """Find the devices at each of the sites, oldest first.

    Two look-ups by key instead of a join: with statistics that lag behind a growing account,
    PostgreSQL could choose to scan all its devices.
    """
    rows = await db.fetch(
        f"""
        {_SELECT} WHERE account = $1 AND live_mode = $2 AND id = ANY(ARRAY(
            SELECT device_id FROM device_places
            WHERE account = $1 AND live_mode = $2 AND site_id = ANY($3)))
        ORDER BY id
        """,
        account,
        live,
        list(site_ids),
    )
    found: dict[UUID, list[Device]] = defaultdict(list)
    for device in map(_device, rows):
        for site in device.locations:
            found[site].append(device)
    return found


def _row(device: Device) -> tuple[object, ...]:
    return (
        device.id,
        device.reference_id,
        device.type,
        device.manufacturer,
        device.model_code,
        device.model_name,
        _json({name: part for name, part in _parts(device.properties) if part is not None}),
        _json(dict(device.metadata)),
        device.flex_enabled,
        device.last_seen,
        device.time_created,
    )


def _parts(properties: Properties) -> Iterable[tuple[str, object]]:
    return ((one.name, getattr(properties, one.name)) for one in fields(properties))


def _device(row: asyncpg.Record) -> Device:
    fields = dict(row)
    fields["properties"] = msgspec.json.decode(fields["properties"], type=Properties)
    fields["metadata"] = msgspec.json.decode(fields["metadata"], type=dict[str, str])
    fields["locations"] = tuple(fields["locations"])
    return Device(**fields)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
