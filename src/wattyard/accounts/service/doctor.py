"""The use-case of the doctor: what is wrong with a whole server, and what to do about it."""

import shutil
from pathlib import Path
from typing import Final, Protocol

from wattyard.accounts.service.accounts import Accounts
from wattyard.kernel.callers import Caller
from wattyard.kernel.context import Context
from wattyard.kernel.values import dataclass
from wattyard.platform.composition import Contributions
from wattyard.platform.db import Database, health
from wattyard.platform.encryption import Keyring, key_file, registry
from wattyard.platform.services import Services

_ROOM_BYTES: Final = 1024**3


class Recomputed(Protocol):
    """What is stored twice in an account and mode, and can be recomputed; filled from above."""

    async def recompute(self, context: Context, *, repair: bool) -> tuple[int, list[str]]:
        """Compare, with `repair` also correct: how many sites, and the ids of what differs."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was recomputed: how many sites, and the ids of what was stored wrongly."""

    checked: int
    wrong: list[str]


class Doctor:
    """Looks for what is wrong; each complaint is a sentence that says what to do."""

    def __init__(
        self,
        db: Database,
        services: Services,
        keyring: Keyring,
        accounts: Accounts,
        recomputed: Contributions[Recomputed],
    ) -> None:
        self._db = db
        self._services = services
        self._keyring = keyring
        self._accounts = accounts
        self._recomputed = recomputed

    async def missing_grants(self) -> list[str]:
        """List what the database's role may not do; the rest cannot be asked then."""
        return await health.missing_grants(self._db)

    async def complaints(self, context: Context) -> list[str]:
        """List what is wrong with clock, durability, rows, secrets, jobs, markets and queues.

        `context` is the operator's.
        """
        found = await health.complaints(self._db)
        for capability in self._services.capabilities:
            for inspected in capability.inspected:
                found += await self._services.get(inspected).complaints(context)
        columns = [one for has in self._services.capabilities for one in has.encrypted]
        return found + await registry.complaints(self._db, self._keyring, columns)

    async def compare(self, context: Context, *, repair: bool = False) -> Comparison:
        """Recompute the summaries and lists of all accounts; it takes a while for many sites."""
        checked, wrong = 0, list[str]()
        for account in await self._accounts.all():
            for live_mode in (False, True):
                owner = context.on_behalf_of(Caller(account.number, account.id, live_mode))
                for one in self._recomputed:
                    count, differing = await one.recompute(owner, repair=repair)
                    checked += count
                    wrong += differing
        return Comparison(checked, wrong)


def folder_complaints(folder: Path) -> list[str]:
    """List what is wrong with the folder of an embedded database: room, and who may read it."""
    found = []
    free = shutil.disk_usage(folder).free
    if free < _ROOM_BYTES:
        found.append(f"only {free // 1024**2:,} MiB are free on the disk of {folder}: make room")
    for path, mode in ((folder / "postgres", "700"), (folder / key_file.NAME, "600")):
        if path.exists() and path.stat().st_mode & 0o077:
            found.append(f"{path} is readable by other users: chmod {mode} it")
    return found
