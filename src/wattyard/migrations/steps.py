"""Steps of migrations that take long, so that servers of the old release go on beside them.

Each is kept on its own, so an interrupted migration is run again from its start: it holds
nothing but such steps, or statements with IF NOT EXISTS.
"""

from typing import Final

from alembic import op
from sqlalchemy import text

_LONG_LOCK: Final = "10min"
"""For locks that hold up neither readers nor writers while they are waited for."""


def make_index(name: str, on: str, *, unique: bool = False) -> None:
    """Make an index while the table is written to; what an earlier try left of it goes first.

    `on` is the rest of the statement: `tariffs (account, live_mode, type, id)`.
    """
    kind = "UNIQUE INDEX" if unique else "INDEX"
    with op.get_context().autocommit_block():
        op.execute(f"SET lock_timeout = '{_LONG_LOCK}'")
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        op.execute(f"CREATE {kind} CONCURRENTLY {name} ON {on}")
        op.execute("RESET lock_timeout")


def in_batches(statement: str, *, rows: int = 5_000) -> int:
    """Repeat a statement that changes at most `:rows` rows until it changes none: how many.

    Each time is a transaction of its own, so no row is locked for longer than a moment.
    """
    changed = 0
    with op.get_context().autocommit_block():
        while True:
            last = op.get_bind().execute(text(statement), {"rows": rows}).rowcount
            if last < 1:
                return changed
            changed += last
