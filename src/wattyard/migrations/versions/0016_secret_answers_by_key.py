"""An index of the few answers that are encrypted, by the name of the key that encrypted them."""

from wattyard.migrations.steps import make_index

revision = "0016"
down_revision = "0015"
WORKS_WITH = "0010"


def upgrade() -> None:
    """Make the index."""
    make_index(
        "idempotency_keys_encrypted",
        "idempotency_keys (substr(body_encrypted, 2, 8)) WHERE body_encrypted IS NOT NULL",
    )
