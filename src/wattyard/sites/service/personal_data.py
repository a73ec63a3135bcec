"""Use-cases of data protection: what is kept of a customer, given out or erased."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from wattyard.kernel import ids, instants
from wattyard.kernel.context import Context
from wattyard.kernel.values import dataclass
from wattyard.platform.db import Database, personal_rows
from wattyard.platform.db.personal_rows import EVER, Belongs, LogTable, Mentions, OwnTable
from wattyard.platform.services import Services
from wattyard.sites.domain.sites import Customer
from wattyard.sites.service.customers import Customers

_AT_ONCE: Final = 500
_SETTLED: Final = timedelta(seconds=2)
"""Servers write what they logged half a second after an answer."""
_UNDER_WAY: Final = timedelta(minutes=10)
"""What is written has the time at which its call began, by the clock of its node."""
_ERASED: Final = "customer.delete"
"""The event that erasure itself writes."""
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Belongings:
    """A customer, by id what belongs to it, and by what logs mention it."""

    customer: Customer
    owners: Mapping[Belongs, list[UUID]]
    mentions: Mentions


class PersonalData:
    """What every capability keeps of one customer of an account and mode.

    Devices that stand at other sites, too, are not the customer's: they stay.
    """

    def __init__(
        self,
        db: Database,
        services: Services,
        customers: Customers,
        settled: timedelta = _SETTLED,
    ) -> None:
        self._db = db
        self._services = services
        self._customers = customers
        self._settled = settled

    async def export(self, context: Context, customer_id: UUID) -> AsyncIterator[tuple[str, Row]]:
        """Read everything that is kept of a customer: the table, and a row by its columns.

        Raises:
            CustomerNotFound: when the caller has none of that id.
        """
        belongings = await self._belongings(context, customer_id)
        for table in self._own_tables():
            owners = belongings.owners[table.belongs]
            async for row in personal_rows.own(
                self._db, context.account, context.live_mode, table, owners
            ):
                yield table.table, row
        for log in self._logs():
            async for _, row in personal_rows.mentioning(
                self._db, context.account, context.live_mode, log, belongings.mentions
            ):
                yield log.table, row

    async def document(self, context: Context, customer_id: UUID) -> AsyncGenerator[str, None]:
        """Write the same as one JSON document, in pieces: an array of rows for each table.

        Raises:
            CustomerNotFound: with the first piece, when the caller has none of that id.
        """
        head = {"customer_id": ids.wire("cus", customer_id), "time": instants.text(context.now)}
        before, last = json.dumps(head)[:-1] + ', "tables": {', ""
        async for table, row in self.export(context, customer_id):
            lead = ",\n" if table == last else f'{before}\n"{table}": [\n'
            yield lead + json.dumps(row, ensure_ascii=False)
            before, last = "],", table
        yield "]}}\n"

    async def holdings(self, context: Context, customer_id: UUID) -> dict[str, int]:
        """Count by table what is kept of a customer, and what mentions it.

        Raises:
            CustomerNotFound: when the caller has none of that id.
        """
        found = Counter[str]()
        async for table, _ in self.export(context, customer_id):
            found[table] += 1
        return dict(found)

    async def erase(self, context: Context, customer_id: UUID) -> dict[str, int]:
        """Erase a customer with all that is kept of it, and every mention: how many rows, by table.

        Logs go first, so that an interrupted erasure continues when it is asked for again; then the
        customer with its sites and devices; then, a moment later (`settled`), what was logged
        meanwhile, also by calls that had begun before. One event stays,
        `customer.delete`, without reference and metadata.

        Raises:
            CustomerNotFound: when the caller has none of that id.
        """
        erased = Counter(await self.holdings(context, customer_id))
        belongings = await self._belongings(context, customer_id)
        for log in self._logs():
            await self._forget(context, log, belongings.mentions)
        gone = await self._customers.erase(context, customer_id)
        meanwhile = Mentions(belongings.mentions.ids | gone, frozenset(), frozenset())
        await asyncio.sleep(self._settled.total_seconds())
        for log in self._logs():
            await self._forget(context, log, meanwhile, since=context.now - _UNDER_WAY)
        return dict(erased)

    async def _forget(
        self, context: Context, log: LogTable, mentions: Mentions, since: datetime = EVER
    ) -> None:
        account, live = context.account, context.live_mode
        found = personal_rows.mentioning(self._db, account, live, log, mentions, since)
        keys = [key async for key, row in found if since is EVER or row.get("type") != _ERASED]
        for start in range(0, len(keys), _AT_ONCE):
            async with self._db.transaction() as db:
                await personal_rows.forget(db, account, live, log, keys[start : start + _AT_ONCE])

    async def _belongings(self, context: Context, customer_id: UUID) -> Belongings:
        customer = await self._customers.customer(context, customer_id)
        sites, devices = await self._customers.belongings(context, customer_id)
        owners: dict[Belongs, list[UUID]] = {
            "customer": [customer_id],
            "site": [site.id for site in sites],
            "device": [device.id for device in devices],
        }
        named = {customer_id, *owners["site"], *owners["device"]}
        for table in self._own_tables():
            if table.prefix:
                async with self._db.reading() as db:
                    named |= set(
                        await personal_rows.ids_in(
                            db, context.account, context.live_mode, table, owners[table.belongs]
                        )
                    )
        references = {customer.reference_id, *(site.reference_id for site in sites)} - {None}
        made = {customer.time_created}
        made |= {site.time_created for site in sites} | {one.time_created for one in devices}
        mentions = Mentions(frozenset(named), frozenset(filter(None, references)), frozenset(made))
        return Belongings(customer, owners, mentions)

    def _own_tables(self) -> list[OwnTable]:
        return [
            table
            for capability in self._services.capabilities
            for table in capability.personal
            if isinstance(table, OwnTable)
        ]

    def _logs(self) -> list[LogTable]:
        return [
            table
            for capability in self._services.capabilities
            for table in capability.personal
            if isinstance(table, LogTable)
        ]
