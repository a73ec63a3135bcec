"""The SQL of kept plans."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg

from wattyard.kernel.callers import Caller
from wattyard.platform.db import ReadConnection, WriteConnection
from wattyard.schedules.domain.by_amount.kept_plans import DuePlan, KeptPlan, PlannedAnew

_LEAST, _GREATEST = UUID(int=0), UUID(int=2**128 - 1)
_OF_A_DEVICE: Final = """
    EXISTS (SELECT FROM kept_plan_devices d
            WHERE d.account = $1 AND d.live_mode = $2 AND d.plan_id = p.id OFFSET 0)
"""
"""A plan whose devices were deleted, or planned anew at another site, is no device's newest."""
_COLUMNS: Final = [
    "id",
    "kind",
    "site_id",
    "request",
    "time_asked",
    "until",
    "sources",
    "answer",
    "time_made",
]


async def keep(
    db: WriteConnection, account: int, live: bool, plan: KeptPlan, device_ids: Collection[UUID]
) -> None:
    """Keep a plan as the newest of its devices; those that are no device's newest are deleted."""
    await db.execute(
        """
        INSERT INTO kept_plans (account, live_mode, id, kind, site_id, request, time_asked, until,
                                sources, answer, time_made, time_tried)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
        """,
        account,
        live,
        plan.id,
        plan.kind,
        plan.site_id,
        plan.request,
        plan.time_asked,
        plan.until,
        list(plan.sources),
        plan.answer,
        plan.time_made,
    )
    await db.execute(
        """
        INSERT INTO kept_plan_devices (account, live_mode, device_id, plan_id)
        SELECT $1, $2, device_id, $3 FROM unnest($4::uuid[]) AS d (device_id) ORDER BY device_id
        ON CONFLICT (account, live_mode, device_id) DO UPDATE SET plan_id = excluded.plan_id
        """,
        account,
        live,
        plan.id,
        sorted(set(device_ids)),
    )
    await db.execute(
        """
        DELETE FROM kept_plans p WHERE account = $1 AND live_mode = $2 AND site_id = $3
          AND NOT EXISTS (
              SELECT FROM kept_plan_devices d
              WHERE d.account = $1 AND d.live_mode = $2 AND d.plan_id = p.id)
        """,
        account,
        live,
        plan.site_id,
    )


async def of_device(
    db: ReadConnection, account: int, live: bool, device_id: UUID
) -> KeptPlan | None:
    """Find the newest plan of a device."""
    row = await db.fetchrow(
        f"""
        SELECT {", ".join(f"p.{name}" for name in _COLUMNS)}
        FROM kept_plan_devices d
        JOIN kept_plans p ON p.account = $1 AND p.live_mode = $2 AND p.id = d.plan_id
        WHERE d.account = $1 AND d.live_mode = $2 AND d.device_id = $3
        """,
        account,
        live,
        device_id,
    )
    return None if row is None else _plan(row)


async def devices_of(db: ReadConnection, account: int, live: bool, plan_id: UUID) -> list[UUID]:
    """List the devices that a plan is the newest of."""
    rows = await db.fetch(
        """
        SELECT device_id FROM kept_plan_devices
        WHERE account = $1 AND live_mode = $2 AND plan_id = $3
        """,
        account,
        live,
        plan_id,
    )
    return [row["device_id"] for row in rows]


async def sites(
    db: ReadConnection,
    account: int,
    live: bool,
    after: UUID | None,
    *,
    backwards: bool,
    limit: int,
) -> list[UUID]:
    """List sites that have kept plans, newest first, after one of them; `backwards` before it.

    Read from the index in its order: what a page costs does not grow with the account.
    """
    comparison, order = (">", "ASC") if backwards else ("<", "DESC")
    rows = await db.fetch(
        f"""
        SELECT site_id FROM kept_plans p
        WHERE account = $1 AND live_mode = $2 AND site_id {comparison} $3 AND {_OF_A_DEVICE}
        GROUP BY site_id ORDER BY site_id {order} LIMIT $4
        """,
        account,
        live,
        after or (_LEAST if backwards else _GREATEST),
        limit,
    )
    return [row["site_id"] for row in rows]


async def sites_among(
    db: ReadConnection, account: int, live: bool, site_ids: Collection[UUID]
) -> set[UUID]:
    """Find which of some sites have kept plans."""
    # OFFSET 0 has PostgreSQL ask for each of them, however many plans there are.
    rows = await db.fetch(
        f"""
        SELECT wanted.site_id FROM unnest($3::uuid[]) AS wanted (site_id)
        WHERE EXISTS (
            SELECT FROM kept_plans p
            WHERE account = $1 AND live_mode = $2 AND site_id = wanted.site_id AND {_OF_A_DEVICE}
            OFFSET 0)
        """,
        account,
        live,
        list(site_ids),
    )
    return {row["site_id"] for row in rows}


async def replace_answer(
    db: WriteConnection, account: int, live: bool, plan_id: UUID, anew: PlannedAnew, made: datetime
) -> None:
    """Put what is left of a request and its answer in the place of a plan's, if it is there."""
    await db.execute(
        """
        UPDATE kept_plans SET request = $4, answer = $5, time_made = $6, claimed_until = NULL
        WHERE account = $1 AND live_mode = $2 AND id = $3
        """,
        account,
        live,
        plan_id,
        anew.request,
        anew.answer,
        made,
    )


async def release(db: WriteConnection, account: int, live: bool, plan_id: UUID) -> None:
    """Leave a claimed plan as it is until its sources publish again."""
    await db.execute(
        """
        UPDATE kept_plans SET claimed_until = NULL
        WHERE account = $1 AND live_mode = $2 AND id = $3
        """,
        account,
        live,
        plan_id,
    )


async def claim_due(
    db: WriteConnection,
    now: datetime,
    published: Mapping[UUID, datetime],
    lease: timedelta,
    most: int,
) -> list[DuePlan]:
    """Claim plans of every account whose market sources published since they were last tried.

    `published` is when each source did. A claimed plan is passed over until the lease ends; then
    whoever claimed it has not come to an end with it, and it is claimed again.
    """
    rows = await db.fetch(
        f"""
        WITH due AS (
            SELECT account, live_mode, id FROM kept_plans p
            WHERE until > $1 AND (claimed_until < $1 OR claimed_until IS NULL AND EXISTS (
                  SELECT FROM unnest($2::uuid[], $3::timestamptz[]) AS s (id, published)
                  WHERE s.id = ANY(p.sources) AND s.published > p.time_tried))
              AND EXISTS (SELECT FROM accounts a
                          WHERE a.account = p.account AND a.move_stage IS NULL)
            ORDER BY time_tried LIMIT $5 FOR UPDATE SKIP LOCKED
        )
        UPDATE kept_plans p SET time_tried = $1, claimed_until = $4
        FROM due, accounts a
        WHERE p.account = due.account AND p.live_mode = due.live_mode AND p.id = due.id
          AND a.account = p.account
        RETURNING p.account, a.id AS account_id, p.live_mode,
                  {", ".join(f"p.{name}" for name in _COLUMNS)}
        """,
        now,
        list(published),
        list(published.values()),
        now + lease,
        most,
    )
    return [
        DuePlan(Caller(row["account"], row["account_id"], row["live_mode"]), _plan(row))
        for row in rows
    ]


async def forget(db: WriteConnection, before: datetime) -> None:
    """Delete plans of every account whose last deadline was before an instant."""
    await db.execute(
        """
        DELETE FROM kept_plans p WHERE until < $1
          AND EXISTS (SELECT FROM accounts a
                      WHERE a.account = p.account AND a.move_stage IS NULL)
        """,
        before,
    )


def _plan(row: asyncpg.Record) -> KeptPlan:
    return KeptPlan(**{name: row[name] for name in _COLUMNS})
