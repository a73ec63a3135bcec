"""The application in this process, and accounts that call it."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import httpx

from tests.support.clock import PATIENT_SECONDS, FakeClock
from tests.support.process import ENCRYPTION_KEY
from tests.support.tariff_bodies import flat
from wattyard import app
from wattyard.accounts.domain import Restriction
from wattyard.accounts.service import Accounts
from wattyard.app import ENDPOINTS
from wattyard.app.endpoints import ACCESS_REFUSALS
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Context, Contexts
from wattyard.kernel.ids import SortedIds
from wattyard.kernel.scopes import Scope
from wattyard.platform.db import Database
from wattyard.platform.document.openapi import refusals_of
from wattyard.platform.http.errors import status_of
from wattyard.platform.http.front import FrontDoor
from wattyard.platform.settings import Settings
from wattyard.schedules.service import Solvers

DOCUMENTED = {
    one.context: {(status_of(kind), kind.code) for kind in refusals_of(one, ACCESS_REFUSALS)}
    for one in ENDPOINTS
}
"""What each operation can refuse with, as its documentation says."""

AMSTERDAM = {"city": "Amsterdam", "country_code": "NL"}


def basic(account_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{account_id}:{secret}".encode()).decode()


@dataclass
class Tenant:
    """An account in one mode, with a client that carries its token."""

    account_id: str
    secret: str
    token: str
    caller: Caller
    contexts: Contexts = field(repr=False)
    http: httpx.AsyncClient
    twin: "Tenant | None" = field(default=None, repr=False)
    """The same account in the other mode."""

    @property
    def context(self) -> Context:
        """A context of this account, as of now."""
        return self.contexts.of(self.caller)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def call(self, method: str, path: str, **given: Any) -> httpx.Response:
        headers = self.headers | given.pop("headers", {})
        response = await self.http.request(method, path, headers=headers, **given)
        if response.status_code >= 400:
            check_documented(response)
        return response

    async def get(self, path: str, **given: Any) -> httpx.Response:
        return await self.call("GET", path, **given)

    async def post(self, path: str, body: Any = None, **given: Any) -> httpx.Response:
        return await self.call("POST", path, json=body, **given)

    async def patch(self, path: str, body: Any, **given: Any) -> httpx.Response:
        return await self.call("PATCH", path, json=body, **given)

    async def delete(self, path: str, **given: Any) -> httpx.Response:
        return await self.call("DELETE", path, **given)

    async def make(self, path: str, body: Any) -> Any:
        """Create something that must succeed."""
        response = await self.post(path, body)
        assert response.status_code == 201, response.text
        return response.json()

    async def site(self, **fields: Any) -> Any:
        return await self.make("/sites", {"postal_address": AMSTERDAM, **fields})

    async def device(self, *locations: str, **fields: Any) -> Any:
        body = {"reference_id": "d", "type": "OTHER", "locations": list(locations), **fields}
        return await self.make("/devices", body)

    async def tariff(self, location_id: str, **fields: Any) -> Any:
        """Connect a tariff of 0.25 around the clock for the years 2020 to 2026."""
        body = {
            "location_id": location_id,
            "direction": "IMPORT",
            "type": "COMMODITY",
            "contract_start_date": "2020-01-01",
            "contract_end_date": "2027-01-01",
            "schedule": flat(0.25),
            **fields,
        }
        return await self.make("/tariffs", body)

    async def market_source(self, **fields: Any) -> Any:
        body = {
            "code": "EPEX_NL",
            "currency_code": "EUR",
            "unit": "MWH",
            "timezone": "Europe/Amsterdam",
            "publishes_at": "12:55",
            **fields,
        }
        return await self.make("/market-sources", body)

    async def publish(self, source_id: str, prices: Any) -> Any:
        """Publish prices that must be taken."""
        response = await self.call("PUT", f"/market-sources/{source_id}/prices", json=prices)
        assert response.status_code == 200, response.text
        return response.json()


SETTINGS = Settings(
    webhook_allow="127.0.0.0/8", encryption_key=ENCRYPTION_KEY, webhook_endpoints=1_000
)


class World:
    """The application and everything in it; `given` are services in the place of the usual ones."""

    def __init__(
        self, db: Database, clock: FakeClock, given: Mapping[Any, Any] | None = None
    ) -> None:
        self.db = db
        self.clock = clock
        self.services = app.services(
            db,
            SETTINGS,
            contexts=Contexts(clock, SortedIds(clock)),
            given={Solvers: Solvers(seconds=PATIENT_SECONDS), **(given or {})},
        )
        self.app = app.assemble(self.services)
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app), base_url="http://test"
        )

    @property
    def context(self) -> Context:
        """The operator's context, as of now."""
        return self.services.get(Contexts).operator()

    def another(self, settings: Settings) -> FrontDoor:
        """The application once more, with other settings."""
        contexts = self.services.get(Contexts)
        return app.assemble(app.services(self.db, settings, contexts=contexts))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.http.aclose()

    async def tenant(self, name: str = "a maker") -> Tenant:
        """Make an account and log it in, in both modes."""
        account, test, live = await self.services.get(Accounts).create(self.context, name=name)
        first = await self.log_in(ids.wire("acc", account.id), test)
        second = await self.log_in(ids.wire("acc", account.id), live)
        first.twin, second.twin = second, first
        return first

    async def restricted(
        self,
        tenant: Tenant,
        *scopes: str,
        locations: Iterable[str] | None = None,
        expires: datetime | None = None,
    ) -> Tenant:
        """Give the tenant a restricted key, which calls as bearer: no token."""
        at = None if locations is None else frozenset(UUID(hex=one[4:]) for one in locations)
        accounts = self.services.get(Accounts)
        _, secret = await accounts.create_key(
            self.context,
            tenant.caller.account_id,
            name="restricted",
            live_mode=tenant.caller.live_mode,
            restriction=Restriction(frozenset(map(Scope, scopes)), at, expires),
        )
        caller = await accounts.authenticate(f"Bearer {secret}", self.clock())
        return replace(tenant, secret=secret, token=secret, caller=caller)

    async def log_in_again(self, tenant: Tenant) -> None:
        """Give the tenant a new token, after its hour."""
        tenant.token = (await self.log_in(tenant.account_id, tenant.secret)).token

    async def log_in(self, account_id: str, secret: str) -> Tenant:
        """Get a token for a key, by the clock as it stands."""
        answer = await self.http.post(
            "/auth/tokens", headers={"Authorization": basic(account_id, secret)}
        )
        assert answer.status_code == 200, answer.text
        token = answer.json()["bearer_token"]
        caller = await self.services.get(Accounts).authenticate(f"Bearer {token}", self.clock())
        return Tenant(account_id, secret, token, caller, self.services.get(Contexts), self.http)


def check_documented(response: httpx.Response) -> None:
    """Hold a refusal to the documentation of its operation: every code is listed."""
    body = response.json()
    known = DOCUMENTED.get(body["context"])
    if known is None:  # no operation: an unknown path or method
        return
    for code in {body["code"], *(fault["code"] for fault in body.get("errors", []))}:
        any_param = f"<param>_{code.rpartition('_')[2]}"
        assert {(response.status_code, one) for one in (code, any_param)} & known, response.text


def error(response: httpx.Response, status: int, code: str, param: str | None = None) -> Any:
    """Check the error envelope, and give it."""
    body = response.json()
    assert (response.status_code, body.get("code")) == (status, code), response.text
    assert body["object"] == "error"
    assert body["request_id"] == response.headers["request-id"]
    assert body["message"]
    if param is not None:
        assert body["param"] == param
    return body
