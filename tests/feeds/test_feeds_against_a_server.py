"""Every feed against a server on this machine: whole days, long spans, pages, refusals."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from tests.support import market_documents as documents
from tests.support.market_documents import Prices, laid_out, query_instant
from tests.support.market_server import MarketServer, asks_for, hangs, promises, says
from wattyard.kernel import civil
from wattyard.kernel.instants import Span
from wattyard.tariffs.feeds.failures import FeedRefused, FeedUnreachable, FeedUnreadable
from wattyard.tariffs.feeds.feed import Feed
from wattyard.tariffs.feeds.registry import build
from wattyard.tariffs.feeds.session import Session

HOUR, HALF, QUARTER = timedelta(hours=1), timedelta(minutes=30), timedelta(minutes=15)
BRUSSELS, LONDON = civil.zone("Europe/Brussels"), civil.zone("Europe/London")


@dataclass(frozen=True)
class Source:
    """How a source is asked and answers: its options, its steps, its delivery days."""

    name: str
    options: Mapping[str, str]
    steps: tuple[timedelta, ...]
    document: Callable[[web.Request, Prices], str | None]
    scale: float = 1.0
    zone: str = "Europe/Brussels"

    def feed(self, server: MarketServer) -> Feed:
        return build(self.name, {**self.options, "base_url": server.url + "/"})


def within(prices: Prices, start: datetime, end: datetime) -> Prices:
    return [own for own in prices if own[0] < end and own[1] > start]


def asked_for(request: web.Request, prices: Prices, *names: str) -> Prices:
    return within(prices, *(query_instant(request.query, name) for name in names))


def octopus(request: web.Request, prices: Prices) -> str:
    assert request.path == (
        "/v1/products/AGILE-24-10-01/electricity-tariffs/E-1R-AGILE-24-10-01-C/standard-unit-rates/"
    )
    return documents.octopus(asked_for(request, prices, "period_from", "period_to"))


def entsoe(request: web.Request, prices: Prices) -> str:
    assert request.path == "/api"
    assert (request.query["securityToken"], request.query["documentType"]) == ("a-b-c", "A44")
    assert request.query["in_Domain"] == request.query["out_Domain"] == "10YBE----------2"
    own = asked_for(request, prices, "periodStart", "periodEnd")
    if not own:
        return documents.acknowledgement("No matching data found for Data item Day-ahead Prices")
    return documents.entsoe(own, step=own[0][1] - own[0][0])


def energy_charts(request: web.Request, prices: Prices) -> str:
    assert (request.path, request.query["bzn"]) == ("/price", "DE-LU")
    return documents.energy_charts(asked_for(request, prices, "start", "end"))


def awattar(request: web.Request, prices: Prices) -> str:
    assert request.path == "/v1/marketdata"
    return documents.awattar(asked_for(request, prices, "start", "end"))


def nord_pool(request: web.Request, prices: Prices) -> str | None:
    assert (request.path, request.query["market"]) == ("/api/DayAheadPrices", "DayAhead")
    assert (request.query["deliveryArea"], request.query["currency"]) == ("NO2", "EUR")
    day = civil.day(date.fromisoformat(request.query["date"]), BRUSSELS)
    own = within(prices, day.start, day.end)
    return documents.nord_pool(own) if own else None


SOURCES = [
    Source(
        "octopus_agile",
        {"product": "AGILE-24-10-01", "region": "C", "vat": "excluded"},
        (HALF,),
        octopus,
        scale=0.01,
        zone="Europe/London",
    ),
    Source(
        "entsoe",
        {"area": "10YBE----------2", "security_token": "a-b-c"},
        (HOUR, HALF, QUARTER),
        entsoe,
    ),
    Source("energy_charts", {"area": "DE-LU"}, (HOUR, QUARTER), energy_charts),
    Source("awattar", {"area": "DE"}, (HOUR, QUARTER), awattar),
    Source("nord_pool", {"area": "NO2"}, (HOUR, QUARTER), nord_pool),
]
each_source = pytest.mark.parametrize("source", SOURCES, ids=lambda own: own.name)
STEPS = [
    pytest.param(source, step, id=f"{source.name}-{step // timedelta(minutes=1)}")
    for source in SOURCES
    for step in source.steps
]


def prices_of(span: Span, step: timedelta, *, days_after: int = 2) -> Prices:
    """Lay out prices that all differ, from two days before a span."""
    start = span.start - timedelta(days=2)
    count = (span.end + timedelta(days=days_after) - start) // step
    return laid_out(start, step, [(n * 7 % 100_000 - 300) / 100 for n in range(count)])


@pytest.mark.parametrize(("source", "step"), STEPS)
@pytest.mark.parametrize(
    ("day", "hours"), [(date(2025, 3, 30), 23), (date(2025, 10, 26), 25), (date(2025, 6, 1), 24)]
)
async def test_a_day_of_23_24_or_25_hours_comes_out_as_it_is_published(
    http: Session, server: MarketServer, source: Source, step: timedelta, day: date, hours: int
) -> None:
    span = civil.day(day, civil.zone(source.zone))
    prices = prices_of(span, step)
    server.plays(asks_for(lambda request: source.document(request, prices)))

    answer = await source.feed(server).fetch(http, span)

    assert len(answer.intervals) == hours * (HOUR // step)
    assert [(own.valid_from, own.valid_to) for own in answer.intervals] == [
        (start, end) for start, end, _ in within(prices, span.start, span.end)
    ]
    assert [own.value for own in answer.intervals] == pytest.approx(
        [float(price) * source.scale for *_, price in within(prices, span.start, span.end)]
    )
    assert (answer.gaps, answer.repeated, answer.not_final) == ((), 0, ())
    assert answer.resolution_minutes == step // timedelta(minutes=1)


@each_source
async def test_months_are_asked_for_in_pieces_and_nothing_is_taken_twice(
    http: Session, server: MarketServer, source: Source
) -> None:
    start = datetime(2025, 9, 15, 7, 15, tzinfo=UTC)
    span = Span(start, start + timedelta(days=70, minutes=3))
    prices = laid_out(
        start.replace(minute=0) - 50 * HOUR, source.steps[0], range(75 * (24 * HOUR // HALF))
    )
    server.plays(asks_for(lambda request: source.document(request, prices)))

    answer = await source.feed(server).fetch(http, span)

    assert len(answer.intervals) == len(within(prices, span.start, span.end))
    assert (answer.gaps, answer.repeated) == ((), 0)


@each_source
async def test_what_is_not_published_yet_is_missing_at_the_end_and_no_gap(
    http: Session, server: MarketServer, source: Source
) -> None:
    today = civil.day(date(2025, 3, 29), civil.zone(source.zone))
    prices = laid_out(today.start, source.steps[0], range(today.duration // source.steps[0]))
    server.plays(asks_for(lambda request: source.document(request, prices)))

    answer = await source.feed(server).fetch(http, Span(today.start, today.end + 48 * HOUR))

    assert answer.intervals[-1].valid_to == today.end
    assert answer.gaps == ()


@each_source
async def test_nothing_published_is_an_empty_answer(
    http: Session, server: MarketServer, source: Source
) -> None:
    server.plays(asks_for(lambda request: source.document(request, [])))
    day = civil.day(date(2025, 3, 30), BRUSSELS)

    answer = await source.feed(server).fetch(http, day)

    assert (answer.intervals, answer.gaps, answer.resolution_minutes) == ((), (), 0)


@each_source
async def test_a_source_that_is_busy_at_first_is_asked_again(
    http: Session, server: MarketServer, source: Source
) -> None:
    span = Span(datetime(2025, 3, 30, tzinfo=UTC), datetime(2025, 3, 30, 2, tzinfo=UTC))
    prices = prices_of(span, source.steps[0])
    busy = says("", 503, Retry_After="1")
    server.plays(busy, busy, asks_for(lambda request: source.document(request, prices)))

    answer = await source.feed(server).fetch(http, span)

    assert len(answer.intervals) == 2 * HOUR // source.steps[0]


DAY = civil.day(date(2025, 3, 30), BRUSSELS)


@each_source
@pytest.mark.parametrize("play", [says("", 503), says("", 429), says("", 500)])
async def test_a_source_that_is_down_is_unreachable(
    http: Session, server: MarketServer, source: Source, play: object
) -> None:
    server.plays(play)

    with pytest.raises(FeedUnreachable, match=r"127\.0\.0\.1"):
        await source.feed(server).fetch(http, DAY)


@each_source
async def test_a_source_that_hangs_is_unreachable(
    hasty: Session, server: MarketServer, source: Source
) -> None:
    server.plays(hangs)

    with pytest.raises(FeedUnreachable, match="in time"):
        await source.feed(server).fetch(hasty, DAY)


@each_source
@pytest.mark.parametrize(
    "play",
    [
        says("<html>We are busy</html>"),
        says('{"data": [{'),
        says("\x00\x01"),
        says("[NaN, Infinity]"),
        says('"' + "x" * 1_000_000),
        promises(1024**3),
    ],
)
async def test_a_source_that_says_something_else_is_unreadable_and_not_asked_again(
    http: Session, server: MarketServer, source: Source, play: object
) -> None:
    server.plays(play)

    with pytest.raises(FeedUnreadable):
        await source.feed(server).fetch(http, DAY)
    assert len(server.asked) == 1


@each_source
async def test_a_body_without_end_is_dropped(
    http: Session, server: MarketServer, source: Source
) -> None:
    server.plays(server.huge(1024))

    with pytest.raises(FeedUnreadable):
        await source.feed(server).fetch(http, DAY)
    assert server.bytes_sent < 64 * 1024**2


@pytest.mark.parametrize(
    ("source", "status"),
    [
        pytest.param(source, status, id=f"{source.name}-{status}")
        for source in SOURCES
        for status in (302, 400, 401, 403, 404)
        if (source.name, status) != ("energy_charts", 404)
    ],
)
async def test_a_source_that_rejects_the_question_is_not_asked_again(
    http: Session, server: MarketServer, source: Source, status: int
) -> None:
    server.plays(says("no", status, Location="/other"))

    with pytest.raises(FeedRefused):
        await source.feed(server).fetch(http, DAY)
    assert len(server.asked) == 1


async def test_days_that_energy_charts_does_not_have_yet_are_not_found_and_no_failure(
    http: Session, server: MarketServer
) -> None:
    first, second = (civil.day(date(2025, 10, day), BRUSSELS) for day in (1, 31))
    prices = documents.energy_charts(laid_out(first.start, QUARTER, range(96)))
    server.plays(says(prices), says('{"detail":"Not Found"}', 404))

    answer = await SOURCES[2].feed(server).fetch(http, Span(first.start, second.end + 24 * HOUR))

    assert len(server.asked) == 2
    assert len(answer.intervals) == 96
    assert answer.gaps == ()


async def test_days_that_nord_pool_keeps_for_subscribers_are_refused_by_date(
    http: Session, server: MarketServer
) -> None:
    server.plays(says('{"title": "Unauthorized", "status": 401}', 401))

    with pytest.raises(FeedRefused, match=r"2025-03-30.*subscription"):
        await SOURCES[4].feed(server).fetch(http, DAY)


async def test_a_rejection_of_entsoe_tells_its_reason_without_the_token(
    http: Session, server: MarketServer
) -> None:
    told = documents.acknowledgement("The token a-b-c asks for too much")
    server.plays(says(told, 400))

    with pytest.raises(FeedRefused, match=r"The token \(security token\) asks for too much"):
        await SOURCES[1].feed(server).fetch(http, DAY)


async def test_pages_of_octopus_are_followed_to_the_last(
    http: Session, server: MarketServer
) -> None:
    span = civil.day(date(2025, 3, 30), LONDON)
    prices = laid_out(span.start, HALF, range(46))
    following = f"{server.url}/v1/anything/?page=2&period_from=x"
    server.plays(
        says(documents.octopus(prices[20:], following=following)),
        says(documents.octopus(prices[:20])),
    )

    answer = await SOURCES[0].feed(server).fetch(http, span)

    assert len(answer.intervals) == 46
    assert server.asked[0].query["page_size"] == "1500"
    assert str(server.asked[1]) == following


@pytest.mark.parametrize(
    "following", ["http://example.org/next", "//x", "/next", "file:///etc/passwd", "http://[", ""]
)
async def test_pages_elsewhere_are_not_followed(
    http: Session, server: MarketServer, following: str
) -> None:
    server.plays(says(documents.octopus([], following=following)))

    with pytest.raises(FeedUnreadable, match="next page"):
        await SOURCES[0].feed(server).fetch(http, DAY)
    assert len(server.asked) == 1


async def test_pages_without_end_are_not_followed_for_ever(
    http: Session, server: MarketServer
) -> None:
    server.plays(says(documents.octopus([], following=f"{server.url}/again")))

    with pytest.raises(FeedUnreadable, match="100 pages"):
        await SOURCES[0].feed(server).fetch(http, DAY)


async def test_a_preliminary_day_of_nord_pool_is_left_out_and_the_final_one_taken(
    http: Session, server: MarketServer
) -> None:
    first, second = (civil.day(date(2025, 3, day), BRUSSELS) for day in (29, 30))
    server.plays(
        says(documents.nord_pool(laid_out(first.start, HOUR, range(24)))),
        says(documents.nord_pool(laid_out(second.start, HOUR, range(23)), state="Preliminary")),
    )

    answer = await SOURCES[4].feed(server).fetch(http, Span(first.start, second.end))

    assert len(answer.intervals) == 24
    assert answer.not_final == (second,)
    assert [own.query["date"] for own in server.asked] == ["2025-03-29", "2025-03-30"]


async def test_an_hour_repeated_with_another_price_on_another_page_is_refused(
    http: Session, server: MarketServer
) -> None:
    prices = laid_out(DAY.start, HALF, [1, 2])
    page = json.loads(documents.octopus(prices))
    page["results"][0]["value_exc_vat"] = 99
    server.plays(
        says(documents.octopus(prices, following=f"{server.url}/2")), says(json.dumps(page))
    )

    with pytest.raises(FeedUnreadable, match="two prices"):
        await SOURCES[0].feed(server).fetch(http, DAY)


async def test_a_real_document_of_entsoe_comes_out_through_http(
    http: Session, server: MarketServer, shared_data: Path
) -> None:
    start = datetime(2024, 10, 5, 22, tzinfo=UTC)
    server.plays(says((shared_data / "BE_60M_15M_mix.xml").read_bytes()))

    answer = await SOURCES[1].feed(server).fetch(http, Span(start, start + 72 * HOUR))

    assert len(answer.intervals) == 216
    assert answer.gaps == ()
