"""What takes seconds to make is made once a run, and copied: a migrated database, a data folder."""

import asyncio
import fcntl
import json
import re
import subprocess
from pathlib import Path
from typing import Any, Final

import asyncpg

from tests.support.process import run
from wattyard.platform.db import schema

_TEMPLATE: Final = "tests_migrated"


class Made:
    """Databases and data folders as at a first start; all test processes of a run share theirs."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder

    def empty_database(self, postgres: str, name: str) -> str:
        """Make a database in the run's PostgreSQL, and give its address."""
        return asyncio.run(_created(postgres, name, "template1"))

    def database(self, postgres: str, name: str) -> str:
        """Make a database of the newest schema in the run's PostgreSQL, and give its address."""
        with (self._folder / "database.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = self._folder / "database.migrated"
            if not done.exists():
                schema.migrate(self.empty_database(postgres, _TEMPLATE))
                done.touch()
        return asyncio.run(_created(postgres, name, _TEMPLATE))

    def data(self, at: Path) -> Any:
        """Lay a data folder with one account down, and give what was printed of the account."""
        made, account = self._folder / "data", self._folder / "account.json"
        with (self._folder / "data.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not account.exists():
                printed = run("account", "create", "--name", "a maker", data=made)
                account.write_text(json.dumps(printed))
        at.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", f"{made}/.", str(at)], check=True)
        return json.loads(account.read_text())


async def _created(postgres: str, name: str, template: str) -> str:
    connection = await asyncpg.connect(postgres)
    try:
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    finally:
        await connection.close()
    return re.sub(r"/wattyard\?", f"/{name}?", postgres)
