"""What the process that takes backups notes of its progress, for all others and the next start."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any, Final, Literal

from wattyard.kernel.instants import Clock
from wattyard.platform import logs
from wattyard.platform.embedded.archive import state
from wattyard.platform.embedded.archive.state import State

Kind = Literal["archive", "base"]
_SAID_EVERY_SECONDS: Final = 600.0


class Progress:
    """The state of the backups to one folder, as `backups.json` in the data folder keeps it."""

    def __init__(self, data: Path, to: Path, every: timedelta, clock: Clock) -> None:
        self._data = data
        self._to = str(to)
        self._every = every
        self._clock = clock
        self._faults: dict[Kind, str] = {}
        self._said: dict[str, float] = {}

    def chain(self) -> str | None:
        """The name of the chain to go on with; None where there is none for this very database."""
        known = state.read(self._data)
        if known is None or (known.to, known.inode) != (self._to, self._inode()):
            return None
        return known.chain or None

    def began(self, chain: str) -> None:
        """Note that a chain was begun: a base backup is due."""
        state.note(self._data, self._new(chain))

    def is_due(self) -> bool:
        """Whether a base backup is to be taken now."""
        last = self._state().last_base
        return last is None or last + self._every <= self._clock()

    def taken(self, at: datetime) -> None:
        """Note a base backup."""
        self._faults.pop("base", None)
        self._note(last_base=at)

    def passed_over(self, unreadable: Sequence[str]) -> None:
        """Note which base backups of the folder cannot be read, and log those that are new."""
        for line in set(unreadable) - set(self._state().unreadable):
            logs.warning("a base backup cannot be read", to=self._to, reason=line)
        self._note(unreadable=tuple(unreadable))

    def archived(self, until: datetime) -> None:
        """Note up to when changes are in the archive."""
        self._faults.pop("archive", None)
        self._note(archived=until)

    def failed(self, kind: Kind, fault: Exception) -> None:
        """Note why it fails, and log it: what is the same, every ten minutes."""
        reason = str(fault)
        self._faults[kind] = reason
        with suppress(OSError):  # the disk of the data may be full, too
            self._note()
        now = monotonic()
        if now - self._said.get(reason, -_SAID_EVERY_SECONDS) >= _SAID_EVERY_SECONDS:
            self._said = {reason: now}
            logs.error("backups fail; trying again", to=self._to, reason=reason)

    def _note(self, **changes: Any) -> None:  # noqa: ANN401 (fields of the state)
        known = self._state()
        fault = "; ".join(self._faults.values())
        since = (known.failing_since or self._clock()) if fault else None
        every = self._every.total_seconds()
        changes |= {"fault": fault, "failing_since": since, "every_seconds": every}
        state.note(self._data, replace(known, **changes))

    def _state(self) -> State:
        """What is known of this folder."""
        known = state.read(self._data)
        return known if known is not None and known.to == self._to else self._new("")

    def _new(self, chain: str) -> State:
        every = self._every.total_seconds()
        return State(self._to, chain, self._inode(), every, self._clock())

    def _inode(self) -> int:
        return (self._data / "postgres").stat().st_ino
