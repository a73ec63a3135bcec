"""Idempotency by effect: marks of requests that run, and digests of what a request means.

Servers of earlier releases that run already go on as before beside it: the new columns have
defaults, and what they compare is still written. They do not start again on it, as `WORKS_WITH`
says: until 0010 a program refuses every schema newer than its own.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
WORKS_WITH = "0007"

STATEMENTS = (
    # NULL where an earlier release kept the answer: then `fingerprint`, of the bytes, counts.
    "ALTER TABLE idempotency_keys ADD COLUMN meaning bytea",
    # False where the answer was too large; `body` is empty then.
    "ALTER TABLE idempotency_keys ADD COLUMN body_kept boolean NOT NULL DEFAULT true",
    """
    CREATE TABLE idempotency_marks (
        account integer NOT NULL REFERENCES accounts ON DELETE CASCADE,
        live_mode boolean NOT NULL,
        key text NOT NULL,
        holder uuid NOT NULL,
        meaning bytea NOT NULL,
        time_ends timestamptz NOT NULL,
        PRIMARY KEY (account, live_mode, key)
    )
    """,
)


def upgrade() -> None:
    """Make the columns and the table."""
    for statement in STATEMENTS:
        op.execute(statement)
