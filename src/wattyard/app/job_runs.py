"""When each periodic job last did its work, in whichever process."""

from datetime import datetime, timedelta
from time import monotonic
from typing import Final

from wattyard.kernel import instants
from wattyard.kernel.context import Context, Contexts
from wattyard.kernel.measures import Measure
from wattyard.platform.db import Database

_NOTED_EVERY_SECONDS: Final = 30.0
_TOO_LONG: Final = timedelta(days=1)
"""Every job looks for work several times a day."""


class JobRuns:
    """The last success of every periodic job, kept in the database."""

    def __init__(self, db: Database, contexts: Contexts) -> None:
        self._db = db
        self._contexts = contexts
        self._noted: dict[str, float] = {}

    async def note(self, job: str) -> None:
        """Note that a job did its work just now; a frequent one is noted twice a minute."""
        if monotonic() - self._noted.get(job, -_NOTED_EVERY_SECONDS) < _NOTED_EVERY_SECONDS:
            return
        async with self._db.transaction() as db:
            await db.execute(
                """
                INSERT INTO job_runs (job, last_success) VALUES ($1, $2)
                ON CONFLICT (job) DO UPDATE
                SET last_success = greatest(job_runs.last_success, excluded.last_success)
                """,
                job,
                self._contexts.clock(),
            )
        self._noted[job] = monotonic()

    async def measures(self, context: Context) -> list[Measure]:
        """When each job succeeded last, in seconds since 1970."""
        return [
            Measure(
                "job_last_success_timestamp_seconds",
                "When a background job did its work last, in any process, in seconds since 1970.",
                at.timestamp(),
                {"job": job},
            )
            for job, at in await self._last()
        ]

    async def complaints(self, context: Context) -> list[str]:
        """Report jobs that have not succeeded for a day; empty where all is well."""
        return [
            f"the job {job!r} succeeded last at {instants.text(at)}: is wattyard serve or wattyard "
            "worker running? Its log says why it fails"
            for job, at in await self._last()
            if at < context.now - _TOO_LONG
        ]

    async def _last(self) -> list[tuple[str, datetime]]:
        async with self._db.reading() as db:
            rows = await db.fetch("SELECT job, last_success FROM job_runs ORDER BY job")
        return [(row["job"], row["last_success"]) for row in rows]
