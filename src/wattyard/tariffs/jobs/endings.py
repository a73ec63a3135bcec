"""Announcing contracts that end soon and those that have ended."""

from typing import Final

from wattyard.kernel.context import Contexts
from wattyard.platform.work import Periodic
from wattyard.tariffs.service import Endings

LOOK_SECONDS: Final = 60.0


def endings(contracts: Endings, contexts: Contexts) -> Periodic:
    """Make the job that tells `tariff.expiring` 7 days before an end, and `tariff.expired`."""

    async def work() -> None:
        while await contracts.record(contexts.operator()):
            pass

    return Periodic("tariff-endings", LOOK_SECONDS, work)
