"""Plans for whole sites as JSON (contract 4b, Answer)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from wattyard.kernel import ids
from wattyard.kernel.arrays import np
from wattyard.kernel.callers import Caller
from wattyard.kernel.clock_changes import EPOCH, HOUR_US, instant, texts
from wattyard.kernel.quantities import COST_DECIMALS, PRICE_DECIMALS, all_rounded, rounded
from wattyard.schedules.domain.forecasts.surroundings import Expected
from wattyard.schedules.domain.power import WH_PER_KWH
from wattyard.schedules.domain.site import remarks
from wattyard.schedules.domain.site.assembly import CARBON_G_PER_KWH, SiteAnswer, SiteCase
from wattyard.schedules.domain.site.plan import (
    Baseline,
    Savings,
    Shortfall,
    SiteCost,
    SiteSlot,
)
from wattyard.schedules.wire.heads import Named, head, prices_end
from wattyard.schedules.wire.quantities import WattsShape, power
from wattyard.schedules.wire.site_shapes import (
    BaselineShape,
    MissedShape,
    PlannedDeviceShape,
    RemarkShape,
    SiteAssumptionsShape,
    SiteCostShape,
    SitePlanShape,
    SiteRequestShape,
    SiteSavingsShape,
    SiteSlotShape,
    SiteStepShape,
    SolverShape,
    UnmetShape,
)
from wattyard.schedules.wire.state_of_charge import ExpectedShape

_PERCENT_DECIMALS: Final = 4
_POWER_DECIMALS: Final = 3
_MISSED_DECIMALS: Final = 3
_DEGREE_DECIMALS: Final = 3
_GAP_DECIMALS: Final = 9
_FULL: Final = 100.0


def site_json(caller: Caller, named: Named, answer: SiteAnswer, form: datetime | None) -> bytes:
    """Write a plan, with times in the offset of `form`, or in UTC."""
    return msgspec.json.encode(site_shape(caller, named, answer, form))


def site_shape(
    caller: Caller, named: Named, answer: SiteAnswer, form: datetime | None
) -> SitePlanShape:
    """Put the answer of a plan together."""
    plan, case = answer.plan, answer.case
    form = form or EPOCH
    fields = head(
        caller, named, answer.site, device=None, direction=None, next_update=answer.next_update
    )
    cut = remarks.is_cut(answer.request, case.time_steps)
    hours = (case.time_steps.end_us - case.time_steps.start_us) / HOUR_US
    return SitePlanShape(
        **fields,
        prices_until=prices_end(instant(case.time_steps.end_us)) if cut else None,
        request=SiteRequestShape(rounded(hours, 6), case.time_steps.step_minutes),
        status=plan.status,
        shortfalls=[_missed(one, case, "", form) for one in plan.shortfalls],
        gap=rounded(plan.gap, _GAP_DECIMALS),
        kept=plan.kept,
        solver=SolverShape(
            rounded(plan.solver.seconds, 6),
            plan.solver.rows,
            plan.solver.columns,
            plan.solver.binaries,
        ),
        devices=_devices(answer, form),
        site=_steps(answer, form),
        cost=_cost(plan.cost),
        baseline=_baseline(plan.baseline, case, form),
        savings=_savings(plan.savings),
        assumptions=SiteAssumptionsShape(
            _expected(case.around.pv), _expected(case.around.base_load), CARBON_G_PER_KWH
        ),
        warnings=[RemarkShape(one.code, one.param, one.message) for one in case.warnings],
    )


def _devices(answer: SiteAnswer, form: datetime) -> list[PlannedDeviceShape]:
    case = answer.case
    planned = {one.device: one for one in answer.plan.devices}
    capacities = {storage.device: storage.capacity_wh for storage in case.question.storages}
    found = []
    for device_id in case.answered:
        name = ids.wire("dev", device_id)
        own = planned.get(name)
        if own is None:
            found.append(PlannedDeviceShape(name, "NOT_PLANNED", [], []))
            continue
        found.append(
            PlannedDeviceShape(
                name,
                own.status,
                [_missed(one, case, name, form) for one in own.shortfalls],
                _slots(own.slots, capacities.get(name, 0.0), form),
            )
        )
    return found


def _slots(slots: Sequence[SiteSlot], capacity_wh: float, form: datetime) -> list[SiteSlotShape]:
    at = texts(np.array([[s.start_us, s.end_us] for s in slots], np.int64).reshape(-1), form)
    return [
        SiteSlotShape(
            at[2 * n],
            at[2 * n + 1],
            "EXPORT" if slot.power_w < 0.0 else "IMPORT",
            power(abs(slot.power_w)),
            state_of_charge_percent=None
            if slot.held_wh is None
            else rounded(
                min(_FULL, max(0.0, _FULL * slot.held_wh / capacity_wh)), _PERCENT_DECIMALS
            ),
            temperature_c=None
            if slot.temperature_c is None
            else rounded(slot.temperature_c, _DEGREE_DECIMALS),
            curtailed=None if slot.curtailed_w is None else power(slot.curtailed_w),
            why=slot.why,
        )
        for n, slot in enumerate(slots)
    ]


def _missed(missed: Shortfall, case: SiteCase, device: str, form: datetime) -> MissedShape:
    return MissedShape(
        _target(missed.goal, case, device, form),
        missed.unit,
        rounded(missed.missing, _MISSED_DECIMALS),
        missed.reason,
    )


def _target(goal: str, case: SiteCase, device: str, form: datetime) -> str:
    """Name a goal as the request does: a target by its time."""
    kind, _, number = goal.partition(":")
    if kind != "target":
        return kind
    at_us = case.targets_us[device][int(number)]
    return "end" if at_us is None else texts(np.array([at_us]), form)[0]


def _steps(answer: SiteAnswer, form: datetime) -> list[SiteStepShape]:
    plan, question = answer.plan, answer.case.question
    at = texts(plan.edges_us, form)
    flows = plan.flows
    series = (flows.import_w, flows.export_w, flows.load_w, flows.solar_w, flows.curtailed_w)
    columns = [all_rounded(one, _POWER_DECIMALS).tolist() for one in series]
    bought = all_rounded(question.import_per_kwh, PRICE_DECIMALS).tolist()
    sold: Sequence[float | None] = [None] * len(bought)
    if question.export_per_kwh is not None:
        sold = all_rounded(question.export_per_kwh, PRICE_DECIMALS).tolist()
    return [
        SiteStepShape(
            start_time=at[n],
            end_time=at[n + 1],
            imported=WattsShape("W", imported),
            export=WattsShape("W", exported),
            load=WattsShape("W", load),
            solar=WattsShape("W", solar),
            curtailed=WattsShape("W", curtailed),
            price_import=price,
            price_export=income,
        )
        for n, ((imported, exported, load, solar, curtailed), price, income) in enumerate(
            zip(zip(*columns, strict=True), bought, sold, strict=True)
        )
    ]


def _cost(cost: SiteCost) -> SiteCostShape:
    names = ("energy", "export", "demand", "wear", "preferences", "stored", "total", "confidence")
    return SiteCostShape(*(rounded(getattr(cost, name), COST_DECIMALS) for name in names))


def _baseline(baseline: Baseline | None, case: SiteCase, form: datetime) -> BaselineShape | None:
    if baseline is None:
        return None
    unmet = []
    for device, missed in baseline.unmet:
        own = _missed(missed, case, device, form)
        unmet.append(UnmetShape(own.target, own.units, own.value, own.reason, device))
    return BaselineShape(
        rounded(baseline.total, COST_DECIMALS),
        baseline.description,
        unmet,
        rounded(baseline.stored_more_wh / WH_PER_KWH, COST_DECIMALS),
    )


def _savings(savings: Savings | None) -> SiteSavingsShape | None:
    if savings is None:
        return None
    return SiteSavingsShape(rounded(savings.value, COST_DECIMALS), rounded(savings.percent, 2))


def _expected(part: Expected) -> ExpectedShape:
    return ExpectedShape(part.source, part.least_confidence)
