"""Accounts that are being deleted: they are never enabled again.

Only adds. A program of an earlier release knows the account as disabled.
"""

from alembic import op

revision = "0025"
down_revision = "0024"
WORKS_WITH = "0010"

STATEMENTS = ("ALTER TABLE accounts ADD COLUMN deletion_begun timestamptz",)


def upgrade() -> None:
    """Add the column."""
    for statement in STATEMENTS:
        op.execute(statement)
