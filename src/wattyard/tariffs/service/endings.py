"""Use-cases of ends: contracts that run out, that go with their site, or move to its new zone."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID

from wattyard.events.domain import NewEvent
from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Context
from wattyard.kernel.pages import LIMIT
from wattyard.kernel.refusals import AccountMoving, Malformed
from wattyard.platform.work import beside
from wattyard.sites.domain.sites import Site, TimezoneNotPossible
from wattyard.tariffs.domain.contracts import (
    ENDING_SOON,
    EXPIRING,
    EndingContracts,
    EndingPosition,
)
from wattyard.tariffs.domain.prices import calendar_region
from wattyard.tariffs.service.ports import TariffUseCases
from wattyard.tariffs.store import contracts as contract_store

LOOKED_AT: Final = 2000
"""How many contracts one question looks at, however few of them are without a successor."""

_TOLD_AT_ONCE: Final = 100


class Endings(TariffUseCases):
    """The ends of every account's contracts."""

    async def record(self, context: Context) -> int:
        """Announce contracts of every account that end within 7 days or have ended, each once.

        Answers how many were announced; more may be due when it is not 0.
        """
        with suppress(AccountMoving):  # one that begins to leave: the next time, without it
            return await self._record(context)
        return 0

    async def _record(self, context: Context) -> int:
        now = context.now
        async with self.db.transaction() as db:
            endings = await contract_store.claim_ending(db, now, EXPIRING, _TOLD_AT_ONCE)
            for ending in endings:
                owner = context.on_behalf_of(
                    Caller(ending.account, ending.account_id, ending.live_mode)
                )
                contract = ending.contract
                sites = await self.sites.supplies(owner, [contract.site_id])
                change = "expired" if contract.term.end <= now else "expiring"
                new_events = self.new_events(owner, change, [(contract, sites[contract.site_id])])
                await self.events.record(owner, new_events)
        return len(endings)

    async def upcoming(
        self, context: Context, after: EndingPosition | None = None, *, limit: int = LIMIT
    ) -> EndingContracts:
        """Find the contracts that end within 30 days and nothing follows, the next first."""
        after = after or EndingPosition(context.now, UUID(int=0))
        account, live = context.account, context.live_mode
        async with self.db.reading() as db:
            looked_at = await contract_store.ending_between(
                db, account, live, after, context.now + ENDING_SOON, LOOKED_AT
            )
            found = [position for position, ends_prices in looked_at if ends_prices]
            shown = found[:limit]
            contracts = await contract_store.by_ids(db, account, live, [one.id for one in shown])
        stopped = len(looked_at) == LOOKED_AT and len(found) <= limit
        onward = looked_at[-1][0] if stopped else shown[-1] if len(found) > limit else None
        items = tuple(contracts[one.id] for one in shown if one.id in contracts)
        return EndingContracts(items, onward, stopped)

    async def removal_events(self, context: Context, sites: Sequence[Site]) -> list[NewEvent]:
        """List the tariffs that go with sites that are about to be deleted."""
        by_id = {site.id: site for site in sites}
        async with self.db.reading() as db:
            gone = await contract_store.at_sites(db, context.account, context.live_mode, by_id)
        return self.new_events(context, "delete", [(one, by_id[one.site_id]) for one in gone])

    async def zones_changed(self, context: Context, sites: Sequence[Site]) -> None:
        """Keep the terms of contracts as the new zones of their locked sites read their dates.

        What was announced of an end stays so: it is the same end.

        Raises:
            TimezoneNotPossible: when a contract between an instant and a date would have no time.
        """
        by_id = {site.id: site for site in sites}
        account, live = context.account, context.live_mode
        async with self.db.transaction() as db:
            for contract in await contract_store.at_sites(db, account, live, by_id):
                region = calendar_region(by_id[contract.site_id])
                try:
                    tariff = await beside(self.wire.rules, contract.rules, region)
                except Malformed as refusal:
                    raise TimezoneNotPossible(
                        f"tariff trf_{contract.id.hex} is not possible in {region.zone_name}: "
                        f"{refusal}",
                        param="timezone",
                    ) from None
                if tariff.term != contract.term:
                    await contract_store.set_term(db, account, live, contract.id, tariff.term)
