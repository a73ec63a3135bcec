"""The SQL of the search of sites: ordered ranges of indexes, each read only so far.

Each *lane* is one such range: the sites whose reference begins with a text, those in service, those
of devices of one type. One lane is read in its order, and the other conditions are checked site by
site, for at most `most` rows. So a page costs the same at ten sites and at a million.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple
from uuid import UUID

from wattyard.kernel.values import dataclass
from wattyard.platform.db import ReadConnection
from wattyard.sites.domain.search import SearchPosition, SiteSearch
from wattyard.sites.store.folding import SearchedText, folded_code, folded_name

_MINE = "{0}.account = $1 AND {0}.live_mode = $2"


_SITE_REFERENCE = SearchedText("s.reference_id", folded_code)
_CITY = SearchedText("(s.postal_address ->> 'city')", folded_name)
_CUSTOMER_REFERENCE = SearchedText("c.reference_id", folded_code)
_CUSTOMER_NAME = SearchedText("(c.metadata ->> 'name')", folded_name)


TEXT: Final = ("reference", "city", "customer", "name", "device")
"""The lanes of a text, in the order in which what they find is shown."""


class Arguments(list[object]):
    """The arguments of a statement, each written as its number."""

    def take(self, value: object) -> str:
        self.append(value)
        return f"${len(self)}"


@dataclass(frozen=True, slots=True)
class SearchQuestion:
    """A search at a moment: devices not heard of since `silent_before` are silent.

    `text_lanes` are those in which the text may be found; the others are known to be empty.
    """

    search: SiteSearch
    silent_before: datetime
    text_lanes: Sequence[str] = TEXT


Condition = Callable[[SearchQuestion, Arguments], str]


_EACH = "OFFSET 0"
"""Ends a subquery that is asked for each row: nothing is skipped, but PostgreSQL then keeps it as
it is. Otherwise it could join and sort whole tables, which looks cheap to it at some sizes."""
_SITES = f"FROM sites s WHERE {_MINE.format('s')}"
_CUSTOMERS = f"""
    FROM customers c CROSS JOIN LATERAL (
        SELECT s.id FROM sites s
        WHERE {_MINE.format("s")} AND s.customer_id = c.id ORDER BY s.id {_EACH}
    ) s WHERE {_MINE.format("c")}
"""
_DEVICES = f"""
    FROM devices d CROSS JOIN LATERAL (
        SELECT p.site_id AS id FROM device_places p
        WHERE {_MINE.format("p")} AND p.device_id = d.id ORDER BY p.site_id {_EACH}
    ) s WHERE {_MINE.format("d")}
"""


@dataclass(frozen=True, slots=True)
class SearchLane:
    """An ordered range of an index: `source` up to its WHERE, and what narrows it to the range.

    `key`, where there is one, `owner` and the site's id are its order, all of them descending or
    none. `again` finds that the same site came earlier in that order.
    """

    source: str
    owner: str
    range: Condition
    key: str = ""
    key_type: str = 'text COLLATE "C"'
    descending: bool = False
    again: Condition | None = None

    def order(self, *, backwards: bool, table: str = "") -> str:
        """Write ORDER BY's list; of the names that `table` gives where it is named."""
        way = " DESC" if self.descending != backwards else ""
        if table:
            columns = [f"{table}.key"] * bool(self.key) + [f"{table}.owner", f"{table}.site_id"]
        else:
            columns = [self.key] * bool(self.key) + [self.owner, "s.id"]
        return ", ".join(column + way for column in columns)

    def position(
        self, position: SearchPosition | None, arguments: Arguments, *, backwards: bool
    ) -> str:
        """Write the condition of what comes after it; a first, weaker one serves the index."""
        if position is None:
            return ""
        sign = "<" if self.descending != backwards else ">"
        key = (
            position.key
            if "timestamptz" not in self.key_type
            else datetime.fromisoformat(position.key)
        )
        left = [self.key] * bool(self.key) + [self.owner]
        right = [f"{arguments.take(key)}::{self.key_type}"] if self.key else []
        right.append(f"{arguments.take(position.owner)}::uuid")
        weaker = f"({', '.join(left)}) {sign}= ({', '.join(right)})"
        site = f"{arguments.take(position.site)}::uuid"
        return (
            f" AND {weaker} AND ({', '.join([*left, 's.id'])}) {sign} ({', '.join([*right, site])})"
        )


def _another(question: SearchQuestion, arguments: Arguments, condition: str) -> str:
    """The condition that another device of the site comes earlier in a lane of devices."""
    return f"""EXISTS (
        SELECT FROM device_places p JOIN devices d ON {_MINE.format("d")} AND d.id = p.device_id
        WHERE {_MINE.format("p")} AND p.site_id = f.site_id AND {condition} {_EACH})"""


def _by_text(searched: SearchedText, source: str, owner: str) -> SearchLane:
    """The lane of a text that begins with the one that is looked for, in its order."""
    return SearchLane(
        source, owner, lambda q, args: searched.begins(args.take(q.search.text)), key=searched.key
    )


def _by_type(question: SearchQuestion, arguments: Arguments) -> str:
    return f"d.type = {arguments.take(question.search.device_type)}"


def _heard(comparison: str) -> SearchLane:
    """The lane of devices that were heard of before or since a moment, the last heard of first."""

    def heard(question: SearchQuestion, arguments: Arguments) -> str:
        before = arguments.take(question.silent_before)
        return f"d.seen_hour {comparison} {before}::timestamptz"

    return SearchLane(
        _DEVICES,
        "d.id",
        heard,
        key="d.seen_hour",
        key_type="timestamptz",
        descending=True,
        again=lambda q, args: _another(
            q, args, f"{heard(q, args)} AND (d.seen_hour, d.id) > (f.key, f.owner)"
        ),
    )


LANES: Final[dict[str, SearchLane]] = {
    "reference": _by_text(_SITE_REFERENCE, _SITES, "s.id"),
    "city": _by_text(_CITY, _SITES, "s.id"),
    "customer": _by_text(_CUSTOMER_REFERENCE, _CUSTOMERS, "c.id"),
    "name": _by_text(_CUSTOMER_NAME, _CUSTOMERS, "c.id"),
    "device": SearchLane(
        _DEVICES,
        "d.id",
        lambda q, args: f"d.reference_id = {args.take(q.search.text)}",
        again=lambda q, args: _another(
            q, args, f"d.reference_id = {args.take(q.search.text)} AND d.id < f.owner"
        ),
    ),
    "type": SearchLane(
        _DEVICES,
        "d.id",
        _by_type,
        descending=True,
        again=lambda q, args: _another(q, args, f"{_by_type(q, args)} AND d.id > f.owner"),
    ),
    "seen": _heard(">="),
    "silent": _heard("<"),
    "never": SearchLane(
        _DEVICES,
        "d.id",
        lambda q, args: "d.seen_hour IS NULL",
        descending=True,
        again=lambda q, args: _another(q, args, "d.seen_hour IS NULL AND d.id > f.owner"),
    ),
    "customer_id": SearchLane(
        _SITES,
        "s.id",
        lambda q, args: f"s.customer_id = {args.take(q.search.customer_id)}",
        descending=True,
    ),
    "untariffed": SearchLane(_SITES, "s.id", lambda q, args: "s.tariffs = '[]'", descending=True),
    "status": SearchLane(
        _SITES, "s.id", lambda q, args: f"s.status = {args.take(q.search.status)}", descending=True
    ),
    "all": SearchLane(_SITES, "s.id", lambda q, args: "true", descending=True),
}


class Row(NamedTuple):
    """A row of a lane."""

    key: str
    owner: UUID
    site_id: UUID


async def found(
    db: ReadConnection,
    account: int,
    live: bool,
    question: SearchQuestion,
    lane: str,
    way: "Way",
) -> list[Row]:
    """Find up to `way.limit` sites in a lane, in the order of travel, by looking at `way.most`."""
    query, arguments = search_query("sites", account, live, question, lane, way)
    return [_row(row) for row in await db.fetch(query, *arguments)]


async def last_looked_at(
    db: ReadConnection,
    account: int,
    live: bool,
    question: SearchQuestion,
    lane: str,
    way: "Way",
) -> Row | None:
    """Find the row at which `found` stopped looking; None where the lane ended before."""
    query, arguments = search_query("end", account, live, question, lane, way)
    row = await db.fetchrow(query, *arguments)
    return _row(row) if row is not None and row["looked_at"] >= way.most else None


async def size(
    db: ReadConnection,
    account: int,
    live: bool,
    question: SearchQuestion,
    lane: str,
    way: "Way",
) -> int:
    """Count the rows of a lane, up to `way.most`."""
    query, arguments = search_query("size", account, live, question, lane, way)
    return int(await db.fetchval(query, *arguments))


class Way(NamedTuple):
    """From where a lane is read, in which direction, for how many sites, past how many rows."""

    limit: int
    most: int
    position: SearchPosition | None = None
    backwards: bool = False


def search_query(
    what: Literal["sites", "end", "size"],
    account: int,
    live: bool,
    question: SearchQuestion,
    lane: str,
    way: Way,
) -> tuple[str, list[object]]:
    """Write one of the questions of a lane, and its arguments."""
    arguments = Arguments([account, live])
    one = LANES[lane]
    key = one.key or "''::text"
    candidates = f"""
        SELECT {key} AS key, {one.owner} AS owner, s.id AS site_id
        {one.source} AND {one.range(question, arguments)}
        {one.position(way.position, arguments, backwards=way.backwards)}
        ORDER BY {one.order(backwards=way.backwards)} LIMIT {arguments.take(way.most)}
    """
    if what == "size":
        return f"SELECT count(*) FROM ({candidates}) f", list(arguments)
    if what == "end":
        order = one.order(backwards=not way.backwards, table="f")
        looked_at = f"SELECT f.*, count(*) OVER () AS looked_at FROM ({candidates}) f"
        return f"{looked_at} ORDER BY {order} LIMIT 1", list(arguments)
    conditions = [f"NOT {one.again(question, arguments)}"] if one.again else []
    conditions += _others(question, arguments, lane)
    query = f"""
        SELECT f.key, f.owner, f.site_id FROM ({candidates}) f
        CROSS JOIN LATERAL (
            SELECT * FROM sites s WHERE {_MINE.format("s")} AND s.id = f.site_id LIMIT 1) s
        WHERE {" AND ".join(conditions) or "true"}
        ORDER BY {one.order(backwards=way.backwards, table="f")}
        LIMIT {arguments.take(way.limit)}
    """
    return query, list(arguments)


def _others(question: SearchQuestion, arguments: Arguments, lane: str) -> list[str]:
    """Write the conditions that the lane itself does not hold."""
    search = question.search
    conditions = []
    if search.text is not None and lane in TEXT:
        earlier = [one for one in question.text_lanes if TEXT.index(one) < TEXT.index(lane)]
        if earlier:
            matches = _matches(search.text, arguments, earlier)
            conditions.append(f"({' OR '.join(matches)}) IS NOT TRUE")
    elif search.text is not None:
        matches = _matches(search.text, arguments, question.text_lanes)
        conditions.append(f"({' OR '.join(matches) or 'false'})")
    if search.status is not None and lane != "status":
        conditions.append(f"s.status = {arguments.take(search.status)}")
    if search.customer_id is not None and lane != "customer_id":
        conditions.append(f"s.customer_id = {arguments.take(search.customer_id)}")
    if search.without_tariff and lane != "untariffed":
        conditions.append("s.tariffs = '[]'")
    conditions += _device(question, arguments, lane)
    return conditions


def _matches(text: str, arguments: Arguments, lanes: Sequence[str]) -> list[str]:
    """Write, for each of the lanes of a text, the condition that it finds a site."""
    if not lanes:
        return []
    given = arguments.take(text)
    mine_c, mine_p, mine_d = (_MINE.format(name) for name in "cpd")
    customer = f"""(s.customer_id IS NOT NULL AND EXISTS (
        SELECT FROM customers c WHERE {mine_c} AND c.id = s.customer_id AND {{}} {_EACH}))"""
    conditions = {
        "reference": _SITE_REFERENCE.begins(given),
        "city": _CITY.begins(given),
        "customer": customer.format(_CUSTOMER_REFERENCE.begins(given)),
        "name": customer.format(_CUSTOMER_NAME.begins(given)),
        "device": f"""EXISTS (
            SELECT FROM device_places p JOIN devices d ON {mine_d} AND d.id = p.device_id
            WHERE {mine_p} AND p.site_id = s.id AND d.reference_id = {given} {_EACH})""",
    }
    return [conditions[lane] for lane in lanes]


def _device(question: SearchQuestion, arguments: Arguments, lane: str) -> list[str]:
    """Write the condition that one device of the site is as it is looked for."""
    search = question.search
    if lane in ("type", "seen", "silent", "never") and None in (search.device_type, search.seen):
        return []
    wanted = []
    if search.device_type is not None:
        wanted.append(_by_type(question, arguments))
    if search.seen is not None:
        wanted.append(LANES[search.seen.lower()].range(question, arguments))
    if not wanted:
        return []
    return [
        f"""EXISTS (
        SELECT FROM device_places p JOIN devices d ON {_MINE.format("d")} AND d.id = p.device_id
        WHERE {_MINE.format("p")} AND p.site_id = s.id AND {" AND ".join(wanted)} {_EACH})"""
    ]


def _row(row: object) -> Row:
    key, owner, site_id = row[:3]  # type: ignore[index]  # a row of asyncpg
    return Row(key.isoformat() if isinstance(key, datetime) else key, owner, site_id)


async def counts(
    db: ReadConnection, account: int, live: bool, silent_before: datetime, most: int
) -> tuple[int, int, int, int, int]:
    """Count sites, devices heard of since, not since, and never, and sites without a tariff.

    Each up to `most`.
    """
    row = await db.fetchrow(
        """
        SELECT
            (SELECT count(*) FROM (
                SELECT FROM sites s WHERE s.account = $1 AND s.live_mode = $2 LIMIT $4) a),
            (SELECT count(*) FROM (
                SELECT FROM devices d WHERE d.account = $1 AND d.live_mode = $2
                AND d.seen_hour >= $3 LIMIT $4) b),
            (SELECT count(*) FROM (
                SELECT FROM devices d WHERE d.account = $1 AND d.live_mode = $2
                AND d.seen_hour < $3 LIMIT $4) c),
            (SELECT count(*) FROM (
                SELECT FROM devices d WHERE d.account = $1 AND d.live_mode = $2
                AND d.seen_hour IS NULL LIMIT $4) e),
            (SELECT count(*) FROM (
                SELECT FROM sites s WHERE s.account = $1 AND s.live_mode = $2
                AND s.tariffs = '[]' LIMIT $4) f)
        """,
        account,
        live,
        silent_before,
        most,
    )
    return tuple(row)
