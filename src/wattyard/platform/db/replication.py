"""Synchronous standbys: commits wait until one has written them down.

A commit that gets no answer (the standby is away, the primary is killed) may be done on the
primary all the same. Until the standby has it, too, it can still be lost with the primary.
"""

import asyncio
from typing import Final

from wattyard.platform.db.connecting import Connector
from wattyard.platform.db.connection import WriteConnection

STANDBY_AWAY: Final = (
    "the database's synchronous standby does not answer, and changes wait for it; nothing was "
    "acknowledged, try again"
)

_MESSAGE: Final = "pg_logical_emit_message(true, 'wattyard', ''::text)"
"""Writes a few bytes to the log of changes, so that the commit waits as any other does."""
_BEHIND_ALL: Final = (
    f"SELECT CASE WHEN current_setting('synchronous_standby_names') <> '' THEN {_MESSAGE} END"
)
_ASKED: Final = f"BEGIN READ WRITE; SELECT {_MESSAGE}; COMMIT"
_ANSWER_SECONDS: Final = 1.0
_PATIENCE_SECONDS: Final = 86_400.0


async def commit_behind_all(db: WriteConnection) -> None:
    """Have the present transaction commit only when all that it has read is on the standby.

    Where no commit waits for a standby, this changes nothing.
    """
    await db.fetchval(_BEHIND_ALL)


class Replication:
    """Asks whether the standby that commits wait for answers.

    A commit that waits cannot be called back: so there is one question at a time, which goes on
    while the standby is away, instead of one more session at the database for each that asks.
    """

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._asked: asyncio.Task[None] | None = None

    async def answers(self) -> bool:
        """Whether a commit came back within a second."""
        if self._asked is None:
            self._asked = asyncio.create_task(self._ask())
        done, _ = await asyncio.wait((self._asked,), timeout=_ANSWER_SECONDS)
        if not done:
            return False
        asked, self._asked = self._asked, None
        return not asked.cancelled() and asked.exception() is None

    def close(self) -> None:
        """Ask no more."""
        if self._asked is not None:
            self._asked.cancel()

    async def _ask(self) -> None:
        connection = await self._connector.open()
        try:
            await connection.execute(_ASKED, timeout=_PATIENCE_SECONDS)
        finally:
            connection.terminate()
