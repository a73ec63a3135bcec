"""The use-case of the present price: what a kWh costs now, and what it will cost next."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from wattyard.kernel.context import Context
from wattyard.kernel.instants import Span
from wattyard.kernel.refusals import StateForbids
from wattyard.kernel.values import dataclass
from wattyard.tariffs.domain.present import HeldPrice, PresentPrice, held_price
from wattyard.tariffs.domain.prices import Question
from wattyard.tariffs.domain.tariff import Direction
from wattyard.tariffs.service.prices import Prices

_AHEAD: Final = timedelta(hours=48)
_BACK: Final = timedelta(hours=24)
_MOMENT: Final = timedelta(seconds=1)


@dataclass
class PresentPrices:
    """The present prices at every account's sites."""

    prices: Prices

    async def at_site(
        self, context: Context, site_id: UUID, direction: Direction, device: UUID | None
    ) -> PresentPrice:
        """Price a kWh now, as `Prices.quote_known` does for the 48 hours from now.

        The price began at the edge before now, up to 24 hours ago.

        Raises:
            What `Prices.quote_known` raises.
        """
        now = context.now.replace(microsecond=0)
        quote = await self.prices.quote_known(
            context, site_id, Question(direction, Span(now, now + _AHEAD), device)
        )
        present = held_price(quote, 0)
        before = Question(direction, Span(now - _BACK, now + _MOMENT), device)
        start = await self._began(context, site_id, before, present)
        return PresentPrice(
            quote.supply.site,
            HeldPrice(present.per_kwh, present.confidence, start, present.end),
            held_price(quote, 1) if len(quote.prices.per_kwh) > 1 else None,
        )

    async def _began(
        self, context: Context, site_id: UUID, before: Question, present: HeldPrice
    ) -> datetime:
        """Find since when the present price holds; now, where the time before had none."""
        try:
            last = held_price(await self.prices.quote(context, site_id, before), -1)
        except StateForbids:
            return present.start
        same = (last.per_kwh, last.confidence) == (present.per_kwh, present.confidence)
        return last.start if same else present.start
