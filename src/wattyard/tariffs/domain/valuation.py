"""The value of a formula at many instants at once (contract 2, Formula)."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from wattyard.tariffs.domain.arithmetic import Numbers, calculated
from wattyard.tariffs.domain.formula import Formula, Market, Node, Number

Marks = NDArray[np.bool_]


def values(formula: Formula, market: Mapping[str, Numbers], instants: int) -> Numbers:
    """Calculate a formula at n instants.

    `market` holds, by code, the published prices (n) in the unit that the source publishes,
    NaN where there is none.

    Returns (n) money per kWh, NaN wherever any step has no finite value: a price that a
    division by zero or an overflow has touched is no price.
    """
    good = np.ones(instants, np.bool_)
    with np.errstate(all="ignore"):
        value = _value(formula.tree, market, good)
    return np.where(good, np.broadcast_to(value, instants), np.nan)


def _value(node: Node, market: Mapping[str, Numbers], good: Marks) -> Numbers | float:
    """Calculate a part, and clear in `good` the instants at which it has no finite value."""
    if isinstance(node, Number):
        return node.number
    if isinstance(node, Market):
        value = market[node.code]
    else:
        parts = []
        for part in node.parts:  # no comprehension: one frame a level keeps the stack short
            parts.append(_value(part, market, good))  # noqa: PERF401 (the same)
        value = calculated(node.operator, parts)
    good &= np.isfinite(value)
    return value
