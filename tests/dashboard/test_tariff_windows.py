"""Schedules as rows of a form, and back."""

from typing import Any

import pytest
from hypothesis import given, settings

from tests.support.tariff_bodies import bodies, entry, hours
from wattyard.web.dashboard.forms import Form
from wattyard.web.dashboard.screens.tariff_windows import (
    COLUMNS,
    WindowRow,
    placed,
    rows_of,
    schedule_of,
    typed_rows,
)


def row(
    start: str = "00:00", end: str = "24:00", price: str = "0.3", *, days: str = "", **more: str
) -> WindowRow:
    cells = {"valid_from": start, "valid_to": end, "price": price, "days": days, **more}
    return WindowRow(dict.fromkeys(COLUMNS, "") | cells)


def merged(schedule: list[Any]) -> list[Any]:
    """The schedule with its defaults, and neighbours for the same days as one."""
    entries: list[Any] = []
    for one in schedule:
        months, dates = one.get("months", ["All"]), one.get("dates", [])
        if not entries or (entries[-1]["months"], entries[-1]["dates"]) != (months, dates):
            entries.append({"months": months, "dates": dates, "days_and_hours": []})
        blocks = entries[-1]["days_and_hours"]
        for block in one["days_and_hours"]:
            if not blocks or blocks[-1]["days"] != block["days"]:
                blocks.append({"days": block["days"], "hours": []})
            blocks[-1]["hours"] += block["hours"]
    return entries


@settings(max_examples=50)
@given(bodies())
def test_a_schedule_comes_back_from_its_rows(body: dict[str, Any]) -> None:
    assert schedule_of(rows_of(merged(body["schedule"]))) == merged(body["schedule"])


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("0.3", [{"value": 0.3}]),
        ("0,3124", [{"value": 0.3124}]),
        ("-0.05", [{"value": -0.05}]),
        ("0.1 to 300; 0.2 up to 500 kWh; 0.3",
         [{"value": 0.1, "to_kwh": 300}, {"value": 0.2, "to_kwh": 500}, {"value": 0.3}]),
        ("market", [{}]),
        ("Market + 0.02", [{"surcharge_fixed": 0.02}]),
        ("market - 0,01 to 100; market",
         [{"surcharge_fixed": -0.01, "to_kwh": 100}, {}]),
        ('[{"value": "2 * $x", "variables": {"x": 0.1}}]',
         [{"value": "2 * $x", "variables": {"x": 0.1}}]),
        ("cheap", [{"value": "cheap"}]),
        ("[1", [{"value": "[1"}]),
        ("", [{"value": ""}]),
    ],
)  # fmt: skip
def test_a_price_is_read_as_it_is_meant(text: str, rate: list[Any]) -> None:
    (made,) = schedule_of([row(price=text)])

    assert made["days_and_hours"][0]["hours"][0]["rate"] == rate


@pytest.mark.parametrize(
    ("months", "read"),
    [
        ("", ["All"]),
        ("all", ["All"]),
        ("Jan, feb", ["Jan", "Feb"]),
        ("Nov-Feb", ["Nov", "Dec", "Jan", "Feb"]),
        ("June to August", ["Jun", "Jul", "Aug"]),
        ("Winter", ["Winter"]),
    ],
)
def test_months_are_read_as_names_and_ranges(months: str, read: list[str]) -> None:
    (made,) = schedule_of([row(months=months)])

    assert made["months"] == read


def test_days_and_dates_are_read() -> None:
    (made,) = schedule_of([row(days="Mon-Fri", dates="24, 12-24, 2026-12-31 Holidays")])

    assert made["days_and_hours"][0]["days"] == ["Mon", "Tue", "Wed", "Thu", "Fri"]
    assert made["dates"] == [24, "12-24", "2026-12-31", "Holidays"]


def test_rows_know_the_paths_of_what_they_say() -> None:
    rows = placed(
        [
            row("00:00", "07:00", days="Mon"),
            row("07:00", "24:00", days="Mon"),
            row("", "", ""),
            row(days="Tue"),
            row(days="Tue", months="Jan"),
        ]
    )

    assert [one.hours for one in rows] == [
        "schedule[0].days_and_hours[0].hours[0]",
        "schedule[0].days_and_hours[0].hours[1]",
        "",
        "schedule[0].days_and_hours[1].hours[0]",
        "schedule[1].days_and_hours[0].hours[0]",
    ]
    assert [one.block is not None for one in rows] == [True, False, False, True, True]
    assert [one.entry is not None for one in rows] == [True, False, False, False, True]


def test_what_was_typed_stays_row_by_row() -> None:
    form = Form({"months": ["All", ""], "valid_from": ["00:00", " 07:00 "], "price": ["0.1"]})

    first, second = typed_rows(form)

    assert (first.cells["months"], first.cells["price"]) == ("All", "0.1")
    assert (second.cells["valid_from"], second.cells["price"]) == ("07:00", "")


def test_formulas_and_other_rates_are_shown_as_json() -> None:
    rate = [{"value": "0.1 + $x", "variables": {"x": 0.2}}]
    (shown,) = rows_of([entry(("All", hours(("00:00", "00:00", rate))), months=["All"])])

    assert shown.cells["price"] == '[{"value": "0.1 + $x", "variables": {"x": 0.2}}]'
