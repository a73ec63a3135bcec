"""What a capability measures of the whole database, for the operator's metrics."""

from collections.abc import Mapping

from wattyard.kernel.values import dataclass, field


@dataclass(frozen=True, slots=True)
class Measure:
    """One present value of a gauge.

    Attributes:
        name: without the prefix `wattyard_`; its last part is the unit (`_seconds`, `_bytes`).
        help: what it is, in a sentence.
        labels: names and values; the same names for each value of a gauge.
    """

    name: str
    help: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


def overdue_measures(of: str, count: int, seconds: float) -> list[Measure]:
    """What retention should have removed, of one kind: how many, and the oldest for how long."""
    labels = {"of": of}
    return [
        Measure(
            "retention_overdue",
            "What is kept past its time; counted up to 1,000, in up to 1,000 accounts and modes.",
            count,
            labels,
        ),
        Measure(
            "retention_overdue_seconds",
            "For how long the oldest of it is past its time.",
            max(0.0, seconds),
            labels,
        ),
    ]
