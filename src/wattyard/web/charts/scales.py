"""Scales: from a value to a height, with ticks at round numbers."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from wattyard.kernel.arrays import Numbers, np

_ROUND: Final = (1.0, 2.0, 2.5, 5.0)
_NEARLY: Final = 1e-9


@dataclass(frozen=True, slots=True)
class ValueScale:
    """Values from `ticks[0]` to `ticks[-1]`, drawn from `bottom_px` up to `top_px`.

    Ticks ascend in equal steps and cover every value of the chart; `decimals` write them exactly.
    """

    ticks: tuple[float, ...]
    decimals: int
    top_px: float
    bottom_px: float

    def y(self, value: float) -> float:
        """Give the height of a value, in pixels from the top of the drawing."""
        low, high = self.ticks[0], self.ticks[-1]
        return self.bottom_px - (value - low) / (high - low) * (self.bottom_px - self.top_px)

    def heights(self, values: Numbers) -> Numbers:
        """Give the height of each value (n)."""
        low, high = self.ticks[0], self.ticks[-1]
        return self.bottom_px - (values - low) / (high - low) * (self.bottom_px - self.top_px)


def value_scale(
    values: Iterable[Numbers], *, panel_px: tuple[float, float], most: int = 6
) -> ValueScale:
    """Make the scale of bars and areas: zero is on it, so that lengths compare honestly.

    `panel_px` are top and bottom; there are about `most` ticks. Values that are NaN do not count.
    """
    low, high = 0.0, 0.0
    for some in values:
        known = some[np.isfinite(some)]
        if known.size:
            low, high = min(low, float(known.min())), max(high, float(known.max()))
    ticks, decimals = nice_ticks(low, high, most)
    return ValueScale(ticks, decimals, *panel_px)


def percent_scale(panel_px: tuple[float, float]) -> ValueScale:
    """Make the scale from 0 to 100 per cent."""
    return ValueScale((0.0, 50.0, 100.0), 0, *panel_px)


def nice_ticks(low: float, high: float, most: int) -> tuple[tuple[float, ...], int]:
    """Choose about `most` round numbers that cover `low` to `high`, and the decimals they need.

    Steps are 1, 2, 2.5 or 5 times a power of ten. A range that is next to nothing
    is 1 long.
    """
    if high - low <= max(abs(low), abs(high), 1.0) * _NEARLY:
        high = low + 1.0
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    steps = (one * power * scale for scale in (1.0, 10.0) for one in _ROUND)
    step, first, last = next(
        found
        for found in (_covering(low, high, step) for step in steps)
        if found[2] - found[1] <= most
    )
    decimals = _decimals(step)
    return tuple(round(n * step, decimals) + 0.0 for n in range(first, last + 1)), decimals


def _covering(low: float, high: float, step: float) -> tuple[float, int, int]:
    """Give the step, and the first and last of its multiples that cover a range."""
    first = math.floor(low / step + _NEARLY)
    return step, first, max(math.ceil(high / step - _NEARLY), first + 1)


def _decimals(step: float) -> int:
    """Count the decimals that multiples of a step need."""
    for decimals in range(12):
        if math.isclose(round(step, decimals), step, rel_tol=1e-6):
            return decimals
    return 12
