"""The use-case of schedules by state of charge."""

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from wattyard.kernel import ids
from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.clock_changes import instant, microseconds
from wattyard.kernel.context import Context
from wattyard.kernel.instants import Span
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.by_state_of_charge.device_storage import storage_of
from wattyard.schedules.domain.by_state_of_charge.plan import by_charge
from wattyard.schedules.domain.by_state_of_charge.question import (
    ChargeQuestion,
    ChargeSteps,
    HeldCharge,
    Storage,
)
from wattyard.schedules.domain.by_state_of_charge.request import (
    LEAST,
    LONGEST,
    ChargeAnswer,
    ChargeRequest,
    StateRequest,
)
from wattyard.schedules.domain.forecasts.surroundings import Surroundings, load_for, nothing
from wattyard.schedules.domain.prices import Instants
from wattyard.schedules.domain.prices import PriceSeries as Series
from wattyard.schedules.domain.refusals import LocationMissing
from wattyard.schedules.domain.steps import step_edges
from wattyard.schedules.service.amounts import site_limits
from wattyard.schedules.service.demand import DemandRises
from wattyard.schedules.service.pricing import check_in_service, series_of
from wattyard.schedules.service.solving import Solver, Solvers
from wattyard.schedules.service.surroundings import SiteForecast
from wattyard.sites.domain.devices import Device, DeviceNotAtLocation, DeviceNotFound
from wattyard.sites.domain.sites import Site
from wattyard.sites.domain.states import DeviceStateNotFound
from wattyard.sites.service import Devices, Sites, States
from wattyard.tariffs.domain.prices import Question, Quote
from wattyard.tariffs.domain.refusals import NoTariffConnected
from wattyard.tariffs.service import Prices

_SAME_CARBON: Final = 1.0
"""g per kWh at any time, until carbon is known by time: least carbon is least import."""


@dataclass(frozen=True, slots=True)
class _Case:
    """Who is planned, where, and with what prices; `sold` None where nothing can be sold."""

    device: Device
    site: Site
    state: StateRequest
    bought: Quote
    sold: Quote | None
    asked_until: datetime

    @property
    def span(self) -> Span:
        """What is planned: as far as all prices are known."""
        spans = [quote.question.span for quote in (self.bought, self.sold) if quote]
        return Span(spans[0].start, min(span.end for span in spans))

    @property
    def prices_until(self) -> datetime | None:
        """Where the plan ends since no price is known further, though it was to go on."""
        end = self.span.end
        return end if end < self.asked_until else None


@dataclass
class ChargePlans:
    """Plans for what stores energy: batteries and cars."""

    sites: Sites
    devices: Devices
    states: States
    prices: Prices
    forecast: SiteForecast
    demand: DemandRises
    solvers: Solvers

    async def plan(self, context: Context, request: ChargeRequest) -> ChargeAnswer:
        """Plan when a device charges and discharges.

        Raises:
            DeviceNotFound, LocationNotFound: when the caller does not have them.
            LocationMissing, StorageInvalid.
            SiteInactive, DeviceNotAtLocation, NoDeviceState, DeviceRatingMissing,
            PlansInProgress, and what `Prices.quote` raises.
        """
        async with self.solvers.planning(context.account) as solver:
            return await self._planned(context, request, solver)

    async def _planned(
        self, context: Context, request: ChargeRequest, solver: Solver
    ) -> ChargeAnswer:
        case = await self._case(context, request)
        feeds = case.sold is not None and request.goals.export_allowed is not False
        feeds = feeds and case.device.may_discharge
        ready_by = request.goals.ready_by
        storage = storage_of(
            case.device,
            case.state,
            request.goals,
            ready_us=microseconds(ready_by) if ready_by else None,
            feeds=feeds,
        )
        edges_us = _edges(case, storage)
        around = await self._around(context, case, storage, edges_us, feeds=feeds)
        question = ChargeQuestion(
            storages=(storage,),
            steps=_steps(case, around, edges_us),
            limits=site_limits(case.site),
            objective=request.goals.objective,
            export_allowed=feeds,
            demand=await self.demand.of_plan(context, case.bought.supply, case.span),
            held=None
            if request.held is None
            else HeldCharge((request.held,), request.keep_unless_saves),
            explain=request.explain,
            seconds=solver.seconds,
        )
        plan = await solver.run(by_charge, question, hard=_hard(question))
        updates = [q.next_update for q in (case.bought, case.sold) if q and q.next_update]
        return ChargeAnswer(
            site=case.site,
            device_id=case.device.id,
            start=case.span.start,
            end=case.span.end,
            storage=storage,
            plan=plan,
            surroundings=around,
            objective=request.goals.objective,
            next_update=min(updates, default=None),
            prices_until=case.prices_until,
        )

    async def _case(self, context: Context, request: ChargeRequest) -> _Case:
        try:
            device = await self.devices.device(context, request.device_id)
        except DeviceNotFound as missing:
            raise DeviceNotFound(str(missing), param="device_id") from None
        state, seen_at = await self._state(context, request)
        site = await self.sites.supply(
            context, request.site_id or _only_site(device, seen_at), param="location_id"
        )
        check_in_service(site)
        if site.id not in device.locations:
            raise DeviceNotAtLocation(
                f"device {ids.wire('dev', device.id)} is not at location "
                f"{ids.wire('loc', site.id)}",
                param="location_id",
            )
        bought, until = await self._bought(context, request, site)
        sold = await self._sold(context, request, site, bought.question)
        return _Case(device, site, state, bought, sold, until)

    async def _state(
        self, context: Context, request: ChargeRequest
    ) -> tuple[StateRequest, UUID | None]:
        """Take the state of the request, else the newest reported with what the request adds."""
        said = request.state
        if said.state_of_charge_percent is not None:
            return said, None
        try:
            kept = (await self.states.current(context, request.device_id)).report
        except DeviceStateNotFound:
            return said, None
        newest = StateRequest(
            state_of_charge_percent=kept.state_of_charge_percent,
            target_percent=_either(said.target_percent, kept.target_state_of_charge_percent),
            reserve_percent=_either(said.reserve_percent, kept.backup_reserve_percent),
            energy_kwh=kept.energy_remaining_kwh,
        )
        return newest, kept.location_id

    async def _bought(
        self, context: Context, request: ChargeRequest, site: Site
    ) -> tuple[Quote, datetime]:
        """Ask for import prices as far as they are known, and find how far the plan is to go."""
        start = request.start
        question = Question(
            "IMPORT", Span(start, start + (request.horizon or LONGEST)), request.device_id
        )
        known = await self.prices.quote_known(context, site.id, question)
        if request.horizon is not None:
            return known, question.span.end
        confirmed = instant(_confirmed_us(series_of(known.prices)))
        until = max(start + LEAST, request.goals.ready_by or start, confirmed)
        if until >= known.question.span.end:
            return known, until
        question = replace(question, span=Span(start, until))
        return await self.prices.quote(context, site.id, question), until

    async def _sold(
        self, context: Context, request: ChargeRequest, site: Site, bought: Question
    ) -> Quote | None:
        """Ask for export prices where something can be sold, or the request says so."""
        must = request.goals.export_allowed is True
        if not must and not any(
            tariff.direction == "EXPORT" and tariff.status == "CONNECTED" for tariff in site.tariffs
        ):
            return None
        try:
            return await self.prices.quote_known(
                context, site.id, replace(bought, direction="EXPORT")
            )
        except NoTariffConnected:
            if must:
                raise
            return None

    async def _around(
        self, context: Context, case: _Case, storage: Storage, edges_us: Instants, *, feeds: bool
    ) -> Surroundings:
        pv = await self.forecast.sun(context, case.site, edges_us)
        until_us = min(microseconds(context.now), int(edges_us[0]))
        load = await self.forecast.load(
            context, case.site, [case.device.id], edges_us, until_us=until_us
        )
        if load is None and storage.discharge_w > 0.0 and not feeds:
            load = load_for(storage.discharge_w, pv)
        return Surroundings(pv, load or nothing(edges_us.size - 1, "UNKNOWN"))


def _only_site(device: Device, seen_at: UUID | None) -> UUID:
    """Find where a device is that the request gives no location of."""
    if seen_at in device.locations and seen_at is not None:
        return seen_at
    if len(device.locations) == 1:
        return device.locations[0]
    raise LocationMissing(
        f"location_id is needed: the device is at {len(device.locations)} locations",
        param="location_id",
    )


def _confirmed_us(prices: Series) -> int:
    """Find until when prices are confirmed without a break."""
    unsure = np.flatnonzero(prices.confidence < 1.0)
    return int(prices.edges_us[unsure[0] if unsure.size else -1])


def _edges(case: _Case, storage: Storage) -> Instants:
    series = [quote.prices.edges_us for quote in (case.bought, case.sold) if quote]
    cuts_us = [] if storage.ready_us is None else [storage.ready_us]
    start_us, end_us = microseconds(case.span.start), microseconds(case.span.end)
    return step_edges(start_us, end_us, series, cuts_us=cuts_us)


def _steps(case: _Case, around: Surroundings, edges_us: Instants) -> ChargeSteps:
    bought = series_of(case.bought.prices)
    at = bought.at(edges_us[:-1])
    confidence = bought.confidence[at]
    sold_per_kwh: Numbers = np.zeros(at.size)
    if case.sold is not None:
        sold = series_of(case.sold.prices)
        sold_at = sold.at(edges_us[:-1])
        sold_per_kwh = sold.per_kwh[sold_at]
        confidence = np.minimum(confidence, sold.confidence[sold_at])
    return ChargeSteps(
        edges_us,
        bought.per_kwh[at],
        sold_per_kwh,
        confidence=around.confidence(confidence),
        carbon_per_kwh=np.full(at.size, _SAME_CARBON),
        pv_w=around.pv.watts,
        base_load_w=around.base_load.watts,
    )


def _hard(question: ChargeQuestion) -> bool:
    """Check whether a plan may take long.

    That is where it may pay to charge and discharge at once, which takes integers to forbid, and
    where demand is charged.
    """
    steps = question.steps
    pays = (steps.import_per_kwh < 0.0) | (steps.export_per_kwh > steps.import_per_kwh)
    return bool(pays.any()) or question.objective != "COST" or bool(question.demand)


def _either(said: float | None, kept: float | None) -> float | None:
    return kept if said is None else said
