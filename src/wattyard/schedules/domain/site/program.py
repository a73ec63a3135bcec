"""A site program: every device's part behind one meter, with its goals in order of rank."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from wattyard.kernel.arrays import Marks, Numbers, np
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.site.demand import DemandPart
from wattyard.schedules.domain.site.heat_pump import HeatPumpPart
from wattyard.schedules.domain.site.part import (
    CostPart,
    Draw,
    Placed,
    ProgramDraft,
    ProgramPart,
    Rounding,
    Switch,
)
from wattyard.schedules.domain.site.power_balance import (
    PlacedMeter,
    begin_balance,
    complete_balance,
)
from wattyard.schedules.domain.site.question import SiteQuestion
from wattyard.schedules.domain.site.shiftable import ShiftablePart
from wattyard.schedules.domain.site.storage import StoragePart
from wattyard.schedules.domain.solver.program import Draft, Positions, Program

_BROKEN_KW = 1e-6


@dataclass(frozen=True, eq=False)
class SiteProgram:
    """The programme of a question without its switches, and where to read a plan from.

    `goals` are ranked: load above the limit, unmet energy by priority, the objective (number
    `objective`), then what decides ties. `objective` is in money. `narrowed`: columns have other
    bounds than the question says.
    """

    question: SiteQuestion
    program: Program
    goals: tuple[Numbers, ...]
    objective: int
    switches: tuple[Switch, ...]
    meter: PlacedMeter
    placed: tuple[Placed, ...]
    drawn: tuple[Draw, ...]
    money: dict[CostPart, Numbers]
    roundings: tuple[Rounding, ...] = ()
    narrowed: bool = False

    def rounded(self, values: Numbers) -> "SiteProgram":
        """Hold the integers of devices near to values; the others stay free."""
        lower, upper = self.program.lower.copy(), self.program.upper.copy()
        whole = self.program.whole.copy()
        for rounding in self.roundings:
            columns, decided = rounding.rounded(values)
            lower[columns], upper[columns], whole[columns] = decided, decided, False
        return replace(self, program=replace(self.program, lower=lower, upper=upper, whole=whole))

    def bound_to(self, lower: Numbers, upper: Numbers) -> "SiteProgram":
        """Keep the columns between other bounds."""
        narrowed = replace(self.program, lower=lower, upper=upper)
        return replace(self, program=narrowed, narrowed=True)

    @cached_property
    def nowhere(self) -> tuple[Marks, ...]:
        """No binary number in any step, for each switch."""
        return tuple(np.zeros(switch.on.size, dtype=np.bool_) for switch in self.switches)

    def broken(self, values: Numbers) -> tuple[Marks, ...]:
        """Find, for each switch, the entries (k) that values do not obey."""
        return tuple(_broken(switch, values) for switch in self.switches)


def site_program(question: SiteQuestion, *, whole_runs: bool = True) -> SiteProgram:
    """Build the programme of a question.

    With `whole_runs` a load of a single run at a single level runs as long as it needs, or not at
    all: exact where nothing is unmet, and far easier to solve (`has_whole_runs`).
    """
    draft = ProgramDraft(question, question.hours)
    meter = begin_balance(draft)
    placed = [part.join(draft) for part in parts_of(question, whole_runs=whole_runs)]
    complete_balance(draft, meter)
    money = {part: _weights(draft.draft.size, terms) for part, terms in draft.money.items()}
    goals, objective = _goals(draft, meter, money)
    return SiteProgram(
        question=question,
        program=draft.draft.finished(),
        goals=tuple(goals),
        objective=objective,
        switches=tuple(draft.switches),
        meter=meter,
        placed=tuple(one for one in placed if one is not None),
        drawn=tuple(draft.drawn),
        money=money,
        roundings=tuple(draft.roundings),
    )


def has_whole_runs(question: SiteQuestion) -> bool:
    """Whether a load of a question runs as long as it needs, or not at all."""
    parts = [ShiftablePart(load) for load in question.loads]
    return any(part.runs_whole(question.edges_us) for part in parts)


def parts_of(question: SiteQuestion, *, whole_runs: bool) -> list[ProgramPart]:
    """Make the part of each device, in the order of `SiteQuestion.devices`, and of each charge."""
    return [
        *(StoragePart(storage) for storage in question.storages),
        *(ShiftablePart(load, whole=whole_runs) for load in question.loads),
        *(HeatPumpPart(pump) for pump in question.heat_pumps),
        *(DemandPart(rise) for rise in question.demand),
    ]


def switched(site: SiteProgram, where: Sequence[Marks]) -> tuple[Program, tuple[Positions, ...]]:
    """Add binary numbers that enforce switches (k) where asked.

    Answers the programme, the base's columns first, and the binaries' columns of each switch.
    """
    draft = Draft.of(site.program)
    binaries = []
    for switch, mask in zip(site.switches, where, strict=True):
        count = int(mask.sum())
        running = draft.columns(np.zeros(count), np.ones(count), whole=True)
        binaries.append(running)
        if count == 0:
            continue
        below = np.full(count, -np.inf)
        draft.rows(
            below, np.zeros(count), [(switch.on[mask], 1.0), (running, -switch.most_on[mask])]
        )
        if switch.off:
            most = switch.most_off[mask]
            others = [(columns[mask], 1.0) for columns in switch.off]
            draft.rows(below, most, [*others, (running, most)])
        if switch.needs:
            lower = switch.needs_lower[mask]
            needed = [
                (columns[mask], np.broadcast_to(weight, mask.shape)[mask])
                for columns, weight in switch.needs
            ]
            draft.rows(
                lower, np.full(count, np.inf), [*needed, (running, lower - switch.least[mask])]
            )
    return draft.finished(), tuple(binaries)


def held_at(site: SiteProgram, on: Sequence[Marks], where: Sequence[Marks]) -> Program:
    """Decide switches (k) where asked: `on` or off; what is left needs no binary numbers."""
    upper = site.program.upper.copy()
    draft = Draft.of(site.program)
    for switch, running, mask in zip(site.switches, on, where, strict=True):
        upper[switch.on[mask & ~running]] = 0.0
        runs = mask & running
        for columns in switch.off:
            upper[columns[runs]] = 0.0
        if switch.needs and runs.any():
            needed = [
                (columns[runs], np.broadcast_to(weight, mask.shape)[runs])
                for columns, weight in switch.needs
            ]
            draft.rows(switch.least[runs], np.full(int(runs.sum()), np.inf), needed)
    return replace(draft.finished(), upper=upper)


def padded(goals: Sequence[Numbers], size: int) -> list[Numbers]:
    """Lengthen goals by columns that they do not weigh."""
    return [np.append(goal, np.zeros(size - goal.size)) for goal in goals]


def _broken(switch: Switch, values: Numbers) -> Marks:
    running = values[switch.on] > _BROKEN_KW
    wrong = np.zeros(running.size, dtype=np.bool_)
    for columns in switch.off:
        wrong |= values[columns] > _BROKEN_KW
    if switch.needs:
        reached = sum(
            (values[columns] * weight for columns, weight in switch.needs), np.zeros(running.size)
        )
        wrong |= reached < switch.least - _BROKEN_KW
    return np.asarray(running & wrong, dtype=np.bool_)


def _goals(
    draft: ProgramDraft, meter: PlacedMeter, money: dict[CostPart, Numbers]
) -> tuple[list[Numbers], int]:
    """Rank the goals; answers them and the objective's number."""
    size, hours, weights = draft.draft.size, draft.hours, draft.question.weights
    goals = []
    if draft.draft.upper[meter.excess].any():
        goals.append(_weights(size, [(meter.excess, hours)]))
    goals += [_weights(size, draft.missing[priority]) for priority in sorted(draft.missing)]
    cost = np.zeros(size)
    for part, sums in money.items():
        if part != "preferences":
            cost += -sums if part in ("export", "stored") else sums
    preferences = money.get("preferences", np.zeros(size))
    goals.append(weights.cost * cost + preferences)
    objective = len(goals) - 1
    if weights.cost != 1.0 or preferences.any():
        goals.append(cost)
    given = [(draw.columns, hours) for draw in draft.drawn if draw.sign < 0.0]
    if given or meter.curtailed:
        goals.append(_weights(size, [*given, *((columns, hours) for columns in meter.curtailed)]))
    late = hours * np.arange(1.0, hours.size + 1.0)
    if draft.drawn:
        goals.append(_weights(size, [(draw.columns, late) for draw in draft.drawn]))
    return goals, objective


def _weights(size: int, terms: Sequence[tuple[Positions, Numbers]]) -> Numbers:
    weights = np.zeros(size)
    for columns, value in terms:
        np.add.at(weights, columns, value)
    return weights
