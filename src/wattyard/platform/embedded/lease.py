"""Sharing of the embedded database: the first to come starts it, the last to leave stops it.

Two locks of the kernel, which end with the process that holds them, however it ends:
`users.lock` is held (shared) while the database is used, `start.lock` (exclusive) only while
somebody starts or stops it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wattyard.platform.embedded.cluster import Cluster
from wattyard.platform.embedded.programs import EmbeddedError, Programs


class EmbeddedDatabase:
    """The PostgreSQL below a data folder, used by any number of processes at once.

    `durable=False` gives up safety against power cuts for speed, for databases of tests.
    """

    def __init__(self, data: Path, *, durable: bool = True) -> None:
        self.data = data.expanduser().absolute()
        self._durable = durable

    @contextmanager
    def lease(self) -> Iterator[str]:
        """Use the database: gives its address.

        Raises:
            EmbeddedError: saying what to do, when it cannot be used.
        """
        self._prepare()
        cluster = Cluster(self.data.resolve(), durable=self._durable)
        users = self._open("users.lock")
        try:
            with self._starting():
                cluster.make()
                running = cluster.running() or cluster.start()
                fcntl.flock(users, fcntl.LOCK_SH)
            try:
                yield running.url
            finally:
                with self._starting():
                    self._leave(users, cluster)
        finally:
            os.close(users)

    @property
    def programs(self) -> Programs:
        """PostgreSQL's programs, run as the user that owns this database."""
        return Programs(self.data.resolve())

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
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
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

    @contextmanager
    def _starting(self) -> Iterator[None]:
        lock = self._open("start.lock")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _open(self, name: str) -> int:
        try:
            return os.open(self.data / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as fault:
            raise EmbeddedError(
                f"{self.data / name} cannot be opened: {fault.strerror}; start as its owner"
            ) from fault
