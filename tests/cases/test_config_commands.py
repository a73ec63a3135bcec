"""`wattyard config`, and what the command line says of variables that nothing reads."""

import json
import os
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.cases.test_configuration import SECRET, written
from wattyard.cli import app
from wattyard.cli.options import CommandFailed
from wattyard.platform.settings import Settings, setting_names, unknown_variables


@pytest.fixture(autouse=True)
def patch(tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    """Work in an empty folder, without a variable of this server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        patch.setenv("WATTYARD_CONFIG", "")  # so that what a command names is put back
        for name in os.environ:
            if name.startswith("WATTYARD_"):
                patch.delenv(name)
        yield patch


def config(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["config", *arguments])


def test_every_setting_is_shown_with_its_value_and_where_it_is_from(
    patch: pytest.MonkeyPatch,
) -> None:
    file = written(Path("wattyard.toml"), "port = 1\ntrusted_proxies = ['10.0.0.0/8']\n").absolute()
    patch.setenv("WATTYARD_WORKERS", "2")
    found = json.loads(config("show", "--json", "--data", "here").stdout)

    assert found["file"] == str(file)
    settings = found["settings"]
    assert {*settings} == {one.name for one in fields(Settings)} - {"worker_turn"}
    assert settings["port"] == {"value": 1, "from": "wattyard.toml, line 1"}
    assert settings["trusted_proxies"]["value"] == "10.0.0.0/8"
    assert settings["workers"] == {"value": 2, "from": "WATTYARD_WORKERS"}
    assert settings["data"] == {"value": "here", "from": "--data"}
    assert settings["event_days"] == {"value": 30, "from": "default"}
    lines = config("show").stdout.splitlines()
    assert len(lines) == len(settings) + 1
    assert lines[-1] == f"configuration file: {file}"
    assert any(
        line.split() == ["port", "=", "1", "(wattyard.toml,", "line", "1)"] for line in lines
    )


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_no_secret_is_shown(patch: pytest.MonkeyPatch, form: tuple[str, ...]) -> None:
    written(Path("wattyard.toml"), f'encryption_key = "{SECRET}"\nmetrics_token = "{SECRET}"\n')
    patch.setenv("WATTYARD_DATABASE", f"postgresql://me:{SECRET}@db.example/w?password={SECRET}")
    patch.setenv("WATTYARD_WEATHER_URL", f"https://me:{SECRET}@weather.example/?apikey={SECRET}")
    shown = config("show", *form).stdout

    assert SECRET not in shown
    assert shown.count("(hidden)") == 2
    assert "postgresql://me:***@db.example/w" in shown
    assert "https://me:***@weather.example/" in shown


def test_the_file_may_be_named_before_and_after_a_command(patch: pytest.MonkeyPatch) -> None:
    file = str(written(Path("etc") / "named.toml", "port = 1"))
    for arguments in (("--config", file, "config", "show"), ("config", "show", "--config", file)):
        patch.delenv("WATTYARD_CONFIG", raising=False)
        printed = CliRunner().invoke(app, [*arguments, "--json"]).stdout
        assert json.loads(printed)["settings"]["port"]["value"] == 1


def test_check_says_that_all_is_well_and_what_is_not(patch: pytest.MonkeyPatch) -> None:
    file = written(Path("wattyard.toml"), "port = 1")
    assert config("check").stdout == f"all is well with {file.absolute()}\n"
    asked = json.loads(config("check", "--json").stdout)
    assert asked == {"file": str(file.absolute()), "status": "OK"}
    patch.setenv("WATTYARD_PROT", "1")
    file.write_text(f'encryption_key = "{SECRET}"')
    file.chmod(0o644)
    fault = config("check").exception
    assert isinstance(fault, CommandFailed)
    assert "WATTYARD_PROT" in str(fault)
    assert "wattyard.toml holds encryption_key and is readable by other users" in str(fault)


def test_a_file_that_only_names_the_files_of_secrets_may_be_read_by_others() -> None:
    written(Path("database"), "postgresql://db/wattyard")
    text = 'database_file = "database"\nencryption_key_file = "key"\n'
    written(Path("wattyard.toml"), text).chmod(0o644)

    assert config("check").exit_code == 0


def test_check_says_that_others_may_write_to_the_file() -> None:
    file = written(Path("wattyard.toml"), "port = 1")
    file.chmod(0o664)

    assert "can be written by other users, who could" in str(config("check").exception)
    file.chmod(0o644)
    assert config("check").exit_code == 0


@pytest.mark.parametrize("proxies", ["0.0.0.0/0", "::/0", "10.0.0.0/8, 128.0.0.0/1", "2000::/3"])
def test_check_says_that_everybody_may_name_any_address(
    proxies: str, patch: pytest.MonkeyPatch
) -> None:
    patch.setenv("WATTYARD_TRUSTED_PROXIES", proxies)

    last = proxies.rpartition(" ")[2]
    assert f"has {last}: whoever reaches" in str(config("check").exception)


def test_networks_that_somebody_may_have_for_themselves_are_trusted_in_silence(
    patch: pytest.MonkeyPatch,
) -> None:
    patch.setenv("WATTYARD_TRUSTED_PROXIES", "10.0.0.0/8, fc00::/7, 192.0.2.7, ::1/128")

    assert config("check").exit_code == 0


def test_a_token_that_looks_like_an_address_is_not_shown(patch: pytest.MonkeyPatch) -> None:
    patch.setenv("WATTYARD_METRICS_TOKEN", "sesame://open")

    assert "sesame" not in config("show").stdout


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("WATTYARD_DATABSE", "; did you mean WATTYARD_DATABASE?"),
        ("WATTYARD_TRUSTED_PROXY", "; did you mean WATTYARD_TRUSTED_PROXIES?"),
        ("WATTYARD_ENCRYPTION_KEYFILE", "; did you mean WATTYARD_ENCRYPTION_KEY_FILE?"),
        ("WATTYARD_GARDENING", ""),
    ],
)
def test_an_unknown_variable_is_named_with_the_one_that_was_probably_meant(
    name: str, hint: str
) -> None:
    assert unknown_variables({name: "1"}) == [f"there is no setting {name}{hint}"]


def test_variables_of_clients_of_kubernetes_and_of_others_are_no_mistakes() -> None:
    known = [f"WATTYARD_{name.upper()}" for name in setting_names()]
    others = ("URL", "SECRET_KEY", "ACCOUNT_ID", "SERVER", "CONFIG", "WORKER_TURN")
    service = ("SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP", "PORT_8080_TCP_ADDR")
    more = [f"WATTYARD_{name}" for name in (*others, *service)]

    assert unknown_variables(dict.fromkeys([*known, *more, "PATH", "MY_WATTYARD_X"], "")) == []


def test_unknown_variables_are_warned_of_once_and_stop_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setenv("WATTYARD_DATABSE", "x")
    patch.setenv("WATTYARD_WORKRES", "2")
    done = config("show", "--json")

    assert done.exit_code == 0
    (line,) = done.stderr.splitlines()
    assert "WATTYARD_DATABSE; did you mean WATTYARD_DATABASE?" in line
    assert "WATTYARD_WORKRES; did you mean WATTYARD_WORKERS?" in line


def test_the_address_that_kubernetes_gives_a_service_is_not_taken_for_a_port(
    patch: pytest.MonkeyPatch,
) -> None:
    patch.setenv("WATTYARD_PORT", "tcp://10.96.0.7:8080")
    done = config("show", "--json")

    assert json.loads(done.stdout)["settings"]["port"] == {"value": 8080, "from": "default"}
