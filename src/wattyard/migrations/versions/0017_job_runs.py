"""When each background job did its work last, for the operator's metrics."""

from alembic import op

revision = "0017"
down_revision = "0016"
WORKS_WITH = "0010"


def upgrade() -> None:
    """Make the table."""
    op.execute("CREATE TABLE job_runs (job text PRIMARY KEY, last_success timestamptz NOT NULL)")
