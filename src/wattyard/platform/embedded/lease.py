"""Sharing of the embedded database: the first to come starts it, the last to leave stops it.

Two locks of the kernel, which end with the process that holds them, however it ends:
`users.lock` is held (shared) while the database is used, `start.lock` (exclusive) only while
somebody starts or stops it.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wattyard.platform import logs
from wattyard.platform.embedded import locks
from wattyard.platform.embedded.cluster import WAIT_SECONDS, Cluster, Running
from wattyard.platform.embedded.errors import EmbeddedError
from wattyard.platform.embedded.programs import Programs


class EmbeddedDatabase:
    """The PostgreSQL below a data folder, used by any number of processes at once.

    `durable=False` gives up safety against power cuts for speed, for databases of tests.
    `wait_seconds` is how long one that works there unseen may take to end.
    """

    def __init__(
        self, data: Path, *, durable: bool = True, wait_seconds: float = WAIT_SECONDS
    ) -> None:
        self.data = data.expanduser().absolute()
        self._durable = durable
        self._wait_seconds = wait_seconds

    def _cluster(self) -> Cluster:
        return Cluster(self.data.resolve(), durable=self._durable, wait_seconds=self._wait_seconds)

    @contextmanager
    def lease(self, *, watched: bool = False) -> Iterator[str]:
        """Use the database: gives its address.

        A `watched` database is started again, at the same address, when it is killed meanwhile.

        Raises:
            EmbeddedError: saying what to do, when it cannot be used.
        """
        self._prepare()
        cluster = self._cluster()
        users = locks.opened(self.data / "users.lock")
        try:
            with self._starting():
                cluster.make()
                running = cluster.up()
                fcntl.flock(users, fcntl.LOCK_SH)
            left = threading.Event()
            if watched:
                Watch(self, running, left).start()
            try:
                yield running.url
            finally:
                left.set()
                with self._starting():
                    self._leave(users, cluster)
        finally:
            os.close(users)

    @property
    def is_new(self) -> bool:
        """Whether the folder has no database yet: making one takes seconds."""
        return not self._cluster().is_made

    @property
    def programs(self) -> Programs:
        """PostgreSQL's programs, run as the user that owns this database."""
        return Programs(self.data.resolve() / "postgres")

    def _leave(self, users: int, cluster: Cluster) -> None:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # others still use it; ours ends with the file
        cluster.stop()

    def _prepare(self) -> None:
        if self.data.exists() and not self.data.is_dir():
            raise EmbeddedError(f"{self.data} is a file; --data needs a folder")
        try:
            # The database's own user must pass where root makes the folder.
            mode = 0o700 if os.geteuid() else 0o711
            self.data.mkdir(mode=mode, parents=True, exist_ok=True)
        except OSError as fault:
            raise EmbeddedError(
                f"the data folder {self.data} cannot be made: {fault.strerror}; "
                "choose another with --data"
            ) from fault
        if not os.access(self.data, os.W_OK | os.X_OK):
            raise EmbeddedError(
                f"the data folder {self.data} cannot be written by this user; "
                "choose another with --data, or start as its owner"
            )

    def revive(self, address: Running, left: threading.Event) -> None:
        """Start the database again at its address, unless its lease has been left meanwhile."""
        cluster = self._cluster()
        with self._starting():
            if not left.is_set():
                cluster.up(address.socket_folder)

    def is_away(self) -> bool:
        """Whether the database does not run."""
        return self._cluster().running() is None

    @contextmanager
    def _starting(self) -> Iterator[None]:
        lock = locks.opened(self.data / "start.lock")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


class Watch(threading.Thread):
    """Looks after a leased database, and starts it again when it was killed."""

    def __init__(self, database: EmbeddedDatabase, address: Running, left: threading.Event) -> None:
        super().__init__(name="database-watch", daemon=True)
        self._database = database
        self._address = address
        self._left = left

    def run(self) -> None:
        """Look twice a second until the lease ends."""
        while not self._left.wait(0.5):
            try:
                if not self._database.is_away():
                    continue
                logs.error("the embedded database was killed; starting it again")
                self._database.revive(self._address, self._left)
            except (EmbeddedError, OSError) as fault:
                logs.error("the embedded database does not start; trying again", fault=fault)
