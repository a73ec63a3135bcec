"""Metered energy in order of time, and its division at instants (contract 3, Costs).

Power is uniform inside a reading, so a reading is divided in proportion to time.
"""

from datetime import datetime

from wattyard.kernel.arrays import Integers, Marks, Numbers, np
from wattyard.kernel.clock_changes import Microseconds, instant, microseconds
from wattyard.kernel.instants import Span
from wattyard.kernel.values import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class SeriesReadings:
    """n readings of one series (a site or a device, one direction), in order of time.

    `starts_us`, `ends_us` (n) instants; `energy_kwh` (n), may be negative; `confidence` (n)
    0..1. Gaps are allowed, overlaps are not.

    Raises:
        ValueError: when the readings overlap, are out of order or empty, or energy or confidence
            is not finite.
    """

    starts_us: Microseconds
    ends_us: Microseconds
    energy_kwh: Numbers
    confidence: Numbers

    def __post_init__(self) -> None:
        shape = self.starts_us.shape
        if not (shape == self.ends_us.shape == self.energy_kwh.shape == self.confidence.shape):
            raise ValueError("each reading has a start, an end, energy and a confidence")
        if (self.ends_us <= self.starts_us).any() or (self.starts_us[1:] < self.ends_us[:-1]).any():
            raise ValueError("readings are in order and do not overlap")
        if not (np.isfinite(self.energy_kwh).all() and np.isfinite(self.confidence).all()):
            raise ValueError("energy and confidence are finite numbers")

    @property
    def span(self) -> Span | None:
        """The time from the first to the last, None without any."""
        if not self.starts_us.size:
            return None
        return Span(instant(self.starts_us[0]), instant(self.ends_us[-1]))

    def until(self, end: datetime) -> "SeriesReadings":
        """Keep what was read before an instant; a reading across it is divided."""
        end_us = microseconds(end)
        kept = self.starts_us < end_us
        starts, ends = self.starts_us[kept], self.ends_us[kept]
        clipped = np.minimum(ends, end_us)
        share = (clipped - starts) / (ends - starts)
        return SeriesReadings(starts, clipped, self.energy_kwh[kept] * share, self.confidence[kept])


@dataclass(frozen=True, slots=True, eq=False)
class ReadingPieces:
    """n pieces of readings in order of time, that do not overlap.

    `starts_us`, `ends_us`, `energy_kwh` (n); `reading` (n) the position of the reading that each
    is a piece of.
    """

    starts_us: Microseconds
    ends_us: Microseconds
    energy_kwh: Numbers
    reading: Integers

    @classmethod
    def whole(cls, readings: SeriesReadings) -> "ReadingPieces":
        """Take each reading as one piece."""
        return cls(
            readings.starts_us,
            readings.ends_us,
            readings.energy_kwh,
            np.arange(readings.starts_us.size, dtype=np.int64),
        )

    @property
    def size(self) -> int:
        return self.starts_us.size

    def only(self, kept: slice | Marks) -> "ReadingPieces":
        """Keep some of the pieces."""
        return ReadingPieces(
            self.starts_us[kept], self.ends_us[kept], self.energy_kwh[kept], self.reading[kept]
        )

    def then(self, later: "ReadingPieces") -> "ReadingPieces":
        """Append pieces that follow these."""
        return ReadingPieces(
            np.append(self.starts_us, later.starts_us),
            np.append(self.ends_us, later.ends_us),
            np.append(self.energy_kwh, later.energy_kwh),
            np.append(self.reading, later.reading),
        )

    def cut(self, edges_us: Microseconds) -> "ReadingPieces":
        """Divide the pieces that any of the edges (ascending) lies inside."""
        if not self.size:
            return self
        before = np.searchsorted(self.starts_us, edges_us, side="left") - 1
        inside = (before >= 0) & (edges_us < self.ends_us[before])
        if not inside.any():
            return self
        edges, place = edges_us[inside], before[inside]
        starts = np.insert(self.starts_us, place + 1, edges)
        ends = np.insert(self.ends_us, place, edges)
        times = np.ones(self.size, np.int64)
        np.add.at(times, place, 1)
        length = np.repeat(self.ends_us - self.starts_us, times)
        return ReadingPieces(
            starts,
            ends,
            np.repeat(self.energy_kwh, times) * ((ends - starts) / length),
            np.repeat(self.reading, times),
        )

    def between(self, start_us: int, end_us: int) -> slice:
        """Find the pieces that start in [`start_us`, `end_us`)."""
        first, last = np.searchsorted(self.starts_us, [start_us, end_us], side="left")
        return slice(int(first), int(last))

    def within(self, start_us: int, end_us: int) -> "ReadingPieces":
        """Keep what lies in [`start_us`, `end_us`); a piece across an end is divided."""
        ends = np.array([start_us, end_us], dtype=np.int64)
        divided = self.cut(ends)
        return divided.only(divided.between(start_us, end_us))
