"""Requests: the log of calls and their counts."""

from collections.abc import Sequence
from typing import Final

from wattyard.kernel.context import Contexts
from wattyard.platform.composition import Capability
from wattyard.platform.db import Database
from wattyard.platform.db.personal_rows import LogTable
from wattyard.platform.http import Endpoint
from wattyard.platform.http.front import CallWatch
from wattyard.platform.settings import Settings
from wattyard.platform.telemetry import Telemetry
from wattyard.platform.work import Job, Periodic
from wattyard.requests.adapters.calls import CallLog
from wattyard.requests.domain import Logged
from wattyard.requests.service import Days, Recorder, Requests

_DAYS_SECONDS: Final = 3600.0
_TRIM_SECONDS: Final = 600.0


def recorder(db: Database, telemetry: Telemetry) -> Recorder:
    return Recorder(db, telemetry.not_logged)


def call_log(log: Recorder, endpoints: Sequence[Endpoint], settings: Settings) -> CallLog:
    return CallLog(log, endpoints, Logged(settings.request_log))


def days(db: Database) -> Days:
    return Days(db)


def days_of_the_log(days: Days, db: Database, contexts: Contexts) -> Job:
    """Make the days of the request log ahead, and drop those that have passed."""
    name = "wattyard: days of the request log"

    async def work() -> None:
        context = contexts.operator()
        await days.make_ahead(context.now)
        await days.forget(context)

    return Periodic("request-log-days", _DAYS_SECONDS, work, alone=lambda: db.alone(name))


def size_of_the_log(days: Days, db: Database, contexts: Contexts) -> Job:
    """Delete the oldest requests of accounts that have too many."""
    name = "wattyard: size of the request log"
    return Periodic(
        "request-log-size",
        _TRIM_SECONDS,
        lambda: days.trim(contexts.operator()),
        alone=lambda: db.alone(name),
    )


REQUESTS: Final = Capability(
    name="requests",
    id_prefixes=(),
    provides=(recorder, call_log, Requests, days),
    contributes=((CallWatch, CallLog),),
    jobs=(days_of_the_log, size_of_the_log),
    inspected=(Days,),
    measured=(Days,),
    personal=(
        LogTable("requests", ("path", "query", "body", "answer"), time="time", by_moment=True),
    ),
)
