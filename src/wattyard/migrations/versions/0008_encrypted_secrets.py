"""Columns for encrypted secrets, and a second secret of a webhook endpoint while one is rotated.

Only adds: servers of earlier releases that run already go on with the plain columns, which
`wattyard encryption-key apply` empties once no node runs one any more. They do not start again on
it (see 0007).
"""

from alembic import op

revision = "0008"
down_revision = "0007"
WORKS_WITH = "0008"

STATEMENTS = (
    # The names of the keys that secrets are encrypted with; never a key.
    """
    CREATE TABLE encryption_keys (
        id text PRIMARY KEY,
        time_created timestamptz NOT NULL DEFAULT now()
    )
    """,
    """
    ALTER TABLE webhook_endpoints
        ALTER COLUMN secret DROP NOT NULL,
        ADD COLUMN secret_encrypted bytea,
        ADD COLUMN previous_secret_encrypted bytea,
        ADD COLUMN previous_secret_until timestamptz,
        ADD COLUMN headers_encrypted bytea
    """,
    """
    ALTER TABLE signing_keys
        ALTER COLUMN private_key DROP NOT NULL,
        ADD COLUMN private_key_encrypted bytea
    """,
    # A row has had no name so far; a value is bound to the row it is in.
    """
    ALTER TABLE token_secrets
        ALTER COLUMN secret DROP NOT NULL,
        ADD COLUMN secret_encrypted bytea,
        ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid()
    """,
    "ALTER TABLE market_sources ADD COLUMN feed_options_encrypted bytea",
)


def upgrade() -> None:
    """Add the columns."""
    for statement in STATEMENTS:
        op.execute(statement)
