"""The best charge and discharge powers: linear first, binaries only where both overlap."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from wattyard.schedules.domain.charge import ChargeQuestion
from wattyard.schedules.domain.charge_program import ChargeProgram, OneWay, charge_program
from wattyard.schedules.domain.meter import GridMeter
from wattyard.schedules.domain.power import WATTS_PER_KW
from wattyard.schedules.domain.prices import Numbers
from wattyard.schedules.domain.reach import Reach
from wattyard.schedules.domain.solver import SECONDS_AT_MOST, Solution, solve

_NOISE_W: Final = 1e-3
_SAME: Final = 1e-9
_PROVEN: Final = 1e-6
_LIMIT_W: Final = 0.5
_TOO_SHORT_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Powers:
    """What storage units charge and discharge (k, n) in W, never both at once."""

    charge_w: Numbers
    discharge_w: Numbers
    gap: float = 0.0


def best_powers(question: ChargeQuestion, meter: GridMeter, reaches: list[Reach]) -> Powers:
    """Minimise the question's objective over all storage units.

    The linear programme may charge and discharge at once where burning energy pays, or buy and
    sell at once where selling pays more than buying costs, or be paid for buying while it holds
    back sun, or hold back sun that would cost to give. Where undoing that by hand loses nothing it
    is undone; else the programme is solved again with a binary number for each such step, until no
    step is left. Past the time the best plan so far, undone by hand, has to do.
    """
    nowhere = np.zeros(meter.steps.hours.size, dtype=np.bool_)
    one_way = OneWay(np.tile(nowhere, (len(question.storages), 1)), nowhere, nowhere)
    seconds, bound, earlier = SECONDS_AT_MOST, -np.inf, list[float]()
    best: Powers | None = None
    while True:
        program = charge_program(question, meter, reaches, one_way)
        solution = _solved(program, earlier, seconds)
        if solution is None:
            break
        claimed = _claimed(program, solution.values)
        if not one_way.any:
            earlier = [float(goal @ solution.values) for goal in program.goals[: program.objective]]
        bound = max(bound, claimed[0]) if solution.gap == 0.0 else bound
        powers, exact = _without_overlap(question, meter, program, solution)
        if exact and _no_worse(_worth(meter, powers), claimed):
            return powers
        best = _better(meter, best, powers)
        seconds -= solution.seconds
        more = one_way.grown(_overlaps(question, meter, program, solution, tempted=not exact))
        if seconds <= _TOO_SHORT_SECONDS or more is None:
            break
        one_way = more
    return _with_gap(meter, best or at_full_power(question, meter, reaches), bound)


def _with_gap(meter: GridMeter, powers: Powers, bound: float) -> Powers:
    """Find how far the objective may be from its least, of which `bound` is known."""
    value = _worth(meter, powers)[0]
    proven = value - bound <= _PROVEN * max(1.0, abs(value))
    gap = (value - bound) / max(abs(value), 1e-9)
    return replace(powers, gap=0.0 if proven else float(np.clip(gap, 0.0, 1.0)))


def _solved(program: ChargeProgram, earlier: list[float], seconds: float) -> Solution | None:
    """Solve; once binaries are in, goals before the objective keep what they had without."""
    if not program.program.whole.any():
        return solve(program.program, program.goals, seconds=seconds)
    narrowed = program.program
    for goal, value in zip(program.goals, earlier, strict=False):
        narrowed = narrowed.with_row(goal, value + _SAME * max(1.0, abs(value)))
    goals = program.goals[program.objective :]
    return solve(narrowed, goals, main=program.cost - program.objective, seconds=seconds)


def _claimed(program: ChargeProgram, values: Numbers) -> tuple[float, float]:
    """Find the objective and the cost that a solution claims."""
    objective, cost = program.goals[program.objective], program.goals[program.cost]
    return float(objective @ values), float(cost @ values)


def _no_worse(worth: tuple[float, float], reached: tuple[float, float]) -> bool:
    pairs = zip(worth, reached, strict=True)
    return all(real <= claimed + _SAME * max(1.0, abs(claimed)) for real, claimed in pairs)


def _worth(meter: GridMeter, powers: Powers) -> tuple[float, float]:
    """Work out the objective and the cost that powers have."""
    net_w = meter.steps.net_w + (powers.charge_w - powers.discharge_w).sum(axis=0)
    flows = meter.settled(net_w)
    cost = float(meter.bill(flows).sum())
    return cost if meter.question.objective == "COST" else meter.objective(flows), cost


def at_full_power(question: ChargeQuestion, meter: GridMeter, reaches: list[Reach]) -> Powers:
    """A plan without a solver: each unit in turn charges at once up to its highest floor."""
    hours = meter.steps.hours
    room_w = np.maximum(question.limits.import_w - meter.steps.net_w, 0.0)
    charge_w = np.zeros((len(question.storages), hours.size))
    for row, (storage, reach) in enumerate(zip(question.storages, reaches, strict=True)):
        most_wh = np.minimum(storage.charge_w, room_w) * hours
        wanted_wh = (float(reach.floor_wh.max()) - storage.energy_wh) / np.sqrt(storage.efficiency)
        before_wh = np.cumsum(most_wh) - most_wh
        charge_w[row] = np.clip(wanted_wh - before_wh, 0.0, most_wh) / hours
        room_w = room_w - charge_w[row]
    return Powers(charge_w, np.zeros_like(charge_w), gap=1.0)


def _better(meter: GridMeter, one: Powers | None, two: Powers) -> Powers | None:
    """Pick the plan that is worth more, among those that keep the meter's limits."""
    net_w = meter.steps.net_w + (two.charge_w - two.discharge_w).sum(axis=0)
    if not meter.admits(meter.settled(net_w), _LIMIT_W):
        return one
    return two if one is None or _worth(meter, two) < _worth(meter, one) else one


def _raw(program: ChargeProgram, solution: Solution) -> tuple[Numbers, Numbers]:
    charge_w = solution.values[program.charge] * WATTS_PER_KW
    discharge_w = solution.values[program.discharge] * WATTS_PER_KW
    return (
        np.where(charge_w < _NOISE_W, 0.0, charge_w),
        np.where(discharge_w < _NOISE_W, 0.0, discharge_w),
    )


def _without_overlap(
    question: ChargeQuestion, meter: GridMeter, program: ChargeProgram, solution: Solution
) -> tuple[Powers, bool]:
    """Take from charge and discharge at once what leaves every storage unit holding the same.

    Where the site would then give more than it may, discharge is trimmed as well, and storage
    units hold more; answers whether that was not needed.
    """
    charge_w, discharge_w = _raw(program, solution)
    efficiency = np.array([storage.efficiency for storage in question.storages])[:, None]
    both_w = np.minimum(charge_w, discharge_w / efficiency)
    charge_w, discharge_w = charge_w - both_w, discharge_w - both_w * efficiency
    charge_w[charge_w < _NOISE_W] = 0.0
    discharge_w[discharge_w < _NOISE_W] = 0.0
    powers = Powers(charge_w, discharge_w, solution.gap)
    net_w = meter.steps.net_w + (charge_w - discharge_w).sum(axis=0)
    if meter.admits(meter.settled(net_w), _LIMIT_W):
        return powers, True
    return _trimmed(question, meter, powers), False


def _trimmed(question: ChargeQuestion, meter: GridMeter, powers: Powers) -> Powers:
    """Go through the steps in order: give no more than allowed, charge no more than fits."""
    charge_w, discharge_w = powers.charge_w.copy(), powers.discharge_w.copy()
    capacity_wh = np.array([storage.capacity_wh for storage in question.storages])
    held_wh = np.array([storage.energy_wh for storage in question.storages])
    loss = np.sqrt([storage.efficiency for storage in question.storages])
    most_given_w = meter.most_export_w + meter.most_spilled_w
    for step, hours in enumerate(meter.steps.hours):
        fits_w = (capacity_wh - held_wh) / (loss * hours)
        into_w, out_w = np.minimum(charge_w[:, step], fits_w), discharge_w[:, step]
        given_w = out_w.sum() - into_w.sum() - meter.steps.net_w[step]
        over_w = max(0.0, float(given_w - most_given_w[step]))
        out_w = out_w * max(0.0, 1.0 - over_w / out_w.sum()) if over_w and out_w.any() else out_w
        held_wh = held_wh + (into_w * loss - out_w / loss) * hours
        charge_w[:, step], discharge_w[:, step] = into_w, out_w
    return replace(powers, charge_w=charge_w, discharge_w=discharge_w)


def _overlaps(
    question: ChargeQuestion,
    meter: GridMeter,
    program: ChargeProgram,
    solution: Solution,
    *,
    tempted: bool,
) -> OneWay:
    """Find the steps that overlap, and those whose prices tempt to, or all where `tempted`."""
    charge_w, discharge_w = _raw(program, solution)
    size = meter.steps.hours.size
    taken_kw, given_kw, spilled_kw = solution.values[: 3 * size].reshape(3, size)
    at_meter = np.minimum(taken_kw, given_kw + spilled_kw) * WATTS_PER_KW > _NOISE_W
    able = np.array([[s.charge_w * s.discharge_w > 0.0] for s in question.storages])
    tempting = np.minimum(meter.steps.import_per_kwh, meter.steps.export_per_kwh) < 0.0
    tempting = tempting | tempted | (question.objective != "COST")
    sells_dear = meter.steps.export_per_kwh > meter.steps.import_per_kwh
    return OneWay(
        storages=(charge_w > 0.0) & (discharge_w > 0.0) | able & tempting,
        meter=at_meter | sells_dear | (meter.most_spilled_w > 0.0) & tempting,
        spill=(meter.most_spilled_w > 0.0)
        & (meter.most_export_w > 0.0)
        & (meter.steps.export_per_kwh < 0.0),
    )
