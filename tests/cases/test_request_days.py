"""The request log as a table: a partition a day, its size, and what happens while it is away."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests.support.clock import FakeClock
from tests.support.made import Made
from tests.support.world import SETTINGS
from wattyard import app
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Context, Contexts
from wattyard.kernel.pages import PageWindow
from wattyard.platform.db import Database
from wattyard.requests.domain import (
    Counts,
    LoggedRequest,
    NewRequest,
    RequestFilter,
    RequestLine,
)
from wattyard.requests.service import Days, Recorder, Requests
from wattyard.requests.service.waiting import Waiting
from wattyard.requests.store import log as store

EVENING = datetime(2026, 3, 1, 23, 59, 30, tzinfo=UTC)
CALLER = Caller(7, UUID(int=7), live_mode=False)
NEIGHBOUR = Caller(8, UUID(int=8), live_mode=False)
LINE = RequestLine(
    UUID(int=0), EVENING, "POST", "site_create", "/sites", "", 201, 4.5, None, None, "", False
)


class Log:
    """The request log of a database of its own, on a fake clock."""

    def __init__(self, db: Database, clock: FakeClock, url: str) -> None:
        self.db, self.clock, self.url = db, clock, url
        self.contexts = Contexts(clock, ids.SortedIds(clock))
        self.services = app.services(db, SETTINGS, contexts=self.contexts)
        self.recorder = self.services.get(Recorder)
        self.days = self.services.get(Days)

    @property
    def context(self) -> Context:
        return self.contexts.of(CALLER)

    def add(self, status: int = 201, caller: Caller = CALLER) -> None:
        line = replace(LINE, id=self.contexts.new_id(), time=self.clock(), status=status)
        self.recorder.count(caller, self.clock(), status)
        one = LoggedRequest(line, b"{}", body_is_cut=False, answer=None)
        new = NewRequest(caller.account, caller.live_mode, one)
        self.recorder.add(new)

    async def value(self, question: str) -> Any:
        async with self.db.reading() as db:
            return await db.fetchval(question)

    async def page(self, limit: int = 100) -> list[RequestLine]:
        window = PageWindow(limit=limit)
        page = await self.services.get(Requests).page(self.context, window, RequestFilter())
        return list(page.items)


@pytest.fixture(scope="module")
def url(made: Made, postgres: str, worker_id: str) -> str:
    return made.database(postgres, f"request_days_{worker_id}")


@pytest.fixture
async def log(url: str) -> AsyncIterator[Log]:
    db = Database(url, connections=2)
    await db.open()
    async with db.transaction() as writing:
        await writing.execute(
            """
            INSERT INTO accounts (account, id, name, time_created) OVERRIDING SYSTEM VALUE
            SELECT number, gen_random_uuid(), 'logged', now() FROM unnest($1::int[]) AS number
            ON CONFLICT DO NOTHING
            """,
            [CALLER.account, NEIGHBOUR.account],
        )
    log = Log(db, FakeClock(EVENING), url)
    yield log
    log.clock.forward(days=100)
    await log.days.forget(log.contexts.operator())
    await db.close()


async def test_the_day_after_midnight_has_its_partition_before(log: Log) -> None:
    assert await log.days.make_ahead(log.clock()) == 4
    log.add()
    log.clock.forward(seconds=60)
    log.add()
    await log.recorder.flush()

    assert await log.value("SELECT count(*) FROM requests_2026_03_01") == 1
    assert await log.value("SELECT count(*) FROM requests_2026_03_02") == 1
    assert await log.value("SELECT count(*) FROM requests_other") == 0
    assert await log.days.make_ahead(log.clock()) == 1
    assert [one.time for one in await log.page()] == [log.clock(), EVENING]
    (measure,) = await log.days.measures(log.contexts.operator())
    assert measure.value == 3


async def test_a_day_without_a_partition_loses_nothing_and_keeps_its_place(log: Log) -> None:
    log.add()
    await log.recorder.flush()
    assert await log.value("SELECT count(*) FROM requests_other") == 1
    assert await log.days.make_ahead(log.clock(), ahead=1) == 1  # tomorrow only
    assert len(await log.page()) == 1


async def test_old_days_are_dropped_and_old_counts_deleted(log: Log) -> None:
    log.add()  # without a day of its own
    await log.recorder.flush()
    log.clock.forward(days=1)
    await log.days.make_ahead(log.clock())
    log.add()
    await log.recorder.flush()

    log.clock.forward(days=7, seconds=20)
    await log.days.make_ahead(log.clock())
    await log.days.forget(log.contexts.operator())
    assert await log.value("SELECT to_regclass('requests_2026_03_02') IS NOT NULL")
    assert await log.value("SELECT count(*) FROM requests") == 0  # both are past their seven days
    assert await log.value("SELECT count(*) FROM request_counts") == 1

    log.clock.forward(days=1)
    await log.days.forget(log.contexts.operator())
    assert await log.value("SELECT to_regclass('requests_2026_03_02')") is None
    assert await log.value("SELECT count(*) FROM request_counts") == 0


async def test_a_role_that_only_reads_and_writes_rows_deletes_them(url: str, log: Log) -> None:
    await log.days.make_ahead(log.clock())
    owner = await asyncpg.connect(url)
    role = f"rows_{url.partition('request_days_')[2].partition('?')[0]}"
    await owner.execute(f"DROP ROLE IF EXISTS {role}")
    await owner.execute(f"CREATE ROLE {role} LOGIN")
    await owner.execute(
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"
    )
    db = Database(url.replace("//wattyard@", f"//{role}@"), connections=1)
    await db.open()
    try:
        restricted = Log(db, log.clock, url)
        assert await restricted.days.complaints(restricted.contexts.operator()) == []
        restricted.add()
        await restricted.recorder.flush()
        log.clock.forward(days=4)
        assert await restricted.days.make_ahead(log.clock()) == 0
        (complaint,) = await restricted.days.complaints(restricted.contexts.operator())
        assert "wattyard migrate" in complaint
        assert "2026-03-06" in complaint
        restricted.add()
        await restricted.recorder.flush()
        assert len(await restricted.page()) == 2

        log.clock.forward(days=5)
        await restricted.days.forget(restricted.contexts.operator())
        assert await log.value("SELECT count(*) FROM requests") == 1
        assert await log.days.complaints(log.contexts.operator()) == []  # the owner makes its own
    finally:
        await db.close()
        await owner.execute(f"DROP OWNED BY {role}")
        await owner.execute(f"DROP ROLE {role}")
        await owner.close()


async def test_an_account_keeps_its_newest_requests_and_nobody_elses_go(log: Log) -> None:
    for minute in range(4):
        for caller in (CALLER, replace(CALLER, live_mode=True)):
            log.add(caller=caller)
        if minute:
            log.add(caller=NEIGHBOUR)
        log.clock.forward(minutes=1)
    await log.recorder.flush()
    days = Days(log.db, most_rows=4)
    assert await days.trim(log.contexts.operator()) == 4
    assert len(await log.page()) == 2
    assert await log.value("SELECT count(*) FROM requests WHERE account = 8") == 3
    assert await days.trim(log.contexts.operator()) == 0


class Explained:
    """Asks the database what a question touches, and answers it with nothing."""

    def __init__(self, db: Any) -> None:
        self._db = db
        self.buffers = 0

    async def fetch(self, query: str, *arguments: object) -> list[Any]:
        explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "
        plan = json.loads(await self._db.fetchval(explain + query, *arguments))[0]["Plan"]
        self.buffers += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
        return []

    async def fetchrow(self, query: str, *arguments: object) -> None:
        await self.fetch(query, *arguments)


FILTERS: list[dict[str, object]] = [
    {},
    {"status / 100 = {}": 5},
    {"operation = {}": "rare"},
    {"operation = {}": "site_create", "status / 100 = {}": 5},
    {"operation = {}": "rare", "status / 100 = {}": 2},
]


async def test_pages_and_requests_are_found_by_index_whatever_is_asked(log: Log) -> None:
    """A row of 1,000 is an error, and one of 1,000 of another endpoint: none is searched for."""
    await log.days.make_ahead(log.clock() - timedelta(days=3), ahead=6)
    first = int((EVENING - timedelta(days=3)).timestamp() * 1000)
    async with log.db.transaction() as db:
        await db.execute(
            """
            INSERT INTO requests
            SELECT 7, false, (lpad(to_hex($1::bigint + n * 10000), 12, '0')
                              || lpad(to_hex(n), 20, '0'))::uuid,
                   now(), 'POST', CASE n % 1000 WHEN 1 THEN 'rare' ELSE 'site_create' END, '/sites',
                   '', CASE n % 1000 WHEN 0 THEN 500 ELSE 201 END, 1, NULL, NULL, '', false, NULL,
                   false, NULL
            FROM generate_series(1, 25000) n
            """,
            first,
        )
    owner = await asyncpg.connect(log.url)
    await owner.execute("VACUUM ANALYZE requests")
    await owner.close()
    since = {"id >= {}": ids.first_id_at(log.clock() - timedelta(days=7))}
    async with log.db.reading() as db:
        for filters in FILTERS:
            asked = Explained(db)
            await store.page(asked, 7, False, PageWindow(), filters | since)
            assert 0 < asked.buffers < 120, filters
        asked = Explained(db)
        await store.find(asked, 7, False, ids.first_id_at(EVENING))
        assert 0 < asked.buffers < 10


async def test_what_waits_is_bounded_and_the_oldest_of_the_same_account_give_way() -> None:
    def new(account: int, status: int, body: bytes = b"") -> NewRequest:
        return NewRequest(
            account, False, LoggedRequest(replace(LINE, status=status), body, False, None)
        )

    waiting = Waiting(rows_of_account=3, size_bytes=10_000)
    assert [waiting.add(new(1, status)) for status in range(5)] == [0, 0, 0, 1, 1]
    assert waiting.add(new(2, 200)) == 0
    taken = waiting.take()
    assert [(one.account, one.request.line.status) for one in taken] == [
        (1, 2),
        (1, 3),
        (1, 4),
        (2, 200),
    ]
    assert (waiting.size_bytes, waiting.take()) == (0, [])

    waiting.add(new(1, 9))
    assert waiting.take_back(taken) == 1  # the oldest, as one of the account came meanwhile
    assert [one.request.line.status for one in waiting.take()] == [3, 4, 9, 200]

    assert sum(waiting.add(new(account, 200, b"x" * 2_000)) for account in (1, 1, 1, 2)) == 1
    assert [one.account for one in waiting.take()] == [1, 1, 2]
    assert waiting.size_bytes == 0


async def test_while_the_database_is_away_requests_wait_and_the_lost_are_counted(
    log: Log,
) -> None:
    away, lost = Database("postgresql://127.0.0.1:1/x", connections=1), Counter[str]()
    recorder = Recorder(away, lambda n: lost.update({"n": n}), Waiting(rows_of_account=2))
    for _ in range(3):
        recorder.count(CALLER, log.clock(), 503)
        line = replace(LINE, id=log.contexts.new_id())
        recorder.add(NewRequest(7, False, LoggedRequest(line, None, False, None)))
        await recorder.flush()
    assert lost["n"] == 1

    recorder._db = log.db  # it is back
    await recorder.flush()
    await recorder.flush()
    assert len(await log.page()) == 2
    counts = await log.services.get(Requests).counts(log.context, log.clock())
    assert counts == Counts(3, 0, 3)
    await away.close()


async def test_what_was_taken_is_written_when_the_server_ends(log: Log) -> None:
    stop = asyncio.Event()
    keeping = asyncio.create_task(log.recorder.keep(stop))
    log.add()
    stop.set()
    await keeping
    assert len(await log.page()) == 1


async def test_a_batch_that_the_database_refuses_stops_no_other(log: Log) -> None:
    """A path with a NUL never comes so far; were there one, it would not wait for ever."""
    lost: list[int] = []
    recorder = Recorder(log.db, lost.append)
    bad = replace(LINE, id=log.contexts.new_id(), path="/\x00")
    recorder.add(NewRequest(7, False, LoggedRequest(bad, None, False, None)))
    await recorder.flush()
    assert lost == [1]
    good = replace(LINE, id=log.contexts.new_id())
    recorder.add(NewRequest(7, False, LoggedRequest(good, None, False, None)))
    await recorder.flush()
    assert [one.id for one in await log.page()] == [good.id]
