"""Netting of a site: how its import and export cancel out.

Only adds; the column has no default, so that the table is locked for a moment only. Earlier
releases price such a site as if it had none.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
WORKS_WITH = "0010"

STATEMENTS = ("ALTER TABLE sites ADD COLUMN netting jsonb",)


def upgrade() -> None:
    """Add the column."""
    for statement in STATEMENTS:
        op.execute(statement)
