"""How the backups of a database go, as a file of its data folder says it to every process."""

from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from wattyard.kernel.values import dataclass
from wattyard.platform.embedded.archive.folders import write

_FILE: Final = "backups.json"


@dataclass(frozen=True, slots=True)
class State:
    """What is known of the backups.

    Attributes:
        to: the backup folder.
        chain: the name of the chain in it that is being written.
        inode: that of the database's folder: a copy of it goes on with a chain of its own.
        begun: when the chain was begun.
        last_base: when the last base backup was whole.
        archived: changes up to this moment are in the archive.
        fault: why it fails at present; since when, `failing_since` says.
        unreadable: which base backups of the folder are passed over, and why.
    """

    to: str
    chain: str
    inode: int
    every_seconds: float
    begun: datetime
    last_base: datetime | None = None
    archived: datetime | None = None
    failing_since: datetime | None = None
    fault: str = ""
    unreadable: tuple[str, ...] = ()


def read(data: Path) -> State | None:
    """Read the state; None where no backups are taken."""
    try:
        return msgspec.json.decode((data / _FILE).read_bytes(), type=State)
    except (OSError, msgspec.DecodeError):
        return None


def note(data: Path, state: State) -> None:
    """Write the state."""
    write(data / _FILE, msgspec.to_builtins(state))
