"""Asking a server that is slow, busy, broken, too talkative, or gone."""

import traceback

import pytest

from tests.feeds.conftest import Pauses
from tests.support.market_server import (
    MarketServer,
    Play,
    bomb,
    drips,
    hangs,
    hangs_up,
    promises,
    says,
)
from wattyard.platform.outbound.fetcher import Patience
from wattyard.tariffs.feeds.failures import FeedFailed, FeedRefused, FeedUnreachable, FeedUnreadable
from wattyard.tariffs.feeds.session import Session

GIB = 1024**3
PASSING = [says("", 429), says("", 502), says("", 503), says("", 504), hangs_up]
GOOD = says("good")


@pytest.mark.parametrize("play", [*PASSING, promises(400)])
async def test_what_passes_is_asked_again_until_it_answers(
    http: Session, server: MarketServer, play: Play
) -> None:
    server.plays(play, play, GOOD)

    assert (await http.get(server.url)).body == b"good"
    assert len(server.asked) == 3


@pytest.mark.parametrize("play", [*PASSING, promises(400)])
async def test_what_does_not_pass_is_unreachable_after_the_last_attempt(
    http: Session, server: MarketServer, pauses: Pauses, play: Play
) -> None:
    server.plays(play)

    with pytest.raises(FeedUnreachable, match=r"127\.0\.0\.1.*attempts: 3"):
        await http.get(server.url)
    assert len(pauses) == 2


@pytest.mark.parametrize("play", [hangs, drips])
async def test_a_server_that_takes_too_long_is_asked_again_and_then_unreachable(
    hasty: Session, server: MarketServer, pauses: Pauses, play: Play
) -> None:
    server.plays(play)

    with pytest.raises(FeedUnreachable, match=r"does not answer in time \(attempts: 3\)"):
        await hasty.get(server.url)
    assert len(pauses) == 2
    assert len(server.asked) <= 3  # on a busy machine, one may be over before it is there


async def test_pauses_double_and_are_drawn_by_chance(
    http: Session, server: MarketServer, pauses: Pauses
) -> None:
    server.plays(says("", 503))

    with pytest.raises(FeedUnreachable):
        await http.get(server.url)
    assert pauses == [0.5, 1.0]


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("7", 7.5),
        ("0", 0.5),
        ("Sun, 30 Mar 2025 12:01:30 GMT", 90.5),
        ("Sun, 30 Mar 2025 11:00:00 GMT", 0.5),
        ("soon", 0.5),
        ("-4", 0.5),
        ("", 0.5),
    ],
)
async def test_a_pause_that_the_source_asks_for_is_kept_and_some_chance_added(
    http: Session, server: MarketServer, pauses: Pauses, retry_after: str, seconds: float
) -> None:
    server.plays(says("", 429, Retry_After=retry_after), GOOD)

    await http.get(server.url)
    assert pauses == [seconds]


@pytest.mark.parametrize("retry_after", ["121", "9" * 4400, "Mon, 31 Mar 2025 12:00:00 GMT"])
async def test_a_source_that_asks_for_a_long_pause_is_left_alone_and_the_pause_is_told(
    http: Session, server: MarketServer, pauses: Pauses, retry_after: str
) -> None:
    server.plays(says("", 503, Retry_After=retry_after), GOOD)

    with pytest.raises(FeedUnreachable) as failed:
        await http.get(server.url)
    assert failed.value.retry_after_seconds is not None
    assert failed.value.retry_after_seconds > 120
    assert (len(server.asked), pauses) == (1, [])


async def test_a_server_that_fails_inside_is_unreachable_at_once(
    http: Session, server: MarketServer
) -> None:
    server.plays(says("", 500))

    with pytest.raises(FeedUnreachable, match="answers 500"):
        await http.get(server.url)
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 418])
async def test_a_rejection_or_redirection_is_neither_repeated_nor_followed(
    http: Session, server: MarketServer, status: int
) -> None:
    server.plays(says("elsewhere", status, Location="/elsewhere"))

    with pytest.raises(FeedRefused, match=f"answers {status}"):
        await http.get(server.url)
    assert len(server.asked) == 1


async def test_nobody_there_is_unreachable(http: Session, pauses: Pauses) -> None:
    async with MarketServer() as gone:
        url = gone.url

    with pytest.raises(FeedUnreachable, match="cannot be read from"):
        await http.get(url)
    assert len(pauses) == 2


@pytest.mark.parametrize("url", ["http://a..b/", "http://127.0.0.1:99999/", "http://[zz]/"])
async def test_an_address_that_cannot_be_is_unreachable_at_once(
    http: Session, pauses: Pauses, url: str
) -> None:
    with pytest.raises(FeedUnreachable, match="attempts: 1"):
        await http.get(url)
    assert not pauses


async def test_a_body_without_end_is_dropped_at_the_limit(
    server: MarketServer, pauses: Pauses
) -> None:
    server.plays(server.huge(1024))
    patient = Session(clock=lambda: pytest.fail("no time"), sleep=pauses, chance=lambda: 0.5)

    async with patient:
        with pytest.raises(FeedUnreadable, match="more than 16777216 bytes"):
            await patient.get(server.url)
    assert server.bytes_sent < 64 * 1024**2
    assert len(server.asked) == 1


async def test_a_body_that_announces_a_gigabyte_is_not_read(
    http: Session, server: MarketServer
) -> None:
    server.plays(promises(GIB))

    with pytest.raises(FeedUnreadable):
        await http.get(server.url)


async def test_a_small_body_that_unpacks_into_a_large_one_is_dropped(
    http: Session, server: MarketServer
) -> None:
    server.plays(bomb(40))

    with pytest.raises(FeedUnreadable, match="more than 16777216 bytes"):
        await http.get(server.url)


async def test_only_formats_that_are_counted_while_unpacked_are_offered(
    http: Session, server: MarketServer
) -> None:
    server.plays(GOOD)
    await http.get(server.url)

    assert server.headers[0]["Accept-Encoding"] == "gzip, deflate"
    assert server.headers[0]["User-Agent"].startswith("wattyard/")


async def test_proxies_of_the_environment_are_not_taken(
    http: Session, server: MarketServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server.plays(GOOD)

    assert (await http.get(server.url)).status == 200


@pytest.mark.parametrize(
    "play", [hangs_up, promises(400), promises(GIB), says("", 503), says("", 401), says("", 500)]
)
async def test_no_trace_of_a_failure_holds_the_query(
    http: Session, server: MarketServer, play: Play
) -> None:
    token = server.url.partition(":")[2][::-1]
    server.plays(play)

    with pytest.raises(FeedFailed) as failed:
        await http.get(server.url + "/api", {"securityToken": token})
    told = "".join(traceback.format_exception(failed.value)) + repr(failed.value)
    assert token not in told
    assert "/api" in told


def test_a_patience_without_an_attempt_is_none() -> None:
    with pytest.raises(ValueError, match="at least once"):
        Patience(attempts=0)
