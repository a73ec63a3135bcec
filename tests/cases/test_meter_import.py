"""A meter's file arrives: `wattyard meter import`, run as a person runs it."""

import asyncio
import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from tests.support.meter_files import half_hours, local, nem12, nem12_day, nem12_register
from wattyard.accounts.service import Accounts
from wattyard.app import Services
from wattyard.app import services as services_on
from wattyard.cli import app
from wattyard.cli.options import CommandFailed
from wattyard.kernel import ids
from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Context, Contexts
from wattyard.kernel.instants import Span
from wattyard.kernel.refusals import Missing
from wattyard.meters.domain.records import Record, Search
from wattyard.meters.service import Records
from wattyard.platform.db import Database
from wattyard.sites.domain.devices import DeviceDraft
from wattyard.sites.domain.sites import PostalAddress, SiteDraft
from wattyard.sites.service import Devices, Sites

pytestmark = pytest.mark.usefixtures("loop_free")

SYDNEY = PostalAddress(city="Sydney", country_code="AU", state="NSW")
BERLIN = PostalAddress(city="Berlin", country_code="DE")
ZONES = {"Europe/Berlin": BERLIN, "Australia/Sydney": SYDNEY}
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def loop_free() -> None:
    """The command runs its own event loop, so these tests have none."""


class Desk:
    """Somebody at the command line, with a place and a device to bring readings to."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        made = self.run("account", "create", "--name", "a maker", "--json")
        self.account = json.loads(made.stdout)["account_id"]

    def run(self, *arguments: str) -> Any:
        done = CliRunner().invoke(app, [*arguments, "--database", self.url])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    def place(self, zone: str) -> str:
        async def work(services: Services, context: Context) -> str:
            draft = SiteDraft(postal_address=ZONES[zone], timezone=zone)
            site, _ = await services.get(Sites).open(context, draft)
            return ids.wire("loc", site.id)

        return self._as_maker(work)

    def device(self, location: str) -> str:
        async def work(services: Services, context: Context) -> str:
            site_id = ids.read(location, "loc", param="location")
            draft = DeviceDraft(reference_id="meter", type="OTHER")
            return ids.wire(
                "dev",
                (await services.get(Devices).add(context, draft, [site_id])).id,
            )

        return self._as_maker(work)

    def bring(self, content: bytes | str | Path, location: str, *options: str) -> Any:
        file = content
        if not isinstance(file, Path):
            file = self.folder / "meter.csv"
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        done = self.run(
            "meter", "import", str(file), "--account", self.account, "--mode", "test",
            "--location", location, "--json", *options,
        )  # fmt: skip
        report = json.loads(done.stdout)
        assert done.exit_code == (2 if report["refused"] else 0)
        assert report["refused_count"] == len(report["refused"])
        return report

    def kept(self, location: str, device: str | None = None) -> list[Record]:
        async def work(services: Services, context: Context) -> list[Record]:
            search = Search(
                Span(datetime(2000, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
                ids.read(location, "loc", param="location"),
                None if device is None else ids.read(device, "dev", param="device"),
                None, None, None, "OLDEST", 25_000, None,
            )  # fmt: skip
            return list((await services.get(Records).search(context, search)).items)

        return self._as_maker(work)

    def _as_maker(self, work: Any) -> Any:
        async def working() -> Any:
            db = Database(self.url, connections=1)
            await db.open()
            try:
                services = services_on(db)
                owner = await services.get(Accounts).account(
                    ids.read(self.account, "acc", param="a")
                )
                return await work(
                    services,
                    services.get(Contexts).of(Caller(owner.number, owner.id, live_mode=False)),
                )
            finally:
                await db.close()

        return asyncio.run(working())


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Desk:
    return Desk(database_url, tmp_path)


def energy(found: list[Record], flow: str = "INBOUND") -> float:
    return round(sum(one.energy_kwh for one in found if one.stream.flow == flow), 6)


def test_a_nem12_file_of_a_market_operator_is_kept(desk: Desk, shared_data: Path) -> None:
    home = desk.place("Australia/Sydney")
    report = desk.bring(shared_data / "meter" / "Example_NEM12_actual_interval.csv", home)

    assert report["kept"] == 48
    assert [(one["where"], one["code"]) for one in report["refused"]] == [
        ("line 4", "units_invalid")
    ]
    found = desk.kept(home)
    assert len(found) == 48
    assert (found[0].end - found[0].start, found[-1].end - found[0].start) == (
        HALF_HOUR, timedelta(days=1),
    )  # fmt: skip


def test_registers_of_a_file_are_kept_under_their_names_and_add_up(
    desk: Desk, shared_data: Path
) -> None:
    file = shared_data / "meter" / "Example_NEM12_multiple_meters.csv"
    home = desk.place("Australia/Sydney")
    heating = desk.device(home)
    with pytest.raises(CommandFailed, match=r'no register "E1".*"NCDE001111 E1" \(INBOUND\)'):
        desk.bring(file, home, "--channel", "E1")

    whole = desk.bring(file, home)
    again = desk.bring(file, home)
    second = desk.bring(file, home, "--channel", "NCDE001111 E2", "--device", heating)

    assert (whole["kept"], again["kept"], second["kept"]) == (768, 768, 192)
    assert [(one["name"], one["register"]) for one in whole["registers"]] == [
        (name, name)
        for name in ("NCDE001111 E1", "NCDE001111 B1", "NCDE001111 E2", "NDDD001888 B1")
    ]
    own = desk.kept(home)
    assert (len(own), energy(own), energy(own, "OUTBOUND")) == (768, 21.12, 5.76)
    assert {one.stream.register for one in own} == {
        "NCDE001111 E1",
        "NCDE001111 B1",
        "NCDE001111 E2",
        "NDDD001888 B1",
    }
    assert len(desk.kept(home, heating)) == 192


def test_a_green_button_feed_is_kept(desk: Desk, shared_data: Path) -> None:
    home = desk.place("Europe/Berlin")
    report = desk.bring(shared_data / "meter" / "test_usage_data_01.xml", home)

    assert (report["kept"], report["refused"]) == (96, [])
    assert len(desk.kept(home)) == 96


@pytest.mark.parametrize(("day", "hours"), [(date(2025, 3, 30), 23), (date(2025, 10, 26), 25)])
@pytest.mark.parametrize("with_offset", [True, False])
def test_a_csv_file_of_a_clock_change_day_loses_and_doubles_nothing(
    desk: Desk, day: date, hours: int, with_offset: bool
) -> None:
    home = desk.place("Europe/Berlin")
    zone = ZoneInfo("Europe/Berlin")
    start = datetime.combine(day, time(), zone).astimezone(UTC)
    periods = half_hours(start, start + timedelta(hours=hours), HALF_HOUR)
    rows = ["Zeit;Bezug (Wh);Einspeisung (Wh)"]
    for number, (begin, _) in enumerate(periods):
        label = begin.astimezone(zone).isoformat() if with_offset else local(begin, zone)
        rows.append(f"{label};{number},5;{2 * number}")
    report = desk.bring(
        "\n".join(rows), home, "--start", "Zeit", "--length", "30", "--unit", "wh",
        "--value", "Bezug (Wh)", "--value", "Einspeisung (Wh):OUTBOUND", "--decimal-comma",
    )  # fmt: skip

    assert (report["kept"], report["refused"]) == (4 * hours, [])
    found = desk.kept(home)
    drawn = [(one.start, one.end) for one in found if one.stream.flow == "INBOUND"]
    assert drawn == periods
    count = 2 * hours
    assert energy(found) == (count * (count - 1) / 2 + count / 2) / 1000
    assert energy(found, "OUTBOUND") == count * (count - 1) / 1000


def test_a_clock_without_summer_time_and_days_are_told_by_options(desk: Desk) -> None:
    home = desk.place("Europe/Berlin")
    standard = desk.bring(
        "30.03.2025,03:00,1\n30.03.2025,04:00,2\n", home, "--date", "1", "--end", "2",
        "--length", "60", "--value", "3", "--utc-offset", "+01:00",
    )  # fmt: skip
    days = desk.bring(
        "day,kWh\n30/03/2025,9\n31/03/2025,11\n", home, "--start", "day", "--length", "DAY",
        "--value", "kWh:OUTBOUND", "--day-first",
    )  # fmt: skip

    assert (standard["kept"], days["kept"]) == (2, 2)
    found = desk.kept(home)
    drawn = [one for one in found if one.stream.flow == "INBOUND"]
    fed_in = [one for one in found if one.stream.flow == "OUTBOUND"]
    assert [f"{one.start:%H:%M}" for one in drawn] == ["01:00", "02:00"]
    assert [(one.end - one.start) // timedelta(hours=1) for one in fed_in] == [23, 24]


def test_a_second_import_changes_nothing_and_a_correction_does(desk: Desk) -> None:
    home = desk.place("Australia/Sydney")

    def file(values: list[str]) -> bytes:
        return nem12(
            nem12_register("NMI1", "E1"),
            nem12_day(date(2025, 4, 6), values),
        )

    first = desk.bring(file(["0.5"] * 48), home)
    before = desk.kept(home)
    second = desk.bring(file(["0.5"] * 48), home)
    assert desk.kept(home) == before
    corrected = desk.bring(file(["0.5"] * 47 + ["2"]), home)

    assert (first["kept"], second["kept"], corrected["kept"]) == (48, 48, 48)
    assert (energy(before), energy(desk.kept(home))) == (24, 25.5)


def test_what_cannot_be_kept_is_reported_with_its_place(desk: Desk) -> None:
    home = desk.place("Europe/Berlin")
    options = ("--start", "from", "--end", "to", "--value", "kWh")
    desk.bring("from,to,kWh\n2025-01-01T00:00Z,2025-01-01T01:00Z,1\n", home, *options)
    text = (
        "from,to,kWh\n"
        "2025-01-01T00:00Z,2025-01-01T00:30Z,1\n"
        "2025-01-01T01:00Z,2025-01-01T02:00Z,1\n"
        "2025-01-01T02:00Z,2025-01-01T03:00Z,much\n"
        "1999-01-01T02:00Z,1999-01-01T03:00Z,1\n"
    )
    checked = desk.bring(text, home, *options, "--dry-run")
    assert len(desk.kept(home)) == 1
    report = desk.bring(text, home, *options)

    refused = [(one["where"], one["code"]) for one in report["refused"]]
    assert sorted(refused) == [
        ("line 2", "record_overlap"),
        ("line 4", "value_invalid"),
        ("line 5", "start_time_invalid"),
    ]
    assert (report["kept"], len(desk.kept(home))) == (1, 2)
    assert report["batch_id"].startswith("bat_")
    assert checked == {**report, "dry_run": True, "batch_id": None}


def test_more_readings_than_a_batch_has_are_all_kept_and_their_faults_found(desk: Desk) -> None:
    home = desk.place("Europe/Berlin")
    start = datetime(2025, 1, 1, tzinfo=UTC)
    rows = ["at,kWh"] + [
        f"{(start + n * timedelta(minutes=5)).isoformat()},{'x' if n == 20_500 else 1}"
        for n in range(21_000)
    ]
    rows[10_600] = f"{(start - timedelta(days=10_000)).isoformat()},1"
    report = desk.bring("\n".join(rows), home, "--start", "at", "--length", "5", "--value", "kWh")

    assert report["kept"] == 20_998
    assert [(one["where"], one["code"]) for one in report["refused"]] == [
        ("line 10601", "start_time_invalid"),
        ("line 20502", "value_invalid"),
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "value"),
        (("--value", "kWh"), "start"),
        (("--start", "a", "--value", "kWh"), "length"),
        (("--start", "a", "--value", "kWh", "--length", "0"), "--length"),
        (("--start", "a", "--value", "kWh", "--length", "1", "--unit", "MWH"), "--unit"),
        (("--start", "a", "--value", ":OUTBOUND", "--length", "1"), "--value"),
        (("--start", "a", "--value", "b", "--length", "1", "--utc-offset", "1"), "--utc-offset"),
        (("--format", "xls"), "--format"),
    ],
)
def test_options_that_tell_too_little_are_refused_in_words(
    desk: Desk, options: tuple[str, ...], words: str
) -> None:
    with pytest.raises(CommandFailed, match=words):
        desk.bring("a,kWh\n", "loc_" + "0" * 32, *options)


def test_a_place_or_device_of_somebody_else_is_not_found(desk: Desk, tmp_path: Path) -> None:
    theirs = Desk(desk.url, tmp_path).place("Europe/Berlin")
    home = desk.place("Europe/Berlin")
    options = ("--start", "a", "--length", "1", "--value", "b")
    with pytest.raises(Missing, match="location"):
        desk.bring("a,b\n", theirs, *options)
    with pytest.raises(Missing, match="device"):
        desk.bring("a,b\n", home, *options, "--device", "dev_" + "0" * 32)
