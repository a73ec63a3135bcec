"""The SQL of tariffs as they are kept."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from wattyard.kernel.instants import Span
from wattyard.kernel.pages import Page, PageWindow
from wattyard.platform.db import ReadConnection, WriteConnection, page_query
from wattyard.sites.domain.sites import LinkedTariff
from wattyard.tariffs.domain.contracts import Contract, EndingPosition, PricingContract
from wattyard.tariffs.domain.tariff import Direction, Tariff

ZONES_APART: Final = timedelta(days=2)
"""Terms are kept by the rules that zones had then; other rules move them by hours at most."""
_COLUMNS = """
    id, site_id, type, direction, status, connection_type, is_temporary, display_name, provider_id,
    contract_start, contract_end, market_source_id, market_codes, rules, metadata, time_created,
    time_updated
"""
_SELECT = f"SELECT {_COLUMNS} FROM tariffs"


async def insert(
    db: WriteConnection, account: int, live: bool, contract: Contract, *, told_until: datetime
) -> None:
    """Insert a contract; an end not after `told_until` is not announced again."""
    await db.execute(
        f"""
        INSERT INTO tariffs (account, live_mode, {_COLUMNS}, expiring_told, expired_told)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
                $19, $13::timestamptz <= $20, $13::timestamptz <= $20)
        """,
        account,
        live,
        *_row(contract),
        told_until,
    )


async def update(
    db: WriteConnection, account: int, live: bool, contract: Contract, *, told_until: datetime
) -> None:
    """Update what can change of a contract; another end can be announced again."""
    row = _row(contract)
    await db.execute(
        """
        UPDATE tariffs SET
            type = $4, direction = $5, status = $6, display_name = $7, provider_id = $8,
            contract_start = $9, contract_end = $10, market_source_id = $11, market_codes = $12,
            rules = $13, metadata = $14, time_updated = $15, connection_type = $16, site_id = $18,
            expiring_told = $10::timestamptz <= $17 OR (expiring_told AND contract_end = $10),
            expired_told = $10::timestamptz <= $17 OR (expired_told AND contract_end = $10)
        WHERE account = $1 AND live_mode = $2 AND id = $3
        """,
        account,
        live,
        contract.id,
        contract.type,
        contract.direction,
        contract.status,
        contract.display_name,
        contract.provider_id,
        contract.term.start,
        contract.term.end,
        contract.market_source_id,
        sorted(contract.market_codes),
        contract.rules.decode(),
        row[14],
        contract.time_updated,
        contract.connection_type,
        told_until,
        contract.site_id,
    )


async def set_term(
    db: WriteConnection, account: int, live: bool, contract_id: UUID, term: Span
) -> None:
    """Keep other instants for the start and the end of a contract; what was announced stays so."""
    await db.execute(
        """
        UPDATE tariffs SET contract_start = $4, contract_end = $5
        WHERE account = $1 AND live_mode = $2 AND id = $3
        """,
        account,
        live,
        contract_id,
        term.start,
        term.end,
    )


async def delete(db: WriteConnection, account: int, live: bool, contract_id: UUID) -> None:
    """Delete a contract."""
    await db.execute(
        "DELETE FROM tariffs WHERE account = $1 AND live_mode = $2 AND id = $3",
        account,
        live,
        contract_id,
    )


async def page(
    db: ReadConnection, account: int, live: bool, window: PageWindow, filters: Mapping[str, object]
) -> Page[Contract]:
    """Read one page of contracts."""
    query, arguments = page_query(_SELECT, account, live, window, filters)
    return Page.cut([_contract(row) for row in await db.fetch(query, *arguments)], window)


async def by_id(db: ReadConnection, account: int, live: bool, contract_id: UUID) -> Contract | None:
    """Find a contract."""
    row = await db.fetchrow(
        f"{_SELECT} WHERE account = $1 AND live_mode = $2 AND id = $3", account, live, contract_id
    )
    return None if row is None else _contract(row)


async def by_ids(
    db: ReadConnection, account: int, live: bool, contract_ids: Collection[UUID]
) -> dict[UUID, Contract]:
    """Find contracts by id."""
    rows = await db.fetch(
        f"{_SELECT} WHERE account = $1 AND live_mode = $2 AND id = ANY($3)",
        account,
        live,
        list(contract_ids),
    )
    return {row["id"]: _contract(row) for row in rows}


async def at_sites(
    db: ReadConnection, account: int, live: bool, site_ids: Collection[UUID]
) -> list[Contract]:
    """Find the contracts of some places, oldest first."""
    rows = await db.fetch(
        f"{_SELECT} WHERE account = $1 AND live_mode = $2 AND site_id = ANY($3) ORDER BY id",
        account,
        live,
        list(site_ids),
    )
    return [_contract(row) for row in rows]


async def pricing(
    db: ReadConnection,
    account: int,
    live: bool,
    site_ids: Collection[UUID],
    direction: Direction,
    spans: Sequence[Span],
) -> list[PricingContract]:
    """Find the connected contracts of a direction that price any of some spans, oldest first.

    Contracts of one kind have the same site, type and devices. Each prices from its start to the
    start of the next of its kind; the first one after a span comes with it, since it ends the one
    before. So of every kind there is at least one.
    """
    rows = await db.fetch(
        """
        WITH own AS (
            SELECT id, lag(contract_start) OVER in_order AS before,
                   lead(contract_start) OVER in_order AS next,
                   max(time_updated) OVER (PARTITION BY site_id, type, rules -> 'devices')
                       AS kind_changed
            FROM tariffs
            WHERE account = $1 AND live_mode = $2 AND site_id = ANY($3) AND direction = $4
              AND status = 'CONNECTED'
            WINDOW in_order AS (PARTITION BY site_id, type, rules -> 'devices'
                                ORDER BY contract_start, id)
        )
        SELECT t.id, t.site_id, t.rules, t.is_temporary, own.kind_changed
        FROM own JOIN tariffs t ON t.account = $1 AND t.live_mode = $2 AND t.id = own.id
        WHERE EXISTS (SELECT FROM unnest($5::timestamptz[], $6::timestamptz[]) span (start, until)
                      WHERE coalesce(own.next >= span.start, true)
                        AND coalesce(own.before < span.until, true))
        ORDER BY t.id
        """,
        account,
        live,
        list(site_ids),
        direction,
        [span.start - ZONES_APART for span in spans],
        [span.end + ZONES_APART for span in spans],
    )
    return [
        PricingContract(id_, site, rules.encode(), temporary, changed)
        for id_, site, rules, temporary, changed in rows
    ]


async def meeting(
    db: ReadConnection, account: int, live: bool, site_id: UUID, tariff: Tariff
) -> list[Contract]:
    """Find the connected contracts of a tariff's type and direction whose term may meet its own."""
    rows = await db.fetch(
        f"""
        {_SELECT}
        WHERE account = $1 AND live_mode = $2 AND site_id = $3 AND type = $4 AND direction = $5
          AND status = 'CONNECTED'
          AND contract_start < $7::timestamptz + $8 AND contract_end > $6::timestamptz - $8
        ORDER BY id
        """,
        account,
        live,
        site_id,
        tariff.type,
        tariff.direction,
        tariff.term.start,
        tariff.term.end,
        ZONES_APART,
    )
    return [_contract(row) for row in rows]


async def shown_at_sites(
    db: ReadConnection, account: int, live: bool, site_ids: Collection[UUID]
) -> dict[UUID, list[LinkedTariff]]:
    """Find the contracts of some places as their locations list them, by place, oldest first."""
    rows = await db.fetch(
        """
        SELECT site_id, id AS tariff_id, type, direction, status, connection_type, display_name,
               is_temporary, provider_id
        FROM tariffs WHERE account = $1 AND live_mode = $2 AND site_id = ANY($3) ORDER BY id
        """,
        account,
        live,
        list(site_ids),
    )
    found: dict[UUID, list[LinkedTariff]] = {site_id: [] for site_id in site_ids}
    for row in rows:
        fields = dict(row)
        found[fields.pop("site_id")].append(LinkedTariff(**fields))
    return found


async def any_with_code(db: ReadConnection, account: int, live: bool, code: str) -> bool:
    """Check whether a formula of the account names a market source by this code."""
    return bool(
        await db.fetchval(
            """
            SELECT EXISTS (SELECT FROM tariffs
                           WHERE account = $1 AND live_mode = $2 AND $3 = ANY(market_codes))
            """,
            account,
            live,
            code,
        )
    )


async def ending_between(
    db: ReadConnection,
    account: int,
    live: bool,
    after: EndingPosition,
    until: datetime,
    most: int,
) -> list[tuple[EndingPosition, bool]]:
    """Look at up to `most` contracts by their end: each one's, and whether prices end with it.

    They do not where another is connected at the site in the same direction and type, and goes on.
    """
    rows = await db.fetch(
        """
        SELECT t.contract_end, t.id, t.status = 'CONNECTED' AND NOT EXISTS (
            SELECT FROM tariffs n
            WHERE n.account = $1 AND n.live_mode = $2 AND n.site_id = t.site_id
              AND n.direction = t.direction AND n.type = t.type AND n.status = 'CONNECTED'
              AND n.contract_start <= t.contract_end AND n.contract_end > t.contract_end
        ) AS ends_prices
        FROM (
            SELECT * FROM tariffs
            WHERE account = $1 AND live_mode = $2 AND (contract_end, id) > ($3, $4)
              AND contract_end <= $5
            ORDER BY contract_end, id LIMIT $6
        ) t ORDER BY t.contract_end, t.id
        """,
        account,
        live,
        after.end,
        after.id,
        until,
        most,
    )
    return [(EndingPosition(end, id_), ends_prices) for end, id_, ends_prices in rows]


class Ending(NamedTuple):
    """A contract whose end is near or past, and whose it is."""

    account: int
    account_id: UUID
    live_mode: bool
    contract: Contract


async def claim_ending(
    db: WriteConnection, now: datetime, before: timedelta, most: int
) -> list[Ending]:
    """Mark contracts of every account whose end is due to be announced, the oldest first.

    The caller records the events in the same transaction. Rows that another worker holds are
    passed over.
    """
    rows = await db.fetch(
        f"""
        WITH due AS (
            SELECT account, live_mode, id FROM tariffs
            WHERE NOT expired_told
              AND (contract_end <= $1 OR (contract_end <= $1 + $2 AND NOT expiring_told))
              AND EXISTS (SELECT FROM accounts a
                          WHERE a.account = tariffs.account AND a.move_stage IS NULL)
            ORDER BY contract_end LIMIT $3 FOR UPDATE SKIP LOCKED
        )
        UPDATE tariffs t SET expiring_told = true, expired_told = t.contract_end <= $1
        FROM due, accounts a
        WHERE t.account = due.account AND t.live_mode = due.live_mode AND t.id = due.id
          AND a.account = t.account
        RETURNING t.account, a.id AS account_id, t.live_mode, {_of("t")}
        """,
        now,
        before,
        most,
    )
    return [
        Ending(row["account"], row["account_id"], row["live_mode"], _contract(row)) for row in rows
    ]


def _of(table: str) -> str:
    return ", ".join(f"{table}.{column.strip()}" for column in _COLUMNS.split(","))


def _row(contract: Contract) -> tuple[object, ...]:
    return (
        contract.id,
        contract.site_id,
        contract.type,
        contract.direction,
        contract.status,
        contract.connection_type,
        contract.is_temporary,
        contract.display_name,
        contract.provider_id,
        contract.term.start,
        contract.term.end,
        contract.market_source_id,
        sorted(contract.market_codes),
        contract.rules.decode(),
        msgspec.json.encode(dict(contract.metadata)).decode(),
        contract.time_created,
        contract.time_updated,
    )


def _contract(row: asyncpg.Record) -> Contract:
    return Contract(
        id=row["id"],
        site_id=row["site_id"],
        type=row["type"],
        direction=row["direction"],
        status=row["status"],
        connection_type=row["connection_type"],
        is_temporary=row["is_temporary"],
        display_name=row["display_name"],
        provider_id=row["provider_id"],
        term=Span(row["contract_start"], row["contract_end"]),
        market_source_id=row["market_source_id"],
        market_codes=frozenset(row["market_codes"]),
        rules=row["rules"].encode(),
        market_rates=row["connection_type"] == "MARKET",
        metadata=msgspec.json.decode(row["metadata"], type=dict[str, str]),
        time_created=row["time_created"],
        time_updated=row["time_updated"],
    )
