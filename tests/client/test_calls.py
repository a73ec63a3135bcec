"""What the client does with good, bad and no answers."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from tests.client.recorded import TOKEN, Recorded, Reply, recorded, refusal
from wattyard_client import (
    UNSET,
    AnswerInvalid,
    ApiError,
    AsyncWattyard,
    ConnectionFailed,
    NotModified,
    RateLimited,
    ServerError,
    SettingMissing,
    TimedOut,
    Unprocessable,
    Wattyard,
    codes,
)

SITE = {
    "id": "ste_1",
    "object": "site",
    "live_mode": False,
    "status": "PAUSED_BY_A_NEWER_SERVER",
    "devices": [],
    "time_created": "2026-03-01T10:00:00.123Z",
    "account_id": "acc_1",
    "reference_id": None,
    "location_id": "loc_1",
    "timezone": "Europe/London",
    "currency_code": "GBP",
    "metadata": {},
    "added_later": {"a": 1},
}
AT_ONCE = {"Retry-After": "0"}


@contextmanager
def client(*replies: Reply, **options: Any) -> Iterator[tuple[Wattyard, Recorded]]:
    with recorded(*replies) as server, Wattyard(server.url, "acc_1", "sk_1", **options) as yard:
        yield yard, server


def page(*names: str, more: bool) -> Reply:
    data = [{**SITE, "id": name} for name in names]
    return Reply(body={"object": "list", "url": "/sites", "has_more": more, "data": data})


def test_a_call_says_who_is_calling_and_an_answer_is_an_object() -> None:
    with client(Reply(201, SITE, {"Request-Id": "req_7"})) as (yard, server):
        site = yard.sites.create(reference_id=None, timezone="Europe/London")

    assert server.tokens[0].headers["authorization"] == "Basic YWNjXzE6c2tfMQ=="
    (asked,) = server.asked
    assert asked.headers["authorization"] == "Bearer a.b.c"
    assert asked.json == {"reference_id": None, "timezone": "Europe/London"}
    assert (site.id, site.reference_id, site.netting) == ("ste_1", None, UNSET)
    assert site.status == "PAUSED_BY_A_NEWER_SERVER"
    assert site.time_created == datetime(2026, 3, 1, 10, 0, 0, 123000, UTC)
    assert site.raw["added_later"] == {"a": 1}
    assert site.answer is not None
    assert (site.answer.status, site.answer.request_id) == (201, "req_7")


def test_a_list_asks_for_pages_as_they_are_needed() -> None:
    with client(page("ste_3", "ste_2", more=True), page("ste_1", more=False)) as (yard, server):
        sites = yard.sites.list(limit=2, reference_id="a b&c")
        assert server.asked == []
        assert sites.has_more
        assert [site.id for site in sites] == ["ste_3", "ste_2", "ste_1"]

    assert [asked.path for asked in server.asked] == [
        "/sites?limit=2&reference_id=a+b%26c",
        "/sites?limit=2&reference_id=a+b%26c&starting_after=ste_2",
    ]


def test_a_list_goes_backward_from_where_it_was_asked_to() -> None:
    replies = page("ste_5", "ste_4", more=True), page("ste_7", "ste_6", more=False)
    with client(*replies) as (yard, server):
        assert len(list(yard.sites.list(ending_before="ste_3"))) == 4

    assert server.asked[1].path == "/sites?ending_before=ste_5"


def test_a_token_that_expires_between_two_pages_is_fetched_again() -> None:
    replies = (
        page("ste_2", more=True),
        refusal(401, "token_expired"),
        page("ste_1", more=False),
    )
    with client(*replies) as (yard, server):
        assert [site.id for site in yard.sites.list()] == ["ste_2", "ste_1"]

    assert len(server.tokens) == 2


def test_a_token_is_fetched_anew_before_it_expires() -> None:
    with client(Reply(200, SITE), Reply(200, SITE)) as (yard, server):
        server.token_replies = [Reply(200, {**TOKEN, "expires_in": 0})]
        yard.sites.retrieve("ste_1")
        yard.sites.retrieve("ste_1")

    assert len(server.tokens) == 2


def test_a_key_that_is_no_longer_good_is_refused_once_and_for_all() -> None:
    with client() as (yard, server):
        server.token_replies = [refusal(401, "credentials_invalid")]
        with pytest.raises(codes.CredentialsInvalid):
            yard.sites.retrieve("ste_1")


@pytest.mark.parametrize(
    "first",
    [
        Reply(503, b"<html>", AT_ONCE),
        refusal(429, "rate_limited", headers=AT_ONCE),
        refusal(409, "idempotency_in_progress", headers=AT_ONCE),
        Reply(cut=True),
    ],
    ids=["503", "429", "in progress", "reset"],
)
def test_what_may_succeed_later_is_asked_again_under_the_same_key(first: Reply) -> None:
    with client(first, Reply(201, SITE)) as (yard, server):
        yard.sites.create()

    keys = {asked.headers["idempotency-key"] for asked in server.asked}
    assert (len(server.asked), len(keys)) == (2, 1)


def test_a_key_of_ones_own_and_conditions_are_sent() -> None:
    with client(Reply(201, SITE), Reply(200, SITE), Reply(304, b"")) as (yard, server):
        yard.sites.create(options={"idempotency_key": "mine"})
        yard.sites.update("ste_1", reference_id="a", options={"if_match": '"1"'})
        with pytest.raises(NotModified):
            yard.sites.retrieve("ste_1", options={"if_none_match": '"1"'})

    assert server.asked[0].headers["idempotency-key"] == "mine"
    assert server.asked[1].headers["if-match"] == '"1"'
    assert server.asked[2].headers["if-none-match"] == '"1"'


@pytest.mark.parametrize("code", ["name_taken", "idempotency_key_reused"])
def test_other_conflicts_are_not_asked_again(code: str) -> None:
    with client(refusal(409, code)) as (yard, server), pytest.raises(ApiError) as raised:
        yard.sites.create()

    assert (len(server.asked), raised.value.code) == (1, code)


def test_retry_after_may_be_a_date_which_the_servers_own_clock_judges() -> None:
    told = {
        "Date": "Sun, 01 Mar 2026 10:00:00 GMT",
        "Retry-After": "Sun, 01 Mar 2026 10:05:00 GMT",
    }
    first = client(refusal(429, "rate_limited", headers=told))
    with first as (yard, server), pytest.raises(RateLimited) as raised:
        yard.sites.retrieve("ste_1")

    assert raised.value.retry_after == 300  # longer than a client should wait unasked
    assert len(server.asked) == 1


def test_a_server_that_hangs_is_given_up() -> None:
    free = threading.Event()
    with client(Reply(before=lambda: free.wait(20)), retries=0) as (yard, _):
        try:
            with pytest.raises(TimedOut):
                yard.sites.retrieve("ste_1", options={"timeout": 0.2})
        finally:
            free.set()


def test_a_server_that_resets_every_connection_is_given_up() -> None:
    two = client(Reply(cut=True), Reply(cut=True))
    with two as (yard, server), pytest.raises(ConnectionFailed):
        yard.sites.retrieve("ste_1", options={"retries": 1})

    assert len(server.asked) == 2


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"id": 7}', b"\xff"])
def test_garbage_is_no_answer(body: bytes) -> None:
    with client(Reply(200, body)) as (yard, _), pytest.raises(AnswerInvalid) as raised:
        yard.sites.retrieve("ste_1")

    assert raised.value.content == body


def test_an_error_that_is_no_json_has_its_status() -> None:
    one = client(Reply(502, b"<html>bad gateway"), retries=0)
    with one as (yard, _), pytest.raises(ServerError) as raised:
        yard.sites.retrieve("ste_1")

    assert (raised.value.status, raised.value.code) == (502, "http_502")


def test_an_error_says_everything_that_was_wrong() -> None:
    faults = [
        {"code": "a_invalid", "message": "a", "param": "a"},
        {"code": "b_missing", "message": "b", "param": "b[0].c"},
    ]
    refused = refusal(422, "no_price_data", "nothing", param="start_time", errors=faults)
    with client(refused) as (yard, _), pytest.raises(Unprocessable) as raised:
        yard.prices.list(location_id="loc_1", end_time="2026-01-01T00:00:00Z")

    error = raised.value
    assert isinstance(error, codes.NoPriceData)
    assert (error.param, error.request_id) == ("start_time", "req_1")
    assert [one.param for one in error.errors] == ["a", "b[0].c"]
    assert str(error) == "start_time: nothing; 1 more in errors (422 no_price_data, req_1)"


def test_an_id_cannot_lead_to_another_path() -> None:
    with client(refusal(404, "site_not_found")) as (yard, server):
        with pytest.raises(ValueError, match="site_id is empty"):
            yard.sites.retrieve("")
        with pytest.raises(codes.SiteNotFound):
            yard.sites.retrieve("../devices?x=1")

    assert server.asked[0].path == "/sites/..%2Fdevices%3Fx%3D1"


EVENT = {
    "object": "event",
    "live_mode": False,
    "account_id": "acc_1",
    "time_created": "2026-03-01T10:00:00Z",
    "type": "site.update",
    "data": {},
}


def stream(*ids: str) -> Reply:
    messages = [
        b"id: %b\nevent: site.update\ndata: %b\n\n"
        % (one.encode(), msgspec.json.encode({**EVENT, "id": one}))
        for one in ids
    ]
    return Reply(200, b": hello\n\n" + b"".join(messages), {"Content-Type": "text/event-stream"})


def test_a_stream_goes_on_after_the_last_event() -> None:
    replies = (
        stream("evt_2", "evt_3"),
        refusal(503, "unavailable", headers=AT_ONCE),
        stream("evt_4"),
    )
    with client(*replies) as (yard, server):
        found = yard.events.stream(after="evt_1")
        assert [next(found).id for _ in range(3)] == ["evt_2", "evt_3", "evt_4"]

    after = [asked.headers["last-event-id"] for asked in server.asked]
    assert after == ["evt_1", "evt_3", "evt_3"]


def test_a_stream_that_is_refused_for_good_ends() -> None:
    with client(refusal(404, "event_not_found")) as (yard, _), pytest.raises(ApiError):
        next(yard.events.stream(after="evt_1"))


def test_other_options_share_the_token() -> None:
    with client(Reply(200, SITE), Reply(200, SITE)) as (yard, server):
        yard.sites.retrieve("ste_1")
        yard.with_options(headers={"Flatpeak-Version": "2026-01-01.busbar"}).sites.retrieve("ste_1")

    assert len(server.tokens) == 1
    assert server.asked[1].headers["flatpeak-version"] == "2026-01-01.busbar"


def test_anything_else_can_be_asked_for() -> None:
    with client(Reply(200, {"a": [1]})) as (yard, server):
        assert yard.get("/anything", limit=1, deep=True) == {"a": [1]}

    assert server.asked[0].path == "/anything?limit=1&deep=true"


def test_a_client_says_what_it_was_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("URL", "ACCOUNT_ID", "SECRET_KEY"):
        monkeypatch.delenv(f"WATTYARD_{name}", raising=False)

    with pytest.raises(SettingMissing, match="set WATTYARD_SECRET_KEY"):
        Wattyard("http://127.0.0.1:1", "acc_1")


def test_the_secret_key_is_not_shown() -> None:
    with Wattyard("http://127.0.0.1:1", "acc_1", "sk_secret") as yard:
        assert "sk_secret" not in repr(yard._connection.settings)


async def test_the_client_for_asyncio_does_the_same() -> None:
    replies = (
        Reply(503, b"", AT_ONCE),
        page("ste_2", more=True),
        page("ste_1", more=False),
        Reply(201, SITE),
        refusal(404, "site_not_found"),
        Reply(body={"object": "list", "url": "/events", "has_more": False, "data": []}),
        stream("evt_1"),
        stream("evt_2"),
    )
    with recorded(*replies) as server:
        async with AsyncWattyard(server.url, "acc_1", "sk_1") as yard:
            assert [site.id async for site in yard.sites.list()] == ["ste_2", "ste_1"]
            made = await yard.sites.create(reference_id="a")
            assert made.id == "ste_1"
            with pytest.raises(codes.SiteNotFound):
                await yard.sites.retrieve("ste_9")
            found = yard.events.stream()
            async with asyncio.timeout(20):
                assert [(await anext(found)).id for _ in range(2)] == ["evt_1", "evt_2"]
            await found.aclose()

    assert len(server.tokens) == 1
    assert server.asked[-1].headers["last-event-id"] == "evt_1"
