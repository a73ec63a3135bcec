"""What a capability measures of the whole database, for the operator's metrics."""

from collections.abc import Mapping
from dataclasses import dataclass, field


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
