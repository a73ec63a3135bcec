"""Indexes by which lists of tariffs are filtered."""

from alembic import op

revision = "0006"
down_revision = "0005"
WORKS_WITH = "0006"

STATEMENTS = (
    "CREATE INDEX tariffs_type ON tariffs (account, live_mode, type, id)",
    "CREATE INDEX tariffs_direction ON tariffs (account, live_mode, direction, id)",
    "CREATE INDEX tariffs_status ON tariffs (account, live_mode, status, id)",
)


def upgrade() -> None:
    """Make the indexes."""
    for statement in STATEMENTS:
        op.execute(statement)
