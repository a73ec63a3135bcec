"""The use-case of schedules by amount."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.clock_changes import instant
from wattyard.kernel.ids import IdMaker
from wattyard.kernel.instants import Clock, Span
from wattyard.kernel.refusals import Missing
from wattyard.schedules.domain.amount import AmountPlan, AmountQuestion, Held, Need, PowerLimits
from wattyard.schedules.domain.amount_plan import by_amount
from wattyard.schedules.domain.amount_wanted import (
    AmountAnswer,
    AmountWanted,
    DeviceWanted,
    together,
)
from wattyard.schedules.domain.power import PER_KILO, TOLERANCE_W, Direction
from wattyard.schedules.domain.refusals import MaxPowerInvalid, MaxPowerMissing, MinPowerInvalid
from wattyard.schedules.domain.stability import peak_w
from wattyard.schedules.service.pricing import check_in_service, series_of
from wattyard.schedules.service.solving import Solvers
from wattyard.sites.domain.devices import Device, DeviceNotFound
from wattyard.sites.domain.places import Place as Site
from wattyard.sites.service import Devices, Places
from wattyard.tariffs.domain.contracts import DeviceNotAtLocation
from wattyard.tariffs.domain.prices import Question
from wattyard.tariffs.domain.quotes import Quote
from wattyard.tariffs.service import Prices

_ROUNDING_W: Final = 1e-6
Key = tuple[Direction, UUID | None]
"""Whose prices: those of a direction at the place, or of a device with a tariff of its own."""


@dataclass
class Amounts:
    """Plans that move given energies inside given windows."""

    places: Places
    devices: Devices
    prices: Prices
    solvers: Solvers
    now: Clock
    new_id: IdMaker

    async def plan(self, caller: Caller, wanted: AmountWanted) -> AmountAnswer:
        """Plan the devices of a place jointly.

        Raises:
            LocationNotFound, DeviceNotFound: when the caller does not have them.
            MaxPowerInvalid, MaxPowerMissing, MinPowerInvalid.
            SiteInactive, DeviceNotAtLocation, and what `Prices.quote` raises.
        """
        site = await self.places.supply(caller, wanted.site_id, param="location_id")
        needs = await self._needs(caller, site, wanted)
        quotes, keys = await self._quotes(caller, site, wanted)
        plan = await self._solved(wanted, needs, _limits(site, wanted), quotes, keys)
        updates = [quote.next_update for quote in quotes.values() if quote.next_update]
        return AmountAnswer(site, wanted, plan, min(updates, default=None))

    async def _needs(self, caller: Caller, site: Site, wanted: AmountWanted) -> tuple[Need, ...]:
        known: dict[UUID, Device] = {}
        for number, one in enumerate(wanted.devices):
            if one.device_id not in known:
                known[one.device_id] = await self._device(caller, one.device_id, number)
        needs = tuple(
            _need(one, known[one.device_id], number) for number, one in enumerate(wanted.devices)
        )
        check_in_service(site)
        for number, one in enumerate(wanted.devices):
            if site.id not in known[one.device_id].locations:
                raise DeviceNotAtLocation(
                    f"device {ids.wire('dev', one.device_id)} is not at location "
                    f"{ids.wire('loc', site.id)}",
                    param=f"data[{number}].device_id",
                )
        return needs

    async def _device(self, caller: Caller, device_id: UUID, number: int) -> Device:
        try:
            return await self.devices.device(caller, device_id)
        except Missing as missing:
            raise DeviceNotFound(str(missing), param=f"data[{number}].device_id") from None

    async def _quotes(
        self, caller: Caller, site: Site, wanted: AmountWanted
    ) -> tuple[dict[Key, Quote], list[Key]]:
        """Ask for prices once where devices share them; tell whose count for each device."""
        quotes: dict[Key, Quote] = {}
        keys: list[Key] = []
        for one in wanted.devices:
            span = _span(wanted.devices, one.direction)
            shared = next((q for (way, _), q in quotes.items() if way == one.direction), None)
            question = Question(one.direction, span, one.device_id)
            if shared is None:
                shared = await self.prices.quote(caller, site.id, question)
                key: Key = (one.direction, _owner(shared, one.device_id))
                quotes[key] = shared
            else:
                key = (one.direction, _owner(shared, one.device_id))
            if key not in quotes:
                quotes[key] = await self.prices.quote(
                    caller, site.id, Question(one.direction, span, key[1])
                )
            keys.append(key)
        return quotes, keys

    async def _solved(
        self,
        wanted: AmountWanted,
        needs: Sequence[Need],
        limits: PowerLimits,
        quotes: Mapping[Key, Quote],
        keys: Sequence[Key],
    ) -> AmountPlan:
        """Plan jointly; devices with prices of their own apart, as long as the place has room."""
        everybody = range(len(needs))
        first = {key[0]: key for key in sorted(quotes, key=lambda key: key[1] is None)}
        if len(quotes) == len(first):
            return await self._joint(wanted, needs, limits, quotes, (first, everybody))
        plans = []
        for key in quotes:
            numbers = [number for number in everybody if keys[number] == key]
            plan = await self._joint(wanted, needs, limits, quotes, ({key[0]: key}, numbers))
            plans.append((numbers, plan))
        plan = together(plans)
        if _fits(plan, needs, limits):
            return plan
        return await self._joint(wanted, needs, limits, quotes, (first, everybody))

    async def _joint(
        self,
        wanted: AmountWanted,
        needs: Sequence[Need],
        limits: PowerLimits,
        quotes: Mapping[Key, Quote],
        group: tuple[Mapping[Direction, Key], Sequence[int]],
    ) -> AmountPlan:
        keys, numbers = group
        held = [wanted.devices[number].held for number in numbers]
        question = AmountQuestion(
            needs=tuple(needs[number] for number in numbers),
            prices={way: series_of(quotes[key].prices) for way, key in keys.items()},
            limits=limits,
            shaving=wanted.shaving,
            held=Held(tuple(own or () for own in held), wanted.keep_unless_saves)
            if any(own is not None for own in held)
            else None,
            explain=wanted.explain,
        )
        hard = any(need.min_power_w > 0.0 for need in question.needs)
        return await self.solvers.run(by_amount, question, hard=hard)


def _need(wanted: DeviceWanted, device: Device, number: int) -> Need:
    rated_kw = device.rated_kw(wanted.direction)
    param = f"data[{number}].max_power"
    if rated_kw is None and wanted.max_power_w is None:
        raise MaxPowerMissing(
            f"max_power is needed: device {ids.wire('dev', device.id)} has no rated "
            f"{wanted.direction} power",
            param=param,
        )
    rated_w = rated_kw * PER_KILO if rated_kw is not None else None
    most_w = rated_w if wanted.max_power_w is None else wanted.max_power_w
    assert most_w is not None  # noqa: S101 (one of both is there)
    if rated_w is not None and most_w > rated_w + _ROUNDING_W:
        raise MaxPowerInvalid(
            f"max_power must be at most the device's rating, {rated_w:g} W {wanted.direction}; "
            f"got {most_w:g} W",
            param=param,
        )
    try:
        return Need(
            wanted.direction,
            wanted.start_us,
            wanted.end_us,
            most_w,
            wanted.energy_wh,
            wanted.min_power_w,
        )
    except MinPowerInvalid as refusal:
        raise refusal.under(f"data[{number}]") from None


def _limits(site: Site, wanted: AmountWanted) -> PowerLimits:
    if wanted.max_power_w is not None:
        return PowerLimits(wanted.max_power_w, wanted.max_power_w)
    return site_limits(site)


def site_limits(site: Site) -> PowerLimits:
    """Tell what the grid connection of a place carries each way; nothing known is no limit."""
    free = PowerLimits()
    bought_kw, sold_kw = site.max_power_import_kw, site.max_power_export_kw
    return PowerLimits(
        free.import_w if bought_kw is None else bought_kw * PER_KILO,
        free.export_w if sold_kw is None else sold_kw * PER_KILO,
    )


def _span(devices: Sequence[DeviceWanted], direction: Direction) -> Span:
    own = [one for one in devices if one.direction == direction]
    return Span(instant(min(one.start_us for one in own)), instant(max(one.end_us for one in own)))


def _owner(quote: Quote, device_id: UUID) -> UUID | None:
    """Tell whether a device has a tariff of its own at the place."""
    own = any(device_id in element.tariff.devices for element in quote.supply.elements)
    return device_id if own else None


def _fits(plan: AmountPlan, needs: Sequence[Need], limits: PowerLimits) -> bool:
    ways: tuple[Direction, ...] = ("IMPORT", "EXPORT")
    return all(
        peak_w([p.slots for p, n in zip(plan.devices, needs, strict=True) if n.direction == way])
        <= limits.of(way) + TOLERANCE_W
        for way in ways
    )
