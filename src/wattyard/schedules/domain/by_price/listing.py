"""Plans that pick time by its price, as they are asked for and answered (contract 4)."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from wattyard.kernel.clock_changes import microseconds
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.by_price.duration import check_duration
from wattyard.schedules.domain.by_price.limit import check_limit
from wattyard.schedules.domain.prices import PricedSlots, Segment
from wattyard.tariffs.domain.prices import Question, Quote

LONGEST: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class DurationRequest:
    """Which `duration_minutes` of a span at a site are cheapest (LOW) or dearest (HIGH)?

    Raises:
        DurationInvalid, MinSlotMinutesInvalid: as `DurationQuestion` says.
    """

    site_id: UUID
    question: Question
    segment: Segment
    duration_minutes: int
    contiguous: bool = False
    min_slot_minutes: int | None = None

    def __post_init__(self) -> None:
        span = self.question.span
        window_us = microseconds(span.end) - microseconds(span.start)
        check_duration(window_us, self.duration_minutes, self.min_slot_minutes)


@dataclass(frozen=True, slots=True)
class LimitRequest:
    """When is the price of a span at a site on the right side of a limit?

    Raises:
        LimitMissing, RelativeInvalid: as `LimitQuestion` says.
    """

    site_id: UUID
    question: Question
    segment: Segment
    relative: float | None = None
    absolute: float | None = None

    def __post_init__(self) -> None:
        check_limit(self.relative, self.absolute)


@dataclass(frozen=True, slots=True)
class Listing:
    """The slots that were picked, and the prices that they were picked by.

    `prices_until`: where no price is known further, although more time was asked for.
    """

    quote: Quote
    slots: PricedSlots
    prices_until: datetime | None = None
