"""Idempotency keys (contract 0, Writing)."""

import asyncio

import pytest

from tests.support.world import AMSTERDAM, Tenant, World, error

BODY = {"postal_address": AMSTERDAM, "reference_id": "once"}


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


async def test_the_same_key_answers_the_first_answer(tenant: Tenant) -> None:
    first = await tenant.post("/sites", BODY, headers=keyed("a"))
    again = await tenant.post("/sites", BODY, headers=keyed("a"))

    assert first.status_code == again.status_code == 201
    assert again.content == first.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert len((await tenant.get("/sites")).json()["data"]) == 1
    assert len((await tenant.get("/events")).json()["data"]) == 2


async def test_another_body_or_path_with_the_key_is_refused(tenant: Tenant) -> None:
    await tenant.post("/sites", BODY, headers=keyed("a"))

    other = await tenant.post("/sites", {**BODY, "reference_id": "two"}, headers=keyed("a"))
    error(other, 409, "idempotency_key_reused")
    error(await tenant.post("/customers", {}, headers=keyed("a")), 409, "idempotency_key_reused")
    assert len((await tenant.get("/sites")).json()["data"]) == 1


async def test_keys_belong_to_one_account_and_mode(world: World, tenant: Tenant) -> None:
    stranger = await world.tenant("a stranger")
    assert tenant.twin
    for one in (tenant, tenant.twin, stranger):
        answer = await one.post("/sites", BODY, headers=keyed("a"))
        assert "idempotent-replayed" not in answer.headers
        assert len((await one.get("/sites")).json()["data"]) == 1


async def test_a_refusal_is_kept_and_nothing_of_its_work(tenant: Tenant) -> None:
    body = {**BODY, "customer_id": "cus_" + "0" * 32}
    first = await tenant.post("/sites", body, headers=keyed("a"))
    again = await tenant.post("/sites", body, headers=keyed("a"))

    error(first, 404, "customer_not_found")
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    assert (await tenant.get("/sites")).json()["data"] == []


async def test_a_key_is_free_again_after_a_day(world: World, tenant: Tenant) -> None:
    await tenant.post("/customers", {}, headers=keyed("a"))
    world.clock.forward(hours=24, seconds=1)
    tenant = await _again(world, tenant)
    answer = await tenant.post("/customers", {"reference_id": "b"}, headers=keyed("a"))

    assert answer.status_code == 201
    assert "idempotent-replayed" not in answer.headers
    await tenant.post("/customers", {}, headers=keyed("b"))
    async with world.db.reading() as db:
        kept = await db.fetchval(
            "SELECT count(*) FROM idempotency_keys WHERE account = $1", tenant.caller.account
        )
    assert kept == 2


async def _again(world: World, tenant: Tenant) -> Tenant:
    return await world.log_in(tenant.account_id, tenant.secret)


async def test_two_at_once_do_the_work_once(tenant: Tenant) -> None:
    answers = await asyncio.gather(
        *(tenant.post("/sites", BODY, headers=keyed("a")) for _ in range(5))
    )

    statuses = sorted(answer.status_code for answer in answers)
    assert set(statuses) <= {201, 409}
    assert statuses[0] == 201
    for answer in answers:
        if answer.status_code == 409:
            error(answer, 409, "idempotency_in_progress")
    assert len((await tenant.get("/sites")).json()["data"]) == 1


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "ключ".encode(), "a\tb"])
async def test_a_bad_key_is_refused(tenant: Tenant, key: str | bytes) -> None:
    answer = await tenant.post("/sites", BODY, headers={"Idempotency-Key": key})  # type: ignore[dict-item]

    error(answer, 400, "idempotency_key_invalid")
    assert (await tenant.get("/sites")).json()["data"] == []


async def test_a_fault_of_ours_is_not_kept(
    world: World, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(world.services.events, "tell", broken)
        answer = await tenant.post("/sites", BODY, headers=keyed("a"))
        error(answer, 500, "internal_error")
    assert (await tenant.get("/sites")).json()["data"] == []
    answer = await tenant.post("/sites", BODY, headers=keyed("a"))
    assert answer.status_code == 201
