"""The use-case of what tiers count: whether there are readings from which a tier follows."""

from datetime import datetime
from uuid import UUID

from wattyard.kernel.context import Context
from wattyard.kernel.instants import Span
from wattyard.kernel.values import dataclass
from wattyard.meters.domain.readings import Stream
from wattyard.meters.service import Records
from wattyard.platform.work import beside
from wattyard.tariffs.domain.prices import calendar_region
from wattyard.tariffs.domain.resets import counted_since
from wattyard.tariffs.service.contracts import Tariffs
from wattyard.tariffs.service.ports import Wire
from wattyard.tariffs.service.prices import COUNTED_FLOWS


@dataclass
class TierCounts:
    """The counts of kWh behind the tiers of every account's tariffs."""

    tariffs: Tariffs
    records: Records
    wire: Wire

    async def unread_since(self, context: Context, tariff_id: UUID) -> datetime | None:
        """Find since when the tiers of a tariff count, if the site's meter has read nothing since.

        None where it has; and of tariffs without tiers, of some devices only, or that count later.

        Raises:
            TariffNotFound: when the caller has none of that id.
        """
        contract, site = await self.tariffs.tariff(context, tariff_id)
        region = calendar_region(site)
        tariff = await beside(self.wire.rules, contract.rules, region)
        since = counted_since(tariff, region, context.now)
        if tariff.schedule.tiers < 2 or tariff.devices or since >= context.now:
            return None
        meter = Stream(site.id, None, COUNTED_FLOWS[tariff.direction], tariff.direction)
        span = Span(since, context.now)
        return None if await self.records.has_some(context, span, meter) else since
