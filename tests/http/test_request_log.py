"""The request log: errors and writes of an account, without secrets, and counts by minute."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.http.test_idempotency import keyed
from tests.support.world import SETTINGS, Tenant, World, error
from wattyard import app
from wattyard.accounts.service import Departures, Purge
from wattyard.app import Services
from wattyard.kernel.context import Contexts
from wattyard.kernel.pages import PageWindow
from wattyard.people.service import People
from wattyard.platform.composition import Contributions
from wattyard.requests.domain import (
    Counts,
    LoggedRequest,
    RequestFilter,
    RequestLine,
    RequestNotFound,
)
from wattyard.requests.service import Recorder, Requests

EVERYTHING = RequestFilter()
PLANTED = "planted-3fa9c1"


async def lines(
    services: Services, tenant: Tenant, wanted: RequestFilter = EVERYTHING, **window: Any
) -> list[RequestLine]:
    """The requests of a tenant, newest first, once they are written."""
    await services.get(Recorder).flush()
    page = await services.get(Requests).page(tenant.context, PageWindow(**window), wanted)
    return list(page.items)


async def logged(world: World, tenant: Tenant, answer: httpx.Response) -> LoggedRequest:
    """What the log has of an answer."""
    await world.services.get(Recorder).flush()
    id_ = UUID(hex=answer.headers["request-id"].removeprefix("req_"))
    return await world.services.get(Requests).request(tenant.context, id_)


async def rows(world: World, tenant: Tenant) -> str:
    """Everything that the log has of a tenant, as one text."""
    await world.services.get(Recorder).flush()
    async with world.db.reading() as db:
        found = await db.fetch(
            """
            SELECT r::text AS row, convert_from(coalesce(body, '')
                   || coalesce(answer, ''), 'UTF8') AS bodies
            FROM requests r WHERE account = $1
            """,
            tenant.caller.account,
        )
    return "\n".join(f"{row['row']} {row['bodies']}" for row in found)


def other(world: World, **settings: Any) -> tuple[Services, httpx.AsyncClient]:
    """The application once more, with other settings."""
    services = app.services(
        world.db, replace(SETTINGS, **settings), contexts=world.services.get(Contexts)
    )
    transport = httpx.ASGITransport(app=app.assemble(services))
    return services, httpx.AsyncClient(transport=transport, base_url="http://test")


async def test_a_write_is_logged_with_what_was_sent(world: World, tenant: Tenant) -> None:
    body = {"reference_id": "c-1", "metadata": {"colour": "réd"}}
    answer = await tenant.post("/customers", body)
    found = await logged(world, tenant, answer)

    line = found.line
    assert (line.method, line.operation, line.path) == ("POST", "customer_create", "/customers")
    assert (line.status, line.error_code, line.replayed) == (201, None, False)
    assert (line.key_id, line.time) == (tenant.caller.key_id, world.clock())
    assert line.address == "127.0.0.1"
    assert line.duration_ms > 0
    assert json.loads(found.body or b"") == body
    assert (found.body_is_cut, found.answer) == (False, None)


async def test_an_error_is_logged_with_what_was_answered(world: World, tenant: Tenant) -> None:
    answer = await tenant.get("/sites", params={"limit": "1000", "colour": "réd"})
    found = await logged(world, tenant, answer)

    assert (found.line.status, found.line.error_code) == (400, answer.json()["code"])
    assert found.line.query == "limit=1000&colour=r%C3%A9d"
    assert found.answer == answer.content
    assert found.body is None


async def test_reads_and_calculations_that_succeed_are_not_logged(
    world: World, tenant: Tenant
) -> None:
    site = await tenant.site()
    await tenant.tariff(site["location_id"])
    await tenant.get("/sites")
    priced = await tenant.post(
        "/prices",
        {
            "location_id": site["location_id"],
            "start_time": "2026-03-01T10:00:00Z",
            "end_time": "2026-03-01T12:00:00Z",
        },
    )
    assert priced.status_code in (200, 201), priced.text
    found = await lines(world.services, tenant)
    assert [one.operation for one in found] == ["tariff_create", "site_create"]


@pytest.mark.parametrize(("setting", "expected"), [("all", ["site_list"] * 2), ("none", [])])
async def test_the_setting_says_what_is_logged(
    world: World, tenant: Tenant, setting: str, expected: list[str]
) -> None:
    services, client = other(world, request_log=setting)
    async with client:
        for params in ({}, {"limit": "0"}):
            await client.get("/sites", headers=tenant.headers, params=params)
    assert [one.operation for one in await lines(services, tenant)] == expected
    counts = await services.get(Requests).counts(tenant.context, world.clock())
    assert (counts.requests, counts.errors_4xx) == (2, 1)


async def test_an_answer_that_was_given_before_is_marked(world: World, tenant: Tenant) -> None:
    for _ in range(2):
        await tenant.post("/customers", {}, headers=keyed("one"))
    found = await lines(world.services, tenant)
    assert [(one.status, one.replayed) for one in found] == [(201, True), (201, False)]


async def test_calls_of_nobody_known_are_not_logged(world: World, tenant: Tenant) -> None:
    async with world.db.reading() as db:
        before = await db.fetchval("SELECT count(*) FROM requests")
        refused = await world.http.get("/sites", headers={"Authorization": "Bearer nonsense"})
        error(refused, 401, "token_invalid")
        await world.http.get("/nowhere")
        await world.http.get("/health/live")
        await world.services.get(Recorder).flush()
        assert await db.fetchval("SELECT count(*) FROM requests") == before


async def test_a_stranger_and_the_other_mode_see_nothing_of_it(
    world: World, tenant: Tenant
) -> None:
    answer = await tenant.post("/customers", {})
    assert (await logged(world, tenant, answer)).line.status == 201
    assert tenant.twin
    for one in (await world.tenant("a stranger"), tenant.twin):
        assert await lines(world.services, one) == []
        with pytest.raises(RequestNotFound):
            await logged(world, one, answer)
        counts = await world.services.get(Requests).counts(one.context, world.clock())
        assert counts == Counts(1, 0, 0)  # its own log-in


async def test_requests_are_found_by_status_endpoint_and_time(world: World, tenant: Tenant) -> None:
    await tenant.post("/customers", {})
    world.clock.forward(minutes=10)
    later = world.clock()
    await tenant.post("/customers", {"reference_id": 7})
    await tenant.get("/sites/ste_x")
    await tenant.post("/sites", {})

    async def statuses(wanted: RequestFilter) -> list[tuple[str, int]]:
        found = await lines(world.services, tenant, wanted)
        return [(one.operation, one.status) for one in found]

    assert await statuses(RequestFilter(status_class=2)) == [("customer_create", 201)]
    assert await statuses(RequestFilter(operation="customer_create", status_class=4)) == [
        ("customer_create", 400)
    ]
    assert await statuses(RequestFilter(operation="site_retrieve")) == [("site_retrieve", 404)]
    assert len(await statuses(RequestFilter(since=later))) == 3


async def test_pages_go_back_in_time_and_end_after_seven_days(world: World, tenant: Tenant) -> None:
    for _ in range(5):
        await tenant.post("/customers", {})
        world.clock.forward(minutes=1)
    whole = await lines(world.services, tenant)
    assert [one.time for one in whole] == sorted((one.time for one in whole), reverse=True)
    first = await lines(world.services, tenant, limit=3)
    rest = await lines(world.services, tenant, limit=3, older_than=first[-1].id)
    assert (len(rest), first + rest) == (2, whole)

    world.clock.forward(days=7, minutes=-3)
    assert await lines(world.services, tenant) == whole[:3]
    with pytest.raises(RequestNotFound):
        await world.services.get(Requests).request(tenant.context, whole[-1].id)


async def test_requests_and_errors_are_counted_by_minute(world: World, tenant: Tenant) -> None:
    requests, begin = world.services.get(Requests), world.clock()
    await tenant.get("/sites")
    await tenant.get("/sites", params={"limit": "0"})
    world.clock.forward(minutes=2)
    await tenant.get("/sites")
    await world.services.get(Recorder).flush()
    await tenant.get("/sites")
    await world.services.get(Recorder).flush()

    assert await requests.counts(tenant.context, begin) == Counts(5, 1, 0)  # with the log-in
    assert await requests.counts(tenant.context, begin + timedelta(minutes=1)) == Counts(2, 0, 0)


async def test_a_call_that_outlasts_its_account_leaves_nothing_behind(world: World) -> None:
    tenant = await world.tenant("soon gone")
    await tenant.post("/customers", {})
    departures: Contributions[Departures] = Contributions(lambda: [world.services.get(People)])
    purge = Purge(world.db, departures, settled=timedelta())
    await purge.purge(world.context, tenant.caller.account_id, force=True)
    await world.services.get(Recorder).flush()
    async with world.db.reading() as db:
        for table in ("requests", "request_counts"):
            count = f"SELECT count(*) FROM {table} WHERE account = $1"
            assert await db.fetchval(count, tenant.caller.account) == 0


async def test_a_fault_of_ours_is_counted_and_logged(world: World, tenant: Tenant) -> None:
    async with world.db.transaction() as db:
        await db.execute("ALTER TABLE customers RENAME TO customers_away")
    try:
        answer = await tenant.http.post("/customers", json={}, headers=tenant.headers)
    finally:
        async with world.db.transaction() as db:
            await db.execute("ALTER TABLE customers_away RENAME TO customers")
    found = await logged(world, tenant, answer)
    assert (found.line.status, found.line.error_code) == (500, "internal_error")
    counts = await world.services.get(Requests).counts(tenant.context, world.clock())
    assert counts.errors_5xx == 1


LONG = {"reference_id": "ä" * 200, "metadata": {f"k{n}": "x" * 500 for n in range(40)}}


@pytest.mark.parametrize("headers", [{}, keyed("long")], ids=["", "with a key"])
async def test_a_long_body_is_cut(world: World, tenant: Tenant, headers: Mapping[str, str]) -> None:
    answer = await tenant.post("/customers", LONG, headers=dict(headers))
    found = await logged(world, tenant, answer)
    assert (len(found.body or b""), found.body_is_cut) == (8192, True)
    assert (found.body or b"").startswith(b'{"reference_id":')


@pytest.mark.parametrize(
    ("media_type", "coding"),
    [("application/json", "gzip"), ("application/json", ""), ("application/x-ndjson", "gzip")],
)
async def test_a_body_that_is_read_as_a_stream_is_shown_decompressed(
    world: World, tenant: Tenant, media_type: str, coding: str
) -> None:
    text = b'[{"location_id": "loc_x"}]' if "ndjson" not in media_type else b'{"location_id": 7}\n'
    headers = {"Content-Type": media_type} | ({"Content-Encoding": coding} if coding else {})
    answer = await tenant.call(
        "PUT", "/meters/interval", content=gzip.compress(text) if coding else text, headers=headers
    )
    assert (await logged(world, tenant, answer)).body == text


ENDPOINT = {"url": "https://hooks.example.com"}
SECRETS: list[Any] = [
    {**ENDPOINT, "basic_auth": {"username": "user", "password": PLANTED}},
    {**ENDPOINT, "headers": {"X-Api-Key": PLANTED, "X-Other": f"Bearer {PLANTED}"}},
    {**ENDPOINT, "headers": [PLANTED]},
    {**ENDPOINT, "headers": {"X-Key": {"value": [PLANTED]}}},
    {**ENDPOINT, "basic_auth": f"user:{PLANTED}"},
    {**ENDPOINT, "basicauth": {"password": PLANTED}},
    {**ENDPOINT, "url": 7, "basic_auth": {"username": "user", "passwort": PLANTED}},
    [{"basic_auth": {"username": "user", "password": PLANTED}}],
    f"password={PLANTED}",
]


@pytest.mark.parametrize("body", SECRETS, ids=range(len(SECRETS)))
async def test_declared_secrets_are_not_in_the_log(world: World, tenant: Tenant, body: Any) -> None:
    made = await tenant.make("/webhook-endpoints", ENDPOINT)
    answer = await tenant.post("/webhook-endpoints", body)
    await tenant.patch(f"/webhook-endpoints/{made['id']}", body)
    await tenant.post(f"/webhook-endpoints/{made['id']}/rotate-secret", {})

    found = await rows(world, tenant)
    assert "webhook_endpoint_update" in found
    assert PLANTED not in found
    assert b"***" in ((await logged(world, tenant, answer)).body or b"")
    assert made["secret"] not in found
    assert "whsec_" not in found


DEEP = b'{"headers":' + 450 * b'{"a":[' + b'"' + PLANTED.encode() + b'"' + 450 * b"]}" + b"}"


@pytest.mark.parametrize(
    "raw",
    [
        b'{"headers": {"X-Key": "' + PLANTED.encode(),
        b'{"basic_auth": "\xff' + PLANTED.encode(),
        DEEP,
        b'{"headers": {"X-Key": "' + PLANTED.encode() * 10_000 + b'"}}',
    ],
    ids=["cut off", "no UTF-8", "deep", "long"],
)
async def test_a_body_that_cannot_be_taken_apart_is_not_kept(
    world: World, tenant: Tenant, raw: bytes
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await tenant.call("POST", "/webhook-endpoints", content=raw, headers=headers)
    assert answer.status_code == 400
    assert (await logged(world, tenant, answer)).body is None
    assert PLANTED not in await rows(world, tenant)


async def test_keys_are_in_no_part_of_a_row(world: World, tenant: Tenant) -> None:
    restricted = await world.restricted(tenant, "sites:read")
    for secret in (tenant.secret, restricted.secret):
        await tenant.get(f"/sites/{secret}")
        await tenant.get("/sites", params={"token": secret})
        await tenant.post("/customers", {"reference_id": secret})
        await tenant.post("/customers", {secret: 1})
    await world.http.get(f"/k/{restricted.secret}/sites/ste_x")
    found = await rows(world, tenant)
    for secret in (tenant.secret, restricted.secret, tenant.token):
        assert secret.removeprefix("sk_test_").removeprefix("rk_test_") not in found
    in_path = await lines(world.services, tenant, limit=1)
    assert in_path[0].path == "/k/***/sites/ste_x"
