"""Counters of consumption, and energy split over tiers (contract 2; when they start: `resets`).

Three conventions, by `tier_scope`: TARIFF counts all windows together and splits readings in
order of time at the tier edges; PERIOD does the same for each window by itself, or for the windows
that name the same counter; SHARED lets each window pay its share of the whole period's energy in
every tier (NREL SAM, as described in its `Utilityrate5` model: "a period pays for its share of the
month's energy in every tier").
"""

from collections.abc import Mapping
from typing import Final, Literal

from wattyard.kernel.arrays import Integers, Numbers, np
from wattyard.kernel.values import dataclass, field

TierReset = Literal["DAY", "MONTH", "YEAR", "CONTRACT"]
TierScope = Literal["TARIFF", "PERIOD", "SHARED"]

_OUT_OF_REACH_KWH: Final = 1e300
_ALL: Final = slice(None)
_BY_WINDOW: Final = 2
"""Dimensions of limits that are the same in every reset period."""


@dataclass(frozen=True, slots=True)
class Consumed:
    """kWh counted since the tariff's last reset.

    `total_kwh` of all windows, `by_window_kwh` what the counter of each window shows, by the
    window's number; `peak_kw` the highest window of the reset period so far.
    """

    total_kwh: float = 0.0
    by_window_kwh: Mapping[int, float] = field(default_factory=dict)
    peak_kw: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class CountedEnergy:
    """n pieces of energy in order of time, each within one window and one reset period.

    `energy_kwh` (n); `window` (n) is the number of the window, `counter` (n) that of its counter
    under PERIOD; `period` (n) numbers the reset periods (the local days, months, years or the
    contract), ascending.
    """

    energy_kwh: Numbers
    window: Integers
    period: Integers
    counter: Integers | None = None


def split(
    to_kwh: Numbers,
    scope: TierScope,
    metered: CountedEnergy,
    carried: Consumed,
    answered: slice = _ALL,
) -> Numbers:
    """Split energy over tiers, which end at `to_kwh` in each window.

    `to_kwh` is (w, t), or (p, w, t) where it differs between the reset periods. `carried` is what
    had been counted in the first reset period before the first piece. Of the n pieces, which are
    all counted, the m at `answered` are split: memory is that of m times t.

    Returns (m, t) kWh of each piece in each tier of its window; rows add up to the energy of
    their piece. Negative energy runs the counter backwards.
    """
    if not metered.energy_kwh.size:
        return np.zeros((0, to_kwh.shape[-1]))
    if to_kwh.shape[-1] == 1:
        return metered.energy_kwh[answered, None].copy()
    if scope == "SHARED":
        return _shared(to_kwh, metered, carried, answered)
    if scope == "TARIFF":
        return _in_order(to_kwh, metered, carried.total_kwh, answered)
    return _by_window(to_kwh, metered, carried, answered)


def _by_window(
    to_kwh: Numbers, metered: CountedEnergy, carried: Consumed, answered: slice
) -> Numbers:
    first, last, _ = answered.indices(metered.energy_kwh.size)
    parts = np.zeros((max(last - first, 0), to_kwh.shape[-1]))
    counters = metered.window if metered.counter is None else metered.counter
    for counter in np.unique(counters[answered]):
        own = np.flatnonzero(counters == counter)
        mine = CountedEnergy(metered.energy_kwh[own], metered.window[own], metered.period[own])
        first_period = mine.period[0] == metered.period[0]
        before = carried.by_window_kwh.get(int(mine.window[0]), 0.0) if first_period else 0.0
        low, high = np.searchsorted(own, (first, last)).tolist()
        parts[own[low:high] - first] = _in_order(to_kwh, mine, before, slice(low, high))
    return parts


def _in_order(
    to_kwh: Numbers, metered: CountedEnergy, carried_kwh: float, answered: slice
) -> Numbers:
    """Consume the pieces one after the other, starting again at each reset."""
    counted = np.cumsum(metered.energy_kwh)
    starts = np.flatnonzero(np.append(True, np.diff(metered.period) != 0))
    at_reset = np.append(-carried_kwh, counted[starts[1:] - 1])
    base = np.repeat(at_reset, np.diff(np.append(starts, counted.size)))
    after = (counted - base)[answered]
    energy_kwh = metered.energy_kwh[answered]
    before = after - energy_kwh
    low, high = _edges(to_kwh, metered, answered)
    low[:, 0] = -np.inf
    parts = np.clip(after[:, None], low, high) - np.clip(before[:, None], low, high)
    return _exact(parts, energy_kwh)


def _shared(to_kwh: Numbers, metered: CountedEnergy, carried: Consumed, answered: slice) -> Numbers:
    """Give each piece the whole period's proportions, by the tiers of its own window."""
    _, period = np.unique(metered.period, return_inverse=True)
    totals = np.bincount(period, weights=metered.energy_kwh)
    totals[0] += carried.total_kwh
    total = totals[period[answered]]
    low, high = _edges(to_kwh, metered, answered)
    in_tier = np.clip(total[:, None], low, high) - low
    positive = total > 0
    shares = np.zeros_like(in_tier)
    shares[:, 0] = 1.0
    np.divide(in_tier, total[:, None], out=shares, where=positive[:, None])
    energy_kwh = metered.energy_kwh[answered]
    return _exact(shares * energy_kwh[:, None], energy_kwh)


def _edges(to_kwh: Numbers, metered: CountedEnergy, answered: slice) -> tuple[Numbers, Numbers]:
    """Find where (m, t) each tier starts and ends; tiers that a window lacks start out of reach."""
    window = metered.window[answered]
    by_period = to_kwh.ndim > _BY_WINDOW
    high = to_kwh[metered.period[answered], window] if by_period else to_kwh[window]
    low = np.concatenate([np.zeros((high.shape[0], 1)), high[:, :-1]], axis=1)
    return np.minimum(low, _OUT_OF_REACH_KWH), high


def _exact(parts: Numbers, energy_kwh: Numbers) -> Numbers:
    """Give the rounding error to the largest part, so that no energy is lost or made."""
    rows = np.arange(energy_kwh.size)
    largest = np.abs(parts).argmax(axis=1)
    parts[rows, largest] = 0.0
    parts[rows, largest] = energy_kwh - parts.sum(axis=1)
    return parts
