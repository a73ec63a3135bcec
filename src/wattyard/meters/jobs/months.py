"""Partitions are made ahead, so that the first reading of a month does not wait."""

from typing import Final

from wattyard.kernel.context import Contexts
from wattyard.meters.service import Meters
from wattyard.platform.work import Periodic

LOOK_SECONDS: Final = 6 * 3600.0


def months_ahead(meters: Meters, contexts: Contexts) -> Periodic:
    """Make the job that has partitions from last month to three months ahead."""

    async def work() -> None:
        await meters.make_months(contexts.clock())

    return Periodic("meter-months", LOOK_SECONDS, work)
