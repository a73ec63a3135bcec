"""Price lists of Energy-Charts, aWATTar and Nord Pool: steps, gaps, states, faults."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support import market_documents as documents
from tests.support.market_documents import laid_out
from wattyard.kernel.instants import Span
from wattyard.tariffs.feeds import awattar, energy_charts, nord_pool
from wattyard.tariffs.feeds.failures import FeedUnreadable
from wattyard.tariffs.feeds.published import PublishedPrices

HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)
MIDNIGHT = datetime(2025, 9, 29, 22, tzinfo=UTC)
TWO_DAYS = Span(MIDNIGHT, MIDNIGHT + 48 * HOUR)


def charts(document: str, span: Span = TWO_DAYS) -> PublishedPrices:
    return energy_charts.parse(document.encode(), span, "EUR")


def prices_of_awattar(document: str) -> PublishedPrices:
    return awattar.parse(document.encode(), TWO_DAYS, "EUR")


def pool(document: str) -> PublishedPrices:
    return nord_pool.parse(document.encode(), TWO_DAYS, "NO2", "EUR")


def lists(seconds: Any, prices: Any, unit: Any = "EUR / MWh") -> str:
    return json.dumps({"unix_seconds": seconds, "price": prices, "unit": unit})


def lengths(answer: PublishedPrices) -> list[timedelta]:
    return [own.valid_to - own.valid_from for own in answer.intervals]


def test_a_market_that_changes_to_quarters_at_midnight_has_steps_of_both() -> None:
    hours = laid_out(MIDNIGHT, HOUR, range(24))
    quarters = laid_out(MIDNIGHT + 24 * HOUR, QUARTER, range(96))

    answer = charts(documents.energy_charts([*hours, *quarters]))

    assert lengths(answer) == [HOUR] * 24 + [QUARTER] * 96
    assert (answer.gaps, answer.resolution_minutes) == ((), 15)
    assert (answer.currency_code, answer.unit) == ("EUR", "MWH")


def test_a_market_that_changes_back_to_hours_has_steps_of_both() -> None:
    quarters = laid_out(MIDNIGHT, QUARTER, range(96))
    hours = laid_out(MIDNIGHT + 24 * HOUR, HOUR, range(24))

    assert lengths(charts(documents.energy_charts([*quarters, *hours]))) == (
        [QUARTER] * 96 + [HOUR] * 24
    )


def test_null_and_missing_prices_of_a_chart_are_gaps() -> None:
    starts = [int((MIDNIGHT + n * QUARTER).timestamp()) for n in (0, 1, 2, 5, 6)]

    answer = charts(lists(starts, [1.0, None, 3.0, 4.0, 5.0]))

    assert [own.value for own in answer.intervals] == [1.0, 3.0, 4.0, 5.0]
    assert answer.gaps == (
        Span(MIDNIGHT + QUARTER, MIDNIGHT + 2 * QUARTER),
        Span(MIDNIGHT + 3 * QUARTER, MIDNIGHT + 5 * QUARTER),
    )


def test_a_start_at_the_very_end_of_a_day_asked_for_is_left_out() -> None:
    hours = laid_out(MIDNIGHT, HOUR, range(25))

    answer = charts(documents.energy_charts(hours), Span(MIDNIGHT, MIDNIGHT + 24 * HOUR))

    assert len(answer.intervals) == 24


def test_a_chart_without_a_unit_is_in_euros_per_megawatt_hour_and_nothing_else() -> None:
    document = documents.energy_charts(laid_out(MIDNIGHT, HOUR, range(4)), unit="No Unit")

    answer = charts(document)

    assert (answer.currency_code, answer.unit, len(answer.intervals)) == ("EUR", "MWH", 4)
    with pytest.raises(FeedUnreadable, match="publishes EUR, not SEK"):
        energy_charts.parse(document.encode(), TWO_DAYS, "SEK")


def test_an_empty_chart_is_an_empty_answer() -> None:
    assert charts(lists([], [])).intervals == ()
    assert charts(lists([0, 253402300799], [1, 2])).intervals == ()


def test_milliseconds_of_awattar_become_instants_and_nulls_become_gaps() -> None:
    prices = laid_out(MIDNIGHT, HOUR, [94.09, 85, -0.01])
    document = documents.awattar(prices).replace("85.0", "null")

    answer = prices_of_awattar(document)

    assert [own.value for own in answer.intervals] == [94.09, -0.01]
    assert answer.gaps == (Span(MIDNIGHT + HOUR, MIDNIGHT + 2 * HOUR),)
    assert (answer.currency_code, answer.unit, answer.resolution_minutes) == ("EUR", "MWH", 60)


def test_an_empty_list_of_awattar_is_an_empty_answer() -> None:
    assert prices_of_awattar('{"object": "list", "data": []}').intervals == ()


def test_prices_that_are_not_final_are_left_out_and_told() -> None:
    prices = laid_out(MIDNIGHT, HOUR, range(24))

    answer = pool(documents.nord_pool(prices, state="Preliminary"))

    assert answer.intervals == ()
    assert answer.not_final == (Span(MIDNIGHT, MIDNIGHT + 24 * HOUR),)


def test_hours_without_a_price_for_the_area_are_gaps() -> None:
    document = json.loads(documents.nord_pool(laid_out(MIDNIGHT, HOUR, range(4))))
    document["multiAreaEntries"][1]["entryPerArea"] = {"NO1": 4.0}
    document["multiAreaEntries"][2]["entryPerArea"]["NO2"] = None

    answer = pool(json.dumps(document))

    assert answer.gaps == (Span(MIDNIGHT + HOUR, MIDNIGHT + 3 * HOUR),)
    assert answer.not_final == ()


def test_prices_of_another_area_only_are_an_empty_answer() -> None:
    prices = laid_out(MIDNIGHT, HOUR, range(4))

    assert pool(documents.nord_pool(prices, area="NO1")).intervals == ()


def test_prices_of_no_known_state_are_unreadable() -> None:
    document = json.loads(documents.nord_pool(laid_out(MIDNIGHT, HOUR, range(4))))
    document["areaStates"] = []

    with pytest.raises(FeedUnreadable, match="final"):
        pool(json.dumps(document))


SERIES = laid_out(MIDNIGHT, HOUR, range(4))
WRITERS = [
    pytest.param(charts, documents.energy_charts, id="energy_charts"),
    pytest.param(prices_of_awattar, documents.awattar, id="awattar"),
    pytest.param(pool, documents.nord_pool, id="nord_pool"),
]


@pytest.mark.parametrize(("parse", "write"), WRITERS)
def test_a_repeated_hour_is_taken_once_and_counted(parse: Any, write: Any) -> None:
    answer = parse(write([*SERIES, SERIES[2]]))

    assert (len(answer.intervals), answer.repeated, answer.gaps) == (4, 1, ())


@pytest.mark.parametrize(("parse", "write"), WRITERS)
def test_an_hour_that_is_repeated_with_another_price_is_refused(parse: Any, write: Any) -> None:
    start, end, price = SERIES[2]

    with pytest.raises(FeedUnreadable, match="two prices for 2025-09-30T00:00:00Z"):
        parse(write([*SERIES, (start, end, price + 1)]))


@pytest.mark.parametrize(("parse", "write"), WRITERS)
@pytest.mark.parametrize("number", ["NaN", "Infinity", '"NaN"', '"-Infinity"', "1e999", '"x"'])
def test_prices_that_are_no_finite_numbers_are_refused(parse: Any, write: Any, number: str) -> None:
    document = write(laid_out(MIDNIGHT, HOUR, [1, 2, 77.5]))

    with pytest.raises(FeedUnreadable):
        parse(document.replace("77.5", number))


@pytest.mark.parametrize(("parse", "write"), WRITERS)
def test_half_a_document_is_unreadable(parse: Any, write: Any) -> None:
    document = write(SERIES)

    for cut in range(0, len(document) - 1, 7):
        with pytest.raises(FeedUnreadable):
            parse(document[:cut])


@pytest.mark.parametrize(
    ("parse", "document"),
    [
        (charts, documents.energy_charts(SERIES, unit="CHF / MWh")),
        (prices_of_awattar, documents.awattar(SERIES, unit="Chf/MWh")),
        (pool, documents.nord_pool(SERIES, currency="CHF")),
    ],
)
def test_another_currency_is_refused_and_named(parse: Any, document: str) -> None:
    with pytest.raises(FeedUnreadable, match="publishes CHF, not EUR"):
        parse(document)


@pytest.mark.parametrize(
    ("parse", "document", "reason"),
    [
        (charts, lists([1, 2], [1.0]), "same length"),
        (charts, lists([int(MIDNIGHT.timestamp())], [1.0]), "only one start"),
        (charts, documents.energy_charts(laid_out(MIDNIGHT, HOUR / 6, range(4))), "15, 30 or 60"),
        (charts, lists([10**17, 10**17 + 3600], [1, 2]), "not a time"),
        (charts, lists([1.5], [1]), "unix_seconds"),
        (charts, documents.energy_charts(SERIES, unit="EUR / t"), "not a currency per"),
        (charts, "{}", "unix_seconds"),
        (prices_of_awattar, documents.awattar(SERIES, unit="Cent"), "not a currency per"),
        (
            prices_of_awattar,
            documents.awattar(SERIES).replace("Eur/MWh", "Eur/kWh", 1),
            "different units",
        ),
        (prices_of_awattar, '{"error": "busy"}', "data"),
        (prices_of_awattar, "busy", "not what is expected"),
        (pool, documents.nord_pool(SERIES).replace("Z", ""), "delivery"),
        (pool, "{}", "currency"),
        (pool, "null", "not what is expected"),
    ],
)
def test_what_is_no_list_of_prices_is_unreadable(parse: Any, document: str, reason: str) -> None:
    with pytest.raises(FeedUnreadable, match=reason):
        parse(document)
