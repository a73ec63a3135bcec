"""What a site pays when its devices run so: for plans, and for what they are compared with."""

from collections.abc import Sequence

from wattyard.kernel.arrays import Numbers, np
from wattyard.schedules.domain.power import WATTS_PER_KW, WH_PER_KWH
from wattyard.schedules.domain.site.part import Run
from wattyard.schedules.domain.site.plan import SiteCost, SiteFlows
from wattyard.schedules.domain.site.question import SiteQuestion
from wattyard.schedules.domain.site.shiftable_times import ShiftableTimes


def cost_of(question: SiteQuestion, runs: Sequence[Run], flows: SiteFlows) -> SiteCost:
    """Work out what a site pays, demand charges exactly as they are billed."""
    hours_per_kw = question.hours / WATTS_PER_KW
    taken_kwh, given_kwh = flows.import_w * hours_per_kw, flows.export_w * hours_per_kw
    earned = 0.0 if question.export_per_kwh is None else float(given_kwh @ question.export_per_kwh)
    through_kwh = taken_kwh + given_kwh
    own = {run.device: run for run in runs}
    return SiteCost(
        energy=float(taken_kwh @ question.import_per_kwh),
        export=earned,
        demand=sum(rise.amount(question.edges_us, taken_kwh) for rise in question.demand),
        wear=_wear(question, own),
        preferences=_preferences(question, runs, flows),
        stored=_stored(question, own),
        confidence=float(through_kwh @ question.confidence / through_kwh.sum())
        if through_kwh.sum() > 0.0
        else 1.0,
    )


def _wear(question: SiteQuestion, own: dict[str, Run]) -> float:
    """Add up what charging, discharging and starting cost."""
    hours_per_kw = question.hours / WATTS_PER_KW
    wear = sum(
        one.wear_per_kwh * float(np.abs(own[one.device].power_w) @ hours_per_kw)
        for one in question.storages
        if one.wear_per_kwh
    )
    starts = sum(
        one.start_cost * ShiftableTimes(one, question.edges_us).starts(own[one.device].power_w)
        for one in question.loads
        if one.start_cost
    )
    return wear + starts


def _preferences(question: SiteQuestion, runs: Sequence[Run], flows: SiteFlows) -> float:
    """Add up what carbon, self-use and sooner weigh."""
    weights, hours_per_kw = question.weights, question.hours / WATTS_PER_KW
    carbon_kg = float(flows.import_w * hours_per_kw @ question.carbon_g_per_kwh) / 1000.0
    unused_kwh = float((flows.export_w + flows.curtailed_w) @ hours_per_kw)
    weighed = weights.carbon_per_kg * carbon_kg + weights.self_use_per_kwh * unused_kwh
    if weights.sooner_per_kwh_hour:
        middle = np.cumsum(question.hours) - question.hours / 2.0
        taken_w = sum((np.maximum(run.power_w, 0.0) for run in runs), np.zeros(question.steps))
        weighed += weights.sooner_per_kwh_hour * float(taken_w * hours_per_kw @ middle)
    return weighed


def _stored(question: SiteQuestion, own: dict[str, Run]) -> float:
    """Value what storage units hold at the end, less what they held at the start."""
    return sum(
        one.value_per_kwh_at_end * (_last(own[one.device].held_wh) - one.energy_wh) / WH_PER_KWH
        for one in question.storages
        if one.value_per_kwh_at_end
    )


def _last(held_wh: Numbers | None) -> float:
    return 0.0 if held_wh is None else float(held_wh[-1])
