"""How certain a cost is: the mean of prices and readings, weighed by energy (contract 3, Costs)."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from wattyard.costs.domain.energy import Charged
from wattyard.costs.domain.frame import Frame
from wattyard.costs.domain.readings import Numbers, Pieces
from wattyard.kernel.quantities import all_rounded

_DECIMALS: Final = 2
_ALMOST: Final = 0.99
_MEAN_DECIMALS: Final = 12
"""Takes the error of binary arithmetic away, so that a tie is one."""


def confidences(
    frame: Frame, answered: Pieces, bills: Sequence[Charged], of_reading: Numbers
) -> Numbers:
    """Tell the confidence (g + 1) of each item, and of the whole, with 2 decimals.

    A piece has the lowest confidence of its contracts times that of its reading, `of_reading`
    (n). The mean is weighed by the size of the energy, where there is none by time. It is 1 only
    where every piece is certain, else at most 0.99; without readings it is 1.
    """
    sure = np.ones(answered.size)
    for bill in bills:
        sure[bill.where] = np.minimum(sure[bill.where], bill.confidence)
    sure *= of_reading
    unsure = frame.sums(sure != 1.0)
    if not unsure[-1]:
        return np.ones(unsure.size)
    mean = _weighed(frame, sure, np.abs(answered.energy_kwh))
    lengths = (answered.ends_us - answered.starts_us).astype(np.float64)
    mean = np.where(np.isnan(mean), _weighed(frame, sure, lengths), mean)
    return settled(mean, unsure)


def settled(mean: Numbers, unsure: Numbers) -> Numbers:
    """Round means (n) to 2 decimals: 1 only where nothing is `unsure` (n counts), else below."""
    rounded = all_rounded(np.round(mean, _MEAN_DECIMALS), _DECIMALS)
    return np.where(unsure == 0, 1.0, np.minimum(rounded, _ALMOST))


def _weighed(frame: Frame, sure: Numbers, weights: Numbers) -> Numbers:
    """Take the mean (g + 1) by item; NaN where the weights are all 0."""
    weight = frame.sums(weights)
    mean = np.full(weight.size, np.nan)
    np.divide(frame.sums(sure * weights), weight, out=mean, where=weight != 0)
    return mean
