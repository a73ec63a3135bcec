"""Rounding at the edge: the one rule for numbers that leave the system (contract 0, Money)."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from wattyard.kernel.arrays import Numbers, np

PRICE_DECIMALS: Final = 6
COST_DECIMALS: Final = 6

_NEAR_A_TIE: Final = 1e-4
"""In units of the last place: far more than the error of scaling a double below `_SCALABLE`."""
_SCALABLE: Final = 2.0**38


def rounded(number: float, decimals: int) -> float:
    """Round half to even on the number's shortest decimal form, never to -0.

    `rounded(0.0000005, 6)` is 0.0 and `rounded(0.0000015, 6)` is 0.000002, as a person would
    round the printed number; binary rounding of the stored value could go either way.
    """
    exact = Decimal(repr(number)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
    return float(exact) + 0.0


def all_rounded(numbers: Numbers, decimals: int) -> Numbers:
    """Round each number (any shape) exactly as `rounded` does; NaN stays NaN.

    Only numbers too close to a tie, or too large for binary arithmetic, are rounded one by one.
    """
    scale = 10.0**decimals
    scaled = numbers * scale
    result = np.rint(scaled) / scale + 0.0
    near = np.abs(np.abs(scaled - np.trunc(scaled)) - 0.5) < _NEAR_A_TIE
    doubtful = near | (np.abs(scaled) > _SCALABLE)
    if doubtful.any():
        distinct, place = np.unique(numbers[doubtful], return_inverse=True)
        exact = np.array([rounded(float(number), decimals) for number in distinct])
        result[doubtful] = exact[place]
    return result
