"""The SQL that finds rows without an owner; foreign keys should make that impossible."""

from typing import Final

from wattyard.platform.db import ReadConnection

_ORPHANS: Final = {
    "device_places without a site": """
        SELECT count(*) FROM device_places p WHERE NOT EXISTS (
            SELECT 1 FROM sites s WHERE (s.account, s.live_mode, s.id)
                                      = (p.account, p.live_mode, p.site_id))
    """,
    "device_places without a device": """
        SELECT count(*) FROM device_places p WHERE NOT EXISTS (
            SELECT 1 FROM devices d WHERE (d.account, d.live_mode, d.id)
                                        = (p.account, p.live_mode, p.device_id))
    """,
    "device_states without a device": """
        SELECT count(*) FROM device_states s WHERE NOT EXISTS (
            SELECT 1 FROM devices d WHERE (d.account, d.live_mode, d.id)
                                        = (s.account, s.live_mode, s.device_id))
    """,
    "sites without their customer": """
        SELECT count(*) FROM sites s WHERE customer_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM customers c WHERE (c.account, c.live_mode, c.id)
                                          = (s.account, s.live_mode, s.customer_id))
    """,
}


async def count(db: ReadConnection) -> dict[str, int]:
    """Count the orphans of all accounts by what they are; kinds without any are left out."""
    counts = {name: await db.fetchval(query) for name, query in _ORPHANS.items()}
    return {name: number for name, number in counts.items() if number}
