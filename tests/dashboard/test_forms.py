"""Numbers in forms, as people of several languages write them."""

import pytest

from wattyard.web.dashboard.formats import Formats
from wattyard.web.dashboard.forms import Form


@pytest.mark.parametrize(
    ("language", "typed", "number"),
    [
        ("en", "1,500", 1500),
        ("en", "1,234,567.5", 1234567.5),
        ("en", "1.5", 1.5),
        ("en", "1,5", "1,5"),
        ("de", "1,5", 1.5),
        ("de", "52,520", 52.52),
        ("de", "52.52", 52.52),
        ("de", "1.500,5", "1.500,5"),
        ("en", "-12", -12),
        ("en", "nan", "nan"),
        ("en", "1e999", "1e999"),
        ("en", "ten", "ten"),
        ("en", "", None),
    ],
)
def test_a_number_is_read_as_its_writer_means_it(
    language: str, typed: str, number: float | str | None
) -> None:
    comma = Formats(language).decimal_comma
    assert Form({"n": [typed]}, decimal_comma=comma).number("n") == number
