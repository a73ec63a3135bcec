"""Recording the events that many device changes left due; deleting old device states, hourly."""

from typing import Final

from wattyard.kernel.context import Contexts
from wattyard.platform.db import Database
from wattyard.platform.work import Periodic
from wattyard.sites.service import GatheredEvents, StateRetention

LOOK_SECONDS: Final = 1.0
_FORGET_SECONDS: Final = 3600.0


def gathered_events(gathered: GatheredEvents, contexts: Contexts) -> Periodic:
    """Make the job that records the gathered events of sites."""

    async def work() -> None:
        while await gathered.record(contexts.operator()):
            pass

    return Periodic("site-events", LOOK_SECONDS, work)


def forgetting_states(old: StateRetention, db: Database, contexts: Contexts) -> Periodic:
    """Make the job that deletes device states that have been kept long enough."""
    name = "wattyard: forgetting old device states"
    return Periodic(
        "forgetting old device states",
        _FORGET_SECONDS,
        lambda: old.forget(contexts.operator()),
        alone=lambda: db.alone(name),
    )
