"""What the command line imports before it knows that a command is run."""

import json
import subprocess
import sys

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from wattyard.cli import _COMMANDS, app

SERVER = (
    *("numpy", "sqlalchemy", "alembic", "starlette", "aiohttp", "babel", "wattyard.app"),
    *("rich.console", "typer.rich_utils"),
)
"""What only the server, the commands of its data, and those that draw need."""
DATABASE = ("asyncpg", "cryptography", "wattyard.platform.db")
CONFIGURATION = ("tomllib", "wattyard.platform.settings")
"""What is needed where there is a configuration file, or anything to configure."""
HEAVY = (*SERVER, *DATABASE, *CONFIGURATION)
AT_TIMES = (
    *("structlog", "rich", "pygments", "alembic", "sqlalchemy", "aiohttp", "highspy", "babel"),
    *("numpy", "starlette"),
)
"""What a server imports when it is needed, or when it is ready, and not for its start."""
ASKED = """
import sys
from wattyard import cli
heavy, sys.argv[1:] = sys.argv[1].split(), sys.argv[2:]
try:
    cli.main()
except SystemExit:
    pass
print([name for name in heavy if name in sys.modules], file=sys.stderr)
"""


def imported(heavy: tuple[str, ...], *command: str) -> str:
    """Which of some modules a command imported, and nothing else that it said as a fault."""
    done = subprocess.run(
        [sys.executable, "-c", ASKED, " ".join(heavy), *command],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout
    return done.stderr


@pytest.mark.parametrize("command", ["--help", "--version", "key --help", "account create --help"])
def test_help_and_version_need_neither_the_server_nor_its_libraries(command: str) -> None:
    assert imported(HEAVY, *command.split()) == "[]\n"


@pytest.mark.usefixtures("encryption_key")
def test_commands_of_keys_and_accounts_need_the_database_alone(database_url: str) -> None:
    at = ("--json", "--database", database_url)
    account = json.loads(said("account", "create", "--name", "n", *at))["account_id"]
    made = ("key", "create", "--account", account, "--mode", "test", "--name", "n")
    key = json.loads(said(*made, "--scope", "prices:read", *at))["id"]
    for command in (
        ("account", "list"),
        ("key", "list", "--account", account),
        made,
        ("token", "--account", account),
        ("key", "revoke", key),
    ):
        assert imported(SERVER, *command, *at) == "[]\n", command


def test_the_help_of_a_group_says_all_of_what_each_command_does() -> None:
    first_sentences = " ".join(said("account", "--help").split())

    assert "Delete a disabled account with everything in it, and the people who have no other." in (
        first_sentences
    )


def said(*command: str) -> str:
    """What a command that succeeds prints, run in this process."""
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("name", _COMMANDS)
def test_the_help_says_of_each_command_what_its_own_help_says(name: str) -> None:
    group = get_command(app)
    own = group.get_command(None, name)
    said = (own.help or "").split("\n\n")[0].replace("\n", " ")
    assert _COMMANDS[name].help == said


def test_a_server_starts_without_what_it_needs_only_at_times() -> None:
    """Each of them costs a start 10 to 200 ms."""
    asked = (
        "import sys, wattyard.cli.serve, wattyard.app;"
        "print({name.split('.')[0] for name in sys.modules}.intersection(sys.argv))"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked, *AT_TIMES], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
