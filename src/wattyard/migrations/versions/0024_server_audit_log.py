"""What people changed at the server itself, which is of no account.

Only adds.
"""

from alembic import op

revision = "0024"
down_revision = "0023"
WORKS_WITH = "0010"

STATEMENTS = (
    """
    CREATE TABLE server_audit_log (
        id uuid PRIMARY KEY,
        action text NOT NULL,
        person_id uuid,
        person_email text NOT NULL,
        object_id text,
        before bytea NOT NULL,
        after bytea NOT NULL,
        request_id text NOT NULL,
        time_created timestamptz NOT NULL
    )
    """,
)


def upgrade() -> None:
    """Make the table."""
    for statement in STATEMENTS:
        op.execute(statement)
