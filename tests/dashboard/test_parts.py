"""Parts of pages, without a server."""

import json
import re
from datetime import UTC, datetime

import pytest

from wattyard.kernel.measures import Measure
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.formats import Formats
from wattyard.web.dashboard.screens.operator_backups import archive_state
from wattyard.web.dashboard.screens.tariff_words import rate_text


def test_of_a_long_answer_only_the_beginning_is_written() -> None:
    body = json.dumps({"data": [{"value": n} for n in range(100_000)]}).encode()
    text = parts._readable(body)
    assert text.startswith('{\n  "data": [\n    {\n      "value": 0')
    assert text.endswith(f"… ({len(body):,} bytes in all)")
    assert len(text) < 4_000


@pytest.mark.parametrize("body", [b'{"a":1}', b"valid_from,value\n"])
def test_a_short_answer_is_written_whole(body: bytes) -> None:
    assert "in all" not in parts._readable(body)


@pytest.mark.parametrize(
    ("surcharge", "says"),
    [(0.02, "+ £0.0200 per kWh"), (-0.02, "− £0.0200 per kWh"), (0, "the market’s price")],
)
def test_a_discount_on_the_market_is_taken_off(surcharge: float, says: str) -> None:
    text = rate_text({"surcharge_fixed": surcharge}, Formats("en-GB"), "GBP")
    assert text.endswith(says)


NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "archived", "failing", "says"),
    [
        (3600, 60, 0, ["1 hour ago", "archived up to 1 Mar 2026, 09:59"]),
        (3600, 60, 1, ["not archived up to 1 Mar 2026, 09:59"]),
        (None, None, 0, ["Last base backup never", "not archived up to never"]),
    ],
)
def test_the_backups_say_how_old_the_last_is_and_whether_changes_are_archived(
    last: int | None, archived: int | None, failing: int, says: list[str]
) -> None:
    def ago(seconds: int | None) -> float:
        return NOW.timestamp() - seconds if seconds else 0

    measures = [
        Measure("backup_last_success_timestamp_seconds", "", ago(last)),
        Measure("backup_archived_timestamp_seconds", "", ago(archived)),
        Measure("backup_waiting_bytes", "", 3 * 1024**2),
        Measure("backup_failing", "", failing),
    ]
    page = str(archive_state(Formats("en-GB"), measures, NOW))
    shown = " ".join(re.sub(r"<[^>]+>", " ", page).replace("\N{NO-BREAK SPACE}", " ").split())
    for one in [*says, "3 MiB"]:
        assert one in shown


def test_a_server_that_takes_no_backups_says_nothing_of_their_age() -> None:
    assert archive_state(Formats("en-GB"), [], NOW) is None


def test_rows_of_a_wide_table_of_words_name_their_cells_and_columns_of_numbers_do_not() -> None:
    row = ("home", "Leeds", "in service", "")
    words = str(parts.table(("Reference", "Place", "Status", ""), [row]))
    assert '<td data-head="Place">Leeds</td>' in words
    assert words.count("data-head") == 3
    numbers = str(parts.table(("Line", parts.number("kWh"), "Unit", "Price"), [row]))
    assert "data-head" not in numbers


@pytest.mark.parametrize(
    ("amount", "currency", "digits", "shown"),
    [
        (1.155, "SEK", 4, "SEK\xa01.1550"),
        (-48.6, "SEK", None, "-SEK\xa048.60"),
        (1234.5, "GBP", None, "£1,234.50"),
    ],
)
def test_the_code_of_a_currency_stands_apart_from_its_number(
    amount: float, currency: str, digits: int | None, shown: str
) -> None:
    assert Formats("en-GB").money(amount, currency, digits=digits) == shown
