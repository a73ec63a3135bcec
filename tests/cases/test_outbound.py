"""What leaves this server: addresses as they were written, and answers that are taken at once."""

import asyncio
from collections.abc import Sequence

import pytest

from tests.feeds.conftest import Pauses
from tests.support import receivers
from tests.support.receivers import Answer, Received, Receiver
from wattyard.events.adapters.sender import Sender
from wattyard.kernel.instants import system_clock
from wattyard.platform.outbound.addresses import AddressPolicy
from wattyard.platform.outbound.failures import Rejected
from wattyard.platform.outbound.fetcher import Fetcher

LOCAL = AddressPolicy.read("127.0.0.0/8")


async def local(_: str) -> Sequence[str]:
    return ["127.0.0.1"]


@pytest.mark.parametrize(
    "target",
    [
        "/a%2Fb/%7Euser/c%20d",
        "/hook?next=%2Fhome&x=a+b&y=%41",
        "/../a/./b//c",
        "/hook;v=1?a=1&a=2&=&",
        "/h%c3%a9?q=%C3%A9",
    ],
)
async def test_an_address_is_sent_byte_for_byte_as_it_was_registered(target: str) -> None:
    async with Receiver() as receiver, Sender(local, LOCAL) as sender:
        await sender.send(f"http://127.0.0.1:{receiver.port}{target}", {}, b"{}")
    assert [one.path for one in receiver.received] == [target]


async def test_an_address_of_a_market_source_is_sent_byte_for_byte_too() -> None:
    async with (
        Receiver() as receiver,
        Fetcher(clock=system_clock, sleep=Pauses(), chance=lambda: 0.5) as fetcher,
    ):
        base = f"http://127.0.0.1:{receiver.port}"
        await fetcher.get(f"{base}/a%2Fb")
        await fetcher.get(f"{base}/a%2Fb", {"day": "2026-03-01T00:00:00Z"})
        await fetcher.get(f"{base}/päth")
    paths = [one.path for one in receiver.received]
    assert paths == ["/a%2Fb", "/a%2Fb?day=2026-03-01T00:00:00Z", "/p%C3%A4th"]


async def test_a_redirect_of_a_market_source_is_not_followed() -> None:
    async with (
        Receiver(receivers.status(302, "Location: /elsewhere")) as receiver,
        Fetcher(clock=system_clock, sleep=Pauses(), chance=lambda: 0.5) as fetcher,
    ):
        with pytest.raises(Rejected):
            await fetcher.get(receiver.url)
    assert len(receiver.received) == 1


def raw(answer: bytes) -> Answer:
    async def give(_: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    return give


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 204 No Content\r\n\r\nbut here is some",
        b"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nsome",
        b"HTTP/1.1 200 OK\r\nX: %b\r\nContent-Length: 0\r\n\r\n" % (b"x" * 9_000),
        b"HTTP/1.1 200 OK\r\nX: %b\r\nContent-Length: 0\r\n\r\n" % (b"x" * 90_000),
        b"HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nok",
        b"HTTP/1.1 201 Created\r\nno header\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\nmore",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a length\r\n",
    ],
    ids=["body", "length", "9 kB", "90 kB", "two lengths", "no colon", "100", "chunks"],
)
async def test_a_2xx_is_a_success_whatever_follows_it(answer: bytes) -> None:
    async with Receiver(raw(answer)) as receiver, Sender(local, LOCAL, seconds=5) as sender:
        first = await sender.send(receiver.url, {}, b"{}")
        receiver.answer = receivers.ok
        second = await sender.send(receiver.url, {}, b"{}")
    assert first.succeeded
    assert second.succeeded


@pytest.mark.parametrize("piece", [b"x", b"1\r\nx\r\n"], ids=["head", "body"])
async def test_what_dribbles_in_after_a_2xx_holds_nobody_longer_than_the_limit(
    piece: bytes,
) -> None:
    """The end of the attempt closes the connection: nobody waits for the rest."""

    async def dribble(received: Received, writer: asyncio.StreamWriter) -> None:
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
        writer.write(head + (b"X: " if piece == b"x" else b"\r\n"))
        try:
            while not writer.is_closing():
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.01)
        finally:
            ended.set()

    ended = asyncio.Event()
    async with Receiver(dribble) as receiver, Sender(local, LOCAL, seconds=3) as sender:
        assert (await sender.send(receiver.url, {}, b"{}")).succeeded
        await ended.wait()


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 500 X\r\n\x00\r\n\r\n", b"HTTP/1.1 2", b"200 OK\r\n"]
)
async def test_what_is_no_2xx_is_a_failure_whatever_follows_it(answer: bytes) -> None:
    async def give(received: Received, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        writer.close()

    async with Receiver(give) as receiver, Sender(local, LOCAL, seconds=5) as sender:
        assert not (await sender.send(receiver.url, {}, b"{}")).succeeded


async def test_a_kept_connection_that_the_receiver_closed_costs_no_attempt() -> None:
    async def once_a_connection(received: Received, writer: asyncio.StreamWriter) -> None:
        port = writer.get_extra_info("peername")[1]
        if port in known:
            writer.transport.abort()  # as one does whose time for idle connections ended just now
            return
        known.add(port)
        await receivers.ok(received, writer)

    known: set[int] = set()
    async with Receiver(once_a_connection) as receiver, Sender(local, LOCAL) as sender:
        replies = [await sender.send(receiver.url, {}, b"{}") for _ in range(5)]
    assert all(reply.succeeded for reply in replies)


async def test_a_receiver_that_closes_every_connection_is_asked_twice_at_most() -> None:
    closing = False

    async def answer(received: Received, writer: asyncio.StreamWriter) -> None:
        if closing:
            writer.transport.abort()
        else:
            await receivers.ok(received, writer)

    async with Receiver(answer) as receiver, Sender(local, LOCAL) as sender:
        await sender.send(receiver.url, {}, b"{}")
        closing = True
        reply = await sender.send(receiver.url, {}, b"{}")
    assert reply.error == "the connection was closed without an answer"
    assert len(receiver.received) == 3
