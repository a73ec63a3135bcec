"""Gathers what a site's netting depends on: its IMPORT tariffs, and readings both ways."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from typing import Final

from wattyard.costs.domain.netting import Netted, payable
from wattyard.costs.domain.question import CostQuestion
from wattyard.kernel.context import Context
from wattyard.kernel.instants import Span
from wattyard.kernel.values import dataclass
from wattyard.meters.domain.readings import TariffDirection
from wattyard.meters.domain.records import StreamReadings
from wattyard.meters.service import Records
from wattyard.platform.db import ReadConnection
from wattyard.sites.domain.netting import Netting
from wattyard.sites.domain.sites import Site
from wattyard.tariffs.domain.netting import GrossFlows, NetShares, net_shares, netted_time
from wattyard.tariffs.domain.prices import Supply
from wattyard.tariffs.domain.tariff import Direction, Element
from wattyard.tariffs.service import EVER, Prices
from wattyard.tariffs.service.netting import as_gross, gross_energy

_CHARGED_APART: Final = timedelta(days=2 * 366)
_OTHER: Final[dict[Direction, TariffDirection]] = {"IMPORT": "EXPORT", "EXPORT": "IMPORT"}


@dataclass(frozen=True, slots=True)
class NettedTime:
    """The time whose readings decide what counts of a question's: `span` is of `netted_time`.

    `supply` is that of the question, `buying` the IMPORT tariffs of its site.
    """

    netting: Netting
    supply: Supply
    buying: Sequence[Element]
    span: Span

    def with_all(self, needed: Span) -> Span:
        """Find the time that holds `needed` too."""
        return Span(min(self.span.start, needed.start), max(self.span.end, needed.end))


@dataclass(frozen=True, eq=False)
class NettedFlows:
    """What a site's own meter read both ways in that time, before it is netted."""

    time: NettedTime
    flows: GrossFlows

    @cached_property
    def shares(self) -> NetShares:
        """What counts of it; what is forfeited is left out."""
        time, supply = self.time, self.time.supply
        found = net_shares(time.netting, time.buying, supply.region, time.span, self.flows)
        return payable(found, supply.elements)

    def netted(self, question: CostQuestion) -> Netted:
        """Net the readings of a question; where charges go with them, what the sum pays does."""
        settles = question.direction == "EXPORT" and question.charged
        return Netted(self.time.netting, self.shares, question.direction, self.flows, settles)


def contracts_span(site: Site, span: Span) -> Span:
    """The time whose contracts the costs of a span depend on.

    Charges look at whole billing periods, of two years at most; netting at all time.
    """
    if site.netting is not None:
        return EVER
    return Span(span.start - _CHARGED_APART, span.end + _CHARGED_APART)


async def netted_time_of(
    prices: Prices,
    db: ReadConnection,
    context: Context,
    supply: Supply,
    question: CostQuestion,
    needed: Span,
) -> NettedTime | None:
    """Find how the energy of a question is netted; None where it counts as it was metered."""
    netting = supply.site.netting
    if netting is None or question.device is not None or question.direction not in _OTHER:
        return None
    buying: Sequence[Element] = supply.elements
    if question.direction != "IMPORT":
        buying = (await prices.supply(db, context, supply.site, "IMPORT", [EVER])).elements
    span = netted_time(netting, buying, supply.region, needed)
    return None if span is None else NettedTime(netting, supply, buying, span)


async def netted_flows(
    records: Records,
    context: Context,
    time: NettedTime,
    direction: Direction,
    found: Sequence[StreamReadings],
) -> NettedFlows:
    """Put what was `found` of the question's direction in that time beside the other one."""
    own = tuple(as_gross(one.metered) for one in found)
    other = await gross_energy(records, context, time.supply.site.id, _OTHER[direction], time.span)
    return NettedFlows(
        time, GrossFlows(own, other) if direction == "IMPORT" else GrossFlows(other, own)
    )
