"""The tables of idempotency: answers that are kept, and marks of requests that still run.

For how long is decided in `platform/http/idempotency.py`.
"""

import hashlib
from datetime import datetime
from typing import Final
from uuid import UUID

from wattyard.kernel.callers import Caller
from wattyard.kernel.values import dataclass
from wattyard.platform.db import ReadConnection, WriteConnection
from wattyard.platform.http.fingerprints import Fingerprint

_CLEARED_BESIDE: Final = 20
_CLEARED_AT_ONCE: Final = 2_000
OVERDUE_COUNTED: Final = 1_000


@dataclass(frozen=True, slots=True)
class Claim:
    """A request with a key: whose it is, and which request it stands for."""

    caller: Caller
    key: str
    """As it is kept: see `key_of`."""
    request: Fingerprint
    is_secret: bool
    """Whether the answer has a secret, so that it is kept encrypted."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A kept answer, and whether it belongs to the same request."""

    is_same_request: bool
    status: int
    body: bytes | None
    """None where the answer was too large to be kept, or is encrypted."""
    encrypted: bytes | None = None


def key_of(caller: Caller, sent: str) -> str:
    """Name what is kept for an `Idempotency-Key`: restricted keys have names of their own.

    A line feed, which no `Idempotency-Key` has, keeps them apart from everybody else's.
    """
    return sent if caller.scopes is None else f"key_{caller.key_id}\n{sent}"


async def take_turn(db: WriteConnection, claim: Claim) -> bool:
    """Lock the key until the transaction ends; False while another holds it."""
    named = f"{claim.caller.account} {claim.caller.live_mode} {claim.key}".encode()
    number = int.from_bytes(hashlib.blake2b(named, digest_size=8).digest(), signed=True)
    taken: bool = await db.fetchval("SELECT pg_try_advisory_xact_lock($1)", number)
    return taken


async def kept(db: ReadConnection, claim: Claim, *, since: datetime) -> Kept | None:
    """Find the answer that is kept for a key."""
    row = await db.fetchrow(
        """
        SELECT fingerprint, meaning, status, body, body_kept, body_encrypted FROM idempotency_keys
        WHERE account = $1 AND live_mode = $2 AND key = $3 AND time_created > $4
        """,
        claim.caller.account,
        claim.caller.live_mode,
        claim.key,
        since,
    )
    if row is None:
        return None
    same = (
        row["fingerprint"] == claim.request.written
        if row["meaning"] is None  # kept by an earlier release
        else row["meaning"] == claim.request.meaning
    )
    body = row["body"] if row["body_kept"] else None
    return Kept(same, row["status"], body, row["body_encrypted"])


async def keep(
    db: WriteConnection, claim: Claim, answer: Kept, *, now: datetime, since: datetime
) -> bool:
    """Keep an answer for a key; False where one younger than `since` is kept already."""
    done = await db.fetchval(
        """
        INSERT INTO idempotency_keys
            (account, live_mode, key, fingerprint, meaning, status, body, body_kept, time_created,
             body_encrypted)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $11)
        ON CONFLICT (account, live_mode, key) DO UPDATE SET
            fingerprint = excluded.fingerprint, meaning = excluded.meaning,
            status = excluded.status, body = excluded.body, body_kept = excluded.body_kept,
            time_created = excluded.time_created, body_encrypted = excluded.body_encrypted
        WHERE idempotency_keys.time_created <= $10
           OR NOT idempotency_keys.body_kept AND idempotency_keys.body_encrypted IS NULL
        RETURNING true
        """,
        claim.caller.account,
        claim.caller.live_mode,
        claim.key,
        claim.request.written,
        claim.request.meaning,
        answer.status,
        answer.body or b"",
        answer.body is not None,
        now,
        since,
        answer.encrypted,
    )
    await _clear_beside(db, claim.caller, since)
    return done is not None


async def mark(
    db: WriteConnection, claim: Claim, holder: UUID, *, now: datetime, until: datetime
) -> bool | None:
    """Mark a key as one whose request runs, at most until a time.

    Returns:
        True when it is marked; False when the same request runs already, and None when another.
    """
    place = (claim.caller.account, claim.caller.live_mode, claim.key)
    done = await db.fetchval(
        """
        INSERT INTO idempotency_marks (account, live_mode, key, holder, meaning, time_ends)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (account, live_mode, key) DO UPDATE SET
            holder = excluded.holder, meaning = excluded.meaning, time_ends = excluded.time_ends
        WHERE idempotency_marks.time_ends <= $7
        RETURNING true
        """,
        *place,
        holder,
        claim.request.meaning,
        until,
        now,
    )
    if done is not None:
        return True
    running = await db.fetchval(
        "SELECT meaning FROM idempotency_marks WHERE account = $1 AND live_mode = $2 AND key = $3",
        *place,
    )
    return False if running in (claim.request.meaning, None) else None


async def unmark(db: WriteConnection, claim: Claim, holder: UUID) -> None:
    """Take away the mark that a request left; that of another stays."""
    await db.execute(
        "DELETE FROM idempotency_marks "
        "WHERE account = $1 AND live_mode = $2 AND key = $3 AND holder = $4",
        claim.caller.account,
        claim.caller.live_mode,
        claim.key,
        holder,
    )


async def forget(db: WriteConnection, *, until: datetime, now: datetime) -> int:
    """Delete up to 2,000 answers that are as old as `until`, and all marks that ended: how many.

    Those of accounts that move stay until they have moved, or are purged.
    """
    await db.execute(
        """
        DELETE FROM idempotency_marks mark WHERE time_ends <= $1
          AND EXISTS (SELECT FROM accounts a
                      WHERE a.account = mark.account AND a.move_stage IS NULL)
        """,
        now,
    )
    deleted: int = await db.fetchval(
        """
        WITH old AS (
            SELECT one.account, one.live_mode, one.key
            FROM accounts CROSS JOIN (VALUES (false), (true)) AS mode (live)
            CROSS JOIN LATERAL (
                SELECT account, live_mode, key FROM idempotency_keys
                WHERE account = accounts.account AND live_mode = mode.live AND time_created <= $1
                LIMIT $2) AS one
            WHERE accounts.move_stage IS NULL
            LIMIT $2),
        gone AS (
            DELETE FROM idempotency_keys AS kept USING old
            WHERE kept.account = old.account AND kept.live_mode = old.live_mode
                AND kept.key = old.key
            RETURNING 1)
        SELECT count(*) FROM gone
        """,
        until,
        _CLEARED_AT_ONCE,
    )
    return deleted


async def overdue(db: ReadConnection, until: datetime) -> tuple[int, datetime | None]:
    """Count answers as old as `until`, and give the time of the oldest.

    Up to `OVERDUE_COUNTED`, in as many accounts and modes: two or three index probes for each.
    Those of accounts that move, or have moved, are none of this cell's.
    """
    row = await db.fetchrow(
        """
        WITH RECURSIVE owners AS (
            (SELECT account, live_mode FROM idempotency_keys ORDER BY account, live_mode LIMIT 1)
            UNION ALL
            SELECT next.* FROM owners CROSS JOIN LATERAL (
                SELECT k.account, k.live_mode FROM idempotency_keys k
                WHERE (k.account, k.live_mode) > (owners.account, owners.live_mode)
                ORDER BY k.account, k.live_mode LIMIT 1) next
        )
        SELECT count(*), min(time_created) FROM (
            SELECT old.time_created FROM (
                SELECT owners.* FROM owners CROSS JOIN LATERAL (
                    SELECT FROM accounts a
                    WHERE a.account = owners.account AND a.move_stage IS NULL LIMIT 1) present
                LIMIT $2) looked_at
            CROSS JOIN LATERAL (
                SELECT k.time_created FROM idempotency_keys k
                WHERE k.account = looked_at.account AND k.live_mode = looked_at.live_mode
                  AND k.time_created <= $1 ORDER BY k.time_created LIMIT $2) old
            LIMIT $2) counted
        """,
        until,
        OVERDUE_COUNTED,
    )
    return row[0], row[1]


async def _clear_beside(db: WriteConnection, caller: Caller, until: datetime) -> None:
    """Delete a few old answers of the same account, so that a busy one never piles them up."""
    await db.execute(
        """
        DELETE FROM idempotency_keys WHERE account = $1 AND live_mode = $2 AND key IN (
            SELECT key FROM idempotency_keys
            WHERE account = $1 AND live_mode = $2 AND time_created <= $3
            ORDER BY time_created LIMIT $4 FOR UPDATE SKIP LOCKED)
        """,
        caller.account,
        caller.live_mode,
        until,
        _CLEARED_BESIDE,
    )
