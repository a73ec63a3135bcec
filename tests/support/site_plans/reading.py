"""The program's question, read as the second hand's own: kW, kWh, hours, positions of edges."""

from __future__ import annotations

from itertools import pairwise
from math import isfinite

from wattyard.schedules.domain.site.devices import (
    HeatPumpLoad,
    PvShare,
    Shiftable,
    SiteStorage,
)
from wattyard.schedules.domain.site.question import SiteQuestion

from . import question as own

HOUR_US = 3_600_000_000


def read(asked: SiteQuestion, demand: tuple[own.DemandPeriod, ...] = ()) -> own.Question:
    """Read a question of the program; its demand charges are written by hand (`demand`)."""
    edges = [int(edge) for edge in asked.edges_us]
    count = len(edges) - 1
    sells = asked.export_per_kwh is not None
    return own.Question(
        hours=tuple((b - a) / HOUR_US for a, b in pairwise(edges)),
        prices=own.Prices(
            _numbers(asked.import_per_kwh),
            _numbers(asked.export_per_kwh) if sells else (0.0,) * count,
            _numbers(asked.carbon_g_per_kwh, 1e-3),
        ),
        load_kw=_numbers(asked.load_w, 1e-3),
        import_kw=_numbers(asked.import_limit_w, 1e-3),
        export_kw=_numbers(asked.export_limit_w, 1e-3),
        stores=tuple(_store(one, edges) for one in asked.storages),
        suns=tuple(_sun(one, asked, edges) for one in asked.pv),
        loads=tuple(_load(one, edges) for one in asked.loads),
        pumps=tuple(_pump(one, edges) for one in asked.heat_pumps),
        circuits=tuple(
            own.Circuit(
                str(position),
                one.max_w / 1000,
                one.devices,
                None if one.parent is None else str(one.parent),
            )
            for position, one in enumerate(asked.circuits)
        ),
        demand=demand,
        wishes=own.Wishes(
            asked.weights.cost,
            asked.weights.carbon_per_kg,
            asked.weights.sooner_per_kwh_hour,
            asked.weights.self_use_per_kwh,
        ),
    )


def _numbers(series: object, factor: float = 1.0) -> tuple[float, ...]:
    return tuple(float(one) * factor for one in series)  # type: ignore[attr-defined]


def position(edges: list[int], instant_us: int) -> int:
    """Which edge an instant is; what lies outside the horizon is its nearest end.

    Raises
    ------
    ValueError
        Inside the horizon, but on no edge.
    """
    return edges.index(min(max(instant_us, edges[0]), edges[-1]))


def _spans(edges: list[int], stretches: object) -> tuple[own.Span, ...]:
    return tuple(
        (position(edges, one[0]), position(edges, one[1]))
        for one in stretches  # type: ignore[attr-defined]
    )


def _store(one: SiteStorage, edges: list[int]) -> own.Store:
    return own.Store(
        one.device,
        one.capacity_wh / 1000,
        one.energy_wh / 1000,
        one.charge_w / 1000,
        one.discharge_w / 1000,
        one.least_w / 1000,
        one.efficiency,
        one.reserve_wh / 1000,
        one.most_wh / 1000 if isfinite(one.most_wh) else None,
        tuple(
            own.Target(
                position(edges, target.at_us),
                (target.min_wh or 0.0) / 1000,
                None if target.max_wh is None else target.max_wh / 1000,
                target.priority,
            )
            for target in one.targets
        ),
        tuple(
            own.Absence(
                position(edges, away.start_us), position(edges, away.end_us), away.energy_wh / 1000
            )
            for away in one.absences
        ),
        _spans(edges, one.blocked),
        one.grid_charging,
        one.grid_discharging,
        one.wear_per_kwh,
        one.value_per_kwh_at_end,
        100 * one.standby_loss,
    )


def _sun(one: PvShare, asked: SiteQuestion, edges: list[int]) -> own.Sun:
    blocked = _spans(edges, one.blocked)
    return own.Sun(
        one.device,
        tuple(
            0.0 if own.inside(step, blocked) else one.share * float(watts) / 1000
            for step, watts in enumerate(asked.sun_w)
        ),
        one.curtailable,
    )


def _load(one: Shiftable, edges: list[int]) -> own.Load:
    return own.Load(
        one.device,
        one.energy_wh / 1000,
        _spans(edges, one.windows),
        one.max_w / 1000,
        one.least_w / 1000,
        tuple(level / 1000 for level in one.levels_w),
        one.min_run_us / HOUR_US,
        one.min_pause_us / HOUR_US,
        one.max_starts,
        one.contiguous,
        one.start_cost,
        _spans(edges, one.blocked),
        one.priority,
    )


def _pump(one: HeatPumpLoad, edges: list[int]) -> own.HeatPump:
    return own.HeatPump(
        one.device,
        one.max_w / 1000,
        one.resistance_k_per_kw,
        one.capacity_kwh_per_k,
        one.initial_c,
        _numbers(one.outdoor_c),
        _numbers(one.cop),
        _numbers(one.min_c),
        _numbers(one.max_c),
        one.least_w / 1000,
        tuple(level / 1000 for level in one.levels_w),
        _spans(edges, one.blocked),
        one.priority,
    )
