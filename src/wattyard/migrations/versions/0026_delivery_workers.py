"""Workers that hold deliveries, and their signs of life.

Only adds. Workers of an earlier release give none: theirs are taken over when their leases lapse,
as before, and they take over from others in the same way.
"""

from alembic import op

revision = "0026"
down_revision = "0025"
WORKS_WITH = "0010"

STATEMENTS = (
    # The server's own, of no account. `time_dead`: since when it counts as dead, for good.
    """
    CREATE TABLE delivery_workers (
        holder uuid PRIMARY KEY,
        signs bigint NOT NULL,
        time_dead timestamptz
    ) WITH (fillfactor = 50)
    """,
)


def upgrade() -> None:
    """Make the table."""
    for statement in STATEMENTS:
        op.execute(statement)
