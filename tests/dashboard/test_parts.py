"""Parts of pages, without a server."""

import json

import pytest

from wattyard.web.dashboard import parts
from wattyard.web.dashboard.formats import Formats
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
