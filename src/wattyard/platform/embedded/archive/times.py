"""When the changes in archived WAL were made: what a database can be restored to."""

import re
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from wattyard.kernel.values import dataclass
from wattyard.platform.embedded.archive.folders import Base, Chain, Segment, chains
from wattyard.platform.embedded.programs import open_as_oneself

_ENDED: Final = re.compile(rb"desc: (?:COMMIT|ABORT)\S* (?:\d+: )?(\d{4}-\d\d-\d\d [\d:.]+) UTC")


@dataclass(frozen=True, slots=True)
class Restorable:
    """The moments to which a base backup and the WAL after it lead: from `start` to `end`."""

    chain: Chain
    base: Base
    start: datetime
    end: datetime


def reaches(folder: Path) -> list[Restorable]:
    """What can be restored from a backup folder: one span for each base backup, oldest first.

    Raises:
        EmbeddedError: when the folder cannot be read.
    """
    found = []
    with tempfile.TemporaryDirectory(prefix="wattyard-wal-") as scratch:
        for chain in chains(folder):
            ends: dict[str, datetime | None] = {}
            for base in chain.bases():
                segments = chain.after(base)
                last = segments[-1].name if segments else ""
                if last not in ends:
                    ends[last] = _last_change(segments, Path(scratch))
                end = ends[last]
                found.append(
                    Restorable(chain, base, base.ended, max(base.ended, end or base.ended))
                )
    return found


def changes_in(segment: Path) -> tuple[datetime, datetime] | None:
    """When the first and the last transaction of a segment ended; None where none did.

    A transaction whose record goes on in the next segment is counted in neither.
    """
    process = open_as_oneself(["pg_waldump", "--rmgr=Transaction", str(segment)], {})
    said, _ = process.communicate()  # the end of what was written is an error to it
    found = [datetime.fromisoformat(f"{text.decode()}+00:00") for text in _ENDED.findall(said)]
    return (min(found), max(found)) if found else None


def _last_change(segments: Sequence[Segment], scratch: Path) -> datetime | None:
    for segment in reversed(segments):
        copy = segment.copy_to(scratch)
        try:
            if found := changes_in(copy):
                return found[1]
        finally:
            copy.unlink()
    return None
