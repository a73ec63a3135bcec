"""The proxy before the nodes of two cells: Debian's HAProxy with our configuration, or, where that
is not installed, a small one that finds the account in the same ways."""

import asyncio
import base64
import json
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from tests.support.clusters import free_port

HAPROXY: Final = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
CONFIGURATION: Final = Path(__file__).parents[2] / "deploy" / "haproxy-cells.cfg"


def environment(folder: Path, nodes: list[str], port: int) -> dict[str, str]:
    """What the configuration leaves to its environment."""
    return {
        **os.environ,
        "CELLS_BIND": f"127.0.0.1:{port}",
        "CELLS_MAP": str(folder / "cells.map"),
        "CELLS_SOCKET": str(folder / "admin.sock"),
        **{f"CELL_C{n}": node.removeprefix("http://") for n, node in enumerate(nodes)},
    }


@asynccontextmanager
async def proxy(folder: Path, nodes: list[str], lines: str) -> AsyncIterator[str]:
    """Route calls by a map, which is changed at `admin.sock` in the folder; gives the address."""
    (folder / "cells.map").write_text(lines)
    port = free_port()
    if HAPROXY is None:
        async with SmallProxy(folder, nodes, port):
            yield f"http://127.0.0.1:{port}"
        return
    process = await asyncio.create_subprocess_exec(
        HAPROXY, "-db", "-f", str(CONFIGURATION), env=environment(folder, nodes, port)
    )
    try:
        while True:
            with suppress(OSError):
                (await asyncio.open_connection("127.0.0.1", port))[1].close()
                break
            assert process.returncode is None
            await asyncio.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


class SmallProxy:
    """One request a connection; the map is set as HAProxy's is."""

    def __init__(self, folder: Path, nodes: list[str], port: int) -> None:
        self._nodes = nodes
        self._port = port
        self._folder = folder
        lines = (folder / "cells.map").read_text().splitlines()
        self._map = dict(line.split() for line in lines)

    async def __aenter__(self) -> None:
        self._servers = (
            await asyncio.start_server(self._client, "127.0.0.1", self._port),
            await asyncio.start_unix_server(self._set, self._folder / "admin.sock"),
        )

    async def __aexit__(self, *_: object) -> None:
        for server in self._servers:
            server.close()

    async def _set(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        command = (await reader.readline()).decode().split()
        self._map[command[3]] = command[4]
        writer.close()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        cell = int(self._map.get(code_of(head), "cell_c0").removeprefix("cell_c"))
        host, port = self._nodes[cell].removeprefix("http://").split(":")
        from_node, to_node = await asyncio.open_connection(host, int(port))
        head = re.sub(r"(?i)\r\nconnection:[^\r]*", "", head)
        to_node.write(head.replace("\r\n", "\r\nConnection: close\r\n", 1).encode("latin-1"))
        there = asyncio.create_task(_copy(reader, to_node))
        await _copy(from_node, writer)
        there.cancel()
        for one in (writer, to_node):
            one.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()


def code_of(head: str) -> str:
    """Find the code of the account that a request names; empty where it names none."""
    path = head.split(" ")[1]
    if path.startswith("/k/rk_"):
        return path.split("/")[2].split("_")[2]
    found = re.search(r"(?i)\r\nauthorization: (\w+) ([^\r]+)", head)
    if found is None:
        cookie = re.search(r"(?i)\r\ncookie: __Host-wattyard=(\w+)\.", head)
        return cookie[1] if cookie else ""
    scheme, proof = found[1].lower(), found[2]
    if scheme == "basic":
        return base64.b64decode(proof).decode().split(":")[0][20:]
    if proof.startswith("eyJ"):
        middle = proof.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        return str(claims["account_id"])[20:]
    parts = proof.split("_")
    return parts[2] if len(parts) > 2 else ""
