"""Readings in the binary form of COPY, which PostgreSQL takes much faster than values.

The form is that of PostgreSQL's documentation of COPY, "Binary Format": a head, then for each
row the number of its fields and each field after its length, big-endian, and a tail.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from functools import cache
from typing import Final

from wattyard.kernel.arrays import Integers, Rows, np
from wattyard.meters.domain.readings import Readings
from wattyard.platform.db.columns import EPOCH_US

COLUMNS: Final = (
    "series",
    "start_time",
    "end_time",
    "energy_kwh",
    "confidence",
    "account",
    "live_mode",
    "session_reference_id",
    "record_reference_id",
)
_NUMBERS: Final = dict(zip(COLUMNS, (">i8", ">i8", ">i8", ">f8", ">f8", ">i4", "i1"), strict=False))
_HEAD: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TAIL: Final = b"\xff\xff"
_NULL: Final = b"\xff\xff\xff\xff"


async def rows(
    account: int, live: bool, readings: Readings, series: Integers
) -> AsyncIterator[bytes]:
    """Write readings (n) and their series (n), with head and tail."""
    numbers = _numbers(account, live, readings, series)
    if any(readings.sessions) or any(readings.references):
        yield _HEAD + b"".join(_with_texts(numbers, readings)) + _TAIL
        return
    ends: Rows = np.empty(numbers.size, [("row", numbers.dtype), ("texts", "S8")])
    ends["row"] = numbers
    ends["texts"] = _NULL + _NULL
    yield _HEAD + ends.tobytes() + _TAIL


@cache
def _row() -> "np.dtype[np.void]":
    return np.dtype(
        [("fields", ">i2")]
        + [
            part
            for name, kind in _NUMBERS.items()
            for part in ((f"{name}_length", ">i4"), (name, kind))
        ]
    )


def _numbers(account: int, live: bool, readings: Readings, series: Integers) -> Rows:
    table: Rows = np.empty(len(readings), _row())
    table["fields"] = len(COLUMNS)
    for name, kind in _NUMBERS.items():
        table[f"{name}_length"] = np.dtype(kind).itemsize
    table["series"] = series
    table["start_time"] = readings.starts_us - EPOCH_US
    table["end_time"] = readings.ends_us - EPOCH_US
    table["energy_kwh"] = readings.energy_kwh
    table["confidence"] = readings.confidence
    table["account"] = account
    table["live_mode"] = live
    return table


def _with_texts(numbers: Rows, readings: Readings) -> Iterator[bytes]:
    plain, size = numbers.tobytes(), numbers.dtype.itemsize
    at = 0
    for texts in zip(readings.sessions, readings.references, strict=True):
        yield plain[at : at + size]
        at += size
        yield from _texts(texts)


def _texts(texts: Sequence[str | None]) -> Iterator[bytes]:
    for text in texts:
        if text is None:
            yield _NULL
        else:
            written = text.encode()
            yield len(written).to_bytes(4, "big")
            yield written
