"""Use-cases of costs: of a site, a device, a session, and of energy as it is metered."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from wattyard.costs.domain.contracts import history_needed
from wattyard.costs.domain.history import priced_span, readings_needed
from wattyard.costs.domain.question import CostQuestion
from wattyard.costs.domain.reports import Report, SessionNotFound
from wattyard.costs.service.metering import (
    Metering,
    hull,
    meterings,
    report,
    with_sent,
    within,
)
from wattyard.costs.service.netting import NettedFlows, contracts_span, netted_flows, netted_time_of
from wattyard.kernel.clock_changes import instant
from wattyard.kernel.context import Context
from wattyard.kernel.instants import Span
from wattyard.kernel.refusals import Malformed, StateForbids
from wattyard.kernel.values import dataclass
from wattyard.meters.domain.readings import Failed
from wattyard.meters.domain.readings import Readings as Sent
from wattyard.meters.domain.records import StreamReadings
from wattyard.meters.service import Meters, Records
from wattyard.platform.db import Database, ReadConnection
from wattyard.platform.work import beside
from wattyard.sites.domain.sites import LocationNotFound, Site
from wattyard.sites.service import Devices, Sites
from wattyard.tariffs.domain.contracts import Contract
from wattyard.tariffs.domain.prices import Supply
from wattyard.tariffs.domain.sources import Markets
from wattyard.tariffs.domain.tariff import Direction
from wattyard.tariffs.service import Prices, Tariffs

_PARAMS: Final = {"start_time_invalid": "start_time", "time_in_future": "end_time"}
"""Which parameter a fault of a kept reading is in; those of its energy are found before."""


class ReadingRefused(StateForbids):
    """The reading overlaps a stored one of another period, so it cannot be kept."""

    code = "record_overlap"


class TariffUnlike(StateForbids):
    """The tariff to compare with is for another direction, or in another currency."""

    code = "tariff_unlike"


@dataclass
class CostReports:
    """The costs of every account's energy. Nothing priced is stored, so nothing grows stale."""

    db: Database
    sites: Sites
    devices: Devices
    meters: Meters
    records: Records
    prices: Prices
    tariffs: Tariffs

    async def of_site(self, context: Context, site_id: UUID, question: CostQuestion) -> Report:
        """Price what a site's own meter read, charges included.

        Raises:
            LocationNotFound, NoTariffConnected, NoPriceData, MarketCurrencyMismatch.
        """
        async with self.db.snapshot() as db:
            site = await self.sites.supply(context, site_id, param="id")
            listed, markets = await self._of_object(db, context, site, question)
        return await beside(report, listed, markets)

    async def under(
        self, context: Context, site_id: UUID, question: CostQuestion, tariff_id: UUID
    ) -> Report:
        """Price what a site's own meter read as if another tariff had been there all the time.

        It replaces those of its type; network fees besides the energy stay as they are.

        Raises:
            LocationNotFound, TariffNotFound, NoPriceData, MarketCurrencyMismatch.
            TariffUnlike: when the tariff is for another direction or in another currency.
        """
        async with self.db.snapshot() as db:
            site = await self.sites.supply(context, site_id, param="id")
            other, at = await self.tariffs.tariff(context, tariff_id)
            if (other.direction, at.currency_code) != (question.direction, site.currency_code):
                raise TariffUnlike(
                    f"the tariff is for {other.direction} in {at.currency_code}; these costs are "
                    f"for {question.direction} in {site.currency_code}"
                )
            listed, markets = await self._of_object(db, context, site, question, under=other)
        return await beside(report, listed, markets)

    async def of_device(self, context: Context, device_id: UUID, question: CostQuestion) -> Report:
        """Price what a device used according to its readings, wherever it was; without charges.

        Raises:
            DeviceNotFound, NoTariffConnected, NoPriceData, CurrenciesMixed.
        """
        question = replace(question, device=device_id, with_charges=False)
        async with self.db.snapshot() as db:
            device = await self.devices.device(context, device_id)
            streams = await self.records.streams_with(
                context, device_id, question.direction, question.span
            )
            at = sorted({one.site_id for one in streams.values()}) or sorted(device.locations)[:1]
            supplies = await self._supplies(db, context, at, question.direction, question.span)
            if not supplies:
                raise StateForbids(
                    f"device dev_{device_id.hex} is at no location, so no tariff prices its energy",
                    code="no_tariff_connected",
                )
            markets = await self.prices.markets(db, context, supplies.values(), question.span)
            needed = {site_id: _needed(own, question) for site_id, own in supplies.items()}
            spans = {n: needed[s.site_id] for n, s in streams.items() if s.site_id in needed}
            found = await self.records.of_streams(context, streams, spans)
        listed = []
        for site_id, supply in supplies.items():
            own = [one for one in found if one.stream.site_id == site_id]
            listed += meterings(supply, question, own)
        return await beside(report, listed, markets)

    async def of_session(self, context: Context, session: str, direction: Direction) -> Report:
        """Price a session's readings, one item for each.

        Energy beside the session moves the tiers that it reached, and needs no price.

        Raises:
            SessionNotFound: when no reading of the direction has that reference.
            NoTariffConnected, NoPriceData, CurrenciesMixed.
        """
        async with self.db.snapshot() as db:
            found = await self.records.of_session(context, session, direction)
            if not found:
                raise _without_readings(session, direction)
            at = sorted({one.stream.site_id for one in found})
            questions = {one.series: _of_its_time(one) for one in found}
            whole = Span(
                min(question.span.start for question in questions.values()),
                max(question.span.end for question in questions.values()),
            )
            supplies = await self._supplies(db, context, at, direction, whole)
            found = [one for one in found if one.stream.site_id in supplies]
            markets = await self.prices.markets(db, context, supplies.values(), whole)
            found = await self._with_history(context, found, questions, supplies)
            flows = await self._netted_at(db, context, found, questions, supplies)
        if not found:  # deleted between two statements of a request's own transaction
            raise _without_readings(session, direction)
        listed = [
            Metering(
                supplies[one.stream.site_id],
                questions[one.series],
                one.metered,
                session,
                None if one.stream.device_id else flows.get(one.stream.site_id),
            )
            for one in found
        ]
        return await beside(report, listed, markets)

    async def of_reading(self, context: Context, sent: Sent, *, keep: bool) -> Report:
        """Price one reading, and keep it where `keep`: both, or neither.

        Raises:
            Malformed, ReadingRefused: when it cannot be a reading, or cannot be kept.
            LocationNotFound, DeviceNotFound, NoTariffConnected, NoPriceData.
        """
        (stream,) = sent.streams
        span = Span(instant(int(sent.starts_us[0])), instant(int(sent.ends_us[0])))
        question = CostQuestion(
            stream.direction, span, "NONE", stream.device_id, with_charges=False
        )
        async with self.db.transaction() if keep else self.db.snapshot() as db:
            site = await self.sites.supply(context, stream.site_id, param="location_id")
            if stream.device_id is not None:
                await self.devices.device(context, stream.device_id)
            if keep:
                batch = await self.meters.keep(context, sent, submitted=1)
                _check_kept(batch.failed)
            listed, markets = await self._of_object(db, context, site, question, only=sent)
            return await beside(report, listed, markets)

    async def _of_object(
        self,
        db: ReadConnection,
        context: Context,
        site: Site,
        question: CostQuestion,
        *,
        only: Sent | None = None,
        under: Contract | None = None,
    ) -> tuple[list[Metering], Markets]:
        """Gather what was metered at a site, by its own meter or the question's device.

        `only`: one reading that is answered alone, whether it is stored or not. `under`: the
        contract that is taken to be there in the place of others of its type.
        """
        spans = [contracts_span(site, question.span)]
        supply = await self.prices.supply(db, context, site, question.direction, spans)
        if under is not None:
            supply = await self.prices.supply_under(db, context, supply, under)
        priced = priced_span(supply.elements, supply.region, question)
        markets = await self.prices.markets(db, context, [supply], priced)
        needed = _needed(supply, question)
        time = await netted_time_of(self.prices, db, context, supply, question, needed)
        found = await self.records.of_object(
            context,
            needed if time is None else time.with_all(needed),
            site_id=site.id,
            device_id=question.device,
            direction=question.direction,
        )
        answered = found = found if only is None else with_sent(found, only)
        if only is not None:
            answered = found[:1]
        if time is None:
            return meterings(supply, question, answered), markets
        flows = await netted_flows(self.records, context, time, question.direction, found)
        return meterings(supply, question, within(answered, needed), flows), markets

    async def _netted_at(
        self,
        db: ReadConnection,
        context: Context,
        found: Sequence[StreamReadings],
        questions: Mapping[int, CostQuestion],
        supplies: Mapping[UUID, Supply],
    ) -> dict[UUID, NettedFlows]:
        """Gather, by site, what the readings of sites' own meters are netted with."""
        netted: dict[UUID, NettedFlows] = {}
        own = [one for one in found if one.stream.device_id is None]
        for site_id in sorted({one.stream.site_id for one in own}):
            asked = [questions[one.series] for one in own if one.stream.site_id == site_id]
            supply, question = supplies[site_id], asked[0]
            needed = hull([_needed(supply, one) for one in asked])
            time = await netted_time_of(self.prices, db, context, supply, question, needed)
            if time is None:
                continue
            metered = await self.records.of_object(
                context,
                time.span,
                site_id=site_id,
                device_id=None,
                direction=question.direction,
            )
            netted[site_id] = await netted_flows(
                self.records, context, time, question.direction, metered
            )
        return netted

    async def _supplies(
        self,
        db: ReadConnection,
        context: Context,
        site_ids: Sequence[UUID],
        direction: Direction,
        span: Span,
    ) -> dict[UUID, Supply]:
        sites = await self.sites.supplies(context, site_ids)
        spans = [contracts_span(site, span) for site in sites.values()]
        return await self.prices.supplies(db, context, sites.values(), direction, spans)

    async def _with_history(
        self,
        context: Context,
        found: Sequence[StreamReadings],
        questions: Mapping[int, CostQuestion],
        supplies: Mapping[UUID, Supply],
    ) -> list[StreamReadings]:
        """Read what else was metered in the streams where tiers count it."""
        streams = {one.series: one.stream for one in found}
        spans = {}
        for number, stream in streams.items():
            supply, question = supplies[stream.site_id], questions[number]
            needed = history_needed(supply.elements, supply.region, question)
            if needed is not None:
                spans[number] = needed
        if not spans:
            return list(found)
        more = await self.records.of_streams(context, streams, spans)
        whole = [*(one for one in found if one.series not in spans), *more]
        return sorted(whole, key=lambda one: one.series)


def _without_readings(session: str, direction: Direction) -> SessionNotFound:
    return SessionNotFound(f"there is no {direction} reading of session '{session[:60]}'")


def _needed(supply: Supply, question: CostQuestion) -> Span:
    return readings_needed(supply.elements, supply.region, question)


def _of_its_time(own: StreamReadings) -> CostQuestion:
    """Ask for each reading of a stream."""
    stream, metered = own.stream, own.metered
    span = Span(instant(metered.starts_us[0]), instant(metered.ends_us[-1]))
    return CostQuestion(stream.direction, span, "NONE", stream.device_id, with_charges=False)


def _check_kept(failed: Sequence[Failed]) -> None:
    for one in failed:
        if one.code == "record_overlap":
            raise ReadingRefused(one.error, param="start_time")
        if one.code == LocationNotFound.code:  # deleted meanwhile
            raise LocationNotFound(one.error, param="location_id")
        raise Malformed(one.error, param=_PARAMS.get(one.code), code=one.code)
