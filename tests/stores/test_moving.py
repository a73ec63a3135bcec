"""All that a database holds, moved to another one: the same there, numbered on, or nothing."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.cases.test_order_of_events import following
from tests.http.test_meters import kept, put, reading
from tests.support.clock import FakeClock
from tests.support.made import Made
from tests.support.process import ENCRYPTION_KEY, WATTYARD
from tests.support.world import Tenant, World
from wattyard.kernel import ids
from wattyard.platform.db import Database, moving, schema
from wattyard.platform.db.moving import MoveFailed, Table
from wattyard.platform.embedded import EmbeddedDatabase

OLD = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture
def old_postgres() -> Iterator[str]:
    """The address of an empty database of a PostgreSQL 15, where Debian's is installed."""
    if not (OLD / "initdb").exists():
        pytest.skip(f"there is no PostgreSQL 15 in {OLD}")
    folder = Path(tempfile.mkdtemp(prefix="old-", dir="/tmp"))
    user: dict[str, Any] = {"cwd": "/", "env": {"LC_ALL": "C", "PATH": os.defpath}}
    if os.geteuid() == 0:
        os.chown(folder, 65534, 65534)
        user |= {"user": 65534, "group": 65534, "extra_groups": []}

    def run(program: str, *arguments: str) -> None:
        with (folder.parent / f"{folder.name}.log").open("ab") as log:
            subprocess.run(
                [OLD / program, "-D", folder / "data", *arguments],
                check=True,
                stdout=log,
                stderr=log,
                **user,
            )

    run("initdb", "--username=owner", "--auth=trust", "--encoding=UTF8", "--no-sync")
    options = f"-k {folder} -c listen_addresses= -c fsync=off -c timezone=Asia/Kolkata"
    run("pg_ctl", "--wait", "-o", options, "start")
    try:
        yield f"postgresql://owner@/postgres?host={folder}"
    finally:
        run("pg_ctl", "--wait", "--mode=immediate", "stop")
        shutil.rmtree(folder)
        (folder.parent / f"{folder.name}.log").unlink()


@asynccontextmanager
async def world_on(url: str) -> AsyncIterator[World]:
    db = Database(url, connections=4)
    await db.open()
    try:
        async with World(db, FakeClock(datetime(2026, 3, 1, 10, tzinfo=UTC))) as world:
            yield world
    finally:
        await db.close()


async def ask(url: str, query: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def lived_in(url: str) -> tuple[Tenant, list[Any], list[Any], Any]:
    """Have something in a database: a tenant, its sites, readings and first event."""
    async with world_on(url) as world:
        tenant = await world.tenant("Müller & Söhne 🏠")
        home = await tenant.site(reference_id="Straße 1; \\N'")
        await tenant.device(home["location_id"])
        await put(tenant, [reading(home["location_id"], half_hour, 0.1) for half_hour in range(40)])
        await tenant.site()
        sites = (await tenant.get("/sites")).json()["data"]
        readings = await kept(tenant, home["location_id"])
        first = (await tenant.get("/events")).json()["data"][-1]
        return tenant, sites, readings, first


def move(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*WATTYARD, "database", "move", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


async def test_all_is_the_same_on_an_older_postgresql_and_goes_on_there(
    tmp_path: Path, old_postgres: str
) -> None:
    data = tmp_path / "data"
    with EmbeddedDatabase(data, durable=False).lease() as url:
        (data / "encryption-key").write_text(ENCRYPTION_KEY)
        await asyncio.to_thread(schema.migrate, url)
        tenant, sites, readings, first = await lived_in(url)
        events = await ask(url, "SELECT count(*) FROM events")
        accounts = await ask(url, "SELECT max(account) FROM accounts")

    done = await asyncio.to_thread(move, "--data", str(data), "--to", old_postgres)
    assert done.returncode == 0, done.stderr
    assert f"WATTYARD_ENCRYPTION_KEY_FILE={data / 'encryption-key'}" in done.stdout

    async with world_on(old_postgres) as world:
        tenant.http = world.http
        assert (await tenant.get("/sites")).json()["data"] == sites
        assert await kept(tenant, sites[-1]["location_id"]) == readings
        assert await ask(old_postgres, "SELECT count(*) FROM events") == events
        last = ids.read(first["id"], "evt", param="event")
        async with following(world, tenant, last) as follower:
            before = events - 1
            assert len(await follower.given(before)) == before
            await tenant.site()
            assert len(await follower.given(before + 2)) == before + 2  # of site and location
        assert (await world.tenant()).caller.account > accounts

    back = tmp_path / "back"
    done = await asyncio.to_thread(
        move, "--database", old_postgres, "--to", str(back), "--data", str(data)
    )
    assert done.returncode == 0, done.stderr
    with EmbeddedDatabase(back).lease() as url:
        assert await ask(url, "SELECT count(*) FROM sites") == 3


@pytest.fixture
def pair(made: Made, postgres: str, worker_id: str) -> tuple[str, str]:
    """A database of the newest schema, and an empty one."""
    source = made.database(postgres, f"move_from_{worker_id}")
    return source, made.empty_database(postgres, f"move_to_{worker_id}")


async def test_what_cannot_be_copied_as_it_is_leaves_nothing(pair: tuple[str, str]) -> None:
    source, target = pair
    await lived_in(source)
    told: list[str] = []
    with pytest.raises(MoveFailed, match="the target has accounts already"):
        await moving.check_target(source)
    with pytest.raises(MoveFailed, match="cannot be used"):
        await moving.check_target("postgresql://127.0.0.1:1/none")
    await moving.check_target(target)
    await asyncio.to_thread(schema.migrate, target)

    user = await asyncpg.connect(source, server_settings={"application_name": "wattyard"})
    with pytest.raises(MoveFailed, match="stop its servers and workers"):
        await moving.move(source, target, told.append)
    await user.close()

    user = await asyncpg.connect(target)
    async with user.transaction():
        await user.execute("LOCK TABLE webhook_deliveries IN ACCESS SHARE MODE")
        with pytest.raises(MoveFailed, match="the target is in use"):
            await moving.move(source, target, told.append, lock_seconds=0.5)
    await user.close()

    await ask(target, "ALTER TABLE devices ADD CHECK (false)")
    with pytest.raises(MoveFailed, match=r"devices was not copied: .*check constraint"):
        await moving.move(source, target, told.append)
    await ask(target, "ALTER TABLE devices DROP CONSTRAINT devices_check")
    changing = """
        CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.name := NEW.name || ' '; RETURN NEW; END $$
    """
    await ask(target, changing)
    await ask(
        target,
        "CREATE TRIGGER change BEFORE INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION change()",
    )
    with pytest.raises(MoveFailed, match="accounts was not copied as it is"):
        await moving.move(source, target, told.append)
    assert await ask(target, "SELECT count(*) FROM accounts") == 0

    await ask(target, "DROP TRIGGER change ON accounts")
    copied = await moving.move(source, target, told.append)
    assert (copied["sites"], copied["accounts"]) == (2, 1)
    assert any("rows of sites" in line for line in told)
    await ask(source, "DELETE FROM accounts")
    with pytest.raises(MoveFailed, match="the target now has accounts"):
        await moving.move(source, target, told.append)
    assert await ask(target, "SELECT count(*) FROM accounts") == 1


def test_tables_come_after_those_that_they_refer_to() -> None:
    def table(name: str, *after: str) -> Table:
        return Table(name, ("a",), frozenset(after), None, None)

    found = moving.in_order([table("c", "b", "parent"), table("b", "a"), table("a")])
    assert [one.name for one in found] == ["a", "b", "c"]
    with pytest.raises(ValueError, match="refer to each other: a, b"):
        moving.in_order([table("a", "b"), table("b", "a")])
