"""Meter readings by month, their series, batches, sessions and registers.

A reading is a narrow row of a numbered series. It refers to its series without a foreign key,
since a check for each of a million rows costs as much as the row; a trigger on the series
deletes its readings with it.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
WORKS_WITH = "0004"

STATEMENTS = (
    """
    CREATE TABLE meter_series (
        account integer NOT NULL,
        live_mode boolean NOT NULL,
        series bigint GENERATED ALWAYS AS IDENTITY,
        site_id uuid NOT NULL,
        device_id uuid,
        energy_flow_direction text NOT NULL,
        tariff_direction text NOT NULL,
        register_time timestamptz,
        register_kwh double precision,
        PRIMARY KEY (account, live_mode, series),
        UNIQUE NULLS NOT DISTINCT
            (account, live_mode, site_id, device_id, energy_flow_direction, tariff_direction),
        FOREIGN KEY (account, live_mode, site_id) REFERENCES sites ON DELETE CASCADE
    )
    """,
    """
    CREATE INDEX meter_series_device ON meter_series (account, live_mode, device_id)
    WHERE device_id IS NOT NULL
    """,
    """
    CREATE TABLE meter_readings (
        series bigint NOT NULL,
        start_time timestamptz NOT NULL,
        end_time timestamptz NOT NULL,
        energy_kwh double precision NOT NULL,
        confidence double precision NOT NULL,
        account integer NOT NULL,
        live_mode boolean NOT NULL,
        session_reference_id text,
        record_reference_id text,
        PRIMARY KEY (account, live_mode, series, start_time)
    ) PARTITION BY RANGE (start_time)
    """,
    """
    CREATE FUNCTION delete_readings_of_series() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM meter_readings r USING gone
        WHERE r.account = gone.account AND r.live_mode = gone.live_mode AND r.series = gone.series;
        DELETE FROM meter_sessions s USING gone
        WHERE s.account = gone.account AND s.live_mode = gone.live_mode AND s.series = gone.series;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER readings_go_with_their_series AFTER DELETE ON meter_series
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION delete_readings_of_series()
    """,
    # In which series, and from when to when, the readings of a session are.
    """
    CREATE TABLE meter_sessions (
        account integer NOT NULL,
        live_mode boolean NOT NULL,
        session_reference_id text NOT NULL,
        series bigint NOT NULL,
        start_time timestamptz NOT NULL,
        end_time timestamptz NOT NULL,
        PRIMARY KEY (account, live_mode, session_reference_id, series)
    )
    """,
    "CREATE INDEX meter_sessions_series ON meter_sessions (account, live_mode, series)",
    """
    CREATE TABLE meter_batches (
        account integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
        live_mode boolean NOT NULL,
        id uuid NOT NULL,
        records_submitted bigint NOT NULL,
        records_accepted bigint NOT NULL,
        records_failed bigint NOT NULL,
        failed_records jsonb NOT NULL,
        complete boolean NOT NULL,
        time_created timestamptz NOT NULL,
        PRIMARY KEY (account, live_mode, id)
    )
    """,
)


def upgrade() -> None:
    """Make the tables."""
    for statement in STATEMENTS:
        op.execute(statement)
