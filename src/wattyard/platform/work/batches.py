"""Batches: what is asked for while the same kind of work is under way is done together after it."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

from wattyard.kernel.refusals import Unavailable

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")
Result = TypeVar("Result")


class Batches(Generic[Key, Item, Result]):
    """Does work of a key in batches, one at a time, each as large as what came meanwhile.

    Whoever comes alone waits for nobody. A batch goes on when one of its callers leaves. One that
    fails is done again item by item, so that only the culprit's caller is told; one that could not
    reach the database is not.

    Args:
        do: the work of a batch; gives one result per item, in their order.
        at_most: how many items a batch may have.
    """

    def __init__(
        self, do: Callable[[Key, Sequence[Item]], Awaitable[Sequence[Result]]], *, at_most: int
    ) -> None:
        self._do = do
        self._at_most = at_most
        self._waiting: defaultdict[Key, list[tuple[Item, asyncio.Future[Result]]]] = defaultdict(
            list
        )
        self._working: dict[Key, asyncio.Task[None]] = {}

    async def done(self, key: Key, item: Item) -> Result:
        """Have an item done, with others of its key.

        Raises:
            Exception: what the work raised.
        """
        result: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting[key].append((item, result))
        if key not in self._working:
            self._working[key] = asyncio.create_task(self._work(key))
        return await result

    async def _work(self, key: Key) -> None:
        batch: list[tuple[Item, asyncio.Future[Result]]] = []
        try:
            while waiting := self._waiting[key]:
                batch, self._waiting[key] = waiting[: self._at_most], waiting[self._at_most :]
                await self._settle(key, batch)
        finally:
            del self._working[key]
            for _, result in batch + self._waiting.pop(key):
                result.cancel()  # of this work; those that are done stay so

    async def _settle(self, key: Key, batch: Sequence[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            results = await self._do(key, [item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 (it is the callers')
            if len(batch) > 1 and not isinstance(error, Unavailable):
                for one in batch:
                    await self._settle(key, [one])
                return
            for _, waiting in batch:
                if not waiting.done():
                    waiting.set_exception(error)
            return
        for (_, waiting), result in zip(batch, results, strict=True):
            if not waiting.done():
                waiting.set_result(result)
