"""Devices, their states and what is wished of them, as what a site program plans."""

from collections.abc import Mapping
from functools import cached_property
from math import inf
from typing import Final, Literal

from wattyard.kernel import ids
from wattyard.kernel.arrays import np
from wattyard.kernel.clock_changes import instant
from wattyard.kernel.instants import text
from wattyard.kernel.refusals import Fault, Malformed
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.by_state_of_charge.device_storage import round_trip
from wattyard.schedules.domain.forecasts.pv_arrays import has_panels
from wattyard.schedules.domain.power import WATTS_PER_KW, WH_PER_KWH
from wattyard.schedules.domain.prices import MINUTE_US
from wattyard.schedules.domain.refusals import DeviceRatingMissing, NoDeviceState
from wattyard.schedules.domain.site.devices import (
    Absence,
    HeatPumpLoad,
    Shiftable,
    SiteStorage,
    StorageTarget,
    Stretch,
)
from wattyard.schedules.domain.site.request import DeviceWish, RunWish, TargetWish, ThermalWish
from wattyard.schedules.domain.site.time_steps import TimeSteps, bound_course, held_course
from wattyard.sites.domain.devices import Battery, Device
from wattyard.sites.domain.states import StateReport

Kind = Literal["battery", "car", "pv", "heat pump", "load"]

_FULL: Final = 100.0
_STORED: Final = frozenset({"battery", "car"})
_RUNS: Final = frozenset({"load", "heat pump", "car"})
_FOR: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(
        (
            "state_of_charge_percent",
            "capacity_kwh",
            "max_discharge_power_kw",
            "efficiency",
            "targets",
            "max_percent",
            "reserve_percent",
            "grid_charging",
            "grid_discharging",
            "wear_per_kwh",
            "value_per_kwh_at_end",
            "standby_loss_percent_per_hour",
        ),
        _STORED,
    ),
    **dict.fromkeys(
        (
            "energy_kwh",
            "windows",
            "levels_kw",
            "min_run_minutes",
            "min_pause_minutes",
            "max_starts",
            "contiguous",
            "start_cost",
        ),
        _RUNS,
    ),
    "max_power_kw": _STORED | _RUNS,
    "min_power_kw": _STORED | _RUNS,
    "absences": frozenset({"car"}),
    "comfort": frozenset({"heat pump"}),
    "thermal": frozenset({"heat pump"}),
    "curtailable": frozenset({"pv"}),
}
"""The kinds of device that each wish is for."""


@dataclass(frozen=True)
class Subject:
    """A device that may be planned, with its newest state and what is wished of it.

    `path` is where the request names it (`devices[3]`, `device_ids[0]`), empty where it does not.
    """

    device: Device
    state: StateReport | None
    wish: DeviceWish
    path: str = ""

    @cached_property
    def name(self) -> str:
        return ids.wire("dev", self.device.id)

    @property
    def kind(self) -> Kind:
        """What the device is to a plan."""
        device = self.device
        if device.is_battery:
            return "battery"
        if device.type in ("EV_CHARGER", "ELECTRIC_VEHICLE"):
            return "car"
        kinds: dict[str, Kind] = {"PV_SYSTEM": "pv", "HEAT_PUMP": "heat pump"}
        return kinds.get(device.type, "load")

    @property
    def state_of_charge_percent(self) -> float | None:
        """What it holds: as the request says, or as it reported last."""
        said = self.wish.storage.state_of_charge_percent
        if said is not None or self.state is None:
            return said
        return self.state.state_of_charge_percent

    @property
    def reported_reserve(self) -> float | None:
        """What its newest state says that it keeps, in per cent."""
        return None if self.state is None else self.state.backup_reserve_percent

    @property
    def reported_target(self) -> float | None:
        """What its newest state says that it is to reach, in per cent."""
        return None if self.state is None else self.state.target_state_of_charge_percent

    def check_fields(self) -> list[Fault]:
        """List the wishes that are not for a device of its kind."""
        kinds = {self.kind} | ({"pv"} if has_panels(self.device) else set())
        return [
            Fault(
                f"{field}_invalid",
                f"{self.path}.{field} is for {_listed(_FOR[field])}; {self.name} is a "
                f"{self.device.type}",
                f"{self.path}.{field}",
            )
            for field in sorted(self.wish.fields)
            if field in _FOR and not kinds & _FOR[field]
        ]


def _listed(kinds: frozenset[str]) -> str:
    return " or ".join(f"a {kind}" for kind in sorted(kinds))


@dataclass(frozen=True, slots=True)
class FittedStorage:
    """A storage unit, and the instant of each of its targets; None is the end of the plan."""

    storage: SiteStorage
    targets_us: tuple[int | None, ...]
    warnings: tuple[Fault, ...] = ()


def fitted_storage(subject: Subject, laid: TimeSteps, *, sells: bool) -> FittedStorage:
    """Describe a battery or a car to plan with; `sells`: whether energy can be sold at all.

    Without a wish for the end a battery is to hold then what it holds now, a car the target of
    its state, where it has one.

    Raises:
        NoDeviceState: when its state of charge is unknown.
        DeviceRatingMissing: when its capacity or charging power is.
        Malformed: `min_power_kw_invalid`.
    """
    wish, device = subject.wish.storage, subject.device
    percent = subject.state_of_charge_percent
    if percent is None:
        raise NoDeviceState(
            f"device {subject.name} has not reported a state; send state_of_charge_percent",
            param=_param(subject, "state_of_charge_percent"),
        )
    capacity_kwh = _capacity_kwh(subject)
    most_w = _most_w(subject)
    warnings: list[Fault] = []
    discharge_kw = _first(wish.max_discharge_power_kw, device.rated_kw("EXPORT"), 0.0) or 0.0
    if not device.may_discharge:
        if wish.max_discharge_power_kw:
            warnings.append(_no_discharge(subject))
        discharge_kw = 0.0
    full_wh = WH_PER_KWH * capacity_kwh
    targets, late = _targets(subject, laid, percent)
    share = full_wh / _FULL
    rated = (device.properties.battery or Battery()).round_trip_efficiency
    storage = SiteStorage(
        device=subject.name,
        capacity_wh=full_wh,
        energy_wh=share * percent,
        charge_w=most_w,
        discharge_w=WATTS_PER_KW * discharge_kw,
        least_w=_least_w(subject, most_w),
        efficiency=round_trip(wish.efficiency, rated),
        most_wh=share * (_FULL if wish.max_percent is None else wish.max_percent),
        reserve_wh=share * (_first(wish.reserve_percent, subject.reported_reserve) or 0.0),
        targets=tuple(
            StorageTarget(
                laid.end_us if one.at_us is None else min(one.at_us, laid.end_us),
                None if one.min_percent is None else share * one.min_percent,
                None if one.max_percent is None else share * one.max_percent,
                one.priority,
            )
            for one in targets
        ),
        absences=_absences(subject, laid),
        blocked=(*subject.wish.blocked, *_away_at_the_end(subject, laid)),
        grid_charging=wish.grid_charging,
        grid_discharging=wish.grid_discharging and sells,
        wear_per_kwh=wish.wear_per_kwh,
        value_per_kwh_at_end=wish.value_per_kwh_at_end,
        standby_loss=wish.standby_loss_percent_per_hour / _FULL,
        car=subject.kind == "car",
    )
    return FittedStorage(storage, tuple(one.at_us for one in targets), (*warnings, *late))


def fitted_load(subject: Subject, run: RunWish, laid: TimeSteps) -> Shiftable:
    """Describe a load that may run later.

    Without levels it is on at its rating or off; a car, or a load with a least power, takes
    anything from that to its rating.

    Raises:
        DeviceRatingMissing: when its power is unknown.
        Malformed: `min_power_kw_invalid`.
    """
    levels_w = tuple(WATTS_PER_KW * level for level in run.levels_kw)
    most_w = max(levels_w) if levels_w else _most_w(subject)
    varies = subject.kind == "car" or subject.wish.min_power_kw is not None
    if not levels_w and not varies and most_w > 0.0:
        levels_w = (most_w,)
    return Shiftable(
        device=subject.name,
        energy_wh=WH_PER_KWH * run.energy_kwh,
        windows=run.windows or (Stretch(laid.start_us, laid.end_us),),
        max_w=most_w,
        least_w=0.0 if levels_w else min(_least_w(subject, most_w), most_w),
        levels_w=levels_w,
        min_run_us=round(run.min_run_minutes * MINUTE_US),
        min_pause_us=round(run.min_pause_minutes * MINUTE_US),
        max_starts=run.max_starts,
        contiguous=run.contiguous,
        start_cost=run.start_cost,
        blocked=(*subject.wish.blocked, *_away(subject)),
    )


def fitted_heat_pump(subject: Subject, thermal: ThermalWish, laid: TimeSteps) -> HeatPumpLoad:
    """Describe a heat pump that keeps a room or tank in its band of comfort.

    Raises:
        DeviceRatingMissing: when its power is unknown.
        Malformed: `min_power_kw_invalid`.
    """
    most_w = _most_w(subject)
    return HeatPumpLoad(
        device=subject.name,
        max_w=most_w,
        resistance_k_per_kw=thermal.resistance_k_per_kw,
        capacity_kwh_per_k=thermal.capacity_kwh_per_k,
        initial_c=thermal.initial_c,
        outdoor_c=held_course(thermal.outdoor_c, laid.edges_us),
        cop=held_course(thermal.cop, laid.edges_us),
        min_c=bound_course(thermal.min_c, laid.edges_us, -inf),
        max_c=bound_course(thermal.max_c, laid.edges_us, inf),
        least_w=min(_least_w(subject, most_w), most_w),
        blocked=subject.wish.blocked,
    )


def _targets(
    subject: Subject, laid: TimeSteps, percent: float
) -> tuple[list[TargetWish], list[Fault]]:
    """List what is to be held when, and the remarks on targets after the end of the plan."""
    wish = subject.wish.storage
    most = _FULL if wish.max_percent is None else wish.max_percent
    targets = list(wish.targets)
    if all(one.at_us is not None for one in targets):
        end = percent if subject.kind == "battery" else subject.reported_target
        if end is not None:
            targets.append(TargetWish(None, min(end, most)))
    late = [
        Fault(
            "target_after_end",
            f"{subject.path}.targets[{n}]: the plan ends at {text(instant(laid.end_us))}; the "
            "target is to be reached by then",
            f"{subject.path}.targets[{n}].time",
        )
        for n, one in enumerate(wish.targets)
        if one.at_us is not None and one.at_us > laid.end_us
    ]
    return targets, late


def _absences(subject: Subject, laid: TimeSteps) -> tuple[Absence, ...]:
    """List the absences that end in the plan; one that ends at its start is over.

    One that ends inside a step lasts until the step's end.
    """
    return tuple(
        Absence(
            max(one.start_us, laid.start_us),
            int(laid.edges_us[np.searchsorted(laid.edges_us, one.end_us)]),
            WH_PER_KWH * one.energy_kwh,
        )
        for one in subject.wish.storage.absences
        if laid.start_us < one.end_us <= laid.end_us
    )


def _away(subject: Subject) -> tuple[Stretch, ...]:
    """List when a car that is charged with so much energy is away."""
    return tuple(Stretch(one.start_us, one.end_us) for one in subject.wish.storage.absences)


def _away_at_the_end(subject: Subject, laid: TimeSteps) -> tuple[Stretch, ...]:
    """Find the absence that the plan ends in: the car has no power, and comes home later."""
    return tuple(
        Stretch(one.start_us, one.end_us)
        for one in subject.wish.storage.absences
        if one.start_us < laid.end_us < one.end_us
    )


def _capacity_kwh(subject: Subject) -> float:
    state = subject.state
    known = _first(subject.wish.storage.capacity_kwh, subject.device.properties.storage_kwh)
    if known is None and state is not None and state.state_of_charge_percent:
        left_kwh = state.energy_remaining_kwh or 0.0
        known = left_kwh / state.state_of_charge_percent * _FULL
    if not known:
        raise _rating_missing(subject, "capacity_kwh")
    return known


def _most_w(subject: Subject) -> float:
    most_kw = _first(subject.wish.max_power_kw, subject.device.rated_kw("IMPORT"))
    if most_kw is None:
        raise _rating_missing(subject, "power_rating_import_kwh")
    return WATTS_PER_KW * most_kw


def _least_w(subject: Subject, most_w: float) -> float:
    said_kw = subject.wish.min_power_kw
    if said_kw is None:
        return WATTS_PER_KW * subject.device.properties.least_power_kw
    if WATTS_PER_KW * said_kw > most_w:
        raise Malformed(
            f"min_power_kw must be at most the device's largest power, {most_w:g} W; got "
            f"{said_kw:g} kW",
            param=_param(subject, "min_power_kw"),
            code="min_power_kw_invalid",
        )
    return WATTS_PER_KW * said_kw


def _rating_missing(subject: Subject, missing: str) -> DeviceRatingMissing:
    return DeviceRatingMissing(
        f"device {subject.name} has no {missing} in its properties; PATCH them, or send it for "
        "this plan",
        param=_param(subject, "device_id"),
    )


def _no_discharge(subject: Subject) -> Fault:
    return Fault(
        "discharge_not_possible",
        f"{subject.path}: {subject.name} is not v2g_capable in its properties; it only charges",
        f"{subject.path}.max_discharge_power_kw",
    )


def _param(subject: Subject, field: str) -> str:
    return f"{subject.path}.{field}" if subject.path.startswith("devices[") else subject.path


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)
