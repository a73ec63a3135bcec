"""Looking names up: promptly for those that answer, whatever others do."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from time import monotonic
from typing import Final

from cachetools import LRUCache

from wattyard.kernel.values import dataclass

Lookup = Callable[[str], Awaitable[Sequence[str]]]
"""Finds the addresses of a name; raises OSError where there are none."""

Ask = Callable[[str], Sequence[str]]
"""Does so while its thread waits."""

_PROVEN_THREADS: Final = 32
_OTHER_THREADS: Final = 96
_PROMPT_SECONDS: Final = 1.0
_REMEMBERED: Final = 10_000


def _ask(host: str) -> Sequence[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError as fault:
        raise OSError(f"{host} is not a name") from fault
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True, slots=True)
class _Found:
    """The addresses of a name, and how long they were looked for."""

    addresses: Sequence[str]
    seconds: float


class SystemLookup:
    """Asks the system's resolver, in threads of its own and once for all who ask together.

    Names that were found promptly the last time have threads to themselves: names whose servers
    do not answer, however many somebody registers, keep waiting only each other and new ones.
    """

    def __init__(self, ask: Ask = _ask) -> None:
        self._ask = ask
        self._prompt: LRUCache[str, bool] = LRUCache(_REMEMBERED)
        self._proven = _Threads(_PROVEN_THREADS)
        self._others = _Threads(_OTHER_THREADS)
        self._asked: dict[str, asyncio.Future[_Found]] = {}

    async def __call__(self, host: str) -> Sequence[str]:
        asked = self._asked.get(host)
        if asked is None or asked.get_loop() is not asyncio.get_running_loop():
            threads = self._proven if host in self._prompt else self._others
            asked = asyncio.wrap_future(threads.run(self._ask, host))
            self._asked[host] = asked
            asked.add_done_callback(lambda done: self._answered(host, done))
        return (await asyncio.shield(asked)).addresses

    def _answered(self, host: str, done: "asyncio.Future[_Found]") -> None:
        if self._asked.get(host) is done:
            del self._asked[host]
        if done.cancelled():
            return
        if done.exception() is None and done.result().seconds < _PROMPT_SECONDS:
            self._prompt[host] = True
        else:
            self._prompt.pop(host, None)


class _Threads:
    """At most so many threads, begun when needed. The process does not wait for them at its end.

    The standard library's executor does, and for all that was given to it: a resolver that gets
    no answer would keep the process for minutes.
    """

    def __init__(self, most: int) -> None:
        self._left = most
        self._idle = threading.Semaphore(0)
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()

    def run(self, ask: Ask, host: str) -> Future[_Found]:
        """Look a name up in a thread."""
        future: Future[_Found] = Future()
        self._work.put(lambda: _answer(ask, host, future))
        if not self._idle.acquire(blocking=False) and self._left:
            self._left -= 1
            threading.Thread(target=self._go_on, name="names", daemon=True).start()
        return future

    def _go_on(self) -> None:
        while True:
            self._work.get()()
            self._idle.release()


def _answer(ask: Ask, host: str, future: Future[_Found]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    begun = monotonic()
    try:
        addresses = ask(host)
    except Exception as fault:  # noqa: BLE001 (it is the asker's)
        future.set_exception(fault)
    else:
        future.set_result(_Found(addresses, monotonic() - begun))
