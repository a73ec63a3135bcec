"""Making a database of a moment: a base backup, and the changes since, up to that moment."""

import fcntl
import hashlib
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from wattyard.kernel import instants
from wattyard.platform.embedded import locks
from wattyard.platform.embedded.archive.folders import Base, Segment, unreadable
from wattyard.platform.embedded.archive.times import Restorable, changes_in, reaches
from wattyard.platform.embedded.asking import ask
from wattyard.platform.embedded.cluster import ROLE, Cluster
from wattyard.platform.embedded.errors import EmbeddedError
from wattyard.platform.embedded.lease import EmbeddedDatabase
from wattyard.platform.embedded.programs import Programs, libpq_environment

_RECOVERY_SECONDS: Final = 7 * 24 * 3600.0
_SETTINGS: Final = {
    "restore_command": "exit 1",  # all that is needed lies in pg_wal
    "recovery_target_action": "promote",
    "hot_standby": "off",  # nobody looks at it meanwhile
}
_REPLAYED: Final = "SELECT to_json(pg_last_xact_replay_timestamp()) #>> '{}'"
_ABOUT_THE_SAME: Final = timedelta(seconds=1)
"""Transactions that end at once are not written in the order of their times."""
_PIECE_BYTES: Final = 1024 * 1024
_ALLOWED: Final = ("encryption-key", "start.lock", "postgres.new-")


def restore(
    database: EmbeddedDatabase,
    folder: Path,
    to: datetime | None,
    warned: Callable[[str], None],
) -> datetime:
    """Make a database as it was at a moment, or at the last one, in a new data folder.

    All that was committed up to the moment is in it, that moment included, and nothing that was
    committed after it. The backup folder is only read. Gives the moment. `warned` is told where
    the archive has changes that do not follow, so that the last moment is earlier than it was, and
    of base backups that cannot be read.

    Raises:
        EmbeddedError: when the moment cannot be restored, naming those that can, when the data
            folder has a database already, or a backup is damaged.
    """
    with _new_folder(database.data) as data:
        programs = Programs(data / "postgres")
        for line in unreadable(folder):
            warned(line)
        reach = _chosen(reaches(folder), folder, to)
        if to is None and (lacking := reach.chain.lacking(reach.base)) is not None:
            warned(
                f"{reach.chain.wal} lacks the segment {lacking}: what was changed after "
                f"{instants.text(reach.end)} is lost, although later segments are there"
            )
        with _beside(data, programs) as place:
            cluster = place / "postgres"
            _unpack(reach.base, cluster)
            _lay_out(reach.chain.after(reach.base), cluster / "pg_wal", to)
            if to is not None and to < reach.end:
                _recover(place, to)
            else:
                replayed = _recover(place, None)
                if (
                    reach.end
                    > max(reach.base.ended, replayed or reach.base.ended) + _ABOUT_THE_SAME
                ):
                    reached = instants.text(replayed or reach.base.ended)
                    warned(
                        f"{reach.chain.wal} is damaged: it has changes up to "
                        f"{instants.text(reach.end)}, and those after {reached} cannot be followed"
                    )
            cluster.rename(data / "postgres")
    return to or reach.end


def _chosen(found: Sequence[Restorable], folder: Path, to: datetime | None) -> Restorable:
    """The newest base backup that leads to a moment."""
    if not found:
        raise EmbeddedError(
            f"{folder} holds no complete base backup: nothing can be restored from it"
        )
    if to is None:
        return found[-1]
    fitting = [one for one in found if one.start <= to <= one.end]
    if not fitting:
        raise EmbeddedError(
            f"{instants.text(to)} cannot be restored from {folder}: it holds "
            f"{' and '.join(spans(found))}"
        )
    return fitting[-1]


def spans(found: Sequence[Restorable]) -> list[str]:
    """Name the moments that can be restored, those of each chain together."""
    by_chain: dict[Path, list[Restorable]] = {}
    for one in found:
        by_chain.setdefault(one.chain.path, []).append(one)
    return [
        f"{instants.text(min(one.start for one in reach))} to "
        f"{instants.text(max(one.end for one in reach))}"
        for reach in by_chain.values()
    ]


@contextmanager
def _new_folder(data: Path) -> Iterator[Path]:
    """Have a data folder without a database for oneself; it may hold the encryption key."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = locks.opened(data / "start.lock")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if taken := [p.name for p in data.iterdir() if not p.name.startswith(_ALLOWED)]:
            raise EmbeddedError(
                f"{data} is not empty (it has {min(taken)}): a database of an earlier moment is "
                "made in a new folder, and the present one stays as it is; name one with --data"
            )
        yield data
    finally:
        os.close(lock)


@contextmanager
def _beside(data: Path, programs: Programs) -> Iterator[Path]:
    """A folder to make the database in; what a crash left of an earlier try goes first."""
    for leftover in data.glob("postgres.new-*"):
        shutil.rmtree(leftover)
    place = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=data))
    try:
        programs.own(place)
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _unpack(base: Base, cluster: Path) -> None:
    """Unpack a base backup, and check every file against the size and checksum of the manifest."""
    cluster.mkdir(mode=0o700)
    found: dict[str, tuple[int, str]] = {}
    try:
        with tarfile.open(base.path / "base.tar.gz", "r|gz") as archive:
            for member in archive:
                if (summed := _unpack_one(archive, member, cluster)) is not None:
                    found[member.name] = summed
    except (OSError, EOFError, tarfile.TarError, zlib.error) as fault:
        raise EmbeddedError(f"{base.path} is damaged or cannot be read: {fault}") from fault
    for name, summed in base.files().items():
        if found.get(name) != summed:
            raise EmbeddedError(f"{base.path} is damaged: {name} is not what was backed up")


def _unpack_one(
    archive: tarfile.TarFile, member: tarfile.TarInfo, cluster: Path
) -> tuple[int, str] | None:
    target = cluster / member.name
    if not target.resolve().is_relative_to(cluster.resolve()):
        raise EmbeddedError(f"the backup has a file that lies outside it: {member.name}")
    if member.isdir():
        target.mkdir(mode=0o700, exist_ok=True)
        return None
    source, checksum = archive.extractfile(member), hashlib.sha256()
    if source is None:  # a link: a database of ours has none
        raise EmbeddedError(f"the backup has something that is not a file: {member.name}")
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        while piece := source.read(_PIECE_BYTES):
            checksum.update(piece)
            file.write(piece)
    return member.size, checksum.hexdigest()


def _lay_out(segments: Sequence[Segment], wal: Path, to: datetime | None) -> None:
    """Write the changes since the base backup to where recovery reads them, and no more of them.

    The first change after the moment is needed too: it is what recovery stops at.
    """
    for segment in segments:
        copy = segment.copy_to(wal)
        if to is not None and (found := changes_in(copy)) and found[1] > to:
            return


def _recover(place: Path, to: datetime | None) -> datetime | None:
    """Replay the changes: the moment of the last one."""
    (place / "postgres" / "recovery.signal").touch(0o600)
    target = {} if to is None else {"recovery_target_time": to.isoformat()}
    cluster = Cluster(
        place, durable=True, start_seconds=_RECOVERY_SECONDS, settings={**_SETTINGS, **target}
    )
    try:
        address = libpq_environment(cluster.up().url, ROLE)
        replayed = ask(cluster.programs, address, _REPLAYED)
    finally:
        cluster.stop()
    return datetime.fromisoformat(replayed) if replayed else None
