"""Use-cases of tariffs: connect, read, change, check and disconnect.

Rules can be large: they are read and judged off the event loop.
"""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from wattyard.kernel import ids
from wattyard.kernel.caps import within
from wattyard.kernel.context import Context
from wattyard.kernel.ids import shown
from wattyard.kernel.pages import Page, PageWindow
from wattyard.kernel.refusals import Refusal, Unavailable
from wattyard.platform.db import ReadConnection, WriteConnection, savepoint
from wattyard.platform.work import beside
from wattyard.sites.domain.devices import DeviceNotAtLocation, DeviceNotFound
from wattyard.sites.domain.sites import LinkedTariff, Site
from wattyard.tariffs.domain.calendar import CalendarRegion
from wattyard.tariffs.domain.contracts import (
    Contract,
    ContractDraft,
    TariffNotFound,
)
from wattyard.tariffs.domain.expand import window_at
from wattyard.tariffs.domain.prices import calendar_region
from wattyard.tariffs.domain.sources import MarketSourceNotFound
from wattyard.tariffs.domain.tariff import Element, Tariff, check_overlap
from wattyard.tariffs.domain.warnings import warnings
from wattyard.tariffs.service.judged_tariffs import ConnectedTariff, Judged, check_sources
from wattyard.tariffs.service.ports import TariffUseCases
from wattyard.tariffs.service.series import Needs, sources_of
from wattyard.tariffs.store import contracts as contract_store

Guard = Callable[[Contract, Site], None]
"""Raises when the present object is not the one the caller expects (`If-Match`)."""

_TRIES: Final = 5
_ANYWHERE: Final = CalendarRegion("UTC")
"""Where rules are read whose site is not known yet, to find faults of form first."""


class _Moved(Exception):
    """A tariff is no longer at the site that was locked for it."""


class Tariffs(TariffUseCases):
    """The tariffs of every account."""

    async def page(
        self, context: Context, window: PageWindow, **filters: object
    ) -> Page[tuple[Contract, Site]]:
        """Read one page with the site of each, newest first.

        `filters` are `site_id`, `type`, `direction` and `status`; None leaves one out.
        """
        conditions = {f"{name} = {{}}": value for name, value in filters.items()}
        conditions["site_id = ANY({})"] = context.site_ids
        account, live = context.account, context.live_mode
        async with self.db.reading() as db:
            page = await contract_store.page(db, account, live, window, conditions)
            sites = await self.sites.supplies(context, {c.site_id for c in page.items})
        shown = [(c, sites[c.site_id]) for c in page.items if c.site_id in sites]
        return Page(shown, page.has_more)

    async def tariff(self, context: Context, tariff_id: UUID) -> tuple[Contract, Site]:
        """Read one tariff.

        Raises:
            TariffNotFound: when the caller has none of that id.
        """
        async with self.db.reading() as db:
            contract = await self._found(db, context, tariff_id)
            sites = await self.sites.supplies(context, [contract.site_id])
        if contract.site_id not in sites:  # deleted between the two statements
            raise _missing(tariff_id)
        return contract, sites[contract.site_id]

    async def window_at(self, context: Context, tariff_id: UUID, at: datetime) -> int | None:
        """Find the window of a tariff that holds at an instant, by its number in the schedule.

        Windows are numbered from 0 in the order of the document. None where no entry covers it.

        Raises:
            TariffNotFound: when the caller has none of that id.
        """
        contract, site = await self.tariff(context, tariff_id)
        region = calendar_region(site)
        rules = await beside(self.wire.rules, contract.rules, region)
        return window_at(rules, region, at)

    async def site(self, context: Context, site_id: UUID) -> Site:
        """Read the site where tariffs are to be connected.

        Raises:
            LocationNotFound: when the caller has none of that id.
        """
        return await self.sites.supply(context, site_id, param="location_id")

    async def connect(
        self, context: Context, drafts: Sequence[ContractDraft]
    ) -> list[ConnectedTariff]:
        """Connect tariffs at one place: all of them or none.

        Raises:
            Malformed: with the faults of form of a draft.
            LocationNotFound, DeviceNotFound, MarketSourceNotFound.
            LimitReached: when the location has as many tariffs as it may.
            ScheduleRefused, TariffTermOverlap, DeviceNotAtLocation, MarketCurrencyMismatch.
        """
        made = []
        async with self.db.transaction() as db:
            for draft in drafts:
                judged = await self._judge(db, context, draft, lock=True)
                contract = self._made(context, draft, judged.tariff)
                await contract_store.insert(
                    db, context.account, context.live_mode, contract, told_until=context.now
                )
                made.append(ConnectedTariff(contract, judged.site, judged.warnings))
            await self._record(context, "create", [(one.contract, one.site) for one in made])
            await self._show(db, context, made[0].site if made else None, grown=True)
        return made

    async def known(self, context: Context, contract: Contract) -> Judged:
        """Read a kept tariff with its site and market sources."""
        async with self.db.reading() as db:
            site = await self.sites.supply(context, contract.site_id, param="location_id")
            tariff = await self._read(contract.rules, calendar_region(site))
            sources = await sources_of(db, context, Needs.of(tariff.market_keys))
        doubts = await beside(warnings, tariff, calendar_region(site), site.currency_code)
        return Judged(site, tariff, sources, doubts)

    async def check(
        self, context: Context, draft: ContractDraft, *, instead_of: UUID | None = None
    ) -> Judged:
        """Judge a tariff as `connect` does, or as a change of one would be, and keep nothing.

        Raises:
            TariffNotFound: when there is no tariff `instead_of`.
            What `connect` raises.
        """
        async with self.db.reading() as db:
            before = None
            if instead_of is not None:
                before = await self._found(db, context, instead_of)
            judged = await self._judge(db, context, draft, lock=False, instead_of=before)
            if before is None or before.site_id != judged.site.id:
                self._check_room(1 + len(await self._shown(db, context, judged.site)))
        return judged

    async def change(
        self,
        context: Context,
        tariff_id: UUID,
        *,
        change: Callable[[Contract], ContractDraft],
        guard: Guard | None = None,
    ) -> ConnectedTariff:
        """Change a tariff, its site too; a change that changes nothing makes no event.

        Raises:
            TariffNotFound, TariffLinked, and what `connect`, `change` and `guard` raise.
        """
        async with self.db.transaction() as db:
            before, site = await self._locked(db, context, tariff_id, change)
            if guard is not None:
                guard(before, site)
            before.check_own()
            draft = change(before)
            moves = draft.site_id != before.site_id
            judged = await self._judge(db, context, draft, lock=moves, instead_of=before)
            after = self._made(context, draft, judged.tariff, before)
            if after != before:
                await contract_store.update(
                    db, context.account, context.live_mode, after, told_until=context.now
                )
                await self._record(context, "update", [(after, judged.site)])
                await self._show(db, context, judged.site, grown=moves)
                if moves:
                    await self._show(db, context, site)
        return ConnectedTariff(after, judged.site, judged.warnings)

    async def disconnect(
        self, context: Context, tariff_id: UUID, *, guard: Guard | None = None
    ) -> None:
        """Delete a tariff.

        Raises:
            TariffNotFound, TariffLinked, and what `guard` raises.
        """
        async with self.db.transaction() as db:
            contract, site = await self._locked(db, context, tariff_id)
            if guard is not None:
                guard(contract, site)
            contract.check_own()
            await contract_store.delete(db, context.account, context.live_mode, tariff_id)
            await self._record(context, "delete", [(contract, site)])
            await self._show(db, context, site)

    async def _judge(
        self,
        db: ReadConnection,
        context: Context,
        draft: ContractDraft,
        *,
        lock: bool,
        instead_of: Contract | None = None,
    ) -> Judged:
        """Judge a draft: shape, then existence, then state (contract 0, Errors)."""
        await self._read(draft.rules, _ANYWHERE)
        if lock:
            site = await self.sites.locked(context, draft.site_id, param="location_id")
        else:
            site = await self.sites.supply(context, draft.site_id, param="location_id")
        region = calendar_region(site)
        said = await self._read(draft.rules, region)
        needs = Needs.of(said.market_keys | ({said.market} if said.market else set()))
        sources = await sources_of(db, context, needs)
        if said.market is not None and said.market not in sources:
            raise MarketSourceNotFound(
                f"there is no market source {said.market}", param="market_source_id"
            )
        rate = said.conversion.code if said.conversion else None
        if rate is not None and rate not in sources:
            raise MarketSourceNotFound(
                f"there is no market source {shown(rate)}; see GET /market-sources",
                param="currency_conversion",
            )
        named = said.devices
        if instead_of is not None and instead_of.site_id == site.id:
            named -= (await self._read(instead_of.rules, region)).devices  # gone since, at worst
        await self._check_devices(context, named, site)
        tariff = await beside(self.wire.judged, draft.rules, region)
        check_sources(tariff, sources, site)
        same = instead_of is not None and (
            (instead_of.site_id, instead_of.rules) == (site.id, draft.rules)
        )
        if not same:  # a name can change although another zone of the site made terms meet
            check_overlap(tariff, await self._others(db, context, site, tariff, instead_of))
        doubts = await beside(warnings, tariff, region, site.currency_code)
        return Judged(site, tariff, sources, doubts)

    async def _read(self, rules: bytes, region: CalendarRegion) -> Tariff:
        return await beside(self.wire.rules, rules, region)

    async def _check_devices(
        self, context: Context, device_ids: Collection[UUID], site: Site
    ) -> None:
        for device_id in sorted(device_ids):
            try:
                device = await self.devices.device(context, device_id)
            except DeviceNotFound as missing:
                raise DeviceNotFound(str(missing), param="devices") from None
            if site.id not in device.locations:
                raise DeviceNotAtLocation(
                    f"device dev_{device_id.hex} is not at location loc_{site.id.hex}",
                    param="devices",
                )

    async def _others(
        self,
        db: ReadConnection,
        context: Context,
        site: Site,
        tariff: Tariff,
        instead_of: Contract | None,
    ) -> list[Element]:
        account, live = context.account, context.live_mode
        contracts = await contract_store.meeting(db, account, live, site.id, tariff)
        region = calendar_region(site)
        return [
            Element(other.id, await self._read(other.rules, region))
            for other in contracts
            if instead_of is None or other.id != instead_of.id
        ]

    async def _shown(self, db: ReadConnection, context: Context, site: Site) -> list[LinkedTariff]:
        found = await contract_store.shown_at_sites(
            db, context.account, context.live_mode, [site.id]
        )
        return found[site.id]

    def _check_room(self, count: int) -> None:
        within(self.caps.site_tariffs, count, "site_tariffs (tariffs of a location)")

    def _made(
        self,
        context: Context,
        draft: ContractDraft,
        tariff: Tariff,
        before: Contract | None = None,
    ) -> Contract:
        now = context.now
        market = tariff.market
        contract = Contract(
            site_id=draft.site_id,
            rules=draft.rules,
            market_rates=draft.market_rates,
            display_name=draft.display_name,
            provider_id=draft.provider_id,
            metadata=draft.metadata,
            type=tariff.type,
            direction=tariff.direction,
            term=tariff.term,
            market_source_id=UUID(hex=market[4:]) if market else None,
            market_codes=tariff.market_codes,
            connection_type="MARKET" if draft.market_rates else "MANUAL",
            id=before.id if before else context.new_id(),
            is_temporary=before.is_temporary if before else False,
            time_created=before.time_created if before else now,
            time_updated=before.time_updated if before else now,
        )
        if before is None or contract == before:
            return contract
        return replace(contract, time_updated=now)

    async def _locked(
        self,
        db: WriteConnection,
        context: Context,
        tariff_id: UUID,
        change: Callable[[Contract], ContractDraft] | None = None,
    ) -> tuple[Contract, Site]:
        """Lock a tariff by locking its site, as everyone does, and the site it is to move to.

        Both are locked at once, in the order of their ids: two tariffs that change places must
        not wait for each other. Where the tariff has moved meanwhile, the locks are given up with
        their savepoint.
        """
        for _ in range(_TRIES):
            contract = await self._found(db, context, tariff_id)
            wanted = {contract.site_id}
            if change is not None:
                with suppress(Refusal):  # what is refused is refused under the lock
                    wanted.add(change(contract).site_id)
            with suppress(_Moved):
                async with savepoint(db):
                    sites = await self.sites.locked_present(context, wanted)
                    contract = await self._found(db, context, tariff_id)
                    if contract.site_id not in wanted:
                        raise _Moved
                if contract.site_id not in sites:
                    raise _missing(tariff_id)
                return contract, sites[contract.site_id]
        raise Unavailable("other requests keep moving the tariff; nothing was changed, try again")

    async def _found(self, db: ReadConnection, context: Context, tariff_id: UUID) -> Contract:
        found = await contract_store.by_id(db, context.account, context.live_mode, tariff_id)
        if found is None:
            raise _missing(tariff_id)
        return found

    async def _record(
        self, context: Context, change: str, contracts: Sequence[tuple[Contract, Site]]
    ) -> None:
        await self.events.record(context, self.new_events(context, change, contracts))

    async def _show(
        self, db: ReadConnection, context: Context, site: Site | None, *, grown: bool = False
    ) -> None:
        """Let the location list its tariffs as they are now.

        Raises:
            LimitReached: when it has `grown` above the most.
        """
        if site is None:
            return
        shown_tariffs = await self._shown(db, context, site)
        if grown:
            self._check_room(len(shown_tariffs))
        await self.sites.show_tariffs(context, site, shown_tariffs)


def _missing(tariff_id: UUID) -> TariffNotFound:
    return TariffNotFound(f"there is no tariff {ids.wire('trf', tariff_id)}")
