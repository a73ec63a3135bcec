"""Token buckets: a burst at once, a rate per second on average."""

from collections.abc import Callable, Hashable
from math import ceil, floor

from cachetools import LRUCache

from wattyard.kernel.values import dataclass


@dataclass(frozen=True, slots=True)
class Taken:
    """The outcome of taking a token."""

    admitted: bool
    remaining: int
    """Whole tokens left."""
    full_after_seconds: int
    """Seconds until the bucket is full again, rounded up."""
    retry_after_seconds: float
    """Seconds until the next token; 0 where one is left."""


class Buckets:
    """A bucket of tokens per key; the least recently used ones are dropped, and start full again.

    `rate` tokens per second flow in, up to `burst`. `now` is a monotonic clock in seconds.
    """

    def __init__(
        self, *, rate: float, burst: float, now: Callable[[], float], keys: int = 50_000
    ) -> None:
        self.rate = rate
        self.burst = burst
        self._now = now
        self._levels: LRUCache[Hashable, tuple[float, float]] = LRUCache(keys)

    def take(self, key: Hashable) -> Taken:
        """Take a token from a key's bucket, if there is one."""
        now = self._now()
        level, since = self._levels.get(key) or (self.burst, now)
        level = min(self.burst, level + (now - since) * self.rate)
        admitted = level >= 1
        if admitted:
            level -= 1
        self._levels[key] = (level, now)
        return Taken(
            admitted,
            floor(level),
            ceil((self.burst - level) / self.rate),
            0.0 if level >= 1 else (1 - level) / self.rate,
        )
