"""The last attempts of a webhook delivery, besides the very last.

Only adds. A program of an earlier release attempts without noting it.
"""

from alembic import op

revision = "0029"
down_revision = "0028"
WORKS_WITH = "0010"


def upgrade() -> None:
    """Add the column; NULL stands for no attempt, and for a single one that succeeded."""
    op.execute("ALTER TABLE webhook_deliveries ADD COLUMN attempts_made jsonb")
