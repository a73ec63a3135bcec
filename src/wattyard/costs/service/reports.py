"""Use-cases of costs: of a place, a device, a session, and of energy as it is metered."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

import numpy as np

from wattyard.costs.domain.answer import Costs
from wattyard.costs.domain.contracts import history_needed
from wattyard.costs.domain.costs import costs
from wattyard.costs.domain.question import CostQuestion
from wattyard.costs.domain.readings import Readings
from wattyard.costs.domain.reports import (
    Report,
    SessionNotFound,
    together,
)
from wattyard.kernel.callers import Caller
from wattyard.kernel.clock_changes import instant
from wattyard.kernel.ids import IdMaker
from wattyard.kernel.instants import Clock, Span
from wattyard.kernel.refusals import Malformed, StateForbids
from wattyard.meters.domain.readings import Failed, Marks, Metered, Stream
from wattyard.meters.domain.readings import Readings as Sent
from wattyard.meters.domain.records import StreamReadings
from wattyard.meters.service import Meters, Records
from wattyard.platform.db import Connection, Database
from wattyard.sites.domain.places import LocationNotFound
from wattyard.sites.domain.places import Place as Site
from wattyard.sites.service import Devices, Places
from wattyard.tariffs.domain.prices import Question
from wattyard.tariffs.domain.tariff import Direction
from wattyard.tariffs.service import Prices

_PARAMS: Final = {"start_time_invalid": "start_time", "time_in_future": "end_time"}
"""Which parameter a fault of a kept reading is in; those of its energy are told before."""


class ReadingRefused(StateForbids):
    """The reading overlaps a stored one of another period, so it cannot be kept."""

    code = "record_overlap"


@dataclass
class CostReports:
    """The costs of every account's energy. Nothing priced is stored, so nothing grows stale."""

    db: Database
    places: Places
    devices: Devices
    meters: Meters
    records: Records
    prices: Prices
    now: Clock
    new_id: IdMaker

    async def of_place(self, caller: Caller, site_id: UUID, question: CostQuestion) -> Report:
        """Tell the costs of what a place's own meter read, charges included.

        Raises:
            LocationNotFound, NoTariffConnected, NoPriceData, MarketCurrencyMismatch.
        """
        async with self.db.reading() as db:
            site = await self.places.supply(caller, site_id, param="id")
            return await self._report(db, caller, site, question)

    async def of_device(self, caller: Caller, device_id: UUID, question: CostQuestion) -> Report:
        """Tell the costs of what a device was read to use, wherever it was; without charges.

        Raises:
            DeviceNotFound, NoTariffConnected, NoPriceData, CurrenciesMixed.
        """
        question = replace(question, device=device_id, with_charges=False)
        async with self.db.reading() as db:
            device = await self.devices.device(caller, device_id)
            found = await self.records.of_object(
                caller,
                question.span,
                site_id=None,
                device_id=device_id,
                direction=question.direction,
            )
            at = sorted({one.stream.site_id for one in found}) or sorted(device.locations)[:1]
            sites = await self.places.supplies(caller, at)
            reports = [
                await self._report(db, caller, sites[site_id], question)
                for site_id in at
                if site_id in sites
            ]
        if not reports:
            raise StateForbids(
                f"device dev_{device_id.hex} is at no location, so no tariff prices its energy",
                code="no_tariff_connected",
            )
        return together(reports)

    async def of_session(self, caller: Caller, session: str, direction: Direction) -> Report:
        """Tell the costs of a session's readings, one item for each.

        Raises:
            SessionNotFound: when no reading of the direction has that reference.
            NoTariffConnected, NoPriceData, CurrenciesMixed.
        """
        async with self.db.reading() as db:
            found = [
                one
                for one in await self.records.of_session(caller, session)
                if one.stream.direction == direction
            ]
            if not found:
                raise SessionNotFound(
                    f"there is no {direction} reading of session '{session[:60]}'"
                )
            sites = await self.places.supplies(caller, {one.stream.site_id for one in found})
            found = [one for one in found if one.stream.site_id in sites]  # else just deleted
            reports = []
            objects = dict.fromkeys((one.stream.site_id, one.stream.device_id) for one in found)
            for site_id, device_id in objects:
                own = [
                    one.metered
                    for one in found
                    if (one.stream.site_id, one.stream.device_id) == (site_id, device_id)
                ]
                start = min(int(metered.starts_us[0]) for metered in own)
                end = max(int(metered.ends_us.max()) for metered in own)
                span = Span(instant(start), instant(end))
                question = CostQuestion(direction, span, "NONE", device_id, with_charges=False)
                report = await self._report(db, caller, sites[site_id], question)
                reports.append(report.of_session(session))
        priced = [report for report in reports if report is not None]
        if not priced:
            raise SessionNotFound(f"the readings of session '{session[:60]}' were just changed")
        return together(priced)

    async def of_reading(self, caller: Caller, sent: Sent, *, keep: bool) -> Report:
        """Tell the cost of one reading, and keep it where `keep`: both, or neither.

        Raises:
            Malformed, ReadingRefused: when it cannot be a reading, or cannot be kept.
            LocationNotFound, DeviceNotFound, NoTariffConnected, NoPriceData.
        """
        (stream,) = sent.streams
        span = Span(instant(int(sent.starts_us[0])), instant(int(sent.ends_us[0])))
        question = CostQuestion(
            stream.direction, span, "NONE", stream.device_id, with_charges=False
        )
        async with self.db.transaction() as db:
            site = await self.places.supply(caller, stream.site_id, param="location_id")
            if stream.device_id is not None:
                await self.devices.device(caller, stream.device_id)
            if keep:
                batch = await self.meters.keep(caller, sent, submitted=1)
                _check_kept(batch.failed)
            return await self._report(db, caller, site, question, only=sent)

    async def _report(
        self,
        db: Connection,
        caller: Caller,
        site: Site,
        question: CostQuestion,
        *,
        only: Sent | None = None,
    ) -> Report:
        """Price what was metered at a site: each stream of the direction, and charges once.

        `only`: one reading that is answered alone, whether it is stored or not.
        """
        now = self.now()
        supply = await self.prices.supply(db, caller, site, question.direction)
        asked = Question(question.direction, question.span, question.device)
        markets = await self.prices.markets(db, caller, supply, asked, now)
        needed = history_needed(supply.elements, supply.place, question) or question.span
        found = await self.records.of_object(
            caller,
            needed,
            site_id=site.id,
            device_id=question.device,
            direction=question.direction,
        )
        if only is not None:
            found = [_with(found, only)]
        reports = []
        for number, one in enumerate(_inbound_first(found) or [None]):
            own = question if number == 0 else replace(question, with_charges=False)
            metered = None if one is None else one.metered
            priced = await asyncio.to_thread(
                costs, supply.elements, supply.place, own, _readings(metered), markets=markets
            )
            reports.append(_reported(site, own, priced, metered))
        return together(reports)


def _readings(metered: Metered | None) -> Readings:
    if metered is None:
        nothing = np.zeros(0, np.int64)
        return Readings(nothing, nothing, np.zeros(0), np.zeros(0))
    return Readings(metered.starts_us, metered.ends_us, metered.energy_kwh, metered.confidence)


def _reported(site: Site, question: CostQuestion, priced: Costs, metered: Metered | None) -> Report:
    references = None
    if question.aggregation == "NONE":
        places = [] if priced.data.reading is None else priced.data.reading.tolist()
        references = tuple(
            (metered.sessions[n], metered.references[n]) for n in places if metered is not None
        )
    return Report(site, question.device, question.direction, priced.data, priced.total, references)


def _inbound_first(found: Iterable[StreamReadings]) -> list[StreamReadings]:
    """Put what flowed in first: charges are reckoned from it."""
    return sorted(found, key=lambda one: one.stream.flow != "INBOUND")


def _with(found: Sequence[StreamReadings], sent: Sent) -> StreamReadings:
    """Give the stream of a reading, which stands in the place of those stored for its time."""
    stream: Stream = sent.streams[0]
    start, end = int(sent.starts_us[0]), int(sent.ends_us[0])
    own = next((one.metered for one in found if one.stream.flow == stream.flow), None)
    alone = Metered(
        np.zeros(1, np.int64),
        sent.starts_us,
        sent.ends_us,
        sent.energy_kwh,
        sent.confidence,
        sent.sessions,
        sent.references,
    )
    if own is not None:
        before, after = own.ends_us <= start, own.starts_us >= end
        alone = _joined(own, alone, before, after)
    return StreamReadings(stream, alone)


def _joined(own: Metered, alone: Metered, before: Marks, after: Marks) -> Metered:
    """Put one reading between the marked ones (n) before and after it."""
    columns = [
        np.concatenate([stored[before], mine, stored[after]])
        for stored, mine in zip(own[:5], alone[:5], strict=True)
    ]
    texts = [
        [
            *(stored[n] for n in np.flatnonzero(before).tolist()),
            *mine,
            *(stored[n] for n in np.flatnonzero(after).tolist()),
        ]
        for stored, mine in ((own.sessions, alone.sessions), (own.references, alone.references))
    ]
    return Metered(columns[0], columns[1], columns[2], columns[3], columns[4], texts[0], texts[1])


def _check_kept(failed: Sequence[Failed]) -> None:
    for one in failed:
        if one.code == "record_overlap":
            raise ReadingRefused(one.error, param="start_time")
        if one.code == LocationNotFound.code:  # deleted meanwhile
            raise LocationNotFound(one.error, param="location_id")
        raise Malformed(one.error, param=_PARAMS.get(one.code), code=one.code)
