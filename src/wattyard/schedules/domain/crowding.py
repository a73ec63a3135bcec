"""Whether a site's limit keeps a device from a cheaper time (contract 4, `explain`)."""

from typing import Final

from wattyard.kernel.arrays import Marks, Numbers, np
from wattyard.kernel.values import dataclass

_SAME_MONEY: Final = 1e-9
_NOISE_W: Final = 0.1
_NOISE_WH: Final = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Leeway:
    """What a device could have done instead, in each of n steps.

    `most_w` is what it may take there, 0 where it may not run. Of a store also, each after the
    step: `held_wh`, the `most_wh` that it may hold, and the `least_wh` that it has to.
    """

    most_w: Numbers
    held_wh: Numbers | None = None
    most_wh: Numbers | None = None
    least_wh: Numbers | None = None


def kept_from_cheaper(leeway: Leeway, power_w: Numbers, per_kwh: Numbers, full: Marks) -> Marks:
    """Mark (n) where a device takes what it would take at a lower price but for a limit.

    `power_w` (n) is what it takes, `per_kwh` (n) what a kWh from the grid costs, `full` (n) where
    the site's import limit leaves no room. Equal prices are not lower. A store is only kept from
    times to which it could move the energy: it neither overflows nor falls short in between.
    """
    shut = full & (power_w < leeway.most_w - _NOISE_W)
    least = per_kwh[shut].min(initial=np.inf) + _SAME_MONEY
    kept = np.asarray((power_w > 0.0) & (per_kwh > least))
    if leeway.held_wh is None:
        return kept
    for step in np.flatnonzero(kept).tolist():
        first, last = _movable(step, leeway)
        near = slice(first, last + 1)
        kept[step] = bool((per_kwh[near][shut[near]] < per_kwh[step] - _SAME_MONEY).any())
    return kept


def _movable(step: int, leeway: Leeway) -> tuple[int, int]:
    """Find the first and the last step to which a store could move what it takes in `step`."""
    held_wh, most_wh, least_wh = leeway.held_wh, leeway.most_wh, leeway.least_wh
    first, last = 0, leeway.most_w.size - 1
    if held_wh is not None and most_wh is not None:
        brim = np.flatnonzero(held_wh[:step] >= most_wh[:step] - _NOISE_WH)
        first = int(brim[-1]) + 1 if brim.size else 0
    if held_wh is not None and least_wh is not None:
        bottom = np.flatnonzero(held_wh[step:] <= least_wh[step:] + _NOISE_WH)
        last = step + int(bottom[0]) if bottom.size else last
    return first, last
