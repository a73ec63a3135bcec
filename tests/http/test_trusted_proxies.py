"""Whose request it is that a proxy passes on."""

from dataclasses import replace

import httpx
import pytest

from tests.support.world import SETTINGS, World, basic
from wattyard.platform.http.proxies import TrustedProxies

PROXIES = TrustedProxies("10.0.0.0/8, 127.0.0.1/32, fd00::/8")


@pytest.mark.parametrize(
    ("peer", "headers", "client"),
    [
        ("192.0.2.1", [("x-forwarded-for", "198.51.100.7")], "192.0.2.1"),  # not a proxy of ours
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [("x-forwarded-for", "198.51.100.7")], "198.51.100.7"),
        ("10.0.0.1", [("x-forwarded-for", "1.1.1.1, 198.51.100.7, 10.0.0.2")], "198.51.100.7"),
        ("10.0.0.1", [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "2.2.2.2")], "2.2.2.2"),
        ("10.0.0.1", [("x-forwarded-for", "10.0.0.3, 10.0.0.2")], "10.0.0.3"),
        ("10.0.0.1", [("x-forwarded-for", "198.51.100.7:4711")], "198.51.100.7"),
        ("10.0.0.1", [("x-forwarded-for", "[2001:db8::7]:4711")], "2001:db8::7"),
        ("10.0.0.1", [("x-forwarded-for", "2001:db8::7")], "2001:db8::7"),
        ("10.0.0.1", [("x-forwarded-for", "::ffff:198.51.100.7")], "198.51.100.7"),
        ("::ffff:10.0.0.1", [("x-forwarded-for", "198.51.100.7")], "198.51.100.7"),
        ("10.0.0.1", [("x-forwarded-for", "1.1.1.1, unknown, 10.0.0.2")], "10.0.0.2"),
        ("10.0.0.1", [("x-forwarded-for", "")], "10.0.0.1"),
        ("10.0.0.1", [("x-forwarded-for", "1.1.1.1," * 50 + "10.0.0.2")], "1.1.1.1"),
        (
            "fd00::1",
            [("forwarded", 'for=1.1.1.1, for="[2001:db8::7]:80"')],
            "2001:db8::7",
        ),
        ("10.0.0.1", [("forwarded", "proto=https;For=198.51.100.7;by=10.0.0.1")], "198.51.100.7"),
        ("10.0.0.1", [("forwarded", "for=_hidden")], "10.0.0.1"),
        ("10.0.0.1", [("forwarded", "proto=https")], "10.0.0.1"),
        # One header is the proxy's, the other the client's own: nobody knows which.
        ("10.0.0.1", [("x-forwarded-for", "1.1.1.1"), ("forwarded", "for=2.2.2.2")], "10.0.0.1"),
        ("10.0.0.1", [("x-forwarded-for", "1.1.1.1"), ("forwarded", "for=1.1.1.1")], "1.1.1.1"),
        ("", [("x-forwarded-for", "1.1.1.1")], ""),
    ],
)
def test_the_rightmost_address_that_is_not_of_a_proxy_is_the_clients(
    peer: str, headers: list[tuple[str, str]], client: str
) -> None:
    sent = [(name.encode(), value.encode()) for name, value in headers]
    assert PROXIES.client(peer, sent) == client


def test_without_a_proxy_nobody_is_believed() -> None:
    nobody = TrustedProxies("")
    assert not nobody
    assert nobody.client("10.0.0.1", [(b"x-forwarded-for", b"1.1.1.1")]) == "10.0.0.1"


async def test_failed_log_ins_count_for_the_client_behind_the_proxy(world: World) -> None:
    front = world.another(replace(SETTINGS, trusted_proxies="127.0.0.1/32"))

    async def fail(of: str) -> int:
        headers = {
            "Authorization": basic(f"acc_{world.context.new_id().hex}", "no"),
            "X-Forwarded-For": of,
        }
        return (await http.post("/auth/tokens", headers=headers)).status_code

    transport = httpx.ASGITransport(app=front)  # type: ignore[arg-type]  # ours
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        assert {await fail("192.0.2.7") for _ in range(20)} == {401}
        assert await fail("6.6.6.6, 192.0.2.7") == 429
        assert await fail("192.0.2.8") == 401
