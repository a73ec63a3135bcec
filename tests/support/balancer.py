"""A small proxy in front of several nodes: each connection goes to one that says it is ready."""

import asyncio
import threading
from itertools import count
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from tests.support.hanging_up import hung_up

_ASK_SECONDS = 0.1


class Balancer:
    """Carries each connection to a ready node; asks every tenth of a second which of them are."""

    def __init__(self, addresses: list[str]) -> None:
        self._addresses = addresses
        self._ready: list[str] = []
        self._turns = count()
        self._known = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.address = ""

    def replace(self, old: str, new: str) -> None:
        """Put another node in the place of one."""
        self._addresses = [new if address == old else address for address in self._addresses]

    def is_ready(self, address: str) -> bool:
        """Whether connections may go to a node."""
        return address in self._ready

    async def _serve(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        self._asking = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        async with httpx.AsyncClient(timeout=5) as client:
            while True:
                addresses = self._addresses
                answers = await asyncio.gather(*(_is_ready(client, one) for one in addresses))
                self._ready = [one for one, ready in zip(addresses, answers, strict=True) if ready]
                self._known.set()
                await asyncio.sleep(_ASK_SECONDS)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ready = self._ready
        node = urlsplit(ready[next(self._turns) % len(ready)])
        there, back = await asyncio.open_connection(node.hostname, node.port)
        ways = [asyncio.create_task(_pass_on(reader, back))]
        ways.append(asyncio.create_task(_pass_on(there, writer)))
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            await hung_up(writer)
            await hung_up(back)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(60)
        assert self._known.wait(60)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        present = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not present]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65_536):
        writer.write(piece)
        await writer.drain()


async def _is_ready(client: httpx.AsyncClient, address: str) -> Any:
    try:
        return (await client.get(f"{address}/health/ready")).status_code == 200
    except httpx.TransportError:
        return False
