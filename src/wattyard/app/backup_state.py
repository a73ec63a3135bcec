"""How the backups of the embedded database go, for the doctor and the metrics."""

from datetime import timedelta
from typing import Any, Final

from wattyard.kernel import instants, lengths
from wattyard.kernel.context import Context
from wattyard.kernel.measures import Measure
from wattyard.platform.db import Database
from wattyard.platform.embedded.archive import state as states
from wattyard.platform.embedded.archive.slots import SLOT
from wattyard.platform.embedded.archive.state import State
from wattyard.platform.settings import Settings

_PATIENCE: Final = timedelta(minutes=10)

_ASKED: Final = """
    SELECT pg_postmaster_start_time() AS since, coalesce(s.active, false) AS active,
           coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn), 0)::bigint AS waiting
    FROM pg_settings g LEFT JOIN pg_replication_slots s ON s.slot_name = $2
    WHERE g.name = 'data_directory' AND g.setting = $1
"""


class BackupState:
    """How the backups of this server's embedded database go, for the doctor and the metrics."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._data = settings.data.expanduser().absolute()
        self._to = settings.backup_to

    async def complaints(self, context: Context) -> list[str]:
        """Name backups that are late, or an archive that gets nothing; empty where all is well."""
        state, row = await self._asked()
        if row is None:
            return []
        if state is None:
            if not self._to or context.now - row["since"] <= _PATIENCE:
                return []
            said = "its disk does not answer, or no process that takes backups is running"
            return [f"no backup to {self._to} was ever begun: {said}"]
        found, fault = list(state.unreadable), f": {state.fault}" if state.fault else ""
        last, every = state.last_base or state.begun, timedelta(seconds=state.every_seconds)
        if context.now - last > 2 * every:
            known = instants.text(last) if state.last_base else "never"
            found.append(
                f"the last good backup to {state.to} was taken {known}, and one is due every "
                f"{lengths.text(every)}{fault}. Is a server or `wattyard backup --every` running "
                "that takes them? `wattyard backup stop` ends them"
            )
        fails = state.failing_since and context.now - state.failing_since > _PATIENCE
        # Whoever writes there may hang with its disk, and note nothing more.
        silent = context.now - max(state.archived or state.begun, row["since"]) > _PATIENCE
        if fails or silent or (not row["active"] and context.now - row["since"] > _PATIENCE):
            until = instants.text(state.archived) if state.archived else "the start"
            found.append(
                f"the archive in {state.to} has no change since {until}{fault}; "
                f"{row['waiting'] // 1024**2:,} MiB of them wait on the data disk, and at 2 GiB "
                "the archive breaks off and a new base backup is due"
            )
        return found

    async def measures(self, context: Context) -> list[Measure]:
        """When the last backup was taken, up to when changes are archived, and what waits."""
        state, row = await self._asked()
        if state is None or row is None:
            return []
        return [
            Measure(
                "backup_last_success_timestamp_seconds",
                "When the last base backup was whole, in seconds since 1970; 0 for none.",
                state.last_base.timestamp() if state.last_base else 0,
            ),
            Measure(
                "backup_archived_timestamp_seconds",
                "Changes up to this moment are in the archive, in seconds since 1970; 0 for none.",
                state.archived.timestamp() if state.archived else 0,
            ),
            Measure(
                "backup_waiting_bytes",
                "Changes that wait on the data disk until the archive takes them.",
                row["waiting"],
            ),
            Measure(
                "backup_failing", "Whether the archive fails at present.", int(bool(state.fault))
            ),
        ]

    async def _asked(self) -> tuple[State | None, Any]:
        state = states.read(self._data)
        if state is None and not self._to:
            return None, None
        async with self._db.reading() as db:
            row = await db.fetchrow(_ASKED, str(self._data.resolve() / "postgres"), SLOT)
        return state, row
