"""Fleets for measurements, written with COPY in the form that the server writes them."""

import asyncio
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import asyncpg

from benchmarks.support.accounts import create_account
from wattyard import app
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.instants import system_clock
from wattyard.platform.db import Database
from wattyard.sites.domain.devices import DeviceDraft, Properties
from wattyard.sites.domain.sites import SiteDraft
from wattyard.sites.wire.sites import site_json

_AT_ONCE = 20_000


def build(
    url: str, sites: int, *, name: str = "fleet", quiet: bool = False
) -> tuple[str, str, Caller]:
    """Make an account with `sites` sites of two devices: its id, a test secret, its caller."""
    return asyncio.run(_build(url, sites, name, quiet=quiet))


async def _build(url: str, sites: int, name: str, *, quiet: bool) -> tuple[str, str, Caller]:
    db = Database(url, connections=2)
    await db.open()
    account, secret, _ = await create_account(app.services(db), name=name)
    await db.close()
    caller = Caller(account.number, account.id, live_mode=False)
    connection = await asyncpg.connect(url)
    started = time.monotonic()
    rows = _rows(caller, sites)
    while batch := list(islice(rows, _AT_ONCE)):
        places = [place for place, _ in batch]
        devices = [device for _, two in batch for device in two]
        pairs = [(caller.account, False, p[2], d[2]) for p, two in batch for d in two]
        await connection.copy_records_to_table("sites", records=places, columns=_SITE)
        await connection.copy_records_to_table("devices", records=devices, columns=_DEVICE)
        await connection.copy_records_to_table(
            "device_places",
            records=pairs,
            columns=["account", "live_mode", "site_id", "device_id"],
        )
    if sites > _AT_ONCE:
        for table in ("sites", "devices", "device_places"):
            await connection.execute(f"VACUUM ANALYZE {table}")
    await connection.close()
    if not quiet:
        print(f"   built {sites:,} sites in {time.monotonic() - started:.1f} s")
    return ids.wire("acc", account.id), secret, caller


_SITE = [
    "account", "live_mode", "id", "reference_id", "status", "timezone", "currency_code",
    "metadata", "time_created", "summary",
]  # fmt: skip
_DEVICE = [
    "account", "live_mode", "id", "reference_id", "type", "manufacturer", "model_code",
    "model_name", "properties", "metadata", "time_created",
]  # fmt: skip


def _rows(caller: Caller, sites: int) -> Iterator[tuple[tuple[Any, ...], list[tuple[Any, ...]]]]:
    start = system_clock() - timedelta(milliseconds=sites)
    ticks = iter(range(10**9))
    make = ids.SortedIds(lambda: start + timedelta(milliseconds=next(ticks) // 3))
    properties = Properties(power_rating_import_kw=14.2, capacity_kwh=123, power_rating_export_kw=7)
    document = '{"power_rating_import_kw":14.2,"capacity_kwh":123.0,"power_rating_export_kw":7.0}'
    battery = DeviceDraft(
        reference_id="battery",
        type="BATTERY_SYSTEM",
        manufacturer="Nova Systems",
        model_code="PICOXN2",
        model_name="Pico Ultimate",
        properties=properties,
    )
    for number in range(sites):
        id_ = make()
        draft = SiteDraft(
            reference_id=f"home-{number}", timezone="Europe/Amsterdam", currency_code="EUR"
        )
        place = draft.settled(id_, ids.time_of(id_))
        devices = [battery.made(make(), place.time_created, [id_]) for _ in range(2)]
        yield (
            (
                caller.account, False, id_, place.reference_id, "ACTIVE", place.timezone, "EUR",
                "{}", place.time_created, site_json(caller, place, devices),
            ),
            [
                (
                    caller.account, False, d.id, f"{d.reference_id}-{number}", d.type,
                    d.manufacturer, d.model_code, d.model_name, document, "{}", d.time_created,
                )
                for d in devices
            ],
        )  # fmt: skip


def id_at(url: str, caller: Caller, position: int) -> UUID:
    """Find the id of the site at a position from the newest."""

    async def ask() -> UUID:
        connection = await asyncpg.connect(url)
        found: UUID = await connection.fetchval(
            "SELECT id FROM sites WHERE account = $1 AND NOT live_mode"
            " ORDER BY id DESC OFFSET $2 LIMIT 1",
            caller.account,
            position,
        )
        await connection.close()
        return found

    return asyncio.run(ask())
