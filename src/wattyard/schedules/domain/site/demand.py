"""Demand charges as part of a site program (contract 4b; their rules are in contract 2b).

The program has the peak that a billing period would be billed for, and prices it. The peak is at
least every measuring window's mean, so that a plan pays for it as long as a higher peak is not
cheaper; convex prices need no integers, steps, falling tiers and `cap_per_kwh` one for each piece.
What a plan costs is worked out by `DemandRise.amount`, the bill's own function.
"""

from wattyard.costs.domain.rises import DemandRise, PlannedWindows
from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.site.part import ProgramDraft
from wattyard.schedules.domain.solver.program import Positions
from wattyard.tariffs.domain.demand import DemandPrice, PricePerKw, PriceSteps, PriceTiers

_BELOW_A_STEP_KW = 1e-5
"""A peak just below a dearer step keeps away from it by more than the solver's tolerance."""


@dataclass(frozen=True, slots=True, eq=False)
class DemandPart:
    """Adds what the site's imports add to one billing period of a charge."""

    rise: DemandRise

    def join(self, draft: ProgramDraft) -> None:
        """Add the peak, what it costs, and what the period has cost so far."""
        rise = self.rise
        windows = rise.windows(draft.question.edges_us)
        peak = _peak(draft, rise, windows)
        running = rise.running
        billed = _Billed(
            peak.column,
            1.0 / running.averaged,
            running.earlier_kw / running.averaged,
            *running.billed(np.array([peak.low, peak.high])).tolist(),
        )
        days = float(running.days[0]) if rise.charge.per == "DAY" else 1.0
        priced = _priced(draft, rise.charge.price, billed).scaled(days)
        if rise.charge.cap_per_kwh is not None:
            priced = _capped(draft, rise, priced)
        draft.costs("demand", priced.columns, priced.weights * rise.times)
        so_far = draft.columns(np.ones(1), np.ones(1))
        draft.costs("demand", so_far, (priced.constant - running.charged_so_far) * rise.times)


@dataclass(frozen=True, slots=True, eq=False)
class _Peak:
    """The peak before the mean over periods: a column in kW, from `low` to `high`."""

    column: Positions
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class _Billed:
    """What is paid for, in kW: `per_kw` x the peak's column + `constant`, from `low` to `high`."""

    peak: Positions
    per_kw: float
    constant: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class _Sum:
    """Money: a constant, and columns (k) with weights (k); from `low` to `high` in all."""

    constant: float
    columns: Positions
    weights: Numbers
    low: float
    high: float

    def scaled(self, factor: float) -> "_Sum":
        return _Sum(
            self.constant * factor,
            self.columns,
            self.weights * factor,
            self.low * factor,
            self.high * factor,
        )


def _peak(draft: ProgramDraft, rise: DemandRise, windows: PlannedWindows) -> _Peak:
    """Add the peak, at least its minimum or ratchet, and at least every window's mean."""
    most_kw = windows.mean_kw(_most_kw(draft))
    if rise.charge.days is not None:
        return _mean_of_days(draft, rise, windows, float(most_kw.max(initial=0.0)))
    low = rise.running.peak_kw
    high = max(low, float(most_kw.max(initial=0.0)))
    peak = draft.columns(np.full(1, low), np.full(1, high))
    above = np.flatnonzero(most_kw > low)
    _above(draft, windows, above, np.repeat(peak, above.size))
    return _Peak(peak, low, high)


def _mean_of_days(
    draft: ProgramDraft, rise: DemandRise, windows: PlannedWindows, highest: float
) -> _Peak:
    """Add the mean of the highest days.

    The k highest numbers of all sum to the least of k t + Σ max(number - t, 0) over t.
    """
    running, high = rise.running, rise.running.high_of_days
    days = np.unique(windows.day)
    others = sorted((kw for day, kw in high.items() if day not in set(days.tolist())), reverse=True)
    count = max(1, min(rise.charge.days or 1, days.size + len(others)))
    floors = np.array([high.get(int(day), 0.0) for day in days] + others[:count])
    tops = np.maximum(floors, highest)
    tops[days.size :] = floors[days.size :]
    most = max(float(tops.max(initial=0.0)), running.least_kw)
    peak = draft.columns(np.array([running.least_kw]), np.array([most]))
    of_day = draft.columns(floors, tops)
    threshold = draft.columns(np.zeros(1), np.array([most]))
    beyond = draft.columns(np.zeros(of_day.size), tops)
    row = draft.rows(np.zeros(1), np.full(1, np.inf), [(peak, float(count))])
    draft.entries(row, threshold, -float(count))
    draft.entries(np.repeat(row, beyond.size), beyond, -1.0)
    draft.rows(
        np.zeros(of_day.size),
        np.full(of_day.size, np.inf),
        [(beyond, 1.0), (np.repeat(threshold, of_day.size), 1.0), (of_day, -1.0)],
    )
    every = np.arange(windows.starts_us.size)
    _above(draft, windows, every, of_day[np.searchsorted(days, windows.day)])
    return _Peak(peak, running.least_kw, most)


def _above(
    draft: ProgramDraft, windows: PlannedWindows, which: Positions, columns: Positions
) -> None:
    """Keep columns (k) at or above the mean power of windows (k of w)."""
    if not which.size:
        return
    row_of = np.full(windows.starts_us.size, -1, dtype=np.int64)
    rows = draft.rows(windows.metered_kw[which], np.full(which.size, np.inf), [(columns, 1.0)])
    row_of[which] = rows
    kept = row_of[windows.window] >= 0
    for flow in (draft.imported, draft.excess):
        draft.entries(row_of[windows.window[kept]], flow[windows.step[kept]], -windows.share[kept])


def _most_kw(draft: ProgramDraft) -> Numbers:
    """Find the most that the site can import in each step (n)."""
    upper: Numbers = draft.draft.upper[draft.imported] + draft.draft.upper[draft.excess]
    return upper


def _priced(draft: ProgramDraft, price: DemandPrice, billed: _Billed) -> _Sum:
    """Add the columns that price what is billed, before `cap_per_kwh`."""
    match price:
        case PricePerKw():
            (low, high) = sorted(price.amounts(np.array([billed.low, billed.high])).tolist())
            return _Sum(
                billed.constant * price.amount_per_kw,
                billed.peak,
                np.array([billed.per_kw * price.amount_per_kw]),
                low,
                high,
            )
        case PriceSteps():
            return _stepped(draft, price, billed)
        case PriceTiers():
            return _tiered(draft, price, billed)


def _stepped(draft: ProgramDraft, price: PriceSteps, billed: _Billed) -> _Sum:
    """Choose one step, and keep what is billed below its end."""
    first, last = (int(price.steps(np.array([kw]))[0]) for kw in (billed.low, billed.high))
    amounts = np.array(price.amount[first : last + 1])
    ends = np.minimum(np.array(price.to_kw[first : last + 1]) - _BELOW_A_STEP_KW, billed.high)
    ends[0] = max(ends[0], billed.low)
    chosen = draft.columns(np.zeros(amounts.size), np.ones(amounts.size), whole=amounts.size > 1)
    one = draft.rows(np.ones(1), np.ones(1), [])
    draft.entries(np.repeat(one, chosen.size), chosen, 1.0)
    row = draft.rows(np.full(1, billed.constant), np.full(1, np.inf), [])
    draft.entries(np.repeat(row, chosen.size), chosen, ends)
    draft.entries(row, billed.peak, -billed.per_kw)
    return _Sum(0.0, chosen, amounts, float(amounts.min()), float(amounts.max()))


def _tiered(draft: ProgramDraft, price: PriceTiers, billed: _Billed) -> _Sum:
    """Fill one tier after the other; by themselves where each is dearer than the one before."""
    edges = np.clip(np.array((0.0, *price.to_kw)), billed.low, billed.high)
    widths, prices = np.diff(edges), np.array(price.amount_per_kw)
    used = widths > 0.0
    widths, prices = widths[used], prices[used]
    low = float(price.amounts(np.array([billed.low]))[0])
    filled = draft.columns(np.zeros(widths.size), widths)
    row = draft.rows(
        np.full(1, billed.constant - billed.low),
        np.full(1, billed.constant - billed.low),
        [(billed.peak, -billed.per_kw)],
    )
    draft.entries(np.repeat(row, filled.size), filled, 1.0)
    if (np.diff(prices) < 0.0).any():
        full = draft.columns(np.zeros(widths.size - 1), np.ones(widths.size - 1), whole=True)
        beyond = np.full(full.size, np.inf)
        draft.rows(np.zeros(full.size), beyond, [(filled[:-1], 1.0), (full, -widths[:-1])])
        draft.rows(-beyond, np.zeros(full.size), [(filled[1:], 1.0), (full, -widths[1:])])
    amounts = low + np.append(0.0, np.cumsum(widths * prices))
    return _Sum(low, filled, prices, float(amounts.min()), float(amounts.max()))


def _capped(draft: ProgramDraft, rise: DemandRise, priced: _Sum) -> _Sum:
    """Add the lesser of the amount and of the cap on what is drawn in the period."""
    cap = rise.charge.cap_per_kwh or 0.0
    so_far = float(rise.running.drawn_kwh[0])
    inside = rise.hours_inside(draft.question.edges_us)
    steps = np.flatnonzero(inside)
    most = cap * (so_far + float(inside @ _most_kw(draft)))
    floor = min(0.0, priced.low, cap * so_far)
    charge = draft.columns(np.full(1, floor), np.full(1, max(priced.high, most, 0.0)))
    by_cap = draft.columns(np.zeros(1), np.ones(1), whole=True)
    row = draft.rows(np.full(1, priced.constant), np.full(1, np.inf), [(charge, 1.0)])
    draft.entries(np.repeat(row, priced.columns.size), priced.columns, -priced.weights)
    draft.entries(row, by_cap, max(priced.high - floor, 0.0))
    reach = max(most - floor, 0.0)
    row = draft.rows(np.full(1, cap * so_far - reach), np.full(1, np.inf), [(charge, 1.0)])
    for flow in (draft.imported, draft.excess):
        draft.entries(np.repeat(row, steps.size), flow[steps], -cap * inside[steps])
    draft.entries(row, by_cap, -reach)
    return _Sum(0.0, charge, np.ones(1), floor, max(priced.high, most))
