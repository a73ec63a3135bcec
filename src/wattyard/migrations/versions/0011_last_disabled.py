"""When an account was last disabled: tokens made before do not come back with it.

Only adds; the column has no default, so that the table is locked for a moment only. Earlier
releases disable without it; whoever enables then notes the time.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
WORKS_WITH = "0010"

STATEMENTS = ("ALTER TABLE accounts ADD COLUMN last_disabled timestamptz",)


def upgrade() -> None:
    """Add the column."""
    for statement in STATEMENTS:
        op.execute(statement)
