"""Webhook endpoints, deliveries and signing keys; the order in which events became visible."""

from alembic import op

revision = "0005"
down_revision = "0004"
WORKS_WITH = "0005"

STATEMENTS = (
    # The database's own time of the insert, by which streams go on where they stopped.
    "ALTER TABLE events ADD COLUMN written timestamptz",
    "UPDATE events SET written = time_created",
    """
    ALTER TABLE events
        ALTER COLUMN written SET DEFAULT clock_timestamp(), ALTER COLUMN written SET NOT NULL
    """,
    "CREATE INDEX events_written ON events (account, live_mode, written, id)",
    # `secret` signs in the scheme of Standard Webhooks, so it is kept as it is.
    """
    CREATE TABLE webhook_endpoints (
        account integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
        live_mode boolean NOT NULL,
        id uuid NOT NULL,
        account_id uuid NOT NULL,
        url text NOT NULL,
        event_types text[] NOT NULL,
        description text,
        enabled boolean NOT NULL,
        secret bytea NOT NULL,
        failing_since timestamptz,
        last_success timestamptz,
        time_created timestamptz NOT NULL,
        PRIMARY KEY (account, live_mode, id)
    )
    """,
    # One event on its way to one endpoint. No foreign key to the endpoint: its row would be
    # locked by every event of the account. A lease that is past its end is no lease.
    """
    CREATE TABLE webhook_deliveries (
        account integer NOT NULL,
        live_mode boolean NOT NULL,
        id uuid NOT NULL,
        endpoint_id uuid NOT NULL,
        event_id uuid NOT NULL,
        event_type text NOT NULL,
        object_id text NOT NULL,
        position bigint GENERATED ALWAYS AS IDENTITY,
        status text NOT NULL DEFAULT 'PENDING',
        attempts smallint NOT NULL DEFAULT 0,
        due timestamptz NOT NULL,
        holder uuid,
        leased_until timestamptz,
        last_attempt timestamptz,
        status_code smallint,
        error text,
        time_created timestamptz NOT NULL,
        PRIMARY KEY (account, live_mode, id),
        FOREIGN KEY (account, live_mode, event_id) REFERENCES events ON DELETE CASCADE
    ) WITH (fillfactor = 80)
    """,
    """
    CREATE INDEX webhook_deliveries_endpoint
    ON webhook_deliveries (account, live_mode, endpoint_id, id)
    """,
    "CREATE INDEX webhook_deliveries_event ON webhook_deliveries (account, live_mode, event_id)",
    """
    CREATE INDEX webhook_deliveries_status
    ON webhook_deliveries (account, live_mode, status, id)
    """,
    """
    CREATE INDEX webhook_deliveries_due
    ON webhook_deliveries (account, live_mode, endpoint_id, due, position)
    WHERE status = 'PENDING'
    """,
    """
    CREATE INDEX webhook_deliveries_object
    ON webhook_deliveries (account, live_mode, endpoint_id, object_id, position)
    WHERE status = 'PENDING'
    """,
    """
    CREATE TABLE signing_keys (
        id text PRIMARY KEY,
        private_key bytea NOT NULL,
        time_created timestamptz NOT NULL,
        time_retired timestamptz
    )
    """,
    "CREATE UNIQUE INDEX signing_keys_present ON signing_keys ((true)) WHERE time_retired IS NULL",
)


def upgrade() -> None:
    """Make the tables."""
    for statement in STATEMENTS:
        op.execute(statement)
