"""The SQL of the workers that hold deliveries, and of their signs of life.

A worker has a row under the id by which it holds deliveries, and raises a number in it while it
holds some. Whoever sees the number stand still for long marks the row: for good, so that a worker
that was only slow learns of it with its next sign.
"""

from collections.abc import Collection, Mapping
from uuid import UUID

from wattyard.kernel.values import dataclass
from wattyard.platform.db import ReadConnection, WriteConnection


@dataclass(frozen=True, slots=True)
class Workers:
    """Those who have held deliveries lately: the number of their signs, and who counts as dead."""

    signs: Mapping[UUID, int]
    dead: Collection[UUID]


async def sign(db: WriteConnection, holder: UUID) -> bool:
    """Give a sign of life; False where the holder is counted as dead."""
    number = await db.fetchval(
        """
        INSERT INTO delivery_workers AS w (holder, signs) VALUES ($1, 1)
        ON CONFLICT (holder) DO UPDATE SET signs = w.signs + 1 WHERE w.time_dead IS NULL
        RETURNING signs
        """,
        holder,
    )
    return number is not None


async def present(db: ReadConnection) -> Workers:
    """List the workers."""
    rows = await db.fetch(
        "SELECT holder, signs, time_dead IS NOT NULL AS dead FROM delivery_workers"
    )
    signs = {row["holder"]: row["signs"] for row in rows if not row["dead"]}
    return Workers(signs, [row["holder"] for row in rows if row["dead"]])


async def count_as_dead(db: WriteConnection, silent: Mapping[UUID, int]) -> list[UUID]:
    """Mark those that have given no sign beyond a number: who they are.

    Rows of those marked a minute ago go: the leases of what they held lapsed long before.
    """
    await db.execute("DELETE FROM delivery_workers WHERE time_dead < now() - interval '1 minute'")
    rows = await db.fetch(
        """
        UPDATE delivery_workers w SET time_dead = now()
        FROM unnest($1::uuid[], $2::bigint[]) AS silent (holder, signs)
        WHERE w.holder = silent.holder AND w.signs = silent.signs AND w.time_dead IS NULL
        RETURNING w.holder
        """,
        list(silent),
        list(silent.values()),
    )
    return [row["holder"] for row in rows]


async def sign_off(db: WriteConnection, holder: UUID) -> None:
    """Remove a worker that holds nothing any more."""
    await db.execute("DELETE FROM delivery_workers WHERE holder = $1", holder)
