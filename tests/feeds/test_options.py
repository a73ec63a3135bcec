"""Options of feeds: what they need, what they refuse, and what they never repeat."""

import pytest

from wattyard.tariffs.feeds.names import FEED_NAMES
from wattyard.tariffs.feeds.options import FeedOptionInvalid
from wattyard.tariffs.feeds.registry import FEEDS, build

GOOD: dict[str, dict[str, str]] = {
    "octopus_agile": {"product": "AGILE-24-10-01", "region": "C"},
    "entsoe": {"area": "10YBE----------2", "security_token": "a-b-c"},
    "energy_charts": {"area": "DE-LU"},
    "awattar": {"area": "AT"},
    "nord_pool": {"area": "NO2"},
    "ecb": {"currency": "SEK"},
    "csv": {"path": "prices.csv", "unit": "MWH", "currency": "EUR"},
}


def test_these_are_all_the_feeds() -> None:
    assert set(FEEDS) == set(GOOD)


@pytest.mark.parametrize("name", GOOD)
def test_every_option_without_a_default_is_needed(name: str) -> None:
    assert build(name, GOOD[name]).name == name
    for option in FEEDS[name].options:
        assert option.meaning
        assert (option.default is None) == (option.name in GOOD[name])
    for missing in GOOD[name]:
        rest = {own: text for own, text in GOOD[name].items() if own != missing}
        with pytest.raises(FeedOptionInvalid, match=f"needs the option '{missing}'"):
            build(name, rest)


@pytest.mark.parametrize("name", GOOD)
def test_an_unknown_option_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(FeedOptionInvalid, match=r"no option 'zone'; it has .*currency") as refused:
        build(name, {**GOOD[name], "zone": "x"})
    assert refused.value.first.param == "options.zone"


def test_an_unknown_feed_is_refused_with_the_known_ones() -> None:
    with pytest.raises(FeedOptionInvalid, match="octopus_agile, entsoe"):
        build("agile", {})


@pytest.mark.parametrize(
    ("name", "option", "text"),
    [
        ("octopus_agile", "product", "AGILE/../.."),
        ("octopus_agile", "region", "I"),
        ("octopus_agile", "region", ""),
        ("octopus_agile", "vat", "yes"),
        ("octopus_agile", "currency", "EUR"),
        ("entsoe", "area", "BE"),
        ("entsoe", "area", "10YBE----------3"),
        ("entsoe", "security_token", " "),
        ("entsoe", "sequence", "0"),
        ("entsoe", "currency", "eur"),
        ("energy_charts", "area", "DE&end=0"),
        ("awattar", "area", "CH"),
        ("nord_pool", "area", ""),
        ("csv", "unit", "GJ"),
        ("csv", "path", ""),
        *(
            ("nord_pool", "base_url", url)
            for url in (
                "ftp://example.org",
                "//example.org",
                "https://user:pass@example.org",
                "https://example.org/?a=b",
                "https://example.org/#a",
                "https://",
                "https://example.org\n",
            )
        ),
    ],
)
def test_a_malformed_option_is_refused_by_name(name: str, option: str, text: str) -> None:
    with pytest.raises(FeedOptionInvalid, match=option) as refused:
        build(name, {**GOOD[name], option: text})
    assert refused.value.first.param == f"options.{option}"


def test_a_token_is_never_shown() -> None:
    assert "a-b-c" not in repr(build("entsoe", GOOD["entsoe"]))
    with pytest.raises(FeedOptionInvalid) as refused:
        build("entsoe", {**GOOD["entsoe"], "security_token": "s3cret "})
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("letter", "ABCDEFGHJKLMNP")
def test_all_regions_of_great_britain_are_taken_with_or_without_underscore(letter: str) -> None:
    own = GOOD["octopus_agile"]
    plain, marked = ({**own, "region": region} for region in (letter, f"_{letter}"))

    assert build("octopus_agile", plain) == build("octopus_agile", marked)


def test_the_names_known_without_loading_are_those_of_the_feeds() -> None:
    assert tuple(FEEDS) == FEED_NAMES
