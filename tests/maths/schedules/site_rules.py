"""A checker that knows only physics, limits and prices: what every plan of a site has to obey."""

from math import sqrt

import numpy as np

from wattyard.schedules.domain.site.devices import PvShare, SiteStorage
from wattyard.schedules.domain.site.plan import SiteDevicePlan, SitePlan
from wattyard.schedules.domain.site.question import SiteQuestion

WATT = 1.0
WATT_HOUR = 1.0


def check(question: SiteQuestion, plan: SitePlan) -> None:
    """Fail where a plan breaks a rule, whatever it costs."""
    by_name = {one.device: one for one in plan.devices}
    assert list(by_name) == [one.device for one in question.devices]
    for storage in question.storages:
        check_storage(question, storage, by_name[storage.device])
    for panels in question.pv:
        check_panels(question, panels, by_name[panels.device])
    check_meter(question, plan)
    check_collective(question, plan, by_name)
    check_circuits(question, by_name)
    check_cost(question, plan)
    assert plan.bound <= plan.objective + 1e-9


def check_storage(question: SiteQuestion, storage: SiteStorage, own: SiteDevicePlan) -> None:
    hours, edges_us = question.hours, question.edges_us
    charge_w, discharge_w = np.maximum(own.power_w, 0.0), np.maximum(-own.power_w, 0.0)
    assert (charge_w <= storage.charge_w + WATT).all()
    assert (discharge_w <= storage.discharge_w + WATT).all()
    running = own.power_w != 0.0
    assert (np.abs(own.power_w[running]) >= storage.least_w - WATT).all()
    for start_us, end_us in [*storage.blocked, *((one[0], one[1]) for one in storage.absences)]:
        shut = (edges_us[:-1] < end_us) & (edges_us[1:] > start_us)
        assert not own.power_w[shut].any()
    held_wh, loss = storage.energy_wh, sqrt(storage.efficiency)
    most_wh = max(min(storage.most_wh, storage.capacity_wh), held_wh)
    assert own.held_wh is not None
    for step, told_wh in enumerate(own.held_wh):
        held_wh *= (1.0 - storage.standby_loss) ** hours[step]
        held_wh += (charge_w[step] * loss - discharge_w[step] / loss) * hours[step]
        if discharge_w[step] > WATT:
            assert held_wh >= storage.reserve_wh - WATT_HOUR
        assert held_wh <= most_wh + WATT_HOUR
        for absence in storage.absences:
            held_wh -= absence.energy_wh if absence.end_us == edges_us[step + 1] else 0.0
        held_wh = max(held_wh, -WATT_HOUR)
        assert abs(told_wh - max(held_wh, 0.0)) <= WATT_HOUR
    check_targets(question, storage, own)
    check_slots(question, own)


def check_targets(question: SiteQuestion, storage: SiteStorage, own: SiteDevicePlan) -> None:
    """Every target is held, or told as missed by as much as it is."""
    told = {one.goal: one.missing for one in own.shortfalls}
    assert own.status == ("PARTIAL" if told else "COMPLETE")
    assert own.held_wh is not None
    for position, target in enumerate(storage.targets):
        at_us = target.at_us
        for absence in storage.absences:
            at_us = absence.start_us if absence.start_us <= at_us < absence.end_us else at_us
        after = int(np.searchsorted(question.edges_us, at_us))
        held_wh = storage.energy_wh if after == 0 else float(own.held_wh[after - 1])
        low_wh = target.min_wh or 0.0
        high_wh = np.inf if target.max_wh is None else max(target.max_wh, storage.reserve_wh)
        missing = max(low_wh - held_wh, held_wh - high_wh, 0.0)
        assert abs(told.get(f"target:{position}", 0.0) - missing) <= WATT_HOUR


def check_slots(question: SiteQuestion, own: SiteDevicePlan) -> None:
    """Slots are in order, none overlaps, and they move what the powers of the steps do."""
    ends = [question.edges_us[0], *(slot.end_us for slot in own.slots)]
    assert all(slot.start_us >= end for slot, end in zip(own.slots, ends, strict=False))
    moved = sum(slot.power_w * (slot.end_us - slot.start_us) / 3.6e9 for slot in own.slots)
    assert abs(moved - float(own.power_w @ question.hours)) <= WATT_HOUR


def check_panels(question: SiteQuestion, panels: PvShare, own: SiteDevicePlan) -> None:
    edges_us, sun_w = question.edges_us, question.sun_w * panels.share
    for start_us, end_us in panels.blocked:
        sun_w = np.where((edges_us[:-1] < end_us) & (edges_us[1:] > start_us), 0.0, sun_w)
    assert own.curtailed_w is not None
    assert (own.power_w <= 0.0).all()
    assert (own.curtailed_w >= 0.0).all()
    assert np.abs(own.curtailed_w - own.power_w - sun_w).max() <= WATT


def check_meter(question: SiteQuestion, plan: SitePlan) -> None:
    flows = plan.flows
    devices_w = sum(one.power_w for one in plan.devices if one.curtailed_w is None)
    net_w = flows.load_w + devices_w - flows.solar_w
    assert np.abs(flows.import_w - flows.export_w - net_w).max() <= WATT
    assert not ((flows.import_w > 0.0) & (flows.export_w > 0.0)).any()
    alone_w = np.maximum(question.load_w - question.import_limit_w, 0.0)
    assert (flows.import_w <= question.import_limit_w + alone_w + WATT).all()
    assert (flows.export_w <= question.export_limit_w + WATT).all()


def check_collective(
    question: SiteQuestion, plan: SitePlan, by_name: dict[str, SiteDevicePlan]
) -> None:
    """What may not charge from the grid charges from the sun; what may not feed it serves here."""
    takes_w = np.zeros(question.steps)
    gives_w = np.zeros(question.steps)
    for storage in question.storages:
        power_w = by_name[storage.device].power_w
        takes_w += 0.0 if storage.grid_charging else np.maximum(power_w, 0.0)
        gives_w += 0.0 if storage.grid_discharging else np.maximum(-power_w, 0.0)
    consumed_w = sum(np.maximum(one.power_w, 0.0) for one in plan.devices)
    assert (takes_w <= plan.flows.solar_w + WATT).all()
    assert (gives_w <= plan.flows.load_w + consumed_w + WATT).all()


def check_circuits(question: SiteQuestion, by_name: dict[str, SiteDevicePlan]) -> None:
    for position, circuit in enumerate(question.circuits):
        inside = {position}
        for _ in question.circuits:
            inside |= {at for at, one in enumerate(question.circuits) if one.parent in inside}
        names = [name for at in inside for name in question.circuits[at].devices]
        net_w = sum((by_name[name].power_w for name in names), np.zeros(question.steps))
        assert (np.abs(net_w) <= circuit.max_w + WATT).all()


def check_cost(question: SiteQuestion, plan: SitePlan) -> None:
    hours, flows, cost = question.hours / 1000.0, plan.flows, plan.cost
    assert abs(cost.energy - float(flows.import_w * hours @ question.import_per_kwh)) < 1e-6
    earned = 0.0
    if question.export_per_kwh is not None:
        earned = float(flows.export_w * hours @ question.export_per_kwh)
    assert abs(cost.export - earned) < 1e-6
    held = {one.device: one for one in plan.devices}
    wear = sum(
        one.wear_per_kwh * float(np.abs(held[one.device].power_w) @ hours)
        for one in question.storages
    )
    assert abs(cost.wear - wear) < 1e-6
    weights = question.weights
    told = weights.cost * (cost.total - cost.preferences) + cost.preferences
    assert abs(plan.objective - told) < 1e-9
