"""Wishes for single devices, read with all their faults (contract 4b, Request)."""

from collections.abc import Sequence
from itertools import pairwise

from wattyard.kernel import ids
from wattyard.schedules.domain.site.request import (
    AbsenceWish,
    Course,
    DeviceWish,
    RunWish,
    SeriesPiece,
    StorageWish,
    TargetWish,
    ThermalWish,
)
from wattyard.schedules.wire.faults import Faults
from wattyard.schedules.wire.site_wishes import (
    CopPieceBody,
    DeviceWishBody,
    TargetBody,
    TemperaturePieceBody,
)

_FULL = 100.0
_RUN_ONLY = (
    "windows",
    "levels_kw",
    "min_run_minutes",
    "min_pause_minutes",
    "max_starts",
    "contiguous",
    "start_cost",
)


def device_wish(body: DeviceWishBody, path: str, faults: Faults) -> DeviceWish:
    """Read what is wished of a device; what is wrong with it is added to `faults`."""
    sent = frozenset(
        name for name in body.__struct_fields__ if getattr(body, name) != _DEFAULTS.get(name)
    )
    most, least = body.max_power_kw, body.min_power_kw
    if most is not None and least is not None and least > most:
        faults.add(
            f"{path}.min_power_kw",
            f"min_power_kw must not be above max_power_kw; got {least:g} above {most:g}",
        )
    return DeviceWish(
        device_id=ids.read(body.device_id, "dev", param=f"{path}.device_id"),
        fields=sent - {"device_id"},
        max_power_kw=most,
        min_power_kw=least,
        storage=_storage(body, path, faults),
        run=_run(body, path, faults, sent),
        thermal=_thermal(body, path, faults),
        curtailable=body.curtailable,
        blocked=tuple(faults.stretches(body.blocked, f"{path}.blocked")),
    )


def _storage(body: DeviceWishBody, path: str, faults: Faults) -> StorageWish:
    most = _FULL if body.max_percent is None else body.max_percent
    if body.reserve_percent is not None and body.reserve_percent > most:
        faults.add(
            f"{path}.reserve_percent",
            f"reserve_percent must not be above max_percent; got {body.reserve_percent:g} above "
            f"{most:g}",
        )
    away = faults.apart(body.absences, f"{path}.absences")
    return StorageWish(
        state_of_charge_percent=body.state_of_charge_percent,
        capacity_kwh=body.capacity_kwh,
        max_discharge_power_kw=body.max_discharge_power_kw,
        efficiency=body.efficiency,
        targets=_targets(body.targets, most, f"{path}.targets", faults),
        max_percent=body.max_percent,
        reserve_percent=body.reserve_percent,
        absences=tuple(
            sorted(
                (
                    AbsenceWish(*time, one.energy_kwh)
                    for time, one in zip(away, body.absences, strict=True)
                ),
                key=lambda one: one.start_us,
            )
        ),
        grid_charging=body.grid_charging,
        grid_discharging=body.grid_discharging,
        wear_per_kwh=body.wear_per_kwh,
        value_per_kwh_at_end=body.value_per_kwh_at_end,
        standby_loss_percent_per_hour=body.standby_loss_percent_per_hour,
    )


def _targets(
    bodies: Sequence[TargetBody], most: float, path: str, faults: Faults
) -> tuple[TargetWish, ...]:
    found = [_target(one, most, f"{path}[{n}]", faults) for n, one in enumerate(bodies)]
    ceilings: dict[int | None, float] = {}
    for own in found:
        ceiling = _FULL if own.max_percent is None else own.max_percent
        ceilings[own.at_us] = min(ceiling, ceilings.get(own.at_us, _FULL))
    for n, own in enumerate(found):
        if own.min_percent is not None and own.min_percent > ceilings[own.at_us]:
            faults.add(
                f"{path}[{n}].min_percent",
                f"min_percent must not be above the max_percent of the same time; got "
                f"{own.min_percent:g} above {ceilings[own.at_us]:g}",
            )
    return tuple(found)


def _target(body: TargetBody, most: float, path: str, faults: Faults) -> TargetWish:
    if body.min_percent is None and body.max_percent is None:
        faults.add(f"{path}.min_percent", "a target needs min_percent or max_percent", missing=True)
    if body.min_percent is not None and body.min_percent > most:
        faults.add(
            f"{path}.min_percent",
            f"min_percent must not be above the device's max_percent, the largest charge; got "
            f"{body.min_percent:g} above {most:g}",
        )
    at_us = None if body.time == "end" else faults.instant_us(body.time, f"{path}.time")
    return TargetWish(at_us, body.min_percent, body.max_percent, body.priority)


def _run(body: DeviceWishBody, path: str, faults: Faults, sent: frozenset[str]) -> RunWish | None:
    if body.energy_kwh is None:
        asked = next((name for name in _RUN_ONLY if name in sent), None)
        if asked is not None:
            faults.add(
                f"{path}.energy_kwh",
                f"energy_kwh is needed: {asked} says how a load runs that takes so much energy",
                missing=True,
            )
        return None
    _check_levels(body, path, faults)
    return RunWish(
        energy_kwh=body.energy_kwh,
        windows=tuple(faults.stretches(body.windows, f"{path}.windows")),
        levels_kw=tuple(sorted(set(body.levels_kw))),
        min_run_minutes=body.min_run_minutes,
        min_pause_minutes=body.min_pause_minutes,
        max_starts=body.max_starts,
        contiguous=body.contiguous,
        start_cost=body.start_cost,
    )


def _check_levels(body: DeviceWishBody, path: str, faults: Faults) -> None:
    """Refuse levels outside what the same wish says of power."""
    most, least = body.max_power_kw, body.min_power_kw
    for n, level in enumerate(body.levels_kw):
        if most is not None and level > most:
            faults.add(
                f"{path}.levels_kw[{n}]",
                f"a level must not be above max_power_kw; got {level:g} above {most:g}",
            )
        if least is not None and level < least:
            faults.add(
                f"{path}.levels_kw[{n}]",
                f"a level must not be below min_power_kw; got {level:g} below {least:g}",
            )


def _thermal(body: DeviceWishBody, path: str, faults: Faults) -> ThermalWish | None:
    if body.thermal is None or body.comfort is None:
        missing = "thermal" if body.thermal is None else "comfort"
        if body.thermal is not None or body.comfort is not None:
            faults.add(
                f"{path}.{missing}", "thermal and comfort go together; send both", missing=True
            )
        return None
    if body.energy_kwh is not None:
        faults.add(
            f"{path}.energy_kwh", "energy_kwh and thermal are two ways to say what is needed"
        )
    own, band = body.thermal, body.comfort
    if band.min_c is None and band.max_c is None:
        faults.add(f"{path}.comfort.min_c", "comfort needs min_c or max_c", missing=True)
    low = None if band.min_c is None else _course(band.min_c, f"{path}.comfort.min_c", faults)
    high = None if band.max_c is None else _course(band.max_c, f"{path}.comfort.max_c", faults)
    if low is not None and high is not None:
        _check_band(low, high, f"{path}.comfort.max_c", faults)
    return ThermalWish(
        resistance_k_per_kw=own.resistance_k_per_kw,
        capacity_kwh_per_k=own.capacity_kwh_per_k,
        initial_c=own.initial_c,
        outdoor_c=_needed(own.outdoor_c, f"{path}.thermal.outdoor_c", faults),
        cop=_needed(own.cop, f"{path}.thermal.cop", faults),
        min_c=low,
        max_c=high,
    )


def _course(
    body: float | Sequence[TemperaturePieceBody | CopPieceBody], path: str, faults: Faults
) -> Course:
    if isinstance(body, int | float):
        return float(body)
    times = faults.apart(body, path)
    return tuple(
        sorted(SeriesPiece(*time, one.value) for time, one in zip(times, body, strict=True))
    )


def _needed(
    body: float | Sequence[TemperaturePieceBody | CopPieceBody], path: str, faults: Faults
) -> Course:
    if not isinstance(body, int | float) and not body:
        faults.add(path, "must be a number, or have a piece at least", missing=True)
    return _course(body, path, faults)


def _check_band(low: Course, high: Course, path: str, faults: Faults) -> None:
    """Refuse a band that is upside down somewhere."""
    edges = sorted({at for course in (low, high) for at in _edges(course)})
    for start_us, end_us in pairwise(edges or [0, 1]):
        floor, ceiling = _at(low, start_us, end_us), _at(high, start_us, end_us)
        if floor is not None and ceiling is not None and floor > ceiling:
            faults.add(
                path, f"max_c must not be below min_c at any time; got {ceiling:g} below {floor:g}"
            )
            return


def _edges(course: Course) -> list[int]:
    if isinstance(course, float):
        return []
    return [at for piece in course for at in (piece.start_us, piece.end_us)]


def _at(course: Course, start_us: int, end_us: int) -> float | None:
    """Find the value that holds throughout a stretch between edges of the course."""
    if isinstance(course, float):
        return course
    inside = (p.value for p in course if p.start_us <= start_us and end_us <= p.end_us)
    return next(inside, None)


_DEFAULTS = {
    name: getattr(DeviceWishBody(device_id=""), name) for name in DeviceWishBody.__struct_fields__
}
