"""Addresses with several servers: as libpq reads them, and the first that is of use is taken."""

import asyncio
import re
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest

from wattyard.kernel.refusals import Unavailable
from wattyard.platform.db import Database
from wattyard.platform.db.hosts import Host, NoneSuited, Open, first_answer, hosts_of

ADDRESSES = {
    "postgresql://a/db": [Host("a", None)],
    "postgresql://u:p@a:1,b:2/db?target_session_attrs=read-write": [Host("a", 1), Host("b", 2)],
    "postgresql://u:p%40x@a,b:2/db": [Host("a", None), Host("b", 2)],
    "postgresql://[::1]:1,[2001:db8::2]/db": [Host("::1", 1), Host("2001:db8::2", None)],
    "postgresql://%2Frun%2Fone/db": [Host("/run/one", None)],
    "postgresql:///db?host=a,b&port=1,2": [Host("a", 1), Host("b", 2)],
    "postgresql://u@/db?host=/run/one,b&port=7": [Host("/run/one", 7), Host("b", 7)],
    "postgresql:///db": [],
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_server_of_an_address_is_found(address: str) -> None:
    assert hosts_of(address) == ADDRESSES[address]


@pytest.mark.parametrize(
    "address", ["postgresql://a:x,b/db", "postgresql:///d?host=a,b&port=1,2,3"]
)
async def test_a_wrong_address_is_said_to_be_one(address: str) -> None:
    with pytest.raises(Unavailable, match="check its address"):
        await Database(address).open()


class Wire:
    """A connection, open until it is closed."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()

    def terminate(self) -> None:
        self.closed.set()


def answering(wire: Wire) -> Open:
    async def opened() -> Wire:
        return wire

    return opened


def after(event: asyncio.Event, wire: Wire) -> Open:
    """One that answers late, even where nobody waits for it any more."""

    async def opened() -> Wire:
        with suppress(asyncio.CancelledError):
            await event.wait()
        return wire

    return opened


def refusing(words: str) -> Open:
    async def opened() -> Wire:
        raise ConnectionRefusedError(words)

    return opened


async def silent() -> Wire:
    await asyncio.Event().wait()
    raise AssertionError


async def test_one_that_refuses_or_is_silent_does_not_keep_from_the_next() -> None:
    wire = Wire()
    assert await first_answer([refusing("a"), answering(wire)], apart_seconds=60) == (1, wire)
    opens = [silent, refusing("b"), answering(wire)]
    assert await first_answer(opens, apart_seconds=0.001) == (2, wire)


async def test_what_was_opened_in_vain_is_closed() -> None:
    late, wire = Wire(), Wire()
    opens = [after(asyncio.Event(), late), answering(wire)]
    assert await first_answer(opens, apart_seconds=0.001) == (1, wire)
    async with asyncio.timeout(60):
        await late.closed.wait()
    assert not wire.closed.is_set()


async def test_all_that_was_said_is_said_where_none_suits() -> None:
    with pytest.raises(NoneSuited, match="a; b"):
        await first_answer([refusing("a"), refusing("b")], apart_seconds=60)


@pytest.fixture
def nobody() -> Iterator[int]:
    """A port where connections are taken, and nothing is ever answered."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


async def test_a_server_that_is_silent_is_passed_over(database_url: str, nobody: int) -> None:
    port = re.search(r"port=(\d+)", database_url)
    assert port
    both = database_url.replace("host=", "host=127.0.0.1,")
    both = both.replace(port[0], f"port={nobody},{port[1]}")
    database = Database(both, connections=1)
    await database.open()
    async with database.transaction() as db:
        assert await db.fetchval("SELECT 1") == 1
    await database.check_ready()
    await database.close()
