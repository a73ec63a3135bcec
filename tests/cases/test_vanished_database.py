"""A database whose machine vanished: no connection is closed, and no answer ever comes."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest

from tests.support.hanging_up import hung_up
from wattyard.kernel.refusals import Unavailable
from wattyard.platform.db import Database, Listener, Notifier
from wattyard.platform.db.connecting import Connector
from wattyard.platform.db.faults import Causes
from wattyard.platform.db.positions import LogPositions


class Wire:
    """A wire to the database that can be cut without either side's noticing."""

    def __init__(self) -> None:
        self.whole = asyncio.Event()
        self.whole.set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.writers: list[asyncio.StreamWriter] = []

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        while chunk := await reader.read(65_536):
            await self.whole.wait()
            writer.write(chunk)
        writer.close()


def socket_of(url: str) -> tuple[str, Path]:
    found = re.search(r"host=([^&]+)", url)
    assert found
    return found[0], next(Path(unquote(found[1])).glob(".s.PGSQL.*[0-9]"))


@asynccontextmanager
async def wire_to(url: str, folder: Path) -> AsyncIterator[tuple[Wire, str]]:
    host, socket = socket_of(url)
    wire = Wire()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_unix_connection(socket)
        for ends in ((reader, far_writer), (far_reader, writer)):
            task: Any = asyncio.create_task(wire.carry(*ends))
            wire.tasks.add(task)

    server = await asyncio.start_unix_server(connect, folder / socket.name)
    try:
        yield wire, url.replace(host, f"host={quote(str(folder), safe='')}")
    finally:
        server.close()
        for task in wire.tasks:
            task.cancel()
        await asyncio.gather(*wire.tasks, return_exceptions=True)
        for writer in wire.writers:
            await hung_up(writer)


async def test_what_waits_for_a_vanished_database_gives_up(
    database_url: str, tmp_path: Path
) -> None:
    async with wire_to(database_url, tmp_path) as (wire, url):
        database = Database(url, connections=1, statement_seconds=2)
        await database.open()
        async with database.reading() as db:
            assert await db.fetchval("SELECT 1") == 1
        wire.whole.clear()
        with pytest.raises(Unavailable) as refused:
            async with asyncio.timeout(60), database.reading() as db:
                await db.fetchval("SELECT 1")
        assert str(refused.value.__cause__) == "the database does not answer"
        wire.whole.set()
        async with database.reading() as db:
            assert await db.fetchval("SELECT 1") == 1
        await database.close()


async def test_what_is_loaded_into_a_vanished_database_gives_up(
    database_url: str, tmp_path: Path
) -> None:
    connections: list[Any] = []
    cut, sending = asyncio.Event(), asyncio.Event()

    async def rows() -> AsyncIterator[bytes]:
        sending.set()
        yield bytes(8_000_000)  # more than a wire takes of which nobody reads the other end

    async def load(database: Database) -> None:
        async with database.transaction() as db:
            connections.append(db)
            await cut.wait()
            await db.copy_to_table("accounts", source=rows(), columns=["name"], format="text")

    async with wire_to(database_url, tmp_path) as (wire, url):
        database = Database(url, connections=2, statement_seconds=2)
        await database.open()
        async with asyncio.timeout(60):
            loads = [asyncio.create_task(load(database)) for _ in range(2)]
            while len(connections) < 2:  # noqa: ASYNC110 (both have begun in a moment)
                await asyncio.sleep(0.01)
            wire.whole.clear()
            cut.set()
            await sending.wait()
            connections[0].terminate()  # as where another server took over
            ends = await asyncio.gather(*loads, return_exceptions=True)
        assert [type(one) for one in ends] == [Unavailable, Unavailable]
        wire.whole.set()
        await database.close()


async def test_whoever_listens_to_a_vanished_database_listens_again(
    database_url: str, db: Database, tmp_path: Path
) -> None:
    async with wire_to(database_url, tmp_path) as (wire, url):
        listener = Listener(Database(url), "tests_vanished", ask_seconds=0.2, answer_seconds=0.2)
        heard = asyncio.Event()
        listening = asyncio.create_task(listener.listen())
        with listener.calling(heard.set):
            async with asyncio.timeout(60):
                await heard.wait()
                heard.clear()
                first, wire.tasks = wire.tasks, set()
                for task in first:
                    task.cancel()  # nothing passes there any more, and nobody is told
                await heard.wait()
                heard.clear()
                Notifier(db, "tests_vanished").notify()
                await heard.wait()
        listening.cancel()
        await asyncio.gather(listening, *first, return_exceptions=True)


async def test_whoever_would_read_a_replica_is_soon_told_that_the_primary_vanished(
    database_url: str, tmp_path: Path
) -> None:
    async with wire_to(database_url, tmp_path) as (wire, url):
        causes = Causes()
        positions = LogPositions(
            Connector(url, statement_seconds=30, causes=causes), causes, longest_seconds=3
        )
        assert await positions.now() is not None
        wire.whole.clear()
        async with asyncio.timeout(20):  # a question may take 32 s otherwise
            answers = await asyncio.gather(
                *(asyncio.create_task(positions.now()) for _ in range(3)), return_exceptions=True
            )
        assert {type(one) for one in answers} == {Unavailable}
        wire.whole.set()
        assert await positions.now() is not None
        await positions.close()
