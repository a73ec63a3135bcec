"""Files that commands write are there whole, or not at all."""

import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TextIO

import pytest

from wattyard.cli.files import new_private_file, replaced_file
from wattyard.cli.options import CommandFailed


class BrokenOff(Exception):
    """The database goes away in the middle of a file."""


def half_written(opened: AbstractContextManager[TextIO], path: Path) -> None:
    """Write a file, of which nothing is seen meanwhile, until that is broken off."""
    with opened as file:
        former = path.read_text() if path.exists() else None
        file.write("half")
        file.flush()
        assert (path.read_text() if path.exists() else None) == former
        raise BrokenOff


def test_what_is_broken_off_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    with pytest.raises(BrokenOff):
        half_written(new_private_file(path), path)

    assert not [*tmp_path.iterdir()]


def test_a_private_file_is_new_whole_and_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    with new_private_file(path) as file:
        file.write("{}\n")

    assert path.read_text() == "{}\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [*tmp_path.iterdir()] == [path]
    with pytest.raises(CommandFailed, match="File exists"), new_private_file(path):
        pass
    assert path.read_text() == "{}\n"


def test_nothing_is_written_over_what_came_meanwhile_or_through_a_link(tmp_path: Path) -> None:
    path, elsewhere = tmp_path / "export.json", tmp_path / "elsewhere"
    with pytest.raises(CommandFailed, match="File exists"), new_private_file(path):
        path.symlink_to(elsewhere)

    assert path.is_symlink()
    with pytest.raises(CommandFailed, match="File exists"), new_private_file(path):
        pass
    assert not elsewhere.exists()


def test_a_former_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "plan.svg"
    path.write_text("former")
    with pytest.raises(BrokenOff):
        half_written(replaced_file(path), path)

    assert path.read_text() == "former"
    with replaced_file(path) as file:
        file.write("new")
    assert path.read_text() == "new"
    assert [*tmp_path.iterdir()] == [path]


def test_a_device_is_written_to_and_a_folder_is_not() -> None:
    with replaced_file(Path("/dev/null")) as file:
        file.write("gone")
    assert Path("/dev/null").is_char_device()
    for path in (Path("/dev"), Path("/nowhere/plan.svg")):
        with pytest.raises(CommandFailed, match="cannot be written"), replaced_file(path):
            pass


def test_what_is_left_of_a_killed_command_is_in_nobodys_way(tmp_path: Path) -> None:
    path = tmp_path / "plan.svg"
    (tmp_path / f".plan.svg.{os.getpid()}.part").write_text("half")  # of the same process id
    with replaced_file(path) as file:
        file.write("whole")

    assert path.read_text() == "whole"


def test_a_place_that_cannot_be_taken_is_said_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "plan.svg"
    with pytest.raises(CommandFailed, match=r"plan\.svg cannot be written: Is a directory"):  # noqa: SIM117
        with replaced_file(path):
            path.mkdir()

    assert [*tmp_path.iterdir()] == [path]


def test_what_standard_output_holds_is_added_to(tmp_path: Path) -> None:
    path = tmp_path / "all.svg"
    with path.open("a") as output:
        output.write("former, ")
        output.flush()
        with replaced_file(Path(f"/dev/fd/{output.fileno()}")) as file:
            file.write("new")
        output.write(", later")

    assert path.read_text() == "former, new, later"


def test_a_full_disk_is_said_in_one_sentence() -> None:
    with pytest.raises(CommandFailed, match="/dev/full cannot be written: No space left"):  # noqa: SIM117
        with replaced_file(Path("/dev/full")) as file:
            file.write("x")
