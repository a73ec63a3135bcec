"""The backups of the embedded database, on the screen Operator."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import htpy as h
from htpy import Node

from wattyard.kernel.measures import Measure
from wattyard.platform.settings import Settings
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.formats import Formats
from wattyard.web.dashboard.screens import operator_queues
from wattyard.web.dashboard.visit import Visit

_MIB: Final = 1024**2
_LAST: Final = "backup_last_success_timestamp_seconds"
_ARCHIVED: Final = "backup_archived_timestamp_seconds"
_WAITING: Final = "backup_waiting_bytes"
_FAILING: Final = "backup_failing"
"""The measures of `app.backup_state`."""


def is_embedded(settings: Settings) -> bool:
    """Whether the database is the one in the data folder, reached by a socket of this machine."""
    return (settings.data / "postgres").is_dir() and "host=%2F" in settings.database.replace(
        "host=/", "host=%2F"
    )


def card(visit: Visit, form: Formats, settings: Settings, measures: Sequence[Measure]) -> Node:
    """How backups go where the server takes them, and otherwise how to take one."""
    if not is_embedded(settings):
        return parts.card(
            "Backups",
            h.p[
                "The database is a PostgreSQL of yours: back it up with ", h.code["pg_dump"],
                " or its own tools.",
            ],
        )  # fmt: skip
    folder = settings.data.absolute()
    state = archive_state(form, measures, visit.call.now)
    if state is not None:
        return parts.card("Backups", state, id_="backups")
    day = datetime.now(UTC).date()
    return parts.card(
        "Backups",
        h.p[
            parts.badge("none", "warn"),
            " No backup is taken by itself: the setting ",
            h.code["WATTYARD_BACKUP_TO"],
            " names a folder for them. By hand, while the server runs:",
        ],
        h.pre(".code", tabindex="0")[
            h.code[f"wattyard backup wattyard-{day}.dump --data {folder}"]
        ],
        h.p["Keep the encryption key apart from it; a restore needs both, and a stopped server:"],
        h.pre(".code", tabindex="0")[
            h.code[f"wattyard restore wattyard-{day}.dump --data {folder}"]
        ],
        id_="backups",
    )


def archive_state(form: Formats, measures: Sequence[Measure], now: datetime) -> Node:
    """The last backup, and up to when changes are in the archive; None where none is taken."""
    if not any(one.name == _LAST for one in measures):
        return None
    last, archived, waiting, failing = (
        operator_queues.value(measures, name) for name in (_LAST, _ARCHIVED, _WAITING, _FAILING)
    )
    whole = archived and not failing
    return parts.facts(
        ("Last base backup", form.since(_instant(last), now)),
        (
            "Changes since",
            [
                parts.badge("archived", "good") if whole else parts.badge("not archived", "bad"),
                " up to ",
                form.when(_instant(archived)),
            ],
        ),
        ("Waiting for the archive", form.number(waiting / _MIB, "MiB", digits=1)),
    )


def _instant(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
