"""What happened: the log of changes, written in the same transaction as each change."""
