"""Pages of Octopus unit rates: pence, VAT, ways to pay, open ends."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.market_documents import laid_out, octopus
from wattyard.kernel.instants import Span
from wattyard.tariffs.feeds.failures import FeedUnreadable
from wattyard.tariffs.feeds.octopus_agile import RateChoice, parse
from wattyard.tariffs.feeds.published import PublishedPrices

HALF = timedelta(minutes=30)
START = datetime(2025, 6, 1, 23, tzinfo=UTC)
DAY = Span(START, START + 48 * HALF)
CHOICE = RateChoice(vat_included=True, payment_method="DIRECT_DEBIT")


def published(page: str, choice: RateChoice = CHOICE) -> PublishedPrices:
    return parse(page.encode(), DAY, choice)[0]


def rate(**more: Any) -> dict[str, Any]:
    return {
        "value_exc_vat": 20.0,
        "value_inc_vat": 21.0,
        "valid_from": "2025-06-01T22:00:00Z",
        "valid_to": "2025-06-01T23:30:00Z",
        "payment_method": None,
        **more,
    }


def page(*rates: dict[str, Any]) -> str:
    return json.dumps({"count": len(rates), "next": None, "previous": None, "results": rates})


@pytest.mark.parametrize(("vat_included", "pounds"), [(True, 0.21), (False, 0.2)])
def test_pence_become_pounds_with_or_without_vat(vat_included: bool, pounds: float) -> None:
    answer = published(page(rate()), RateChoice(vat_included, "DIRECT_DEBIT"))

    assert [own.value for own in answer.intervals] == [pounds]
    assert (answer.currency_code, answer.unit) == ("GBP", "KWH")


def test_pence_are_divided_as_decimal_numbers() -> None:
    (own,) = published(page(rate(value_inc_vat=0.57))).intervals

    assert 0.57 / 100 != 0.0057
    assert own.value == 0.0057


def test_rates_newest_first_come_out_in_order() -> None:
    prices = laid_out(START, HALF, range(-10, 38))

    answer = published(
        octopus(prices), RateChoice(vat_included=False, payment_method="DIRECT_DEBIT")
    )

    assert [own.value * 100 for own in answer.intervals] == pytest.approx(range(-10, 38))
    assert (answer.gaps, answer.repeated, answer.resolution_minutes) == ((), 0, 30)


@pytest.mark.parametrize(("method", "pounds"), [("DIRECT_DEBIT", 0.21), ("NON_DIRECT_DEBIT", 0.25)])
def test_of_two_ways_to_pay_the_one_wanted_is_taken(method: str, pounds: float) -> None:
    both = page(
        rate(payment_method="DIRECT_DEBIT"),
        rate(payment_method="NON_DIRECT_DEBIT", value_inc_vat=25.0),
    )

    answer = published(both, RateChoice(vat_included=True, payment_method=method))

    assert [own.value for own in answer.intervals] == [pounds]


def test_an_open_rate_is_valid_for_all_of_the_span() -> None:
    answer = published(page(rate(valid_from=None, valid_to=None)))

    (own,) = answer.intervals
    assert (own.valid_from, own.valid_to) == (DAY.start, DAY.end)


def test_rates_outside_of_the_span_are_left_out() -> None:
    before = rate(valid_from=None, valid_to="2025-06-01T23:00:00Z")
    after = rate(valid_from="2025-06-02T23:00:00Z", valid_to=None)

    assert published(page(after, before)).intervals == ()


def test_missing_rates_are_a_gap_and_repeated_ones_are_counted() -> None:
    prices = laid_out(START, HALF, range(6))

    answer = published(octopus([*prices[:2], *prices[4:], prices[5]]))

    assert answer.gaps == (Span(START + 2 * HALF, START + 4 * HALF),)
    assert answer.repeated == 1


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("", "not what is expected"),
        ("<html>", "not what is expected"),
        ("[]", "not what is expected"),
        ('{"detail": "Not found."}', "results"),
        (page(rate(), rate())[:-90], "not what is expected"),
        (page(rate(value_inc_vat=float("nan"))), "not what is expected"),
        (page(rate(value_inc_vat=float("inf"))), "not what is expected"),
        (page(rate(value_inc_vat="NaN")), "finite"),
        (page(rate(value_inc_vat="sNaN")), "unusable"),
        (page(rate()).replace("21.0", "1e999"), "finite"),
        (page(rate(value_inc_vat=None)), "value_inc_vat"),
        (page(rate(valid_from="2025-06-01T22:00:00")), "valid_from"),
        (page(rate(valid_from="2025-06-01T23:30:00Z")), "ends after it starts"),
        (page(rate(), rate(value_inc_vat=22.0)), "two prices for 2025-06-01T22:00:00Z"),
        (page(rate(), rate(valid_from="2025-06-01T23:00:00Z")), "two prices"),
        ("[" * 100_000, "not what is expected"),
    ],
)
def test_what_is_no_page_of_prices_is_unreadable(document: str, reason: str) -> None:
    with pytest.raises(FeedUnreadable, match=reason):
        published(document)
