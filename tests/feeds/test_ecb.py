"""The European Central Bank's reference rates, as its data portal answers them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest
from aiohttp import web

from tests.support.market_server import MarketServer, asks_for, says
from wattyard.kernel import civil
from wattyard.kernel.instants import Span
from wattyard.tariffs.feeds.failures import FeedRefused, FeedUnreachable, FeedUnreadable
from wattyard.tariffs.feeds.feed import Feed
from wattyard.tariffs.feeds.options import FeedOptionInvalid
from wattyard.tariffs.feeds.registry import build
from wattyard.tariffs.feeds.session import Session

BERLIN = civil.zone("Europe/Berlin")
HEADER = "KEY,FREQ,CURRENCY,CURRENCY_DENOM,EXR_TYPE,EXR_SUFFIX,TIME_PERIOD,OBS_VALUE"
FULL_HEADER = HEADER + ",OBS_STATUS,OBS_CONF,TITLE_COMPL"
EASTER = {
    "2026-04-01": "10.9125",
    "2026-04-02": "10.8970",
    # Good Friday, the weekend, Easter Monday
    "2026-04-07": "10.9415",
}


def rows(currency: str, rates: Mapping[str, str], tail: str = "") -> list[str]:
    key = f"EXR.D.{currency}.EUR.SP00.A,D,{currency},EUR,SP00,A"
    return [f"{key},{day},{rate}{tail}" for day, rate in rates.items()]


def document(*lines: str, header: str = HEADER) -> str:
    return "\r\n".join([header, *lines, ""])


def feed(server: MarketServer, **options: str) -> Feed:
    return build("ecb", {"currency": "SEK", "base_url": server.url + "/", **options})


def days(first: str, last: str) -> Span:
    ends = [civil.day(date.fromisoformat(day), BERLIN) for day in (first, last)]
    return Span(ends[0].start, ends[1].end)


async def test_each_rate_is_that_of_its_day_and_closed_days_have_none(
    http: Session, server: MarketServer
) -> None:
    server.plays(says(document(*rows("SEK", EASTER))))

    answer = await feed(server).fetch(http, days("2026-04-01", "2026-04-08"))

    (asked,) = server.asked
    assert asked.path == "/service/data/EXR/D.SEK.EUR.SP00.A"
    assert dict(asked.query) == {
        "startPeriod": "2026-04-01",
        "endPeriod": "2026-04-08",
        "format": "csvdata",
        "detail": "dataonly",
    }
    assert (answer.currency_code, answer.unit) == ("SEK", "RATE")
    assert [(own.valid_from, own.value) for own in answer.intervals] == [
        (civil.day(date.fromisoformat(day), BERLIN).start, float(rate))
        for day, rate in EASTER.items()
    ]
    assert {own.valid_to - own.valid_from for own in answer.intervals} == {timedelta(days=1)}
    assert answer.gaps == ()


async def test_the_day_of_a_clock_change_is_whole_and_a_week_without_rates_is_a_gap(
    http: Session, server: MarketServer
) -> None:
    told = {"2026-03-20": "10.8", "2026-03-29": "10.9"}
    server.plays(says(document(*rows("SEK", told))))

    answer = await feed(server).fetch(http, days("2026-03-20", "2026-03-29"))

    assert answer.intervals[1].valid_to - answer.intervals[1].valid_from == timedelta(hours=23)
    assert [gap.end - gap.start for gap in answer.gaps] == [timedelta(days=8)]


async def test_rates_between_two_other_currencies_go_by_the_euro(
    http: Session, server: MarketServer
) -> None:
    lines = [*rows("NOK", {"2026-04-01": "11.5", "2026-04-02": "11.6"}), *rows("SEK", EASTER)]
    server.plays(says(document(*lines)))

    answer = await feed(server, **{"from": "NOK"}).fetch(http, days("2026-04-01", "2026-04-08"))

    assert server.asked[0].path.endswith("/D.NOK+SEK.EUR.SP00.A")
    assert [own.value for own in answer.intervals] == [
        pytest.approx(10.9125 / 11.5),
        pytest.approx(10.8970 / 11.6),
    ]


async def test_what_a_market_in_kronor_is_in_euro(http: Session, server: MarketServer) -> None:
    server.plays(says(document(*rows("SEK", EASTER))))

    asked = feed(server, currency="EUR", **{"from": "SEK"})
    answer = await asked.fetch(http, days("2026-04-01", "2026-04-02"))

    assert server.asked[0].path.endswith("/D.SEK.EUR.SP00.A")
    assert answer.currency_code == "EUR"
    assert answer.intervals[0].value == pytest.approx(1 / 10.9125)


async def test_all_columns_are_taken_and_days_marked_as_closed_have_no_value(
    http: Session, server: MarketServer
) -> None:
    told = ',A,F,"ECB reference exchange rate, Swedish krona / Euro, 2:15 pm (C.E.T.)"'
    closed = "EXR.D.SEK.EUR.SP00.A,D,SEK,EUR,SP00,A,2026-04-03,,H,F,\n"
    lines = [*rows("SEK", EASTER, told), closed]
    server.plays(says("\ufeff" + document(*lines, header=FULL_HEADER)))

    answer = await feed(server).fetch(http, days("2026-04-01", "2026-04-08"))

    assert len(answer.intervals) == 3


async def test_days_without_any_rate_are_not_found_and_no_failure(
    http: Session, server: MarketServer
) -> None:
    server.plays(says("No results found.", 404))

    answer = await feed(server).fetch(http, days("2026-04-03", "2026-04-06"))

    assert (answer.intervals, answer.gaps, answer.unit) == ((), (), "RATE")


async def test_years_are_asked_for_in_pieces(http: Session, server: MarketServer) -> None:
    def some(request: web.Request) -> str:
        first = request.query["startPeriod"]
        return document(*rows("SEK", {first: "11.1"}))

    server.plays(asks_for(some))
    start = datetime(2024, 1, 1, tzinfo=UTC)

    answer = await feed(server).fetch(http, Span(start, start + timedelta(days=800)))

    assert len(server.asked) == 3
    assert len(answer.intervals) == 3


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("<html>We are busy</html>", "names no column"),
        (document("EXR.D.SEK.USD.SP00.A,D,SEK,USD,SP00,A,2026-04-01,9.1"), "not of the euro"),
        (document(*rows("SEK", {"2026-04-01": "0"})), "not above 0"),
        (document(*rows("SEK", {"2026-04-01": "-10.9"})), "not above 0"),
        (document(*rows("SEK", {"2026-04-01": "NaN"})), "not a finite number"),
        (document(*rows("SEK", {"2026-04-01": "10,9"})), "more columns"),
        (document(*rows("SEK", {"2026-13-01": "10.9"})), "not a day"),
        (document(*rows("SEK", {"2026-04-01": "1"}), *rows("SEK", {"2026-04-01": "2"})), "two"),
        (HEADER.replace(",", ";"), "names no column"),
        ('"' + "x" * 1_000_000, "not CSV"),
        (b"\xff\xfe\x00", "UTF-8"),
    ],
)
async def test_another_document_is_unreadable_and_not_asked_for_again(
    http: Session, server: MarketServer, body: str | bytes, reason: str
) -> None:
    server.plays(says(body))

    with pytest.raises(FeedUnreadable, match=reason):
        await feed(server).fetch(http, days("2026-04-01", "2026-04-01"))
    assert len(server.asked) == 1


async def test_a_bank_that_is_down_or_refuses_says_so(http: Session, server: MarketServer) -> None:
    span = days("2026-04-01", "2026-04-01")
    server.plays(says("", 503))
    with pytest.raises(FeedUnreachable):
        await feed(server).fetch(http, span)

    server.plays(says("no", 400))
    with pytest.raises(FeedRefused):
        await feed(server).fetch(http, span)


@pytest.mark.parametrize(
    "options", [{}, {"currency": "sek"}, {"currency": "EUR"}, {"currency": "SEK", "from": "SEK"}]
)
def test_options_that_convert_nothing_are_refused(options: dict[str, str]) -> None:
    with pytest.raises(FeedOptionInvalid):
        build("ecb", options)
