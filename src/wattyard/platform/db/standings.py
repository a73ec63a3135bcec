"""What a server says of itself that is named as a replica, and whether it may be read as one."""

import re
from datetime import datetime
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

from wattyard.platform.db.connection import Connection
from wattyard.platform.db.positions import History, LogPosition

_STANDING: Final = """
    SELECT pg_is_in_recovery() AS follows, system_identifier, current_database() AS database,
           pg_postmaster_start_time() AS started,
           greatest((SELECT timeline_id FROM pg_control_checkpoint()),
                    (SELECT received_tli FROM pg_stat_wal_receiver)) AS timeline
    FROM pg_control_system()
"""
"""The timeline that is received is shown to roles in `pg_read_all_stats`; to others that of the
last checkpoint, which comes up to `checkpoint_timeout` (five minutes) after a failover."""
_PROGRESS: Final = """
    SELECT coalesce(pg_last_wal_replay_lsn() - '0/0', 0)::bigint AS replayed_bytes, follows,
           CASE WHEN follows THEN pg_is_wal_replay_paused() ELSE false END AS paused
    FROM (SELECT pg_is_in_recovery() AS follows) server
"""
STARTED: Final = """
    SELECT pg_postmaster_start_time() AS started,
           coalesce(pg_last_wal_replay_lsn() - '0/0', 0)::bigint AS replayed_bytes
"""
"""Tells one server from another, and from itself before a restart; and how far it is."""


class ReplicaUnfit(Exception):
    """A server must not be read as a replica; the message says why."""


class ServerStanding(NamedTuple):
    """What a server is: whether it follows another one, of which history, and since when."""

    follows: bool
    history: History
    started: datetime


class ReplayProgress(NamedTuple):
    """How far a replica has replayed its primary's log of changes."""

    replayed_bytes: int
    follows: bool
    paused: bool


def name_of(url: str) -> str:
    """Name a server as its address does, without user, password and options."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2] or ",".join(parse_qs(parts.query).get("host", []))
    return re.sub(r"[^\w.,:/\[\]-]", "", host) or "localhost"


async def standing_of(connection: Connection) -> ServerStanding:
    """Ask a server what it is."""
    row: Any = await connection.fetchrow(_STANDING)
    history = History(row["system_identifier"], row["database"], row["timeline"])
    return ServerStanding(row["follows"], history, row["started"])


async def progress_of(connection: Connection, *, seconds: float) -> ReplayProgress:
    """Ask a replica how far it is.

    Raises:
        ReplicaUnfit: when it follows no primary any more.
    """
    row: Any = await connection.fetchrow(_PROGRESS, timeout=seconds)
    found = ReplayProgress(row["replayed_bytes"], row["follows"], row["paused"])
    if not found.follows:
        raise ReplicaUnfit("it follows no primary any more: it was promoted")
    return found


def check_fit(standing: ServerStanding, primary: LogPosition) -> None:
    """Pass when a server follows the history of the primary.

    Raises:
        ReplicaUnfit: saying why not.
    """
    theirs, ours = standing.history, primary.history
    if theirs.system_identifier != ours.system_identifier:
        raise ReplicaUnfit("it belongs to another cluster than the primary: name its standby")
    if theirs.database != ours.database:
        raise ReplicaUnfit(
            f"its database is {theirs.database}, the primary's {ours.database}: name the same"
        )
    if not standing.follows:
        raise ReplicaUnfit("it follows no primary: it was promoted, or is the primary itself")
    if theirs.timeline != ours.timeline:
        raise ReplicaUnfit(
            f"it follows timeline {theirs.timeline} and the primary writes {ours.timeline}: it has "
            "not followed the last failover yet, or cannot"
        )
