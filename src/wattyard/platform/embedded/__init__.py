"""The embedded PostgreSQL: the default database, kept in the data folder."""

from wattyard.platform.embedded.backups import backup, restore
from wattyard.platform.embedded.lease import EmbeddedDatabase
from wattyard.platform.embedded.programs import EmbeddedError

__all__ = ["EmbeddedDatabase", "EmbeddedError", "backup", "restore"]
