"""Storage units, sun and load behind one grid meter as a linear programme, in kW and kWh."""

from dataclasses import dataclass, field
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from wattyard.schedules.domain.charge import ChargeQuestion, Runs, Storage
from wattyard.schedules.domain.meter import GridMeter
from wattyard.schedules.domain.power import WATTS_PER_KW, WH_PER_KWH
from wattyard.schedules.domain.prices import Numbers
from wattyard.schedules.domain.program import Draft, Positions, Program
from wattyard.schedules.domain.reach import Reach


@dataclass(frozen=True, slots=True, eq=False)
class OneWay:
    """Where a binary number forbids what cannot be at once.

    Both ways of `storages` (k, n) and of the `meter` (n); in `spill` (n) holding back sun while
    the connection could still give more.
    """

    storages: NDArray[np.bool_]
    meter: NDArray[np.bool_]
    spill: NDArray[np.bool_]

    @property
    def any(self) -> bool:
        return bool(self.storages.any() or self.meter.any() or self.spill.any())

    def grown(self, more: "OneWay") -> "OneWay | None":
        """Join two; None where that adds nothing."""
        pairs = [(getattr(self, name), getattr(more, name)) for name in self.__slots__]
        added = any((new & ~old).any() for old, new in pairs)
        return OneWay(*(old | new for old, new in pairs)) if added else None


@dataclass(frozen=True, slots=True, eq=False)
class ChargeProgram:
    """The programme, its goals in order of rank, and where to read a plan from its numbers.

    `charge`, `discharge` (k, n) are columns. Goals before number `objective` are met as well by
    a plan that overlaps as by one that does not; `cost` is the same number for that objective.
    """

    program: Program
    goals: list[Numbers]
    objective: int
    cost: int
    charge: Positions
    discharge: Positions


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Where the flows at the meter are: (n), or (m, n) where several add up to each.

    `charge`, `discharge` (k, n); `missing` and `rest`, the share of each step for which a unit
    with a least power rests, (n) or empty.
    """

    taken: Positions
    given: Positions
    spilled: Positions
    excess: Positions
    charge: Positions
    discharge: Positions
    missing: Positions
    rest: Positions = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


def charge_program(
    question: ChargeQuestion, meter: GridMeter, reaches: list[Reach], one_way: OneWay
) -> ChargeProgram:
    """Build the programme of a question.

    A storage unit alone reaches its floors, so they are hard. Several storage units on a limited
    connection may not reach theirs together; then what is missing is the first goal, but none gives
    of its reserve for another's goal.
    """
    draft = Draft()
    soft = len(question.storages) > 1 and bool(np.isfinite(question.limits.import_w))
    taken, given, spilled, excess = (
        draft.columns(np.zeros(most_w.size), most_w / WATTS_PER_KW)
        for most_w in (
            meter.most_import_w,
            meter.most_export_w,
            meter.most_spilled_w,
            meter.most_excess_w,
        )
    )
    blocks = [
        _storage(draft, storage, reach, meter.steps.hours, question.runs, soft=soft)
        for storage, reach in zip(question.storages, reaches, strict=True)
    ]
    charge = np.array([block[0] for block in blocks])
    discharge = np.array([block[1] for block in blocks])
    net_kw = meter.steps.net_w / WATTS_PER_KW
    flows = [(taken, 1.0), (excess, 1.0), (given, -1.0), (spilled, -1.0)]
    flows += [(row, -1.0) for row in charge] + [(row, 1.0) for row in discharge]
    draft.rows(net_kw, net_kw, flows)
    for number, storage in enumerate(question.storages):
        limits = (storage.charge_w / WATTS_PER_KW, storage.discharge_w / WATTS_PER_KW)
        _one_way(draft, charge[number], [discharge[number]], limits, one_way.storages[number])
    most_back_w = meter.most_export_w + meter.most_spilled_w
    most = (meter.most_import_w / WATTS_PER_KW, most_back_w / WATTS_PER_KW)
    _one_way(draft, taken, [given, spilled], most, one_way.meter)
    _only_when_full(draft, spilled, given, meter, one_way.spill)
    missing = np.concatenate([block[2] for block in blocks])
    columns = Columns(taken, given, spilled, excess, charge, discharge, missing)
    goals, cost = ranked(draft.size, question, meter, columns)
    objective = cost if question.objective == "COST" else cost - 1
    return ChargeProgram(draft.finished(), goals, objective, cost, charge, discharge)


def _storage(
    draft: Draft,
    storage: Storage,
    reach: Reach,
    hours: Numbers,
    runs: Runs | None,
    *,
    soft: bool,
) -> tuple[Positions, Positions, Positions]:
    """Add a unit: its columns of charge, discharge (n) and what is missing (n or 0)."""
    charge, discharge = (
        draft.columns(least_w / WATTS_PER_KW, most_w / WATTS_PER_KW)
        for least_w, most_w in _bounds(storage, hours.size, runs)
    )
    return charge, discharge, holding(draft, storage, reach, (charge, discharge), hours, soft=soft)


def holding(
    draft: Draft,
    storage: Storage,
    reach: Reach,
    ways: tuple[Positions, Positions],
    hours: Numbers,
    *,
    soft: bool,
) -> Positions:
    """Bound what a unit holds, by its charge and discharge; answers what is missing (n or 0)."""
    charge, discharge = ways
    count, loss = hours.size, sqrt(storage.efficiency)
    floor_kwh = reach.floor_wh / WH_PER_KWH
    kept_kwh = np.full(count, min(storage.reserve_wh, storage.energy_wh) / WH_PER_KWH)
    least_kwh = kept_kwh if soft else floor_kwh
    held = draft.columns(least_kwh, np.full(count, storage.capacity_wh / WH_PER_KWH))
    before = np.zeros(count)
    before[0] = storage.energy_wh / WH_PER_KWH
    balance = draft.rows(
        before, before, [(held, 1.0), (charge, -loss * hours), (discharge, hours / loss)]
    )
    draft.entries(balance[1:], held[:-1], -np.ones(count - 1))
    if not soft:
        return held[:0]
    missing = draft.columns(np.zeros(count), floor_kwh)
    draft.rows(floor_kwh, np.full(count, np.inf), [(held, 1.0), (missing, 1.0)])
    return missing


def _bounds(
    storage: Storage, count: int, runs: Runs | None
) -> tuple[tuple[Numbers, Numbers], tuple[Numbers, Numbers]]:
    """Find the least and the most (n, W) of charging, and those of discharging."""
    if runs is not None:
        return runs.charge_w, runs.discharge_w
    nothing = np.zeros(count)
    return (
        (nothing, np.full(count, storage.charge_w)),
        (nothing, np.full(count, storage.discharge_w)),
    )


def _one_way(
    draft: Draft,
    forth: Positions,
    back: list[Positions],
    most: tuple[Numbers | float, Numbers | float],
    where: NDArray[np.bool_],
) -> None:
    """Let only `forth` (n), or else the sum of `back`, be above 0 in the steps (n) of `where`."""
    count = int(where.sum())
    if count == 0:
        return
    most_forth, most_back = (np.broadcast_to(limit, where.shape)[where] for limit in most)
    forward = draft.columns(np.zeros(count), np.ones(count), whole=True)
    unbounded = np.full(count, -np.inf)
    draft.rows(unbounded, np.zeros(count), [(forth[where], 1.0), (forward, -most_forth)])
    returning: list[tuple[Positions, Numbers | float]] = [(row[where], 1.0) for row in back]
    draft.rows(unbounded, most_back.copy(), [*returning, (forward, most_back)])


def _only_when_full(
    draft: Draft,
    spilled: Positions,
    given: Positions,
    meter: GridMeter,
    where: NDArray[np.bool_],
) -> None:
    """Let sun be held back in the steps (n) of `where` only while the most is given."""
    count = int(where.sum())
    if count == 0:
        return
    most_spilled, most_given = (
        most_w[where] / WATTS_PER_KW for most_w in (meter.most_spilled_w, meter.most_export_w)
    )
    full = draft.columns(np.zeros(count), np.ones(count), whole=True)
    open_ = np.full(count, np.inf)
    draft.rows(-open_, np.zeros(count), [(spilled[where], 1.0), (full, -most_spilled)])
    draft.rows(np.zeros(count), open_, [(given[where], 1.0), (full, -most_given)])


def ranked(
    size: int, question: ChargeQuestion, meter: GridMeter, columns: Columns
) -> tuple[list[Numbers], int]:
    """Rank: missing, over the limit, the objective, the cost, energy through storage, earliest.

    Then the longest runs. While a unit rests, the site goes on as if there were none.
    """
    hours, rest = meter.steps.hours, columns.rest
    resting = meter.settled(meter.steps.net_w)
    taken_kwh = (resting.import_w + resting.excess_w) * hours / WH_PER_KWH
    goals = []
    if columns.missing.size:
        goals.append(_weights(size, (columns.missing, 1.0)))
    if meter.most_excess_w.any():
        over_kwh = resting.excess_w * hours / WH_PER_KWH
        goals.append(_weights(size, (columns.excess, hours), (rest, over_kwh)))
    if question.objective == "CARBON":
        per_kwh = meter.steps.carbon_per_kwh
        carbon = hours * per_kwh
        goals.append(
            _weights(
                size,
                (columns.taken, carbon),
                (columns.excess, carbon),
                (rest, taken_kwh * per_kwh),
            )
        )
    elif question.objective == "SELF_CONSUMPTION":
        given_kwh = (resting.export_w + resting.spilled_w) * hours / WH_PER_KWH
        through = (columns.taken, columns.excess, columns.given, columns.spilled)
        goals.append(
            _weights(size, *((row, hours) for row in through), (rest, taken_kwh + given_kwh))
        )
    price, earned = meter.steps.import_per_kwh * hours, meter.steps.export_per_kwh * hours
    goals.append(
        _weights(
            size,
            (columns.taken, price),
            (columns.excess, price),
            (columns.given, -earned),
            (rest, meter.bill(resting)),
        )
    )
    cost = len(goals) - 1
    goals.append(_weights(size, *((row, hours) for row in columns.discharge)))
    late = hours * np.arange(1.0, hours.size + 1.0)
    goals.append(_weights(size, *((row, late) for row in (*columns.charge, *columns.discharge))))
    if rest.size:
        goals.append(_weights(size, (rest, hours)))
    return goals, cost


def _weights(size: int, *terms: tuple[Positions, Numbers | float]) -> Numbers:
    weights = np.zeros(size)
    for columns, value in terms:
        weights[columns] = value if columns.size else 0.0
    return weights
