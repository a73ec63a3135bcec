"""POSTs that ask something outside the server: what they write is kept with their answer."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import httpx

from tests.http.test_idempotency import Turnstile, keyed, served, work_on
from tests.support.process import ENCRYPTION_KEY
from tests.support.world import Tenant, World, error
from wattyard.app.secret_answers import BODY, EncryptedAnswers
from wattyard.kernel.context import Context
from wattyard.kernel.refusals import StateForbids
from wattyard.platform.encryption import Keyring
from wattyard.platform.encryption.columns import encrypt_anew
from wattyard.platform.encryption.keyring import new_key
from wattyard.platform.http import Effect, LastStep, endpoint

HOOK = {"url": "http://127.0.0.1:9/hook"}


def asking(
    world: World, outside: Callable[[], Awaitable[object]], inside: Callable[[], Awaitable[bytes]]
) -> httpx.AsyncClient:
    """A client of an endpoint that asks outside first, and then writes."""

    @endpoint("POST", "/work", "work", effect=Effect.EXTERNAL)
    async def handler(context: Context) -> LastStep:
        """Work."""
        await outside()
        return LastStep(inside)

    return served(world, handler)


def naming(world: World, tenant: Tenant, name: str) -> Callable[[], Awaitable[bytes]]:
    """Work that adds a name to that of the account."""

    async def work() -> bytes:
        async with world.db.transaction() as db:
            await db.execute(
                "UPDATE accounts SET name = name || $2 WHERE account = $1",
                tenant.caller.account,
                name,
            )
        return b'{"n":1}'

    return work


async def name_of(tenant: Tenant) -> str:
    return str((await tenant.get("/account")).json()["name"])


async def nothing() -> None:
    return


async def rename(url: str, before: str, after: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(f"ALTER TABLE {before} RENAME TO {after}")
    await connection.close()


async def test_work_whose_answer_cannot_be_kept_is_undone_and_done_once_when_repeated(
    world: World, tenant: Tenant, database_url: str
) -> None:
    async def away() -> None:
        await rename(database_url, "idempotency_keys", "idempotency_keys_away")

    before = await name_of(tenant)
    async with asking(world, away, naming(world, tenant, "+")) as http:
        error(await work_on(http, tenant), 500, "internal_error")
    await rename(database_url, "idempotency_keys_away", "idempotency_keys")
    assert await name_of(tenant) == before

    async with asking(world, nothing, naming(world, tenant, "+")) as http:
        assert (await work_on(http, tenant)).json() == {"n": 1}
        again = await work_on(http, tenant)
    assert again.headers["idempotent-replayed"] == "true"
    assert await name_of(tenant) == before + "+"


async def test_of_two_that_ran_at_once_only_the_one_whose_answer_is_kept_has_written(
    world: World, tenant: Tenant
) -> None:
    slow = Turnstile()
    before = await name_of(tenant)
    async with (
        asking(world, slow, naming(world, tenant, " late")) as first,
        asking(world, nothing, naming(world, tenant, " soon")) as second,
    ):
        late = asyncio.create_task(work_on(first, tenant))
        await slow.entered.wait()
        world.clock.forward(minutes=2, seconds=1)  # its mark has ended
        assert (await work_on(second, tenant)).status_code == 200
        slow.go_on.set()
        answer = await late

    assert answer.headers["idempotent-replayed"] == "true"
    assert await name_of(tenant) == before + " soon"


async def test_a_last_step_that_is_refused_is_undone_and_its_refusal_kept(
    world: World, tenant: Tenant
) -> None:
    write = naming(world, tenant, " never")

    async def refused() -> bytes:
        await write()
        raise StateForbids("not now")

    before = await name_of(tenant)
    async with asking(world, nothing, refused) as http:
        error(await work_on(http, tenant), 422, "state_invalid")
        again = await work_on(http, tenant)
    assert again.headers["idempotent-replayed"] == "true"
    assert await name_of(tenant) == before


async def test_the_secret_of_a_new_endpoint_is_kept_encrypted_and_given_again(
    world: World, tenant: Tenant
) -> None:
    first = await tenant.post("/webhook-endpoints", HOOK, headers=keyed("a"))
    again = await tenant.post("/webhook-endpoints", HOOK, headers=keyed("a"))
    path = f"/webhook-endpoints/{first.json()['id']}/rotate-secret"
    rotated = await tenant.post(path, {"overlap_seconds": 60}, headers=keyed("b"))
    rotated_again = await tenant.post(path, {"overlap_seconds": 60}, headers=keyed("b"))

    assert first.status_code == 201
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    assert rotated_again.content == rotated.content
    async with world.db.reading() as db:
        kept = await db.fetch(
            "SELECT idempotency_keys::text AS row FROM idempotency_keys WHERE account = $1",
            tenant.caller.account,
        )
    written = [one["row"] for one in kept]
    assert len(written) == 2
    for answer in (first, rotated):
        secret = answer.json()["secret"]
        assert not any(secret.encode().hex() in row or secret in row for row in written)


async def test_a_kept_secret_is_of_no_use_to_another_account(world: World, tenant: Tenant) -> None:
    await tenant.post("/webhook-endpoints", HOOK, headers=keyed("a"))
    stranger = await world.tenant("a stranger")
    moved = (tenant.caller.account, stranger.caller.account)
    async with world.db.transaction() as db:
        await db.execute("UPDATE idempotency_keys SET account = $2 WHERE account = $1", *moved)
    error(
        await stranger.post("/webhook-endpoints", HOOK, headers=keyed("a")), 500, "internal_error"
    )
    async with world.db.transaction() as db:
        await db.execute("DELETE FROM idempotency_keys WHERE account = $1", moved[1])


async def test_kept_secrets_go_with_a_new_encryption_key(world: World, tenant: Tenant) -> None:
    made = await tenant.post("/webhook-endpoints", HOOK, headers=keyed("a"))
    new = new_key()
    await encrypt_anew(world.db, Keyring.read(f"{new},{ENCRYPTION_KEY}"), BODY)
    async with world.db.reading() as db:
        value = await db.fetchval(
            "SELECT body_encrypted FROM idempotency_keys WHERE account = $1", tenant.caller.account
        )
    await encrypt_anew(world.db, Keyring.read(f"{ENCRYPTION_KEY},{new}"), BODY)

    read = EncryptedAnswers(Keyring.read(new)).decrypted(tenant.caller, "a", value)
    assert read == made.content
