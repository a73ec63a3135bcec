"""Logging in, tokens, keys, disabled accounts (contract 0, Authentication)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from tests.support.world import SETTINGS, Tenant, World, basic, error
from wattyard.accounts import store
from wattyard.accounts.domain import SecretKey
from wattyard.accounts.service import Accounts
from wattyard.kernel import ids
from wattyard.kernel.context import Contexts
from wattyard.platform.composition import Contributions
from wattyard.platform.encryption import Keyring


def claims_of(token: str) -> dict:
    import base64
    import json

    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@pytest.mark.parametrize(("method", "path"), [("POST", "/auth/tokens"), ("GET", "/login")])
async def test_both_ways_to_log_in_give_a_token_for_an_hour(
    tenant: Tenant, method: str, path: str
) -> None:
    answer = await tenant.http.request(
        method, path, headers={"Authorization": basic(tenant.account_id, tenant.secret)}
    )

    body = answer.json()
    assert answer.status_code == 200
    assert {name: body[name] for name in ("object", "expires_in", "live_mode")} == {
        "object": "auth_token",
        "expires_in": 3600,
        "live_mode": False,
    }
    claims = claims_of(body["bearer_token"])
    assert claims["sub"] == claims["account_id"] == tenant.account_id
    assert claims["live_mode"] is False
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["nbf"] == claims["iat"]
    assert claims["kid"].startswith("key_")
    assert claims["jti"]
    assert claims["iss"]


async def test_the_key_decides_the_mode(tenant: Tenant) -> None:
    assert tenant.twin
    assert tenant.secret.startswith("sk_test_")
    assert tenant.twin.secret.startswith("sk_live_")
    assert claims_of(tenant.twin.token)["live_mode"] is True


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic",
        "Basic !!!",
        "Basic " + "x" * 9,
        "Bearer abc",
        basic("acc_" + "0" * 32, "sk_test_" + "x" * 40),
        basic("", ""),
        basic("acc_1", "sk_test_" + "x" * 40),
        "Basic /////w==",
    ],
)
async def test_wrong_credentials_are_refused_alike(world: World, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = await world.http.post("/auth/tokens", headers=headers)

    error(answer, 401, "credentials_invalid")
    assert "Basic" in answer.headers["www-authenticate"]


async def test_an_unknown_account_and_a_wrong_key_look_the_same(
    world: World, tenant: Tenant
) -> None:
    stranger = await world.tenant("a stranger")
    bodies = []
    for authorization in (
        basic(tenant.account_id, "sk_test_" + "x" * 40),
        basic("acc_" + "0" * 32, tenant.secret),
        basic(stranger.account_id, tenant.secret),
    ):
        answer = await world.http.post("/auth/tokens", headers={"Authorization": authorization})
        body = error(answer, 401, "credentials_invalid")
        bodies.append({k: v for k, v in body.items() if k != "request_id"})

    assert bodies[0] == bodies[1] == bodies[2]


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (None, "token_missing"),
        ("", "token_missing"),
        ("Basic YTpi", "credentials_invalid"),
        ("Bearer sk_test_" + "x" * 40, "credentials_invalid"),
        ("Digest a", "token_missing"),
        ("Bearer", "token_missing"),
        ("Bearer ", "token_missing"),
        ("Bearer garbage", "token_invalid"),
        ("Bearer a.b.c", "token_invalid"),
        ("Bearer " + "x" * 9000, "token_invalid"),
        ("Bearer \xff\xfe", "token_invalid"),
    ],
)
async def test_no_token_or_a_broken_one_is_refused(
    world: World, authorization: str | None, code: str
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization.encode("latin-1")}
    answer = await world.http.get("/sites", headers=headers)

    error(answer, 401, code)
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_tampered_token_is_refused(world: World, tenant: Tenant) -> None:
    head, body, signature = tenant.token.split(".")
    claims = claims_of(tenant.token)
    other_key = jwt.encode({"alg": "HS256"}, claims, OctKey.generate_key(256))
    unsigned = jwt_without_signature(claims)
    rsa = jwt.encode({"alg": "RS256"}, claims, RSAKey.generate_key(2048), algorithms=["RS256"])
    swapped = f"{head}.{jwt_part({**claims, 'live_mode': True})}.{signature}"
    for token in (other_key, unsigned, rsa, swapped, f"{head}.{body}.", f"{head}.{body}.AAAA"):
        answer = await world.http.get("/sites", headers={"Authorization": f"Bearer {token}"})
        error(answer, 401, "token_invalid")


def jwt_part(value: dict) -> str:
    import base64
    import json

    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def jwt_without_signature(claims: dict) -> str:
    return f"{jwt_part({'alg': 'none'})}.{jwt_part(claims)}."


async def test_a_token_ends_after_its_hour(world: World, tenant: Tenant) -> None:
    world.clock.forward(minutes=59, seconds=59)
    assert (await tenant.get("/sites")).status_code == 200
    world.clock.forward(seconds=1)
    error(await tenant.get("/sites"), 401, "token_expired")


async def test_a_token_counts_a_minute_before_it_begins_and_no_earlier(
    world: World, tenant: Tenant
) -> None:
    """Clocks of two nodes differ; one that is further ahead makes tokens that count later."""
    world.clock.forward(minutes=10)
    await world.log_in_again(tenant)
    world.clock.forward(seconds=-61)
    another = httpx.ASGITransport(app=world.another(SETTINGS))
    async with httpx.AsyncClient(transport=another, base_url="http://test") as elsewhere:
        error(await elsewhere.get("/sites", headers=tenant.headers), 401, "token_invalid")
        world.clock.forward(seconds=1)
        assert (await elsewhere.get("/sites", headers=tenant.headers)).status_code == 200


class Stopwatch:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
async def elsewhere(world: World, tenant: Tenant, stopwatch: Stopwatch) -> AsyncIterator[Tenant]:
    """The tenant, whose calls go to another node; what that remembers ages by the stopwatch."""
    services = world.services
    accounts = Accounts(
        world.db,
        services.get(Contexts),
        services.get(Keyring),
        Contributions(list),
        seconds=stopwatch,
    )
    async with World(world.db, world.clock, {Accounts: accounts}) as other:
        yield replace(tenant, http=other.http)


async def test_a_revoked_key_ends_its_tokens_and_its_logins(
    world: World, tenant: Tenant, elsewhere: Tenant, stopwatch: Stopwatch
) -> None:
    assert (await elsewhere.get("/sites")).status_code == 200
    assert tenant.caller.key_id
    await world.services.get(Accounts).revoke(world.context, tenant.caller.key_id)
    stopwatch.now += 5

    error(await elsewhere.get("/sites"), 401, "key_revoked")
    authorization = basic(tenant.account_id, tenant.secret)
    answer = await world.http.post("/auth/tokens", headers={"Authorization": authorization})
    error(answer, 401, "key_revoked")


async def test_a_disabled_account_is_told_so_everywhere(
    world: World, tenant: Tenant, elsewhere: Tenant, stopwatch: Stopwatch
) -> None:
    assert (await elsewhere.get("/sites")).status_code == 200
    await world.services.get(Accounts).disable(world.context, tenant.caller.account_id)
    stopwatch.now += 5

    body = error(await elsewhere.get("/sites"), 422, "account_disabled")
    assert body["type"] == "api_error"
    authorization = basic(tenant.account_id, tenant.secret)
    answer = await world.http.post("/auth/tokens", headers={"Authorization": authorization})
    error(answer, 422, "account_disabled")


async def test_enabling_an_account_brings_back_its_keys_but_not_its_tokens(
    world: World, tenant: Tenant, elsewhere: Tenant, stopwatch: Stopwatch
) -> None:
    assert (await elsewhere.get("/sites")).status_code == 200
    accounts = world.services.get(Accounts)
    await accounts.disable(world.context, tenant.caller.account_id)
    world.clock.forward(seconds=30)
    await accounts.enable(world.context, tenant.caller.account_id)
    stopwatch.now += 5

    error(await elsewhere.get("/sites"), 401, "token_expired")
    await world.log_in_again(tenant)
    elsewhere.token = tenant.token
    assert (await elsewhere.get("/sites")).status_code == 200

    await accounts.enable(world.context, tenant.caller.account_id)
    stopwatch.now += 5
    assert (await elsewhere.get("/sites")).status_code == 200


async def test_tokens_stay_ended_where_an_earlier_release_disabled_the_account(
    world: World, tenant: Tenant, elsewhere: Tenant
) -> None:
    async with world.db.transaction() as db:
        await db.execute(
            "UPDATE accounts SET disabled = true WHERE account = $1", tenant.caller.account
        )
    await world.services.get(Accounts).enable(world.context, tenant.caller.account_id)

    error(await elsewhere.get("/sites"), 401, "token_expired")


async def test_a_secret_is_kept_only_as_a_hash(world: World, tenant: Tenant) -> None:
    async with world.db.reading() as db:
        rows = await db.fetch("SELECT * FROM secret_keys WHERE account = $1", tenant.caller.account)
    stored = repr([dict(row) for row in rows])
    assert tenant.secret not in stored
    assert tenant.secret.removeprefix("sk_test_") not in stored
    assert len(tenant.secret.removeprefix("sk_test_")) * 6 >= 192


async def test_keys_can_be_rotated(world: World, tenant: Tenant) -> None:
    accounts = world.services.get(Accounts)
    key, secret = await accounts.create_key(
        tenant.context, tenant.caller.account_id, name="second", live_mode=False
    )
    authorization = basic(tenant.account_id, secret)
    answer = await world.http.post("/auth/tokens", headers={"Authorization": authorization})
    assert answer.status_code == 200

    async def shown() -> SecretKey:
        keys = await accounts.keys(tenant.caller.account_id)
        return next(one for one in keys if one.id == key.id)

    while (await shown()).last_used is None:  # noqa: ASYNC110 (it is noted beside the call)
        await asyncio.sleep(0.01)
    assert (await shown()).name == "second"
    async with world.db.reading() as db:
        found = await store.standing(db, tenant.caller.account_id, False, key.id)
    assert found is not None
    assert ids.wire("key", key.id).startswith("key_")
