"""Series as charts take them: values that hold over steps of time."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wattyard.kernel.arrays import Numbers, np
from wattyard.kernel.clock_changes import Microseconds, microseconds


@dataclass(frozen=True, slots=True, eq=False)
class StepSeries:
    """A value for each of n steps that touch.

    `edges_us` (n + 1) ascend; `values` (n) are NaN where nothing is known, which is drawn as a
    gap; `confidence` (n) is 0 to 1, and 1 what is confirmed.

    Raises:
        ValueError: when the lengths do not fit, or the edges do not ascend.
    """

    edges_us: Microseconds
    values: Numbers
    confidence: Numbers | None = None

    def __post_init__(self) -> None:
        """Check the lengths and the order."""
        count = self.values.size
        if self.edges_us.size != count + 1 or not count:
            raise ValueError(f"{count} values need {count + 1} edges; got {self.edges_us.size}")
        if np.any(np.diff(self.edges_us) <= 0):
            raise ValueError("the edges of a series must ascend")
        if self.confidence is not None and self.confidence.size != count:
            raise ValueError(f"{count} values need as many confidences")

    @property
    def span_us(self) -> tuple[int, int]:
        """The first and the last edge."""
        return int(self.edges_us[0]), int(self.edges_us[-1])

    def at(self, instant_us: int) -> float | None:
        """Give the value that holds at an instant; None where none is known."""
        n = int(np.searchsorted(self.edges_us, instant_us, side="right")) - 1
        if not 0 <= n < self.values.size or np.isnan(self.values[n]):
            return None
        return float(self.values[n])


def steps_of(
    items: Iterable[Mapping[str, Any]],
    value: Callable[[Mapping[str, Any]], float | None],
    *,
    confidence: Callable[[Mapping[str, Any]], float] | None = None,
    ends: tuple[str, str] = ("start_time", "end_time"),
) -> StepSeries | None:
    """Read a series from the entries of a document; time between two entries is a gap.

    Entries are in order and do not overlap; `ends` names the fields of their start and end. None
    where there are no entries.
    """
    edges: list[int] = []
    values: list[float] = []
    trust: list[float] = []
    for item in items:
        start, end = (microseconds(datetime.fromisoformat(item[name])) for name in ends)
        if not edges:
            edges.append(start)
        elif start > edges[-1]:
            edges.append(start)
            values.append(np.nan)
            trust.append(1.0)
        found = value(item)
        edges.append(end)
        values.append(np.nan if found is None else float(found))
        trust.append(1.0 if confidence is None else confidence(item))
    if not values:
        return None
    known = None if confidence is None else np.array(trust)
    return StepSeries(np.array(edges, np.int64), np.array(values), known)


def joined_span(series: Sequence[StepSeries]) -> tuple[int, int]:
    """Give the span that holds all of at least one series."""
    spans = [one.span_us for one in series]
    return min(start for start, _ in spans), max(end for _, end in spans)
