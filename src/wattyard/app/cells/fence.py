"""The fence at the source: from an instant on the database refuses changes of the account.

A trigger on each table takes a shared lock of the account, for the transaction, with the first row
that it changes. Whoever raises the fence takes the same lock exclusively: it waits for those that
have changed something, and latecomers are refused. So nothing is committed behind the fence by
anybody: no node that has not heard of the move, no worker, no session by hand. The triggers are
made one by one, each with a lock on its table for a moment, and only for the time of a move.
"""

import asyncio
from typing import Final

from wattyard.app.cells.clusters import MovingAccount
from wattyard.app.cells.tables import MOVED
from wattyard.kernel.moves import MoveRefused, MoveStage
from wattyard.platform.db.faults import MOVING
from wattyard.platform.db.sessions import LOCKED, OpenSession

LOCKS: Final = 0x6D6F7665
"""The advisory locks of accounts that move."""
_TABLE_MS: Final = 300
_WRITERS_MS: Final = 1_500
_TRIES: Final = 40
_AGAIN_SECONDS: Final = 0.25


async def prepare(source: OpenSession, account: MovingAccount) -> None:
    """Make the triggers; until the fence is raised they let everything pass."""
    number, name = account.number, account.name
    await source.execute(
        f"""
        CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE stage text;
        BEGIN
            IF NOT pg_try_advisory_xact_lock_shared({LOCKS}, {number}) THEN
                RAISE EXCEPTION 'account {number} is leaving' USING ERRCODE = '{MOVING}';
            END IF;
            SELECT move_stage INTO stage FROM accounts WHERE account = {number};
            IF stage = 'MOVED' AND TG_OP = 'DELETE' THEN
                RETURN OLD;
            END IF;
            IF stage IN ('LEAVING', 'MOVED') THEN
                RAISE EXCEPTION 'account {number} has left' USING ERRCODE = '{MOVING}';
            END IF;
            IF TG_OP = 'DELETE' THEN RETURN OLD; ELSE RETURN NEW; END IF;
        END $$
        """  # noqa: S608 (our own names and numbers)
    )
    for table in _fenced():
        await _on_table(
            source,
            f"""
            CREATE OR REPLACE TRIGGER {name}_changes BEFORE INSERT OR UPDATE ON {table}
            FOR EACH ROW WHEN (NEW.account = {number}) EXECUTE FUNCTION {name}()
            """,
        )
        await _on_table(
            source,
            f"""
            CREATE OR REPLACE TRIGGER {name}_deletes BEFORE DELETE ON {table}
            FOR EACH ROW WHEN (OLD.account = {number}) EXECUTE FUNCTION {name}()
            """,
        )


async def raise_for(source: OpenSession, account: MovingAccount) -> None:
    """Refuse changes from now on; all before are committed, or undone, when this returns.

    Raises:
        MoveRefused: when somebody has changed the account in a transaction that goes on for long.
    """
    for _ in range(_TRIES):
        try:
            async with source.transaction():
                await source.execute(f"SET LOCAL lock_timeout = {_WRITERS_MS}")
                await source.execute("SELECT pg_advisory_xact_lock($1, $2)", LOCKS, account.number)
                await set_stage(source, account, MoveStage.LEAVING)
        except LOCKED:
            await asyncio.sleep(_AGAIN_SECONDS)
        else:
            return
    raise MoveRefused(
        "the account is being changed in transactions that take longer than 1.5 s: nothing was "
        "switched, and the source still serves it; run the command again at a quieter time"
    )


async def set_stage(source: OpenSession, account: MovingAccount, stage: MoveStage | None) -> None:
    """Say how far the account has moved."""
    await source.execute(
        "UPDATE accounts SET move_stage = $2 WHERE account = $1",
        account.number,
        None if stage is None else stage.value,
    )


async def take_down(source: OpenSession, account: MovingAccount) -> None:
    """Take triggers and function away."""
    for table in _fenced():
        for kind in ("changes", "deletes"):
            await _on_table(source, f"DROP TRIGGER IF EXISTS {account.name}_{kind} ON {table}")
    await source.execute(f"DROP FUNCTION IF EXISTS {account.name}()")


async def _on_table(source: OpenSession, statement: str) -> None:
    """Run a statement that locks a table for a moment; nobody waits behind it for long.

    Raises:
        MoveRefused: when the table cannot be had.
    """
    for _ in range(_TRIES):
        try:
            async with source.transaction():
                await source.execute(f"SET LOCAL lock_timeout = {_TABLE_MS}")
                await source.execute(statement)
        except LOCKED:
            await asyncio.sleep(_AGAIN_SECONDS)
        else:
            return
    table = statement.split(" ON ")[1].split(maxsplit=1)[0]
    raise MoveRefused(
        f"a long transaction holds the table {table} (pg_stat_activity shows it): run the command "
        "again when it has ended"
    )


def _fenced() -> list[str]:
    return [table.name for table in MOVED if table.is_fenced]
