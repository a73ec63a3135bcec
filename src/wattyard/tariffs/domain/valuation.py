"""The value of a formula at many instants at once (contract 2, Formula)."""

from collections.abc import Mapping

import numpy as np

from wattyard.tariffs.domain.arithmetic import Numbers, calculated
from wattyard.tariffs.domain.formula import Formula, Market


def values(formula: Formula, market: Mapping[str, Numbers], instants: int) -> Numbers:
    """Calculate a formula at n instants.

    `market` holds, by code, the published prices (n) in the unit that the source publishes,
    NaN where there is none.

    Returns (n) money per kWh, NaN wherever any step has no finite value: a price that a
    division by zero or an overflow has touched is no price.
    """
    good = np.ones(instants, np.bool_)
    pile: list[Numbers | float] = []
    with np.errstate(all="ignore"):
        for step in formula.steps:
            if isinstance(step, float):
                pile.append(step)
                continue
            if isinstance(step, Market):
                value = market[step.code]
            else:
                value = calculated(step.operator, pile[-step.parts :])
                del pile[-step.parts :]
            good &= np.isfinite(value)
            pile.append(value)
    return np.where(good, np.broadcast_to(pile[0], instants), np.nan)
