"""The servers that an address names, and the first of them that is suitable. The driver tries
several servers one after the other, and gives each the whole time-out: one whose machine is gone,
or that is stopped, would keep it from ever reaching the next.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg

from wattyard.kernel.values import dataclass

NOT_OPENED: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""What the driver raises when a connection cannot be opened."""

_APART_SECONDS: Final = 1.0
"""How long a server has to answer before the next one is asked beside it."""
TAKES_CHANGES: Final = "read-write"
ANY_SERVER: Final = "any"
_ATTRIBUTES: Final = "target_session_attrs"

Open = Callable[[], Awaitable[Any]]
"""Opens a connection to one server."""


@dataclass(frozen=True, slots=True)
class Host:
    """A server: its name, address or socket folder, and its port where one is named."""

    name: str
    port: int | None


class NoneSuited(OSError):
    """None of several servers can be used; the message says why, of each."""


def hosts_of(url: str) -> list[Host]:
    """List the servers that an address names, as libpq reads it; empty where it names none.

    Raises:
        ValueError: for a port that is no number, or more ports than hosts.
    """
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    named = parts.netloc.rpartition("@")[2]
    if not named:
        named = query.get("host", [""])[-1]
        return _with_ports(named.split(","), query.get("port", [""])[-1]) if named else []
    return [_host(one) for one in named.split(",")]


def _with_ports(names: list[str], ports: str) -> list[Host]:
    numbers = [int(port) if port else None for port in ports.split(",")]
    if len(numbers) == 1:
        numbers *= len(names)
    hosts = [_host(name) for name in names]
    return [
        host if host.port else Host(host.name, port)
        for host, port in zip(hosts, numbers, strict=True)
    ]


def _host(text: str) -> Host:
    if text.startswith("["):  # an address of IPv6
        name, _, rest = text[1:].partition("]")
        return Host(name, int(rest[1:]) if rest[1:] else None)
    if text.startswith("/"):
        return Host(text, None)
    name, _, port = text.partition(":")
    return Host(unquote(name), int(port) if port else None)


class Servers:
    """The servers of an address; the one that was last used is asked first the next time.

    Where there are several and the address does not say what a server must be, it must be as it
    is `wanted`.
    """

    def __init__(self, url: str, *, wanted: str = TAKES_CHANGES) -> None:
        self._url = url
        self._hosts: list[Host] = []
        self._required = wanted
        with suppress(ValueError):  # the driver says what is wrong with it
            self._hosts = hosts_of(url)
            self._required = parse_qs(urlsplit(url).query).get(_ATTRIBUTES, [wanted])[-1]

    async def connect(self, **options: object) -> Any:  # noqa: ANN401 (the driver's, or a class that `options` names)
        """Open a connection with the driver's `options`.

        Raises:
            any of `NOT_OPENED`.
        """
        if len(self._hosts) < 2 or self._required == "prefer-standby":
            return await asyncpg.connect(self._url, **options)
        hosts = self._hosts
        opens = [self._opening(host, options) for host in hosts]
        found, connection = await first_answer(opens, apart_seconds=_APART_SECONDS)
        self._hosts = [hosts[found], *hosts[:found], *hosts[found + 1 :]]
        return connection

    def _opening(self, host: Host, options: dict[str, object]) -> Open:
        async def opened() -> Any:  # noqa: ANN401 (as above)
            try:
                return await asyncpg.connect(
                    self._url,
                    host=host.name,
                    port=host.port,
                    target_session_attrs=self._required,
                    **options,
                )
            except NOT_OPENED as fault:
                raise NoneSuited(f"{host.name}:{host.port or ''} {_reason(fault)}") from fault

        return opened


async def connect(url: str, **options: object) -> Any:  # noqa: ANN401 (as above)
    """Open a connection to the server of an address that takes changes, with the driver's options.

    Raises:
        any of `NOT_OPENED`.
    """
    return await Servers(url).connect(**options)


async def first_answer(opens: Sequence[Open], *, apart_seconds: float) -> tuple[int, Any]:
    """Ask one after the other, the next as soon as one fails or is silent for so long.

    Returns:
        which of them answered first, and its connection; those of the others are closed.

    Raises:
        NoneSuited: when all have failed.
    """
    asked: dict[asyncio.Task[Any], int] = {}
    said: list[str] = []
    try:
        for number, opened in enumerate(opens):
            asked[asyncio.ensure_future(opened())] = number
            answer = await _answer(asked, said, apart_seconds)
            if answer is not None:
                return answer
        while asked:
            answer = await _answer(asked, said, None)
            if answer is not None:
                return answer
        raise NoneSuited("; ".join(said))
    finally:
        for task in asked:
            task.add_done_callback(_closed)
            task.cancel()


async def _answer(
    asked: dict[asyncio.Task[Any], int], said: list[str], seconds: float | None
) -> tuple[int, Any] | None:
    """Wait for one of those that are asked, up to a limit; None where none could be used."""
    done, _ = await asyncio.wait(asked, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        fault = task.exception()
        if fault is None:
            return asked.pop(task), task.result()
        del asked[task]
        if not isinstance(fault, NOT_OPENED):
            raise fault
        said.append(str(fault))
    return None


def _closed(task: "asyncio.Task[Any]") -> None:
    """Close what was opened in vain."""
    if not task.cancelled() and task.exception() is None:
        task.result().terminate()


def _reason(fault: BaseException) -> str:
    if isinstance(fault, asyncpg.TargetServerAttributeNotMatched):
        return "only reads"
    if isinstance(fault, TimeoutError):
        return "does not answer"
    return str(fault) or type(fault).__name__
