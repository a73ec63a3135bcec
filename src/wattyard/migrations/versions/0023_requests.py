"""The request log, by day, and the counts of requests by minute.

The key of a day is that of ids, which carry the time: so a request is found by its id alone.

Only adds: programs of earlier releases log no requests.
"""

from alembic import op

revision = "0023"
down_revision = "0022"
WORKS_WITH = "0010"

STATEMENTS = (
    """
    CREATE TABLE requests (
        account integer NOT NULL,
        live_mode boolean NOT NULL,
        id uuid NOT NULL,
        time timestamptz NOT NULL,
        method text NOT NULL,
        operation text NOT NULL,
        path text NOT NULL,
        query text NOT NULL,
        status smallint NOT NULL,
        duration_ms real NOT NULL,
        error_code text,
        key_id uuid,
        address text NOT NULL,
        replayed boolean NOT NULL,
        body bytea,
        body_is_cut boolean NOT NULL,
        answer bytea,
        PRIMARY KEY (account, live_mode, id)
    ) PARTITION BY RANGE (id)
    """,
    "CREATE INDEX requests_status ON requests (account, live_mode, (status / 100), id)",
    "CREATE INDEX requests_operation ON requests (account, live_mode, operation, id)",
    """
    CREATE INDEX requests_operation_status
    ON requests (account, live_mode, operation, (status / 100), id)
    """,
    # What has no day of its own: where nobody may make the partition of a day, nothing is lost.
    "CREATE TABLE requests_other PARTITION OF requests DEFAULT",
    """
    CREATE TABLE request_counts (
        account integer NOT NULL,
        live_mode boolean NOT NULL,
        minute timestamptz NOT NULL,
        requests integer NOT NULL,
        errors_4xx integer NOT NULL,
        errors_5xx integer NOT NULL,
        logged integer NOT NULL,
        PRIMARY KEY (account, live_mode, minute)
    )
    """,
    "CREATE INDEX request_counts_minute ON request_counts (minute)",
)


def upgrade() -> None:
    """Make the tables."""
    for statement in STATEMENTS:
        op.execute(statement)
