"""Meter readings for measurements: as JSON bodies, and as the rows that COPY takes."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import asyncpg
import numpy as np
from numpy.typing import NDArray

HALF_HOUR = timedelta(minutes=30)
HALF_HOUR_US = 1_800_000_000
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # PostgreSQL counts from here
_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TAIL = b"\xff\xff"
_COLUMNS = (
    ("series", ">i8"), ("start_time", ">i8"), ("end_time", ">i8"), ("energy_kwh", ">f8"),
    ("confidence", ">f8"), ("account", ">i4"), ("live_mode", "i1"),
)  # fmt: skip
_ROW = np.dtype(
    [("fields", ">i2")]
    + [part for name, kind in _COLUMNS for part in ((f"length_{name}", ">i4"), (name, kind))]
)
COLUMNS = [name for name, _ in _COLUMNS]


def body(meters: Sequence[str], start: datetime, half_hours: int) -> bytes:
    """Write the readings of some meters as a batch.

    A meter is what names it in a record: `"location_id":"loc_…"` and perhaps a device.
    """
    times = [
        (start + n * HALF_HOUR).isoformat().replace("+00:00", "Z") for n in range(half_hours + 1)
    ]
    records = [
        f'{{{meter},"start_time":"{times[n]}","end_time":"{times[n + 1]}",'
        f'"units":"KWH","value":{n % 37 * 0.031:.3f}}}'
        for meter in meters
        for n in range(half_hours)
    ]
    return f"[{','.join(records)}]".encode()


def rows(account: int, series: Sequence[int], start: datetime, half_hours: int) -> bytes:
    """Write the rows of the same readings in the binary form of COPY."""
    count = len(series) * half_hours
    table: NDArray[np.void] = np.empty(count, _ROW)
    table["fields"] = len(_COLUMNS)
    for name, kind in _COLUMNS:
        table[f"length_{name}"] = np.dtype(kind).itemsize
    number = np.tile(np.arange(half_hours), len(series))
    first_us = (start - _EPOCH) // timedelta(microseconds=1)
    table["series"] = np.repeat(np.array(series, dtype=np.int64), half_hours)
    table["start_time"] = first_us + number * HALF_HOUR_US
    table["end_time"] = first_us + (number + 1) * HALF_HOUR_US
    table["energy_kwh"] = number % 37 * 0.031
    table["confidence"] = 1.0
    table["account"] = account
    table["live_mode"] = 0
    return _HEAD + table.tobytes() + _TAIL


async def copy(connection: asyncpg.Connection, written: bytes) -> None:
    """COPY rows into the table of readings."""

    async def pieces():  # noqa: ANN202 (an iterator of bytes)
        for at in range(0, len(written), 1 << 20):
            yield written[at : at + (1 << 20)]

    await connection.copy_to_table(
        "meter_readings", source=pieces(), columns=COLUMNS, format="binary"
    )
