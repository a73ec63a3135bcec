"""What an account has, listed at the command line."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from wattyard.cli import app
from wattyard.cli.following import Reach
from wattyard.cli.options import CommandFailed
from wattyard.cli.printing import lines_of
from wattyard.kernel.addresses import without_password

pytestmark = pytest.mark.usefixtures("encryption_key")

HOME = {
    "reference_id": "home-1",
    "postal_address": {"city": "Amsterdam", "country_code": "NL"},
    "devices": [{"reference_id": "b-1", "type": "BATTERY_SYSTEM"}],
}


def run(*arguments: str, stdin: str | None = None) -> Any:
    return CliRunner().invoke(app, [*arguments], input=stdin)


def answered(*arguments: str, stdin: str | None = None) -> Any:
    done = run(*arguments, "--json", stdin=stdin)
    assert done.exit_code == 0, (done.output, done.exception)
    return json.loads(done.stdout)


def test_what_an_account_has_is_listed_and_nobody_elses(database_url: str) -> None:
    at = ("--database", database_url)
    mine, other = (
        answered("account", "create", "--name", name, *at)["account_id"] for name in ("a", "b")
    )
    answered(
        "site", "import", "-", "--account", mine, "--mode", "test", *at, stdin=json.dumps(HOME)
    )

    def listed(what: str, account: str, *options: str, mode: str = "test") -> Any:
        return answered(what, "list", "--account", account, "--mode", mode, *options, *at)

    (site,) = listed("site", mine)
    assert (site["reference_id"], site["status"], site["devices"]) == ("home-1", "ACTIVE", 1)
    (device,) = listed("device", mine, "--reference", "b-1")
    assert device["type"] == "BATTERY_SYSTEM"
    events = listed("event", mine, "--type", "site.*")
    assert {one["type"] for one in events} == {"site.create"}
    assert listed("event", mine, "--after", events[-1]["id"], "--type", "site.*") == []
    assert listed("site", mine, "--reference", "home-2") == []
    assert listed("tariff", mine) == listed("delivery", mine) == []
    for what in ("site", "device", "event"):
        assert listed(what, other) == listed(what, mine, mode="live") == []


def test_an_id_of_another_kind_is_no_place_in_a_list(database_url: str) -> None:
    at = ("--database", database_url)
    account = answered("account", "create", "--name", "a", *at)["account_id"]

    done = run("site", "list", "--account", account, "--mode", "test", "--after", "dev_1", *at)

    assert "after must be the id of a site" in str(done.exception)


@pytest.mark.parametrize(
    "command",
    [
        ("account", "list"),
        ("key", "list", "--account", "acc_" + "0" * 32),
        ("site", "list", "--account", "acc_" + "0" * 32, "--mode", "test"),
        ("doctor",),
        ("migrate",),
        ("worker",),
        ("backup", "somewhere"),
    ],
)
def test_a_command_makes_no_database_where_there_is_none(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "no such folder"

    done = run(*command, "--data", str(folder))

    assert isinstance(done.exception, CommandFailed)
    assert f"there is no database in {folder}" in str(done.exception)
    assert list(tmp_path.iterdir()) == []


def test_every_command_says_which_database_it_used_where_it_is_asked(database_url: str) -> None:
    done = run("--verbose", "account", "list", "--database", database_url)

    assert "wattyard: using the database postgresql://" in done.stderr


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://wattyard:s3cret@db.example/wattyard",
        "postgresql://wattyard:a@s3cret@db.example/wattyard",
        "postgresql://wattyard:a/s3cret@db.example/wattyard",
        "postgresql://db.example/wattyard?sslmode=require&sslpassword=s3cret",
        "postgresql://db.example/wattyard?user=wattyard&password=s3cret",
        "postgresql://a:s3cret@db.example/wattyard postgresql://a:s3cret@b.example/w",
    ],
)
def test_the_password_of_a_database_is_not_shown(address: str) -> None:
    shown = without_password(address)

    assert "db.example/wattyard" in shown
    assert "s3cret" not in shown


@pytest.mark.parametrize("command", [(), ("site",), ("site", "list"), ("serve",)])
def test_help_may_be_short(command: tuple[str, ...]) -> None:
    assert run(*command, "-h").stdout == run(*command, "--help").stdout


def test_rows_that_do_not_fit_the_terminal_are_printed_one_by_one() -> None:
    row = {"id": "key_" + "0" * 32, "name": "n" * 40, "time_revoked": None}

    assert lines_of([row, row], 80) == [
        "id            key_" + "0" * 32,
        "name          " + "n" * 40,
        "time_revoked",
        "",
        "id            key_" + "0" * 32,
        "name          " + "n" * 40,
        "time_revoked",
    ]
    assert len(lines_of([row, row], None)) == len(lines_of([row, row], 92)) == 3


def test_columns_stand_below_each_other_whatever_letters_a_name_has() -> None:
    assert lines_of([{"name": "a house", "id": 1}, {"name": "二軒の家", "id": 2}], 80) == [
        "name      id",
        "a house   1",
        "二軒の家  2",
    ]


def test_a_server_that_is_away_for_long_is_given_up(capsys: pytest.CaptureFixture[str]) -> None:
    now = 0.0
    reach = Reach("http://127.0.0.1:1", lambda: now)
    waits = []
    for _ in range(7):
        reach.lost(ConnectionError("refused"))
        waits.append(reach.wait_seconds())
    assert waits == [1, 2, 4, 8, 15, 30, 30]
    assert "no stream from http://127.0.0.1:1 (refused)" in capsys.readouterr().err

    now = 601.0
    with pytest.raises(CommandFailed, match=r"http://127\.0\.0\.1:1 could not be reached for 10"):
        reach.lost(ConnectionError("refused"))
