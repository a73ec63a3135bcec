"""Sites whose events are due: changes of many devices at one site are told together.

Only adds. Earlier releases write those events with each change, and leave alone what is due; a
later worker writes it.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
WORKS_WITH = "0010"

STATEMENTS = (
    """
    CREATE TABLE site_events_due (
        account integer NOT NULL,
        live_mode boolean NOT NULL,
        site_id uuid NOT NULL,
        due timestamptz NOT NULL,
        moved boolean NOT NULL,
        PRIMARY KEY (account, live_mode, site_id),
        FOREIGN KEY (account, live_mode, site_id) REFERENCES sites ON DELETE CASCADE
    )
    """,
)


def upgrade() -> None:
    """Make the table."""
    for statement in STATEMENTS:
        op.execute(statement)
