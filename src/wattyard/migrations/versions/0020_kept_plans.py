"""Plans that are kept, and the newest of each device.

Only adds: programs of earlier releases keep none, and leave those kept as they are.
"""

from alembic import op

revision = "0020"
down_revision = "0019"
WORKS_WITH = "0010"

STATEMENTS = (
    """
    CREATE TABLE kept_plans (
        account integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
        live_mode boolean NOT NULL,
        id uuid NOT NULL,
        kind text NOT NULL,
        site_id uuid NOT NULL,
        request bytea NOT NULL,
        time_asked timestamptz NOT NULL,
        until timestamptz NOT NULL,
        sources uuid[] NOT NULL,
        answer bytea NOT NULL,
        time_made timestamptz NOT NULL,
        time_tried timestamptz NOT NULL,
        claimed_until timestamptz,
        PRIMARY KEY (account, live_mode, id),
        FOREIGN KEY (account, live_mode, site_id) REFERENCES sites ON DELETE CASCADE
    )
    """,
    "CREATE INDEX kept_plans_site ON kept_plans (account, live_mode, site_id)",
    "CREATE INDEX kept_plans_until ON kept_plans (until)",
    """
    CREATE TABLE kept_plan_devices (
        account integer NOT NULL,
        live_mode boolean NOT NULL,
        device_id uuid NOT NULL,
        plan_id uuid NOT NULL,
        PRIMARY KEY (account, live_mode, device_id),
        FOREIGN KEY (account, live_mode, plan_id) REFERENCES kept_plans ON DELETE CASCADE,
        FOREIGN KEY (account, live_mode, device_id) REFERENCES devices ON DELETE CASCADE
    )
    """,
    "CREATE INDEX kept_plan_devices_plan ON kept_plan_devices (account, live_mode, plan_id)",
)


def upgrade() -> None:
    """Make the tables."""
    for statement in STATEMENTS:
        op.execute(statement)
