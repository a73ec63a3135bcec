"""The lines to paste that `make run` prints."""

from pathlib import Path

import pytest

from wattyard.cli.sample import command_line
from wattyard.platform.settings import Settings


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://home/db", True),
        ("postgresql://me@home/db", True),
        ("postgresql://me:secret@home/db", False),
        ("postgresql://home/db?user=me&password=secret", False),
    ],
)
def test_a_line_names_the_database_and_no_password(address: str, *, shown: bool) -> None:
    line = command_line(Settings.read(database=address), "acc_1", "plan", "dev_1")
    assert (address in line) == shown
    assert "secret" not in line


def test_a_line_names_the_folder_of_an_embedded_database(tmp_path: Path) -> None:
    line = command_line(Settings.read(data=tmp_path), "acc_1", "plan", "dev_1")
    assert line.endswith(f"plan dev_1 --account acc_1 --mode test --data {tmp_path}")
