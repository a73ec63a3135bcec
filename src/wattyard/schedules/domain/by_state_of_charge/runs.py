"""When storage with a least power runs: for a share of each step, and rests otherwise.

Such a unit cannot run slower than its least power, but it can stop within a step. Both stretches
of a step have one power each, so that energy, cost and limits are linear in the share and in the
energy: a linear programme finds the shares. Steps are then cut there, and the powers found within
bounds that leave out what the unit cannot do.
"""

from dataclasses import replace
from typing import Final, NamedTuple

from wattyard.kernel.arrays import Marks, Numbers, np
from wattyard.schedules.domain.by_state_of_charge.meter import GridMeter
from wattyard.schedules.domain.by_state_of_charge.program import ChargeColumns, holding, ranked
from wattyard.schedules.domain.by_state_of_charge.question import (
    ChargeQuestion,
    ChargeSteps,
    Runs,
    Storage,
)
from wattyard.schedules.domain.by_state_of_charge.reachable import StorageReach
from wattyard.schedules.domain.power import WATTS_PER_KW
from wattyard.schedules.domain.prices import Instants
from wattyard.schedules.domain.solver.program import Draft, Positions
from wattyard.schedules.domain.solver.ranked import solve

_FINEST_US: Final = 1000
_NOISE_W: Final = 1e-3


class Parted(NamedTuple):
    """Steps cut (m) where a run ends: `of` (m) the step each was, `on` (m) whether it runs."""

    steps: ChargeSteps
    of: Instants
    on: Marks


def parted(steps: ChargeSteps, share: Numbers) -> Parted:
    """Cut each step (n) after a share (0..1) of it, rounded up to a millisecond."""
    lengths_us = np.diff(steps.edges_us)
    run_us = np.ceil(share * lengths_us / _FINEST_US - 1e-6).astype(np.int64) * _FINEST_US
    inside = (run_us > 0) & (run_us < lengths_us)
    fine = steps.cut(steps.edges_us[:-1][inside] + run_us[inside])
    of = steps.holding(fine.edges_us[:-1])
    return Parted(fine, of, (fine.edges_us[:-1] == steps.edges_us[of]) & (run_us[of] > 0))


def at_powers(steps: ChargeSteps, mean_w: Numbers, run_w: Numbers) -> tuple[ChargeSteps, Numbers]:
    """Move what mean powers (n) move by running at `run_w` (n) from the start of each step.

    Answers the steps (m), cut where it stops, and the powers (m).
    """
    share = np.divide(mean_w, run_w, out=np.zeros_like(mean_w), where=run_w > 0.0)
    fine, of, on = parted(steps, np.clip(share, 0.0, 1.0))
    moved_wh = (mean_w * steps.hours)[of]
    return fine, np.where(on, moved_wh / fine.hours, 0.0)


def with_runs(
    question: ChargeQuestion, meter: GridMeter, reach: StorageReach
) -> ChargeQuestion | None:
    """Cut the steps of a question where its storage unit stops, and bound its powers.

    None where the programme has no answer.
    """
    (storage,) = question.storages
    ways = _ways(question, meter, reach)
    if ways is None:
        return None
    (charge_w, charging), (discharge_w, discharging) = _one_at_a_time(*ways, storage.efficiency)
    fine, of, on = parted(question.steps, np.maximum(charging, discharging))
    into, out = on & (charge_w[of] > 0.0), on & (discharge_w[of] > 0.0)
    mean_to_run = question.steps.hours[of] / fine.hours
    runs = Runs(
        charge_w=_bounds(into, charge_w[of] * mean_to_run, storage.least_w, storage.charge_w),
        discharge_w=_bounds(
            out, discharge_w[of] * mean_to_run, storage.least_w, storage.discharge_w
        ),
        floor_wh=np.where(
            np.isin(fine.edges_us[1:], question.steps.edges_us),
            reach.floor_wh[of],
            min(storage.reserve_wh, storage.energy_wh),
        ),
    )
    return replace(question, steps=fine, runs=runs)


class _Way(NamedTuple):
    """Mean powers (n, W) one way, and the share (n) of each step for which they run."""

    mean_w: Numbers
    share: Numbers


def _ways(
    question: ChargeQuestion, meter: GridMeter, reach: StorageReach
) -> tuple[_Way, _Way] | None:
    """Find when the storage unit charges and discharges, by a linear programme."""
    (storage,), hours = question.storages, meter.steps.hours
    draft = Draft()
    whole = np.ones(hours.size)
    ways = [
        _way(draft, meter, storage, sign, most_w)
        for sign, most_w in ((1.0, storage.charge_w), (-1.0, storage.discharge_w))
    ]
    rest = draft.columns(np.zeros(hours.size), whole)
    draft.rows(whole, whole, [(rest, 1.0), *((way.share, 1.0) for way in ways)])
    powers = ways[0].power, ways[1].power
    missing = holding(draft, storage, reach, powers, hours, soft=False)
    taken, given, spilled, excess = (
        np.array([way.flows[number] for way in ways]) for number in range(4)
    )
    columns = ChargeColumns(
        taken,
        given,
        spilled,
        excess,
        charge=powers[0][None, :],
        discharge=powers[1][None, :],
        missing=missing,
        rest=rest,
    )
    goals = ranked(draft.size, question, meter, columns)[0]
    solution = solve(draft.finished(), goals, seconds=question.seconds)
    if solution is None:
        return None
    values = solution.values
    found = [_Way(values[way.power] * WATTS_PER_KW, values[way.share]) for way in ways]
    return found[0], found[1]


class _WayColumns(NamedTuple):
    """Columns (n each) of one way: its power, its share, and what then is taken, given, spilled
    and in excess at the meter."""

    power: Positions
    share: Positions
    flows: list[Positions]


def _way(
    draft: Draft, meter: GridMeter, storage: Storage, sign: float, most_w: float
) -> _WayColumns:
    """Add what happens while the unit charges (`sign` 1), or discharges: means over whole steps."""
    count = meter.steps.hours.size
    nothing, open_ = np.zeros(count), np.full(count, np.inf)
    able = most_w > 0.0 and most_w >= storage.least_w
    share = draft.columns(nothing, np.full(count, float(able)))
    power = draft.columns(nothing, np.full(count, most_w / WATTS_PER_KW))
    draft.rows(nothing, open_, [(power, 1.0), (share, -storage.least_w / WATTS_PER_KW)])
    draft.rows(-open_, nothing, [(power, 1.0), (share, -most_w / WATTS_PER_KW)])
    flows = []
    for flow_w in (
        meter.most_import_w,
        meter.most_export_w,
        meter.most_spilled_w,
        meter.most_excess_w,
    ):
        most_kw = flow_w / WATTS_PER_KW
        flows.append(draft.columns(nothing, most_kw))
        draft.rows(-open_, nothing, [(flows[-1], 1.0), (share, -most_kw)])
    taken, given, spilled, excess = flows
    net_kw = meter.steps.net_w / WATTS_PER_KW
    draft.rows(
        nothing,
        nothing,
        [
            (taken, 1.0),
            (excess, 1.0),
            (given, -1.0),
            (spilled, -1.0),
            (power, -sign),
            (share, -net_kw),
        ],
    )
    return _WayColumns(power, share, flows)


def _one_at_a_time(charging: _Way, discharging: _Way, efficiency: float) -> tuple[_Way, _Way]:
    """Take the weaker way out of each step.

    What the unit holds after each step, and the powers at which it runs, stay the same.
    """
    both_w = np.minimum(charging.mean_w, discharging.mean_w / efficiency)
    return _less(charging, both_w), _less(discharging, both_w * efficiency)


def _less(way: _Way, less_w: Numbers) -> _Way:
    left_w = way.mean_w - less_w
    left_w = np.where(left_w < _NOISE_W, 0.0, left_w)
    part = np.divide(left_w, way.mean_w, out=np.zeros_like(left_w), where=left_w > 0.0)
    return _Way(left_w, way.share * part)


def _bounds(
    on: Marks, planned_w: Numbers, least_w: float, most_w: float
) -> tuple[Numbers, Numbers]:
    return np.where(on, np.minimum(least_w, planned_w), 0.0), np.where(on, most_w, 0.0)
