"""The SQL of the worker, over the deliveries of all accounts.

A delivery is held by a lease: whoever holds it writes its outcome, and when the lease is past its
end, or its holder counts as dead, anybody takes it. Claims of one endpoint are made one after the
other, so that none sees another half done; claims of different endpoints do not wait for each
other.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from wattyard.events.domain import Event
from wattyard.events.domain.deliveries import (
    ATTEMPTS_KEPT,
    PATIENCE,
    AttemptMade,
    ClaimedDelivery,
    Outcome,
)
from wattyard.events.domain.endpoints import KeptSecrets
from wattyard.events.store import workers
from wattyard.kernel.values import dataclass
from wattyard.platform.db import ReadConnection, WriteConnection

Lane = tuple[int, bool, UUID]
"""The deliveries to one endpoint."""

FIRST_LANE: Final[Lane] = (-1, False, UUID(int=0))
_CLAIMS: Final = 0x77656268
"""The advisory locks of claims, one for each endpoint."""
_LOOKED_AT: Final = 200
"""How many deliveries of an endpoint a claim looks at: those in turn are among the first, unless
very many wait for the retry of one, and then not for long."""


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """How much a worker takes: at most `limit`, from the lane after `after` on.

    `allowances` says how many of a known endpoint; of others it takes `proven` or `unproven`,
    as their last attempt succeeded or not. Those who are `dead` hold nothing.
    """

    after: Lane
    limit: int
    proven: int
    unproven: int
    allowances: Sequence[tuple[UUID, int]] = ()
    dead: Collection[UUID] = ()


_WAITING = """
    RECURSIVE waiting AS (
        (SELECT account, live_mode, endpoint_id FROM webhook_deliveries
         WHERE status = 'PENDING'
           AND (account, live_mode, endpoint_id) > ($1::integer, $2::boolean, $3::uuid)
         ORDER BY account, live_mode, endpoint_id LIMIT 1)
        UNION ALL
        SELECT next.* FROM waiting CROSS JOIN LATERAL (
            SELECT d.account, d.live_mode, d.endpoint_id FROM webhook_deliveries d
            WHERE d.status = 'PENDING' AND (d.account, d.live_mode, d.endpoint_id)
                > (waiting.account, waiting.live_mode, waiting.endpoint_id)
            ORDER BY d.account, d.live_mode, d.endpoint_id LIMIT 1) next
    )
"""
"""The endpoints with pending deliveries, one index probe each."""

_IN_TURN = """
    (d.attempts > 0 OR NOT EXISTS (
        SELECT FROM webhook_deliveries earlier
        WHERE earlier.account = d.account AND earlier.live_mode = d.live_mode
          AND earlier.endpoint_id = d.endpoint_id AND earlier.object_id = d.object_id
          AND earlier.status = 'PENDING' AND earlier.position < d.position
          AND (earlier.attempts = 0
               OR earlier.attempts = 1 AND d.due > $4::timestamptz - $5::interval)
          AND (earlier.due > $4 OR earlier.leased_until > $4 AND earlier.holder <> ALL($12::uuid[])
               OR (earlier.due, earlier.position) > (d.last_due, d.last_position))))
"""
"""No earlier event of the object is on its way, or waits for its first retry that is still
waited for (contract 5, Events). One that is free itself is claimed before this one, if it is
among those looked at: nothing is claimed before its `turn`."""

_TURN = """
    max(first.due) OVER (PARTITION BY first.object_id ORDER BY first.position) AS turn,
    first_value(first.due) OVER last_first AS last_due,
    first_value(first.position) OVER last_first AS last_position
"""
"""When a delivery's turn is, and which is the last that is looked at.

Events of an object are due by when their requests came, and written one after the other: requests
that came at once, at two nodes say, may write them in another order than that.
"""

_SHARE = """
    coalesce(($6::jsonb ->> e.id::text)::integer, CASE
        WHEN e.last_success IS NOT NULL AND e.failing_since IS NULL
        THEN $7::integer ELSE $8::integer END)
"""

_HOLD = f"""
    WITH {_WAITING}
    SELECT waiting.* FROM waiting CROSS JOIN LATERAL (
        SELECT FROM webhook_endpoints e
        WHERE e.account = waiting.account AND e.live_mode = waiting.live_mode
          AND e.id = waiting.endpoint_id AND e.enabled AND {_SHARE} > 0
          AND EXISTS (
            SELECT FROM accounts owner WHERE owner.account = waiting.account
              AND NOT owner.disabled AND owner.move_stage IS NULL)
          AND EXISTS (
            SELECT FROM webhook_deliveries d
            WHERE d.account = waiting.account AND d.live_mode = waiting.live_mode
              AND d.endpoint_id = waiting.endpoint_id AND d.status = 'PENDING' AND d.due <= $4
              AND (d.leased_until IS NULL OR d.leased_until <= $4
                   OR d.holder = ANY($10::uuid[])))
        LIMIT 1
    ) ready
    WHERE pg_try_advisory_xact_lock($5::integer, hashtext(waiting.endpoint_id::text))
    LIMIT $9
"""
"""The endpoints that something can be taken for, each held for this transaction.

Whoever cannot hold one at once passes it: another worker takes from it at this moment. The joins
are lateral, so that the endpoints are walked only as far as they are needed.
"""

_CLAIM = f"""
    WITH chosen AS (
        SELECT taken.*, endpoint.url, endpoint.account_id,
               endpoint.secret, endpoint.secret_encrypted, endpoint.previous_secret_encrypted,
               endpoint.previous_secret_until, endpoint.headers_encrypted, endpoint.proven
        FROM unnest($1::integer[], $2::boolean[], $3::uuid[])
            AS waiting (account, live_mode, endpoint_id)
        CROSS JOIN LATERAL (
            SELECT e.*, e.last_success IS NOT NULL AND e.failing_since IS NULL AS proven,
                   {_SHARE} AS share
            FROM webhook_endpoints e
            WHERE e.account = waiting.account AND e.live_mode = waiting.live_mode
              AND e.id = waiting.endpoint_id AND e.enabled
            LIMIT 1
        ) endpoint
        CROSS JOIN LATERAL (
            SELECT locked.account, locked.live_mode, locked.id, locked.endpoint_id,
                   locked.event_id, locked.attempts, locked.position
            FROM (
                SELECT first.*, {_TURN} FROM (
                    SELECT * FROM webhook_deliveries one
                    WHERE one.account = waiting.account AND one.live_mode = waiting.live_mode
                      AND one.endpoint_id = waiting.endpoint_id
                      AND one.status = 'PENDING' AND one.due <= $4
                    ORDER BY one.due, one.position LIMIT {_LOOKED_AT}
                ) first WINDOW last_first AS (ORDER BY first.due DESC, first.position DESC)
            ) d JOIN webhook_deliveries locked ON locked.account = d.account
                AND locked.live_mode = d.live_mode AND locked.id = d.id
            WHERE locked.status = 'PENDING' AND locked.due <= $4
              AND (locked.leased_until IS NULL OR locked.leased_until <= $4
                   OR locked.holder = ANY($12::uuid[]))
              AND {_IN_TURN}
            ORDER BY d.turn, d.position
            LIMIT endpoint.share
            FOR UPDATE OF locked SKIP LOCKED
        ) taken
        LIMIT $9
    )
    UPDATE webhook_deliveries held SET holder = $10, leased_until = $11
    FROM chosen JOIN events event ON event.account = chosen.account
        AND event.live_mode = chosen.live_mode AND event.id = chosen.event_id
    WHERE held.account = chosen.account AND held.live_mode = chosen.live_mode
      AND held.id = chosen.id
    RETURNING chosen.*, event.type, event.object_id, event.data, event.time_created
"""


async def claim(
    db: WriteConnection, holder: UUID, request: ClaimRequest, *, now: datetime, until: datetime
) -> list[ClaimedDelivery] | None:
    """Claim what is due and next in order, in the order of events. Needs a transaction.

    Where there is something, it gives a sign of life: None where the holder counts as dead.

    Endpoints are held first, by a statement of their own: what is in turn is then judged on all
    that others had taken from them before. The commit does not wait for the disk: a lease that is
    lost with the database lets another worker take the delivery, as one that lapses does.
    """
    await db.execute("SET LOCAL synchronous_commit = off")
    allowances = msgspec.json.encode({str(id_): share for id_, share in request.allowances})
    shares = (allowances.decode(), request.proven, request.unproven, request.limit)
    dead = list(request.dead)
    rows = await db.fetch(_HOLD, *request.after, now, _CLAIMS, *shares, dead)
    if not rows:
        return []
    if not await workers.sign(db, holder):
        return None
    lanes = [(row["account"], row["live_mode"], row["endpoint_id"]) for row in rows]
    rows = await db.fetch(_CLAIM, *_columns(lanes), now, PATIENCE, *shares, holder, until, dead)
    return sorted((_claimed(dict(row)) for row in rows), key=lambda delivery: delivery.position)


async def renew(
    db: WriteConnection, holder: UUID, deliveries: Collection[ClaimedDelivery], *, until: datetime
) -> set[UUID]:
    """Renew the leases of deliveries that are still held and may still be sent.

    Nothing more is sent to an endpoint that was disabled or has another address by now.
    """
    rows = await db.fetch(
        """
        UPDATE webhook_deliveries d SET leased_until = $5
        FROM unnest($1::integer[], $2::boolean[], $3::uuid[], $6::uuid[], $7::text[])
            AS mine (account, live_mode, id, endpoint_id, url)
        JOIN webhook_endpoints e ON e.account = mine.account AND e.live_mode = mine.live_mode
            AND e.id = mine.endpoint_id AND e.enabled AND e.url = mine.url
        JOIN accounts owner ON owner.account = mine.account AND NOT owner.disabled
            AND owner.move_stage IS NULL
        WHERE d.account = mine.account AND d.live_mode = mine.live_mode AND d.id = mine.id
          AND d.holder = $4
        RETURNING d.id
        """,
        *_columns([(one.account, one.live_mode, one.id) for one in deliveries]),
        holder,
        until,
        [one.endpoint_id for one in deliveries],
        [one.url for one in deliveries],
    )
    return {row["id"] for row in rows}


async def give_back(
    db: WriteConnection, holder: UUID, ids: Collection[tuple[int, bool, UUID]]
) -> None:
    """Release deliveries; nothing was attempted."""
    await db.execute(
        """
        UPDATE webhook_deliveries d SET holder = NULL, leased_until = NULL
        FROM unnest($1::integer[], $2::boolean[], $3::uuid[]) AS mine (account, live_mode, id)
        WHERE d.account = mine.account AND d.live_mode = mine.live_mode AND d.id = mine.id
          AND d.holder = $4
        """,
        *_columns(ids),
        holder,
    )


async def settle(db: WriteConnection, holder: UUID, outcomes: Sequence[Outcome]) -> None:
    """Write the outcomes of deliveries that are still held."""
    await db.execute(
        """
        UPDATE webhook_deliveries d
        SET status = o.status, attempts = d.attempts + 1, due = o.due, last_attempt = o.time,
            status_code = o.status_code, error = o.error, holder = NULL, leased_until = NULL,
            attempts_made = CASE
                WHEN d.attempts_made IS NULL AND o.status = 'SUCCEEDED' THEN NULL
                WHEN jsonb_array_length(d.attempts_made) >= $11
                THEN (d.attempts_made - 0) || o.attempt
                ELSE coalesce(d.attempts_made, '[]') || o.attempt END
        FROM unnest($1::integer[], $2::boolean[], $3::uuid[], $5::text[], $6::timestamptz[],
                    $7::timestamptz[], $8::smallint[], $9::text[], $10::jsonb[])
            AS o (account, live_mode, id, status, due, time, status_code, error, attempt)
        WHERE d.account = o.account AND d.live_mode = o.live_mode AND d.id = o.id
          AND d.holder = $4
        """,
        *_columns([(o.delivery.account, o.delivery.live_mode, o.delivery.id) for o in outcomes]),
        holder,
        [o.status for o in outcomes],
        [o.due for o in outcomes],
        [o.time for o in outcomes],
        [o.reply.status_code for o in outcomes],
        [o.reply.error for o in outcomes],
        [_attempt(o) for o in outcomes],
        ATTEMPTS_KEPT,
    )


def _attempt(ended: Outcome) -> str:
    reply = ended.reply
    made = AttemptMade(ended.time, round(reply.seconds, 3), reply.status_code, reply.error)
    return msgspec.json.encode([made]).decode()


async def note_successes(db: WriteConnection, lanes: Collection[Lane], now: datetime) -> None:
    """Note that endpoints succeeded; once in ten minutes is exact enough."""
    await db.execute(
        """
        UPDATE webhook_endpoints e SET failing_since = NULL, last_success = $4
        FROM unnest($1::integer[], $2::boolean[], $3::uuid[]) AS one (account, live_mode, id)
        WHERE e.account = one.account AND e.live_mode = one.live_mode AND e.id = one.id
          AND (e.failing_since IS NOT NULL OR e.last_success IS NULL
               OR e.last_success < $4::timestamptz - interval '10 minutes')
        """,
        *_columns(lanes),
        now,
    )


async def note_failures(
    db: WriteConnection, lanes: Collection[Lane], now: datetime, *, longest: timedelta
) -> list[Lane]:
    """Note since when endpoints fail; gives those that have failed for `longest`."""
    rows = await db.fetch(
        """
        WITH failing AS (
            SELECT e.account, e.live_mode, e.id, e.failing_since
            FROM unnest($1::integer[], $2::boolean[], $3::uuid[]) AS one (account, live_mode, id)
            JOIN webhook_endpoints e ON e.account = one.account
                AND e.live_mode = one.live_mode AND e.id = one.id
        ), begun AS (
            UPDATE webhook_endpoints e SET failing_since = $4 FROM failing
            WHERE e.account = failing.account AND e.live_mode = failing.live_mode
              AND e.id = failing.id AND e.failing_since IS NULL
        )
        SELECT account, live_mode, id FROM failing
        WHERE failing_since <= $4::timestamptz - $5::interval
        """,
        *_columns(lanes),
        now,
        longest,
    )
    return [(row["account"], row["live_mode"], row["id"]) for row in rows]


async def account_id_of(db: ReadConnection, lane: Lane) -> UUID | None:
    """Read which account an endpoint belongs to, as clients call it."""
    id_: UUID | None = await db.fetchval(
        """
        SELECT account_id FROM webhook_endpoints
        WHERE account = $1 AND live_mode = $2 AND id = $3
        """,
        *lane,
    )
    return id_


async def forget_stray(db: WriteConnection) -> None:
    """Delete the pending deliveries of endpoints that are gone.

    Events recorded while their endpoint was being deleted leave them behind. Those of an account
    that is arriving from another cell wait for their endpoints.
    """
    await db.execute(
        f"""
        WITH {_WAITING}
        DELETE FROM webhook_deliveries d USING waiting
        WHERE d.account = waiting.account AND d.live_mode = waiting.live_mode
          AND d.endpoint_id = waiting.endpoint_id AND d.status = 'PENDING'
          AND NOT EXISTS (
            SELECT FROM webhook_endpoints e WHERE e.account = waiting.account
              AND e.live_mode = waiting.live_mode AND e.id = waiting.endpoint_id)
          AND EXISTS (SELECT FROM accounts owner
                      WHERE owner.account = d.account AND owner.move_stage IS NULL)
        """,
        *FIRST_LANE,
    )


async def accounts_with_events(db: ReadConnection) -> list[tuple[int, bool]]:
    """List the accounts and modes that have events and do not move, one index probe each."""
    rows = await db.fetch(
        """
        WITH RECURSIVE found AS (
            (SELECT account, live_mode FROM events ORDER BY account, live_mode LIMIT 1)
            UNION ALL
            SELECT next.* FROM found CROSS JOIN LATERAL (
                SELECT e.account, e.live_mode FROM events e
                WHERE (e.account, e.live_mode) > (found.account, found.live_mode)
                ORDER BY e.account, e.live_mode LIMIT 1) next
        )
        SELECT account, live_mode FROM found
        WHERE EXISTS (SELECT FROM accounts owner
                      WHERE owner.account = found.account AND owner.move_stage IS NULL)
        """
    )
    return [(row["account"], row["live_mode"]) for row in rows]


def _columns(ids: Collection[tuple[int, bool, UUID]]) -> tuple[list[int], list[bool], list[UUID]]:
    return [id_[0] for id_ in ids], [id_[1] for id_ in ids], [id_[2] for id_ in ids]


def _claimed(row: dict[str, Any]) -> ClaimedDelivery:
    event = Event(
        row.pop("event_id"),
        row.pop("type"),
        row.pop("object_id"),
        row.pop("data"),
        row.pop("time_created"),
    )
    secrets = KeptSecrets(
        row.pop("secret"),
        row.pop("secret_encrypted"),
        row.pop("previous_secret_encrypted"),
        row.pop("previous_secret_until"),
        row.pop("headers_encrypted"),
    )
    return ClaimedDelivery(event=event, secrets=secrets, **row)
