"""Cells: which one a database is, and accounts that move from one to another.

Only adds: a program of an earlier release serves an account whatever its `move_stage` says, so that
`wattyard account move` asks for the same release everywhere.
"""

from alembic import op

revision = "0027"
down_revision = "0026"
WORKS_WITH = "0010"

STATEMENTS = (
    # NULL where the account lives here; else see `kernel.moves.MoveStage`.
    "ALTER TABLE accounts ADD COLUMN move_stage text",
    # A row of the account that is moved, which is written anew to see that all before it arrived.
    # No reference to `accounts`: at the target the account's own row comes last.
    """
    CREATE TABLE account_moves (
        account integer NOT NULL,
        live_mode boolean NOT NULL DEFAULT false,
        mark uuid NOT NULL,
        PRIMARY KEY (account, live_mode)
    )
    """,
    # At most one row; none where there are no cells.
    "CREATE TABLE cells (this boolean PRIMARY KEY CHECK (this), number smallint NOT NULL)",
)


def upgrade() -> None:
    """Add the column and the tables."""
    for statement in STATEMENTS:
        op.execute(statement)
