"""The network's tricks: names that change, addresses in disguise, answers that never end."""

import asyncio
import os
import resource
import socket
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import receivers
from tests.support.receivers import Receiver
from wattyard.events.adapters.registration import Registration
from wattyard.events.adapters.sender import Sender
from wattyard.events.domain.endpoints import UrlInvalid, wants
from wattyard.kernel.refusals import Unavailable
from wattyard.platform.outbound.addresses import AddressPolicy
from wattyard.platform.outbound.sockets import AddressRefused, checked_socket

PUBLIC = AddressPolicy()
LOCAL = AddressPolicy.read("127.0.0.0/8")
REFUSED = "it leads to an address that may not be reached from here"


async def test_a_name_that_turns_to_the_inside_after_the_check_is_not_connected_to() -> None:
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])

    async def lookup(_: str) -> list[str]:
        return next(answers)

    async with Receiver() as receiver:
        assert PUBLIC.permits((await lookup("x"))[0])  # what registration saw
        async with Sender(lookup, PUBLIC) as sender:
            reply = await sender.send(f"https://rebinding.example:{receiver.port}/", {}, b"{}")
    assert reply.error == REFUSED
    assert receiver.connections == 0


@pytest.mark.parametrize("found", [["127.0.0.1"], ["93.184.215.14", "fd00::1"], ["::1"]])
async def test_a_name_that_leads_inside_is_refused_at_registration(found: list[str]) -> None:
    async def lookup(_: str) -> list[str]:
        return found

    with pytest.raises(UrlInvalid):
        await Registration(lookup, PUBLIC)("https://inside.example/")
    with pytest.raises(UrlInvalid):
        await Registration(lookup, PUBLIC)("http://inside.example/")


async def test_a_name_that_does_not_resolve_yet_is_taken() -> None:
    async def lookup(_: str) -> list[str]:
        raise OSError

    await Registration(lookup, PUBLIC)("https://later.example/")
    with pytest.raises(UrlInvalid):
        await Registration(lookup, LOCAL)("http://later.example/")


async def test_one_address_inside_among_public_ones_is_one_too_many() -> None:
    async def lookup(_: str) -> list[str]:
        return ["93.184.215.14", "127.0.0.1"]

    async with Sender(lookup, PUBLIC) as sender:
        reply = await sender.send("https://mixed.example/", {}, b"{}")
    assert reply.error == REFUSED


async def test_an_address_that_no_name_led_to_is_checked_too() -> None:
    async def lookup(host: str) -> list[str]:
        raise AssertionError(host)

    async with Receiver() as receiver, Sender(lookup, PUBLIC) as sender:
        for host in ("127.0.0.1", "[::ffff:127.0.0.1]"):
            reply = await sender.send(f"https://{host}:{receiver.port}/", {}, b"{}")
            assert reply.error == REFUSED
    assert receiver.connections == 0


async def test_http_reaches_allowed_networks_only() -> None:
    async def lookup(_: str) -> list[str]:
        return ["93.184.215.14"]

    async with Sender(lookup, LOCAL) as sender:
        for scheme in ("http", "HTTP", "hTTp"):
            reply = await sender.send(f"{scheme}://public.example:9/", {}, b"{}")
            assert reply.error == REFUSED


async def test_a_receiver_without_a_certificate_we_know_gets_nothing() -> None:
    async def lookup(_: str) -> list[str]:
        return ["127.0.0.1"]

    async with Receiver() as receiver, Sender(lookup, LOCAL, seconds=2) as sender:
        reply = await sender.send(f"https://localhost:{receiver.port}/", {}, b"{}")
    assert reply.status_code is None
    assert receiver.received == []


async def test_a_name_that_never_resolves_costs_the_time_of_an_attempt() -> None:
    async def lookup(_: str) -> list[str]:
        await asyncio.Event().wait()
        return []

    async with Sender(lookup, PUBLIC, seconds=0.2) as sender:
        reply = await sender.send("https://silent.example/", {}, b"{}")
    assert reply.error == "no answer within 0.2 s"


async def test_a_connection_is_used_again_and_an_endless_answer_is_cut_off() -> None:
    async def lookup(_: str) -> list[str]:
        return ["127.0.0.1"]

    async with Receiver() as receiver, Sender(lookup, LOCAL) as sender:
        for _ in range(3):
            assert (await sender.send(receiver.url, {}, b"{}")).succeeded
        assert receiver.connections == 1
        receiver.answer = receivers.endless
        assert (await sender.send(receiver.url, {}, b"{}")).succeeded
        receiver.answer = receivers.ok
        assert (await sender.send(receiver.url, {}, b"{}")).succeeded
        assert receiver.connections == 2


async def test_when_this_process_has_no_sockets_left_nothing_counts_as_tried() -> None:
    import_module("wattyard.platform.outbound.poster")  # else its file cannot be opened either

    async def lookup(_: str) -> list[str]:
        return ["127.0.0.1"]

    async with Receiver() as receiver, Sender(lookup, LOCAL) as sender:
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        taken = os.open(os.devnull, os.O_RDONLY)
        os.close(taken)
        resource.setrlimit(resource.RLIMIT_NOFILE, (taken, before[1]))
        try:
            with pytest.raises(Unavailable):
                await sender.send(receiver.url, {}, b"{}")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_last_gate_stands_before_the_socket() -> None:
    make = checked_socket(PUBLIC.permits)
    with pytest.raises(AddressRefused):
        make((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 80)))
    make((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("93.184.215.14", 80))).close()


@given(st.ip_addresses())
def test_no_disguise_opens_what_is_closed(address: object) -> None:
    text = str(address)
    if ":" not in text:
        assert PUBLIC.permits(f"::ffff:{text}") == PUBLIC.permits(text)
        assert PUBLIC.permits(f"64:ff9b::{text}") == PUBLIC.permits(text)
        assert not PUBLIC.permits(f"::{text}")
    assert not PUBLIC.permits_plain(text)


@pytest.mark.parametrize(
    ("patterns", "type_", "wanted"),
    [
        (["*"], "site.update", True),
        (["tariff.*"], "tariff.fetch.failed", True),
        (["tariff.*"], "tariffs.update", False),
        (["tariff.fetch.*"], "tariff.create", False),
        (["site.update"], "site.update", True),
        (["site.update"], "site.updated", False),
        ([], "site.update", False),
    ],
)
def test_families_of_types(patterns: list[str], type_: str, wanted: bool) -> None:
    assert wants(patterns, type_) is wanted
