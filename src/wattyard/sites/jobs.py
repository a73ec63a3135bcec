"""Recording what changes of many devices at one site left to be told."""

from typing import Final

from wattyard.kernel.context import Contexts
from wattyard.platform.work import Periodic
from wattyard.sites.service import GatheredEvents

LOOK_SECONDS: Final = 1.0


def gathered_events(gathered: GatheredEvents, contexts: Contexts) -> Periodic:
    """Make the job that records the gathered events of sites."""

    async def work() -> None:
        while await gathered.record(contexts.operator()):
            pass

    return Periodic("site-events", LOOK_SECONDS, work)
