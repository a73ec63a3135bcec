"""The SQL of meter batches."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
import msgspec

from wattyard.kernel.pages import Page, PageWindow
from wattyard.meters.domain.batches import MeterBatch
from wattyard.meters.domain.readings import FAILED_SHOWN, Failed
from wattyard.platform.db import ReadConnection, WriteConnection, page_query

_SELECT = """
    SELECT id, time_created, records_submitted, records_accepted, records_failed,
           jsonb_path_query_array(failed_records, '$[0 to 999]') AS failed_records, complete
    FROM meter_batches
"""
"""Of batches that were written by an earlier release, too, the first 1,000 are read."""


async def insert(db: WriteConnection, account: int, live: bool, batch: MeterBatch) -> None:
    """Keep a batch."""
    await db.execute(
        """
        INSERT INTO meter_batches (account, live_mode, id, time_created, records_submitted,
                                   records_accepted, records_failed, failed_records, complete)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        account,
        live,
        batch.id,
        batch.time_created,
        batch.submitted,
        batch.accepted,
        batch.failed_count,
        _json(batch.failed),
        batch.complete,
    )


async def update(db: WriteConnection, account: int, live: bool, batch: MeterBatch) -> None:
    """Add the outcome of more records to a batch."""
    await db.execute(
        """
        UPDATE meter_batches SET records_submitted = $4, records_accepted = $5,
            records_failed = $6, failed_records = $7, complete = $8
        WHERE account = $1 AND live_mode = $2 AND id = $3
        """,
        account,
        live,
        batch.id,
        batch.submitted,
        batch.accepted,
        batch.failed_count,
        _json(batch.failed),
        batch.complete,
    )


async def by_id(db: ReadConnection, account: int, live: bool, batch_id: UUID) -> MeterBatch | None:
    """Find a batch."""
    row = await db.fetchrow(
        f"{_SELECT} WHERE account = $1 AND live_mode = $2 AND id = $3", account, live, batch_id
    )
    return None if row is None else _batch(row)


async def page(
    db: ReadConnection, account: int, live: bool, window: PageWindow
) -> Page[MeterBatch]:
    """Read one page of batches."""
    query, arguments = page_query(_SELECT, account, live, window, {})
    return Page.cut([_batch(row) for row in await db.fetch(query, *arguments)], window)


def _json(failed: Sequence[Failed]) -> str:
    return msgspec.json.encode(list(failed[:FAILED_SHOWN])).decode()


def _batch(row: asyncpg.Record) -> MeterBatch:
    return MeterBatch(
        id=row["id"],
        time_created=row["time_created"],
        submitted=row["records_submitted"],
        accepted=row["records_accepted"],
        failed_count=row["records_failed"],
        failed=msgspec.json.decode(row["failed_records"], type=tuple[Failed, ...]),
        complete=row["complete"],
    )


async def accounts_with_batches(db: ReadConnection) -> list[tuple[int, bool]]:
    """List the accounts and modes that have batches, one index probe each."""
    rows = await db.fetch(
        """
        WITH RECURSIVE found AS (
            (SELECT account, live_mode FROM meter_batches ORDER BY account, live_mode LIMIT 1)
            UNION ALL
            SELECT next.* FROM found CROSS JOIN LATERAL (
                SELECT b.account, b.live_mode FROM meter_batches b
                WHERE (b.account, b.live_mode) > (found.account, found.live_mode)
                ORDER BY b.account, b.live_mode LIMIT 1) next
        )
        SELECT account, live_mode FROM found
        WHERE EXISTS (SELECT FROM accounts owner
                      WHERE owner.account = found.account AND owner.move_stage IS NULL)
        """
    )
    return [(row["account"], row["live_mode"]) for row in rows]


async def delete_before(
    db: WriteConnection, account: int, live: bool, id_: UUID, *, limit: int
) -> int:
    """Delete at most `limit` batches older than an id; gives how many."""
    done: str = await db.execute(
        """
        DELETE FROM meter_batches WHERE account = $1 AND live_mode = $2 AND id IN (
            SELECT id FROM meter_batches WHERE account = $1 AND live_mode = $2 AND id < $3
            ORDER BY id LIMIT $4)
        """,
        account,
        live,
        id_,
        limit,
    )
    return int(done.rpartition(" ")[2])
