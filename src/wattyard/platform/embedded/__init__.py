"""The embedded PostgreSQL: the default database, kept in the data folder."""

from wattyard.platform.embedded.backups import backup, remove_leftovers, restore
from wattyard.platform.embedded.errors import EmbeddedError
from wattyard.platform.embedded.lease import EmbeddedDatabase

__all__ = ["EmbeddedDatabase", "EmbeddedError", "backup", "remove_leftovers", "restore"]
