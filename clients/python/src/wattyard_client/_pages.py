"""Lists that come in pages."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Generic, TypeVar

from wattyard_client._model import UNSET, Model

Item = TypeVar("Item", bound=Model)


class Page(Model, Generic[Item], frozen=True, kw_only=True, dict=True):
    """One page of a list.

    Attributes:
        url: path of the list.
        has_more: whether there are further objects in the direction of the question.
        data: the objects.
    """

    url: str
    has_more: bool
    data: list[Item]


Cursor = dict[str, Any]
"""The parameters that ask for one page: `starting_after` or `ending_before`."""


def after(page: Page[Any], cursor: Cursor) -> Cursor | None:
    """Find the parameters of the page that follows; None after the last one."""
    if not page.has_more or not page.data:
        return None
    if cursor.get("ending_before", UNSET) not in (UNSET, None):
        return {"ending_before": _id(page.data[0])}
    return {"starting_after": _id(page.data[-1])}


def _id(one: Model) -> str:
    return str(one.raw["id"])


class Pages(Generic[Item]):
    """A list: iterate over its objects, and pages are asked for as they are needed.

    Nothing is asked before the first object or page is. Iterating again asks again.
    """

    def __init__(self, fetch: Callable[[Cursor], Page[Item]], cursor: Cursor) -> None:
        self._fetch = fetch
        self._cursor = cursor
        self._first: Page[Item] | None = None

    @property
    def page(self) -> Page[Item]:
        """The first page, asked for once."""
        if self._first is None:
            self._first = self._fetch(self._cursor)
        return self._first

    @property
    def has_more(self) -> bool:
        """Whether there is more than the first page."""
        return self.page.has_more

    def pages(self) -> Iterator[Page[Item]]:
        """Iterate over the pages."""
        cursor: Cursor | None = self._cursor
        page, self._first = self._first, None
        while cursor is not None:
            page = page or self._fetch(cursor)
            yield page
            cursor, page = after(page, cursor), None

    def __iter__(self) -> Iterator[Item]:
        for page in self.pages():
            yield from page.data


class AsyncPages(Generic[Item]):
    """A list: iterate over its objects with `async for`, and pages are asked for as needed.

    Nothing is asked before the first object or page is. Iterating again asks again.
    """

    def __init__(self, fetch: Callable[[Cursor], Awaitable[Page[Item]]], cursor: Cursor) -> None:
        self._fetch = fetch
        self._cursor = cursor

    async def page(self) -> Page[Item]:
        """Ask for the first page."""
        return await self._fetch(self._cursor)

    async def has_more(self) -> bool:
        """Whether there is more than the first page."""
        return (await self.page()).has_more

    async def pages(self) -> AsyncIterator[Page[Item]]:
        """Iterate over the pages."""
        cursor: Cursor | None = self._cursor
        while cursor is not None:
            page = await self._fetch(cursor)
            yield page
            cursor = after(page, cursor)

    async def __aiter__(self) -> AsyncIterator[Item]:
        async for page in self.pages():
            for one in page.data:
                yield one
