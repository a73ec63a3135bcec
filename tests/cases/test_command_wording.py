"""What commands refuse they say in their own words: options, never fields of the API."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from tests.support.process import ENCRYPTION_KEY
from wattyard.cli import _COMMANDS, app
from wattyard.cli.options import ACCOUNT_VARIABLES, CommandFailed
from wattyard.cli.wording import FIELDS, SITE_PLAN, in_options
from wattyard.kernel.refusals import Fault, Refusal

pytestmark = pytest.mark.usefixtures("encryption_key")

NOBODY = "0" * 32
REFUSED = [
    ("account create --name=", "--name: a name has 1 to 255"),
    ("account disable nova", "ACCOUNT_ID must be the id of an account"),
    ("account enable nova", "ACCOUNT_ID must be the id of an account"),
    ("key create --account nova --mode test --name n", "--account must be the id of an account"),
    ("key create {of} --name=", "--name: a name has 1 to 255"),
    ("key create {of} --name n --scope *:read --expires 2020-01-01", "--expires must be in the"),
    ("key create {of} --name n --scope *:read --location loc_{nobody}", "--location: there is no"),
    ("key list --account nova", "--account must be the id of an account"),
    ("key revoke mine", "KEY_ID must be the id of a key"),
    ("token --account nova", "--account must be the id of an account"),
    ("site list {of} --after x", "--after must be the id of a site"),
    ("device list {of} --after x", "--after must be the id of a device"),
    ("event list {of} --after x", "--after must be the id of an event"),
    ("delivery list {of} --after x", "--after must be the id of a webhook delivery"),
    ("site import {file} --account nova --mode test", "--account must be the id of an account"),
    ("plan dev_{nobody} {of} --charge 200", "--charge must be a number between 0 and 100"),
    ("plan dev_{nobody} {of} --charge 9 --target 200", "--target must be a number between 0 and"),
    ("plan dev_{nobody} {of} --charge 9 --reserve 200", "--reserve must be a number between 0"),
    ("plan dev_{nobody} {of} --charge 9 --hours 0", "--hours must be a number above 0"),
    ("plan dev_{nobody} {of} --charge 9 --ready-by noon", "--ready-by must be an RFC 3339 time"),
    ("plan dev_{nobody} {of} --charge 9 --location x", "--location must be an id loc_…"),
    ("plan dev_{nobody} {of} --charge 9", "DEVICE: there is no device"),
    ("plan x {of} --charge 9", "DEVICE must be"),
    ("plan --site loc_{nobody} {of} --hours 1000", "--hours must be a number above 0"),
    ("plan --site loc_{nobody} {of}", "--site: there is no location"),
    ("tariff list {of} --after x", "--after must be the id of a tariff"),
    ("tariff check {file} --timezone Mars", "--timezone must be a name in the tz database"),
    (
        "tariff check {file} --timezone Europe/Paris --country XX --currency EURO",
        "--country must be an ISO 3166-1 alpha-2 code, such as NL; got 'XX'; --currency must be",
    ),
    ("meter import {file} {of} --location x --format nem12", "--location must be the id of"),
    ("market add 'a b' --feed awattar -o area=DE", "CODE must be 1 to 60 letters"),
    ("market add A --feed awattar", "--option area: awattar needs the option 'area'"),
    ("market add A --feed awattar -o area=DE --timezone Mars", "--timezone must be a name of"),
    ("market add A --feed awattar -o area=DE --publishes-at 25", "--publishes-at must be"),
    ("user invite --email x --role owner --account acc_{nobody}", "there is no account"),
]
"""What is typed, and how what is said begins."""


@pytest.fixture(scope="module")
def account(database_url: str) -> Any:
    command = ["account", "create", "--name", "wording", "--json", "--database", database_url]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WATTYARD_ENCRYPTION_KEY", ENCRYPTION_KEY)
        return json.loads(CliRunner().invoke(app, command).stdout)


@pytest.mark.parametrize(("typed", "begins"), REFUSED, ids=[typed for typed, _ in REFUSED])
def test_a_refusal_names_the_option(
    database_url: str, account: Any, tmp_path: Path, typed: str, begins: str
) -> None:
    file = tmp_path / "given.json"
    file.write_text("{}\n")
    of = f"--account {account['account_id']} --mode test"
    arguments = [
        one.strip("'")
        for one in re.findall(r"'[^']*'|\S+", typed.format(of=of, nobody=NOBODY, file=file))
    ]
    if not typed.startswith("tariff check"):
        arguments += ["--database", database_url]
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, CommandFailed | Refusal), result.output
    assert str(result.exception).startswith(begins)


def leaves(command: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every command with its words."""
    if not hasattr(command, "commands"):
        yield name, command
        return
    for inner, one in command.commands.items():
        yield from leaves(one, f"{name} {inner}".strip())


def test_the_options_that_fields_become_are_those_of_their_command() -> None:
    group = get_command(app)
    found = {
        name: {option for one in command.params for option in (*one.opts, one.name.upper())}
        for first in _COMMANDS
        for name, command in leaves(group.get_command(None, first), first)
    }
    for name, fields in FIELDS.items():
        assert set(fields.values()) <= found[name]
    assert set(SITE_PLAN.values()) <= found["plan"]


def test_an_option_has_the_same_variables_in_every_command_that_needs_it() -> None:
    group = get_command(app)
    variables: dict[str, set[str]] = {}
    for first in _COMMANDS:
        for name, command in leaves(group.get_command(None, first), first):
            for one in command.params:
                if one.required or one.opts[0] in ("--data", "--database", "--mode"):
                    variables.setdefault(one.opts[0], set()).add(str(one.envvar))
            assert name
    assert variables["--account"] == {"WATTYARD_ACCOUNT or WATTYARD_ACCOUNT_ID"}
    assert variables["--mode"] == {"WATTYARD_MODE"}
    assert {option for option, found in variables.items() if len(found) > 1} == set()


def test_an_option_that_is_missing_is_named_with_its_variables_in_words() -> None:
    nobody = dict.fromkeys(ACCOUNT_VARIABLES)
    said = CliRunner().invoke(app, ["key", "list"], env=nobody).output
    assert "Missing option '--account'" in said
    assert "'WATTYARD_ACCOUNT or WATTYARD_ACCOUNT_ID'" in said


WITHOUT_JSON = {
    *("serve", "worker", "listen"),  # run until they are stopped, and log
    *("cells map", "customer export"),  # print a document of a form of its own, the latter JSON
}


def test_every_command_that_ends_prints_json_on_request() -> None:
    group = get_command(app)
    found = {
        name
        for first in _COMMANDS
        for name, command in leaves(group.get_command(None, first), first)
        if all("--json" not in one.opts for one in command.params)
    }
    assert found == WITHOUT_JSON


def test_only_whole_names_are_replaced_and_english_words_only_where_they_begin() -> None:
    options = {"state_of_charge_percent": "--charge", "name": "--name"}
    message = "target_state_of_charge_percent must be above state_of_charge_percent"
    both = in_options(Fault("x", message, "target_state_of_charge_percent"), options)
    assert both.message == "target_state_of_charge_percent must be above --charge"
    own = in_options(Fault("x", "name must be the name of a thing", "name"), options)
    assert own.message == "--name must be the name of a thing"
