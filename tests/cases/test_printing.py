"""What others wrote cannot steer a terminal, and secrets need not stand in the environment."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from wattyard.cli.printing import print_rows, say
from wattyard.kernel.printing import printable
from wattyard.platform.settings import SettingInvalid, Settings

HOSTILE = "\x1b]0;owned\x07\x1b[2J\u202eevil\x9b31m"


@pytest.mark.parametrize("text", ["", "Nova Systems", "naïve — 日本", "two\nlines\tand tabs"])
def test_ordinary_text_is_printed_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_control_characters_are_shown_instead_of_obeyed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    say(HOSTILE)
    print_rows([{"name": HOSTILE, "id": "[bold]acc_1[/bold]"}], json=False)
    said = capsys.readouterr().out

    assert "\x1b]" not in said
    assert not {"\x07", "\u202e", "\x9b"} & set(said)
    assert "\\x1b]0;owned" in said
    assert "[bold]acc_1[/bold]" in said


SAYS = "from wattyard.cli.database import say_meanwhile; say_meanwhile('making a database')"


@pytest.mark.parametrize("terminal", [True, False])
def test_what_takes_long_is_said_to_whoever_sits_there_and_not_to_a_log(*, terminal: bool) -> None:
    reading, writing = pty.openpty() if terminal else os.pipe()
    subprocess.run([sys.executable, "-c", SAYS], stderr=writing, check=True)
    if not terminal:
        os.close(writing)

    said = os.read(reading, 1024).decode()

    assert ("making a database" in said) is terminal
    os.close(reading)
    if terminal:
        os.close(writing)


def test_the_database_and_the_metrics_token_may_be_in_files(tmp_path: Path) -> None:
    file = tmp_path / "database"
    file.write_text("postgresql://user:secret@db/wattyard\n")
    read = Settings.read({"WATTYARD_DATABASE_FILE": str(file)})

    assert read.database == "postgresql://user:secret@db/wattyard"
    with pytest.raises(SettingInvalid, match="cannot be used together"):
        Settings.read({"WATTYARD_DATABASE_FILE": str(file), "WATTYARD_DATABASE": "postgresql://x"})
    with pytest.raises(SettingInvalid, match=r"WATTYARD_METRICS_TOKEN_FILE: .*cannot be read"):
        Settings.read({"WATTYARD_METRICS_TOKEN_FILE": str(tmp_path / "nothing")})
