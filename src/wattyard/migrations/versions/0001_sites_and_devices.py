"""Accounts and keys, places (locations and sites in one record), devices, events.

Every key starts with (account, live_mode), so that tables can be distributed by account.
"""

from alembic import op

revision = "0001"
down_revision = None
WORKS_WITH = "0001"

STATEMENTS = (
    """
    CREATE TABLE accounts (
        account integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        id uuid NOT NULL UNIQUE,
        name text NOT NULL,
        disabled boolean NOT NULL DEFAULT false,
        time_created timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE secret_keys (
        account integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
        live_mode boolean NOT NULL,
        id uuid NOT NULL,
        name text NOT NULL,
        secret_hash bytea NOT NULL UNIQUE,
        time_created timestamptz NOT NULL,
        time_revoked timestamptz,
        last_used timestamptz,
        PRIMARY KEY (account, live_mode, id)
    )
    """,
    # The secret that signs bearer tokens, shared by every node of this database. Two random
    # UUIDs carry 244 bits of PostgreSQL's strong randomness.
    """
    CREATE TABLE token_secrets (
        time_created timestamptz NOT NULL DEFAULT now(),
        secret bytea NOT NULL
    )
    """,
    """
    INSERT INTO token_secrets (secret)
    SELECT decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')
    """,
    """
    CREATE TABLE customers (
        account integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
        live_mode boolean NOT NULL,
        id uuid NOT NULL,
        reference_id text,
        metadata jsonb NOT NULL,
        time_created timestamptz NOT NULL,
        PRIMARY KEY (account, live_mode, id)
    )
    """,
    "CREATE INDEX customers_reference ON customers (account, live_mode, reference_id, id)",
    # A place is a location and a site in one record. `summary` is the site as the list shows
    # it, written with every change of the place or its devices.
    """
    CREATE TABLE sites (
        account integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
        live_mode boolean NOT NULL,
        id uuid NOT NULL,
        reference_id text,
        customer_id uuid,
        status text NOT NULL,
        timezone text NOT NULL,
        currency_code text NOT NULL,
        postal_address jsonb,
        geo_location jsonb,
        max_power_import_kw double precision,
        max_power_export_kw double precision,
        metadata jsonb NOT NULL,
        time_created timestamptz NOT NULL,
        summary bytea NOT NULL,
        PRIMARY KEY (account, live_mode, id),
        FOREIGN KEY (account, live_mode, customer_id) REFERENCES customers
    )
    """,
    "CREATE INDEX sites_reference ON sites (account, live_mode, reference_id, id)",
    "CREATE INDEX sites_customer ON sites (account, live_mode, customer_id, id)",
    "CREATE INDEX sites_status ON sites (account, live_mode, status, id)",
    """
    CREATE TABLE devices (
        account integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
        live_mode boolean NOT NULL,
        id uuid NOT NULL,
        reference_id text NOT NULL,
        type text NOT NULL,
        manufacturer text,
        model_code text,
        model_name text,
        properties jsonb NOT NULL,
        metadata jsonb NOT NULL,
        flex_enabled boolean NOT NULL DEFAULT false,
        last_seen timestamptz,
        time_created timestamptz NOT NULL,
        PRIMARY KEY (account, live_mode, id)
    )
    """,
    "CREATE INDEX devices_reference ON devices (account, live_mode, reference_id, id)",
    "CREATE INDEX devices_type ON devices (account, live_mode, type, id)",
    """
    CREATE TABLE device_places (
        account integer NOT NULL,
        live_mode boolean NOT NULL,
        site_id uuid NOT NULL,
        device_id uuid NOT NULL,
        PRIMARY KEY (account, live_mode, site_id, device_id),
        FOREIGN KEY (account, live_mode, site_id) REFERENCES sites ON DELETE CASCADE,
        FOREIGN KEY (account, live_mode, device_id) REFERENCES devices ON DELETE CASCADE
    )
    """,
    "CREATE INDEX device_places_device ON device_places (account, live_mode, device_id, site_id)",
    # `data` is the object's JSON exactly as it is answered and, later, signed.
    """
    CREATE TABLE events (
        account integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
        live_mode boolean NOT NULL,
        id uuid NOT NULL,
        type text NOT NULL,
        object_id text NOT NULL,
        data bytea NOT NULL,
        time_created timestamptz NOT NULL,
        PRIMARY KEY (account, live_mode, id)
    )
    """,
    "CREATE INDEX events_object ON events (account, live_mode, object_id, id)",
    "CREATE INDEX events_type ON events (account, live_mode, type, id)",
)


def upgrade() -> None:
    """Make the tables."""
    for statement in STATEMENTS:
        op.execute(statement)
