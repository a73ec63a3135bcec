"""A heat pump that keeps a room or tank within a comfort band, as a part of a site program.

One resistance and one capacity: with electric power p, a step of h hours takes the temperature
exactly from T to a T + (1 - a)(outdoor + resistance x cop x p), a = exp(-h / (resistance x
capacity)), since power and outdoor temperature are constant within a step.
"""

from functools import cached_property
from typing import Final

from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.clock_changes import HOUR_US
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.power import WATTS_PER_KW, Reason
from wattyard.schedules.domain.prices import Instants
from wattyard.schedules.domain.site.devices import HeatPumpLoad
from wattyard.schedules.domain.site.part import ProgramDraft, Run
from wattyard.schedules.domain.site.plan import Shortfall
from wattyard.schedules.domain.site.steps import open_steps
from wattyard.schedules.domain.solver.program import Positions

_NOISE_KW: Final = 1e-6
_COMFORTABLE_K: Final = 1e-3
_EXACT_K: Final = 1e-9


@dataclass(frozen=True)
class Warming:
    """A heat pump seen from the steps of a question: what power makes of the temperature."""

    pump: HeatPumpLoad
    edges_us: Instants

    @cached_property
    def hours(self) -> Numbers:
        """The length (n) of each step."""
        return np.asarray(np.diff(self.edges_us) / HOUR_US, dtype=np.float64)

    @cached_property
    def kept(self) -> Numbers:
        """The share (n) of the difference to outdoors that is left at a step's end."""
        hours_of_decay = self.pump.resistance_k_per_kw * self.pump.capacity_kwh_per_k
        return np.asarray(np.exp(-self.hours / hours_of_decay), dtype=np.float64)

    @cached_property
    def gain_k_per_kw(self) -> Numbers:
        """By how much (n) a step's electric power lifts the temperature at its end."""
        lift = -np.expm1(np.log(self.kept)) * self.pump.resistance_k_per_kw
        return np.asarray(lift * self.pump.cop, dtype=np.float64)

    @cached_property
    def drawn_c(self) -> Numbers:
        """What outdoors (n) adds to the temperature at a step's end."""
        return np.asarray(-np.expm1(np.log(self.kept)) * self.pump.outdoor_c, dtype=np.float64)

    @cached_property
    def most_kw(self) -> Numbers:
        """The largest power (n), 0 where it is blocked."""
        most_w = max(self.pump.levels_w, default=self.pump.max_w)
        return open_steps(self.edges_us, self.pump.blocked) * (most_w / WATTS_PER_KW)

    def temperatures(self, power_kw: Numbers) -> Numbers:
        """Find the temperature (n, °C) at the end of each step under powers (n)."""
        after_c = np.empty(self.hours.size)
        at_c = self.pump.initial_c
        for step, rise in enumerate(self.drawn_c + self.gain_k_per_kw * power_kw):
            at_c = self.kept[step] * at_c + rise
            after_c[step] = at_c
        return after_c

    def outside_k(self, after_c: Numbers) -> Numbers:
        """Find by how much temperatures (n) are outside the comfort band."""
        outside: Numbers = np.maximum(self.pump.min_c - after_c, after_c - self.pump.max_c)
        return np.maximum(outside, 0.0)

    def needed_c(self) -> Numbers:
        """Find the least temperature (n) after each step from which later minimums are in reach.

        At a step's end it is the minimum, or what full power in the steps to come needs to start
        from, whichever is higher, but no more than the maximum.
        """
        needed_c = self.pump.min_c.astype(np.float64)
        lift = self.drawn_c + self.gain_k_per_kw * self.most_kw
        for step in range(needed_c.size - 2, -1, -1):
            before_c = (needed_c[step + 1] - lift[step + 1]) / self.kept[step + 1]
            needed_c[step] = max(needed_c[step], min(before_c, float(self.pump.max_c[step])))
        return needed_c

    def shortfalls(self, power_kw: Numbers) -> tuple[Shortfall, ...]:
        """Name by how much the comfort band is left at most under powers (n)."""
        outside_k = self.outside_k(self.temperatures(power_kw))
        most_k = float(outside_k.max())
        if most_k < _COMFORTABLE_K:
            return ()
        return (Shortfall("comfort", most_k, "C", self._reason(power_kw, outside_k)),)

    def _reason(self, power_kw: Numbers, outside_k: Numbers) -> Reason:
        """Blame the site's limits where more power before was left unused."""
        alone_k = self.outside_k(self.temperatures(self.thermostat_kw()))
        return "device_power" if alone_k.sum() > outside_k.sum() / 2 else "site_power"

    def thermostat_kw(self) -> Numbers:
        """Find the powers (n) that hold the lower edge of the band, and later minimums in reach."""
        needed_c = self.needed_c()
        power_kw = np.zeros(needed_c.size)
        at_c = self.pump.initial_c
        for step in range(needed_c.size):
            power_kw[step] = self.held_kw(step, at_c, float(needed_c[step]))
            at_c = self.after_c(step, at_c, float(power_kw[step]))
        return power_kw

    def held_kw(self, step: int, at_c: float, needed_c: float) -> float:
        """Find the least power of a step, from `at_c`, at whose end it is as warm as needed."""
        lacking_k = needed_c - self.after_c(step, at_c, 0.0)
        if lacking_k <= 0.0 or not self.most_kw[step]:
            return 0.0
        gain = float(self.gain_k_per_kw[step])
        wanted_kw = lacking_k / gain if gain > 0.0 else 0.0
        return self.allowed_kw(min(wanted_kw, float(self.most_kw[step])))

    def allowed_kw(self, wanted_kw: float) -> float:
        """Find the least power that the pump can run at and that is no less; the most it can."""
        levels_w = sorted(self.pump.levels_w)
        if levels_w:
            reaching = [one for one in levels_w if one / WATTS_PER_KW >= wanted_kw - _NOISE_KW]
            return (reaching[0] if reaching else levels_w[-1]) / WATTS_PER_KW
        return max(wanted_kw, self.pump.least_w / WATTS_PER_KW)

    def after_c(self, step: int, at_c: float, power_kw: float) -> float:
        """Find the temperature at the end of one step."""
        rise = self.drawn_c[step] + self.gain_k_per_kw[step] * power_kw
        return float(self.kept[step] * at_c + rise)


@dataclass(frozen=True, slots=True, eq=False)
class PlacedHeatPump:
    """Where a heat pump's power is: columns (n)."""

    warming: Warming
    power: Positions

    def read(self, values: Numbers) -> Run:
        """Read powers; temperatures and comfort follow from them."""
        power_kw = values[self.power]
        power_kw = np.where(power_kw < _NOISE_KW, 0.0, power_kw)
        return Run(
            self.warming.pump.device,
            power_kw * WATTS_PER_KW,
            temperature_c=self.warming.temperatures(power_kw),
            shortfalls=self.warming.shortfalls(power_kw),
        )


@dataclass(frozen=True, slots=True, eq=False)
class HeatPumpPart:
    """Adds a heat pump to a program."""

    pump: HeatPumpLoad

    def join(self, draft: ProgramDraft) -> PlacedHeatPump:
        """Add its power, the temperature after each step, and what is outside the band."""
        pump = self.pump
        warming = Warming(pump, draft.question.edges_us)
        power = draft.columns(np.zeros(warming.hours.size), warming.most_kw)
        draft.draws(pump.device, power)
        beyond = np.full(power.size, np.inf)
        after = draft.columns(-beyond, beyond)
        before_c = warming.drawn_c.copy()
        before_c[0] += warming.kept[0] * pump.initial_c
        rows = draft.rows(before_c, before_c, [(after, 1.0), (power, -warming.gain_k_per_kw)])
        draft.entries(rows[1:], after[:-1], -warming.kept[1:])
        _comfort(draft, pump, after)
        _powers(draft, warming, power, after)
        return PlacedHeatPump(warming, power)


def _comfort(draft: ProgramDraft, pump: HeatPumpLoad, after: Positions) -> None:
    """Count the heat that is missing, or too much, at step ends as unmet energy."""
    for bound_c, sign in ((pump.min_c, 1.0), (-pump.max_c, -1.0)):
        where = np.flatnonzero(np.isfinite(bound_c))
        if where.size:
            outside = draft.columns(np.zeros(where.size), np.full(where.size, np.inf))
            most = np.full(where.size, np.inf)
            draft.rows(bound_c[where], most, [(after[where], sign), (outside, 1.0)])
            draft.unmet(pump.priority, outside, pump.capacity_kwh_per_k)


def _powers(draft: ProgramDraft, warming: Warming, power: Positions, after: Positions) -> None:
    """Let it run at one of its levels, or at its least power or more, or not at all."""
    pump, steps = warming.pump, np.flatnonzero(warming.most_kw)
    least_kw = pump.least_w / WATTS_PER_KW
    levels_kw = [level_w / WATTS_PER_KW for level_w in sorted(set(pump.levels_w))]
    if not steps.size or not (levels_kw or least_kw):
        return
    zero, beyond = np.zeros(steps.size), np.full(steps.size, np.inf)
    running = [
        draft.columns(zero, np.ones(steps.size), whole=True) for _ in levels_kw or (least_kw,)
    ]
    if levels_kw:
        terms = [(columns, -kw) for columns, kw in zip(running, levels_kw, strict=True)]
        draft.rows(zero, zero, [(power[steps], 1.0), *terms])
    else:
        draft.rows(zero, beyond, [(power[steps], 1.0), (running[0], -least_kw)])
        draft.rows(-beyond, zero, [(power[steps], 1.0), (running[0], -warming.most_kw[steps])])
    if len(running) > 1:
        draft.rows(-beyond, np.ones(steps.size), [(columns, 1.0) for columns in running])
    draft.rounds(_Tracking(warming, after, steps, tuple(running)))


@dataclass(frozen=True, slots=True, eq=False)
class _Tracking:
    """Runs a heat pump so that temperatures stay near to those of a free choice of power.

    `after` (n) are the columns of temperatures; `running` (one for each level, k of n `steps`).
    """

    warming: Warming
    after: Positions
    steps: Positions
    running: tuple[Positions, ...]

    def rounded(self, values: Numbers) -> tuple[Positions, Numbers]:
        """Choose the power of each step whose temperature is comfortable, and nearest."""
        warming, wished_c = self.warming, values[self.after]
        needed_c, at_c = warming.needed_c(), warming.pump.initial_c
        power_kw = np.zeros(self.after.size)
        for step in range(power_kw.size):
            choices = self._choices_kw(step, at_c, float(wished_c[step]))
            ends_c = [warming.after_c(step, at_c, kw) for kw in choices]
            badness = [
                (
                    max(float(needed_c[step]) - end_c, 0.0) > _EXACT_K,
                    max(end_c - float(warming.pump.max_c[step]), 0.0) > _EXACT_K,
                    abs(end_c - float(wished_c[step])),
                )
                for end_c in ends_c
            ]
            best = min(range(len(choices)), key=badness.__getitem__)
            power_kw[step], at_c = choices[best], ends_c[best]
        return self._decided(power_kw[self.steps])

    def _choices_kw(self, step: int, at_c: float, wished_c: float) -> list[float]:
        pump, most_kw = self.warming.pump, float(self.warming.most_kw[step])
        if not most_kw:
            return [0.0]
        if pump.levels_w:
            return [0.0, *(level_w / WATTS_PER_KW for level_w in sorted(set(pump.levels_w)))]
        gain = float(self.warming.gain_k_per_kw[step])
        lacking_k = wished_c - self.warming.after_c(step, at_c, 0.0)
        wished_kw = lacking_k / gain if gain > 0.0 else 0.0
        return [0.0, min(max(wished_kw, pump.least_w / WATTS_PER_KW), most_kw), most_kw]

    def _decided(self, power_kw: Numbers) -> tuple[Positions, Numbers]:
        columns = np.concatenate(self.running)
        levels_kw = [one / WATTS_PER_KW for one in sorted(set(self.warming.pump.levels_w))]
        if not levels_kw:
            return columns, (power_kw > 0.0).astype(np.float64)
        return columns, np.concatenate([(power_kw == kw).astype(np.float64) for kw in levels_kw])
