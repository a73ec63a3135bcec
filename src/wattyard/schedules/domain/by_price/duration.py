"""The cheapest, or dearest, time of a given total length (contract 4, By duration)."""

from typing import Final

from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.by_price.long_slots import long_slots
from wattyard.schedules.domain.prices import (
    MINUTE_US,
    Instants,
    PricedSlots,
    PriceSeries,
    Segment,
    merged,
    priced,
)
from wattyard.schedules.domain.refusals import DurationInvalid, MinSlotMinutesInvalid

_ROUNDING: Final = 1e-13
"""Share of the largest possible cost below which two costs are the same sum added differently."""


@dataclass(frozen=True, slots=True, eq=False)
class DurationQuestion:
    """Which `duration_minutes` of the window cost least (LOW) or most (HIGH)?

    The window is that of `prices`. `contiguous` asks for one block; `min_slot_minutes` for slots
    that each last at least so long (neighbours of different price count as one slot).

    Raises:
        DurationInvalid: when the duration is not 1 minute to the length of the window.
        MinSlotMinutesInvalid: when a slot should last longer than the duration, or not 1 minute.
    """

    prices: PriceSeries
    segment: Segment
    duration_minutes: int
    contiguous: bool = False
    min_slot_minutes: int | None = None

    def __post_init__(self) -> None:
        check_duration(self.prices.window_us, self.duration_minutes, self.min_slot_minutes)


def check_duration(window_us: int, duration_minutes: int, min_slot_minutes: int | None) -> None:
    """Check that a duration fits its window, and the shortest slot the duration.

    Raises:
        DurationInvalid, MinSlotMinutesInvalid: as `DurationQuestion` says.
    """
    longest = window_us // MINUTE_US
    if not 1 <= duration_minutes <= longest:
        raise DurationInvalid(
            f"duration must be between 1 and the {longest} minutes of the window; "
            f"got {duration_minutes}",
            param="duration",
        )
    if min_slot_minutes is not None and not 1 <= min_slot_minutes <= duration_minutes:
        raise MinSlotMinutesInvalid(
            f"min_slot_minutes must be between 1 and duration, {duration_minutes}; "
            f"got {min_slot_minutes}",
            param="min_slot_minutes",
        )


def by_duration(question: DurationQuestion) -> PricedSlots:
    """Pick exactly the duration; ties go to the earliest, equal neighbours are merged.

    Without `contiguous` the price interval that is used in part gives its earliest part.
    """
    prices, wanted_us = question.prices, question.duration_minutes * MINUTE_US
    per_kwh = prices.per_kwh if question.segment == "LOW" else -prices.per_kwh
    shortest_us = (question.min_slot_minutes or 0) * MINUTE_US
    if question.contiguous or 2 * shortest_us > wanted_us:
        start_us = _best_start(prices, per_kwh, wanted_us)
        return priced(prices, np.array([start_us]), np.array([start_us + wanted_us]))
    slots = _scattered(prices, per_kwh, wanted_us)
    if shortest_us == 0 or _shortest_run(slots) >= shortest_us:
        return slots
    return priced(prices, *long_slots(prices, per_kwh, wanted_us, shortest_us))


def _scattered(prices: PriceSeries, per_kwh: Numbers, wanted_us: int) -> PricedSlots:
    """Fill the lowest of `per_kwh` (n) first, in order of time among equals."""
    order = np.argsort(per_kwh, kind="stable")
    filled_us = np.cumsum(prices.lengths_us[order])
    last = int(np.searchsorted(filled_us, wanted_us, side="left"))
    spare_us = int(filled_us[last]) - wanted_us
    chosen = np.sort(order[: last + 1])
    ends_us = prices.edges_us[1:][chosen]
    ends_us[chosen == order[last]] -= spare_us
    return merged(
        PricedSlots(
            prices.edges_us[:-1][chosen],
            ends_us,
            prices.per_kwh[chosen],
            prices.confidence[chosen],
        )
    )


def _best_start(prices: PriceSeries, per_kwh: Numbers, wanted_us: int) -> int:
    """Find the earliest start of the block with the lowest total.

    The total is piecewise linear in the start, with corners where the block's start or end
    passes a price edge; its earliest minimum is at a corner.
    """
    first, last = int(prices.edges_us[0]), int(prices.edges_us[-1]) - wanted_us
    corners: Instants = np.unique(np.concatenate([prices.edges_us, prices.edges_us - wanted_us]))
    corners = corners[(corners >= first) & (corners <= last)]
    lengths = prices.lengths_us.astype(np.float64)
    totals = np.concatenate([[0.0], np.cumsum(per_kwh * lengths)])
    offsets = (prices.edges_us - first).astype(np.float64)
    after = np.interp((corners + wanted_us - first).astype(np.float64), offsets, totals)
    cost = after - np.interp((corners - first).astype(np.float64), offsets, totals)
    rounding = _ROUNDING * float(np.abs(per_kwh).max()) * prices.window_us
    return int(corners[np.argmax(cost <= cost.min() + rounding)])


def _shortest_run(slots: PricedSlots) -> int:
    """Find how long the shortest stretch without a gap is."""
    breaks = np.flatnonzero(slots.starts_us[1:] != slots.ends_us[:-1])
    starts_us = slots.starts_us[np.append(0, breaks + 1)]
    ends_us = slots.ends_us[np.append(breaks, slots.ends_us.size - 1)]
    return int((ends_us - starts_us).min())
