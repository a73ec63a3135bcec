"""What is known of a site and wished of it, put together as the question of a site program."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from wattyard.costs.domain.peaks import Load
from wattyard.costs.domain.rises import DemandRise, rises
from wattyard.kernel import ids
from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.caps import within
from wattyard.kernel.clock_changes import DAY_US, instant, microseconds
from wattyard.kernel.instants import Span
from wattyard.kernel.refusals import Fault, Malformed
from wattyard.kernel.values import dataclass, field
from wattyard.schedules.domain.forecasts.pv_arrays import Irradiance
from wattyard.schedules.domain.forecasts.surroundings import Surroundings
from wattyard.schedules.domain.power import WATTS_PER_KW
from wattyard.schedules.domain.prices import PriceSeries
from wattyard.schedules.domain.refusals import DeviceRatingMissing, NoDeviceState
from wattyard.schedules.domain.site import remarks
from wattyard.schedules.domain.site.devices import Circuit, HeatPumpLoad, Shiftable, SiteStorage
from wattyard.schedules.domain.site.panels import panels_name, pv_shares
from wattyard.schedules.domain.site.plan import SitePlan
from wattyard.schedules.domain.site.planned_devices import (
    Subject,
    fitted_heat_pump,
    fitted_load,
    fitted_storage,
)
from wattyard.schedules.domain.site.question import HeldPlan, SiteQuestion
from wattyard.schedules.domain.site.request import (
    DEVICES_AT_MOST,
    Course,
    DeviceWish,
    SeriesPiece,
    SiteRequest,
)
from wattyard.schedules.domain.site.surroundings import (
    MeteredSite,
    load_over,
    sun_over,
    with_forecasts,
)
from wattyard.schedules.domain.site.time_steps import TimeSteps, strictest, time_steps
from wattyard.sites.domain.devices import Device
from wattyard.sites.domain.sites import Site
from wattyard.sites.domain.states import StateReport
from wattyard.tariffs.domain.prices import Quote
from wattyard.tariffs.domain.tariff import Element

CARBON_G_PER_KWH: Final = 400.0
"""Of what is imported at any time, until carbon is known by time; about the world's mean."""


@dataclass(frozen=True, eq=False)
class Charging:
    """The contracts of a site that have demand charges, and its readings until the plan starts."""

    elements: Sequence[Element]
    load: Load


@dataclass(frozen=True, eq=False)
class KnownSite:
    """All that is known of a site for a plan of it.

    `sold` is None where nothing can be sold. The prices of both directions begin with the plan and
    go as far as they are known.
    """

    site: Site
    devices: Sequence[Device]
    states: Mapping[UUID, StateReport]
    bought: Quote
    sold: Quote | None
    metered: MeteredSite
    weather: Irradiance | None = None
    charging: Charging | None = None


@dataclass(eq=False)
class Fitted:
    """The devices that a program plans, and the remarks on those that it does not."""

    storages: list[SiteStorage] = field(default_factory=list)
    loads: list[Shiftable] = field(default_factory=list)
    heat_pumps: list[HeatPumpLoad] = field(default_factory=list)
    targets_us: dict[str, tuple[int | None, ...]] = field(default_factory=dict)
    warnings: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class SiteCase:
    """A question, and what its answer needs besides.

    `answered` are the devices that the answer lists, in its order; `targets_us` the instants of
    the targets of each storage unit, by its name, None at the end.
    """

    question: SiteQuestion
    time_steps: TimeSteps
    around: Surroundings
    answered: Sequence[UUID]
    targets_us: Mapping[str, tuple[int | None, ...]]
    warnings: Sequence[Fault]


def end_of(request: SiteRequest, bought: PriceSeries, sold: PriceSeries | None) -> int:
    """Find where a plan ends: where the request says, or where confirmed prices or deadlines end.

    Never beyond what is known of prices. Where none is confirmed it is a day.
    """
    series = [own for own in (bought, sold) if own is not None]
    known_us = min(int(own.edges_us[-1]) for own in series)
    if request.horizon is not None:
        return min(microseconds(request.start + request.horizon), known_us)
    start_us = microseconds(request.start)
    wanted_us = max(min(_confirmed_us(own) for own in series), *request.deadlines_us, 0)
    return min(wanted_us if wanted_us > start_us else start_us + DAY_US, known_us)


def subjects_of(request: SiteRequest, known: KnownSite) -> list[Subject]:
    """List the devices of the site that the request plans, each with its state and wish.

    Raises:
        Malformed: with each wish that is not for the type of its device.
        LimitReached: when they are more than 500.
    """
    paths = {id_: f"device_ids[{n}]" for n, id_ in enumerate(request.device_ids or ())}
    paths |= {id_: f"devices[{n}]" for n, id_ in enumerate(request.wishes)}
    chosen = [
        Subject(
            device,
            known.states.get(device.id),
            request.wishes.get(device.id, DeviceWish(device_id=device.id)),
            paths.get(device.id, ""),
        )
        for device in known.devices
        if request.device_ids is None or device.id in paths
    ]
    count = sum(_is_listed(one) for one in chosen)
    within(DEVICES_AT_MOST, count, "plan_devices (devices of a site plan; name some in device_ids)")
    faults = [fault for one in chosen for fault in one.check_fields()]
    if faults:
        raise Malformed.of(faults)
    return chosen


def assembled(request: SiteRequest, known: KnownSite, end_us: int) -> SiteCase:
    """Put a question together.

    Raises:
        Malformed, NoDeviceState, DeviceRatingMissing: when a device that the request names cannot
            be planned.
    """
    subjects = subjects_of(request, known)
    laid = _time_steps(request, known, subjects, end_us)
    fitted = _fitted(subjects, laid, sells=known.sold is not None)
    own = Surroundings(
        sun_over(known.site, known.devices, known.metered.sun, known.weather, laid.edges_us),
        load_over(known.site, known.metered, laid.edges_us),
    )
    around, told = with_forecasts(own, laid, load=request.load, solar=request.solar)
    question = _question(request, known, laid, fitted, around)
    warnings = [*remarks.on_time(request, laid, _confirmed(known)), *told, *fitted.warnings]
    if around.base_load.source == "UNKNOWN":
        warnings.append(remarks.load_unknown())
    return SiteCase(
        question,
        laid,
        around,
        [one.device.id for one in subjects if _is_listed(one)],
        fitted.targets_us,
        warnings,
    )


def _time_steps(
    request: SiteRequest, known: KnownSite, subjects: Sequence[Subject], end_us: int
) -> TimeSteps:
    start_us = microseconds(request.start)
    changes = [quote.prices.edges_us for quote in (known.bought, known.sold) if quote]
    changes.append(np.array(_forecast_edges(request), dtype=np.int64))
    cuts = {at for one in request.limits for at in (one.start_us, one.end_us)}
    for subject in subjects:
        wish = subject.wish
        cuts |= {one.at_us for one in wish.storage.targets if one.at_us is not None}
        for stretch in (*wish.blocked, *(wish.run.windows if wish.run else ())):
            cuts |= {*stretch}
        for away in wish.storage.absences:
            cuts |= {away.start_us, away.end_us}
    return time_steps(
        (start_us, end_us),
        request.step_minutes,
        changes=changes,
        cuts_us=cuts,
        devices=sum(_is_listed(one) for one in subjects),
    )


def _forecast_edges(request: SiteRequest) -> list[int]:
    courses: list[Course | None] = [request.load, request.solar]
    for wish in request.wishes.values():
        if (own := wish.thermal) is not None:
            courses += [own.outdoor_c, own.cop, own.min_c, own.max_c]
    return [
        at
        for course in courses
        if isinstance(course, tuple)
        for piece in course
        for at in (piece.start_us, piece.end_us)
    ]


def _fitted(subjects: Sequence[Subject], laid: TimeSteps, *, sells: bool) -> Fitted:
    fitted = Fitted()
    for subject in subjects:
        try:
            _fit(subject, laid, fitted, sells=sells)
        except (NoDeviceState, DeviceRatingMissing) as refusal:
            if subject.path:
                raise
            fitted.warnings.append(remarks.not_planned(subject, refusal))
    return fitted


def _fit(subject: Subject, laid: TimeSteps, fitted: Fitted, *, sells: bool) -> None:
    wish = subject.wish
    if wish.run is not None:
        fitted.loads.append(fitted_load(subject, wish.run, laid))
    elif wish.thermal is not None:
        fitted.heat_pumps.append(fitted_heat_pump(subject, wish.thermal, laid))
    elif subject.kind in ("battery", "car"):
        own = fitted_storage(subject, laid, sells=sells)
        fitted.storages.append(own.storage)
        fitted.targets_us[own.storage.device] = own.targets_us
        fitted.warnings += own.warnings
    elif subject.path and subject.kind in ("load", "heat pump"):
        fitted.warnings.append(remarks.nothing_to_do(subject))


def _is_listed(subject: Subject) -> bool:
    """Whether the answer lists a device: all but loads and heat pumps that nobody names."""
    return bool(subject.path) or subject.kind not in ("load", "heat pump")


def _question(
    request: SiteRequest, known: KnownSite, laid: TimeSteps, fitted: Fitted, around: Surroundings
) -> SiteQuestion:
    edges = laid.edges_us
    bought_per_kwh, confidence = _priced(known.bought, laid)
    sold_per_kwh: Numbers | None = None
    if known.sold is not None:
        sold_per_kwh, of_sales = _priced(known.sold, laid)
        confidence = np.minimum(confidence, of_sales)
    site = known.site
    limits_out = [
        SeriesPiece(one.start_us, one.end_us, WATTS_PER_KW * one.export_kw)
        for one in request.limits
        if one.export_kw is not None
    ]
    limits_in = [
        SeriesPiece(one.start_us, one.end_us, WATTS_PER_KW * one.import_kw)
        for one in request.limits
        if one.import_kw is not None
    ]
    export_limit_w = strictest(limits_out, edges, _limit_w(site.max_power_export_kw))
    held_back = bool(np.isfinite(export_limit_w).any()) or (
        sold_per_kwh is not None and bool((sold_per_kwh < 0.0).any())
    )
    pv = pv_shares(request, known.devices, around, curtailable=held_back)
    planned = {
        one.device for own in (fitted.storages, fitted.loads, fitted.heat_pumps) for one in own
    }
    return SiteQuestion(
        edges_us=edges,
        import_per_kwh=bought_per_kwh,
        export_per_kwh=sold_per_kwh,
        confidence=around.confidence(confidence),
        carbon_g_per_kwh=np.full(edges.size - 1, CARBON_G_PER_KWH),
        load_w=around.base_load.watts,
        sun_w=around.pv.watts,
        import_limit_w=strictest(limits_in, edges, _limit_w(site.max_power_import_kw)),
        export_limit_w=export_limit_w,
        storages=tuple(fitted.storages),
        loads=tuple(fitted.loads),
        heat_pumps=tuple(fitted.heat_pumps),
        pv=pv,
        circuits=_circuits(request, planned | {one.device for one in pv}),
        demand=_rises(known, laid),
        weights=request.weights,
        previous=_held(request),
        explain=request.explain,
    )


def _rises(known: KnownSite, laid: TimeSteps) -> tuple[DemandRise, ...]:
    """List the billing periods of demand charges that the plan touches."""
    if known.charging is None:
        return ()
    span = Span(instant(laid.start_us), instant(laid.end_us))
    return tuple(rises(known.charging.elements, known.charging.load, span))


def _limit_w(kw: float | None) -> float:
    return np.inf if kw is None else WATTS_PER_KW * kw


def _priced(quote: Quote, laid: TimeSteps) -> tuple[Numbers, Numbers]:
    """Average prices over the steps (n), with the lowest confidence in each."""
    prices, edges = quote.prices, laid.edges_us
    lengths = np.diff(np.clip(prices.edges_us, edges[0], edges[-1])).astype(np.float64)
    paid = np.append(0.0, np.cumsum(lengths * prices.per_kwh))
    unsure = np.append(0.0, np.cumsum(lengths * prices.confidence))
    at = (edges - prices.edges_us[0]).astype(np.float64)
    own = (prices.edges_us - prices.edges_us[0]).astype(np.float64)
    means = [np.diff(np.interp(at, own, total)) / np.diff(edges) for total in (paid, unsure)]
    first = np.searchsorted(prices.edges_us, edges[:-1], side="right") - 1
    last = np.searchsorted(prices.edges_us, edges[1:], side="left") - 1
    within = first == last
    exact = np.where(within, prices.per_kwh[first], means[0])
    return exact, np.where(within, prices.confidence[first], means[1])


def _circuits(request: SiteRequest, planned: set[str]) -> tuple[Circuit, ...]:
    positions = {one.id: n for n, one in enumerate(request.circuits)}
    found = []
    for one in request.circuits:
        names = [ids.wire("dev", device) for device in one.devices]
        behind = [own for name in names for own in (name, panels_name(name)) if own in planned]
        parent = None if one.parent is None else positions[one.parent]
        found.append(Circuit(one.id, WATTS_PER_KW * one.max_kw, tuple(behind), parent))
    return tuple(found)


def _held(request: SiteRequest) -> HeldPlan | None:
    if request.previous is None:
        return None
    return HeldPlan(
        {ids.wire("dev", id_): tuple(slots) for id_, slots in request.previous.items()},
        request.keep_unless_saves,
    )


def _confirmed_us(prices: PriceSeries) -> int:
    """Find until when prices are confirmed without a break."""
    unsure = np.flatnonzero(prices.confidence < 1.0)
    return int(prices.edges_us[unsure[0] if unsure.size else -1])


def _confirmed(known: KnownSite) -> int:
    quotes = [quote.prices for quote in (known.bought, known.sold) if quote is not None]
    return min(
        _confirmed_us(PriceSeries(own.edges_us, own.per_kwh, own.confidence)) for own in quotes
    )


@dataclass(frozen=True, eq=False)
class SiteAnswer:
    """The plan of a site, and all that it rests on."""

    request: SiteRequest
    site: Site
    case: SiteCase
    plan: SitePlan
    next_update: datetime | None
