"""CSV files of prices: columns, offsets, the repeated hour, faults with their line."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.market_documents import csv_text, laid_out
from wattyard.kernel.instants import Span
from wattyard.tariffs.feeds.csv_file import CsvFile, parse
from wattyard.tariffs.feeds.failures import FeedUnreachable, FeedUnreadable
from wattyard.tariffs.feeds.money import Money
from wattyard.tariffs.feeds.published import PublishedPrices
from wattyard.tariffs.feeds.session import Session

HOUR = timedelta(hours=1)
START = datetime(2025, 10, 25, 22, tzinfo=UTC)
DAY = Span(START, START + 25 * HOUR)
HEADER = "valid_from,valid_to,value\n"
ROW = "2025-10-26T00:00Z,2025-10-26T01:00Z,0.5\n"


def published(text: str) -> PublishedPrices:
    return parse(io.StringIO(text), DAY, Money("SEK", "KWH"))


def test_columns_are_found_by_name_in_any_order_among_others() -> None:
    answer = published(
        "note,value,valid_to,valid_from\n"
        '"a, b",-0.5,2025-10-26T02:00:00+01:00,2025-10-26T02:00:00+02:00\n'
    )

    (own,) = answer.intervals
    assert (own.valid_from, own.valid_to, own.value) == (START + 2 * HOUR, START + 3 * HOUR, -0.5)
    assert (answer.currency_code, answer.unit) == ("SEK", "KWH")


def test_the_hour_that_the_clock_shows_twice_is_two_hours_by_its_offset() -> None:
    answer = published(
        HEADER
        + "2025-10-26T02:00+02:00,2025-10-26T02:00+01:00,1\n"
        + "2025-10-26T02:00+01:00,2025-10-26T03:00+01:00,2\n"
    )

    assert [own.value for own in answer.intervals] == [1.0, 2.0]
    assert answer.gaps == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "names no column valid_from, valid_to, value"),
        ("valid_from,value\n", "names no column valid_to"),
        (HEADER + "2025-10-26T02:00,2025-10-26T03:00,1\n", "line 2: '2025-10-26T02:00'"),
        (HEADER + ROW + ROW.replace("0.5", "nan"), "line 3: 'nan' is not a finite number"),
        (HEADER + ROW.replace("0.5", "-inf"), "line 2: '-inf'"),
        (HEADER + ROW.replace("0.5", "1e999"), "line 2: .*finite"),
        (HEADER + ROW.replace("0.5", '"0,5"'), "line 2: '0,5' is not a number"),
        (HEADER + ROW.replace(",0.5", ""), "line 2: '' is not a number"),
        (HEADER + "2025-10-26T01:00Z,2025-10-26T01:00Z,1\n", "line 2"),
        (HEADER + ROW + ROW.replace("0.5", "0.6"), "two prices for 2025-10-26T00:00:00Z"),
        (HEADER + '"' + "x" * 200_000, "line 1 is not CSV"),
        (HEADER + "0001-01-01T00:00+05:00,2025-10-26T01:00Z,1\n", "line 2"),
    ],
)
def test_a_fault_is_told_with_its_line(text: str, reason: str) -> None:
    with pytest.raises(FeedUnreadable, match=reason):
        published(text)


def feed(path: Path) -> CsvFile:
    return CsvFile.from_options({"path": str(path), "unit": "KWH", "currency": "SEK"})


async def test_a_file_as_spreadsheets_write_it_is_read(http: Session, tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    text = csv_text(laid_out(START, HOUR, range(25)))
    file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())

    answer = await feed(file).fetch(http, DAY)

    assert [own.value for own in answer.intervals] == list(range(25))


async def test_a_missing_file_is_unreachable(http: Session, tmp_path: Path) -> None:
    with pytest.raises(FeedUnreachable, match=r"none\.csv"):
        await feed(tmp_path / "none.csv").fetch(http, DAY)


@pytest.mark.parametrize("content", [b"\xff\xfe", bytes(16 * 1024 * 1024 + 1)])
async def test_a_file_that_is_no_text_or_too_large_is_unreadable(
    http: Session, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "prices.csv"
    file.write_bytes(content)

    with pytest.raises(FeedUnreadable):
        await feed(file).fetch(http, DAY)
