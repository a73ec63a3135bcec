"""The names of the headers that an endpoint's owner wants on each delivery.

Only adds a column with a default: servers of earlier releases that run already go on beside it.
They do not start again on it (see 0007).
"""

from alembic import op

revision = "0009"
down_revision = "0008"
WORKS_WITH = "0009"


def upgrade() -> None:
    """Add the column."""
    op.execute("ALTER TABLE webhook_endpoints ADD COLUMN header_names text[] NOT NULL DEFAULT '{}'")
