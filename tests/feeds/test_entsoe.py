"""ENTSO-E documents: curves, resolutions, clock changes, faults, and two real ones."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.market_documents import (
    acknowledgement,
    entsoe,
    laid_out,
    period,
    publication,
    series,
)
from wattyard.kernel.instants import Span
from wattyard.tariffs.feeds.entsoe import SeriesChoice, check_character, parse
from wattyard.tariffs.feeds.failures import FeedRefused, FeedUnreadable
from wattyard.tariffs.feeds.published import PublishedPrices

HOUR, HALF, QUARTER = timedelta(hours=1), timedelta(minutes=30), timedelta(minutes=15)
START = datetime(2025, 6, 1, 22, tzinfo=UTC)
DAY = Span(START, START + 24 * HOUR)
CHOICE = SeriesChoice("EUR")


def published(document: str, span: Span = DAY, choice: SeriesChoice = CHOICE) -> PublishedPrices:
    return parse(document.encode(), span, choice)


def values(answer: PublishedPrices) -> list[float]:
    return [own.value for own in answer.intervals]


def four_hours(*points: tuple[int, object], resolution: str = "PT60M") -> str:
    return period(START, START + 4 * HOUR, resolution, points)


def test_a_curve_a03_repeats_the_price_before_up_to_the_end_of_its_period() -> None:
    answer = published(publication(series(four_hours((1, 50.5), (3, -7.0)))))

    assert values(answer) == [50.5, 50.5, -7.0, -7.0]
    assert (answer.currency_code, answer.unit, answer.resolution_minutes) == ("EUR", "MWH", 60)
    assert answer.gaps == ()


def test_a_curve_a01_has_a_gap_where_a_position_is_missing() -> None:
    answer = published(publication(series(four_hours((1, 50.5), (4, 3.0)), curve="A01")))

    assert values(answer) == [50.5, 3.0]
    assert answer.gaps == (Span(START + HOUR, START + 3 * HOUR),)


def test_a_curve_a03_without_its_first_position_starts_with_its_second() -> None:
    answer = published(publication(series(four_hours((2, 8.0)))))

    assert answer.intervals[0].valid_from == START + HOUR
    assert values(answer) == [8.0, 8.0, 8.0]


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_resolutions_of_one_day_the_finer_wins_in_any_order(order: int) -> None:
    hourly = series(four_hours((1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0)))
    quarters = series(
        period(START + HOUR, START + 2 * HOUR, "PT15M", [(1, 10.0), (2, 11.0), (3, 12.0)])
    )

    answer = published(publication(*[hourly, quarters][::order]))

    assert values(answer) == [1.0, 10.0, 11.0, 12.0, 12.0, 3.0, 4.0]
    assert (answer.resolution_minutes, answer.gaps, answer.repeated) == (15, (), 0)


def test_a_coarser_price_stays_for_the_part_of_its_hour_that_no_finer_one_has() -> None:
    hourly = series(period(START, START + HOUR, "PT60M", [(1, 1.0)]))
    quarters = series(period(START, START + HOUR, "PT15M", [(2, 9.0)]), curve="A01")

    answer = published(publication(hourly, quarters))

    assert values(answer) == [1.0, 9.0, 1.0]
    assert [(own.valid_from - START) // QUARTER for own in answer.intervals] == [0, 1, 2]


def test_half_hours_are_known() -> None:
    answer = published(publication(series(four_hours((1, 1.0), resolution="PT30M"))))

    assert (len(answer.intervals), answer.resolution_minutes) == (8, 30)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2025-03-29T23:00Z", "2025-03-30T22:00Z", 23),
        ("2025-10-25T22:00Z", "2025-10-26T23:00Z", 25),
    ],
)
@pytest.mark.parametrize("step", [HOUR, QUARTER])
def test_days_of_23_and_25_hours_have_as_many_prices(
    start: str, end: str, hours: int, step: timedelta
) -> None:
    day = Span(datetime.fromisoformat(start), datetime.fromisoformat(end))
    prices = laid_out(day.start, step, range(hours * (HOUR // step)))

    answer = published(entsoe(prices, step=step), day)

    assert values(answer) == [float(price) for _, _, price in prices]
    assert (answer.intervals[-1].valid_to, answer.gaps) == (day.end, ())


def test_series_of_another_auction_or_contract_are_left_out() -> None:
    document = publication(
        series(four_hours((1, 1.0)), sequence="1"),
        series(four_hours((1, 2.0)), sequence="2"),
        series(four_hours((1, 3.0)), contract="A07"),
    )

    assert set(values(published(document))) == {1.0}
    assert set(values(published(document, choice=SeriesChoice("EUR", "2")))) == {2.0}


def test_the_auction_that_is_published_first_does_not_stand_in_for_the_coupled_one() -> None:
    only_the_other = publication(series(four_hours((1, 2.0)), sequence="2"))

    assert published(only_the_other).intervals == ()


def test_only_intervals_that_touch_the_span_are_taken_and_those_whole() -> None:
    document = publication(series(four_hours((1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0))))

    answer = published(document, Span(START + 1.5 * HOUR, START + 2.5 * HOUR))

    assert values(answer) == [2.0, 3.0]
    assert answer.intervals[0].valid_from == START + HOUR


def test_a_period_of_a_hundred_years_costs_no_more_than_the_span() -> None:
    long = period(START, START + 876_000 * HOUR, "PT15M", [(1, 1.0)])

    assert len(published(publication(series(long))).intervals) == 96


def test_series_and_positions_that_are_told_twice_are_taken_once_and_counted() -> None:
    own = series(four_hours((1, 1.0), (2, 2.0), (2, 2.0)))

    answer = published(publication(own, own))

    assert values(answer) == [1.0, 2.0, 2.0, 2.0]
    assert answer.repeated == 6


@given(
    st.lists(st.integers(-5, 5), min_size=24, max_size=24),
    st.lists(st.none() | st.integers(-5, 5), min_size=24, max_size=24),
)
def test_every_quarter_has_the_finest_price_that_is_told_for_it(
    hours: list[int], finer: list[int | None]
) -> None:
    hourly = [(n + 1, price) for n, price in enumerate(hours)]
    quarters = [(n + 1, price) for n, price in enumerate(finer) if price is not None]
    document = publication(
        series(period(START, START + 24 * HOUR, "PT60M", hourly), curve="A01"),
        series(period(START, START + 6 * HOUR, "PT15M", quarters), curve="A01"),
    )

    answer = published(document)

    assert all(one.valid_to == other.valid_from for one, other in pairwise(answer.intervals))
    for n in range(96):
        at = START + n * QUARTER
        (price,) = (own.value for own in answer.intervals if own.valid_from <= at < own.valid_to)
        fine = finer[n] if n < len(finer) else None
        assert price == (hours[n // 4] if fine is None else fine)


@pytest.mark.parametrize(
    "told",
    [
        "No matching data found for Data item Day-ahead Prices",
        "No matching data found for Data item ENERGY_PRICES [12.1.D] (10YBE----------2, 10YBE-…",
    ],
)
def test_nothing_published_yet_is_an_empty_answer(told: str) -> None:
    answer = published(acknowledgement(told))

    assert (answer.intervals, answer.gaps, answer.resolution_minutes) == ((), (), 0)
    assert answer.currency_code == "EUR"


@pytest.mark.parametrize(
    "document",
    [
        acknowledgement("Delivered time interval is not valid for this Data item."),
        acknowledgement("No matching data found", code="401"),
    ],
)
def test_any_other_acknowledgement_is_a_rejection(document: str) -> None:
    with pytest.raises(FeedRefused, match="ENTSO-E answers"):
        published(document)


def test_another_currency_is_refused_and_named() -> None:
    with pytest.raises(FeedUnreadable, match="publishes PLN, not EUR"):
        published(publication(series(four_hours((1, 1.0)), currency="PLN")))


LAUGHS = (
    '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>\n'
)
FOREIGN = '<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]>\n'


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("", "not XML"),
        ("<html><body>busy</body>", "not XML"),
        ('{"data": []}', "not XML"),
        ("<html/>", "day-ahead"),
        (publication(kind="A65"), "day-ahead"),
        (publication(before=LAUGHS), "document type"),
        (publication(before=FOREIGN), "document type"),
        (publication("<a/>" * 100_001), "100000 elements"),
        (publication(series(four_hours((1, 1.0))))[:-200], "not XML"),
        (publication(series(four_hours((1, 1.0)), curve="A05")), "A05"),
        (publication(series(four_hours((1, 1.0)), unit="GJ")), "MWH"),
        (publication(series(four_hours((1, 1.0), resolution="P1Y"))), "P1Y"),
        (publication(series(four_hours((1, 1.0), (1, 2.0)))), "two prices"),
        (
            publication(series(four_hours((1, 1.0))), series(four_hours((1, 2.0)))),
            "two prices for 2025-06-01T22:00:00Z",
        ),
        (publication(series(four_hours((5, 1.0)))), "outside"),
        (publication(series(four_hours((0, 1.0)))), "outside"),
        (publication(series(period(START, START + 1.5 * HOUR, "PT60M", [(1, 1)]))), "whole number"),
        (publication(series(period(START, START - HOUR, "PT60M", [(1, 1)]))), "whole number"),
        (publication(series(four_hours((1, float("nan"))))), "finite"),
        (publication(series(four_hours((1, "sNaN")))), "finite"),
        (publication(series(four_hours((1, "1E+999")))), "finite"),
        (publication(series(four_hours((1, "12,5")))), "not a number"),
        (
            publication(series("<Period><resolution>PT60M</resolution></Period>")),
            "no timeInterval/start",
        ),
        (
            publication(
                series(four_hours((1, 1.0)), unit="KWH"), series(four_hours((1, 1.0)), unit="MWH")
            ),
            "per MWh and per kWh",
        ),
    ],
)
def test_what_is_no_list_of_prices_is_unreadable(document: str, reason: str) -> None:
    with pytest.raises(FeedUnreadable, match=reason):
        published(document)


def test_a_real_document_of_hours_has_24_prices(shared_data: Path) -> None:
    start = datetime(2024, 10, 7, 22, tzinfo=UTC)

    answer = parse(
        (shared_data / "BE_60M.xml").read_bytes(), Span(start, start + 24 * HOUR), CHOICE
    )

    assert len(answer.intervals) == 24
    assert values(answer)[:3] == [64.98, 57.86, 53.73]
    assert (answer.gaps, answer.repeated, answer.resolution_minutes) == ((), 0, 60)


def test_a_real_document_of_quarters_and_hours_has_no_gaps(shared_data: Path) -> None:
    start = datetime(2024, 10, 5, 22, tzinfo=UTC)
    span = Span(start, start + 72 * HOUR)

    answer = parse((shared_data / "BE_60M_15M_mix.xml").read_bytes(), span, CHOICE)

    assert [
        len([own for own in answer.intervals if own.valid_to - own.valid_from == step])
        for step in (QUARTER, HOUR)
    ] == [192, 24]
    assert values(answer)[:5] == [55.35, 55.35, 55.35, 55.35, 44.22]
    assert (answer.intervals[0].valid_from, answer.intervals[-1].valid_to) == (
        span.start,
        span.end,
    )
    assert (answer.gaps, answer.repeated) == ((), 0)


def test_check_characters_of_real_codes_come_out(shared_data: Path) -> None:
    areas = json.loads((shared_data / "eic_areas.json").read_text())["areas"]
    codes = [own["code"] for own in areas if own["check_character_ok"]]

    assert len(codes) > 50
    assert all(check_character(code[:-1]) == code[-1] for code in codes)


def test_prices_are_the_decimal_numbers_that_are_written() -> None:
    answer = published(publication(series(four_hours((1, "0.1"), (2, "-0.0"), (3, "1E+2")))))

    assert [str(value) for value in values(answer)] == ["0.1", "0.0", "100.0", "100.0"]
    assert Decimal(str(answer.intervals[0].value)) == Decimal("0.1")
