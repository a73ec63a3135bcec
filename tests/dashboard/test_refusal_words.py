"""The API's messages in the words of pages."""

import re

import pytest

from tests.support.dashboard import Browser, words
from tests.support.world import Tenant, World
from wattyard.kernel.refusals import Fault, Malformed, Refusal
from wattyard.web.dashboard.forms import FormFaults, worded
from wattyard.web.dashboard.refusal_words import in_words, path_words, placed


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (
            "the location has no COMMODITY tariff for EXPORT",
            "The site has no tariff for energy that is sold.",
        ),
        ("energy_kwh and thermal exclude each other", "The energy and thermal exclude each other."),
        ("type must be BATTERY_SYSTEM or PV_SYSTEM", "Type must be battery or solar panels."),
        ("send power_kw: it is null", "Send power: it is empty."),
        ("devices[1].model_name is too long", "Model name (devices, 2) is too long."),
        ("the source EPEX_NL has no prices", "The source EPEX_NL has no prices."),
        ("reference_id 'my_ref' is taken", "The reference 'my_ref' is taken."),
        (
            "there is no tariff trf_01a2200a2ce3726cbf91ea3501d757b9",
            "There is no tariff trf_01a2200a2ce3726cbf91ea3501d757b9.",
        ),
        ("https://a_b.example/x_y is closed", "Https://a_b.example/x_y is closed."),
        ("a type such as site.update, or tariff.*", "A type such as site.update, or tariff.*."),
        ("column reference_id is missing", "Column reference_id is missing."),
        ("ada_b@example.com is a member", "Ada_b@example.com is a member."),
    ],
)  # fmt: skip
def test_codes_and_parameters_are_words_and_what_was_typed_is_left_alone(
    message: str, words: str
) -> None:
    assert worded(message) == words


def test_a_long_path_that_somebody_typed_takes_no_longer_than_its_length() -> None:
    typed = f"{'.'.join(['aaaaaaaa'] * 40)}/"  # 8 ** 40 ways to read it, if each name had 8
    assert in_words(f"there is no {typed}") == f"there is no {typed}"


def test_a_fault_calls_its_field_what_the_form_calls_it() -> None:
    refusal = Malformed(
        "max_power_import_kw must be a number; got 'max_power_import_kw'",
        param="max_power_import_kw",
    )
    faults = FormFaults(refusal)
    assert faults.of("max_power_import_kw", label="Import limit") == [
        "Import limit must be a number; got 'max_power_import_kw'."
    ]


def test_a_fault_of_a_part_is_not_called_what_the_whole_is() -> None:
    refusal = Malformed("headers[0].name has a space", param="headers[0].name")
    assert FormFaults(refusal).of("headers", label="Headers") == ["Name (headers, 1) has a space."]


def test_a_fault_that_no_field_shows_has_its_words_in_front() -> None:
    assert placed(Fault("x", "it is too long", "devices[0].reference_id")) == (
        "the reference (devices, 1): it is too long"
    )
    assert placed(Fault("x", "url must be https", "url")) == "url must be https"
    assert path_words("postal_address.post_code") == "post code"


def test_no_documented_refusal_keeps_a_name_of_the_api() -> None:
    every = list(_all(Refusal))
    assert len(every) > 50
    for kind in every:
        text = in_words(re.sub(r"`|\s+", " ", kind.__doc__ or ""))
        assert not re.search(r"\b[a-z]+_(kwh|kw|time|id)\b", text), (kind, text)


async def test_the_costs_of_sold_energy_say_in_words_what_is_missing(
    world: World, tenant: Tenant
) -> None:
    site = await tenant.site(reference_id="home")
    await tenant.tariff(site["location_id"])
    browser = await Browser.of(world, tenant)
    page = await browser.get(f"/costs?location={site['location_id']}&direction=EXPORT")
    assert "The site has no tariff for energy that is sold." in words(page)
    assert "COMMODITY" not in words(page).partition("As API")[0]


async def test_a_faulty_form_has_no_name_of_the_api_beside_its_fields(
    world: World, tenant: Tenant
) -> None:
    browser = await Browser.of(world, tenant)
    page = await browser.post(
        "/sites/new", {"max_power_import_kw": "much", "geo_location.lat": "far"}
    )
    faults = re.findall(r'class="fault"[^>]*>([^<]+)<', page.text)
    assert any(one.startswith("Import limit must be") for one in faults), faults
    assert not [one for one in faults if re.search(r"[a-z]_[a-z]|\w\.\w", one)]


def _all(kind: type[Refusal]) -> list[type[Refusal]]:
    return [kind, *(one for below in kind.__subclasses__() for one in _all(below))]
