"""NEM12 files: what is in them comes back once, at the market's time; the rest is told."""

import io
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.meter_files import (
    Kept,
    kept,
    market_start,
    nem12,
    nem12_day,
    nem12_register,
    refused,
)
from wattyard.meters.adapters.meter_file import MeterReading, Noted, Options, RefusedReading
from wattyard.meters.adapters.nem12 import readings

SYDNEY = Options(zone="Australia/Sydney")
CONFIDENCES = {"A": 1.0, "F": 0.9, "S": 0.7, "E": 0.5}
ONES = ["1"] * 48
DAY = date(2025, 1, 31)


def read(content: bytes, options: Options = SYDNEY) -> list[MeterReading | RefusedReading]:
    return list(readings(io.BytesIO(content), options))


@st.composite
def days(draw: st.DrawFn) -> tuple[int, date, list[int], list[tuple[int, int, str]]]:
    """An interval length, a date, values in thousandths, and runs of quality of the day."""
    minutes = draw(st.sampled_from([5, 15, 30]))
    count = 1440 // minutes
    values = draw(st.lists(st.integers(0, 10**6), min_size=count, max_size=count))
    cuts = sorted(draw(st.sets(st.integers(2, count), max_size=4)))
    edges = [1, *cuts, count + 1]
    runs = [(a, b - 1, draw(st.sampled_from("AFSE"))) for a, b in pairwise(edges)]
    day = draw(st.dates(date(1999, 1, 1), date(2040, 12, 31)))
    return minutes, day, values, runs


@given(st.lists(days(), min_size=1, max_size=4), st.sampled_from([("Wh", 1), ("kWh", 1000)]))
def test_every_interval_of_a_file_comes_back_once(made: list, unit: tuple[str, int]) -> None:
    lines, expected = [], []
    for n, (minutes, day, values, runs) in enumerate(made):
        suffix = ("E1", "B1", "E2")[n % 3]
        lines.append(nem12_register(f"NMI{n}", suffix, unit[0], minutes))
        varied = len(runs) > 1
        texts = [str(v) if unit[1] == 1 else f"{v / 1000:.3f}" for v in values]
        lines.append(nem12_day(day, texts, "V" if varied else runs[0][2]))
        if varied:
            lines += [f"400,{a},{b},{quality},," for a, b, quality in runs]
        lines.append("500,O,S1,20250101,1234")
        for a, b, quality in runs:
            for i in range(a - 1, b):
                start = market_start(day) + i * timedelta(minutes=minutes)
                kwh = values[i] / 1000
                flow = "OUTBOUND" if suffix == "B1" else "INBOUND"
                end = start + timedelta(minutes=minutes)
                name = f"NMI{n} {suffix}"
                expected.append(Kept(start, end, kwh, flow, CONFIDENCES[quality], name))

    assert kept(read(nem12(*lines))) == expected


def test_days_are_the_markets_whatever_the_clocks_of_the_place_do() -> None:
    change = date(2025, 10, 5)
    first, *_, last = kept(read(nem12(nem12_register("N", "E1"), nem12_day(change, ONES))))

    assert first.start == datetime(2025, 10, 4, 14, tzinfo=UTC)
    assert last.end == datetime(2025, 10, 5, 14, tzinfo=UTC)


def test_mwh_become_kwh() -> None:
    own = kept(read(nem12(nem12_register("N", "E1", "MWh"), nem12_day(DAY, ["0.0012345"] * 48))))

    assert {one.kwh for one in own} == {1.2345}


def test_a_register_of_digits_flows_as_the_caller_says() -> None:
    content = nem12(nem12_register("N", "41"), nem12_day(DAY, ONES))
    options = Options(zone="Australia/Sydney", default_direction="OUTBOUND")

    assert {one.direction for one in kept(read(content, options))} == {"OUTBOUND"}


@pytest.mark.parametrize(
    ("register", "code"),
    [
        (nem12_register("N", "Q1", "kVArh"), "units_invalid"),
        (nem12_register("N", "K1"), "register_invalid"),
        (nem12_register("N", "N1"), "register_invalid"),
        (nem12_register("N", "E1", minutes=60), "interval_length_invalid"),
        ("200,N,E1,1,E1", "record_invalid"),
    ],
)
def test_a_register_that_counts_no_energy_is_refused_once_by_name(register: str, code: str) -> None:
    days = [nem12_day(DAY, ONES, "V"), "400,1,48,A,,", nem12_day(DAY + timedelta(days=1), ONES)]
    good = [nem12_register("N", "E1"), nem12_day(DAY, ONES)]
    own = read(nem12(register, *days, *good))

    assert refused(own) == [("line 2", code)]
    assert len(own) == 49


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (nem12_day(DAY, ["1"] * 47), ("line 3", "values_invalid")),
        (nem12_day(DAY, ["1"] * 96), ("line 3", "values_invalid")),
        (nem12_day(DAY, ONES, ""), ("line 3", "quality_missing")),
        (nem12_day(DAY, ONES).replace("20250131", "20250230"), ("line 3", "date_invalid")),
        (nem12_day(DAY, ONES).replace("20250131", "31/01/25"), ("line 3", "date_invalid")),
        ("700,what", ("line 3", "record_unknown")),
    ],
)
def test_a_bad_day_is_refused_alone(day: str, expected: tuple[str, str]) -> None:
    good = nem12_day(DAY + timedelta(days=1), ONES)
    own = read(nem12(nem12_register("N", "E1"), day, good))

    assert refused(own) == [expected]
    assert len(own) == 49


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "value_missing"),
        ("-1", "value_negative"),
        ("nan", "value_invalid"),
        ("1_0", "value_invalid"),
        ("1e999", "value_invalid"),
        ("1000001", "value_too_large"),
    ],
)
def test_a_bad_value_is_refused_at_its_interval(value: str, code: str) -> None:
    own = read(nem12(nem12_register("N", "E1"), nem12_day(DAY, [*ONES[1:], value])))

    assert refused(own) == [("line 3, interval 48", code)]
    assert len(own) == 48


def test_a_day_without_data_gives_none_and_says_so_for_each_interval() -> None:
    own = read(nem12(nem12_register("N", "E1"), nem12_day(DAY, ["0"] * 48, "N")))

    assert {code for _, code in refused(own)} == {"value_missing"}
    assert len(own) == 48


def test_intervals_of_a_varied_day_that_no_record_judges_are_refused() -> None:
    events = ["400,1,40,A,,", "400,41,49,S14,,", "400,47,48,X,,", "400,a,b,A,,"]
    own = read(nem12(nem12_register("N", "E1"), nem12_day(DAY, ONES, "V"), *events))

    assert refused(own)[:3] == [
        ("line 5", "record_invalid"),
        ("line 6", "quality_invalid"),
        ("line 7", "record_invalid"),
    ]
    unjudged = [(f"line 3, interval {n}", "quality_missing") for n in range(41, 49)]
    assert refused(own)[3:] == unjudged


def test_a_day_that_comes_twice_is_taken_once() -> None:
    again = [nem12_day(DAY, ["2"] * 48, "V"), "400,1,48,A,,"]
    register = nem12_register("N", "E1")
    own = read(nem12(register, nem12_day(DAY, ONES), *again, register, nem12_day(DAY, ONES)))

    assert refused(own) == [("line 4", "record_duplicate")]
    assert [(one.where, one.what) for one in own if isinstance(one, Noted)] == [
        ("line 7", "repeated")
    ]
    assert {one.energy_kwh for one in own if isinstance(one, MeterReading)} == {1.0}


@pytest.mark.parametrize(("minutes", "count"), [("05", 288), ("5", 288), ("015", 96), ("30", 48)])
def test_the_length_of_intervals_may_have_leading_zeros(minutes: str, count: int) -> None:
    day = nem12_day(DAY, ["0.01"] * count)
    own = kept(read(nem12(f"200,NMI,E1B1,E1,E1,,M1,KWH,{minutes},", day)))

    assert len(own) == count
    assert own[0].end - own[0].start == timedelta(days=1) / count


@pytest.mark.parametrize("minutes", ["", "0", "00", "10", "5.0", "-5", "٥"])
def test_another_length_of_intervals_is_refused(minutes: str) -> None:
    own = read(nem12(f"200,NMI,E1B1,E1,E1,,M1,KWH,{minutes},", nem12_day(DAY, ONES)))

    assert refused(own) == [("line 2", "interval_length_invalid")]
    assert len(own) == 1


def test_a_file_cut_off_is_told_and_what_it_holds_is_taken() -> None:
    content = nem12(nem12_register("N", "E1"), nem12_day(DAY, ONES)).replace(b"900\r\n", b"")

    assert refused(read(content)) == [("end of file", "end_record_missing")]


def test_customers_downloads_without_header_and_end_are_read() -> None:
    lines = [nem12_register("N", "E1"), nem12_day(DAY, ONES)]

    assert len(kept(read(nem12(*lines, whole=False, ending="\n")))) == 48
    assert len(kept(read(b"\xef\xbb\xbf" + nem12(*lines)))) == 48


def test_records_without_what_they_belong_to_are_refused() -> None:
    own = read(nem12(nem12_day(DAY, ONES), nem12_register("N", "E1"), "400,1,2,A,,"))

    assert refused(own) == [("line 2", "record_invalid"), ("line 4", "record_invalid")]


def test_files_that_are_something_else_are_refused_as_a_whole() -> None:
    assert refused(read(b"100,NEM13,202501011200,A,B\n250,x\n")) == [("line 1", "format_invalid")]
    assert refused(read("100,NEM12\n".encode("utf-16"))) == [("line 1", "encoding_invalid")]


def test_lines_that_are_too_long_or_no_text_are_passed_over() -> None:
    head = nem12(nem12_register("N", "E1"), whole=False)
    day = nem12(nem12_day(DAY, ONES), whole=False)
    own = read(head + b"300," + b"1" * 200_000 + b"\n" + b"500,\xff\n" + day)

    assert refused(own) == [("line 2", "line_too_long"), ("line 3", "encoding_invalid")]
    assert len(own) == 50


def test_real_files_are_read(shared_data: Path) -> None:
    with (shared_data / "meter" / "Example_NEM12_actual_interval.csv").open("rb") as file:
        one = list(readings(file, SYDNEY))
    with (shared_data / "meter" / "Example_NEM12_multiple_meters.csv").open("rb") as file:
        several = list(readings(file, SYDNEY))

    assert refused(one) == [("line 4", "units_invalid")]
    assert sum(r.energy_kwh for r in one if isinstance(r, MeterReading)) == pytest.approx(53.328)
    assert refused(several) == [("line 8", "units_invalid"), ("line 17", "units_invalid")]
    sums: dict[str | None, float] = {}
    for r in several:
        if isinstance(r, MeterReading):
            sums[r.channel] = sums.get(r.channel, 0.0) + r.energy_kwh
    assert sums == pytest.approx(
        {
            "NCDE001111 E1": 1.92,
            "NCDE001111 B1": 1.92,
            "NCDE001111 E2": 19.2,
            "NDDD001888 B1": 3.84,
        }
    )
