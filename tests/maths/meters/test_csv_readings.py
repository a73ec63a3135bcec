"""CSV files: what a map tells comes back once, on days of any length; the rest is refused."""

import io
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.meter_files import Kept, half_hours, kept, local, refused
from wattyard.kernel import civil
from wattyard.meters.adapters.column_map import ColumnMap, ValueColumn
from wattyard.meters.adapters.csv_readings import readings
from wattyard.meters.adapters.meter_file import (
    MeterReading,
    Options,
    RefusedReading,
)

HALF_HOUR = timedelta(minutes=30)
KWH = (ValueColumn("kWh"),)
CHANGES = {
    "Europe/London": [date(2025, 3, 30), date(2025, 10, 26)],
    "America/New_York": [date(2025, 3, 9), date(2025, 11, 2)],
    "Australia/Lord_Howe": [date(2025, 4, 6), date(2025, 10, 5)],
    "America/Santiago": [date(2025, 4, 5), date(2025, 9, 7)],
    "Africa/Cairo": [date(2025, 4, 25), date(2025, 10, 30)],
    "America/Havana": [date(2025, 3, 9), date(2025, 11, 2)],
    "Asia/Kolkata": [date(2025, 3, 30)],
}


def read(content: str | bytes, zone: str = "Europe/London", **columns: Any) -> list:
    asked = {"values": KWH, "start": "start", "length": HALF_HOUR, **columns}
    options = Options(zone=zone, columns=ColumnMap(**asked))
    raw = content.encode() if isinstance(content, str) else content
    return list(readings(io.BytesIO(raw), options))


@st.composite
def days_of_change(draw: st.DrawFn) -> tuple[str, list[tuple[datetime, datetime]]]:
    """A zone and the periods of three days around a change of its clock."""
    zone = draw(st.sampled_from(sorted(CHANGES)))
    day = draw(st.sampled_from(CHANGES[zone]))
    lengths = [5, 15, 30] if zone in ("Australia/Lord_Howe", "Asia/Kolkata") else [5, 15, 30, 60]
    step = timedelta(minutes=draw(st.sampled_from(lengths)))
    where = civil.zone(zone)
    first = civil.start_of_day(day - timedelta(days=1), where)
    return zone, half_hours(first, civil.start_of_day(day + timedelta(days=2), where), step)


@settings(deadline=None)
@given(days_of_change(), st.sampled_from(["start", "end", "end before the change", "both"]),
       st.booleans(), st.randoms(use_true_random=False))  # fmt: skip
def test_nothing_is_lost_or_doubled_on_days_of_23_and_25_hours(
    made: tuple[str, list[tuple[datetime, datetime]]], labels: str, descending: bool, random: Any
) -> None:
    zone, periods = made
    where = ZoneInfo(zone)
    expected = [Kept(a, b, random.randrange(10**6) / 1000, "INBOUND") for a, b in periods]
    rows = []
    for one in expected:
        end = local(one.end, where)
        if labels == "end before the change":
            moment = one.end - timedelta(seconds=1)
            end = (moment.astimezone(where).replace(tzinfo=None) + timedelta(seconds=1)).isoformat()
        rows.append(f"{local(one.start, where)},{end},{one.kwh}")
    if descending:
        rows.reverse()
        expected.reverse()
    step = periods[0][1] - periods[0][0]
    columns = {
        "start": {"length": step},
        "both": {"end": "end", "length": None},
    }.get(labels, {"start": None, "end": "end", "length": step})

    own = read("\n".join(["start,end,kWh", *rows]), zone, **columns)

    assert kept(own, channels=False) == expected


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(-12 * 60, 14 * 60)), max_size=20),
       st.sampled_from([(";", True), ("\t", False), (",", False), ("|", True)]))  # fmt: skip
def test_times_with_an_offset_are_instants_in_any_order(
    made: list[tuple[int, int]], form: tuple[str, bool]
) -> None:
    delimiter, comma = form
    rows, expected = [f"kWh{delimiter}start"], []
    for seconds, minutes in made:
        start = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
        sign, ahead = "-" if minutes < 0 else "+", abs(minutes)
        wall = (start + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S")
        number = f"{seconds % 1000 / 8}".replace(".", "," if comma else ".")
        rows.append(f'"{number}"{delimiter}{wall}{sign}{ahead // 60:02}:{ahead % 60:02}')
        expected.append(Kept(start, start + HALF_HOUR, seconds % 1000 / 8, "INBOUND", 1.0, "kWh"))

    assert kept(read("\r\n".join(rows), decimal_comma=comma)) == expected


def test_an_end_may_be_written_as_the_clock_stands_before_it_is_put_back() -> None:
    rows = ["01:00,01:30", "01:30,02:00", "01:00,01:30", "01:30,02:00"]
    day = "2025-10-26 "
    lines = [day + row.replace(",", f",{day}") + ",1" for row in rows]
    own = kept(read("\n".join(["start,end,kWh", *lines]), end="end", length=None))

    assert [one.end - one.start for one in own] == [HALF_HOUR] * 4


def test_a_repeated_hour_that_the_file_shows_once_is_refused_with_a_hint() -> None:
    hours = ("00:00", "00:30", "01:00", "01:30", "02:00")
    own = read("start,kWh\n" + "".join(f"2025-10-26 {hour},1\n" for hour in hours))

    assert refused(own) == [("line 4", "start_time_invalid"), ("line 5", "start_time_invalid")]
    assert "UTC offset" in next(r.message for r in own if isinstance(r, RefusedReading))
    assert len(own) == 5


def test_a_step_back_tells_the_hours_though_a_row_is_missing() -> None:
    hours = ("01:30", "01:00", "01:30", "02:00")
    own = kept(read("start,kWh\n" + "".join(f"2025-10-26 {hour},1\n" for hour in hours)))

    assert [one.start.strftime("%H:%M") for one in own] == ["00:30", "01:00", "01:30", "02:00"]


def test_pairs_of_equal_times_are_first_and_second() -> None:
    hours = ("01:00", "01:00", "01:30", "01:30", "02:00")
    own = kept(read("start,kWh\n" + "".join(f"2025-10-26 {hour},1\n" for hour in hours)))

    assert [one.start.strftime("%H:%M") for one in own] == [
        "00:00",
        "01:00",
        "00:30",
        "01:30",
        "02:00",
    ]


def test_an_hour_shown_three_times_is_not_decided() -> None:
    own = read("start,kWh\n" + "2025-10-26 01:00,1\n2025-10-26 01:30,1\n" * 3)

    assert len(refused(own)) == 6


def test_more_rows_than_an_hour_can_hold_are_refused_without_being_kept() -> None:
    own = read("start,kWh\n" + "2025-10-26 01:00,1\n" * 30_000 + "2025-10-26 02:00,1\n")

    assert len(refused(own)) == 30_000
    assert len(own) == 30_001


def test_a_local_time_that_the_clock_skips_is_refused() -> None:
    own = read("start,kWh\n2025-03-30 00:30,1\n2025-03-30 01:00,0\n2025-03-30 02:00,1\n")

    assert refused(own) == [("line 3", "start_time_invalid")]
    assert own[0].end_time == own[2].start_time


def test_a_clock_that_never_changes_needs_no_care() -> None:
    rows = ["start,kWh", "2025-03-30 02:30,1", "2025-10-26 02:30,2"]
    own = kept(read("\n".join(rows), "Europe/Berlin", utc_offset=timedelta(hours=1)))

    assert [one.start.hour for one in own] == [1, 1]


def test_days_are_those_of_the_place() -> None:
    rows = ["start,kWh", "30.03.2025,1", "31.03.2025 00:00,1", "26.10.2025,1"]
    own = kept(read("\n".join(rows), length="DAY"))

    hours = [(one.end - one.start) / timedelta(hours=1) for one in own]
    assert hours == [23, 24, 25]
    assert refused(read("start,kWh\n2025-03-30 10:00,1\n", length="DAY")) == [
        ("line 2", "start_time_invalid")
    ]


def test_a_day_whose_midnight_is_skipped_is_whole() -> None:
    (own,) = kept(read("start,kWh\n2025-09-07,1\n", "America/Santiago", length="DAY"))

    assert own.end - own.start == timedelta(hours=23)


@pytest.mark.parametrize(
    ("text", "more", "expected"),
    [
        ("2025-01-02T03:04:05Z", {}, "2025-01-02T03:04:05"),
        ("2025/1/2 3:04", {}, "2025-01-02T03:04:00"),
        ("20250102", {}, "2025-01-02T00:00:00"),
        ("02.01.2025 03:04", {}, "2025-01-02T03:04:00"),
        ("02/01/2025 03:04", {"day_first": True}, "2025-01-02T03:04:00"),
        ("1/2/2025 3:04 PM", {"day_first": False}, "2025-01-02T15:04:00"),
        ("1/2/2025 12:04 a.m.", {"day_first": False}, "2025-01-02T00:04:00"),
        ("1/13/2025 12:00", {}, "2025-01-13T12:00:00"),
        ("13/1/2025 12:00", {}, "2025-01-13T12:00:00"),
        ("1/1/2025 12:00", {}, "2025-01-01T12:00:00"),
        ("2025-01-01 24:00", {}, "2025-01-02T00:00:00"),
        ("2025-01-02 03:04:05.500", {}, "2025-01-02T03:04:05.500000"),
        ("2025-01-02 03:04 +0200", {}, "2025-01-02T01:04:00"),
        ("1735787045", {}, "2025-01-02T03:04:05"),
    ],
)
def test_times_are_read_as_they_are_written(text: str, more: Any, expected: str) -> None:
    (own,) = kept(read(f"start,kWh\n{text},1\n", "UTC", **more))

    assert own.start == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["1/2/2025 10:00", "2/30/2025", "2025-13-01", "yesterday", "2025-01-01 25:00", "01/02/25",
     "2025-01-01 13:00 PM", "2025-01-01 10:00 +99:00", "9999-12-31", "2025013", "٢٠٢٥-01-01"],
)  # fmt: skip
def test_a_time_that_may_be_two_or_none_is_refused(text: str) -> None:
    own = read(f"start,kWh\n{text},1\n2025-01-01,1\n")

    assert refused(own) == [("line 2", "start_time_invalid")]
    assert len(own) == 2


@pytest.mark.parametrize(
    ("text", "comma", "code"),
    [
        ("", False, "value_missing"),
        ("1,234", False, "value_invalid"),
        ("1.234,5", False, "value_invalid"),
        ("1.234", True, "value_invalid"),
        ("1 234", False, "value_invalid"),
        ("1'234", False, "value_invalid"),
        ("nan", False, "value_invalid"),
        ("inf", False, "value_invalid"),
        ("1e999", False, "value_invalid"),
        ("0x10", False, "value_invalid"),
        ("-0.1", False, "value_negative"),
        ("1000000.1", False, "value_too_large"),
        ("=1+1", False, "value_invalid"),
    ],
)
def test_a_value_that_is_no_plain_number_is_refused(text: str, comma: bool, code: str) -> None:
    own = read(f"start;kWh\n2025-01-01;{text}\n2025-01-02;1\n", decimal_comma=comma)

    assert refused(own) == [("line 2", code)]
    assert len(own) == 2


@pytest.mark.parametrize(("unit", "kwh"), [("WH", 0.001), ("KWH", 1.0), ("W", 0.0005), ("KW", 0.5)])
def test_units_become_kwh(unit: Any, kwh: float) -> None:
    assert kept(read("start,kWh\n2025-01-01,1\n", unit=unit))[0].kwh == kwh


def test_several_columns_are_several_channels() -> None:
    values = (
        ValueColumn("import"),
        ValueColumn("export", "OUTBOUND"),
        ValueColumn("solar W", "OUTBOUND", "W"),
    )
    own = read("start,import,export,solar W\n2025-01-01,1,,1000\n", values=values)

    assert [(r.channel, r.energy_kwh) for r in own if isinstance(r, MeterReading)] == [
        ("import", 1.0),
        ("solar W", 0.5),
    ]
    assert refused(own) == [("line 2, export", "value_missing")]


def test_rows_before_the_header_are_passed_over_and_sums_after_the_rows_refused() -> None:
    lines = ["Name,Smith", "", "TYPE,Start,End Time,KWH,Notes", "Usage,2025-01-01 00:00,,1,",
             "Usage,2025-01-01 00:30,,2", "Total,,,3,"]  # fmt: skip
    own = read("﻿" + "\r\n".join(lines))

    assert [one.kwh for one in kept(own[:2])] == [1.0, 2.0]
    assert refused(own) == [("line 6", "start_time_missing")]


def test_columns_told_by_number_need_no_header_and_pass_one_over() -> None:
    columns = {"values": (ValueColumn(2),), "start": 1}
    bare = read("2025-01-01,1\n2025-01-02,2\n", **columns)
    headed = read("when,how much\n2025-01-01,1\n2025-01-02,2\n", **columns)
    broken = read("2025-31-01,1\n2025-01-02,2\n", **columns)

    assert kept(bare) == kept(headed)
    assert refused(broken) == [("line 1", "start_time_invalid")]


def test_a_date_and_times_of_day_in_columns_of_their_own() -> None:
    rows = ["date,start,end,kWh", "26/10/2025,23:00,23:30,1", "26/10/2025,23:30,00:00,1",
            "27/10/2025,23:30,24:00,1", "26/10/2025,23:30,23:00,1"]  # fmt: skip
    own = read("\n".join(rows), date="date", end="end", length=None)

    assert [one.end - one.start for one in kept(own[:3])] == [HALF_HOUR] * 3
    assert refused(own) == [("line 5", "end_time_invalid")]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"\n\n", "file_empty"),
        (b"a,b\n1,2\n", "column_missing"),
        (b"start,kWh,KWH\n2025-01-01,1,2\n", "column_invalid"),
        ("start,kWh\n2025-01-01,1\n".encode("utf-16"), "encoding_invalid"),
        ("start,kWh\n2025-01-01,1\n".encode("utf-16-le"), "encoding_invalid"),
    ],
)
def test_a_file_that_the_map_does_not_fit_is_refused_as_a_whole(content: bytes, code: str) -> None:
    assert refused(read(content)) == [("line 1", code)]


@pytest.mark.parametrize(
    "row", ['2025-01-01,"1', "2025-01-01,1,5", "2025-01-01", '"2025-01-01"x,1', "\udcff,1"]
)
def test_a_row_that_is_no_row_is_refused_alone(row: str) -> None:
    content = f"start,kWh\n{row}\n2025-01-02,1\n".encode(errors="surrogateescape")
    own = read(content)

    assert [where for where, _ in refused(own)] == ["line 2"]
    assert len(own) == 2


def test_a_period_must_end_after_it_starts_and_within_31_days() -> None:
    rows = ["start,end,kWh", "2025-01-01,2025-01-01,1", "2025-01-02,2025-01-01,1",
            "2025-01-01,2025-02-02,1", "2025-01-01,,1"]  # fmt: skip
    own = read("\n".join(rows), end="end", length=None)

    assert [code for _, code in refused(own)] == [
        "end_time_invalid",
        "end_time_invalid",
        "period_too_long",
        "end_time_invalid",
    ]


@pytest.mark.parametrize(
    "columns",
    [
        {"values": ()},
        {"start": None},
        {"start": None, "end": "end", "length": "DAY"},
        {"length": None},
        {"length": timedelta()},
        {"delimiter": "::"},
        {"start": 0},
    ],
)
def test_a_map_that_tells_no_reading_cannot_be_made(columns: Any) -> None:
    with pytest.raises(ValueError, match=r"column|length|delimiter"):
        ColumnMap(**{"values": KWH, "start": "start", "length": HALF_HOUR, **columns})
