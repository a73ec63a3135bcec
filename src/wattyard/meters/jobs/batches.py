"""Reports of old batches are deleted, hourly."""

from typing import Final

from wattyard.kernel.context import Contexts
from wattyard.meters.service import BatchRetention
from wattyard.platform.db import Database
from wattyard.platform.work import Periodic

_FORGET_SECONDS: Final = 3600.0


def forgetting_batches(old: BatchRetention, db: Database, contexts: Contexts) -> Periodic:
    """Make the job that deletes batches that have been kept long enough."""
    name = "wattyard: forgetting old meter batches"
    return Periodic(
        "forgetting old meter batches",
        _FORGET_SECONDS,
        lambda: old.forget(contexts.operator()),
        alone=lambda: db.alone(name),
    )
