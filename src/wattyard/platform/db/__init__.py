"""PostgreSQL behind a narrow port: connections, transactions, page queries."""

from wattyard.platform.db.bells import Bell, Listener
from wattyard.platform.db.connection import ReadConnection, WriteConnection, savepoint
from wattyard.platform.db.database import Database
from wattyard.platform.db.keyset import page_query

__all__ = [
    "Bell",
    "Database",
    "Listener",
    "ReadConnection",
    "WriteConnection",
    "page_query",
    "savepoint",
]
