"""What a server tells its operator: one log line per request and Prometheus metrics.

No line ever holds a body, a header, a query or a secret.
"""

import logging
import sys
from time import perf_counter
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from wattyard.kernel import ids
from wattyard.platform.db import Database
from wattyard.platform.http import Call

_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


def configure_logs(*, level: str, form: str) -> None:
    """Send logs to stderr, as text for a person or as one JSON object a line."""
    number = logging.getLevelNamesMapping()[level.upper()]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    shared: list[structlog.types.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler], force=True)


class Telemetry:
    """Counts and logs requests."""

    def __init__(self, db: Database) -> None:
        self._log = structlog.get_logger("request")
        self._logs_requests: bool = self._log.is_enabled_for(logging.INFO)
        self.registry = CollectorRegistry()
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
        open_connections = Gauge(
            "wattyard_database_connections", "Open database connections.", registry=self.registry
        )
        open_connections.set_function(lambda: db.usage[0])
        idle_connections = Gauge(
            "wattyard_database_connections_idle",
            "Database connections that wait for work.",
            registry=self.registry,
        )
        idle_connections.set_function(lambda: db.usage[1])
        self._children: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    def finished(self, call: Call, fault: BaseException | None) -> None:
        """Count and log a finished request."""
        seconds = perf_counter() - call.started
        counter, histogram = self._children_of(call.operation, call.status)
        counter.inc()
        histogram.observe(seconds)
        if fault is not None:
            self._log.error("failed", **_line(call, seconds), exc_info=fault)
        elif self._logs_requests:
            self._log.info("answered", **_line(call, seconds))

    def exposition(self) -> bytes:
        """Write the metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def _children_of(self, operation: str, status: int) -> tuple[Counter, Histogram]:
        key = (operation, status)
        if key not in self._children:
            self._children[key] = (
                self._requests.labels(operation, str(status)),
                self._seconds.labels(operation),
            )
        return self._children[key]


def _line(call: Call, seconds: float) -> dict[str, object]:
    caller = call.caller
    return {
        "request": call.request_id,
        "account": ids.wire("acc", caller.account_id) if caller else None,
        "live_mode": caller.live_mode if caller else None,
        "method": call.method,
        "route": call.route or None,
        "status": call.status,
        "bytes": call.answered_bytes,
        "ms": round(seconds * 1000, 2),
    }
