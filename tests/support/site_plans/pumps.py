"""Heat pumps that keep a room or a tank warm, as rows of a program."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

from .linear import Expression, Program, term
from .question import HeatPump, Question
from .stores import Unmet


@dataclass
class PumpRows:
    """The columns of one heat pump: its power in each step, the temperature at each edge."""

    pump: HeatPump
    power: list[int]
    temperature: list[int]


def next_temperature(pump: HeatPump, step: int, hours: float) -> tuple[float, float, float]:
    """(share of the old temperature, kelvin, kelvin per kW of electricity) of the next one."""
    keeps = exp(-hours / (pump.resistance_k_per_kw * pump.capacity_kwh_per_k))
    gains = pump.resistance_k_per_kw * pump.cop[step] * (1 - keeps)
    return keeps, pump.outdoor_c[step] * (1 - keeps), gains


def pump_rows(program: Program, question: Question, pump: HeatPump, unmet: Unmet) -> PumpRows:
    """Add one heat pump; kelvin outside the band count as kWh of heat (times the capacity)."""
    rows = PumpRows(pump, [], [])
    for step, hours in enumerate(question.hours):
        power = _power(program, pump, open_=pump.can_run(step))
        keeps, drifts, gains = next_temperature(pump, step, hours)
        before = term(rows.temperature[-1]) if step else Expression(pump.initial_c)
        after = program.number(-1e3, 1e3)
        changed = Expression(drifts).plus(before, keeps).add(power, gains)
        program.equal(term(after), changed)
        below, above = program.number(), program.number()
        for column in (below, above):
            unmet.add(pump.priority, column, pump.capacity_kwh_per_k)
        program.row(term(after).add(below), lower=pump.min_c[step])
        program.row(term(after).add(above, -1.0), upper=pump.max_c[step])
        rows.power.append(power)
        rows.temperature.append(after)
    return rows


def _power(program: Program, pump: HeatPump, *, open_: bool) -> int:
    power, running = program.number(0.0, pump.max_kw if open_ else 0.0), Expression()
    if not pump.levels_kw:
        on = program.switch()
        program.row(term(power).add(on, -pump.max_kw), upper=0.0)
        program.row(term(power).add(on, -pump.least_kw), lower=0.0)
        return power
    taken = term(power)
    for kw in pump.levels_kw:
        on = program.switch()
        running.add(on)
        taken.add(on, -kw)
    program.row(running, upper=1.0)
    program.row(taken, 0.0, 0.0)
    return power
