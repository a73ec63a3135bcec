"""What is asked of the stores of a plan: charge at its start, targets with their times, reserve."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import isfinite
from typing import Any, Final

from wattyard.kernel.clock_changes import HOUR_US, microseconds
from wattyard.sites.domain.states import StateReport
from wattyard.web.charts.plans import ChargeTarget
from wattyard.web.dashboard.screens.plan_documents import DeviceShown, PlanShown, Wishes

Document = Mapping[str, Any]

_FULL: Final = 100.0
_LEAST_WH: Final = 10.0
"""A slot that moves less says nothing of what a store gains by a kWh: its charge is rounded."""
_CARS: Final = ("ELECTRIC_VEHICLE", "EV_CHARGER")


def wishes_of(
    plan: PlanShown,
    request: Document,
    reports: Mapping[str, StateReport],
    types: Mapping[str, str],
) -> dict[str, Wishes]:
    """Read what a plan's request, or else the newest report of a device, asks of each device.

    `request` is the body of the API's call, `types` has the types of devices by their ids. What a
    store held at the start follows from its first slots, where it was not given.
    """
    return {
        one.device_id: _wishes(plan, one, request, reports.get(one.device_id), types)
        for one in plan.devices
    }


def _wishes(
    plan: PlanShown,
    device: DeviceShown,
    request: Document,
    report: StateReport | None,
    types: Mapping[str, str],
) -> Wishes:
    of_site = plan.document["object"] == "schedule_site"
    wish = _wish_of(request, device.device_id) if of_site else request
    percent = _number(wish.get("state_of_charge_percent"))
    if percent is None:
        efficiency = (plan.document.get("assumptions") or {}).get("efficiency")
        percent = percent_before(device.slots, efficiency)
    if percent is None and report is not None:
        percent = report.state_of_charge_percent
    reserve = _number(wish.get("reserve_percent" if of_site else "backup_reserve_percent"))
    if reserve is None and report is not None:
        reserve = report.backup_reserve_percent
    asked = _Asked(plan, wish, report, percent, types.get(device.device_id) in _CARS)
    kinds = {"schedule_site": asked.of_site, "schedule_soc": asked.of_device}
    targets = kinds.get(plan.document["object"])
    return Wishes(percent, list(targets()) if targets else (), reserve)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of a store, and what goes without saying (contract 4 and 4b).

    Attributes:
        wish: what the request says of it.
        percent: its charge at the start.
    """

    plan: PlanShown
    wish: Document
    report: StateReport | None
    percent: float | None
    is_car: bool

    def of_device(self) -> Iterator[ChargeTarget]:
        """List the targets of a plan by state of charge: when it is due, and at the end."""
        end_us = self.plan.span_us[1]
        due_us = min(_time(self.wish.get("ready_by"), end_us), end_us)
        end = _number(self.wish.get("end_state_of_charge_percent"))
        target = _number(self.wish.get("target_state_of_charge_percent"))
        if target is None and self.wish.get("state_of_charge_percent") is None:
            target = self._reported
        if target is None and self.is_car:
            target = _FULL if end is None else end
        if target is not None:
            yield ChargeTarget(due_us, target)
        if end is None and not self.is_car:
            end = self.percent
        if end is not None and (target is None or due_us < end_us):
            yield ChargeTarget(end_us, end)

    def of_site(self) -> Iterator[ChargeTarget]:
        """List the targets in a plan of a site; a battery ends at least as it began."""
        end_us = self.plan.span_us[1]
        targets = self.wish.get("targets") or ()
        for one in targets:
            least = _number(one.get("min_percent"))
            if least is not None:
                yield ChargeTarget(min(_time(one["time"], end_us), end_us), least)
        end = self._reported if self.is_car else self.percent
        if end is not None and all(one["time"] != "end" for one in targets):
            yield ChargeTarget(end_us, end)

    @property
    def _reported(self) -> float | None:
        return None if self.report is None else self.report.target_state_of_charge_percent


def percent_before(slots: Sequence[Document], efficiency: float | None) -> float | None:
    """Work out the charge before the first slot, from what other slots gain or lose by a Wh.

    None where no slot tells.
    """
    known = [one for one in slots if one.get("state_of_charge_percent") is not None]
    if not known:
        return None
    gains = dict(_gains(known))
    direction = known[0]["direction"]
    gain = gains.get(direction)
    if gain is None and efficiency:
        other = gains.get("EXPORT" if direction == "IMPORT" else "IMPORT")
        if other is not None:
            gain = -other * (efficiency if direction == "IMPORT" else 1.0 / efficiency)
    if gain is None:
        return None
    before = float(known[0]["state_of_charge_percent"]) - gain * _watt_hours(known[0])
    return min(max(before, 0.0), _FULL) if isfinite(before) else None


def _gains(slots: Sequence[Document]) -> Iterator[tuple[str, float]]:
    """List the per cent that a Wh in each direction adds, the largest slots last."""
    pairs = list(pairwise(slots))
    for before, slot in sorted(pairs, key=lambda pair: _watt_hours(pair[1])):
        moved_wh = _watt_hours(slot)
        if moved_wh >= _LEAST_WH:
            gained = slot["state_of_charge_percent"] - before["state_of_charge_percent"]
            yield slot["direction"], gained / moved_wh


def _wish_of(request: Document, device_id: str) -> Document:
    return next(
        (one for one in request.get("devices") or () if one.get("device_id") == device_id), {}
    )


def _time(text: object, otherwise_us: int) -> int:
    if isinstance(text, str) and text:
        with suppress(ValueError):
            return microseconds(datetime.fromisoformat(text))
    return otherwise_us


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _watt_hours(slot: Document) -> float:
    start, end = (
        microseconds(datetime.fromisoformat(slot[name])) for name in ("start_time", "end_time")
    )
    return float(slot["power"]["value"]) * (end - start) / HOUR_US
