"""The SQL of sites."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import asyncpg
import msgspec

from wattyard.kernel.pages import Page, PageWindow
from wattyard.platform.db import ReadConnection, WriteConnection, page_query
from wattyard.sites.domain.netting import Netting
from wattyard.sites.domain.sites import GeoLocation, LinkedTariff, PostalAddress, Site

_COLUMNS = """
    id, reference_id, customer_id, status, timezone, currency_code, postal_address, geo_location,
    max_power_import_kw, max_power_export_kw, netting, metadata, time_created
"""
_SELECT = f"SELECT {_COLUMNS}, tariffs FROM sites"
_BY_IDS = f"{_SELECT} WHERE account = $1 AND live_mode = $2 AND id = ANY($3) ORDER BY id"


AMONG = "id = ANY({})"
"""The condition of a page of some sites."""


async def insert(
    db: WriteConnection, account: int, live: bool, sites: Sequence[tuple[Site, bytes]]
) -> None:
    """Insert sites with their summaries in one statement."""
    rows = [(*_row(site), summary) for site, summary in sites]
    await db.execute(
        f"""
        INSERT INTO sites (account, live_mode, {_COLUMNS}, summary)
        SELECT $1, $2, id, reference_id, customer_id, status, timezone, currency_code,
               postal_address::jsonb, geo_location::jsonb, max_power_import_kw,
               max_power_export_kw, netting::jsonb, metadata::jsonb, time_created, summary
        FROM unnest($3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::text[],
                    $9::text[], $10::text[], $11::float8[], $12::float8[], $13::text[],
                    $14::text[], $15::timestamptz[], $16::bytea[])
             AS new ({_COLUMNS}, summary)
        """,
        account,
        live,
        *map(list, zip(*rows, strict=True)),
    )


async def update(
    db: WriteConnection, account: int, live: bool, sites: Sequence[tuple[Site, bytes]]
) -> None:
    """Update the changeable columns of sites and their summaries in one statement."""
    rows = [(*_row(site), summary) for site, summary in sites]
    await db.execute(
        f"""
        UPDATE sites SET
            reference_id = new.reference_id, customer_id = new.customer_id,
            status = new.status, timezone = new.timezone, currency_code = new.currency_code,
            postal_address = new.postal_address::jsonb, geo_location = new.geo_location::jsonb,
            max_power_import_kw = new.max_power_import_kw,
            max_power_export_kw = new.max_power_export_kw, netting = new.netting::jsonb,
            metadata = new.metadata::jsonb, summary = new.summary
        FROM unnest($3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::text[],
                    $9::text[], $10::text[], $11::float8[], $12::float8[], $13::text[],
                    $14::text[], $15::timestamptz[], $16::bytea[])
             AS new ({_COLUMNS}, summary)
        WHERE account = $1 AND live_mode = $2 AND sites.id = new.id
        """,
        account,
        live,
        *map(list, zip(*rows, strict=True)),
    )


async def set_summaries(
    db: WriteConnection, account: int, live: bool, summaries: Mapping[UUID, bytes]
) -> set[UUID]:
    """Replace the summaries of sites; gives those that changed."""
    rows = await db.fetch(
        """
        UPDATE sites SET summary = new.summary
        FROM unnest($3::uuid[], $4::bytea[]) AS new (id, summary)
        WHERE account = $1 AND live_mode = $2 AND sites.id = new.id
          AND sites.summary <> new.summary
        RETURNING sites.id
        """,
        account,
        live,
        list(summaries),
        list(summaries.values()),
    )
    return {row["id"] for row in rows}


async def set_tariffs(
    db: WriteConnection, account: int, live: bool, site_id: UUID, tariffs: Sequence[LinkedTariff]
) -> None:
    """Replace the list of a site's tariffs."""
    await db.execute(
        "UPDATE sites SET tariffs = $4 WHERE account = $1 AND live_mode = $2 AND id = $3",
        account,
        live,
        site_id,
        _json(list(tariffs)),
    )


async def delete(db: WriteConnection, account: int, live: bool, site_ids: Collection[UUID]) -> None:
    """Delete sites and, by cascade, all that belongs to them; devices stay."""
    await db.execute(
        "DELETE FROM sites WHERE account = $1 AND live_mode = $2 AND id = ANY($3)",
        account,
        live,
        list(site_ids),
    )


async def summary_page(
    db: ReadConnection, account: int, live: bool, window: PageWindow, filters: Mapping[str, object]
) -> Page[bytes]:
    """Read one page of summaries: one range scan, whatever the size and depth of the list."""
    query, arguments = page_query("SELECT summary FROM sites", account, live, window, filters)
    return Page.cut([row[0] for row in await db.fetch(query, *arguments)], window)


async def summary(db: ReadConnection, account: int, live: bool, site_id: UUID) -> bytes | None:
    """Read one summary."""
    found: bytes | None = await db.fetchval(
        "SELECT summary FROM sites WHERE account = $1 AND live_mode = $2 AND id = $3",
        account,
        live,
        site_id,
    )
    return found


async def summaries(
    db: ReadConnection, account: int, live: bool, site_ids: Collection[UUID]
) -> dict[UUID, bytes]:
    """Read the summaries of sites."""
    rows = await db.fetch(
        "SELECT id, summary FROM sites WHERE account = $1 AND live_mode = $2 AND id = ANY($3)",
        account,
        live,
        list(site_ids),
    )
    return {row["id"]: row["summary"] for row in rows}


async def page(
    db: ReadConnection, account: int, live: bool, window: PageWindow, filters: Mapping[str, object]
) -> Page[Site]:
    """Read one page of sites."""
    query, arguments = page_query(_SELECT, account, live, window, filters)
    return Page.cut([_site(row) for row in await db.fetch(query, *arguments)], window)


async def by_ids(
    db: ReadConnection, account: int, live: bool, site_ids: Collection[UUID]
) -> list[Site]:
    """Find sites by id, oldest first."""
    rows = await db.fetch(_BY_IDS, account, live, list(site_ids))
    return [_site(row) for row in rows]


async def locked(
    db: WriteConnection, account: int, live: bool, site_ids: Collection[UUID]
) -> list[Site]:
    """Find sites by id, oldest first, and keep others from changing or deleting them."""
    rows = await db.fetch(f"{_BY_IDS} FOR UPDATE", account, live, list(site_ids))
    return [_site(row) for row in rows]


async def locked_if_free(
    db: WriteConnection, account: int, live: bool, site_ids: Collection[UUID]
) -> list[Site]:
    """Lock those of the sites that can be locked at once, and give them, oldest first."""
    rows = await db.fetch(f"{_BY_IDS} FOR UPDATE SKIP LOCKED", account, live, list(site_ids))
    return [_site(row) for row in rows]


async def hold(
    db: WriteConnection, account: int, live: bool, site_ids: Collection[UUID]
) -> set[UUID]:
    """Keep sites from being deleted until the transaction ends; they can be changed."""
    rows = await db.fetch(
        """
        SELECT id FROM sites WHERE account = $1 AND live_mode = $2 AND id = ANY($3)
        ORDER BY id FOR KEY SHARE
        """,
        account,
        live,
        list(site_ids),
    )
    return {row["id"] for row in rows}


async def by_references(
    db: WriteConnection, account: int, live: bool, references: Collection[str]
) -> list[Site]:
    """Find and lock the sites that carry one of the references, oldest first."""
    rows = await db.fetch(
        f"{_SELECT} WHERE account = $1 AND live_mode = $2 AND reference_id = ANY($3)"
        " ORDER BY id FOR UPDATE",
        account,
        live,
        list(references),
    )
    return [_site(row) for row in rows]


async def of_device(
    db: WriteConnection, account: int, live: bool, device_id: UUID, also: Collection[UUID]
) -> list[Site]:
    """Find and lock the sites that a device is at, and others, oldest first."""
    rows = await db.fetch(
        f"{_SELECT} WHERE account = $1 AND live_mode = $2 AND id = ANY(ARRAY("
        " SELECT site_id FROM device_places"
        " WHERE account = $1 AND live_mode = $2 AND device_id = $3) || $4::uuid[])"
        " ORDER BY id FOR UPDATE",
        account,
        live,
        device_id,
        list(also),
    )
    return [_site(row) for row in rows]


async def of_customer(
    db: WriteConnection, account: int, live: bool, customer_id: UUID
) -> list[Site]:
    """Find and lock a customer's sites, oldest first."""
    rows = await db.fetch(
        f"{_SELECT} WHERE account = $1 AND live_mode = $2 AND customer_id = $3"
        " ORDER BY id FOR UPDATE",
        account,
        live,
        customer_id,
    )
    return [_site(row) for row in rows]


async def device_ids(
    db: ReadConnection, account: int, live: bool, site_ids: Collection[UUID]
) -> Mapping[UUID, list[UUID]]:
    """List the devices at each of the sites, oldest first."""
    rows = await db.fetch(
        """
        SELECT site_id, device_id FROM device_places
        WHERE account = $1 AND live_mode = $2 AND site_id = ANY($3) ORDER BY site_id, device_id
        """,
        account,
        live,
        list(site_ids),
    )
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for row in rows:
        found[row["site_id"]].append(row["device_id"])
    return found


async def count(db: ReadConnection, account: int, live: bool) -> dict[str, int]:
    """Count an account's sites, those of them in service, devices and customers."""
    row = await db.fetchrow(
        """
        SELECT count(*) AS sites, count(*) FILTER (WHERE status = 'ACTIVE') AS connected_sites,
               (SELECT count(*) FROM devices d WHERE d.account = $1 AND d.live_mode = $2)
                   AS devices,
               (SELECT count(*) FROM customers c WHERE c.account = $1 AND c.live_mode = $2)
                   AS customers
        FROM sites WHERE account = $1 AND live_mode = $2
        """,
        account,
        live,
    )
    return dict(row)


async def one_import_at_a_time(db: WriteConnection, account: int, live: bool) -> None:
    """Keep other imports into this account and mode waiting until the transaction ends.

    The lock time-out is off meanwhile: another import's batch may take longer.
    """
    before: str = await db.fetchval("SELECT current_setting('lock_timeout')")
    await db.execute("SET LOCAL lock_timeout = 0")
    await db.execute("SELECT pg_advisory_xact_lock($1, $2)", account, 0x696D70 + live)
    await db.execute("SELECT set_config('lock_timeout', $1, true)", before)


def _row(site: Site) -> tuple[object, ...]:
    return (
        site.id,
        site.reference_id,
        site.customer_id,
        site.status,
        site.timezone,
        site.currency_code,
        _json(site.postal_address),
        _json(site.geo_location),
        site.max_power_import_kw,
        site.max_power_export_kw,
        _json(site.netting),
        _json(dict(site.metadata)),
        site.time_created,
    )


def _site(row: asyncpg.Record) -> Site:
    fields = dict(row)
    address, geo = fields["postal_address"], fields["geo_location"]
    fields["postal_address"] = address and msgspec.json.decode(address, type=PostalAddress)
    fields["geo_location"] = geo and msgspec.json.decode(geo, type=GeoLocation)
    netting = fields["netting"]
    fields["netting"] = netting and msgspec.json.decode(netting, type=Netting)
    fields["metadata"] = msgspec.json.decode(fields["metadata"], type=dict[str, str])
    fields["tariffs"] = _tariffs(fields["tariffs"])
    return Site(**fields)


def _tariffs(text: str) -> tuple[LinkedTariff, ...]:
    if text == "[]":
        return ()
    return msgspec.json.decode(text, type=tuple[LinkedTariff, ...])


def _json(value: object | None) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
