"""Storage units, sun and load behind one grid meter as a linear programme, in kW and kWh."""

from math import sqrt

from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.values import dataclass, field
from wattyard.schedules.domain.by_state_of_charge.meter import GridMeter
from wattyard.schedules.domain.by_state_of_charge.question import ChargeQuestion, Storage
from wattyard.schedules.domain.by_state_of_charge.reachable import StorageReach
from wattyard.schedules.domain.power import WH_PER_KWH
from wattyard.schedules.domain.solver.program import Draft, Positions


@dataclass(frozen=True, slots=True, eq=False)
class ChargeColumns:
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


def holding(
    draft: Draft,
    storage: Storage,
    reach: StorageReach,
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


def ranked(
    size: int, question: ChargeQuestion, meter: GridMeter, columns: ChargeColumns
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
