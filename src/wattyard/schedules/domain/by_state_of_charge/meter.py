"""What flows through the grid meter of a site, and what that is worth."""

from functools import cached_property
from typing import NamedTuple

from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.by_state_of_charge.question import ChargeQuestion, ChargeSteps


class Flows(NamedTuple):
    """Each (n) in W ≥ 0: what is taken, given, held back from the sun, and over the limit.

    `spilled_w` is sun beyond the export limit, which earns and costs nothing; `excess_w` load
    beyond the import limit. Neither is for a plan to choose: both are 0 unless the site breaks its
    limits without its storage units.
    """

    import_w: Numbers
    export_w: Numbers
    spilled_w: Numbers
    excess_w: Numbers


@dataclass(frozen=True, eq=False)
class GridMeter:
    """The limits (n, W) of a question at the meter; see `Flows`."""

    question: ChargeQuestion

    @property
    def steps(self) -> ChargeSteps:
        return self.question.steps

    @cached_property
    def most_import_w(self) -> Numbers:
        charge_w = sum(storage.charge_w for storage in self.question.storages)
        reachable_w = np.maximum(self.steps.net_w, 0.0) + charge_w
        return np.minimum(reachable_w, self.question.limits.import_w)

    @cached_property
    def most_export_w(self) -> Numbers:
        """Only the sun's own surplus where storage units may not feed the grid."""
        allowed = self.question.export_allowed
        discharge_w = (
            sum(storage.discharge_w for storage in self.question.storages) if allowed else 0.0
        )
        reachable_w = np.maximum(-self.steps.net_w, 0.0) + discharge_w
        return np.minimum(reachable_w, self.question.limits.export_w)

    @cached_property
    def most_spilled_w(self) -> Numbers:
        return np.maximum(-self.steps.net_w - self.question.limits.export_w, 0.0)

    @cached_property
    def most_excess_w(self) -> Numbers:
        return np.maximum(self.steps.net_w - self.question.limits.import_w, 0.0)

    def settled(self, net_w: Numbers) -> Flows:
        """Split net power (n), positive where the site takes, into flows one way at a time."""
        taken_w, given_w = np.maximum(net_w, 0.0), np.maximum(-net_w, 0.0)
        import_w = np.minimum(taken_w, self.most_import_w)
        export_w = np.minimum(given_w, self.most_export_w)
        return Flows(import_w, export_w, given_w - export_w, taken_w - import_w)

    def admits(self, flows: Flows, tolerance_w: float) -> bool:
        """Check whether no more is spilled or in excess than the site causes by itself."""
        spilled = (flows.spilled_w <= self.most_spilled_w + tolerance_w).all()
        return bool(spilled and (flows.excess_w <= self.most_excess_w + tolerance_w).all())

    def bill(self, flows: Flows) -> Numbers:
        """Work out the money (n) of each step."""
        steps = self.steps
        taken = (flows.import_w + flows.excess_w) * steps.import_per_kwh
        return (taken - flows.export_w * steps.export_per_kwh) * steps.hours / 1000.0

    def demand(self, flows: Flows) -> float:
        """Work out what the site's imports add to demand charges: money."""
        steps = self.steps
        taken_kwh = (flows.import_w + flows.excess_w) * steps.hours / 1000.0
        return sum(rise.amount(steps.edges_us, taken_kwh) for rise in self.question.demand)

    def objective(self, flows: Flows) -> float:
        """Work out the value of the question's objective: money, g, or kWh."""
        steps, objective = self.steps, self.question.objective
        if objective == "COST":
            return float(self.bill(flows).sum()) + self.demand(flows)
        taken_kwh = (flows.import_w + flows.excess_w) * steps.hours / 1000.0
        if objective == "CARBON":
            return float(taken_kwh @ steps.carbon_per_kwh)
        given_kwh = (flows.export_w + flows.spilled_w) * steps.hours / 1000.0
        return float(taken_kwh.sum() + given_kwh.sum())
