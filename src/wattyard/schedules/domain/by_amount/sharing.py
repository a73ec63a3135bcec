"""Energy shared out among devices under one power limit: least cost, earliest, exact.

A kWh costs the same for every device of a direction, so the cost depends only on how much all
devices move in each step. The totals that can be reached form a polymatroid (flows from devices
to steps), on which taking the steps one after the other in order of cost is optimal, and equal
for every cost that gives the same order. The programme therefore minimises the *rank* of the
steps by (cost, time) instead of money: one solve gives the least unmet energy, then the least
cost, then the earliest time, without any small number in it. Its second goal gives devices
named first the earlier steps, which keeps each device's slots together.
"""

from dataclasses import replace
from typing import Final

from wattyard.kernel.arrays import Integers, Marks, Numbers, np
from wattyard.schedules.domain.by_amount.shared_steps import SharedSteps, in_turn
from wattyard.schedules.domain.power import WATTS_PER_KW, WH_PER_KWH
from wattyard.schedules.domain.solver.program import Draft, Program
from wattyard.schedules.domain.solver.ranked import Solution, solve

_ROUNDING_WH: Final = 1e-4


def shared(steps: SharedSteps, order: Integers, where: Marks, wanted_wh: Numbers) -> Numbers:
    """Share out Wh (d, s) so that unmet energy is least, and then steps are used in `order`.

    `where` (d, s) marks where each device may run; least powers are not looked at.
    """
    device, step = np.nonzero(where & (steps.full_w > 0.0))
    draft = Draft()
    most_kwh = steps.full_w[device, step] * steps.hours[step] / WH_PER_KWH
    energy = draft.columns(np.zeros(device.size), most_kwh)
    wanted_kwh = wanted_wh / WH_PER_KWH
    unmet = draft.columns(np.zeros(wanted_kwh.size), wanted_kwh)
    met = draft.rows(wanted_kwh, wanted_kwh, [(unmet, 1.0)])
    draft.entries(met[device], energy, np.ones(device.size))
    used = np.unique(step)
    room_kwh = steps.room_w[used] * steps.hours[used] / WH_PER_KWH
    room = draft.rows(np.full(used.size, -np.inf), room_kwh, [])
    draft.entries(room[np.searchsorted(used, step)], energy, np.ones(device.size))

    rank = np.empty(order.size)
    rank[order] = np.arange(order.size) + 1.0
    by_rank = np.append(rank[step], np.full(unmet.size, order.size + 1.0))
    urgency = 1.0 - np.arange(unmet.size) / unmet.size
    by_device = np.append(urgency[device] * (step + 1.0), urgency * 2.0 * order.size)
    solution = solve(draft.finished(), [by_rank, by_device], seconds=steps.seconds)
    energy_wh = np.zeros(where.shape)
    if solution is None:
        return in_turn(steps, order, where, wanted_wh)
    energy_wh[device, step] = solution.values[energy] * WH_PER_KWH
    energy_wh[energy_wh < _ROUNDING_WH] = 0.0
    return energy_wh


def shared_with_least_power(steps: SharedSteps) -> tuple[Numbers, float]:
    """Share out Wh (d, s) where a running device holds at least its least power.

    Devices that run in the same step run side by side, not in turns, so each takes the larger
    of its mean and its least power out of the room. Answers the energies and the gap.
    """
    device, step = np.nonzero(steps.allowed & (steps.full_w > 0.0))
    program, goals, energy = _side_by_side(steps, device, step)
    guess = _guess(steps, device, step)
    solution = solve(program, goals, main=1, guess=guess, seconds=steps.seconds)
    if solution is None:
        solution = Solution(guess, gap=1.0)
    energy_wh = np.zeros(steps.allowed.shape)
    energy_wh[device, step] = solution.values[energy] * WH_PER_KWH
    energy_wh[energy_wh < _ROUNDING_WH] = 0.0
    return energy_wh, solution.gap


def _side_by_side(
    steps: SharedSteps, device: Integers, step: Integers
) -> tuple[Program, list[Numbers], Integers]:
    """Columns: energy in kWh, held power in kW, running or not, each (k); then unmet kWh (d)."""
    count, devices = device.size, steps.needed_wh.size
    hours, power_kw = steps.hours[step], steps.full_w[device, step] / WATTS_PER_KW
    least_kw, wanted_kwh = steps.least_w[device] / WATTS_PER_KW, steps.needed_wh / WH_PER_KWH
    nothing, open_ = np.zeros(count), np.full(count, np.inf)
    draft = Draft()
    energy = draft.columns(nothing, power_kw * hours)
    held = draft.columns(nothing, power_kw)
    running = draft.columns(nothing, np.ones(count), whole=True)
    unmet = draft.columns(np.zeros(devices), wanted_kwh)
    draft.rows(nothing, open_, [(held, hours), (energy, -1.0)])
    draft.rows(nothing, open_, [(running, power_kw), (held, -1.0)])
    draft.rows(nothing, open_, [(held, 1.0), (running, -least_kw)])
    met = draft.rows(wanted_kwh, wanted_kwh, [(unmet, 1.0)])
    draft.entries(met[device], energy, np.ones(count))
    used = np.unique(step)
    room_kw = steps.room_w[used] / WATTS_PER_KW
    room = draft.rows(np.full(used.size, -np.inf), room_kw, [])
    draft.entries(room[np.searchsorted(used, step)], held, np.ones(count))

    least_unmet, cost, early = (np.zeros(draft.size) for _ in range(3))
    least_unmet[unmet] = 1.0
    cost[energy] = steps.per_kwh[step]
    early[energy] = step + 1.0
    early[running] = 0.5
    return draft.finished(), [least_unmet, cost, early], energy


def _guess(steps: SharedSteps, device: Integers, step: Integers) -> Numbers:
    """A feasible plan to start from: devices take the cheapest room one after the other.

    The best of three orders: as named, those with least time to spare first, largest first.
    """
    wanted_wh = steps.needed_wh
    spare_wh = steps.most_wh(steps.allowed).sum(axis=1) - wanted_wh
    orders = (np.arange(wanted_wh.size), np.argsort(spare_wh), np.argsort(-wanted_wh))
    plans = [_in_order(steps, order) for order in orders]
    energy_wh = min(plans, key=lambda plan: _merit(steps, plan))
    energy_kwh = energy_wh[device, step] / WH_PER_KWH
    running = energy_kwh > 0.0
    mean_kw = energy_kwh / steps.hours[step]
    held_kw = np.where(running, np.maximum(mean_kw, steps.least_w[device] / WATTS_PER_KW), 0.0)
    unmet = (wanted_wh - energy_wh.sum(axis=1)) / WH_PER_KWH
    return np.concatenate([energy_kwh, held_kw, running.astype(np.float64), unmet])


def _in_order(steps: SharedSteps, order: Integers) -> Numbers:
    """Let devices take the cheapest room in an order of their own: Wh (d, s)."""
    turned = replace(
        steps,
        power_w=steps.power_w[order],
        least_w=steps.least_w[order],
        needed_wh=steps.needed_wh[order],
    )
    energy_wh = np.empty(steps.allowed.shape)
    allowed, wanted_wh = steps.allowed[order], steps.needed_wh[order]
    energy_wh[order] = in_turn(turned, steps.cheapest_first, allowed, wanted_wh)
    return energy_wh


def _merit(steps: SharedSteps, energy_wh: Numbers) -> tuple[float, float]:
    """Count what is unmet (whole Wh), then what it costs: less is better."""
    unmet_wh = float((steps.needed_wh - energy_wh.sum(axis=1)).sum())
    return round(unmet_wh), float((energy_wh @ steps.per_kwh).sum())
