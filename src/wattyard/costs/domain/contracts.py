"""Which contract prices which part of a span, and which readings move its tier counters."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from wattyard.costs.domain.question import CostQuestion
from wattyard.kernel.clock_changes import instant, microseconds
from wattyard.kernel.instants import Span
from wattyard.kernel.local_periods import unit_edges
from wattyard.tariffs.domain.calendar import Place
from wattyard.tariffs.domain.prices import ABSENT, Question, owners, types_of
from wattyard.tariffs.domain.refusals import NoTariffConnected
from wattyard.tariffs.domain.resets import counted_since
from wattyard.tariffs.domain.tariff import Element

FOR_EVER: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Supply:
    """A contract over the part of a span that it prices.

    `until` is when the next contract of its kind takes over, or `FOR_EVER`.
    """

    element: Element
    span: Span
    until: datetime

    @property
    def is_commodity(self) -> bool:
        return self.element.tariff.type == "COMMODITY"

    @property
    def tiered(self) -> bool:
        """Whether any window has more than one tier."""
        return int(self.element.tariff.rates.to_kwh.shape[1]) > 1

    def counting(self, place: Place) -> Span:
        """Find the time whose readings decide the tiers of its span.

        TARIFF and PERIOD count from the last reset on, SHARED the whole reset periods. Energy
        before the contract, or after the next one took over, is not the contract's.
        """
        tariff = self.element.tariff
        reset = tariff.tiering.reset
        since = counted_since(reset, tariff.term, place, self.span.start)
        if tariff.tiering.scope != "SHARED":
            return Span(since, self.span.end)
        if reset == "CONTRACT":
            return Span(since, self.until)
        span_us = microseconds(self.span.start), microseconds(self.span.end)
        period_end = instant(unit_edges(reset, place.zone, span_us)[-1])
        return Span(since, min(period_end, self.until))


def supplies(elements: Sequence[Element], question: CostQuestion) -> list[Supply]:
    """List the contracts that price a span, COMMODITY first, each kind in order of time.

    They are those of `tariffs.domain.prices`: a contract goes on until the next of its kind
    starts, a device's own, once started, stand in for those of the place. LOCAL may have none.

    Raises:
        NoTariffConnected: when the place (or the device) has no COMMODITY of the direction at
            all; LOCAL is free then.
    """
    span = question.span
    onwards = Question(question.direction, Span(span.start, FOR_EVER), question.device)
    found: list[Supply] = []
    for type_ in types_of(question.direction):
        stretches = owners(elements, type_, onwards)
        kind = [
            Supply(
                elements[stretch.element],
                Span(stretch.span.start, min(stretch.span.end, span.end)),
                stretch.span.end,
            )
            for stretch in stretches
            if stretch.element != ABSENT and stretch.span.start < span.end
        ]
        connected = stretches[-1].element != ABSENT
        if type_ == "COMMODITY" and not connected and question.direction != "LOCAL":
            raise NoTariffConnected(f"the place has no COMMODITY tariff for {question.direction}")
        found.extend(kind)
    return found


def history_needed(
    elements: Sequence[Element], place: Place, question: CostQuestion
) -> Span | None:
    """Find the time, the question's span in it, whose readings the answer depends on.

    None when those of the span itself will do. Tiers need the readings since the last reset, and
    under SHARED those of the whole reset periods. Demand charges need none: they are the highest
    power of each local month inside the span.

    Raises:
        NoTariffConnected: as `costs` does.
    """
    counting = [own.counting(place) for own in supplies(elements, question) if own.tiered]
    start = min([question.span.start, *(span.start for span in counting)])
    end = max([question.span.end, *(span.end for span in counting)])
    needed = Span(start, end)
    return None if needed == question.span else needed
