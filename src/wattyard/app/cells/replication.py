"""The way of the rows: a publication with a row filter at the source, a subscription at the target.

What is made carries the account's number in its name, and every step leaves alone what an earlier
run made, so a move that died can be run again.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Final
from uuid import uuid4

from wattyard.app.cells.clusters import MovingAccount, quoted
from wattyard.app.cells.tables import MOVED
from wattyard.kernel.moves import MoveRefused
from wattyard.platform.db.sessions import IN_USE, REFUSED, OpenSession

Progress = Callable[[str], None]
"""Told in one line how far the move is."""

_LOOK_SECONDS: Final = 0.2
_TOLD_SECONDS: Final = 5.0
_ARRIVES_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.005
_UNLOGGED: Final = {
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_min_duration_statement": "-1",
    "pg_stat_statements.track_utility": "off",
}
"""What keeps a statement with a password out of the server's log and statistics."""

_END_READER: Final = """
DO $$ BEGIN
    FOR attempt IN 1..20 LOOP
        PERFORM pg_terminate_backend(active_pid, 1000)
        FROM pg_replication_slots WHERE slot_name = '{slot}' AND active;
        BEGIN
            PERFORM pg_drop_replication_slot(slot_name)
            FROM pg_replication_slots WHERE slot_name = '{slot}';
            EXIT;
        EXCEPTION WHEN object_in_use THEN
            NULL;
        END;
    END LOOP;
END $$
"""
"""Ends whoever reads a slot and drops it at once: a target that lives reads again before another
statement could be sent."""


async def check_goal(source: OpenSession, target: OpenSession, account: MovingAccount) -> None:
    """Refuse a target other than that of an interrupted move: that one may have the account.

    Raises:
        MoveRefused: naming the cell to which the account was on its way.
    """
    goal = await source.fetchval(
        "SELECT obj_description(oid, 'pg_publication') FROM pg_publication WHERE pubname = $1",
        account.name,
    )
    if goal not in (None, await _cell_of(target)):
        raise MoveRefused(
            f"the account was being moved to {goal}, which may serve it already: run the command "
            "with --to that cell, to finish the move or, with --abort, to undo it"
        )


async def _cell_of(target: OpenSession) -> str:
    number = await target.fetchval("SELECT max(number) FROM cells")
    return f"c{number}"


async def publish(source: OpenSession, target: OpenSession, account: MovingAccount) -> None:
    """Publish the rows of the account at the source, and keep what is written from now on.

    The publication says to which cell they go.
    """
    name = account.name
    if not await source.fetchval("SELECT 1 FROM pg_publication WHERE pubname = $1", name):
        tables = ", ".join(f"{one.name} WHERE (account = {account.number})" for one in MOVED)
        goal = quoted(await _cell_of(target))
        async with source.transaction():
            await source.execute(
                f"CREATE PUBLICATION {name} FOR TABLE {tables}"
                " WITH (publish_via_partition_root = true)"
            )
            await source.execute(f"COMMENT ON PUBLICATION {name} IS {goal}")
    if not await source.fetchval("SELECT 1 FROM pg_replication_slots WHERE slot_name = $1", name):
        await source.execute("SELECT pg_create_logical_replication_slot($1, 'pgoutput')", name)
    await source.execute(
        "INSERT INTO account_moves (account, mark) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        account.number,
        uuid4(),
    )


async def subscribe(target: OpenSession, account: MovingAccount, source_url: str) -> None:
    """Have the target copy the rows, and then follow.

    Raises:
        MoveRefused: when the target's server cannot, saying why.
    """
    name = account.name
    if await is_following(target, account):
        return
    try:
        async with target.transaction():
            if await target.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
                for setting, value in _UNLOGGED.items():
                    await target.execute("SELECT set_config($1, $2, true)", setting, value)
            await target.execute(
                f"CREATE SUBSCRIPTION {name} CONNECTION {quoted(source_url)} PUBLICATION {name} "
                f"WITH (create_slot = false, slot_name = '{name}')"
            )
    except REFUSED as fault:
        raise MoveRefused(
            f"the target's server cannot follow the source: {' '.join(str(fault).split())}; say "
            "with --source-of-target how it reaches it. Nothing was switched"
        ) from fault


async def is_following(target: OpenSession, account: MovingAccount) -> bool:
    """Whether the target follows the source; one that was being unsubscribed does not any more."""
    found = await target.fetchval(
        "SELECT subenabled AND subslotname IS NOT NULL FROM pg_subscription WHERE subname = $1"
        " AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())",
        account.name,
    )
    return found is True


async def copied(target: OpenSession, account: MovingAccount, progress: Progress) -> None:
    """Wait until every table is copied, and follows.

    Raises:
        MoveRefused: when the target reports that it cannot.
    """
    errors, told = await _errors(target, account), 0.0
    while True:
        states = await target.fetch(
            """
            SELECT srrelid::regclass::text AS name, srsubstate = 'r' AS done
            FROM pg_subscription_rel JOIN pg_subscription ON oid = srsubid WHERE subname = $1
            """,
            account.name,
        )
        missing = [row["name"] for row in states if not row["done"]]
        if states and not missing:
            return
        if await _errors(target, account) > errors:
            raise MoveRefused(
                f"the target could not copy {', '.join(missing)}: its server's log says why. "
                "Nothing was switched; run the command again, or with --abort"
            )
        if monotonic() - told > _TOLD_SECONDS:
            told = monotonic()
            progress(
                f"{len(states) - len(missing)} of {len(states)} tables are copied, "
                f"{await _rows_on_the_way(target):,} rows of the present ones"
            )
        await asyncio.sleep(_LOOK_SECONDS)


async def _errors(target: OpenSession, account: MovingAccount) -> int:
    """How often copying or following has failed so far."""
    count: int = await target.fetchval(
        "SELECT coalesce(sum(sync_error_count + apply_error_count), 0)::bigint"
        " FROM pg_stat_subscription_stats WHERE subname = $1",
        account.name,
    )
    return count


async def _rows_on_the_way(target: OpenSession) -> int:
    rows: int = await target.fetchval(
        "SELECT coalesce(sum(tuples_processed), 0)::bigint FROM pg_stat_progress_copy"
        " WHERE datname = current_database()"
    )
    return rows


async def caught_up(
    source: OpenSession,
    target: OpenSession,
    account: MovingAccount,
    *,
    seconds: float = _ARRIVES_SECONDS,
) -> None:
    """Wait until the target has all that was committed at the source before this was called.

    A row of the account is written anew: transactions arrive in the order of their commits.

    Raises:
        MoveRefused: when it does not arrive in time.
    """
    mark, begun = uuid4(), monotonic()
    await source.execute(
        "UPDATE account_moves SET mark = $2 WHERE account = $1", account.number, mark
    )
    question = "SELECT mark FROM account_moves WHERE account = $1"
    while await target.fetchval(question, account.number) != mark:
        if monotonic() - begun > seconds:
            raise MoveRefused(
                f"the target is more than {seconds:.0f} s behind the source: wait until it has "
                "caught up (pg_stat_subscription shows it), and run the command again"
            )
        await asyncio.sleep(_POLL_SECONDS)


async def unsubscribe(target: OpenSession, account: MovingAccount) -> None:
    """End the subscription, whether or not the source can be reached."""
    name = account.name
    if not await target.fetchval(
        "SELECT 1 FROM pg_subscription WHERE subname = $1"
        " AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())",
        name,
    ):
        return
    await target.execute(f"ALTER SUBSCRIPTION {name} DISABLE")
    await target.execute(f"ALTER SUBSCRIPTION {name} SET (slot_name = NONE)")
    await target.execute(f"DROP SUBSCRIPTION {name}")


async def unpublish(
    source: OpenSession, account: MovingAccount, *, ends_reader: bool = False
) -> None:
    """End the publication, and let go of what the source kept for the target.

    With `ends_reader` the connection of a target that is lost is ended, as far as the role may:
    otherwise it would stay for a minute (`wal_sender_timeout`).

    Interrupted copies of single tables have slots of their own, which their worker drops;
    where the target is gone they stay, and `wattyard doctor` names them.
    """
    await source.execute(f"DROP PUBLICATION IF EXISTS {account.name}")
    for _ in range(50):
        if ends_reader:
            with suppress(REFUSED):
                await source.execute(_END_READER.format(slot=account.name))
        try:
            await source.execute(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
                " WHERE slot_name = $1",
                account.name,
            )
        except IN_USE:  # the target's worker is about to end
            await asyncio.sleep(_LOOK_SECONDS)
        else:
            return
    raise MoveRefused(
        f"the replication slot {account.name} of the source is still in use: end the connection of "
        "the target there, which pg_stat_replication shows, and run the command again"
    )
