"""The client, blocking and for asyncio."""

from collections.abc import Mapping
from copy import copy
from types import TracebackType
from typing import Any, Self, Unpack

import httpx2

from wattyard_client import async_resources, resources
from wattyard_client._connection import AsyncConnection, Connection
from wattyard_client._exchange import Call, decoded
from wattyard_client._model import UNSET
from wattyard_client._settings import Options, Settings, log_as_asked


class Wattyard(resources.Resources):
    """The API of a Wattyard server, as one of its accounts; safe to share among threads.

    Args:
        url: of the server, default `WATTYARD_URL`.
        account_id: `acc_…`, default `WATTYARD_ACCOUNT_ID`.
        secret_key: `sk_test_…` or `sk_live_…`, default `WATTYARD_SECRET_KEY`.
        options: time-out (30 s), retries (3) and headers of every call.
        http: an `httpx2.Client` of your own, for proxies and certificates.

    Raises:
        SettingMissing: when one of the first three is neither given nor in the environment.
    """

    def __init__(
        self,
        url: str | None = None,
        account_id: str | None = None,
        secret_key: str | None = None,
        *,
        http: httpx2.Client | None = None,
        **options: Unpack[Options],
    ) -> None:
        log_as_asked()
        settings = Settings.of(url, account_id, secret_key).with_options(**options)
        super().__init__(Connection(settings, http))

    def with_options(self, **options: Unpack[Options]) -> Self:
        """Make a client with other options that shares connections and token."""
        other = copy(self)
        settings = self._connection.settings.with_options(**options)
        other._connection = self._connection.with_options(settings)
        return other

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = UNSET,
        options: Options | None = None,
    ) -> Any:
        """Make any call, and return its decoded JSON.

        Raises:
            ApiError, ConnectionFailed, AnswerInvalid.
            ValueError: when the path does not begin with a slash.
        """
        call = _any_call(method, path, query, body)
        return decoded(self._connection.call(call, options))

    def get(self, path: str, *, options: Options | None = None, **query: Any) -> Any:
        """GET any path, such as `yard.get("/sites", limit=1)`, and return its decoded JSON.

        Raises:
            ApiError, ConnectionFailed, AnswerInvalid.
        """
        return self.request("GET", path, query=query, options=options)

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class AsyncWattyard(async_resources.Resources):
    """The API of a Wattyard server, as one of its accounts, for one event loop.

    Args:
        url: of the server, default `WATTYARD_URL`.
        account_id: `acc_…`, default `WATTYARD_ACCOUNT_ID`.
        secret_key: `sk_test_…` or `sk_live_…`, default `WATTYARD_SECRET_KEY`.
        options: time-out (30 s), retries (3) and headers of every call.
        http: an `httpx2.AsyncClient` of your own, for proxies and certificates.

    Raises:
        SettingMissing: when one of the first three is neither given nor in the environment.
    """

    def __init__(
        self,
        url: str | None = None,
        account_id: str | None = None,
        secret_key: str | None = None,
        *,
        http: httpx2.AsyncClient | None = None,
        **options: Unpack[Options],
    ) -> None:
        log_as_asked()
        settings = Settings.of(url, account_id, secret_key).with_options(**options)
        super().__init__(AsyncConnection(settings, http))

    def with_options(self, **options: Unpack[Options]) -> Self:
        """Make a client with other options that shares connections and token."""
        other = copy(self)
        settings = self._connection.settings.with_options(**options)
        other._connection = self._connection.with_options(settings)
        return other

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = UNSET,
        options: Options | None = None,
    ) -> Any:
        """Make any call, and return its decoded JSON.

        Raises:
            ApiError, ConnectionFailed, AnswerInvalid.
            ValueError: when the path does not begin with a slash.
        """
        call = _any_call(method, path, query, body)
        return decoded(await self._connection.call(call, options))

    async def get(self, path: str, *, options: Options | None = None, **query: Any) -> Any:
        """GET any path, such as `yard.get("/sites", limit=1)`, and return its decoded JSON.

        Raises:
            ApiError, ConnectionFailed, AnswerInvalid.
        """
        return await self.request("GET", path, query=query, options=options)

    async def close(self) -> None:
        """Close the connections."""
        await self._connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def _any_call(method: str, path: str, query: Mapping[str, Any] | None, body: Any) -> Call:
    if not path.startswith("/"):
        raise ValueError(f"a path begins with a slash, else it would be another host: {path!r}")
    verb = method.upper()
    return Call(verb, path, query=query, body=body, keyed=verb == "POST")
