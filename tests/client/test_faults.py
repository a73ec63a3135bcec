"""What the client does with faults of its caller, of what is in between, and of the server."""

import copy
import pickle
from datetime import UTC, datetime

import msgspec
import pytest

from tests.client.recorded import TOKEN, Reply, recorded, refusal
from tests.client.test_calls import EVENT, SITE, client, page, stream
from wattyard_client import (
    AnswerInvalid,
    BadRequest,
    ConnectionFailed,
    RateLimited,
    Wattyard,
    codes,
    models,
)
from wattyard_client._exchange import Bearer, Token
from wattyard_client._model import built

DEEP = b"[" * 100_000
PAST = {"Retry-After": "Sun, 01 Mar 2020 10:00:00 GMT"}


@pytest.mark.parametrize("id_", [".", ".."])
def test_dots_are_no_id(id_: str) -> None:
    raises = pytest.raises(ValueError, match=r"site_id is \.+, which is not an id")
    with client() as (yard, server), raises:
        yard.sites.delete(id_)

    assert server.asked == []


@pytest.mark.parametrize("path", ["sites", "@elsewhere.example/sites", ":1/sites", ".example/"])
def test_a_path_cannot_lead_to_another_host(path: str) -> None:
    raises = pytest.raises(ValueError, match="a path begins with a slash")
    with client() as (yard, server), raises:
        yard.get(path)

    assert server.tokens == []


def test_a_query_may_be_in_the_path_and_none_is_not_sent() -> None:
    with client(Reply(), Reply()) as (yard, server):
        yard.get("/sites?limit=1")
        yard.get("/sites?limit=1", status="ACTIVE", customer_id=None)

    assert [asked.path for asked in server.asked] == [
        "/sites?limit=1",
        "/sites?limit=1&status=ACTIVE",
    ]


def test_a_header_is_sent_once_however_it_is_written() -> None:
    with recorded(Reply()) as server:
        first = Wattyard(server.url, "acc_1", "sk_1", headers={"ACCEPT": "text/csv", "X-A": "1"})
        with first.with_options(headers={"x-a": "2"}) as yard:
            yard.get("/any", options={"headers": {"accept": "text/html"}})

    (asked,) = server.asked
    assert (asked.headers["accept"], asked.headers["x-a"]) == ("text/html", "2")
    assert [name.lower() for name in asked.names].count("accept") == 1
    assert [name.lower() for name in asked.names].count("x-a") == 1


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_no_number_is_not_sent_as_null(number: float) -> None:
    with client() as (yard, server), pytest.raises(ValueError, match="NaN or infinity"):
        yard.sites.update("ste_1", max_power_import_kw=number)

    assert server.asked == []


@pytest.mark.parametrize("body", [DEEP, b'{"id": "\xff"}'], ids=["deep", "no text"])
def test_garbage_of_any_kind_is_no_answer_and_no_error(body: bytes) -> None:
    with client(Reply(200, body), Reply(400, body)) as (yard, _):
        with pytest.raises(AnswerInvalid):
            yard.sites.retrieve("ste_1")
        with pytest.raises(BadRequest):
            yard.sites.retrieve("ste_1")


def test_an_answer_that_does_not_decompress_is_a_fault_of_the_connection() -> None:
    broken = Reply(200, b"no gzip", {"Content-Encoding": "gzip"})
    with client(broken, retries=0) as (yard, _), pytest.raises(ConnectionFailed):
        yard.sites.retrieve("ste_1")


def test_an_address_without_a_scheme_is_not_tried_again() -> None:
    raises = pytest.raises(ConnectionFailed, match="unsupported protocol")
    with Wattyard("localhost:8000", "acc_1", "sk_1", retries=1000) as yard, raises:
        yard.sites.retrieve("ste_1")


def test_a_token_that_is_good_for_seconds_is_used_for_more_than_one_call() -> None:
    with client(Reply(200, SITE), Reply(200, SITE)) as (yard, server):
        server.token_replies = [Reply(200, {**TOKEN, "expires_in": 30})]
        yard.sites.retrieve("ste_1")
        yard.sites.retrieve("ste_1")

    assert len(server.tokens) == 1


def test_a_token_is_not_shown_and_a_newer_one_is_not_dropped_for_an_older() -> None:
    token = Token(Bearer("new", float("inf")))

    token.drop("old")

    assert token.fresh == "new"
    assert "new" not in repr(token)


def test_errors_and_objects_are_whole_after_pickling() -> None:
    invalid = pickle.loads(pickle.dumps(AnswerInvalid("no", 200, b"x")))  # noqa: S301
    limited = RateLimited(429, {"code": "rate_limited"}, {})
    limited.retry_after = 7.0
    price = built(models.Price, {"value": 0.2, "confidence": 1.0, "added_later": 1})

    assert (str(invalid), invalid.status, invalid.content) == ("no", 200, b"x")
    assert pickle.loads(pickle.dumps(limited)).retry_after == 7.0  # noqa: S301
    for kept in (pickle.loads(pickle.dumps(price)), copy.deepcopy(price)):  # noqa: S301
        assert kept == price
        assert kept.raw == price.raw


def test_a_field_that_python_calls_otherwise_and_each_of_a_list_have_their_raw() -> None:
    watts = {"value": 5.0, "units": "W"}
    moment = datetime(2026, 3, 1, tzinfo=UTC).isoformat()
    flows = dict.fromkeys(("import", "export", "load", "solar", "curtailed"), watts)
    times = {"start_time": moment, "end_time": moment}
    document = {**times, **flows, "price_import": 0.3, "price_export": None}

    (step,) = built(list[models.SiteStep], [document])

    assert step.raw is document
    assert step.import_.raw == watts


def test_a_client_of_ones_own_kind_stays_one_under_other_options() -> None:
    class Mine(Wattyard):
        def __init__(self) -> None:
            super().__init__("http://127.0.0.1:1", "acc_1", "sk_1")
            self.note = "mine"

    with Mine() as mine:
        assert mine.with_options(timeout=5).note == "mine"


def test_another_format_is_given_as_text() -> None:
    text = Reply(200, b"start_time,value\n", {"Content-Type": "text/csv"})
    with client(text, text) as (yard, server):
        assert yard.prices.series(location_id="loc_1", format="csv") == "start_time,value\n"
        assert yard.costs.interval_retrieve("loc_1", format="csv") == "start_time,value\n"

    assert server.asked[0].path == "/prices?location_id=loc_1&format=csv"


def events(*ids: str) -> Reply:
    data = [{**EVENT, "id": one} for one in ids]
    return Reply(body={"object": "list", "url": "/events", "has_more": False, "data": data})


def test_a_stream_from_now_on_misses_nothing_when_it_breaks_before_its_first_event() -> None:
    with client(events("evt_1"), stream(), stream("evt_2")) as (yard, server):
        assert next(yard.events.stream()).id == "evt_2"

    assert [asked.path for asked in server.asked] == ["/events?limit=1"] + ["/events/stream"] * 2
    assert [asked.headers["last-event-id"] for asked in server.asked[1:]] == ["evt_1"] * 2


def test_other_separators_of_lines_do_not_break_an_event() -> None:
    text = "a\u2028b\u2029c\x85d"
    body = msgspec.json.encode({**EVENT, "id": "evt_2", "data": {"text": text}})
    reply = Reply(200, b":\r\n\r\ndata: %b\r\n\r\n" % body, {"Content-Type": "text/event-stream"})
    with client(reply) as (yard, _):
        assert next(yard.events.stream(after="evt_1")).data == {"text": text}


def test_a_stream_whose_key_is_revoked_ends() -> None:
    found = client(refusal(401, "key_revoked"))
    with found as (yard, _), pytest.raises(codes.KeyRevoked):
        next(yard.events.stream(after="evt_1"))


def test_a_stream_goes_on_at_once_when_the_time_to_wait_for_has_passed() -> None:
    with client(refusal(503, "unavailable", headers=PAST), stream("evt_2")) as (yard, server):
        assert next(yard.events.stream(after="evt_1")).id == "evt_2"

    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "reply",
    [Reply(200, b"<html>"), Reply(200, b"data: {\n\n", {"Content-Type": "text/event-stream"})],
    ids=["another program", "broken event"],
)
def test_garbage_is_no_stream(reply: Reply) -> None:
    with client(reply) as (yard, _), pytest.raises(AnswerInvalid):
        next(yard.events.stream(after="evt_1"))


def test_a_stream_can_be_closed() -> None:
    with client(stream("evt_2", "evt_3"), page("ste_1", more=False)) as (yard, _):
        found = yard.events.stream(after="evt_1")
        next(found)
        found.close()
        assert next(found, None) is None
        assert len(list(yard.sites.list())) == 1
