"""What an operator's metrics show of the replicas."""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge

from wattyard.platform.db.replica import Outcome, Replica


class ReplicaMetrics:
    """Which replicas are read, how far they are behind, and how often they were of no use."""

    def __init__(self, replicas: Sequence[Replica], registry: CollectorRegistry) -> None:
        self._replicas = replicas
        self._counted: dict[tuple[str, Outcome], int] = {}
        if not replicas:
            return
        self._reads = Counter(
            "wattyard_replica_reads",
            "What replicas were asked by how it ended: read there, or read on the primary because "
            "the replica was behind or failed.",
            ("replica", "outcome"),
            registry=registry,
        )
        self._used = Gauge(
            "wattyard_replica_used",
            "1 while a replica is read, 0 while it is left alone.",
            ("replica",),
            registry=registry,
            multiprocess_mode="livemin",
        )
        self._behind = Gauge(
            "wattyard_replica_behind_bytes",
            "How much of the primary's log of changes a replica had not replayed a moment ago.",
            ("replica",),
            registry=registry,
            multiprocess_mode="livemax",
        )

    def measure(self) -> None:
        """Take the present values."""
        for replica in self._replicas:
            self._used.labels(replica.name).set(replica.reason is None)
            self._behind.labels(replica.name).set(replica.behind_bytes)
            for outcome, count in replica.outcomes.items():
                before = self._counted.get((replica.name, outcome), 0)
                self._counted[replica.name, outcome] = count
                self._reads.labels(replica.name, outcome).inc(max(0, count - before))
