"""A call finds the cell of its account by each form of credentials, and people by their session."""

import asyncio
import base64
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.support import routing
from tests.support.cells import Cells, asked
from tests.support.world import World, basic
from wattyard.accounts.domain import code_of
from wattyard.app.cells import haproxy
from wattyard.app.cells.clusters import MovingAccount
from wattyard.kernel import ids
from wattyard.kernel.context import Contexts
from wattyard.kernel.refusals import Unavailable
from wattyard.people.service import Sessions
from wattyard.platform.db.sessions import session


@asynccontextmanager
async def node(name: str) -> AsyncIterator[str]:
    """A server that answers whatever it is asked with its name."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(name)}\r\nConnection: close\r\n\r\n"
        writer.write(f"{head}{name}".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def token(account_id: str) -> str:
    """What a proxy can read of a bearer token; it verifies nothing."""
    claims = json.dumps({"account_id": account_id}).encode()
    parts = (b'{"alg":"HS256"}', claims, b"signature")
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


async def test_each_form_of_credentials_leads_to_the_cell_of_its_account(
    cells: Cells, home: World, away: World, tmp_path: Path
) -> None:
    here, there = await home.tenant(), await away.tenant()
    lines = []
    for server in (cells.first, cells.second):
        async with session(server.url, "cell") as db:
            lines += await haproxy.lines_of(db)
    async with (
        node("c0") as first,
        node("c1") as second,
        routing.proxy(tmp_path, [first, second], "\n".join([*lines, ""])) as address,
        httpx.AsyncClient(base_url=address) as http,
    ):

        async def found(path: str = "/sites", **headers: str) -> str:
            return (await http.get(path, headers=headers)).text

        for tenant, cell in ((here, "c0"), (there, "c1")):
            key = f"rk_test_{tenant.account_id[20:]}_a-b_c"
            assert await found(Authorization=f"Bearer {token(tenant.account_id)}") == cell
            assert await found(Authorization=f"Bearer {tenant.secret}") == cell
            assert await found(Authorization=basic(tenant.account_id, tenant.secret)) == cell
            assert await found(f"/k/{key}/prices?location_id=loc_1") == cell
            assert await found("/dashboard", Cookie=f"__Host-wattyard={cell}.abc") == cell
        for nobody in ("Bearer sk_test_" + "x" * 40, "Bearer x", "Basic !", ""):
            assert await found(Authorization=nobody) == "c0"

        moved = MovingAccount(0, here.caller.account_id, None)
        sock, file = str(tmp_path / "admin.sock"), str(tmp_path / "cells.map")
        await haproxy.send_calls(sock, file, moved, 1)
        assert await found(Authorization=f"Bearer {here.secret}") == "c1"
    with pytest.raises(Unavailable, match="cannot be asked"):
        await haproxy.send_calls(f"{sock}.none", file, moved, 1)


@pytest.mark.skipif(routing.HAPROXY is None, reason="haproxy is not installed")
def test_haproxy_takes_the_configuration_of_the_handbook(tmp_path: Path) -> None:
    (tmp_path / "cells.map").write_text("c0 cell_c0\n")
    command = [str(routing.HAPROXY), "-c", "-f", str(routing.CONFIGURATION)]
    environment = routing.environment(tmp_path, ["http://127.0.0.1:1", "http://127.0.0.1:2"], 8080)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


async def test_a_session_begins_with_its_cell(cells: Cells, away: World) -> None:
    async with asked(cells.second) as db:
        person = await db.fetchval(
            "INSERT INTO people (id, email, name, language, time_created)"
            " VALUES (gen_random_uuid(), 'session@example.com', 'x', 'en', now()) RETURNING id"
        )
    context = away.services.get(Contexts).anonymous()
    sessions = away.services.get(Sessions)
    made = await sessions.open(context, person, address="", user_agent="")
    assert made.startswith("c1.")
    signed_in = await sessions.signed_in(context, made)
    assert signed_in is not None
    assert await sessions.signed_in(context, made.removeprefix("c1.")) is None


async def test_a_key_carries_the_code_of_its_account(away: World) -> None:
    tenant = await away.tenant()
    kind, mode, code, secret = tenant.secret.split("_", 3)
    assert (kind, mode, code) == ("sk", "test", code_of(tenant.caller.account_id))
    assert tenant.account_id == ids.wire("acc", tenant.caller.account_id)
    assert tenant.account_id.endswith(code)
    assert len(secret) == 40
