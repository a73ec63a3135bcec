"""What the operators and functions of a formula do to arrays (contract 2, Formula)."""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Parts = Sequence[Numbers | float]

PRICE_LIMIT: Final = 1e9
"""Money per kWh: a result above it, of either sign, is an overflow. 6 decimals stay exact below."""

FUNCTIONS: Final = frozenset({"min", "max", "abs", "round", "floor", "ceil"})


def calculated(operator: str, parts: Parts) -> Numbers:
    """Apply an operator or a function to arrays of one shape, or to numbers.

    Where there is no finite value (a division by zero, an overflow, a root of a negative
    number) the result is not finite: infinite or NaN, never a wrong number. Callers ask within
    `np.errstate(all="ignore")`, once for a whole formula.
    """
    return cast("Numbers", _OPERATIONS[operator](*parts))


def _rounded(number: Numbers, decimals: Numbers | float = 0.0) -> Numbers:
    return np.round(number, int(decimals))


_OPERATIONS: Final[dict[str, Callable[..., object]]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "**": np.float_power,
    "negative": np.negative,
    "min": lambda *parts: reduce(np.minimum, parts),
    "max": lambda *parts: reduce(np.maximum, parts),
    "abs": np.abs,
    "round": _rounded,
    "floor": np.floor,
    "ceil": np.ceil,
}
