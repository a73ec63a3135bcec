"""Two cells: servers of PostgreSQL from the wheel's programs, with the same secrets and schema."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg

from tests.support.clusters import PostgresServer
from tests.support.made import Made
from wattyard import app
from wattyard.app.cells import numbering, publishing
from wattyard.app.cells.moving import AccountMove, Moved, Route
from wattyard.app.cells.tables import MOVED
from wattyard.events.service import SigningKeys
from wattyard.kernel.context import Contexts
from wattyard.platform.db import Database
from wattyard.platform.db.sessions import session
from wattyard.platform.settings import Settings

_SETTINGS: Final = {
    "wal_level": "logical",
    "max_worker_processes": "20",
    "max_logical_replication_workers": "12",
    "max_sync_workers_per_subscription": "4",
}


@dataclass(frozen=True)
class Cells:
    """Cell 0, in which accounts are made, and cell 1, which is empty at first."""

    first: PostgresServer
    second: PostgresServer
    account: Any
    settings: dict[str, str]
    """The environment of a `wattyard` on these: the encryption key of their secrets."""

    def route(self, **given: Any) -> Route:
        """The way from the first to the second, for accounts that no node serves."""
        return Route(self.first.url, self.second.url, **{"drain_seconds": 0.0, **given})


async def move(route: Route, account_id: UUID) -> Moved:
    """Move an account that needs no routing."""
    return await AccountMove(route, account_id, lambda _: None).move(nothing)


async def nothing() -> None:
    """Tell nobody that the account was opened."""


@contextmanager
def two_cells(made: Made, folder: Path) -> Iterator[Cells]:
    """Start two cells with the schema of today and one account in the first."""
    servers = []
    try:
        for name in ("first", "second"):
            account = made.data(folder / f"data-{name}")
            key = (folder / f"data-{name}" / "encryption-key").read_text()
            server = PostgresServer(folder / name)
            shutil.move(folder / f"data-{name}" / "postgres", server.folder)
            (server.folder / "postmaster.pid").unlink(missing_ok=True)
            os.chmod(server.folder, 0o700)  # noqa: PTH101 (as PostgreSQL wants it)
            servers.append(server)
            server.start(**_SETTINGS)
        first, second = servers
        second.ask("DELETE FROM accounts")
        yield Cells(first, second, account, {"WATTYARD_ENCRYPTION_KEY": key})
    finally:
        for server in servers:
            server.kill()


async def number(cells: Cells) -> None:
    """Say which cell each of the two is."""
    for cell, server in enumerate((cells.first, cells.second)):
        async with session(server.url, "cell") as db:
            await numbering.number(db, cell)


async def share_secrets(cells: Cells) -> None:
    """Have both sign webhooks with the same key, as `wattyard cells publish` does."""
    db = Database(cells.first.url, connections=2)
    await db.open()
    try:
        settings = Settings(encryption_key=cells.settings["WATTYARD_ENCRYPTION_KEY"])
        services = app.services(db, settings)
        await services.get(SigningKeys).rotate(services.get(Contexts).operator())
    finally:
        await db.close()
    async with (
        session(cells.first.url, "first") as first,
        session(cells.second.url, "second") as to,
    ):
        await publishing.publish(first, to)


@asynccontextmanager
async def asked(server: PostgresServer) -> AsyncIterator[asyncpg.Connection]:
    """Ask a cell several things."""
    connection = await asyncpg.connect(server.url, timeout=60)
    try:
        yield connection
    finally:
        await connection.close()


async def rows_of(server: PostgresServer, account: int) -> dict[str, list[str]]:
    """Read all rows of an account in every table that moves, as text; not the move's own."""
    async with asked(server) as db:
        found = {}
        for table in MOVED:
            names = await db.fetchval(
                "SELECT string_agg(attname, ', ' ORDER BY attname) FROM pg_attribute"
                " WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped",
                table.name,
            )
            rows = await db.fetch(
                f"SELECT ROW({names})::text FROM {table.name} WHERE account = $1 ORDER BY 1",
                account,
            )
            found[table.name] = [row[0] for row in rows]
        del found["account_moves"]
        return found


async def leftovers(server: PostgresServer, account: int) -> set[str]:
    """List what a move has left in a cell besides rows: publications, slots, triggers."""
    async with asked(server) as db:
        rows = await db.fetch(
            """
            SELECT 'publication' FROM pg_publication WHERE pubname = $1
            UNION ALL SELECT 'slot' FROM pg_replication_slots WHERE slot_name = $1
            UNION ALL SELECT 'subscription' FROM pg_subscription WHERE subname = $1
            UNION ALL SELECT 'trigger' FROM pg_trigger WHERE starts_with(tgname, $1 || '_')
            UNION ALL SELECT 'function' FROM pg_proc WHERE proname = $1
            UNION ALL SELECT 'mark' FROM account_moves WHERE account = $2
            """,
            f"wattyard_move_{account}",
            account,
        )
        return {row[0] for row in rows}
