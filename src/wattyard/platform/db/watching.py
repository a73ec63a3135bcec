"""Whether the server that connections lead to is still the one that takes changes.

A machine that vanished closes no connection, and neither does a server that was stopped: a
statement there waits until it times out, long after another server has taken over. So when a
connection has been lent for a long time, a new one is opened: if that leads to another server, the
connections to the former one are closed (`Connector`), and whoever waits there is told.
"""

import asyncio
from contextlib import suppress
from typing import Final

from wattyard.kernel.refusals import Unavailable
from wattyard.platform.db.connecting import Connector
from wattyard.platform.db.connection import Loans

_LOOK_SECONDS: Final = 1.0
_LONG_SECONDS: Final = 3.0


class ServerWatch:
    """Looks for another server while statements take long."""

    def __init__(self, connector: Connector, loans: Loans) -> None:
        self._connector = connector
        self._loans = loans

    async def keep(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if self._loans.longest_seconds() > _LONG_SECONDS:
                with suppress(Unavailable):  # its cause is logged
                    (await self._connector.open()).terminate()
