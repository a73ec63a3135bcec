"""Partitions are made ahead, so that the first reading of a month does not wait."""

from typing import Final

from wattyard.kernel.context import Contexts
from wattyard.meters.service import Months
from wattyard.platform.work import Periodic

LOOK_SECONDS: Final = 6 * 3600.0


def months_ahead(months: Months, contexts: Contexts) -> Periodic:
    """Make the job that has partitions from last month to three months ahead.

    It makes none where the worker's role does not own the tables.
    """

    async def work() -> None:
        await months.make_ahead(contexts.clock())

    return Periodic("meter-months", LOOK_SECONDS, work)
