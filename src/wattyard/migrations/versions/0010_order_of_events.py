"""The order of events: a sequence drawn at the insert, instead of the database's clock.

Only adds. Events of before have no number; they come first, in the order they had. Nothing is
rewritten, so that the table is locked for a moment only. Servers of earlier releases that run
already draw numbers too, by the column's default, and go on with the clock in their own streams.
They do not start again on it (see 0007).

A number is drawn by a transaction that has an id already (`pg_current_xact_id` gives it one): so
whoever reads the last number, and then which transactions run, knows all that may still write
one up to it.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
WORKS_WITH = "0010"

STATEMENTS = (
    "CREATE SEQUENCE events_sequence",
    "ALTER TABLE events ADD COLUMN sequence bigint",
    """
    ALTER TABLE events ALTER COLUMN sequence
    SET DEFAULT CASE WHEN pg_current_xact_id() IS NOT NULL THEN nextval('events_sequence') END
    """,
    "ALTER SEQUENCE events_sequence OWNED BY events.sequence",
    """
    CREATE INDEX events_sequence_order ON events (account, live_mode, sequence)
    WHERE sequence IS NOT NULL
    """,
)


def upgrade() -> None:
    """Add the sequence."""
    for statement in STATEMENTS:
        op.execute(statement)
