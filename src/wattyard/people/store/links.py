"""The SQL of one-time links."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from wattyard.people.domain import Invitation, OneTimeLink, Role
from wattyard.platform.db import ReadConnection, WriteConnection

_LINK = """
    id, email, name, account, role, makes_operator, signs_in, time_created, time_expiry, time_used
"""


async def add(db: WriteConnection, link: OneTimeLink, token_hash: bytes) -> None:
    """Add a link by the hash of its token."""
    given = link.invitation
    await db.execute(
        f"""
        INSERT INTO person_links (token_hash, {_LINK})
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        token_hash,
        link.id,
        given.email,
        given.name,
        given.account,
        given.role,
        given.makes_operator,
        given.signs_in,
        link.time_created,
        link.time_expiry,
        link.time_used,
    )


async def by_token(db: ReadConnection, token_hash: bytes) -> OneTimeLink | None:
    """Find a link by the hash of its token."""
    row = await db.fetchrow(f"SELECT {_LINK} FROM person_links WHERE token_hash = $1", token_hash)
    return None if row is None else _link(row)


async def use_up(db: WriteConnection, token_hash: bytes, now: datetime) -> OneTimeLink | None:
    """Take a link out of use; None where it is not good any more, or was never there."""
    row = await db.fetchrow(
        f"""
        UPDATE person_links SET time_used = $2
        WHERE token_hash = $1 AND time_used IS NULL AND time_expiry > $2 RETURNING {_LINK}
        """,
        token_hash,
        now,
    )
    return None if row is None else _link(row)


async def end(db: WriteConnection, email: str) -> None:
    """Delete the links of an e-mail address that were not used."""
    await db.execute("DELETE FROM person_links WHERE email = $1 AND time_used IS NULL", email)


async def end_of(db: WriteConnection, account: int, email: str) -> None:
    """Delete the invitations of an e-mail address to an account that were not used."""
    await db.execute(
        "DELETE FROM person_links WHERE account = $1 AND email = $2 AND time_used IS NULL",
        account,
        email,
    )


async def end_all_of(db: WriteConnection, account: int) -> None:
    """Delete the invitations to an account that were not used."""
    await db.execute("DELETE FROM person_links WHERE account = $1 AND time_used IS NULL", account)


async def forget(db: WriteConnection, expired_before: datetime) -> None:
    """Delete the links that expired before an instant."""
    await db.execute("DELETE FROM person_links WHERE time_expiry < $1", expired_before)


async def open_of(db: ReadConnection, account: int, now: datetime) -> list[OneTimeLink]:
    """List the invitations to an account that can still be used, newest first."""
    rows = await db.fetch(
        f"""
        SELECT {_LINK} FROM person_links
        WHERE account = $1 AND time_used IS NULL AND time_expiry > $2 ORDER BY id DESC
        """,
        account,
        now,
    )
    return [_link(row) for row in rows]


async def withdraw(db: WriteConnection, account: int, id_: UUID) -> OneTimeLink | None:
    """Delete an invitation to an account; None where there is none."""
    row = await db.fetchrow(
        f"""
        DELETE FROM person_links WHERE account = $1 AND id = $2 AND time_used IS NULL
        RETURNING {_LINK}
        """,
        account,
        id_,
    )
    return None if row is None else _link(row)


def _link(row: Mapping[str, Any]) -> OneTimeLink:
    role = row["role"]
    return OneTimeLink(
        row["id"],
        Invitation(
            row["email"],
            row["name"],
            row["account"],
            None if role is None else Role(role),
            row["makes_operator"],
            row["signs_in"],
        ),
        row["time_created"],
        row["time_expiry"],
        row["time_used"],
    )
