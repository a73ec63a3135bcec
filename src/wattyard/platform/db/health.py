"""What can be wrong with a database as a whole; each complaint says what to do."""

from datetime import UTC, datetime
from typing import Final

from wattyard.platform.db.database import Database

_SKEW_SECONDS: Final = 2.0
_DURABILITY: Final = ("fsync", "synchronous_commit", "full_page_writes")


async def complaints(database: Database) -> list[str]:
    """List what is wrong with the database's clock and durability; empty where all is well."""
    found: list[str] = []
    async with database.reading() as db:
        theirs: datetime = await db.fetchval("SELECT clock_timestamp()")
        skew = (theirs - datetime.now(UTC)).total_seconds()
        if abs(skew) > _SKEW_SECONDS:
            found.append(
                f"the database's clock is {skew:+.1f} s from this machine's: set both by NTP"
            )
        off = [
            name
            for name in _DURABILITY
            if await db.fetchval("SELECT current_setting($1)", name) == "off"
        ]
    return found + [f"{name} is off: a power cut may lose acknowledged writes" for name in off]
