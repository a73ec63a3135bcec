"""The last step at the target: members, the numbers that continue, and the account's row."""

import asyncio
from typing import Final
from uuid import UUID

from wattyard.app.cells.clusters import MovingAccount
from wattyard.app.cells.tables import MOVED, SEQUENCES
from wattyard.kernel.moves import MoveRefused
from wattyard.platform.db.sessions import OpenSession

_MARGIN: Final = 1_000_000
"""Nobody draws as many numbers while a sequence is raised."""
_AT_ONCE: Final = 10_000
_ACCOUNT: Final = "account, id, name, disabled, last_disabled, time_created"


async def raise_sequences(source: OpenSession, target: OpenSession) -> None:
    """Have the target number what comes next above all numbers of the source.

    A sequence is only ever set far above where it is, so that numbers drawn meanwhile by others
    are not given twice.
    """
    question = " UNION ALL ".join(
        f"SELECT '{name}' AS name, "  # noqa: S608 (our own names)
        f"CASE WHEN is_called THEN last_value ELSE 0 END AS drawn FROM {name}"
        for name in SEQUENCES
    )
    here, there = await asyncio.gather(source.fetch(question), target.fetch(question))
    present = {row["name"]: row["drawn"] for row in there}
    for row in here:
        if present[row["name"]] < row["drawn"]:
            await target.execute(
                "SELECT setval($1::regclass, $2::bigint)", row["name"], row["drawn"] + _MARGIN
            )


async def open_account(source: OpenSession, target: OpenSession, account: MovingAccount) -> None:
    """Open the account at the target, in one transaction: from its commit on, it is served there.

    Raises:
        MoveRefused: when the move was aborted meanwhile.
    """
    row = await source.fetchrow(
        f"SELECT {_ACCOUNT} FROM accounts WHERE account = $1",  # noqa: S608
        account.number,
    )
    if row is None:
        raise MoveRefused("the account was deleted at the source")
    async with target.transaction():
        there = "SELECT 1 FROM account_moves WHERE account = $1 FOR UPDATE"
        if not await target.fetchval(there, account.number):
            raise MoveRefused("the move was aborted meanwhile; the source serves the account")
        await target.execute(
            f"""
            INSERT INTO accounts ({_ACCOUNT}) OVERRIDING SYSTEM VALUE
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account) DO NOTHING
            """,  # noqa: S608 (our own names)
            *row,
        )
        await _members(source, target, account)


async def _members(source: OpenSession, target: OpenSession, account: MovingAccount) -> None:
    """Give the account its members.

    Somebody who is known at the target by their e-mail address stays who they are there, with the
    password that they have there; others are added, as no operators.
    """
    rows = await source.fetch(
        """
        SELECT p.id, p.email, p.name, p.disabled, p.language, p.password_hash, p.time_created,
               m.role, m.time_created AS member_since
        FROM memberships m JOIN people p ON p.id = m.person_id WHERE m.account = $1
        ORDER BY p.email
        """,
        account.number,
    )
    for row in rows:
        await target.execute(
            """
            INSERT INTO people (id, email, name, disabled, language, password_hash, time_created)
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
            """,
            *tuple(row.values())[:7],
        )
        person: UUID | None = await target.fetchval(
            "SELECT id FROM people WHERE email = $1", row["email"]
        )
        if person is None:
            raise MoveRefused(
                f"{row['email']} has changed their e-mail address in one of the cells: their "
                "number is another person's at the target. Nothing was switched"
            )
        await target.execute(
            """
            INSERT INTO memberships (account, person_id, role, time_created)
            VALUES ($1, $2, $3, $4) ON CONFLICT (account, person_id) DO NOTHING
            """,
            account.number,
            person,
            row["role"],
            row["member_since"],
        )


async def is_open(target: OpenSession, account: MovingAccount) -> bool:
    """Whether the account is served at the target; waits for a run that died as it opened it."""
    async with target.transaction():
        await _wait_for_opener(target, account)
        found = await target.fetchval(
            "SELECT 1 FROM accounts WHERE account = $1 AND id = $2 AND move_stage IS NULL",
            account.number,
            account.id,
        )
    return found is not None


async def is_there(target: OpenSession, account: MovingAccount) -> bool:
    """Whether the account was opened at the target, even if it is moving on from there."""
    found = await target.fetchval("SELECT 1 FROM accounts WHERE account = $1", account.number)
    return found is not None


async def was_opened(target: OpenSession, account: MovingAccount) -> bool:
    """Whether the account was opened at the target, also where that is being committed now."""
    async with target.transaction():
        await _wait_for_opener(target, account)
        return await is_there(target, account)


async def _wait_for_opener(target: OpenSession, account: MovingAccount) -> None:
    """Wait until nobody is opening the account: its commit may outlast who asked for it."""
    await target.execute("SELECT FROM account_moves WHERE account = $1 FOR UPDATE", account.number)


async def bar(target: OpenSession, account: MovingAccount) -> None:
    """Keep whoever else may still be moving the account from opening it.

    Raises:
        MoveRefused: when it is open there already.
    """
    async with target.transaction():
        await target.execute("DELETE FROM account_moves WHERE account = $1", account.number)
        if await is_there(target, account):
            raise MoveRefused(
                "the target serves the account already: run the command again, without --abort, "
                "to end the move"
            )


async def clear(target: OpenSession, account: MovingAccount) -> None:
    """Delete what was copied of an account that is not open at the target."""
    for table in reversed(MOVED):
        deleted = "DELETE 1"
        while deleted != "DELETE 0":
            deleted = await target.execute(
                f"DELETE FROM {table.name} WHERE ctid = ANY(ARRAY("  # noqa: S608 (our own names)
                f"SELECT ctid FROM {table.name} WHERE account = $1 LIMIT {_AT_ONCE}))"
                " AND account = $1",
                account.number,
            )
