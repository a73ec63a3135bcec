"""A battery or a car as a part of a site program (kW and kWh)."""

from math import inf, sqrt
from typing import NamedTuple

from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.power import WATTS_PER_KW, WH_PER_KWH
from wattyard.schedules.domain.site.devices import TRIP_PRIORITY, SiteStorage
from wattyard.schedules.domain.site.part import ProgramDraft, Run, Switch
from wattyard.schedules.domain.site.storage_run import run_of_storage
from wattyard.schedules.domain.site.storage_times import StorageGoal, StorageTimes, effective
from wattyard.schedules.domain.solver.program import Positions


class HeldSum(NamedTuple):
    """What is held at one instant (kWh): a constant, and columns (k) with their weights (k)."""

    constant: float
    columns: Positions
    weights: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class PlacedStorage:
    """Where a unit is: columns (n) of charge, and (n or 0) of discharge and of what it holds."""

    times: StorageTimes
    charge: Positions
    discharge: Positions
    held: Positions

    def read(self, values: Numbers) -> Run:
        """Read what the storage unit does; see `run_of_storage`."""
        return run_of_storage(self.times, *self.powers_w(values))

    def powers_w(self, values: Numbers) -> tuple[Numbers, Numbers]:
        """Read charge and discharge (n, W)."""
        charge_w = values[self.charge] * WATTS_PER_KW
        if self.discharge.size == 0:
            return charge_w, np.zeros_like(charge_w)
        return charge_w, values[self.discharge] * WATTS_PER_KW


@dataclass(frozen=True, slots=True)
class StoragePart:
    """Adds a storage unit to a program."""

    storage: SiteStorage

    def join(self, draft: ProgramDraft) -> PlacedStorage:
        """Add its powers, what it holds, its targets, and what excludes each other."""
        storage = self.storage
        times = StorageTimes(storage, draft.question.edges_us, draft.hours)
        zero = np.zeros(draft.hours.size)
        charge = draft.columns(
            zero, times.open * (_usable_w(storage, storage.charge_w) / WATTS_PER_KW)
        )
        draft.draws(storage.device, charge)
        discharge = charge[:0]
        if storage.discharge_w > 0.0:
            most_w = _usable_w(storage, storage.discharge_w)
            discharge = draft.columns(zero, times.open * (most_w / WATTS_PER_KW))
            draft.draws(storage.device, discharge, sign=-1.0)
        if storage.wear_per_kwh:
            for columns in (charge, discharge):
                if columns.size:
                    draft.costs("wear", columns, draft.hours * storage.wear_per_kwh)
        held = charge[:0]
        if discharge.size or storage.standby_loss:
            held = _every_step(draft, times, charge, discharge)
        else:
            _at_goals(draft, times, charge)
        _least_powers(draft, times, charge, discharge)
        return PlacedStorage(times, charge, discharge, held)


def _usable_w(storage: SiteStorage, most_w: float) -> float:
    return most_w if most_w >= storage.least_w else 0.0


def _every_step(
    draft: ProgramDraft, times: StorageTimes, charge: Positions, discharge: Positions
) -> Positions:
    """Add what the storage unit holds after each step as columns (n)."""
    storage, hours = times.storage, draft.hours
    loss = sqrt(storage.efficiency)
    held = draft.columns(times.floor_wh / WH_PER_KWH, times.most_wh / WH_PER_KWH)
    before = -times.trips_wh / WH_PER_KWH
    before[0] += storage.energy_wh / WH_PER_KWH * times.kept[0]
    balance = draft.rows(before, before, [(held, 1.0), (charge, -loss * hours)])
    if discharge.size:
        draft.entries(balance, discharge, hours / loss)
    draft.entries(balance[1:], held[:-1], -times.kept[1:])
    trips = np.flatnonzero(times.trips_wh)
    _missing(draft, balance[trips], times.trips_wh[trips] / WH_PER_KWH, -1.0, TRIP_PRIORITY)
    for goal in effective(times.goals):
        if goal.step >= 0:
            _goal(draft, goal, HeldSum(0.0, held[goal.step : goal.step + 1], np.ones(1)))
    _stored(draft, storage, HeldSum(0.0, held[-1:], np.ones(1)))
    if discharge.size:
        _reserve(draft, times, discharge, held)
    _ceiling(draft, times, charge, held)
    return held


def _ceiling(draft: ProgramDraft, times: StorageTimes, charge: Positions, held: Positions) -> None:
    """Bar charging in steps after which a unit that held more would be above its ceiling."""
    most_wh = times.ceiling_wh
    where = np.flatnonzero((times.most_wh > most_wh) & (times.open > 0.0))
    if where.size:
        draft.switch(
            Switch(
                on=charge[where],
                most_on=np.full(where.size, times.storage.charge_w / WATTS_PER_KW),
                needs=((held[where], -1.0),),
                least=np.full(where.size, -most_wh / WH_PER_KWH),
                needs_lower=-times.most_wh[where] / WH_PER_KWH,
            )
        )


def _reserve(
    draft: ProgramDraft, times: StorageTimes, discharge: Positions, held: Positions
) -> None:
    """Bar discharging in steps after which the storage unit would hold less than its reserve."""
    reserve_wh = times.storage.reserve_wh
    where = np.flatnonzero(times.floor_wh < reserve_wh)
    if where.size:
        draft.switch(
            Switch(
                on=discharge[where],
                most_on=np.full(where.size, times.storage.discharge_w / WATTS_PER_KW),
                needs=((held[where], 1.0),),
                least=np.full(where.size, reserve_wh / WH_PER_KWH),
                needs_lower=times.floor_wh[where] / WH_PER_KWH,
            )
        )


def _at_goals(draft: ProgramDraft, times: StorageTimes, charge: Positions) -> None:
    """Add sums of what was charged up to each goal and trip: what is held only rises between.

    This is exact for a storage unit that neither gives nor loses, with far fewer rows and columns.
    """
    last = draft.hours.size - 1
    trips: list[int] = np.flatnonzero(times.trips_wh).tolist()
    short = draft.columns(np.zeros(len(trips)), times.trips_wh[trips] / WH_PER_KWH)
    if trips:
        draft.unmet(TRIP_PRIORITY, short)
    for step in trips:
        _row(draft, _sum(draft, times, charge, short, step), 0.0, inf)
    for step in sorted({*(trip - 1 for trip in trips if trip), last}):
        most_kwh = float(times.most_wh[step]) / WH_PER_KWH
        _row(draft, _sum(draft, times, charge, short, step), -inf, most_kwh)
    for goal in effective(times.goals):
        if goal.step >= 0:
            _goal(draft, goal, _sum(draft, times, charge, short, goal.step))
    _stored(draft, times.storage, _sum(draft, times, charge, short, last))


def _sum(
    draft: ProgramDraft, times: StorageTimes, charge: Positions, short: Positions, step: int
) -> HeldSum:
    """Say what is held after a step, as a sum of what was charged and of what trips lacked."""
    home = int((np.flatnonzero(times.trips_wh) <= step).sum())
    gained = sqrt(times.storage.efficiency) * draft.hours[: step + 1]
    return HeldSum(
        (times.storage.energy_wh - float(times.trips_wh[: step + 1].sum())) / WH_PER_KWH,
        np.append(charge[: step + 1], short[:home]),
        np.append(gained, np.ones(home)),
    )


def _stored(draft: ProgramDraft, storage: SiteStorage, end: HeldSum) -> None:
    """Count what is held at the end, less what is at the start, at its value."""
    if storage.value_per_kwh_at_end:
        always = draft.columns(np.ones(1), np.ones(1))
        gained_kwh = end.constant - storage.energy_wh / WH_PER_KWH
        draft.costs("stored", always, gained_kwh * storage.value_per_kwh_at_end)
        draft.costs("stored", end.columns, end.weights * storage.value_per_kwh_at_end)


def _row(draft: ProgramDraft, held: HeldSum, low_kwh: float, high_kwh: float) -> Positions:
    """Add one row: what is held is between bounds."""
    row = draft.rows(np.full(1, low_kwh - held.constant), np.full(1, high_kwh - held.constant), [])
    draft.entries(np.full(held.columns.size, row[0]), held.columns, held.weights)
    return row


def _goal(draft: ProgramDraft, goal: StorageGoal, held: HeldSum) -> None:
    """Count what a storage unit holds too little, or too much, at a goal as unmet."""
    if goal.low_wh > 0.0:
        row = _row(draft, held, goal.low_wh / WH_PER_KWH, inf)
        _missing(draft, row, np.full(1, goal.low_wh / WH_PER_KWH), 1.0, goal.priority)
    if goal.high_wh < inf:
        row = _row(draft, held, -inf, goal.high_wh / WH_PER_KWH)
        _missing(draft, row, np.full(1, inf), -1.0, goal.priority)


def _missing(
    draft: ProgramDraft, rows: Positions, most_kwh: Numbers, sign: float, priority: int
) -> None:
    if rows.size:
        missing = draft.columns(np.zeros(rows.size), most_kwh)
        draft.entries(rows, missing, sign)
        draft.unmet(priority, missing)


def _least_powers(
    draft: ProgramDraft, times: StorageTimes, charge: Positions, discharge: Positions
) -> None:
    """Keep charge and discharge apart, and each 0 or at least the least power."""
    storage, where = times.storage, np.flatnonzero(times.open)
    ways = [(charge, storage.charge_w, discharge, storage.discharge_w)]
    if storage.least_w:
        ways.append((discharge, storage.discharge_w, charge, storage.charge_w))
    for on, most_w, off, most_off_w in ways:
        if where.size == 0 or on.size == 0 or (off.size == 0 and not storage.least_w):
            continue
        needed = storage.least_w / WATTS_PER_KW
        draft.switch(
            Switch(
                on=on[where],
                most_on=np.full(where.size, most_w / WATTS_PER_KW),
                off=(off[where],) if off.size else (),
                most_off=np.full(where.size if off.size else 0, most_off_w / WATTS_PER_KW),
                needs=((on[where], 1.0),) if needed else (),
                least=np.full(where.size if needed else 0, needed),
                needs_lower=np.zeros(where.size if needed else 0),
            )
        )
