"""The SQL of people and their memberships."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from wattyard.people.domain import Member, Membership, Person, Role
from wattyard.platform.db import ReadConnection, WriteConnection

PERSON: Final = """
    people.id, people.email, people.name, people.is_operator, people.language,
    people.time_created, people.disabled, people.password_hash IS NOT NULL AS has_password
"""


async def add(db: WriteConnection, person: Person) -> bool:
    """Add a person; False where somebody has the e-mail address."""
    done: str = await db.execute(
        """
        INSERT INTO people (id, email, name, is_operator, language, time_created)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (email) DO NOTHING
        """,
        person.id,
        person.email,
        person.name,
        person.is_operator,
        person.language,
        person.time_created,
    )
    return done != "INSERT 0 0"


async def by_email(db: ReadConnection, email: str) -> Person | None:
    """Find a person by the normal form of their e-mail address."""
    row = await db.fetchrow(f"SELECT {PERSON} FROM people WHERE email = $1", email)
    return None if row is None else person_of(row)


async def by_id(db: ReadConnection, id_: UUID) -> Person | None:
    """Find a person."""
    row = await db.fetchrow(f"SELECT {PERSON} FROM people WHERE id = $1", id_)
    return None if row is None else person_of(row)


async def with_password(db: ReadConnection, email: str) -> tuple[Person, str | None] | None:
    """Find a person and the hash of their password."""
    row = await db.fetchrow(f"SELECT {PERSON}, password_hash FROM people WHERE email = $1", email)
    return None if row is None else (person_of(row), row["password_hash"])


async def everybody(db: ReadConnection) -> list[tuple[Person, tuple[Membership, ...]]]:
    """List all people by their address, with their accounts."""
    rows = await db.fetch(
        f"""
        SELECT {PERSON}, account, role, accounts.id AS account_id, accounts.name AS account_name
        FROM people
        LEFT JOIN memberships ON person_id = people.id LEFT JOIN accounts USING (account)
        ORDER BY people.email, accounts.name, account
        """
    )
    found: dict[UUID, tuple[Person, list[Membership]]] = {}
    for row in rows:
        _, memberships = found.setdefault(row["id"], (person_of(row), []))
        if row["account"] is not None:
            memberships.append(
                Membership(
                    row["account"], row["account_id"], row["account_name"], Role(row["role"])
                )
            )
    return [(person, tuple(memberships)) for person, memberships in found.values()]


async def memberships_of(db: ReadConnection, person_id: UUID) -> list[Membership]:
    """List the accounts of a person, disabled ones too."""
    rows = await db.fetch(
        """
        SELECT account, accounts.id AS account_id, accounts.name AS account_name, role
        FROM memberships JOIN accounts USING (account) WHERE person_id = $1 ORDER BY account
        """,
        person_id,
    )
    return [
        Membership(row["account"], row["account_id"], row["account_name"], Role(row["role"]))
        for row in rows
    ]


async def describe(db: WriteConnection, id_: UUID, name: str, language: str) -> bool:
    """Change how a person is called and their language; False where there is nobody."""
    done: str = await db.execute(
        "UPDATE people SET name = $2, language = $3 WHERE id = $1", id_, name, language
    )
    return done != "UPDATE 0"


async def make_operator(db: WriteConnection, id_: UUID) -> None:
    """Make a person an operator of the server."""
    await db.execute("UPDATE people SET is_operator = true WHERE id = $1", id_)


async def disable(db: WriteConnection, id_: UUID) -> None:
    """Disable a person."""
    await db.execute("UPDATE people SET disabled = true WHERE id = $1", id_)


async def enable(db: WriteConnection, id_: UUID) -> None:
    """Enable a person."""
    await db.execute("UPDATE people SET disabled = false WHERE id = $1", id_)


async def hold(db: WriteConnection, id_: UUID, password_hash: str) -> bool:
    """Keep a person and their password as they are until the transaction ends.

    False where they are gone or disabled, or have another password.
    """
    found = await db.fetchval(
        """
        SELECT true FROM people WHERE id = $1 AND password_hash = $2 AND NOT disabled FOR SHARE
        """,
        id_,
        password_hash,
    )
    return found is not None


async def set_password(db: WriteConnection, id_: UUID, password_hash: str) -> None:
    """Set the hash of a person's password."""
    await db.execute("UPDATE people SET password_hash = $2 WHERE id = $1", id_, password_hash)


async def delete(db: WriteConnection, id_: UUID) -> None:
    """Delete a person with their memberships and sessions."""
    await db.execute("DELETE FROM people WHERE id = $1", id_)


async def accounts_owned_alone(db: WriteConnection, person_id: UUID) -> list[str]:
    """Name the accounts whose only owner a person is, and lock the memberships of their owners."""
    rows = await db.fetch(
        """
        SELECT account, accounts.name, person_id
        FROM memberships JOIN accounts USING (account)
        WHERE role = 3 AND account IN (
            SELECT account FROM memberships WHERE person_id = $1 AND role = 3
        )
        ORDER BY account, person_id FOR UPDATE OF memberships
        """,
        person_id,
    )
    shared = {row["account"] for row in rows if row["person_id"] != person_id}
    return [row["name"] for row in rows if row["account"] not in shared]


async def members(db: ReadConnection, account: int) -> list[Member]:
    """List the members of an account by their address."""
    rows = await db.fetch(
        f"""
        SELECT {PERSON}, role, memberships.time_created AS member_since
        FROM memberships JOIN people ON person_id = people.id
        WHERE account = $1 ORDER BY people.email
        """,
        account,
    )
    return [Member(person_of(row), Role(row["role"]), row["member_since"]) for row in rows]


async def owners(db: WriteConnection, account: int) -> list[UUID]:
    """List the owners of an account, and lock their memberships."""
    rows = await db.fetch(
        """
        SELECT person_id FROM memberships WHERE account = $1 AND role = 3
        ORDER BY person_id FOR UPDATE
        """,
        account,
    )
    return [row["person_id"] for row in rows]


async def role_of(db: ReadConnection, account: int, person_id: UUID) -> Role | None:
    """Read the role of a person in an account."""
    role = await db.fetchval(
        "SELECT role FROM memberships WHERE account = $1 AND person_id = $2", account, person_id
    )
    return None if role is None else Role(role)


async def join(
    db: WriteConnection, account: int, person_id: UUID, role: Role, now: datetime
) -> bool:
    """Make a person a member of an account; False where they are one, and keep their role."""
    done: str = await db.execute(
        """
        INSERT INTO memberships (account, person_id, role, time_created) VALUES ($1, $2, $3, $4)
        ON CONFLICT (account, person_id) DO NOTHING
        """,
        account,
        person_id,
        role,
        now,
    )
    return done != "INSERT 0 0"


async def set_role(db: WriteConnection, account: int, person_id: UUID, role: Role) -> None:
    """Change the role of a member."""
    await db.execute(
        "UPDATE memberships SET role = $3 WHERE account = $1 AND person_id = $2",
        account,
        person_id,
        role,
    )


async def leave(db: WriteConnection, account: int, person_id: UUID) -> None:
    """End a membership."""
    await db.execute(
        "DELETE FROM memberships WHERE account = $1 AND person_id = $2", account, person_id
    )


def person_of(row: Mapping[str, Any]) -> Person:
    """Read a person from the columns of `PERSON`."""
    return Person(
        row["id"],
        row["email"],
        row["name"],
        row["is_operator"],
        row["language"],
        row["time_created"],
        row["disabled"],
        row["has_password"],
    )


async def only_here(db: ReadConnection, account: int) -> list[UUID]:
    """List the members of an account who have no other account and do not run the server."""
    rows = await db.fetch(
        """
        SELECT id FROM memberships JOIN people ON person_id = people.id
        WHERE account = $1 AND NOT is_operator AND NOT EXISTS (
            SELECT FROM memberships other
            WHERE other.person_id = people.id AND other.account <> $1)
        """,
        account,
    )
    return [row["id"] for row in rows]


async def leave_all(db: WriteConnection, account: int) -> list[UUID]:
    """End the memberships of an account, and hold those who had one: their ids."""
    rows = await db.fetch(
        """
        SELECT id FROM people WHERE id IN (SELECT person_id FROM memberships WHERE account = $1)
        ORDER BY id FOR UPDATE
        """,
        account,
    )
    await db.execute("DELETE FROM memberships WHERE account = $1", account)
    return [row["id"] for row in rows]


async def delete_without_account(db: WriteConnection, ids: Collection[UUID]) -> int:
    """Delete those of some people who are held that have no account, with the operator's links.

    Invitations to other accounts are theirs, and stay.
    """
    rows = await db.fetch(
        """
        DELETE FROM people WHERE id = ANY($1) AND NOT is_operator AND NOT EXISTS (
            SELECT FROM memberships WHERE person_id = people.id)
        RETURNING email
        """,
        list(ids),
    )
    emails = [row["email"] for row in rows]
    await db.execute("DELETE FROM person_links WHERE email = ANY($1) AND account IS NULL", emails)
    return len(emails)
