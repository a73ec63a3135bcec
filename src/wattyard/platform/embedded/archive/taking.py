"""Taking backups alongside a running server: base backups at intervals, every change at once."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Final
from uuid import uuid4

from wattyard.kernel.instants import Clock
from wattyard.kernel.values import dataclass
from wattyard.platform import logs
from wattyard.platform.embedded import locks
from wattyard.platform.embedded.archive import folders, retention, slots
from wattyard.platform.embedded.archive.folders import Chain
from wattyard.platform.embedded.archive.progress import Progress
from wattyard.platform.embedded.archive.slots import SLOT
from wattyard.platform.embedded.asking import ask
from wattyard.platform.embedded.cluster import ROLE
from wattyard.platform.embedded.errors import EmbeddedError
from wattyard.platform.embedded.lease import EmbeddedDatabase
from wattyard.platform.embedded.programs import libpq_environment, open_as_oneself

_LOOK_SECONDS: Final = 0.5
_BEAT_SECONDS: Final = 30.0
_FIRST_BEAT_SECONDS: Final = 2.0
_AGAIN_SECONDS: Final = 5.0
_BASE_AGAIN_SECONDS: Final = 600.0
_END_SECONDS: Final = 2.0
"""A server ends within ten seconds, whatever the disk of the backups does."""

_NOW: Final = "SELECT to_json(clock_timestamp()) #>> '{}'"
_BEAT: Final = "SELECT pg_current_xact_id()"
"""Commits something: the archive reaches to the last commit, also where nobody wrote anything."""
_ARCHIVED: Final = f"""
    SELECT to_json(clock_timestamp()) #>> '{{}}', pg_current_wal_flush_lsn() - '0/0'::pg_lsn,
           coalesce(r.write_lsn - '0/0'::pg_lsn, 0)
    FROM pg_replication_slots s LEFT JOIN pg_stat_replication r ON r.pid = s.active_pid
    WHERE s.slot_name = '{SLOT}'
"""  # noqa: S608 (a constant)


@dataclass(frozen=True, slots=True)
class BackupPlan:
    """Where backups go to, how often a base backup is taken, and how many of them are kept."""

    to: Path
    every: timedelta
    keep: int


@dataclass(frozen=True, slots=True)
class Reached:
    """Up to which byte of WAL the database has written, and the archive, at a moment."""

    at: datetime
    written: int
    archived: int


class Backups:
    """Takes the backups of a leased database, and goes on after whatever fails.

    pg_receivewal writes every change to the backup folder as it is made, by a replication slot:
    what it has not got, because the folder is full or away, the database keeps, up to
    `max_slot_wal_keep_size`. Where even that was not enough, a new chain is begun.
    """

    def __init__(
        self, database: EmbeddedDatabase, url: str, schedule: BackupPlan, clock: Clock
    ) -> None:
        self._data = database.data
        self._programs = database.programs
        self._address = libpq_environment(url, ROLE)
        self._schedule = schedule
        self._clock = clock
        self._progress = Progress(database.data, schedule.to, schedule.every, clock)
        self._base_after = 0.0
        self._next_beat = 0.0
        self._reached: Reached | None = None
        self._archived = 0
        self._went_on = 0.0

    def run(self, stop: threading.Event) -> None:
        """Take backups until `stop` is set."""
        while not stop.is_set():
            try:
                with self._alone():
                    self._archive(stop)
            except (EmbeddedError, OSError) as fault:
                self._progress.failed("archive", fault)
                stop.wait(_AGAIN_SECONDS)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with locks.alone(self._data / "backups.lock") as mine:
            if not mine:
                raise EmbeddedError(
                    f"another process takes backups of {self._data}: one `wattyard serve` or "
                    "`wattyard backup --every` may do so"
                )
            yield

    def _archive(self, stop: threading.Event) -> None:
        slots.end_receiver(self._programs, self._address)
        chain = self._chain()
        chain.remove_half_made()
        self._progress.passed_over(folders.unreadable(self._schedule.to))
        receiver = open_as_oneself(
            [
                "pg_receivewal",
                f"--directory={chain.wal}",
                f"--slot={SLOT}",
                "--no-loop",
                "--no-password",
                "--status-interval=1",
            ],
            self._address,
        )
        self._next_beat, self._reached = 0.0, None
        self._archived, self._went_on = 0, monotonic()
        try:
            while not stop.wait(_LOOK_SECONDS):
                self._look(chain, receiver)
                if self._progress.is_due() and monotonic() >= self._base_after:
                    self._try_base(chain, receiver, stop)
            self._catch_up()
        finally:
            _ended(receiver)

    def _look(self, chain: Chain, receiver: "subprocess.Popen[bytes]") -> None:
        """See that the archive goes on, and twice a minute how far it is."""
        if receiver.poll() is not None:
            raise EmbeddedError(f"the archive broke off: {_complaint_of(receiver)}")
        if monotonic() >= self._next_beat:
            self._beat()
            _pack(chain)

    def _beat(self) -> None:
        aim, now = self._reached, self._ask(_BEAT)
        if now.archived > self._archived:
            self._archived, self._went_on = now.archived, monotonic()
        self._next_beat = monotonic() + _FIRST_BEAT_SECONDS
        if aim is not None and now.archived < aim.written:
            if monotonic() - self._went_on >= _BEAT_SECONDS:
                raise EmbeddedError(
                    f"{self._schedule.to} cannot be written to: its disk does not answer"
                )
            return  # its first segment takes a slow disk some seconds
        self._reached = now
        if aim is not None:
            self._next_beat = monotonic() + _BEAT_SECONDS
            self._progress.archived(aim.at)

    def _ask(self, *before: str) -> Reached:
        row = ask(self._programs, self._address, *before, _ARCHIVED).splitlines()[-1].split("|")
        if len(row) != 3:
            raise EmbeddedError(f"the replication slot {SLOT} is gone")
        return Reached(datetime.fromisoformat(row[0]), int(row[1]), int(row[2]))

    def _catch_up(self) -> None:
        """Wait a moment until the archive has all that was committed before the end."""
        with suppress(EmbeddedError):
            aim = self._ask()
            deadline = monotonic() + _END_SECONDS
            while monotonic() < deadline and self._ask().archived < aim.written:
                threading.Event().wait(_LOOK_SECONDS / 5)

    def _try_base(
        self, chain: Chain, receiver: "subprocess.Popen[bytes]", stop: threading.Event
    ) -> None:
        """Take a base backup; where that fails, the archive goes on and it is tried again later."""
        try:
            self._take_base(chain, receiver, stop)
            retention.apply(self._schedule.to, chain, self._schedule.keep)
            self._progress.passed_over(folders.unreadable(self._schedule.to))
        except (EmbeddedError, OSError) as fault:
            self._base_after = monotonic() + _BASE_AGAIN_SECONDS
            self._progress.failed("base", fault)
        finally:
            folders.remove_leftovers(chain.path)

    def _take_base(
        self, chain: Chain, receiver: "subprocess.Popen[bytes]", stop: threading.Event
    ) -> None:
        part = chain.path / f"taking-{folders.stamp(self._clock())}"
        process = open_as_oneself(
            [
                "pg_basebackup",
                f"--pgdata={part}",
                "--format=tar",
                "--compress=client-gzip:1",
                "--wal-method=fetch",
                "--checkpoint=fast",
                "--manifest-checksums=SHA256",
                "--label=wattyard",
                "--no-password",
            ],
            self._address,
        )
        try:
            while process.poll() is None:
                if stop.wait(_LOOK_SECONDS / 5):
                    return
                self._look(chain, receiver)
            if process.returncode != 0:
                raise EmbeddedError(f"no base backup could be taken: {_complaint_of(process)}")
        finally:
            _ended(process)
        ended = datetime.fromisoformat(ask(self._programs, self._address, _NOW))
        base = folders.finished(part, chain, ended)
        ask(self._programs, self._address, _BEAT)
        self._progress.taken(ended)
        logs.info("a base backup was taken", folder=str(base.path), bytes=base.size_bytes)

    def _chain(self) -> Chain:
        """Go on with the previous chain where nothing of it is missing, else begin a new one."""
        name = self._progress.chain()
        if name is not None:
            chain = Chain(self._schedule.to / name)
            if not chain.wal.is_dir():
                raise EmbeddedError(
                    f"{chain.path} is not there any more: is the disk mounted? If it was removed "
                    "on purpose, run `wattyard backup stop`, and a new one is begun"
                )
            if slots.keeps_all(self._programs, self._address):
                folders.remove_leftovers(chain.path)
                return chain
            logs.warning(
                "the archive of backups has a gap: a new chain is begun", to=str(self._schedule.to)
            )
        return self._begun()

    def _begun(self) -> Chain:
        to, now = self._schedule.to, self._clock()
        if not to.is_dir():
            to.mkdir(mode=0o700)  # not its parents: one of them may be a disk that is not mounted
        asked = "SELECT system_identifier FROM pg_control_system()"
        system = ask(self._programs, self._address, asked)
        if not all(chain.may_be_of(system) for chain in folders.chains(to)):
            raise EmbeddedError(
                f"{to} holds backups of another database: give each a folder of its own"
            )
        slots.make(self._programs, self._address)
        name = f"chain-{folders.stamp(now)}-{uuid4().hex[:6]}"
        chain = folders.begun(to, name, system)
        self._progress.began(name)
        return chain


@contextmanager
def taken(
    database: EmbeddedDatabase, url: str, schedule: BackupPlan, clock: Clock
) -> Iterator[None]:
    """Take backups of a leased database alongside the block."""
    stop = threading.Event()
    backups = Backups(database, url, schedule, clock)
    thread = threading.Thread(target=backups.run, args=(stop,), name="backups", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(3 * _END_SECONDS)
        if thread.is_alive():  # its disk hangs: the database waits for nobody who reads from there
            with suppress(EmbeddedError):
                slots.end_receiver(database.programs, libpq_environment(url, ROLE))


def stop(database: EmbeddedDatabase) -> None:
    """End backups for good: the database keeps nothing for an archive any longer.

    What is in the backup folder stays.

    Raises:
        EmbeddedError: while a process takes them.
    """
    with locks.alone(database.data / "backups.lock") as mine, database.lease() as url:
        if not mine:
            raise EmbeddedError(
                "backups are being taken: stop the server, or start it without them, first"
            )
        slots.drop(database.programs, libpq_environment(url, ROLE))
        (database.data / "backups.json").unlink(missing_ok=True)


def _pack(chain: Chain) -> None:
    for segment in [one for one in chain.segments() if one.is_whole][:-1]:
        if not segment.is_packed:  # the newest may be looked at by its writer
            segment.pack()


def _ended(process: "subprocess.Popen[bytes]") -> None:
    """End a program as Ctrl-C does, and without mercy where that is not enough."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            with suppress(subprocess.TimeoutExpired):  # one whose disk hangs cannot even be killed
                process.wait(_END_SECONDS)
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def _complaint_of(process: "subprocess.Popen[bytes]") -> str:
    _, errors = process.communicate()
    return errors.decode(errors="replace").strip() or f"exit code {process.returncode}"
