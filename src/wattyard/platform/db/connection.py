"""The connection that stores speak through."""

from typing import TYPE_CHECKING, TypeAlias

import asyncpg

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]
    """One connection to PostgreSQL, in or out of a transaction."""
else:
    Connection = asyncpg.Connection
