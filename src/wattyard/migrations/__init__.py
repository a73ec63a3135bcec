"""The database's history: Alembic revisions in plain SQL, oldest first (design, Data rules)."""
