"""The map by which HAProxy sends a call to the cell of its account (deploy/haproxy-cells.cfg)."""

import asyncio
from typing import Final

from wattyard.accounts.domain import code_of
from wattyard.app.cells.checks import facts_of
from wattyard.app.cells.clusters import MovingAccount
from wattyard.kernel.refusals import Unavailable
from wattyard.platform.db.sessions import OpenSession

MAP: Final = "/etc/haproxy/cells.map"
_ANSWER_SECONDS: Final = 2.0


def backend_of(cell: int) -> str:
    """What the backend of a cell is called."""
    return f"cell_c{cell}"


async def lines_of(db: OpenSession) -> list[str]:
    """Write the lines of one cell: its own, for sessions, and one for each account in it."""
    cell = (await facts_of(db))["cell"]
    rows = await db.fetch(
        "SELECT id FROM accounts WHERE move_stage IS DISTINCT FROM 'MOVED' ORDER BY account"
    )
    backend = backend_of(cell)
    return [f"c{cell} {backend}", *(f"{code_of(row['id'])} {backend}" for row in rows)]


async def send_calls(socket: str, file: str, account: MovingAccount, cell: int) -> None:
    """Have a running HAProxy send the calls of an account to a cell from now on.

    `socket` is its `stats socket … level admin`, `file` the map as its configuration names it.

    Raises:
        Unavailable: when it does not take the change.
    """
    code, backend = code_of(account.id), backend_of(cell)
    for command in (f"set map {file} {code} {backend}", f"add map {file} {code} {backend}"):
        said = await _asked(socket, command)
        if not said:
            return
    raise Unavailable(f"HAProxy at {socket} did not take the map's new line: {said}")


async def _asked(socket: str, command: str) -> str:
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            reader, writer = await asyncio.open_unix_connection(socket)
            writer.write(f"{command}\n".encode())
            said = (await reader.read()).decode(errors="replace").strip()
            writer.close()
    except (OSError, TimeoutError) as fault:
        raise Unavailable(f"HAProxy cannot be asked at {socket}: {fault}") from fault
    return said
