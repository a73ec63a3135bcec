"""What the server still has to do, and when its jobs did their work last."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import htpy as h
from htpy import Node

from wattyard.kernel.measures import Measure
from wattyard.web.dashboard import parts
from wattyard.web.dashboard.formats import Formats
from wattyard.web.dashboard.visit import Visit

_LAST: Final = "job_last_success_timestamp_seconds"
_LATE: Final = timedelta(days=1)
_MINUTE: Final = 60.0
_HOUR: Final = 3600.0
_DAY: Final = 86400.0


def value(measures: Sequence[Measure], name: str) -> float:
    """A measure without labels; 0 where nobody measures it."""
    return next((one.value for one in measures if one.name == name), 0.0)


def length(form: Formats, seconds: float) -> str:
    """A length of time in the unit that suits it."""
    for unit, size in (("days", _DAY), ("h", _HOUR), ("min", _MINUTE)):
        if seconds >= 2 * size:
            return form.number(seconds / size, unit, digits=0)
    return form.number(seconds, "s", digits=0)


def card(visit: Visit, form: Formats, measures: Sequence[Measure]) -> Node:
    """What waits: of webhooks, and of what should have been deleted."""
    rows = [
        (
            "Webhook deliveries that are due",
            parts.number(form.number(value(measures, "delivery_backlog"), digits=0)),
            length(form, value(measures, "delivery_oldest_seconds")),
        )
    ]
    ages = {
        one.labels["of"]: one.value for one in measures if one.name == "retention_overdue_seconds"
    }
    rows += [
        (
            f"{one.labels['of'].replace('_', ' ').capitalize()} kept past their time",
            parts.number(form.number(one.value, digits=0)),
            length(form, ages.get(one.labels["of"], 0.0)),
        )
        for one in measures
        if one.name == "retention_overdue"
    ]
    heads = ("Queue", parts.number("Waiting"), "Oldest")
    link = h.a(href=visit.root("/metrics"))["/metrics"]
    lead = h.p["Counted as ", link, " does, up to 10,000."]
    return parts.card("Queues", lead, parts.table(heads, rows, label="Queues"), id_="queues")


def jobs_card(visit: Visit, form: Formats, measures: Sequence[Measure]) -> Node:
    """When each background job did its work last, in whichever process."""
    now = visit.call.now
    rows = []
    for one in measures:
        if one.name == _LAST:
            at = datetime.fromtimestamp(one.value, UTC)
            late = now - at > _LATE
            state = parts.badge("late", "bad") if late else parts.badge("works", "good")
            rows.append((one.labels["job"].replace("-", " "), form.since(at, now), state))
    nothing = h.p[
        "No job has done its work yet. Is ",
        h.code["wattyard worker"],
        " running, or the server without ",
        h.code["--no-worker"],
        "?",
    ]
    heads = ("Job", "Worked last", "State")
    return parts.card("Workers", parts.table(heads, rows, empty=nothing, label="Jobs"), id_="jobs")
