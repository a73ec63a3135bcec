"""Batches: what became of readings that were sent together (contract 3)."""

from datetime import datetime
from uuid import UUID

from wattyard.kernel.values import dataclass
from wattyard.meters.domain.readings import Failed


@dataclass(frozen=True, slots=True)
class MeterBatch:
    """How many records were sent, taken and refused.

    `failed` lists the first 1,000 that were refused. `complete` is False while a stream of records
    still runs, or where it broke off: what it counts is stored all the same. `transactions` are
    those that stored its records so far; they are known while it runs, and not kept.
    """

    id: UUID
    time_created: datetime
    submitted: int = 0
    accepted: int = 0
    failed_count: int = 0
    failed: tuple[Failed, ...] = ()
    complete: bool = True
    transactions: tuple[int, ...] = ()
