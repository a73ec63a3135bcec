"""Restricted keys, in a table of their own.

Only adds. A program of an earlier release does not read the table: it refuses such a key, where a
column beside the secret keys would have let it through with every right.
"""

from alembic import op

revision = "0019"
down_revision = "0018"
WORKS_WITH = "0010"


def upgrade() -> None:
    """Make the table."""
    op.execute(
        """
        CREATE TABLE restricted_keys (
            account integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
            live_mode boolean NOT NULL,
            id uuid NOT NULL,
            name text NOT NULL,
            secret_hash bytea NOT NULL UNIQUE,
            scopes text[] NOT NULL,
            site_ids uuid[],
            time_expiry timestamptz,
            time_created timestamptz NOT NULL,
            time_revoked timestamptz,
            last_used timestamptz,
            PRIMARY KEY (account, live_mode, id)
        )
        """
    )
