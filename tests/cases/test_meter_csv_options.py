"""Every shape of a CSV export that `wattyard meter import` takes, as suppliers write them."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cases.test_meter_import import Desk, energy
from wattyard.cli.options import CommandFailed

pytestmark = pytest.mark.usefixtures("loop_free")


@pytest.fixture
def loop_free() -> None:
    """The command runs its own event loop, so these tests have none."""


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Desk:
    return Desk(database_url, tmp_path)


@pytest.fixture
def home(desk: Desk) -> str:
    return desk.place("Europe/Berlin")


def codes(report: Any) -> list[tuple[str, str]]:
    return [(one["where"], one["code"]) for one in report["refused"]]


def noted(report: Any) -> dict[str, int]:
    return {one["what"]: one["count"] for one in report["noted"]}


def both(desk: Desk, home: str) -> tuple[float, float]:
    found = desk.kept(home)
    return energy(found), energy(found, "OUTBOUND")


HOURS = ("--start", "at", "--length", "60")


def test_several_columns_of_one_direction_are_registers_that_add_up(desk: Desk, home: str) -> None:
    names = ["day", "night", "L3 of a meter with a long name, by phase"]
    text = f"at;{';'.join(names)};out\n2025-01-01 00:00;1;2;4;8\n2025-01-01 01:00;0,5;0;0;0\n"
    values = [word for name in names for word in ("--value", name)]
    report = desk.bring(
        text, home, *HOURS, *values, "--value", "out:OUTBOUND", "--decimal-comma"
    )  # fmt: skip

    assert (report["kept"], both(desk, home)) == (8, (7.5, 8))
    stored = [one["register"] for one in report["registers"]]
    assert stored[:2] == ["day", "night"]
    assert len(stored[2]) == 32
    assert stored[2].startswith("L3 of a meter with a lo~")
    assert stored[3] is None
    assert {one.stream.register for one in desk.kept(home)} == set(stored)


def test_files_of_one_register_each_are_kept_beside_each_other_under_their_names(
    desk: Desk, home: str
) -> None:
    for phase in ("A", "B"):
        text = "at,kWh\n2025-01-01 00:00,1\n"
        desk.bring(text, home, *HOURS, "--value", "kWh", "--register", f"phase {phase}")

    assert both(desk, home) == (2, 0)
    report = desk.bring("at,kWh\n2025-01-01 00:00,1\n", home, *HOURS, "--value", "kWh")
    assert codes(report) == [("line 2", "record_overlap")]


def test_a_register_without_a_name_that_can_be_seen_has_a_dash_for_one(
    desk: Desk, home: str
) -> None:
    text = "at,\u200b,night\n2025-01-01 00:00,1,2\n"
    options = (*HOURS, "--value", "2", "--value", "3")
    with pytest.raises(CommandFailed, match="--register"):
        desk.bring(text, home, *options, "--register", " ")
    report = desk.bring(text, home, *options)

    assert [one["register"] for one in report["registers"]] == ["-", "night"]
    assert both(desk, home) == (3, 0)


def test_names_in_a_file_cannot_steer_the_terminal(desk: Desk, home: str) -> None:
    file = desk.folder / "steering.csv"
    file.write_text("at,day\x1b[31m,night\n2025-01-01 00:00,1,2\n2025-01-01 01:00,,2\n")
    done = desk.run(
        "meter", "import", str(file), "--account", desk.account, "--mode", "test",
        "--location", home, *HOURS, "--value", "2", "--value", "3",
    )  # fmt: skip

    assert "3 readings kept, 1 refused" in done.stdout
    assert "night (INBOUND): 4.0 kWh, kept under night" in done.stdout
    assert "\x1b" not in done.output


def test_a_net_column_without_a_name_is_reported_as_one_without(desk: Desk, home: str) -> None:
    file = desk.folder / "net.csv"
    file.write_text("2025-01-01 00:00,1\n2025-01-01 01:00,-2\n")
    done = desk.run(
        "meter", "import", str(file), "--account", desk.account, "--mode", "test",
        "--location", home, "--start", "1", "--length", "60", "--value", "2",
        "--negative", "OUTBOUND",
    )  # fmt: skip

    assert "no name (INBOUND): 1.0 kWh, kept under no name" in done.stdout
    assert "None" not in done.output


def test_rows_are_directed_by_a_column_and_name_their_registers(desk: Desk, home: str) -> None:
    text = (
        "at;Register;kWh\n"
        "2025-01-01;Afname Dag;1\n2025-01-01;Afname Nacht;2\n2025-01-01;INJECTIE Dag;4\n"
        "2025-01-01;Hulpteller;8\n"
    )
    options = ("--start", "at", "--length", "DAY", "--value", "kWh",
               "--direction", "Register=afname:inbound",
               "--direction", "Register=Injectie:OUTBOUND")  # fmt: skip
    report = desk.bring(text, home, *options)

    assert codes(report) == [("line 5", "energy_flow_direction_invalid")]
    assert "--direction" in report["refused"][0]["reason"]
    assert both(desk, home) == (3, 4)
    names = {one["name"]: one["register"] for one in report["registers"]}
    assert names == {"Afname Dag": "Afname Dag", "Afname Nacht": "Afname Nacht",
                     "INJECTIE Dag": None}  # fmt: skip


def test_registers_whose_rows_alternate_keep_the_hour_that_the_clock_shows_twice(
    desk: Desk, home: str
) -> None:
    rows = [
        f"2025-10-26 {hour};{word};1"
        for hour in ("01:00", "02:00", "02:00", "03:00")
        for word in ("Bezug", "Einspeisung")
    ]
    report = desk.bring(
        "\n".join(["at;was;kWh", *rows]), home, *HOURS, "--value", "kWh",
        "--direction", "was=Bezug:INBOUND", "--direction", "was=Einspeisung:OUTBOUND",
    )  # fmt: skip

    assert (report["kept"], report["refused"], both(desk, home)) == (8, [], (4, 4))
    assert len({(one.start, one.stream.flow) for one in desk.kept(home)}) == 8


def test_rows_are_chosen_and_the_others_counted(desk: Desk, home: str) -> None:
    text = (
        "at,type,meter,kWh\n2025-01-01,Electricity,12,1\n2025-01-01,Gas,12,7\n"
        "2025-01-02,Electricity,123,2\n"
    )
    options = ("--start", "at", "--length", "DAY", "--value", "kWh")
    report = desk.bring(text, home, *options, "--only", "type=elec", "--only", "meter=12")
    nothing = desk.bring(text, home, *options, "--only", "type=steam")

    assert (report["kept"], noted(report), both(desk, home)) == (1, {"row_not_chosen": 2}, (1, 0))
    assert codes(nothing) == [("end of file", "readings_missing")]


def test_gas_and_other_quantities_that_nobody_named_are_never_energy(desk: Desk, home: str) -> None:
    text = (
        "at,type,Unit,kWh\n2025-01-01,Electricity,kWh,1\n2025-01-02,Gas,kWh,7\n2025-01-03,,m³,3\n"
    )
    report = desk.bring(text, home, "--start", "at", "--length", "DAY", "--value", "kWh")

    assert (noted(report), both(desk, home)) == ({"other_quantity": 2}, (1, 0))


def test_rows_that_name_another_unit_or_the_other_direction_are_refused(
    desk: Desk, home: str
) -> None:
    text = (
        "at,Flow,Unit,energy\n2025-01-01,Consumption,kWh,1\n2025-01-02,Consumption,Wh,500\n"
        "2025-01-03,Surplus Generation,kWh,3\n"
    )
    options = ("--start", "at", "--length", "DAY")
    report = desk.bring(text, home, *options, "--value", "energy")

    assert codes(report) == [
        ("line 3", "units_invalid"),
        ("line 4", "energy_flow_direction_invalid"),
    ]
    assert "--direction" in report["refused"][1]["reason"]
    assert both(desk, home) == (1, 0)


@pytest.mark.parametrize(
    ("header", "word", "confidence"),
    [
        ("Quality", "Gevalideerd", 1.0),
        ("Status", "Geschat", 0.7),
        ("Statut", "Estimée", 0.7),
        ("Statut", "Réelle", 1.0),
        ("Status", "Ersatzwert", 0.7),
        ("Estado", "ESTIMADO", 0.7),
        ("REAL/ESTIMADO", "E", 0.7),
        ("REAL/ESTIMADO", "R", 1.0),
        ("ESTIMATED_ACTUAL", "A", 1.0),
        ("Note", "Estimated", 0.7),
        ("Note", "not estimated", 1.0),
        ("Quality", "Not estimated", 1.0),
        ("Calidad", "No estimado", 1.0),
        ("Note", "E", 1.0),
        ("Lecture", "Valeur estimée", 0.7),
        ("Art", "Geschätzter Wert", 0.7),
        ("Obtención", "Lectura real", 1.0),
        ("Estimated", "Y", 0.7),
        ("Estimated?", "false", 1.0),
        ("Estimated Cost Inc. Tax (p)", "12.5", 1.0),
    ],
)
def test_words_of_suppliers_say_how_sure_a_value_is(
    desk: Desk, home: str, header: str, word: str, confidence: float
) -> None:
    report = desk.bring(f"at,kWh,{header}\n2025-01-01,1,{word}\n", home, *HOURS, "--value", "kWh")

    assert [one.confidence for one in desk.kept(home)] == [confidence]
    assert report["estimated"] == int(confidence < 1)


@pytest.mark.parametrize("word", ["1-0:2.8.0", "A-", "Surplus", "Teruglevering", "Netzeinspeisung"])
def test_words_for_what_is_fed_in_are_not_taken_for_energy_drawn(
    desk: Desk, home: str, word: str
) -> None:
    text = f"at,kWh,which\n2025-01-01,1,{word}\n"
    report = desk.bring(text, home, *HOURS, "--value", "kWh")
    assert codes(report) == [("line 2", "energy_flow_direction_invalid")]
    taken = desk.bring(
        text, home, *HOURS, "--value", "kWh", "--direction", f"which={word}:OUTBOUND"
    )

    assert (taken["refused"], both(desk, home)) == ([], (0, 1))
    assert desk.bring(text, home, *HOURS, "--value", "kWh:INBOUND")["kept"] == 1


def test_a_word_of_quality_that_nobody_knows_is_refused_until_it_is_said(
    desk: Desk, home: str
) -> None:
    text = "at,kWh,Laatu\n2025-01-01,1,OK\n2025-01-02,1,Arvioitu\n"
    options = ("--start", "at", "--length", "DAY", "--value", "kWh")
    report = desk.bring(text, home, *options)
    assert codes(report) == [("line 3", "quality_invalid")]
    assert "--quality" in report["refused"][0]["reason"]
    report = desk.bring(text, home, *options, "--quality", "Laatu=arvi:0.6")

    assert report["refused"] == []
    assert [one.confidence for one in desk.kept(home)] == [1, 0.6]


@pytest.mark.parametrize("word", ["not read", "nicht gemessen", "non mesurée"])
def test_a_value_that_was_not_read_is_never_taken_for_a_measured_one(
    desk: Desk, home: str, word: str
) -> None:
    report = desk.bring(f"at,kWh,Quality\n2025-01-01,1,{word}\n", home, *HOURS, "--value", "kWh")

    assert (codes(report), desk.kept(home)) == ([("line 2", "quality_invalid")], [])


def test_negative_values_of_a_net_column_flow_the_other_way(desk: Desk, home: str) -> None:
    text = "at,net\n2025-01-01 00:00,1.5\n2025-01-01 01:00,-2\n2025-01-01 02:00,0\n"
    refused = desk.bring(text, home, *HOURS, "--value", "net", "--dry-run")
    assert codes(refused) == [("line 3", "value_negative")]
    assert "--negative OUTBOUND" in refused["refused"][0]["reason"]
    report = desk.bring(text, home, *HOURS, "--value", "net", "--negative", "OUTBOUND")

    assert (report["kept"], both(desk, home)) == (3, (1.5, 2))


def test_reads_of_registers_are_what_lies_between_them(desk: Desk, home: str) -> None:
    text = (
        "at,T1,T2\n2025-01-01 01:00,100.5,20\n2025-01-01 00:00,100,20\n2025-01-01 01:00,100.5,21\n"
        "2025-01-01 02:00,0,22\n2025-01-01 03:00,101.5,22\n"
    )
    options = ("--start", "at", "--value", "T1", "--value", "T2")
    with pytest.raises(CommandFailed, match=r"--length|start and end"):
        desk.bring(text, home, *options)
    report = desk.bring(text, home, *options, "--register-reads")

    assert sorted(codes(report)) == [
        ("line 4, T2", "record_duplicate"),
        ("line 5, T1", "register_glitch"),
    ]
    assert noted(report) == {"repeated": 1}
    assert both(desk, home) == (3.5, 0)
    assert desk.bring(text, home, *options, "--register-reads")["kept"] == report["kept"]


def test_an_estimated_read_makes_all_of_a_long_time_before_it_an_estimate(
    desk: Desk, home: str
) -> None:
    text = (
        "at,kWh,quality\n2024-11-01 00:00,10,actual\n2024-12-01 00:00,40,actual\n"
        "2025-06-01 00:00,900,estimated\n"
    )
    report = desk.bring(text, home, "--start", "at", "--value", "kWh", "--register-reads")

    assert (report["kept"], report["estimated"]) == (7, 6)
    assert [one.confidence for one in desk.kept(home)] == [1.0, *6 * [0.7]]


@pytest.mark.parametrize("name", ["Zählerstand", "kWh"])
def test_values_that_seem_to_be_reads_are_refused(desk: Desk, home: str, name: str) -> None:
    rows = "".join(f"2025-01-01 {n:02}:00,{150 + n / 4}\n" for n in range(4))
    with pytest.raises(CommandFailed, match="--register-reads"):
        desk.bring(f"at,{name}\n{rows}", home, *HOURS, "--value", name)
    taken = desk.bring(
        f"at,{name}\n{rows}", home, *HOURS, "--value", name, "--allow-implausible"
    )  # fmt: skip

    assert taken["kept"] == 4


def test_more_than_a_house_can_use_needs_a_word(desk: Desk, home: str) -> None:
    text = "at,Wh\n2025-01-01 00:00,200\n2025-01-01 01:00,200.1\n2025-01-01 02:00,200.2\n"
    with pytest.raises(CommandFailed, match=r"--unit.*--allow-implausible|--register-reads"):
        desk.bring(text, home, *HOURS, "--value", "Wh")
    assert desk.kept(home) == []
    level = text.replace("200.1", "200").replace("200.2", "200")
    assert desk.bring(level, home, *HOURS, "--value", "Wh")["kept"] == 3


@pytest.mark.parametrize(
    ("day", "count"), [("25/10/2025", 24), ("26/10/2025", 25), ("30/03/2025", 23)]
)
def test_numbered_hours_elapse_from_midnight(desk: Desk, home: str, day: str, count: int) -> None:
    rows = "".join(f"{day};{n};0,5\n" for n in range(1, count + 2))
    options = ("--date", "d", "--start", "h", "--length", "60", "--value", "kWh", "--day-first",
               "--decimal-comma")  # fmt: skip
    unnumbered = desk.bring(f"d;h;kWh\n{rows}", home, *options)
    assert {code for _, code in codes(unnumbered)} == {"start_time_invalid"}
    assert "--numbered" in unnumbered["refused"][0]["reason"]
    report = desk.bring(f"d;h;kWh\n{rows}", home, *options, "--numbered")

    assert codes(report) == [(f"line {count + 2}", "start_time_invalid")]
    found = desk.kept(home)
    assert (len(found), energy(found)) == (count, count / 2)
    assert [one.end for one in found[:-1]] == [one.start for one in found[1:]]


@pytest.mark.parametrize("zone", ["+00:00", "-05:00"])
def test_numbered_hours_elapse_on_the_clock_of_the_file(desk: Desk, home: str, zone: str) -> None:
    rows = "".join(f"2025-03-30;{n};1\n" for n in range(1, 26))
    options = ("--date", "d", "--start", "h", "--length", "60", "--value", "kWh", "--numbered")
    report = desk.bring(f"d;h;kWh\n{rows}", home, *options, "--utc-offset", zone)

    assert codes(report) == [("line 26", "start_time_invalid")]
    found = desk.kept(home)
    assert len(found) == 24
    assert found[0].start == datetime.fromisoformat(f"2025-03-30T00:00:00{zone}")


@pytest.mark.parametrize("names", ["start", "both", "unlabelled length"])
@pytest.mark.parametrize(("day", "hours"), [("2025-03-29", 24), ("2025-03-30", 23)])
def test_a_row_may_be_a_day(desk: Desk, home: str, names: str, day: str, hours: int) -> None:
    head = [f"{n:02}:00-{n + 1:02}:00" if names == "both" else f"{n:02}:00" for n in range(24)]
    skipped = {2} if hours == 23 else set()
    row = ["" if n in skipped else "1" for n in range(24)]
    text = f"Tag;{';'.join(head)};Summe\n{day};{';'.join(row)};{hours}\n"
    options = () if names == "unlabelled length" else ("--length", "60")
    with pytest.raises(CommandFailed):
        desk.bring(text, home, "--date", "Tag", "--value", "Summe")
    named = desk.bring(text, home, "--start", "Tag", "--value", head[0], "--length", "60")
    assert codes(named) == [("line 1", "column_invalid")]
    assert "--wide" in named["refused"][0]["reason"]
    report = desk.bring(text, home, "--date", "Tag", "--wide", *options)

    found = desk.kept(home)
    assert (report["refused"], len(found), energy(found)) == ([], hours, hours)
    assert [one.end for one in found[:-1]] == [one.start for one in found[1:]]


def test_a_row_of_a_day_tells_what_it_lacks_and_may_have_an_hour_more_in_autumn(
    desk: Desk, home: str
) -> None:
    text = (
        "Tag;00:00;01:00;02:00;02:00;03:00\n"
        "2025-10-25;1;1;1;;1\n2025-10-26;1;1;1;1;1\n2025-10-27;1;1;1\n"
    )
    report = desk.bring(text, home, "--date", "Tag", "--wide", "--length", "60")

    assert codes(report) == [("line 4, 03:00", "value_missing")]
    assert (report["kept"], both(desk, home)) == (12, (12, 0))


def test_columns_named_by_ends_are_refused(desk: Desk, home: str) -> None:
    head = ";".join(f"{n:02}:00" for n in range(1, 25))
    report = desk.bring(
        f"d;{head}\n2025-01-01;{';'.join('1' * 24)}\n", home, "--date", "d", "--wide"
    )

    assert codes(report) == [("line 1", "column_invalid")]


@pytest.mark.parametrize(
    "cells",
    [
        ("2025-01-01 00:00 to 2025-01-01 01:00", "2025-01-01 23:00:00 to 2025-01-02 00:00:00"),
        ("2025-01-01 00:00\u00a0to 2025-01-01 01:00", "2025-01-01 23:00 to\u00a02025-01-02 00:00"),
        ("01.01.2025 00:00 - 01.01.2025 01:00", "01.01.2025 23:00 – 02.01.2025 00:00"),
        ("2025-01-01 00:00 - 01:00", "2025-01-01 23:00 - 00:00"),
        ("von 01.01.2025 00:00 bis 01.01.2025 01:00", "01.01.2025 23:00 bis 02.01.2025 00:00"),
        ("2025-01-01T00:00+01:00/2025-01-01T01:00+01:00",
         "2025-01-01T23:00+01:00/2025-01-02T00:00+01:00"),
    ],
)  # fmt: skip
def test_a_period_may_stand_in_one_cell(desk: Desk, home: str, cells: tuple[str, str]) -> None:
    text = "".join(f"{cell},0.25\n" for cell in cells)
    wrong = desk.bring(
        f"when,kWh\n{text}", home, "--start", "when", "--length", "60", "--value", "kWh"
    )
    assert "--period" in wrong["refused"][0]["reason"]
    report = desk.bring(f"when,kWh\n{text}", home, "--period", "when", "--value", "kWh")

    assert report["refused"] == []
    found = desk.kept(home)
    assert [(one.start.hour, (one.end - one.start).seconds) for one in found] == [
        (23, 3600),
        (22, 3600),
    ]


@pytest.mark.parametrize(
    "count", ["1735689600", "1735689600000", "1735689600000000", "1735689600.0"]
)
def test_a_unix_time_is_known_by_its_size(desk: Desk, home: str, count: str) -> None:
    desk.bring(f"at,kWh\n{count},1\n", home, *HOURS, "--value", "kWh")

    assert [one.start.isoformat() for one in desk.kept(home)] == ["2025-01-01T00:00:00+00:00"]


@pytest.mark.parametrize("form", ["start", "end"])
def test_rows_last_to_the_neighbouring_label(desk: Desk, home: str, form: str) -> None:
    labels = ["00:00", "00:30", "01:00", "02:00", "03:00", "09:00", "10:00"]
    text = "at,W\n" + "".join(f"2025-01-01 {label},1000\n" for label in reversed(labels))
    report = desk.bring(
        text, home, f"--{form}", "at", "--length", "auto", "--value", "W", "--unit", "W"
    )  # fmt: skip

    assert report["refused"] == []
    assert noted(report) == {"gap": 1, "length_changed": 1}
    minutes = [(one.end - one.start).seconds // 60 for one in desk.kept(home)]
    assert minutes == (
        [30, 30, 60, 60, 60, 60, 60] if form == "start" else [30, 30, 30, 60, 60, 60, 60]
    )


def test_one_row_alone_has_no_length(desk: Desk, home: str) -> None:
    report = desk.bring(
        "at,kWh\n2025-01-01,1\n", home, "--start", "at", "--length", "auto", "--value", "kWh"
    )  # fmt: skip
    assert codes(report) == [("line 2", "end_time_missing")]


def test_a_second_value_for_a_period_is_refused_and_an_equal_one_counts_once(
    desk: Desk, home: str
) -> None:
    text = "at,kWh\n2025-01-01,1\n2025-01-01,1.0\n2025-01-01,2\n2025-01-02,1\n"
    report = desk.bring(text, home, "--start", "at", "--length", "DAY", "--value", "kWh")

    assert codes(report) == [("line 4", "record_duplicate")]
    assert both(desk, home) == (2, 0)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--direction", "flow"), "--direction"),
        (("--direction", "flow:INBOUND"), "--direction"),
        (("--direction", "flow=in:IN"), "--direction"),
        (("--only", "type"), "--only"),
        (("--only", "=x"), "--only"),
        (("--quality", "q=E"), "--quality"),
        (("--quality", "q=E:2"), "--quality"),
        (("--quality", "q=E:0"), "--quality"),
        (("--negative", "DOWN"), "--negative"),
        (("--numbered",), "--numbered"),
        (("--wide",), "--wide"),
        (("--period", "p"), "--period"),
        (("--register-reads",), "--register-reads"),
        (("--length", "automatic"), "--length"),
        (("--length", "auto", "--end", "e"), "auto"),
    ],
)
def test_options_that_do_not_fit_are_refused_in_words(
    desk: Desk, options: tuple[str, ...], words: str
) -> None:
    with pytest.raises(CommandFailed, match=words):
        desk.bring("a,kWh\n", "loc_" + "0" * 32, *HOURS, "--value", "kWh", *options)
