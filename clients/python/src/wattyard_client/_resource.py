"""What the resources of both clients do with a call."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

import httpx2
import msgspec

from wattyard_client._connection import AsyncConnection, Connection
from wattyard_client._errors import AnswerInvalid
from wattyard_client._exchange import Call, decoded
from wattyard_client._model import UNSET, Answer, built
from wattyard_client._pages import AsyncPages, Cursor, Item, Page, Pages
from wattyard_client._settings import Options

Kind = TypeVar("Kind")
CallFor = Callable[[Cursor], Call]
"""Makes the call for a page of a list."""


def path_of(template: str, **names: str) -> str:
    """Fill the names of a path in.

    Raises:
        ValueError: when one is empty or dots, which would be another path.
    """
    for name, value in names.items():
        if not value:
            raise ValueError(f"{name} is empty")
        if value in (".", ".."):
            raise ValueError(f"{name} is {value}, which is not an id")
    return template.format_map({name: quote(value, safe="") for name, value in names.items()})


def given(**fields: Any) -> dict[str, Any]:
    """Keep the fields that were given; None is given, and sent as null."""
    return {name: value for name, value in fields.items() if value is not UNSET}


def cursor_of(fields: dict[str, Any]) -> Cursor:
    """Take the parameters that ask for one page out of the others."""
    names = ("starting_after", "ending_before")
    return {name: value for name in names if (value := fields.pop(name, None)) is not None}


def read(kind: type[Kind], response: httpx2.Response) -> Kind:
    """Read an answer as an object of a kind.

    Raises:
        AnswerInvalid: when it is not JSON, or not of that kind.
    """
    document = decoded(response)
    headers = {name.lower(): value for name, value in response.headers.items()}
    answer = Answer(response.status_code, headers, response.content)
    try:
        return built(kind, document, answer)
    except msgspec.ValidationError as error:
        named = getattr(kind, "__name__", str(kind))
        raise AnswerInvalid(
            f"the answer is no {named}: {error}", response.status_code, response.content
        ) from error


class Resource:
    """Calls of one kind of object."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _one(self, kind: type[Kind], call: Call, options: Options | None) -> Kind:
        return read(kind, self._connection.call(call, options))

    def _text(self, call: Call, options: Options | None) -> str:
        return self._connection.call(call, options).text

    def _json(self, call: Call, options: Options | None) -> Any:
        return decoded(self._connection.call(call, options))

    def _pages(
        self, kind: type[Page[Item]], call: CallFor, cursor: Cursor, options: Options | None
    ) -> Pages[Item]:
        return Pages(lambda at: read(kind, self._connection.call(call(at), options)), cursor)


class AsyncResource:
    """Calls of one kind of object, for asyncio."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def _one(self, kind: type[Kind], call: Call, options: Options | None) -> Kind:
        return read(kind, await self._connection.call(call, options))

    async def _text(self, call: Call, options: Options | None) -> str:
        return (await self._connection.call(call, options)).text

    async def _json(self, call: Call, options: Options | None) -> Any:
        return decoded(await self._connection.call(call, options))

    def _pages(
        self, kind: type[Page[Item]], call: CallFor, cursor: Cursor, options: Options | None
    ) -> AsyncPages[Item]:
        async def fetch(at: Cursor) -> Page[Item]:
            return read(kind, await self._connection.call(call(at), options))

        return AsyncPages(fetch, cursor)
