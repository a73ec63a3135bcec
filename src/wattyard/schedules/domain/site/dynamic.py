"""One storage unit behind a meter by dynamic programming over what it holds (kWh).

The least cost of the rest of the plan is a function of what is held, made of straight pieces, not
convex where selling pays more than buying costs, a price is negative or a power has a least. It is
carried backwards exactly, up to a tolerance that is counted: so the bound is honest, and no tree
search is needed. What it decides is which way the unit and the meter go in each step; powers and
ties are then settled by the linear programme with those decisions.
"""

from math import inf, sqrt
from time import perf_counter
from typing import Final, NamedTuple

from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.power import WATTS_PER_KW, WH_PER_KWH
from wattyard.schedules.domain.site.pieces import Move, Pieces, best_of, simplified
from wattyard.schedules.domain.site.power_balance import sun_groups
from wattyard.schedules.domain.site.question import SiteQuestion
from wattyard.schedules.domain.site.storage_times import StorageTimes

_TOLERANCE: Final = 1e-8
"""Money by which a function may be off in one step."""
_ROOM_KWH: Final = 2e-8
"""What is held may miss a goal by this, which the linear programme does not."""


class SitePath(NamedTuple):
    """Powers (n, kW) of the unit, and sun held back; no plan's objective is below `bound`."""

    charge_kw: Numbers
    discharge_kw: Numbers
    curtailed_kw: Numbers
    bound: float


class Bounds(NamedTuple):
    """What is held (kWh) after each step at least and at most (n), and kW above the limit (n).

    `short_kwh` (n): what the trip that ends with a step lacks.
    """

    low_kwh: Numbers
    high_kwh: Numbers
    excess_kw: Numbers
    short_kwh: Numbers


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """One step: what the meter costs for each kWh through it, and which moves the unit has."""

    moves: list[Move]
    kept: float
    trip_kwh: float
    short_kwh: float


def fits(question: SiteQuestion) -> bool:
    """Check whether a question is one that this can answer: a single storage unit, and no peaks."""
    others = question.loads or question.heat_pumps or question.demand or question.circuits
    if others or len(question.storages) != 1:
        return False
    storage = question.storages[0]
    curtailable = any(one.curtailable for one in question.pv)
    below = storage.energy_wh <= min(storage.most_wh, storage.capacity_wh)
    return below and (storage.grid_charging or not curtailable)


def best_path(question: SiteQuestion, bounds: Bounds, seconds: float = inf) -> SitePath | None:
    """Find the way of a single storage unit with the least objective.

    None where bounds leave none, and as soon as it will take longer than so many seconds.
    """
    started = perf_counter()
    storage = question.storages[0]
    times = StorageTimes(storage, question.edges_us, question.hours)
    meter = _Meter(question, bounds.excess_kw)
    ahead = _end(question, bounds)
    functions, off = [ahead], 0.0
    trips_kwh = times.trips_wh / WH_PER_KWH
    steps = [
        _Step(meter.moves(at, times), float(times.kept[at]), float(trips_kwh[at]), float(short))
        for at, short in enumerate(bounds.short_kwh)
    ]
    for step in range(question.steps - 1, -1, -1):
        if _is_late(perf_counter() - started, 1.0 - (step + 1) / question.steps, seconds):
            return None
        before = step - 1
        low = storage.energy_wh / WH_PER_KWH if step == 0 else float(bounds.low_kwh[before])
        high = low if step == 0 else float(bounds.high_kwh[before])
        room = 0.0 if step == 0 else _ROOM_KWH
        ahead, error = _carried(
            steps[step], functions[-1], times, (max(0.0, low - room), high + room)
        )
        off += error
        functions.append(ahead)
    functions.reverse()
    least = float(functions[0].at(np.array([storage.energy_wh / WH_PER_KWH]))[0])
    if not np.isfinite(least):
        return None
    charge_kw, discharge_kw = _followed(times, steps, functions)
    curtailed_kw = meter.curtailed_kw(charge_kw - discharge_kw)
    return SitePath(charge_kw, discharge_kw, curtailed_kw, least - off)


def _is_late(spent: float, done: float, seconds: float) -> bool:
    """Check whether the rest (share `done` is) takes too long: later steps take no less."""
    return spent > max(seconds * done, seconds / 10.0)


def bounds_of(
    question: SiteQuestion, charge_w: Numbers, discharge_w: Numbers, excess_kw: Numbers
) -> Bounds:
    """Find what a plan that misses the least leaves to others that miss no more.

    It may charge and discharge at once: only what it holds at its goals counts.
    """
    times = StorageTimes(question.storages[0], question.edges_us, question.hours)
    held_wh, lacked_wh = times.held_and_lacked(charge_w, discharge_w)
    low_wh, high_wh = times.floor_wh.copy(), times.most_wh.copy()
    for goal in times.goals:
        if goal.step >= 0:
            at_wh = float(held_wh[goal.step])
            low_wh[goal.step] = max(low_wh[goal.step], min(goal.low_wh, at_wh))
            high_wh[goal.step] = min(high_wh[goal.step], max(goal.high_wh, at_wh))
    return Bounds(low_wh / WH_PER_KWH, high_wh / WH_PER_KWH, excess_kw, lacked_wh / WH_PER_KWH)


def _end(question: SiteQuestion, bounds: Bounds) -> Pieces:
    """What is held at the end is worth its stated value."""
    worth = question.weights.cost * question.storages[0].value_per_kwh_at_end
    low, high = max(0.0, float(bounds.low_kwh[-1]) - _ROOM_KWH), float(bounds.high_kwh[-1])
    x = np.array([low, high + _ROOM_KWH])
    lost = worth * (question.storages[0].energy_wh / WH_PER_KWH - x)
    return Pieces(x, lost[:1], lost[1:])


def _carried(
    step: _Step, ahead: Pieces, times: StorageTimes, held: tuple[float, float]
) -> tuple[Pieces, float]:
    """Carry the function of what is held one step back."""
    ahead = _before_trip(ahead, step.trip_kwh, step.short_kwh)
    barred = ahead.from_(times.storage.reserve_wh / WH_PER_KWH - _ROOM_KWH + step.trip_kwh)
    moves = [(move, barred if move.low < 0.0 else ahead) for move in step.moves]
    low, high = held[0] * step.kept, held[1] * step.kept
    best, off = simplified(best_of(moves, low, max(high, low)), _TOLERANCE)
    return Pieces(best.x / step.kept, best.left, best.right), off


def _before_trip(ahead: Pieces, trip_kwh: float, short_kwh: float) -> Pieces:
    """What is held before a trip takes its energy; what the trip lacks leaves nothing."""
    if trip_kwh == 0.0:
        return ahead
    shifted = ahead.x + trip_kwh
    if short_kwh <= 0.0:
        return Pieces(shifted, ahead.left, ahead.right)
    empty = ahead.at(np.zeros(1))
    return Pieces(
        np.append(max(0.0, trip_kwh - short_kwh - _ROOM_KWH), shifted),
        np.append(empty, ahead.left),
        np.append(empty, ahead.right),
    )


def _followed(
    times: StorageTimes, steps: list[_Step], functions: list[Pieces]
) -> tuple[Numbers, Numbers]:
    """Follow the functions from what is held at the start: kW of charge and discharge (n)."""
    held, loss = times.storage.energy_wh / WH_PER_KWH, sqrt(times.storage.efficiency)
    change = np.zeros(len(steps))
    for number, step in enumerate(steps):
        ahead = _before_trip(functions[number + 1], step.trip_kwh, step.short_kwh)
        barred = ahead.from_(times.storage.reserve_wh / WH_PER_KWH - _ROOM_KWH + step.trip_kwh)
        change[number] = min(
            _best_change(move, barred if move.low < 0.0 else ahead, held * step.kept)
            for move in step.moves
        )[1]
        held = max(0.0, held * step.kept + change[number] - step.trip_kwh)
    hours = times.hours
    return np.maximum(change, 0.0) / loss / hours, np.maximum(-change, 0.0) * loss / hours


def _best_change(move: Move, ahead: Pieces, held: float) -> tuple[float, float]:
    """Find the least cost of a move from what is held, and the change that has it."""
    low, high = max(held + move.low, ahead.x[0]), min(held + move.high, ahead.x[-1])
    if low > high + 2 * _ROOM_KWH:
        return inf, 0.0
    within = ahead.x[(ahead.x > low) & (ahead.x < high)]
    where = np.concatenate([[low], within, [max(low, high)]])
    worth = ahead.at(where) + move.cost + move.slope * (where - held - move.low)
    best = int(worth.argmin())
    return float(worth[best]), float(np.clip(where[best] - held, move.low, move.high))


class _Meter:
    """What goes through the meter costs, in each step, as moves of the storage unit."""

    def __init__(self, question: SiteQuestion, excess_kw: Numbers) -> None:
        weights, hours = question.weights, question.hours
        carbon = question.carbon_g_per_kwh / 1000.0 * weights.carbon_per_kg
        sold = 0.0 if question.export_per_kwh is None else question.export_per_kwh
        groups = sun_groups(question)
        zero = np.zeros(question.steps)
        self.storage = question.storages[0]
        self.hours = hours
        self.bought = weights.cost * question.import_per_kwh + carbon
        self.sold = weights.cost * sold - weights.self_use_per_kwh + zero
        self.held_back = weights.self_use_per_kwh
        middle = np.cumsum(hours) - hours / 2.0
        self.wear = weights.cost * self.storage.wear_per_kwh
        self.late = weights.sooner_per_kwh_hour * middle
        self.sun_kwh = sum((one.sun_kw for one in groups), zero) * hours
        self.load_kwh = question.load_w / WATTS_PER_KW * hours
        self.free_kwh = sum((one.most_kw for one in groups if not one.forced), zero) * hours
        self.forced_kwh = (
            np.max([one.most_kw for one in groups if one.forced] or [zero], axis=0) * hours
        )
        self.most_in_kwh = (question.import_limit_w / WATTS_PER_KW + excess_kw) * hours
        self.most_out_kwh = question.export_limit_w / WATTS_PER_KW * hours

    def moves(self, step: int, times: StorageTimes) -> list[Move]:
        """List the moves of what is held (kWh) in a step, in straight pieces."""
        hours, loss, storage = float(self.hours[step]), sqrt(self.storage.efficiency), self.storage
        base = float(self.load_kwh[step] - self.sun_kwh[step])
        least, into, out = (
            power_w / WATTS_PER_KW * hours * float(times.open[step])
            for power_w in (storage.least_w, storage.charge_w, storage.discharge_w)
        )
        if not storage.grid_charging:
            into = min(into, float(self.sun_kwh[step]))
        if not storage.grid_discharging:
            out = min(out, float(self.load_kwh[step]))
        worth = self._worth(step, base - out, base + into)
        found = []
        idle = float(worth.at(np.array([base]))[0])
        if np.isfinite(idle):
            found.append(Move(0.0, 0.0, idle, 0.0))
        paid = self.wear + float(self.late[step])
        for low, high, cost, slope in _straight(worth, base + least, base + into):
            price = slope + paid
            start = cost + (low - base) * paid
            found.append(Move((low - base) * loss, (high - base) * loss, start, price / loss))
        for low, high, cost, slope in _straight(worth, base - out, base - least):
            price = slope - self.wear
            start = cost + (base - low) * self.wear
            found.append(Move((low - base) / loss, (high - base) / loss, start, price * loss))
        return found

    def curtailed_kw(self, storage_kw: Numbers) -> Numbers:
        """Find how much sun is best held back (n) when the storage unit takes so much, or gives."""
        net_kwh = self.load_kwh - self.sun_kwh + storage_kw * self.hours
        tries = [
            np.clip(held_kwh, 0.0, self.free_kwh)
            for held_kwh in (0.0, -net_kwh, -net_kwh - self.most_out_kwh, self.free_kwh)
        ]
        costs = []
        for held_kwh in tries:
            through = net_kwh + held_kwh
            cost = np.where(through > 0.0, self.bought, self.sold) * through
            over = (through > self.most_in_kwh + _ROOM_KWH) | (
                through < -self.most_out_kwh - _ROOM_KWH
            )
            costs.append(cost + held_kwh * self.held_back + np.where(over, 1e6, 0.0))
        best = np.argmin(costs, axis=0)
        return np.asarray(np.choose(best, tries) / self.hours, dtype=np.float64)

    def _worth(self, step: int, low: float, high: float) -> Pieces:
        """What net energy through the meter (kWh) costs, sun held back as far as that pays."""
        free = float(self.free_kwh[step])
        lowest = max(min(low, 0.0), -float(self.most_out_kwh[step]))
        highest = min(max(high + free, 0.0), float(self.most_in_kwh[step])) + _ROOM_KWH
        sold, bought = float(self.sold[step]), float(self.bought[step])
        x = np.array([lowest - _ROOM_KWH, 0.0, highest])
        y = np.array([sold * x[0], 0.0, bought * x[2]])
        forced = float(self.forced_kwh[step])
        if forced > 0.0 and low < lowest:
            x = np.append(max(low, lowest - forced) - _ROOM_KWH, x)
            y = np.append(y[0] + self.held_back * (x[1] - x[0]), y)
        plain = Pieces(x, y[:-1], y[1:])
        if free <= 0.0:
            return plain
        return best_of([(Move(0.0, free, 0.0, self.held_back), plain)], low, max(high, low))


def _straight(worth: Pieces, low: float, high: float) -> list[tuple[float, float, float, float]]:
    """List the straight parts of a function between two points: from, to, value, slope."""
    found: list[tuple[float, float, float, float]] = []
    if abs(high - low) <= _ROOM_KWH:
        value = float(worth.at(np.array([low]))[0])
        return [(low, low, value, 0.0)] if np.isfinite(value) else found
    for piece in range(worth.left.size):
        start, end = float(worth.x[piece]), float(worth.x[piece + 1])
        left, right = float(worth.left[piece]), float(worth.right[piece])
        from_, to = max(start, low), min(end, high)
        if to - from_ <= _ROOM_KWH / 10 or not np.isfinite(left):
            continue
        slope = (right - left) / (end - start)
        found.append((from_, to, left + slope * (from_ - start), slope))
    return found
