"""Terms: the prices under which the energy of a place, or of a device there, is charged."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wattyard.costs.domain.contracts import supplies
from wattyard.costs.domain.energy import Rated, rated
from wattyard.costs.domain.question import CostQuestion
from wattyard.kernel.clock_changes import Microseconds, joined_edges
from wattyard.kernel.instants import Span
from wattyard.tariffs.domain.calendar import Place
from wattyard.tariffs.domain.market import Markets
from wattyard.tariffs.domain.tariff import Element


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """What the energy of a place, or of a device there, costs in a time: contracts and prices.

    `edges_us` (e) are the instants at which a piece of energy must end for it to have one price.
    """

    elements: Sequence[Element]
    place: Place
    rates: Sequence[Rated]
    edges_us: Microseconds


def terms(
    elements: Sequence[Element],
    place: Place,
    question: CostQuestion,
    metered: Span | None,
    *,
    markets: Markets,
) -> Terms:
    """Look up the prices of every contract for the part of a question's span that has readings.

    `elements` are the connected tariffs of the place, in any order. `metered` is the time of all
    readings, None without any.

    Raises:
        NoTariffConnected: when there is no COMMODITY of the direction at all; LOCAL is 0 then.
    """
    found = []
    for supply in supplies(elements, question):
        if metered is None:
            continue
        start = max(supply.span.start, metered.start)
        end = min(supply.span.end, metered.end)
        if start < end:
            span = Span(start, end)
            found.append(rated(supply, place, span, markets=markets, metered=metered))
    edges = [own.edges_us for own in found]
    return Terms(elements, place, found, joined_edges(edges) if edges else np.zeros(0, np.int64))
