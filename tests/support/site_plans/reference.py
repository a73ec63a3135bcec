"""The best plan of a small site by scipy's branch and bound, with a binary for every either-or."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .demand import demand_rows
from .linear import Expression, Program, Unsolved, term, total
from .loads import LoadRows, load_rows, start_cost
from .pumps import PumpRows, pump_rows
from .question import Circuit, Question
from .stores import ENOUGH, EXCESS, StoreRows, Unmet, earned, store_rows, wear

SLACKS_KWH = (1e-7, 1e-6, 1e-5, 1e-4)
"""Of what is unmet, as far as the solver's own tolerances need it."""


@dataclass(frozen=True)
class Best:
    """The least unmet kWh by priority (`EXCESS` and `TRIP` come first), and the least objective."""

    unmet_kwh: dict[int, float]
    objective: float
    values: np.ndarray
    site: Site


@dataclass
class Site:
    """All columns of a site."""

    question: Question
    program: Program
    unmet: Unmet
    stores: list[StoreRows]
    loads: list[LoadRows]
    pumps: list[PumpRows]
    held_back: dict[str, list[int]]
    taken: list[int]
    given: list[int]

    def import_kw(self, step: int) -> Expression:
        return term(self.taken[step])

    def import_kwh(self, step: int) -> Expression:
        return term(self.taken[step], self.question.hours[step])

    def export_kwh(self, step: int) -> Expression:
        return term(self.given[step], self.question.hours[step])

    def device_kw(self, step: int) -> Iterator[tuple[str, Expression]]:
        """The power of every device, positive takes."""
        for store in self.stores:
            power = Expression(0.0, {store.charge[step]: 1.0, store.discharge[step]: -1.0})
            yield store.store.name, power
        for load in self.loads:
            yield load.load.name, load.kw(step)
        for pump in self.pumps:
            yield pump.pump.name, term(pump.power[step])
        for sun in self.question.suns:
            yield sun.name, Expression(-sun.kw[step], {self.held_back[sun.name][step]: 1.0})

    def consumption(self, step: int) -> Expression:
        """All devices but stores that run, in kW."""
        pumps = [term(pump.power[step]) for pump in self.pumps]
        return total(*pumps, *(load.kw(step) for load in self.loads))


def best_plan(question: Question, seconds: float = 30.0) -> Best:
    """Find the plan with the least unmet energy, priority by priority, then the least objective.

    Raises
    ------
    Unsolved
        Out of time.
    """
    site = written(question)
    goal, unmet = objective(site), site.unmet.by_priority
    met = Program(**{name: list(value) for name, value in vars(site.program).items()})
    for column in (column for missing in unmet.values() for column in missing.weights):
        met.upper[column] = 0.0
    answer = met.least(goal, seconds)
    if answer is not None:
        return Best(dict.fromkeys(unmet, 0.0), answer[0], answer[1], site)
    for slack_kwh in SLACKS_KWH:
        found = _by_priority(question, slack_kwh, seconds)
        if found is not None:
            return found
    raise Unsolved("no plan at all")


def _by_priority(question: Question, slack_kwh: float, seconds: float) -> Best | None:
    """Each priority's unmet energy is held at its least, within a slack, for what comes after."""
    site = written(question)
    goal, unmet = objective(site), site.unmet.by_priority
    least: dict[int, float] = {}
    for priority in sorted(unmet):
        answer = site.program.least(unmet[priority], seconds)
        if answer is None:
            return None
        least[priority] = max(0.0, answer[0])
        site.program.row(unmet[priority], upper=least[priority] + slack_kwh)
    answer = site.program.least(goal, seconds)
    return None if answer is None else Best(least, answer[0], answer[1], site)


def written(question: Question) -> Site:
    """Write the whole site down."""
    program, unmet = Program(), Unmet()
    site = Site(
        question,
        program,
        unmet,
        [store_rows(program, question, one, unmet) for one in question.stores],
        [load_rows(program, question, one, unmet) for one in question.loads],
        [pump_rows(program, question, one, unmet) for one in question.pumps],
        {},
        [],
        [],
    )
    for sun in question.suns:
        site.held_back[sun.name] = [program.number(0.0, kw) for kw in sun.kw]
    for step in range(question.count):
        _meter(site, step)
        _spilling(site, step)
        _collective(site, step)
        for circuit in question.circuits:
            program.row(_net(site, circuit, step), lower=-circuit.max_kw)
            program.row(_net(site, circuit, step, most=True), upper=circuit.max_kw)
    return site


def _meter(site: Site, step: int) -> None:
    """ "import and export at once" never, each within its limit."""
    question, program = site.question, site.program
    import_kw = min(question.import_kw[step], ENOUGH)
    export_kw = min(question.export_kw[step], ENOUGH)
    taken, given = program.number(0.0, ENOUGH), program.number(0.0, export_kw)
    excess = program.number(0.0, ENOUGH if import_kw < ENOUGH else 0.0)
    most = Expression(0.0, {taken: 1.0, given: -1.0, excess: -1.0})
    for load in site.loads:
        most.plus(load.beyond_mean(step))
    program.row(most, upper=import_kw)
    program.either(term(taken), ENOUGH, term(given), export_kw)
    site.unmet.add(EXCESS, excess, question.hours[step])
    flows = Expression(-question.load_kw[step]).plus(site.consumption(step), -1.0)
    for store in site.stores:
        flows.add(store.charge[step], -1.0).add(store.discharge[step], 1.0)
    flows.plus(_sun(site, step)).add(taken, 1.0).add(given, -1.0)
    program.row(flows, 0.0, 0.0)
    site.taken.append(taken)
    site.given.append(given)


def _sun(site: Site, step: int) -> Expression:
    """What the PV systems give, less what is held back."""
    used = Expression()
    for sun in site.question.suns:
        used.constant += sun.kw[step]
        used.add(site.held_back[sun.name][step], -1.0)
    return used


def _spilling(site: Site, step: int) -> None:
    """Sun that may not be held back is spilled only while the site gives all it may, or one of its
    fuses does."""
    program, limit = site.program, site.question.export_kw[step]
    for sun in site.question.suns:
        if sun.curtailable:
            continue
        back, full = term(site.held_back[sun.name][step]), Expression()
        if limit < ENOUGH:
            exported = Expression(0.0, {site.given[step]: 1.0, site.taken[step]: -1.0})
            full.add(_at_least(program, exported, limit))
        for circuit in site.question.circuits:
            if sun.name in below(site.question, circuit):
                net = Expression().plus(_net(site, circuit, step), -1.0)
                full.add(_at_least(program, net, circuit.max_kw))
        program.at_most(back, Expression().plus(full, ENOUGH))


def _at_least(program: Program, power: Expression, wanted: float) -> int:
    """A switch that can only be on while a power is at least so much."""
    reached = program.switch()
    program.row(power.copy().add(reached, -ENOUGH), lower=wanted - ENOUGH)
    return reached


def _collective(site: Site, step: int) -> None:
    """`grid_charging` and `grid_discharging`: of all such stores together."""
    question = site.question
    charging, discharging = Expression(), Expression()
    served = Expression(question.load_kw[step]).plus(site.consumption(step))
    for rows in site.stores:
        served.add(rows.charge[step])
        if not rows.store.grid_charging:
            charging.add(rows.charge[step])
        if not rows.store.grid_discharging:
            discharging.add(rows.discharge[step])
    if charging.weights:
        site.program.at_most(charging, _sun(site, step))
    if discharging.weights:
        site.program.at_most(discharging, served)


def _net(site: Site, circuit: Circuit, step: int, *, most: bool = False) -> Expression:
    """What a fuse carries, positive towards its devices; `most` before a last slot ends early."""
    devices, net = below(site.question, circuit), Expression()
    for name, kw in site.device_kw(step):
        if name in devices:
            net.plus(kw)
    for load in site.loads:
        if most and load.load.name in devices:
            net.plus(load.beyond_mean(step))
    return net


def below(question: Question, circuit: Circuit) -> set[str]:
    devices = set(circuit.devices)
    for one in question.circuits:
        if one.parent == circuit.name:
            devices |= below(question, one)
    return devices


def objective(site: Site) -> Expression:
    """energy - export + demand + wear + preferences - stored."""
    question, parts = site.question, Expression()
    wishes, prices = question.wishes, question.prices
    for step in range(question.count):
        carbon = prices.carbon[step] if prices.carbon else 0.0
        bought = wishes.cost * prices.buy[step] + wishes.carbon_per_kg * carbon
        parts.plus(site.import_kwh(step), bought)
        sold = wishes.cost * prices.sell[step] - wishes.self_use_per_kwh
        parts.plus(site.export_kwh(step), -sold)
        parts.plus(_held_back(site, step), wishes.self_use_per_kwh)
        parts.plus(_later(site, step), wishes.sooner_per_kwh_hour)
    for store in site.stores:
        parts.plus(wear(store, question.hours), wishes.cost).plus(earned(store), -wishes.cost)
    for load in site.loads:
        parts.plus(start_cost(load), wishes.cost)
    for period in question.demand:
        parts.plus(demand_rows(site.program, period, site.import_kw), wishes.cost)
    return parts


def _held_back(site: Site, step: int) -> Expression:
    back = [term(columns[step], site.question.hours[step]) for columns in site.held_back.values()]
    return total(*back)


def _later(site: Site, step: int) -> Expression:
    """kWh that devices take, times the hours until the middle of the step."""
    question, drawn = site.question, Expression()
    for rows in site.stores:
        drawn.add(rows.charge[step])
    drawn.plus(site.consumption(step))
    hours = question.hours[step]
    return Expression().plus(drawn, hours * (question.edges[step] + hours / 2))
