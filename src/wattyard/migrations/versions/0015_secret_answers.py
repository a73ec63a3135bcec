"""Kept answers of idempotency keys that have a secret are encrypted, in a column of their own.

Only adds; programs of the revision before take such an answer for one that was not kept.
"""

from alembic import op

revision = "0015"
down_revision = "0014"
WORKS_WITH = "0010"


def upgrade() -> None:
    """Add the column."""
    op.execute("ALTER TABLE idempotency_keys ADD COLUMN body_encrypted bytea")
