"""What a server tells its operator: one log line per request and Prometheus metrics.

No line ever holds a body, a header, a query or a secret.
"""

import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from time import perf_counter
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from wattyard import __version__
from wattyard.kernel import ids
from wattyard.kernel.measures import Measure
from wattyard.platform import logs
from wattyard.platform.db import Database
from wattyard.platform.db.replica_metrics import ReplicaMetrics
from wattyard.platform.http import Call
from wattyard.platform.http.path_keys import MASKED
from wattyard.platform.logs import Answered

_PROBES: Final = ("health_live", "health_ready")
_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Telemetry:
    """Counts and logs requests; counts events and database connections.

    With several workers, `PROMETHEUS_MULTIPROC_DIR` names a folder in which they count
    together, so that any of them can answer for all.
    """

    def __init__(self, db: Database, request_log: logs.RequestLog | None = None) -> None:
        self._db = db
        self._request_log = request_log or logs.for_requests()
        self.registry = CollectorRegistry()
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)
        self._requests = Counter(
            "wattyard_requests",
            "Requests by operation and status.",
            ("operation", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "wattyard_request_seconds",
            "Seconds from a request's head to its answer.",
            ("operation",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._events = Counter(
            "wattyard_events", "Events written by type.", ("type",), registry=self.registry
        )
        self._deliveries = Counter(
            "wattyard_webhook_attempts",
            "Attempts to deliver webhooks by how they ended.",
            ("outcome",),
            registry=self.registry,
        )
        self._not_logged = Counter(
            "wattyard_request_log_dropped",
            "Requests that the request log lost: the database was away or slow for too long.",
            registry=self.registry,
        )
        self._connections = Gauge(
            "wattyard_database_connections",
            "Database connections, lent or idle.",
            ("state",),
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self._waiting = Gauge(
            "wattyard_database_waiting",
            "Calls that wait for a database connection.",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self._pool_size = Gauge(
            "wattyard_database_pool_size",
            "How many database connections may be open.",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self._database_seconds = Counter(
            "wattyard_database_seconds",
            "Seconds for which database connections were lent.",
            registry=self.registry,
        )
        self._database_counted = 0.0
        self._replicas = ReplicaMetrics(db.replicas, self.registry)
        self._open_requests = Gauge(
            "wattyard_requests_in_flight",
            "Requests whose answer is not finished; a stream is one for as long as it lasts.",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self._in_flight = 0
        Gauge(
            "wattyard_build_info",
            "The release that answers.",
            ("version",),
            registry=self.registry,
            multiprocess_mode="max",
        ).labels(__version__).set(1)
        self._children: dict[tuple[str, int], tuple[Counter, Histogram]] = {}
        self._measured = 0.0

    def begun(self) -> None:
        """Count a request that has come in."""
        self._in_flight += 1

    def finished(self, call: Call, fault: BaseException | None) -> None:
        """Count and log a finished request."""
        self._in_flight -= 1
        now = perf_counter()
        seconds = now - call.started
        counter, histogram = self._children_of(call.operation, call.status)
        counter.inc()
        histogram.observe(seconds)
        if now - self._measured > 1:
            self._measured = now
            self._measure()
        if fault is not None:
            logs.error("failed", fault=fault, **_line(call, seconds).details())
        elif self._request_log.is_on and not _is_probe(call):
            self._request_log.answered(_line(call, seconds))

    def failed(self, scope: str, error: Exception) -> None:
        """Log an error of ours outside any request."""
        logs.error("failed", fault=error, scope=scope)

    def recorded(self, types: Sequence[str]) -> None:
        """Count events that were written."""
        for type_ in types:
            self._events.labels(type_).inc()

    def attempted(self, outcome: str) -> None:
        """Count an attempt to deliver a webhook."""
        self._deliveries.labels(outcome).inc()

    def not_logged(self, count: int) -> None:
        """Count requests that the request log lost."""
        self._not_logged.inc(count)

    def exposition(self, measures: Iterable[Measure] = ()) -> bytes:
        """Write the metrics in Prometheus' text format, with those of the whole database."""
        self._measure()
        return self._own_exposition() + generate_latest(_gauges(measures))

    def _own_exposition(self) -> bytes:
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self.registry) + generate_latest(self._process)
        together = CollectorRegistry()
        ProcessCollector(registry=together)  # of the process that answers
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]  # the library has no types here
        return generate_latest(together)

    def _measure(self) -> None:
        self._open_requests.set(self._in_flight)
        usage = self._db.usage
        self._connections.labels("idle").set(usage.idle)
        self._connections.labels("lent").set(usage.lent)
        self._waiting.set(usage.waiting)
        if self._db.replicas:
            self._replicas.measure()
        self._pool_size.set(self._db.connections)
        self._database_seconds.inc(usage.lent_seconds - self._database_counted)
        self._database_counted = usage.lent_seconds

    def _children_of(self, operation: str, status: int) -> tuple[Counter, Histogram]:
        key = (operation, status)
        if key not in self._children:
            self._children[key] = (
                self._requests.labels(operation, str(status)),
                self._seconds.labels(operation),
            )
        return self._children[key]


def _gauges(measures: Iterable[Measure]) -> CollectorRegistry:
    registry = CollectorRegistry()
    gauges: dict[str, Gauge] = {}
    for one in measures:
        gauge = gauges.get(one.name)
        if gauge is None:
            gauge = gauges[one.name] = Gauge(
                f"wattyard_{one.name}", one.help, tuple(one.labels), registry=registry
            )
        (gauge.labels(**one.labels) if one.labels else gauge).set(one.value)
    return registry


def _is_probe(call: Call) -> bool:
    """Whether somebody asked if all is well, as is done every second, and it is."""
    return call.status == 200 and call.operation in _PROBES


def _line(call: Call, seconds: float) -> Answered:
    caller = call.caller
    return Answered(
        call.request_id,
        ids.wire("acc", caller.account_id) if caller else None,
        caller.live_mode if caller else None,
        call.method,
        _route(call),
        call.status,
        call.answered_bytes,
        int(seconds * 100_000 + 0.5) / 100,
        datetime.now(UTC),
    )


def _route(call: Call) -> str | None:
    """The route of a request's log line, with the place of a key where one was in the path."""
    return f"{MASKED}{call.route}" if call.key_in_path else call.route or None
