"""What the command line imports before it knows that a command is run."""

import subprocess
import sys

import pytest
from typer.main import get_command

from wattyard.cli import _COMMANDS, app

HEAVY = ("numpy", "asyncpg", "structlog", "sqlalchemy", "wattyard.app")
ASKED = f"""
import sys
from wattyard import cli
try:
    cli.main()
except SystemExit:
    pass
print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)
"""


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_need_neither_the_server_nor_its_libraries(option: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASKED, option], capture_output=True, text=True, check=True
    )
    assert done.stderr == "[]\n"
    assert done.stdout


@pytest.mark.parametrize("name", _COMMANDS)
def test_the_help_says_of_each_command_what_its_own_help_says(name: str) -> None:
    group = get_command(app)
    own = group.get_command(None, name)
    said = (own.help or "").split("\n\n")[0].replace("\n", " ")
    assert _COMMANDS[name].help == said
