"""Batches: what is asked for while the same kind of work is under way is done together after it."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

from wattyard.kernel.refusals import Refusal, TooMany
from wattyard.platform import logs

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")
Result = TypeVar("Result")

_WAIT_SECONDS: Final = 10.0
"""For how long an item may wait for its batch; as long as a call for a connection."""


class _Asked(NamedTuple, Generic[Item, Result]):
    item: Item
    result: asyncio.Future[Result]
    since: float


class Batches(Generic[Key, Item, Result]):
    """Does work of a key in batches, one at a time, each as large as what came meanwhile.

    Whoever comes alone waits for nobody. A batch goes on when one of its callers leaves. One that
    fails is done again item by item, so that only the culprit's caller is told; one that is refused
    (the database is away, or has no connection for the account) is not: each item would wait for
    the same.

    Args:
        do: the work of a batch; gives one result per item, in their order.
        at_most: how many items a batch may have.
        wait_seconds: an item whose batch has not begun by then is refused.
    """

    def __init__(
        self,
        do: Callable[[Key, Sequence[Item]], Awaitable[Sequence[Result]]],
        *,
        at_most: int,
        wait_seconds: float = _WAIT_SECONDS,
    ) -> None:
        self._do = do
        self._at_most = at_most
        self._wait_seconds = wait_seconds
        self._waiting: defaultdict[Key, list[_Asked[Item, Result]]] = defaultdict(list)
        self._working: dict[Key, asyncio.Task[None]] = {}

    async def done(self, key: Key, item: Item) -> Result:
        """Have an item done, with others of its key.

        Raises:
            TooMany: when what was asked for before takes too long.
            Exception: what the work raised.
        """
        loop = asyncio.get_running_loop()
        result: asyncio.Future[Result] = loop.create_future()
        self._waiting[key].append(_Asked(item, result, loop.time()))
        if key not in self._working:
            self._working[key] = asyncio.create_task(self._work(key))
        return await result

    async def _work(self, key: Key) -> None:
        batch: list[_Asked[Item, Result]] = []
        try:
            while waiting := self._waiting[key]:
                batch, self._waiting[key] = waiting[: self._at_most], waiting[self._at_most :]
                if present := self._in_time(batch):
                    await self._settle(key, present)
        finally:
            del self._working[key]
            for one in batch + self._waiting.pop(key):
                one.result.cancel()  # of this work; those that are done stay so

    def _in_time(self, batch: Sequence[_Asked[Item, Result]]) -> list[_Asked[Item, Result]]:
        """Refuse those that have waited for too long; gives the others whose callers are there."""
        latest = asyncio.get_running_loop().time() - self._wait_seconds
        for one in batch:
            if one.since < latest and not one.result.done():
                one.result.set_exception(_too_late())
        return [one for one in batch if not one.result.done()]

    async def _settle(self, key: Key, batch: Sequence[_Asked[Item, Result]]) -> None:
        try:
            results = await self._do(key, [one.item for one in batch])
        except Exception as error:  # noqa: BLE001 (it is the callers')
            if len(batch) > 1 and not isinstance(error, Refusal):
                logs.error("batch failed", fault=error)
                for one in batch:
                    await self._settle(key, [one])
                return
            for one in batch:
                if not one.result.done():
                    one.result.set_exception(error)
            return
        for one, result in zip(batch, results, strict=True):
            if not one.result.done():
                one.result.set_result(result)


def _too_late() -> Refusal:
    return TooMany(
        "what this account sent before takes too long; send less at once", retry_after_seconds=1
    )
