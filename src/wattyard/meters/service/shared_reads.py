"""Readings that several questions of one call depend on: read once, for all of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from wattyard.kernel.instants import Span
from wattyard.meters.domain.records import StreamReadings

_Found = list[StreamReadings]

_kept: Final[ContextVar[list[tuple[object, Span, _Found]] | None]] = ContextVar(
    "readings_read_once", default=None
)


@contextmanager
def read_once() -> Iterator[None]:
    """Let questions inside the block share the readings of a meter that one of them reads.

    They all see what the first of them saw.
    """
    kept: list[tuple[object, Span, _Found]] = []
    token = _kept.set(kept)
    try:
        yield
    finally:
        _kept.reset(token)
        kept.clear()  # timers that were set meanwhile have this context for minutes


def keep(meter: object, span: Span, found: _Found) -> None:
    """Keep what was read of a meter in a span, inside `read_once`."""
    kept = _kept.get()
    if kept is not None:
        kept.append((meter, span, found))


def kept_of(meter: object, span: Span, *, wider: bool = False) -> _Found | None:
    """Give what was read of a meter in a span, or where `wider` in one around it; None: nothing."""
    for own, around, found in _kept.get() or ():
        contains = around.start <= span.start and span.end <= around.end
        if own == meter and (around == span or (wider and contains)):
            return found
    return None
