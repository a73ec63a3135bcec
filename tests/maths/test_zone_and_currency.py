"""What follows from where a place is (contract 1, Locations)."""

import subprocess
import sys
import xml.etree.ElementTree as ET
import zoneinfo
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from wattyard.kernel.refusals import Malformed, Refusal
from wattyard.sites.domain import time_zones, zone_and_currency
from wattyard.sites.domain.time_zones import TimezoneUndetermined, main_zone
from wattyard.sites.domain.zone_and_currency import ZoneAndCurrencyRequest, settle

STATES = "AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY".split()  # noqa: E501, SIM905 (a list of states reads best on one line)
SHARED = {"ID", "IN", "KY", "SD", "TN"}
"""The states of which no zone has 90 % of the people."""


@pytest.mark.parametrize("state", STATES)
def test_every_us_state_has_a_main_zone_or_names_its_candidates(state: str) -> None:
    if state in SHARED:
        with pytest.raises(TimezoneUndetermined, match="America/"):
            main_zone("US", state)
    else:
        assert main_zone("US", state) in time_zones.zones_by_country()["US"]


@pytest.mark.parametrize(
    ("country", "state", "zone"),
    [
        ("ES", None, "Europe/Madrid"),
        ("PT", None, "Europe/Lisbon"),
        ("US", "TX", "America/Chicago"),
        ("US", "FL", "America/New_York"),
        ("CA", "NL", "America/St_Johns"),
        ("CA", "NS", "America/Halifax"),
        ("AU", "NSW", "Australia/Sydney"),
        ("BR", "SP", "America/Sao_Paulo"),
        ("MX", "ROO", "America/Cancun"),
        ("RU", "KGD", "Europe/Kaliningrad"),
        ("AR", None, "America/Argentina/Buenos_Aires"),
        ("NZ", None, "Pacific/Auckland"),
        ("CL", "MA", "America/Punta_Arenas"),
        ("NL", None, "Europe/Amsterdam"),
        ("US", "WA", "America/Los_Angeles"),
        ("IN", "KA", "Asia/Kolkata"),
    ],
)
def test_main_zones(country: str, state: str | None, zone: str) -> None:
    assert main_zone(country, state) == zone


@pytest.mark.parametrize("country", ["CA", "AU", "BR", "RU", "MX", "US", "ID", "KZ", "CD"])
def test_a_country_without_a_main_zone_names_candidates(country: str) -> None:
    with pytest.raises(TimezoneUndetermined) as caught:
        main_zone(country, None)
    assert sum(zone in str(caught.value) for zone in time_zones.zones_by_country()[country]) >= 2


def test_every_zone_of_the_table_is_one_of_its_country() -> None:
    for place, listed, *_ in time_zones.table_rows("main_zones.tsv"):
        country, _, state = place.partition("-")
        for zone in listed.split(" "):
            ZoneInfo(zone)
            known = time_zones.zones_by_country()[country]
            assert zone in known, place
        if state:
            assert zone_and_currency.state_code(country, state) == state


def agree_since_2011(one: str, other: str) -> bool:
    """Tell whether two zones' clocks showed the same at every hour since 2011."""
    first, second = ZoneInfo(one), ZoneInfo(other)
    instant = datetime(2011, 1, 1, tzinfo=UTC)
    while instant < datetime(2028, 1, 1, tzinfo=UTC):
        if first.utcoffset(instant.astimezone(first)) != second.utcoffset(
            instant.astimezone(second)
        ):
            return False
        instant += timedelta(hours=12)
    return True


@pytest.mark.parametrize(
    ("one", "others"),
    [
        ("America/Argentina/Buenos_Aires", ["Cordoba", "Salta", "Ushuaia", "San_Luis"]),
        ("America/Halifax", ["Glace_Bay"]),
        ("America/Belem", ["Santarem"]),
        ("Asia/Kuala_Lumpur", ["Asia/Kuching"]),
        ("Pacific/Majuro", ["Pacific/Kwajalein"]),
        ("Asia/Tashkent", ["Asia/Samarkand"]),
        ("America/Chicago", ["North_Dakota/Center", "North_Dakota/Beulah"]),
        ("America/Anchorage", ["Juneau", "Sitka", "Yakutat", "Nome"]),
        ("America/Edmonton", ["Inuvik"]),
        ("America/Whitehorse", ["Dawson"]),
        ("America/Regina", ["Swift_Current"]),
        ("Asia/Jakarta", ["Asia/Pontianak"]),
    ],
)
def test_zones_that_count_as_one_have_agreed_since_2011(one: str, others: list[str]) -> None:
    country = next(n for n in time_zones.zones_by_country().values() if one in n)
    for name in others:
        zone = next(known for known in country if known.endswith(name))
        assert agree_since_2011(one, zone), zone


def test_every_country_settles_or_says_what_is_missing() -> None:
    undetermined = set()
    for country in zone_and_currency.countries():
        try:
            settle(
                ZoneAndCurrencyRequest(
                    country_code=country, city="X", state="X" if country == "US" else None
                )
            )
        except Refusal as refusal:
            undetermined.add((country, refusal.first.code))

    assert {country for country, _ in undetermined} == {
        "AQ", "AU", "BR", "BV", "CA", "CD", "FM", "HM", "ID", "KZ", "MX", "PS", "RU", "UM", "US"
    }  # fmt: skip


SINCE_THE_TABLE = {"XCG"}
"""Currencies younger than the shared copy of the table."""


def test_currencies_are_those_of_iso_4217(shared_data: Path) -> None:
    table = ET.parse(shared_data / "iso4217_table_a1.xml").getroot()  # noqa: S314 (our own file)
    active = {node.text for node in table.iter("Ccy")} | SINCE_THE_TABLE
    for country in sorted(zone_and_currency.countries()):
        tender = zone_and_currency.tender_of(country)
        assert tender is None or tender in active, (country, tender)
    assert {c for c in zone_and_currency.countries() if zone_and_currency.tender_of(c) is None} <= {
        "AQ",
        "GS",
        "HM",
        "BV",
        "TF",
    }
    codes = {c for c in active if c and not c.startswith("X")} | {"XAF", "XCD", "XOF", "XPF"}
    fund_codes = {"BOV", "CHE", "CHW", "CLF", "COU", "MXV", "USN", "UYI", "UYW"}
    withdrawn = {"ANG", "BGN", "CUC", "SVC", "VED"}
    assert codes - zone_and_currency.currencies() <= fund_codes | withdrawn
    assert zone_and_currency.currencies() <= active


@pytest.mark.parametrize(
    ("state", "code"),
    [("TX", "TX"), ("US-TX", "TX"), ("Texas", "TX"), ("texas", "TX"), (None, None)],
)
def test_a_state_is_read_by_code_or_name(state: str | None, code: str | None) -> None:
    assert zone_and_currency.state_code("US", state) == code


@pytest.mark.parametrize(
    ("country", "state", "code"),
    [
        ("US", "Washington", "WA"),
        ("US", "washington", "WA"),
        ("BR", "Sao Paulo", "SP"),
        ("BR", "São Paulo", "SP"),
        ("ES", "Murcia, Región de", "MC"),
    ],
)
def test_a_name_means_the_state_that_bears_it(country: str, state: str, code: str) -> None:
    assert zone_and_currency.state_code(country, state) == code


def test_every_main_name_means_its_own_state_or_none() -> None:
    for country, code, names in time_zones.table_rows("subdivisions.tsv"):
        try:
            assert zone_and_currency.state_code(country, names.split("|")[0]) == code
        except Malformed:
            continue  # several states of the country share the name


@pytest.mark.parametrize(
    ("country", "state", "zone", "currency"),
    [
        ("NL", "CW", "America/Curacao", "XCG"),
        ("FR", "974", "Indian/Reunion", "EUR"),
        ("FR", "NC", "Pacific/Noumea", "XPF"),
        ("CN", "HK", "Asia/Hong_Kong", "HKD"),
        ("US", "PR", "America/Puerto_Rico", "USD"),
    ],
)
def test_a_territory_has_its_own_zone_and_money(
    country: str, state: str, zone: str, currency: str
) -> None:
    found = settle(ZoneAndCurrencyRequest(country_code=country, state=state, city="X"))
    assert (found.timezone, found.currency_code) == (zone, currency)


def test_the_pinned_tz_database_is_read_and_not_the_machines() -> None:
    assert zoneinfo.TZPATH == ()


def test_a_wrong_state_gets_examples() -> None:
    with pytest.raises(Malformed, match=r"TX \(Texas\)"):
        zone_and_currency.state_code("US", "Texsa")


def test_bavaria_has_a_name_of_its_own() -> None:
    assert (
        zone_and_currency.state_code("DE", "Bayern")
        == zone_and_currency.state_code("DE", "BY")
        == "BY"
    )


def test_all_that_is_missing_or_wrong_is_said_at_once() -> None:
    with pytest.raises(Malformed) as caught:
        settle(
            ZoneAndCurrencyRequest(timezone="europe/berlin", currency_code="eur", country_code="XX")
        )
    codes = {fault.code for fault in caught.value.faults}
    assert codes == {"country_code_invalid", "timezone_invalid", "currency_code_invalid"}
    with pytest.raises(Malformed) as caught:
        settle(ZoneAndCurrencyRequest())
    assert {f.code for f in caught.value.faults} == {"city_missing", "country_code_missing"}


def test_a_us_address_may_do_without_state_when_zone_and_currency_are_given() -> None:
    said = ZoneAndCurrencyRequest(
        country_code="US", city="X", timezone="America/Chicago", currency_code="USD"
    )
    assert settle(said).timezone == "America/Chicago"


def test_a_near_miss_is_suggested() -> None:
    with pytest.raises(Malformed, match="Europe/Amsterdam"):
        settle(ZoneAndCurrencyRequest(timezone="Europe/Amsterdm", currency_code="EUR"))


def test_a_point_decides_and_the_sea_is_nowhere() -> None:
    assert time_zones.zone_at(31.76, -106.49) == "America/Denver"
    assert time_zones.zone_at(-31.55, 159.08) == "Australia/Lord_Howe"
    with pytest.raises(time_zones.GeoLocationNotFound):
        time_zones.zone_at(0, -30)


def test_borders_and_currencies_are_loaded_only_when_asked_for() -> None:
    code = (
        "import sys; import wattyard.sites.domain.zone_and_currency;"
        "print([m for m in ('babel', 'numpy', 'timezonefinder', 'pytz') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
