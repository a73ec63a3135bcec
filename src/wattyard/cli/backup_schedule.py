"""The backups that a process takes alongside its own work, as its settings say."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wattyard.cli.options import CommandFailed
from wattyard.kernel.instants import system_clock
from wattyard.kernel.lengths import length
from wattyard.platform.embedded import EmbeddedDatabase
from wattyard.platform.settings import Settings


@contextmanager
def taking_backups(settings: Settings, url: str) -> Iterator[None]:
    """Take backups of the embedded database alongside the block, where the settings say so.

    Raises:
        CommandFailed: when the database is an external one.
    """
    if not settings.backup_to:
        yield
        return
    # Only where it is wanted: a start without backups does not wait for it.
    from wattyard.platform.embedded.archive import taking  # noqa: PLC0415

    if settings.database:
        raise CommandFailed(
            "backup_to is for the embedded database; back an external PostgreSQL up with its own "
            "tools"
        )
    to, every = Path(settings.backup_to).expanduser().absolute(), length(settings.backup_every)
    schedule = taking.BackupPlan(to, every, settings.backup_keep)
    with taking.taken(EmbeddedDatabase(settings.data), url, schedule, system_clock):
        yield
