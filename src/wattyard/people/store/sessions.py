"""The SQL of sessions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from wattyard.people.domain import Membership, Person, PersonSession, Role, SignedIn
from wattyard.platform.db import ReadConnection, WriteConnection

_SESSION = "id, person_id, address, user_agent, time_created, last_seen, by_link"


async def add(db: WriteConnection, session: PersonSession, token_hash: bytes) -> None:
    """Add a session by the hash of its token."""
    await db.execute(
        f"INSERT INTO person_sessions (token_hash, {_SESSION}) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        token_hash,
        session.id,
        session.person_id,
        session.address,
        session.user_agent,
        session.time_created,
        session.last_seen,
        session.by_link,
    )


async def cell(db: ReadConnection) -> int | None:
    """Read which cell this database is; None where there are no cells."""
    number: int | None = await db.fetchval("SELECT number FROM cells")
    return number


async def signed_in(db: ReadConnection, token_hash: bytes) -> tuple[PersonSession, SignedIn] | None:
    """Find a session by the hash of its token, with its person and the accounts they may see."""
    row = await db.fetchrow(
        f"""
        SELECT {_SESSION}, email, name, is_operator, language, disabled, person_time, has_password
        FROM person_sessions JOIN (
            SELECT id AS person_id, email, name, is_operator, language, disabled,
                   time_created AS person_time, password_hash IS NOT NULL AS has_password
            FROM people
        ) AS persons USING (person_id)
        WHERE token_hash = $1
        """,
        token_hash,
    )
    if row is None:
        return None
    rows = await db.fetch(
        """
        SELECT account, accounts.id AS account_id, accounts.name AS account_name, role
        FROM memberships JOIN accounts USING (account)
        WHERE person_id = $1 AND NOT accounts.disabled
          AND coalesce(move_stage, 'DRAINING') = 'DRAINING'
        ORDER BY accounts.name, account
        """,
        row["person_id"],
    )
    person = Person(
        row["person_id"],
        row["email"],
        row["name"],
        row["is_operator"],
        row["language"],
        row["person_time"],
        row["disabled"],
        row["has_password"],
    )
    found = tuple(
        Membership(one["account"], one["account_id"], one["account_name"], Role(one["role"]))
        for one in rows
    )
    return _session(row), SignedIn(row["id"], person, found, row["by_link"])


async def touch(db: WriteConnection, session_id: UUID, now: datetime) -> None:
    """Note that a session is used; once a minute is exact enough."""
    await db.execute(
        """
        UPDATE person_sessions SET last_seen = $2
        WHERE id = $1 AND last_seen < $2::timestamptz - interval '1 minute'
        """,
        session_id,
        now,
    )


async def of_person(db: ReadConnection, person_id: UUID, since: datetime) -> list[PersonSession]:
    """List the sessions of a person that were seen since an instant, newest first."""
    rows = await db.fetch(
        f"""
        SELECT {_SESSION} FROM person_sessions
        WHERE person_id = $1 AND last_seen > $2 ORDER BY id DESC
        """,
        person_id,
        since,
    )
    return [_session(row) for row in rows]


async def end(db: WriteConnection, person_id: UUID, session_id: UUID) -> bool:
    """End a session of a person; False where there is none."""
    done: str = await db.execute(
        "DELETE FROM person_sessions WHERE person_id = $1 AND id = $2", person_id, session_id
    )
    return done != "DELETE 0"


async def end_all(db: WriteConnection, person_id: UUID, besides: UUID | None) -> None:
    """End the sessions of a person, besides one."""
    await db.execute(
        "DELETE FROM person_sessions WHERE person_id = $1 AND id IS DISTINCT FROM $2",
        person_id,
        besides,
    )


async def forget(db: WriteConnection, seen_before: datetime) -> None:
    """Delete the sessions that were not seen since an instant."""
    await db.execute("DELETE FROM person_sessions WHERE last_seen <= $1", seen_before)


def _session(row: Mapping[str, Any]) -> PersonSession:
    return PersonSession(
        row["id"],
        row["person_id"],
        row["address"],
        row["user_agent"],
        row["time_created"],
        row["last_seen"],
        row["by_link"],
    )
