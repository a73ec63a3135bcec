"""Registers of meters: part of the key of a series, and what a register's fall looked like.

Only adds. A series without a register is as before, and programs before this one write no other;
the index that keeps series apart takes the register in before the old one goes.
"""

from alembic import op

from wattyard.migrations import steps

revision = "0012"
down_revision = "0011"
WORKS_WITH = "0010"

STATEMENTS = (
    "ALTER TABLE meter_series ADD COLUMN IF NOT EXISTS register text",
    "ALTER TABLE meter_series ADD COLUMN IF NOT EXISTS register_fall jsonb",
)
_INDEX = "meter_series_of_registers"
_OLD = "meter_series_account_live_mode_site_id_device_id_energy_flo_key"


def upgrade() -> None:
    """Add the columns, and keep series apart by their register too."""
    for statement in STATEMENTS:
        op.execute(statement)
    steps.make_index(
        _INDEX,
        "meter_series (account, live_mode, site_id, device_id, energy_flow_direction, "
        "tariff_direction, register) NULLS NOT DISTINCT",
        unique=True,
    )
    op.execute(f"ALTER TABLE meter_series DROP CONSTRAINT IF EXISTS {_OLD}")
