"""All time in which the price is low, or high, enough (contract 4, By limit)."""

from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.prices import PricedSlots, PriceSeries, Segment, merged
from wattyard.schedules.domain.refusals import LimitMissing, RelativeInvalid


@dataclass(frozen=True, slots=True, eq=False)
class LimitQuestion:
    """When is the price at or below (LOW), or at or above (HIGH), a threshold?

    `absolute` is a price per kWh and wins; `relative` (0..1) places the threshold at lowest +
    relative * (highest - lowest) of the window, for HIGH as well.

    Raises:
        LimitMissing: when neither is given.
        RelativeInvalid: when the relative limit is not 0..1.
    """

    prices: PriceSeries
    segment: Segment
    relative: float | None = None
    absolute: float | None = None

    def __post_init__(self) -> None:
        check_limit(self.relative, self.absolute)


def check_limit(relative: float | None, absolute: float | None) -> None:
    """Check that there is a limit, and that a relative one is a share.

    Raises:
        LimitMissing, RelativeInvalid: as `LimitQuestion` says.
    """
    if relative is None and absolute is None:
        raise LimitMissing("give relative (0..1) or absolute (a price)", param="relative")
    if relative is not None and not 0.0 <= relative <= 1.0:
        raise RelativeInvalid(
            f"relative must be between 0 and 1; got {relative:g}", param="relative"
        )


@dataclass(frozen=True, slots=True, eq=False)
class LimitPlan:
    """The slots that match, and the threshold per kWh they were held against."""

    slots: PricedSlots
    threshold_per_kwh: float


def by_limit(question: LimitQuestion) -> LimitPlan:
    """Pick every interval on the right side of the threshold; equal neighbours are merged."""
    prices = question.prices
    threshold = prices.threshold(relative=question.relative, absolute=question.absolute)
    if threshold is None:
        raise LimitMissing("give relative (0..1) or absolute (a price)", param="relative")
    if question.segment == "LOW":
        matching = prices.per_kwh <= threshold
    else:
        matching = prices.per_kwh >= threshold
    pieces = PricedSlots(
        prices.edges_us[:-1][matching],
        prices.edges_us[1:][matching],
        prices.per_kwh[matching],
        prices.confidence[matching],
    )
    return LimitPlan(merged(pieces), threshold)
