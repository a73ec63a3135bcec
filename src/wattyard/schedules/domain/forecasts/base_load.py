"""What a site takes from the grid at each time of day, learnt from its own readings."""

from collections.abc import Sequence
from typing import Final

from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.clock_changes import DAY_US, HOUR_US
from wattyard.kernel.values import dataclass
from wattyard.meters.domain.readings import Metered
from wattyard.schedules.domain.power import WH_PER_KWH
from wattyard.schedules.domain.prices import Instants
from wattyard.schedules.domain.steps import STEP_US
from wattyard.tariffs.domain.calendar import CalendarRegion, facts

LEARNT_US: Final = 28 * DAY_US
_LEAST_HOURS: Final = 24.0
_QUARTERS: Final = DAY_US // STEP_US
_KINDS: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class MeteredSteps:
    """What readings say of n steps: energy, `hours` covered, confidence 0..1 (1 without any)."""

    energy_wh: Numbers
    hours: Numbers
    confidence: Numbers


def metered_over(readings: Sequence[Metered], edges_us: Instants) -> MeteredSteps:
    """Spread readings evenly over steps (n + 1 edges).

    Of several streams energies add up, the hours are those of the best covered stream, and the
    confidence is that of the least certain.
    """
    energy_wh = np.zeros(edges_us.size - 1)
    hours = np.zeros(edges_us.size - 1)
    confidence = np.ones(edges_us.size - 1)
    for own in readings:
        if own.starts_us.size == 0:
            continue
        lengths_us = (own.ends_us - own.starts_us).astype(np.float64)
        energy_wh += _spread(own, own.energy_kwh * WH_PER_KWH, edges_us)
        covered_us = _spread(own, lengths_us, edges_us)
        sure_us = _spread(own, lengths_us * own.confidence, edges_us)
        hours = np.maximum(hours, covered_us / HOUR_US)
        known = covered_us > 0.0
        share = np.where(known, sure_us / np.where(known, covered_us, 1.0), 1.0)
        confidence = np.minimum(confidence, share.clip(0.0, 1.0))
    return MeteredSteps(energy_wh, hours, confidence)


def usual_load(
    taken: Sequence[Metered],
    of_device: Sequence[Metered],
    region: CalendarRegion,
    edges_us: Instants,
    *,
    until_us: int,
) -> Numbers | None:
    """Estimate the mean power (n, W ≥ 0) of each step from the 28 days before `until_us`.

    `taken` is what the site took from the grid, `of_device` what of that the planned device
    took itself. Means are over the same local quarter hour of days of the same kind, working
    days or weekends and holidays; where there is none, of the other kind, or of all. None where
    less than a day was metered.
    """
    past_us = np.arange(-(LEARNT_US // STEP_US), 1) * STEP_US + until_us // STEP_US * STEP_US
    metered = metered_over(taken, past_us)
    hours = metered.hours
    if hours.sum() < _LEAST_HOURS:
        return None
    own_wh = np.where(hours > 0.0, metered_over(of_device, past_us).energy_wh, 0.0)
    energy_wh = np.maximum(metered.energy_wh - own_wh, 0.0)
    cell = _cell(region, past_us[:-1])
    sums_wh, known = _by_cell(cell, energy_wh), _by_cell(cell, hours)
    overall_w = float(energy_wh.sum() / hours.sum())
    either_w = _mean(sums_wh.sum(axis=0), known.sum(axis=0), np.full(_QUARTERS, overall_w))
    usual_w = _mean(sums_wh, known, np.broadcast_to(either_w, sums_wh.shape))
    return np.asarray(usual_w.reshape(-1)[_cell(region, edges_us[:-1])], dtype=np.float64)


def _by_cell(cell: Instants, amounts: Numbers) -> Numbers:
    sums = np.bincount(cell, amounts, _KINDS * _QUARTERS).astype(np.float64)
    return sums.reshape(_KINDS, _QUARTERS)


def _mean(sums_wh: Numbers, hours: Numbers, otherwise_w: Numbers) -> Numbers:
    known = hours > 0.0
    return np.where(known, sums_wh / np.where(known, hours, 1.0), otherwise_w)


def _cell(region: CalendarRegion, instants_us: Instants) -> Instants:
    """Number (n) the local quarter hour of each instant, of working days, then of the others."""
    walls_us = region.clock(int(instants_us[0]), int(instants_us[-1])).wall_us(instants_us)
    days = walls_us // DAY_US
    calendar = facts(region, int(days.min()), int(days.max()))
    rest = calendar.non_working[days - calendar.days[0]].astype(np.int64)
    return np.asarray(rest * _QUARTERS + walls_us % DAY_US // STEP_US, dtype=np.int64)


def _spread(readings: Metered, amounts: Numbers, edges_us: Instants) -> Numbers:
    """Share out an amount of each reading (m) evenly over its time: what each step gets (n)."""
    knots_us = np.stack([readings.starts_us, readings.ends_us], axis=1).reshape(-1)
    steps = np.stack([np.zeros(amounts.size), amounts], axis=1).reshape(-1)
    origin = knots_us[0]
    at = np.interp(
        (edges_us - origin).astype(np.float64),
        (knots_us - origin).astype(np.float64),
        np.cumsum(steps),
    )
    return np.asarray(np.diff(at), dtype=np.float64)
