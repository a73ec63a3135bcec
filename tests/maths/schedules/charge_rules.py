"""A checker that knows only the rules of charging plans, and a second way to the optimum."""

from itertools import pairwise
from math import sqrt

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from wattyard.schedules.domain.by_amount.question import PowerLimits
from wattyard.schedules.domain.by_state_of_charge.question import (
    ChargePlan,
    ChargeQuestion,
    ChargeSteps,
    Storage,
)
from wattyard.schedules.domain.prices import MINUTE_US

START_US = 1_772_323_200_000_000
QUARTER_US = 15 * MINUTE_US


def quarter_steps(per_kwh: list[float] | np.ndarray, **series: np.ndarray) -> ChargeSteps:
    values = np.asarray(per_kwh, dtype=np.float64)
    edges = START_US + np.arange(values.size + 1) * QUARTER_US
    return ChargeSteps(edges, values, **series)


def random_house(
    seed: int, *, steps: int = 12, storages: int = 1, negative: bool = False
) -> ChargeQuestion:
    rng = np.random.default_rng(seed)
    buy = rng.choice([0.05, 0.1, 0.2, 0.2, 0.35], steps)
    if negative:
        buy = buy - rng.choice([0.0, 0.3], steps)
    sell = buy - 0.06 if rng.random() < 0.6 else rng.choice([-0.05, 0.0, 0.08, 0.4], steps)
    sunny = rng.random() < 0.6
    limited = rng.random() < 0.5
    return ChargeQuestion(
        storages=tuple(random_storage(rng, steps) for _ in range(storages)),
        steps=quarter_steps(
            buy,
            export_per_kwh=sell,
            pv_w=rng.uniform(0, 6000, steps).round() * sunny,
            base_load_w=rng.uniform(0, 3000, steps).round() * sunny,
            carbon_per_kwh=rng.uniform(50, 500, steps),
        ),
        limits=PowerLimits(
            float(rng.choice([4000, 9000])) if limited else np.inf,
            float(rng.choice([2000, 5000])) if limited else np.inf,
        ),
        export_allowed=bool(rng.random() < 0.5),
        objective=str(rng.choice(["COST", "COST", "COST", "CARBON", "SELF_CONSUMPTION"])),  # type: ignore[arg-type]
    )


def random_storage(rng: np.random.Generator, steps: int) -> Storage:
    capacity = float(rng.choice([5000, 10000, 60000]))
    held = round(float(rng.uniform(0, 1)) * capacity, 1)
    car = rng.random() < 0.4
    return Storage(
        capacity_wh=capacity,
        energy_wh=held,
        charge_w=float(rng.choice([2000, 5000, 11000])),
        discharge_w=0.0 if car else float(rng.choice([2000, 5000])),
        efficiency=float(rng.choice([0.8, 0.9, 1.0])),
        reserve_wh=0.0 if car else float(rng.choice([0, 0.2])) * capacity,
        target_wh=min(capacity, held + float(rng.uniform(0, 8000))) if car else None,
        ready_us=START_US + int(rng.integers(1, steps + 1)) * QUARTER_US if car else None,
        end_wh=None if car else held,
    )


def check(question: ChargeQuestion, plan: ChargePlan) -> None:
    """Fail where the plan breaks a rule, whatever it costs."""
    steps = plan.steps
    hours = np.diff(steps.edges_us) / 3.6e9
    net = steps.base_load_w - steps.pv_w
    for storage, own in zip(question.storages, plan.storages, strict=True):
        check_storage(storage, own, hours)
        net = net + own.charge_w - own.discharge_w
        check_slots(steps, own, storage.least_w)
        missing = storage.reserve_wh - own.held_wh[-1]
        for at_us, wanted in (
            (storage.ready_us, storage.target_wh),
            (int(steps.edges_us[-1]), storage.end_wh),
        ):
            at = steps.edges_us.size - 2
            if at_us is not None:
                at = int((steps.edges_us <= at_us).sum()) - 2
            if wanted is not None:
                missing = max(missing, wanted - (own.held_wh[at] if at >= 0 else storage.energy_wh))
        assert max(0, missing - own.shortfall_wh) <= 1
        assert own.status == ("PARTIAL" if own.shortfall_wh else "COMPLETE")
        assert (own.reason is None) == (own.status == "COMPLETE")
    alone = steps.base_load_w - steps.pv_w
    assert (net <= np.maximum(question.limits.import_w, alone) + 1).all()
    most_given = np.maximum(question.limits.export_w, np.maximum(-alone, 0))
    if not question.export_allowed:
        most_given = np.maximum(-alone, 0)
    assert (-net <= most_given + 1).all()
    given = np.minimum(np.maximum(-net, 0), question.limits.export_w)
    bill = np.maximum(net, 0) @ (steps.import_per_kwh * hours) / 1000
    bill -= given @ (steps.export_per_kwh * hours) / 1000
    assert abs(bill - plan.bill) <= 1e-6


def check_storage(storage: Storage, own: object, hours: np.ndarray) -> None:
    charge, discharge, held = own.charge_w, own.discharge_w, own.held_wh  # type: ignore[attr-defined]
    assert (charge >= 0).all()
    assert (discharge >= 0).all()
    assert (charge <= storage.charge_w + 1).all()
    assert (discharge <= storage.discharge_w + 1).all()
    assert not ((charge > 0) & (discharge > 0)).any()
    level = storage.energy_wh
    for hour, into, out, told in zip(hours, charge, discharge, held, strict=True):
        before = level
        level += into * hour * sqrt(storage.efficiency) - out * hour / sqrt(storage.efficiency)
        assert abs(level - told) <= 1
        assert -1 <= level <= storage.capacity_wh + 1
        if level < storage.reserve_wh - 1:
            assert level >= before - 1e-6
            assert out == 0


def check_slots(steps: ChargeSteps, own: object, least_w: float) -> None:
    slots = own.slots  # type: ignore[attr-defined]
    assert all(one.end_us <= two.start_us for one, two in pairwise(slots))
    moved = {"CHARGE": 0.0, "DISCHARGE": 0.0}
    for slot in slots:
        assert slot.power_w > 0
        assert slot.power_w >= least_w - 1
        moved[slot.flow] += slot.power_w * (slot.end_us - slot.start_us) / 3.6e9
    hours = np.diff(steps.edges_us) / 3.6e9
    assert abs(moved["CHARGE"] - own.charge_w @ hours) <= 1  # type: ignore[attr-defined]
    assert abs(moved["DISCHARGE"] - own.discharge_w @ hours) <= 1  # type: ignore[attr-defined]
    assert abs(sum(slot.cost for slot in slots) - own.cost) <= 1e-3  # type: ignore[attr-defined]


class Model:
    """Numbers with bounds, whole or not, and sums of them with bounds."""

    def __init__(self) -> None:
        self.lower: list[float] = []
        self.upper: list[float] = []
        self.whole: list[int] = []
        self.rules: list[tuple[dict[int, float], float, float]] = []

    def number(self, lower: float, upper: float, *, whole: bool = False) -> int:
        self.lower.append(lower)
        self.upper.append(upper)
        self.whole.append(int(whole))
        return len(self.lower) - 1

    def rule(self, weights: dict[int, float], lower: float, upper: float) -> None:
        self.rules.append((weights, lower, upper))

    def least(self, goal: dict[int, float]) -> float:
        size = len(self.lower)
        rows = np.zeros((len(self.rules), size))
        for line, (weights, _, _) in zip(rows, self.rules, strict=True):
            for column, weight in weights.items():
                line[column] += weight
        cost = np.zeros(size)
        for column, weight in goal.items():
            cost[column] += weight
        answer = milp(
            cost,
            integrality=self.whole,
            bounds=Bounds(self.lower, self.upper),
            constraints=LinearConstraint(
                rows, [rule[1] for rule in self.rules], [rule[2] for rule in self.rules]
            ),
            options={"mip_rel_gap": 1e-10, "time_limit": 200},
        )
        assert answer.status == 0, answer.message
        return float(answer.fun)


def optimum(question: ChargeQuestion) -> tuple[float, float]:
    """Tell the least missing kWh in total and the least objective with it.

    Written with a binary for each storage unit and step and for the meter, energies in kWh.
    """
    model = Model()
    steps = question.steps
    hours = np.diff(steps.edges_us) / 3.6e9
    missing: dict[int, float] = {}
    charges, discharges = [], []
    for storage in question.storages:
        into, out = _storage(model, storage, steps, hours, missing)
        charges.append(into)
        discharges.append(out)
    goal: dict[int, float] = {}
    for step, hour in enumerate(hours):
        own = (steps.base_load_w[step] - steps.pv_w[step]) / 1000
        most_in = min(question.limits.import_w / 1000, max(own, 0) + 200)
        most_out = min(question.limits.export_w / 1000, max(-own, 0) + 200)
        if not question.export_allowed:
            most_out = min(most_out, max(-own, 0))
        taken, given = model.number(0, most_in), model.number(0, most_out)
        spilled = model.number(0, max(0, -own - question.limits.export_w / 1000))
        over = model.number(0, max(0, own - question.limits.import_w / 1000))
        way = model.number(0, 1, whole=True)
        model.rule({taken: 1, way: -most_in}, -np.inf, 0)
        most_back = most_out + model.upper[spilled]
        model.rule({given: 1, spilled: 1, way: most_back}, -np.inf, most_back)
        full = model.number(0, 1, whole=True)
        model.rule({spilled: 1, full: -model.upper[spilled]}, -np.inf, 0)
        model.rule({given: 1, full: -min(most_out, max(-own, 0))}, 0, np.inf)
        model.rule(
            {taken: 1, over: 1, given: -1, spilled: -1}
            | {c[step]: -1 / hour for c in charges}
            | {d[step]: 1 / hour for d in discharges},
            own,
            own,
        )
        buy, sell = steps.import_per_kwh[step], steps.export_per_kwh[step]
        if question.objective == "COST":
            weights = {taken: buy, over: buy + 1e4, given: -sell}
        elif question.objective == "CARBON":
            gram = steps.carbon_per_kwh[step]
            weights = {taken: gram, over: gram}
        else:
            weights = {taken: 1, over: 1, given: 1, spilled: 1}
        goal |= {column: weight * hour for column, weight in weights.items()}
    least = model.least(missing) if missing else 0.0
    if missing:
        model.rule(missing, -np.inf, least + 1e-9)
    return least, model.least(goal)


def _storage(
    model: Model, storage: Storage, steps: ChargeSteps, hours: np.ndarray, missing: dict[int, float]
) -> tuple[list[int], list[int]]:
    into, out, held = [], [], []
    for step, hour in enumerate(hours):
        most_in, most_out = storage.charge_w / 1000 * hour, storage.discharge_w / 1000 * hour
        into.append(model.number(0, most_in))
        out.append(model.number(0, most_out))
        held.append(model.number(0, storage.capacity_wh / 1000))
        way = model.number(0, 1, whole=True)
        model.rule({into[-1]: 1, way: -most_in}, -np.inf, 0)
        model.rule({out[-1]: 1, way: most_out}, -np.inf, most_out)
        for power, most in ((into[-1], most_in), (out[-1], most_out)):
            if storage.least_w:
                on = model.number(0, 1, whole=True)
                model.rule({power: 1, on: -most}, -np.inf, 0)
                model.rule({power: 1, on: -storage.least_w / 1000 * hour}, 0, np.inf)
        root = sqrt(storage.efficiency)
        change = {held[-1]: 1.0, into[-1]: -root, out[-1]: 1 / root}
        if step:
            change[held[-2]] = -1.0
        start = 0.0 if step else storage.energy_wh / 1000
        model.rule(change, start, start)
        floor = storage.reserve_wh / 1000
        if storage.energy_wh >= storage.reserve_wh:
            model.rule({held[-1]: 1}, floor, np.inf)
        else:
            short = model.number(0, floor)
            missing[short] = 1.0
            model.rule({held[-1]: 1, short: 1}, floor, np.inf)
    for at_us, wanted in (
        (storage.ready_us, storage.target_wh),
        (int(steps.edges_us[-1]), storage.end_wh),
    ):
        if wanted is None:
            continue
        at = held[-1] if at_us is None else held[int(np.searchsorted(steps.edges_us, at_us)) - 1]
        short = model.number(0, wanted / 1000)
        missing[short] = 1.0
        model.rule({at: 1, short: 1}, wanted / 1000, np.inf)
    return into, out
