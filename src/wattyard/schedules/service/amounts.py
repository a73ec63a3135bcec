"""The use-case of schedules by amount."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from math import isfinite
from typing import Final
from uuid import UUID

from wattyard.costs.domain.rises import DemandRise
from wattyard.kernel import ids
from wattyard.kernel.clock_changes import instant, microseconds
from wattyard.kernel.context import Context
from wattyard.kernel.instants import Span
from wattyard.kernel.refusals import Missing
from wattyard.kernel.values import dataclass
from wattyard.schedules.domain.by_amount.plan import by_amount
from wattyard.schedules.domain.by_amount.question import (
    AmountPlan,
    AmountQuestion,
    Held,
    Need,
    PowerLimits,
    UsualLoad,
)
from wattyard.schedules.domain.by_amount.request import (
    AmountAnswer,
    AmountRequest,
    DeviceAmountRequest,
    together,
)
from wattyard.schedules.domain.by_amount.stability import within_limits
from wattyard.schedules.domain.power import WATTS_PER_KW, Direction
from wattyard.schedules.domain.refusals import MaxPowerInvalid, MaxPowerMissing, MinPowerInvalid
from wattyard.schedules.domain.steps import step_edges
from wattyard.schedules.service.demand import DemandRises
from wattyard.schedules.service.pricing import check_in_service, known_until, series_of
from wattyard.schedules.service.solving import Solver, Solvers
from wattyard.schedules.service.surroundings import SiteForecast
from wattyard.sites.domain.devices import Device, DeviceNotAtLocation, DeviceNotFound
from wattyard.sites.domain.sites import Site
from wattyard.sites.service import Devices, Sites
from wattyard.tariffs.domain.prices import Question, Quote
from wattyard.tariffs.service import Prices

_ROUNDING_W: Final = 1e-6
Key = tuple[Direction, UUID | None]
"""Whose prices: those of a direction at the site, or of a device with a tariff of its own."""


@dataclass
class Amounts:
    """Plans that move given energies inside given windows."""

    sites: Sites
    devices: Devices
    prices: Prices
    forecast: SiteForecast
    demand: DemandRises
    solvers: Solvers

    async def plan(self, context: Context, request: AmountRequest) -> AmountAnswer:
        """Plan the devices of a site jointly.

        Raises:
            LocationNotFound, DeviceNotFound: when the caller does not have them.
            MaxPowerInvalid, MaxPowerMissing, MinPowerInvalid.
            SiteInactive, DeviceNotAtLocation, PlansInProgress, and what `Prices.quote` raises.
        """
        async with self.solvers.planning(context.account) as solver:
            site = await self.sites.supply(context, request.site_id, param="location_id")
            needs = await self._needs(context, site, request)
            quotes, keys = await self._quotes(context, site, request)
            needs = tuple(
                _as_far_as_known(need, quotes[key]) for need, key in zip(needs, keys, strict=True)
            )
            limits = _limits(site, request)
            demand = await self._demand(context, request, quotes)
            load = await self._load(context, site, request, limits, charged=bool(demand))
            case = _Case(request, needs, limits, quotes, keys, load, demand, solver.seconds)
            plan = await _solved(case, solver)
        updates = [quote.next_update for quote in quotes.values() if quote.next_update]
        return AmountAnswer(
            site, request, plan, min(updates, default=None), _prices_until(request, quotes)
        )

    async def _needs(
        self, context: Context, site: Site, request: AmountRequest
    ) -> tuple[Need, ...]:
        known: dict[UUID, Device] = {}
        for number, one in enumerate(request.devices):
            if one.device_id not in known:
                known[one.device_id] = await self._device(context, one.device_id, number)
        needs = tuple(
            _need(one, known[one.device_id], number) for number, one in enumerate(request.devices)
        )
        check_in_service(site)
        for number, one in enumerate(request.devices):
            if site.id not in known[one.device_id].locations:
                raise DeviceNotAtLocation(
                    f"device {ids.wire('dev', one.device_id)} is not at location "
                    f"{ids.wire('loc', site.id)}",
                    param=f"data[{number}].device_id",
                )
        return needs

    async def _load(
        self,
        context: Context,
        site: Site,
        request: AmountRequest,
        limits: PowerLimits,
        *,
        charged: bool,
    ) -> UsualLoad | None:
        """Learn what the site uses besides, where it has a limit or is `charged` for demand."""
        buying = [one for one in request.devices if one.direction == "IMPORT"]
        if not buying or not (charged or isfinite(limits.import_w)):
            return None
        start_us, end_us = min(one.start_us for one in buying), max(one.end_us for one in buying)
        edges_us = step_edges(start_us, end_us, [])
        own = {one.device_id for one in request.devices}
        until_us = min(microseconds(context.now), start_us)
        load = await self.forecast.load(context, site, sorted(own), edges_us, until_us=until_us)
        return None if load is None else UsualLoad(edges_us, load.watts)

    async def _demand(
        self, context: Context, request: AmountRequest, quotes: Mapping[Key, Quote]
    ) -> tuple[DemandRise, ...]:
        """Find what may rise of demand charges while devices buy."""
        buying = next((quote for (way, _), quote in quotes.items() if way == "IMPORT"), None)
        if buying is None:
            return ()
        return await self.demand.of_plan(context, buying.supply, buying.question.span)

    async def _device(self, context: Context, device_id: UUID, number: int) -> Device:
        try:
            return await self.devices.device(context, device_id)
        except Missing as missing:
            raise DeviceNotFound(str(missing), param=f"data[{number}].device_id") from None

    async def _quotes(
        self, context: Context, site: Site, request: AmountRequest
    ) -> tuple[dict[Key, Quote], list[Key]]:
        """Ask for prices once where devices share them, and find whose count for each device."""
        quotes: dict[Key, Quote] = {}
        keys: list[Key] = []
        for one in request.devices:
            span = _span(request.devices, one.direction)
            shared = next((q for (way, _), q in quotes.items() if way == one.direction), None)
            question = Question(one.direction, span, one.device_id)
            if shared is None:
                shared = await self.prices.quote_known(context, site.id, question)
                key: Key = (one.direction, _owner(shared, one.device_id))
                quotes[key] = shared
            else:
                key = (one.direction, _owner(shared, one.device_id))
            if key not in quotes:
                quotes[key] = await self.prices.quote_known(
                    context, site.id, Question(one.direction, span, key[1])
                )
            keys.append(key)
        return quotes, keys


@dataclass(frozen=True, slots=True)
class _Case:
    """What is to be planned, under which limits, and with whose prices for each device."""

    request: AmountRequest
    needs: Sequence[Need]
    limits: PowerLimits
    quotes: Mapping[Key, Quote]
    keys: Sequence[Key]
    load: UsualLoad | None
    demand: tuple[DemandRise, ...]
    seconds: float


async def _solved(case: _Case, solver: Solver) -> AmountPlan:
    """Plan jointly; devices with prices of their own apart, as long as the site has room."""
    everybody = range(len(case.needs))
    first = {key[0]: key for key in sorted(case.quotes, key=lambda key: key[1] is None)}
    if len(case.quotes) == len(first):
        return await solver.run(by_amount, _question(case, first, everybody), hard=_hard(case))
    plans = []
    for key in case.quotes:
        numbers = [number for number in everybody if case.keys[number] == key]
        question = _question(case, {key[0]: key}, numbers)
        plans.append((numbers, await solver.run(by_amount, question, hard=_hard(question))))
    plan = together(plans)
    joint = _question(case, first, everybody)
    if within_limits(joint, plan):
        return plan
    return await solver.run(by_amount, joint, hard=_hard(case))


def _question(case: _Case, keys: Mapping[Direction, Key], numbers: Sequence[int]) -> AmountQuestion:
    """Ask for a joint plan of some devices, by their numbers.

    What they buy under a tariff of their own raises no demand charge of the site's.
    """
    request = case.request
    held = [request.devices[number].held for number in numbers]
    return AmountQuestion(
        needs=tuple(case.needs[number] for number in numbers),
        prices={way: series_of(case.quotes[key].prices) for way, key in keys.items()},
        limits=case.limits,
        shaving=request.shaving,
        load=case.load,
        demand=case.demand if keys.get("IMPORT") == ("IMPORT", None) else (),
        held=Held(tuple(own or () for own in held), request.keep_unless_saves)
        if any(own is not None for own in held)
        else None,
        explain=request.explain,
        seconds=case.seconds,
    )


def _hard(planned: _Case | AmountQuestion) -> bool:
    """Say whether a plan may take long: for demand charges, and integers for least powers."""
    return bool(planned.demand) or any(need.min_power_w > 0.0 for need in planned.needs)


def _need(request: DeviceAmountRequest, device: Device, number: int) -> Need:
    rated_kw = device.rated_kw(request.direction)
    param = f"data[{number}].max_power"
    if rated_kw is None and request.max_power_w is None:
        raise MaxPowerMissing(
            f"max_power is needed: device {ids.wire('dev', device.id)} has no rated "
            f"{request.direction} power",
            param=param,
        )
    rated_w = None if rated_kw is None else rated_kw * WATTS_PER_KW
    most_w = rated_w if request.max_power_w is None else request.max_power_w
    assert most_w is not None  # noqa: S101 (one of both is there)
    if rated_w is not None and most_w > rated_w + _ROUNDING_W:
        raise MaxPowerInvalid(
            f"max_power must be at most the device's rating, {rated_w:g} W {request.direction}; "
            f"got {most_w:g} W",
            param=param,
        )
    least_w = request.min_power_w
    if least_w is None:
        least_w = device.properties.least_power_kw * WATTS_PER_KW
        most_w = most_w if most_w >= least_w else 0.0  # it cannot run at all
        least_w = min(least_w, most_w)
    try:
        return Need(
            request.direction,
            request.start_us,
            request.end_us,
            most_w,
            request.energy_wh,
            least_w,
        )
    except MinPowerInvalid as refusal:
        raise refusal.under(f"data[{number}]") from None


def _as_far_as_known(need: Need, quote: Quote) -> Need:
    """End a window where prices do; one that starts later is left with nothing but that instant."""
    known_us = int(quote.prices.edges_us[-1])
    if need.end_us <= known_us:
        return need
    return replace(need, start_us=min(need.start_us, known_us - 1), end_us=known_us)


def _prices_until(request: AmountRequest, quotes: Mapping[Key, Quote]) -> datetime | None:
    """Find where prices end first, if that is before the end of a window of their direction."""
    ends = [
        known_until(quote, _span(request.devices, direction).end)
        for (direction, _), quote in quotes.items()
    ]
    return min((end for end in ends if end is not None), default=None)


def _limits(site: Site, request: AmountRequest) -> PowerLimits:
    if request.max_power_w is not None:
        return PowerLimits(request.max_power_w, request.max_power_w)
    return site_limits(site)


def site_limits(site: Site) -> PowerLimits:
    """Find what the grid connection of a site carries each way; nothing known is no limit."""
    free = PowerLimits()
    bought_kw, sold_kw = site.max_power_import_kw, site.max_power_export_kw
    return PowerLimits(
        free.import_w if bought_kw is None else bought_kw * WATTS_PER_KW,
        free.export_w if sold_kw is None else sold_kw * WATTS_PER_KW,
    )


def _span(devices: Sequence[DeviceAmountRequest], direction: Direction) -> Span:
    own = [one for one in devices if one.direction == direction]
    return Span(instant(min(one.start_us for one in own)), instant(max(one.end_us for one in own)))


def _owner(quote: Quote, device_id: UUID) -> UUID | None:
    """Find whether a device has a tariff of its own at the site."""
    own = any(device_id in element.tariff.devices for element in quote.supply.elements)
    return device_id if own else None
