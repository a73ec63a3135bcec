"""Device states with their history, and the kept answers of idempotency keys."""

from alembic import op

revision = "0002"
down_revision = "0001"
WORKS_WITH = "0002"

STATEMENTS = (
    # When the summaries of a device's places last showed its `last_seen`.
    "ALTER TABLE devices ADD COLUMN last_shown timestamptz",
    """
    CREATE TABLE device_states (
        account integer NOT NULL,
        live_mode boolean NOT NULL,
        device_id uuid NOT NULL,
        id uuid NOT NULL,
        time timestamptz NOT NULL,
        location_id uuid,
        state_of_charge_percent double precision NOT NULL,
        target_state_of_charge_percent double precision,
        battery_power_kw double precision,
        energy_flow_direction text,
        energy_remaining_kwh double precision,
        backup_reserve_percent double precision,
        record_reference_id text,
        time_created timestamptz NOT NULL,
        PRIMARY KEY (account, live_mode, device_id, id),
        FOREIGN KEY (account, live_mode, device_id) REFERENCES devices ON DELETE CASCADE
    )
    """,
    "CREATE INDEX device_states_time ON device_states (account, live_mode, device_id, time, id)",
    """
    CREATE UNIQUE INDEX device_states_reference
    ON device_states (account, live_mode, device_id, record_reference_id)
    WHERE record_reference_id IS NOT NULL
    """,
    """
    CREATE TABLE idempotency_keys (
        account integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
        live_mode boolean NOT NULL,
        key text NOT NULL,
        fingerprint bytea NOT NULL,
        status smallint NOT NULL,
        body bytea NOT NULL,
        time_created timestamptz NOT NULL,
        PRIMARY KEY (account, live_mode, key)
    )
    """,
    "CREATE INDEX idempotency_keys_time ON idempotency_keys (account, live_mode, time_created)",
)


def upgrade() -> None:
    """Make the tables."""
    for statement in STATEMENTS:
        op.execute(statement)
