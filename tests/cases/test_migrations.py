"""Migrations beside servers that run: newer schemas, locks, long steps, failures in a sentence."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.support.made import Made
from tests.support.process import WATTYARD
from tests.support.waiting import until_waited_for
from wattyard.app.background import schema_checked
from wattyard.platform.db import Database, schema

_NEWEST = schema.newest_revision()
_NEXT = f"{int(_NEWEST) + 1:04}"
_MIGRATION = """
from alembic import op
from wattyard.migrations import steps

revision = "{revision}"
down_revision = "{before}"
WORKS_WITH = "{works_with}"


def upgrade() -> None:
    {steps}
"""

_MIGRATE = """
import sys
from pathlib import Path
from wattyard.platform.db import schema
schema.migrate(sys.argv[1], revisions=Path(sys.argv[2]))
"""


@pytest.fixture
def url(made: Made, postgres: str) -> str:
    """A migrated database of its own, apart from those of other test processes."""
    return made.database(postgres, f"migrations_{os.getpid()}")


@pytest.fixture
async def owner(url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(url)
    yield connection
    await connection.close()


def release(folder: Path, steps: str, works_with: str = _NEWEST) -> Path:
    """The migrations of a next release, which has one more."""
    with as_file(files("wattyard.migrations")) as present:
        shutil.copytree(present, folder / "migrations")
    text = _MIGRATION.format(revision=_NEXT, before=_NEWEST, works_with=works_with, steps=steps)
    (folder / "migrations" / "versions" / f"{_NEXT}_next.py").write_text(text)
    return folder / "migrations"


async def next_release(url: str, folder: Path, steps: str, **given: Any) -> str:
    works_with = given.pop("works_with", _NEWEST)
    revisions = release(folder, steps, works_with)
    return await asyncio.to_thread(schema.migrate, url, revisions=revisions, **given)


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*WATTYARD, *arguments], capture_output=True, text=True, check=False, timeout=120
    )


def said(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence with which a command failed."""
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.splitlines()
    return line


async def test_a_program_starts_on_a_newer_schema_that_works_with_it(
    url: str, tmp_path: Path
) -> None:
    assert await next_release(url, tmp_path, 'op.execute("CREATE TABLE new (a int)")') == _NEXT
    db = Database(url, connections=1)
    async with schema_checked(db), db.reading() as connection:
        assert await connection.fetchval("SELECT count(*) FROM new") == 0
    await db.close()
    done = await asyncio.to_thread(command, "migrate", "--database", url)
    assert (done.returncode, _NEXT in done.stdout) == (0, True)


async def test_a_newer_schema_that_does_not_work_with_a_program_is_refused_by_name(
    url: str, tmp_path: Path
) -> None:
    await next_release(url, tmp_path, 'op.execute("DROP TABLE meter_batches")', works_with=_NEXT)
    db = Database(url, connections=1)
    with pytest.raises(schema.SchemaOutdated, match=f"{_NEXT}, newer .* {_NEWEST}.* of {_NEXT}"):
        async with schema_checked(db):
            pass
    await db.close()
    assert _NEXT in said(await asyncio.to_thread(command, "migrate", "--database", url))


async def test_a_newer_schema_that_says_nothing_is_refused(url: str, owner: Any) -> None:
    await owner.execute("UPDATE alembic_version SET version_num = '9999'")
    done = await asyncio.to_thread(command, "migrate", "--database", url)
    assert "9999, newer than this program's" in said(done)


async def test_a_database_of_another_encoding_is_refused_before_anything_begins(
    made: Made, postgres: str, worker_id: str
) -> None:
    name = f"latin_{worker_id}"
    url = await asyncio.to_thread(made.empty_database, postgres, name)
    owner = await asyncpg.connect(postgres)
    await owner.execute(f"DROP DATABASE {name}")
    await owner.execute(
        f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"
    )
    await owner.close()

    with pytest.raises(schema.SchemaOutdated, match=r"encoding is SQL_ASCII, .* needs UTF8"):
        await asyncio.to_thread(schema.migrate, url)
    db = Database(url, connections=1)
    with pytest.raises(schema.SchemaOutdated, match="CREATE DATABASE … ENCODING 'UTF8'"):
        async with schema_checked(db):
            pass
    async with db.own_connection() as connection:
        assert await connection.fetchval("SELECT to_regclass('alembic_version')") is None
    await db.close()


async def test_nobody_waits_long_behind_a_migration_that_waits_for_a_lock(
    url: str, owner: Any, tmp_path: Path
) -> None:
    reader = await asyncpg.connect(url)
    reading = reader.transaction()
    await reading.start()
    await reader.fetch("SELECT FROM sites")
    step = 'op.execute("ALTER TABLE sites ADD COLUMN new int")'
    migrating = asyncio.create_task(next_release(url, tmp_path, step))
    await until_waited_for(reader)
    async with asyncio.timeout(60):
        await owner.fetch("SELECT FROM sites")  # waits behind it, until it gives up
    await reading.rollback()
    await reader.close()
    assert await migrating == _NEXT


async def test_a_lock_that_cannot_be_had_is_said_in_a_sentence(
    url: str, owner: Any, tmp_path: Path
) -> None:
    async with owner.transaction():
        await owner.fetch("SELECT FROM sites")
        with pytest.raises(schema.MigrationFailed, match="long transaction holds the table"):
            await next_release(
                url, tmp_path, 'op.execute("DROP TABLE sites CASCADE")', patience_seconds=0
            )
        await owner.execute("LOCK TABLE schema_revisions")
        done = await asyncio.to_thread(command, "migrate", "--wait-seconds", "0", "--database", url)
        assert "long transaction holds the table" in said(done)


async def test_two_processes_migrate_one_after_the_other(url: str, owner: Any) -> None:
    await owner.execute("SELECT pg_advisory_lock($1)", 0x57415454)
    done = await asyncio.to_thread(command, "migrate", "--wait-seconds", "0", "--database", url)
    assert "another process is migrating" in said(done)
    await owner.execute("SELECT pg_advisory_unlock_all()")
    assert await asyncio.to_thread(schema.migrate, url) == _NEWEST


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_a_killed_migration_ends_its_statement_and_gives_its_locks_back(
    url: str, owner: Any, tmp_path: Path, number: signal.Signals
) -> None:
    steps = 'op.execute("LOCK TABLE sites"); op.execute("SELECT pg_sleep(600)")'
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _MIGRATE, url, str(release(tmp_path, steps)), stderr=subprocess.PIPE
    )
    sleeps = """
        SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
        AND application_name = 'wattyard migrate' AND wait_event = 'PgSleep'
    """
    async with asyncio.timeout(60):
        while not await owner.fetchval(sleeps):  # noqa: ASYNC110 (the database has no event of it)
            await asyncio.sleep(0.01)
    process.send_signal(number)
    await process.communicate()
    async with asyncio.timeout(60):  # far less than it sleeps
        await owner.fetch("SELECT FROM sites")
    assert await owner.fetchval("SELECT version_num FROM alembic_version") == _NEWEST


async def test_long_steps_are_kept_piece_by_piece(url: str, owner: Any, tmp_path: Path) -> None:
    await owner.execute("CREATE TABLE many (n int, done boolean)")
    await owner.execute("INSERT INTO many SELECT n FROM generate_series(1, 12000) n")
    batches = (
        "steps.in_batches('UPDATE many SET done = true WHERE ctid IN "
        "(SELECT ctid FROM many WHERE done IS NULL LIMIT :rows)')"
    )
    index = "steps.make_index('many_n', 'many (n)', unique=True)"
    assert await next_release(url, tmp_path, f"{batches}; {index}") == _NEXT
    assert await owner.fetchval("SELECT count(DISTINCT xmin::text) FROM many") == 3
    assert await owner.fetchval(
        "SELECT indisvalid AND indisunique FROM pg_index WHERE indexrelid = 'many_n'::regclass"
    )


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("postgresql://127.0.0.1:1/x", "cannot be used"),
        ("postgresql://nowhere.invalid/x", "cannot be used"),
        ("nonsense", "cannot be used"),
    ],
)
def test_a_migration_without_a_database_ends_in_a_sentence(address: str, reason: str) -> None:
    assert reason in said(command("migrate", "--wait-seconds", "0", "--database", address))


async def test_a_role_that_may_not_migrate_is_told_so(url: str, owner: Any) -> None:
    await owner.execute("UPDATE alembic_version SET version_num = '0009'")
    await owner.execute("DROP ROLE IF EXISTS reader")
    await owner.execute("CREATE ROLE reader LOGIN")
    await owner.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    mine = url.replace("postgresql://wattyard@", "postgresql://reader@")
    done = await asyncio.to_thread(command, "migrate", "--database", mine)
    assert "may not migrate" in said(done)
    await owner.execute("DROP OWNED BY reader")
    await owner.execute("DROP ROLE reader")


async def test_summaries_of_earlier_releases_get_the_names_of_their_devices(
    postgres: str, tmp_path: Path
) -> None:
    """A reference that looks like the end of a device's entry stays what it is."""
    name, hexes = f"summaries_{os.getpid()}", [f"{n:032x}" for n in (1, 2)]
    url = postgres.replace("/wattyard?", f"/{name}?")
    before = (
        b'{"id":"ste_%b","devices":[{"id":"dev_%b","manufacturer":null,'
        b'"properties":{"capacity_kwh":9.5}}],"metadata":{"id":"dev_%b"}}'
    ) % tuple(hexes[n].encode() for n in (0, 1, 1))
    reference = '"}],"id":"dev_'
    connection = await asyncpg.connect(postgres)
    await connection.execute(f"CREATE DATABASE {name}")
    try:
        await asyncio.to_thread(schema.migrate, url, revisions=_until("0017", tmp_path))
        owner = await asyncpg.connect(url)
        await owner.execute(
            """
            INSERT INTO accounts (id, name, time_created) VALUES (gen_random_uuid(), 'a', now())
            """
        )
        await owner.execute(
            """
            INSERT INTO sites (account, live_mode, id, status, timezone, currency_code, metadata,
                               summary, time_created)
            SELECT account, false, $1::uuid, 'ACTIVE', 'UTC', 'EUR', '{}', $2, now() FROM accounts
            """,
            hexes[0],
            before,
        )
        await owner.execute(
            """
            INSERT INTO devices (account, live_mode, id, reference_id, type, properties, metadata,
                                 flex_enabled, time_created)
            SELECT account, false, $1::uuid, $2, 'OTHER', '{}', '{}', false, now() FROM accounts
            """,
            hexes[1],
            reference,
        )
        await asyncio.to_thread(schema.migrate, url)
        shown = await owner.fetchval("SELECT summary FROM sites")
        await owner.close()
    finally:
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await connection.close()
    added = b'"type":"OTHER","reference_id":"\\"}],\\"id\\":\\"dev_","manufacturer"'
    assert shown == before.replace(b'"manufacturer"', added)


def _until(revision: str, folder: Path) -> Path:
    """The migrations of an earlier release."""
    with as_file(files("wattyard.migrations")) as present:
        shutil.copytree(present, folder / "migrations")
    for file in (folder / "migrations" / "versions").glob("[0-9]*.py"):
        if file.name[:4] > revision:
            file.unlink()
    return folder / "migrations"
