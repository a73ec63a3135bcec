"""A price series to plan with, and the priced slots that plans by duration and limit answer."""

from typing import Final, Literal

from wattyard.kernel.arrays import Integers, Numbers, np
from wattyard.kernel.values import dataclass

Instants = Integers
"""Microseconds since 1970-01-01T00:00Z."""
Segment = Literal["LOW", "HIGH"]

MINUTE_US: Final = 60_000_000


@dataclass(frozen=True, slots=True, eq=False)
class PriceSeries:
    """The price of n intervals that touch and fill a window.

    `edges_us` (n + 1) ascending, microseconds since 1970 UTC; `per_kwh` (n) in major currency
    units, of either sign; `confidence` (n) 0..1.

    Raises:
        ValueError: when the shapes do not fit, an edge does not ascend or a price is not finite.
    """

    edges_us: Instants
    per_kwh: Numbers
    confidence: Numbers

    def __post_init__(self) -> None:
        count = self.per_kwh.size
        if count == 0 or self.edges_us.shape != (count + 1,) or self.confidence.shape != (count,):
            raise ValueError("n intervals need n + 1 edges, n prices and n confidences, n ≥ 1")
        if not (np.diff(self.edges_us) > 0).all():
            raise ValueError("the edges of a price series ascend")
        if not np.isfinite(self.per_kwh).all():
            raise ValueError("a price is a finite number")

    @property
    def lengths_us(self) -> Instants:
        """The length (n) of each interval."""
        return np.diff(self.edges_us)

    @property
    def window_us(self) -> int:
        """The length of all intervals together."""
        return int(self.edges_us[-1] - self.edges_us[0])

    def threshold(self, *, relative: float | None, absolute: float | None) -> float | None:
        """Find the price limit: `absolute`, or else the share `relative` (0..1) of the range.

        Relative r stands for lowest + r * (highest - lowest), and exactly for the highest at 1.
        """
        if absolute is not None or relative is None:
            return absolute
        lowest, highest = float(self.per_kwh.min()), float(self.per_kwh.max())
        return highest if relative >= 1.0 else lowest + relative * (highest - lowest)

    def within(self, start_us: int, end_us: int) -> "PriceSeries":
        """Cut out the part from `start_us` to `end_us`.

        Raises:
            ValueError: when the series does not cover it, or it is empty.
        """
        if not self.edges_us[0] <= start_us < end_us <= self.edges_us[-1]:
            raise ValueError("a part lies within its series and ends after it starts")
        first = int(np.searchsorted(self.edges_us, start_us, side="right")) - 1
        last = int(np.searchsorted(self.edges_us, end_us, side="left"))
        edges_us = self.edges_us[first : last + 1].copy()
        edges_us[0], edges_us[-1] = start_us, end_us
        return PriceSeries(edges_us, self.per_kwh[first:last], self.confidence[first:last])

    def at(self, instants_us: Instants) -> Instants:
        """Find (n) the position of the interval that holds each instant of the window."""
        position = np.searchsorted(self.edges_us, instants_us, side="right") - 1
        return np.clip(position, 0, self.per_kwh.size - 1).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class PricedSlots:
    """k slots in order of time, none overlapping; neighbours that touch differ in price.

    `starts_us`, `ends_us` (k) microseconds since 1970 UTC; `per_kwh` (k); `confidence` (k) 0..1.
    """

    starts_us: Instants
    ends_us: Instants
    per_kwh: Numbers
    confidence: Numbers

    @property
    def duration_us(self) -> int:
        """The length of all slots together."""
        return int((self.ends_us - self.starts_us).sum())


def merged(pieces: PricedSlots) -> PricedSlots:
    """Join pieces, given in order of time, that touch and have equal prices.

    A joined slot has the lowest confidence of its pieces.
    """
    if pieces.starts_us.size == 0:
        return pieces
    touching = pieces.starts_us[1:] == pieces.ends_us[:-1]
    equal = pieces.per_kwh[1:] == pieces.per_kwh[:-1]
    first = np.flatnonzero(np.append(True, ~(touching & equal)))
    last = np.append(first[1:], pieces.starts_us.size) - 1
    return PricedSlots(
        pieces.starts_us[first],
        pieces.ends_us[last],
        pieces.per_kwh[first],
        np.minimum.reduceat(pieces.confidence, first),
    )


def priced(prices: PriceSeries, starts_us: Instants, ends_us: Instants) -> PricedSlots:
    """Cut stretches of time (k, in order, not overlapping) at the price edges and price them."""
    if starts_us.size == 0:
        return PricedSlots(starts_us, ends_us, np.zeros(0), np.zeros(0))
    cuts_us = np.unique(np.concatenate([prices.edges_us, starts_us, ends_us]))
    stretch = np.searchsorted(starts_us, cuts_us[:-1], side="right") - 1
    chosen = (stretch >= 0) & (cuts_us[:-1] < ends_us[stretch])
    position = prices.at(cuts_us[:-1][chosen])
    return merged(
        PricedSlots(
            cuts_us[:-1][chosen],
            cuts_us[1:][chosen],
            prices.per_kwh[position],
            prices.confidence[position],
        )
    )
