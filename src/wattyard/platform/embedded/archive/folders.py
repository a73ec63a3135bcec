"""What lies in a backup folder: chains, each with base backups and segments of WAL.

chain-20261127T234001Z-1a2b3c/
    chain.json                        which database it is of
    base-20261127T234002Z/            base.tar.gz, backup_manifest, base.json
    wal/00000001000000000000000A.gz   16 MiB each; the last one ends in .partial
"""

import gzip
import json
import os
import re
import shutil
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from wattyard.kernel.values import dataclass
from wattyard.platform.embedded.errors import EmbeddedError

SEGMENT_BYTES: Final = 16 * 1024 * 1024
PARTIAL: Final = ".partial"
_PACKED: Final = ".gz"
_SEGMENT: Final = re.compile(rf"([0-9A-F]{{24}})({re.escape(_PACKED)}|{re.escape(PARTIAL)})?")
_STAMP: Final = "%Y%m%dT%H%M%S.%fZ"
_SEGMENTS_OF_A_LOG: Final = 2**32 // SEGMENT_BYTES


def stamp(at: datetime) -> str:
    """Write an instant as the names of folders have it, whose order is then that of time."""
    return at.astimezone(UTC).strftime(_STAMP)


@dataclass(frozen=True, slots=True)
class Segment:
    """A file of the archived WAL, by the name that PostgreSQL gives it."""

    name: str
    path: Path

    @property
    def follower(self) -> str:
        """The name of the segment after it."""
        number = int(self.name[8:16], 16) * _SEGMENTS_OF_A_LOG + int(self.name[16:], 16) + 1
        log, part = divmod(number, _SEGMENTS_OF_A_LOG)
        return f"{self.name[:8]}{log:08X}{part:08X}"

    @property
    def is_whole(self) -> bool:
        """Whether no more will be written to it."""
        return self.path.suffix != PARTIAL

    @property
    def is_packed(self) -> bool:
        """Whether it is compressed."""
        return self.path.suffix == _PACKED

    def copy_to(self, folder: Path) -> Path:
        """Write it, unpacked, to a folder.

        Raises:
            EmbeddedError: when it is damaged, or cannot be read or written.
        """
        try:
            return self._copied_to(folder / self.name)
        except (OSError, EOFError, zlib.error) as fault:
            raise EmbeddedError(f"{self.path} cannot be brought to {folder}: {fault}") from fault

    def _copied_to(self, target: Path) -> Path:
        with target.open("wb") as file:
            target.chmod(0o600)
            with self.path.open("rb") as source:
                if not self.is_packed:
                    shutil.copyfileobj(source, file)
                    return target
                with gzip.GzipFile(fileobj=source) as unpacked:
                    shutil.copyfileobj(unpacked, file)
        return target

    def pack(self) -> None:
        """Compress a whole one, to a third as a rule."""
        part, packed = (self.path.with_name(self.name + end) for end in (".part", _PACKED))
        with self.path.open("rb") as source, part.open("wb") as file:
            part.chmod(0o600)
            with gzip.GzipFile(self.name, "wb", compresslevel=1, fileobj=file) as target:
                shutil.copyfileobj(source, target)
            file.flush()
            os.fsync(file.fileno())
        part.rename(packed)
        flushed(packed.parent)
        self.path.unlink()


@dataclass(frozen=True, slots=True)
class Base:
    """A base backup: a whole copy of the database, which holds from the moment `ended` on."""

    path: Path
    ended: datetime
    first_segment: str

    @property
    def size_bytes(self) -> int:
        """What it takes on disk."""
        return sum(file.stat().st_size for file in self.path.iterdir())

    def files(self) -> dict[str, tuple[int, str]]:
        """The size and the SHA-256 of every file in it, by name."""
        listed = _read(self.path / "backup_manifest")["Files"]
        return {
            one.get("Path") or bytes.fromhex(one["Encoded-Path"]).decode(): (
                one["Size"],
                one["Checksum"],
            )
            for one in listed
        }


class Chain:
    """An unbroken archive of one database's WAL, with its base backups."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.wal = path / "wal"

    @property
    def system(self) -> str:
        """The number that PostgreSQL gave the database when it was made.

        Raises:
            EmbeddedError: when it cannot be read.
        """
        file = self.path / "chain.json"
        try:
            return str(_read(file)["system"])
        except (KeyError, TypeError) as fault:
            raise EmbeddedError(f"{file} is not what was written: {fault!r}") from fault

    def may_be_of(self, system: str) -> bool:
        """Whether it is of a database, or nobody can read of which it is."""
        try:
            return self.system == system
        except EmbeddedError:
            return True

    def bases(self) -> list[Base]:
        """The whole base backups that can be read, the oldest first."""
        return [found for found in self._judged() if isinstance(found, Base)]

    def unreadable(self) -> list[str]:
        """Say of each other base backup that it is passed over, and why; and of the chain."""
        found = [str(found) for found in self._judged() if isinstance(found, EmbeddedError)]
        try:
            _ = self.system
        except EmbeddedError as fault:
            found.append(
                f"it is not known which database the chain {self.path} belongs to: {fault}. What "
                "is in it can be restored, and is never removed automatically. Bring its "
                "chain.json back from a copy, or remove the folder when it is older than what you "
                "need"
            )
        return found

    def _judged(self) -> Iterator[Base | EmbeddedError]:
        for path in sorted(self.path.glob("base-*")):
            try:
                yield _base(path)
            except EmbeddedError as fault:
                yield EmbeddedError(
                    f"the base backup {path} is passed over: {fault}. Bring its base.json back "
                    "from a copy, or remove the folder"
                )

    def segments(self) -> list[Segment]:
        """The archived WAL, in order."""
        if not self.wal.is_dir():
            return []
        found = {}
        for path in sorted(self.wal.iterdir(), reverse=True):
            if match := _SEGMENT.fullmatch(path.name):
                found[match[1]] = Segment(match[1], path)  # of two, the whole one is last
        return [found[name] for name in sorted(found)]

    def remove_half_made(self) -> None:
        """Remove a segment that a full disk left half made: with it, nothing can continue.

        Nothing that was confirmed to the database is in it.
        """
        for path in self.wal.glob(f"*{PARTIAL}"):
            if path.stat().st_size != SEGMENT_BYTES:
                path.unlink()

    def after(self, base: Base) -> list[Segment]:
        """The WAL since a base backup, up to the first segment that is missing."""
        found: list[Segment] = []
        for segment in self.segments():
            wanted = found[-1].follower if found else base.first_segment
            if segment.name == wanted:
                found.append(segment)
        return found

    def lacking(self, base: Base) -> str | None:
        """The segment after a base backup that is missing although later ones are there."""
        found = self.after(base)
        wanted = found[-1].follower if found else base.first_segment
        return wanted if any(one.name > wanted for one in self.segments()) else None


def chains(folder: Path) -> list[Chain]:
    """The chains of a backup folder, the oldest first.

    Raises:
        EmbeddedError: when there is no such folder, or it cannot be read.
    """
    try:
        names = sorted(path for path in folder.iterdir() if path.name.startswith("chain-"))
    except OSError as fault:
        raise EmbeddedError(f"{folder} cannot be read: {fault.strerror}") from fault
    return [Chain(path) for path in names if (path / "chain.json").exists()]


def unreadable(folder: Path) -> list[str]:
    """Say of each base backup and chain of a folder that cannot be read what becomes of it.

    Raises:
        EmbeddedError: as `chains`.
    """
    return [line for chain in chains(folder) for line in chain.unreadable()]


def begun(folder: Path, name: str, system: str) -> Chain:
    """Begin a chain."""
    path = folder / name
    (path / "wal").mkdir(mode=0o700, parents=True)
    path.chmod(0o700)
    write(path / "chain.json", {"system": system})
    flushed(folder)
    return Chain(path)


def write(path: Path, content: dict[str, Any]) -> None:
    """Write a file whole or not at all, to the disk, for its owner alone."""
    part = path.with_name(path.name + ".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
    flushed(path.parent)


def flushed(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def finished(part: Path, chain: Chain, ended: datetime) -> Base:
    """Give a base backup that is whole its name; until then nobody takes it for one."""
    known = {"ended": ended.isoformat(), "first_segment": _first_segment(part)}
    write(part / "base.json", known)
    target = chain.path / f"base-{stamp(ended)}"
    part.rename(target)
    flushed(chain.path)
    return _base(target)


def remove(folder: Path) -> None:
    """Remove a base backup or a chain: first its name, so that a half of it is never taken."""
    gone = folder.with_name(f"removed-{folder.name}")
    folder.rename(gone)
    shutil.rmtree(gone)


def remove_leftovers(folder: Path) -> None:
    """Remove what a crash left of base backups that were being taken or removed."""
    for path in _leftovers(folder):
        shutil.rmtree(path)


def _leftovers(folder: Path) -> Iterator[Path]:
    for pattern in ("removed-*", "taking-*"):
        yield from list(folder.glob(pattern))


def _base(path: Path) -> Base:
    file = path / "base.json"
    known = _read(file)
    try:
        ended, first = (
            datetime.fromisoformat(known["ended"]),
            _SEGMENT.fullmatch(known["first_segment"]),
        )
    except (KeyError, TypeError, ValueError) as fault:
        raise EmbeddedError(f"{file} is not what was written: {fault!r}") from fault
    if first is None or ended.tzinfo is None:
        raise EmbeddedError(f"{file} is not what was written: {known}")
    return Base(path, ended, first[1])


def _first_segment(part: Path) -> str:
    wal = _read(part / "backup_manifest")["WAL-Ranges"][0]
    high, low = (int(half, 16) for half in wal["Start-LSN"].split("/"))
    return f"{wal['Timeline']:08X}{high:08X}{low // SEGMENT_BYTES:08X}"


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError) as fault:
        raise EmbeddedError(f"{path} cannot be read: {fault}") from fault
    return found
