"""The site's meter in a program: balance, limits, circuits, and sun that is held back."""

from typing import NamedTuple

from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.power import WATTS_PER_KW
from wattyard.schedules.domain.site.devices import Circuit, PvShare, SiteStorage
from wattyard.schedules.domain.site.part import ProgramDraft, Switch
from wattyard.schedules.domain.site.question import SiteQuestion
from wattyard.schedules.domain.site.steps import open_steps
from wattyard.schedules.domain.solver.program import Positions


class SunGroup(NamedTuple):
    """PV devices that are held back together: their sun (n, kW) and how much of it may be."""

    devices: tuple[PvShare, ...]
    circuit: int | None
    sun_kw: Numbers
    most_kw: Numbers
    forced: bool


@dataclass(frozen=True, slots=True, eq=False)
class PlacedMeter:
    """Where the site's flows are: columns (n) each; `curtailed` one row for each group of sun."""

    imported: Positions
    excess: Positions
    exported: Positions
    curtailed: tuple[Positions, ...]
    groups: tuple[SunGroup, ...]


def begin_balance(draft: ProgramDraft) -> PlacedMeter:
    """Add the columns of the meter; `complete_balance` adds its rows once parts are placed."""
    question = draft.question
    groups = sun_groups(question)
    zero = np.zeros(question.steps)
    load_kw = question.load_w / WATTS_PER_KW
    sun_kw = sum((group.sun_kw for group in groups), zero)
    most_w = sum(_most_w(one) for one in question.devices if not isinstance(one, PvShare))
    given_w = sum(one.discharge_w for one in question.storages)
    reach_kw = load_kw + most_w / WATTS_PER_KW
    limit_kw = question.import_limit_w / WATTS_PER_KW
    imported = draft.columns(zero, np.minimum(reach_kw, limit_kw))
    excess = draft.columns(zero, np.maximum(load_kw - sun_kw - limit_kw, 0.0))
    back_kw = np.minimum(sun_kw + given_w / WATTS_PER_KW, question.export_limit_w / WATTS_PER_KW)
    exported = draft.columns(zero, back_kw)
    curtailed = tuple(draft.columns(zero, group.most_kw) for group in groups)
    draft.imported, draft.excess, draft.exported = imported, excess, exported
    return PlacedMeter(imported, excess, exported, curtailed, groups)


def complete_balance(draft: ProgramDraft, meter: PlacedMeter) -> None:
    """Add the balance, circuits, what units may take from and give to the grid, and costs."""
    question, hours = draft.question, draft.hours
    load_kw = question.load_w / WATTS_PER_KW
    sun_kw = sum((group.sun_kw for group in meter.groups), np.zeros(question.steps))
    terms: list[tuple[Positions, Numbers | float]] = [
        (meter.imported, 1.0),
        (meter.excess, 1.0),
        (meter.exported, -1.0),
        *((columns, -1.0) for columns in meter.curtailed),
        *((draw.columns, -draw.sign) for draw in draft.drawn),
    ]
    draft.rows(load_kw - sun_kw, load_kw - sun_kw, terms)
    _surges(draft, meter)
    _circuits(draft, meter)
    _collective(draft, meter, sun_kw, load_kw)
    _prices(draft, meter, hours)
    _one_way(draft, meter)


def sun_groups(question: SiteQuestion) -> tuple[SunGroup, ...]:
    """Group PV devices by circuit, by whether they may be held back, and by when they are blocked.

    What may not be held back is spilled only beyond the export limit, or its circuit's.
    """
    home = {name: at for at, one in enumerate(question.circuits) for name in one.devices}
    found: dict[tuple[object, ...], list[PvShare]] = {}
    for one in question.pv:
        found.setdefault((home.get(one.device), one.curtailable, one.blocked), []).append(one)
    if not question.pv and question.sun_w.any():
        found[(None, False, ())] = [PvShare("", 1.0)]
    sun_kw = question.sun_w / WATTS_PER_KW
    storages_w = sum(one.discharge_w for one in question.storages)
    given_w = question.sun_w + (storages_w if question.spills_for_storages else 0.0)
    surplus_w = given_w - question.load_w - question.export_limit_w
    surplus_kw = np.maximum(surplus_w / WATTS_PER_KW, 0.0)
    groups = []
    for members in found.values():
        first = members[0]
        share = sum(one.share for one in members)
        own_kw = sun_kw * share * open_steps(question.edges_us, first.blocked)
        circuit = home.get(first.device)
        most_kw = own_kw if first.curtailable else np.minimum(own_kw, surplus_kw)
        if not first.curtailable and _fuses(question, circuit):
            most_kw = own_kw
        groups.append(SunGroup(tuple(members), circuit, own_kw, most_kw, not first.curtailable))
    return tuple(groups)


def _fuses(question: SiteQuestion, inner: int | None) -> list[int]:
    """List the circuits around a circuit, itself included, that bound what passes."""
    found = []
    while inner is not None:
        if np.isfinite(question.circuits[inner].max_w):
            found.append(inner)
        inner = question.circuits[inner].parent
    return found


def _most_w(device: object) -> float:
    return (
        device.charge_w if isinstance(device, SiteStorage) else float(getattr(device, "max_w", 0.0))
    )


def _surges(draft: ProgramDraft, meter: PlacedMeter) -> None:
    """Leave room at the limit for what devices take beyond their mean within a step."""
    limit_kw = draft.question.import_limit_w / WATTS_PER_KW
    where = np.flatnonzero(np.isfinite(limit_kw))
    if draft.surging and where.size:
        surges = [(draw.columns[where], 1.0) for draw in draft.surging]
        net = [(meter.imported[where], 1.0), (meter.exported[where], -1.0)]
        draft.rows(np.full(where.size, -np.inf), limit_kw[where], [*net, *surges])


def _circuits(draft: ProgramDraft, meter: PlacedMeter) -> None:
    for position, circuit in enumerate(draft.question.circuits):
        sun_kw, terms = _through(draft, meter, position)
        if not terms or not np.isfinite(circuit.max_w):
            continue
        most_kw = circuit.max_w / WATTS_PER_KW
        draft.rows(sun_kw - most_kw, sun_kw + most_kw, terms)
        names = _names(draft.question.circuits, position)
        surges = [(draw.columns, 1.0) for draw in draft.surging if draw.device in names]
        if surges:
            below = np.full(sun_kw.size, -np.inf)
            draft.rows(below, sun_kw + most_kw, [*terms, *surges])


def _through(
    draft: ProgramDraft, meter: PlacedMeter, circuit: int
) -> tuple[Numbers, list[tuple[Positions, Numbers | float]]]:
    """Say what a circuit takes (n): the sum of terms less its sun (kW), which is answered first."""
    circuits = draft.question.circuits
    names, inside = _names(circuits, circuit), _inside(circuits, circuit)
    terms: list[tuple[Positions, Numbers | float]] = [
        (draw.columns, draw.sign) for draw in draft.drawn if draw.device in names
    ]
    sun_kw = np.zeros(draft.question.steps)
    for group, columns in zip(meter.groups, meter.curtailed, strict=True):
        if group.circuit in inside:
            sun_kw = sun_kw + group.sun_kw
            terms.append((columns, 1.0))
    return sun_kw, terms


def _names(circuits: tuple[Circuit, ...], outer: int) -> set[str]:
    return {name for one in _inside(circuits, outer) for name in circuits[one].devices}


def _inside(circuits: tuple[Circuit, ...], outer: int) -> set[int]:
    found = {outer}
    while True:
        more = {at for at, one in enumerate(circuits) if one.parent in found} - found
        if not more:
            return found
        found |= more


def _collective(draft: ProgramDraft, meter: PlacedMeter, sun_kw: Numbers, load_kw: Numbers) -> None:
    """Bound what units take that may not take from the grid, and give that may not feed it."""
    storages = {one.device: one for one in draft.question.storages}
    takes = [draw for draw in draft.drawn if draw.sign > 0.0]
    own_takes = [
        draw
        for draw in takes
        if draw.device in storages and not storages[draw.device].grid_charging
    ]
    own_gives = [
        draw
        for draw in draft.drawn
        if draw.sign < 0.0 and not storages[draw.device].grid_discharging
    ]
    unbounded = np.full(sun_kw.size, -np.inf)
    if own_takes:
        held_back = [(columns, 1.0) for columns in meter.curtailed]
        draft.rows(unbounded, sun_kw, [*((draw.columns, 1.0) for draw in own_takes), *held_back])
    if own_gives:
        terms = [(draw.columns, 1.0) for draw in own_gives]
        draft.rows(unbounded, load_kw, [*terms, *((draw.columns, -1.0) for draw in takes)])


def _prices(draft: ProgramDraft, meter: PlacedMeter, hours: Numbers) -> None:
    question = draft.question
    for columns in (meter.imported, meter.excess):
        draft.costs("energy", columns, hours * question.import_per_kwh)
    if question.export_per_kwh is not None:
        draft.costs("export", meter.exported, hours * question.export_per_kwh)
    _preferences(draft, meter, hours)


def _preferences(draft: ProgramDraft, meter: PlacedMeter, hours: Numbers) -> None:
    question, weights = draft.question, draft.question.weights
    if weights.carbon_per_kg:
        carbon = hours * question.carbon_g_per_kwh / 1000.0 * weights.carbon_per_kg
        for columns in (meter.imported, meter.excess):
            draft.costs("preferences", columns, carbon)
    if weights.self_use_per_kwh:
        for columns in (meter.exported, *meter.curtailed):
            draft.costs("preferences", columns, hours * weights.self_use_per_kwh)
    if weights.sooner_per_kwh_hour:
        late = hours * (np.cumsum(hours) - hours / 2.0) * weights.sooner_per_kwh_hour
        for draw in [one for one in draft.drawn if one.sign > 0.0]:
            draft.costs("preferences", draw.columns, late)


def _one_way(draft: ProgramDraft, meter: PlacedMeter) -> None:
    """Keep import and export apart, and spill sun by force only at a limit."""
    upper = draft.draft.upper
    draft.switch(
        Switch(
            on=meter.exported,
            most_on=upper[meter.exported],
            off=(meter.imported, meter.excess),
            most_off=upper[meter.imported] + upper[meter.excess],
        )
    )
    for group, columns in zip(meter.groups, meter.curtailed, strict=True):
        if group.forced and group.most_kw.any():
            _forced(draft, meter, group, columns)


def _forced(draft: ProgramDraft, meter: PlacedMeter, group: SunGroup, columns: Positions) -> None:
    """Spill sun that may not be held back only at the export limit, or at a fuse around it."""
    question = draft.question
    limited = np.isfinite(question.export_limit_w)
    fuses = _fuses(question, group.circuit)
    if not fuses:
        _at_export_limit(draft, meter, columns, group.most_kw)
        return
    zero = np.zeros(question.steps)
    parts = [draft.columns(zero, np.where(limited, group.most_kw, 0.0))]
    _at_export_limit(draft, meter, parts[0], np.where(limited, group.most_kw, 0.0))
    for fuse in fuses:
        parts.append(draft.columns(zero, group.most_kw))
        most_kw = question.circuits[fuse].max_w / WATTS_PER_KW
        sun_kw, terms = _through(draft, meter, fuse)
        draft.switch(
            Switch(
                on=parts[-1],
                most_on=group.most_kw,
                needs=tuple((inside, -np.asarray(weight)) for inside, weight in terms),
                least=most_kw - sun_kw,
                needs_lower=-most_kw - sun_kw,
            )
        )
    draft.rows(zero, zero, [(columns, 1.0), *((part, -1.0) for part in parts)])


def _at_export_limit(
    draft: ProgramDraft, meter: PlacedMeter, columns: Positions, most_kw: Numbers
) -> None:
    upper, limit_kw = draft.draft.upper, draft.question.export_limit_w / WATTS_PER_KW
    where = np.flatnonzero(most_kw)
    if where.size:
        draft.switch(
            Switch(
                on=columns[where],
                most_on=most_kw[where],
                off=(meter.imported[where], meter.excess[where]),
                most_off=(upper[meter.imported] + upper[meter.excess])[where],
                needs=((meter.exported[where], 1.0),),
                least=limit_kw[where],
                needs_lower=np.zeros(where.size),
            )
        )
