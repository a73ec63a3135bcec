"""A person's browser in front of the application in this process."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from html import unescape
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import UUID

import httpx

from tests.support.world import Tenant, World
from wattyard.kernel import ids
from wattyard.people.domain import Role
from wattyard.people.service import Sessions

ORIGIN = "http://test"
OWN_PAGE = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
"""What a browser sends with a form of the server's own pages."""


@dataclass
class Browser:
    """A browser with the session of a person, on the pages of one account and mode."""

    http: httpx.AsyncClient = field(repr=False)
    base: str
    person: UUID
    token: str = ""
    language: str = "en-GB"

    @classmethod
    async def of(
        cls,
        world: World,
        tenant: Tenant,
        *,
        role: Role = Role.OWNER,
        is_operator: bool = False,
        name: str = "Ada",
    ) -> Self:
        """Sign a new person in, who has a role in the tenant's account."""
        person = await person_of(world, tenant, role=role, is_operator=is_operator, name=name)
        token = await world.services.get(Sessions).open(
            world.context, person, address="127.0.0.1", user_agent="a test"
        )
        mode = "live" if tenant.caller.live_mode else "test"
        return cls(world.http, f"/dashboard/{tenant.account_id}/{mode}", person, token)

    async def get(self, path: str = "", **given: Any) -> httpx.Response:
        """Open a page of the account; its whole path where it begins with `/dashboard`."""
        return await self._send("GET", path, {}, **given)

    async def post(self, path: str, fields: Any = None, **given: Any) -> httpx.Response:
        """Send a form of a page."""
        headers = OWN_PAGE | given.pop("headers", {})
        return await self._send("POST", path, headers, data=fields or {}, **given)

    async def _send(
        self, method: str, path: str, headers: dict[str, str], **given: Any
    ) -> httpx.Response:
        headers = {"Accept-Language": self.language, **headers}
        if self.token:
            headers["Cookie"] = f"wattyard={self.token}"
        address = path if path.startswith("/dashboard") else f"{self.base}{path}"
        return await self.http.request(method, address, headers=headers, **given)


async def person_of(
    world: World,
    tenant: Tenant,
    *,
    role: Role = Role.OWNER,
    is_operator: bool = False,
    name: str = "Ada",
) -> UUID:
    """Make a person who has a role in the tenant's account."""
    person = world.context.new_id()
    async with world.db.transaction() as db:
        await db.execute(
            """
            INSERT INTO people (id, email, name, is_operator, language, time_created)
            VALUES ($1, $2, $3, $4, '', $5)
            """,
            person, f"{ids.wire('person', person)}@example.com", name, is_operator, world.clock(),
        )  # fmt: skip
        await db.execute(
            """
            INSERT INTO memberships (account, person_id, role, time_created)
            VALUES ($1, $2, $3, $4)
            """,
            tenant.caller.account, person, int(role), world.clock(),
        )  # fmt: skip
    return person


def words(answer: httpx.Response) -> str:
    """What a page says, without its markup."""
    assert answer.headers["content-type"].startswith("text/html"), answer.text
    text = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", answer.text, flags=re.DOTALL)
    return " ".join(unescape(text).split())


async def fragments(world: World, browser: Browser, address: str) -> AsyncGenerator[Any, None]:
    """What a page with a live part is sent, until it is closed."""

    sent: asyncio.Queue[Any] = asyncio.Queue()
    gone = asyncio.Event()
    parts = urlsplit(address)
    scope = {
        "type": "http",
        "method": "GET",
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "headers": [(b"host", b"test"), (b"cookie", f"wattyard={browser.token}".encode())],
        "http_version": "1.1",
        "scheme": "http",
        "client": ("127.0.0.1", 7),
    }

    async def receive() -> Any:
        await gone.wait()
        return {"type": "http.disconnect"}

    serving = asyncio.create_task(world.app(scope, receive, sent.put))
    try:
        while True:
            message = await sent.get()
            text = message.get("body", b"").decode()
            for data in re.findall(r"^data: (.*)$", text, re.MULTILINE):
                yield json.loads(data)
    finally:
        gone.set()
        await serving
