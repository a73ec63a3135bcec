"""The application with a fault planted in it, to see that the sweeps find it."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import replace
from typing import Any

import httpx

from tests.support.world import Tenant

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def through(tenant: Tenant, app: App) -> Tenant:
    """The same tenant, whose calls go through a faulty application."""
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")
    return replace(tenant, http=client)


def confusing(app: App, owner: Tenant) -> App:
    """Take everybody for `owner`, whoever calls and whether they carry a token or not."""

    async def confused(scope: Scope, receive: Receive, send: Send) -> None:
        kept = [pair for pair in scope["headers"] if pair[0] != b"authorization"]
        token = (b"authorization", owner.headers["Authorization"].encode())
        await app({**scope, "headers": [*kept, token]}, receive, send)

    return confused


def deaf_to_queries(app: App) -> App:
    """Forget the query of every request."""

    async def deaf(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "query_string": b""}, receive, send)

    return deaf


def rewriting(app: App, path: Callable[[str], str]) -> App:
    """Read another path than was asked for."""

    async def rewritten(scope: Scope, receive: Receive, send: Send) -> None:
        asked = path(scope["path"])
        await app({**scope, "path": asked, "raw_path": asked.encode()}, receive, send)

    return rewritten


def putting_bodies(app: App, body: Any) -> App:
    """Take another body than was sent."""

    async def put(scope: Scope, receive: Receive, send: Send) -> None:
        content = json.dumps(body).encode()
        headers = [pair for pair in scope["headers"] if pair[0] != b"content-length"]
        headers.append((b"content-length", str(len(content)).encode()))

        messages = iter([{"type": "http.request", "body": content, "more_body": False}])

        async def given() -> MutableMapping[str, Any]:
            while (message := await receive())["type"] == "http.request":
                if not message.get("more_body"):
                    return next(messages)
            return message

        await app({**scope, "headers": headers}, given, send)

    return put


def dropping(app: App, member: str) -> App:
    """Answer every JSON object without one of its members."""

    async def dropped(scope: Scope, receive: Receive, send: Send) -> None:
        parts: list[bytes] = []
        started: list[MutableMapping[str, Any]] = []

        async def collect(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                started.append(message)
                return
            parts.append(message.get("body", b""))
            if message.get("more_body"):
                return
            answer = json.loads(b"".join(parts))
            answer.pop(member, None)
            content = json.dumps(answer).encode()
            kept = [pair for pair in started[0]["headers"] if pair[0] != b"content-length"]
            await send({**started[0], "headers": kept})
            await send({"type": "http.response.body", "body": content})

        await app(scope, receive, collect)

    return dropped
