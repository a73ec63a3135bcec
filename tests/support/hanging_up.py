"""Closing of connections to the end: what is only begun is found later, and blamed on others."""

import asyncio
from contextlib import suppress


async def hung_up(writer: asyncio.StreamWriter) -> None:
    """Close a connection, and wait until it is."""
    writer.close()
    with suppress(OSError):  # the other side was first
        await writer.wait_closed()
