"""PostgreSQL behind a narrow port: connections, transactions, page queries."""

from wattyard.platform.db.connection import ReadConnection, WriteConnection
from wattyard.platform.db.database import Database
from wattyard.platform.db.keyset import page_query
from wattyard.platform.db.notifications import Listener, Notifier
from wattyard.platform.db.pool import of_account
from wattyard.platform.db.replicas import ReplicaFailed, replicas_allowed
from wattyard.platform.db.replication import commit_behind_all
from wattyard.platform.db.transactions import savepoint

__all__ = [
    "Database",
    "Listener",
    "Notifier",
    "ReadConnection",
    "ReplicaFailed",
    "WriteConnection",
    "commit_behind_all",
    "of_account",
    "page_query",
    "replicas_allowed",
    "savepoint",
]
