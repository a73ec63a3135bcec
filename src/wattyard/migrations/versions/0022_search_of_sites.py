"""The search of sites by people: by the begin of a text, by silent devices, without a tariff.

Only adds. `seen_hour` is the hour of `last_seen`: an index of the instant itself would be written
with every reading and state. Programs of earlier releases move `last_seen` alone, so that a device
looks silent until one of this release hears of it.
"""

from alembic import op

from wattyard.migrations import steps

revision = "0022"
down_revision = "0021"
WORKS_WITH = "0010"

INDEXES = {
    "sites_reference_begin": 'sites (account, live_mode, (lower(reference_id) COLLATE "C"), id)',
    "sites_city_begin": (
        "sites (account, live_mode, (lower(postal_address ->> 'city') COLLATE \"C\"), id)"
    ),
    "sites_without_tariff": "sites (account, live_mode, id) WHERE tariffs = '[]'",
    "customers_reference_begin": (
        'customers (account, live_mode, (lower(reference_id) COLLATE "C"), id)'
    ),
    "customers_name_begin": (
        "customers (account, live_mode, (lower(metadata ->> 'name') COLLATE \"C\"), id)"
    ),
    "devices_seen": "devices (account, live_mode, seen_hour, id)",
    "tariffs_end": "tariffs (account, live_mode, contract_end, id)",
}


def upgrade() -> None:
    """Add the column, fill it, and make the indexes."""
    op.execute("ALTER TABLE devices ADD COLUMN IF NOT EXISTS seen_hour timestamptz")
    steps.in_batches(
        """
        UPDATE devices SET seen_hour = date_bin('1 hour', last_seen, '2000-01-01 00:00:00+00')
        WHERE (account, live_mode, id) IN (
            SELECT account, live_mode, id FROM devices
            WHERE seen_hour IS NULL AND last_seen IS NOT NULL LIMIT :rows)
        """
    )
    for name, on in INDEXES.items():
        steps.make_index(name, on)
