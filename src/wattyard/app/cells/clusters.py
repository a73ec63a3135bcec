"""Connections to the databases of two cells, and what is asked of either."""

import os
from urllib.parse import quote, urlsplit
from uuid import UUID

from wattyard.kernel.values import dataclass
from wattyard.platform.db.sessions import OpenSession


@dataclass(frozen=True, slots=True)
class MovingAccount:
    """The account that moves, as its row at the source has it."""

    number: int
    id: UUID
    stage: str | None

    @property
    def name(self) -> str:
        """What is made for the move is called this, at either side."""
        return f"wattyard_move_{self.number}"


async def account_of(db: OpenSession, account_id: UUID) -> MovingAccount | None:
    """Find the account in a cell; None where it is not there."""
    row = await db.fetchrow(
        "SELECT account, id, move_stage FROM accounts WHERE id = $1", account_id
    )
    return None if row is None else MovingAccount(*row)


def for_libpq(url: str) -> str:
    """Write an address for the target's server, which reads it as libpq does.

    A password that asyncpg takes from PGPASSWORD is not known there.
    """
    password = os.environ.get("PGPASSWORD")
    parts = urlsplit(url)
    if password and parts.username and parts.password is None:
        return url.replace(f"{parts.username}@", f"{parts.username}:{quote(password, safe='')}@", 1)
    return url


def quoted(text: str) -> str:
    """Write a text as a literal of SQL, where no parameter can stand."""
    return "'" + text.replace("'", "''") + "'"
