"""Rounding at the edge: the one rule for numbers that leave the system (contract 0, Money)."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

PRICE_DECIMALS: Final = 6
COST_DECIMALS: Final = 6


def rounded(number: float, decimals: int) -> float:
    """Round half to even on the decimal digits that the number shows, never to -0.

    `rounded(0.0000005, 6)` is 0.0 and `rounded(0.0000015, 6)` is 0.000002, as a person would
    round what is printed, where binary rounding of the stored value could go either way.
    """
    exact = Decimal(repr(number)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
    return float(exact) + 0.0
