"""Streams go on by `Last-Event-ID` where the database was restored, upgraded or failed over, or
has crashed: whole servers of PostgreSQL, and its own tools."""

import asyncio
import os
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from tests.cases.test_order_of_events import event, following, write
from tests.support.clock import FakeClock
from tests.support.delivery_workers import until
from tests.support.world import Tenant, World
from wattyard.events.service import Events, Retention, Streams
from wattyard.events.service.horizon import Horizon
from wattyard.kernel.refusals import Unavailable
from wattyard.platform.db import Database, schema
from wattyard.platform.embedded import EmbeddedDatabase, backup, restore
from wattyard.platform.embedded.programs import Programs, environment

NAMES = [f"ste_{number}" for number in range(4)]


@asynccontextmanager
async def at(url: str) -> AsyncIterator[World]:
    """The application on a database, brought to the newest schema and in order, as at a start."""
    await asyncio.to_thread(schema.migrate, url)
    db = Database(url, connections=4)
    await db.open()
    try:
        async with World(db, FakeClock(datetime(2026, 3, 1, tzinfo=UTC))) as world:
            await world.services.get(Retention).keep_order()
            yield world
    finally:
        await db.close()


@asynccontextmanager
async def on(database: EmbeddedDatabase) -> AsyncIterator[World]:
    with database.lease() as url:
        async with at(url) as world:
            yield world


async def written(world: World, tenant: Tenant, *names: str) -> list[UUID]:
    """Write events, each in a transaction of its own: their ids."""
    made = [event(world, name) for name in names]
    for one in made:
        async with world.db.transaction() as db:
            await write(db, tenant, one)
    return [one.id for one in made]


async def check_goes_on(world: World, tenant: Tenant, last: UUID) -> None:
    """Resume after the second of the names: the rest comes, and what is written from now on."""
    async with following(world, tenant, last) as follower:
        assert await follower.given(2) == NAMES[2:]
        await written(world, tenant, "ste_new")
        assert await follower.given(3) == [*NAMES[2:], "ste_new"]


def run_as_its_user(
    programs: Programs, cwd: Path, *command: str
) -> "subprocess.CompletedProcess[str]":
    """Run a program of PostgreSQL to its end, in a folder that its user may write."""
    return subprocess.run(
        programs.command(*command),
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env=environment(),
        **programs._identity(),
    )


@contextmanager
def workplace(programs: Programs) -> Iterator[Path]:
    """A folder of a short path, for sockets and what tools write down."""
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        folder = Path(name)
        programs.own(folder)
        yield folder


async def test_a_stream_goes_on_after_a_restore_into_another_cluster(tmp_path: Path) -> None:
    old = EmbeddedDatabase(tmp_path / "old", durable=False)
    new = EmbeddedDatabase(tmp_path / "new", durable=False)
    async with on(old) as world:
        tenant = await world.tenant()
        ids = await written(world, tenant, *NAMES)
        await asyncio.to_thread(backup, old, tmp_path / "dump")
        (lost,) = await written(world, tenant, "ste_lost")
    await asyncio.to_thread(restore, new, tmp_path / "dump")

    async with on(new) as world:
        await check_goes_on(world, tenant, ids[1])
        async with following(world, tenant, lost) as follower:  # given before it was lost
            await written(world, tenant, "ste_newer")
            await until_given(follower, "ste_newer")


async def until_given(follower: Any, name: str) -> None:
    async def given() -> bool:
        return name in [one.object_id for one in follower.events]

    await until(given)


async def test_a_stream_goes_on_after_an_upgrade(tmp_path: Path) -> None:
    old = EmbeddedDatabase(tmp_path / "old", durable=False)
    async with on(old) as world:
        tenant = await world.tenant()
        ids = await written(world, tenant, *NAMES)

    (tmp_path / "new").mkdir()
    programs = Programs(tmp_path / "new" / "postgres")
    programs.own(tmp_path / "new")
    target = tmp_path / "new" / "postgres"
    with workplace(programs) as folder:
        options = ("--username=wattyard", "--auth=trust", "--encoding=UTF8", "--locale=C")
        options += ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--data-checksums")
        made = run_as_its_user(programs, folder, "initdb", f"--pgdata={target}", *options)
        assert made.returncode == 0, made.stderr
        bin_ = str(Path(programs.command("postgres")[-1]).parent)
        done = run_as_its_user(
            programs, folder, "pg_upgrade", "-b", bin_, "-B", bin_, "-U", "wattyard",
            "-d", str(tmp_path / "old" / "postgres"), "-D", str(target),
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    async with on(EmbeddedDatabase(tmp_path / "new", durable=False)) as world:
        await check_goes_on(world, tenant, ids[1])


@contextmanager
def standby(primary: str, programs: Programs, place: Path) -> Iterator[str]:
    """The address of a standby of a server, which goes on when that one has ended."""
    with workplace(programs) as folder:
        socket = primary.partition("host=")[2].partition("&")[0].replace("%2F", "/")
        copied = run_as_its_user(
            programs, folder, "pg_basebackup", "-D", str(place), "-R", "-c", "fast",
            "-h", socket, "-U", "wattyard",
        )  # fmt: skip
        assert copied.returncode == 0, copied.stderr
        settings = f"-k {folder} -c listen_addresses='' -c max_connections=200"
        log = folder / "log"
        begun = run_as_its_user(
            programs, folder, "pg_ctl", "-D", str(place), "-o", settings, "-l", str(log), "-w",
            "start",
        )  # fmt: skip
        assert begun.returncode == 0, begun.stdout + begun.stderr
        try:
            yield f"postgresql://wattyard@/wattyard?host={folder}&port=5432"
        finally:
            run_as_its_user(programs, folder, "pg_ctl", "-D", str(place), "-m", "fast", "stop")


async def ask(url: str, question: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_a_stream_goes_on_where_a_standby_was_promoted(tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    programs = Programs(tmp_path / "second" / "postgres")
    programs.own(tmp_path / "second")
    first = EmbeddedDatabase(tmp_path / "first")  # what is committed is flushed, as measured below
    with first.lease() as url:
        async with at(url) as world:
            tenant = await world.tenant()
            with standby(url, programs, tmp_path / "second" / "postgres") as other:
                ids = await written(world, tenant, *NAMES)
                reached = await ask(url, "SELECT pg_current_wal_flush_lsn()::text")
                behind = f"SELECT pg_last_wal_replay_lsn() >= '{reached}'::pg_lsn"
                await until(lambda: ask(other, behind))
                await ask(other, "ALTER SYSTEM SET primary_conninfo = ''")
                await ask(other, "SELECT pg_reload_conf()")
                alone = "SELECT count(*) = 0 FROM pg_stat_wal_receiver"
                await until(lambda: ask(other, alone))
                (lost,) = await written(world, tenant, "ste_lost")
                assert await ask(other, "SELECT pg_promote()")
                async with at(other) as promoted:
                    await check_goes_on(promoted, tenant, ids[1])
                    async with following(promoted, tenant, lost) as follower:
                        await written(promoted, tenant, "ste_newer")
                        await until_given(follower, "ste_newer")


async def test_a_crash_of_the_database_makes_what_was_known_of_its_order_void(
    tmp_path: Path,
) -> None:
    async with on(EmbeddedDatabase(tmp_path / "data")) as world:
        tenant = await world.tenant()
        ids = await written(world, tenant, *NAMES)
        horizon = Horizon(world.db)
        await horizon.advance()
        before = horizon.server
        async with world.db.reading() as db:
            process = await db.fetchval("SELECT pg_backend_pid()")
        os.kill(process, signal.SIGKILL)  # every session ends, and the server goes on

        async def answers() -> bool:
            try:
                await horizon.advance()
            except Unavailable:
                return False
            return True

        await until(answers)
        assert horizon.server != before
        await check_goes_on(world, tenant, ids[1])


async def test_a_stream_begins_while_the_first_writer_ever_is_at_work(tmp_path: Path) -> None:
    async with on(EmbeddedDatabase(tmp_path / "data", durable=False)) as world:
        tenant = await world.tenant()
        async with world.db.reading() as db:
            assert not await db.fetchval("SELECT is_called FROM events_sequence")
        async with world.db.transaction() as writer:
            await writer.execute("LOCK TABLE events IN ROW EXCLUSIVE MODE")
            begun = asyncio.create_task(first_of(world, tenant))
            async with asyncio.timeout(60):
                assert await begun == []


async def first_of(world: World, tenant: Tenant) -> Any:
    """What a new stream gives first."""
    following = Streams(world.services.get(Events)).follow(tenant.context, None)
    try:
        async for batch in following:
            return batch
    finally:
        await following.aclose()
