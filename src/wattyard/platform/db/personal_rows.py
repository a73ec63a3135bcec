"""The rows that say something of a customer of an account: its own, and those that mention it."""

import json
import re
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal
from urllib.parse import unquote_plus
from uuid import UUID

from wattyard.kernel.values import dataclass
from wattyard.platform.db.connection import ReadConnection, WriteConnection
from wattyard.platform.db.database import Database

_AT_ONCE: Final = 2_000
_ID: Final = re.compile(r"\b[a-z]{3}_([0-9a-f]{32})\b")
_REFERENCE: Final = re.compile(r'"reference_id"\s*:\s*("(?:[^"\\]|\\.)*")')
_ASKED: Final = re.compile(r"(?:^|&)reference_id=([^&]*)")
EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Before anything was kept."""

Belongs = Literal["customer", "site", "device"]


@dataclass(frozen=True, slots=True)
class OwnTable:
    """A table whose rows belong to customers, to their sites or to their devices.

    All names are ours, never a caller's.

    Attributes:
        found: the condition on a row, with `{}` for the array of ids of what it belongs to.
        keys: what a row is known by within its account and mode, in order.
        documents: columns of JSON that are stored as bytes.
        hidden: columns that repeat others, or are of no meaning outside.
        prefix: of the ids of its rows, where they are named elsewhere; else empty.
    """

    table: str
    belongs: Belongs
    found: str
    keys: tuple[str, ...] = ("id",)
    documents: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class LogTable:
    """A table of what happened, whose rows may mention a customer, or what belongs to one.

    Attributes:
        texts: columns that may: text, JSON, or either stored as bytes.
        key: what a row is known by within its account and mode.
        time: when it was written.
        cleared: what columns are set to, in SQL, where a row stays without its content; a table
            without any loses the row.
        by_moment: whether a row of the moment at which something was made is of the call that
            made it. Not where a call writes of several customers, as an import does.
    """

    table: str
    texts: tuple[str, ...]
    key: str = "id"
    time: str = "time_created"
    cleared: Mapping[str, str] | None = None
    by_moment: bool = False


@dataclass(frozen=True, slots=True)
class Mentions:
    """By what a row of a log is known to mention a customer.

    Attributes:
        ids: of the customer, and of all that belongs to it.
        references: what the account calls the customer and its sites.
        moments: when these were made: the calls that made them name no id yet.
    """

    ids: frozenset[UUID]
    references: frozenset[str]
    moments: frozenset[datetime]

    def are_in(self, texts: Sequence[str]) -> bool:
        """Whether a row with these texts mentions the customer."""
        for text in texts:
            if any(UUID(hex=hexed) in self.ids for hexed in _ID.findall(text)):
                return True
            if self.references and not self.references.isdisjoint(_references(text)):
                return True
        return False


async def ids_in(
    db: ReadConnection, account: int, live: bool, table: OwnTable, owners: Collection[UUID]
) -> list[UUID]:
    """List the ids of the rows of a table that belong to some owners."""
    rows = await db.fetch(
        f"SELECT id FROM {table.table} t "
        f"WHERE t.account = $1 AND t.live_mode = $2 AND {table.found.format('$3::uuid[]')}",
        account,
        live,
        list(owners),
    )
    return [row["id"] for row in rows]


async def own(
    database: Database, account: int, live: bool, table: OwnTable, owners: Collection[UUID]
) -> AsyncIterator[dict[str, Any]]:
    """Read the rows of a table that belong to some owners, as JSON values by column."""
    keys = ", ".join(table.keys)
    after: list[Any] = []
    while True:
        beyond = ", ".join(f"${number}" for number in range(4, 4 + len(after)))
        query = (
            f"SELECT {keys}, to_jsonb(t)::text AS whole "
            f"{''.join(f', {name} AS read_{name}' for name in table.documents)} "
            f"FROM {table.table} t WHERE t.account = $1 AND t.live_mode = $2 "
            f"AND {table.found.format('$3::uuid[]')} "
            f"{f'AND ({keys}) > ({beyond}) ' if after else ''}ORDER BY {keys} LIMIT {_AT_ONCE}"
        )
        async with database.reading() as db:
            rows = await db.fetch(query, account, live, list(owners), *after)
        for row in rows:
            yield _shown(row, table.documents, table.hidden)
        if len(rows) < _AT_ONCE:
            return
        after = [rows[-1][name] for name in table.keys]


async def mentioning(
    database: Database,
    account: int,
    live: bool,
    table: LogTable,
    mentions: Mentions,
    since: datetime = EVER,
) -> AsyncIterator[tuple[Any, dict[str, Any]]]:
    """Read the rows of a log that mention a customer, from a time on: each with its key."""
    last: Any = None
    beyond = f"AND {table.key} > $4 "
    while True:
        query = (
            f"SELECT {table.key} AS found_key, {table.time} AS found_time, "
            f"{', '.join(f'{name} AS read_{name}' for name in table.texts)}, "
            f"(to_jsonb(t) - '{{{','.join(table.texts)}}}'::text[])::text AS whole "
            f"FROM {table.table} t WHERE t.account = $1 AND t.live_mode = $2 "
            f"AND {table.time} >= $3 {beyond if last is not None else ''}"
            f"ORDER BY {table.key} LIMIT {_AT_ONCE}"
        )
        arguments = (since,) if last is None else (since, last)
        async with database.reading() as db:
            rows = await db.fetch(query, account, live, *arguments)
        for row in rows:
            texts = [_text(row[f"read_{name}"]) for name in table.texts]
            of_moment = table.by_moment and row["found_time"] in mentions.moments
            if of_moment or mentions.are_in(texts):
                yield row["found_key"], _shown(row, table.texts, ())
        if len(rows) < _AT_ONCE:
            return
        last = rows[-1]["found_key"]


async def forget(
    db: WriteConnection, account: int, live: bool, table: LogTable, keys: Collection[Any]
) -> None:
    """Delete rows of a log by their keys, or clear what they say."""
    settings = ", ".join(f"{name} = {value}" for name, value in (table.cleared or {}).items())
    verb = f"UPDATE {table.table} SET {settings}" if settings else f"DELETE FROM {table.table}"
    await db.execute(
        f"{verb} WHERE account = $1 AND live_mode = $2 AND {table.key} = ANY($3)",
        account,
        live,
        list(keys),
    )


def _shown(row: Any, documents: Sequence[str], hidden: Sequence[str]) -> dict[str, Any]:  # noqa: ANN401 (a record)
    whole: dict[str, Any] = json.loads(row["whole"])
    for name in documents:
        whole[name] = _value(_text(row[f"read_{name}"]))
    return {
        name: value
        for name, value in whole.items()
        if name not in hidden and name not in ("account", "live_mode")
    }


def _text(stored: bytes | str | None) -> str:
    return stored.decode("utf-8", "replace") if isinstance(stored, bytes) else stored or ""


def _value(text: str) -> Any:  # noqa: ANN401 (any JSON value)
    """What a column says: a JSON value, or else a text."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


def _references(text: str) -> Iterator[str]:
    """The references in a text: a query, or JSON."""
    yield from map(_unquoted, _REFERENCE.findall(text))
    yield from map(unquote_plus, _ASKED.findall(text))


def _unquoted(quoted: str) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError:
        return quoted[1:-1]
