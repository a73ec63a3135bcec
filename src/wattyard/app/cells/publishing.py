"""What all cells share, copied from the first one: secrets that sign, and the operator's markets.

Rows are copied as they are, ids and revisions too: so a token, a signature and a tariff mean the
same in every cell. What fetches a source's prices stays behind: only the first cell asks the feeds.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from wattyard.kernel.moves import MoveRefused
from wattyard.kernel.values import dataclass
from wattyard.platform.db.sessions import OpenSession

_SOURCE: Final = (
    "account",
    "live_mode",
    "id",
    "code",
    "display_name",
    "currency_code",
    "unit",
    "timezone",
    "resolution_minutes",
    "publishes_at",
    "area",
    "time_created",
    "revision",
    "time_published",
    "published_until",
)
_SKEW: Final = timedelta(hours=1)
"""Prices are copied again from so long before the newest: clocks of nodes differ."""
_AT_ONCE: Final = 5_000


@dataclass(frozen=True, slots=True)
class Published:
    """What was copied: whether the secrets changed, and how many sources and prices."""

    secrets_changed: bool
    sources: int
    prices: int


async def publish(first: OpenSession, target: OpenSession) -> Published:
    """Bring a cell to what the first one has; a second time copies only what is new.

    Raises:
        MoveRefused: when the target has a source of its own with the same code, or the first cell
            has no key that signs webhooks.
    """
    async with first.transaction(isolation="repeatable_read", readonly=True):
        async with target.transaction():
            changed = await _tokens(first, target)
            changed |= await _signing_keys(first, target)
        sources = await first.fetch(
            f"SELECT {', '.join(_SOURCE)} FROM market_sources WHERE account = 0 ORDER BY code"  # noqa: S608
        )
        await _delete_others(target, [row["id"] for row in sources])
        copied = prices = 0
        for row in sources:
            rows = await _source(first, target, row)
            copied, prices = copied + (rows is not None), prices + (rows or 0)
    return Published(changed, copied, prices)


async def _tokens(first: OpenSession, target: OpenSession) -> bool:
    columns = "id, time_created, secret, secret_encrypted"
    question = f"SELECT {columns} FROM token_secrets ORDER BY id"  # noqa: S608 (our own names)
    rows = await first.fetch(question)
    if [row["id"] for row in rows] == [row["id"] for row in await target.fetch(question)]:
        return False
    await target.execute("DELETE FROM token_secrets")
    await target.executemany(
        f"INSERT INTO token_secrets ({columns}) VALUES ($1, $2, $3, $4)",  # noqa: S608
        [tuple(row) for row in rows],
    )
    return True


async def _signing_keys(first: OpenSession, target: OpenSession) -> bool:
    """Sign with the first cell's key; the target's own goes on being published for a week."""
    columns = "id, private_key, private_key_encrypted, time_created, time_retired"
    rows = await first.fetch(f"SELECT {columns} FROM signing_keys ORDER BY id")  # noqa: S608
    present = {row["id"] for row in rows if row["time_retired"] is None}
    if not present:
        raise MoveRefused(
            "the first cell has signed no webhook yet, so that every cell would make a key of its "
            "own: run `wattyard signing-key rotate` at the first cell"
        )
    ids = await target.fetch("SELECT id FROM signing_keys WHERE time_retired IS NULL")
    if present == {row["id"] for row in ids}:
        return False
    await target.execute("UPDATE signing_keys SET time_retired = now() WHERE time_retired IS NULL")
    await target.executemany(
        f"""
        INSERT INTO signing_keys ({columns}) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (id) DO UPDATE SET time_retired = excluded.time_retired
        """,  # noqa: S608 (our own names)
        [tuple(row) for row in rows],
    )
    return True


async def _delete_others(target: OpenSession, ids: list[Any]) -> None:
    await target.execute(
        "DELETE FROM market_sources WHERE account = 0 AND feed IS NULL AND id <> ALL($1)", ids
    )


async def _source(first: OpenSession, target: OpenSession, row: Mapping[str, Any]) -> int | None:
    """Copy a source with what is new of its prices; None where it is up to date."""
    revision = await target.fetchval(
        "SELECT revision FROM market_sources WHERE account = 0 AND id = $1", row["id"]
    )
    if revision == row["revision"]:
        return None
    async with target.transaction():
        await _source_row(target, row)
        return sum(
            [
                await _prices(first, target, row, table, newer_by=by, key=key)
                for table, by, key in (
                    ("market_price_versions", "time_replaced", "valid_from, revision"),
                    ("market_prices", "time_recorded", "valid_from"),
                )
            ]
        )


async def _source_row(target: OpenSession, row: Mapping[str, Any]) -> None:
    other = await target.fetchval(
        "SELECT id FROM market_sources WHERE account = 0 AND live_mode = $1 AND code = $2",
        row["live_mode"],
        row["code"],
    )
    if other not in (None, row["id"]):
        raise MoveRefused(
            f"the target has a market source {row['code']} of its own: delete it there, so that "
            "every cell has the first cell's"
        )
    values = ", ".join(f"${n}" for n in range(1, len(_SOURCE) + 1))
    changes = ", ".join(f"{name} = excluded.{name}" for name in _SOURCE[3:])
    await target.execute(
        f"INSERT INTO market_sources ({', '.join(_SOURCE)}) VALUES ({values}) "  # noqa: S608
        f"ON CONFLICT (account, live_mode, id) DO UPDATE SET {changes}",
        *row.values(),
    )


async def _prices(
    first: OpenSession,
    target: OpenSession,
    source: Mapping[str, Any],
    table: str,
    *,
    newer_by: str,
    key: str,
) -> int:
    of_source = "account = 0 AND live_mode = $1 AND source_id = $2"
    newest = await target.fetchval(
        f"SELECT max({newer_by}) FROM {table} WHERE {of_source}",  # noqa: S608 (our own names)
        source["live_mode"],
        source["id"],
    )
    begin = None if newest is None else newest - _SKEW
    copied = 0
    cursor = first.cursor(
        f"SELECT * FROM {table} WHERE {of_source} "  # noqa: S608 (our own names)
        f"AND ($3::timestamptz IS NULL OR {newer_by} >= $3)",
        source["live_mode"],
        source["id"],
        begin,
        prefetch=_AT_ONCE,
    )
    batch: list[Any] = []
    async for row in cursor:
        batch.append(row)
        if len(batch) == _AT_ONCE:
            copied += await _keep(target, table, key, batch)
            batch = []
    return copied + await _keep(target, table, key, batch)


async def _keep(target: OpenSession, table: str, key: str, rows: list[Any]) -> int:
    if not rows:
        return 0
    columns = list(rows[0].keys())
    values = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns)
    await target.executemany(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values}) "  # noqa: S608 (as above)
        f"ON CONFLICT (account, live_mode, source_id, {key}) DO UPDATE SET {changes}",
        [tuple(row) for row in rows],
    )
    return len(rows)
