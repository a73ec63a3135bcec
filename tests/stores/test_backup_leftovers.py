"""What a backup to a file leaves behind that was killed, and what of it the next one removes."""

import fcntl
from pathlib import Path

import pytest

from wattyard.platform.embedded import EmbeddedError, remove_leftovers


@pytest.mark.parametrize("written", [b"", b"PG", b"PGDMP\x01and so on"])
def test_what_a_killed_backup_left_is_removed(tmp_path: Path, written: bytes) -> None:
    file, part = tmp_path / "x.dump", tmp_path / "x.dump.part"
    file.touch()
    part.write_bytes(written)
    assert remove_leftovers(file)
    assert list(tmp_path.iterdir()) == []
    assert not remove_leftovers(file)


def test_an_earlier_backup_of_the_name_stays(tmp_path: Path) -> None:
    file, part = tmp_path / "x.dump", tmp_path / "x.dump.part"
    file.write_bytes(b"PGDMP whole")
    part.write_bytes(b"PGDMP half")
    assert remove_leftovers(file)
    assert list(tmp_path.iterdir()) == [file]


def test_what_is_no_leftover_of_a_backup_stays(tmp_path: Path) -> None:
    file, part, theirs = (tmp_path / name for name in ("x", "x.part", "theirs"))
    file.touch()
    part.write_bytes(b"half of a film")
    assert not remove_leftovers(file)
    theirs.write_bytes(b"PGDMP")
    part.unlink()
    part.symlink_to(theirs)
    assert not remove_leftovers(file)
    part.unlink()
    part.hardlink_to(theirs)
    assert not remove_leftovers(file)
    assert {one.name for one in tmp_path.iterdir()} == {"x", "x.part", "theirs"}


def test_a_backup_that_is_being_written_is_let_be(tmp_path: Path) -> None:
    file, part = tmp_path / "x", tmp_path / "x.part"
    with part.open("wb") as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)
        with pytest.raises(EmbeddedError, match="wait until it ends"):
            remove_leftovers(file)
    assert part.exists()
