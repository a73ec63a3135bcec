"""The model of what homes need is arithmetic on figures that were measured, and says which."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from benchmarks.model import ASSUMED, MEASURED, Homes, Need, needs, table

DOCS = Path(__file__).parents[2] / "docs"
SHOWN = (1_000, 100_000, 1_000_000)


def of(homes: Homes) -> dict[str, Need]:
    return {need.name: need for need in needs(homes)}


def test_the_document_shows_what_the_model_calculates() -> None:
    assert table([Homes(number) for number in SHOWN]) in (DOCS / "scale.md").read_text()


@pytest.mark.parametrize("name", MEASURED)
def test_every_figure_is_in_the_section_of_the_case_that_found_it(name: str) -> None:
    figure = MEASURED[name]
    _, *sections = re.split(r"^## ", (DOCS / "benchmarks.md").read_text(), flags=re.MULTILINE)
    found = [one for one in sections if figure.source in one.partition("·")[0].split("=")[-1]]
    number = f"{figure.value:,g}" if figure.value < 1_000 else f"{figure.value:,.0f}"
    assert any(re.search(rf"(?<![\d.,]){re.escape(number)}(?![\d.,]*\d)", one) for one in found), (
        f"{number} was measured anew: set it in benchmarks/model.py, and the table in docs/scale.md"
    )
    assert not {figure.source for figure in ASSUMED.values()} & {figure.source}


def test_ten_times_the_homes_need_ten_times_as_much() -> None:
    few, many = of(Homes(100_000)), of(Homes(1_000_000))
    for name, need in many.items():
        if not name.startswith("connections"):
            assert need.value == pytest.approx(10 * few[name].value)


@pytest.mark.parametrize(
    ("more", "rises"),
    [
        ({"states": 288}, "device states"),
        ({"devices": 4}, "cores of servers"),
        ({"readings": 96}, "disk, readings and states"),
        ({"plans": 96}, "plans"),
        ({"endpoints": 3}, "cores of workers"),
        ({"event_days": 90}, "disk, what stays the same"),
        ({"readings_alone": True, "meters": 4}, "log of the database (WAL)"),
    ],
)
def test_what_homes_do_more_costs_more_and_nothing_costs_less(
    more: dict[str, float], rises: str
) -> None:
    before, after = of(Homes(1_000)), of(replace(Homes(1_000), **more))  # type: ignore[arg-type]  # as given
    assert after[rises].value > before[rises].value
    assert all(after[name].value >= need.value for name, need in before.items())


def test_states_that_are_kept_for_some_days_take_that_much_disk_and_no_more_each_year() -> None:
    for_good, for_days = of(Homes(1_000_000)), of(Homes(1_000_000, state_days=90))
    kept, added = "disk, what stays the same", "disk, readings and states"
    states = for_good[added].value - for_days[added].value

    assert 0.75 < states / for_good[added].value < 0.85
    assert for_days[kept].value - for_good[kept].value == pytest.approx(states * 90 / 365 * 1.2)
    rows = (DOCS / "scale.md").read_text()
    for row in (for_days[kept], for_days[added]):
        assert f"{row.value:,.0f} {row.unit}" in rows


def test_the_least_of_the_primary_is_below_the_most() -> None:
    found = of(Homes(10_000))
    assert (
        found["cores of the primary, at least"].value < found["cores of the primary, at most"].value
    )


def test_a_home_that_does_nothing_takes_its_place_on_the_disk_and_no_core() -> None:
    still = Homes(1_000, states=0, readings=0, lists=0, prices=0, plans=0, events=0, endpoints=0)
    found = of(still)
    assert found["disk, what stays the same"].value > 0
    assert {
        need.value for name, need in found.items() if "cores of" in name and "/" not in name
    } <= {0}
