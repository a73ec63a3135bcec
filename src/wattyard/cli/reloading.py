"""SIGHUP: workers of a server are replaced, and the new ones take the settings as they are then."""

import os
import signal
from collections.abc import Callable
from dataclasses import fields, replace
from types import FrameType
from typing import Final

from wattyard.platform import logs
from wattyard.platform.settings import SettingInvalid, Settings, Traced

KEPT: Final = (
    *("host", "port", "workers", "data", "database", "database_direct", "database_read"),
    *("encryption_key", "encryption_key_file", "backup_to", "backup_every", "backup_keep"),
)
"""What belongs to the process that starts the workers, or was checked before they began."""


class Reloading:
    """Reads the settings of a server again.

    `read` reads them as at the start, from the same options and variables; it gave `first`.
    `in_use` are those that the workers have: with the database that was started, say.
    """

    def __init__(self, read: Callable[[], Traced], first: Settings, in_use: Settings) -> None:
        self._read = read
        self._first = first
        self.in_use = in_use

    def reread(self) -> Settings | None:
        """Read what workers that begin now take; None, with a line in the log, where it is invalid.

        What cannot change without a restart stays, and is named in the log.
        """
        try:
            traced = self._read()
            doubts = traced.doubts
        except (SettingInvalid, OSError) as fault:  # a file that is being replaced, say
            logs.error("settings not read again, the workers keep theirs", reason=str(fault))
            return None
        read = traced.settings
        for doubt in doubts:
            logs.warning("a setting is doubtful", reason=doubt)
        waiting = [name for name in KEPT if getattr(read, name) != getattr(self._first, name)]
        if waiting:
            logs.warning("these settings change with a restart only", settings=", ".join(waiting))
        own = {name: getattr(self.in_use, name) for name in (*KEPT, "worker_turn")}
        found = replace(read, **own)
        names = [one.name for one in fields(Settings)]
        changed = [name for name in names if getattr(found, name) != getattr(self.in_use, name)]
        logs.info("settings read again", changed=", ".join(changed) or "none")
        return found

    def hand_over(self, settings: Settings) -> None:
        """Give settings to the workers that begin from now on."""
        settings.hand_over(os.environ)
        self.in_use = settings


class Terminal:
    """The terminal that a process was started on, if any.

    A process that ignores SIGHUP when it is started, as `nohup` has it, has none to end with.
    """

    def __init__(self) -> None:
        ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        self._was_there = not ignored and _controls()

    def is_gone(self) -> bool:
        """Whether it has been closed; its processes are sent SIGHUP then."""
        return self._was_there and not _controls()


def _controls() -> bool:
    """Whether a terminal controls this process; of one that was closed nothing can be opened."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def outlive_hangup(terminal: Terminal) -> None:
    """Let a process without workers go on after SIGHUP, unless its terminal was closed.

    With its terminal it ends, as it does after SIGTERM: finishing what runs, database and all.
    Where SIGHUP is ignored already, as `nohup` has it, that stays.
    """
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        return

    def hung_up(_number: int, _frame: FrameType | None) -> None:
        if terminal.is_gone():
            signal.raise_signal(signal.SIGTERM)
        else:
            logs.warning("SIGHUP has no workers to replace: restart to take changed settings")

    signal.signal(signal.SIGHUP, hung_up)
