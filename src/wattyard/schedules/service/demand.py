"""What plans of single devices add to demand charges (contract 4b)."""

from wattyard.costs.domain.rises import DemandRise, rises
from wattyard.costs.service import DemandReadings, Headrooms
from wattyard.kernel.context import Context
from wattyard.kernel.instants import Span
from wattyard.kernel.values import dataclass
from wattyard.platform.db import Database
from wattyard.platform.work import beside
from wattyard.tariffs.domain.demand import DemandCharge
from wattyard.tariffs.domain.prices import Supply


@dataclass
class DemandRises:
    """The demand charges of sites, as plans see them."""

    db: Database
    headrooms: Headrooms

    async def of_plan(self, context: Context, buying: Supply, span: Span) -> tuple[DemandRise, ...]:
        """List the billing periods of demand charges that a plan over a span touches.

        `buying` are the IMPORT tariffs of the span.
        """
        charges = [charge for one in buying.elements for charge in one.tariff.charges]
        if not any(isinstance(charge, DemandCharge) for charge in charges):
            return ()
        async with self.db.reading() as db:
            charged = await self.headrooms.of_plan(db, context, buying, span)
        return () if charged is None else await beside(_rises, charged, span)


def _rises(charged: DemandReadings, span: Span) -> tuple[DemandRise, ...]:
    return tuple(rises(charged.elements, charged.load(), span))
