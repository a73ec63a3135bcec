"""Documents with any damage: prices come out in order, or the feed says why not; nothing else."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import market_documents as documents
from tests.support.market_documents import laid_out
from wattyard.kernel.instants import Span
from wattyard.tariffs.feeds import (
    awattar,
    csv_file,
    energy_charts,
    entsoe,
    nord_pool,
    octopus_agile,
)
from wattyard.tariffs.feeds.failures import FeedRefused, FeedUnreadable
from wattyard.tariffs.feeds.money import Money
from wattyard.tariffs.feeds.published import PublishedPrices

HOUR = timedelta(hours=1)
START = datetime(2025, 10, 25, 22, tzinfo=UTC)
DAY = Span(START, START + 25 * HOUR)
PRICES = laid_out(START, HOUR, [n * 1.25 - 3 for n in range(25)])
DIRECT_DEBIT = octopus_agile.RateChoice(vat_included=True, payment_method="DIRECT_DEBIT")

Parse = Callable[[bytes], PublishedPrices]

PARSERS: list[tuple[str, Parse]] = [
    (
        documents.octopus(PRICES),
        lambda body: octopus_agile.parse(body, DAY, DIRECT_DEBIT)[0],
    ),
    (
        documents.entsoe(PRICES, step=HOUR, sequence="1"),
        lambda body: entsoe.parse(body, DAY, entsoe.SeriesChoice("EUR")),
    ),
    (documents.energy_charts(PRICES), lambda body: energy_charts.parse(body, DAY, "EUR")),
    (documents.awattar(PRICES), lambda body: awattar.parse(body, DAY, "EUR")),
    (documents.nord_pool(PRICES), lambda body: nord_pool.parse(body, DAY, "NO2", "EUR")),
    (
        documents.csv_text(PRICES),
        lambda body: csv_file.parse(
            body.decode(errors="replace").splitlines(keepends=True), DAY, Money("EUR", "KWH")
        ),
    ),
]
PARTS = [
    *(
        "NaN",
        "-Infinity",
        "sNaN",
        "1e999",
        "-1E-999",
        "9" * 30,
        "0",
        "-1",
        "null",
        "true",
        '"',
        "]",
    ),
    *(
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2025-10-26T02:30",
        "\x00",
        "<",
        ",",
    ),
    *("\ud7ff", "&amp;", "&a;", "<!DOCTYPE a>", "PT15M", "A01", "USD", "\n", "{", "}"),
]


@pytest.mark.parametrize(("document", "parse"), PARSERS)
@settings(deadline=None)
@given(drawn=st.data())
def test_any_damage_gives_prices_in_order_or_a_reason(
    document: str, parse: Parse, drawn: st.DataObject
) -> None:
    body = document
    for _ in range(drawn.draw(st.integers(1, 3))):
        at = drawn.draw(st.integers(0, len(body)))
        length = drawn.draw(st.integers(0, 30))
        part = drawn.draw(st.sampled_from(PARTS) | st.text(max_size=4))
        body = body[:at] + part + body[at + length :]

    answer = outcome_of(parse, body.encode(errors="surrogatepass"))

    if isinstance(answer, str):
        assert 0 < len(answer) < 500
    else:
        assert all(one.valid_to <= other.valid_from for one, other in pairwise(answer.intervals))
        assert all(
            own.valid_from < DAY.end and own.valid_to > DAY.start for own in answer.intervals
        )


def outcome_of(parse: Parse, body: bytes) -> PublishedPrices | str:
    """The prices, or the reason why there are none."""
    try:
        return parse(body)
    except (FeedUnreadable, FeedRefused) as failed:
        return failed.reason
